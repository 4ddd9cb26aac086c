"""Which mentions of an incident a split takes: those a person named, those of a kind, or one story's copies.

Conditions on columns are the database's business. Words are compared here, because people's spellings of a word are
only known here. That takes up to two seconds, so it is done in two steps: :func:`look` reads the texts in a transaction
that ends with it, and :func:`choose` compares them aside, where neither a transaction nor the loop waits.

Who may not unmask chooses by what they may see: otherwise a hidden phone could be found by trying.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.core.aside import aside
from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Forbidden, Invalid
from app.domain.events import Event, WordsUnmasked
from app.domain.likeness import Representative
from app.domain.spelling import normalise, normalise_word, squeeze
from app.domain.wording import mask_text
from app.incidents.queries import get_incident
from app.mentions.queries import SENTIMENT, State
from app.mentions.split_schemas import IncidentSplit, SplitFilter
from app.models import Hit, Mention
from app.people.masks import UNMASK

MOST_MOVED = 20_000
"""Mentions of one split: so many are moved in a few seconds, while their readings wait."""
MOST_READ = 50_000
"""Texts that are searched for words: about 20,000 a second."""
MOST_READ_BYTES = 30_000_000
"""How long they may be together in UTF-8: ten million Han characters, 200 each."""
MOST_COMPARED = 20_000
"""Texts that are compared with the one that stands for a cluster."""
MOST_COMPARED_BYTES = 9_000_000
"""How long they may be together: three million Han characters, 150 each."""
PORTION = 500
PORTION_BYTES = 1_000_000

_NARROW: Final = (
    "Choose by a filter that leaves fewer of them, for example of a platform or a span of time, or name the mentions."
)
# Asks the length alone: a long text is not read for it.
_SIZE: Final = func.octet_length(Mention.text) + func.coalesce(func.octet_length(Mention.title), 0)
_TEXTS = "select id, title, text from mentions where id = any($1::uuid[]) order by id"

Says = Callable[[str], bool]
Seen = Callable[[str], str]


class TooManyMentions(Conflict):
    """A split takes, and searches, so many mentions and no more."""

    code = "too_many_mentions"


class NothingToSplit(Conflict):
    """A split leaves mentions on both sides."""

    code = "nothing_to_split"


class Found(NamedTuple):
    """What a choice is among: the mentions by id with their texts, and what a text must say, as it is ``seen``; or those
    chosen already."""

    texts: dict[UUID, str]
    says: Says | None = None
    seen: Seen = str


async def look(tx: Tx, incident_id: UUID, asked: IncidentSplit, *, expected: Expected = ANY, caller: Caller) -> Found:
    """Reads what the choice is among; nothing is compared yet, and nothing locked."""
    expected.meet((await get_incident(tx, incident_id)).version)
    rows, seen = _members(incident_id), str if UNMASK in caller.scopes else mask_text
    if asked.mention_ids is not None:
        return Found(dict.fromkeys(await _named(tx, incident_id, asked.mention_ids), ""))
    if asked.cluster is not None:
        says = await _like(tx, incident_id, asked.cluster, seen)
        return Found(await _texts(tx, rows, MOST_COMPARED, MOST_COMPARED_BYTES), says, seen)
    if asked.filter is not None:
        _must_see(asked.filter, caller)
        rows = rows.where(*_conditions(asked.filter))
        if asked.filter.text is not None:
            return Found(await _texts(tx, rows, MOST_READ, MOST_READ_BYTES), _containing(asked.filter.text), seen)
    ids = await tx.scalars(rows.order_by(State.mention_id).limit(MOST_MOVED + 1))
    return Found(dict.fromkeys(ids, ""))


async def choose(found: Found) -> list[UUID]:
    """The mentions in the order of their ids. Another transaction may move one before they are locked."""
    chosen = list(found.texts) if found.says is None else await aside(_those, found.texts, found.says, found.seen)
    if not chosen:
        raise NothingToSplit("No mention of the incident is so; nothing would be split off.")
    if len(chosen) > MOST_MOVED:
        raise TooManyMentions(
            f"More than {MOST_MOVED:,} mentions are so, and one split takes {MOST_MOVED:,} at most. Narrow it down, for "
            "example to a span of time; split the rest off next, and merge the parts."
        )
    return chosen


def _those(texts: dict[UUID, str], says: Says, seen: Seen) -> list[UUID]:
    return [mention_id for mention_id, text in texts.items() if says(seen(text))]


def _must_see(wanted: SplitFilter, caller: Caller) -> None:
    if wanted.author is not None and UNMASK not in caller.scopes:
        raise Forbidden.at(
            "/filter/author",
            f"authors are hidden from you: to choose by one needs the scope {UNMASK!r}",
            "scope_needed",
        )


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
    return Representative(seen(_words(row.title, row.text)), brands).is_like


async def _texts(tx: Tx, rows: Select[UUID], most: int, most_bytes: int) -> dict[UUID, str]:
    """Title and text of the mentions, in the order of their ids; how long they are is asked before they are read."""
    sized = rows.add_columns(_SIZE).order_by(State.mention_id).limit(most + 1)
    sizes = {row[0]: row[1] for row in await tx.execute(sized)}
    if len(sizes) > most:
        raise TooManyMentions(f"More than {most:,} texts would have to be compared. {_NARROW}")
    if sum(sizes.values()) > most_bytes:
        raise TooManyMentions(
            f"Texts of more than {most_bytes / 1_000_000:.0f} MB together would have to be compared. {_NARROW}"
        )
    driver = await tx.driver()
    return {
        mention_id: _words(title, text)
        for portion in _portions(sizes)
        for mention_id, title, text in await driver.fetch(_TEXTS, portion)
    }


def _portions(sizes: dict[UUID, int]) -> Iterator[list[UUID]]:
    """As many texts as one answer of the database may hold, lest its reading keep others waiting."""
    portion, size = list[UUID](), 0
    for mention_id, more in sizes.items():
        if portion and (len(portion) >= PORTION or size + more > PORTION_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(mention_id)
        size += more
    if portion:
        yield portion


def _words(title: str | None, text: str) -> str:
    return f"{title}\n{text}" if title else text
