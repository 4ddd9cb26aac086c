"""Affected users 受影响用户: entered, corrected, moved along with their incident, and erased (R50b).

What reaches them is held for a stated purpose and no longer than it must be. Erasing destroys name, contact and note;
the row, its figures and what is left of the claim stay.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import aliased

from app.core.auth import SYSTEM, Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid
from app.core.outbox import record
from app.core.vault import Vault
from app.domain.events import AffectedUsersChanged, Changed
from app.domain.lifecycle import ENDED
from app.domain.retention import CONTACTS_KEPT
from app.domain.vocabulary import ContactKind
from app.domain.wording import mask_text
from app.incidents import acts, guards, holds
from app.incidents.affected_queries import get_user, total_of
from app.incidents.contacts import Contact, contact_in, known, sealed_name, store
from app.incidents.queries import get_incident
from app.incidents.timeline import on_timeline
from app.models import AffectedUser, Incident, Mention
from app.models.base import new_id

AT_ONCE = 200
_PLAIN = ("purpose", "claim", "platform", "mention_id", "note")


class AlreadyEntered(Conflict):
    """Whoever is reached so stands in the incident's list."""

    code, title = "affected_user_known", ("Somebody with this contact is entered already", "该联系方式已登记")


class AlreadyErased(Conflict):
    """There is nothing left that could be changed."""

    code, title = "affected_user_erased", ("Name and contact were erased", "联系方式已删除")


async def add_user(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, vault: Vault, caller: Caller, now: datetime
) -> AffectedUser:
    """Enters somebody. AlreadyEntered where somebody is reached in the same way."""
    incident = await acts.recording(tx, incident_id)
    contact = contact_in(fields["contact_kind"], fields["contact"])
    await _must_be_new(tx, incident_id, contact, vault)
    await _must_exist(tx, fields["mention_id"])
    user = AffectedUser(
        id=new_id(), incident_id=incident_id, created_by=caller.actor, created_at=now, updated_at=now, version=1,
        **{name: fields[name] for name in _PLAIN},
    )  # fmt: skip
    store(user, vault, contact)
    user.name = sealed_name(vault, fields["name"], user)
    async with guards.versioned(tx, incident, now):
        tx.add(user)
    await changed(tx, incident, added=1, caller=caller)
    return user


async def change_user(
    tx: Tx, incident_id: UUID, user_id: UUID, fields: Mapping[str, Any], *, vault: Vault, expected: Expected = ANY,
    caller: Caller, now: datetime,
) -> AffectedUser:  # fmt: skip
    """Corrects what ``fields`` names; AlreadyErased where there is nothing left to correct."""
    await get_incident(tx, incident_id, lock=True)
    user = await get_user(tx, incident_id, user_id)
    expected.meet(user.version)
    if not fields:
        return user
    if user.erased_at is not None:
        raise AlreadyErased("Name and contact were erased, and nothing is added to what is left of it.")
    held = known(user, vault)
    altered = [name for name in _PLAIN if name in fields and fields[name] != getattr(user, name)]
    if "mention_id" in altered:
        await _must_exist(tx, fields["mention_id"])
    for name in altered:
        setattr(user, name, fields[name])
    if "name" in fields and fields["name"] != held.name:
        user.name = sealed_name(vault, fields["name"], user)
        altered.append("name")
    if await _new_contact(tx, user, held.contact, fields, vault):
        altered.append("contact")
    if altered:
        touch(user, now)
        event = Changed(subject="affected_user", subject_id=str(user.id), action="updated", fields=sorted(altered))
        await record(tx, event, caller=caller)
    return user


async def _new_contact(tx: Tx, user: AffectedUser, held: str | None, fields: Mapping[str, Any], vault: Vault) -> bool:
    """Puts another contact into the row, where ``fields`` has one; whether it did."""
    if not {"contact", "contact_kind"} & fields.keys():
        return False
    kind = ContactKind(fields.get("contact_kind", user.contact_kind))
    text = fields.get("contact", held)
    if text is None:
        raise Invalid.at("/contact", "must be given with its kind: what is stored can't be read any more", "missing")
    contact = contact_in(kind, text)
    if (contact.kind, contact.value) == (user.contact_kind, held):
        return False
    await _must_be_new(tx, user.incident_id, contact, vault, but=user.id)
    store(user, vault, contact)
    return True


