"""How incidents move: every status, to every status, with everything that can be on record."""

from itertools import product

import pytest

from app.domain.lifecycle import ACCEPTING, ENDED, MOVES, Facts, choices, may_move, unmet
from app.domain.vocabulary import Guard, IncidentAction, IncidentStatus

FLAGS = ("major", "fact_checked", "directed", "spoken", "calmed")
EVERY = [Facts(**dict(zip(FLAGS, values, strict=True))) for values in product((False, True), repeat=len(FLAGS))]
STATUSES = [status.value for status in IncidentStatus]

# The plan's own words (方案 二(二)): a move, the grade, what is on record -> what is missing.
TABLE = [
    ("responding", "handling", {}, ["fact_check"]),
    ("responding", "handling", {"fact_checked": True}, []),
    ("responding", "handling", {"directed": True}, ["fact_check"]),
    ("responding", "handling", {"major": True}, ["fact_check", "meeting_with_direction"]),
    ("responding", "handling", {"major": True, "fact_checked": True}, ["meeting_with_direction"]),
    ("responding", "handling", {"major": True, "directed": True}, ["fact_check"]),
    ("responding", "handling", {"major": True, "fact_checked": True, "directed": True}, []),
    ("handling", "closing", {"fact_checked": True, "directed": True, "calmed": True}, ["origin_statement"]),
    ("handling", "closing", {"spoken": True}, []),
    ("closing", "closed", {"fact_checked": True, "directed": True, "spoken": True}, ["calm"]),
    ("closing", "closed", {"calmed": True}, []),
    # Back, and out of it, whatever is missing.
    ("handling", "responding", {"major": True}, []),
    ("closing", "handling", {"major": True}, []),
    ("closed", "responding", {"major": True}, []),
    ("watching", "responding", {"major": True}, []),
    ("watching", "dismissed", {"major": True}, []),
    ("responding", "dismissed", {"major": True}, []),
    ("watching", "subsided", {}, []),
]


@pytest.mark.parametrize(("before", "to", "on_record", "missing"), TABLE)
def test_a_move_names_what_it_misses(before, to, on_record, missing):
    assert may_move(before, to)
    assert [rule.guard for rule in unmet(before, to, Facts(**on_record))] == missing


@pytest.mark.parametrize(("before", "to"), list(product(STATUSES, STATUSES)))
def test_only_the_three_steps_forward_are_guarded_and_more_on_record_never_misses_more(before, to):
    guarded = (before, to) in {("responding", "handling"), ("handling", "closing"), ("closing", "closed")}
    for facts in EVERY:
        missing = {rule.guard for rule in unmet(before, to, facts)}
        assert guarded or not missing
        on_record = {
            Guard.FACT_CHECK: facts.fact_checked,
            Guard.MEETING_WITH_DIRECTION: facts.directed or not facts.major,
            Guard.ORIGIN_STATEMENT: facts.spoken,
            Guard.CALM: facts.calmed,
        }
        assert not any(on_record[guard] for guard in missing)
    assert not guarded or unmet(before, to, Facts())


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("taken", [False, True])
def test_the_choices_are_the_moves_there_are_and_every_other_act_once(status, taken):
    for facts in EVERY:
        found = choices(status, facts, rule_taken=taken, mentions=2)
        moves = [choice for choice in found if choice.action is IncidentAction.SET_STATUS]
        assert tuple(choice.status for choice in moves) == MOVES[status]
        for choice in moves:
            assert choice.missing == tuple(rule.guard for rule in unmet(status, choice.status, facts))
            comes_back = status in ENDED and choice.status in ACCEPTING
            expected = (
                "rule_has_open_incident" if comes_back and taken else "guards_missing" if choice.missing else None
            )
            assert choice.refusal == expected
        others = [choice.action for choice in found if choice.action is not IncidentAction.SET_STATUS]
        assert others == [action for action in IncidentAction if action is not IncidentAction.SET_STATUS]


@pytest.mark.parametrize(("status", "refused"), [
    *((status, set()) for status in ACCEPTING),
    ("closed", {"attach_mentions", "change_team"}),
    ("subsided", {"attach_mentions", "acknowledge", "change_team", "record_meeting", "record_fact_check", "record_publication",
                  "record_decision"}),
    ("dismissed", {"attach_mentions", "acknowledge", "change_team", "record_meeting", "record_fact_check", "record_publication",
                   "record_decision"}),
    ("merged", {action.value for action in IncidentAction} - {"set_status"}),
])  # fmt: skip
def test_what_is_over_takes_no_more_acts_but_what_is_closed_does(status, refused):
    found = choices(status, Facts(), rule_taken=False, mentions=2)
    acts = [choice for choice in found if choice.action is not IncidentAction.SET_STATUS]
    assert {choice.action.value for choice in acts if choice.refusal} == refused


@pytest.mark.parametrize(("mentions", "refusal"), [(0, "nothing_to_split"), (1, "nothing_to_split"), (2, None)])
def test_a_split_needs_a_mention_that_goes_and_one_that_stays(mentions, refusal):
    found = choices("watching", Facts(), rule_taken=False, mentions=mentions)
    assert {choice.action.value: choice.refusal for choice in found if choice.refusal} == (
        {"split": refusal} if refusal else {}
    )
