"""What is on record of incidents, what of it a move still needs, and what may be done: `allowed_actions`.

The rules are :mod:`app.domain.lifecycle`; a page of incidents costs two queries here, however long it is.
"""

from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import aliased

from app.core.auth import Caller
from app.core.conditional import touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError
from app.domain.lifecycle import ACCEPTING, GUARDS, Choice, Facts, GuardRule, choices, unmet
from app.domain.tasks import FollowUps
from app.domain.vocabulary import Guard, IncidentInclude
from app.incidents import care
from app.incidents.live import live_of
from app.incidents.opening import accepting
from app.incidents.schemas import Incident as IncidentOut
from app.models import Decision, FactCheck, Incident, Meeting, Publication, SlaPolicy
from app.people.masks import people_of, words_of

OVERRIDE: Final = "incidents:override"
# What people write by hand: there may be people's data in it.
_WRITTEN: Final[tuple[str, ...]] = ("title", "summary", "grade_reason", "legal_hold_reason")
_GUARDED = frozenset(rule.before for rule in GUARDS)
[_FOLLOWED_UP] = (rule.before for rule in GUARDS if rule.guard is Guard.FOLLOW_UPS)


class GuardsMissing(Conflict):
    """The move leads there, and something must be on record first."""

    code = "guards_missing"
    title = ("Something is missing for this move", "状态变更条件未满足")


def refusal(incident: Incident, status: str, missing: Sequence[GuardRule]) -> GuardsMissing:
    """Says what each guard asks for, and how it is passed without."""
    first = " ".join(rule.says for rule in missing)
    return GuardsMissing(
        f"The incident {incident.number} can't go from {incident.status} to {status} yet. {first} A lead with the "
        f"scope {OVERRIDE!r} may pass this with `override` and a reason.",
        errors=[FieldError("/status", rule.says, rule.guard) for rule in missing],
        missing=[rule.guard for rule in missing],
    )


async def missing(tx: Tx, incident: Incident, status: str) -> tuple[GuardRule, ...]:
    """The guards that refuse a person's move of the incident, which is locked."""
    return unmet(incident.status, status, (await _facts(tx, [incident]))[incident.id])


async def choices_of(tx: Tx, incidents: Sequence[Incident]) -> dict[UUID, tuple[Choice, ...]]:
    """Everything people may want to do about each of them, with what would refuse it."""
    facts = await _facts(tx, incidents)
    ended: dict[UUID | None, set[UUID]] = {}
    for incident in incidents:
        if incident.status not in ACCEPTING and incident.rule_id:
            ended.setdefault(incident.drill_id, set()).add(incident.rule_id)
    taken = {(run, rule) for run, rules in ended.items() for rule in await accepting(tx, rules, run)}
    return {
        incident.id: choices(
            incident.status,
            facts[incident.id],
            rule_taken=(incident.drill_id, incident.rule_id) in taken,
            mentions=incident.mention_count,
        )
        for incident in incidents
    }


@asynccontextmanager
async def versioned(tx: Tx, incident: Incident, now: datetime) -> AsyncIterator[None]:
    """Around what is put on record of the incident, which is locked: it has another version where that opens or closes
    a way on."""
    before = await choices_of(tx, [incident])
    yield
    await tx.flush()
    if await choices_of(tx, [incident]) != before:
        touch(incident, now)


async def shown(
    tx: Tx, incidents: Sequence[Incident], *, caller: Caller, include: Collection[IncidentInclude] = ()
) -> list[IncidentOut]:
    """The incidents as the API shows them to the caller."""
    live = await live_of(tx, incidents, include)
    allowed = await choices_of(tx, incidents)
    written = [(each.id, {name: getattr(each, name) for name in _WRITTEN}) for each in incidents]
    people = await people_of(tx, [each.legal_hold_by for each in incidents], caller=caller)
    return [
        IncidentOut.of(
            incident,
            allowed[incident.id],
            words | {"legal_hold": _hold(incident, words, people)},
            live.get(incident.id),
        )
        for incident, words in zip(incidents, await words_of(tx, written, caller=caller), strict=True)
    ]


