"""The API: its lifespan, its faults, and the routers in reading order."""

import asyncio
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
from app.core.listening import listening
from app.core.logging import configure
from app.core.memory import settle
from app.core.oidc import Issuer
from app.core.ratelimit import Limits
from app.core.storage import Storage
from app.core.uploads import Receiver
from app.core.vocabularies import router as vocabularies
from app.incidents.act_routes import markdown_router as timeline_documents
from app.incidents.act_routes import router as acts
from app.incidents.act_routes import timeline_router as timelines
from app.incidents.affected_routes import import_router as affected_imports
from app.incidents.affected_routes import router as affected
from app.incidents.briefing_routes import docx_router as word_briefings
from app.incidents.briefing_routes import markdown_router as written_briefings
from app.incidents.briefing_routes import router as briefings
from app.incidents.calendar_routes import router as calendar
from app.incidents.calm_routes import router as calm
from app.incidents.commitment_routes import router as commitments
from app.incidents.evidence_routes import hold_router as holds
from app.incidents.evidence_routes import router as evidence
from app.incidents.inbox_routes import router as inbox
from app.incidents.link_page import router as acknowledging_page
from app.incidents.note_routes import router as notes
from app.incidents.routes import policy_router as policies
from app.incidents.routes import router as incidents
from app.incidents.silence_routes import router as silences
from app.incidents.sla_routes import policy_router as sla_policies
from app.incidents.sla_routes import router as deadlines
from app.incidents.task_bulk_routes import router as many_tasks
from app.incidents.task_routes import incident_router as incident_tasks
from app.incidents.task_routes import router as tasks
from app.incidents.team_routes import router as teams
from app.mentions.employee_routes import router as employee_accounts
from app.mentions.ingest import Intake
from app.mentions.patrol_routes import plan_router as patrol_plan
from app.mentions.patrol_routes import router as patrols
from app.mentions.routes import incident_router as incident_mentions
from app.mentions.routes import ingest_router as ingest
from app.mentions.routes import router as mentions
from app.mentions.rule_routes import outlet_router as outlets
from app.mentions.rule_routes import router as rules
from app.mentions.rulebook import Rules
from app.mentions.source_routes import router as sources
from app.mentions.split_routes import router as splits
from app.metrics.digest_routes import router as digests
from app.metrics.handbook_routes import docx_router as word_handbooks
from app.metrics.handbook_routes import html_router as page_handbooks
from app.metrics.handbook_routes import router as handbooks
from app.metrics.kpi_routes import router as kpis
from app.metrics.mechanism_routes import router as mechanisms
from app.metrics.programme_routes import router as programme
from app.metrics.replay_routes import router as replays
from app.metrics.rule_quality_routes import router as rule_quality
from app.metrics.watching_routes import router as watching
from app.people.contact_routes import router as contacts
from app.people.department_routes import router as departments
from app.people.file_routes import content_router as file_contents
from app.people.file_routes import router as files
from app.people.file_routes import upload_router as uploads
from app.people.import_routes import router as people_imports
from app.people.me_routes import router as me
from app.people.person_routes import router as people
from app.people.role_routes import router as roles
from app.people.routes import router as api_keys
from app.reviews.checks_routes import also_router as risk_texts
from app.reviews.checks_routes import router as text_checks
from app.reviews.decision_routes import router as review_decisions
from app.reviews.note_routes import router as review_notes
from app.reviews.report_routes import docx_router as word_reports
from app.reviews.report_routes import html_router as page_reports
from app.reviews.report_routes import markdown_router as written_reports
from app.reviews.report_routes import png_router as curve_pictures
from app.reviews.report_routes import router as reports
from app.reviews.report_routes import svg_router as curves
from app.reviews.risks_routes import measure_router as risk_measures
from app.reviews.risks_routes import router as risks
from app.reviews.routes import incident_router as incident_reviews
from app.reviews.routes import router as reviews
from app.reviews.similar_routes import router as similarities
from app.reviews.template_routes import router as report_templates
from app.reviews.template_routes import taking_router as template_uploads
from app.settings import Settings
from app.settings import settings as read_settings
from app.statements.approval_routes import delegation_router as approval_delegations
from app.statements.approval_routes import router as approvals
from app.statements.commitment_routes import router as statement_commitments
from app.statements.lint_list_routes import router as lint_lists
from app.statements.lint_routes import router as lint
from app.statements.note_routes import router as statement_notes
from app.statements.placement_routes import report_router as publication_reports
from app.statements.placement_routes import router as placements
from app.statements.platform_routes import router as platform_rules
from app.statements.report_hook import router as publication_hook
from app.statements.routes import incident_router as incident_statements
from app.statements.routes import router as statements
from app.statements.template_routes import incident_router as incident_templates
from app.statements.template_routes import router as statement_templates
from app.trainings.completion_routes import of_training as training_completions
from app.trainings.completion_routes import router as completions
from app.trainings.completion_routes import sheets as training_imports
from app.trainings.course_routes import router as trainings
from app.trainings.coverage_routes import router as training_coverage
from app.trainings.coverage_routes import settings_router as training_settings
from app.trainings.documents_routes import my_router as my_documents
from app.trainings.documents_routes import router as documents
from app.trainings.drills_routes import router as drills
from app.trainings.scenario_routes import router as scenarios
from app.trainings.scoreboard_routes import docx_router as word_drill_reports
from app.trainings.scoreboard_routes import html_router as page_drill_reports
from app.trainings.scoreboard_routes import markdown_router as written_drill_reports
from app.trainings.scoreboard_routes import router as scoreboards
from app.trainings.session_routes import of_training as training_sessions
from app.trainings.session_routes import router as sessions
from app.trainings.session_routes import series_router as training_series
from app.webhooks.event_routes import router as events
from app.webhooks.event_routes import stream_router as streams
from app.webhooks.feed import Feed
from app.webhooks.page import router as deliveries_page
from app.webhooks.routes import router as webhooks

