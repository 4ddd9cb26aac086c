"""When digests are due, by Shanghai's clock; and what they say in words."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.digest_words import heading, lines
from app.domain.digests import due, running
from app.domain.vocabulary.quality import DigestKind
from app.domain.worktime import SHANGHAI
from app.webhooks.event_schemas.quality import FIGURES

NINE = time(9)
# A Thursday.
NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)


def shown(kind: DigestKind, since: datetime, now: datetime = NOW) -> list[tuple[str, ...]]:
    return [
        tuple(f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" for at in (one.starts_at, one.ends_at, one.due_at))
        for one in due(kind, NINE, since, now)
    ]


def test_yesterday_is_told_each_morning_and_the_last_week_on_monday():
    assert shown(DigestKind.DAILY, NOW - timedelta(days=1)) == [("11-25 00:00", "11-26 00:00", "11-26 09:00")]
    assert shown(DigestKind.WEEKLY, NOW - timedelta(days=7)) == [("11-16 00:00", "11-23 00:00", "11-23 09:00")]
    before_nine = datetime(2026, 11, 26, 0, 59, 59, tzinfo=UTC)
    assert shown(DigestKind.DAILY, before_nine - timedelta(hours=23), before_nine) == []
    assert len(shown(DigestKind.DAILY, before_nine - timedelta(hours=23), before_nine + timedelta(seconds=1))) == 1


def test_after_an_outage_each_is_due_and_what_was_due_before_the_start_is_not():
    assert [one[2] for one in shown(DigestKind.DAILY, NOW - timedelta(days=3))] == [
        "11-24 09:00",
        "11-25 09:00",
        "11-26 09:00",
    ]
    assert shown(DigestKind.WEEKLY, NOW - timedelta(days=2)) == []


@given(st.integers(0, 9 * 366 * 86_400), st.times(), st.sampled_from(DigestKind))
def test_periods_follow_each_other_without_a_gap_and_the_running_one_is_the_next(seconds, at, kind):
    now = NOW + timedelta(seconds=seconds)
    told = list(due(kind, at, now - timedelta(days=40), now))
    assert all(a.ends_at == b.starts_at for a, b in pairwise(told))
    assert all(one.before[1] == one.starts_at and one.ends_at <= one.due_at for one in told)
    goes_on = running(kind, at, now)
    assert goes_on.starts_at <= now < goes_on.ends_at
    assert told[-1].ends_at in (goes_on.starts_at, goes_on.starts_at - (goes_on.ends_at - goes_on.starts_at))


def test_it_is_said_in_words():
    starts = datetime(2026, 11, 15, 16, tzinfo=UTC)
    assert heading("weekly", starts, starts + timedelta(days=7)) == "每周小结 11-16 至 11-22"
    assert heading("daily", starts, starts + timedelta(days=1)) == "每日简报 11-16"
    before = FIGURES | {"mentions": 1_000, "training_coverage": None, "incidents_opened": 0}
    assert lines(FIGURES, before) == [
        "舆情 4,210 条（上期 1,000），命中 312 条（上期 312），预警未按时送达 1 条",
        "新增事件 2 起（上期 0）：一级(重大) 1，平息 1 起，结案 1 起",
        "在办事件 3 起（上期 3）：处置中 1",
        "超时 1 次（上期 1）：首次响应 1，对外发布 2 次（上期 2）",
        "巡查完成 3 次，漏巡 0 次（上期 0），静默来源 0 个",
        "培训覆盖率 96.0%（上期 无人在册）",
        "逾期：复盘 0 项，风险 1 项，任务 2 项",
        "员工账号 1 条（上期 1）：泄密 1",
    ]
