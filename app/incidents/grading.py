"""Grading: what the counted spread means, and what the machine does about it at once (方案 二(二)1).

The rules are :mod:`app.domain.grading`; here they meet the incident's row, and every change becomes an event with
its evidence, in the transaction that wrote the buckets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core.auth import SYSTEM
from app.core.conditional import touch
from app.core.db import Tx
from app.core.outbox import record
from app.domain import grading
from app.domain.calm import Relapse, flared
from app.domain.drills import REAL, Pace
from app.domain.events import Event, GradeChanged, IncidentChanged, IncidentRebounded, StatusChanged
from app.domain.grades import Grade, grade_of, harm_of, more_severe
from app.domain.grading import Policy, Rule, Standing, Volume
from app.domain.lifecycle import ACCEPTING
from app.domain.spread import minute_of, minute_start
from app.incidents.act_queries import origin_platform
from app.incidents.opening import accepting, lock_numbers
from app.incidents.runs import pace_of
from app.incidents.spread import Change, Counted, Ledger, peaks_of
from app.incidents.timeline import on_timeline
from app.models import Incident, MentionState

REOPENS_WITHIN = timedelta(days=30)
TOP_MENTIONS = 5
CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules say of an incident now."""

    auto: Rule | None
    since_decision: Rule | None
    suggested: Grade | None


def find(incident: Incident, policy: Policy, counted: Counted, now: datetime, pace: Pace = REAL) -> Finding:
    """Asks the rules. Nothing is changed."""
    peaks, series = peaks_of(incident, policy), counted.series
    harm, media = harm_of(incident.harm_class), incident.media_follow_up == CONFIRMED
    live = grading.live_volumes(peaks) or dict.fromkeys(policy.windows, 0)
    since = None
    if incident.decided_at is not None and counted.live is not None:
        lo, hi = counted.live
        since = grading.reached_since(
            policy,
            series,
            pace.scenario(incident.decided_at),
            lo=lo,
            hi=hi,
            cutoff=counted.cutoff,
            harm=harm,
            media=media,
        )
    return Finding(
        grading.reached(policy, live, harm, media),
        since,
        grading.suggested(
            policy, current=grading.windows_at(policy, series, minute_of(pace.scenario(now))), peaks=peaks,
            baseline_total=incident.baseline, harm=harm, media=media,
        ),
    )  # fmt: skip


async def regrade(
    tx: Tx, ledger: Ledger, incident: Incident, counted: Counted, change: Change, *, now: datetime
) -> None:
    """Sets what the machine says, raises the grade where the rules ask for it, and brings ended incidents back."""
    policy, pace = await ledger.policy(tx, incident.policy_id), await pace_of(tx, incident)
    finding = find(incident, policy, counted, now, pace)
    auto = finding.auto.grade if finding.auto else None
    before = (incident.auto_grade, incident.suggested_grade)
    incident.auto_grade, incident.suggested_grade = auto, finding.suggested
    if before != (incident.auto_grade, incident.suggested_grade):
        touch(incident, now)
    events = await _come_back(tx, incident, policy, counted, now=now, pace=pace)
    if incident.calmed_at is not None:
        events += _relapse(incident, policy, counted, incident.calmed_at, now=now, pace=pace)
    if incident.status in ACCEPTING:
        events += await _raise(tx, incident, policy, finding, change, counted, now=now, pace=pace)
    await record(tx, *events, caller=SYSTEM)


async def _raise(
    tx: Tx, incident: Incident, policy: Policy, finding: Finding, change: Change, counted: Counted, *, now: datetime,
    pace: Pace,
) -> list[Event]:  # fmt: skip
    standing, auto, since = _standing(incident, finding)
    raised = grading.machine_raise(standing, auto, since)
    if raised is None:
        return []
    by_auto = grading.machine_raise(standing, auto, None) is not None
    decided_at = pace.scenario(incident.decided_at) if incident.decided_at is not None else None
    rule, after = (finding.auto, None) if by_auto else (finding.since_decision, decided_at)
    assert rule is not None, "a raise has a rule"
    evidence = await _evidence(tx, incident, policy, rule, change, counted, after)
    return await set_grade(
        tx, incident, raised, source="machine", reason=_reason(rule, evidence), evidence=evidence, now=now
    )


