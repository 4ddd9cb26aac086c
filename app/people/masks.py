"""What a caller is shown as it is: with people:unmask people's names, mails and phones, and what is written;
and that is an event."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import Event, PeopleUnmasked, WordsUnmasked
from app.domain.wording import mask_name, mask_text, mask_url
from app.models import Person

UNMASK: Final = "people:unmask"


async def are_lifted(tx: Tx, person_ids: Collection[UUID], *, caller: Caller) -> bool:
    """Whether these people may be shown unmasked. Then they will be, so it is recorded here."""
    if UNMASK not in caller.scopes:
        return False
    if person_ids:
        await record(tx, PeopleUnmasked(person_ids=sorted(person_ids)), caller=caller)
    return True


async def people_of(
    tx: Tx, person_ids: Iterable[UUID | None], *, caller: Caller
) -> Mapping[UUID | None, dict[str, Any]]:
    """The people as answers name them for what they did, by id, with their names as the caller may see them. None is
    nobody, and is passed over."""
    ids = {id_ for id_ in person_ids if id_ is not None}
    if not ids:
        return {}
    rows = (await tx.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))).all()
    lifted = await are_lifted(tx, [row.id for row in rows], caller=caller)
    return {row.id: {"id": row.id, "name": row.name if lifted else mask_name(row.name)} for row in rows}


def _of_incidents(ids: list[UUID]) -> Event:
    return WordsUnmasked(incident_ids=ids)


async def words_of(
    tx: Tx, written: Sequence[tuple[UUID, dict[str, Any]]], *, caller: Caller,
    told: Callable[[list[UUID]], Event] = _of_incidents,
) -> list[dict[str, Any]]:  # fmt: skip
    """What people wrote, each with what it is about, as the caller may see it: members by their names.

    ``told``: the event that says that it was seen unmasked; unless it is given, what it is about are incidents.
    """
    masked = []
    for _, words in written:
        # A long timeline takes a second to mask; others have their turn in between.
        await asyncio.sleep(0)
        masked.append({name: _masked(name, value) for name, value in words.items()})
    if UNMASK not in caller.scopes:
        return masked
    lifted = {about for (about, words), hidden in zip(written, masked, strict=True) if words != hidden}
    if lifted:
        await record(tx, told(sorted(lifted)), caller=caller)
    return [words for _, words in written]


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [mask_text(one) for one in value]
    if value is None:
        return None
    return mask_url(value) if name == "url" else mask_text(value)
