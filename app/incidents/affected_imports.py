"""Affected users by the sheet: CSV or XLSX, all of its rows or none (R50b)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from pydantic import Field
from sqlalchemy import bindparam, insert, select, update

from app.core.aside import by_turns
from app.core.auth import Caller
from app.core.bodies import Str, Visible, Wire
from app.core.db import Tx
from app.core.errors import Invalid
from app.core.imports import Judged, good, is_good, judge, mark_duplicates, word_of, write
from app.core.vault import Vault
from app.domain.sheets import Column, Table
from app.domain.vocabulary import ContactKind, ImportRowState, Platform
from app.incidents import guards
from app.incidents.acts import recording
from app.incidents.affected import changed
from app.incidents.contacts import Contact, opened
from app.models import AffectedUser
from app.models.base import new_id

COLUMNS: Final = (
    Column("name", ("姓名", "用户姓名", "用户", "昵称", "称呼", "客户姓名")),
    Column("contact", ("联系方式", "联系方法", "联系")),
    Column("contact_kind", ("联系方式类型", "类型", "kind")),
    Column("phone", ("手机", "手机号", "手机号码", "电话", "联系电话", "mobile", "tel")),
    Column("email", ("邮箱", "电子邮箱", "邮件", "mail")),
    Column("wechat", ("微信", "微信号")),
    Column("claim", ("诉求", "用户诉求", "要求", "demand"), prose=True),
    Column("purpose", ("处理目的", "用途", "收集目的", "目的"), prose=True),
    Column("platform", ("平台", "来源平台", "渠道")),
    Column("note", ("备注", "说明", "remark"), prose=True),
)
_UPDATED: Final = ("name", "purpose", "claim", "platform", "note")
_UPDATE: Final = (
    update(AffectedUser)
    .where(AffectedUser.id == bindparam("user_id"))
    .values({name: bindparam(f"new_{name}") for name in _UPDATED})
    .values(version=AffectedUser.version + 1, updated_at=bindparam("at"))
)
_Text = Annotated[Str, Field(max_length=2_000)]
_Contact = Annotated[Visible, Field(max_length=254)]


class AffectedUserRow(Wire):
    """A row of the sheet, cell by cell."""

    name: Annotated[Visible, Field(max_length=100)] | None = None
    contact: _Contact | None = None
    contact_kind: Annotated[ContactKind | None, word_of("contact_kind", ContactKind)] = None
    phone: _Contact | None = None
    email: _Contact | None = None
    wechat: _Contact | None = None
    claim: _Text | None = None
    purpose: Annotated[Visible, Field(max_length=200)] | None = None
    platform: Annotated[Platform | None, word_of("platform", Platform)] = None
    note: _Text | None = None


class Entry(NamedTuple):
    """Somebody as a row names them, and what would be stored of them if they are new."""

    judged: Judged[AffectedUserRow]
    row: AffectedUserRow
    fingerprints: list[bytes]
    values: Mapping[str, Any]


class Read(NamedTuple):
    """A sheet that was read: every row, and of those that are good whom they name."""

    judged: list[Judged[AffectedUserRow]]
    entries: list[Entry]


def read(table: Table, purpose: str | None, vault: Vault) -> Read:
    """Judges the rows, as far as that needs no database. For a thread."""
    if table.rows and purpose is None and "purpose" not in table.headings:
        raise Invalid.at(
            "?purpose", "say why this is held: add a column 处理目的, or send ?purpose= for all rows", "missing"
        )
    judged = judge(table, AffectedUserRow)
    contacts: dict[int, Contact] = {}
    for each in judged:
        row = each.value
        if purpose is None and "purpose" not in {*each.row.cells, *each.row.broken}:
            each.refuse("purpose", "must be filled in, or given for all rows as ?purpose=", "missing")
        if (contact := _contact(each, row)) is not None and row is not None:
            contacts[id(row)] = contact
    mark_duplicates(judged, lambda row: contacts[id(row)].key)
    entries = [
        _entry(each, row if row.purpose else row.model_copy(update={"purpose": purpose}), contacts[id(row)], vault)
        for each, row in good(judged)
    ]
    return Read(judged, entries)


def _contact(judged: Judged[AffectedUserRow], row: AffectedUserRow | None) -> Contact | None:
    """How the row says somebody is reached; None where it is refused. It is told of a row that is invalid, too, as far as
    that can be said."""
    columns = ("contact", ContactKind.PHONE, ContactKind.EMAIL, ContactKind.WECHAT)
    cells, broken = judged.row.cells, judged.row.broken
    given = [str(column) for column in columns if column in cells or column in broken]
    if len(given) != 1:
        names = ", ".join(given)
        detail = f"says {names}: leave one contact a row, the others are not kept" if given else "must be filled in"
        judged.refuse(given[1] if given else "contact", detail, "one_contact_only" if given else "missing")
        return None
    [column] = given
    if (row is None and column == "contact") or any(error.column == column for error in judged.errors):
        return None
    text = cells[column]
    kind = ContactKind(column) if column != "contact" or row is None else row.contact_kind
    try:
        return Contact.of(kind, text) if kind else Contact.guessed(text)
    except ValueError as error:
        judged.refuse(column, str(error), "value_error")
        return None


async def import_users(
    tx: Tx, incident_id: UUID, sheet: Read, *, dry_run: bool, vault: Vault, caller: Caller, now: datetime
) -> None:
    """Enters and corrects what the sheet says, and says in it what became of each row. Nothing is changed where a row
    is invalid. Cells that are blank leave what is there."""
    incident = await recording(tx, incident_id, lock=not dry_run)
    there = await _known(tx, incident_id)
    new: list[dict[str, Any]] = []
    altered: list[dict[str, Any]] = []
    said = {"incident_id": incident_id, "created_by": caller.actor, "created_at": now, "updated_at": now}
    async for entry in by_turns(sheet.entries):
        user = next((there[mark] for mark in entry.fingerprints if mark in there), None)
        if user is None:
            entry.judged.state = ImportRowState.CREATED
            new.append({**entry.values, **said})
        else:
            changes = _changes(entry.row, user, vault)
            entry.judged.state = ImportRowState.UPDATED if changes else ImportRowState.UNCHANGED
            if changes:
                kept = {name: getattr(user, name) for name in _UPDATED} | changes
                altered.append({f"new_{name}": value for name, value in kept.items()} | {"user_id": user.id, "at": now})
    if dry_run or not is_good(sheet.judged):
        return
    async with guards.versioned(tx, incident, now):
        await write(tx, insert(AffectedUser), new)
        await write(tx, _UPDATE, altered)
    if new or altered:
        await changed(tx, incident, added=len(new), updated=len(altered), caller=caller)


async def _known(tx: Tx, incident_id: UUID) -> Mapping[bytes, Any]:
    """Whoever is reached in some way already, by the contact's fingerprint."""
    columns = [getattr(AffectedUser, name) for name in ("id", "contact_hash", *_UPDATED)]
    query = select(*columns).where(AffectedUser.incident_id == incident_id, AffectedUser.contact_hash.is_not(None))
    return {user.contact_hash: user for user in await tx.execute(query)}


def _entry(judged: Judged[AffectedUserRow], row: AffectedUserRow, contact: Contact, vault: Vault) -> Entry:
    user_id, marks = new_id(), contact.fingerprints(vault)
    values = {
        "id": user_id, "contact_kind": contact.kind, "contact_hash": marks[0], "version": 1,
        "contact": vault.seal(contact.value.encode(), user_id, "contact"),
        "name": vault.seal(row.name.encode(), user_id, "name") if row.name else None,
        "purpose": row.purpose, "claim": row.claim or "", "note": row.note or "", "platform": row.platform,
    }  # fmt: skip
    return Entry(judged, row, marks, values)


def _changes(row: AffectedUserRow, user: Any, vault: Vault) -> dict[str, Any]:
    """What the row says otherwise than what is there."""
    said = {name: value for name in _UPDATED if name != "name" and (value := getattr(row, name)) is not None}
    changes: dict[str, Any] = {name: value for name, value in said.items() if value != getattr(user, name)}
    if row.name is not None and row.name != opened(vault, user.name, user.id, "name"):
        changes["name"] = vault.seal(row.name.encode(), user.id, "name")
    return changes
