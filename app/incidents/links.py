"""Acknowledging by a signed link from a chat card 接警链接: looked at as often as anybody likes, used once, by the person it was
made for.

Whoever has the address could press the button, so the person's phone stands behind it: its last four digits are asked for,
and five wrong tries end the link. Using one holds the incident, as every act does: of two at once one wins.
"""

import hmac
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from app.core.auth import Caller, PersonRef
from app.core.db import Tx
from app.core.errors import Conflict
from app.core.links import Links
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.lifecycle import ENDED
from app.incidents import acts
from app.incidents.act_queries import origin_platform
from app.incidents.queries import get_incident
from app.incidents.team import fresh_due, new_link
from app.incidents.team_queries import member_who_is
from app.models import Acknowledgement, AcknowledgementLink, Incident, IncidentMember, Person
from app.models.team import MOST_WRONG_TRIES
from app.people.persons import active_person
from app.people.tokens import MachineKeyNeeded


class LinksNotSetUp(Conflict):
    """Nobody has said where people's phones reach the service."""

    code, title = "links_not_set_up", ("There are no links here", "未配置接警链接")


class Verdict(Enum):
    """What a link is good for just now."""

    GOOD = "good"
    UNKNOWN = "unknown"
    NOT_YOURS = "not yours"
    USED = "used"
    SPENT = "spent"
    EXPIRED = "expired"
    INACTIVE = "inactive"
    OVER = "over"
    LEFT = "left"
    ANSWERED = "answered"
    WRONG = "wrong"
    NOT_DIGITS = "not digits"


@dataclass(frozen=True, slots=True)
class Opened:
    """A link as it was found, and when. What it is about is shown only where it exists."""

    verdict: Verdict
    seen_at: datetime
    link: AcknowledgementLink | None = None
    incident: Incident | None = None
    person: Person | None = None
    # By when the person is to acknowledge, as far as that is known.
    due_at: datetime | None = None
    # The platform on which the incident began 首发平台.
    origin: str | None = None

    @property
    def digits(self) -> str | None:
        """The last four of the person's phone; None where they have none."""
        number = (self.person.phone or "").partition(";")[0] if self.person else ""
        digits = re.sub(r"\D", "", number)
        return digits[-4:] if len(digits) >= 4 else None

    @property
    def tries_left(self) -> int | None:
        """How many wrong tries it still bears; None while there was none."""
        wrong = self.link.wrong_tries if self.link else 0
        return MOST_WRONG_TRIES - wrong if wrong else None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who else the request says that it comes from, by an Authorization header: only the link's own person may."""

    person_id: UUID | None


async def look(tx: Tx, link_id: UUID | None, bearer: Bearer | None, *, now: datetime) -> Opened:
    """The link, and whether it could be used. Nothing is changed: chats open every address they are shown."""
    link = await tx.get(AcknowledgementLink, link_id) if link_id else None
    return await _judged(tx, link, bearer, now) if link else Opened(Verdict.UNKNOWN, now)


async def use_link(tx: Tx, link_id: UUID | None, digits: str, bearer: Bearer | None, *, now: datetime) -> Opened:
    """Acknowledges as the link's person, once; ``digits`` are the last four of their phone, where they have one."""
    known = await tx.get(AcknowledgementLink, link_id) if link_id else None
    if known is None:
        return Opened(Verdict.UNKNOWN, now)
    await get_incident(tx, known.incident_id, lock=True)
    link = await tx.get(AcknowledgementLink, link_id, populate_existing=True, with_for_update=True)
    assert link is not None, "links are never deleted"
    opened = await _judged(tx, link, bearer, now)
    if opened.verdict is not Verdict.GOOD:
        return opened
    assert opened.person is not None, "a good link is somebody's"
    if opened.digits is not None:
        typed = _typed(digits)
        if typed is None:
            return replace(opened, verdict=Verdict.NOT_DIGITS)
        if not hmac.compare_digest(typed, opened.digits):
            link.wrong_tries += 1
            await _note(tx, link, "wrong_digits", _as(link))
            return replace(opened, verdict=Verdict.WRONG if opened.tries_left else Verdict.SPENT)
    link.used_at = now
    fields: dict[str, Any] = {"happened_at": None, "note": ""}
    await acts.acknowledge(tx, link.incident_id, fields, caller=_as(link, opened.person), now=now)
    return opened


