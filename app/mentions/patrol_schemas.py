"""Patrols 人工巡查 on the wire (方案 二(一)2, R22)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Str, Wire
from app.core.faults import Like
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import Platform
from app.domain.vocabulary.patrols import PatrolRotation, PatrolState
from app.incidents.schemas import TimelinePerson
from app.mentions.schemas import EXAMPLE, MentionIn

MOST_FINDINGS = 50
_ID = "0197a3f0-d000-7aaa-8bbb-0123456789ab"
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_PLATFORMS: list[str] = ["wechat_official", "weibo", "douyin", "xiaohongshu"]
_SLOT: JsonDict = {"time": "09:00", "assignee_ids": [_PERSON["id"]], "rotation": "daily"}
_PLAN_IN: JsonDict = {
    "slots": [_SLOT, _SLOT | {"time": "14:00"}, _SLOT | {"time": "20:00"}], "platforms": [*_PLATFORMS],
    "grace_seconds": 3600, "note": "方案 二(一)2",
}  # fmt: skip
_PLAN: JsonDict = _PLAN_IN | {
    "id": "0197a3f0-d100-7aaa-8bbb-0123456789ab", "version": 2, "effective_at": "2026-03-01T00:00:00Z",
    "default_assignee_id": None, "created_at": "2026-02-28T09:00:00Z", "created_by": f"person:{_PERSON['id']}",
}  # fmt: skip
_FINDING: JsonDict = {"mention_id": "0197a3f0-6fff-7aaa-8bbb-0123456789ab", "created": True}
_PATROL: JsonDict = {
    "id": _ID, "plan_version": 2, "slot_at": "2026-03-01T01:00:00Z", "due_by": "2026-03-01T02:00:00Z", "state": "done",
    "platforms": [*_PLATFORMS], "assignee": _PERSON, "missed_at": None, "happened_at": "2026-03-01T01:12:00Z",
    "recorded_at": "2026-03-01T01:14:00Z", "walked_by": _PERSON, "looked_at": [*_PLATFORMS], "not_looked_at": [],
    "findings": [_FINDING], "note": "", "updated_at": "2026-03-01T01:14:00Z", "version": 2,
}  # fmt: skip
TIME = Like("^([01][0-9]|2[0-3]):[0-5][0-9]$", "must be a time of the day such as 09:00, by Shanghai's clock")

Platforms = Annotated[list[Platform], Field(min_length=1, max_length=10)]


class PatrolSlotIn(Wire):
    """A time of each day at which somebody looks through the platforms."""

    model_config = ConfigDict(json_schema_extra={"example": _SLOT})

    time: Annotated[str, TIME, Field(description="By Shanghai's clock.")]
    assignee_ids: Annotated[
        list[UUID],
        Field(max_length=50, description="Who walks it, active people; several take turns, the first of them on the day "
              "that the plan takes effect. Whoever is not active by then is passed over."),
    ] = []  # fmt: skip
    rotation: Annotated[PatrolRotation, Field(description="How they take turns.")] = PatrolRotation.DAILY


class PatrolPlanPut(Wire):
    """The plan as it is from an instant on, in place of all that was planned for then."""

    model_config = ConfigDict(json_schema_extra={"example": _PLAN_IN})

    slots: Annotated[
        list[PatrolSlotIn], Field(max_length=24, description="The times of each day, each once; none: no patrols.")
    ]
    platforms: Annotated[Platforms, Field(description="What is to be looked at.")]
    default_assignee_id: Annotated[
        UUID | None, Field(description="Who walks a slot for which nobody else is named or active; null: nobody.")
    ] = None
    grace_seconds: Annotated[
        int, Field(ge=60, le=86_400, description="How long after its time a patrol is missed when nobody walked it.")
    ] = 3600
    effective_at: Annotated[
        Instant | None, Field(description="From when on; null: from now on. Slots before then stay as they were.")
    ] = None
    note: Annotated[Str, Field(max_length=1_000, description="Why it is so; it stands in the plan's history.")] = ""


class PatrolSlot(BaseModel):
    """A time of each day at which somebody looks through the platforms."""

    model_config = ConfigDict(json_schema_extra={"example": _SLOT})

    time: str = Field(description="By Shanghai's clock.")
    assignee_ids: list[UUID] = Field(description="Who walks it in turns; none: the plan's default.")
    rotation: PatrolRotation = Field(description="How they take turns.")


class PatrolPlan(BaseModel):
    """The plan of patrols 巡查计划, one version of it."""

    model_config = ConfigDict(json_schema_extra={"example": _PLAN})

    id: UUID = Field(description="This version's id.")
    version: int = Field(description="Which version, from 1.")
    effective_at: datetime = Field(description="From when on it holds, until a later version takes effect.")
    slots: list[PatrolSlot] = Field(description="The times of each day, in order.")
    platforms: list[Platform] = Field(description="What is to be looked at.")
    default_assignee_id: UUID | None = Field(description="Who walks a slot that is nobody else's; null: nobody.")
    grace_seconds: int = Field(description="How long after its time a patrol is missed.")
    note: str = Field(
        description="Why it is so. Phones, mails and @names are masked unless you have `people:unmask`."
    )  # fmt: skip
    created_at: datetime = Field(description="When it was written.")
    created_by: str = Field(description="Who wrote it, as events name them.")


class PatrolPlanPage(Page[PatrolPlan]):
    """A page of them."""


class PatrolPlanQuery(BaseModel):
    """Of when."""

    model_config = ConfigDict(extra="forbid")

    at: Annotated[
        Instant | None, Field(description="The version that holds at this instant; unsaid: the last that was written.")
    ] = None


class PatrolCheckIn(Wire):
    """A patrol that somebody walked. Nothing found is a good answer."""

    model_config = ConfigDict(json_schema_extra={"example": {"looked_at": ["weibo", "douyin"], "findings": [EXAMPLE]}})

    looked_at: Annotated[Platforms, Field(description="The platforms that were looked at.")]
    findings: Annotated[
        list[MentionIn],
        Field(max_length=MOST_FINDINGS, description="What was found, as `POST /v1/mentions` takes it: each becomes a mention."),
    ] = []  # fmt: skip
    happened_at: Annotated[
        Instant | None, Field(description="When it was walked, an hour before its time at the earliest; null: now.")
    ] = None
    note: Annotated[Str, Field(max_length=2_000, description="What else there is to say.")] = ""


class PatrolPatch(Wire):
    """Whose patrol it is."""

    model_config = ConfigDict(json_schema_extra={"example": {"assignee_id": _PERSON["id"]}})

    assignee_id: Annotated[UUID | None, Field(description="Who is to walk it, an active person; null: nobody.")] = None


class PatrolFinding(BaseModel):
    """A mention that was found."""

    model_config = ConfigDict(json_schema_extra={"example": _FINDING})

    mention_id: UUID = Field(description="The mention.")
    created: bool = Field(description="Whether nobody had reported it before.")


class Patrol(BaseModel):
    """A patrol 人工巡查: a slot of the plan on one day, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"example": _PATROL})

    id: UUID = Field(description="Our id.")
    plan_version: int = Field(description="The version of the plan that asks for it.")
    slot_at: datetime = Field(description="When it is to be walked.")
    due_by: datetime = Field(description="When it is missed unless somebody walked it.")
    state: PatrolState = Field(description="Where it stands, judged by when it was walked.")
    platforms: list[Platform] = Field(description="What is to be looked at.")
    assignee: TimelinePerson | None = Field(description="Who is to walk it; null: nobody yet.")
    missed_at: datetime | None = Field(description="When it was told as missed; null: it was not.")
    happened_at: datetime | None = Field(description="When it was walked; null: not yet.")
    recorded_at: datetime | None = Field(description="When that was told.")
    walked_by: TimelinePerson | None = Field(description="Who walked it.")
    looked_at: list[Platform] = Field(description="What they looked at.")
    not_looked_at: list[Platform] = Field(
        description="What they were to look at and did not; empty while nobody walked it."
    )
    findings: list[PatrolFinding] = Field(description="What they found, in the order they told it.")
    note: str = Field(
        description="What they say. Phones, mails and @names are masked unless you have `people:unmask`."
    )  # fmt: skip
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts its changes.")


class PatrolPage(Page[Patrol]):
    """A page of them."""


class PatrolQuery(PageQuery):
    """Which patrols: values of one parameter are alternatives, different parameters all hold."""

    state: Annotated[list[PatrolState], Field(max_length=6, description="That stand so.")] = []
    assignee_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these people.")] = []
    slot_after: Annotated[Instant | None, Field(description="To be walked after this instant.")] = None
    slot_before: Annotated[Instant | None, Field(description="To be walked before this instant.")] = None
