"""How a statement 声明 comes to be said (方案 二(二)2): draft -> in_review -> approved -> published -> withdrawn.

Approvals are of one version and stand for that version alone. Public relations and legal approve, at major a lead too, and
nobody approves what they had a hand in. What has been said in public is always recorded: whether that very version was
approved when it was said is judged here, and what was not is marked for good.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from app.domain.lifecycle import RECORDING
from app.domain.spelling import is_visible
from app.domain.vocabulary import StatementKind, Truth
from app.domain.vocabulary.statements import (
    ApprovalSlot,
    StatementAction,
    StatementNeed,
    StatementPart,
    StatementStatus,
)

WAIVABLE: Final = (StatementPart.FACTS, StatementPart.SOLUTION, StatementPart.COMMITMENTS)
"""Parts that may be left out, with a reason. Nobody apologises without an apology."""
MAY_WAIVE: Final = (StatementKind.APOLOGY, StatementKind.CLARIFICATION)
"""Kinds that ask for them all, and may waive some."""
TRUTHS: Final[Mapping[StatementKind, tuple[Truth, ...]]] = {
    StatementKind.APOLOGY: (Truth.CONFIRMED, Truth.PARTLY_CONFIRMED),
    StatementKind.CLARIFICATION: (Truth.UNFOUNDED, Truth.MISUNDERSTANDING, Truth.PARTLY_CONFIRMED),
}
"""What the last fact check must have found for what is said to be true."""

SAYS: Final[Mapping[str, str]] = {
    "incident_over": "Its incident has ended or is another one's now: bring it back first. Nothing but withdrawing is left.",
    "statement_withdrawn": "It was withdrawn: write another one. What was said in public of it can still be recorded.",
    "already_submitted": "Its newest version is with the approvers, or was: change it first, which makes another version.",
    "statement_incomplete": "Something is missing.",
    "not_in_review": "Its newest version was not submitted.",
    "changes_requested": "Changes were requested of its newest version: another version is approved in its place.",
    "already_approved": "Its newest version has all its approvals.",
    "already_published": "Its newest version was said in public: change the statement instead, which makes another version.",
}
"""What a refusal means, by its code."""
NEEDS: Final[Mapping[StatementNeed, str]] = {
    StatementNeed.ATTITUDE: "Say what we feel about it (`attitude`).",
    StatementNeed.FACTS: "Say what is known to be so (`facts`), or waive that with a reason where the kind allows it.",
    StatementNeed.SOLUTION: "Say what we do about it (`solution`), or waive that with a reason.",
    StatementNeed.COMMITMENT: "Promise something by a date (`commitments` with `due_at`), or waive that with a reason.",
    StatementNeed.NEXT_UPDATE: "Say when we speak again (`next_update_at`).",
    StatementNeed.CONTENT: "Say what is new (`facts`), or which promises it is about (`cites`).",
    StatementNeed.FACT_CHECK: "Record a fact check of the incident.",
    StatementNeed.TRUTH: "The incident's last fact check does not carry this kind of statement.",
    StatementNeed.DATES_AHEAD: "A promise's date, or that of the next update, has passed: state another.",
}
"""What each need asks for."""


@dataclass(frozen=True, slots=True)
class Content:
    """Of a version what decides whether it may be said."""

    kind: StatementKind
    attitude: str = ""
    facts: str = ""
    solution: str = ""
    # Of each promise when it is due; None where it has no date.
    promised: tuple[datetime | None, ...] = ()
    next_update_at: datetime | None = None
    waived: frozenset[StatementPart] = frozenset()
    # Whether it reports on earlier promises.
    cites: bool = False


def needs(content: Content, truth: Truth | None, now: datetime) -> tuple[StatementNeed, ...]:
    """What is missing of a statement, in the order of its kind's rules. ``truth``: what the last fact check found; None:
    there is none."""
    return tuple(need for need in StatementNeed if need in _lacking(content, truth, now))


def _lacking(content: Content, truth: Truth | None, now: datetime) -> set[StatementNeed]:
    waived = content.waived if content.kind in MAY_WAIVE else frozenset[StatementPart]()
    said = {
        StatementNeed.ATTITUDE: is_visible(content.attitude),
        StatementNeed.FACTS: is_visible(content.facts) or StatementPart.FACTS in waived,
        StatementNeed.SOLUTION: is_visible(content.solution) or StatementPart.SOLUTION in waived,
        StatementNeed.COMMITMENT: any(content.promised) or StatementPart.COMMITMENTS in waived,
        StatementNeed.NEXT_UPDATE: content.next_update_at is not None,
        StatementNeed.CONTENT: is_visible(content.facts) or content.cites,
    }
    lacking = {need for need in _ASKED[content.kind] if not said[need]}
    carried = TRUTHS.get(content.kind)
    if carried is not None and truth not in carried:
        lacking.add(StatementNeed.FACT_CHECK if truth is None else StatementNeed.TRUTH)
    if any(at is not None and at <= now for at in (*content.promised, content.next_update_at)):
        lacking.add(StatementNeed.DATES_AHEAD)
    return lacking


_WHOLE = (StatementNeed.FACTS, StatementNeed.SOLUTION, StatementNeed.COMMITMENT)
_ASKED: Final[Mapping[StatementKind, tuple[StatementNeed, ...]]] = {
    StatementKind.HOLDING: (StatementNeed.ATTITUDE, StatementNeed.NEXT_UPDATE),
    StatementKind.PROGRESS: (StatementNeed.CONTENT,),
    StatementKind.APOLOGY: (StatementNeed.ATTITUDE, *_WHOLE),
    StatementKind.CLARIFICATION: _WHOLE,
    # What a lawyer states is what legal answers for.
    StatementKind.LAWYER: (StatementNeed.FACTS,),
}


class Approval(NamedTuple):
    """An approval of a version. ``on_behalf_of``: whose authority it was 代批, where it was not the person's own."""

    slot: ApprovalSlot
    person_id: UUID
    on_behalf_of: UUID | None
    at: datetime

    @property
    def people(self) -> frozenset[UUID]:
        """Everybody who stands behind it."""
        return frozenset({self.person_id} | ({self.on_behalf_of} if self.on_behalf_of else set()))


