"""What a report is made of: read in one transaction, with people's names and words masked, because it is passed around."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.domain.chronicle import word
from app.domain.review_report import Report, Told, cited_events, compose
from app.domain.wording import mask_name, mask_text
from app.models import Event, Incident, Person, Review, ReviewChange, ReviewDecision
from app.reviews.facts import facts_of, incidents_of

LOOK: Final = 1
"""How reports look: counted up when they come to look otherwise, so that they are rendered anew."""
MOST_CHANGES: Final = 50


async def basis_of(tx: Tx, review: Review, template_id: UUID | None) -> str:
    """A digest of all that a report is made of. An incident's counters change with everything that happens to it."""
    parts = [str(LOOK), str(review.id), str(review.version), str(template_id)]
    for incident in await incidents_of(tx, review.id):
        counters = (incident.seq, incident.version, incident.spread_version, incident.mention_count)
        parts += [str(incident.id), *map(str, counters)]
    return sha256("|".join(parts).encode()).hexdigest()


async def report_of(tx: Tx, review: Review) -> Report:
    """The report as of now."""
    facts, found = await facts_of(tx, review)
    people = await _names(tx, review.participant_ids)
    return compose(Told(
        facts=facts, found=found, review_version=review.version, status=review.status,
        answers={question: mask_text(answer) for question, answer in review.answers.items() if answer},
        meeting_at=review.meeting_at, meeting_note=mask_text(review.meeting_note), participants=people,
        decisions=await _decisions(tx, review.id), events=await _events(tx, cited_events(facts, found)),
    ))  # fmt: skip


async def _names(tx: Tx, ids: Sequence[UUID]) -> list[str]:
    rows = await tx.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    names = {id_: mask_name(name) for id_, name in rows}
    return [names[id_] for id_ in ids if id_ in names]


async def _decisions(tx: Tx, review_id: UUID) -> dict[str, tuple[str, str, Sequence[str]]]:
    rows = (await tx.scalars(select(ReviewDecision).where(ReviewDecision.review_id == review_id))).all()
    query = select(ReviewChange).where(ReviewChange.review_id == review_id).order_by(ReviewChange.id)
    changes = (await tx.scalars(query.limit(MOST_CHANGES))).all()
    return {
        row.kind: (
            row.state, mask_text(row.reason), [_change(each) for each in changes if each.decision_id == row.id],
        )
        for row in rows
    }  # fmt: skip


def _change(change: ReviewChange) -> str:
    """One thing that was changed, and from which version to which."""
    versions = "→".join(str(number) for number in (change.before_version, change.after_version) if number is not None)
    what = f"{word('review_change_action', change.action)}{word('review_subject', change.subject)}"
    return f"{what}“{mask_text(change.name)}”" + (f"（版本 {versions}）" if versions else "")


async def _events(tx: Tx, ids: Sequence[int]) -> Mapping[int, tuple[datetime, str, str]]:
    """The events that are cited: when, what, and of which incident."""
    query = select(Event.id, Event.at, Event.type, Incident.number)
    query = query.outerjoin(Incident, Incident.id == Event.incident_id).where(Event.id.in_(ids))
    return {id_: (at, type_, number or "—") for id_, at, type_, number in await tx.execute(query)}
