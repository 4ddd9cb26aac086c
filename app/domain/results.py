"""Results of trainings as people write them in sheets: days, scores, and whether it was passed.

Full-width digits and signs count as others do (９５分 is 95). What can't be read is refused with what to write instead.
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from app.domain.sheets import date_of, trimmed
from app.domain.trainings import FULL_MARKS
from app.domain.worktime import FIRST_YEAR, LAST_YEAR, SHANGHAI

_YEARLESS = re.compile(r"\d{1,2}(?:月\d{1,2}[日号]?|[-/.]\d{1,2})", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{2}(?:年\d{1,2}月\d{1,2}[日号]?|[-/.]\d{1,2}[-/.]\d{1,2})", re.ASCII)
# The time of day behind a day, as systems write it, and as people and spreadsheets say it: 15:30, 下午 3:30, 下午3点半, 3:30 PM.
_HALF = "凌晨|清晨|早晨|早上|上午|中午|下午|傍晚|晚上|夜里|[AaPp][Mm]"
_HOUR, _SIXTIETH = r"(?:[01]?\d|2[0-3])", r"[0-5]\d"
_WITH_ZONE = (
    rf"(?P<hour>{_HOUR}):(?P<minute>{_SIXTIETH})(?::{_SIXTIETH}(?:\.\d+)?)?(?P<zone>Z|[+-](?:0\d|1[0-4]):?{_SIXTIETH})"
)
_SAID = (
    rf"(?:{_HALF})? ?(?:{_HOUR}(?::{_SIXTIETH}(?::{_SIXTIETH}(?:\.\d+)?)?|[点时] ?(?:整|半|{_SIXTIETH}分?(?:{_SIXTIETH}秒)?)?)"
    r"(?: ?[AaPp][Mm])?)?"
)
_CLOCK = re.compile(rf"(?:[T ]|(?<=[日号])|(?={_HALF}))(?:{_WITH_ZONE}|{_SAID})\Z", re.ASCII)
_WEEKDAY = re.compile(r"\(?(?:星期|礼拜|周)[一二三四五六日天]\)?")
_SPACES = re.compile(r"\s+")
_SCORE = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)(?:分|%)?(?:/100)?", re.ASCII)
_SERIAL = re.compile(r"(\d{5})\.\d+", re.ASCII)
_PASSED: Final = frozenset(
    ["合格", "及格", "通过", "已通过", "达标", "优秀", "良好", "是", "pass", "passed", "yes", "y", "✓", "√", "true"]
)
_FAILED: Final = frozenset(
    ["不合格", "不及格", "未通过", "不通过", "未达标", "否", "fail", "failed", "no", "n", "×", "x", "false"]
)


def _plain(text: str) -> str:
    return trimmed(unicodedata.normalize("NFKC", text))


def day_written(text: str) -> date:
    """2026年11月3日, 2026/11/3, 2026-11-03 (with a weekday, a time of day or not), 20261103, or a spreadsheet's number of days.

    ValueError otherwise, and where there is no year: which one was meant is nobody's guess.
    """
    written = _SPACES.sub(" ", _WEEKDAY.sub(" ", _plain(text))).strip()
    if clock := _CLOCK.search(written):
        written = written[: clock.start()]
    written = _SPACES.sub("", written).replace("号", "日")
    if serial := _SERIAL.fullmatch(written):
        written = serial[1]
    if _YEARLESS.fullmatch(written) or _SHORT_YEAR.fullmatch(written):
        raise ValueError("names no whole year: write it with one, for example 2026-11-03 or 2026年11月3日")
    found = date_of(written)
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError("is no day: write 2026-11-03, 2026/11/3 or 2026年11月3日")
    return _in_shanghai(found, clock) if clock and clock["zone"] else found


def _in_shanghai(day: date, clock: re.Match[str]) -> date:
    """The day it was here: 23:30Z is the next morning."""
    offset = "+0000" if clock["zone"] == "Z" else clock["zone"].replace(":", "")
    away = timedelta(hours=int(offset[:3]), minutes=int(offset[0] + offset[3:]))
    there = datetime.combine(day, time(int(clock["hour"]), int(clock["minute"])), timezone(away))
    return there.astimezone(SHANGHAI).date()


def outcome_written(text: str) -> bool:
    """Whether 合格, 通过, 是 or their opposites are said; ValueError for anything else."""
    word = _plain(text).casefold()
    if word in _PASSED:
        return True
    if word in _FAILED:
        return False
    raise ValueError("must be 合格 or 不合格, or passed or failed")


def score_written(text: str) -> float | bool:
    """95, 95分, 95.5 or ９５; or, in its place, whether it was passed. ValueError for anything else."""
    written = _SPACES.sub("", _plain(text))
    if found := _SCORE.fullmatch(written):
        score = float(found[1])
        if score > FULL_MARKS:
            raise ValueError("is more than 100: scores are of 100")
        if 0 < score < 1:
            raise ValueError("is less than 1: a cell that shows 95% holds 0.95; scores are of 100, write 95")
        return score
    try:
        return outcome_written(written)
    except ValueError:
        raise ValueError("is no score: write a number from 0 to 100, or 合格 or 不合格") from None
