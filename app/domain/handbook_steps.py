"""What is done before, during and after a crisis, and by whom (方案 二(一)-(三)): the plan's own steps, with the company's times.

No time stands here: each is that of the clock a step names, as the SLA policy in force has it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from app.domain.deadlines import SlaPolicy, policy_from
from app.domain.grades import Grade
from app.domain.labels import LABELS
from app.domain.vocabulary import DeadlineKind


class Step(NamedTuple):
    """One step. ``when``: the clock it is under, a word of its own, or what makes one of the facts."""

    name: str
    what: str
    who: str
    when: DeadlineKind | str | Callable[[Mapping[str, Any]], str] = "—"


def span(seconds: int) -> str:
    """A length of time as the plan writes it: 30 分钟, 24 小时, 1 小时 30 分钟."""
    parts = ((seconds // 3_600, "小时"), (seconds % 3_600 // 60, "分钟"), (seconds % 60, "秒"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 秒"


def lasting(policy: SlaPolicy, kind: DeadlineKind, grade: Grade | None = None) -> str | None:
    """How long a clock runs at a grade, in words; None where it does not run."""
    clock = policy.clock(kind, grade)
    if clock is None:
        return None
    return f"{clock.working_days} 个工作日" if clock.working_days else span(clock.seconds or 0)


def by_grade(times: Mapping[Grade, str | None]) -> str:
    """What differs by grade in one line: 一级(重大) 30 分钟；其他 1 小时. What is alike is said once."""
    if len(set(times.values())) == 1:
        return next(iter(times.values())) or "—"
    groups: dict[str | None, list[str]] = {}
    for grade, time in times.items():
        groups.setdefault(time, []).append(grade.label)
    return "；".join(f"{'、'.join(labels)}：{time}" for time, labels in groups.items() if time) or "—"


def _silence(facts: Mapping[str, Any]) -> str:
    seconds = facts["clocks"]["silence"]
    times = {grade: seconds.get(grade) and f"每 {span(seconds[grade])}至少一次" for grade in Grade}
    return by_grade(times)


def _sync(facts: Mapping[str, Any]) -> str:
    return f"首发平台最迟比其他平台晚 {span(facts['clocks']['origin_grace_seconds'])}"


def _follow_ups(facts: Mapping[str, Any]) -> str:
    return f"结案前完成 {facts['clocks']['follow_ups_percent']}%"


BEFORE: Final = (
    Step("梳理风险", "定期梳理产品质量、服务投诉、营销争议等高风险点，写入风险清单并落实预防措施", "公关牵头，业务配合", "按风险清单的复评日期"),
    Step("规范言行", "全员阅读并确认《员工社交行为准则》，不泄密，不发表不当言论，不代表公司擅自发声", "全体员工", "新版发布后"),
    Step("培训与演练", "完成必修培训；按剧本演练，演练发现的改进项转为任务", "公关组织，全员参加", "按培训与演练计划"),
    Step("发布前审查", "营销文案、活动规则和代言内容发布前，对照监测规则与风险清单检查并留存结论", "运营送审，公关审核", "发布前"),
    Step("监测与巡查", "按监测规则监测核心平台，人工巡查补充，发现的帖子录入舆情台账", "公关", "全天"),
    Step("预警", "命中负面舆情后立即推送给能处置的人", "系统推送，公关值班接收", DeadlineKind.ALERT),
)  # fmt: skip
DURING: Final = (
    Step("定级", "按分级标准自动定级，达到更高一级时立即升级；组长可写明理由人工定级", "系统，组长", "即时"),
    Step("接警响应", "小组成员确认接警；无人响应时依次呼叫 B角、部门负责人和组长", "小组全体", DeadlineKind.FIRST_RESPONSE),
    Step("紧急会议", "召开紧急会议，明确处置方向", "组长召集，公关、运营、法务、业务参加", DeadlineKind.EMERGENCY_MEETING),
    Step("信息核实", "核实是否属实、责任归属，留存证据", "业务核实，法务把关", DeadlineKind.FACT_CHECK),
    Step("首次发声", "表明态度，告知下一次通报的时间；不抢先下结论", "公关", DeadlineKind.FIRST_WORD),
    Step("声明", "有过错致歉，属误解澄清；写明事实、解决方案和有期限的承诺，按级别审批", "公关起草，公关与法务审批，一级(重大)另需组长", DeadlineKind.FIRST_STATEMENT),
    Step("同步发布", "在发源平台和全部核心平台同步发布，登记链接与时间", "公关、运营", _sync),
    Step("诉求处理", "联系受影响用户，办理退款、补偿等诉求并公示进展", "业务、运营", DeadlineKind.REMEDIATION),
    Step("媒体与 KOL", "向媒体和意见领袖提供核实后的事实，回应采访", "公关", "声明发布前后"),
    Step("依法处理", "对造谣、侵权内容取证，经法务审批后投诉举报；正常批评不在此列", "法务", "法务审批后"),
    Step("持续通报", "按节奏通报进展，避免沉默失语；兑现每一项承诺", "公关", _silence),
    Step("收尾", "确认热度平息后收尾；二次发酵则退回处置", "组长", DeadlineKind.CLOSING),
)  # fmt: skip
AFTER: Final = (
    Step("回访", "回访受影响用户，记录是否解决与满意度", "运营、业务", _follow_ups),
    Step("复盘", "召开复盘会议，回答起因、及时、有效、漏洞四个问题，出具《危机复盘报告》", "公关牵头，小组全体", DeadlineKind.REVIEW),
    Step("三项决定", "决定是否更新风险清单、应对流程和监测范围，逐项落实", "组长", "报告出具后"),
    Step("更新手册", "规则、人员或模板变化后重新签发本手册，请全员重新确认", "公关", "变化之后"),
)  # fmt: skip
PHASES: Final = (("事前：预防与监测", BEFORE), ("事中：分级与应对", DURING), ("事后：复盘与改进", AFTER))


def rows(steps: tuple[Step, ...], facts: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The steps as a table has them: number and name, what, who, by when."""
    policy = policy_from(facts["clocks"]["clocks"])
    for number, step in enumerate(steps, 1):
        yield f"{number}. {step.name}", step.what, step.who, _when(step, policy, facts)


