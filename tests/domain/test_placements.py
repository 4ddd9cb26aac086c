"""Where a statement is said: what platforms take, what becomes of each, how far apart, and when the origin is missing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.placements import (
    LEISURE,
    PlatformRule,
    Row,
    origin_due,
    over_limit,
    planned_platforms,
    state_of,
    sync_gap,
    too_long,
)

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
RULES = [
    PlatformRule("weibo", core=True, max_chars=10, max_title=4),
    PlatformRule("zhihu"),
    PlatformRule("douyin", core=True),
]
BY_NAME = {rule.platform: rule for rule in RULES}
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


def test_it_is_planned_where_it_began_and_on_the_core_ones_each_once():
    assert planned_platforms("zhihu", RULES) == ["zhihu", "weibo", "douyin"]
    assert planned_platforms("douyin", RULES) == ["douyin", "weibo"]
    assert planned_platforms(None, RULES) == ["weibo", "douyin"]
    assert planned_platforms(None, []) == []


def test_too_long_names_platform_length_and_limit_and_counts_code_points():
    texts = {"weibo": "字" * 11, "zhihu": "字" * 1_000, "elsewhere": "x" * 1_000}
    [found] = too_long(texts, BY_NAME)
    assert (found.platform, found.length, found.limit) == ("weibo", 11, 10)
    assert all(word in found.says for word in ("weibo", "11", "10"))
    assert too_long({"weibo": "𠮷" * 10}, BY_NAME) == []


def test_title_and_text_each_have_a_limit():
    weibo = BY_NAME["weibo"]
    assert [over_limit("t" * a, "x" * b, weibo) for a, b in ((4, 10), (5, 10), (4, 11))] == [False, True, True]
    assert not over_limit("t" * 999, "x" * 99_999, BY_NAME["zhihu"])


@pytest.mark.parametrize(
    ("row", "others_out", "withdrawn", "state"),
    [
        ({}, False, False, "planned"),
        ({}, True, False, "missing"),
        ({"planned_at": LATER}, True, False, "planned"),
        ({"planned_at": EARLIER}, False, False, "missing"),
        ({"planned_at": LATER, "is_origin": True}, False, False, "planned"),
        ({"planned_at": LATER, "is_origin": True}, True, False, "missing"),
        ({"published": True}, True, True, "published"),
        ({"published": True, "not_applicable": True}, True, False, "published"),
        ({"not_applicable": True, "is_origin": True}, True, False, "not_applicable"),
        ({"not_applicable": True}, True, True, "not_applicable"),
        ({}, True, True, "withdrawn"),
    ],
)
def test_what_has_become_of_it(row, others_out, withdrawn, state):
    known = Row(**{"published": False, "not_applicable": False, "is_origin": False, "planned_at": None} | row)
    assert state_of(known, others_out=others_out, withdrawn=withdrawn, now=NOW) == state


@given(st.lists(st.integers(0, 10**6), max_size=6))
def test_the_gap_is_the_last_less_the_first_whatever_the_order(seconds):
    instants = [NOW + timedelta(seconds=one) for one in seconds]
    gap = sync_gap(instants)
    assert (gap is None) == (not seconds)
    assert gap is None or gap == timedelta(seconds=max(seconds) - min(seconds))


@given(st.integers(0, 86_400), st.integers(0, 86_400))
def test_the_origin_is_given_its_time_and_whoever_tells_late_some(grace, late):
    grace, recorded = timedelta(seconds=grace), NOW + timedelta(seconds=late)
    due = origin_due(NOW, recorded, grace)
    assert due >= NOW + grace
    assert due >= recorded + min(grace, LEISURE)
    assert due in (NOW + grace, recorded + min(grace, LEISURE))
