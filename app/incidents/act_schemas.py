"""What people did about an incident, and what they decided, on the wire (方案 一, 二(二))."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import WEB, Instant, Str, Visible, Wire
from app.core.paging import Page
from app.domain.grades import Grade, HarmClass
from app.domain.vocabulary import DecisionKind, IncidentStatus, Platform, Responsibility, StatementKind, Truth
from app.incidents.note_schemas import Note as IncidentNote
from app.incidents.schemas import MediaFollowUp, TimelineEvent, TimelinePerson

_AT = "2026-11-23T09:30:00+08:00"
_DECISION: JsonDict = {
    "kind": "no_statement",
    "question": "是否公开回应",
    "options": ["公开回应", "不公开回应"],
    "choice": "不公开回应",
    "reason": "热度已自然回落，回应会再次推高关注",
}
# Events in one export.
MOST_EXPORTED = 5_000

HappenedAt = Annotated[
    Instant | None,
    Field(description="When it happened; now where missing. Not before the incident was opened, nor in the future: "
          "a clock up to 5 minutes ahead is taken for now."),
]  # fmt: skip
Note = Annotated[Str, Field(max_length=2_000, description="What else is to be remembered of it.")]


class AcknowledgementCreate(Wire):
    """Somebody takes the incident on."""

    model_config = ConfigDict(json_schema_extra={"example": {"note": "已接警，正在拉群"}})

    happened_at: HappenedAt = None
    note: Note = ""


class MeetingCreate(Wire):
    """A meeting that took place. A direction that came later is another entry."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"happened_at": _AT, "direction": "先停售，两小时内首次回应"}}
    )

    happened_at: HappenedAt = None
    direction: Annotated[
        Visible | None,
        Field(
            min_length=1, max_length=2_000, description="What it set as the direction; without one it is not complete."
        ),
    ] = None
    note: Note = ""


class FactCheckCreate(Wire):
    """What was found when the facts were checked."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "truth": "partly_confirmed",
                "responsibility": "supplier",
                "evidence": "批次 20261101 的留样中检出同类异物，供应商已确认",
            }
        }
    )

    happened_at: HappenedAt = None
    truth: Annotated[Truth, Field(description="What of it is true.")]
    responsibility: Annotated[Responsibility, Field(description="Who answers for it.")]
    evidence: Annotated[Visible, Field(min_length=1, max_length=10_000, description="What that rests on.")]
    note: Note = ""


class PublicationCreate(Wire):
    """Something that was said in public, wherever and with whatever approval: what has happened is recorded."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "platform": "weibo",
                "statement_kind": "clarification",
                "url": "https://weibo.com/1/OAbCdEfGi",
                "title": "关于网传异物的说明",
            }
        }
    )

    happened_at: HappenedAt = None
    platform: Annotated[Platform, Field(description="Where.")]
    statement_kind: Annotated[StatementKind, Field(description="What kind of statement.")]
    url: Annotated[
        Annotated[str, Field(max_length=2_000), WEB] | None,
        Field(description="Where it can be read."),
    ] = None
    title: Annotated[Str, Field(max_length=200, description="Its title.")] = ""


class DecisionCreate(Wire):
    """A decision, with what there was to choose from and why."""

    model_config = ConfigDict(json_schema_extra={"example": _DECISION})

    happened_at: HappenedAt = None
    kind: Annotated[DecisionKind, Field(description="What kind: some pass a guard.")] = DecisionKind.OTHER
    question: Annotated[Visible, Field(min_length=1, max_length=500, description="What was to be decided.")]
    options: Annotated[
        list[Annotated[Visible, Field(min_length=1, max_length=500)]],
        Field(max_length=20, description="What there was to choose from."),
    ] = []
    choice: Annotated[Visible, Field(min_length=1, max_length=2_000, description="What was decided.")]
    reason: Annotated[Visible, Field(min_length=1, max_length=5_000, description="Why.")]
    substitute_platform: Annotated[
        Platform | None,
        Field(description="For `origin_not_applicable`: where it is said instead. Null: nowhere needs it."),
    ] = None
    corrects: Annotated[
        UUID | None, Field(description="The earlier entry it takes the place of, which stays as it is.")
    ] = None


