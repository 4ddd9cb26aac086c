"""What people do with statement templates 声明模板: written, changed version by version, put away (R43-R45, R65).

They are the company's wording for nights when nobody has time, so they are changed as rules are and not as drafts are: with
``rules:write``. Whoever drafts in a crisis fills them in, and changes the draft.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.auth import Caller
from app.core.bodies import pointer
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.templates.content import SAID, Content, Fault, faults
from app.models import StatementTemplate, StatementTemplateVersion
from app.models.base import new_id
from app.statements.seeds import CHOSEN_BY, words_of
from app.statements.template_queries import get_template, get_template_version


class TemplateArchived(Conflict):
    """Nothing is begun from it any more."""

    code, title = "template_archived", ("The template is not in use any more", "模板已停用")


def invalid(found: list[Fault]) -> Invalid:
    """The problem of these faults, each at its place in the body."""
    return Invalid.of([FieldError(pointer(fault.at), fault.says, fault.code) for fault in found])


async def create_template(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> StatementTemplate:
    """A template with its first version. Invalid names each fault with its part, line and variable."""
    await _must_be_good(fields)
    template = StatementTemplate(
        id=new_id(), **{name: fields[name] for name in CHOSEN_BY}, latest_number=1, plain=words_of(fields, fields),
        created_by=caller.actor, created_at=now, updated_at=now, version=1,
    )  # fmt: skip
    tx.add(template)
    await tx.flush()
    _say(tx, template, fields, caller=caller, now=now)
    await _record(tx, template, "created", caller=caller)
    return template


async def change_template(
    tx: Tx, template_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> StatementTemplate:
    """Sets what ``fields`` names. Where that is something it says, it says it in another version."""
    template = await get_template(tx, template_id, lock=True)
    expected.meet(template.version)
    newest = await get_template_version(tx, template)
    # What a version is for is said of that version alone.
    said = {name: getattr(newest, name) for name in SAID} | {"note": ""}
    chosen = {name: getattr(template, name) for name in CHOSEN_BY}
    anew = {name for name in said if name in fields and fields[name] != said[name]}
    other = {name for name in chosen if name in fields and fields[name] != chosen[name]}
    if not anew and not other:
        return template
    said |= {name: fields[name] for name in anew}
    for name in other:
        setattr(template, name, fields[name])
    if anew:
        await _must_be_good(said)
        template.latest_number += 1
        _say(tx, template, said, caller=caller, now=now)
    template.plain = words_of({name: getattr(template, name) for name in CHOSEN_BY}, said)
    touch(template, now)
    await _record(tx, template, "updated", fields=sorted({*anew, *other}), caller=caller)
    return template


async def archive_template(
    tx: Tx, template_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> StatementTemplate:
    """Puts it away: nothing is begun from it, and nobody is offered it. What was begun from it goes on naming it."""
    return await _put(tx, template_id, now, "archived", expected=expected, caller=caller, now=now)


async def restore_template(
    tx: Tx, template_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> StatementTemplate:
    """Takes it into use again."""
    return await _put(tx, template_id, None, "restored", expected=expected, caller=caller, now=now)


async def _put(
    tx: Tx, template_id: UUID, archived_at: datetime | None, action: str, *, expected: Expected, caller: Caller,
    now: datetime,
) -> StatementTemplate:  # fmt: skip
    template = await get_template(tx, template_id, lock=True)
    expected.meet(template.version)
    if (template.archived_at is None) != (archived_at is None):
        template.archived_at = archived_at
        touch(template, now)
        await _record(tx, template, action, caller=caller)
    return template


async def _must_be_good(said: Mapping[str, Any]) -> None:
    """In a thread: the longest template there may be takes a third of a second to read."""
    found = await asyncio.to_thread(faults, Content.of(said))
    if found:
        raise invalid(found)


def _say(tx: Tx, template: StatementTemplate, said: Mapping[str, Any], *, caller: Caller, now: datetime) -> None:
    tx.add(
        StatementTemplateVersion(
            id=new_id(), template_id=template.id, number=template.latest_number, created_by=caller.actor, created_at=now,
            note=said["note"], **{name: said[name] for name in SAID},
        )
    )  # fmt: skip


async def _record(
    tx: Tx, template: StatementTemplate, action: str, *, fields: list[str] | None = None, caller: Caller
) -> None:
    await tx.flush()
    event = Changed(subject="statement_template", subject_id=str(template.id), action=action, fields=fields or [])
    await record(tx, event, caller=caller)
