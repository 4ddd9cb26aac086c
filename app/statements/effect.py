"""What became of spread and sentiment after a statement (方案 二(二)2): two windows of the same length, before and after.

Figures are those of the buckets, and of mentions by the minute in which they were posted: whoever has the observations can
count them again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, case, cast, func, select, union_all
from sqlalchemy.dialects.postgresql import UUID as UuidType

from app.core.db import Tx
from app.domain.drills import Pace
from app.domain.spread import minute_of, minute_start
from app.incidents.runs import pace_of
from app.models import Hit, Incident, Mention, MentionState, Publication, SpreadBucket, Statement
from app.statements.effect_schemas import MOST_PUBLICATIONS

# A mention's id begins with when our host first saw it, and nobody sees a post before it is posted: an hour is for clocks.
_CLOCKS = timedelta(hours=1)
_EVER = datetime.fromtimestamp(0, UTC)
_SENTIMENTS = ("negative", "neutral", "positive", "unknown")

Counted = tuple[int, str, bool, int]  # minute, sentiment, whether by media, how many


class Series(NamedTuple):
    """What an incident gained, and which mentions were posted, by the minute."""

    gained: Mapping[int, int]
    mentions: Sequence[Counted]


async def effect_of(tx: Tx, statement: Statement, minutes: int, *, now: datetime) -> dict[str, Any]:
    """Each publication with what happened in so many minutes before and after it."""
    query = select(Publication).where(Publication.statement_id == statement.id)
    query = query.order_by(Publication.happened_at, Publication.id).limit(MOST_PUBLICATIONS)
    publications = (await tx.scalars(query)).all()
    found = []
    if publications:
        incident = await tx.get_one(Incident, statement.incident_id)
        pace = await pace_of(tx, incident)
        at = [minute_of(pace.scenario(one.happened_at)) for one in publications]
        series = await _series(tx, incident, min(at) - minutes, max(at) + minutes)
        others = await _said(tx, incident.id, pace)
        found = [_effect(one, place == 0, minutes, series, others, now, pace) for place, one in enumerate(publications)]
    return {
        "statement_id": statement.id, "incident_id": statement.incident_id, "window_minutes": minutes, "as_of": now,
        "publications": found,
    }  # fmt: skip


async def _series(tx: Tx, incident: Incident, first: int, end: int) -> Series:
    """The incident's minutes from ``first`` up to, and without, ``end``."""
    total = SpreadBucket.reposts + SpreadBucket.comments + SpreadBucket.likes
    buckets = select(SpreadBucket.minute, total).where(
        SpreadBucket.incident_id == incident.id, SpreadBucket.minute >= first, SpreadBucket.minute < end
    )
    gained = {row[0]: row[1] for row in await tx.execute(buckets)}
    return Series(gained, [tuple(row) for row in await tx.execute(_posted(incident, first, end))])


def _posted(incident: Incident, first: int, end: int) -> Any:
    """Mentions of the incident, and those that hit its rule and are in none, by minute, sentiment and whether media's."""
    # What is played in a drill is dated in its own time, and seen before or after.
    since = _first_id(minute_start(first) - _CLOCKS if incident.drill_id is None else _EVER)
    posted_at = func.coalesce(MentionState.person_published_at, MentionState.published_at, Mention.first_seen_at)
    minute = cast(func.floor(func.extract("epoch", posted_at) / 60), Integer).label("minute")
    sentiment = func.coalesce(
        MentionState.person_sentiment, MentionState.sentiment, case((MentionState.worded_negative, "negative")),
        Mention.sentiment, "unknown",
    ).label("sentiment")  # fmt: skip
    query = select(minute, sentiment, MentionState.media, func.count())
    query = query.join(Mention, Mention.id == MentionState.mention_id).where(
        MentionState.mention_id.in_(_ids(incident, since)),
        posted_at >= minute_start(first), posted_at < minute_start(end),
    )  # fmt: skip
    return query.group_by(minute, sentiment, MentionState.media)


def _ids(incident: Incident, since: Any) -> Any:
    """The same by their ids, each set by an index of its own: there may be millions of others since."""
    within = select(MentionState.mention_id).where(
        MentionState.incident_id == incident.id, MentionState.mention_id >= since
    )
    hits = select(Hit.mention_id).join(MentionState, MentionState.mention_id == Hit.mention_id)
    apart = hits.where(
        Hit.rule_id == incident.rule_id, Hit.mention_id >= since, MentionState.incident_id.is_(None),
        MentionState.drill_id.is_not_distinct_from(incident.drill_id),
    )  # fmt: skip
    return union_all(within, apart)


def _first_id(at: datetime) -> Any:
    """The least id (UUID 7) that is given at an instant."""
    milliseconds = int(at.timestamp() * 1000)
    return cast(UUID(int=milliseconds << 80), UuidType)


async def _said(tx: Tx, incident_id: UUID, pace: Pace) -> list[tuple[UUID, int]]:
    """Everything that was said in public of the incident, and the minute of it."""
    query = select(Publication.id, Publication.happened_at).where(Publication.incident_id == incident_id)
    return [(id_, minute_of(pace.scenario(at))) for id_, at in await tx.execute(query.limit(1_000))]


def _effect(
    one: Publication, first: bool, minutes: int, series: Series, others: Sequence[tuple[UUID, int]], now: datetime,
    pace: Pace,
) -> dict[str, Any]:  # fmt: skip
    at, now = minute_of(pace.scenario(one.happened_at)), pace.scenario(now)
    before, after = (
        _window(series, start, start + minutes, now) for start in (at - minutes, at)
    )  # fmt: skip
    ratio = after["gained_per_hour"] / before["gained_per_hour"] if before["gained"] else None
    return {
        "publication_id": one.id, "platform": one.platform, "happened_at": one.happened_at, "first": first,
        "before": before, "after": after, "ratio": None if ratio is None else round(ratio, 4),
        "complete": now >= after["ends_at"], "complete_at": after["ends_at"],
        "other_publications": sum(id_ != one.id and at - minutes <= then < at + minutes for id_, then in others),
    }  # fmt: skip


def _window(series: Series, start: int, end: int, now: datetime) -> dict[str, Any]:
    gained = sum(amount for minute, amount in series.gained.items() if start <= minute < end)
    mentions: Counter[str] = Counter()
    media = 0
    for minute, sentiment, by_media, count in series.mentions:
        if start <= minute < end:
            mentions[sentiment] += count
            media += count if by_media else 0
    begins, ends = minute_start(start), minute_start(end)
    counted = max(0, int((min(ends, now) - begins).total_seconds()))
    return {
        "starts_at": begins, "ends_at": ends, "counted_seconds": counted, "gained": gained,
        "gained_per_hour": round(gained * 3600 / counted, 4) if counted else 0.0,
        "mentions": {name: mentions[name] for name in _SENTIMENTS}, "media": media,
    }  # fmt: skip
