"""The decision on the risk register 风险清单 (R60): risks that this taught us of, or that are other than we thought.

Each is linked to the incidents that the review covers: from the risk one walks to the incident, and on to what was learned.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.domain.vocabulary.reviews import ReviewChangeAction, ReviewSubject
from app.models import Risk
from app.reviews import risks
from app.reviews.changing import Deciding, Made, Seen, jsonable
from app.reviews.decision_schemas import RisksChange

_RISK = ReviewSubject.RISK


class RisksChanger:
    """Risks as whoever keeps the register changes them, all at once, as this review's."""

    async def look(self, tx: Tx, change: RisksChange, *, lock: bool = False) -> list[Seen]:
        """The risks as they are beside what they would be."""
        ids = [step.root.risk_id for step in change.risks if step.root.action == "update"]
        query = select(Risk).where(Risk.id.in_(ids)).order_by(Risk.id).execution_options(populate_existing=True)
        rows = (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).all() if ids else ()
        known = {risk.id: risk for risk in rows}
        return [_seen(f"/risks/{place}", step.root, known) for place, step in enumerate(change.risks)]

    def scopes(self, change: RisksChange) -> Iterable[str]:
        """Of whoever keeps the register."""
        return ("reviews:write",)

    async def lock(self, tx: Tx, change: RisksChange) -> None:
        """Risks are locked last: see ``look``."""

    async def apply(
        self, tx: Tx, change: RisksChange, deciding: Deciding, *, caller: Caller, now: datetime
    ) -> list[Made]:  # fmt: skip
        """One after the other, each as its next version."""
        return [await _change(tx, step.root, deciding, caller, now) for step in change.risks]


def _seen(at: str, step: Any, known: dict[UUID, Risk]) -> Seen:
    if step.action == "create":
        asked = jsonable(step.fields.model_dump(mode="json", exclude={"reason"}))
        return Seen(
            place=at, subject=_RISK, action=ReviewChangeAction.CREATE, name=asked["title"], before={}, after=asked
        )
    risk = known.get(step.risk_id)
    content = jsonable(risks.content_of(risk)) if risk else {}
    asked = jsonable(step.fields.model_dump(mode="json", exclude_unset=True, exclude={"reason"}))
    measures = jsonable([measure.model_dump(mode="json") for measure in step.measures])
    return Seen(
        place=at, subject=_RISK, action=ReviewChangeAction.UPDATE, name=content.get("title", ""), id=str(step.risk_id),
        version=risk.version if risk else None, gone=risk is None,
        before={name: content.get(name) for name in asked} | ({"measures": []} if measures else {}),
        after=asked | ({"measures": measures} if measures else {}),
    )  # fmt: skip


async def _change(tx: Tx, step: Any, deciding: Deciding, caller: Caller, now: datetime) -> Made:
    reason = step.fields.reason or deciding.reason
    if step.action == "create":
        fields = step.fields.model_dump()
        risk = await risks.create_risk(tx, fields, deciding.review.id, reason=reason, caller=caller, now=now)
        before = None
    else:
        before = (await tx.get_one(Risk, step.risk_id)).version
        fields = step.fields.model_dump(include=step.fields.model_fields_set)
        fields["measures"] = [measure.model_dump() for measure in step.measures]
        risk = await risks.change_risk(
            tx, step.risk_id, fields, deciding.review.id, reason=reason, caller=caller, now=now
        )  # fmt: skip
    return Made(
        subject=_RISK, subject_id=str(risk.id), action=ReviewChangeAction(step.action), name=risk.title,
        before_version=before, after_version=risk.version,
    )  # fmt: skip
