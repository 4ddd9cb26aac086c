"""The facts of a review on the wire: every figure with what it rests on (方案 二(三), R58)."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain import review_facts as domain
from app.domain.curve import Curve
from app.domain.grades import Grade
from app.domain.vocabulary.reports import CurveMark, FactSource
from app.domain.vocabulary.reviews import ReviewQuestion

_AT = "2026-03-02T04:00:00Z"
_ID = "0190f5a2-7b5e-7c3d-8a1f-0123456789ab"
_CELL: JsonDict = {"shown": "130,000", "number": 130000, "at": None}
_CITED: JsonDict = {"event_ids": [7001], "sources": ["spread"]}
_FACT: JsonDict = {"name": "total", "label": "累计传播量", "value": _CELL, **_CITED}
_SENTENCE: JsonDict = {"incident_id": _ID, "text": "累计传播量 130,000，2 小时峰值 120,000。", **_CITED}
_TABLE: JsonDict = {
    "name": "windows", "heading": "窗口峰值", "columns": [{"name": "peak", "label": "峰值"}],
    "rows": [{"cells": [_CELL], **_CITED}], "more": 0,
}  # fmt: skip
_SECTION: JsonDict = {"name": "spread", "heading": "传播", "facts": [_FACT], "tables": [_TABLE]}
_MARK: JsonDict = {"at": _AT, "kind": "word", "label": "发布 微博 首次回应", "event_id": 7001}
_CURVE: JsonDict = {
    "step_seconds": 300, "start": _AT, "end": "2026-03-02T08:00:00Z", "points": [{"start": _AT, "amount": 1200}],
    "grades": [{"start": _AT, "end": "2026-03-02T08:00:00Z", "grade": "major"}], "marks": [_MARK], "more_marks": 0, "gaps": [],
}  # fmt: skip


class FactValue(BaseModel):
    """Something that is known."""

    model_config = ConfigDict(json_schema_extra={"example": _CELL})

    shown: str = Field(description="As people read it, in Chinese; a dash for nothing.")
    number: float | None = Field(description="The number that it is; null where it is none. Times are in seconds.")
    at: datetime | None = Field(description="The instant that it is; null where it is none.")

    @classmethod
    def of(cls, cell: domain.Cell) -> Self:
        return cls(shown=cell.shown, number=cell.number, at=cell.at)


class _Cited(BaseModel):
    event_ids: list[int] = Field(description="The events that it rests on.")
    sources: list[FactSource] = Field(description="The answers of this API that it was counted from.")


class Fact(_Cited):
    """A figure, by its name."""

    model_config = ConfigDict(json_schema_extra={"example": _FACT})

    name: str = Field(description="By which programs know it, within its section.")
    label: str = Field(description="What it is called in Chinese.")
    value: FactValue = Field(description="What it is.")


class FactColumn(BaseModel):
    """A column of a table."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "peak", "label": "峰值"}})

    name: str = Field(description="By which programs know it.")
    label: str = Field(description="What it is called in Chinese.")


class FactRow(_Cited):
    """A line of a table; all of it rests on the same."""

    model_config = ConfigDict(json_schema_extra={"example": {"cells": [_CELL], **_CITED}})

    cells: list[FactValue] = Field(description="One a column.")


class FactTable(BaseModel):
    """Figures of a kind."""

    model_config = ConfigDict(json_schema_extra={"example": _TABLE})

    name: str = Field(description="By which programs know it, within its section.")
    heading: str = Field(description="What it is about.")
    columns: list[FactColumn] = Field(description="In their order.")
    rows: list[FactRow] = Field(description="The first of them.")
    more: int = Field(description="How many lines were left out.")


class FactSection(BaseModel):
    """One side of an incident."""

    model_config = ConfigDict(json_schema_extra={"example": _SECTION})

    name: str = Field(description="By which programs know it.")
    heading: str = Field(description="What it is about.")
    facts: list[Fact] = Field(description="Its figures.")
    tables: list[FactTable] = Field(description="Its tables.")

    @classmethod
    def of(cls, section: domain.Section) -> Self:
        return cls(
            name=section.name, heading=section.heading,
            facts=[
                Fact(name=fact.name, label=fact.label, value=FactValue.of(fact.value), **_cited(fact.cited))
                for fact in section.facts
            ],
            tables=[_table(table) for table in section.tables],
        )  # fmt: skip


class CurvePoint(BaseModel):
    """What was gained from an instant on, for one step."""

    model_config = ConfigDict(json_schema_extra={"example": {"start": _AT, "amount": 1200}})

    start: datetime = Field(description="Its beginning.")
    amount: int = Field(description="Reposts, comments and likes together.")


class CurveGrade(BaseModel):
    """From when until when a grade was in force."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"start": _AT, "end": "2026-03-02T08:00:00Z", "grade": "major"}}
    )

    start: datetime = Field(description="Its beginning.")
    end: datetime = Field(description="Its end, or the curve's.")
    grade: Grade = Field(description="The grade.")


class CurveMarked(BaseModel):
    """Something that happened while it spread."""

    model_config = ConfigDict(json_schema_extra={"example": _MARK})

    at: datetime = Field(description="When it happened; of a clock: when its time was up.")
    kind: CurveMark = Field(description="What it is.")
    label: str = Field(description="As it is shown, in words of our vocabularies.")
    event_id: int | None = Field(description="The event that tells of it.")


class CurveGap(BaseModel):
    """From when until when a source of the incident's platforms was silent: a flat curve means nothing there."""

    model_config = ConfigDict(json_schema_extra={"example": {"start": _AT, "end": "2026-03-01T09:00:00Z"}})

    start: datetime = Field(description="Its beginning, or the curve's.")
    end: datetime = Field(description="Its end, or the curve's.")


