"""Tasks by table: how each kind moves, what each needs, and what is said beforehand."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lifecycle import RECORDING
from app.domain.tasks import (
    FINISHED,
    OF_A_DRILL,
    PUBLISHED,
    SAYS,
    TIMED,
    UNFINISHED,
    FollowUps,
    TaskFacts,
    average_of,
    choices,
    clock_due,
    first_state,
    is_another_report,
    percent_of,
    refusal,
    result_fault,
    state_after,
    version_of,
)
from app.domain.vocabulary import IncidentStatus, TaskAction, TaskKind, TaskState

TAKEDOWN, OTHER = TaskKind.TAKEDOWN_REPORT, TaskKind.OTHER
T = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(hours=24)
STATEMENT = {"kind": "takedown_report", "platform": "weibo", "url": "https://a.example/1", "legal_basis": "民法典"}

# Kind, state, whether a legal basis is stated, action -> the refusal; None: it goes through.
TABLE = [
    (OTHER, "open", False, "update", None), (OTHER, "open", False, "complete", None),
    (OTHER, "open", False, "waive", None), (OTHER, "open", False, "reopen", "task_not_over"),
    (OTHER, "done", False, "update", "task_over"), (OTHER, "done", False, "complete", "task_over"),
    (OTHER, "done", False, "waive", "task_over"), (OTHER, "done", False, "reopen", None),
    (OTHER, "waived", False, "complete", "task_over"), (OTHER, "waived", False, "waive", "task_over"),
    (OTHER, "waived", False, "reopen", None),
    (OTHER, "open", False, "submit", "takedown_only"), (OTHER, "open", True, "approve", "takedown_only"),
    (OTHER, "done", True, "reject", "takedown_only"),
    (TAKEDOWN, "draft", False, "submit", "legal_basis_missing"), (TAKEDOWN, "draft", True, "submit", None),
    (TAKEDOWN, "draft", True, "complete", "approval_needed"), (TAKEDOWN, "draft", True, "approve", "not_in_review"),
    (TAKEDOWN, "draft", True, "reject", "not_in_review"), (TAKEDOWN, "draft", False, "waive", None),
    (TAKEDOWN, "legal_review", True, "submit", "already_submitted"), (TAKEDOWN, "legal_review", True, "approve", None),
    (TAKEDOWN, "legal_review", True, "reject", None), (TAKEDOWN, "legal_review", True, "complete", "approval_needed"),
    (TAKEDOWN, "legal_review", True, "update", None), (TAKEDOWN, "legal_review", True, "waive", None),
    (TAKEDOWN, "approved", True, "complete", None), (TAKEDOWN, "approved", True, "approve", "not_in_review"),
    (TAKEDOWN, "approved", True, "reject", "not_in_review"), (TAKEDOWN, "approved", True, "submit", "already_submitted"),
    (TAKEDOWN, "rejected", True, "complete", "approval_needed"), (TAKEDOWN, "rejected", True, "submit", None),
    (TAKEDOWN, "rejected", True, "approve", "not_in_review"), (TAKEDOWN, "done", True, "submit", "task_over"),
    (TAKEDOWN, "done", True, "approve", "task_over"), (TAKEDOWN, "done", True, "reopen", None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "state", "basis", "action", "expected"), TABLE)
def test_an_action_is_refused_for_what_the_task_is(kind, state, basis, action, expected):
    facts = TaskFacts(kind, TaskState(state), "handling", basis)
    assert refusal(TaskAction(action), facts) == expected


@pytest.mark.parametrize(("kind", "state", "status"), list(product(TaskKind, TaskState, IncidentStatus)))
def test_of_what_is_over_tasks_can_only_be_waived_and_of_what_is_closed_all_can_be_told(kind, state, status):
    for choice in choices(TaskFacts(kind, state, status, has_basis=True)):
        # What a drill taught is done when the drill, and its incident with it, is long over.
        if status not in RECORDING and choice.action is not TaskAction.WAIVE and kind not in OF_A_DRILL:
            assert choice.refusal == "incident_over"
        else:
            assert choice.refusal == refusal(choice.action, TaskFacts(kind, state, "watching", has_basis=True))
        assert choice.refusal is None or choice.refusal in SAYS


@pytest.mark.parametrize("kind", TaskKind)
def test_only_a_takedown_report_goes_to_legal(kind):
    actions = {choice.action for choice in choices(TaskFacts(kind, first_state(kind), "handling"))}
    of_all = {TaskAction.UPDATE, TaskAction.COMPLETE, TaskAction.WAIVE, TaskAction.REOPEN}
    assert actions == (set(TaskAction) if kind is TAKEDOWN else of_all)
    assert first_state(kind) == ("draft" if kind is TAKEDOWN else "open")


@given(kind=st.sampled_from(TaskKind), steps=st.lists(st.tuples(st.sampled_from(TaskAction), st.booleans())))
def test_whatever_is_tried_a_report_is_filed_only_right_after_its_approval(kind, steps):
    state, before = first_state(kind), None
    for action, basis in steps:
        facts = TaskFacts(kind, state, "handling", basis)
        if refusal(action, facts) is None and action is not TaskAction.UPDATE:
            after = state_after(action, facts)
            if kind is TAKEDOWN and action is TaskAction.COMPLETE:
                assert (state, before) == (TaskState.APPROVED, TaskAction.APPROVE)
            assert (after is TaskState.OPEN) <= (kind is not TAKEDOWN)
            assert (after in FINISHED) == (action in (TaskAction.COMPLETE, TaskAction.WAIVE))
            state, before = after, action
    assert state in (*FINISHED, *UNFINISHED)


@pytest.mark.parametrize(("kind", "given_", "finishing", "fault"), [
    ("meeting", None, True, "result_needed"), ("meeting", "meeting", True, None), ("meeting", None, False, None),
    ("meeting", "meeting", False, "not_yet"), ("meeting", "fact_check", True, "wrong_kind"),
    ("fact_check", None, True, "result_needed"), ("fact_check", "fact_check", True, None),
    ("follow_up", None, True, "result_needed"), ("follow_up", "follow_up", True, None),
    ("follow_up", "follow_up", False, "not_yet"), ("press_inquiry", "press_inquiry", False, None),
    ("press_inquiry", None, True, None), ("press_inquiry", "press_inquiry", True, None),
    ("takedown_report", "takedown_report", False, None), ("takedown_report", None, True, None),
    ("takedown_report", "takedown_report", True, "approved_as_it_is"),
    ("other", None, True, None), ("other", "follow_up", True, "wrong_kind"), ("remediation", "meeting", False, "wrong_kind"),
])  # fmt: skip
def test_a_result_is_of_the_kind_and_comes_at_its_time(kind, given_, finishing, fault):
    result = {"kind": given_} if given_ else None
    assert result_fault(TaskKind(kind), result, finishing=finishing) == fault


@pytest.mark.parametrize(("changes", "another"), [
    ({}, False), ({"platform": "douyin"}, True), ({"url": "https://a.example/2"}, True), ({"legal_basis": "广告法"}, True),
    ({"legal_basis": None}, True),
])  # fmt: skip
def test_an_approval_is_of_just_what_was_approved(changes, another):
    assert is_another_report(STATEMENT, STATEMENT | changes) is another
    assert is_another_report(STATEMENT, None)
    assert is_another_report(None, STATEMENT)


@pytest.mark.parametrize(("figures", "owed", "percent", "enough"), [
    # users, users_over, unreachable, others, others_over
    ((0, 0, 0, 0, 0), 0, 90, True), ((0, 0, 0, 0, 0), 0, 100, True),
    ((1, 0, 0, 0, 0), 1, 90, False), ((1, 1, 0, 0, 0), 1, 90, True), ((1, 0, 0, 0, 0), 1, 0, True),
    # Who has no follow-up yet is as if it were to be done still.
    ((10, 8, 0, 0, 0), 10, 90, False), ((10, 9, 0, 0, 0), 10, 90, True),
    ((500, 449, 0, 0, 0), 500, 90, False), ((500, 450, 0, 0, 0), 500, 90, True),
    # Nobody can reach whom we erased before they were asked.
    ((10, 8, 1, 0, 0), 9, 90, False), ((10, 8, 2, 0, 0), 8, 90, True), ((5, 0, 5, 0, 0), 0, 90, True),
    # Follow-ups for none of them count beside them.
    ((0, 0, 0, 1, 0), 1, 90, False), ((0, 0, 0, 1, 1), 1, 90, True), ((0, 0, 0, 10, 8), 10, 90, False),
    ((10, 9, 0, 10, 8), 20, 90, False), ((10, 10, 0, 10, 8), 20, 90, True), ((9, 9, 0, 1, 0), 10, 90, True),
    ((17, 15, 0, 2, 2), 19, 90, False), ((18, 17, 0, 2, 1), 20, 90, True),
    ((99, 99, 0, 1, 0), 100, 100, False), ((99, 99, 0, 1, 1), 100, 100, True),
])  # fmt: skip
def test_follow_ups_are_enough_from_the_policys_share_on(figures, owed, percent, enough):
    follow_ups = FollowUps(*figures)
    assert (follow_ups.owed, follow_ups.enough(percent)) == (owed, enough)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 100))
def test_somebody_who_was_not_asked_never_opens_a_way_and_an_erasure_never_closes_one(users, over, percent):
    over = min(users, over)
    before = FollowUps(users, over)
    assert FollowUps(users + 1, over).enough(percent) <= before.enough(percent)
    if over < users:
        assert FollowUps(users, over, unreachable=1).enough(percent) >= before.enough(percent)
        assert FollowUps(users, over + 1).enough(percent) >= before.enough(percent)


@pytest.mark.parametrize(("part", "whole", "percent"), [
    (0, 0, None), (0, 3, 0.0), (1, 3, 33.3), (2, 3, 66.6), (3, 3, 100.0), (449, 500, 89.8), (450, 500, 90.0),
    (8_999, 10_000, 89.9), (9_999, 10_000, 99.9),
])  # fmt: skip
def test_a_completion_rate_is_rounded_down(part, whole, percent):
    assert percent_of(part, whole) == percent


@pytest.mark.parametrize(("answers", "average"), [
    ({}, None), ({1: 0, 5: 0}, None), ({5: 3}, 5.0), ({1: 1, 2: 1}, 1.5), ({4: 1, 5: 2}, 4.67), ({1: 7, 2: 1}, 1.13),
    ({1: 2, 2: 1}, 1.33),
])  # fmt: skip
def test_an_average_has_two_decimals_halves_up(answers, average):
    assert average_of(answers) == average


def test_a_remediation_is_due_as_promised_or_in_the_policys_time():
    assert clock_due(None, T, DAY) == T + DAY
    assert clock_due(T + DAY * 3, T, DAY) == T + DAY * 3
    assert clock_due(T, T, DAY) == T + DAY, "promised for what has passed: it starts anew"


def test_a_promise_made_in_public_is_due_as_it_was_made():
    assert clock_due(T + DAY, T, None) == T + DAY
    assert clock_due(T - DAY, T, None) == T - DAY, "it has passed, and stays what was said"


def test_each_kind_that_has_a_clock_has_one_of_its_own_name():
    assert {task.value: clock.value for task, clock in TIMED.items()} == {
        one: one for one in ("remediation", "commitment")
    }
    assert set(PUBLISHED) < set(TIMED), "what is promised in public has a clock"


@given(st.lists(st.tuples(st.uuids(), st.integers(1, 10**6)), unique_by=lambda task: task[0]))
def test_a_version_of_many_is_another_one_as_soon_as_one_of_them_is(tasks):
    version = version_of(tasks)
    assert 0 <= version < 10**9
    assert version_of(reversed(tasks)) == version
    assert version_of([*tasks, (UUID(int=1), 1)]) != version
    if tasks:
        assert version_of(tasks[1:]) != version
        assert version_of([(tasks[0][0], tasks[0][1] + 1), *tasks[1:]]) != version