def foreseen(incident: Incident, finding: Finding) -> Grade | None:
    """The grade in force once the machine has acted on the finding: what ended is not graded."""
    standing, auto, since = _standing(incident, finding)
    raised = grading.machine_raise(standing, auto, since) if incident.status in ACCEPTING else None
    return raised or standing.grade


def _standing(incident: Incident, finding: Finding) -> tuple[Standing, Grade | None, Grade | None]:
    auto = finding.auto.grade if finding.auto else None
    since = finding.since_decision.grade if finding.since_decision else None
    standing = Standing(
        grade_of(incident.grade), auto, incident.grade_source, incident.decided_at,  # type: ignore[arg-type]
        grade_of(incident.decided_auto),
    )  # fmt: skip
    return standing, auto, since


async def set_grade(
    tx: Tx, incident: Incident, grade: Grade | None, *, source: str, reason: str, evidence: dict[str, Any],
    now: datetime,
) -> list[Event]:  # fmt: skip
    """Writes the grade into the row and says so. The first grade of a watched incident calls for a response."""
    before = incident.grade
    incident.grade, incident.grade_source = grade, source
    incident.grade_reason, incident.graded_at = reason, now
    touch(incident, now)
    origin = await origin_platform(tx, incident.id)
    events: list[Event] = [
        GradeChanged(
            **on_timeline(incident), from_=before, to=grade,
            level=grade.level if grade else None, label=grade.label if grade else None, source=source, reason=reason,
            evidence=evidence, origin_platform=origin,
        )
    ]  # fmt: skip
    if grade is not None and incident.status == "watching":
        events.append(set_status(incident, "responding", reason="A grade was set.", now=now))
    if incident.calmed_at is not None and incident.status in ACCEPTING and more_severe(grade, grade_of(before)):
        events += rebound(incident, Relapse.by_grade(before, grade), now=now)
    return events


def worsen(incident: Incident, harm: str | None, *, now: datetime) -> list[Event]:
    """Takes the more severe class of harm of what joins; a person's word stands. Grading comes next."""
    new, old = harm_of(harm), harm_of(incident.harm_class)
    if new is None or incident.harm_by_person or (old is not None and old.severity <= new.severity):
        return []
    incident.harm_class = harm
    touch(incident, now)
    return [
        IncidentChanged(
            **on_timeline(incident), fields=["harm_class"],
            reason=f"What joined it hits a rule of the class {harm}.", business_unit=incident.business_unit,
        )
    ]  # fmt: skip


def set_status(
    incident: Incident, status: str, *, reason: str, overridden: Sequence[str] = (), now: datetime
) -> StatusChanged:
    """Writes the status into the row and says so."""
    before, incident.status = incident.status, status
    incident.ended_at = None if status in ACCEPTING else now
    if before not in ACCEPTING and status in ACCEPTING:
        # Who comes back has not been calm yet. Of what has ended it stays: it tells how it was.
        incident.calmed_at = incident.calm_evidence = None
    touch(incident, now)
    return StatusChanged(**on_timeline(incident), from_=before, to=status, reason=reason, overridden=list(overridden))


def _relapse(
    incident: Incident, policy: Policy, counted: Counted, calmed_at: datetime, *, now: datetime, pace: Pace
) -> list[Event]:
    """Takes calm back where live data made a rule hold again. What is closed reopens by a rule of its own."""
    if counted.live is None or incident.status not in ACCEPTING:
        return []
    lo, hi = counted.live
    held = flared(
        policy, counted.series, minute_of(pace.scenario(calmed_at)), lo=lo, hi=hi, cutoff=counted.cutoff,
        harm=harm_of(incident.harm_class), media=incident.media_follow_up == CONFIRMED,
    )  # fmt: skip
    return rebound(incident, Relapse.by_rule(held), now=now) if held else []


def rebound(incident: Incident, relapse: Relapse, *, now: datetime) -> list[Event]:
    """Clears calm and says so 二次发酵; what was about to be closed is handled again."""
    assert incident.calmed_at is not None, "only what is calm flares up again"
    calmed_at, incident.calmed_at, incident.calm_evidence = incident.calmed_at, None, None
    touch(incident, now)
    events: list[Event] = [
        IncidentRebounded(
            **on_timeline(incident), calmed_at=calmed_at, reason=relapse.reason, evidence=relapse.evidence,
        )
    ]  # fmt: skip
    if incident.status == "closing":
        events.append(set_status(incident, "handling", reason=f"It flared up again. {relapse.reason}", now=now))
    return events


