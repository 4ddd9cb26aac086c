"""Past incidents that are like one, and why (R63). The rules of likeness are :mod:`app.domain.similar`.

One statement looks all earlier incidents through by what is cheap: product, class of harm, and words as bits. The first
hundred are then compared exactly, with their curves. So a question costs the same whatever it finds. What a drill plays is
compared with what came of the same run alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.grades import HarmClass, harm_of
from app.domain.labels import LABELS
from app.domain.similar import BITS, LEAST, LONGEST, SAME_UNIT, WEIGHTS, Likeness, Portrait, common, compare, shape
from app.domain.vocabulary.risks import SimilarityPart
from app.domain.wording import mask_text
from app.incidents.queries import get_incident
from app.models import Incident, Review, ReviewIncident
from app.people.masks import words_of
from app.reviews.similar_measuring import bits_of, series_of
from app.reviews.similar_measuring import words_of as pairs_of

LOOKED_AT: Final = 100
"""Incidents that are compared exactly."""
OF_A_REVIEW: Final = 20
"""Incidents of a review that are looked for."""
_HARMS = ", ".join(f"('{harm.value}', {harm.severity})" for harm in HarmClass)
# Only numbers are carried through the sort; the words of those that are left are read after it.
CANDIDATES: Final = f"""
with me as (select $4::uuid as rule_id, $5::text as unit, $6::int as severity, $7::text::bit({BITS}) as words),
 harms(harm_class, severity) as (values {_HARMS}),
 nearest as (
  select i.id, {WEIGHTS[SimilarityPart.PRODUCT]}::float8 * case when i.rule_id = me.rule_id then 1.0::float8
      when i.business_unit = me.unit then {SAME_UNIT}::float8 else 0.0::float8 end
    + {WEIGHTS[SimilarityPart.WORDS]}::float8 * coalesce(2.0::float8 * bit_count(s.words & me.words)
      / nullif(bit_count(s.words) + bit_count(me.words), 0)::float8, 0.0::float8)
    + {WEIGHTS[SimilarityPart.HARM_CLASS]}::float8
      * coalesce(1.0::float8 - abs(h.severity - me.severity) / 2.0::float8, 0.0::float8) as near
  from incidents i cross join me left join incident_signatures s on s.incident_id = i.id
    left join harms h on h.harm_class = i.harm_class
  where i.opened_at < $2 and i.is_drill = $3 and i.drill_id is not distinct from $8::uuid and i.status <> 'merged'
    and i.id <> $1
  order by near desc, i.id desc limit {LOOKED_AT})
select i.id, i.number, i.title, left(i.summary, {LONGEST}) as summary, i.status, i.grade, i.harm_class, i.business_unit,
  i.rule_id, i.opened_at, i.ended_at, i.total, s.curve, coalesce(s.minutes, 0) as minutes
