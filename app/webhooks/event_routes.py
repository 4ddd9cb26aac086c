"""Events over HTTP: pages of what happened, and a stream of what happens (Server-Sent Events)."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.core.deps import EventsRead, InTransaction
from app.core.routing import Operation
from app.webhooks import events
from app.webhooks.event_schemas import EventId, EventPage, EventQuery, EventStreamQuery
from app.webhooks.events import Choice
from app.webhooks.feed import Feed, Stream

router = APIRouter(prefix="/v1/events", tags=["Events"], route_class=Operation)


class StreamOperation(Operation):
    """An operation that answers with events as they happen."""

    media_type = "text/event-stream"


stream_router = APIRouter(prefix="/v1/events", tags=["Events"], route_class=StreamOperation)

# How long clients wait before they come back, in milliseconds.
RETRY = 1000
LastEventId = Annotated[
    EventId | None,
    Header(alias="Last-Event-ID", description="The last event you have: the stream goes on after it. Without it, now."),
]


def feed(request: Request) -> Feed:
    """The process's feed."""
    return request.app.state.feed  # type: ignore[no-any-return]


WithFeed = Annotated[Feed, Depends(feed)]


async def opened(
    request: Request, _: EventsRead, query: Annotated[EventStreamQuery, Query()], feed: WithFeed,
    last_event_id: LastEventId = None,
) -> AsyncIterator[Stream]:  # fmt: skip
    """An open stream; whatever is wrong is answered before the stream begins."""
    choice = Choice(frozenset(query.type), frozenset(query.incident_id), query.drills)
    after = events.id_of(last_event_id)
    async with feed.open(choice, after, request.headers.get("authorization")) as stream:
        yield stream


@router.get("", operation_id="listEvents", response_model=EventPage)
async def list_events(query: Annotated[EventQuery, Query()], tx: InTransaction, _: EventsRead) -> dict[str, Any]:
    """Lists what happened, the oldest first: what webhooks are sent, whether or not there are any.

    An event is listed once no earlier one can appear any more, a moment after it was committed. So whoever reads to
    the last page and goes on with `after`, or with the stream and `Last-Event-ID`, misses none and gets none twice.
    """
    return await events.list_events(tx, query)


@stream_router.get(
    "/stream",
    operation_id="followEvents",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Events, each with `id`, `event` (its type) and `data` (the event as JSON).",
            "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}},
        }
    },
)
async def follow_events(stream: Annotated[Stream, Depends(opened)], feed: WithFeed) -> AsyncIterator[ServerSentEvent]:
    """Follows what happens as Server-Sent Events, within milliseconds of the commit.

    Come back with `Last-Event-ID` after a break: the stream goes on after that event, nothing is lost and nothing
    comes twice. Comments keep the connection alive. It ends when the key is revoked, and when the server stops.
    """
    yield ServerSentEvent(comment="open", retry=RETRY)
    async for event in feed.follow(stream):
        yield ServerSentEvent(id=f"evt_{event.id}", event=event.type, raw_data=event.json())
