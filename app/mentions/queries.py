"""Everything that is read of mentions and watch rules."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select, tuple_
from sqlalchemy.orm import aliased

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.wording import mask_name, mask_text, mask_url
from app.incidents.alerts import alerts_of
from app.mentions.employees import labels_of
from app.mentions.schemas import Mention as MentionOut
from app.mentions.schemas import MentionQuery
from app.models import EmployeeLabel, Hit, InboxReading, MediaOutlet, Mention, MentionState, Observation, WatchRule
from app.models.base import columns_of

LONG = 2_000
State = aliased(MentionState)
SENTIMENT: ColumnElement[str] = func.coalesce(
    State.person_sentiment, State.sentiment, case((State.worded_negative, "negative")), Mention.sentiment, "unknown"
)


def _mentions() -> Select[Mention, MentionState]:
    return select(Mention, State).outerjoin(State, State.mention_id == Mention.id)


async def get_mention(tx: Tx, mention_id: UUID) -> MentionOut:
    """One mention with its hits."""
    row = (await tx.execute(_mentions().where(Mention.id == mention_id))).one_or_none()
    if row is None:
        raise NotFound(f"There is no mention {mention_id}.")
    return (await _shown(tx, [(row[0], row[1])]))[0]


async def mentions_of(tx: Tx, ids: Sequence[UUID]) -> list[MentionOut]:
    """These mentions with their hits, in this order."""
    rows = {row[0].id: (row[0], row[1]) for row in await tx.execute(_mentions().where(Mention.id.in_(ids)))}
    return await _shown(tx, [rows[mention_id] for mention_id in ids])


async def list_mentions(tx: Tx, query: MentionQuery) -> dict[str, Any]:
    """Mentions, newest first: ids are ordered by time."""
    filters = query.filters()
    rows = _mentions().where(*_conditions(query)).order_by(Mention.id.desc()).limit(query.limit + 1)
    if query.rule_id is not None:
        rows = rows.join(Hit, Hit.mention_id == Mention.id).where(Hit.rule_id == query.rule_id)
    after = paging.decode(query.cursor, filters)
    if after:
        rows = rows.where(Mention.id < UUID(after[0]))
    found = [(mention, state) for mention, state in await tx.execute(rows)]
    page = paging.page(found, query.limit, filters, lambda row: [row[0].id])
    return page | {"data": await _shown(tx, page["data"])}


def _conditions(query: MentionQuery) -> Iterable[ColumnElement[bool]]:
    if query.drill_id is not None:
        yield Mention.drill_id == query.drill_id
    elif query.incident_id is None:
        # Who names an incident knows whether it is an exercise.
        yield Mention.drill_id.is_not(None) if query.is_drill else Mention.drill_id.is_(None)
    if query.platform:
        yield Mention.platform.in_(query.platform)
    if query.sentiment:
        yield SENTIMENT.in_(query.sentiment)
    if query.incident_id is not None:
        yield State.incident_id == query.incident_id
    if query.employee_account is not None:
        labelled = exists().where(EmployeeLabel.mention_id == Mention.id)
        yield labelled if query.employee_account else ~labelled
    if query.attached is not None:
        yield State.incident_id.is_not(None) if query.attached else State.incident_id.is_(None)
    if query.first_seen_after is not None:
        yield Mention.first_seen_at > query.first_seen_after
    if query.first_seen_before is not None:
        yield Mention.first_seen_at < query.first_seen_before


async def _shown(tx: Tx, rows: list[tuple[Mention, MentionState | None]]) -> list[MentionOut]:
    hits: dict[UUID, list[dict[str, Any]]] = {}
    ids = [mention.id for mention, _ in rows]
    for hit in await tx.scalars(select(Hit).where(Hit.mention_id.in_(ids)).order_by(Hit.mention_id, Hit.rule_id)):
        hits.setdefault(hit.mention_id, []).append({"rule_id": hit.rule_id, "spans": hit.spans})
    alerts = await alerts_of(tx, [mention.id for mention, state in rows if state and state.alerted])
    labels = await labels_of(tx, ids)
    return [
        await _one_shown(mention, state, hits.get(mention.id, []), alerts.get(mention.id), labels.get(mention.id))
        for mention, state in rows
    ]


async def _one_shown(
    mention: Mention,
    state: MentionState | None,
    hits: list[dict[str, Any]],
    alert: dict[str, Any] | None,
    label: EmployeeLabel | None,
) -> MentionOut:
    if len(mention.text) > LONG:
        # A page of 200 such texts takes a second or two to mask; others have their turn in between.
        await asyncio.sleep(0)
    return shown(mention, state, hits, alert, label)


def shown(
    mention: Mention,
    state: MentionState | None,
    hits: list[dict[str, Any]],
    alert: dict[str, Any] | None,
    label: EmployeeLabel | None = None,
) -> MentionOut:
    """A mention as people may see it: names, phones and mails masked."""
    sentiment, source = _judgement(mention, state)
    counters = {name: getattr(state, name, None) for name in ("reposts", "comments", "likes", "views")}
    return MentionOut.model_validate(
        {
            "id": mention.id,
            "platform": mention.platform,
            "platform_raw": mask_text(mention.platform_raw) if mention.platform_raw else mention.platform_raw,
            "external_id": mention.external_id,
            "url": mask_url(mention.url) if mention.url else mention.url,
            "author": mask_name(mention.author) if mention.author else mention.author,
            "title": mask_text(mention.title) if mention.title else mention.title,
            "text": mask_text(mention.text),
            "published_at": (state.person_published_at or state.published_at) if state else mention.published_at,
            "first_seen_at": mention.first_seen_at,
            "last_observed_at": state.last_at if state else None,
            "sentiment": sentiment,
            "sentiment_source": source,
            **counters,
            "spread": sum(counters[name] or 0 for name in ("reposts", "comments", "likes")),
            "media": state.media if state else False,
            "incident_id": state.incident_id if state else None,
            "is_drill": mention.drill_id is not None,
            "drill_id": mention.drill_id,
            "pending": state is None,
            "hits": hits,
            "alert": alert,
            "employee_account": columns_of(label) if label else None,
            "version": state.version if state else 1,
        }
    )


def _judgement(mention: Mention, state: MentionState | None) -> tuple[str, str]:
    if state is None:
        return (mention.sentiment, "sender") if mention.sentiment else ("unknown", "none")
    if state.person_sentiment:
        return state.person_sentiment, "person"
    if state.sentiment:
        return state.sentiment, "sender"
    return ("negative", "words") if state.worded_negative else ("unknown", "none")


async def list_observations(tx: Tx, mention_id: UUID, query: PageQuery) -> dict[str, Any]:
    """A mention's readings by time: those counted, and those that wait to be."""
    if not await tx.scalar(select(exists().where(Mention.id == mention_id))):
        raise NotFound(f"There is no mention {mention_id}.")
    columns = ("observed_at", "received_at", "reposts", "comments", "likes", "views", "key_id")
    counted = select(*(getattr(Observation, name) for name in columns), literal(0).label("seq")).where(
        Observation.mention_id == mention_id
    )
    waiting = select(*(getattr(InboxReading, name) for name in columns), InboxReading.seq).where(
        InboxReading.mention_id == mention_id
    )
    both = counted.union_all(waiting).subquery()
    rows = select(both).order_by(both.c.observed_at, both.c.seq).limit(query.limit + 1)
    bound = ["observations", mention_id]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(tuple_(both.c.observed_at, both.c.seq) > (datetime.fromisoformat(after[0]), after[1]))
    found = [dict(row._mapping) | {"counted": row.seq == 0} for row in await tx.execute(rows)]
    return paging.page(found, query.limit, bound, lambda row: [row["observed_at"], row["seq"]])


