"""The sections of a review's facts: one side of an incident each (方案 二(三), R58)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.domain.chronicle import word
from app.domain.grades import grade_of, most_severe
from app.domain.placements import sync_gap
from app.domain.reasons import reason_of
from app.domain.review_curve import curve_of
from app.domain.review_facts import (
    Cell,
    Chapter,
    Cited,
    Column,
    Fact,
    Row,
    Section,
    Table,
    ToldEvent,
    counted,
    instant,
    number,
    seconds,
    told,
    told_at,
    words,
)
from app.domain.review_known import Known, Spoken, Ticking
from app.domain.spread import minute_start
from app.domain.tasks import percent_of
from app.domain.vocabulary.reports import FactSource as From

MOST_CHANGES: Final = 100
"""Lines of a table about changes; of more the first and how many others there were."""


def chapter(known: Known) -> Chapter:
    """Everything about an incident."""
    tell = (_origin, _response, _grades, _spread, _statements, _tasks, _care, _media, _calm)
    return Chapter(
        known.incident_id, known.number, known.title, known.is_drill, tuple(each(known) for each in tell),
        curve_of(known),
    )  # fmt: skip


def columns(**labels: str) -> tuple[Column, ...]:
    """Columns by their names."""
    return tuple(Column(name, label) for name, label in labels.items())


def _since(later: datetime | None, earlier: datetime | None) -> timedelta | None:
    """How long it took, where both are known."""
    return later - earlier if later is not None and earlier is not None else None


def _origin(known: Known) -> Section:
    opened = told(known.events.first("incident.opened")) or counted(From.INCIDENT)
    origin, mentions = known.origin, counted(From.MENTIONS)
    facts = [
        Fact("origin_platform", "首发平台", words(word("platform", origin.platform) if origin else None), mentions),
        Fact("earliest_post_at", "最早发布", instant(origin.posted_at if origin else None), mentions),
    ]
    if known.first_hit is not None:
        event_id, received_at = known.first_hit
        hit = Cited(event_ids=(event_id,))
        found = seconds(_since(received_at, origin.posted_at if origin else None))
        facts += [
            Fact("first_hit_at", "首次命中", instant(received_at), hit),
            Fact("found_after", "发布到命中", found, hit.and_(mentions)),
        ]
    facts += [
        Fact("opened_at", "事件开启", instant(known.opened_at), opened),
        Fact("harm_class", "危害类别", words(word("harm_class", known.harm_class)), counted(From.INCIDENT)),
        Fact("mention_count", "舆情条数", number(known.mention_count), mentions),
    ]
    again = next(iter(reversed(known.events.all("incident.recurred"))), None)
    if again is not None:
        facts += [
            Fact("recurrence_of", "复发自", words(again.data["past_number"]), told(again)),
            Fact("recurred_after", "距上次结案", number(again.data["days_between"], " 天"), told(again)),
        ]
    rows = tuple(
        Row((words(word("platform", platform)), number(count), number(spread)), mentions)
        for platform, count, spread in known.platforms
    )
    table = Table("platforms", "各平台舆情", columns(platform="平台", mentions="条数", spread="现有互动量"), rows)
    return Section("origin", "起因与首发", tuple(facts), (table,))


def _response(known: Known) -> Section:
    return Section("response", "发现与响应", tuple(_responded(known)), (*_clock_tables(known),))


def _responded(known: Known) -> Iterator[Fact]:
    events, opened = known.events, known.events.first("incident.opened")
    acts = (
        ("acknowledged", "首次接警", "incident.acknowledged"), ("met", "首次会议", "incident.meeting_held"),
        ("checked", "首次核实", "incident.fact_checked"),
    )  # fmt: skip
    for name, label, type_ in acts:
        event = min(events.all(type_), key=lambda each: (told_at(each), each.id), default=None)
        yield Fact(f"{name}_at", label, instant(told_at(event)), told(event) or _none_of(type_))
        if event is not None:
            after = seconds(_since(told_at(event), known.opened_at))
            yield Fact(f"{name}_after", f"开启到{label}", after, told(opened, event))
    last = next(iter(reversed(events.all("incident.fact_checked"))), None)
    if last is not None:
        yield Fact("truth", "核实结论", words(word("truth", last.data["truth"])), told(last))
        responsibility = words(word("responsibility", last.data["responsibility"]))
        yield Fact("responsibility", "责任归属", responsibility, told(last))
    alerts, clocks = known.alerts, counted(From.DEADLINES)
    if alerts.total:
        yield Fact("alerts", "命中推送时限", number(alerts.total, " 个"), clocks)
        yield Fact("alerts_met", "10 分钟内推送", number(alerts.met, " 个"), clocks)
        yield Fact("alerts_breached", "推送超时", number(alerts.breached, " 个"), clocks)
        yield Fact("alerts_unpushed", "无人可推", number(alerts.unpushed, " 个"), clocks)
        slowest = alerts.slowest_seconds
        yield Fact("slowest_push", "最慢推送", seconds(None if slowest is None else timedelta(seconds=slowest)), clocks)


def _none_of(type_: str) -> Cited:
    """What says that there was none."""
    sources = {
        "incident.acknowledged": From.ACKNOWLEDGEMENTS, "incident.meeting_held": From.MEETINGS,
        "incident.fact_checked": From.FACT_CHECKS,
    }  # fmt: skip
    return counted(sources[type_])


def _clock_tables(known: Known) -> Iterator[Table]:
    rows = tuple(
        Row(
            (
                words(word("deadline_kind", clock.kind)), words(word("deadline_state", clock.state)),
                instant(clock.started_at), instant(clock.due_at), instant(clock.met_at), late_by(clock, known),
            ),
            told(*clock.events).and_(counted(From.DEADLINES)),
        )
        for clock in known.clocks
    )  # fmt: skip
    heads = columns(clock="时限", state="状态", started_at="开始", due_at="截止", met_at="完成", late_by="超时")
    yield Table("clocks", "各时限", heads, rows, known.more_clocks)
    if known.task_clocks:
        heads = columns(clock="时限", total="总数", met="按时", breached="超时", running="计时中", cancelled="取消")
        lines = tuple(
            Row((words(word("deadline_kind", each.kind)), *(number(n) for n in each[1:])), counted(From.DEADLINES))
            for each in known.task_clocks
        )
        yield Table("task_clocks", "任务的时限", heads, lines)


def late_by(clock: Ticking, known: Known) -> Cell:
    """How late it was met, or how late it is by now; a dash where it was or can still be in time, or was called off."""
    if clock.state not in ("breached", "running"):
        return Cell("—")
    span = (clock.met_at or known.as_of) - clock.due_at
    if span <= timedelta():
        return Cell("—")
    shown = seconds(span)
    return shown if clock.met_at else shown._replace(shown=f"{shown.shown}（尚未完成）")


def _grades(known: Known) -> Section:
    changes = known.events.all("incident.grade_changed")
    worst = most_severe(*(grade_of(event.data["to"]) for event in changes))
    reached = [event for event in changes if event.data["to"] == worst] if worst else []
    facts = [
        Fact("grade_changes", "等级变化", number(len(changes), " 次"), told(*changes) or counted(From.TIMELINE)),
        Fact("grade", "现等级", words(word("grade", known.grade)), counted(From.INCIDENT)),
    ]
    if worst:
        facts += [
            Fact("worst_grade", "最高等级", words(worst.label), told(reached[0])),
            Fact("worst_grade_at", "首次达到", instant(reached[0].at), told(reached[0])),
        ]
    rows = tuple(_grade_row(event) for event in changes[:MOST_CHANGES])
    heads = columns(
        at="时间", from_="原等级", to="新等级", source="判定", sum="窗口传播量", threshold="门槛", reason="理由"
    )
    table = Table("grades", "等级变化", heads, rows, max(0, len(changes) - MOST_CHANGES))
    return Section("grades", "等级变化", tuple(facts), (table,) if rows else ())


def _grade_row(event: ToldEvent) -> Row:
    evidence = event.data.get("evidence") or {}
    cells = (
        instant(event.at), words(word("grade", event.data["from"])), words(word("grade", event.data["to"])),
        words(word("grade_source", event.data["source"])), number(evidence.get("sum")),
        number(evidence.get("threshold")), words(reason_of(event.data)),
    )  # fmt: skip
    return Row(cells, told(event))


def _spread(known: Known) -> Section:
    spread, series = counted(From.SPREAD), known.series
    facts = [
        Fact("total", "累计传播量", number(known.total), spread),
        Fact("baseline", "监测前已有", number(known.baseline), spread),
    ]
    busiest = max(zip(series.totals, series.minutes, strict=True), key=lambda each: (each[0], -each[1]), default=None)
    if busiest is not None and busiest[0] > 0:
        facts += [
            Fact("busiest_minute", "单分钟最高", number(busiest[0]), spread),
            Fact("busiest_minute_at", "最高的一分钟", instant(minute_start(busiest[1])), spread),
            Fact("first_gain_at", "首次新增", instant(minute_start(series.minutes[0])), spread),
            Fact("last_gain_at", "末次新增", instant(minute_start(series.minutes[-1])), spread),
        ]
    rows = tuple(
        Row(
            (
                number(each.window_minutes / 60, " 小时"), words(word("grade", each.grade)), number(each.threshold),
                number(each.peak), instant(each.peak_at),
            ),
            spread,
        )
        for each in known.windows
    )  # fmt: skip
    heads = columns(window="窗口", grade="对应等级", threshold="门槛", peak="峰值", peak_at="峰值窗口末")
    windows = Table("windows", "窗口峰值", heads, rows)
    loudest = tuple(
        Row(
            (words(word("platform", post.platform)), instant(post.posted_at), words(post.words), number(post.spread)),
            counted(From.MENTIONS),
        )
        for post in known.amplifiers
    )
    heads = columns(platform="平台", posted_at="发布", words="内容", spread="互动量")
    return Section("spread", "传播", tuple(facts), (windows, Table("amplifiers", "关键传播节点", heads, loudest)))


def _statements(known: Known) -> Section:
    publications = counted(From.PUBLICATIONS)
    facts = [
        Fact("publications", "对外发布", number(known.publication_count, " 次"), publications),
        Fact("unapproved", "未经批准的发布", number(known.unapproved_count, " 次"), publications),
    ]
    for name, label, type_ in _LACKS:
        lacking = known.events.all(type_)
        facts.append(Fact(name, label, number(len(lacking), " 次"), told(*lacking) or counted(From.TIMELINE)))
    said = sorted(known.publications, key=lambda each: each.happened_at)
    for name, label, first in (
        ("first_word", "首次发声", next(iter(said), None)),
        ("first_on_origin", "首发平台首次发声", next((each for each in said if each.on_origin), None)),
    ):
        if first is not None:
            cited = told(first.event) or publications
            opened = told(known.events.first("incident.opened"))
            after = seconds(first.happened_at - known.opened_at)
            facts += [
                Fact(f"{name}_at", label, instant(first.happened_at), cited),
                Fact(f"{name}_after", f"开启到{label}", after, opened.and_(cited)),
            ]
    rows = tuple(
        Row(
            (
                instant(each.happened_at), words(word("platform", each.platform)),
                words(word("statement_kind", each.kind)), words(_approved(each.approved)), number(each.before),
                number(each.after),
            ),
            (told(each.event) or publications).and_(counted(From.SPREAD)),
        )
        for each in said
    )  # fmt: skip
    heads = columns(
        at="时间", platform="平台", kind="类型", approved="批准", before="前 2 小时新增", after="后 2 小时新增"
    )
    table = Table("publications", "发布与其前后的传播", heads, rows, known.publication_count - len(said))
    return Section("statements", "声明与效果", tuple(facts), (table, *_sync(said)) if rows else ())


def _sync(said: Sequence[Spoken]) -> Iterator[Table]:
    """发布时差 of each of our statements (R46): from its first platform to its last, each by its first publication."""
    statements: dict[UUID, dict[str, Spoken]] = {}
    for each in said:
        if each.statement_id is not None:
            statements.setdefault(each.statement_id, {}).setdefault(each.platform, each)
    rows = []
    for firsts in statements.values():
        instants = [each.happened_at for each in firsts.values()]
        kind = next(iter(firsts.values())).kind
        cells = (
            words(word("statement_kind", kind)), instant(min(instants)), instant(max(instants)), number(len(firsts)),
            seconds(sync_gap(instants)),
        )  # fmt: skip
        rows.append(Row(cells, told(*(each.event for each in firsts.values())) or counted(From.PUBLICATIONS)))
    if rows:
        heads = columns(kind="声明", first_at="首个平台", last_at="最后平台", platforms="平台数", gap="发布时差")
        yield Table("sync", "同步发布", heads, tuple(rows))


_LACKS: Final = (
    ("silences", "沉默提醒", "incident.silent"), ("origin_missing", "首发平台缺席", "statement.origin_missing"),
    ("broken", "承诺未兑现", "commitment.broken"),
)  # fmt: skip


def _approved(approved: bool | None) -> str:
    return {True: "已批准", False: "未经批准", None: "非系统声明"}[approved]


def _tasks(known: Known) -> Section:
    tasks = counted(From.TASKS)
    total, over = sum(each.total for each in known.tasks), sum(each.done + each.waived for each in known.tasks)
    facts = (
        Fact("tasks", "任务", number(total, " 项"), tasks),
        Fact("tasks_over", "已完成或免除", number(over, " 项"), tasks),
        Fact("tasks_late", "逾期", number(sum(each.late for each in known.tasks), " 项"), tasks),
        Fact("tasks_percent", "完成率", number(percent_of(over, total), " %"), tasks),
    )
    rows = tuple(
        Row((words(word("task_kind", each.kind)), *(number(n) for n in each[1:])), tasks) for each in known.tasks
    )
    heads = columns(kind="类型", total="总数", done="完成", waived="免除", unfinished="未完成", late="逾期")
    return Section("tasks", "任务", facts, (Table("tasks", "各类任务", heads, rows),) if rows else ())


def _care(known: Known) -> Section:
    figures, cited = known.affected, counted(From.AFFECTED_USERS)
    shown = [("affected", "受影响用户", number(figures["total"], " 人"))]
    if figures["total"]:
        satisfaction = figures["satisfaction"]
        shown += [
            ("remedied_percent", "诉求处理率", number(figures["remediation"]["completion_percent"], " %")),
            ("followed_percent", "回访率", number(figures["follow_up"]["completion_percent"], " %")),
            ("solved", "确认解决", number(figures["solved"], " 人")),
            ("satisfaction", "平均满意度", number(satisfaction["average"])),
            ("satisfaction_answers", "满意度答复", number(satisfaction["answers"], " 人")),
        ]
    return Section("care", "受影响用户与回访", tuple(Fact(*each, cited) for each in shown))


def _media(known: Known) -> Section:
    mentions = counted(From.MENTIONS)
    facts = [
        Fact("media_follow_up", "媒体跟进", words(word("media_follow_up", known.media_follow_up)),
             counted(From.INCIDENT)),
        Fact("media_reports", "媒体报道", number(known.media.reports, " 篇"), mentions),
    ]  # fmt: skip
    if known.media.reports:
        facts.append(Fact("first_report_at", "首篇报道", instant(known.media.first_at), mentions))
    return Section("media", "媒体", tuple(facts))


def _calm(known: Known) -> Section:
    calmed, rebounds = known.events.all("incident.calmed"), known.events.all("incident.rebounded")
    opened = known.events.first("incident.opened")
    facts = [Fact("rebounds", "二次发酵", number(len(rebounds), " 次"), told(*rebounds) or counted(From.TIMELINE))]
    if known.calmed_at is not None:
        last = calmed[-1] if calmed else None
        cited = told(last) or counted(From.INCIDENT)
        span = seconds(known.calmed_at - known.opened_at)
        facts += [
            Fact("calmed_at", "平息", instant(known.calmed_at), cited),
            Fact("calmed_after", "开启到平息", span, told(opened).and_(cited)),
        ]
    steps = sorted((*calmed, *rebounds), key=lambda event: event.id)
    rows = tuple(
        Row((instant(event.at), words(_STEPS[event.type]), instant(told_at(event, "calmed_at"))), told(event))
        for event in steps[:MOST_CHANGES]
    )
    heads = columns(at="记录时间", what="事项", calmed_at="平息时刻")
    table = Table("calm", "平息与反复", heads, rows, max(0, len(steps) - MOST_CHANGES))
    return Section("calm", "平息与二次发酵", tuple(facts), (table,) if rows else ())


_STEPS: Final = {"incident.calmed": "记录平息", "incident.rebounded": "二次发酵"}