class SpreadCurve(BaseModel):
    """The spread over time. Points of nothing are left out."""

    model_config = ConfigDict(json_schema_extra={"example": _CURVE})

    step_seconds: int = Field(description="How long a point stands for.")
    start: datetime = Field(description="Where it begins.")
    end: datetime = Field(description="Where it ends.")
    points: list[CurvePoint] = Field(description="In their order.")
    grades: list[CurveGrade] = Field(description="The grades that were in force.")
    marks: list[CurveMarked] = Field(description="What is marked on it.")
    more_marks: int = Field(description="How many more there are.")
    gaps: list[CurveGap] = Field(description="Where sources were silent; those that touch are one.")

    @classmethod
    def of(cls, curve: Curve) -> Self:
        return cls(
            step_seconds=curve.step_minutes * 60, start=curve.start, end=curve.end,
            points=[CurvePoint(**point._asdict()) for point in curve.points],
            grades=[CurveGrade(**band._asdict()) for band in curve.bands],
            marks=[CurveMarked(**mark._asdict()) for mark in curve.marks], more_marks=curve.more_marks,
            gaps=[CurveGap(**gap._asdict()) for gap in curve.gaps],
        )  # fmt: skip


class FactSourceAt(BaseModel):
    """An answer of this API that figures were counted from."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"source": "spread", "path": f"/v1/incidents/{_ID}/spread"}}
    )

    source: FactSource = Field(description="Its name.")
    path: str = Field(description="What to GET.")


class IncidentFacts(BaseModel):
    """Everything that is known of one incident."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "incident_id": _ID, "number": "2026-0031", "title": "牛奶异物", "is_drill": False, "sections": [_SECTION],
        "curve": _CURVE, "sources": [{"source": "spread", "path": f"/v1/incidents/{_ID}/spread"}],
    }})  # fmt: skip

    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number.")
    title: str = Field(description="Its title.")
    is_drill: bool = Field(
        description="Whether it is an exercise 演练. All instants of what is played in a drill are of its scenario's time."
    )
    sections: list[FactSection] = Field(
        description="origin, response, grades, spread, statements, tasks, care, media, calm: in this order."
    )
    curve: SpreadCurve = Field(description="Its spread over time.")
    sources: list[FactSourceAt] = Field(description="Where what its figures rest on beside events is read.")


class FoundSentence(_Cited):
    """One thing that the machine found."""

    model_config = ConfigDict(json_schema_extra={"example": _SENTENCE})

    incident_id: UUID = Field(description="Of which incident.")
    text: str = Field(description="What was found, in words and figures.")


class FoundAnswer(BaseModel):
    """What the machine found for one of the four questions."""

    model_config = ConfigDict(json_schema_extra={"example": {"question": "effective", "sentences": [_SENTENCE]}})

    question: ReviewQuestion = Field(description="The question.")
    sentences: list[FoundSentence] = Field(description="What was found.")


class ReviewFacts(BaseModel):
    """The facts of a review 复盘事实, read at one instant. What people make of them stands in the review's answers."""

    review_id: UUID = Field(description="The review.", examples=[_ID])
    as_of: datetime = Field(description="The instant at which everything was read.", examples=[_AT])
    incidents: list[IncidentFacts] = Field(description="The incidents that it covers, the first covered first.")
    effort: FactSection = Field(description="Hours, where somebody entered any.")
    found: list[FoundAnswer] = Field(description="What the machine finds as of now, question by question.")

    @classmethod
    def of(cls, facts: domain.Facts, found: dict[ReviewQuestion, list[Any]]) -> Self:
        return cls(
            review_id=facts.review_id, as_of=facts.as_of, effort=FactSection.of(facts.effort),
            incidents=[
                IncidentFacts(
                    incident_id=chapter.incident_id, number=chapter.number, title=chapter.title, is_drill=chapter.is_drill,
                    sections=[FactSection.of(section) for section in chapter.sections],
                    curve=SpreadCurve.of(chapter.curve),
                    sources=[FactSourceAt(source=source, path=path) for source, path in chapter.sources.items()],
                )
                for chapter in facts.chapters
            ],
            found=[
                FoundAnswer(question=question, sentences=[FoundSentence(**sentence) for sentence in sentences])
                for question, sentences in found.items()
            ],
        )  # fmt: skip


def _cited(cited: domain.Cited) -> dict[str, Any]:
    return {"event_ids": list(cited.event_ids), "sources": list(cited.sources)}


def _table(table: domain.Table) -> FactTable:
    return FactTable(
        name=table.name, heading=table.heading, more=table.more,
        columns=[FactColumn(**column._asdict()) for column in table.columns],
        rows=[FactRow(cells=[FactValue.of(cell) for cell in row.cells], **_cited(row.cited)) for row in table.rows],
    )  # fmt: skip
