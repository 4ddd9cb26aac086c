"""Watch rules find what people write around filters, point at it exactly, and leave innocents alone."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.matching import (
    MAX_SPANS,
    PIECE,
    Explanation,
    Hit,
    Matcher,
    RuleWords,
    Span,
    explain,
)
from app.domain.spelling import is_visible, normalise, normalise_word, squeeze


def rule(brands="", negatives="", exclusions="", rule_id="r1"):
    """A rule from words separated by spaces."""
    return RuleWords(rule_id, tuple(brands.split()), tuple(negatives.split()), tuple(exclusions.split()))


def found(words, text, title=None):
    """Where the words of a brand-only rule stand in the text, as (start, end)."""
    hits = Matcher([RuleWords("r1", words)]).match(title, text)
    return [(span.start, span.end) for hit in hits for span in hit.spans]


EVASIONS = [
    ("差评", "真的差评啊", "差评"),
    ("差评", "真的差 评啊", "差 评"),
    ("差评", "差　评", "差　评"),
    ("差评", "差\n评", "差\n评"),
    ("差评", "给个差*评", "差*评"),
    ("差评", "差.评", "差.评"),
    ("差评", "差·评", "差·评"),
    ("差评", "差_评", "差_评"),
    ("差评", "差-评", "差-评"),
    ("差评", "差——评", "差——评"),
    ("差评", "差～评", "差～评"),
    ("差评", "差|评", "差|评"),
    ("差评", "差/评", "差/评"),
    ("差评", "差，评", "差，评"),
    ("差评", "差…评", "差…评"),
    ("差评", "差 * _ 评！", "差 * _ 评"),
    ("差评", "差😡评", "差😡评"),
    ("差评", "差\u200b评", "差\u200b评"),
    ("差评", "差\u2060\ufeff评", "差\u2060\ufeff评"),
    ("差评", "\u200b差\u00ad评\u200d", "差\u00ad评"),
    ("差评", "差\u202e评", "差\u202e评"),
    ("差评", "差\ufe0f评\ufe0f", "差\ufe0f评"),
    ("差评", "差\u034f评", "差\u034f评"),
    ("差评", "差\U000e0101评", "差\U000e0101评"),
    ("差评", "差̶评̶", "差̶评̶"),
    ("差评", "【差】【评】", "差】【评"),
    ("蒙牛", "蒙⽜", "蒙⽜"),
    ("小红书", "小紅書", "小紅書"),
    ("維權", "大家来维权", "维权"),
    ("维权", "大家來維權", "維權"),
    ("维权", "維 權", "維 權"),
    ("垃圾", "㊣垃(圾)", "垃(圾"),
    ("iphone", "新买的ＩＰｈｏｎｅ坏了", "ＩＰｈｏｎｅ"),
    ("iPhone", "新买的𝐢𝐏𝐡𝐨𝐧𝐞坏了", "𝐢𝐏𝐡𝐨𝐧𝐞"),
    ("P&G", "p＆g的洗发水", "p＆g"),
    ("café", "CAFE\u0301很吵", "CAFE\u0301"),
    ("café", "cafe\u200b\u0301很吵", "cafe\u200b\u0301"),
    ("straße", "在STRASSE路", "STRASSE"),
    ("避雷", "姐妹们避⚡", "避⚡"),
    ("避雷", "姐妹们避⚡️！", "避⚡"),
    ("避雷", "姐妹们避🌩️", "避🌩"),
    ("踩雷", "踩⚡了", "踩⚡"),
    ("避坑", "避🕳指南", "避🕳"),
    ("无良", "🈚良商家", "🈚良"),
    ("kg", "只有1㎏", "㎏"),
    ("각", "x\u1100\u1161\u11a8", "\u1100\u1161\u11a8"),
    ("差评", "⑴差㈠评", None),
    ("德·古拉", "德*古拉来了", "德*古拉"),
    ("#蒙牛#", "喝#蒙牛#吧", "#蒙牛#"),
]


@pytest.mark.parametrize(("word", "text", "shown"), EVASIONS)
def test_a_word_is_found_however_it_is_written_and_the_span_covers_what_was_written(word, text, shown):
    places = found((word,), text)
    if shown is None:
        assert places == []
    else:
        start = text.index(shown)
        assert places == [(start, start + len(shown))]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("差评", "差不多，好评"),
        ("差评", "差a评"),
        ("差评", "差1评"),
        ("差评", "评差"),
        ("避雷", "避开⚡雷雨"),
        ("雷", "今天⚡很大"),
        ("坑", "路上有🕳"),
        ("ab", "a b"),
        ("ab", "a*b"),
        ("蒙牛", "内蒙古的牛"),
        ("维权", "维护主权"),
        ("iphone", "i phone"),
    ],
)
def test_innocent_text_is_left_alone(word, text):
    assert found((word,), text) == []


def test_overlapping_and_nested_words_are_all_found():
    hit = Matcher([rule("蒙牛 牛奶 蒙牛牛奶")]).match(None, "买了蒙牛牛奶")[0]
    assert [(s.word, s.start, s.end) for s in hit.spans] == [
        ("蒙牛", 2, 4),
        ("蒙牛牛奶", 2, 6),
        ("牛奶", 4, 6),
    ]


def test_a_rule_needs_a_brand_word_and_a_negative_word_and_names_both_with_their_field():
    matcher = Matcher([rule("蒙牛", "变质 发霉")])
    assert matcher.match(None, "蒙牛不错") == []
    assert matcher.match(None, "牛奶变质了") == []
    assert matcher.match("蒙牛", "喝到變質的") == [
        Hit(
            "r1",
            (Span("title", 0, 2, "蒙牛", "brand"), Span("text", 2, 4, "变质", "negative")),
            negative=True,
        )
    ]


def test_a_rule_without_negative_words_matches_the_brand_alone_and_says_so():
    assert Matcher([rule("蒙牛")]).match(None, "蒙牛不错") == [
        Hit("r1", (Span("text", 0, 2, "蒙牛", "brand"),), negative=False)
    ]


def test_a_rule_without_brand_words_never_matches():
    assert Matcher([rule("", "变质")]).match(None, "变质") == []


def test_words_are_shown_as_the_rule_writes_them():
    hit = Matcher([rule("P&G寶潔", "差*评")]).match(None, "p&g宝洁差评")[0]
    assert [span.word for span in hit.spans] == ["P&G寶潔", "差*评"]


@pytest.mark.parametrize("text", ["蒙牛大楼的避雷针", "避雷！蒙牛大楼的避雷针", "蒙牛 避⚡针", "蒙牛避雷針"])
def test_an_exclusion_anywhere_vetoes_the_rule(text):
    assert Matcher([rule("蒙牛", "避雷", "避雷针")]).match(None, text) == []


def test_an_exclusion_in_the_title_vetoes_the_rule_for_the_text():
    assert Matcher([rule("蒙牛", "避雷", "避雷针")]).match("避雷针", "蒙牛避雷") == []


def test_a_complaint_is_not_lost_because_punctuation_hides_an_exclusion():
    matched = Matcher([rule("蒙牛", "避雷", "避雷针")]).match(None, "大家避雷，针对蒙牛")
    assert [hit.rule_id for hit in matched] == ["r1"]


def test_an_exclusion_vetoes_only_its_own_rule():
    rules = [rule("蒙牛", "", "避雷针", "a"), rule("蒙牛", "", "", "b")]
    assert [hit.rule_id for hit in Matcher(rules).match(None, "蒙牛避雷针")] == ["b"]


def test_hits_come_in_the_order_of_the_rules_and_one_word_may_serve_many_roles():
    rules = [rule("奶", "蒙牛", "", n) for n in (3, 1, 2)] + [rule("蒙牛", "蒙牛", "", "both")]
    hits = Matcher(rules).match(None, "蒙牛奶")
    assert [hit.rule_id for hit in hits] == [3, 1, 2, "both"]
    assert [(span.role, span.start, span.end) for span in hits[3].spans] == [
        ("brand", 0, 2),
        ("negative", 0, 2),
    ]


def test_two_spellings_of_one_word_in_a_rule_are_one_span():
    hit = Matcher([rule("蒙牛 蒙⽜ 小紅書 小红书")]).match(None, "小红书蒙牛")[0]
    assert [(s.word, s.start) for s in hit.spans] == [("小紅書", 0), ("蒙牛", 3)]


def test_a_word_that_both_views_hold_is_one_span():
    assert found(("c++",), "学 习c++语言") == [(3, 6)]


def test_words_that_only_differ_by_signs_between_characters_are_one_word():
    assert found(("差评", "差*评", "差--评"), "差*评，差评") == [(0, 3), (4, 6)]


def test_signs_at_its_edges_tell_a_word_from_another():
    assert found(("#蒙牛", "蒙牛"), "a#蒙-牛") == [(1, 5), (2, 5)]
    assert found(("#蒙-牛", "#蒙--牛"), "喝#蒙--牛") == [(1, 6)]


def test_an_exclusion_is_compared_sign_by_sign():
    matcher = Matcher([rule("蒙牛", exclusions="避-雷")])
    assert matcher.match(None, "蒙牛避雷")
    assert not matcher.match(None, "蒙牛避-雷")


@pytest.mark.parametrize("word", ["", "  ", "\u200b", "\u3164", "\ufe0f\u00ad", "\x00"])
def test_a_word_nobody_can_see_is_refused_by_name(word):
    with pytest.raises(ValueError, match=re.escape(repr(word))):
        normalise_word(word)
    with pytest.raises(ValueError, match="Rule r7: The word"):
        Matcher([RuleWords("r7", ("蒙牛",), (word,))])


def test_spaces_around_a_word_do_not_count():
    assert normalise_word(" 寶潔　") == "宝洁"
    assert found((" 蒙牛 ",), "喝蒙牛吧") == [(1, 3)]


def test_no_rules_and_empty_texts_match_nothing():
    assert Matcher([]).match("蒙牛", "蒙牛") == []
    assert Matcher([rule("蒙牛")]).match("", "") == []


def test_half_a_surrogate_pair_is_no_obstacle():
    assert found(("差评",), "差\ud83d评\ude00") == [(0, 3)]


def test_a_flood_of_one_word_lists_only_its_first_occurrences():
    assert found(("蒙牛",), "蒙牛" * 1000) == [(2 * n, 2 * n + 2) for n in range(MAX_SPANS)]


def test_a_flood_of_words_lists_the_first_of_each_word_before_others():
    words = tuple("甲乙丙丁戊己庚辛壬癸")
    places = found(words, "甲" * 100 + "".join(words))
    assert places == [(n, n + 1) for n in range(MAX_SPANS - 9)] + [(n, n + 1) for n in range(101, 110)]


def test_a_flood_of_many_words_lists_the_first_of_each_role():
    brands = " ".join(f"牌{chr(0x4E00 + n)}" for n in range(200))
    hit = Matcher([rule(brands, "变质")]).match(None, brands + " 变质")[0]
    assert len(hit.spans) == MAX_SPANS
    assert [span.role for span in hit.spans] == ["brand"] * (MAX_SPANS - 1) + ["negative"]
    assert hit.negative
    assert explain(rule(brands, "变质"), None, brands + " 变质").hit == hit


def test_200_spellings_of_one_word_list_it_once_a_place():
    spellings = tuple(f"差{sign * n}评" for n in range(1, 41) for sign in "-*.~+")
    assert found(spellings, "差评" * 9_990) == [(2 * n, 2 * n + 2) for n in range(MAX_SPANS)]
    excluded = explain(RuleWords("r1", ("蒙牛",), (), spellings), None, "蒙牛" + "".join(spellings)).excluded_by
    assert len(excluded) == MAX_SPANS


def test_words_within_words_in_a_text_of_nothing_else_are_all_named():
    words = tuple("a" * length for length in range(1, 101))
    (hit,) = Matcher([RuleWords("r1", (*words[:40], "b"))]).match(None, "a" * 20_000 + "b")
    assert len(hit.spans) == MAX_SPANS
    assert {span.word for span in hit.spans} == {*words[:40], "b"}
    (hit,) = Matcher([RuleWords("r1", words)]).match(None, "a" * 20_000)
    assert len({span.word for span in hit.spans}) == MAX_SPANS


@pytest.mark.parametrize("before", [0, 1, PIECE - 2, PIECE - 1, PIECE, 2 * PIECE - 1])
def test_a_long_text_is_searched_to_its_end_and_each_place_is_one_span(before):
    assert found(("蒙牛牛奶", "牛奶"), "。" * before + "蒙牛牛奶" + "。" * PIECE) == [
        (before, before + 4),
        (before + 2, before + 4),
    ]


def test_a_place_that_two_pieces_share_counts_once():
    assert len(found(("蒙牛", "长" * 100), ("蒙牛" + "a" * (PIECE - 2)) * 60)) == MAX_SPANS


def test_an_explanation_names_the_exclusion_and_where_it_stands():
    assert explain(rule("蒙牛", "避雷", "避雷针"), None, "蒙牛的避雷針") == Explanation(
        matched=False, hit=None, excluded_by=(Span("text", 3, 6, "避雷针", "exclusion"),), missing=()
    )


@pytest.mark.parametrize(
    ("text", "missing"),
    [("今天天气", ("brand", "negative")), ("蒙牛不错", ("negative",)), ("味道变质", ("brand",))],
)
def test_an_explanation_names_the_roles_that_no_word_fills(text, missing):
    answer = explain(rule("蒙牛", "变质"), None, text)
    assert answer == Explanation(matched=False, hit=None, excluded_by=(), missing=missing)


def test_an_explanation_of_a_match_is_the_hit_that_matching_gives():
    tried = rule("蒙牛", "变质", "避雷针")
    answer = explain(tried, "蒙牛", "变 质了")
    assert answer.matched
    assert [answer.hit] == Matcher([tried]).match("蒙牛", "变 质了")
    assert explain(rule("蒙牛"), None, "蒙牛").missing == ()


# Characters chosen to meet: Han in both scripts, separators, invisible ones, marks and jamo that join the
# character before them, characters that one code point expands, emoji with readings, full-width forms.
TRICKY = (
    "差评蒙牛雷避針针国國々〇豈aAbéßﬁİ1１Ａ，。！*_·-~|/ 　\n…⚡🌩\ufe0f🕳\u200b\u200d\u00ad\u034f\u2060\u3164"
    "\u0301\u0336\u0323\u0345\u3099\uff9eかｶ\u1100\u1161\u11a8가㎏㈱㋀㍿ﷺΐẛſⅣ½ǆ\u09c7\u09be\u0f71\u0f72\u2800㊣🈚"
)
tricky_text = st.text(st.one_of(st.sampled_from(TRICKY), st.characters()), max_size=30)
tricky_word = st.text(st.sampled_from(TRICKY), min_size=1, max_size=4).filter(
    lambda word: is_visible(normalise(word).strip())
)


def read_aloud(plain):
    """Emoji as their readings, since a span may begin between a character and the emoji it gives meaning."""
    return plain.translate(str.maketrans("⚡🌩⛈🕳🌿🌱", "雷雷雷坑草草"))


@given(text=tricky_text, title=st.none() | tricky_text, words=st.lists(tricky_word, min_size=1, max_size=4))
@example(text="e\u200b\u0301", title=None, words=["é"])
@example(text="\u200b\u0301差\u200b 評\u200b", title="㎏", words=["差评", "g"])
def test_every_span_lies_in_the_original_and_holds_the_word(text, title, words):
    for hit in Matcher([RuleWords("r1", tuple(words))]).match(title, text):
        for span in hit.spans:
            original = title if span.field == "title" else text
            assert 0 <= span.start < span.end <= len(original)
            shown = read_aloud(normalise(original[span.start : span.end]))
            word = read_aloud(normalise_word(span.word))
            assert word in shown or squeeze(word) in squeeze(shown)


@given(text=tricky_text, words=st.lists(tricky_word, min_size=1, max_size=4))
def test_a_word_is_found_exactly_when_one_of_the_two_views_holds_it(text, words):
    hits = Matcher([RuleWords(n, (word,)) for n, word in enumerate(words)]).match(None, text)
    plain = normalise(text)
    for n, word in enumerate(normalise_word(word) for word in words):
        held = word in plain or squeeze(word) in squeeze(plain)
        assert (n in {hit.rule_id for hit in hits}) is held


@given(before=tricky_text, after=tricky_text, word=st.text("差评蒙牛針国abé", min_size=1, max_size=4))
def test_a_word_set_between_spaces_is_found_where_it_was_put(before, after, word):
    text = f"{before} {word} {after}"
    matched = found((word,), text)
    place = (len(before) + 1, len(before) + 1 + len(word))
    assert place in matched or len(matched) == MAX_SPANS


@given(
    rules=st.lists(
        st.tuples(*[st.lists(st.sampled_from(["蒙牛", "牛奶", "差评", "避雷", "避雷针"]), max_size=2)] * 3),
        max_size=6,
    ),
    title=st.none() | st.text("蒙牛奶差评避雷针", max_size=8),
    text=st.text("蒙牛奶差评避雷针", max_size=16),
)
def test_many_rules_together_answer_as_each_rule_alone_by_the_definition(rules, title, text):
    def occurs(words):
        return any(word in part for word in words for part in (title or "", text))

    expected = [
        n
        for n, (brands, negatives, exclusions) in enumerate(rules)
        if occurs(brands) and (not negatives or occurs(negatives)) and not occurs(exclusions)
    ]
    matcher = Matcher([RuleWords(n, *map(tuple, words)) for n, words in enumerate(rules)])
    assert [hit.rule_id for hit in matcher.match(title, text)] == expected


def test_every_character_that_can_join_the_one_before_it_is_kept_with_it():
    """é as e + accent: for each composition that Unicode knows, the span covers both code points."""
    for code in range(0x110000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        pair = "".join(chr(int(part, 16)) for part in parts)
        if unicodedata.normalize("NFC", pair) == chr(code) and is_visible(normalise(pair)):
            assert found((chr(code),), f"{pair}y") == [(0, 2)], hex(code)


@given(st.lists(st.sampled_from("差評aé가\u0301\u0323\u0f73\uff9e\u200b\u09be") | st.sampled_from((
    "\u0315\u0300" * 40, "\u0301" * 30, "\u0f73" * 31, "\u200b\u0336" * 35)), max_size=12).map("".join))  # fmt: skip
def test_texts_beside_long_runs_of_marks_keep_their_places(dirty):
    text = f"{dirty} 蒙牛{dirty} 蒙{dirty}"
    (hit,) = Matcher([rule("蒙牛")]).match(None, text + "蒙牛")
    assert (hit.spans[-1].start, hit.spans[-1].end) == (len(text), len(text) + 2)
    assert all(text[span.start] == "蒙" for span in hit.spans[:-1])


@pytest.mark.parametrize("run", ["\u0336" * 500, "\u0315\u0300" * 200, "\u200b\u0336" * 100, "\uff9e" * 40])
def test_a_word_under_a_heap_of_marks_is_found_with_all_of_them(run):
    assert found(("差评",), f"很差{run}评{run}啊") == [(1, 3 + 2 * len(run))]


def test_long_hostile_texts_take_no_longer_than_long_texts():
    matcher = Matcher([rule(f"蒙牛 词{n}", f"差评 坏{n}", "避雷针", n) for n in range(100)])
    for part in ("蒙牛", "差 ", " ", "蒙\u0336", "\u200b", "*", "蒙*", "避雷针", "\u0315\u0300"):
        text = "蒙牛差评" + part * (100_000 // len(part))
        started = time.process_time()
        matcher.match(None, text)
        assert time.process_time() - started < 1, part
