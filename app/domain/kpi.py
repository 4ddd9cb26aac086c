"""The plan's key figures 关键指标 (方案 一): what each counts, in words and as pure functions.

A figure is a numerator over a denominator. Where nothing happened there is no value, never 100 %; without a baseline
there is no percentage. Targets are compared as whole numbers, so that nothing is reached by rounding.

What belongs to a period never changes once the period is over:

* A clock belongs to the day it was due on. By then it is met or breached; it was due when its time was over, not when
  somebody looked.
* Calm belongs to the day it was recorded on, judged as at the period's end: an incident counts once, at the calm that
  stood then. A relapse 二次发酵 after the period takes nothing out of it.
* Whether an incident counts, and as one of which product, is judged as at the period's end too. A merge 并案, a split, a
  dismissal 误报 or another product changes the figures of what ends from then on, and no figure of what ended before.
* Spread counts once: what is merged into a calm incident is in its calm from then on, what is split off is in it no more.

One thing changes what is past, because it says that it was otherwise: an act that is put on record late 补录 (counted both
ways).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from app.domain.labels import LABELS
from app.domain.vocabulary.kpis import Kpi, KpiDirection, KpiEvery, KpiGap, KpiUnit
from app.domain.worktime import DAY, SHANGHAI

MOST_DAYS: Final = 731
"""Of one question: two years."""
MOST_POINTS: Final = 120
"""Of one time series."""
ALL: Final = 1_000


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure in words. ``target`` is in thousandths: of the value, or where ``against_baseline`` of its change."""

    kpi: Kpi
    unit: KpiUnit
    direction: KpiDirection
    target: int
    formula: str
    formula_zh: str
    against_baseline: bool = False

    @property
    def name_zh(self) -> str:
        return LABELS["kpi"][self.kpi][0]

    @property
    def name_en(self) -> str:
        return LABELS["kpi"][self.kpi][1]


def _share(kpi: Kpi, formula: str, formula_zh: str, target: int = ALL) -> Definition:
    return Definition(kpi, KpiUnit.SHARE, KpiDirection.UP, target, formula, formula_zh)


_CLOCK = (
    "{what} that were due in the period and met in time, by when it happened / all of them that were met or breached. "
    "The time is the clock's own, as the SLA policy set it when it ran ({plan} as shipped). What was called off is out."
)
_CLOCK_ZH = "期内到期且按时完成的{what}（按实际发生时间）/ 期内到期并已判定（完成或超时）的{what}；时限为当时SLA策略所定（出厂 {plan}），已取消的不计"
_CALM = (
    "Of incidents whose calm was recorded in the period and stood at its end: {what} / their number. "
    "The target is the change against the baseline's own figure."
)
_CALM_ZH = "期内记录平息且期末仍平息的事件：{what} / 事件数；目标为相对基线的变化"

DEFINITIONS: Final[Mapping[Kpi, Definition]] = MappingProxyType({
    definition.kpi: definition
    for definition in (
        _share(
            Kpi.TARGETS,
            "Targets of R02 to R08 that were reached / those of which it can be told.",
            "R02–R08 中已达成的目标 / 可判定的目标",
        ),
        _share(
            Kpi.FIRST_RESPONSE,
            _CLOCK.format(what="First responses of the grades serious and general", plan="1 h"),
            _CLOCK_ZH.format(what="较大、一般级首次响应", plan="1 小时"),
        ),
        _share(
            Kpi.MAJOR_RESPONSE,
            _CLOCK.format(what="First responses of the grade major", plan="30 min"),
            _CLOCK_ZH.format(what="重大级首次响应", plan="30 分钟"),
        ),
        _share(
            Kpi.PLATFORM_COVERAGE,
            "Hours in which a core platform had a source that was heard / hours times core platforms.",
            "有来源按时上报的核心平台小时数 / 核心平台数 × 小时数",
        ),
        Definition(
            Kpi.TIME_TO_CALM, KpiUnit.SECONDS, KpiDirection.DOWN, -300,
            _CALM.format(what="the seconds from the first response being called for to that calm, added up"),
            _CALM_ZH.format(what="从首次进入响应到该次平息的秒数之和"), against_baseline=True,
        ),
        Definition(
            Kpi.NEGATIVE_SPREAD, KpiUnit.SPREAD, KpiDirection.DOWN, -400,
            _CALM.format(what="the negative spread counted by that calm, or by the last merge or split since, added up"),
            _CALM_ZH.format(what="截至该次平息（其后并案或拆分的，截至最近一次）已计入的负面传播量之和"), against_baseline=True,
        ),
        _share(
            Kpi.TRAINING_COVERAGE,
            "People on the roster at the end of the last day who held a valid completion of every mandatory course of "
            "their department / people on the roster then.",
            "末日在册且持有本部门全部必修课有效结业的人数 / 末日在册人数", 950,
        ),
        _share(
            Kpi.MECHANISMS,
            "Of the three long-term mechanisms (monitoring, review, upgrade) those that were green at the end of the last "
            "day / three.",
            "末日运行正常的长效机制（监测、复盘、升级）/ 三项",
        ),
        _share(
            Kpi.PATROLS,
            "Patrols whose time was in the period and that somebody checked in to before it was missed / all of them that "
            "were done or missed.",
            "期内按时签到的巡查 / 期内已完成或已漏的巡查",
        ),
        _share(
            Kpi.ALERTS,
            _CLOCK.format(what="Alerts of hits", plan="10 min") + " A hit that nobody could receive was not met.",
            _CLOCK_ZH.format(what="命中预警", plan="10 分钟") + "；无接收端的命中计为未完成",
        ),
        _share(
            Kpi.FIRST_STATEMENT,
            _CLOCK.format(what="First statements", plan="24 h"),
            _CLOCK_ZH.format(what="首份声明", plan="24 小时"),
        ),
        _share(
            Kpi.REVIEWS,
            _CLOCK.format(what="Reviews", plan="3 working days"),
            _CLOCK_ZH.format(what="复盘", plan="3 个工作日"),
        ),
    )
})  # fmt: skip
"""In the plan's order."""

