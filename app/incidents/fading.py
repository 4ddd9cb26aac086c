"""What happens to incidents without anybody doing anything: suggestions fade, watching ends (自然平息)."""

from uuid import UUID

from sqlalchemy import exists, or_, select

from app.core.auth import SYSTEM
from app.core.conditional import touch
from app.core.db import Tx
from app.core.outbox import record
from app.domain.lifecycle import ACCEPTING, QUIET, STALE, subsides
from app.domain.spread import minute_of
from app.incidents import grading, queries
from app.incidents.runs import pace_of
from app.incidents.spread import Counted, Ledger
from app.models import InboxReading, Incident, MentionState

AT_ONCE = 200
DAY_MINUTES = 24 * 60


async def stale_suggestions(tx: Tx) -> list[UUID]:
    """Incidents whose suggestion may have changed by the minute alone: windows lose what leaves them."""
    query = select(Incident.id).where(Incident.status.in_(ACCEPTING), Incident.suggested_grade.is_not(None))
    return list(await tx.scalars(query.order_by(Incident.id).limit(AT_ONCE)))


async def refresh_suggestion(tx: Tx, incident_id: UUID) -> int:
    """Asks the rules again what they suggest now."""
    incident, now = await queries.get_incident(tx, incident_id, lock=True), await tx.now()
    ledger = Ledger()
    series = (await ledger.series(tx, [incident]))[incident.id]
    policy = await ledger.policy(tx, incident.policy_id)
    suggested = grading.find(incident, policy, Counted(series), now, await pace_of(tx, incident)).suggested
    if suggested == incident.suggested_grade:
        return 0
    incident.suggested_grade = suggested
    touch(incident, now)
    return 1


async def subsiding(tx: Tx) -> list[UUID]:
    """Watched incidents that may have had their time. Of those of a drill :func:`app.incidents.fading.subside` is asked by
    whoever plays it."""
    now = await tx.now()
    query = select(Incident.id).where(
        Incident.status == "watching", Incident.drill_id.is_(None),
        or_(Incident.last_gain_at <= now - QUIET, Incident.opened_at <= now - STALE),
    )  # fmt: skip
    return list(await tx.scalars(query.order_by(Incident.id).limit(AT_ONCE)))


async def subside(tx: Tx, incident_id: UUID) -> int:
    """Ends watching, if it is still time and nothing of the incident waits to be counted."""
    incident, now = await queries.get_incident(tx, incident_id, lock=True), await tx.now()
    if incident.status != "watching" or await waits(tx, incident_id):
        return 0
    pace = await pace_of(tx, incident)
    series = (await Ledger().series(tx, [incident]))[incident.id]
    gained = series.window(minute_of(pace.scenario(now)), DAY_MINUTES)
    last_gain_at = incident.last_gain_at or incident.opened_at
    if not subsides(
        graded=incident.grade is not None, opened_at=pace.scenario(incident.opened_at),
        last_gain_at=pace.scenario(last_gain_at), gained_last_day=gained, now=pace.scenario(now),
    ):  # fmt: skip
        return 0
    reason = (
        "No gain for 72 hours."
        if pace.scenario(now) - pace.scenario(last_gain_at) >= QUIET
        else "A week without a grade, and little news."
    )
    await record(tx, grading.set_status(incident, "subsided", reason=reason, now=now), caller=SYSTEM)
    return 1


async def waits(tx: Tx, incident_id: UUID) -> bool:
    """Whether readings of the incident's mentions wait to be counted."""
    waiting = select(InboxReading.seq).join(MentionState, MentionState.mention_id == InboxReading.mention_id)
    return bool(await tx.scalar(select(exists(waiting.where(MentionState.incident_id == incident_id)))))
