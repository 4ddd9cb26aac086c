"""One review for several general incidents 三级(一般): covered by it, and taken out again (方案 二(三))."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.domain.reviews import COVERABLE
from app.domain.vocabulary.reviews import ReviewAction, ReviewStatus
from app.incidents.service import DrillsStayApart
from app.incidents.spread import lock_incidents
from app.models import Incident, Review
from app.reviews import births
from app.reviews.covers import Held, covered, current_review, get_review, hold
from app.reviews.states import must_may


class NotCoverable(Conflict):
    """Each that is more than general is worth a review of its own, and what is under way elsewhere stays there."""

    code, title = "not_coverable", ("The incident can't share this review", "该事件不能并入此复盘")


class OnlyIncident(Conflict):
    """A review is of something."""

    code, title = "only_incident", ("It is the only incident of the review", "复盘至少须包含一个事件")


async def cover_incidents(
    tx: Tx, review_id: UUID, incident_ids: Sequence[UUID], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Review:
    """Covers these general incidents as well; each one's own open review is merged into this one.

    NotCoverable names those that can't be, and why; Invalid those that don't exist.
    """
    asked = list(dict.fromkeys(incident_ids))
    held = await hold(tx, review_id, *asked, expected=expected)
    await must_may(tx, held.review, ReviewAction.COVER)
    # They are locked already, by the review.
    found = await lock_incidents(tx, asked)
    unknown = [
        FieldError(f"/incident_ids/{place}", f"There is no incident {id_}.", "not_found")
        for place, id_ in enumerate(incident_ids) if id_ not in found
    ]  # fmt: skip
    if unknown:
        raise Invalid.of(unknown)
    new = [found[id_] for id_ in asked if id_ not in {incident.id for incident in held.incidents}]
    own = {incident.id: await current_review(tx, incident.id, lock=True) for incident in new}
    _must_be_coverable(held, new, own, await _torn(tx, new, own))
    for incident in new:
        if (review := own[incident.id]) is not None:
            await births.absorb(tx, held.review, review, incident, caller=caller, now=now)
    return held.review


async def _torn(tx: Tx, new: Sequence[Incident], own: Mapping[UUID, Review | None]) -> list[str]:
    """What shares a review with others goes with all of them, or is taken out of it first: they would be left without."""
    faults = []
    for incident in new:
        review = own[incident.id]
        others = set(await covered(tx, review.id)) - {one.id for one in new} if review is not None else set()
        if others:
            numbers = await tx.scalars(select(Incident.number).where(Incident.id.in_(others)).order_by(Incident.id))
            faults.append(
                f"{incident.number} shares its review with {', '.join(numbers)}: name them too, or take it out first."
            )
    return faults


def _must_be_coverable(
    held: Held, new: Sequence[Incident], own: Mapping[UUID, Review | None], torn: Sequence[str]
) -> None:  # fmt: skip
    if len({(incident.is_drill, incident.drill_id) for incident in (*held.incidents, *new)}) > 1:
        raise DrillsStayApart("Exercises 演练 are reviewed apart from what is real, and each run of a drill by itself.")
    graver = [incident for incident in held.incidents if new and incident.grade != COVERABLE]
    faults = [_fault(incident, own[incident.id]) for incident in new]
    said = (
        [
            f"The review is of {incident.number}, whose grade is {incident.grade or 'none'}: only general incidents share one."
            for incident in graver
        ]
        + [fault for fault in faults if fault]
        + [*torn]
    )
    if said:
        raise NotCoverable(" ".join(said))


def _fault(incident: Incident, own: Review | None) -> str | None:
    if incident.grade != COVERABLE:
        return f"{incident.number} is {incident.grade or 'not graded'}: only general incidents share a review."
    if own is None:
        return f"{incident.number} has no review yet: it is neither calm nor over, or begin one of it first."
    if own.status != ReviewStatus.OPEN:
        return f"The review of {incident.number} is {own.status}: only an open one is merged into another."
    return None


async def take_out(
    tx: Tx, review_id: UUID, incident_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Review:
    """The incident is reviewed by itself again, with what was written of it before. Its clock was running all the time."""
    await get_review(tx, review_id)
    held = await hold(tx, review_id, incident_id, expected=expected)
    await must_may(tx, held.review, ReviewAction.COVER)
    incident = next((one for one in held.incidents if one.id == incident_id), None)
    if incident is None:
        raise NotFound(f"The review {review_id} does not cover the incident {incident_id}.")
    if len(await covered(tx, review_id)) == 1:
        raise OnlyIncident("Nothing would be left to review: cover another incident first.")
    await births.leave(tx, held.review, incident, ReviewStatus.OPEN, caller=caller, now=now)
    return held.review
