"""A grading policy on history: the real incidents with the mentions that they have, graded by its rules (R72).

It goes further than a policy's simulation, which asks today's buckets: what was received late, and what was loaded from the
past, raises no grade here either.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from app.core.db import Tx
from app.domain.grading import Policy
from app.domain.spread import minute_of
from app.metrics.replay_cases import Case
from app.metrics.replay_rules import Past, Post, stream

NOBODYS: Final = UUID(int=0)
"""Where an incident has no watch rule: a person opened it, or split it off."""
_INCIDENTS: Final = """
select id, rule_id, number, opened_at, policy_id, harm_class, harm_by_person, media_follow_up, media_by_person, auto_grade
from incidents where not is_drill and drill_id is null and status <> 'merged' and opened_at >= $1 and opened_at < $2
order by opened_at, id"""
_MEMBERS: Final = """
select s.mention_id as id, coalesce(s.person_published_at, s.published_at) as published_at
from mention_states s where s.incident_id = $1
  and coalesce(s.person_sentiment, s.sentiment, case when s.worded_negative then 'negative' end) = 'negative'
order by s.mention_id"""


async def read_incidents(tx: Tx, starts_at: object, ends_at: object) -> list[Record]:
    """The real incidents that were opened in the span; of merged ones the whole."""
    return await (await tx.driver()).fetch(_INCIDENTS, starts_at, ends_at)  # type: ignore[no-any-return]


async def read_members(tx: Tx, incident_id: UUID) -> list[Post]:
    """Whose spread it counts."""
    return [
        Post(
            row["id"], row["published_at"], hits=True, negative=True, media=False, news=False, others=(),
            home=incident_id, elsewhere=None, removed=False,
        )
        for row in await (await tx.driver()).fetch(_MEMBERS, incident_id)
    ]  # fmt: skip


def past_of(row: Record) -> Past:
    """The incident as a replay knows it."""
    return Past(
        row["id"], row["rule_id"] or NOBODYS, row["number"], row["opened_at"], (), row["policy_id"], row["harm_class"],
        row["harm_by_person"], row["media_follow_up"], row["media_by_person"],
    )  # fmt: skip


def play(past: Past, posts: Sequence[Post], policy: Policy) -> Case:
    """The incident under a policy, with the class of harm and the media follow-up that it has. Blocking."""
    case = Case(past.policy_id, policy, past.opened_at, harm=past.harm, media=past.media)
    # Harm and media alone may make a grade, without any spread.
    case.unsettled = True
    last = past.opened_at
    for at, post, received in stream(posts, {past.id: past}):
        if minute_of(at) != minute_of(last):
            case.settle(last)
        last = at
        if received is None:
            case.join(
                post.id, post.published_at, [each for each in post.received if each.at <= at] or post.received[:1]
            )
        else:
            case.read(post.id, received)
    case.settle(last)
    return case
