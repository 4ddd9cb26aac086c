"""What people did about an incident, and the decision log, over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from app.core.answers import LOCATED
from app.core.aside import aside
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.db import Tx
from app.core.deps import IncidentsRead, IncidentsWrite, InRetries, InTransaction, Retries
from app.core.documents import MarkdownOperation, MarkdownResponse
from app.core.params import PageQuery
from app.core.routing import Operation
from app.incidents import act_queries, act_schemas, acts, chronicle, decisions
from app.models import Acknowledgement, Act, Decision, FactCheck, Meeting, Publication

router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["Acts"], route_class=Operation)
timeline_router = APIRouter(prefix="/v1/incidents/{incident_id}/timeline", tags=["Incidents"], route_class=Operation)


markdown_router = APIRouter(
    prefix="/v1/incidents/{incident_id}/timeline", tags=["Incidents"], route_class=MarkdownOperation
)

AcknowledgementCreate = Annotated[
    act_schemas.AcknowledgementCreate, Depends(JsonBody(act_schemas.AcknowledgementCreate))
]
MeetingCreate = Annotated[act_schemas.MeetingCreate, Depends(JsonBody(act_schemas.MeetingCreate))]
FactCheckCreate = Annotated[act_schemas.FactCheckCreate, Depends(JsonBody(act_schemas.FactCheckCreate))]
PublicationCreate = Annotated[act_schemas.PublicationCreate, Depends(JsonBody(act_schemas.PublicationCreate))]
DecisionCreate = Annotated[act_schemas.DecisionCreate, Depends(JsonBody(act_schemas.DecisionCreate))]
Paged = Annotated[PageQuery, Query()]


async def _recorded(
    verb: Callable[..., Awaitable[Act]], path: str, incident_id: UUID, body: BaseModel, caller: Caller, run: Retries,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Puts the body on record by the verb; the entry as it is shown, and where it stands."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        made = await verb(tx, incident_id, body.model_dump(), caller=caller, now=now)
        [answer] = await act_queries.shown(tx, [made], caller=caller)
        return answer

    entry = await run(act)
    response.headers["location"] = f"/v1/incidents/{incident_id}/{path}/{entry['id']}"
    return entry


@router.post(
    "/acknowledgements",
    status_code=201,
    operation_id="recordAcknowledgement",
    response_model=act_schemas.Acknowledgement,
    responses=LOCATED,
)
async def record_acknowledgement(
    incident_id: UUID, caller: IncidentsWrite, body: AcknowledgementCreate, run: InRetries, response: Response
) -> dict[str, Any]:
    """Takes the incident on 接警响应: the first response. Needs a person: a machine's key is refused as `person_needed`."""
    return await _recorded(acts.acknowledge, "acknowledgements", incident_id, body, caller, run, response)


