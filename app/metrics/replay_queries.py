"""Replays as people read them: what posts say is read now, masked, and missing where they are gone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.wording import mask_text
from app.metrics.replay_schemas import ReplayAsked
from app.models import Mention, Replay
from app.models.base import columns_of

EXCERPT: Final = 80
_LISTS: Final = ("more_incidents", "missed_incidents", "changed_incidents")
_HITS: Final = ("more_hits", "fewer_hits")
_HIDDEN: Final = ("token", "lease_until", "tries")


async def get_replay(tx: Tx, replay_id: UUID) -> Replay:
    """One replay; NotFound otherwise."""
    found = (await tx.scalars(select(Replay).where(Replay.id == replay_id))).one_or_none()
    if found is None:
        raise NotFound(f"There is no replay {replay_id}.")
    return found


async def list_replays(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """Replays, the newest first."""
    rows = select(Replay).order_by(Replay.id.desc()).limit(query.limit + 1)
    after = paging.decode(query.cursor, ["replays"])
    if after:
        rows = rows.where(Replay.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, ["replays"], lambda replay: [replay.id])
    return page | {"data": await shown(tx, page["data"])}


async def shown(tx: Tx, replays: Sequence[Replay]) -> list[dict[str, Any]]:
    """The replays as the API shows them."""
    excerpts = await excerpts_of(tx, (id_ for replay in replays for id_ in _mentioned(replay.result)))
    return [_shown(replay, excerpts) for replay in replays]


async def excerpts_of(tx: Tx, mention_ids: Iterable[UUID]) -> dict[str, dict[str, Any]]:
    """Where mentions were posted and how they begin, masked: by their ids as they are written."""
    query = select(Mention.id, Mention.platform, Mention.title, Mention.text).where(Mention.id.in_(set(mention_ids)))
    return {
        # Masked before it is cut: half a phone number would not be known for one.
        str(row.id): {
            "platform": row.platform,
            "excerpt": mask_text(" ".join((row.title or row.text).split()))[:EXCERPT],
        }
        for row in await tx.execute(query)
    }


def _mentioned(result: Mapping[str, Any] | None) -> Iterable[UUID]:
    if result is None:
        return
    yield from (UUID(id_) for name in _HITS for id_ in result[name])
    yield from (UUID(row["first_mention_id"]) for row in result["more_incidents"] if row["first_mention_id"])


def _shown(replay: Replay, excerpts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    fields = {name: value for name, value in columns_of(replay).items() if name not in _HIDDEN}
    asked = dict.fromkeys(ReplayAsked.model_fields) | replay.asked
    return fields | {"asked": asked, "result": _result(replay.result, excerpts) if replay.result else None}


def _result(result: Mapping[str, Any], excerpts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    incidents = {
        name: [
            row | {"excerpt": excerpts.get(row["first_mention_id"] or "", {}).get("excerpt")} for row in result[name]
        ]
        for name in _LISTS
    }
    hits = {
        name: [{"mention_id": id_, **excerpts[id_]} for id_ in result[name] if id_ in excerpts] for name in _HITS
    }  # fmt: skip
    return {**result, **incidents, **hits, "summary": summary(result["incidents"])}


def summary(counts: Mapping[str, int]) -> str:
    """The figures in a sentence."""
    apart = f"；{counts['set_apart']} 起经人工归并，不比等级" if counts["set_apart"] else ""
    return (
        f"回放 {counts['as_replayed']} 起事件，历史 {counts['in_history']} 起：多 {counts['more']} 起，漏 {counts['missed']} 起，"
        f"等级有变 {counts['changed']} 起{apart}"
    )
