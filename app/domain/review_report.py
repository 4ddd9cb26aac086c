"""The report 《危机复盘报告》 (方案 二(三), R58-R59): what it says and in which order, whatever it is rendered as.

Figures and what they rest on come from the facts; what people wrote stands beside them, apart and marked as theirs. Events
are cited by their ids, other answers of the API by numbers; both are listed at the end. Pure: data in, blocks out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.domain.blocks import ITEM, NONE_SHOWN, Block, Grid, Heading, Lines, Mark, Marks, Note, Picture, Words
from app.domain.chronicle import word
from app.domain.labels import LABELS
from app.domain.review_facts import PATHS, Chapter, Cited, Facts, Section, Table, minute
from app.domain.vocabulary.reports import FactSource
from app.domain.vocabulary.reviews import ReviewDecisionKind, ReviewQuestion
from app.domain.worktime import SHANGHAI

TITLE: Final = "危机复盘报告"
MOST_CITED: Final = 6
"""Events that one place names; the others are counted there."""
MOST_LISTED: Final = 500
_CHAPTERS: Final = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that a report tells. People's names and words are masked already."""

    facts: Facts
    found: Mapping[ReviewQuestion, Sequence[Mapping[str, Any]]]
    review_version: int
    status: str
    answers: Mapping[str, str]
    meeting_at: datetime | None
    meeting_note: str
    participants: Sequence[str]
    # Decision -> its state, the reason, and what was changed, each as a line.
    decisions: Mapping[str, tuple[str, str, Sequence[str]]]
    # Of the events that are cited: when, what, and of which incident.
    events: Mapping[int, tuple[datetime, str, str]]


@dataclass(frozen=True, slots=True)
class Report:
    """The report, ready to be rendered."""

    number: str
    heading: str
    subject: str
    grade: str
    as_of: datetime
    blocks: tuple[Block, ...]
    chapters: tuple[Chapter, ...]

    def file_name(self, ending: str) -> str:
        """What it is saved as."""
        return f"{TITLE}-{self.number}-{self.as_of.astimezone(SHANGHAI):%Y%m%d}.{ending}"


@dataclass(slots=True)
class _Citing:
    """Numbers what is cited, in the order in which it is cited first."""

    events: dict[int, None] = field(default_factory=dict)
    sources: dict[str, tuple[int, str]] = field(default_factory=dict)

    def marks(self, cited: Cited, paths: Mapping[FactSource, str]) -> Marks:
        self.events.update(dict.fromkeys(cited.event_ids))
        marks: list[Mark | str] = [Mark(event_id=id_) for id_ in cited.event_ids[:MOST_CITED]]
        if len(cited.event_ids) > MOST_CITED:
            marks.append(f"等 {len(cited.event_ids)} 个事件")
        return (*marks, *(self._source(source, paths[source]) for source in cited.sources))

    def _source(self, source: FactSource, path: str) -> Mark:
        number, _ = self.sources.setdefault(path, (len(self.sources) + 1, word("fact_source", source)))
        return Mark(source=number)


def cited_events(facts: Facts, found: Mapping[Any, Sequence[Mapping[str, Any]]]) -> list[int]:
    """Every event that a report may cite."""
    ids: dict[int, None] = {}
    for sentences in found.values():
        for sentence in sentences:
            ids.update(dict.fromkeys(sentence["event_ids"]))
    for chapter in facts.chapters:
        for section in chapter.sections:
            for fact in section.facts:
                ids.update(dict.fromkeys(fact.cited.event_ids))
            for row in (row for table in section.tables for row in table.rows):
                ids.update(dict.fromkeys(row.cited.event_ids))
    return sorted(ids)


def compose(told: Told) -> Report:
    """The report."""
    citing, chapters = _Citing(), told.facts.chapters
    blocks = [*_about(told), *_questions(told, citing)]
    for place, chapter in enumerate(chapters):
        blocks += _chapter(place, chapter, citing)
    blocks += _after(told, citing, len(chapters))
    blocks += [*_cited_events(told, citing), *_cited_sources(citing)]
    numbers = "、".join(chapter.number for chapter in chapters) or NONE_SHOWN
    drill = "【演练】" if any(chapter.is_drill for chapter in chapters) else ""
    subject = "；".join(f"{chapter.number} {chapter.title}" for chapter in chapters) or NONE_SHOWN
    worst = [fact for chapter in chapters if (fact := chapter.fact("grades", "worst_grade"))]
    grade = "、".join(dict.fromkeys(fact.value.shown for fact in worst)) or "未定级"
    return Report(numbers, f"{drill}{TITLE}", subject, grade, told.facts.as_of, tuple(blocks), chapters)


def _about(told: Told) -> Iterator[Block]:
    rows = [("涉及事件", "；".join(f"{each.number} {each.title}" for each in told.facts.chapters) or NONE_SHOWN)]
    rows += [
        ("复盘状态", word("review_status", told.status)),
        ("复盘会议", minute(told.meeting_at) if told.meeting_at else "尚未召开"),
        ("参加人", "、".join(told.participants) or NONE_SHOWN),
        ("复盘版本", str(told.review_version)),
        ("数据截至", f"{minute(told.facts.as_of)}（北京时间，下同）"),
    ]
    yield Grid((ITEM, "内容"), tuple(rows))
    if told.meeting_note.strip():
        yield Heading(3, "会议纪要（人工填写）")
        yield Words(told.meeting_note)


