"""Texts that are checked before they go out, on the wire (R12, R13)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.checks import MOST, MOST_PLACES
from app.domain.vocabulary.lint import LintSeverity
from app.domain.vocabulary.risks import CheckOutcome, CheckSource
from app.incidents.schemas import TimelinePerson
from app.mentions.schemas import WordField
from app.statements.lint_list_schemas import LintWording

_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_PLACE: JsonDict = {"field": "text", "start": 6, "end": 8, "words": "差评"}
_FINDING: JsonDict = {
    "source": "watch_rule", "severity": "warning", "subject": "0197a3ef-1000-7aaa-8bbb-0123456789ab", "name": "示例牌质量",
    "places": [{"field": "text", "start": 0, "end": 3, "words": "示例牌"}, _PLACE],
    "reason": {"zh": "会命中监测规则“示例牌质量”：示例牌、差评。", "en": "The watch rule “示例牌质量” hits it: 示例牌、差评."},
    "advice": {"zh": "换一种说法，避免与负面词并列。", "en": "Say it otherwise, without the words that people complain with."},
    "cites": "方案 二(一)2",
}  # fmt: skip
_SUMMARY: JsonDict = {
    "id": "0197a3f0-e000-7aaa-8bbb-0123456789ab", "title": "双十二海报", "opening": "示例牌，全年零差评！", "finding_count": 1,
    "suggested": "revise", "outcome": "revise", "reason": "删去“零差评”", "checked_at": "2026-11-25T08:00:00Z",
    "checked_by": "key:7f3a9c", "checker": None, "decided_at": "2026-11-25T08:05:00Z",
    "decided_by": f"person:{_PERSON['id']}", "decider": _PERSON, "version": 2,
}  # fmt: skip
_CHECK: JsonDict = {name: value for name, value in _SUMMARY.items() if name not in ("opening", "finding_count")} | {
    "text": "示例牌，全年零差评！", "findings": [_FINDING],
}  # fmt: skip


class TextCheckCreate(Wire):
    """A text of ours that is to go out: an advertisement, a post, a poster."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "双十二海报", "text": "示例牌，全年零差评！"}})

    title: Annotated[
        Visible | None, Field(min_length=1, max_length=500, description="Its title, where it has one.")
    ] = None
    text: Annotated[Visible, Field(min_length=1, max_length=20_000, description="What it says.")]


class TextCheckDecision(Wire):
    """What becomes of a text that was checked."""

    model_config = ConfigDict(json_schema_extra={"example": {"outcome": "revise", "reason": "删去“零差评”"}})

    outcome: Annotated[CheckOutcome, Field(description="What becomes of it, whatever was suggested.")]
    reason: Annotated[Visible, Field(min_length=1, max_length=1_000, description="Why.")]


class TextCheckPlace(BaseModel):
    """Where the words stand, in code points: `start` is the first, `end` the one after the last."""

    model_config = ConfigDict(json_schema_extra={"example": _PLACE})

    field: WordField = Field(description="Whether in the title or in the text.")
    start: int = Field(description="Its first code point, from 0.")
    end: int = Field(description="The code point after its last.")
    words: str = Field(
        description="The word that was looked for, as the rule, the risk or the list has it; empty: people's data."
    )


class TextCheckFinding(BaseModel):
    """One thing that was found in a text. It is advice: a person decides."""

    model_config = ConfigDict(json_schema_extra={"example": _FINDING})

    source: CheckSource = Field(description="What found it.")
    severity: LintSeverity = Field(description="How much it weighs.")
    subject: str | None = Field(
        description="The watch rule's or the risk's id, or the key of the list; null: none of them."
    )
    name: str = Field(description="What people call that; of a phrase, the phrase.")
    places: list[TextCheckPlace] = Field(description="Where.", max_length=MOST_PLACES)
    reason: LintWording = Field(description="Why it matters.")
    advice: LintWording = Field(description="What to do.")
    cites: str = Field(description="Where that is from: a clause of the plan, a law.")


class _TextCheckBase(BaseModel):
    id: UUID = Field(description="Our id.")
    title: str | None = Field(description="Its title.")
    suggested: CheckOutcome = Field(
        description="`drop` where it touches a critical risk, `revise` where anything but hints was found, else `publish`."
    )
    outcome: CheckOutcome | None = Field(description="What was decided; null: nothing yet.")
    reason: str | None = Field(description="Why.")
    checked_at: datetime = Field(description="When it was checked.")
    checked_by: str = Field(description="By whom, as events name it.")
    checker: TimelinePerson | None = Field(description="The person; null: a machine.")
    decided_at: datetime | None = Field(description="When it was decided.")
    decided_by: str | None = Field(description="By whom, as events name it.")
    decider: TimelinePerson | None = Field(description="The person; null: a machine, or nobody yet.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")


class TextCheck(_TextCheckBase):
    """A text as it was checked, what was found in it, and what became of it.

    Phones, mails and @names in title, text and reason are masked, character for character, unless you have
    `people:unmask`: places point into both alike.
    """

    model_config = ConfigDict(json_schema_extra={"example": _CHECK})

    text: str = Field(description="What it says.")
    findings: list[TextCheckFinding] = Field(description="What was found, the gravest first.", max_length=MOST)


class TextCheckSummary(_TextCheckBase):
    """A text that was checked, in a list: `GET /v1/text-checks/{check_id}` has all of it."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY})

    opening: str = Field(description="How it begins: a hundred characters.", max_length=100)
    finding_count: int = Field(description="How much was found.")


class TextCheckPage(Page[TextCheckSummary]):
    """Some checked texts, the newest first."""


class TextCheckQuery(PageQuery):
    """Which of them: values of one parameter are alternatives, different parameters all hold."""

    outcome: Annotated[list[CheckOutcome], Field(max_length=3, description="With one of these decisions.")] = []
    suggested: Annotated[list[CheckOutcome], Field(max_length=3, description="With one of these suggestions.")] = []
    decided: Annotated[bool | None, Field(description="Only those that are decided, or only those that wait.")] = None
    checker_id: Annotated[list[UUID], Field(max_length=20, description="Checked by one of these people.")] = []
