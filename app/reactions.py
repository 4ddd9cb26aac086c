"""The one table of consequences: what happened -> who hears of it, in the same transaction."""

from app.core.outbox import react
from app.domain.events import (
    CalmRetold,
    DeadlineRedated,
    DecisionMade,
    Event,
    GradeChanged,
    IncidentAct,
    IncidentCalmed,
    IncidentChanged,
    IncidentOpened,
    IncidentRebounded,
    MentionHit,
    PersonChanged,
    PublicationRecorded,
    SlaBreached,
    StatementEvent,
    StatementPublished,
    StatusChanged,
    TeamChanged,
)
from app.incidents import clocks, commitments, silence, task_clocks, team
from app.incidents.alerts import start_alerts
from app.mentions import patrol_slots
from app.metrics import kpi_facts
from app.reviews import births, recurrences
from app.statements import following, origins, placements
from app.webhooks.service import fan_out


def install() -> None:
    """Fills the outbox's registry. The API and the workers both call it."""
    react(Event, fan_out)
    react(GradeChanged, clocks.grade_changed)
    react(StatusChanged, clocks.status_changed)
    # After the clocks: who joins has the time that is left.
    react(GradeChanged, team.grade_changed)
    react(StatusChanged, team.status_changed)
    react(IncidentChanged, team.incident_changed)
    react(TeamChanged, clocks.team_changed)
    react(StatusChanged, task_clocks.status_changed)
    react(GradeChanged, following.grade_changed)
    react(StatusChanged, following.status_changed)
    react(StatementPublished, commitments.statement_published)
    react(SlaBreached, commitments.clock_breached)
    react(IncidentAct, clocks.acted)
    react(IncidentCalmed, clocks.calmed)
    react(IncidentRebounded, clocks.rebounded)
    # What bears on how long we may say nothing.
    for bearing in (GradeChanged, StatusChanged, IncidentCalmed, IncidentRebounded, PublicationRecorded, DecisionMade):
        react(bearing, silence.heard)
    react(StatementEvent, placements.heard)
    react(DecisionMade, origins.decided)
    # After the clocks: a review's decisions are due a while after its own.
    react(IncidentCalmed, births.calmed)
    react(IncidentRebounded, births.rebounded)
    react(StatusChanged, births.status_changed)
    react(DeadlineRedated, births.redated)
    react(IncidentOpened, recurrences.opened)
    react(IncidentChanged, recurrences.changed)
    # After the deliveries are owed: these say whether anybody hears of the hit.
    react(MentionHit, start_alerts)
    react(PersonChanged, patrol_slots.person_changed)
    _keep_figures()


def _keep_figures() -> None:
    """Key figures are made of what was so when it happened."""
    for standing in (IncidentOpened, IncidentChanged, StatusChanged):
        react(standing, kpi_facts.stood)
    react(GradeChanged, kpi_facts.graded)
    react(IncidentCalmed, kpi_facts.calmed)
    react(CalmRetold, kpi_facts.calmed)
    react(IncidentRebounded, kpi_facts.rebounded)
    react(StatusChanged, kpi_facts.came_back)