def _typed(text: str) -> str | None:
    """The four digits somebody typed, be they full-width ones; None where they are none, which is no try: a finger slips,
    and a program that knows no form must not use a person's link up."""
    digits = unicodedata.normalize("NFKC", text).strip()
    return digits if re.fullmatch("[0-9]{4}", digits) else None


async def create_link(
    tx: Tx, incident_id: UUID, person_id: UUID, *, links: Links, caller: Caller, now: datetime
) -> dict[str, Any]:
    """A link for somebody, and this once its address: for machines that reach people in ways of their own.

    MachineKeyNeeded for people: they acknowledge for themselves, and for nobody else.
    """
    if caller.person is not None:
        raise MachineKeyNeeded("A person can't make links for others; use a machine's key with the scope 'people:act'.")
    incident = await get_incident(tx, incident_id, lock=True)
    if incident.status in ENDED:
        raise acts.IncidentOver(f"The incident {incident.number} is {incident.status}: nobody is called for it.")
    person = await active_person(tx, person_id)
    member = await member_who_is(tx, incident.id, person.id)
    due_at = member.due_at if member else await fresh_due(tx, incident)
    link = new_link(incident.id, person.id, member, due_at, now)
    url = links.url(link.id)
    if url is None:
        raise LinksNotSetUp("Nobody has said where phones reach this service: its operator sets FENGHUO_PUBLIC_URL.")
    tx.add(link)
    await _note(tx, link, "created", caller)
    return {"id": link.id, "person_id": person.id, "url": url, "expires_at": link.expires_at}


async def _judged(tx: Tx, link: AcknowledgementLink, bearer: Bearer | None, now: datetime) -> Opened:
    incident, person = await tx.get(Incident, link.incident_id), await tx.get(Person, link.person_id)
    assert incident is not None, "links cite incidents that exist: a foreign key"
    assert person is not None, "links cite people who exist: a foreign key"
    verdict = await _verdict(tx, link, incident, person, bearer, now)
    if now >= link.expires_at:
        # Whoever finds the address in a chat of last year is told of nothing, used or not.
        return Opened(verdict, now, link, None, person)
    member = await member_who_is(tx, incident.id, person.id)
    origin = await origin_platform(tx, incident.id)
    return Opened(verdict, now, link, incident, person, member.due_at if member else None, origin)


async def _verdict(
    tx: Tx, link: AcknowledgementLink, incident: Incident, person: Person, bearer: Bearer | None, now: datetime
) -> Verdict:
    member = await tx.get(IncidentMember, link.member_id) if link.member_id else None
    found = [
        verdict
        for verdict, holds in (
            (Verdict.NOT_YOURS, bearer is not None and bearer.person_id != person.id),
            (Verdict.USED, link.used_at is not None),
            (Verdict.SPENT, link.wrong_tries >= MOST_WRONG_TRIES),
            (Verdict.EXPIRED, now >= link.expires_at),
            (Verdict.INACTIVE, not person.active),
            (Verdict.OVER, incident.status in ENDED),
            (Verdict.LEFT, member is not None and member.left_at is not None),
        )
        if holds
    ]
    if found:
        return found[0]
    answered = select(
        exists().where(
            Acknowledgement.incident_id == incident.id, Acknowledgement.person_id == person.id,
            Acknowledgement.recorded_at >= link.created_at,
        )
    )  # fmt: skip
    return Verdict.ANSWERED if await tx.scalar(answered) else Verdict.GOOD


def _as(link: AcknowledgementLink, person: Person | None = None) -> Caller:
    """The person, by their link: it may acknowledge and nothing else. Or whoever it is that holds it."""
    who = PersonRef(person.id, person.name) if person else None
    return Caller("link", str(link.id), "acknowledgement link", frozenset(), who)


async def _note(tx: Tx, link: AcknowledgementLink, action: str, caller: Caller) -> None:
    event = Changed(subject="acknowledgement_link", subject_id=str(link.id), action=action, fields=[])
    await record(tx, event, caller=caller)