@router.get(
    "/acknowledgements", operation_id="listIncidentAcknowledgements", response_model=act_schemas.AcknowledgementPage
)
async def list_incident_acknowledgements(
    incident_id: UUID, query: Paged, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """Who took the incident on, the last recorded first."""
    return await act_queries.list_acts(tx, Acknowledgement, incident_id, query, caller=caller)


@router.get(
    "/acknowledgements/{acknowledgement_id}",
    operation_id="getIncidentAcknowledgement",
    response_model=act_schemas.Acknowledgement,
)
async def get_incident_acknowledgement(
    incident_id: UUID, acknowledgement_id: UUID, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """One acknowledgement."""
    return await act_queries.get_act(tx, Acknowledgement, incident_id, acknowledgement_id, caller=caller)


@router.post(
    "/meetings", status_code=201, operation_id="recordMeeting", response_model=act_schemas.Meeting, responses=LOCATED
)
async def record_meeting(
    incident_id: UUID, caller: IncidentsWrite, body: MeetingCreate, run: InRetries, response: Response
) -> dict[str, Any]:
    """Puts an emergency meeting 紧急会议 on record. Without a direction it is not complete; one that came later is another
    entry."""
    return await _recorded(acts.record_meeting, "meetings", incident_id, body, caller, run, response)


@router.get("/meetings", operation_id="listIncidentMeetings", response_model=act_schemas.MeetingPage)
async def list_incident_meetings(
    incident_id: UUID, query: Paged, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """The meetings held, the last recorded first."""
    return await act_queries.list_acts(tx, Meeting, incident_id, query, caller=caller)


@router.get("/meetings/{meeting_id}", operation_id="getIncidentMeeting", response_model=act_schemas.Meeting)
async def get_incident_meeting(
    incident_id: UUID, meeting_id: UUID, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """One meeting."""
    return await act_queries.get_act(tx, Meeting, incident_id, meeting_id, caller=caller)


@router.post(
    "/fact-checks",
    status_code=201,
    operation_id="recordFactCheck",
    response_model=act_schemas.FactCheck,
    responses=LOCATED,
)
async def record_fact_check(
    incident_id: UUID, caller: IncidentsWrite, body: FactCheckCreate, run: InRetries, response: Response
) -> dict[str, Any]:
    """Puts on record what was found when the facts were checked 信息核实. What was found later is another entry."""
    return await _recorded(acts.record_fact_check, "fact-checks", incident_id, body, caller, run, response)


@router.get("/fact-checks", operation_id="listIncidentFactChecks", response_model=act_schemas.FactCheckPage)
async def list_incident_fact_checks(
    incident_id: UUID, query: Paged, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """What was found when the facts were checked; the first entry is what is known."""
    return await act_queries.list_acts(tx, FactCheck, incident_id, query, caller=caller)


@router.get("/fact-checks/{fact_check_id}", operation_id="getIncidentFactCheck", response_model=act_schemas.FactCheck)
async def get_incident_fact_check(
    incident_id: UUID, fact_check_id: UUID, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """One fact check."""
    return await act_queries.get_act(tx, FactCheck, incident_id, fact_check_id, caller=caller)


@router.post(
    "/publications",
    status_code=201,
    operation_id="recordPublication",
    response_model=act_schemas.Publication,
    responses=LOCATED,
)
async def record_publication(
    incident_id: UUID, caller: IncidentsWrite, body: PublicationCreate, run: InRetries, response: Response
) -> dict[str, Any]:
    """Puts on record what was said in public 对外发布, and whether it was where it began 首发平台, as known by now."""
    return await _recorded(acts.record_publication, "publications", incident_id, body, caller, run, response)


@router.get("/publications", operation_id="listIncidentPublications", response_model=act_schemas.PublicationPage)
async def list_incident_publications(
    incident_id: UUID, query: Paged, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """What was said in public, the last recorded first."""
    return await act_queries.list_acts(tx, Publication, incident_id, query, caller=caller)


@router.get(
    "/publications/{publication_id}", operation_id="getIncidentPublication", response_model=act_schemas.Publication
)
async def get_incident_publication(
    incident_id: UUID, publication_id: UUID, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """One publication."""
    return await act_queries.get_act(tx, Publication, incident_id, publication_id, caller=caller)


@router.post(
    "/decisions", status_code=201, operation_id="recordDecision", response_model=act_schemas.Decision, responses=LOCATED
)
async def record_decision(
    incident_id: UUID, caller: IncidentsWrite, body: DecisionCreate, run: InRetries, response: Response
) -> dict[str, Any]:
    """Adds to the decision log 决策记录, with what is known at this moment. A correction is a new entry with `corrects`."""
    return await _recorded(decisions.record_decision, "decisions", incident_id, body, caller, run, response)


@router.get("/decisions", operation_id="listIncidentDecisions", response_model=act_schemas.DecisionPage)
async def list_incident_decisions(
    incident_id: UUID, query: Paged, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """The decision log, the last recorded first; what was corrected says by which entry."""
    return await act_queries.list_acts(tx, Decision, incident_id, query, caller=caller)


@router.get("/decisions/{decision_id}", operation_id="getIncidentDecision", response_model=act_schemas.Decision)
async def get_incident_decision(
    incident_id: UUID, decision_id: UUID, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """One decision."""
    return await act_queries.get_act(tx, Decision, incident_id, decision_id, caller=caller)


@timeline_router.get("/export", operation_id="exportIncidentTimeline", response_model=act_schemas.TimelineExport)
async def export_incident_timeline(incident_id: UUID, run: InRetries, caller: IncidentsRead) -> dict[str, Any]:
    """The whole timeline with what people put on record, for archives. Without `people:unmask` people's data is
    masked: names, and phones, mails and @names in what is written.

    At most 5,000 events and 4 MB of text; a longer one is read page by page.
    """
    _, exported = await run(lambda tx, _: chronicle.whole(tx, incident_id, caller=caller))
    return exported


@markdown_router.get(
    "/export/markdown", operation_id="exportIncidentTimelineAsMarkdown", response_class=MarkdownResponse
)
async def export_incident_timeline_as_markdown(
    incident_id: UUID, run: InRetries, caller: IncidentsRead
) -> MarkdownResponse:
    """The whole timeline as a Chinese document for people: when, who, what and why, by Shanghai's clock.

    At most 5,000 events and 4 MB of text; a longer one is read page by page.
    """
    incident, exported = await run(lambda tx, _: chronicle.whole(tx, incident_id, caller=caller))
    return MarkdownResponse(await aside(chronicle.markdown, incident, exported))
