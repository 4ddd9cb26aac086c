"""Counting what was accepted: a thousand readings a batch, exactly once, whatever is killed in between.

Claiming deletes from the inbox in the very transaction that writes observations, states, hits, buckets, grades and
events: either all of it happened or none. Locks are taken in one order by everybody: mentions by id, then the year's
number (only to open), then incidents by id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import MentionHit
from app.domain.lifecycle import ACCEPTING
from app.domain.matching import Hit
from app.domain.spread import Reading, Series
from app.incidents.grading import regrade, worsen
from app.incidents.media import follow_up
from app.incidents.opening import Opening, accepting, open_for_rules, title_of
from app.incidents.spread import Change, Ledger, count, lock_incidents
from app.mentions import snapshots
from app.mentions.claims import Claim
from app.mentions.reading import Post, Receipt, Work, reading_of
from app.mentions.rulebook import HARM_ORDER, RuleBook, Rules
from app.mentions.source_beats import Beat, Heard, beats_of, write_beats
from app.mentions.states import Overtaken, State, insert_states, lock_states, read_states, update_states
from app.models import Incident

# A person's act counts what waits for its mentions first: it judges what was told, not half of it.
_CLAIM_OF = """
with taken as (delete from inbox where mention_id = any($1::uuid[]) returning *)
select * from taken order by mention_id, observed_at, seq"""
_WAITING = "select * from inbox where mention_id = any($1::uuid[]) order by mention_id, observed_at, seq"
_POSTS = "select id, platform, author, url, title, text, drill_id from mentions where id = any($1::uuid[])"
_RECEIPTS = """
select mention_id, max(observed_at), min(received_at), max(received_at), bool_and(historical)
from observations where mention_id = any($1::uuid[]) group by mention_id"""
_OBSERVE = """
insert into observations as o (mention_id, observed_at, reposts, comments, likes, views, key_id, received_at, historical)
select * from unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
  $8::timestamptz[], $9::bool[])
on conflict (mention_id, observed_at) do update set
  reposts = greatest(o.reposts, excluded.reposts), comments = greatest(o.comments, excluded.comments),
  likes = greatest(o.likes, excluded.likes), views = greatest(o.views, excluded.views)
where (o.reposts, o.comments, o.likes, o.views) is distinct from (greatest(o.reposts, excluded.reposts),
  greatest(o.comments, excluded.comments), greatest(o.likes, excluded.likes), greatest(o.views, excluded.views))"""
_OBSERVED = """
select mention_id, observed_at, reposts, comments, likes, views, historical from observations
where mention_id = any($1::uuid[]) order by mention_id, observed_at"""
_REWORD = """
update mentions m set title = t.title, text = t.text from unnest($1::uuid[], $2::text[], $3::text[]) as t(id, title, text)
where m.id = t.id"""
_FORGET_HITS = """
delete from hits h using unnest($1::uuid[]) as t(mention_id) where h.mention_id = t.mention_id
and not exists (select from unnest($2::uuid[], $3::uuid[]) as k(mention_id, rule_id)
  where k.mention_id = h.mention_id and k.rule_id = h.rule_id)"""
_HIT = """
insert into hits as h (mention_id, rule_id, spans, at) select mention_id, rule_id, spans::jsonb, now()
from unnest($1::uuid[], $2::uuid[], $3::text[]) as t(mention_id, rule_id, spans) order by mention_id, rule_id
on conflict (mention_id, rule_id) do update set spans = excluded.spans"""
_HITS_OF = "select mention_id, rule_id from hits where mention_id = any($1::uuid[])"


ALERTS_WITHIN = timedelta(hours=24)

# Characters matched between two statements, as many as the longest post has.
BREATH = 20_000


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction did; ``held`` goes back to the ledger after its commit, ``beats`` to what was heard."""

    readings: int
    held: list[tuple[UUID, int, Series]]
    beats: Sequence[Beat] = ()


async def process_inbox(tx: Tx, rules: Rules, ledger: Ledger, claim: Claim, heard: Heard | None = None) -> Batch:
    """Counts what the claim takes, with the signs of life that it is and that were not ``heard`` by this process before.
    Overtaken (and nothing done) when another worker was first with one."""
    book = await rules.current(tx)
    rows = await claim.take(await tx.driver())
    return await count_readings(tx, book, ledger, rows, heard) if rows else Batch(0, [])


