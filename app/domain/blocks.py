"""Blocks that documents for people are made of 文档块: headings, lines, tables, what people wrote. Whoever renders them as HTML,
Word or Markdown knows no more of a document than these. Pure: nothing here knows what a document tells.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

NONE_SHOWN: Final = "—"
"""Where there is nothing to show."""
ITEM: Final = "项目"
"""What heads the first column of a table of single figures beside their names."""
_NUMBER: Final = re.compile(r"-?[\d,.]+( [%个次人项篇]| 小时)?|—")


class Mark(NamedTuple):
    """A citation as it stands in a text: an event's id, or the number of an answer of the API."""

    event_id: int | None = None
    source: int | None = None

    @property
    def text(self) -> str:
        return f"#{self.event_id}" if self.event_id is not None else f"源{self.source}"


Marks: TypeAlias = tuple[Mark | str, ...]
"""Citations, and how many more there are."""


class Heading(NamedTuple):
    """A heading of the first or the second rank, or that of a table."""

    rank: int
    text: str


class Lines(NamedTuple):
    """Sentences one below the other, each with its citations."""

    lines: tuple[tuple[str, Marks], ...]


class Words(NamedTuple):
    """What people wrote, as they wrote it; or that nobody did."""

    text: str | None


class Note(NamedTuple):
    """Something in small print, with citations."""

    text: str
    marks: Marks = ()


class Grid(NamedTuple):
    """A table. ``marks``: of each row, where they differ; ``anchors``: what marks elsewhere lead to."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[Marks, ...] = ()
    anchors: tuple[Mark, ...] = ()


class Picture(NamedTuple):
    """The curve of the chapter at this place."""

    chapter: int


Block: TypeAlias = Heading | Lines | Words | Note | Grid | Picture


ROOM: Final = 100.0
"""Signs of half width that stand beside each other on a page of A4, in a table's print."""
_PADDING, _SHORT = 2.6, 18.0


def shares(grid: Grid) -> list[float]:
    """How wide the columns of a table are on paper, as parts of the whole: what is short stands on one line, as dates and
    numbers do, and what is long shares the rest."""
    if grid.columns[0] == ITEM:
        # Alike all through the report.
        return [0.3, 0.45, 0.25] if grid.marks else [0.2, 0.8]
    texts: list[Iterable[str]] = [list(column) for column in zip(grid.columns, *grid.rows, strict=True)]
    if grid.marks:
        texts.append(["依据", *(" ".join(f"[{text}]" for text in cited(marks)) for marks in grid.marks)])
    wide = [min(max(map(_width, column)), 60) + _PADDING for column in texts]
    if sum(wide) > ROOM:
        short = sum(width for width in wide if width <= _SHORT + _PADDING)
        long = sum(width for width in wide if width > _SHORT + _PADDING)
        rest = max(ROOM - short, 0.2 * ROOM)
        wide = [width if width <= _SHORT + _PADDING else rest * width / long for width in wide]
    return [width / sum(wide) for width in wide]


def numeric(grid: Grid) -> list[bool]:
    """Which columns hold numbers alone, one below the other. Single figures beside their names are read like words."""
    if grid.columns[0] == ITEM:
        return [False] * len(grid.columns)
    columns = list(zip(*grid.rows, strict=True)) if grid.rows else [() for _ in grid.columns]
    return [bool(cells) and all(map(_NUMBER.fullmatch, cells)) and set(cells) != {NONE_SHOWN} for cells in columns]


def cited(marks: Marks) -> list[str]:
    """Citations as texts."""
    return [mark if isinstance(mark, str) else mark.text for mark in marks]


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
