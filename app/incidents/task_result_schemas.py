"""What a task's kind asks for, on the wire: the member `kind` tells the results apart. What comes in and what goes out are
models of their own."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_serializer
from pydantic.config import JsonDict

from app.core.bodies import WEB, Str, Visible, Wire
from app.domain.commitments import MOST_CITED
from app.domain.vocabulary import Platform, Responsibility, TaskKind, Truth
from app.incidents.act_schemas import Note
from app.incidents.schemas import TimelinePerson

_MEETING: JsonDict = {"kind": "meeting", "direction": "先停售，两小时内首次回应", "note": ""}
_CHECK: JsonDict = {
    "kind": "fact_check", "truth": "partly_confirmed", "responsibility": "supplier", "evidence": "留样中检出同类异物",
    "note": "",
}  # fmt: skip
_FOLLOW_UP: JsonDict = {"kind": "follow_up", "solved": True, "satisfaction": 5}
_TAKEDOWN: JsonDict = {
    "kind": "takedown_report", "platform": "weibo", "url": "https://weibo.com/1/OAbCdEfGi",
    "legal_basis": "民法典第一千一百九十五条：捏造检测报告，侵害名誉权",
}  # fmt: skip
_INQUIRY: JsonDict = {"kind": "press_inquiry", "outlet": "示例晚报", "question": "涉事批次是否已停售？"}
_PROGRESS: JsonDict = {"kind": "progress_note", "commitment_ids": ["0197a3f0-9100-7aaa-8bbb-0123456789ab"]}
_BY: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "李**"}

Kind = Field(description="Of which kind of task.")
Solved = Field(description="Whether it is solved for them 是否解决.")
Url = Field(min_length=1, max_length=2_000, description="What is to be taken down: one post or page.")


class MeetingResultCreate(Wire):
    """What the meeting set as the direction: without one it is not complete, and the task stays open."""

    model_config = ConfigDict(json_schema_extra={"example": _MEETING})

    kind: Annotated[Literal[TaskKind.MEETING], Kind]
    direction: Annotated[Visible, Field(min_length=1, max_length=2_000, description="The direction it set.")]
    note: Note = ""


class FactCheckResultCreate(Wire):
    """What was found when the facts were checked."""

    model_config = ConfigDict(json_schema_extra={"example": _CHECK})

    kind: Annotated[Literal[TaskKind.FACT_CHECK], Kind]
    truth: Annotated[Truth, Field(description="What of it is true.")]
    responsibility: Annotated[Responsibility, Field(description="Who answers for it.")]
    evidence: Annotated[Visible, Field(min_length=1, max_length=10_000, description="What that rests on.")]
    note: Note = ""


class FollowUpResultCreate(Wire):
    """What somebody said when they were asked again 回访."""

    model_config = ConfigDict(json_schema_extra={"example": _FOLLOW_UP})

    kind: Annotated[Literal[TaskKind.FOLLOW_UP], Kind]
    solved: Annotated[bool, Solved]
    satisfaction: Annotated[
        int | None, Field(ge=1, le=5, description="1 to 5, the more the better; null: they did not say.")
    ] = None


class TakedownResultCreate(Wire):
    """What is reported to a platform, and by which law. It is stated while the report is prepared."""

    model_config = ConfigDict(json_schema_extra={"example": _TAKEDOWN})

    kind: Annotated[Literal[TaskKind.TAKEDOWN_REPORT], Kind]
    platform: Annotated[Platform, Field(description="Where it is reported.")]
    url: Annotated[Str, Url, WEB]
    legal_basis: Annotated[
        Visible | None,
        Field(min_length=1, max_length=2_000, description="Which law is infringed, and by what; needed to submit it."),
    ] = None


class PressInquiryResultCreate(Wire):
    """Who asks, and what. It may be stated from the beginning."""

    model_config = ConfigDict(json_schema_extra={"example": _INQUIRY})

    kind: Annotated[Literal[TaskKind.PRESS_INQUIRY], Kind]
    outlet: Annotated[Visible, Field(min_length=1, max_length=200, description="Who asks: the medium.")]
    question: Annotated[Visible, Field(min_length=1, max_length=5_000, description="What they ask.")]


class ProgressNoteResultCreate(Wire):
    """On which promises the note of progress 进展公示 reports. It may be stated from the beginning."""

    model_config = ConfigDict(json_schema_extra={"example": _PROGRESS})

    kind: Annotated[Literal[TaskKind.PROGRESS_NOTE], Kind]
    commitment_ids: Annotated[
        list[UUID],
        Field(min_length=1, max_length=MOST_CITED, description="The promises of the incident that it reports on."),
    ]

    @field_serializer("commitment_ids")
    def _as_words(self, ids: list[UUID]) -> list[str]:
        return [str(id_) for id_ in dict.fromkeys(ids)]


class TaskResultCreate(
    RootModel[
        Annotated[
            MeetingResultCreate
            | FactCheckResultCreate
            | FollowUpResultCreate
            | TakedownResultCreate
            | PressInquiryResultCreate
            | ProgressNoteResultCreate,
            Field(discriminator="kind"),
        ]
    ]
):
    """What the task's kind asks for: `kind` is that of the task. Other kinds have none."""

    model_config = ConfigDict(json_schema_extra={"example": _FOLLOW_UP})