async def count_readings(
    tx: Tx, book: RuleBook, ledger: Ledger, rows: Sequence[Any], heard: Heard | None = None
) -> Batch:  # fmt: skip
    """Counts readings, by mention and instant, that are nobody else's: claimed, or played in a drill. All are real, or of one
    run of a drill."""
    driver = await tx.driver()
    readings = {mention_id: list(group) for mention_id, group in groupby(rows, key=itemgetter("mention_id"))}
    receipts = {mention_id: _receipt(group) for mention_id, group in readings.items()}
    works = await load_works(driver, readings, receipts)
    too_early = any(work.too_early for work in works)
    for work in works:
        work.absorb()
    gathered = Gathered(heard=heard or Heard())
    held = await conclude(tx, ledger, works, book, observed=merge_instants(rows), gathered=gathered)
    if too_early:
        # Only here: who counts the making reading holds its state, and by now we have waited for that commit.
        raise Overtaken("the readings that made some mentions are being counted by another worker")
    return Batch(len(rows), held, gathered.heard.new(gathered.beats))


def _receipt(readings: list[Any]) -> Receipt:
    last = readings[-1]
    return Receipt(last["observed_at"], last["received_at"], all(row["historical"] for row in readings))


async def load_works(
    driver: asyncpg.Connection, readings: Mapping[UUID, list[Any]], receipts: Mapping[UUID, Receipt], *,
    lock: bool = True,
) -> list[Work]:  # fmt: skip
    """The mentions with their states, locked unless they are only looked at, in the order of their ids."""
    states = await (lock_states if lock else read_states)(driver, readings)
    posts = {row["id"]: Post(*row) for row in await driver.fetch(_POSTS, list(readings))}
    return [
        Work(posts[id], states.get(id) or State(id), id in states, readings[id], receipts[id])
        for id in sorted(readings)
    ]


async def load_counted(
    driver: asyncpg.Connection, mention_ids: Sequence[UUID], *, now: datetime, waiting: Sequence[Any] = (),
    lock: bool = True,
) -> list[Work]:  # fmt: skip
    """Mentions to be judged or moved, with the readings of them that ``waiting`` holds. What was received over a day
    ago alerts nobody."""
    receipts = dict.fromkeys(mention_ids, Receipt(now, now, historical=False))
    newest = dict.fromkeys(mention_ids, now)
    for mention_id, observed_at, first, last, historical in await driver.fetch(_RECEIPTS, mention_ids):
        receipts[mention_id], newest[mention_id] = Receipt(observed_at, first, historical), last
    readings: dict[UUID, list[Any]] = {mention_id: [] for mention_id in mention_ids}
    for mention_id, group in groupby(waiting, key=itemgetter("mention_id")):
        readings[mention_id] = list(group)
        receipts[mention_id], newest[mention_id] = _receipt(readings[mention_id]), now
    works = await load_works(driver, readings, receipts, lock=lock)
    for work in works:
        work.silent = now - newest[work.post.id] > ALERTS_WITHIN
        work.absorb()
    return works


async def claim_of(driver: asyncpg.Connection, mention_ids: Sequence[UUID]) -> list[Any]:
    """The readings of some mentions that wait to be counted, taken by this transaction. Waits for workers' batches."""
    return await driver.fetch(_CLAIM_OF, mention_ids)  # type: ignore[no-any-return]


@dataclass(slots=True)
class Gathered:
    """What works come to, on its way to their incidents: those are locked last, however many works there are."""

    changes: dict[UUID, Change] = field(default_factory=dict)
    # The incidents that works joined, with the gravest class of harm of the rules that these hit; those that works
    # left; and those of which there may be news of media.
    joined: dict[UUID, str | None] = field(default_factory=dict)
    left: set[UUID] = field(default_factory=set)
    news: set[UUID] = field(default_factory=set)
    alerts: list[MentionHit] = field(default_factory=list)
    findings: list[snapshots.Finding] = field(default_factory=list)
    # Which sources were heard by them, and what this process wrote of that already.
    beats: set[Beat] = field(default_factory=set)
    heard: Heard = field(default_factory=Heard)


async def waiting_of(driver: asyncpg.Connection, mention_ids: Sequence[UUID]) -> list[Any]:
    """The same, left where they are."""
    return await driver.fetch(_WAITING, mention_ids)  # type: ignore[no-any-return]


async def conclude(
    tx: Tx, ledger: Ledger, works: list[Work], book: RuleBook, *, observed: list[tuple[Any, ...]],
    gathered: Gathered | None = None,
) -> list[tuple[UUID, int, Series]]:  # fmt: skip
    """Matches, joins, counts and grades what the works say; the one way a mention's change reaches its incident."""
    gathered = gathered or Gathered()
    await gather(tx, works, book, gathered)
    await write(tx, works, observed)
    return await settle(tx, ledger, gathered)


