"""What chat robots say, in Chinese: one event by itself, or many in one message.

A new type of event needs nothing here: it is told by its label and by those of its members that have a name below. Who
wants it told better writes a sentence in :data:`SENTENCES`. Titles and what people wrote are told without people's data,
and without links, whoever wrote them in: a group trusts what its robot says.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.domain.grades import Grade, grade_of, more_severe
from app.domain.labels import LABELS
from app.domain.reasons import reason_of
from app.domain.wording import mask_text
from app.domain.worktime import SHANGHAI
from app.webhooks.addressees import asked

ELLIPSIS: Final = "…"
DRILL: Final = "【演练】"
# Characters of a title or a reason in a message of many, so that one of them takes no other's place.
_SHORT = 80
# And of a name, so that with their links so many as one event tells of fit into the shortest message.
_NAME = 20
_MOBILE = re.compile(r"\+86(1[3-9]\d{9})")
LINK: Final = "〔链接〕"
# What vendors' apps make clickable: any scheme, www., and a bare host with a usual ending or a path.
_LINKED = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,30}://(?:[!-~]+|[^\s，。；！？、）】」》”]*)"
    r"|(?<![A-Za-z0-9-])(?:www\.[!-~]+"
    r"|(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:(?:com|cn|net|org|info|top|xyz|vip|cc|io|me|co|link|shop|site|club|app|example)"
    r"(?![A-Za-z0-9-]|\.[A-Za-z0-9])|[A-Za-z]{2,24}(?=[/:?#]))[!-~]*)",
    re.IGNORECASE,
)


class About(NamedTuple):
    """The incident as it is when it is told of. ``spread`` is its 传播量 in all."""

    id: UUID
    number: str
    title: str
    grade: Grade | None
    spread: int
    is_drill: bool


class Told(NamedTuple):
    """An event and what it is about; of an endpoint's events its description."""

    type: str
    at: datetime
    data: Mapping[str, Any]
    about: About | None = None
    endpoint: str | None = None

    @property
    def is_drill(self) -> bool:
        return bool(self.data.get("is_drill")) or (self.about is not None and self.about.is_drill)


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
    return f"沉默预警：自 {_clock(data.get('silent_since'))} 起未对外发声"


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
    names = {str(person["id"]): _name(person) for person in data.get("people", ())}
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
    since = _clock(data.get("silent_since"))
    return f"来源静默：{_source(data)}自 {since} 起没有动静"


def _source_back(data: Mapping[str, Any]) -> str:
    return f"来源恢复：{_source(data)}已于 {_clock(data.get('heard_at'))} 恢复上报"


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
    return f"漏巡：{_clock(data.get('slot_at'))} 的人工巡查无人签到"


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
    "webhook.test": _tested,
    "webhook_endpoint.breaker_opened": _failing,
}
# Member of an event -> its name, in the order they are told. A value that is a word of the vocabulary of the member's
# name is told by its label, an instant by China's clock.
MEMBERS: Final[Mapping[str, str]] = {
    "clock": "时限",
    "harm_class": "危害类别",
    "business_unit": "业务单元",
    "risk_category": "风险类别",
    "risk_level": "风险等级",
    "recurrence_reason": "依据",
    "decision_kind": "决策",
    "statement_kind": "声明",
    "slot": "审批",
    "missing_slots": "缺少审批",
    "truth": "事实",
    "responsibility": "责任",
    "started_at": "开始",
    "due_at": "截止",
    "decisions_due_at": "决定截止",
    "happened_at": "发生",
    "calmed_at": "平息",
    "overridden": "特批",
    "reason": "原因",
}

_VOCABULARY: Final[Mapping[str, str]] = {
    "clock": "deadline_kind",
    "overridden": "guard",
    "slot": "approval_slot",
    "missing_slots": "approval_slot",
}


def headline(told: Told) -> str:
    """What happened, without whom it befell."""
    sentence = SENTENCES.get(told.type)
    return sentence(told.data) if sentence else label("event_type", told.type)


def details(told: Told) -> list[str]:
    """More of it, a line each."""
    found = [f"{name}：{_value(member, told)}" for member, name in MEMBERS.items() if told.data.get(member)]
    return [f"端点：{_clean(told.endpoint)}", *found] if told.endpoint else found


