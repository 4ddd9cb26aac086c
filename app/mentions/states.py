"""The narrow row that changes with each reading: one place that knows its columns, locks it and writes it.

Whoever changes a mention's state holds its row lock, and takes it before any incident's: mentions in the order of
their ids, then incidents in the order of theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import asyncpg

from app.domain.spread import Tally

_LOCK = "select * from mention_states where mention_id = any($1::uuid[]) order by mention_id for no key update"
_TYPES = {
    "mention_id": "uuid", "incident_id": "uuid", "rules_version": "bigint", "worded_negative": "bool", "hit": "bool",
    "media": "bool", "alerted": "bool", "held_out": "bool", "sentiment": "text", "sentiment_at": "timestamptz",
    "person_sentiment": "text", "text_at": "timestamptz", "title_at": "timestamptz", "published_at": "timestamptz",
    "person_published_at": "timestamptz", "last_at": "timestamptz", "reposts": "bigint", "comments": "bigint",
    "likes": "bigint", "views": "bigint",
}  # fmt: skip
_COLUMNS = ", ".join(_TYPES)
_GIVEN = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(_TYPES.values(), 1))
_INSERT = f"""
insert into mention_states({_COLUMNS}) select * from unnest({_GIVEN}) as t({_COLUMNS}) order by mention_id
on conflict (mention_id) do nothing returning mention_id"""
_UPDATE = f"""
update mention_states s set {", ".join(f"{name} = t.{name}" for name in list(_TYPES)[1:])}
from unnest({_GIVEN}) as t({_COLUMNS}) where s.mention_id = t.mention_id"""


class Overtaken(Exception):
    """Another transaction was first with the same mention or incident: this one rolls back and starts again."""

    sqlstate = "40001"


@dataclass(slots=True)
class State:
    """A mention's state in memory; the fields are the columns."""

    mention_id: UUID
    incident_id: UUID | None = None
    rules_version: int = 0
    worded_negative: bool = False
    hit: bool = False
    media: bool = False
    alerted: bool = False
    held_out: bool = False
    sentiment: str | None = None
    sentiment_at: datetime | None = None
    person_sentiment: str | None = None
    text_at: datetime | None = None
    title_at: datetime | None = None
    published_at: datetime | None = None
    person_published_at: datetime | None = None
    last_at: datetime | None = None
    reposts: int | None = None
    comments: int | None = None
    likes: int | None = None
    views: int | None = None

    @property
    def negative(self) -> bool:
        """The judgement that counts: a person's, else the sender's, else that of the negative words."""
        judged = self.person_sentiment or self.sentiment
        return judged == "negative" if judged else self.worded_negative

    @property
    def posted_at(self) -> datetime | None:
        """When it was posted, as far as anybody has said; a person's word wins."""
        return self.person_published_at or self.published_at

    @property
    def counts(self) -> bool:
        """Whether its spread is counted: only negative mentions of an incident are."""
        return self.incident_id is not None and self.negative

    def tally(self) -> Tally:
        """What is needed to take the next reading in constant time."""
        return Tally(self.last_at, self.reposts, self.comments, self.likes)

    def keep(self, tally: Tally) -> None:
        """Takes the tally back after readings were added to it."""
        self.last_at, self.reposts, self.comments, self.likes = (
            tally.last_at, tally.reposts, tally.comments, tally.likes,
        )  # fmt: skip


_NAMES = tuple(field.name for field in fields(State))
assert tuple(_TYPES) == _NAMES, "the columns are written in the order of the fields"


async def lock_states(driver: asyncpg.Connection, mention_ids: Iterable[UUID]) -> dict[UUID, State]:
    """The states that exist, locked and as they are now."""
    rows = await driver.fetch(_LOCK, list(mention_ids))
    return {row["mention_id"]: State(*[row[name] for name in _NAMES]) for row in rows}


async def insert_states(driver: asyncpg.Connection, states: Sequence[State]) -> None:
    """Writes the states of new mentions. Overtaken when another transaction wrote one of them first."""
    if states and len(await driver.fetch(_INSERT, *_by_column(states))) < len(states):
        raise Overtaken("another worker counted one of these mentions first")


async def update_states(driver: asyncpg.Connection, states: Sequence[State]) -> None:
    """Writes states whose rows are locked."""
    if states:
        await driver.execute(_UPDATE, *_by_column(states))


def _by_column(states: Sequence[State]) -> list[list[object]]:
    return [[getattr(state, name) for state in states] for name in _NAMES]
