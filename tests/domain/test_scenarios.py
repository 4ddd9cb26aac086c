"""The shipped scenarios, counted again by a hand that shares no code with the product; and what is wrong with bad ones."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.scenarios import (
    MOST_INJECTS,
    POSTS,
    Words,
    faults,
    in_order,
    kept,
    own_words,
    reaches,
    said,
)
from app.trainings.scenario_seeds import rows, shipped
from tests.support import recount

ALL = {one["key"]: one for one in shipped()}
KEYS = ("data-leak", "employee-remark", "false-advertising", "product-quality", "rumour", "service-dispute")
BEGAN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
every = pytest.mark.parametrize("key", ALL)


def at(inject):
    return BEGAN + timedelta(seconds=inject["offset_seconds"])


def by_hand(content, until):
    """The grade that the plan gives to what was read until an instant: every rule in words, and the media rule."""
    words, posts, media, others = own_words(content), {}, False, False
    for inject in (each for each in content["injects"] if at(each) <= until):
        if inject["kind"] in POSTS:
            text = said(inject, words)["text"] + (said(inject, words)["title"] or "")
            hit = content["brand"] in text and any(word in text for word in content["negative_words"])
            counts = hit and inject["sentiment"] == "negative"
            posts[inject["ref"]] = (counts, recount.Post())
            media |= hit and inject["kind"] == "media_report"
            others |= counts and inject["kind"] == "mention"
        counters = {name: inject[name] for name in recount.COUNTERS}
        told = recount.Told(at(inject), "", published_at=at(inject), **counters)
        posts[inject["ref"]][1].told.append(told)
    grade = recount.recount(post for counts, post in posts.values() if counts).grade(content["harm_class"])
    return "major" if content["harm_class"] == "core_interest" and media and others else grade


@every
def test_each_reaches_just_the_grades_and_minutes_that_its_file_states(key):
    content = ALL[key]["content"]
    instants = sorted({at(inject) for inject in content["injects"]})
    counted, grade = [], None
    for instant in instants:
        now = by_hand(content, instant)
        if recount.SEVERITY[now] > recount.SEVERITY[grade]:
            grade = now
            counted.append((grade, (instant - BEGAN).total_seconds()))
    stated = ALL[key]["reaches"]
    assert counted == [(word, offset) for word, _, offset in stated]
    assert [(one.grade, one.rule, one.offset_seconds) for one in reaches(content)] == stated


def test_the_six_are_there_and_reach_what_they_are_for():
    worst = {key: one["reaches"][-1][0] for key, one in ALL.items()}
    assert tuple(worst) == KEYS
    assert worst["product-quality"] == worst["data-leak"] == "major"
    assert {worst[key] for key in ("service-dispute", "false-advertising", "employee-remark")} == {"serious"}
    assert worst["rumour"] == "general"


@every
def test_each_is_good_to_play_on_its_own_words_and_on_any_rule(key):
    one = ALL[key]
    content = one["content"]
    assert faults(content) == []
    assert content == in_order(content)
    assert 15 <= len(content["injects"]) <= 60
    assert 6 <= content["duration_seconds"] / 3_600 <= 10
    assert len(content["reactions"]) >= 6
    assert content["lessons"]
    kinds = {inject["kind"] for inject in content["injects"]}
    assert kinds == {"mention", "reading", "media_report"}
    assert len({inject.get("platform") for inject in content["injects"]}) > 4
    other = Words.of(["别家"], ["避雷"])
    for inject in content["injects"]:
        if inject["kind"] in POSTS:
            posted = said(inject, other)
            text = f"{posted['title'] or ''}{posted['text']}"
            assert "{" not in text
            assert content["brand"] not in text, inject["ref"]
            if inject["sentiment"] == "negative":
                assert "别家" in text, inject["ref"]
                assert "避雷" in text, inject["ref"]
    # Nobody real: no phone, no mail, no address but of an example.
    assert not re.search(r"\d{7,}|@[\w-]+\.", " ".join(inject.get("text", "") for inject in content["injects"]))
    assert "{" not in content["description"] + content["lessons"]


@every
def test_counters_only_grow_and_what_is_expected_can_be_done_in_time(key):
    content = ALL[key]["content"]
    last: dict = {}
    for inject in content["injects"]:
        for name in (*recount.COUNTERS, "views"):
            before, now = last.get((inject["ref"], name)), inject[name]
            assert before is None or now >= before, inject
            last[inject["ref"], name] = now
    first = ALL[key]["reaches"][0][2]
    assert all(reaction["by_seconds"] > first for reaction in content["reactions"])


def test_the_migrations_rows_hold_what_the_files_say():
    stored = {scenario["key"]: version for scenario, version in rows()}
    assert tuple(stored) == KEYS
    for key, version in stored.items():
        assert version["content"] == kept(ALL[key]["content"])
        assert [tuple(one.values()) for one in version["content"]["reaches"]] == ALL[key]["reaches"]


def post(ref="a", offset=0, text="{brand}{word}", **fields):
    return {
        "kind": "mention", "offset_seconds": offset, "ref": ref, "platform": "weibo", "author": None, "title": None,
        "url": None, "text": text, "sentiment": "negative", "reposts": 0, "comments": 0, "likes": 0, "views": None,
    } | fields  # fmt: skip


def reading(ref="a", offset=60, **counters):
    none = dict.fromkeys(("reposts", "comments", "likes", "views"))
    return {"kind": "reading", "offset_seconds": offset, "ref": ref} | none | (counters or {"likes": 9})


def content(*injects, reactions=(), **fields):
    return {
        "description": "", "lessons": "", "duration_seconds": 3_600, "brand": "示例牌", "negative_words": ["避雷"],
        "harm_class": "individual", "injects": list(injects), "reactions": list(reactions),
    } | fields  # fmt: skip


def reaction(by=60, **fields):
    return {"kind": "meeting", "task_kind": None, "by_seconds": by, "by": "", "text": "开会", "weight": 1} | fields


@pytest.mark.parametrize(("bad", "found"), [
    (content(post(), reading("b")), [(("injects", 1, "ref"), "unknown")]),
    (content(post(offset=90), reading(offset=60)), [(("injects", 1, "offset_seconds"), "too_early")]),
    (content(reading(offset=90), post(offset=60)), []),
    (content(post(), post()), [(("injects", 1, "ref"), "repeated")]),
    (content(post(), reading(likes=None)), [(("injects", 1), "needed")]),
    (content(post(), reading(offset=3_601)), [(("injects", 1, "offset_seconds"), "after_the_end")]),
    (content(post(text="{brand}真好")), [(("injects",), "hits_nothing")]),
    (content(post(sentiment="neutral")), [(("injects",), "hits_nothing")]),
    (content(post(), post("b", text="示例牌避雷")), [(("injects", 1, "text"), "brand_by_name")]),
    (content(post(), reactions=[reaction(kind="task")]), [(("reactions", 0, "task_kind"), "task_kind")]),
    (content(post(), reactions=[reaction(task_kind="other")]), [(("reactions", 0, "task_kind"), "task_kind")]),
    (content(post(), reactions=[reaction(by=3_601)]), [(("reactions", 0, "by_seconds"), "after_the_end")]),
])  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(bad, found):
    assert [(fault.at, fault.code) for fault in faults(bad)] == found


def test_a_report_by_media_raises_where_core_interest_is_harmed_beside_others():
    report = post("m", 120, kind="media_report", sentiment="neutral")
    worst = content(post(), report, harm_class="core_interest")
    assert [(one.rule, one.offset_seconds) for one in reaches(worst)] == [("major-core-media", 120)]
    assert reaches(content(post(offset=300), report, harm_class="core_interest"))[0].offset_seconds == 300
    assert reaches(content(post(), report)) == []
    assert MOST_INJECTS == 500
