"""What of statements was said in public (方案 二(二)2). It is always put on record, approved or not: what was not is marked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select

from app.core import paging
from app.core.auth import Caller
from app.core.conditional import touch
from app.core.db import Tx
from app.core.errors import naming
from app.core.outbox import record
from app.core.params import PageQuery
from app.domain.events import GradeChanged, StatementChanged, StatementPublished, StatementPublishedUnapproved
from app.domain.statements import lacking, status_after
from app.domain.vocabulary.statements import ApprovalOutcome, ApprovalSlot, StatementAction, StatementStatus
from app.incidents import act_queries, acts
from app.models import Event, Incident, Publication, Statement, StatementApproval, StatementVersion
from app.statements.homes import Home, home_at, homes_of
from app.statements.queries import approval_of, held
from app.statements.states import must_may, named
from app.statements.version_queries import get_version


async def record_publication(
    tx: Tx, statement_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> Publication:
    """The version ``version``, or the newest, was said in public. ``approved`` of the publication: whether that very version
    had, when it happened, all approvals that the grade in force then asked for. A draft that was said is a draft no more.
    IncidentOver where the incident was none of ours or is over."""
    incident, statement = await held(tx, statement_id)
    await must_may(tx, StatementAction.RECORD_PUBLICATION, statement, now=now)
    with naming("/version"):
        version = await get_version(tx, statement.id, fields["version"] or statement.latest_number)
    homes = await homes_of(tx, incident, statement)
    since = min(home.incident.opened_at for home in homes)
    happened_at = acts.told_at(incident, fields["happened_at"], now, since=since)
    missing = await missing_at(tx, homes, statement, version, happened_at)
    first_of_version = not await tx.scalar(select(exists().where(Publication.statement_version_id == version.id)))
    said = {"happened_at": happened_at, "statement_kind": statement.kind, "statement_id": statement.id,
            "statement_version_id": version.id, "approved": not missing}  # fmt: skip
    told = {name: fields[name] for name in ("platform", "url", "title")}
    publication = await acts.record_publication(tx, incident.id, told | said, since=since, caller=caller, now=now)
    first = statement.published_at is None
    _mark(statement, version, happened_at, unapproved=bool(missing), now=now)
    await tx.flush()
    where: dict[str, Any] = {
        "happened_at": happened_at,
        "publication_id": publication.id,
        "platform": publication.platform,
    }
    published = StatementPublished(
        **named(incident, statement, version), **where, approved=not missing, first=first,
        first_of_version=first_of_version,
    )  # fmt: skip
    await record(tx, published, caller=caller)
    if missing:
        marked = StatementPublishedUnapproved(
            **named(incident, statement, version), **where, missing_slots=list(missing)
        )
        await record(tx, marked, caller=caller)
    return publication


def _mark(
    statement: Statement, version: StatementVersion, happened_at: datetime, *, unapproved: bool, now: datetime
) -> None:
    """What the statement is by its being said in public. A version that was said can't be changed any more."""
    if version.submitted_at is None:
        version.submitted_at, version.updated_at = now, now
    statement.published_at = min(happened_at, statement.published_at or happened_at)
    statement.published_unapproved = statement.published_unapproved or unapproved
    status, newest = StatementStatus(statement.status), version.number == statement.latest_number
    statement.status = status_after(StatementAction.RECORD_PUBLICATION, status, newest=newest)
    touch(statement, now)


async def missing_at(
    tx: Tx, homes: Sequence[Home], statement: Statement, version: StatementVersion, at: datetime
) -> tuple[ApprovalSlot, ...]:
    """Which approvals that very version lacked at that instant; empty: it was approved. ``homes``: the incidents it has belonged
    to; the grade that counts is that of where it was then."""
    query = select(StatementApproval).where(StatementApproval.version_id == version.id).order_by(StatementApproval.id)
    rows = (await tx.scalars(query)).all()
    back = [row.at for row in rows if row.outcome == ApprovalOutcome.CHANGES_REQUESTED]
    wrote = select(func.unnest(StatementVersion.author_ids)).where(
        StatementVersion.statement_id == statement.id, StatementVersion.created_at <= at
    )
    later = await _wrote_later(tx, homes, statement, at)
    authors = {id_ for id_ in await tx.scalars(wrote) if f"person:{id_}" not in later}
    involved = authors | ({statement.creator_id} if statement.creator_id else set())
    return lacking(
        [approval_of(row) for row in rows if row.outcome == ApprovalOutcome.APPROVED], involved,
        major=await _grade_at(tx, home_at(homes, at), at) == "major", at=at, changes_requested_at=min(back, default=None),
        withdrawn_at=statement.withdrawn_at,
    )  # fmt: skip


async def _wrote_later(tx: Tx, homes: Sequence[Home], statement: Statement, at: datetime) -> set[str]:
    """Who had their first hand in the statement after an instant, as the timelines name them. Of a draft's authors
    it is not kept when each came to it."""
    query = select(Event.actor).where(
        Event.incident_id.in_([home.incident.id for home in homes]), Event.type == StatementChanged.type,
        Event.data["statement_id"].astext == str(statement.id),
    )  # fmt: skip
    return set(await tx.scalars(query.group_by(Event.actor).having(func.min(Event.at) > at)))


async def _grade_at(tx: Tx, incident: Incident, at: datetime) -> str | None:
    """The grade that was in force at an instant, as the timeline tells it: that of the last change by then, or what the first
    one after it changed. Where nothing is told, the one in force."""
    told = select(Event.data).where(Event.incident_id == incident.id, Event.type == GradeChanged.type)
    before = await tx.scalar(told.where(Event.at <= at).order_by(Event.seq.desc()).limit(1))
    if before is not None:
        return before["to"]  # type: ignore[no-any-return]
    after = await tx.scalar(told.where(Event.at > at).order_by(Event.seq).limit(1))
    return after["from"] if after is not None else incident.grade


async def list_publications(tx: Tx, statement: Statement, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """Where and when a statement was said in public, the last recorded first."""
    rows = select(Publication).where(Publication.statement_id == statement.id)
    bound = ["statement publications", statement.id]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Publication.id < UUID(after[0]))
    found = (await tx.scalars(rows.order_by(Publication.id.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda publication: [publication.id])
    return page | {"data": await act_queries.shown(tx, page["data"], caller=caller)}
