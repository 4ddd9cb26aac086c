"""Who an event's people are 收件人: said to receivers of what calls people, at the moment of sending, and stored nowhere.

Events hold ids alone. An endpoint that may know people is told names, phones, mails and the links by which they acknowledge;
any other sees them masked. Each unmasked sending is an event of the audit log.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Database
from app.core.links import Links
from app.core.outbox import record
from app.domain.events import PeopleUnmasked, PersonCalled, TeamChanged
from app.domain.wording import mask_name, mask_phone, mask_text
from app.models import Person

TELLING: Final = frozenset({TeamChanged.type, PersonCalled.type})
"""The types of events whose people are told."""


def asked(data: Mapping[str, Any]) -> dict[str, str]:
    """Who is asked to acknowledge by an event -> by which link; ids as JSON has them."""
    members: Iterable[Mapping[str, Any]] = data.get("members") or ([data] if "link_id" in data else [])
    return {str(one["person_id"]): str(one["link_id"]) for one in members if one.get("link_id")}


def _who(data: Mapping[str, Any]) -> list[str]:
    members = data.get("members") or [data]
    ids = [str(one[name]) for one in members for name in ("person_id", "for_person_id") if one.get(name)]
    return list(dict.fromkeys(ids))


async def named(
    database: Database, told: Sequence[Mapping[str, Any]], *, unmasked: bool, links: Links
) -> list[dict[str, Any]]:
    """The data of events, each with its ``people`` as a receiver may know them."""
    ids = {UUID(id_) for data in told for id_ in _who(data)}
    async with database.transaction() as tx:
        rows = (await tx.scalars(select(Person).where(Person.id.in_(ids)))).all()
    people = {str(row.id): row for row in rows}
    found = []
    for data in told:
        by_link = asked(data) if unmasked else {}
        shown = [
            _shown(people[id_], unmasked=unmasked) | {"acknowledgement_url": _address(by_link.get(id_), links)}
            for id_ in _who(data) if id_ in people
        ]  # fmt: skip
        found.append({**data, "people": shown})
    return found


async def note_unmasked(database: Database, endpoint_id: UUID, told: Sequence[Mapping[str, Any]]) -> None:
    """Puts on record that an endpoint is about to be told who these people are. Nobody is sent this event."""
    ids = sorted({UUID(person["id"]) for data in told for person in data.get("people", ())})
    if ids:
        endpoint = Caller("webhook", str(endpoint_id), "webhook endpoint", frozenset())
        async with database.transaction() as tx:
            await record(tx, PeopleUnmasked(person_ids=ids), caller=endpoint)


def _shown(person: Person, *, unmasked: bool) -> dict[str, Any]:
    if unmasked:
        return {"id": str(person.id), "name": person.name, "phone": person.phone, "email": person.email}
    return {
        "id": str(person.id), "name": mask_name(person.name), "phone": person.phone and mask_phone(person.phone),
        "email": person.email and mask_text(person.email),
    }  # fmt: skip


def _address(link_id: str | None, links: Links) -> str | None:
    return links.url(UUID(link_id)) if link_id else None
