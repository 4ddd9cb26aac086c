"""Searching what people wrote 检索: kept when it is written, found by ``?q=``. The rules are :mod:`app.domain.bigrams`.

Kept is what everybody may see: phones, mails, identity cards and @names are masked before, so that nobody finds out by
searching what they may not read. Whoever may unmask reads such data, and doesn't search by it either.

A thing of an incident takes two lines: ``await keep(tx, words_of_it)`` in the verb that writes it, and
``rows.where(*matching(q, Task.id, kind="task"))`` in its list. Its incident is then found by its words too.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, Field
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from app.core.bodies import Visible
from app.core.db import Tx
from app.domain.bigrams import MOST_TERMS, grams, needles, searchable, terms
from app.domain.wording import mask_text
from app.models import SearchEntry

Kind = Literal["incident", "task", "note", "statement"]


def _askable(question: str) -> str:
    terms(question)
    return question


Question = Annotated[
    Annotated[Visible, AfterValidator(_askable)] | None,
    Field(min_length=1, max_length=100, description=(
        f"Words to find 检索, {MOST_TERMS} at most, all of them: one character is enough, and case, width and "
        "traditional characters make no difference. People's data is masked before it is searched, so a phone number "
        "finds nothing."
    )),
]  # fmt: skip
"""The type of a list's parameter ``q``."""


class Kept(NamedTuple):
    """What of one thing is searched. Without an incident it is one."""

    kind: Kind
    id: UUID
    words: Sequence[str]
    incident_id: UUID | None = None


async def keep(tx: Tx, *things: Kept) -> None:
    """Keeps the words of these things, in place of what was kept of them. Their incidents must be stored."""
    if not things:
        return
    rows = []
    for thing in things:
        plain = searchable(map(mask_text, thing.words))
        rows.append(
            {"kind": thing.kind, "subject_id": thing.id, "incident_id": thing.incident_id or thing.id, "plain": plain,
             "grams": grams(plain)}
        )  # fmt: skip
    new = insert(SearchEntry).values(rows)
    changed = {"incident_id": new.excluded.incident_id, "plain": new.excluded.plain, "grams": new.excluded.grams}
    await tx.execute(new.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=changed))


def matching(
    question: str | None, column: InstrumentedAttribute[UUID], *, kind: Kind | None = None
) -> list[ColumnElement[bool]]:
    """Conditions on rows whose things of one kind hold all words of the question; ``column`` is the things' id.

    Without a kind it is an incident's: the words may then stand in anything that belongs to it, each in another thing.
    """
    return [] if question is None else [column.in_(_found(term, kind)) for term in terms(question)]


def _found(term: str, kind: Kind | None) -> Select[UUID]:
    rows = select(SearchEntry.incident_id if kind is None else SearchEntry.subject_id)
    rows = rows.where(SearchEntry.grams.contains(needles(term)))
    if len(term) > 2:
        rows = rows.where(SearchEntry.plain.contains(term, autoescape=True))
    return rows if kind is None else rows.where(SearchEntry.kind == kind)