async def gather(tx: Tx, works: list[Work], book: RuleBook, gathered: Gathered) -> None:
    """Matches, joins, and adds what the works come to. Only opening an incident, where one is wanted, writes."""
    now, driver = await tx.now(), await tx.driver()
    await _match(driver, works, book)
    await _load_hits(driver, works, book)
    gathered.news |= await _join(tx, works, book, now=now)
    for work in works:
        work.take()
    gathered.alerts += [_alert(work, now) for work in works if work.alerts and work.rule_ids]
    gathered.findings += snapshots.find(works)
    gathered.beats |= beats_of(works)
    before = await _observed(driver, [work.post.id for work in works if work.recount])
    for work in works:
        work.settle(gathered.changes, before.get(work.post.id, ()))
        if work.joined:
            harms = (gathered.joined.get(work.joined), work.harm(book))
            gathered.joined[work.joined] = min(filter(None, harms), key=HARM_ORDER.index, default=None)
        if work.attached_before not in (None, work.state.incident_id):
            gathered.left.add(work.attached_before)


async def _match(driver: asyncpg.Connection, works: Iterable[Work], book: RuleBook) -> None:
    """Matches, with a breath now and then: while a statement runs, the heartbeat and the other sweeps have their turn,
    and the database sees that this transaction is not idle."""
    matched = 0
    for work in works:
        work.match(book)
        if work.hits is not None:
            matched += len(work.post.text)
        if matched >= BREATH:
            matched = 0
            await driver.fetchval("select 1")


async def _load_hits(driver: asyncpg.Connection, works: Iterable[Work], book: RuleBook) -> None:
    """The stored hits of mentions that join or alert without having been matched anew."""
    asking = {
        work.post.id: work
        for work in works
        if work.hits is None and (work.wants_incident or work.alerts or work.joined)
    }
    if not asking:
        return
    found: dict[UUID, list[UUID]] = {}
    for row in await driver.fetch(_HITS_OF, list(asking)):
        found.setdefault(row["mention_id"], []).append(row["rule_id"])
    for mention_id, work in asking.items():
        work.rule_ids = book.in_order(found.get(mention_id, []))


async def _join(tx: Tx, works: Sequence[Work], book: RuleBook, *, now: datetime) -> set[UUID]:
    """Gives each mention that wants one its incident: through its hit rules in order, else a new one of the first.

    Returns the incidents of which there may be news of media: a report that hits the rule, or a new incident.
    """
    joining = [work for work in works if work.wants_incident and work.rule_ids]
    reports = [work for work in works if work.hits and work.is_news]
    drill_id = drill_of(works)
    open_now = await accepting(tx, {rule_id for work in (*joining, *reports) for rule_id in work.rule_ids}, drill_id)
    openings: dict[UUID, Opening] = {}
    chosen: list[tuple[Work, UUID]] = []
    for work in joining:
        rule_id = next((r for r in work.rule_ids if r in open_now or r in openings), work.rule_ids[0])
        if rule_id not in open_now:
            openings.setdefault(rule_id, _opening(work, book, rule_id))
        chosen.append((work, rule_id))
    opened: list[Incident] = []
    if openings:
        found, opened = await open_for_rules(tx, openings, drill_id=drill_id, caller=SYSTEM, now=now)
        open_now |= found
    for work, rule_id in chosen:
        work.state.incident_id = open_now[rule_id]
    reported = {open_now[rule_id] for work in reports for rule_id in work.rule_ids if rule_id in open_now}
    attached = {work.joined for work in works if work.joined and work.is_news}
    return reported | attached | {incident.id for incident in opened}


def _opening(work: Work, book: RuleBook, rule_id: UUID) -> Opening:
    rule = book.rules[rule_id]
    return Opening(
        title_of(rule.name, work.post.title or work.post.text),
        rule_id,
        harm_class=rule.harm_class,
        business_unit=rule.business_unit,
        is_drill=work.post.drill_id is not None,
        drill_id=work.post.drill_id,
    )


def drill_of(works: Iterable[Work]) -> UUID | None:
    """The one run of a drill that mentions are of which are counted together; None: they are real.

    Real ones come by the inbox and those of a drill by whoever plays it, and people may not mix them: were they ever mixed
    nothing is counted.
    """
    runs = {work.post.drill_id for work in works}
    assert len(runs) <= 1, "mentions of a drill are counted by themselves"
    return next(iter(runs), None)


async def _observed(driver: asyncpg.Connection, mention_ids: list[UUID]) -> dict[UUID, list[Reading]]:
    if not mention_ids:
        return {}
    rows = await driver.fetch(_OBSERVED, mention_ids)
    return {
        mention_id: [reading_of(row) for row in group] for mention_id, group in groupby(rows, itemgetter("mention_id"))
    }


