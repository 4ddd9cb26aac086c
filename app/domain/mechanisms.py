"""The plan's three lasting mechanisms 三项长效机制 (方案 一, R08): each green or red, with why.

A mechanism is green when all its checks are. A check counts what was due within its span and what of it is amiss; where
nothing was due it is green and says so. Whoever wants to know how a mechanism stood at a past instant asks with that
instant: the facts are rows that no longer change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from app.domain.vocabulary.quality import Light, Mechanism, MechanismCheck

MONITORED: Final = timedelta(days=1)
"""How far back monitoring is judged: what was heard, walked and pushed in the day before."""
REPORTED: Final = timedelta(days=30)
"""How far back reports of reviews are judged."""
LOOKED_AT: Final = timedelta(days=90)
"""How long rules and policies may go without anybody looking at them, as long as risks as shipped."""
MOST_ITEMS: Final = 20

CHECKS: Final[Mapping[Mechanism, tuple[MechanismCheck, ...]]] = MappingProxyType({
    Mechanism.MONITORING: (
        MechanismCheck.CORE_PLATFORMS_ALIVE, MechanismCheck.PATROLS_DONE, MechanismCheck.ALERTS_PUSHED,
    ),
    Mechanism.REVIEW: (MechanismCheck.REVIEWS_NOT_LATE, MechanismCheck.REPORTS_IN_TIME),
    Mechanism.UPGRADE: (
        MechanismCheck.DECISIONS_APPLIED, MechanismCheck.RISKS_REVIEWED, MechanismCheck.RULES_LOOKED_AT,
    ),
})  # fmt: skip
"""What each is judged by, in the order in which it is told."""

# What is counted, and what is said of it where it is well and where it is not.
_SAYS: Final[Mapping[MechanismCheck, tuple[str, str]]] = MappingProxyType({
    MechanismCheck.CORE_PLATFORMS_ALIVE: (
        "{checked} 个核心平台近一天都有数据", "{checked} 个核心平台中有 {amiss} 个近一天没有数据",
    ),
    MechanismCheck.PATROLS_DONE: ("近一天 {checked} 次巡查都已完成", "近一天 {checked} 次巡查中有 {amiss} 次未完成"),
    MechanismCheck.ALERTS_PUSHED: ("近一天 {checked} 条预警都按时送达", "近一天 {checked} 条预警中有 {amiss} 条未按时送达"),
    MechanismCheck.REVIEWS_NOT_LATE: ("没有逾期未完成的复盘(在办 {checked} 项)", "在办 {checked} 项复盘中有 {amiss} 项逾期"),
    MechanismCheck.REPORTS_IN_TIME: (
        "近 30 天应出具的 {checked} 份复盘报告都按期出具", "近 30 天应出具的 {checked} 份复盘报告中有 {amiss} 份未按期出具",
    ),
    MechanismCheck.DECISIONS_APPLIED: (
        "没有逾期未落实的复盘决定(在办 {checked} 项)", "在办 {checked} 项复盘决定中有 {amiss} 项逾期未落实",
    ),
    MechanismCheck.RISKS_REVIEWED: ("{checked} 项管控中的风险都按期复评", "{checked} 项管控中的风险中有 {amiss} 项逾期未复评"),
    MechanismCheck.RULES_LOOKED_AT: (
        "监测规则和分级、时限标准近 90 天都检视过", "监测规则和分级、时限标准中有 {amiss} 类超过 90 天无人检视",
    ),
})  # fmt: skip
_NOTHING: Final[Mapping[MechanismCheck, str]] = MappingProxyType({
    MechanismCheck.CORE_PLATFORMS_ALIVE: "没有设定核心平台",
    MechanismCheck.PATROLS_DONE: "近一天没有安排巡查",
    MechanismCheck.ALERTS_PUSHED: "近一天没有到期的预警",
    MechanismCheck.REVIEWS_NOT_LATE: "没有在办的复盘",
    MechanismCheck.REPORTS_IN_TIME: "近 30 天没有应出具的复盘报告",
    MechanismCheck.DECISIONS_APPLIED: "没有在办的复盘决定",
    MechanismCheck.RISKS_REVIEWED: "没有管控中的风险",
})  # fmt: skip
# Without any the mechanism is not there: none of these is well for want of work.
_NEEDED: Final = frozenset({MechanismCheck.CORE_PLATFORMS_ALIVE, MechanismCheck.RISKS_REVIEWED})


@dataclass(frozen=True, slots=True)
class Found:
    """What a check looked at, and what of it is amiss: ids, numbers or words of ours, as people find them again."""

    checked: int
    amiss: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """One check, judged."""

    check: MechanismCheck
    light: Light
    checked: int
    amiss: int
    why: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One mechanism, judged."""

    mechanism: Mechanism
    light: Light
    checks: tuple[Judged, ...]


def judge(check: MechanismCheck, found: Found) -> Judged:
    """The light of one check, and why, in the words of the plan's readers."""
    missing = not found.checked and check in _NEEDED
    light = Light.RED if found.amiss or missing else Light.GREEN
    if not found.checked and not found.amiss:
        why = _NOTHING.get(check, "")
    else:
        why = _SAYS[check][light is Light.RED].format(checked=found.checked, amiss=len(found.amiss))
    return Judged(check, light, found.checked, len(found.amiss), why, found.amiss[:MOST_ITEMS])


def standings(found: Mapping[MechanismCheck, Found]) -> tuple[Standing, ...]:
    """All three, of what was found for each of their checks."""
    return tuple(
        _standing(mechanism, [judge(check, found[check]) for check in checks]) for mechanism, checks in CHECKS.items()
    )


def _standing(mechanism: Mechanism, checks: Iterable[Judged]) -> Standing:
    judged = tuple(checks)
    light = Light.RED if any(each.light is Light.RED for each in judged) else Light.GREEN
    return Standing(mechanism, light, judged)
