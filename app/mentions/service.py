"""What people do with mentions, and the watch rules (方案 二(一)2)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid
from app.core.instants import not_ahead
from app.core.outbox import record
from app.domain.events import Changed, MentionsMoved
from app.domain.lifecycle import ACCEPTING
from app.incidents import calm
from app.incidents.queries import get_incident
from app.incidents.runs import hold_run, run_pace
from app.incidents.service import DrillsStayApart, open_by_person
from app.incidents.spread import Ledger
from app.incidents.timeline import on_timeline
from app.mentions import queries
from app.mentions.claims import held_up
from app.mentions.processing import claim_of, conclude, drill_of, load_counted, merge_instants
from app.mentions.reading import Work
from app.mentions.rematching import change_rules
from app.mentions.rulebook import Rules
from app.mentions.schemas import Mention as MentionOut
from app.models import Incident, Mention, WatchRule

CORRECTABLE = {"sentiment": "person_sentiment", "published_at": "person_published_at"}


class IncidentNotAccepting(Conflict):
    """Mentions join only incidents that are watched or handled."""

    code = "incident_not_accepting"


class MentionSetAside(Conflict):
    """What waits to be counted of the mention can't be, so nobody can judge it."""

    code = "mention_set_aside"


async def correct_mention(
    tx: Tx, rules: Rules, mention_id: UUID, corrections: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller,
    now: datetime,
) -> MentionOut:  # fmt: skip
    """A person's word; None gives it back to the senders. Buckets, peaks and grade follow in this transaction."""
    known = await queries.get_mention(tx, mention_id)
    if not corrections:
        expected.meet(known.version)
        return known
    await hold_run(tx, known.drill_id)
    works, observed = await _works(tx, [mention_id], now=now)
    if (run := works[0].post.drill_id) is not None:
        # Its posts are dated in its own time, which is ahead of ours.
        now = max(now, (await run_pace(tx, run)).scenario(now))
    expected.meet(works[0].state.version)
    works[0].state.version += 1
    for name, value in corrections.items():
        if isinstance(value, datetime):
            value = not_ahead(value, now, f"/{name}")
        setattr(works[0].state, CORRECTABLE[name], value)
    await _conclude(tx, rules, works, observed)
    event = Changed(subject="mention", subject_id=str(mention_id), action="corrected", fields=sorted(corrections))
    await record(tx, event, caller=caller)
    return await queries.get_mention(tx, mention_id)


async def open_with_mentions(
    tx: Tx, rules: Rules, fields: Mapping[str, Any], mention_ids: Collection[UUID], *, caller: Caller, now: datetime
) -> Incident:
    """An incident opened by a person, with the mentions it starts with; an exercise has none."""
    if fields["is_drill"] and mention_ids:
        raise Invalid.at(
            "/mention_ids",
            "an exercise takes no mentions, or the real count would lose them; leave them out",
            "drills_stay_apart",
        )
    if not mention_ids:
        return await open_by_person(tx, fields, caller=caller, now=now)
    works, observed = await _works(tx, mention_ids, now=now)
    _apart(works, None)
    # After the mentions are locked: opening locks the year's number.
    incident = await open_by_person(tx, fields, caller=caller, now=now)
    reason = "The incident was opened with them."
    return await _attach(tx, rules, incident.id, works, observed, reason=reason, caller=caller, now=now)


async def attach_mentions(
    tx: Tx,
    rules: Rules,
    incident_id: UUID,
    mention_ids: Collection[UUID],
    *,
    reason: str,
    caller: Caller,
    now: datetime,
) -> Incident:
    """Puts mentions into the incident, out of whatever other they were in. Their spread moves with them.

    IncidentNotAccepting when the incident has ended, DrillsStayApart when it is an exercise; Invalid when a mention
    does not exist.
    """
    incident = await get_incident(tx, incident_id)
    if incident.is_drill and incident.drill_id is None:
        raise DrillsStayApart(
            f"The incident {incident.number} is an exercise 演练 and takes no mentions, or the real count would lose "
            "them: attach them to a real incident, or open one."
        )
    await hold_run(tx, incident.drill_id)
    works, observed = await _works(tx, mention_ids, now=now)
    _apart(works, incident.drill_id)
    if incident.status not in ACCEPTING:
        raise IncidentNotAccepting(f"The incident {incident.number} is {incident.status}; reopen it first.")
    return await _attach(tx, rules, incident_id, works, observed, reason=reason, caller=caller, now=now)


async def _attach(
    tx: Tx, rules: Rules, incident_id: UUID, works: list[Work], observed: list[tuple[Any, ...]], *, reason: str,
    caller: Caller, now: datetime,
) -> Incident:  # fmt: skip
    for work in works:
        work.state.incident_id, work.state.held_out = incident_id, False
    await _conclude(tx, rules, works, observed)
    for left in sorted({work.attached_before for work in works if work.attached_before} - {incident_id}):
        leaving = [work for work in works if work.attached_before == left]
        await _moved(tx, left, "detached", leaving, reason, caller, now, other=incident_id)
    return await _moved(tx, incident_id, "attached", works, reason, caller, now)