class Act(BaseModel):
    """Something that people did about an incident. Phones, mails and @names in what is written are masked unless you have
    `people:unmask`."""

    id: UUID = Field(description="Our id.")
    incident_id: UUID = Field(description="The incident.")
    happened_at: datetime = Field(description="When it happened: clocks judge by it.")
    recorded_at: datetime = Field(description="When we were told.")
    actor: str = Field(
        description="By whom, as on the timeline.", examples=["person:0190f5a2-7b5e-7c3d-8a1f-0123456789ab"]
    )
    person: TimelinePerson | None = Field(description="The person behind the actor; null where a machine recorded it.")


class Acknowledgement(Act):
    """A person took the incident on 接警响应: the first response."""

    note: str = Field(description="What else is to be remembered of it.", examples=["已接警"])
    member_id: UUID | None = Field(description="As which member of the incident's team; null: as none.")


class Meeting(Act):
    """An emergency meeting 紧急会议."""

    direction: str | None = Field(description="What it set as the direction; null: not complete.", examples=["先停售"])
    note: str = Field(description="What else is to be remembered of it.", examples=["线上"])


class FactCheck(Act):
    """What was found when the facts were checked 信息核实. The newest is what is known."""

    truth: Truth = Field(description="What of it is true.")
    responsibility: Responsibility = Field(description="Who answers for it.")
    evidence: str = Field(description="What that rests on.", examples=["留样中检出同类异物"])
    note: str = Field(description="What else is to be remembered of it.", examples=[""])


class Publication(Act):
    """Something that was said in public 对外发布."""

    platform: Platform = Field(description="Where.")
    statement_kind: StatementKind = Field(description="What kind of statement.")
    url: str | None = Field(description="Where it can be read.", examples=["https://weibo.com/1/OAbCdEfGi"])
    title: str = Field(description="Its title.", examples=["关于网传异物的说明"])
    origin_platform: Platform | None = Field(
        description="首发平台, that of the earliest post as known when this was recorded; null: no post was known."
    )
    on_origin: bool = Field(description="Whether it was said where it began.", examples=[True])
    statement_id: UUID | None = Field(description="Which of our statements it was; null: none that we hold.")
    statement_version_id: UUID | None = Field(description="Which version of it.")
    approved: bool | None = Field(
        description="Whether that very version was approved when it was said; null: it is no statement that we hold.",
        examples=[True],
    )


class KnownWindow(BaseModel):
    """Where the incident stood to one volume rule."""

    rule: str = Field(description="The rule's id in the policy.", examples=["major-2h"])
    window_seconds: int = Field(description="How long the window is.", examples=[7200])
    sum: int = Field(description="Gained in the window that ended with that minute.", examples=[130000])
    threshold: int = Field(description="The rule holds above this.", examples=[100000])


class KnownFacts(BaseModel):
    """The latest fact check."""

    id: UUID = Field(description="The fact check.")
    happened_at: datetime = Field(description="When the facts were checked.")
    truth: Truth = Field(description="What of it was true.")
    responsibility: Responsibility = Field(description="Who answered for it.")


class KnownDeadline(BaseModel):
    """A clock that was running."""

    kind: str = Field(description="Which clock.", examples=["first_statement"])
    due_at: datetime = Field(description="When it was due.")


