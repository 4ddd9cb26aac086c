"""Splitting an incident: mentions that are another case go, with their spread, into an incident of their own.

Where merging adds buckets up, here they are taken apart mention by mention, in portions within one transaction, by the
same functions that count a reading. Mentions are locked as they come, in the order of their ids; the year's number and
both incidents last and for a moment only, so that workers go on with everything else.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from heapq import nlargest
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from app.core.auth import SYSTEM, Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import MentionsMoved
from app.domain.spread import Series
from app.incidents import calm, media
from app.incidents.foreseeing import copy_of, figures
from app.incidents.grading import worsen
from app.incidents.holds import pass_on
from app.incidents.opening import Opening, newborn, open_incident
from app.incidents.queries import get_incident
from app.incidents.runs import hold_run, must_go_on, pace_of
from app.incidents.spread import Change, Counted, Ledger, apply
from app.incidents.timeline import on_timeline
from app.mentions import queries
from app.mentions.choosing import NothingToSplit, looked_behind, not_in_it
from app.mentions.processing import Gathered, claim_of, gather, load_counted, merge_instants, settle, waiting_of, write
from app.mentions.reading import Work
from app.mentions.rulebook import Rules
from app.mentions.split_schemas import IncidentSplit
from app.models import Incident
from app.models.base import new_id

PORTION = 1_000
SAMPLE = 10


class Moving(NamedTuple):
    """What is kept of a mention while both sides of a split are worked out."""

    spread: int
    id: UUID
    media: bool
    news: bool


async def split_incident(
    tx: Tx, rules: Rules, incident_id: UUID, asked: IncidentSplit, ids: Sequence[UUID], *, expected: Expected = ANY,
    caller: Caller, now: datetime,
) -> Incident:  # fmt: skip
    """A new incident of the chosen mentions (``ids``, in their order), watched, without a rule, and graded at once by
    what it took.

    The grade in force stays with the source, whoever set it; what the rules say of the source may fall.
    """
    source = await get_incident(tx, incident_id)
    expected.meet(source.version)
    await hold_run(tx, source.drill_id)
    gathered, opening = Gathered(), _opening(source, asked)
    driver = await tx.driver()
    waiting = await claim_of(driver, ids)
    book, moved = await rules.of(tx, source.drill_id), list[UUID]()
    async for works, observed in _portions(tx, ids, waiting, now=now):
        moved += _move(works, source.id, opening, asked)
        await gather(tx, works, book, gathered)
        await write(tx, works, observed)
    split_off = await open_incident(tx, opening, caller=caller, now=now)
    source = await get_incident(tx, incident_id, lock=True)
    expected.meet(source.version)
    _leaves_both(source, len(moved))
    await _say(tx, source, split_off, moved, asked.reason, caller=caller, now=now)
    await pass_on(tx, source, split_off, caller=caller, now=now)
    await settle(tx, Ledger(), gathered)
    await calm.tell_again(tx, await get_incident(tx, source.id, lock=True), now=now)
    await record(tx, *looked_behind(source.id, asked, caller=caller), caller=caller)
    return await get_incident(tx, split_off.id)


async def preview_split(
    tx: Tx, rules: Rules, incident_id: UUID, asked: IncidentSplit, ids: Sequence[UUID], *, caller: Caller, now: datetime
) -> dict[str, Any]:
    """What the split would make of both, by the very functions that make it. No mention or incident is locked,
    and of both nothing is stored."""
    source = await get_incident(tx, incident_id)
    await must_go_on(tx, source.drill_id)
    gathered, opening = Gathered(), _opening(source, asked)
    waiting = await waiting_of(await tx.driver(), ids)
    book, moving = await rules.of(tx, source.drill_id), list[Moving]()
    async for works, _ in _portions(tx, ids, waiting, now=now, lock=False):
        chosen = set(_move(works, source.id, opening, asked))
        await gather(tx, works, book, gathered)
        moving += [
            Moving(work.spread, work.post.id, work.state.media, work.post.platform == "news")
            for work in works if work.post.id in chosen
        ]  # fmt: skip
    # Read last: what is taken away below was counted before, so nothing can be less than none.
    source = await get_incident(tx, incident_id)
    _leaves_both(source, len(moving))
    answer = {
        "incident_id": source.id, "version": source.version, "mention_count": len(moving),
        **await _both_sides(tx, source, opening, moving, gathered, now=now),
        "sample": await queries.mentions_of(tx, [one.id for one in nlargest(SAMPLE, moving)]),
    }  # fmt: skip
    await record(tx, *looked_behind(source.id, asked, caller=caller), caller=caller)
    return answer


def _opening(source: Incident, asked: IncidentSplit) -> Opening:
    return Opening(
        asked.title, None, asked.summary, asked.harm_class, asked.harm_class is not None, source.business_unit,
        is_drill=source.is_drill, drill_id=source.drill_id, id=new_id(), policy_id=source.policy_id,
    )  # fmt: skip


async def _portions(
    tx: Tx, ids: Sequence[UUID], waiting: Sequence[Any], *, now: datetime, lock: bool = True
) -> AsyncIterator[tuple[list[Work], list[tuple[Any, ...]]]]:
    """The mentions a thousand at a time, with what waited to be counted of them."""
    driver = await tx.driver()
    by_mention = {mention_id: list(rows) for mention_id, rows in groupby(waiting, key=itemgetter("mention_id"))}
    for start in range(0, len(ids), PORTION):
        portion = ids[start : start + PORTION]
        readings = [row for mention_id in portion for row in by_mention.get(mention_id, ())]
        yield await load_counted(driver, portion, now=now, waiting=readings, lock=lock), merge_instants(readings)


def _move(works: list[Work], source_id: UUID, opening: Opening, asked: IncidentSplit) -> list[UUID]:
    """Puts the mentions into the new incident. One that was moved elsewhere meanwhile stays there, and its readings,
    which were claimed with the others', are counted there; where it was named, that is said."""
    moved = []
    for work in works:
        if work.state.incident_id == source_id:
            work.state.incident_id = opening.id
            moved.append(work.post.id)
        elif asked.mention_ids is not None:
            raise not_in_it("/mention_ids", work.post.id)
    return moved


