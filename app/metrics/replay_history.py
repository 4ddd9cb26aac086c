"""History as a replay reads it: in short steps, each in a transaction of its own, and never a row is written.

Drills are left out. What people said of a mention counts as they say it today.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple
from uuid import UUID

from asyncpg import Record
from sqlalchemy import select

from app.core.db import Tx
from app.domain.grading import Policy, policy_from
from app.domain.matching import Matcher
from app.incidents.media import first_id_at
from app.mentions.reading import reading_of
from app.metrics.replay_cases import Received
from app.metrics.replay_rules import Past, Post
from app.models import GradingPolicy

SETTLES: Final = timedelta(days=30)
"""How long after the span's end it is looked what became of an incident that formed within it."""
PORTION: Final = 1_000
MOST_MENTIONS: Final = 200_000
MOST_READINGS: Final = 1_000_000
# An id is made before its row is.
_QUEUED: Final = timedelta(hours=1)

_PASTS: Final = """
select id, rule_id, number, opened_at, policy_id, harm_class, harm_by_person, media_follow_up, media_by_person,
  merged_into, status, grade, auto_grade
from incidents
where rule_id is not null and not is_drill and drill_id is null and opened_at < $2
  and (ended_at is null or ended_at >= $1) order by opened_at, id"""
_STATUSES: Final = """
select incident_id, at, data ->> 'to' as status from events
where incident_id = any($1::uuid[]) and type = 'incident.status_changed' order by incident_id, seq"""
_HARMS: Final = "select id, harm_class from watch_rules"
_IN_FORCE: Final = """
select at, (data ->> 'subject_id')::uuid as id from events where type = 'grading_policy.activated' order by id"""
_COLUMNS: Final = """
m.id, m.platform, m.title, m.text, m.first_seen_at, coalesce(s.person_published_at, s.published_at) as published_at,
  s.incident_id, s.held_out, s.media, s.person_sentiment, s.sentiment,
  (select array_agg(h.rule_id order by h.rule_id) from hits h where h.mention_id = m.id) as rules,
  (select array_agg(h.rule_id) from hits h where h.mention_id = m.id
    and h.spans @> '[{"role": "negative"}]') as accusing,
  (select d.incident_id from deadlines d where d.mention_id = m.id and d.kind = 'alert' order by d.id limit 1) as first_in
from mentions m join mention_states s on s.mention_id = m.id"""
_PORTION: Final = f"""
select {_COLUMNS}
where m.id > $1 and m.drill_id is null and m.first_seen_at >= $2 and m.first_seen_at < $3 order by m.id limit {PORTION}"""
# What is in such an incident and was there before the span: rules that changed, or people, brought it in later.
_OLDER: Final = f"""
select {_COLUMNS}
where s.incident_id = any($1::uuid[]) and m.drill_id is null and m.first_seen_at < $2 order by m.id limit $3"""
_READINGS: Final = """
select mention_id, observed_at, reposts, comments, likes, views, received_at, historical from observations
where mention_id = any($1::uuid[]) order by mention_id, received_at, observed_at"""
# What people moved, and what was merged, can't be played again.
_APART: Final = """
select incident_id as id from events where incident_id = any($1::uuid[]) and type = 'incident.mentions_moved'
union select merged_into from incidents where merged_into = any($1::uuid[])
union select id from incidents where id = any($1::uuid[]) and status = 'merged'"""
_RAISED: Final = """
select incident_id, at, data ->> 'to' as grade, (data -> 'evidence' ->> 'minute')::timestamptz as minute
from events where incident_id = any($1::uuid[]) and type = 'incident.grade_changed' and data ->> 'source' = 'machine'
order by incident_id, seq"""


class TooManyMentions(Exception):
    """More than a replay goes through."""


class Frame(NamedTuple):
    """What is known before any mention is read."""

    pasts: list[Past]
    rows: dict[UUID, Record]
    policies: dict[UUID, Policy]
    in_force: list[tuple[datetime, UUID]]


async def read_frame(tx: Tx, starts_at: datetime, ends_at: datetime) -> Frame:
    """The real incidents of the span with their lives, and the policies."""
    driver = await tx.driver()
    rows = await driver.fetch(_PASTS, starts_at, ends_at + SETTLES)
    lives: dict[UUID, list[tuple[datetime, str]]] = {row["id"]: [(row["opened_at"], "watching")] for row in rows}
    for event in await driver.fetch(_STATUSES, list(lives)):
        lives[event["incident_id"]].append((event["at"], event["status"]))
    active = await driver.fetchval("select id from grading_policies where active")
    in_force = [(row["at"], row["id"]) for row in await driver.fetch(_IN_FORCE)]
    first = await driver.fetchval("select id from grading_policies order by created_at, id limit 1")
    begin = [(datetime.min.replace(tzinfo=starts_at.tzinfo), first if in_force else active)]
    policies = await read_policies(tx)
    return Frame(
        [_past(row, lives[row["id"]]) for row in rows], {row["id"]: row for row in rows}, policies, begin + in_force
    )


