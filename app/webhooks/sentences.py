"""What happened, in a sentence for each type of event, in Chinese: without people's data and without links, whoever wrote
them in. :mod:`app.webhooks.messages` makes messages of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from app.domain import digest_words
from app.domain.grades import grade_of, more_severe
from app.domain.labels import LABELS
from app.domain.wording import mask_text
from app.domain.worktime import SHANGHAI

# Characters of a name, so that with their links so many as one event tells of fit into the shortest message.
_NAME = 20
LINK: Final = "〔链接〕"
# What vendors' apps make clickable: any scheme, www., and a bare host with a usual ending or a path.
_LINKED = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,30}://(?:[!-~]+|[^\s，。；！？、）】」》”]*)"
    r"|(?<![A-Za-z0-9-])(?:www\.[!-~]+"
    r"|(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:(?:com|cn|net|org|info|top|xyz|vip|cc|io|me|co|link|shop|site|club|app|example)"
    r"(?![A-Za-z0-9-]|\.[A-Za-z0-9])|[A-Za-z]{2,24}(?=[/:?#]))[!-~]*)",
    re.IGNORECASE,
)


def clock(value: object) -> str:
    """An instant by China's clock; what is none, as it is."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return at.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def clean(text: str) -> str:
    return _LINKED.sub(LINK, mask_text(" ".join(text.split())))


def name(person: Mapping[str, Any]) -> str:
    """So much of a name as takes no other's place."""
    return clean(str(person["name"]))[:_NAME]


def label(vocabulary: str, value: object) -> str:
    """A word as people see it, or as it is where it has no label."""
    return LABELS.get(vocabulary, {}).get(str(value), (str(value), ""))[0]


def _grade_changed(data: Mapping[str, Any]) -> str:
    old, new = (grade_of(data.get(name)) for name in ("from", "to"))
    if new is None:
        return "取消定级"
    if old is None:
        return f"定级为{new.label}"
    return f"{'升' if more_severe(new, old) else '降'}级：{old.label} → {new.label}"


def _status_changed(data: Mapping[str, Any]) -> str:
    return f"状态：{label('incident_status', data.get('from'))} → {label('incident_status', data.get('to'))}"


def _mention_hit(data: Mapping[str, Any]) -> str:
    return f"负面舆情命中监测规则：{label('platform', data.get('platform'))}"


def _affected(data: Mapping[str, Any]) -> str:
    figures = (("登记", "added"), ("更新", "updated"), ("删除联系方式", "erased"))
    changed = "，".join(f"{name} {data[member]} 人" for name, member in figures if data.get(member))
    return f"受影响用户：{changed}，共 {data.get('total', 0)} 人"


def _tested(_: Mapping[str, Any]) -> str:
    return "推送测试：看到这条消息，说明机器人已接通"


def _failing(data: Mapping[str, Any]) -> str:
    return f"外发熔断：连续失败 {data.get('failures_in_row', 0)} 次，暂存待发"


def _warned(data: Mapping[str, Any]) -> str:
    return f"时限预警：{label('deadline_kind', data.get('clock'))}已过 {data.get('threshold')}%"


def _silent(data: Mapping[str, Any]) -> str:
    return f"沉默预警：自 {clock(data.get('silent_since'))} 起未对外发声"


def _origin_missing(data: Mapping[str, Any]) -> str:
    return f"首发平台缺席：声明已在别处发布，尚未在{label('platform', data.get('origin_platform'))}发布"


def _breached(data: Mapping[str, Any]) -> str:
    return f"超时：{label('deadline_kind', data.get('clock'))}"


def _noted(data: Mapping[str, Any]) -> str:
    what = "更正" if data.get("corrects") else "新增"
    called = f"，提及 {len(people)} 人" if (people := data.get("mentions")) else ""
    return f"{what}备注：{label('note_subject', data.get('subject'))}{called}"


def _team_changed(data: Mapping[str, Any]) -> str:
    change = label("team_change", data.get("change"))
    who = _named(data, (member["person_id"] for member in data.get("members", ())))
    return f"小组{change}：{'、'.join(who)}" if who else f"小组{change} {len(data.get('members', ()))} 人"


def _called(data: Mapping[str, Any]) -> str:
    step = label("call_step", data.get("step"))
    who = "".join(_named(data, [data.get("person_id")]))
    silent = "".join(_named(data, [data.get("for_person_id")])) or "成员"
    return f"请{who}({step})接警：{silent}响应时限已过 {data.get('threshold')}%"


def _named(data: Mapping[str, Any], person_ids: Iterable[object]) -> list[str]:
    """Names of the event's people, as far as the endpoint may know them."""
    names = {str(person["id"]): name(person) for person in data.get("people", ())}
    return [names[str(id_)] for id_ in person_ids if str(id_) in names]


def _task_created(data: Mapping[str, Any]) -> str:
    return f"新任务：{label('task_kind', data.get('task_kind'))}"


def _task_changed(data: Mapping[str, Any]) -> str:
    return f"任务{label('task_action', data.get('action'))}：{label('task_kind', data.get('task_kind'))}"


def _task_done(data: Mapping[str, Any]) -> str:
    return f"任务完成：{label('task_kind', data.get('task_kind'))}"


def _task_waived(data: Mapping[str, Any]) -> str:
    return f"任务免除：{label('task_kind', data.get('task_kind'))}"


