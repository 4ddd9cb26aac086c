"""The route that every operation of the API is: what all of them do alike stands here and nowhere else.

Around the function of an operation: does the client take what it answers, has the key asked too often
(:mod:`app.core.ratelimit`), was the very request done before (:mod:`app.core.idempotency`), and which ETag has the answer
(:mod:`app.core.conditional`).
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from app.core.auth import Caller
from app.core.bodies import MAX_BODY, body_of
from app.core.conditional import finish
from app.core.db import Tx
from app.core.deps import Tools, admitted, tools
from app.core.errors import NotAcceptable
from app.core.idempotency import key_of, once
from app.core.ratelimit import Standing

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Operation(APIRoute):
    """An operation of the API. Routers are made with ``route_class=Operation``."""

    media_type = "application/json"
    largest_body = MAX_BODY
    # Whether answers get an ETag.
    tagged = True
    # Whether its function looks after Idempotency-Key itself, because its body is not to be held in memory.
    keyed_by_hand = False

    def get_route_handler(self) -> Handler:
        function = super().get_route_handler()
        posts = "POST" in (self.methods or ())

        async def handle(request: Request) -> Response:
            must_take(request, self.media_type)
            process = tools(request)
            caller = await process.keys.caller(request.headers.get("authorization"))
            standing = await process.limits.request(caller.actor)
            if standing is not None:
                told(request, standing)
            if posts and not self.keyed_by_hand and (key := key_of(request)) is not None:
                return await self._once(request, process, caller, key, function)
            return finish(request, await function(request))

        return handle

    async def _once(self, request: Request, process: Tools, caller: Caller, key: str, function: Handler) -> Response:
        async def act(request: Request) -> Response:
            response = await function(request)
            return finish(request, response) if self.tagged else response

        async def work(tx: Tx) -> Response:
            request.state.tx = tx
            return await once(tx, key, request, caller, body, act)

        # Before a place is taken: whoever sends half a body must not keep others from the database.
        body = await body_of(request, self.largest_body)
        async with admitted(process):
            return await process.database.run(work)


def told(request: Request, standing: Standing) -> None:
    """Puts the standing into the answer's headers, whatever it will be; TooMany where nothing is left."""
    headers = ((name.lower().encode(), value.encode()) for name, value in standing.headers.items())
    request.state.headers = tuple(headers)
    if standing.remaining < 0:
        raise standing.refusal()


def must_take(request: Request, media_type: str = "application/json") -> None:
    """NotAcceptable where the client says that it can't read what the operation answers."""
    accept = ",".join(request.headers.getlist("accept")).lower()
    if not accept or accept == "*/*":
        return
    good = {"*/*", f"{media_type.partition('/')[0]}/*", media_type, "application/problem+json"}
    if not any(_kind(part) in good for part in accept.split(",")):
        raise NotAcceptable(f"The answer is {media_type}, and this takes only {accept[:200]!r}; send Accept: */*.")


def _kind(part: str) -> str:
    """The media type of one part of an Accept header; empty where its weight is 0."""
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    return "" if any(re.fullmatch(r"q=0(\.0*)?", one.replace(" ", "")) for one in parameters) else kind
