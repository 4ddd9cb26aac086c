"""Which mentions of an incident a split takes: those a person named, those of a kind, or one story's copies.

Conditions on columns are the database's business. Words are compared here, in portions, because people's spellings of
a word are only known here; other requests have their turn in between.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid
from app.domain.likeness import Representative
from app.domain.spelling import normalise, normalise_word, squeeze
from app.mentions.queries import SENTIMENT, State
from app.mentions.split_schemas import IncidentSplit, SplitFilter
from app.models import Hit, Mention

MOST_MOVED = 20_000
"""Mentions of one split: so many are moved in a few seconds, while their readings wait."""
MOST_READ = 50_000
"""Texts that are searched for words: about 20,000 a second."""
MOST_COMPARED = 20_000
"""Texts that are compared with the one that stands for a cluster."""
PORTION = 500
BREATH = 20_000
"""Characters compared between two statements of others, as many as the longest post has."""

_TEXTS = "select id, title, text from mentions where id = any($1::uuid[]) order by id"

Says = Callable[[str], bool]


class TooManyMentions(Conflict):
    """A split takes, and searches, so many mentions and no more."""

    code = "too_many_mentions"


class NothingToSplit(Conflict):
    """A split leaves mentions on both sides."""

    code = "nothing_to_split"


async def choose(tx: Tx, incident_id: UUID, asked: IncidentSplit) -> list[UUID]:
    """The mentions in the order of their ids. Another transaction may move one before they are locked."""
    if asked.mention_ids is not None:
        return await _named(tx, incident_id, asked.mention_ids)
    if asked.cluster is not None:
        says = await _like(tx, incident_id, asked.cluster)
        found = await _saying(tx, _members(incident_id), says, MOST_COMPARED)
    elif asked.filter is not None:
        rows = _members(incident_id).where(*_conditions(asked.filter))
        if asked.filter.text is None:
            found = await _ids(tx, rows, MOST_MOVED)
        else:
            found = await _saying(tx, rows, _containing(asked.filter.text), MOST_READ)
    if not found:
        raise NothingToSplit("No mention of the incident is so; nothing would be split off.")
    if len(found) > MOST_MOVED:
        raise TooManyMentions(
            f"More than {MOST_MOVED:,} mentions are so, and one split takes {MOST_MOVED:,} at most. Narrow it down, for "
            "example to a span of time; split the rest off next, and merge the parts."
        )
    return found


def _members(incident_id: UUID) -> Select[UUID]:
    return (
        select(State.mention_id).join(Mention, Mention.id == State.mention_id).where(State.incident_id == incident_id)
    )


async def _named(tx: Tx, incident_id: UUID, mention_ids: Sequence[UUID]) -> list[UUID]:
    query = select(State.mention_id).where(State.mention_id.in_(mention_ids), State.incident_id == incident_id)
    found = set(await tx.scalars(query))
    for place, mention_id in enumerate(mention_ids):
        if mention_id not in found:
            raise not_in_it(f"/mention_ids/{place}", mention_id)
    return sorted(found)


def not_in_it(pointer: str, mention_id: UUID) -> Invalid:
    """The fault of naming a mention that the incident does not hold."""
    detail = f"the mention {mention_id} is not in the incident"
    return Invalid(detail, errors=[FieldError(pointer, detail, "not_in_incident")])


def _conditions(wanted: SplitFilter) -> Iterable[ColumnElement[bool]]:
    published = func.coalesce(State.person_published_at, State.published_at)
    if wanted.platform:
        yield Mention.platform.in_(wanted.platform)
    if wanted.sentiment:
        yield SENTIMENT.in_(wanted.sentiment)
    if wanted.author is not None:
        yield Mention.author == wanted.author
    if wanted.rule_id is not None:
        yield exists().where(Hit.mention_id == State.mention_id, Hit.rule_id == wanted.rule_id)
    spans = (
        (published, wanted.published_after, wanted.published_before),
        (Mention.first_seen_at, wanted.first_seen_after, wanted.first_seen_before),
    )
    for column, after, before in spans:
        if after is not None:
            yield column > after
        if before is not None:
            yield column < before


def _containing(words: str) -> Says:
    """Whether a text holds the words, however they are written: as watch rules compare them."""
    plain = normalise_word(words)
    squeezed = squeeze(plain)

    def says(text: str) -> bool:
        normal = normalise(text)
        return plain in normal or squeezed in squeeze(normal)

    return says


async def _like(tx: Tx, incident_id: UUID, mention_id: UUID) -> Says:
    """What the named mention says. The brand's words, which all of them say, are no likeness."""
    members = _members(incident_id).with_only_columns(Mention.title, Mention.text)
    row = (await tx.execute(members.where(State.mention_id == mention_id))).one_or_none()
    if row is None:
        raise not_in_it("/cluster", mention_id)
    spans = await tx.scalars(select(Hit.spans).where(Hit.mention_id == mention_id))
    brands = {span["word"] for found in spans for span in found if span["role"] == "brand"}
    return Representative(_words(row.title, row.text), brands).is_like


async def _saying(tx: Tx, rows: Select[UUID], says: Says, most: int) -> list[UUID]:
    """Those of the mentions whose title and text say it."""
    ids = await _ids(tx, rows, most)
    if len(ids) > most:
        raise TooManyMentions(
            f"More than {most:,} texts would have to be compared. Choose by a filter that leaves fewer of them, for "
            "example of a platform or a span of time, or name the mentions."
        )
    found: list[UUID] = []
    read = 0
    async for mention_id, text in _texts(tx, ids):
        read += len(text)
        if read >= BREATH:
            read = 0
            await asyncio.sleep(0)
        if says(text):
            found.append(mention_id)
    return found


async def _ids(tx: Tx, rows: Select[UUID], most: int) -> list[UUID]:
    return list(await tx.scalars(rows.order_by(State.mention_id).limit(most + 1)))


async def _texts(tx: Tx, ids: list[UUID]) -> AsyncIterator[tuple[UUID, str]]:
    driver = await tx.driver()
    for start in range(0, len(ids), PORTION):
        for mention_id, title, text in await driver.fetch(_TEXTS, ids[start : start + PORTION]):
            yield mention_id, _words(title, text)


def _words(title: str | None, text: str) -> str:
    return f"{title}\n{text}" if title else text