def _value(member: str, told: Told) -> str:
    value = told.data[member]
    if member == "reason":
        return _clean(reason_of(told.data))
    if member.endswith("_at"):
        return _clock(value)
    words = value if isinstance(value, list) else [value]
    return "、".join(_clean(label(_VOCABULARY.get(member, member), word)) for word in words)


def _clock(value: object) -> str:
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return at.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def _clean(text: str) -> str:
    return _LINKED.sub(LINK, mask_text(" ".join(text.split())))


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + ELLIPSIS


def _grade(about: About | None) -> str:
    return "烽火" if about is None else about.grade.label if about.grade else "未定级"


def _link(about: About | None, console: str) -> str:
    return "\n" + console.replace("{incident_id}", str(about.id)) if about and console else ""


def _acknowledging(told: Told) -> str:
    """A line for each who is asked to acknowledge, with the address that is theirs, where the group may know it."""
    people = [person for person in told.data.get("people", ()) if person.get("acknowledgement_url")]
    return "".join(f"\n{_name(person)}接警：{person['acknowledgement_url']}" for person in people)


def _name(person: Mapping[str, Any]) -> str:
    """So much of a name as takes no other's place."""
    return _clean(str(person["name"]))[:_NAME]


def asked_phones(told: Told) -> list[str]:
    """The mobiles of those who are asked to acknowledge, as vendors' robots call them: without the country's code."""
    people = {str(person["id"]): str(person["phone"] or "") for person in told.data.get("people", ())}
    found = (_MOBILE.fullmatch(people.get(id_, "")) for id_ in asked(told.data))
    return [mobile[1] for mobile in found if mobile]


def alone(told: Told, console: str) -> tuple[str, str]:
    """One event in all its particulars, and its link, which must not be cut."""
    about = told.about
    lines = [f"{DRILL if told.is_drill else ''}【{_grade(about)}】{headline(told)}"]
    if about is not None:
        lines += [f"事件：{about.number} {_clean(about.title)}", f"传播量：{about.spread:,}"]
    lines += [*details(told), f"时间：{_clock(told.at)}"]
    return "\n".join(lines), _acknowledging(told) + _link(about, console)


def together(told: Sequence[Told], console: str) -> str:
    """Many events, incident by incident as they come; of what is said the same way of one, how often."""
    parts = [f"【烽火】{len(told)} 条通知"]
    for about, events in groupby(told, key=lambda each: each.about):
        group = list(events)
        drill = DRILL if any(each.is_drill for each in group) else ""
        of = f"{about.number} {_short(_clean(about.title))} 传播量 {about.spread:,}" if about else "其他"
        said: dict[str, int] = {}
        for each in group:
            line = _short(headline(each) + "".join(f"；{detail}" for detail in details(each))) + _acknowledging(each)
            said[line] = said.get(line, 0) + 1
        lines = [f"· {line}{f' ×{times}' if times > 1 else ''}" for line, times in said.items()]
        parts.append(f"■ {drill}【{_grade(about)}】{of}\n" + "\n".join(lines) + _link(about, console))
    return "\n".join(parts)


def in_order(told: Told) -> tuple[bool, int]:
    """What is real before exercises, the most severe grade first; what belongs to no incident comes last."""
    grade = told.about.grade if told.about else None
    return told.is_drill, grade.level if grade else len(Grade) + (1 if told.about else 2)


def compose(told: Sequence[Told], console: str, size: Callable[[str], int], most: int) -> tuple[str, int]:
    """The message, and how many of ``told``, from the first, it tells: what does not fit is told by the next one."""
    fits, too_many = 1, len(told) + 1
    while too_many - fits > 1:
        tried = (fits + too_many) // 2
        if size(together(told[:tried], console)) <= most:
            fits = tried
        else:
            too_many = tried
    if fits > 1:
        return together(told[:fits], console), fits
    text, link = alone(told[0], console)
    return cut(text, link, size, most), 1


def cut(text: str, tail: str, size: Callable[[str], int], most: int) -> str:
    """``text`` with so much of its end left out that it fits with ``tail`` after it; never half a character.

    What leaves the text takes at least its own bytes from the size: vendors' escapes only make it greater.
    """
    over = size(text + tail) - most
    if over <= 0:
        return text + tail
    whole = text.encode()
    kept = whole[: max(0, len(whole) - over - len(ELLIPSIS.encode()))]
    return kept.decode("utf-8", "ignore") + ELLIPSIS + tail
