"""What people do with incidents (方案 二(二)). Every act stands on the timeline with who did it and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from app.core import search
from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, naming
from app.core.outbox import record
from app.domain.events import IncidentChanged, MentionsMoved
from app.domain.grades import Grade, HarmClass, grade_of, more_severe
from app.domain.grading import advance_peaks
from app.domain.lifecycle import ACCEPTING, MOVES, may_move
from app.domain.spread import NONE_GAINED, Gains, minute_of
from app.incidents import affected, calm, care, grading, guards, media, queries, tasks
from app.incidents.holds import pass_on
from app.incidents.opening import Opening, open_incident, words_of
from app.incidents.runs import must_go_on, pace_of
from app.incidents.spread import FRESH, Change, Counted, Ledger, count, keep_peaks, lock_incidents
from app.incidents.timeline import on_timeline
from app.incidents.versions import get_version
from app.models import GradingPolicy, Hit, Incident, MentionState, SpreadBucket, WatchRule

# Mention by mention: no plan may read all observations for the sake of one incident's.
_FIRST_RECEIVED = """
select min(o.first) from mention_states s cross join lateral (
  select min(received_at) as first from observations where mention_id = s.mention_id and not historical) o
where s.incident_id = $1"""


class MoveNotAllowed(Conflict):
    """The incident's status does not lead there."""

    code = "move_not_allowed"


class RuleHasOpenIncident(Conflict):
    """The incident's watch rule has another one that takes mentions: merge them instead."""

    code = "rule_has_open_incident"


class CannotMerge(Conflict):
    """Only two different incidents can be merged, into one that takes mentions."""

    code = "cannot_merge"


class DrillsStayApart(Conflict):
    """An exercise and what is real never mix: the real count must not lose a post to an exercise."""

    code = "drills_stay_apart"


