"""Words of the key figures 关键指标 (方案 一): which there are, how they are read, and by what they are broken down."""

from enum import StrEnum


class Kpi(StrEnum):
    """Which figure, by the id of its requirement: 体系目标达成, 一小时响应, 重大三十分钟响应, 核心平台覆盖, 平息周期, 负面传播量, 培训覆盖,
    长效机制; 按时巡查, 十分钟预警, 二十四小时声明, 三个工作日复盘."""

    TARGETS = "R01"
    FIRST_RESPONSE = "R02"
    MAJOR_RESPONSE = "R03"
    PLATFORM_COVERAGE = "R04"
    TIME_TO_CALM = "R05"
    NEGATIVE_SPREAD = "R06"
    TRAINING_COVERAGE = "R07"
    MECHANISMS = "R08"
    PATROLS = "R22"
    ALERTS = "R23"
    FIRST_STATEMENT = "R42"
    REVIEWS = "R57"


class KpiUnit(StrEnum):
    """What a value counts: 占比 (1 is all), 秒, 传播量."""

    SHARE = "share"
    SECONDS = "seconds"
    SPREAD = "spread"


class KpiDirection(StrEnum):
    """Which way is better: 越高越好, 越低越好."""

    UP = "up"
    DOWN = "down"


class KpiGap(StrEnum):
    """Why a figure says nothing of its target: 无事发生, 无基线, 基线为零, 尚无判定."""

    NOTHING_HAPPENED = "nothing_happened"
    NO_BASELINE = "no_baseline"
    BASELINE_ZERO = "baseline_zero"
    NOTHING_TOLD = "nothing_told"


class KpiBy(StrEnum):
    """By what figures are broken down: 部门, 平台, 产品, 等级."""

    DEPARTMENT = "department"
    PLATFORM = "platform"
    PRODUCT = "product"
    GRADE = "grade"


class KpiEvery(StrEnum):
    """The steps of a time series in Asia/Shanghai: 日, 周 (from Monday), 月."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class KpiSubject(StrEnum):
    """What a figure is made of: 时限, 事件, 平台 (in an hour), 人员, 机制, 巡查."""

    DEADLINE = "deadline"
    INCIDENT = "incident"
    PLATFORM = "platform"
    PERSON = "person"
    MECHANISM = "mechanism"
    PATROL = "patrol"
