"""What every request passes: its id, its log line, and problem documents for whatever goes wrong."""

import re
import time
from http import HTTPStatus
from typing import Any

import anyio
import asyncpg
import structlog
import uuid_utils
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import errors, faults, links, tracing
from app.core.errors import FieldError, Problem, document
from app.core.metrics import REQUESTS
from app.core.tracing import trace_of

log = structlog.get_logger()
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# The client left before it was answered: nobody reads it; proxies call it so.
HUNG_UP = 499
SLOW_SECONDS = 1.0
STREAM = b"text/event-stream"
UNDEFINED_TABLE = "42P01"
# What pages of other origins may read of an answer's headers.
EXPOSED = (
    "ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotent-Replayed", "X-Request-Id",
    "Content-Disposition", "Content-Range",
)  # fmt: skip
# What a database that is away or overloaded raises, beside SQLAlchemy's own errors.
# The last is what asyncpg says when a connection breaks at just the wrong moment.
_AWAY = (OSError, TimeoutError, PoolTimeout, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError,
         asyncpg.InterfaceError, asyncpg.TooManyConnectionsError, asyncpg.InternalClientError)  # fmt: skip


class RequestContext:
    """Gives each request an id (the client's own where it sends a good one) and logs what is worth a line.

    Plain ASGI and not Starlette's BaseHTTPMiddleware, which costs more than the whole ingest path.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-request-id"), "")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = uuid_utils.uuid7().hex
        scope.setdefault("state", {})["request_id"] = request_id
        tracing.trace.set(
            next((trace_of(v.decode("latin-1")) for k, v in scope["headers"] if k == b"traceparent"), None)
        )
        started, status, streams = time.monotonic(), 500, False

        async def answer(message: Message) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status = message["status"]
                streams = any(k == b"content-type" and v.startswith(STREAM) for k, v in message["headers"])
                headers = [(b"x-request-id", request_id.encode()), *scope["state"].get("headers", ())]
                message["headers"].extend(headers)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except ExceptionGroup as error:
            if not (streams and _left(error)):
                raise
            status = HUNG_UP
        finally:
            route = getattr(scope.get("route"), "path", "none")
            REQUESTS.labels(route, scope["method"], str(status)).inc()
        seconds = time.monotonic() - started
        if status >= 500 or (seconds > SLOW_SECONDS and not streams):
            log.warning("request", method=scope["method"], path=_loggable(scope["path"]), status=status,
                        seconds=round(seconds, 3), request_id=request_id, trace=tracing.trace.get())  # fmt: skip


def _loggable(path: str) -> str:
    """A path as logs may hold it: an acknowledgement link's last step opens it."""
    return links.PATH if path.startswith(f"{links.PATH}/") else path


def _left(error: Exception) -> bool:
    """Whether all that went wrong is that a client left its stream."""
    if isinstance(error, ExceptionGroup):
        return all(map(_left, error.exceptions))
    return isinstance(error, (anyio.BrokenResourceError, anyio.ClosedResourceError, ClientDisconnect, OSError))


def install(app: FastAPI, *, cors_origins: tuple[str, ...]) -> None:
    """Puts the context around ``app`` and a problem document behind every fault."""
    if cors_origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=cors_origins, allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED,
            max_age=600,
        )  # fmt: skip
    app.add_middleware(RequestContext)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _bad_parameters)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(ClientDisconnect, _hung_up)
    for kind in (*_AWAY, SQLAlchemyError, asyncpg.PostgresError):
        app.add_exception_handler(kind, _database_fault)
    app.add_exception_handler(Exception, _unforeseen)


def render(request: Request, problem: Problem) -> Response:
    """``problem`` in the reader's language."""
    body = document(
        problem,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
        chinese=reads_chinese(request.headers.get("accept-language", "")),
    )
    return JSONResponse(body, problem.status, problem.headers, media_type="application/problem+json")


