"""An incident's timeline as people read it: in Chinese, by Shanghai's clock, as Markdown that what people wrote can't break."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from app.domain.labels import LABELS
from app.domain.reasons import in_chinese, reason_of
from app.domain.spelling import INVISIBLE
from app.domain.worktime import SHANGHAI

_HEAD = ("序号", "发生时间", "记录时间", "人员", "事项", "内容")
# Signs that mean something within a line of Markdown, and a mail's, which would become a link without any. A table, since
# a person may write thousands of them into one entry: a pattern took sixteen times as long.
_SIGNS: Final[Mapping[int, str | None]] = MappingProxyType(
    dict.fromkeys(INVISIBLE) | {ord(sign): f"\\{sign}" for sign in r"\`*_[]<>|~&#$@"}
)
# So would an address.
_WWW = re.compile(r"(?<=www)\.", re.IGNORECASE)

# What only stands on timelines, and is told to nobody outside.
_OWN: Final = MappingProxyType({
    "incident.changed": "修改信息", "incident.mentions_moved": "舆情归并", "incident.deadlines_set": "时限变更",
    "incident.evidence_changed": "证据变更", "statement.changed": "声明变更", "statement.slot_approved": "声明审批",
    "review.incident_moved": "复盘归并", "statement.placement_changed": "发布计划变更",
})  # fmt: skip
_CLOCKED: Final = MappingProxyType({"started": "启动", "tightened": "提前", "redated": "改期", "cancelled": "取消"})
_FIELDS: Final = MappingProxyType({
    "title": "标题", "summary": "概述", "harm_class": "危害类别", "business_unit": "业务部门",
    "media_follow_up": "媒体跟进", "policy_id": "分级标准",
})  # fmt: skip
_MOVES: Final = MappingProxyType({
    "attached": "归入", "detached": "移出", "merged_away": "并出", "merged_in": "并入", "split_off": "拆出",
    "split_from": "拆入",
})  # fmt: skip

_STATED: Final = MappingProxyType({
    "drafted": "起草", "edited": "修改", "new_version": "另起一版", "sent_back": "须重新审批", "moved_away": "移出", "moved_in": "移入",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. ``act`` is what people put on record with it, where it tells of an act."""

    seq: int
    type: str
    at: datetime
    who: str
    data: Mapping[str, Any]
    act: Mapping[str, Any] | None


def escaped(text: str) -> str:
    """A text on one line, that means nothing in Markdown and shows all it holds."""
    signed = " ".join(text.translate(_SIGNS).split()).replace("://", r"\://")
    return _WWW.sub(r"\.", signed) if "www." in signed.lower() else signed