async def write(tx: Tx, works: list[Work], observed: list[tuple[Any, ...]]) -> None:
    """Writes what the works say of their mentions, and the readings they were told."""
    driver = await tx.driver()
    await insert_states(driver, [work.state for work in works if not work.known], drill_id=drill_of(works))
    await update_states(driver, [work.state for work in works if work.known])
    await _observe(driver, observed, known={work.post.id for work in works if work.known})
    reworded = [(work.post.id, work.post.title, work.post.text) for work in works if work.reworded]
    if reworded:
        await driver.execute(_REWORD, *map(list, zip(*reworded, strict=True)))
    await _write_hits(driver, works)


async def _observe(driver: asyncpg.Connection, observed: list[tuple[Any, ...]], *, known: set[UUID]) -> None:
    """The readings of new mentions meet no others: those go the fast way."""
    new = [row for row in observed if row[0] not in known]
    again = [row for row in observed if row[0] in known]
    if new:
        await driver.copy_records_to_table("observations", columns=_OBSERVATION, records=new)
    if again:
        await driver.execute(_OBSERVE, *map(list, zip(*again, strict=True)))


_OBSERVATION = (
    "mention_id", "observed_at", "reposts", "comments", "likes", "views", "key_id", "received_at", "historical",
)  # fmt: skip
_observed_columns = itemgetter(*_OBSERVATION)


def merge_instants(rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    """One row an instant, since a statement may not touch a row twice: readings of one instant merge by maximum."""
    merged: dict[tuple[UUID, datetime], tuple[Any, ...]] = {}
    for row in rows:
        values = _observed_columns(row)
        kept = merged.get(values[:2])
        merged[values[:2]] = values if kept is None else _merged(kept, values)
    return list(merged.values())


def _merged(kept: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    counters = (
        max((count for count in pair if count is not None), default=None)
        for pair in zip(kept[2:6], other[2:6], strict=True)
    )
    return (*kept[:2], *counters, *kept[6:])


async def _write_hits(driver: asyncpg.Connection, works: list[Work]) -> None:
    matched = [(work.post.id, hit) for work in works if work.hits for hit in work.hits]
    mention_ids = [mention_id for mention_id, _ in matched]
    rule_ids = [hit.rule_id for _, hit in matched]
    rematched = [work.post.id for work in works if work.known and work.hits is not None and not work.keeps_hits]
    if rematched:
        await driver.execute(_FORGET_HITS, rematched, mention_ids, rule_ids)
    if matched:
        await driver.execute(_HIT, mention_ids, rule_ids, [spans_json(hit) for _, hit in matched])


def spans_json(hit: Hit) -> str:
    """A hit's spans as they are stored."""
    return orjson.dumps(hit.spans).decode()


async def settle(tx: Tx, ledger: Ledger, gathered: Gathered) -> list[tuple[UUID, int, Series]]:
    """Counts what was gathered into its incidents, grades them at once and tells of new hits. Returns what the ledger
    may hold."""
    now, changes, joined = await tx.now(), gathered.changes, gathered.joined
    for incident_id in joined.keys() | gathered.news | gathered.left:
        changes.setdefault(incident_id, Change())
    incidents = await lock_incidents(tx, changes) if changes else {}
    if any(incidents[incident_id].status not in ACCEPTING for incident_id in joined):
        raise Overtaken("an incident ended while mentions were about to join it")
    counted = await count(tx, ledger, incidents, changes, now=now) if changes else {}
    for incident_id in sorted(changes):
        incident = incidents[incident_id]
        await record(tx, *worsen(incident, joined.get(incident_id), now=now), caller=SYSTEM)
        await follow_up(
            tx, incident, news=incident_id in gathered.news, joined=incident_id in joined,
            left=incident_id in gathered.left,
        )  # fmt: skip
        await regrade(tx, ledger, incident, counted[incident_id], changes[incident_id], now=now)
    await tx.flush()
    await snapshots.keep(await tx.driver(), gathered.alerts, gathered.findings)
    await record(tx, *gathered.alerts, *snapshots.tell(gathered.findings), caller=SYSTEM)
    await write_beats(await tx.driver(), gathered.heard.new(gathered.beats))
    return [(incident_id, incidents[incident_id].spread_version, c.series) for incident_id, c in counted.items()]


def _alert(work: Work, now: datetime) -> MentionHit:
    work.state.alerted = True
    return MentionHit(
        mention_id=work.post.id, incident_id=work.state.incident_id, platform=work.post.platform,
        rule_ids=work.rule_ids, received_at=work.told_at(now), is_drill=work.post.drill_id is not None,
        drill_id=work.post.drill_id,
    )  # fmt: skip
