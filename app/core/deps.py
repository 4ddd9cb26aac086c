"""What a route may ask for: the transaction, the caller with a scope, the process's tools."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from redis.asyncio import Redis

from app.core.auth import Caller, KeyRing
from app.core.db import Database, Tx
from app.core.doorbell import Doorbell
from app.core.errors import Forbidden, Unavailable
from app.core.params import refuse_query
from app.core.ratelimit import Limits
from app.core.storage import Storage
from app.core.uploads import Receiver
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Tools:
    """What one API process holds for its whole life; made in its lifespan."""

    settings: Settings
    database: Database
    keys: KeyRing
    redis: Redis
    doorbell: Doorbell
    limits: Limits
    places: asyncio.Semaphore
    storage: Storage
    receiver: Receiver


def tools(request: Request) -> Tools:
    """The process's tools."""
    return request.app.state.tools  # type: ignore[no-any-return]


# A crowd before the database is turned away at once: whoever waits longer has given up by the time it is served.
PATIENCE = 0.25


@asynccontextmanager
async def admitted(tools: Tools, patience: float | None = None) -> AsyncIterator[None]:
    """A place at the database for one request; Unavailable when none comes free within 250 ms, or ``patience``."""
    try:
        async with asyncio.timeout(PATIENCE if patience is None else patience):
            await tools.places.acquire()
    except TimeoutError:
        raise Unavailable(
            "More is asked than can be answered just now; try again.", headers={"Retry-After": "1"}
        ) from None
    try:
        yield
    finally:
        tools.places.release()


def within(request: Request) -> Tx | None:
    """The transaction that the whole request runs in, where it has an Idempotency-Key."""
    return request.scope["state"].get("tx")  # type: ignore[no-any-return]


async def _transaction(request: Request, tools: Annotated[Tools, Depends(tools)]) -> AsyncIterator[Tx]:
    if (tx := within(request)) is not None:
        yield tx
        return
    async with admitted(tools), tools.database.transaction() as tx:
        yield tx


# Function scope: FastAPI's default would commit after the client has its 201, and answer 201 to a failed commit.
InTransaction = Annotated[Tx, Depends(_transaction, scope="function")]
WithTools = Annotated[Tools, Depends(tools)]


T = TypeVar("T")
U = TypeVar("U")


class Retries:
    """Runs an act in a transaction of its own, again where the database asks for it (a deadlock, a lock not had).

    For acts that lock what workers count into at that moment: ``await run(lambda tx, now: service.merge(tx, ...))``.
    """

    def __init__(self, request: Request, tools: WithTools) -> None:
        self._tools, self._within = tools, within(request)

    async def __call__(self, act: Callable[[Tx, datetime], Awaitable[T]]) -> T:
        async def work(tx: Tx) -> T:
            return await act(tx, await tx.now())

        if self._within is not None:
            return await work(self._within)
        async with admitted(self._tools):
            return await self._tools.database.run(work)

    async def shown(
        self, verb: Callable[[Tx, datetime], Awaitable[T]], show: Callable[..., Awaitable[U]], *, caller: Caller
    ) -> U:
        """Runs the verb, and shows in the same transaction what it leaves behind: ``show(tx, row, caller=caller)``."""

        async def act(tx: Tx, now: datetime) -> U:
            return await show(tx, await verb(tx, now), caller=caller)

        return await self(act)


InRetries = Annotated[Retries, Depends(Retries)]

_bearer = HTTPBearer(
    auto_error=False, scheme_name="ApiKey", bearerFormat="fh_<environment>_<id>_<secret>",
    description="An API key of this service (create one with `fenghuo key create` or POST /v1/api-keys), a person "
    "token (POST /v1/person-tokens), or a token of the OpenID Connect issuer where one is set.",
)  # fmt: skip


