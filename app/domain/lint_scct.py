"""Which way of answering fits a crisis: Coombs' Situational Crisis Communication Theory (SCCT).

W. T. Coombs, "Protecting Organization Reputations During a Crisis", Corporate Reputation Review 10(3), 2007, pp. 163-176. People
lay a crisis at an organisation's door the more, the more it could have prevented it, and the more if it happened before. The
guidelines are numbered as in the paper's table.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from app.domain.grades import HarmClass
from app.domain.lint_phrases import Finding, Wording
from app.domain.vocabulary import Responsibility, Truth
from app.domain.vocabulary.lint import CrisisCluster, LintCode, LintSeverity
from app.domain.vocabulary.statements import ResponseStrategy

PAPER: Final = "Coombs (2007), Corporate Reputation Review 10(3): 163-176, SCCT"
HISTORY_MONTHS: Final = 12
"""How far past incidents of the same rule, or business unit, are looked for that were ours: they raise the cluster by one."""

_GRAVER: Final[Mapping[CrisisCluster, CrisisCluster]] = {
    CrisisCluster.VICTIM: CrisisCluster.ACCIDENTAL,
    CrisisCluster.ACCIDENTAL: CrisisCluster.PREVENTABLE,
    CrisisCluster.PREVENTABLE: CrisisCluster.PREVENTABLE,
}
_RUMOURS: Final = frozenset({Truth.UNFOUNDED, Truth.MISUNDERSTANDING})
_GRAVE: Final = frozenset({HarmClass.CORE_INTEREST, HarmClass.USER_RIGHTS})
_FITTING: Final[Mapping[CrisisCluster, tuple[ResponseStrategy, ...]]] = {
    CrisisCluster.VICTIM: (ResponseStrategy.DIMINISH, ResponseStrategy.BOLSTER),
    CrisisCluster.ACCIDENTAL: (ResponseStrategy.REBUILD, ResponseStrategy.DIMINISH),
    CrisisCluster.PREVENTABLE: (ResponseStrategy.REBUILD,),
}
_CLUSTERS: Final[Mapping[CrisisCluster, Wording]] = {
    CrisisCluster.VICTIM: Wording("受害型", "victim"),
    CrisisCluster.ACCIDENTAL: Wording("意外型", "accidental"),
    CrisisCluster.PREVENTABLE: Wording("可预防型", "preventable"),
}
_STRATEGIES: Final[Mapping[ResponseStrategy, Wording]] = {
    ResponseStrategy.DENY: Wording("否认", "deny"),
    ResponseStrategy.DIMINISH: Wording("弱化", "diminish"),
    ResponseStrategy.REBUILD: Wording("修复", "rebuild"),
    ResponseStrategy.BOLSTER: Wording("支持", "bolster"),
}


class Situation(NamedTuple):
    """What is known of a crisis when its statement is looked over; None: not known."""

    truth: Truth | None = None
    responsibility: Responsibility | None = None
    harm: HarmClass | None = None
    # Incidents before it of the same rule or business unit that were ours.
    past: int = 0


class Assessment(NamedTuple):
    """The cluster, by itself and raised by history, and the ways of answering that fit, the best first."""

    cluster: CrisisCluster | None
    before_history: CrisisCluster | None
    fitting: tuple[ResponseStrategy, ...]


def assess(situation: Situation) -> Assessment:
    """What the fact check, whose interests were harmed and what happened before come to.

    A rumour is of the victim cluster. What is true is preventable where it is ours and harmed more than single people, of the
    victim cluster where the platform or the user answers for it, and else accidental: of a supplier's fault too, because we chose
    the supplier. Nothing is said before facts were checked, or while they can't be.
    """
    base = _base(situation)
    if base is None:
        return Assessment(None, None, ())
    cluster = _GRAVER[base] if situation.past else base
    # Guideline 7: rumours are denied when that is possible, whatever happened before.
    rumour = (ResponseStrategy.DENY,) if situation.truth in _RUMOURS else ()
    return Assessment(cluster, base, rumour + _FITTING[cluster])


def _base(situation: Situation) -> CrisisCluster | None:
    if situation.truth is None or situation.truth is Truth.UNVERIFIABLE:
        return None
    if situation.truth in _RUMOURS or situation.responsibility in (Responsibility.PLATFORM, Responsibility.USER):
        return CrisisCluster.VICTIM
    if situation.responsibility is Responsibility.COMPANY and situation.harm in _GRAVE:
        return CrisisCluster.PREVENTABLE
    return CrisisCluster.ACCIDENTAL


def mismatch(situation: Situation, strategy: ResponseStrategy | None) -> Finding | None:
    """What is wrong with answering so, where anything is."""
    cluster, before_history, fitting = assess(situation)
    if cluster is None or strategy is None or strategy in fitting:
        return None
    why = _why(cluster, strategy)
    history = situation.past and before_history is not cluster
    raised = (
        Wording("（因同类事件曾发生，上调一级）", ", raised by one because it happened before")
        if history
        else Wording("", "")
    )
    named = "、".join(_STRATEGIES[one].zh for one in fitting), " or ".join(_STRATEGIES[one].en for one in fitting)
    return Finding(
        LintCode.STRATEGY_MISMATCH,
        why.severity,
        Wording(
            f"本事件属{_CLUSTERS[cluster].zh}{raised.zh}，声明的策略为“{_STRATEGIES[strategy].zh}”：{why.reason.zh}",
            f"The crisis is of the {_CLUSTERS[cluster].en} cluster{raised.en}, and the statement's strategy is to "
            f"{_STRATEGIES[strategy].en}: {why.reason.en}",
        ),
        Wording(f"改用“{named[0]}”策略，或在核实结论有误时先更正核实结论。",
                f"Choose to {named[1]}, or correct the fact check first if that is wrong."),
        f"{PAPER} {why.guideline}",
    )  # fmt: skip


class _Why(NamedTuple):
    severity: LintSeverity
    reason: Wording
    guideline: str


def _why(cluster: CrisisCluster, strategy: ResponseStrategy) -> _Why:
    if strategy is ResponseStrategy.REBUILD:
        reason = Wording("公众并不认为责任在我方，过度致歉会被当作承认有错。",
                         "people don't hold us responsible, and too much of an apology is taken for an admission.")  # fmt: skip
        return _Why(LintSeverity.HINT, reason, "guidelines 1, 3")
    if strategy is ResponseStrategy.BOLSTER:
        reason = Wording("提及过往好处只能作为辅助，不能代替回应。",
                         "past good deeds support an answer, and are none by themselves.")  # fmt: skip
        severity = LintSeverity.WARNING if cluster is CrisisCluster.PREVENTABLE else LintSeverity.HINT
        return _Why(severity, reason, "bolstering supplements the primary strategies")
    if strategy is ResponseStrategy.DIMINISH:
        reason = Wording("责任在我方时，大事化小会加重公众不满。",
                         "where we are held responsible, playing it down makes people angrier.")  # fmt: skip
        return _Why(LintSeverity.WARNING, reason, "guideline 6")
    reason = Wording("情况并非传言，否认会在事实公开后失去信任。",
                     "it is no rumour, and a denial costs trust once the facts are out.")  # fmt: skip
    severity = LintSeverity.ERROR if cluster is CrisisCluster.PREVENTABLE else LintSeverity.WARNING
    return _Why(severity, reason, "guideline 7")
