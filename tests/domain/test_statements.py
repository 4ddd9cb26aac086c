"""What statements need, what is refused of them, and whose approvals count."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.domain.statements import (
    MAY_WAIVE,
    NEEDS,
    SAYS,
    TRUTHS,
    WAIVABLE,
    Approval,
    Content,
    StatementFacts,
    approval_fault,
    choices,
    lacking,
    needed,
    needs,
    refusal,
    status_after,
    status_regraded,
)
from app.domain.vocabulary import IncidentStatus, StatementKind, Truth
from app.domain.vocabulary.statements import (
    ApprovalSlot,
    StatementAction,
    StatementNeed,
    StatementPart,
    StatementStatus,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SOON, PAST = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
HOLDING, PROGRESS, APOLOGY, CLARIFICATION, LAWYER = StatementKind
ANN, BEN, CLEO, DAN = (UUID(int=n) for n in range(1, 5))
PR, LEGAL, LEAD = ApprovalSlot
WHOLE = {"attitude": "抱歉", "facts": "经查", "solution": "退款", "promised": (SOON,)}


def lacks(kind: StatementKind, truth: Truth | None = None, **said: object) -> str:
    """What it lacks, in a row."""
    return " ".join(needs(Content(kind, **said), truth, NOW))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "said", "missing"), [
    (HOLDING, {}, "attitude next_update"),
    (HOLDING, {"attitude": "我们已关注", "next_update_at": SOON}, ""),
    (HOLDING, {"attitude": " \u200b\n", "next_update_at": SOON}, "attitude"),
    (HOLDING, {"attitude": "我们已关注", "next_update_at": PAST}, "dates_ahead"),
    (HOLDING, {"attitude": "我们已关注", "next_update_at": NOW}, "dates_ahead"),
    (PROGRESS, {}, "content"),
    (PROGRESS, {"facts": "已下架"}, ""),
    (PROGRESS, {"cites": True}, ""),
    (LAWYER, {"attitude": "严正声明"}, "facts"),
    (LAWYER, {"facts": "捏造"}, ""),
    (LAWYER, {"waived": frozenset(WAIVABLE)}, "facts"),
    (HOLDING, {"waived": frozenset(StatementPart)}, "attitude next_update"),
])  # fmt: skip
def test_what_each_kind_needs_that_asks_for_no_fact_check(kind, said, missing):
    assert lacks(kind, **said) == missing


@pytest.mark.parametrize(("kind", "said", "missing"), [
    (APOLOGY, {}, "attitude facts solution commitment fact_check"),
    (CLARIFICATION, {}, "facts solution commitment fact_check"),
    (APOLOGY, WHOLE, "fact_check"),
    (CLARIFICATION, {**WHOLE, "attitude": ""}, "fact_check"),
    (APOLOGY, {**WHOLE, "promised": (None,)}, "commitment fact_check"),
    (APOLOGY, {**WHOLE, "promised": (None, SOON)}, "fact_check"),
    (APOLOGY, {**WHOLE, "promised": (PAST, SOON)}, "fact_check dates_ahead"),
    (APOLOGY, {"attitude": "抱歉", "waived": frozenset(WAIVABLE)}, "fact_check"),
    (CLARIFICATION, {"waived": frozenset(WAIVABLE)}, "fact_check"),
    (APOLOGY, {**WHOLE, "attitude": "", "waived": frozenset(StatementPart)}, "attitude fact_check"),
])  # fmt: skip
def test_what_an_apology_and_a_clarification_need(kind, said, missing):
    assert lacks(kind, **said) == missing


def test_what_was_found_carries_an_apology_or_a_clarification():
    carried = {kind: [truth for truth in Truth if not lacks(kind, truth, **WHOLE)] for kind in MAY_WAIVE}
    assert carried == {
        APOLOGY: [Truth.CONFIRMED, Truth.PARTLY_CONFIRMED],
        CLARIFICATION: [Truth.PARTLY_CONFIRMED, Truth.UNFOUNDED, Truth.MISUNDERSTANDING],
    }
    assert {lacks(kind, truth, **WHOLE) for kind in MAY_WAIVE for truth in Truth} == {"", "truth"}
    assert set(TRUTHS) == set(MAY_WAIVE)


@pytest.mark.parametrize(("action", "status", "more", "code"), [
    ("edit", "draft", {}, None), ("edit", "in_review", {}, None), ("edit", "published", {}, None),
    ("edit", "withdrawn", {}, "statement_withdrawn"),
    ("submit", "draft", {}, None), ("submit", "draft", {"missing": (StatementNeed.FACTS,)}, "statement_incomplete"),
    ("submit", "in_review", {"submitted": True}, "already_submitted"),
    ("submit", "changes_requested", {"submitted": True, "changes_requested": True}, "already_submitted"),
    ("submit", "withdrawn", {}, "statement_withdrawn"),
    ("approve", "draft", {}, "not_in_review"), ("approve", "in_review", {"submitted": True}, None),
    ("approve", "in_review", {"submitted": True, "missing": (StatementNeed.TRUTH,)}, "statement_incomplete"),
    ("approve", "changes_requested", {"submitted": True, "changes_requested": True}, "changes_requested"),
    ("approve", "approved", {"submitted": True, "complete": True}, "already_approved"),
    ("approve", "published", {"submitted": True}, None),
    ("approve", "published", {"submitted": True, "changes_requested": True}, "changes_requested"),
    ("approve", "withdrawn", {"submitted": True}, "statement_withdrawn"),
    ("request_changes", "draft", {}, "not_in_review"),
    ("request_changes", "in_review", {"submitted": True}, None),
    ("request_changes", "approved", {"submitted": True, "complete": True}, None),
    ("request_changes", "published", {"submitted": True}, "already_published"),
    ("request_changes", "withdrawn", {"submitted": True}, "statement_withdrawn"),
    ("withdraw", "draft", {}, None), ("withdraw", "published", {"submitted": True}, None),
    ("withdraw", "withdrawn", {}, "statement_withdrawn"),
])  # fmt: skip
def test_what_is_refused(action, status, more, code):
    facts = StatementFacts("handling", StatementStatus(status), **more)
    assert refusal(StatementAction(action), facts) == code
    [choice] = [one for one in choices(facts) if one.action == action]
    assert choice.refusal == code
    assert choice.missing == (more["missing"] if code == "statement_incomplete" else ())


@pytest.mark.parametrize("incident", IncidentStatus)
@pytest.mark.parametrize("status", StatementStatus)
def test_of_what_is_over_nothing_is_left_but_to_withdraw(incident, status):
    facts = StatementFacts(incident, status, submitted=True)
    codes = {action: refusal(action, facts) for action in StatementAction}
    over = incident in ("subsided", "dismissed", "merged")
    assert {code for action, code in codes.items() if action != "withdraw" and over} <= {"incident_over"}
    assert "incident_over" not in codes.values() or over
    assert codes[StatementAction.RECORD_PUBLICATION] == ("incident_over" if over else None), "it has happened"
    assert codes[StatementAction.WITHDRAW] == ("statement_withdrawn" if status == "withdrawn" else None)


def test_every_code_and_every_need_says_what_to_do():
    facts = [
        StatementFacts(incident, status, submitted, back, complete, missing)
        for incident in ("handling", "merged") for status in StatementStatus for submitted in (True, False)
        for back in (True, False) for complete in (True, False) for missing in ((), (StatementNeed.FACTS,))
    ]  # fmt: skip
    assert {choice.refusal for one in facts for choice in choices(one)} - {None} == SAYS.keys()
    assert NEEDS.keys() == set(StatementNeed)


def approved(slot: ApprovalSlot, person: UUID, behalf: UUID | None = None, at: datetime = PAST) -> Approval:
    return Approval(slot, person, behalf, at)


BOTH = (approved(PR, ANN), approved(LEGAL, BEN))


@pytest.mark.parametrize(("given", "major", "more", "missing"), [
    ((), False, {}, "public_relations legal"), ((), True, {}, "public_relations legal lead"),
    (BOTH[:1], False, {}, "legal"), (BOTH, False, {}, ""), (BOTH, True, {}, "lead"),
    ((*BOTH, approved(LEAD, CLEO)), True, {}, ""),
    ((BOTH[0], approved(LEGAL, BEN, at=NOW)), False, {}, ""), ((BOTH[0], approved(LEGAL, BEN, at=SOON)), False, {}, "legal"),
    (BOTH, False, {"changes_requested_at": PAST}, "public_relations legal"),
    (BOTH, False, {"changes_requested_at": NOW}, "public_relations legal"),
    (BOTH, False, {"changes_requested_at": SOON}, ""), (BOTH, False, {"withdrawn_at": NOW}, "public_relations legal"),
    (BOTH, False, {"withdrawn_at": SOON}, ""),
])  # fmt: skip
def test_which_approvals_a_version_lacked(given, major, more, missing):
    assert " ".join(lacking(given, (), major=major, at=NOW, **more)) == missing


@pytest.mark.parametrize(("involved", "missing"), [
    ({DAN}, ""), ({ANN}, "public_relations"), ({BEN, ANN}, "public_relations legal"), ({CLEO}, "legal"),
])  # fmt: skip
def test_the_word_of_who_had_a_hand_in_it_counts_for_nothing(involved, missing):
    given = (BOTH[0], approved(LEGAL, BEN, CLEO))
    assert " ".join(lacking(given, involved, major=False, at=NOW)) == missing


@pytest.mark.parametrize(("one", "before", "involved", "fault"), [
    (approved(PR, ANN), (), (), None), (approved(PR, ANN), (), {ANN}, "approver_involved"),
    (approved(PR, ANN, BEN), (), {BEN}, "approver_involved"), (approved(PR, ANN, BEN), (), {ANN}, "approver_involved"),
    (approved(LEGAL, CLEO), BOTH, (), "slot_filled"), (approved(LEAD, CLEO), BOTH, (), None),
    (approved(LEAD, ANN), BOTH, (), "approver_counted"), (approved(LEAD, CLEO, ANN), BOTH, (), "approver_counted"),
    (approved(LEAD, CLEO), (approved(PR, ANN, CLEO),), (), "approver_counted"),
    (approved(LEAD, CLEO, DAN), (approved(PR, ANN, DAN),), (), "approver_counted"),
])  # fmt: skip
def test_each_slot_takes_somebody_else_who_had_no_hand_in_it(one, before, involved, fault):
    assert approval_fault(one, before, involved) == fault


def test_only_at_major_a_lead_is_asked():
    assert (needed(major=False), needed(major=True)) == ((PR, LEGAL), (PR, LEGAL, LEAD))


def test_where_each_action_leads():
    draft, review, back, agreed, out, gone = StatementStatus
    for status in StatementStatus:
        assert status_after(StatementAction.EDIT, status) is draft
        assert status_after(StatementAction.SUBMIT, status) is review
        assert status_after(StatementAction.REQUEST_CHANGES, status) is back
        assert status_after(StatementAction.WITHDRAW, status) is gone
        assert status_after(StatementAction.RECORD_PUBLICATION, status) is (gone if status is gone else out)
        assert status_after(StatementAction.RECORD_PUBLICATION, status, newest=False) is status
        for complete in (True, False):
            expected = out if status is out else agreed if complete else review
            assert status_after(StatementAction.APPROVE, status, complete=complete) is expected
            moved = agreed if complete else review
            assert status_regraded(status, complete=complete) is (moved if status in (review, agreed) else status)