async def get_rule(tx: Tx, rule_id: UUID, *, lock: bool = False) -> WatchRule:
    """A watch rule that was not deleted."""
    # Not against those who cite it: a worker that stores a hit would wait for us while we wait for its batch.
    rule = await tx.get(WatchRule, rule_id, with_for_update={"key_share": True} if lock else None)
    if rule is None or rule.deleted_at is not None:
        raise NotFound(f"There is no watch rule {rule_id}.")
    return rule


async def list_rules(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """Watch rules, oldest first."""
    rows = select(WatchRule).where(WatchRule.deleted_at.is_(None)).order_by(WatchRule.id).limit(query.limit + 1)
    after = paging.decode(query.cursor, "watch-rules")
    if after:
        rows = rows.where(WatchRule.id > UUID(after[0]))
    return paging.page((await tx.scalars(rows)).all(), query.limit, "watch-rules", lambda rule: [rule.id])


async def get_outlet(tx: Tx, outlet_id: UUID, *, lock: bool = False) -> MediaOutlet:
    """One listed outlet."""
    outlet = await tx.get(MediaOutlet, outlet_id, with_for_update=lock)
    if outlet is None:
        raise NotFound(f"There is no media outlet {outlet_id}.")
    return outlet


async def list_outlets(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """Listed outlets, oldest first."""
    rows = select(MediaOutlet).order_by(MediaOutlet.id).limit(query.limit + 1)
    after = paging.decode(query.cursor, "media-outlets")
    if after:
        rows = rows.where(MediaOutlet.id > UUID(after[0]))
    return paging.page((await tx.scalars(rows)).all(), query.limit, "media-outlets", lambda outlet: [outlet.id])