def _when(step: Step, policy: SlaPolicy, facts: Mapping[str, Any]) -> str:
    if isinstance(step.when, DeadlineKind):
        return by_grade({grade: lasting(policy, step.when, grade) for grade in Grade})
    return step.when if isinstance(step.when, str) else step.when(facts)


ENDS: Final[Mapping[DeadlineKind, tuple[str, str]]] = {
    DeadlineKind.ALERT: ("收到负面命中", "首次推送到能通知到人的渠道"),
    DeadlineKind.FIRST_RESPONSE: ("定级；每次升级重新计时", "小组成员确认接警"),
    DeadlineKind.EMERGENCY_MEETING: ("定为一级(重大)", "开会并明确处置方向"),
    DeadlineKind.FACT_CHECK: ("定级", "记录核实结论"),
    DeadlineKind.FIRST_WORD: ("定级", "任何一次对外发布，含首次回应"),
    DeadlineKind.FIRST_STATEMENT: ("定级", "在发源平台发布声明，或决定不发声"),
    DeadlineKind.REMEDIATION: ("建立任务", "任务完成"),
    DeadlineKind.COMMITMENT: ("作出承诺", "承诺兑现"),
    DeadlineKind.CLOSING: ("定级", "热度平息并进入收尾"),
    DeadlineKind.REVIEW: ("热度平息或结案", "开会、答完四个问题、出具报告"),
}
"""What starts each clock, and what it is met by."""


def clock_rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Each clock that runs at some grade: its time by grade, what starts it, what it is met by."""
    policy = policy_from(facts["clocks"]["clocks"])
    for kind in DeadlineKind:
        times = [lasting(policy, kind, grade) for grade in Grade]
        if any(times):
            yield LABELS["deadline_kind"][kind][0], *(time or "—" for time in times), *ENDS[kind]
