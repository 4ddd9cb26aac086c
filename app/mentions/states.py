"""The narrow row that changes with each reading: one place that knows its columns, locks it and writes it.

Whoever changes a mention's state holds its row lock, and takes it before any incident's: mentions in the order of
their ids, then incidents in the order of theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import asyncpg

from app.core.errors import Unavailable
from app.domain.spread import Tally

_TYPES = {
    "mention_id": "uuid", "incident_id": "uuid", "version": "int", "rules_version": "bigint",
    "worded_negative": "bool", "hit": "bool", "media": "bool", "alerted": "bool", "raised": "int",
    "held_out": "bool", "sentiment": "text", "sentiment_at": "timestamptz",
    "person_sentiment": "text", "text_at": "timestamptz", "title_at": "timestamptz", "published_at": "timestamptz",
    "person_published_at": "timestamptz", "last_at": "timestamptz", "reposts": "bigint", "comments": "bigint",
    "likes": "bigint", "views": "bigint",
}  # fmt: skip
_COLUMNS = ", ".join(_TYPES)
_READ = f"select {_COLUMNS} from mention_states where mention_id = any($1::uuid[]) order by mention_id"
_LOCK = f"{_READ} for no key update"
_GIVEN = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(_TYPES.values(), 1))
_UPDATE = f"""
update mention_states s set {", ".join(f"{name} = t.{name}" for name in list(_TYPES)[1:])}
from unnest({_GIVEN}) as t({_COLUMNS}) where s.mention_id = t.mention_id"""


class Overtaken(Unavailable):
    """Another transaction was first with the same mention or incident: this one rolls back and starts again."""

    code = "overtaken"
    # Serialization failure: whoever runs transactions again runs this one again.
    sqlstate = "40001"


@dataclass(slots=True)
class State:
    """A mention's state in memory; the fields are the columns."""

    mention_id: UUID
    incident_id: UUID | None = None
    version: int = 1
    rules_version: int = 0
    worded_negative: bool = False
    hit: bool = False
    media: bool = False
    alerted: bool = False
    raised: int = 0
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
    def judgement(self) -> str:
        """How it speaks of us as far as anybody has said, else "unknown"."""
        return self.person_sentiment or self.sentiment or ("negative" if self.worded_negative else "unknown")

    @property
    def negative(self) -> bool:
        """The judgement that counts: a person's, else the sender's, else that of the negative words."""
        return self.judgement == "negative"

    @property
    def posted_at(self) -> datetime | None:
        """When it was posted, as far as anybody has said; a person's word wins."""
        return self.person_published_at or self.published_at

    @property
    def counts(self) -> bool:
        """Whether its spread is counted: only negative mentions of an incident are."""
        return self.incident_id is not None and self.negative

    @property
    def spread(self) -> int:
        """传播量, of the greatest counts read."""
        return (self.reposts or 0) + (self.comments or 0) + (self.likes or 0)

    def tally(self) -> Tally:
        """What is needed to take the next reading in constant time."""
        return Tally(self.last_at, self.reposts, self.comments, self.likes)

    def keep(self, tally: Tally) -> None:
        """Takes the tally back after readings were added to it."""
        self.last_at, self.reposts, self.comments, self.likes = (
            tally.last_at, tally.reposts, tally.comments, tally.likes,
        )  # fmt: skip


_NAMES = tuple(field.name for field in fields(State))
_values = attrgetter(*_NAMES)
assert tuple(_TYPES) == _NAMES, "the columns are written in the order of the fields"


async def lock_states(driver: asyncpg.Connection, mention_ids: Iterable[UUID]) -> dict[UUID, State]:
    """The states that exist, locked and as they are now."""
    rows = await driver.fetch(_LOCK, list(mention_ids))
    return {row["mention_id"]: State(*row) for row in rows}


async def read_states(driver: asyncpg.Connection, mention_ids: Iterable[UUID]) -> dict[UUID, State]:
    """The states that exist, for those who only look: they may change at any moment."""
    rows = await driver.fetch(_READ, list(mention_ids))
    return {row["mention_id"]: State(*row) for row in rows}


async def insert_states(driver: asyncpg.Connection, states: Sequence[State], *, drill_id: UUID | None = None) -> None:
    """Writes the states of new mentions, in the order given: by id. Overtaken when another transaction wrote one of
    them first; this transaction is at its end then. ``drill_id``: the run that all of them are of."""
    if not states:
        return
    names, records = _NAMES, list(map(_values, states))
    if drill_id is not None:
        names, records = (*_NAMES, "drill_id"), [(*values, drill_id) for values in records]
    try:
        await driver.copy_records_to_table("mention_states", columns=names, records=records)
    except asyncpg.UniqueViolationError:
        raise Overtaken("another worker counted one of these mentions first") from None


async def update_states(driver: asyncpg.Connection, states: Sequence[State]) -> None:
    """Writes states whose rows are locked."""
    if states:
        await driver.execute(_UPDATE, *_by_column(states))


def _by_column(states: Sequence[State]) -> list[list[object]]:
    return list(map(list, zip(*map(_values, states), strict=True)))
