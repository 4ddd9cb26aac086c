"""The handbook 《危机应对手册》 (方案 三, R64-R65): what it says, made of facts alone, so that it never says what is not in force.

Facts are plain data: what was issued is kept as such, and composed again whenever somebody reads it. Names and numbers stand
in them as masks, each with a mark that tells whether what is behind it is the same still. Pure: data in, blocks out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Any, Final, NamedTuple

from app.domain.blocks import Block, Grid, Heading, Lines, Note, Words, cited
from app.domain.handbook_sections import COMPOSED
from app.domain.labels import LABELS
from app.domain.vocabulary.handbook import HandbookBlockKind, HandbookSection

TITLE: Final = "危机应对手册"
_NUMBERS: Final = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
READS: Final[Mapping[HandbookSection, tuple[str, ...]]] = {
    HandbookSection.GRADES: ("grading",),
    HandbookSection.CLOCKS: ("clocks",),
    HandbookSection.STEPS: ("clocks", "plan"),
    HandbookSection.TEAM: ("team",),
    HandbookSection.CONTACTS: ("contacts",),
    HandbookSection.PLATFORMS: ("platforms", "publishers"),
    HandbookSection.TEMPLATES: ("templates",),
    HandbookSection.SCENARIOS: ("scenarios",),
    HandbookSection.RULES: ("rules",),
    HandbookSection.RISKS: ("risks",),
    HandbookSection.DOCUMENTS: ("documents",),
    HandbookSection.COURSES: ("courses",),
}
"""Which facts each section is made of: it has changed where one of these has."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section. ``sha256`` is of the facts it is made of."""

    key: HandbookSection
    number: str
    heading: str
    sha256: str
    blocks: tuple[Block, ...]

    @property
    def title(self) -> str:
        """The heading with its number: 一、分级标准."""
        return f"{self.number}、{self.heading}"


class Part(NamedTuple):
    """A block as programs read it."""

    kind: HandbookBlockKind
    text: str | None = None
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class SectionChange(NamedTuple):
    """A section that is other than it was, and by how many of its lines and rows."""

    key: HandbookSection
    heading: str
    added: int
    removed: int


def digest(facts: Mapping[str, Any]) -> str:
    """The hash of a state: of the facts, whatever the order of their members."""
    return sha256(dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def compose(facts: Mapping[str, Any]) -> tuple[Section, ...]:
    """The handbook's sections, of facts as they are or as they were issued."""
    return tuple(
        Section(key, number, LABELS["handbook_section"][key][0], section_hash(key, facts), tuple(COMPOSED[key](facts)))
        for key, number in zip(HandbookSection, _NUMBERS, strict=True)
    )


def section_hash(key: HandbookSection, facts: Mapping[str, Any]) -> str:
    """The hash of what a section is made of."""
    return digest({name: facts.get(name) for name in READS[key]})


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[SectionChange]:
    """The sections that are other than they were, in the handbook's order."""
    found = []
    for old, new in zip(compose(before), compose(after), strict=True):
        if old.sha256 != new.sha256:
            was, now = set(_told(old)), set(_told(new))
            found.append(SectionChange(new.key, new.heading, len(now - was), len(was - now)))
    return found


def _told(section: Section) -> Iterator[str]:
    """Each line, row and text of a section by itself."""
    for part in map(part_of, section.blocks):
        yield from (part.text,) if part.text else ()
        yield from part.lines
        yield from ("\t".join(row) for row in part.rows)


def part_of(block: Block) -> Part:
    """The block as programs read it. A handbook has no pictures."""
    match block:
        case Heading(_, text):
            return Part(HandbookBlockKind.HEADING, text)
        case Lines(lines):
            return Part(HandbookBlockKind.LINES, lines=tuple(text for text, _ in lines))
        case Words(text):
            return Part(HandbookBlockKind.WORDS, text or "")
        case Grid(columns, rows):
            return Part(HandbookBlockKind.TABLE, columns=columns, rows=rows)
        case Note(text, marks):
            return Part(HandbookBlockKind.NOTE, " ".join((text, *cited(marks))))
    raise AssertionError(f"unreachable: {block}")
