"""What people do with statements 声明 (方案 二(二)2): drafted, changed, submitted, withdrawn. All of it under the lock of the
statement's incident. Who approves: :mod:`app.statements.approving`; what was said in public: :mod:`app.statements.publishing`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import FieldError, Invalid
from app.core.outbox import record
from app.domain.events import StatementChanged, StatementSubmitted, StatementWithdrawn
from app.domain.statement_text import compose
from app.domain.statements import MAY_WAIVE, WAIVABLE, status_after
from app.domain.vocabulary import StatementKind
from app.domain.vocabulary.statements import StatementAction, StatementChange, StatementStatus
from app.incidents import acts
from app.models import Commitment, Incident, Statement, StatementVersion
from app.models.base import new_id
from app.people.persons import active_people
from app.statements import words
from app.statements.linting import keep_lint
from app.statements.platform_rules import text_faults
from app.statements.queries import held, standing_of
from app.statements.states import must_may, named
from app.statements.texts import PARTS, SAID, due, parts_of, stored


async def create_statement(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> Statement:
    """A draft. ``fields``: kind, name, strategy, and what of a version is said; ``template_version_id`` where it was begun
    from a template. IncidentOver where the incident has ended."""
    _must_stand_once(fields)
    incident = await acts.recording(tx, incident_id)
    kept = stored(fields)
    await _must_fit(tx, incident, StatementKind(fields["kind"]), kept, now)
    statement = Statement(
        id=new_id(), incident_id=incident.id, is_drill=incident.is_drill, kind=fields["kind"], name=fields["name"],
        strategy=fields.get("strategy"), status=StatementStatus.DRAFT, latest_number=1, created_by=caller.actor,
        creator_id=caller.person_id, created_at=now, updated_at=now, version=1, published_unapproved=False,
    )  # fmt: skip
    tx.add(statement)
    await tx.flush()
    version = StatementVersion(
        id=new_id(), statement_id=statement.id, incident_id=incident.id, number=1, created_at=now, updated_at=now,
        template_version_id=fields.get("template_version_id"), author_ids=_with(caller, ()), **_whole(kept),
    )  # fmt: skip
    _write(tx, version)
    await tx.flush()
    await words.keep(tx, (statement, version))
    await record(tx, _changed(incident, statement, version, StatementChange.DRAFTED), caller=caller)
    return statement


def _whole(kept: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(PARTS, "") | {
        "commitments": [], "next_update_at": None, "waivers": {}, "platform_texts": {}, "cites": [],
    }  # fmt: skip
    return {**empty, **kept}


def _write(tx: Tx, version: StatementVersion) -> None:
    version.text = compose(parts_of(version)).text
    tx.add(version)


def _with(caller: Caller, people: Iterable[UUID]) -> list[UUID]:
    """The people and whoever calls, each once."""
    return list(dict.fromkeys((*people, *([caller.person_id] if caller.person_id else []))))


async def change_statement(
    tx: Tx, statement_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Statement:
    """Sets what ``fields`` names. What the newest version says is changed in it while it is a draft; once it was submitted,
    or said in public, in another version, which needs approvals of its own."""
    _must_stand_once(fields)
    incident, statement = await held(tx, statement_id)
    expected.meet(statement.version)
    newest = (await standing_of(tx, statement)).newest
    kept = stored(fields)
    own = {name: fields[name] for name in ("name", "strategy") if name in fields}
    said = {name: value for name, value in kept.items() if getattr(newest, name) != value}
    own = {name: value for name, value in own.items() if getattr(statement, name) != value}
    if not said and not own:
        return statement
    await must_may(tx, StatementAction.EDIT, statement, now=now)
    await _must_fit(tx, incident, StatementKind(statement.kind), said, now)
    for name, value in own.items():
        setattr(statement, name, value)
    action = StatementChange.EDITED
    if said:
        if newest.submitted_at is not None:
            newest, action = _another(statement, newest, now), StatementChange.NEW_VERSION
        for name, value in said.items():
            setattr(newest, name, value)
        newest.author_ids, newest.updated_at = _with(caller, newest.author_ids), now
        _write(tx, newest)
        statement.status = status_after(StatementAction.EDIT, StatementStatus(statement.status))
    touch(statement, now)
    await tx.flush()
    await words.keep(tx, (statement, newest))
    changed = _changed(incident, statement, newest, action, fields=sorted({*said, *own}))
    await record(tx, changed, caller=caller)
    return statement


def _another(statement: Statement, before: StatementVersion, now: datetime) -> StatementVersion:
    """The next version, which says what the one before says; who wrote that wrote this too."""
    statement.latest_number += 1
    return StatementVersion(
        id=new_id(), statement_id=statement.id, incident_id=statement.incident_id, number=statement.latest_number,
        created_at=now, updated_at=now, template_version_id=before.template_version_id,
        author_ids=list(before.author_ids), **{name: getattr(before, name) for name in SAID},
    )  # fmt: skip


async def submit_statement(
    tx: Tx, statement_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Statement:
    """The newest version goes to its approvers, and is never changed again. StatementRefused names what is missing."""
    incident, statement = await held(tx, statement_id)
    expected.meet(statement.version)
    newest = (await must_may(tx, StatementAction.SUBMIT, statement, now=now)).newest
    newest.submitted_at, newest.submitted_by, newest.updated_at = now, caller.person_id, now
    statement.status = status_after(StatementAction.SUBMIT, StatementStatus(statement.status))
    touch(statement, now)
    await tx.flush()
    await keep_lint(tx, statement, newest, now=now)
    await record(tx, StatementSubmitted(**named(incident, statement, newest)), caller=caller)
    return statement


async def withdraw_statement(
    tx: Tx, statement_id: UUID, reason: str, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Statement:
    """It is not said any more, for a reason: for good, and whether or not it was said in public."""
    incident, statement = await held(tx, statement_id)
    expected.meet(statement.version)
    newest = (await must_may(tx, StatementAction.WITHDRAW, statement, now=now)).newest
    statement.status = status_after(StatementAction.WITHDRAW, StatementStatus(statement.status))
    statement.withdrawn_at, statement.withdrawn_reason = now, reason
    touch(statement, now)
    await tx.flush()
    event = StatementWithdrawn(
        **named(incident, statement, newest), was_published=statement.published_at is not None, reason=reason
    )
    await record(tx, event, caller=caller)
    return statement


def _changed(
    incident: Incident, statement: Statement, version: StatementVersion, action: StatementChange, *,
    fields: Sequence[str] = (), other_incident_id: UUID | None = None,
) -> StatementChanged:  # fmt: skip
    return StatementChanged(
        **named(incident, statement, version), action=action, fields=list(fields), other_incident_id=other_incident_id
    )


def _must_stand_once(fields: Mapping[str, Any]) -> None:
    """Invalid where a platform has two texts, or a part is waived for two reasons."""
    for name, key in (("platform_texts", "platform"), ("waivers", "part")):
        named_so = [one[key] for one in fields.get(name, ())]
        for place, word in enumerate(named_so):
            if word in named_so[:place]:
                raise Invalid.at(f"/{name}/{place}/{key}", f"{word} stands twice; send it once", "stands_twice")


async def _must_fit(tx: Tx, incident: Incident, kind: StatementKind, kept: Mapping[str, Any], now: datetime) -> None:
    """Invalid, naming each field, where a promise lies in the past or is nobody's, a part can't be waived, or a promise is
    cited that is none of the incident's."""
    errors = [
        FieldError(f"/commitments/{place}/due_at", "lies in the past: promise what is to come", "in_the_past")
        for place, one in enumerate(kept.get("commitments", ())) if (at := due(one)) is not None and at <= now
    ]  # fmt: skip
    again = kept.get("next_update_at")
    if again is not None and again <= now:
        errors.append(FieldError("/next_update_at", "lies in the past: say when we speak again", "in_the_past"))
    errors += _waiver_faults(kind, kept.get("waivers", {}))
    errors += await text_faults(tx, kept.get("platform_texts", {}))
    cites = kept.get("cites", [])
    there = set(await tx.scalars(select(Commitment.id).where(
        Commitment.id.in_(cites), Commitment.incident_id == incident.id
    ))) if cites else set()  # fmt: skip
    errors += [
        FieldError(f"/cites/{place}", "there is no such promise of this incident", "not_found")
        for place, one in enumerate(cites) if one not in there
    ]  # fmt: skip
    if errors:
        raise Invalid.of(errors)
    owners = enumerate(kept.get("commitments", ()))
    await active_people(
        tx, {f"/commitments/{n}/owner_id": UUID(one["owner_id"]) for n, one in owners if one["owner_id"]}
    )


def _waiver_faults(kind: StatementKind, waivers: Mapping[str, str]) -> list[FieldError]:
    waivable = WAIVABLE if kind in MAY_WAIVE else ()
    may = (
        f"of this kind only {', '.join(waivable)} can be"
        if waivable
        else "a statement of this kind asks for none of them"
    )
    return [
        FieldError(f"/waivers/{place}/part", f"{part} can't be waived: {may}", "not_waivable")
        for place, part in enumerate(waivers) if part not in waivable
    ]  # fmt: skip
