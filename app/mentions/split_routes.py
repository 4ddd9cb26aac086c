"""Splitting an incident over HTTP: to look first, and to do it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import PreviewMatch
from app.core.deps import IncidentsRead, IncidentsWrite, InRetries, MentionsRead
from app.core.routing import Operation
from app.incidents.guards import shown_after
from app.incidents.schemas import Incident
from app.mentions import choosing, splitting
from app.mentions.routes import WithRules
from app.mentions.split_schemas import IncidentSplit, SplitPreview

router = APIRouter(prefix="/v1/incidents", tags=["Incidents"], route_class=Operation)

Split = Annotated[IncidentSplit, Depends(JsonBody(IncidentSplit))]


@router.post("/{incident_id}/split", status_code=201, operation_id="splitIncident", responses=LOCATED)
async def split_incident(
    incident_id: UUID, caller: IncidentsWrite, body: Split, expected: PreviewMatch, run: InRetries, rules: WithRules,
    response: Response,
) -> Incident:  # fmt: skip
    """Splits mentions off into a new incident 拆分, at most 20,000 at once. Answers the new one.

    Their spread moves with them, minute by minute, and both incidents are graded anew at once. The new one has no watch
    rule; what hits the old one's goes on joining the old one. A text is searched for in 50,000 mentions at most and 30 MB
    of text, a cluster among 20,000 and 9 MB.
    """
    found = await run(lambda tx, _: choosing.look(tx, incident_id, body, expected=expected, caller=caller))
    ids = await choosing.choose(found)
    split_off = await run(
        lambda tx, now: shown_after(
            tx,
            splitting.split_incident(tx, rules, incident_id, body, ids, expected=expected, caller=caller, now=now),
            caller=caller,
        )
    )
    response.headers["location"] = f"/v1/incidents/{split_off.id}"
    return split_off


@router.post("/{incident_id}/split/preview", operation_id="previewIncidentSplit", response_model=SplitPreview)
async def preview_incident_split(
    incident_id: UUID, caller: IncidentsRead, _: MentionsRead, body: Split, run: InRetries, rules: WithRules
) -> dict[str, Any]:
    """Shows both sides of a split with their grades, before and after, and changes nothing.

    The answer's ETag is good as If-Match of the split: it is refused when people or the grade changed the incident
    meanwhile.
    """
    ids = await choosing.choose(await run(lambda tx, _: choosing.look(tx, incident_id, body, caller=caller)))
    return await run(lambda tx, now: splitting.preview_split(tx, rules, incident_id, body, ids, caller=caller, now=now))