DESCRIPTION = """\
Mentions of a company come in, are matched and counted; an incident forms and gets a grade by exact rules;
outside tools hear of every change by signed webhook. 企业社交媒体危机应对方案, as an API.

Every fault is a problem document (RFC 9457) with a `code` that never changes. Lists are keyset pages.
"""

# In reading order.
ROUTERS = (
    ingest,
    mentions,
    employee_accounts,
    rules,
    outlets,
    sources,
    patrol_plan,
    patrols,
    incidents,
    incident_mentions,
    splits,
    timelines,
    timeline_documents,
    briefings,
    written_briefings,
    word_briefings,
    acts,
    commitments,
    statement_commitments,
    notes,
    statement_notes,
    review_notes,
    inbox,
    teams,
    affected,
    affected_imports,
    holds,
    incident_tasks,
    many_tasks,
    tasks,
    incident_statements,
    statements,
    incident_templates,
    statement_templates,
    lint,
    lint_lists,
    approvals,
    approval_delegations,
    placements,
    publication_reports,
    platform_rules,
    deadlines,
    calm,
    silences,
    incident_reviews,
    reviews,
    review_decisions,
    reports,
    word_reports,
    page_reports,
    written_reports,
    curves,
    curve_pictures,
    template_uploads,
    report_templates,
    policies,
    sla_policies,
    calendar,
    risk_texts,
    risks,
    risk_measures,
    trainings,
    training_sessions,
    sessions,
    training_series,
    training_completions,
    completions,
    training_imports,
    training_coverage,
    training_settings,
    text_checks,
    similarities,
    mechanisms,
    replays,
    rule_quality,
    digests,
    programme,
    drills,
    watching,
    kpis,
    documents,
    my_documents,
    contacts,
    handbooks,
    word_handbooks,
    page_handbooks,
    scenarios,
    scoreboards,
    written_drill_reports,
    page_drill_reports,
    word_drill_reports,
    webhooks,
    events,
    streams,
    uploads,
    files,
    file_contents,
    evidence,
    people,
    people_imports,
    me,
    departments,
    roles,
    api_keys,
    vocabularies,
    health,
    deliveries_page,
    acknowledging_page,
    publication_hook,
)


@asynccontextmanager
async def _living(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """What the process holds, from the first request to the last."""
    configure(settings)
    redis = connect(settings.redis_url)
    doorbell = Doorbell(redis)
    database = Database(settings, doorbell=doorbell)
    keys = KeyRing(database, pepper=settings.secret_key, environment=settings.environment, issuer=Issuer.of(settings))
    places = asyncio.Semaphore(settings.pool_size)
    app.state.tools = Tools(
        settings, database, keys, redis, doorbell, Limits(redis, settings), places, Storage(settings), Receiver()
    )  # fmt: skip
    app.state.intake = intake = Intake(database, doorbell, flushers=settings.ingest_connections)
    app.state.rules = Rules()
    app.state.feed = feed = Feed(database, keys)
    settle()
    try:
        async with feed.reading(redis), listening(database):
            yield
    finally:
        await intake.close()
        await doorbell.close()
        await database.close()
        await redis.aclose()
        await keys.close()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application. Connections are made when it starts, not when it is imported."""
    settings = settings or read_settings()
    reactions.install()

    app = FastAPI(
        title="Fenghuo 烽火", description=DESCRIPTION, lifespan=lambda app: _living(app, settings), docs_url=None, redoc_url=None,
        redirect_slashes=False, telemetry={"tracing": False, "metrics": False, "logs": False},
    )  # fmt: skip
    http.install(app, cors_origins=settings.cors_origins)
    # Not included: FastAPI would look through every included router of the API, and twice, for the route of a request.
    app.router.routes[0:0] = [route for router in ROUTERS for route in router.routes]
    docs.install(app)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = openapi.contract(app)
    return app.openapi_schema
