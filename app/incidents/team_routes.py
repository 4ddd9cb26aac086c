"""The team of an incident over HTTP (R38, R40)."""

from collections.abc import Awaitable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch, IfMatchOffered
from app.core.db import Tx
from app.core.deps import IncidentsRead, IncidentsWrite, InRetries, InTransaction, PeopleAct, WithTools, may_see
from app.core.links import Links
from app.core.routing import Operation
from app.incidents import links, team_changes, team_queries, team_schemas
from app.models import IncidentMember

router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["Team"], route_class=Operation)

Add = Annotated[team_schemas.TeamMemberAdd, Depends(JsonBody(team_schemas.TeamMemberAdd))]
Create = Annotated[team_schemas.AcknowledgementLinkCreate, Depends(JsonBody(team_schemas.AcknowledgementLinkCreate))]
Patch = Annotated[team_schemas.TeamMemberPatch, Depends(JsonBody(team_schemas.TeamMemberPatch))]


@router.get("/team", operation_id="listIncidentTeam", response_model=team_schemas.TeamMemberPage)
async def list_incident_team(
    incident_id: UUID, query: Annotated[team_schemas.TeamQuery, Query()], tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """Who answers for the incident 应急小组, in the order they joined. The first grade forms the team, each raise adds to it:
    at major a lead of public relations and the heads of operations, legal and the business department; below, who is on
    duty in public relations and the head of the business department. Who is off duty has their deputy stand in."""
    return await team_queries.list_team(tx, incident_id, query, caller=caller)


@router.post(
    "/team", status_code=201, operation_id="addTeamMember", response_model=team_schemas.TeamMember, responses=LOCATED
)
async def add_team_member(
    incident_id: UUID, caller: IncidentsWrite, body: Add, run: InRetries, response: Response
) -> dict[str, Any]:
    """Adds somebody to the team. Where the incident has a grade they are asked to acknowledge, in the time of a first
    response. A lead takes the place of the one before."""
    member = await run(
        lambda tx, now: _shown(
            tx, team_changes.add_member(tx, incident_id, body.model_dump(), caller=caller, now=now), caller
        )
    )
    response.headers["location"] = f"/v1/incidents/{incident_id}/team/{member['id']}"
    return member


@router.get("/team/{member_id}", operation_id="getTeamMember", response_model=team_schemas.TeamMember)
async def get_team_member(
    incident_id: UUID, member_id: UUID, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """One member, also one who has left."""
    return await _shown(tx, team_queries.get_member(tx, incident_id, member_id), caller)


@router.patch("/team/{member_id}", operation_id="updateTeamMember", response_model=team_schemas.TeamMember)
async def update_team_member(
    incident_id: UUID, member_id: UUID, caller: IncidentsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Gives a member another position; who is made the lead takes the place of the one before."""
    fields = body.model_dump(exclude_unset=True, exclude={"reason"})
    may_see(caller, fields, "incidents:read")
    return await run(
        lambda tx, now: _shown(
            tx,
            team_changes.move_member(
                tx, incident_id, member_id, fields, reason=body.reason, expected=expected, caller=caller, now=now
            ),
            caller,
        )
    )


@router.delete("/team/{member_id}", status_code=204, operation_id="removeTeamMember")
async def remove_team_member(
    incident_id: UUID, member_id: UUID, query: Annotated[team_schemas.TeamMemberRemove, Query()],
    caller: IncidentsWrite, expected: IfMatchOffered, run: InRetries,
) -> None:  # fmt: skip
    """Takes a member out of the team: nobody waits for them, and nobody is called in their place."""
    await run(
        lambda tx, now: team_changes.remove_member(
            tx, incident_id, member_id, reason=query.reason, expected=expected, caller=caller, now=now
        )
    )


@router.post(
    "/acknowledgement-links", status_code=201, operation_id="createAcknowledgementLink",
    response_model=team_schemas.AcknowledgementLinkCreated,
)  # fmt: skip
async def create_acknowledgement_link(
    incident_id: UUID, caller: IncidentsWrite, _: PeopleAct, body: Create, run: InRetries, tools: WithTools
) -> dict[str, Any]:
    """Makes a link by which one person acknowledges once 接警链接, for integrations that message people themselves.

    Who opens it sees the incident, masked, and a button; where the person has a phone, its last four digits are asked for,
    and five wrong tries end it: what is not four digits is no try.
    It is good until two hours after the person is to answer, or a day where nothing is due. Machines' keys only: a person
    acknowledges for themselves. 409 `links_not_set_up` while the service does not know where phones reach it.
    """
    return await run(
        lambda tx, now: links.create_link(
            tx, incident_id, body.person_id, links=Links(tools.settings), caller=caller, now=now
        )
    )


async def _shown(tx: Tx, found: Awaitable[IncidentMember], caller: Caller) -> dict[str, Any]:
    member = await found
    await tx.flush()
    [answer] = await team_queries.shown(tx, [member], caller=caller)
    return answer