def _leaves_both(source: Incident, moved: int) -> None:
    if not moved:
        raise NothingToSplit("The mentions were moved elsewhere meanwhile; nothing would be split off.")
    if moved >= source.mention_count:
        raise NothingToSplit(
            f"That is everything in {source.number}: nothing would stay. Change its title if it is another case."
        )


async def _say(
    tx: Tx, source: Incident, split_off: Incident, moved: list[UUID], reason: str, *, caller: Caller, now: datetime
) -> None:
    touch(source, now)
    touch(split_off, now)
    said = [
        MentionsMoved(
            **on_timeline(incident), action=action, mention_count=len(moved), mention_ids=moved[:100],
            other_incident_id=other.id, reason=reason,
        )
        for incident, other, action in ((source, split_off, "split_off"), (split_off, source, "split_from"))
    ]  # fmt: skip
    await record(tx, *said, caller=caller)


async def _both_sides(
    tx: Tx, source: Incident, opening: Opening, moving: list[Moving], gathered: Gathered, *, now: datetime
) -> dict[str, Any]:
    ledger, pace = Ledger(), await pace_of(tx, source)
    policy = await ledger.policy(tx, source.policy_id)
    series = (await ledger.series(tx, [source]))[source.id]
    before = figures(source, policy, Counted(series), now=now, pace=pace)
    rest, part = copy_of(source), newborn(opening, "", source.policy_id, caller=SYSTEM, now=now)
    left = apply(rest, gathered.changes.get(rest.id, Change()), series, policy, now, pace)
    taken = apply(part, gathered.changes.get(part.id, Change()), Series(), policy, now, pace)
    if not rest.media_by_person:
        rest.media_follow_up = await media.seen_anew(tx, source, without=[one.id for one in moving])
    part.media_follow_up = media.follow_up_of(
        media=any(one.media for one in moving), others=not all(one.media for one in moving),
        news=any(one.news for one in moving),
    )  # fmt: skip
    worsen(part, gathered.joined.get(part.id), now=now)
    return {
        "before": before, "source": figures(rest, policy, left, now=now, pace=pace),
        "split_off": figures(part, policy, taken, now=now, pace=pace),
    }  # fmt: skip
