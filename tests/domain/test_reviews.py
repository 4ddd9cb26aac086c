"""How a review goes: what its report waits for, what is refused when, when decisions are due (方案 二(三))."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reviews import (
    DECISIONS_TIME,
    GAPS,
    SAYS,
    ReviewFacts,
    choices,
    decisions_due,
    gaps,
    is_complete,
    may_begin,
    refusal,
)
from app.domain.vocabulary import IncidentStatus
from app.domain.vocabulary.reviews import (
    ReviewAction,
    ReviewDecisionKind,
    ReviewGap,
    ReviewQuestion,
    ReviewStatus,
)

CALM = datetime(2026, 3, 2, 4, tzinfo=UTC)
FULL = {question.value: "有" for question in ReviewQuestion}
ALL = list(ReviewDecisionKind)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
answers = st.dictionaries(st.sampled_from(list(FULL)), st.sampled_from(["", " ", "\u200b", "有"]))
facts = st.builds(
    ReviewFacts, status=st.sampled_from(ReviewStatus), since=st.just(CALM), meeting_at=st.none() | instants, answers=answers,
    rendered=st.booleans(), decided=st.sets(st.sampled_from(ALL)),
)  # fmt: skip


def review(status: str = "open", **known) -> ReviewFacts:
    said = {"meeting_at": CALM, "answers": FULL, "rendered": True, "decided": ()} | known
    return ReviewFacts(status=ReviewStatus(status), since=CALM, **said)


@pytest.mark.parametrize(("known", "missing"), [
    ({}, []),
    ({"meeting_at": None}, ["meeting"]),
    ({"meeting_at": CALM - timedelta(seconds=1)}, ["meeting"]),
    ({"answers": FULL | {"timely": "\u3000\u200b"}}, ["timely"]),
    ({"rendered": False}, ["report"]),
    ({"answers": {}, "meeting_at": None, "rendered": False},
     ["meeting", "cause", "timely", "effective", "gaps", "report"]),
])  # fmt: skip
def test_the_report_waits_for_meeting_answers_and_the_report_itself(known, missing):
    assert [gap.value for gap in gaps(review(**known))] == missing


@pytest.mark.parametrize(("status", "refused"), [
    ("open", {}),
    ("suspended", {"cover": "review_suspended", "issue_report": "review_suspended", "decide": "review_suspended"}),
    ("reported", {"update": "review_settled", "cover": "review_settled", "issue_report": "review_settled"}),
    ("merged", dict.fromkeys(("update", "cover", "issue_report", "decide"), "review_merged")),
])  # fmt: skip
def test_each_state_allows_its_own(status, refused):
    found = {choice.action.value: choice.refusal for choice in choices(review(status)) if choice.refusal}
    assert found == refused


def test_what_is_completed_is_over():
    done = review("completed", decided=ALL)
    assert {choice.refusal for choice in choices(done)} == {"review_completed", "decision_made"}


@given(facts)
def test_every_choice_says_what_would_refuse_it(known):
    found = choices(known)
    assert [(one.action, one.decision) for one in found] == [
        *((action, None) for action in ReviewAction if action is not ReviewAction.DECIDE),
        *((ReviewAction.DECIDE, kind) for kind in ALL),
    ]
    for one in found:
        assert one.refusal == refusal(one.action, known, one.decision)
        assert one.refusal is None or one.refusal in SAYS
        assert bool(one.missing) == (one.refusal == "review_incomplete")
        assert set(one.missing) <= set(GAPS) == set(ReviewGap)


@given(facts)
def test_nothing_is_decided_twice_or_while_it_burns(known):
    for kind in ALL:
        code = refusal(ReviewAction.DECIDE, known, kind)
        if known.status in (ReviewStatus.SUSPENDED, ReviewStatus.MERGED) or kind in known.decided:
            assert code


@given(facts)
def test_it_is_complete_with_report_and_all_three_only(known):
    assert is_complete(known) == (known.status is ReviewStatus.REPORTED and len(set(known.decided)) == 3)


@given(st.lists(instants), st.none() | instants)
def test_one_more_clock_never_puts_the_decisions_off(clocks, reported_at):
    due = decisions_due(clocks, reported_at)
    assert due == (min(clocks, default=reported_at) + DECISIONS_TIME if clocks or reported_at else None)
    if clocks:
        later = decisions_due([*clocks, max(clocks) + timedelta(days=1)], reported_at)
        assert later == due


@pytest.mark.parametrize("status", list(IncidentStatus))
def test_what_burns_is_not_looked_back_on(status):
    over = status in ("closed", "subsided", "dismissed")
    assert may_begin(status, calm=False) == over
    assert may_begin(status, calm=True) == (status != "merged")