def _tasks_changed(data: Mapping[str, Any]) -> str:
    kinds = "、".join(label("task_kind", kind) for kind in data.get("task_kinds", ()))
    return f"{label('tasks_change', data.get('change'))} {data.get('task_count')} 项任务：{kinds}"


def _published(data: Mapping[str, Any]) -> str:
    return f"声明已在{label('platform', data.get('platform'))}发布"


def _unapproved(data: Mapping[str, Any]) -> str:
    return f"声明未获批即在{label('platform', data.get('platform'))}发布"


def _decided(data: Mapping[str, Any]) -> str:
    what = label("review_decision_kind", data.get("decision"))
    return f"复盘决定：{what}，{label('review_decision_state', data.get('state'))}"


def _undecided(data: Mapping[str, Any]) -> str:
    kinds = "、".join(label("review_decision_kind", kind) for kind in data.get("decisions", ()))
    return f"复盘决定逾期：{kinds}"


def _recurred(data: Mapping[str, Any]) -> str:
    return f"复发：{data.get('past_number')} 结案 {data.get('days_between')} 天后再次发生"


def _risk_late(data: Mapping[str, Any]) -> str:
    return f"风险复评逾期：{data.get('risk_number')}，应于 {data.get('due_on')} 前复评"


def _measure_late(data: Mapping[str, Any]) -> str:
    return f"预防措施逾期：{data.get('risk_number')}，应于 {data.get('due_on')} 前完成"


def _drill_started(data: Mapping[str, Any]) -> str:
    return f"演练 {data.get('drill_number')} 开始，{data.get('scale')} 倍速"


def _drill_ended(data: Mapping[str, Any]) -> str:
    return f"演练 {data.get('drill_number')} {label('drill_state', data.get('state'))}"


def _source_silent(data: Mapping[str, Any]) -> str:
    since = clock(data.get("silent_since"))
    return f"来源静默：{_source(data)}自 {since} 起没有动静"


def _source_back(data: Mapping[str, Any]) -> str:
    return f"来源恢复：{_source(data)}已于 {clock(data.get('heard_at'))} 恢复上报"


def _source(data: Mapping[str, Any]) -> str:
    platforms = "、".join(label("platform", platform) for platform in data.get("platforms", ()))
    return f"{label('source_kind', data.get('source_kind'))}（{platforms}）"


def _validity_ending(data: Mapping[str, Any]) -> str:
    return f"培训即将过期：{len(data.get('person_ids', ()))} 人的有效期至 {data.get('ends_on')}"


def _coverage_fell(data: Mapping[str, Any]) -> str:
    whose = "部门" if data.get("department_id") else "全公司"
    share = f"{data.get('percent')}%（{data.get('covered')}/{data.get('roster')} 人）"
    return f"{whose}培训覆盖率降至 {share}，低于目标 {data.get('target_percent')}%"


def _patrol_missed(data: Mapping[str, Any]) -> str:
    return f"漏巡：{clock(data.get('slot_at'))} 的人工巡查无人签到"


def _document_published(data: Mapping[str, Any]) -> str:
    kind = label("document_kind", data.get("document_kind"))
    return f"制度文件发布：{kind}（第 {data.get('version_number')} 版），请 {data.get('audience_count')} 人阅读确认"


def _digest(kind: str) -> Callable[[Mapping[str, Any]], str]:
    def told(data: Mapping[str, Any]) -> str:
        starts_at, ends_at = (datetime.fromisoformat(str(data[name])) for name in ("starts_at", "ends_at"))
        return digest_words.heading(kind, starts_at, ends_at)

    return told


def _digested(data: Mapping[str, Any]) -> list[str]:
    return digest_words.lines(data["figures"], data["before"])


# Type of event -> what happened. All others say their label.
SENTENCES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "incident.grade_changed": _grade_changed,
    "incident.status_changed": _status_changed,
    "incident.affected_users_changed": _affected,
    "incident.recurred": _recurred,
    "risk.review_overdue": _risk_late,
    "risk_measure.overdue": _measure_late,
    "training.validity_ending": _validity_ending,
    "training.coverage_below_target": _coverage_fell,
    "patrol.missed": _patrol_missed,
    "mention.hit": _mention_hit,
    "note.added": _noted,
    "sla.warning": _warned,
    "sla.breached": _breached,
    "incident.silent": _silent,
    "statement.origin_missing": _origin_missing,
    "incident.team_changed": _team_changed,
    "escalation.person": _called,
    "task.created": _task_created,
    "task.changed": _task_changed,
    "task.done": _task_done,
    "task.waived": _task_waived,
    "tasks.changed": _tasks_changed,
    "statement.published": _published,
    "statement.published_unapproved": _unapproved,
    "review.decided": _decided,
    "review.decisions_overdue": _undecided,
    "drill.started": _drill_started,
    "drill.ended": _drill_ended,
    "source.silent": _source_silent,
    "source.heard_again": _source_back,
    "document.version_published": _document_published,
    "digest.daily": _digest("daily"),
    "digest.weekly": _digest("weekly"),
    "webhook.test": _tested,
    "webhook_endpoint.breaker_opened": _failing,
}
# Type of event -> the lines that tell all of it, where its members alone would not. They are never shortened.
LINES: Final[Mapping[str, Callable[[Mapping[str, Any]], list[str]]]] = {
    "digest.daily": _digested,
    "digest.weekly": _digested,
}