class Known(BaseModel):
    """What was known when a decision was recorded: written by the service, never changed."""

    at: datetime = Field(description="The moment it was written.")
    status: IncidentStatus = Field(description="The incident's status.")
    grade: Grade | None = Field(description="The grade in force.")
    auto_grade: Grade | None = Field(description="What the rules said of what was reached.")
    suggested_grade: Grade | None = Field(description="What the figures suggested.")
    harm_class: HarmClass | None = Field(description="Whose interests were harmed.")
    media_follow_up: MediaFollowUp = Field(description="Whether listed media reported it.")
    total: int = Field(description="传播量 counted by then.", examples=[130000])
    mention_count: int = Field(description="Mentions that belonged to it.", examples=[42])
    origin_platform: Platform | None = Field(
        description="首发平台, that of the earliest post; null: no post was known."
    )
    windows: list[KnownWindow] = Field(description="One for each rule of volume, in the policy's order.")
    calmed_at: datetime | None = Field(description="When the calm test had passed; null: it had not.")
    fact_check: KnownFacts | None = Field(description="The latest fact check; null: none.")
    deadlines: list[KnownDeadline] = Field(
        description="The incident's clocks that were running, the next first; not those of its tasks."
    )


class Decision(Act):
    """A decision 决策 with what was known. It is never changed: corrections are entries of their own."""

    kind: DecisionKind = Field(description="What kind.")
    question: str = Field(description="What was to be decided.", examples=["是否公开回应"])
    options: list[str] = Field(description="What there was to choose from.", examples=[["公开回应", "不公开回应"]])
    choice: str = Field(description="What was decided.", examples=["不公开回应"])
    reason: str = Field(description="Why.", examples=["热度已自然回落"])
    substitute_platform: Platform | None = Field(description="Where it is said instead of where it began.")
    corrects: UUID | None = Field(description="The earlier entry it takes the place of.")
    corrected_by: UUID | None = Field(description="The later entry that takes its place; null: it stands.")
    known: Known = Field(description="What was known when it was recorded.")


class TimelineTask(BaseModel):
    """A task that the timeline tells of."""

    id: UUID = Field(description="The task, as events name it.")
    title: str = Field(description="What is to be done.", examples=["逐一联系用户"])


class TimelineCommitment(BaseModel):
    """A promise that the timeline tells of."""

    id: UUID = Field(description="The promise, as events name it.")
    text: str = Field(description="What was promised, as it was said in public.", examples=["三日内公布第三方检测结果"])


class TimelineExport(BaseModel):
    """The whole timeline of one incident, with what people put on record. Events name the entries by their ids."""

    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number.", examples=["2026-0031"])
    title: str = Field(description="What people call it.", examples=["牛奶异物"])
    status: IncidentStatus = Field(description="Where it stands.")
    grade: Grade | None = Field(description="The grade in force.")
    exported_at: datetime = Field(description="When this was written.")
    events: list[TimelineEvent] = Field(description="What happened, in order.", max_length=MOST_EXPORTED)
    acknowledgements: list[Acknowledgement] = Field(description="In order.", max_length=MOST_EXPORTED)
    meetings: list[Meeting] = Field(description="In order.", max_length=MOST_EXPORTED)
    fact_checks: list[FactCheck] = Field(description="In order.", max_length=MOST_EXPORTED)
    publications: list[Publication] = Field(description="In order.", max_length=MOST_EXPORTED)
    decisions: list[Decision] = Field(description="In order.", max_length=MOST_EXPORTED)
    notes: list[IncidentNote] = Field(description="In order, on whatever of the incident.", max_length=MOST_EXPORTED)
    tasks: list[TimelineTask] = Field(description="Those that events name by `task_id`.", max_length=MOST_EXPORTED)
    commitments: list[TimelineCommitment] = Field(
        description="Those that events name by `commitment_id`.", max_length=MOST_EXPORTED
    )


class AcknowledgementPage(Page[Acknowledgement]):
    """Some acknowledgements, the last recorded first."""


class MeetingPage(Page[Meeting]):
    """Some meetings, the last recorded first."""


class FactCheckPage(Page[FactCheck]):
    """Some fact checks, the last recorded first."""


class PublicationPage(Page[Publication]):
    """Some publications, the last recorded first."""


class DecisionPage(Page[Decision]):
    """Some decisions, the last recorded first."""