def local(instant: datetime) -> str:
    """Shanghai's date and time, to the second."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def who_of(actor: str, name: str | None) -> str:
    """How people read who did it."""
    kind, _, rest = actor.partition(":")
    return name or {"system": "系统", "key": f"密钥 {rest}", "cli": f"命令行 {rest}"}.get(kind, actor)


def word(vocabulary: str, value: str | None) -> str:
    """A word of ours as people see it in Chinese; a dash for none."""
    return LABELS[vocabulary][value][0] if value else "—"


def named(type_: str) -> str:
    """What an event is called, by its type."""
    return LABELS["event_type"].get(type_, (_OWN.get(type_, type_),))[0]


def markdown(title: str, facts: Iterable[tuple[str, str]], entries: Iterable[Entry]) -> str:
    """The whole document."""
    lines = [f"# {escaped(title)}", "", *(f"- {name}：{escaped(value)}" for name, value in facts), ""]
    lines += [_row(_HEAD), _row(["---"] * len(_HEAD))]
    for entry in entries:
        happened_at = datetime.fromisoformat(told_at) if (told_at := entry.data.get("happened_at")) else entry.at
        cells = (str(entry.seq), local(happened_at), local(entry.at), entry.who, named(entry.type), told(entry))
        lines.append(_row(map(escaped, cells)))
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def told(entry: Entry) -> str:
    """What happened and why, in words; the reason alone for what is not known here."""
    parts = _TOLD.get(entry.type, _reason)(entry.data, entry.act or {})
    return "；".join(part for part in parts if part)


Parts = list[str]


def _reason(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    return [_named("理由", data.get("reason"))]


def _named(name: str, value: object) -> str:
    return f"{name}：{in_chinese(str(value))}" if value else ""


def _clocks_set(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    more = data.get("deadline_count", 0) - len(data["deadlines"])
    said = [*(_clock_set(**clock) for clock in data["deadlines"]), f"另有 {more} 个" if more > 0 else ""]
    return [*said, _named("理由", data["reason"])]


def _clock_set(*, clock: str, due_at: str, action: str, **_: Any) -> str:
    until = "" if action == "cancelled" else f"，截止 {local(datetime.fromisoformat(due_at))}"
    return f"{word('deadline_kind', clock)}{_CLOCKED.get(action, action)}{until}"


def _clock(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    passed = f"已过 {data['threshold']}%" if "threshold" in data else ""
    late = f"晚报 {data['late_by_seconds']} 秒" if data.get("late_by_seconds") else ""
    state = word("deadline_state", data["state"]) if "state" in data else ""
    due = _named("截止", local(datetime.fromisoformat(data["due_at"])))
    return [word("deadline_kind", data["clock"]), passed, state, due, late]


def _silent(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    late = f"晚报 {data['late_by_seconds']} 秒" if data["late_by_seconds"] else ""
    since = local(datetime.fromisoformat(data["silent_since"]))
    return [word("grade", data["grade"]), f"自 {since} 起未对外发声", late]


def _origin_missing(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    late = f"晚报 {data['late_by_seconds']} 秒" if data["late_by_seconds"] else ""
    since = local(datetime.fromisoformat(data["first_published_at"]))
    return [f"{since} 起已在别处发布", f"{word('platform', data['origin_platform'])}（首发平台）未发布", late]


def _placed(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    planned = local(datetime.fromisoformat(data["planned_at"])) if data["planned_at"] else ""
    elsewhere = word("platform", data["substitute_platform"]) if data["substitute_platform"] else ""
    what = "不适用" if data["not_applicable"] else "计划发布"
    return [word("platform", data["platform"]), what, _named("时间", planned), _named("替代平台", elsewhere)]


def _opened(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    harm = word("harm_class", data["harm_class"]) if data["harm_class"] else ""
    return ["由监测规则开启" if data["rule_id"] else "由人员开启", _named("危害类别", harm),
            _named("业务部门", data["business_unit"])]  # fmt: skip


def _graded(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    moved = f"{word('grade', data['from'])} → {word('grade', data['to'])}"
    return [moved, word("grade_source", data["source"]), _named("理由", reason_of(data))]


def _moved(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    passed = "、".join(word("guard", guard) for guard in data.get("overridden", ()))
    moved = f"{word('incident_status', data['from'])} → {word('incident_status', data['to'])}"
    return [moved, _named("特批，未满足", passed), _named("理由", data["reason"])]


def _changed(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    names = "、".join(_FIELDS.get(name, name) for name in data["fields"])
    return [_named("修改", names), _named("理由", data["reason"])]


def _mentions(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    what = _MOVES.get(data["action"], data["action"])
    return [f"{what} {data['mention_count']} 条舆情", _named("理由", data["reason"])]


def _team(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    positions = "、".join(word("team_position", member["position"]) for member in data["members"])
    return [
        f"{word('team_change', data['change'])} {len(data['members'])} 人",
        positions,
        _named("理由", data["reason"]),
    ]


def _called(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    late = f"晚报 {data['late_by_seconds']} 秒" if data["late_by_seconds"] else ""
    called = f"请{word('call_step', data['step'])}接警"
    return [called, word("team_position", data["position"]), f"成员响应时限已过 {data['threshold']}%", late]


def _evidence(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    action = {"attached": "关联证据", "detached": "移除证据"}.get(data["action"], data["action"])
    return [f"{action}：{word('evidence_subject', data['subject'])}"]


def _acknowledged(_: Mapping[str, Any], act: Mapping[str, Any]) -> Parts:
    return [_named("备注", act.get("note"))]


def _met(_: Mapping[str, Any], act: Mapping[str, Any]) -> Parts:
    return [_named("方向", act.get("direction")) or "未明确方向", _named("备注", act.get("note"))]


def _checked(data: Mapping[str, Any], act: Mapping[str, Any]) -> Parts:
    found = [word("truth", data["truth"]), _named("责任", word("responsibility", data["responsibility"]))]
    return [*found, _named("依据", act.get("evidence")), _named("备注", act.get("note"))]


def _spoken(data: Mapping[str, Any], act: Mapping[str, Any]) -> Parts:
    where = word("platform", data["platform"]) + ("（首发平台）" if data["on_origin"] else "")
    said = [where, word("statement_kind", data["statement_kind"])]
    return [*said, _named("标题", act.get("title")), _named("链接", act.get("url"))]


def _decided(data: Mapping[str, Any], act: Mapping[str, Any]) -> Parts:
    if not act:
        return [word("decision_kind", data["decision_kind"])]
    known = act["known"]
    then = (
        f"{word('incident_status', known['status'])}，{word('grade', known['grade'])}，"
        f"传播量 {known['total']:,}，舆情 {known['mention_count']} 条"
    )
    elsewhere = word("platform", act["substitute_platform"]) if act["substitute_platform"] else ""
    return [
        word("decision_kind", act["kind"]), _named("议题", act["question"]), _named("选项", " / ".join(act["options"])),
        _named("决定", act["choice"]), _named("理由", act["reason"]), _named("替代平台", elsewhere),
        _named("当时", then), "更正此前一条" if act["corrects"] else "", "已被更正" if act["corrected_by"] else "",
    ]  # fmt: skip


def _noted(data: Mapping[str, Any], act: Mapping[str, Any]) -> Parts:
    on = "" if data["subject"] == "incident" else word("note_subject", data["subject"])
    return [
        on, _named("原文", act.get("quote")), _named("内容", act.get("body")), f"提及 {len(data['mentions'])} 人" if data["mentions"] else "",
        "更正此前一条" if data["corrects"] else "", "已被更正" if act.get("corrected_by") else "",
    ]  # fmt: skip


def _recurred(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    closed = local(datetime.fromisoformat(data["closed_at"]))
    return [
        f"{data['past_number']} 结案后第 {data['days_between']} 天",
        word("recurrence_reason", data["recurrence_reason"]),
        _named("该事件结案", closed),
    ]


def _affected(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    figures = (("登记", data["added"]), ("更新", data["updated"]), ("删除联系方式", data["erased"]))
    return [*(f"{name} {count} 人" for name, count in figures if count), f"共 {data['total']} 人"]


def _task(data: Mapping[str, Any], task: Mapping[str, Any]) -> Parts:
    state = word("task_state", data["task_state"]) if "action" in data else ""
    does = word("task_action", data["action"]) if "action" in data else ""
    due = local(datetime.fromisoformat(data["due_at"])) if data["due_at"] else ""
    what = [word("task_kind", data["task_kind"]), task.get("title", "")]
    return [*what, does, state, _named("截止", due), _named("理由", data.get("reason"))]


def _tasks(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    kinds = "、".join(word("task_kind", kind) for kind in data["task_kinds"])
    clocks = (("启动", "clocks_started"), ("达成", "clocks_met"), ("取消", "clocks_cancelled"))
    counted = "，".join(f"{name} {data[member]} 个" for name, member in clocks if data[member])
    return [f"{word('tasks_change', data['change'])} {data['task_count']} 项任务", kinds, _named("时限", counted),
            _named("理由", data["reason"])]  # fmt: skip


def _promise(data: Mapping[str, Any], promise: Mapping[str, Any]) -> Parts:
    return [promise.get("text", ""), _named("截止", local(datetime.fromisoformat(data["due_at"])))]


def _statement(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    which = f"{word('statement_kind', data['statement_kind'])}第 {data['version_number']} 版"
    slot = word("approval_slot", data["slot"]) if "slot" in data else ""
    missing = "、".join(word("approval_slot", one) for one in data.get("missing_slots", ()))
    return [
        which, _STATED.get(data.get("action", ""), ""), word("platform", data["platform"]) if "platform" in data else "",
        slot, "代批" if data.get("on_behalf_of") else "", _named("缺少审批", missing),
        f"意见 {data['note_count']} 条" if data.get("note_count") else "", _named("理由", data.get("reason")),
    ]  # fmt: skip


def _reviewed(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    due = local(datetime.fromisoformat(data["decisions_due_at"])) if data["decisions_due_at"] else ""
    return [_named("三项决定截止", due)]


def _concluded(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    changed = "、".join(
        f"{word('review_change_action', one['action'])}{word('review_subject', one['subject'])}"
        for one in data["changes"]
    )
    made = f"{word('review_decision_kind', data['decision'])}：{word('review_decision_state', data['state'])}"
    return [made, changed, _named("理由", data["reason"])]


def _undecided(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    kinds = "、".join(word("review_decision_kind", kind) for kind in data["decisions"])
    return [_named("未决定", kinds), _named("截止", local(datetime.fromisoformat(data["due_at"])))]


def _covered(data: Mapping[str, Any], _: Mapping[str, Any]) -> Parts:
    return ["并入另一复盘" if data["action"] == "covered" else "移出另一复盘"]


_TOLD: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Parts]]] = MappingProxyType({
    "incident.opened": _opened, "incident.grade_changed": _graded, "incident.status_changed": _moved,
    "incident.changed": _changed, "incident.mentions_moved": _mentions, "incident.acknowledged": _acknowledged,
    "incident.recurred": _recurred,
    "incident.meeting_held": _met, "incident.fact_checked": _checked, "incident.publication_recorded": _spoken,
    "incident.decision_made": _decided, "note.added": _noted, "incident.deadlines_set": _clocks_set,
    "sla.warning": _clock, "sla.breached": _clock, "sla.met": _clock, "deadline.redated": _clock,
    "incident.team_changed": _team, "escalation.person": _called,
    "incident.silent": _silent, "statement.origin_missing": _origin_missing,
    "statement.placement_changed": _placed, "incident.evidence_changed": _evidence,
    "incident.affected_users_changed": _affected,
    "review.opened": _reviewed, "review.resumed": _reviewed, "review.reported": _reviewed,
    "review.decided": _concluded, "review.decisions_overdue": _undecided, "review.incident_moved": _covered,
    "task.created": _task, "task.changed": _task, "task.done": _task, "task.waived": _task, "tasks.changed": _tasks,
    "commitment.broken": _promise,
    "statement.changed": _statement, "statement.slot_approved": _statement, "statement.submitted": _statement,
    "statement.approved": _statement, "statement.changes_requested": _statement, "statement.published": _statement,
    "statement.published_unapproved": _statement, "statement.withdrawn": _statement,
})  # fmt: skip