from nearest n join incidents i on i.id = n.id left join incident_signatures s on s.incident_id = i.id
order by n.near desc, i.id desc"""


class Found(NamedTuple):
    """A past incident, how alike it is, and what both say."""

    row: Mapping[str, Any]
    likeness: Likeness
    common_words: list[str]


async def similar_to(tx: Tx, incident: Incident, limit: int) -> list[Found]:
    """The past incidents that are most like it, the most alike first."""
    driver = await tx.driver()
    words = {"title": incident.title, "summary": incident.summary}
    series = (await series_of(driver, [incident.id])).get(incident.id)
    mine = Portrait(
        str(incident.rule_id) if incident.rule_id else None, incident.business_unit, harm_of(incident.harm_class),
        pairs_of(words), shape(*series) if series else None,
    )  # fmt: skip
    rows = await driver.fetch(
        CANDIDATES, incident.id, incident.opened_at, incident.is_drill, incident.rule_id, incident.business_unit,
        mine.harm.severity if mine.harm else None, bits_of(mine.words), incident.drill_id,
    )  # fmt: skip
    # In a thread: a hundred long summaries take a while to be masked and compared.
    return await asyncio.to_thread(_best, mine, words, rows, limit)


def _best(mine: Portrait, words: Mapping[str, str], rows: Sequence[Mapping[str, Any]], limit: int) -> list[Found]:
    likenesses = [(compare(mine, _portrait(row)), row) for row in rows]
    likenesses.sort(key=lambda both: both[0].score, reverse=True)
    said = _said(words)
    return [
        Found(row, likeness, common(said, _said(row)))
        for likeness, row in likenesses[:limit]
        if likeness.score >= LEAST
    ]


def _portrait(row: Mapping[str, Any]) -> Portrait:
    curve = tuple(row["curve"]) if row["curve"] is not None else None
    rule = str(row["rule_id"]) if row["rule_id"] else None
    return Portrait(rule, row["business_unit"], harm_of(row["harm_class"]), pairs_of(row), curve)


def _said(words: Mapping[str, Any]) -> str:
    return mask_text(f"{words['title']}\n{words['summary']}")


async def show(tx: Tx, incident_id: UUID, limit: int, *, caller: Caller) -> list[dict[str, Any]]:
    """The past incidents that are like this one as the API shows them to the caller; NotFound where there is no such."""
    incident = await get_incident(tx, incident_id)
    found = await similar_to(tx, incident, limit)
    ids = [one.row["id"] for one in found]
    titles = await words_of(tx, [(one.row["id"], {"title": one.row["title"]}) for one in found], caller=caller)
    reviews = await reviews_of(tx, ids)
    return [
        {name: one.row[name] for name in ("number", "status", "grade", "harm_class", "business_unit", "total")}
        | {name: one.row[name] for name in ("opened_at", "ended_at")}
        | title
        | {
            "incident_id": one.row["id"], "score": one.likeness.score, "review_id": reviews.get(one.row["id"]),
            "same_rule": incident.rule_id is not None and one.row["rule_id"] == incident.rule_id,
            "same_business_unit": incident.business_unit is not None
            and one.row["business_unit"] == incident.business_unit,
            "common_words": one.common_words, "spread_seconds": one.row["minutes"] * 60,
            "parts": [part._asdict() for part in one.likeness.parts], "why": _why(incident, one),
        }
        for one, title in zip(found, titles, strict=True)
    ]  # fmt: skip


async def covered_by(tx: Tx, review_id: UUID) -> Sequence[UUID]:
    """The first incidents that a review covers; NotFound where there is no such review."""
    if await tx.get(Review, review_id) is None:
        raise NotFound(f"There is no review {review_id}.")
    covered = select(ReviewIncident.incident_id).where(ReviewIncident.review_id == review_id)
    return (await tx.scalars(covered.order_by(ReviewIncident.incident_id).limit(OF_A_REVIEW))).all()


async def reviews_of(tx: Tx, incident_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Incident -> the review that covers it, or that did last where none does."""
    query = select(ReviewIncident.incident_id, ReviewIncident.review_id).ext(distinct_on(ReviewIncident.incident_id))
    query = query.order_by(ReviewIncident.incident_id, ReviewIncident.left_at.desc().nulls_first())
    rows = await tx.execute(query.where(ReviewIncident.incident_id.in_(incident_ids)))
    return {row.incident_id: row.review_id for row in rows}


def _why(incident: Incident, found: Found) -> str:
    """What is alike, in Chinese for people; what is not is left out."""
    says = {
        SimilarityPart.PRODUCT: _product(incident, found.row),
        SimilarityPart.WORDS: f"共有词：{'、'.join(found.common_words)}" if found.common_words else "",
        SimilarityPart.CURVE: "传播曲线", SimilarityPart.HARM_CLASS: "危害类别",
    }  # fmt: skip
    told = [(says[part.part], part.likeness) for part in found.likeness.parts if part.likeness > 0 and says[part.part]]
    return "；".join(f"{what}（{likeness:.0%}）" for what, likeness in told)


def _product(incident: Incident, row: Mapping[str, Any]) -> str:
    same_rule = incident.rule_id is not None and row["rule_id"] == incident.rule_id
    return LABELS["recurrence_reason"]["rule" if same_rule else "business_unit"][0]
