"""Everything that is read of statements, with names and words as the caller may see them, and what may be done about each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.search import matching
from app.domain.statements import Approval, StatementFacts, choices, lacking, needed, needs
from app.domain.vocabulary import Truth
from app.domain.vocabulary.statements import ApprovalOutcome, ApprovalSlot, StatementNeed, StatementStatus
from app.incidents.queries import get_incident
from app.models import FactCheck, Incident, Statement, StatementApproval, StatementVersion
from app.models.base import columns_of
from app.people import approvers
from app.people.masks import people_of, words_of
from app.statements import version_queries
from app.statements.schemas import IncidentStatementQuery, StatementQuery
from app.statements.texts import content_of

_HIDDEN = ("creator_id", "latest_number")


class Case(NamedTuple):
    """Of a statement's incident what decides what may be done about it."""

    number: str
    status: str
    grade: str | None


class Found(NamedTuple):
    """The incident's last fact check: what is known."""

    id: UUID
    truth: Truth


@dataclass(frozen=True, slots=True)
class Standing:
    """How a statement stands: its newest version, and what was said of that."""

    case: Case
    newest: StatementVersion
    # Of the newest version: each slot's approval, and whoever sent it back.
    approved: tuple[StatementApproval, ...]
    changes_requested_at: datetime | None
    # Who had a hand in any version of it.
    involved: frozenset[UUID]
    fact_check: Found | None

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """The approvals of the newest version."""
        return tuple(map(approval_of, self.approved))

    def lacks(self, now: datetime) -> tuple[ApprovalSlot, ...]:
        """Which approvals the newest version lacks for the grade in force."""
        # Who waited for the incident longer has an earlier now than whoever went before them: all that is stored was said.
        at = max([now, *(row.at for row in self.approved)])
        return lacking(
            self.approvals, self.involved, major=self.case.grade == "major", at=at,
            changes_requested_at=self.changes_requested_at,
        )  # fmt: skip

    def missing(self, statement: Statement, now: datetime) -> tuple[StatementNeed, ...]:
        """What the newest version lacks of what its kind asks for."""
        return needs(content_of(statement, self.newest), self.fact_check and self.fact_check.truth, now)

    def facts(self, statement: Statement, now: datetime) -> StatementFacts:
        """What decides what may be done about the statement."""
        return StatementFacts(
            self.case.status, StatementStatus(statement.status), submitted=self.newest.submitted_at is not None,
            changes_requested=self.changes_requested_at is not None, complete=not self.lacks(now),
            missing=self.missing(statement, now),
        )  # fmt: skip


def approval_of(row: StatementApproval) -> Approval:
    """A stored approval as the rules know it."""
    return Approval(ApprovalSlot(row.slot), row.person_id, row.on_behalf_of, row.at)


async def get_statement(tx: Tx, statement_id: UUID, *, lock: bool = False) -> Statement:
    """The statement as it is now; NotFound otherwise. With ``lock`` its incident is locked: nothing of it changes meanwhile."""
    query = select(Statement).where(Statement.id == statement_id).execution_options(populate_existing=True)
    while True:
        statement = (await tx.scalars(query)).one_or_none()
        if statement is None:
            raise NotFound(f"There is no statement {statement_id}.")
        if not lock:
            return statement
        incident_id = statement.incident_id
        await get_incident(tx, incident_id, lock=True)
        # It may have gone along with a merge while we waited.
        if (await tx.scalars(query)).one().incident_id == incident_id:
            return statement


async def held(tx: Tx, statement_id: UUID) -> tuple[Incident, Statement]:
    """The statement and its incident, which is locked."""
    statement = await get_statement(tx, statement_id, lock=True)
    return await get_incident(tx, statement.incident_id), statement


async def standing_of(tx: Tx, statement: Statement) -> Standing:
    """How one statement stands."""
    return (await standings(tx, [statement]))[statement.id]


async def standings(tx: Tx, statements: Sequence[Statement]) -> dict[UUID, Standing]:
    """How each of them stands: five queries, however many they are."""
    if not statements:
        return {}
    await tx.flush()
    ids, incident_ids = [one.id for one in statements], {one.incident_id for one in statements}
    of = select(Incident.id, Incident.number, Incident.status, Incident.grade).where(Incident.id.in_(incident_ids))
    cases = {id_: Case(number, status, grade) for id_, number, status, grade in await tx.execute(of)}
    newest = await _newest(tx, ids)
    involved: dict[UUID, set[UUID]] = {one.id: {one.creator_id} - {None} for one in statements}  # type: ignore[misc]
    wrote = select(StatementVersion.statement_id, StatementVersion.author_ids)
    for id_, author_ids in await tx.execute(wrote.where(StatementVersion.statement_id.in_(ids))):
        involved[id_].update(author_ids)
    said = await _said(tx, [version.id for version in newest.values()])
    known = await fact_checks(tx, incident_ids)
    found = {}
    for one in statements:
        version = newest[one.id]
        words = said.get(version.id, [])
        back = [row.at for row in words if row.outcome == ApprovalOutcome.CHANGES_REQUESTED]
        found[one.id] = Standing(
            cases[one.incident_id], version, tuple(row for row in words if row.outcome == ApprovalOutcome.APPROVED),
            min(back, default=None), frozenset(involved[one.id]), known.get(one.incident_id),
        )  # fmt: skip
    return found