async def erase_user(
    tx: Tx, incident_id: UUID, user_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> AffectedUser:
    """Destroys what reaches them. Erasing twice changes nothing; UnderLegalHold where it is evidence.

    Their tasks stay theirs, with all that people wrote in them: those words are nobody's to change here, and are masked for
    all who may not see what reaches people.
    """
    incident = await get_incident(tx, incident_id, lock=True)
    user = await get_user(tx, incident_id, user_id)
    expected.meet(user.version)
    if user.erased_at is None:
        await holds.refuse_held(tx, [incident_id], "What reaches an affected user")
        async with guards.versioned(tx, incident, now):
            _erase(user, now)
        await changed(tx, incident, erased=1, caller=caller)
    return user


def _erase(user: AffectedUser, now: datetime) -> None:
    user.name = user.contact = user.contact_hash = None
    # A note is written for whoever calls them; of what they ask for, data like phone numbers go.
    user.note, user.claim, user.mention_id = "", mask_text(user.claim), None
    user.erased_at = now
    touch(user, now)


async def changed(
    tx: Tx, incident: Incident, *, added: int = 0, updated: int = 0, erased: int = 0, caller: Caller
) -> None:
    """Puts on record that the list changed."""
    await tx.flush()
    total = await total_of(tx, incident.id)
    event = AffectedUsersChanged(**on_timeline(incident), added=added, updated=updated, erased=erased, total=total)
    await record(tx, event, caller=caller)


async def move_along(tx: Tx, source: Incident, target: Incident, *, caller: Caller) -> None:
    """With a merge the affected users go into the incident that goes on. Both are locked.

    Who stands there already, or may only be reached there, keeps that entry; the other one stays where it was, and its
    tasks are that entry's from now on: :func:`app.incidents.tasks.move_along`.
    """
    there = aliased(AffectedUser)
    twice = exists().where(there.incident_id == target.id, there.contact_hash == AffectedUser.contact_hash)
    moved = await tx.execute(
        update(AffectedUser).where(AffectedUser.incident_id == source.id, ~twice).values(incident_id=target.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    count: int = moved.rowcount  # type: ignore[attr-defined]
    if count:
        await changed(tx, target, added=count, caller=caller)


async def expiring(tx: Tx) -> Sequence[UUID]:
    """Incidents that ended so long ago that what reaches their affected users must go; some at a time."""
    reachable = exists().where(AffectedUser.incident_id == Incident.id, AffectedUser.erased_at.is_(None))
    query = select(Incident.id).where(
        Incident.status.in_(ENDED), Incident.ended_at <= await tx.now() - CONTACTS_KEPT,
        Incident.id.not_in(holds.reached()), reachable,
    )  # fmt: skip
    return (await tx.scalars(query.order_by(Incident.ended_at).limit(AT_ONCE))).all()


async def expire(tx: Tx, incident_id: UUID) -> int:
    """Erases what reaches the affected users of one of them, if it is still time and no legal hold came; how many."""
    incident, now = await get_incident(tx, incident_id, lock=True), await tx.now()
    if incident.ended_at is None or incident.ended_at > now - CONTACTS_KEPT or await holds.held(tx, [incident_id]):
        return 0
    query = select(AffectedUser).where(AffectedUser.incident_id == incident_id, AffectedUser.erased_at.is_(None))
    users = (await tx.scalars(query.order_by(AffectedUser.id).limit(1_000))).all()
    for user in users:
        _erase(user, now)
    if users:
        await changed(tx, incident, erased=len(users), caller=SYSTEM)
    return len(users)


async def _must_be_new(tx: Tx, incident_id: UUID, contact: Contact, vault: Vault, but: UUID | None = None) -> None:
    same = select(AffectedUser.id).where(
        AffectedUser.incident_id == incident_id, AffectedUser.contact_hash.in_(contact.fingerprints(vault))
    )
    found = await tx.scalar(same)
    if found is not None and found != but:
        raise AlreadyEntered(
            f"/contact: the affected user {found} is reached in the same way; change that one.",
            errors=[FieldError("/contact", "is another affected user's of this incident", "taken")],
            affected_user_id=str(found),
        )


async def _must_exist(tx: Tx, mention_id: UUID | None) -> None:
    if mention_id is not None and await tx.get(Mention, mention_id) is None:
        raise Invalid.at("/mention_id", f"There is no mention {mention_id}.", "not_found")
