"""How events name a statement, and what is refused of it as it stands."""

from datetime import datetime
from uuid import UUID

from app.core.db import Tx
from app.core.errors import Conflict, FieldError
from app.domain.statements import NEEDS, SAYS, TRUTHS, refusal
from app.domain.vocabulary import StatementKind
from app.domain.vocabulary.statements import StatementAction, StatementNeed
from app.incidents.timeline import Place, on_timeline
from app.models import Incident, Statement, StatementVersion
from app.statements.queries import Standing, standing_of


class StatementRefused(Conflict):
    """The statement is in no state that allows it."""

    title = ("The statement's state does not allow this", "声明当前状态不允许该操作")


class Named(Place):
    """What every event of a statement says first: see :class:`app.domain.events.StatementEvent`."""

    statement_id: UUID
    statement_kind: str
    statement_status: str
    version_id: UUID
    version_number: int


def named(incident: Incident, statement: Statement, version: StatementVersion) -> Named:
    """Which statement, which version, and how it stands; takes the next place on the incident's timeline."""
    return Named(
        **on_timeline(incident), statement_id=statement.id, statement_kind=statement.kind,
        statement_status=statement.status, version_id=version.id, version_number=version.number,
    )  # fmt: skip


def refused(code: str, statement: Statement, standing: Standing, now: datetime) -> StatementRefused:
    """The problem of a refusal by its code; what is missing is named one by one, with what to do about each."""
    case, missing = standing.case, standing.missing(statement, now)
    if code == "statement_incomplete":
        says = [_asks(need, statement, standing) for need in missing]
        found = standing.fact_check
        problem = StatementRefused(
            " ".join(says), errors=[FieldError("", words, need) for words, need in zip(says, missing, strict=True)],
            missing=list(missing), fact_check_id=str(found.id) if found and StatementNeed.TRUTH in missing else None,
        )  # fmt: skip
    elif code == "incident_over":
        problem = StatementRefused(f"Its incident {case.number} is {case.status}: bring it back first.")
    else:
        problem = StatementRefused(f"The statement is {statement.status}. {SAYS[code]}")
    problem.code = code  # type: ignore[misc]
    return problem


def _asks(need: StatementNeed, statement: Statement, standing: Standing) -> str:
    found = standing.fact_check
    if need is not StatementNeed.TRUTH or found is None:
        return NEEDS[need]
    carried = ", ".join(TRUTHS[StatementKind(statement.kind)])
    return (
        f"The incident's last fact check {found.id} found {found.truth}, and a statement of kind {statement.kind} needs one "
        f"of: {carried}."
    )


async def must_may(
    tx: Tx, action: StatementAction, statement: Statement, *, now: datetime
) -> Standing:  # fmt: skip
    """How the statement stands; StatementRefused where that, or its incident, is in no state for the action."""
    standing = await standing_of(tx, statement)
    code = refusal(action, standing.facts(statement, now))
    if code is not None:
        raise refused(code, statement, standing, now)
    return standing