def _hold(
    incident: Incident, words: dict[str, Any], people: Mapping[UUID | None, dict[str, Any]]
) -> dict[str, Any] | None:
    """The legal hold as the caller may see it."""
    if incident.legal_hold_by is None:
        return None
    person = people[incident.legal_hold_by]
    return {"at": incident.legal_hold_at, "person": person, "reason": words["legal_hold_reason"]}


async def shown_after(
    tx: Tx, act: Awaitable[Incident], *, caller: Caller, include: Collection[IncidentInclude] = ()
) -> IncidentOut:
    """The incident as an act leaves it behind, or as a query finds it."""
    [answer] = await shown(tx, [await act], caller=caller, include=include)
    return answer


async def _facts(tx: Tx, incidents: Sequence[Incident]) -> dict[UUID, Facts]:
    """What is on record, of those that a guard stands before; nothing is asked of the others."""
    guarded = [incident.id for incident in incidents if incident.status in _GUARDED]
    found: dict[UUID, list[Any]] = {}
    if guarded:
        await tx.flush()
        users, others = care.follow_ups(_FOLLOWED_UP), care.other_follow_ups(_FOLLOWED_UP)
        # Of a hundred follow-ups how many the policy in force asks for.
        percent = select(SlaPolicy.follow_ups_percent).where(SlaPolicy.active).scalar_subquery()
        query = select(
            Incident.id, _fact_checked(), _directed(), _spoken(), percent, *users.c, *others.c
        ).join_from(Incident, users, true()).join(others, true())  # fmt: skip
        for row in await tx.execute(query.where(Incident.id.in_(guarded))):
            found[row[0]] = list(row[1:])
    facts = {}
    for incident in incidents:
        fact_checked, directed, spoken, asked, *figures = found.get(incident.id, (False, False, False, 0))
        facts[incident.id] = Facts(
            major=incident.grade == "major", fact_checked=fact_checked, directed=directed, spoken=spoken,
            calmed=incident.calmed_at is not None, follow_ups_owed=not FollowUps(*figures).enough(asked),
        )  # fmt: skip
    return facts


async def has_spoken(tx: Tx, incident_id: UUID) -> bool:
    """Whether the statement is made that the plan asks for, or it was decided not to make it."""
    return bool(await tx.scalar(select(_spoken()).where(Incident.id == incident_id)))


async def keeps_silent(tx: Tx, incident_id: UUID) -> bool:
    """Whether a decision stands not to speak."""
    decided = exists().where(Decision.incident_id == incident_id, Decision.kind == "no_statement", _stands())
    return bool(await tx.scalar(select(decided)))


@cache
def _fact_checked() -> ColumnElement[bool]:
    return exists().where(FactCheck.incident_id == Incident.id)


@cache
def _directed() -> ColumnElement[bool]:
    return exists().where(Meeting.incident_id == Incident.id, Meeting.direction.is_not(None))


@cache
def _spoken() -> ColumnElement[bool]:
    """More than a first word where it began or where that was decided; or a decision that stands, not to."""
    silent = (
        exists()
        .where(Decision.incident_id == Incident.id, Decision.substitute_platform.is_(None), _stands())
        .where(Decision.kind.in_(("no_statement", "origin_not_applicable")))
    )
    elsewhere = exists().where(
        Decision.incident_id == Publication.incident_id,
        Decision.substitute_platform == Publication.platform,
        _stands(),
    )
    said = exists().where(
        Publication.incident_id == Incident.id, Publication.statement_kind != "holding",
        or_(Publication.on_origin, elsewhere),
    )  # fmt: skip
    return or_(silent, said)


@cache
def _stands() -> ColumnElement[bool]:
    """No later entry takes the decision's place."""
    later = aliased(Decision)
    return ~exists().where(later.corrects == Decision.id)