async def _come_back(
    tx: Tx, incident: Incident, policy: Policy, counted: Counted, *, now: datetime, pace: Pace
) -> list[Event]:
    """Gains of ended incidents are still counted: subsided ones are watched again, closed ones may reopen."""
    if not counted.grew or incident.ended_at is None:
        return []
    if incident.status == "subsided":
        to, reason = "watching", "It gained again."
    elif (
        incident.status == "closed"
        and counted.live is not None
        and now - incident.ended_at <= pace.span(REOPENS_WITHIN)
    ):
        lo, hi = counted.live
        rule = grading.reached_since(
            policy, counted.series, pace.scenario(incident.ended_at), lo=lo, hi=hi, cutoff=counted.cutoff,
            harm=harm_of(incident.harm_class), media=incident.media_follow_up == CONFIRMED,
        )  # fmt: skip
        if rule is None:
            return []
        to, reason = "responding", f"After it was closed the rule {rule.id} was reached."
    else:
        return []
    if not await may_accept(tx, incident, now):
        return []
    return [set_status(incident, to, reason=reason, now=now)]


async def may_accept(tx: Tx, incident: Incident, now: datetime) -> bool:
    """Whether the incident may take mentions again: not while its rule has another that does, nor when its drill is over."""
    if (await pace_of(tx, incident)).ended_at is not None:
        return False
    if incident.rule_id is None:
        return True
    await lock_numbers(tx, now)
    return not await accepting(tx, [incident.rule_id], incident.drill_id)


async def _evidence(
    tx: Tx, incident: Incident, policy: Policy, rule: Rule, change: Change, counted: Counted, after: datetime | None
) -> dict[str, Any]:
    """What the raise rests on; where windows that begin after ``after`` decided, what these hold."""
    evidence: dict[str, Any] = {
        "policy_id": incident.policy_id, "rule": rule.id, "harm_class": incident.harm_class,
        "media_follow_up": incident.media_follow_up, "top_mentions": await _top_mentions(tx, incident.id),
    }  # fmt: skip
    if rule.volume is None:
        return evidence
    width = rule.volume.window_minutes
    minute = minute_reached(incident, policy, rule.volume, counted, after)
    return evidence | {
        "window_seconds": width * 60, "threshold": rule.volume.threshold, "sum": counted.series.window(minute, width),
        "minute": minute_start(minute).isoformat().replace("+00:00", "Z"),
        "gap_seconds": int(change.gap.total_seconds()),
        # Nobody looked for longer than the window: what was gained may have come before it.
        "upper_bound": change.gap > timedelta(minutes=width),
    }  # fmt: skip


def minute_reached(
    incident: Incident, policy: Policy, volume: Volume, counted: Counted, after: datetime | None = None
) -> int:
    """The first minute the change made the rule hold; where nothing grew, that of the greatest live window."""
    peak = peaks_of(incident, policy)[volume.window_minutes]
    width, found = volume.window_minutes, None
    if counted.live is not None and counted.cutoff is not None:
        lo, hi = counted.live
        first = max(lo, counted.cutoff)
        if after is not None:
            first = max(first, grading.decision_cutoff(after, width))
        found = counted.series.first_above(width, volume.threshold, first, hi + width - 1, live=True)
    at = found if found is not None else peak.live_at
    assert at is not None, "a rule that was reached was reached at some minute"
    return at


async def _top_mentions(tx: Tx, incident_id: UUID) -> list[dict[str, Any]]:
    counters = (MentionState.reposts, MentionState.comments, MentionState.likes)
    spread = sum((func.coalesce(counter, 0) for counter in counters[1:]), func.coalesce(counters[0], 0))
    query = select(MentionState.mention_id, spread.label("spread")).where(MentionState.incident_id == incident_id)
    rows = await tx.execute(query.order_by(spread.desc()).limit(TOP_MENTIONS))
    return [{"mention_id": row.mention_id, "spread": row.spread} for row in rows]


def _reason(rule: Rule, evidence: dict[str, Any]) -> str:
    if rule.volume is None:
        return f"Rule {rule.id}: harm class and media follow-up."
    hours = f"{rule.volume.window_minutes / 60:g} h"
    bound = ", an upper bound" if evidence["upper_bound"] else ""
    return f"Rule {rule.id}: {evidence['sum']:,} in {hours}{bound}, more than {rule.volume.threshold:,}."
