"""A statement's text as it is read, made of its parts; and where in it each part stands (方案 二(二)2).

The same parts always make the same text. Spans are of code points, as comments and findings name words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from app.domain.vocabulary.statements import StatementSection
from app.domain.worktime import SHANGHAI

_BETWEEN: Final = "\n\n"
_CHINESE: Final = re.compile("[\u3400-\u9fff]")
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip


class Promise(NamedTuple):
    """Something that is promised, and by when; None: at no stated time."""

    text: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Parts:
    """What a statement says, part by part; what is not said is empty."""

    title: str = ""
    attitude: str = ""
    facts: str = ""
    solution: str = ""
    promises: Sequence[Promise] = ()
    next_update_at: datetime | None = None


class Placed(NamedTuple):
    """A section, and its place in the text."""

    section: StatementSection
    start: int
    end: int


class Composed(NamedTuple):
    """The text as it is read, and where its sections stand."""

    text: str
    sections: tuple[Placed, ...]


def compose(parts: Parts, *, chinese: bool | None = None) -> Composed:
    """Title and parts, one below the other, in the plan's order: attitude, facts, solution, promises, and when we speak
    again. Dates are Shanghai's, in English where not a single Chinese character is said; ``chinese`` where that is known
    better, because some of what is said is masked."""
    said, placed, at = [], [], 0
    for section, text in _sections(parts, is_chinese(parts) if chinese is None else chinese):
        if text:
            placed.append(Placed(section, at, at + len(text)))
            said.append(text)
            at += len(text) + len(_BETWEEN)
    return Composed(_BETWEEN.join(said), tuple(placed))


def _sections(parts: Parts, chinese: bool) -> Iterator[tuple[StatementSection, str]]:
    yield StatementSection.TITLE, parts.title
    yield StatementSection.ATTITUDE, parts.attitude
    yield StatementSection.FACTS, parts.facts
    yield StatementSection.SOLUTION, parts.solution
    numbered = len(parts.promises) > 1
    lines = (_promise(one, place if numbered else None, chinese) for place, one in enumerate(parts.promises, 1))
    yield StatementSection.COMMITMENTS, "\n".join(lines)
    yield StatementSection.NEXT_UPDATE, _again(parts.next_update_at, chinese) if parts.next_update_at else ""


def is_chinese(parts: Parts) -> bool:
    """Whether anything of it is; a statement that says nothing yet will be."""
    said = "".join((parts.title, parts.attitude, parts.facts, parts.solution, *(one.text for one in parts.promises)))
    return not said or _CHINESE.search(said) is not None


def _promise(promise: Promise, place: int | None, chinese: bool) -> str:
    by = ""
    if promise.due_at is not None:
        by = f"（{_clock(promise.due_at, chinese)}前）" if chinese else f" (by {_clock(promise.due_at, chinese)})"
    return f"{place}. {promise.text}{by}" if place else promise.text + by


def _again(at: datetime, chinese: bool) -> str:
    return f"我们将于{_clock(at, chinese)}前再次通报。" if chinese else f"We will speak again by {_clock(at, chinese)}."


def _clock(instant: datetime, chinese: bool) -> str:
    at = instant.astimezone(SHANGHAI)
    if chinese:
        return f"{at.year}年{at.month}月{at.day}日{at:%H:%M}"
    return f"{at:%H:%M} on {at.day} {_MONTHS[at.month - 1]} {at.year}, Beijing time"
