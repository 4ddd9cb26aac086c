"""Everything that is read of promises 承诺: what became of each is read from the task that keeps it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB, array

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import FieldError, Invalid, NotFound
from app.domain.vocabulary import TaskKind, TaskState
from app.domain.vocabulary.statements import CommitmentState
from app.incidents.commitment_schemas import CommitmentQuery
from app.incidents.queries import get_incident
from app.models import Commitment, Incident, Statement, StatementVersion, Task
from app.models.base import columns_of
from app.people.masks import people_of, words_of

_CITED: Final = literal_column("tasks.result -> 'commitment_ids'", JSONB)


async def list_incident_commitments(
    tx: Tx, incident_id: UUID, query: CommitmentQuery, *, caller: Caller
) -> dict[str, Any]:
    """What was promised in public about the incident, the first due first."""
    await get_incident(tx, incident_id)
    return await _listed(tx, Commitment.incident_id == incident_id, query, ["commitments", incident_id], caller)


async def list_statement_commitments(
    tx: Tx, statement_id: UUID, query: CommitmentQuery, *, caller: Caller
) -> dict[str, Any]:
    """What the statement has promised in public, the first due first; NotFound where there is no such statement."""
    if await tx.scalar(select(Statement.id).where(Statement.id == statement_id)) is None:
        raise NotFound(f"There is no statement {statement_id}.")
    of = Commitment.statement_id == statement_id
    return await _listed(tx, of, query, ["commitments of", statement_id], caller)


async def _listed(
    tx: Tx, of: ColumnElement[bool], query: CommitmentQuery, bound: list[Any], caller: Caller
) -> dict[str, Any]:
    state = _state(await tx.now())
    rows = select(Commitment, Task, StatementVersion.number, state.label("state")).where(of)
    rows = rows.join(Task, Task.id == Commitment.task_id)
    rows = rows.join(StatementVersion, StatementVersion.id == Commitment.version_id)
    if query.state:
        rows = rows.where(state.in_(query.state))
    if query.owner_id:
        rows = rows.where(Task.owner_id.in_(query.owner_id))
    bound = [*bound, query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        place = (datetime.fromisoformat(after[0]), UUID(after[1]))
        rows = rows.where(tuple_(Commitment.due_at, Commitment.id) > place)
    rows = rows.order_by(Commitment.due_at, Commitment.id).limit(query.limit + 1)
    found = (await tx.execute(rows)).all()
    page = paging.page(found, query.limit, bound, lambda row: [row[0].due_at.isoformat(), row[0].id])
    return page | {"data": await _shown(tx, page["data"], caller)}


def _state(now: datetime) -> ColumnElement[str]:
    """What became of a promise, by its task: the one place that says so."""
    done = Task.state == TaskState.DONE
    return case(
        (Task.state == TaskState.WAIVED, CommitmentState.WAIVED.value),
        (done & (Task.happened_at <= Commitment.due_at), CommitmentState.KEPT.value),
        (done, CommitmentState.KEPT_LATE.value),
        (Commitment.due_at < now, CommitmentState.BROKEN.value),
        else_=CommitmentState.OPEN.value,
    )


async def _shown(tx: Tx, rows: Sequence[Any], caller: Caller) -> list[dict[str, Any]]:
    people = await people_of(tx, [task.owner_id for _, task, _, _ in rows], caller=caller)
    reasons = [(task.incident_id, {"reason": task.reason}) for _, task, _, _ in rows]
    ids = [commitment.id for commitment, _, _, _ in rows]
    notes, statements = await _notes_citing(tx, ids), await _statements_citing(tx, ids)
    return [
        columns_of(commitment) | words | {
            "version_number": number, "state": state, "kept_at": task.happened_at, "task_state": task.state,
            "owner": people.get(task.owner_id), "progress_task_ids": notes.get(commitment.id, []),
            "cited_by": statements.get(commitment.id, []),
        }
        for (commitment, task, number, state), words in zip(
            rows, await words_of(tx, reasons, caller=caller), strict=True
        )
    ]  # fmt: skip


async def _notes_citing(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Promise -> the tasks of progress notes that name it."""
    if not ids:
        return {}
    query = select(Task.id, _CITED).where(
        Task.kind == TaskKind.PROGRESS_NOTE, _CITED.op("?|")(array([str(id_) for id_ in ids]))
    )
    citing: dict[UUID, list[UUID]] = {}
    for task_id, cited in await tx.execute(query.order_by(Task.id)):
        for id_ in map(UUID, cited):
            citing.setdefault(id_, []).append(task_id)
    return citing


async def _statements_citing(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Promise -> the statements that name it, each with the newest of its versions that does."""
    if not ids:
        return {}
    cited = func.unnest(StatementVersion.cites).column_valued("cited", joins_implicitly=True)
    query: Select[Any] = select(cited, StatementVersion.statement_id, func.max(StatementVersion.number))
    query = query.where(StatementVersion.cites.overlap(list(ids))).group_by(cited, StatementVersion.statement_id)
    citing: dict[UUID, list[dict[str, Any]]] = {}
    for id_, statement_id, number in await tx.execute(query.order_by(StatementVersion.statement_id)):
        citing.setdefault(id_, []).append({"statement_id": statement_id, "version_number": number})
    return citing


async def must_be_promised(tx: Tx, incident: Incident, cited: Mapping[str, UUID]) -> None:
    """Invalid, naming the pointers, where what is cited is no promise of the incident, which is locked. ``cited``: pointer
    of the body -> id."""
    if not cited:
        return
    query = select(Commitment.id).where(Commitment.incident_id == incident.id, Commitment.id.in_(cited.values()))
    known = set((await tx.scalars(query)).all())
    errors = [
        FieldError(pointer, f"the incident {incident.number} has made no such promise in public", "not_found")
        for pointer, id_ in cited.items() if id_ not in known
    ]  # fmt: skip
    if errors:
        raise Invalid("A cited promise is none of this incident's.", errors=errors)
