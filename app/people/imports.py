"""People by the sheet: CSV or XLSX, all of its rows or none (方案 一, R41).

Whoever is known is known by their mail, else by their phone, else by name and department; what the sheet says besides is
filled in. Nobody is brought back by a sheet, and nobody is given what the caller lacks.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import bindparam, func, insert, select, update

from app.core.aside import by_turns
from app.core.auth import Caller
from app.core.bodies import Str, Visible, Wire
from app.core.db import Tx
from app.core.imports import AT_ONCE, LISTED, YES_OR_NO, Judged, good, is_good, word_of, write
from app.core.outbox import record
from app.domain.events import PersonChanged
from app.domain.sheets import Column
from app.domain.vocabulary import ImportRowState, Role
from app.models import Person
from app.models.base import new_id
from app.people import queries
from app.people.giving import NotYoursToGive, must_hold, must_outlive
from app.people.matching import Matching, Unmatched
from app.people.person_schemas import Email, PersonName, Phone, Subject

COLUMNS: Final = (
    Column("name", ("姓名", "名字", "人员", "员工姓名"), required=True),
    Column("email", ("邮箱", "电子邮箱", "邮件", "mail")),
    Column("phone", ("手机", "手机号", "手机号码", "电话", "mobile", "tel")),
    Column("department", ("部门", "所属部门", "科室")),
    Column("roles", ("角色", "role", "职责")),
    Column("deputy", ("B角", "代理人", "代理", "backup")),
    Column("on_duty", ("在岗", "是否在岗", "duty")),
    Column("oidc_subject", ("单点登录标识", "登录标识", "sub", "subject")),
)
_SET: Final = ("name", "email", "phone", "department_id", "deputy_id", "on_duty", "oidc_subject", "roles")
_UPDATE: Final = (
    update(Person)
    .where(Person.id == bindparam("person_id"))
    .values({name: bindparam(f"new_{name}") for name in _SET})
    .values(version=Person.version + 1, updated_at=bindparam("at"))
)
_LOCK: Final = "people imports"


class PersonRow(Wire):
    """A row of the sheet, cell by cell. What is blank stays as it is."""

    name: PersonName
    email: Email = None
    phone: Phone = None
    department: Annotated[Visible, Field(max_length=100)] | None = None
    roles: Annotated[list[Annotated[Role, word_of("role", Role)]] | None, LISTED] = None
    deputy: Annotated[Str, Field(max_length=254)] | None = None
    on_duty: Annotated[bool | None, YES_OR_NO] = None
    oidc_subject: Subject = None


@dataclass(slots=True)
class Draft:
    """A person as they are to be: new, or known and perhaps changed."""

    row: int
    id: UUID
    values: dict[str, Any]
    before: Mapping[str, Any] | None
    changed: list[str] = field(default_factory=list)


async def import_people(
    tx: Tx, judged: list[Judged[PersonRow]], *, dry_run: bool, caller: Caller, now: datetime
) -> None:
    """Adds and changes whom the rows name, and says in them what became of each. Nothing is changed where one is
    invalid."""
    if not dry_run:
        # Two sheets at once would both add whom neither knows.
        await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_LOCK, 0))))
    matching = await Matching.load(tx, lock=not dry_run)
    table = await queries.role_table(tx)
    drafts = [(each, row, _draft(matching, each, row, caller, table)) async for each, row in by_turns(good(judged))]
    _look_beside(matching, judged)
    async for each, row, draft in by_turns(drafts):
        if draft is not None:
            _appoint(matching, each, row, draft)
    if dry_run or not is_good(judged):
        return
    todo = [draft for _, _, draft in drafts if draft is not None]
    await _write(tx, [draft for draft in todo if draft.before is None],
                 [draft for draft in todo if draft.before is not None and draft.changed], now)  # fmt: skip
    events = [
        PersonChanged(
            subject_id=str(draft.id), action="updated" if draft.before else "created", fields=sorted(draft.changed),
            active=True, department_id=draft.values["department_id"],
        )
        for draft in todo if draft.changed
    ]  # fmt: skip
    for begin in range(0, len(events), AT_ONCE):
        await record(tx, *events[begin : begin + AT_ONCE], caller=caller)


def _draft(
    matching: Matching, judged: Judged[PersonRow], row: PersonRow, caller: Caller, table: Mapping[str, frozenset[str]]
) -> Draft | None:
    """Whom the row is about and what they are to be, but for the deputy; None where it is refused or a duplicate."""
    try:
        department_id = matching.department(row.department)
        person = matching.person(row.name, row.email, row.phone, department_id)
        matching.subject_is_free(row.oidc_subject, person)
    except Unmatched as fault:
        judged.refuse(fault.column, fault.detail, fault.code)
        return None
    first = matching.claimed_by(person)
    if first is not None:
        judged.state, judged.duplicate_of = ImportRowState.DUPLICATE, first
        return None
    said = {name: value for name in ("name", "email", "phone", "on_duty", "oidc_subject")
            if (value := getattr(row, name)) is not None}  # fmt: skip
    if department_id is not None:
        said["department_id"] = department_id
    if row.roles is not None:
        said["roles"] = sorted(set(row.roles))
    before = person.values if person else None
    values = dict(before) if before else dict.fromkeys(_SET) | {"on_duty": True, "roles": [], "scopes": []}
    draft = Draft(judged.row.number, person.id if person else new_id(), values | said, before)
    draft.changed = sorted(name for name, value in said.items() if before is None or before[name] != value)
    _may(judged, draft, caller, table)
    matching.add(draft.id, draft.values, judged.row.number)
    _state(judged, draft)
    return draft


def _state(judged: Judged[PersonRow], draft: Draft) -> None:
    if judged.state is not ImportRowState.INVALID:
        known = ImportRowState.UPDATED if draft.changed else ImportRowState.UNCHANGED
        judged.state = ImportRowState.CREATED if draft.before is None else known


def _may(judged: Judged[PersonRow], draft: Draft, caller: Caller, table: Mapping[str, frozenset[str]]) -> None:
    """Refuses the row where it gives what the caller lacks, as :mod:`app.people.persons` does."""
    roles, old = set(draft.values["roles"]), set(draft.before["roles"] if draft.before else ())
    try:
        must_hold({scope for role in roles - old for scope in table[role]}, caller, "/roles")
        if "oidc_subject" in draft.changed:
            must_hold({*draft.values["scopes"], *(scope for role in roles | old for scope in table[role])}, caller)
            must_outlive(caller)
    except NotYoursToGive as refusal:
        [error] = refusal.errors
        column = "roles" if error.pointer == "/roles" else "oidc_subject"
        judged.refuse(column, error.detail, error.code)


def _look_beside(matching: Matching, judged: list[Judged[PersonRow]]) -> None:
    """Of rows that are invalid: says what else is, and keeps whom they are about for the rows that name them."""
    for each in judged:
        if each.state is not ImportRowState.INVALID:
            continue
        matching.refuse(each.row.number, (each.row.cells.get("name"), each.row.cells.get("email")))
        if each.value is None and not any(error.column == "department" for error in each.errors):
            with _telling(each):
                matching.department(each.row.cells.get("department"))


@contextmanager
def _telling(judged: Judged[PersonRow]) -> Iterator[None]:
    """Refuses the row where a cell of it names nobody or nothing."""
    try:
        yield
    except Unmatched as fault:
        judged.refuse(fault.column, fault.detail, fault.code)


def _appoint(matching: Matching, judged: Judged[PersonRow], row: PersonRow, draft: Draft) -> None:
    """Says who steps in, who may stand in a later row."""
    if row.deputy is None:
        return
    with _telling(judged):
        deputy_id = matching.deputy(row.deputy, draft.id)
        if draft.values["deputy_id"] != deputy_id:
            draft.values["deputy_id"] = deputy_id
            draft.changed = sorted({*draft.changed, "deputy_id"})
            _state(judged, draft)


async def _write(tx: Tx, new: list[Draft], altered: list[Draft], now: datetime) -> None:
    """New people first and their deputies after them, who may be new too."""
    rows = [{"id": draft.id} | draft.values | {"deputy_id": None} for draft in new]
    deputies = [draft for draft in new if draft.values["deputy_id"] is not None]
    appoint = update(Person).where(Person.id == bindparam("person_id")).values(deputy_id=bindparam("deputy"))
    appointed = [{"person_id": draft.id, "deputy": draft.values["deputy_id"]} for draft in deputies]
    changes = [{"person_id": draft.id, "at": now} | {f"new_{name}": draft.values[name] for name in _SET}
               for draft in altered]  # fmt: skip
    await write(tx, insert(Person), rows)
    await write(tx, appoint, appointed)
    await write(tx, _UPDATE, changes)