async def detach_mentions(
    tx: Tx,
    rules: Rules,
    incident_id: UUID,
    mention_ids: Collection[UUID],
    *,
    reason: str,
    caller: Caller,
    now: datetime,
) -> Incident:
    """Takes mentions out of the incident for good: the machine does not put them back. Others are left alone."""
    incident = await get_incident(tx, incident_id)
    await hold_run(tx, incident.drill_id)
    works, observed = await _works(tx, mention_ids, now=now)
    _apart(works, incident.drill_id)
    leaving = [work for work in works if work.state.incident_id == incident_id]
    for work in leaving:
        work.state.incident_id, work.state.held_out = None, True
    await _conclude(tx, rules, works, observed)
    return await _moved(tx, incident_id, "detached", leaving, reason, caller, now)


async def _works(tx: Tx, mention_ids: Collection[UUID], *, now: datetime) -> tuple[list[Work], list[tuple[Any, ...]]]:
    """The mentions, and what waited to be counted of them. MentionSetAside where that is known to be impossible."""
    unique = sorted(set(mention_ids))
    known = set(await tx.scalars(select(Mention.id).where(Mention.id.in_(unique))))
    missing = [mention_id for mention_id in unique if mention_id not in known]
    if missing:
        detail = f"there is no mention {missing[0]}"
        raise Invalid(detail, errors=[FieldError("/mention_ids", detail, "unknown_mention")])
    driver = await tx.driver()
    if held := await held_up(driver, unique):
        raise MentionSetAside(
            f"Readings of the mention {held[0]} can't be counted, so it can't be judged or moved yet. They are tried "
            f"again at {held[1]:%Y-%m-%d %H:%M} UTC; the workers' log says what is wrong with them. Other mentions can "
            "be acted upon without it.",
            retry_at=held[1].isoformat().replace("+00:00", "Z"),
        )
    waiting = await claim_of(driver, unique)
    return await load_counted(driver, unique, now=now, waiting=waiting), merge_instants(waiting)


def _apart(works: Iterable[Work], drill_id: UUID | None) -> None:
    """DrillsStayApart unless all of them are of this run of a drill, or real where it is None."""
    strange = next((work.post for work in works if work.post.drill_id != drill_id), None)
    if strange is not None:
        what = "is real" if strange.drill_id is None else "was made up for a drill 演练"
        raise DrillsStayApart(
            f"The mention {strange.id} {what}: mentions and incidents of one drill go together, and what is real with "
            "what is real. Leave it out."
        )


async def _conclude(tx: Tx, rules: Rules, works: list[Work], observed: list[tuple[Any, ...]]) -> None:
    book = await rules.of(tx, drill_of(works))
    await conclude(tx, Ledger(), works, book, observed=observed)


async def _moved(
    tx: Tx, incident_id: UUID, action: str, works: list[Work], reason: str, caller: Caller, now: datetime,
    other: UUID | None = None,
) -> Incident:  # fmt: skip
    incident = await get_incident(tx, incident_id, lock=True)
    if works:
        touch(incident, now)
        event = MentionsMoved(
            **on_timeline(incident), action=action,
            mention_count=len(works), mention_ids=[work.post.id for work in works[:100]], other_incident_id=other,
            reason=reason,
        )  # fmt: skip
        await record(tx, event, caller=caller)
        await calm.tell_again(tx, incident, now=now)
    return incident


async def create_rule(tx: Tx, fields: Mapping[str, Any], *, caller: Caller) -> WatchRule:
    """A new rule. What was seen before is matched with it in the background."""
    rule = WatchRule(**fields)
    tx.add(rule)
    await tx.flush()
    await tx.refresh(rule)
    await _rule_changed(tx, rule, "created", sorted(fields), caller)
    return rule


async def update_rule(
    tx: Tx, rule_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> WatchRule:
    """Changes the rule; mentions are matched again in the background, incidents keep what they have."""
    rule = await queries.get_rule(tx, rule_id, lock=True)
    expected.meet(rule.version)
    changed = sorted(name for name, value in fields.items() if getattr(rule, name) != value)
    if changed:
        for name in changed:
            setattr(rule, name, fields[name])
        touch(rule, now)
        await _rule_changed(tx, rule, "updated", changed, caller)
    return rule


async def delete_rule(tx: Tx, rule_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime) -> None:
    """The rule hits nothing more. Its row stays: hits and incidents cite it."""
    rule = await queries.get_rule(tx, rule_id, lock=True)
    expected.meet(rule.version)
    rule.deleted_at = now
    await _rule_changed(tx, rule, "deleted", [], caller)


async def _rule_changed(tx: Tx, rule: WatchRule, action: str, fields: list[str], caller: Caller) -> None:
    await change_rules(tx)
    event = Changed(subject="watch_rule", subject_id=str(rule.id), action=action, fields=fields)
    await record(tx, event, caller=caller)