class Holds:
    """A dependency that lets callers with one scope through. Used as a parameter's type: see each room's routes."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def __call__(self, request: Request, _: Annotated[object, Depends(_bearer)]) -> Caller:
        caller = await tools(request).keys.caller(request.headers.get("authorization"))
        caller.require(self.scope)
        refuse_query(request)
        return caller


def may_see(caller: Caller, changes: Mapping[str, object], scope: str) -> None:
    """Forbidden unless the caller holds ``scope``, where a PATCH changes nothing: its answer would be a way to read."""
    if not changes and scope not in caller.scopes:
        raise Forbidden(
            f"A PATCH that names nothing to change only reads, and the scope {scope!r} is missing: name what to change, "
            "or ask an administrator for the scope."
        )


async def _known(request: Request, _: Annotated[object, Depends(_bearer)]) -> Caller:
    """For what any good credential may see."""
    caller = await tools(request).keys.caller(request.headers.get("authorization"))
    refuse_query(request)
    return caller


MentionsRead = Annotated[Caller, Depends(Holds("mentions:read"))]
MentionsWrite = Annotated[Caller, Depends(Holds("mentions:write"))]
RulesRead = Annotated[Caller, Depends(Holds("rules:read"))]
RulesWrite = Annotated[Caller, Depends(Holds("rules:write"))]
IncidentsRead = Annotated[Caller, Depends(Holds("incidents:read"))]
IncidentsWrite = Annotated[Caller, Depends(Holds("incidents:write"))]
ReviewsRead = Annotated[Caller, Depends(Holds("reviews:read"))]
ReviewsWrite = Annotated[Caller, Depends(Holds("reviews:write"))]
EventsRead = Annotated[Caller, Depends(Holds("events:read"))]
WebhooksRead = Annotated[Caller, Depends(Holds("webhooks:read"))]
WebhooksWrite = Annotated[Caller, Depends(Holds("webhooks:write"))]
KeysAdmin = Annotated[Caller, Depends(Holds("keys:admin"))]
AffectedRead = Annotated[Caller, Depends(Holds("affected:read"))]
AffectedWrite = Annotated[Caller, Depends(Holds("affected:write"))]
StatementsRead = Annotated[Caller, Depends(Holds("statements:read"))]
StatementsWrite = Annotated[Caller, Depends(Holds("statements:write"))]
PublicationsWrite = Annotated[Caller, Depends(Holds("publications:write"))]
LegalApprove = Annotated[Caller, Depends(Holds("legal:approve"))]
PeopleRead = Annotated[Caller, Depends(Holds("people:read"))]
PeopleWrite = Annotated[Caller, Depends(Holds("people:write"))]
PeopleAct = Annotated[Caller, Depends(Holds("people:act"))]
FilesRead = Annotated[Caller, Depends(Holds("files:read"))]
FilesWrite = Annotated[Caller, Depends(Holds("files:write"))]
LegalHold = Annotated[Caller, Depends(Holds("legal:hold"))]
PatrolsWrite = Annotated[Caller, Depends(Holds("patrols:write"))]
MetricsRead = Annotated[Caller, Depends(Holds("metrics:read"))]
MetricsWrite = Annotated[Caller, Depends(Holds("metrics:write"))]
DrillsRead = Annotated[Caller, Depends(Holds("drills:read"))]
DrillsWrite = Annotated[Caller, Depends(Holds("drills:write"))]
SourcesRead = Annotated[Caller, Depends(Holds("sources:read"))]
SourcesWrite = Annotated[Caller, Depends(Holds("sources:write"))]
TrainingsRead = Annotated[Caller, Depends(Holds("trainings:read"))]
TrainingsWrite = Annotated[Caller, Depends(Holds("trainings:write"))]
ContactsRead = Annotated[Caller, Depends(Holds("contacts:read"))]
ContactsWrite = Annotated[Caller, Depends(Holds("contacts:write"))]
# Whoever has a good key or token, whatever it may do.
AnyCaller = Annotated[Caller, Depends(_known)]