async def read_policies(tx: Tx) -> dict[UUID, Policy]:
    """Every version of every grading policy."""
    return {id_: policy_from(rules) for id_, rules in await tx.execute(select(GradingPolicy.id, GradingPolicy.rules))}


async def read_harms(tx: Tx) -> dict[UUID, str]:
    """The class of harm of every watch rule there is or was: hits go on citing those."""
    return {row["id"]: row["harm_class"] for row in await (await tx.driver()).fetch(_HARMS)}


def _past(row: Record, life: list[tuple[datetime, str]]) -> Past:
    return Past(
        row["id"], row["rule_id"], row["number"], row["opened_at"], tuple(life), row["policy_id"], row["harm_class"],
        row["harm_by_person"], row["media_follow_up"], row["media_by_person"],
    )  # fmt: skip


def first_after(starts_at: datetime) -> UUID:
    """Where to begin reading mentions: none that was first heard of in the span has a lesser id."""
    return first_id_at(starts_at - _QUEUED)


async def read_portion(tx: Tx, after: UUID, starts_at: datetime, ends_at: datetime) -> list[Record]:
    """The next mentions of the span, and of the time that it takes to settle."""
    return await (await tx.driver()).fetch(_PORTION, after, starts_at, ends_at + SETTLES)  # type: ignore[no-any-return]


async def read_older(tx: Tx, incident_ids: Collection[UUID], starts_at: datetime) -> list[Record]:
    """The mentions of these incidents from before the span."""
    return await (await tx.driver()).fetch(_OLDER, list(incident_ids), starts_at, MOST_MENTIONS)  # type: ignore[no-any-return]


async def read_readings(tx: Tx, posts: Sequence[Post]) -> int:
    """Gives posts what was received of them; how many readings that were."""
    rows = await (await tx.driver()).fetch(_READINGS, [post.id for post in posts])
    by_id = {post.id: post for post in posts}
    for mention_id, group in groupby(rows, key=itemgetter("mention_id")):
        by_id[mention_id].received = [Received(row["received_at"], reading_of(row)) for row in group]
    return len(rows)


async def set_apart(tx: Tx, incident_ids: Collection[UUID]) -> set[UUID]:
    """Those that people moved mentions in or out of, or merged: their grades can't be played again."""
    return {row["id"] for row in await (await tx.driver()).fetch(_APART, list(incident_ids))}


class Told(NamedTuple):
    """A grade as the machine set it: when, and at which minute of the spread."""

    at: datetime
    minute: datetime | None


async def raised(tx: Tx, incident_ids: Collection[UUID]) -> dict[tuple[UUID, str], Told]:
    """When the machine set which grade, by incident and grade; of several times the first."""
    found: dict[tuple[UUID, str], Told] = {}
    for row in await (await tx.driver()).fetch(_RAISED, list(incident_ids)):
        found.setdefault((row["incident_id"], row["grade"]), Told(row["at"], row["minute"]))
    return found


class Match(NamedTuple):
    """A mention of the span as the proposed words judge it. ``post`` where it may belong to an incident of the rule."""

    id: UUID
    in_span: bool
    before: bool
    after: bool
    post: Post | None


def match(
    rows: Iterable[Record], matcher: Matcher, rule_id: UUID, mine: dict[UUID, Past], merged: dict[UUID, UUID],
    starts_at: datetime, ends_at: datetime,
) -> list[Match]:  # fmt: skip
    """What the proposed words say of a portion. Blocking."""
    found = []
    for row in rows:
        hits = matcher.match(row["title"], row["text"])
        rules = row["rules"] or []
        post = _post(row, rules, rule_id, mine, merged, hits=bool(hits), accuses=any(hit.negative for hit in hits))
        in_span = starts_at <= row["first_seen_at"] < ends_at
        found.append(Match(row["id"], in_span, rule_id in rules, bool(hits), post))
    return found


def _post(
    row: Record, rules: Sequence[UUID], rule_id: UUID, mine: dict[UUID, Past], merged: dict[UUID, UUID], *, hits: bool,
    accuses: bool,
) -> Post | None:  # fmt: skip
    first_in, now_in = row["first_in"], row["incident_id"]
    home = next((id_ for id_ in (first_in, now_in) if id_ in mine), None)
    attached = home is not None and now_in == home and rule_id not in rules
    if not (hits or attached) or (row["held_out"] and home is None):
        return None
    worded = accuses or any(id_ != rule_id for id_ in row["accusing"] or ())
    judgement = row["person_sentiment"] or row["sentiment"] or ("negative" if worded else "unknown")
    news = row["platform"] == "news"
    negative = judgement == "negative"
    if not negative and not row["media"] and not news:
        return None
    whole = home
    while whole in merged:
        whole = merged[whole]
    return Post(
        id=row["id"], published_at=row["published_at"], hits=hits, negative=negative, media=row["media"], news=news,
        others=tuple(id_ for id_ in rules if id_ != rule_id), home=home,
        elsewhere=now_in if now_in is not None and now_in not in mine else None,
        removed=row["held_out"] or (home is not None and now_in not in (None, home, whole)),
    )  # fmt: skip
