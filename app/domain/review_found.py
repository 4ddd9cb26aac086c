"""What the machine found for each of a review's four questions 四问 (方案 二(三), R58): sentences made of figures alone.

It says what is on record and how that stands to the plan's clocks; why it was so, and what to make of it, is people's to
answer. Each sentence names the events it rests on, and the answers it was counted from.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from app.domain.chronicle import word
from app.domain.review_facts import Chapter, Cited, Fact, Row, counted, told
from app.domain.review_known import AROUND, Known
from app.domain.vocabulary.reports import FactSource
from app.domain.vocabulary.reviews import ReviewQuestion

_LACKS: Final = (
    ("incident.silent", "超过规定时间没有对外发声，提醒"), ("statement.origin_missing", "声明已在其他平台发布而首发平台缺席"),
    ("commitment.broken", "对外承诺到期未兑现"),
)  # fmt: skip
MOST_LATE: Final = 10
"""Clocks that are named one by one."""


class Sentence(NamedTuple):
    """One thing that was found."""

    text: str
    cited: Cited


def found(known: Known, chapter: Chapter) -> dict[ReviewQuestion, list[Sentence]]:
    """The four answers, as far as records go."""
    tell: dict[ReviewQuestion, Callable[[Known, Chapter], Iterator[Sentence]]] = {
        ReviewQuestion.CAUSE: _cause, ReviewQuestion.TIMELY: _timely, ReviewQuestion.EFFECTIVE: _effective,
        ReviewQuestion.GAPS: _gaps,
    }  # fmt: skip
    return {question: list(sentences(known, chapter)) for question, sentences in tell.items()}


def _joined(*facts: Fact | None) -> Cited:
    cited = Cited()
    for fact in facts:
        cited = cited.and_(fact.cited) if fact else cited
    return cited


def _cause(known: Known, chapter: Chapter) -> Iterator[Sentence]:
    platform, earliest = chapter.fact("origin", "origin_platform"), chapter.fact("origin", "earliest_post_at")
    if known.origin and platform and earliest:
        text = f"最早的舆情于 {earliest.value.shown} 发布在{platform.value.shown}"
        yield Sentence(f"{text}，共 {known.mention_count:,} 条舆情。", _joined(platform, earliest))
    hit, opened = chapter.fact("origin", "first_hit_at"), chapter.fact("origin", "opened_at")
    if hit and opened:
        found_after = chapter.fact("origin", "found_after")
        after = f"，距发布 {found_after.value.shown}" if found_after and found_after.value.number is not None else ""
        text = f"{hit.value.shown} 首次命中监测规则{after}；事件于 {opened.value.shown} 开启。"
        yield Sentence(text, _joined(hit, found_after, opened))
    harm = chapter.fact("origin", "harm_class")
    if harm and known.harm_class:
        yield Sentence(f"危害类别为{harm.value.shown}。", harm.cited)
    truth, responsibility = chapter.fact("response", "truth"), chapter.fact("response", "responsibility")
    if truth and responsibility:
        text = f"核实结论为{truth.value.shown}，责任归属为{responsibility.value.shown}。"
        yield Sentence(text, _joined(truth, responsibility))
    else:
        yield Sentence("尚无核实结论。", counted(FactSource.FACT_CHECKS))


def _timely(known: Known, chapter: Chapter) -> Iterator[Sentence]:
    for name, label in (("acknowledged", "首次接警"), ("met", "首次会议"), ("checked", "首次核实")):
        at, after = chapter.fact("response", f"{name}_at"), chapter.fact("response", f"{name}_after")
        if at and after:
            yield Sentence(f"{label}于 {at.value.shown}，在事件开启后 {after.value.shown}。", _joined(at, after))
    word_at, word_after = chapter.fact("statements", "first_word_at"), chapter.fact("statements", "first_word_after")
    if word_at and word_after:
        text = f"首次对外发声于 {word_at.value.shown}，在事件开启后 {word_after.value.shown}。"
        yield Sentence(text, _joined(word_at, word_after))
    yield from _clocks(known)
    alerts = known.alerts
    if alerts.total:
        text = f"命中推送时限 {alerts.total:,} 个：按时 {alerts.met:,} 个，超时 {alerts.breached:,} 个"
        yield Sentence(f"{text}，无人可推 {alerts.unpushed:,} 个。", counted(FactSource.DEADLINES))


def _clocks(known: Known) -> Iterator[Sentence]:
    states = [clock.state for clock in known.clocks]
    if not states:
        yield Sentence("没有时限启动过。", counted(FactSource.DEADLINES))
        return
    met, late, breached = (states.count(state) for state in ("met", "met_recorded_late", "breached"))
    more = f"（另有 {known.more_clocks} 个未列出）" if known.more_clocks else ""
    text = f"处置时限 {len(states)} 个{more}：按时 {met} 个，补录 {late} 个，超时 {breached} 个。"
    cited = told(*(event for clock in known.clocks for event in clock.events if event.type.startswith("sla.")))
    yield Sentence(text, cited.and_(counted(FactSource.DEADLINES)))


def _effective(known: Known, chapter: Chapter) -> Iterator[Sentence]:
    total, spread = chapter.fact("spread", "total"), counted(FactSource.SPREAD)
    peak = max(known.windows, key=lambda each: (each.peak, -each.window_minutes), default=None)
    if total:
        peaked = f"，{peak.window_minutes / 60:g} 小时峰值 {peak.peak:,}" if peak and peak.peak else ""
        yield Sentence(f"累计传播量 {known.total:,}{peaked}。", spread)
    for said in sorted(known.publications, key=lambda each: each.happened_at)[:1]:
        change = "下降" if said.after < said.before else "上升" if said.after > said.before else "持平"
        then = f"其后 2 小时新增 {said.after:,}，{change}。"
        if known.as_of < said.happened_at + AROUND:
            # Less than what was before it in all of its two hours says nothing yet.
            then = f"其后至今不足 2 小时，新增 {said.after:,}。"
        text = f"首次发声前 2 小时新增 {said.before:,}，{then}"
        yield Sentence(text, told(said.event).and_(counted(FactSource.PUBLICATIONS)).and_(spread))
    calmed, after = chapter.fact("calm", "calmed_at"), chapter.fact("calm", "calmed_after")
    if calmed and after:
        text = f"于 {calmed.value.shown} 平息，历时 {after.value.shown}。"
        yield Sentence(text, _joined(calmed, after))
    else:
        yield Sentence("尚未平息。", counted(FactSource.INCIDENT))
    percent, tasks = chapter.fact("tasks", "tasks_percent"), chapter.fact("tasks", "tasks")
    if tasks and percent and percent.value.number is not None:
        text = f"任务共 {tasks.value.shown}，完成或免除的占 {percent.value.shown}。"
        yield Sentence(text, _joined(tasks, percent))
    yield from _cared(chapter)


def _cared(chapter: Chapter) -> Iterator[Sentence]:
    facts = [chapter.fact("care", name) for name in ("affected", "remedied_percent", "followed_percent")]
    users, remedied, followed = facts
    if users and remedied and followed:
        satisfaction = chapter.fact("care", "satisfaction")
        said = satisfaction if satisfaction and satisfaction.value.number is not None else None
        average = f"，平均满意度 {said.value.shown}" if said else ""
        text = f"受影响用户 {users.value.shown}，诉求处理率 {remedied.value.shown}，回访率 {followed.value.shown}"
        yield Sentence(f"{text}{average}。", _joined(*facts, said))


def _gaps(known: Known, chapter: Chapter) -> Iterator[Sentence]:
    sentences = [*_late(known, chapter), *_unsaid(known), *_other_gaps(known, chapter)]
    yield from sentences
    if not sentences:
        text = (
            "按现有记录，未见超时、推送缺失、未经批准的发布、沉默、首发平台缺席、失信、特批、未完成的任务或二次发酵。"
        )
        sources = (FactSource.DEADLINES, FactSource.PUBLICATIONS, FactSource.TASKS, FactSource.TIMELINE)
        yield Sentence(text, counted(*sources))


def _late(known: Known, chapter: Chapter) -> Iterator[Sentence]:
    clocks = chapter.table("response", "clocks")
    rows: Sequence[Row] = clocks.rows if clocks else ()
    late = [(clock, row) for clock, row in zip(known.clocks, rows, strict=True) if clock.state == "breached"]
    for clock, row in late[:MOST_LATE]:
        end = f"于 {row.cells[4].shown} 完成，晚了 {row.cells[5].shown}" if clock.met_at else "至今没有完成的记录"
        yield Sentence(f"{word('deadline_kind', clock.kind)}时限（{row.cells[3].shown} 截止）超时：{end}。", row.cited)
    if len(late) > MOST_LATE:
        yield Sentence(f"另有 {len(late) - MOST_LATE} 个时限超时。", counted(FactSource.DEADLINES))
    for each in known.task_clocks:
        if each.breached:
            kind = word("deadline_kind", each.kind)
            yield Sentence(
                f"{kind}时限 {each.total:,} 个，其中超时 {each.breached:,} 个。", counted(FactSource.DEADLINES)
            )


def _unsaid(known: Known) -> Iterator[Sentence]:
    """What was lacking in what we said."""
    if known.unapproved_count:
        cited = told(*(said.event for said in known.publications if said.approved is False))
        yield Sentence(f"{known.unapproved_count} 次发布未经批准。", cited.and_(counted(FactSource.PUBLICATIONS)))
    for type_, said in _LACKS:
        events = known.events.all(type_)
        if events:
            yield Sentence(f"{said} {len(events)} 次。", told(*events))


def _other_gaps(known: Known, chapter: Chapter) -> Iterator[Sentence]:
    alerts = known.alerts
    if alerts.breached or alerts.unpushed:
        parts = ((alerts.breached, "推送超时"), (alerts.unpushed, "没有可推送的接收人"))
        text = "，".join(f"{count:,} 条命中{what}" for count, what in parts if count)
        yield Sentence(f"{text}。", counted(FactSource.DEADLINES))
    for event in known.events.all("incident.status_changed"):
        passed = "、".join(word("guard", guard) for guard in event.data.get("overridden", ()))
        if passed:
            yield Sentence(
                f"转入{word('incident_status', event.data['to'])}时特批通过，未满足：{passed}。", told(event)
            )
    past, after = chapter.fact("origin", "recurrence_of"), chapter.fact("origin", "recurred_after")
    if past and after:
        yield Sentence(f"{past.value.shown} 结案 {after.value.shown}后复发。", _joined(past, after))
    rebounds = known.events.all("incident.rebounded")
    if rebounds:
        yield Sentence(f"平息后二次发酵 {len(rebounds)} 次。", told(*rebounds))
    unfinished, late = (sum(getattr(each, name) for each in known.tasks) for name in ("unfinished", "late"))
    if unfinished or late:
        parts = ((unfinished, "未完成"), (late, "逾期"))
        text = "，".join(f"{what} {count:,} 项" for count, what in parts if count)
        yield Sentence(f"任务{text}。", counted(FactSource.TASKS))