async def _newest(tx: Tx, statement_ids: Sequence[UUID]) -> dict[UUID, StatementVersion]:
    mine = and_(StatementVersion.statement_id == Statement.id, StatementVersion.number == Statement.latest_number)
    query = select(StatementVersion).join(Statement, mine).where(Statement.id.in_(statement_ids))
    return {version.statement_id: version for version in await tx.scalars(query)}


async def _said(tx: Tx, version_ids: Collection[UUID]) -> dict[UUID, list[StatementApproval]]:
    """Version -> what approvers said of it, in order."""
    query = select(StatementApproval).where(StatementApproval.version_id.in_(version_ids))
    found: dict[UUID, list[StatementApproval]] = {}
    for row in await tx.scalars(query.order_by(StatementApproval.id)):
        found.setdefault(row.version_id, []).append(row)
    return found


async def fact_checks(tx: Tx, incident_ids: Collection[UUID]) -> dict[UUID, Found]:
    """Incident -> its last fact check."""
    query = (
        select(FactCheck.incident_id, FactCheck.id, FactCheck.truth).ext(distinct_on(FactCheck.incident_id))
        .where(FactCheck.incident_id.in_(incident_ids)).order_by(FactCheck.incident_id, FactCheck.id.desc())
    )  # fmt: skip
    return {incident_id: Found(id_, Truth(truth)) for incident_id, id_, truth in await tx.execute(query)}


async def list_incident_statements(
    tx: Tx, incident_id: UUID, query: IncidentStatementQuery, *, caller: Caller
) -> dict[str, Any]:
    """The incident's statements, the newest first."""
    await get_incident(tx, incident_id)
    rows = select(Statement).where(Statement.incident_id == incident_id)
    return await _listed(tx, rows, query, ["statements", incident_id, query.filters()], caller=caller)


async def list_statements(tx: Tx, query: StatementQuery, *, caller: Caller) -> dict[str, Any]:
    """Statements of all incidents, the newest first. PersonNeeded where a machine asks what waits for its approval."""
    rows, bound = select(Statement), list[Any](["statements", query.filters()])
    if query.incident_id:
        # Who names an incident knows whether it is an exercise.
        rows = rows.where(Statement.incident_id.in_(query.incident_id))
    else:
        rows = rows.where(Statement.is_drill == query.is_drill)
    if query.awaiting_my_approval:
        person = caller.require_person()
        bound.append(person.id)
        mine = await approvers.authorities(tx, caller, await tx.now())
        rows = rows.where(approvers.awaits(person.id, mine))
    return await _listed(tx, rows, query, bound, caller=caller)


async def _listed(
    tx: Tx, rows: Select[Statement], query: IncidentStatementQuery, bound: list[Any], *, caller: Caller
) -> dict[str, Any]:
    if query.status:
        rows = rows.where(Statement.status.in_(query.status))
    if query.kind:
        rows = rows.where(Statement.kind.in_(query.kind))
    rows = rows.where(*matching(query.q, Statement.id, kind="statement"))
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Statement.id < UUID(after[0]))
    await tx.plan_anew()
    found = (await tx.scalars(rows.order_by(Statement.id.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda statement: [statement.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def shown(tx: Tx, statements: Sequence[Statement], *, caller: Caller) -> list[dict[str, Any]]:
    """The statements as the API shows them to the caller."""
    now, found = await tx.now(), await standings(tx, statements)
    newest = [found[one.id].newest for one in statements]
    versions = await version_queries.shown(tx, newest, caller=caller)
    given = [row for standing in found.values() for row in standing.approved]
    ids = [one.creator_id for one in statements] + [id_ for row in given for id_ in (row.person_id, row.on_behalf_of)]
    people = await people_of(tx, ids, caller=caller)
    written = [(one.incident_id, {"name": one.name, "withdrawn_reason": one.withdrawn_reason}) for one in statements]
    answers = []
    for one, version, words in zip(statements, versions, await words_of(tx, written, caller=caller), strict=True):
        standing = found[one.id]
        answer = {name: value for name, value in columns_of(one).items() if name not in _HIDDEN}
        answers.append(
            answer | words | {
                "number": standing.case.number, "creator": people.get(one.creator_id), "latest": version,
                "missing": list(standing.missing(one, now)), "slots": _slots(standing, now, people),
                "allowed_actions": _allowed(one, standing, now),
            }
        )  # fmt: skip
    return answers


async def shown_one(tx: Tx, statement: Statement, *, caller: Caller) -> dict[str, Any]:
    """One statement as the API shows it to the caller."""
    [answer] = await shown(tx, [statement], caller=caller)
    return answer


def _slots(standing: Standing, now: datetime, people: Any) -> list[dict[str, Any]]:
    lacks, by_slot = standing.lacks(now), {row.slot: row for row in standing.approved}
    asked = needed(major=standing.case.grade == "major")
    shown_slots = []
    for slot in ApprovalSlot:
        row = by_slot.get(slot)
        if slot in asked or row is not None:
            shown_slots.append(
                {
                    "slot": slot, "needed": slot in asked, "approved": row is not None and slot not in lacks,
                    "person": people.get(row.person_id) if row else None,
                    "on_behalf_of": people.get(row.on_behalf_of) if row else None, "at": row.at if row else None,
                }
            )  # fmt: skip
    return shown_slots


def _allowed(statement: Statement, standing: Standing, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "action": choice.action, "allowed": choice.refusal is None, "refusal": choice.refusal,
            "missing": list(choice.missing),
        }
        for choice in choices(standing.facts(statement, now))
    ]  # fmt: skip
