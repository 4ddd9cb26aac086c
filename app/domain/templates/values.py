"""What is filled in: checked by its type, and written as a statement's readers expect it.

On the wire each value is a text, as people type it into a form; a list is one item a line.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, TypeAlias

from app.domain.spelling import is_visible
from app.domain.vocabulary.templates import StatementLanguage, TemplateVariableType
from app.domain.worktime import SHANGHAI

Shown: TypeAlias = str | tuple[str, ...]
"""As it is written into the text."""

LONGEST_VALUE: Final = 2_000
MOST_ITEMS, LONGEST_ITEM = 20, 200

_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,4})?", re.ASCII)
_MONEY = re.compile(r"\d{1,12}(?:\.\d{1,2})?", re.ASCII)
_WEB = re.compile(r"https?://[^\s/?#]+[^\s]*")
_PHONE = re.compile(r"\+?[0-9(][0-9 ()-]{2,23}", re.ASCII)
_AT = "must be an RFC 3339 instant with an offset, for example 2026-11-23T18:00:00+08:00"
# As everywhere in the API: the year as it is written.
_YEARS = range(1970, 2200)
_RANGE = "must be between 1970 and 2200"


def _text(value: str) -> str:
    """As it is, without space around it. ValueError, as in all of these, says what is wrong."""
    if not is_visible(value):
        raise ValueError("must hold at least one visible character")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in value):
        raise ValueError("must hold no control characters")
    return value.strip()


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise ValueError("must be a number such as 128 or 0.35, without separators")
    return f"{Decimal(value):f}"


def _money(value: str) -> Decimal:
    if not _MONEY.fullmatch(value):
        raise ValueError("must be an amount in yuan such as 299 or 299.50, without sign, separators and unit")
    return Decimal(value)


def day_of(value: str) -> date:
    """The day a date value names."""
    try:
        found = date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError("must be a date such as 2026-11-23")
    if found.year not in _YEARS:
        raise ValueError(_RANGE)
    return found


def instant_of(value: str) -> datetime:
    """The instant a datetime value names, in UTC."""
    try:
        found = datetime.fromisoformat(value) if value[4:5] == "-" and value[10:11] in ("T", "t") else None
    except ValueError:
        found = None
    if found is None or found.utcoffset() is None:
        raise ValueError(_AT)
    if found.year not in _YEARS:
        raise ValueError(_RANGE)
    return found.astimezone(UTC)


def _web(value: str) -> str:
    if not _WEB.fullmatch(value):
        raise ValueError("must begin with http:// or https:// and have no spaces")
    return value


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value) or not 3 <= sum(map(str.isdigit, value)) <= 15:
        raise ValueError("must be a number that people can call, such as 400-800-1234 or +86 10 8888 8888")
    return value.strip()


def _list(value: str) -> tuple[str, ...]:
    items = tuple(_text(line) for line in value.split("\n") if is_visible(line))
    if not items:
        raise ValueError("must hold at least one item, one a line")
    if len(items) > MOST_ITEMS:
        raise ValueError(f"must have {MOST_ITEMS} items at most, one a line")
    if any(len(item) > LONGEST_ITEM for item in items):
        raise ValueError(f"must have {LONGEST_ITEM} characters at most in each item, one a line")
    return items


def _day_shown(day: date, now: datetime, language: StatementLanguage) -> str:
    """The year is said where it is not this one."""
    year = day.year if day.year != now.astimezone(SHANGHAI).year else None
    if language is StatementLanguage.ZH:
        return f"{f'{year}年' if year else ''}{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]}{f' {year}' if year else ''}"


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _at_shown(instant: datetime, now: datetime, language: StatementLanguage) -> str:
    """By Shanghai's clock, to the minute: 11月23日18时, 11月23日18时30分."""
    there = instant.astimezone(SHANGHAI)
    day = _day_shown(there.date(), now, language)
    if language is StatementLanguage.ZH:
        return f"{day}{there.hour}时" + (f"{there.minute:02}分" if there.minute else "")
    return f"{there.hour:02}:{there.minute:02} Beijing time on {day}"


def _money_shown(amount: Decimal, language: StatementLanguage) -> str:
    said = f"{amount:f}" if amount == amount.to_integral() else f"{amount:.2f}"
    said = said.partition(".")[0] if amount == amount.to_integral() else said
    return f"{said}元" if language is StatementLanguage.ZH else f"CNY {said}"


_Show: TypeAlias = Callable[[str, datetime, StatementLanguage], Shown]
_SHOW: Final[Mapping[TemplateVariableType, _Show]] = {
    TemplateVariableType.TEXT: lambda value, now, language: _text(value),
    TemplateVariableType.NUMBER: lambda value, now, language: _number(value),
    TemplateVariableType.DATE: lambda value, now, language: _day_shown(day_of(value), now, language),
    TemplateVariableType.DATETIME: lambda value, now, language: _at_shown(instant_of(value), now, language),
    TemplateVariableType.MONEY: lambda value, now, language: _money_shown(_money(value), language),
    TemplateVariableType.URL: lambda value, now, language: _web(value),
    TemplateVariableType.PHONE: lambda value, now, language: _phone(value),
    TemplateVariableType.LIST: lambda value, now, language: _list(value),
}


def show(kind: TemplateVariableType, value: str, *, now: datetime, language: StatementLanguage) -> Shown:
    """The value as it stands in a text. ValueError, in words for people, where it is none of its type."""
    if len(value) > LONGEST_VALUE:
        raise ValueError(f"must have {LONGEST_VALUE:,} characters at most")
    # Browsers end the lines of a form so.
    return _SHOW[kind](value.replace("\r\n", "\n"), now, language)
