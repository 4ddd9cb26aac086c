"""Opening and reopening: numbers without gaps, and at most one accepting incident a rule.

Both hang on one row lock, that of the year's number, held to the end of the transaction. Openings are rare (a few
a day), so they may wait for each other; joining an incident that exists never does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import search
from app.core.auth import Caller
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import IncidentOpened
from app.domain.lifecycle import ACCEPTING
from app.domain.wording import mask_text
from app.domain.worktime import day_of
from app.incidents.timeline import on_timeline
from app.models import GradingPolicy, Incident, IncidentNumber
from app.models.base import new_id

TITLE_WORDS = 40


async def lock_numbers(tx: Tx, now: datetime) -> IncidentNumber:
    """The year's last number, locked: whoever holds it is alone in opening and reopening."""
    year = day_of(now).year
    await tx.execute(insert(IncidentNumber).values(year=year, last=0).on_conflict_do_nothing())
    query = select(IncidentNumber).where(IncidentNumber.year == year).with_for_update()
    return (await tx.scalars(query.execution_options(populate_existing=True))).one()


def next_number(numbers: IncidentNumber, *, is_drill: bool = False) -> str:
    """2026-0031, in the plan's own manner of numbering cases; D2026-0001 for an exercise, which leaves no gap there."""
    if is_drill:
        numbers.last_drill += 1
        return f"D{numbers.year}-{numbers.last_drill:04d}"
    numbers.last += 1
    return f"{numbers.year}-{numbers.last:04d}"


async def accepting(tx: Tx, rule_ids: Collection[UUID], drill_id: UUID | None = None) -> dict[UUID, UUID]:
    """Rule id -> its incident that takes new mentions, where there is one: of what is real, or of one run of a drill."""
    if not rule_ids:
        return {}
    query = select(Incident.rule_id, Incident.id).where(
        Incident.rule_id.in_(rule_ids), Incident.story == "", Incident.status.in_(ACCEPTING),
        Incident.drill_id.is_not_distinct_from(drill_id),
    )  # fmt: skip
    return {rule_id: incident_id for rule_id, incident_id in await tx.execute(query) if rule_id is not None}


async def active_policy_id(tx: Tx) -> UUID:
    """The policy new incidents are opened under."""
    return (await tx.scalars(select(GradingPolicy.id).where(GradingPolicy.active))).one()


@dataclass(frozen=True, slots=True)
class Opening:
    """What an incident starts with. ``rule_id`` is None for those that people open."""

    title: str
    rule_id: UUID | None = None
    summary: str = ""
    harm_class: str | None = None
    harm_by_person: bool = False
    business_unit: str | None = None
    is_drill: bool = False
    # The run whose posts it is of.
    drill_id: UUID | None = None
    # For those that are split off: the id that their mentions bear already, and the policy of the whole.
    id: UUID | None = None
    policy_id: UUID | None = None


def title_of(rule_name: str, words: str) -> str:
    """A title for people: the rule, and how the first post begins, with people's data masked."""
    # Masked before it is cut: half a phone number would not be known for one.
    return f"{rule_name}：{mask_text(' '.join(words.split()))[:TITLE_WORDS]}"


async def open_incident(tx: Tx, opening: Opening, *, caller: Caller, now: datetime) -> Incident:
    """A new incident, watched, under the policy in force."""
    return (await _open(tx, [opening], await lock_numbers(tx, now), caller=caller, now=now))[0]


async def open_for_rules(
    tx: Tx, openings: Mapping[UUID, Opening], *, drill_id: UUID | None, caller: Caller, now: datetime
) -> tuple[dict[UUID, UUID], list[Incident]]:
    """Rule id -> its accepting incident, opened where there is none; and those that were opened.

    Two workers that want the same one meet at the lock of the numbers: the second finds what the first opened. All are of
    one run of a drill, or real.
    """
    numbers = await lock_numbers(tx, now)
    found = await accepting(tx, openings, drill_id)
    missing = [openings[rule_id] for rule_id in sorted(openings.keys() - found.keys())]
    opened = await _open(tx, missing, numbers, caller=caller, now=now) if missing else []
    return found | {incident.rule_id: incident.id for incident in opened if incident.rule_id}, opened


async def _open(
    tx: Tx, openings: list[Opening], numbers: IncidentNumber, *, caller: Caller, now: datetime
) -> list[Incident]:
    policy_id = await active_policy_id(tx)
    opened = [
        newborn(opening, next_number(numbers, is_drill=opening.is_drill), policy_id, caller=caller, now=now)
        for opening in openings
    ]
    tx.add_all(opened)
    events = [
        IncidentOpened(
            **on_timeline(incident), rule_id=incident.rule_id, harm_class=incident.harm_class,
            business_unit=incident.business_unit,
        )
        for incident in opened
    ]  # fmt: skip
    await record(tx, *events, caller=caller)
    await search.keep(tx, *map(words_of, opened))
    return opened


def words_of(incident: Incident) -> search.Kept:
    """What of an incident is searched."""
    return search.Kept("incident", incident.id, (incident.number, incident.title, incident.summary))


def newborn(opening: Opening, number: str, policy_id: UUID, *, caller: Caller, now: datetime) -> Incident:
    """An incident at its beginning, watched and empty; it is stored where it is added to a transaction."""
    return Incident(
        id=opening.id or new_id(), number=number, title=opening.title, summary=opening.summary, status="watching",
        rule_id=opening.rule_id, story="", business_unit=opening.business_unit, harm_class=opening.harm_class,
        harm_by_person=opening.harm_by_person, media_follow_up="none", media_by_person=False,
        policy_id=opening.policy_id or policy_id,
        total=0, baseline=0, mention_count=0, peaks=[], peak_minutes=[], live_peaks=[], live_peak_minutes=[],
        seq=0, version=1, spread_version=0, is_drill=opening.is_drill,
        drill_id=opening.drill_id, opened_at=now, updated_at=now, opened_by=caller.actor,
        # An incident without any gain is subsided 72 h after it was opened.
        last_gain_at=now,
    )  # fmt: skip
