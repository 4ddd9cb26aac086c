"""What approvers say of a version of a statement: approved, or to be changed, with comments on its words (方案 二(二)2).

Four eyes: nobody approves what they had a hand in, neither by themselves nor by whom they delegated it to. An approval is of
one version: who approves names it, and is told where another one is the newest by now.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.outbox import record
from app.domain.events import StatementApproved, StatementChangesRequested, StatementSlotApproved
from app.domain.statements import Approval, approval_fault, needed, status_after
from app.domain.vocabulary import NoteSubject
from app.domain.vocabulary.statements import ApprovalOutcome, ApprovalSlot, StatementAction, StatementStatus
from app.incidents import notes
from app.models import Incident, Statement, StatementApproval, StatementVersion
from app.models.base import new_id
from app.people.approvers import Authority, asks, authorities, own_first
from app.statements.queries import Standing, approval_of, held, standing_of
from app.statements.states import must_may, named


class NotAnApprover(Forbidden):
    """Who approves must be somebody to approve."""

    code, title = "not_an_approver", ("You are no approver of it", "您不是该声明的审批人")


class ApproverInvolved(Forbidden):
    """Four eyes: whoever had a hand in a statement approves none of its versions."""

    code, title = "approver_involved", ("Somebody else has to approve it", "须由未参与的人员审批")


class ApprovalTaken(Conflict):
    """The slot is filled, or this person fills another one."""

    code, title = "slot_filled", ("This approval is given already", "该审批已完成")


class VersionOutdated(Conflict):
    """An approval is of the version that was read, and of no other."""

    code, title = "statement_version_outdated", ("There is a newer version", "声明已有新版本")


async def approve(
    tx: Tx, statement_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Statement:
    """One approver's yes to the version ``version``, as ``slot`` or as what is missing first of what they are. With the last
    one the statement is approved. What its kind asks for is looked at once more: facts may have changed meanwhile."""
    incident, statement = await held(tx, statement_id)
    caller.require_person()
    expected.meet(statement.version)
    _must_be_newest(statement, await standing_of(tx, statement), fields["version"])
    standing = await must_may(tx, StatementAction.APPROVE, statement, now=now)
    authority = await _authority(tx, standing, fields["slot"], caller=caller, now=now)
    row = _said(statement, standing.newest, authority, ApprovalOutcome.APPROVED, fields["comment"], caller, now)
    tx.add(row)
    complete = not (await standing_of(tx, statement)).lacks(now)
    statement.status = status_after(StatementAction.APPROVE, StatementStatus(statement.status), complete=complete)
    touch(statement, now)
    await tx.flush()
    event = StatementSlotApproved(
        **named(incident, statement, standing.newest), slot=row.slot, on_behalf_of=row.on_behalf_of
    )
    await record(tx, event, caller=caller)
    if complete:
        await say_approved(tx, incident, statement, standing.newest, caller=caller)
    return statement


async def say_approved(
    tx: Tx, incident: Incident, statement: Statement, version: StatementVersion, *, caller: Caller
) -> None:
    """Tells that the version has all approvals of the grade in force."""
    slots: list[str] = list(needed(major=incident.grade == "major"))
    await record(tx, StatementApproved(**named(incident, statement, version), slots=slots), caller=caller)


async def request_changes(
    tx: Tx, statement_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Statement:
    """An approver sends the version back 退回修改: none of its approvals stands any more. Comments are notes on the version,
    each on some of its words; the comment on the whole is one too."""
    incident, statement = await held(tx, statement_id)
    caller.require_person()
    expected.meet(statement.version)
    _must_be_newest(statement, await standing_of(tx, statement), fields["version"])
    standing = await must_may(tx, StatementAction.REQUEST_CHANGES, statement, now=now)
    mine = own_first(await authorities(tx, caller, now), list(ApprovalSlot))
    authority = _uninvolved(mine, standing, caller)
    newest, comment = standing.newest, fields["comment"]
    _must_lie_within(newest, fields["comments"])
    tx.add(_said(statement, newest, authority, ApprovalOutcome.CHANGES_REQUESTED, comment, caller, now))
    statement.status = status_after(StatementAction.REQUEST_CHANGES, StatementStatus(statement.status))
    touch(statement, now)
    await tx.flush()
    written = [{"body": one["body"], "span": {"start": one["start"], "end": one["end"]}} for one in fields["comments"]]
    written += [{"body": comment, "span": None}] if comment else []
    for one in written:
        await notes.add_note(tx, NoteSubject.STATEMENT_VERSION, newest.id, one, caller=caller, now=now)
    event = StatementChangesRequested(
        **named(incident, statement, newest), slot=authority.slot, note_count=len(written)
    )
    await record(tx, event, caller=caller)
    return statement


def _said(
    statement: Statement, version: StatementVersion, authority: Authority, outcome: ApprovalOutcome, comment: str,
    caller: Caller, now: datetime,
) -> StatementApproval:  # fmt: skip
    return StatementApproval(
        id=new_id(), statement_id=statement.id, version_id=version.id, slot=authority.slot, outcome=outcome,
        person_id=caller.require_person().id, on_behalf_of=authority.principal,
        delegation_id=authority.delegation_id, comment=comment, at=now,
    )  # fmt: skip


def _must_be_newest(statement: Statement, standing: Standing, number: int) -> None:
    newest = standing.newest
    if number > newest.number:
        raise Invalid.at("/version", f"there is no such version; the newest is {newest.number}", "not_found")
    if number < newest.number:
        raise VersionOutdated.at(
            "/version", f"version {newest.number} of the statement {statement.id} is the newest by now: read that one",
            "outdated", latest_number=newest.number, latest_version_id=str(newest.id),
        )  # fmt: skip


async def _authority(
    tx: Tx, standing: Standing, slot: ApprovalSlot | None, *, caller: Caller, now: datetime
) -> Authority:
    """As what the caller approves. Where they may not, the problem says why of what they would fill first."""
    mine = await authorities(tx, caller, now)
    wanted = [slot] if slot else list(standing.lacks(now))
    fitting = own_first(mine, wanted)
    if not fitting:
        raise NotAnApprover(
            "It still waits for: " + "; or ".join(f"{one}, which asks for {asks(one)}" for one in wanted)
            + ". You have none of it, neither yourself nor delegated to you.", missing=wanted,
        )  # fmt: skip
    before = [approval_of(row) for row in standing.approved]
    faults = [approval_fault(_approval(one, caller, now), before, standing.involved) for one in fitting]
    for one, fault in zip(fitting, faults, strict=True):
        if fault is None:
            return one
    raise _fault(faults[0] or "", fitting[0])


def _approval(authority: Authority, caller: Caller, now: datetime) -> Approval:
    return Approval(authority.slot, caller.require_person().id, authority.principal, now)


def _fault(code: str, authority: Authority) -> ApproverInvolved | ApprovalTaken:
    if code == "approver_involved":
        return ApproverInvolved(
            "Whoever created a statement or wrote in any version of it does not approve it, nor does anybody in their place: "
            "ask a colleague."
        )
    if code == "slot_filled":
        return ApprovalTaken.at("/slot", f"{authority.slot} is approved already", code)
    problem = ApprovalTaken(
        "You, or the person in whose place you approve, stand behind another approval of this version: each takes somebody else."
    )
    problem.code = code  # type: ignore[misc]
    return problem


def _uninvolved(mine: Sequence[Authority], standing: Standing, caller: Caller) -> Authority:
    """As what the caller sends it back: any approver may who had no hand in it."""
    if not mine:
        raise NotAnApprover("Only its approvers send a statement back: public relations, legal, or a lead.")
    me = caller.require_person().id
    for one in mine:
        if standing.involved.isdisjoint({me, one.principal}):
            return one
    raise _fault("approver_involved", mine[0])


def _must_lie_within(version: StatementVersion, comments: Sequence[Mapping[str, Any]]) -> None:
    """Invalid where a comment is on no words of the version's text."""
    for place, one in enumerate(comments):
        if one["end"] <= one["start"]:
            raise Invalid.at(
                f"/comments/{place}/end", "must be after start: it is the code point after the last", "empty_span"
            )
        if one["end"] > len(version.text):
            raise Invalid.at(
                f"/comments/{place}/end",
                f"lies beyond the version's text, which has {len(version.text)} code points",
                "beyond",
            )
