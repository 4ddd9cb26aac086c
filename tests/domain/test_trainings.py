"""Who is covered, when sessions recur, and what results in sheets say (R07, R16, R67)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.results import day_written, outcome_written, score_written
from app.domain.training_series import AHEAD, AT_ONCE, Recurrence, to_make
from app.domain.trainings import Result, Rule, Share, fell, gap, judged_at, months_after
from app.domain.vocabulary.trainings import CoverageGap, SeriesUnit
from app.domain.worktime import SHANGHAI, day_of

DAY = date(2026, 11, 3)
YEARLY = Rule(validity_months=12, pass_mark=60)
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(("rule", "results", "why"), [
    (YEARLY, [], CoverageGap.NEVER),
    (YEARLY, [Result(DAY + timedelta(1), 100)], CoverageGap.NEVER),
    (YEARLY, [Result(DAY, 60)], None),
    (YEARLY, [Result(DAY, 59.9)], CoverageGap.FAILED),
    (YEARLY, [Result(DAY)], CoverageGap.FAILED),
    (YEARLY, [Result(DAY, None, True)], None),
    (YEARLY, [Result(DAY, 95, False)], CoverageGap.FAILED),
    (YEARLY, [Result(DAY, 40, True)], CoverageGap.FAILED),
    (YEARLY, [Result(date(2025, 11, 3), 80)], None),
    (YEARLY, [Result(date(2025, 11, 2), 80)], CoverageGap.EXPIRED),
    (YEARLY, [Result(date(2025, 11, 2), 80), Result(DAY, 10)], CoverageGap.EXPIRED),
    (YEARLY, [Result(date(2026, 1, 1), 80), Result(DAY, 10)], None),
    (YEARLY, [Result(date(2024, 1, 1), 80), Result(date(2026, 1, 1), 60)], None),
    (Rule(), [Result(date(2000, 1, 1))], None),
    (Rule(), [Result(DAY, 0)], None),
    (Rule(), [Result(DAY, None, False)], CoverageGap.FAILED),
    (Rule(validity_days=1), [Result(DAY - timedelta(1))], None),
    (Rule(validity_days=1), [Result(DAY - timedelta(2))], CoverageGap.EXPIRED),
])  # fmt: skip
def test_a_valid_completion_is_passed_and_not_over(rule, results, why):
    assert gap(rule, results, DAY) is why
    assert gap(rule, results[::-1], DAY) is why, "the order in which they were entered means nothing"


def test_a_course_is_asked_of_its_audience_while_it_is_mandatory():
    mine, other = uuid4(), uuid4()
    some = Rule(frozenset({mine}))
    assert [some.asks(id_) for id_ in (mine, other, None)] == [True, False, False]
    assert [Rule().asks(id_) for id_ in (mine, None)] == [True, True]
    assert not replace(some, mandatory=False).asks(mine)
    assert not replace(some, retired=True).asks(mine)


@given(DAYS, st.integers(1, 60))
def test_a_month_that_lacks_the_day_ends_it_on_its_last(day, months):
    after = months_after(day, months)
    assert after.year * 12 + after.month == day.year * 12 + day.month + months
    assert after.day == day.day or ((after + timedelta(1)).day == 1 and after.day < day.day)
    assert months_after(date(2199, 12, 31), 1_200).year == 2199


@given(DAYS, DAYS, st.integers(1, 400))
def test_a_completion_is_good_from_its_day_to_its_last_and_on_no_other(done, day, days):
    assert (gap(Rule(validity_days=days), [Result(done)], day) is None) == (done <= day <= done + timedelta(days))


@pytest.mark.parametrize(("covered", "roster", "percent", "meets"), [
    (0, 0, None, None), (19, 20, 95.0, True), (18_999, 20_000, 94.99, False), (1, 3, 33.33, False), (7, 7, 100.0, True),
    (0, 5, 0.0, False), (94_999, 100_000, 94.99, False),
])  # fmt: skip
def test_shares_are_cut_and_nobody_is_no_share(covered, roster, percent, meets):
    share = Share(covered, roster)
    assert (share.percent, share.meets(95)) == (percent, meets)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40))
def test_a_fall_is_told_once_until_it_rose_again(looks):
    below, told, risen = False, 0, True
    for part, rest in looks:
        share = Share(part, part + rest)
        now_below = bool(fell(share, 95, below))
        if now_below and not below:
            assert risen, "it was told before, and did not rise since"
            told, risen = told + 1, False
        risen = risen or share.meets(95) is True
        below = now_below
    assert below == next((not share.meets(95) for share in (Share(p, p + r) for p, r in reversed(looks)) if share.roster),
                         False)  # fmt: skip


def test_a_day_is_judged_at_its_end_in_shanghai_and_today_now():
    now = datetime(2026, 11, 3, 4, tzinfo=UTC)
    assert judged_at(DAY, now) == now
    assert judged_at(DAY - timedelta(1), now) == datetime(2026, 11, 2, 15, 59, 59, 999_999, tzinfo=UTC)
    with pytest.raises(ValueError, match="lies ahead"):
        judged_at(DAY + timedelta(1), now)


FIRST = datetime(2026, 1, 31, 14, 30, tzinfo=SHANGHAI)


def test_sessions_recur_on_the_same_wall_clock_and_the_31st_comes_back():
    rule = Recurrence(FIRST, 1, SeriesUnit.MONTH)
    days = [rule.starts_at(place).astimezone(SHANGHAI) for place in (1, 2, 3, 4)]
    assert [day.strftime("%m-%d %H:%M") for day in days] == ["01-31 14:30", "02-28 14:30", "03-31 14:30", "04-30 14:30"]
    weekly = Recurrence(FIRST, 2, SeriesUnit.WEEK, until=date(2026, 2, 28))
    assert [weekly.day(place).isoformat() for place in (1, 2, 3)] == ["2026-01-31", "2026-02-14", "2026-02-28"]
    assert [weekly.has(place) for place in (3, 4)] == [True, False]
    assert not Recurrence(FIRST, 1, SeriesUnit.WEEK, count=2).has(3)


@given(
    st.integers(1, 6), st.sampled_from(SeriesUnit), st.integers(1, 40),
    st.lists(st.integers(0, 200), min_size=1, max_size=8),
)  # fmt: skip
def test_whoever_looks_however_seldom_each_session_is_made_once_and_none_is_left_out(every, unit, count, waits):
    rule, made, now = Recurrence(FIRST, every, unit, count=count), [], FIRST - timedelta(days=100)
    for wait in waits:
        now += timedelta(days=wait)
        while new := list(to_make(rule, len(made), now)):
            assert len(new) <= AT_ONCE
            made += new
    assert [one.place for one in made] == list(range(1, len(made) + 1))
    assert all(before.starts_at < after.starts_at for before, after in pairwise(made))
    left = rule.has(len(made) + 1)
    assert not left or rule.starts_at(len(made) + 1) > now + AHEAD


@pytest.mark.parametrize("text", [
    "2026年11月3日", "2026 年 11 月 3 日", "２０２６年１１月３日", "2026年11月3号", "2026/11/3", "2026-11-03", "2026.11.3", "20261103",
    "2026-11-03 14:30", "2026-11-03T14:30:00+08:00", "2026/11/3 9:05:00", "46329", "46329.604166", " 2026-11-03 ",
    "2026-11-02T23:30:00Z", "2026-11-02 16:00:00+00:00", "2026-11-03T23:59:59+0800", "2026-11-02T11:00:00-05:00",
    "2026年11月3日 下午3点", "2026年11月3日上午9时", "2026年11月3号晚上8点半", "2026-11-03 下午 3:30", "2026/11/3 下午 03:30:00", "2026-11-03下午",
    "２０２６年１１月３日　下午３：３０", "2026年11月3日15时30分", "2026年11月3日 15点整", "2026/11/3 3:30 PM", "2026年11月3日 星期二 上午9:05",
    "2026年11月3日（周二）", "2026-11-03 下午",
])  # fmt: skip
def test_days_are_read_as_people_write_them(text):
    assert day_written(text) == DAY


@pytest.mark.parametrize(("text", "says"), [
    ("11月3日", "no whole year"), ("１１月３号", "no whole year"), ("11/3", "no whole year"), ("11-03", "no whole year"),
    ("26/11/3", "no whole year"), ("26年11月3日", "no whole year"), ("2026年13月3日", "no day"), ("2026-02-30", "no day"),
    ("昨天", "no day"), ("", "no day"), ("12:30", "no day"), ("1969-12-31", "no day"), ("2026-11", "no day"),
    ("12345", "no day"), ("11月3日上午9时", "no whole year"), ("2026-11-03 下午 25:10", "no day"), ("2026-11-03 下", "no day"),
    ("下午3点", "no day"), ("2026-11-03 下午三点", "no day"), ("星期二", "no day"), ("2026-11-0315:30", "no day"),
    ("2026-11-03 25:10", "no day"), ("2026-11-03 12:75", "no day"), ("2026-11-03T10:00:00+99:00", "no day"),
])  # fmt: skip
def test_what_is_no_day_is_refused_with_what_to_write(text, says):
    with pytest.raises(ValueError, match=says) as refused:
        day_written(text)
    assert "2026" in str(refused.value)


@pytest.mark.parametrize(("text", "score"), [
    ("95", 95), ("95分", 95), ("９５分", 95), ("95.5", 95.5), ("９５．５", 95.5), ("100", 100), ("0", 0), ("95 分", 95), ("88%", 88),
    ("95/100", 95), ("合格", True), ("不合格", False), ("通过", True), ("PASS", True), ("未通过", False),
])  # fmt: skip
def test_scores_are_read_as_people_write_them(text, score):
    found = score_written(text)
    assert found == score
    assert isinstance(found, bool) == isinstance(score, bool)


@pytest.mark.parametrize("text", ["101", "一百", "-5", "95..5", "1e2", "", "缺考", "95,5", "999分", "0.95", "0.6%"])
def test_what_is_no_score_is_refused(text):
    with pytest.raises(ValueError, match="100"):
        score_written(text)


def test_outcomes_are_words_for_yes_and_no():
    assert [outcome_written(word) for word in ("合格", "是", "√", "不合格", "否", "×")] == [True] * 3 + [False] * 3
    with pytest.raises(ValueError, match="合格"):
        outcome_written("也许")


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)), st.sampled_from(["{}年{}月{}日", "{}/{}/{}", "{}-{:02}-{:02}"]),
       st.booleans())  # fmt: skip
def test_every_day_is_read_back_full_width_or_not(day, form, wide):
    text = form.format(day.year, day.month, day.day)
    if wide:
        text = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() else sign for sign in text)
    assert day_written(text) == day


@given(st.integers(25_570, 60_000))
def test_every_serial_of_a_spreadsheet_is_a_day(serial):
    assert (day_written(str(serial)) - date(1899, 12, 30)).days == serial


@given(st.text(max_size=20), st.sampled_from([day_written, score_written, outcome_written]))
def test_whatever_is_written_is_read_or_refused(text, read):
    try:
        found = read(text)
    except ValueError:
        return
    assert isinstance(found, date | bool) or 0 <= found <= 100


def test_days_of_shanghai_and_not_of_utc():
    assert day_of(datetime(2026, 11, 2, 16, tzinfo=UTC)) == DAY
