"""The curve: how finely it is drawn, that nothing leaves the picture or covers another, and that the font has every sign."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from app.domain.curve import MOST_POINTS, STEPS, Band, Curve, Mark, Point, step_for
from app.domain.grades import Grade
from app.domain.review_curve import gained, steps_of
from app.domain.spread import Series, minute_of, minute_start
from app.domain.vocabulary.reports import CurveMark
from app.domain.worktime import SHANGHAI
from app.reviews.drawing import FONT, NARROW, WIDE, amount, characters, draw, nice
from app.reviews.pictures import png

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("minutes", "step"),
    [(1, 1), (240, 1), (241, 5), (1_200, 5), (1_201, 10), (7 * 1_440, 60), (30 * 1_440, 180), (365 * 1_440, 2_880)],
)
def test_a_curve_is_drawn_as_finely_as_two_hundred_and_forty_points_allow(minutes, step):
    assert step_for(minutes) == step


@given(st.integers(29_000_000, 29_100_000), st.integers(1, 400 * 1_440))
def test_points_are_whole_steps_of_shanghais_day_and_cover_all_of_it(first, long):
    step, start, end = steps_of(first, first + long)
    assert step in STEPS
    assert start <= first < first + long <= end
    assert (end - start) % step == 0
    assert (end - start) // step <= MOST_POINTS + 2
    here = minute_start(start).astimezone(SHANGHAI)
    if step <= 1_440:
        assert (here.hour * 60 + here.minute) % step == 0


@given(st.floats(0, 10**9))
def test_an_axis_ends_above_what_it_holds_in_four_even_steps(top):
    end = nice(top)
    assert end >= top
    assert end % 4 == 0
    assert end <= max(4, 2.5 * top)


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (9_999, "9999"), (15_000, "1.5万"), (120_000_000, "1.2亿"), (111_370, "11.14万")]
)
def test_numbers_are_short_as_chinese_readers_count(value, shown):
    assert amount(value) == shown


curves = st.builds(
    lambda step, amounts, marks, more: Curve(
        step, START, START + timedelta(minutes=step * 200),
        [Point(START + timedelta(minutes=step * place), amount) for place, amount in sorted(amounts.items())],
        [Band(START + timedelta(minutes=step), START + timedelta(minutes=step * 300), Grade.MAJOR)],
        sorted((Mark(START + timedelta(minutes=step * at), kind, "发布 微博 首次回应", 1) for at, kind in marks),
               key=lambda mark: mark.at),
        more,
    ),
    st.sampled_from(STEPS), st.dictionaries(st.integers(0, 199), st.integers(-50, 10**7), max_size=60),
    st.lists(st.tuples(st.integers(0, 199), st.sampled_from(CurveMark)), max_size=24), st.integers(0, 3),
)  # fmt: skip


@given(curves, st.sampled_from([WIDE, NARROW]))
def test_nothing_leaves_the_picture_and_no_badge_covers_another(curve: Curve, frame: Any):
    drawn = ElementTree.fromstring(draw(curve, frame=frame, with_font=False))
    width, height = float(drawn.get("width", 0)), float(drawn.get("height", 0))
    for text in drawn.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x", -1)) <= width
        assert 0 < float(text.get("y", -1)) < height
    for path in drawn.iter(f"{SVG}path"):
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path.get("d", ""))]
        assert all(-0.1 <= number <= max(width, height) for number in numbers)
    badges = [(float(c.get("cx", 0)), float(c.get("cy", 0)), float(c.get("r", 0))) for c in drawn.iter(f"{SVG}circle")]
    assert len(badges) == 2 * len(curve.marks)
    for place, (x, y, r) in enumerate(badges):
        for other_x, other_y, _ in badges[:place]:
            assert (x - other_x) ** 2 + (y - other_y) ** 2 >= (2 * r) ** 2 - 0.5


@given(curves)
def test_bars_are_as_high_as_what_was_gained(curve: Curve):
    drawn = ElementTree.fromstring(draw(curve, with_font=False))
    paths = [path.get("d", "") for path in drawn.iter(f"{SVG}path") if path.get("stroke-width") == "0.6"]
    positive = [point.amount for point in curve.points if point.amount > 0]
    assert len(paths) == bool(positive)
    if positive:
        bars = re.findall(r"M([\d.]+) (\d+)V([\d.]+)H([\d.]+)V\d+Z", paths[0])
        heights = [float(bottom) - float(top) for _, bottom, top, _ in bars]
        axis = nice(max(positive))
        assert heights == pytest.approx([amount / axis * 260 for amount in positive], abs=0.06)


def test_the_font_has_every_sign_that_a_drawing_may_hold():
    lacking = {sign for sign in characters() if ord(sign) not in TTFont(FONT).getBestCmap()}
    assert not lacking, "cut the font anew: see app/reviews/fonts/README.md"


def test_a_drawing_holds_no_other_signs():
    curve = Curve(30, START, START + timedelta(hours=50), [Point(START, 12_345)], [],
                  [Mark(START, kind, "平息", None) for kind in CurveMark], 2)  # fmt: skip
    drawn = ElementTree.fromstring(draw(curve, with_font=False))
    held = {sign for text in drawn.iter(f"{SVG}text") for sign in text.text or ""}
    assert held <= set(characters())


def test_a_picture_is_the_same_without_any_font_of_the_machine():
    curve = Curve(1, START, START + timedelta(hours=1), [Point(START, 5)], [], [], 0)
    drawn = png(draw(curve, with_font=False))
    assert drawn.startswith(b"\x89PNG")
    assert drawn != png(draw(curve, with_font=False).replace("负面传播量", "")), "the words are drawn"
    assert len({png(draw(curve, with_font=True)), drawn}) == 1


def test_what_was_gained_around_an_instant_is_counted_by_minutes():
    at = START + timedelta(seconds=30)
    minute = minute_of(at)
    series = Series([minute - 121, minute - 120, minute - 1, minute, minute + 119, minute + 120], [1, 2, 4, 8, 16, 32])
    assert gained(series, at, timedelta(hours=2)) == (2 + 4, 8 + 16)
