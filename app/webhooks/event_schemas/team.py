"""An incident's team on the wire: who belongs to it, and who is called because a member keeps silent."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import CallStep, JoinReason, TeamChange, TeamPosition
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_MEMBER: JsonDict = {
    "member_id": "0197a3f0-8100-7aaa-8bbb-0123456789ab",
    "person_id": "0190f5a2-7b5e-7c3d-8a1f-0123456789ab",
    "position": "lead",
    "reason": "team",
    "for_person_id": None,
    "link_id": "0197a3f0-8200-7aaa-8bbb-0123456789ab",
}
_CHANGED: JsonDict = INCIDENT | {
    "seq": 5,
    "change": "joined",
    "reason": "A grade was set or raised.",
    "members": [_MEMBER],
}
_CALLED: JsonDict = INCIDENT | {
    "seq": 9,
    "member_id": "0197a3f0-8300-7aaa-8bbb-0123456789ab",
    "person_id": "0190f5a2-7b5e-7c3d-8a1f-1123456789ab",
    "position": "lead",
    "step": "deputy",
    "for_person_id": _MEMBER["person_id"],
    "for_member_id": _MEMBER["member_id"],
    "link_id": "0197a3f0-8400-7aaa-8bbb-0123456789ab",
    "threshold": 50,
    "late_by_seconds": 0,
}
LINK = (
    "The link by which they acknowledge from a chat. It is an id and opens nothing: its address goes to endpoints with "
    "`unmask_people` alone."
)


class TeamMemberData(BaseModel):
    """One member, by ids."""

    model_config = ConfigDict(json_schema_extra={"example": _MEMBER})

    member_id: UUID = Field(description="The member.")
    person_id: UUID = Field(description="Who it is.")
    position: TeamPosition = Field(description="As what.")
    reason: JoinReason = Field(description="Why they are in the team.")
    for_person_id: UUID | None = Field(description="In whose place; null: in nobody's.")
    link_id: UUID | None = Field(description=f"{LINK} Null where there is nothing to acknowledge.")


class TeamChangedData(IncidentData):
    """Which members, and what became of them. Webhooks add who they are as `people`, which no page and no stream of events
    does: `id`, `name`, `phone`, `email` and `acknowledgement_url` of each; masked, and without the address, unless the
    endpoint has `unmask_people`."""

    model_config = ConfigDict(json_schema_extra={"example": _CHANGED})

    change: TeamChange = Field(description="What became of them.")
    reason: str = Field(description="Why.")
    members: list[TeamMemberData] = Field(description="Some at most: of many at once several events tell.")


class EscalationPersonData(IncidentData):
    """Who is called, and in whose place. Webhooks add who they are as `people`, which no page and no stream of events does:
    `id`, `name`, `phone`, `email` and `acknowledgement_url` of each; masked, and without the address, unless the endpoint
    has `unmask_people`."""

    model_config = ConfigDict(json_schema_extra={"example": _CALLED})

    member_id: UUID = Field(description="The member they are from now on.")
    person_id: UUID = Field(description="Who is called.")
    position: TeamPosition = Field(description="As what they join.")
    step: CallStep = Field(description="Why they: as the deputy, as the department's head, or as a lead.")
    for_person_id: UUID = Field(description="Who keeps silent.")
    for_member_id: UUID = Field(description="The member who keeps silent.")
    link_id: UUID = Field(description=LINK)
    threshold: int = Field(description="So much of the silent one's time for the first response was over, in per cent.")
    late_by_seconds: int = Field(description="How late the call came: more than a second only after an outage.")


class TeamChangedEvent(EventBase):
    """The team that answers for an incident changed (R38, R40)."""

    model_config = shown_as("incident.team_changed", _CHANGED)

    type: Literal[EventType.INCIDENT_TEAM_CHANGED] = Field(description="Always `incident.team_changed`.")
    data: TeamChangedData = Field(description="The particulars.")


class EscalationPersonEvent(EventBase):
    """A member of the team has not acknowledged, so somebody is called in their place. Once each."""

    model_config = shown_as("escalation.person", _CALLED)

    type: Literal[EventType.ESCALATION_PERSON] = Field(description="Always `escalation.person`.")
    data: EscalationPersonData = Field(description="The particulars.")
