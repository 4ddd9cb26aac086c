"""SCCT: every combination of what is known, and every way of answering it."""

from itertools import product

import pytest

from app.domain.grades import HarmClass
from app.domain.lint_scct import Situation, assess, mismatch
from app.domain.vocabulary import Responsibility, Truth
from app.domain.vocabulary.lint import CrisisCluster, LintCode, LintSeverity
from app.domain.vocabulary.statements import ResponseStrategy

VICTIM, ACCIDENTAL, PREVENTABLE = CrisisCluster.VICTIM, CrisisCluster.ACCIDENTAL, CrisisCluster.PREVENTABLE
DENY, DIMINISH, REBUILD, BOLSTER = ResponseStrategy
RUMOURS = (Truth.UNFOUNDED, Truth.MISUNDERSTANDING)
TRUE = (Truth.CONFIRMED, Truth.PARTLY_CONFIRMED)


def cluster_by_words(situation: Situation) -> CrisisCluster | None:
    """The rule once more, as a table of who answers for what is true."""
    if situation.truth not in (*RUMOURS, *TRUE):
        return None
    if situation.truth in RUMOURS:
        return VICTIM
    match situation.responsibility:
        case Responsibility.PLATFORM | Responsibility.USER:
            return VICTIM
        case Responsibility.COMPANY if situation.harm in (HarmClass.CORE_INTEREST, HarmClass.USER_RIGHTS):
            return PREVENTABLE
        case _:
            return ACCIDENTAL


EVERY = [
    Situation(truth, responsibility, harm, past)
    for truth, responsibility, harm, past in product(
        (None, *Truth), (None, *Responsibility), (None, *HarmClass), (0, 1, 5)
    )
]


def test_every_combination_has_the_cluster_of_the_rule_raised_by_one_where_it_happened_before() -> None:
    graver = {None: None, VICTIM: ACCIDENTAL, ACCIDENTAL: PREVENTABLE, PREVENTABLE: PREVENTABLE}
    for situation in EVERY:
        found, base = assess(situation), cluster_by_words(situation)
        assert found.before_history == base, situation
        assert found.cluster == (graver[base] if situation.past else base), situation
        assert (DENY in found.fitting) is (situation.truth in RUMOURS), "guideline 7: rumours are denied"
        if base is not None:
            assert found.fitting


@pytest.mark.parametrize(
    ("cluster", "weights"),
    [
        (VICTIM, {DENY: "warning", DIMINISH: None, REBUILD: "hint", BOLSTER: None}),
        (ACCIDENTAL, {DENY: "warning", DIMINISH: None, REBUILD: None, BOLSTER: "hint"}),
        (PREVENTABLE, {DENY: "error", DIMINISH: "warning", REBUILD: None, BOLSTER: "warning"}),
    ],
)
def test_what_does_not_fit_is_said_as_gravely_as_it_is(
    cluster: CrisisCluster, weights: dict[ResponseStrategy, str | None]
) -> None:
    known = {
        VICTIM: Situation(Truth.CONFIRMED, Responsibility.USER),
        ACCIDENTAL: Situation(Truth.CONFIRMED, Responsibility.SUPPLIER),
        PREVENTABLE: Situation(Truth.CONFIRMED, Responsibility.COMPANY, HarmClass.USER_RIGHTS),
    }[cluster]
    assert assess(known).cluster is cluster
    for strategy, weight in weights.items():
        found = mismatch(known, strategy)
        assert (found.severity if found else None) == weight, strategy
        assert (found is None) is (strategy in assess(known).fitting)


def test_a_rumour_may_be_denied_whatever_happened_before_and_too_much_of_an_apology_is_told() -> None:
    rumour = Situation(Truth.UNFOUNDED, Responsibility.COMPANY, HarmClass.CORE_INTEREST)
    assert mismatch(rumour, DENY) is None
    assert mismatch(rumour._replace(past=3), DENY) is None
    excess = mismatch(rumour, REBUILD)
    assert excess is not None
    assert excess.severity is LintSeverity.HINT


def test_history_turns_diminishing_an_accident_into_a_mismatch_and_says_so() -> None:
    accident = Situation(Truth.CONFIRMED, Responsibility.SUPPLIER, HarmClass.USER_RIGHTS)
    assert mismatch(accident, DIMINISH) is None
    found = mismatch(accident._replace(past=1), DIMINISH)
    assert found is not None
    assert found.code is LintCode.STRATEGY_MISMATCH
    assert "上调一级" in found.reason.zh
    assert "it happened before" in found.reason.en
    assert "Coombs (2007)" in found.source
    grave = Situation(Truth.CONFIRMED, Responsibility.COMPANY, HarmClass.CORE_INTEREST, past=1)
    already = mismatch(grave, DIMINISH)
    assert already is not None
    assert "上调" not in already.reason.zh, "it could not be raised any more"


def test_nothing_is_said_of_a_strategy_before_facts_are_known_or_where_there_is_none() -> None:
    for situation in EVERY:
        assert mismatch(situation, None) is None
        if assess(situation).cluster is None:
            assert all(mismatch(situation, strategy) is None for strategy in ResponseStrategy)