def needed(*, major: bool) -> tuple[ApprovalSlot, ...]:
    """Who has to approve: public relations and legal, at major also a lead."""
    both = (ApprovalSlot.PUBLIC_RELATIONS, ApprovalSlot.LEGAL)
    return (*both, ApprovalSlot.LEAD) if major else both


def lacking(
    approvals: Iterable[Approval], involved: Collection[UUID], *, major: bool, at: datetime,
    changes_requested_at: datetime | None = None, withdrawn_at: datetime | None = None,
) -> tuple[ApprovalSlot, ...]:  # fmt: skip
    """Which approvals a version lacked at an instant. Empty: it was approved.

    ``involved``: who had a hand in any version by then; their word counts for nothing. Once changes were requested of the
    version, or the statement was withdrawn, none of its approvals stands.
    """
    if any(end is not None and end <= at for end in (changes_requested_at, withdrawn_at)):
        return needed(major=major)
    given = {one.slot for one in approvals if one.at <= at and one.people.isdisjoint(involved)}
    return tuple(slot for slot in needed(major=major) if slot not in given)


def approval_fault(approval: Approval, before: Iterable[Approval], involved: Collection[UUID]) -> str | None:
    """Why somebody can't fill a slot of a version that has these approvals ``before``, as a problem's code; None where they
    can."""
    if not approval.people.isdisjoint(involved):
        return "approver_involved"
    given = list(before)
    if any(one.slot is approval.slot for one in given):
        return "slot_filled"
    return None if all(one.people.isdisjoint(approval.people) for one in given) else "approver_counted"


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """What decides what may be done about a statement. ``incident``: its incident's status. All else but the status is of
    the newest version."""

    incident: str
    status: StatementStatus
    submitted: bool = False
    changes_requested: bool = False
    # Whether no slot is missing for the grade in force.
    complete: bool = False
    missing: tuple[StatementNeed, ...] = ()


class StatementChoice(NamedTuple):
    """One thing people may want to do, and the code of the problem that would be answered. ``missing``: what it needs."""

    action: StatementAction
    refusal: str | None
    missing: tuple[StatementNeed, ...] = ()


def refusal(action: StatementAction, facts: StatementFacts) -> str | None:
    """Why an action is refused, as a code of :data:`SAYS`; None where it is not. It is about the statement, not the caller."""
    if facts.incident not in RECORDING and action is not StatementAction.WITHDRAW:
        return "incident_over"
    if action is StatementAction.RECORD_PUBLICATION:
        # What has happened has happened.
        return None
    if facts.status is StatementStatus.WITHDRAWN:
        return "statement_withdrawn"
    match action:
        case StatementAction.SUBMIT:
            return "already_submitted" if facts.submitted else "statement_incomplete" if facts.missing else None
        case StatementAction.APPROVE:
            return _approval_refusal(facts)
        case StatementAction.REQUEST_CHANGES:
            if facts.status is StatementStatus.PUBLISHED:
                return "already_published"
            return None if facts.submitted else "not_in_review"
        case StatementAction.EDIT | StatementAction.WITHDRAW:
            return None


def _approval_refusal(facts: StatementFacts) -> str | None:
    if not facts.submitted:
        return "not_in_review"
    if facts.changes_requested:
        return "changes_requested"
    if facts.complete:
        return "already_approved"
    return "statement_incomplete" if facts.missing else None


def choices(facts: StatementFacts) -> tuple[StatementChoice, ...]:
    """Everything people may want to do about a statement, with what would refuse it."""
    found = []
    for action in StatementAction:
        code = refusal(action, facts)
        found.append(StatementChoice(action, code, facts.missing if code == "statement_incomplete" else ()))
    return tuple(found)


def status_after(
    action: StatementAction, status: StatementStatus, *, complete: bool = False, newest: bool = True
) -> StatementStatus:
    """Where an action leads that is not refused. ``complete``: no slot is missing after it. ``newest``: of a publication,
    whether it was of the newest version; an older one's leaves the statement where it is."""
    match action:
        case StatementAction.EDIT:
            return StatementStatus.DRAFT
        case StatementAction.SUBMIT:
            return StatementStatus.IN_REVIEW
        case StatementAction.APPROVE:
            # What is out already stays what it is, whoever agrees afterwards.
            return status if status is StatementStatus.PUBLISHED else _reviewed(complete)
        case StatementAction.REQUEST_CHANGES:
            return StatementStatus.CHANGES_REQUESTED
        case StatementAction.RECORD_PUBLICATION:
            return StatementStatus.PUBLISHED if newest and status is not StatementStatus.WITHDRAWN else status
        case StatementAction.WITHDRAW:
            return StatementStatus.WITHDRAWN


def status_regraded(status: StatementStatus, *, complete: bool) -> StatementStatus:
    """Where another grade leads: approved is what has all approvals of the grade in force."""
    if status in (StatementStatus.IN_REVIEW, StatementStatus.APPROVED):
        return _reviewed(complete)
    return status


def _reviewed(complete: bool) -> StatementStatus:
    return StatementStatus.APPROVED if complete else StatementStatus.IN_REVIEW
