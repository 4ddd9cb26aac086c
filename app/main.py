"""The API: its lifespan, its faults, and the routers in reading order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from app import reactions
from app.core import docs, http, openapi
from app.core.auth import KeyRing
from app.core.db import Database
from app.core.deps import Tools
from app.core.doorbell import Doorbell, connect
from app.core.health import router as health
from app.core.logging import configure
from app.core.memory import settle
from app.incidents.routes import policy_router as policies
from app.incidents.routes import router as incidents
from app.mentions.ingest import Intake
from app.mentions.routes import incident_router as incident_mentions
from app.mentions.routes import ingest_router as ingest
from app.mentions.routes import router as mentions
from app.mentions.rule_routes import outlet_router as outlets
from app.mentions.rule_routes import router as rules
from app.mentions.rulebook import Rules
from app.people.routes import router as people
from app.settings import Settings
from app.settings import settings as read_settings
from app.webhooks.routes import router as webhooks

DESCRIPTION = """\
Mentions of a company come in, are matched and counted; an incident forms and gets a grade by exact rules;
outside tools hear of every change by signed webhook. 企业社交媒体危机应对方案, as an API.

Every fault is a problem document (RFC 9457) with a `code` that never changes. Lists are keyset pages.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application. Connections are made when it starts, not when it is imported."""
    settings = settings or read_settings()
    reactions.install()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure(settings)
        redis = connect(settings.redis_url)
        doorbell = Doorbell(redis)
        database = Database(settings, doorbell=doorbell)
        keys = KeyRing(database, pepper=settings.secret_key, environment=settings.environment)
        app.state.tools = Tools(settings, database, keys, redis, doorbell)
        app.state.intake = intake = Intake(database, doorbell, flushers=settings.ingest_connections)
        app.state.rules = Rules()
        settle()
        try:
            yield
        finally:
            await intake.close()
            await doorbell.close()
            await database.close()
            await redis.aclose()

    app = FastAPI(
        title="Fenghuo 烽火", description=DESCRIPTION, lifespan=lifespan, docs_url=None, redoc_url=None,
        redirect_slashes=False, telemetry={"tracing": False, "metrics": False, "logs": False},
    )  # fmt: skip
    http.install(app)
    # First, and not included: FastAPI looks twice for a route of an included router.
    app.router.routes[0:0] = ingest.routes
    for router in (mentions, rules, outlets, incidents, incident_mentions, policies, webhooks, people, health):
        app.include_router(router)
    docs.install(app)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = openapi.contract(app)
    return app.openapi_schema
