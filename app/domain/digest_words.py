"""A digest 每日简报, 每周小结 as people read it (R71): words and figures, each line beside the period before."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain.labels import LABELS
from app.domain.worktime import day_of

_INSTANT = timedelta(microseconds=1)


def heading(kind: str, starts_at: datetime, ends_at: datetime) -> str:
    """Which days it tells of."""
    first, last = day_of(starts_at), day_of(ends_at - _INSTANT)
    days = f"{first:%m-%d}" if first == last else f"{first:%m-%d} 至 {last:%m-%d}"
    return f"{LABELS['digest_kind'][kind][0]} {days}"


def lines(figures: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """What happened, how things stand, and what is late."""

    def told(name: str, unit: str) -> str:
        return f"{figures[name]:,} {unit}（上期 {before[name]:,}）"

    opened = _parts("grade", "grade", figures["opened_by_grade"], "未定级")
    standing = _parts("incident_status", "status", figures["open_by_status"], "")
    breached = _parts("deadline_kind", "clock", figures["breached_by_clock"], "")
    ended = f"，平息 {figures['incidents_calmed']} 起，结案 {figures['incidents_closed']} 起"
    posts = _parts("violation", "violation", figures["employee_violations"], "无违规")
    return [
        f"舆情 {told('mentions', '条')}，命中 {told('hits', '条')}，预警未按时送达 {figures['alerts_late']:,} 条",
        f"新增事件 {told('incidents_opened', '起')}{opened}{ended}",
        f"在办事件 {told('incidents_open', '起')}{standing}",
        f"超时 {told('clocks_breached', '次')}{breached}，对外发布 {told('statements_published', '次')}",
        f"巡查完成 {figures['patrols_done']} 次，漏巡 {told('patrols_missed', '次')}，静默来源 {figures['sources_silent']} 个",
        f"培训覆盖率 {_percent(figures['training_coverage'])}（上期 {_percent(before['training_coverage'])}）",
        f"逾期：复盘 {figures['reviews_overdue']} 项，风险 {figures['risks_overdue']} 项，任务 {figures['tasks_overdue']} 项",
        f"员工账号 {told('employee_posts', '条')}{posts}",
    ]


def _parts(vocabulary: str, member: str, counts: Iterable[Mapping[str, Any]], none: str) -> str:
    labels = LABELS[vocabulary]
    parts = [f"{labels[row[member]][0] if row[member] else none} {row['count']}" for row in counts]
    return f"：{'、'.join(parts)}" if parts else ""


def _percent(share: float | None) -> str:
    return "无人在册" if share is None else f"{share * 100:.1f}%"
