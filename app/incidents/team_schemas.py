"""An incident's team on the wire (R38, R40)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.grades import Grade
from app.domain.vocabulary import JoinReason, TeamPosition
from app.incidents.schemas import TimelinePerson

_PERSON = "0190f5a2-7b5e-7c3d-8a1f-0123456789ab"
_MEMBER: JsonDict = {
    "id": "0197a3f0-8100-7aaa-8bbb-0123456789ab",
    "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab",
    "person": {"id": _PERSON, "name": "王**"},
    "position": "lead",
    "reason": "deputy",
    "for_person": {"id": "0190f5a2-7b5e-7c3d-8a1f-1123456789ab", "name": "李*"},
    "grade": "major",
    "by_raise": False,
    "added_at": "2026-03-01T19:00:00Z",
    "due_at": "2026-03-01T19:30:00Z",
    "next_call_at": "2026-03-01T19:15:00Z",
    "acknowledged_at": None,
    "acknowledgement_id": None,
    "left_at": None,
    "version": 1,
}
PERSON = "Who it is."
POSITION = "As what they belong to it. `lead`: its acknowledgement alone is the team's first response after a raise."
POSITION_IN = f"{POSITION} Null: what they are by their department."
WHY = "Why, for the timeline."


class TeamMemberAdd(Wire):
    """Somebody who is to belong to the team."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"person_id": _PERSON, "position": "operations", "reason": "熟悉该门店"}}
    )

    person_id: UUID = Field(description=PERSON)
    position: Annotated[TeamPosition | None, Field(description=POSITION_IN)] = None
    reason: Annotated[Str, Field(max_length=2_000, description=WHY)] = ""


class TeamMemberPatch(Wire):
    """What a member is from now on."""

    model_config = ConfigDict(json_schema_extra={"example": {"position": "lead", "reason": "公关组长出差"}})

    position: Annotated[TeamPosition, Field(description=POSITION)] = TeamPosition.OTHER
    reason: Annotated[Str, Field(max_length=2_000, description=WHY)] = ""


class TeamMemberRemove(BaseModel):
    """Why somebody leaves."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Str, Field(max_length=500, description=WHY)] = ""


class TeamQuery(PageQuery):
    """Which members, and which page of them."""

    left: Annotated[bool, Field(description="Whether those who have left are shown too.")] = False


class TeamMember(BaseModel):
    """Somebody who answers for an incident 小组成员. Who has not acknowledged by half of their time has their deputy called,
    by four fifths the head of their department and the leads."""

    model_config = ConfigDict(json_schema_extra={"example": _MEMBER})

    id: UUID = Field(description="Our id of the member.")
    incident_id: UUID = Field(description="The incident.")
    person: TimelinePerson = Field(description=PERSON)
    position: TeamPosition = Field(description=POSITION)
    reason: JoinReason = Field(description="Why they are in the team.")
    for_person: TimelinePerson | None = Field(description="In whose place; null: in nobody's.")
    grade: Grade | None = Field(description="The incident's grade when they joined.")
    by_raise: bool = Field(
        description="Whether a raise added them: then the first response waits for each such member, or for the lead."
    )
    added_at: datetime = Field(description="When they joined.")
    due_at: datetime | None = Field(description="By when they are to acknowledge; null while no grade asks for it.")
    next_call_at: datetime | None = Field(description="When somebody is called in their place; null: nobody will be.")
    acknowledged_at: datetime | None = Field(
        description="When they took the incident on: first, since they were asked last; null: not yet."
    )
    acknowledgement_id: UUID | None = Field(description="Their acknowledgement of then; null: none.")
    left_at: datetime | None = Field(description="When they left the team; null while they belong to it.")
    version: int = Field(description="Counts its changes.")


class TeamMemberPage(Page[TeamMember]):
    """Some members, in the order they joined."""


class AcknowledgementLinkCreate(Wire):
    """For whom."""

    model_config = ConfigDict(json_schema_extra={"example": {"person_id": _PERSON}})

    person_id: UUID = Field(description="Who is to acknowledge by it.")


class AcknowledgementLinkCreated(BaseModel):
    """A link by which one person acknowledges once: its page shows the incident, a button on it acknowledges."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "0197a3f0-8200-7aaa-8bbb-0123456789ab",
                "person_id": _PERSON,
                "url": "https://fenghuo.example.com/acknowledge/AZej8IIAeqqLuwEjRWeJq0x2bD8n7p1Jm0b3s6t9w2U",
                "expires_at": "2026-03-01T21:30:00Z",
            }
        }
    )

    id: UUID = Field(description="Its id: acknowledgements by it say `via: link:<id>`.")
    person_id: UUID = Field(description="For whom alone it works.")
    url: str = Field(description="Give it to this person alone. It is not shown again.")
    expires_at: datetime = Field(description="Until when it works, if nobody uses it before.")