def _questions(told: Told, citing: _Citing) -> Iterator[Block]:
    yield Heading(1, "一、四个问题")
    paths = {chapter.incident_id: chapter.sources for chapter in told.facts.chapters}
    for question in ReviewQuestion:
        yield Heading(2, word("review_question", question))
        yield Heading(3, "系统所见")
        yield Lines(tuple(_line(sentence, paths, citing) for sentence in told.found.get(question, ())))
        yield Heading(3, "人工结论")
        yield Words(told.answers.get(question) or None)


def _line(
    sentence: Mapping[str, Any], paths: Mapping[UUID, Mapping[FactSource, str]], citing: _Citing
) -> tuple[str, Marks]:  # fmt: skip
    incident_id = UUID(sentence["incident_id"])
    sources = tuple(FactSource(source) for source in sentence["sources"])
    where = {source: path_of(source, incident_id) for source in sources} | dict(paths.get(incident_id, {}))
    return sentence["text"], citing.marks(Cited(tuple(sentence["event_ids"]), sources), where)


def path_of(source: FactSource, incident_id: UUID) -> str:
    """Where anybody can read what was counted."""
    return PATHS[source].format(id=incident_id)


def _chapter(place: int, chapter: Chapter, citing: _Citing) -> Iterator[Block]:
    yield Heading(1, f"{_CHAPTERS[min(place + 1, 9)]}、事实：{chapter.number} {chapter.title}")
    if chapter.is_drill:
        yield Note("演练。按剧本进行的演练，本章时间均为剧情时间。")
    yield Heading(2, "传播曲线")
    yield Picture(place)
    spread = citing.marks(
        Cited(sources=(FactSource.SPREAD,)), {FactSource.SPREAD: path_of(FactSource.SPREAD, chapter.incident_id)}
    )
    marked = tuple(Mark(event_id=mark.event_id) for mark in chapter.curve.marks if mark.event_id is not None)
    citing.events.update(dict.fromkeys(mark.event_id for mark in marked if mark.event_id is not None))
    yield Note("曲线数据与标记的依据", (*spread, *marked))
    for section in chapter.sections:
        yield from _section(section, chapter.sources, citing)


def _section(section: Section, paths: Mapping[FactSource, str], citing: _Citing) -> Iterator[Block]:
    yield Heading(2, section.heading)
    rows = tuple((fact.label, fact.value.shown) for fact in section.facts)
    yield Grid((ITEM, "数值"), rows, tuple(citing.marks(fact.cited, paths) for fact in section.facts))
    for table in section.tables:
        if table.rows:
            yield from _table(table, paths, citing)


def _table(table: Table, paths: Mapping[FactSource, str], citing: _Citing) -> Iterator[Block]:
    yield Heading(3, table.heading)
    marks = tuple(citing.marks(row.cited, paths) for row in table.rows)
    rows = tuple(tuple(cell.shown for cell in row.cells) for row in table.rows)
    same = len(set(marks)) == 1 and len(rows) > 1
    yield Grid(tuple(column.label for column in table.columns), rows, () if same else marks)
    if same:
        yield Note("依据", marks[0])
    if table.more:
        yield Note(f"另有 {table.more:,} 行未列出")


def _after(told: Told, citing: _Citing, chapters: int) -> Iterator[Block]:
    if told.facts.effort.facts:
        yield from _section(told.facts.effort, told.facts.sources, citing)
    yield Heading(1, f"{_CHAPTERS[min(chapters + 1, 9)]}、三项决定")
    rows = []
    for kind in ReviewDecisionKind:
        state, reason, changes = told.decisions.get(kind, ("open", "", ()))
        said = "；".join(part for part in (reason, *changes) if part) or NONE_SHOWN
        rows.append((word("review_decision_kind", kind), word("review_decision_state", state), said))
    yield Grid(("决定", "状态", "理由与变更"), tuple(rows))


def _cited_events(told: Told, citing: _Citing) -> Iterator[Block]:
    ids = sorted(id_ for id_ in citing.events if id_ in told.events)
    if not ids:
        return
    yield Heading(1, "附录一 引用的事件")
    rows = []
    for id_ in ids[:MOST_LISTED]:
        at, type_, number = told.events[id_]
        label = LABELS["event_type"].get(type_, (type_,))[0]
        rows.append((f"#{id_}", minute(at), label, number))
    anchors = tuple(Mark(event_id=id_) for id_ in ids[:MOST_LISTED])
    yield Grid(("编号", "记录时间", "事项", "危机事件"), tuple(rows), anchors=anchors)
    if len(ids) > MOST_LISTED:
        yield Note(f"另有 {len(ids) - MOST_LISTED:,} 个未列出")


def _cited_sources(citing: _Citing) -> Iterator[Block]:
    if not citing.sources:
        return
    yield Heading(1, "附录二 数据来源")
    rows = [(f"源{number}", label, f"GET {path}") for path, (number, label) in citing.sources.items()]
    anchors = tuple(Mark(source=number) for number, _ in citing.sources.values())
    yield Grid(("编号", "来源", "接口"), tuple(rows), anchors=anchors)