GOALS: Final = (
    Kpi.FIRST_RESPONSE, Kpi.MAJOR_RESPONSE, Kpi.PLATFORM_COVERAGE, Kpi.TIME_TO_CALM, Kpi.NEGATIVE_SPREAD,
    Kpi.TRAINING_COVERAGE, Kpi.MECHANISMS,
)  # fmt: skip
"""What the plan sets a target for (方案 一): R01 says how many of these are reached."""


class Figure(NamedTuple):
    """What was counted. ``as_recorded``: the numerator by when we were told, where that makes a difference. ``undecided``:
    what runs still, in neither."""

    numerator: int
    denominator: int
    as_recorded: int | None = None
    undecided: int = 0

    @property
    def value(self) -> float | None:
        """None where nothing happened."""
        return self.numerator / self.denominator if self.denominator else None


NOTHING: Final = Figure(0, 0)

DAYS_ADD_UP: Final = frozenset({Kpi.PLATFORM_COVERAGE, Kpi.PATROLS, Kpi.ALERTS})
"""Figures of which that of a period is the sum of its days'. The others are judged as at a period's end."""
PARTS_ADD_UP: Final = DAYS_ADD_UP | {Kpi.FIRST_RESPONSE, Kpi.MAJOR_RESPONSE, Kpi.FIRST_STATEMENT, Kpi.REVIEWS}
"""Figures of which that of all is the sum of its parts', unless by department: a response may be of many."""


def added_up(figures: Iterable[Figure]) -> Figure:
    """The figure of the whole, from those of its parts."""
    parts = list(figures)
    recorded = [part.as_recorded for part in parts if part.as_recorded is not None]
    return Figure(
        sum(part.numerator for part in parts), sum(part.denominator for part in parts),
        sum(recorded) if recorded else None, sum(part.undecided for part in parts),
    )  # fmt: skip


class Judgement(NamedTuple):
    """What a figure says of its target. ``change`` is against the baseline: -0.3 is 30 % less."""

    change: float | None
    reached: bool | None
    gap: KpiGap | None = None


def judge(definition: Definition, figure: Figure, baseline: Figure | None = None) -> Judgement:
    """Whether the target is reached; None, and why, where that can't be told."""
    if not figure.denominator:
        empty = KpiGap.NOTHING_TOLD if definition.kpi is Kpi.TARGETS else KpiGap.NOTHING_HAPPENED
        return Judgement(None, None, empty)
    if not definition.against_baseline:
        return Judgement(None, figure.numerator * ALL >= definition.target * figure.denominator)
    if baseline is None or not baseline.denominator:
        return Judgement(None, None, KpiGap.NO_BASELINE)
    if not baseline.numerator:
        return Judgement(None, None, KpiGap.BASELINE_ZERO)
    now, before = figure.numerator * baseline.denominator, baseline.numerator * figure.denominator
    return Judgement(now / before - 1, now * ALL <= before * (ALL + definition.target))


def targets_reached(judged: Mapping[Kpi, Judgement]) -> Figure:
    """R01: of the plan's targets how many are reached, of those of which it can be told."""
    told = [judged[kpi].reached for kpi in GOALS if kpi in judged and judged[kpi].reached is not None]
    return Figure(sum(map(bool, told)), len(told))


class Span(NamedTuple):
    """Days in Asia/Shanghai, both included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), SHANGHAI)

    @property
    def end(self) -> datetime:
        """The first instant that is not in it."""
        return datetime.combine(self.last + DAY, time(), SHANGHAI)

    @property
    def days(self) -> int:
        return (self.last - self.first) // DAY + 1


def steps(span: Span, every: KpiEvery) -> list[Span]:
    """The days, weeks from Monday or months of a span; what sticks out of it at its ends is cut off."""
    return list(_steps(span, every))


def _steps(span: Span, every: KpiEvery) -> Iterator[Span]:
    first = span.first
    while first <= span.last:
        last = min(_last_of_step(first, every), span.last)
        yield Span(first, last)
        first = last + DAY


def _last_of_step(first: date, every: KpiEvery) -> date:
    match every:
        case KpiEvery.DAY:
            return first
        case KpiEvery.WEEK:
            return first + timedelta(days=6 - first.weekday())
        case KpiEvery.MONTH:
            year, month = divmod(first.year * 12 + first.month, 12)
            return date(year, month + 1, 1) - DAY