class MeetingResult(BaseModel):
    """The direction, as it stands in the meeting's own entry too."""

    model_config = ConfigDict(json_schema_extra={"example": _MEETING})

    kind: Literal[TaskKind.MEETING] = Kind
    direction: str = Field(description="The direction it set.")
    note: str = Field(description="What else is remembered of it.")


class FactCheckResult(BaseModel):
    """What was found, as it stands in the fact check's own entry too."""

    model_config = ConfigDict(json_schema_extra={"example": _CHECK})

    kind: Literal[TaskKind.FACT_CHECK] = Kind
    truth: Truth = Field(description="What of it is true.")
    responsibility: Responsibility = Field(description="Who answers for it.")
    evidence: str = Field(description="What that rests on.")
    note: str = Field(description="What else is remembered of it.")


class FollowUpResult(BaseModel):
    """What somebody said when they were asked again 回访."""

    model_config = ConfigDict(json_schema_extra={"example": _FOLLOW_UP})

    kind: Literal[TaskKind.FOLLOW_UP] = Kind
    solved: bool = Solved
    satisfaction: int | None = Field(ge=1, le=5, description="1 to 5, the more the better; null: they did not say.")


class TakedownResult(BaseModel):
    """What is reported, by which law, and who approved it for legal."""

    model_config = ConfigDict(
        json_schema_extra={"example": _TAKEDOWN | {"approved_by": _BY, "approved_at": "2026-11-23T03:20:00Z"}}
    )

    kind: Literal[TaskKind.TAKEDOWN_REPORT] = Kind
    platform: Platform = Field(description="Where it is reported.")
    url: str = Field(description="What is to be taken down.")
    legal_basis: str | None = Field(description="Which law is infringed, and by what; null: not stated yet.")
    approved_by: TimelinePerson | None = Field(description="Who approved it as it is; null: nobody has.")
    approved_at: datetime | None = Field(description="When.")


class PressInquiryResult(BaseModel):
    """Who asks, and what."""

    model_config = ConfigDict(json_schema_extra={"example": _INQUIRY})

    kind: Literal[TaskKind.PRESS_INQUIRY] = Kind
    outlet: str = Field(description="Who asks: the medium.")
    question: str = Field(description="What they ask.")


class ProgressNoteResult(BaseModel):
    """On which promises it reports."""

    model_config = ConfigDict(json_schema_extra={"example": _PROGRESS})

    kind: Literal[TaskKind.PROGRESS_NOTE] = Kind
    commitment_ids: list[UUID] = Field(description="The promises of the incident that it reports on.")


class TaskResult(
    RootModel[
        Annotated[
            MeetingResult | FactCheckResult | FollowUpResult | TakedownResult | PressInquiryResult | ProgressNoteResult,
            Field(discriminator="kind"),
        ]
    ]
):
    """What the task's kind asks for, as far as it was stated."""

    model_config = ConfigDict(json_schema_extra={"example": _FOLLOW_UP})
