"""What a mention's figures say once for good; and the copies that are kept, of its first hit and at the legal threshold.

A copy is a row of its own and not part of the event: events are kept for years and sent to others, so they hold no
post's text, nor its hash, by which a hidden phone could be found. The event has the copy's id.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

import asyncpg
from sqlalchemy import exists, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.outbox import record
from app.core.params import PageQuery
from app.domain import watch
from app.domain.events import (
    LegalThresholdReached,
    MentionFigures,
    MentionHit,
    MentionUnmasked,
    NeedsJudgement,
    ViewsHigh,
)
from app.domain.wording import mask_name, mask_text, mask_url
from app.mentions.reading import Work
from app.models import Mention, MentionSnapshot
from app.models.base import columns_of, new_id
from app.people.masks import UNMASK

# As they stand in this transaction, after everything else of it was written. Hashed where they are: a busy batch
# has a thousand first hits, and nothing of them need come here for it.
_KEEP = """
insert into mention_snapshots(id, mention_id, reason, reached, platform, external_id, url, author, title, text,
  text_sha256, published_at, observed_at, reposts, comments, likes, views, created_at)
select t.id, m.id, t.reason, string_to_array(t.reached, ' '), m.platform, m.external_id, m.url, m.author,
  m.title, m.text, encode(sha256(convert_to(m.text, 'UTF8')), 'hex'), coalesce(s.person_published_at, s.published_at), s.last_at, s.reposts, s.comments,
  s.likes, s.views, now()
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as t(id, mention_id, reason, reached)
join mentions m on m.id = t.mention_id join mention_states s on s.mention_id = t.mention_id
on conflict (mention_id, reason) do nothing"""


class Finding(NamedTuple):
    """What is to be said of a mention, bits of :mod:`app.domain.watch`, and the copy kept with it where one is."""

    work: Work
    bits: int
    snapshot_id: UUID
    reached: list[str]


class _Figures(TypedDict):
    mention_id: UUID
    incident_id: UUID | None
    is_drill: bool
    drill_id: UUID | None
    platform: str
    observed_at: Any
    reposts: int | None
    comments: int | None
    likes: int | None
    views: int | None


def find(works: Iterable[Work]) -> list[Finding]:
    """What is due, and marks it said: the states are written after this, in the same transaction."""
    findings = []
    for work in works:
        if bits := work.unsaid:
            state = work.state
            state.raised |= bits
            reached = watch.reached(reposts=state.reposts, views=state.views)
            findings.append(Finding(work, bits, new_id(), reached))
    return findings


async def keep(driver: asyncpg.Connection, alerts: Iterable[MentionHit], findings: Iterable[Finding]) -> None:
    """Writes the copies, in one statement; mentions and states are written before. A mention alerts once: of what it said
    then, and how far it had gone, nobody can say later that it was otherwise."""
    kept = [(new_id(), hit.mention_id, "first_hit", "") for hit in alerts]
    kept += [
        (f.snapshot_id, f.work.post.id, "legal_threshold", " ".join(f.reached))
        for f in findings
        if f.bits & watch.LEGAL
    ]
    if kept:
        await driver.execute(_KEEP, *map(list, zip(*kept, strict=True)))


def tell(findings: Iterable[Finding]) -> Iterator[MentionFigures]:
    """The events, one a threshold."""
    for work, bits, snapshot_id, reached in findings:
        figures = _figures(work)
        if bits & watch.LEGAL:
            yield LegalThresholdReached(**figures, reached=reached, snapshot_id=snapshot_id)
        if bits & watch.VIEWS:
            yield ViewsHigh(**figures, threshold=watch.HIGH_VIEWS)
        if bits & (watch.JUDGE | watch.JUDGE_AGAIN):
            yield NeedsJudgement(**figures, spread=work.state.spread, threshold=watch.asked_above(bits))


def _figures(work: Work) -> _Figures:
    state = work.state
    return _Figures(
        mention_id=state.mention_id, incident_id=state.incident_id, is_drill=work.post.drill_id is not None,
        drill_id=work.post.drill_id, platform=work.post.platform,
        observed_at=state.last_at, reposts=state.reposts, comments=state.comments, likes=state.likes,
        views=state.views,
    )  # fmt: skip


async def list_snapshots(tx: Tx, mention_id: UUID, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """A mention's copies, oldest first; masked unless the caller may unmask, and then it is an event."""
    if not await tx.scalar(select(exists().where(Mention.id == mention_id))):
        raise NotFound(f"There is no mention {mention_id}.")
    bound = ["snapshots", mention_id]
    rows = select(MentionSnapshot).where(MentionSnapshot.mention_id == mention_id).order_by(MentionSnapshot.id)
    if after := paging.decode(query.cursor, bound):
        rows = rows.where(MentionSnapshot.id > UUID(after[0]))
    found = (await tx.scalars(rows.limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda row: [row.id])
    return page | {"data": await _shown(tx, mention_id, page["data"], caller)}


async def _shown(
    tx: Tx, mention_id: UUID, snapshots: Sequence[MentionSnapshot], caller: Caller
) -> list[dict[str, Any]]:
    lifted = UNMASK in caller.scopes
    if lifted and snapshots:
        await record(tx, MentionUnmasked(mention_id=mention_id), caller=caller)
    return [_as_seen(snapshot, lifted=lifted) for snapshot in snapshots]


def _as_seen(snapshot: MentionSnapshot, *, lifted: bool) -> dict[str, Any]:
    shown = columns_of(snapshot) | {"masked": not lifted}
    if lifted:
        return shown
    shown["text_sha256"] = None
    masks = {"url": mask_url, "author": mask_name, "title": mask_text, "text": mask_text}
    return shown | {name: mask(shown[name]) for name, mask in masks.items() if shown[name] is not None}
