"""How alike incidents are: tables, and what holds for any two (R63)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.grades import HarmClass
from app.domain.likeness import canonical
from app.domain.similar import BITS, POINTS, WEIGHTS, Portrait, common, compare, pairs, shape, signature
from app.domain.vocabulary.risks import SimilarityPart

FULL = Portrait(
    rule="r1", unit="乳品", harm=HarmClass.USER_RIGHTS, words=pairs("牛奶异物", "用户称牛奶中有异物"),
    curve=shape([0, 30, 60, 120], [10, 500, 200, 10]),
)  # fmt: skip

names = st.none() | st.sampled_from(["a", "b", "c"])
series = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10**6)), max_size=30, unique_by=lambda row: row[0])
curves = series.map(sorted).map(lambda rows: shape([m for m, _ in rows], [t for _, t in rows]))
portraits = st.builds(
    Portrait, rule=names, unit=names, harm=st.none() | st.sampled_from(list(HarmClass)),
    words=st.text("牛奶异物变质ab，。 1", max_size=40).map(lambda text: pairs(text, "")), curve=curves,
)  # fmt: skip


def part(one: Portrait, other: Portrait, name: str) -> float | None:
    return {found.part: found.likeness for found in compare(one, other).parts}.get(SimilarityPart(name))


@given(portraits, portraits)
def test_likeness_goes_both_ways_and_is_explained_by_its_parts(one, other):
    there, back = compare(one, other), compare(other, one)
    assert there == back
    assert 0 <= there.score <= 1
    assert all(0 <= found.likeness <= 1 for found in there.parts)
    assert there.score == pytest.approx(sum(found.likeness * found.weight for found in there.parts), abs=1e-6)
    assert not there.parts or sum(found.weight for found in there.parts) == pytest.approx(1)


@given(portraits)
def test_an_incident_is_itself_wholly(one):
    likeness = compare(one, one)
    assert likeness.score == (1.0 if likeness.parts else 0.0)


@given(portraits, portraits, st.sampled_from(["rule", "unit", "harm", "words", "curve"]))
def test_what_is_made_the_same_is_never_less_alike(one, other, member):
    """Where both state it: a part that is compared can only gain by being equal."""
    if not getattr(one, member) or not getattr(other, member):
        return
    nearer = replace(other, **{member: getattr(one, member)})
    assert compare(one, nearer).score >= compare(one, other).score - 1e-6


@given(portraits, portraits)
def test_only_the_same_has_a_likeness_of_one(one, other):
    if compare(one, other).score == 1.0:
        assert (one.words, one.harm) == (other.words, other.harm)
        assert one.curve == pytest.approx(other.curve, abs=1e-4)


@pytest.mark.parametrize(("changes", "name", "likeness"), [
    ({}, "product", 1.0), ({"unit": "饮料"}, "product", 1.0), ({"rule": "r2"}, "product", 0.7), ({"rule": None}, "product", 0.7),
    ({"rule": "r2", "unit": "饮料"}, "product", 0.0), ({"rule": None, "unit": None}, "product", 0.0),
    ({}, "harm_class", 1.0), ({"harm": HarmClass.CORE_INTEREST}, "harm_class", 0.5), ({"harm": None}, "harm_class", 0.0),
    ({}, "words", 1.0), ({"words": pairs("客服态度", "排队两小时")}, "words", 0.0), ({"curve": None}, "curve", 0.0),
    ({"curve": FULL.curve}, "curve", 1.0),
])  # fmt: skip
def test_parts_are_compared_one_by_one(changes, name, likeness):
    assert part(FULL, replace(FULL, **changes), name) == pytest.approx(likeness)


def test_those_two_at_the_ends_of_the_harm_are_not_alike():
    ends = [Portrait(harm=harm) for harm in (HarmClass.CORE_INTEREST, HarmClass.INDIVIDUAL)]
    assert part(*ends, "harm_class") == 0


def test_what_neither_states_weighs_nothing():
    one, other = Portrait(words=pairs("牛奶异物", "")), Portrait(words=pairs("牛奶异物", ""))
    assert compare(one, other) == (1.0, ((SimilarityPart.WORDS, 1.0, 1.0),))
    assert compare(Portrait(), Portrait()) == (0.0, ())
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_the_same_crisis_told_in_other_words_comes_before_another_of_the_same_product():
    """Order: product, words and curve together decide."""
    again = replace(
        FULL, words=pairs("牛奶里有异物", "有用户称牛奶里喝出异物"), curve=shape([5, 70, 130, 245], [20, 900, 500, 9])
    )
    queue = replace(FULL, words=pairs("门店排队", "等了两小时"), curve=shape([0, 500, 1000], [1, 1, 900]))
    other = replace(again, rule="r9", unit="饮料")
    scores = [compare(FULL, each).score for each in (FULL, again, other, queue)]
    assert scores[0] == 1.0
    assert scores[1] > max(scores[2], scores[3]) > 0


@pytest.mark.parametrize(("minutes", "totals", "expected"), [
    ([], [], None), ([5], [100], None), ([5, 9], [0, 0], None), ([5, 9], [100, 0], None), ([0, 16], [0, 5], None),
    ([0, 16], [1, 1], [0.5] * 15 + [1.0]), ([0, 8, 16], [2, 1, 1], [0.5] * 7 + [0.75] * 8 + [1.0]),
    ([100, 116], [3, 1], [0.75] * 15 + [1.0]), ([0, 7, 23], [0, 1, 3], [0.25] * 15 + [1.0]),
])  # fmt: skip
def test_a_curve_is_the_share_gained_by_each_part_of_its_time(minutes, totals, expected):
    found = shape(minutes, totals)
    assert found == (pytest.approx(expected) if expected else None)


@given(series.map(sorted), st.integers(1, 1000), st.integers(-5000, 5000), st.integers(1, 9))
def test_size_date_and_pace_leave_the_shape(rows, factor, later, slower):
    minutes, totals = [m for m, _ in rows], [t for _, t in rows]
    scaled = shape([m * slower + later for m in minutes], [t * factor for t in totals])
    plain = shape(minutes, totals)
    assert (scaled is None) == (plain is None)
    if plain is not None:
        assert len(plain) == POINTS
        assert scaled == pytest.approx(plain)
        assert list(plain) == sorted(plain)
        assert plain[-1] == 1.0


@pytest.mark.parametrize(("one", "other", "runs"), [
    ("牛奶中有异物", "喝牛奶喝出异物", ["异物", "牛奶"]), ("停售该批次牛奶", "本批次停售", ["停售", "批次"]),
    ("电话 @张三", "@李四", []), ("一", "一", []), ("", "牛奶", []), ("包装漏气变质了", "包装漏气，变质了！", ["包装漏气变质了"]),
])  # fmt: skip
def test_what_both_say_is_told_by_the_longest_runs(one, other, runs):
    assert sorted(common(one, other)) == sorted(runs)


@given(st.text(max_size=60), st.text(max_size=60))
def test_common_runs_stand_in_both(one, other):
    for run in common(one, other):
        assert run in canonical(one)
        assert run in canonical(other)
        assert len(run) >= 2


@given(
    st.frozensets(st.text("牛奶异物", min_size=2, max_size=2)),
    st.frozensets(st.text("牛奶异物", min_size=2, max_size=2)),
)
def test_bits_of_words_are_those_of_all_words(one, other):
    assert signature(one | other) == signature(one) | signature(other)
    assert signature(one) < 1 << BITS
    assert (signature(one) == 0) == (not one)