def reads_chinese(accepted: str) -> bool:
    """Whether Chinese comes before English in an Accept-Language header."""
    best = {"zh": 0.0, "en": 0.0}
    for part in accepted.lower().split(","):
        language, _, quality = part.partition(";")
        language = language.strip().partition("-")[0]
        if language in best:
            best[language] = max(best[language], _quality(quality))
    return best["zh"] > best["en"]


def _quality(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return render(request, error)


async def _hung_up(request: Request, _: Exception) -> Response:
    """The client left in the middle of its body. Nobody reads the answer; 499 is what proxies call it."""
    return Response(status_code=HUNG_UP)


async def _bad_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [FieldError(_place(item["loc"]), _said(item), item["type"]) for item in error.errors()]
    detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in found[:3])
    return render(request, errors.Invalid(detail, errors=found))


def _said(item: Any) -> str:
    """What is wrong with a parameter, what would be right, and what was meant perhaps."""
    words, (where, *rest), value = faults.words_of(item, in_address=True), item["loc"] or ("",), item.get("input")
    if where != "query" or not isinstance(value, str):
        return words
    if "," in value and rest and isinstance(rest[-1], int):
        several = "&".join(f"{rest[0]}={part.strip()}" for part in value[:100].split(",")[:3])
        return f"{words}; repeat the parameter: {several}"
    if value == "me" and item["type"].startswith("uuid"):
        return f"{words}; your own is at GET /v1/me"
    return words


def _place(location: tuple[Any, ...]) -> str:
    where, *rest = location or ("",)
    name = "/".join(str(part) for part in rest)
    return {"query": f"?{name}", "path": f"{{{name}}}", "header": f"{name}:"}.get(where, f"/{name}")


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        path = request.url.path
        why = "an id in the path is empty; " if "//" in path or path.endswith("/") else ""
        return render(request, errors.NotFound(f"Nothing is at {path}; {why}see /openapi.json."))
    if error.status_code == 405:
        allowed = ", ".join(sorted(_methods(request)))
        detail = f"{request.method} is not possible here; {allowed} {'are' if ',' in allowed else 'is'}."
        return render(request, errors.MethodNotAllowed(detail, headers={"Allow": allowed}))
    problem = Problem(str(error.detail), headers=dict(error.headers or {}))
    phrase = HTTPStatus(error.status_code).phrase
    problem.status, problem.code, problem.title = error.status_code, f"http_{error.status_code}", (phrase, phrase)  # type: ignore[misc]
    return render(request, problem)


def _methods(request: Request) -> set[str]:
    """Every method of the path, where Starlette would list those of the first route only."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        expression = getattr(route, "path_regex", None)
        if expression is not None and expression.match(request.url.path):
            methods |= route.methods or set()
    return methods


async def _database_fault(request: Request, error: Exception) -> Response:
    """A database that is away, full or too slow is our trouble and passes; the client may try again."""
    passing = isinstance(error, _AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    if passing or state[:2] in ("08", "53", "57", "58") or state in ("40001", "40P01", "55P03"):
        log.warning("database away", error=str(error), path=_loggable(request.url.path))
        return render(
            request, errors.Unavailable("The database can't answer; try again.", headers={"Retry-After": "1"})
        )
    if state == UNDEFINED_TABLE:
        log.error("the tables are missing or old; run: fenghuo migrate", error=str(error).partition("\n")[0])
        return render(
            request, errors.Unavailable("The service is not set up yet: its operator runs `fenghuo migrate`.")
        )
    if state == "23505":
        return render(request, errors.Conflict("Somebody did the same at the same moment; look again, then repeat it."))
    return await _unforeseen(request, error)


async def _unforeseen(request: Request, error: Exception) -> Response:
    request_id = getattr(request.state, "request_id", "")
    log.error("unforeseen fault", path=_loggable(request.url.path), request_id=request_id, exc_info=error)
    return render(request, Problem("We have logged it; quote the request_id when you ask."))
