"""What a review's facts 复盘事实 are made of (方案 二(三), R58): figures, each with the events or the answer it rests on.

Pure: rows in, figures out. Nothing is concluded here that can't be counted again by whoever reads what is cited; what
people make of it stands apart, in their answers. Shown in Chinese, by Shanghai's clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.domain.blocks import NONE_SHOWN
from app.domain.curve import Curve
from app.domain.vocabulary.reports import FactSource
from app.domain.worktime import SHANGHAI

PATHS: Final[Mapping[FactSource, str]] = MappingProxyType({
    FactSource.INCIDENT: "/v1/incidents/{id}",
    FactSource.SPREAD: "/v1/incidents/{id}/spread",
    FactSource.MENTIONS: "/v1/incidents/{id}/mentions",
    FactSource.DEADLINES: "/v1/deadlines?incident_id={id}",
    FactSource.TASKS: "/v1/incidents/{id}/tasks",
    FactSource.AFFECTED_USERS: "/v1/incidents/{id}/affected-user-summary",
    FactSource.ACKNOWLEDGEMENTS: "/v1/incidents/{id}/acknowledgements",
    FactSource.MEETINGS: "/v1/incidents/{id}/meetings",
    FactSource.FACT_CHECKS: "/v1/incidents/{id}/fact-checks",
    FactSource.PUBLICATIONS: "/v1/incidents/{id}/publications",
    FactSource.TIMELINE: "/v1/incidents/{id}/timeline",
})  # fmt: skip
OF_REVIEW: Final = "/v1/reviews/{id}"
"""Where what people entered in the review itself is read."""


class Cell(NamedTuple):
    """One thing that is known: as it is shown, and as the number or the instant it is."""

    shown: str
    number: float | None = None
    at: datetime | None = None


class Cited(NamedTuple):
    """What a figure rests on."""

    event_ids: tuple[int, ...] = ()
    sources: tuple[FactSource, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.event_ids or self.sources)

    def and_(self, other: "Cited") -> "Cited":
        """Both, each once."""
        events = dict.fromkeys((*self.event_ids, *other.event_ids))
        return Cited(tuple(events), tuple(dict.fromkeys((*self.sources, *other.sources))))


class Fact(NamedTuple):
    """A figure with a name that programs know it by."""

    name: str
    label: str
    value: Cell
    cited: Cited


class Column(NamedTuple):
    """A column of a table."""

    name: str
    label: str


class Row(NamedTuple):
    """A line of a table; all of it rests on the same."""

    cells: tuple[Cell, ...]
    cited: Cited


class Table(NamedTuple):
    """Figures of a kind. ``more``: how many lines were left out."""

    name: str
    heading: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: int = 0


class Section(NamedTuple):
    """What is known of one side of an incident."""

    name: str
    heading: str
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """All that is known of one incident, in the order in which it is told."""

    incident_id: UUID
    number: str
    title: str
    is_drill: bool
    sections: tuple[Section, ...]
    curve: Curve

    def section(self, name: str) -> Section:
        """The section of this name."""
        return next(section for section in self.sections if section.name == name)

    def fact(self, section: str, name: str) -> Fact | None:
        """A figure, where it is known."""
        return next((fact for fact in self.section(section).facts if fact.name == name), None)

    def table(self, section: str, name: str) -> Table | None:
        """A table, where there is one."""
        return next((table for table in self.section(section).tables if table.name == name), None)

    @property
    def sources(self) -> dict[FactSource, str]:
        """What its figures rest on beside events, and where anybody can read it; in the order of the vocabulary."""
        facts = (fact.cited for section in self.sections for fact in section.facts)
        rows = (row.cited for section in self.sections for table in section.tables for row in table.rows)
        used = {source for cited in (*facts, *rows) for source in cited.sources}
        return {source: path.format(id=self.incident_id) for source, path in PATHS.items() if source in used}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a review is about: an incident a chapter, and what was entered in the review itself."""

    review_id: UUID
    as_of: datetime
    chapters: tuple[Chapter, ...]
    effort: Section

    @property
    def sources(self) -> dict[FactSource, str]:
        """Where the figures of the review itself are read."""
        return {FactSource.REVIEW: OF_REVIEW.format(id=self.review_id)}


class ToldEvent(NamedTuple):
    """An event of an incident's timeline, with words in it as whoever reads may see them."""

    id: int
    type: str
    at: datetime
    data: Mapping[str, Any]


class Events:
    """An incident's events, by their types."""

    def __init__(self, events: Iterable[ToldEvent]) -> None:
        self._by_type: dict[str, list[ToldEvent]] = {}
        for event in events:
            self._by_type.setdefault(event.type, []).append(event)

    def all(self, type_: str) -> Sequence[ToldEvent]:
        """Of this type, in their order."""
        return self._by_type.get(type_, ())

    def first(self, type_: str) -> ToldEvent | None:
        """The first of this type."""
        return next(iter(self.all(type_)), None)

    def by(self, type_: str, member: str, value: object) -> list[ToldEvent]:
        """Those that say this in their member."""
        return [event for event in self.all(type_) if event.data.get(member) == str(value)]


def told(*events: ToldEvent | None) -> Cited:
    """What these events tell."""
    return Cited(event_ids=tuple(event.id for event in events if event is not None))


def counted(*sources: FactSource) -> Cited:
    """What was counted from these."""
    return Cited(sources=sources)


def words(text: str | None) -> Cell:
    """Words, or a dash."""
    return Cell(text or NONE_SHOWN)


def number(value: float | None, unit: str = "") -> Cell:
    """A number with its unit."""
    if value is None:
        return Cell(NONE_SHOWN)
    shown = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
    return Cell(f"{shown}{unit}", value)


def instant(at: datetime | None) -> Cell:
    """An instant, to the minute."""
    return Cell(NONE_SHOWN) if at is None else Cell(minute(at), at=at)


def minute(at: datetime) -> str:
    """Shanghai's date and time, to the minute."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def seconds(span: timedelta | None) -> Cell:
    """How long, in whole seconds; before what it is counted from it is negative."""
    if span is None:
        return Cell(NONE_SHOWN)
    whole = round(span.total_seconds())
    return Cell(long(whole), whole)


def long(whole: int) -> str:
    """So many seconds for people: the two greatest units."""
    sign, rest = ("提前 " if whole < 0 else ""), abs(whole)
    parts: list[str] = []
    for size, unit in ((86_400, "天"), (3_600, "小时"), (60, "分"), (1, "秒")):
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
        if len(parts) == 2:
            break
    return sign + (" ".join(part for part in parts if part) or "0 秒")


def told_at(event: ToldEvent | None, member: str = "happened_at") -> datetime | None:
    """The instant that an event names in its member, or at which it was recorded."""
    if event is None:
        return None
    said = event.data.get(member)
    return datetime.fromisoformat(said) if said else event.at