async def open_by_person(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Incident:
    """An incident without a watch rule, or an exercise. Mentions are attached by the caller."""
    opening = Opening(
        fields["title"], None, fields["summary"], fields["harm_class"], fields["harm_class"] is not None,
        fields["business_unit"], fields["is_drill"],
    )  # fmt: skip
    return await open_incident(tx, opening, caller=caller, now=now)


async def change_incident(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, reason: str, expected: Expected = ANY, caller: Caller,
    now: datetime,
) -> Incident:  # fmt: skip
    """Changes what the incident says of itself, and grades it anew where that matters."""
    incident = await queries.get_incident(tx, incident_id, lock=True)
    expected.meet(incident.version)
    if not fields:
        return incident
    for name in ("title", "summary", "business_unit"):
        if name in fields:
            setattr(incident, name, fields[name])
    if "harm_class" in fields:
        incident.harm_by_person = fields["harm_class"] is not None
        incident.harm_class = fields["harm_class"] or await _rules_harm(tx, incident)
    if "media_follow_up" in fields:
        incident.media_follow_up, incident.media_by_person = fields["media_follow_up"], True
    if "policy_id" in fields:
        with naming("/policy_id"):
            incident.policy_id = (await get_version(tx, GradingPolicy, fields["policy_id"])).id
    touch(incident, now)
    if fields.keys() & {"title", "summary"}:
        await search.keep(tx, words_of(incident))
    event = IncidentChanged(
        **on_timeline(incident), fields=sorted(fields), reason=reason, business_unit=incident.business_unit,
    )  # fmt: skip
    await record(tx, event, caller=caller)
    if fields.keys() & {"harm_class", "media_follow_up", "policy_id"}:
        await _grade_anew(tx, incident, another_policy="policy_id" in fields, now=now)
    await tx.flush()
    return incident


async def _rules_harm(tx: Tx, incident: Incident) -> str | None:
    """The gravest harm class of the rules that opened the incident or were hit by what is in it."""
    members = select(MentionState.mention_id).where(MentionState.incident_id == incident.id)
    hit = select(Hit.rule_id).where(Hit.mention_id.in_(members)).distinct()
    query = select(WatchRule.harm_class).where(or_(WatchRule.id == incident.rule_id, WatchRule.id.in_(hit)))
    return min(await tx.scalars(query), key=lambda word: HarmClass[word.upper()].severity, default=None)


async def _grade_anew(tx: Tx, incident: Incident, *, another_policy: bool, now: datetime) -> None:
    ledger = Ledger()
    policy = await ledger.policy(tx, incident.policy_id)
    series = (await ledger.series(tx, [incident]))[incident.id]
    if another_policy:
        # Other windows: their peaks are found anew. What was received since the incident was opened is live.
        cutoff = minute_of((await pace_of(tx, incident)).scenario(incident.opened_at) - FRESH)
        life = (series.minutes[0], series.minutes[-1]) if series.minutes else (cutoff, cutoff)
        keep_peaks(incident, policy, advance_peaks({}, series, policy.windows, *life, cutoff))
    await grading.regrade(tx, ledger, incident, Counted(series), Change(), now=now)


async def set_grade(
    tx: Tx,
    incident_id: UUID,
    grade: Grade | None,
    *,
    reason: str,
    expected: Expected = ANY,
    caller: Caller,
    now: datetime,
) -> Incident:
    """A person's grade, whatever the rules say (方案 二(二)1, 品牌形象严重受损)."""
    incident = await queries.get_incident(tx, incident_id, lock=True)
    expected.meet(incident.version)
    if incident.status == "merged":
        raise MoveNotAllowed(f"The incident {incident.number} was merged; grade the one it was merged into.")
    incident.decided_at, incident.decided_auto = now, incident.auto_grade
    events = await grading.set_grade(tx, incident, grade, source="person", reason=reason, evidence={}, now=now)
    await record(tx, *events, caller=caller)
    return incident


async def set_status(
    tx: Tx, incident_id: UUID, status: str, *, reason: str, override: bool = False, expected: Expected = ANY,
    caller: Caller, now: datetime,
) -> Incident:  # fmt: skip
    """A person's move. MoveNotAllowed names where the incident can go from here, GuardsMissing what it needs for that.

    With ``override`` a lead passes what is missing 特批: it stands on the timeline with the reason. PersonNeeded where
    it is a machine, because nobody would answer for it.
    """
    if override:
        caller.require(guards.OVERRIDE)
        caller.require_person()
    incident = await queries.get_incident(tx, incident_id, lock=True)
    expected.meet(incident.version)
    if not may_move(incident.status, status):
        possible = ", ".join(MOVES[incident.status]) or "nowhere"
        raise MoveNotAllowed(
            f"The incident {incident.number} is {incident.status}; from there it goes to: {possible}.",
            allowed=list(MOVES[incident.status]),
        )
    comes_back = incident.status not in ACCEPTING and status in ACCEPTING
    if comes_back:
        await must_go_on(tx, incident.drill_id)
    if comes_back and not await grading.may_accept(tx, incident, now):
        raise RuleHasOpenIncident("Its watch rule has another open incident; merge this one into it.")
    missing = await guards.missing(tx, incident, status)
    if missing and not override:
        raise guards.refusal(incident, status, missing)
    overridden = [rule.guard for rule in missing]
    moved = grading.set_status(incident, status, reason=reason, overridden=overridden, now=now)
    await record(tx, moved, caller=caller)
    if comes_back:
        # What it gained meanwhile was counted, and not graded.
        await _grade_anew(tx, incident, another_policy=False, now=now)
        await tx.flush()
    return incident


async def merge_incidents(
    tx: Tx, incident_id: UUID, into_id: UUID, *, reason: str, expected: Expected = ANY, caller: Caller, now: datetime
) -> Incident:
    """Moves everything of one incident into another, which goes on; their buckets add up minute by minute."""
    incidents = await _lock_both(tx, incident_id, into_id)
    source, target = incidents[incident_id], incidents[into_id]
    expected.meet(source.version)
    moved = await _bucket_change(tx, source)
    await tx.execute(
        update(MentionState).where(MentionState.incident_id == source.id).values(incident_id=target.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    changes = {source.id: _taken_away(moved, source), target.id: moved}
    ledger = Ledger()
    counted = await count(tx, ledger, incidents, changes, now=now)
    async with care.moving(tx):
        await tasks.move_along(tx, source, target, caller=caller, now=now)
        await affected.move_along(tx, source, target, caller=caller)
    false_alarm, source.merged_into = source.status == "dismissed", target.id
    source.suggested_grade = source.auto_grade = None
    ended = grading.set_status(source, "merged", reason=reason, now=now)
    touch(target, now)
    said = [
        MentionsMoved(
            **on_timeline(incident), action=action,
            mention_count=moved.mentions, mention_ids=[], other_incident_id=other.id, reason=reason,
        )
        for incident, other, action in ((source, target, "merged_away"), (target, source, "merged_in"))
    ]  # fmt: skip
    await record(tx, ended, *said, *grading.worsen(target, source.harm_class, now=now), caller=caller)
    await media.inherit(tx, target, source)
    if target.decided_at is None:
        # A person's decision stays the yardstick: what they judged too high does not raise the whole at once.
        target.decided_at, target.decided_auto = source.decided_at, source.decided_auto
    await grading.regrade(tx, ledger, target, counted[target.id], moved, now=now)
    await _inherit(tx, target, source, false_alarm=false_alarm, caller=caller, now=now)
    await calm.look_again(tx, target, source, now=now)
    await tx.flush()
    return target


def _taken_away(moved: Change, source: Incident) -> Change:
    """What the source loses by what moves out of it, which is everything."""
    return Change(
        {m: (-r, -c, -k) for m, (r, c, k) in moved.buckets.items()}, -source.baseline, -source.mention_count,
        {m: -past for m, past in moved.historical.items()},
    )  # fmt: skip


async def _inherit(
    tx: Tx, target: Incident, source: Incident, *, false_alarm: bool, caller: Caller, now: datetime
) -> None:
    """What was grave stays grave: a person's grade, and one by rules that ask no more of the whole, go along.

    Not that of what was a false alarm 误报: it ended with it. What its mentions gained is graded in the whole. What is
    under a legal hold stays under it. Affected users go along too.
    """
    await affected.move_along(tx, source, target, caller=caller)
    await pass_on(tx, source, target, caller=caller, now=now)
    grade = grade_of(source.grade)
    if not false_alarm and more_severe(grade, grade_of(target.grade)):
        reason = f"{source.number} was merged into it, which had this grade."
        events = await grading.set_grade(
            tx, target, grade, source=source.grade_source or "machine", reason=reason,
            evidence={"merged_incident_id": source.id}, now=now,
        )  # fmt: skip
        await record(tx, *events, caller=caller)


async def _lock_both(tx: Tx, incident_id: UUID, into_id: UUID) -> dict[UUID, Incident]:
    if incident_id == into_id:
        raise CannotMerge("An incident can't be merged into itself.")
    source = await queries.get_incident(tx, incident_id)
    of_run = source.is_drill, source.drill_id
    with naming("/into_incident_id"):
        into = await queries.get_incident(tx, into_id)
    if of_run[0] is not into.is_drill:
        raise DrillsStayApart(
            "One of the two is an exercise 演练 and the other is real: merge an exercise into an exercise, or dismiss it."
        )
    if of_run != (into.is_drill, into.drill_id):
        raise DrillsStayApart("The two are of different drills 演练, whose times differ: merge incidents of one drill.")
    # Mentions before incidents, as everybody locks.
    await tx.execute(
        select(MentionState.mention_id).where(MentionState.incident_id == incident_id)
        .order_by(MentionState.mention_id).with_for_update(key_share=True)
    )  # fmt: skip
    incidents = await lock_incidents(tx, [incident_id, into_id])
    source, target = incidents[incident_id], incidents[into_id]
    if source.status == "merged" or target.status not in ACCEPTING:
        raise CannotMerge(
            f"{source.number} is {source.status} and {target.number} is {target.status}: only an incident that was "
            "not merged yet can go into one that takes mentions."
        )
    return incidents


async def _bucket_change(tx: Tx, source: Incident) -> Change:
    columns = SpreadBucket.minute, SpreadBucket.reposts, SpreadBucket.comments, SpreadBucket.likes
    query = select(*columns, SpreadBucket.historical).where(SpreadBucket.incident_id == source.id)
    rows = (await tx.execute(query)).all()
    gains = Gains(
        tuple((minute, r, c, k) for minute, r, c, k, _ in rows), NONE_GAINED,
        tuple((minute, past) for minute, *_, past in rows if past),
    )  # fmt: skip
    members = await tx.scalar(
        select(func.count()).select_from(MentionState).where(MentionState.incident_id == source.id)
    )
    change = Change(baseline=source.baseline, mentions=members or 0)
    change.add(gains)
    # What was not loaded from the past was received while the source was open; but people's own incidents hold what had
    # been received before, and was graded then.
    received_at = source.opened_at
    if source.rule_id is None:
        first = await (await tx.driver()).fetchval(_FIRST_RECEIVED, source.id)
        received_at = min(first or received_at, received_at)
    change.received(gains, received_at)
    return change
