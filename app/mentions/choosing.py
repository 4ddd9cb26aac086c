"""Which mentions of an incident a split takes: those a person named, those of a kind, or one story's copies.

Conditions on columns are the database's business. Words are compared here, in portions, because people's spellings of
a word are only known here; other requests have their turn in between. Who may not unmask chooses by what they may see:
otherwise a hidden phone could be found by trying.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Forbidden, Invalid
from app.domain.events import Event, WordsUnmasked
from app.domain.likeness import Representative
from app.domain.spelling import normalise, normalise_word, squeeze
from app.domain.wording import mask_text
from app.mentions.queries import SENTIMENT, State
from app.mentions.split_schemas import IncidentSplit, SplitFilter
from app.models import Hit, Mention
from app.people.masks import UNMASK

MOST_MOVED = 20_000
"""Mentions of one split: so many are moved in a few seconds, while their readings wait."""
MOST_READ = 50_000
"""Texts that are searched for words: about 20,000 a second; half as many where they are masked first."""
MOST_COMPARED = 20_000
"""Texts that are compared with the one that stands for a cluster."""
PORTION = 500
BREATH = 20_000
"""Characters compared between two statements of others, as many as the longest post has."""

_TEXTS = "select id, title, text from mentions where id = any($1::uuid[]) order by id"

Says = Callable[[str], bool]
Seen = Callable[[str], str]


class TooManyMentions(Conflict):
    """A split takes, and searches, so many mentions and no more."""

    code = "too_many_mentions"


class NothingToSplit(Conflict):
    """A split leaves mentions on both sides."""

    code = "nothing_to_split"


async def choose(tx: Tx, incident_id: UUID, asked: IncidentSplit, *, caller: Caller) -> list[UUID]:
    """The mentions in the order of their ids. Another transaction may move one before they are locked."""
    if asked.mention_ids is not None:
        return await _named(tx, incident_id, asked.mention_ids)
    seen = str if UNMASK in caller.scopes else mask_text
    if asked.cluster is not None:
        says = await _like(tx, incident_id, asked.cluster, seen)
        found = await _saying(tx, _members(incident_id), says, MOST_COMPARED, seen)
    elif asked.filter is not None:
        found = await _of_kind(tx, incident_id, asked.filter, seen, caller=caller)
    if not found:
        raise NothingToSplit("No mention of the incident is so; nothing would be split off.")
    if len(found) > MOST_MOVED:
        raise TooManyMentions(
            f"More than {MOST_MOVED:,} mentions are so, and one split takes {MOST_MOVED:,} at most. Narrow it down, for "
            "example to a span of time; split the rest off next, and merge the parts."
        )
    return found


async def _of_kind(tx: Tx, incident_id: UUID, wanted: SplitFilter, seen: Seen, *, caller: Caller) -> list[UUID]:
    if wanted.author is not None and UNMASK not in caller.scopes:
        detail = f"authors are hidden from you: to choose by one needs the scope {UNMASK!r}"
        raise Forbidden(f"/filter/author: {detail}.", errors=[FieldError("/filter/author", detail, "scope_needed")])
    rows = _members(incident_id).where(*_conditions(wanted))
    if wanted.text is None:
        return await _ids(tx, rows, MOST_MOVED)
    return await _saying(tx, rows, _containing(wanted.text), MOST_READ, seen)


def looked_behind(incident_id: UUID, asked: IncidentSplit, *, caller: Caller) -> list[Event]:
    """What is to be recorded of a choice by what only some may see. The caller does so last: a transaction with an event
    holds all later ones back."""
    words = (asked.filter.author, asked.filter.text) if asked.filter else (asked.cluster,)
    return [WordsUnmasked(incident_ids=[incident_id])] if any(words) and UNMASK in caller.scopes else []


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


async def _like(tx: Tx, incident_id: UUID, mention_id: UUID, seen: Seen) -> Says:
    """What the named mention says. The brand's words, which all of them say, are no likeness."""
    members = _members(incident_id).with_only_columns(Mention.title, Mention.text)
    row = (await tx.execute(members.where(State.mention_id == mention_id))).one_or_none()
    if row is None:
        raise not_in_it("/cluster", mention_id)
    spans = await tx.scalars(select(Hit.spans).where(Hit.mention_id == mention_id))
    brands = {span["word"] for found in spans for span in found if span["role"] == "brand"}
    return Representative(_words(row.title and seen(row.title), seen(row.text)), brands).is_like


async def _saying(tx: Tx, rows: Select[UUID], says: Says, most: int, seen: Seen) -> list[UUID]:
    """Those of the mentions whose title and text say it, both as they are ``seen``."""
    ids = await _ids(tx, rows, most)
    if len(ids) > most:
        raise TooManyMentions(
            f"More than {most:,} texts would have to be compared. Choose by a filter that leaves fewer of them, for "
            "example of a platform or a span of time, or name the mentions."
        )
    found: list[UUID] = []
    read = 0
    async for mention_id, text in _texts(tx, ids, seen):
        read += len(text)
        if read >= BREATH:
            read = 0
            await asyncio.sleep(0)
        if says(text):
            found.append(mention_id)
    return found


async def _ids(tx: Tx, rows: Select[UUID], most: int) -> list[UUID]:
    return list(await tx.scalars(rows.order_by(State.mention_id).limit(most + 1)))


async def _texts(tx: Tx, ids: list[UUID], seen: Seen) -> AsyncIterator[tuple[UUID, str]]:
    driver = await tx.driver()
    for start in range(0, len(ids), PORTION):
        for mention_id, title, text in await driver.fetch(_TEXTS, ids[start : start + PORTION]):
            yield mention_id, _words(title and seen(title), seen(text))


def _words(title: str | None, text: str) -> str:
    return f"{title}\n{text}" if title else text
