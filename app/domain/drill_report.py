"""The report of a drill 《演练报告》 (方案 三; R68, R69): its scoreboard, what happened when, and what is to be better next time.
Pure: the scoreboard as the API answers it in, blocks out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.domain.blocks import ITEM, NONE_SHOWN, Block, Grid, Heading, Lines, Note, Words
from app.domain.chronicle import Entry, local, named, told, word
from app.domain.drills import Pace
from app.domain.grades import grade_of
from app.domain.scoreboard import seconds_at
from app.domain.vocabulary.scenarios import DrillResult
from app.domain.worktime import SHANGHAI

TITLE: Final = "演练报告"
MOST_TOLD: Final = 400
"""Entries of one timeline that the report holds; the incident has them all."""
# Clocks and hits that a timeline is full of, and that stand in the tables.
_PASSED_OVER: Final = frozenset({"incident.deadlines_set", "incident.mentions_moved"})


@dataclass(frozen=True, slots=True)
class Timeline:
    """An incident that came of the drill, and what stands on its timeline."""

    number: str
    title: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class DrillReport:
    """The report, ready to be rendered."""

    number: str
    heading: str
    subject: str
    as_of: datetime
    blocks: tuple[Block, ...]

    def file_name(self, ending: str) -> str:
        """What it is saved as."""
        return f"{TITLE}-{self.number}-{self.as_of.astimezone(SHANGHAI):%Y%m%d}.{ending}"


def compose(
    board: Mapping[str, Any], *, lessons: str, timelines: Sequence[Timeline], pace: Pace | None, as_of: datetime
) -> DrillReport:  # fmt: skip
    """The report of a scoreboard as of now."""
    score = board["score"]["value"]
    result = "尚无得分" if score is None else f"得分 {score:g}"
    blocks = [
        *_overview(board, as_of), *_score(board), *_grades(board), *_clocks(board), *_people(board), *_said(board),
        *_reactions(board), *_improvements(board), Heading(1, "学习要点"), Words(lessons or None),
        *(block for timeline in timelines for block in _told(timeline, pace)),
    ]  # fmt: skip
    return DrillReport(
        board["number"], f"【演练】{TITLE}", f"{board['number']} {board['name']}　{result}", as_of, tuple(blocks)
    )


def span(seconds: float | None) -> str:
    """A time of the scenario as people read it: 1:25 is an hour and 25 minutes since it began."""
    if seconds is None:
        return NONE_SHOWN
    minutes = int(seconds) // 60
    return f"{minutes // 60}:{minutes % 60:02d}"


def _overview(board: Mapping[str, Any], as_of: datetime) -> Iterator[Block]:
    yield Heading(1, "概况")
    times = {name: local(board[name]) if board[name] else NONE_SHOWN for name in ("started_at", "ended_at")}
    facts = (
        ("剧本", f"{board['scenario']}（版本 {board['scenario_version']}）"),
        ("倍速", f"{board['scale']} 倍"),
        ("状态", word("drill_state", board["state"])),
        ("开始", times["started_at"]),
        ("结束", times["ended_at"]),
        ("剧情进度", f"{span(board['elapsed_seconds'])} / {span(board['duration_seconds'])}（时:分）"),
        ("形成事件", "、".join(one["number"] for one in board["incidents"]) or "无"),
        *((("问题", board["problem"]["detail"]),) if board["problem"] else ()),
        ("统计时间", f"{local(as_of)}（北京时间，下同）"),
    )
    yield Grid((ITEM, "内容"), facts)


def _score(board: Mapping[str, Any]) -> Iterator[Block]:
    score = board["score"]
    yield Heading(1, "得分")
    if score["value"] is None:
        yield Lines((("尚无已有结论的项，不计分。", ()),))
    else:
        yield Lines(((f"{score['value']:g} 分 = 100 × {score['points']:g} ÷ {score['of_points']:g}", ()),))
    yield Note(score["formula_zh"])


def _grades(board: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(1, "等级")
    rows = [
        (span(row["scenario_seconds"]), _grade(row["to_grade"]), row["rule"] or word("grade_source", row["source"]))
        for row in board["grades"]
    ]
    yield _table(("剧情时间", "等级", "依据"), rows)
    planned = "；".join(f"{span(row['offset_seconds'])} {_grade(row['grade'])}" for row in board["planned_grades"])
    yield Note(f"剧本在默认分级标准下、无人处置时应到：{planned or '无'}。")


def _grade(value: str | None) -> str:
    grade = grade_of(value)
    return grade.label if grade else "未定级"


def _clocks(board: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(1, "时限")
    yield _table(
        ("时限", "目标", "起算", "到期", "完成", "结果", "权重"),
        [
            (
                word("deadline_kind", row["kind"]), span(row["target_seconds"]), span(row["started_seconds"]),
                span(row["due_seconds"]), span(row["met_seconds"]), word("drill_result", row["result"]), f"{row['weight']:g}",
            )
            for row in board["clocks"]
        ],
    )  # fmt: skip
    alerts = board["alerts"]
    counts = "，".join(f"{word('drill_result', name)} {alerts[name]}" for name in DrillResult)
    unheard = "无人可推的：没有供人阅读的接收端点订阅演练，不计分。" if alerts[DrillResult.UNPUSHED] else ""
    yield Note(f"命中推送 {alerts['total']} 个：{counts}。{unheard}时间均为剧情时间（时:分）。")


def _people(board: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(1, "接警")
    yield _table(
        ("剧情时间", "人员", "部门", "用时"),
        [
            (
                span(row["scenario_seconds"]), row["person"]["name"] if row["person"] else NONE_SHOWN,
                row["department"] or NONE_SHOWN, span(row["after_seconds"]),
            )
            for row in board["acknowledgements"]
        ],
    )  # fmt: skip
    if board["departments"]:
        yield Heading(2, "各部门")
        columns = ("部门", "应接警", "已接警", "最快", "中位", "最慢")
        yield Grid(columns, tuple(
            (row["department"] or "未分部门", str(row["called"]), str(row["acknowledged"]), span(row["fastest_seconds"]),
             span(row["median_seconds"]), span(row["slowest_seconds"]))
            for row in board["departments"]
        ))  # fmt: skip


def _said(board: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(1, "声明")
    rows = [
        (
            span(step["scenario_seconds"]), said["name"] or word("statement_kind", said["kind"]),
            word("statement_step", step["step"]), word("approval_slot", step["slot"]), word("platform", step["platform"]),
        )
        for said in board["statements"]
        for step in said["steps"]
    ]  # fmt: skip
    yield _table(("剧情时间", "声明", "步骤", "审批", "平台"), rows)


def _reactions(board: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(1, "预期反应")
    yield _table(
        ("应在", "预期", "由谁", "完成", "结果", "权重"),
        [
            (
                span(row["reaction"]["by_seconds"]), row["reaction"]["text"], row["reaction"]["by"] or NONE_SHOWN,
                span(row["done_seconds"]), word("drill_result", row["result"]), f"{row['weight']:g}",
            )
            for row in board["reactions"]
        ],
    )  # fmt: skip


def _improvements(board: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(1, "改进事项")
    rows = [
        (
            row["title"], row["owner"]["name"] if row["owner"] else "未指定", local(row["due_at"]) if row["due_at"] else "未定",
            word("task_state", row["state"]),
        )
        for row in board["improvements"]
    ]  # fmt: skip
    yield _table(("事项", "负责人", "期限", "状态"), rows)


def _told(timeline: Timeline, pace: Pace | None) -> Iterator[Block]:
    yield Heading(1, f"时间线 {timeline.number} {timeline.title}")
    entries = [entry for entry in timeline.entries if entry.type not in _PASSED_OVER]
    yield _table(
        ("剧情时间", "时间", "人员", "事项", "内容"),
        [
            (
                span(seconds_at(pace, _at(entry))) if pace else NONE_SHOWN, local(_at(entry)), entry.who, named(entry.type),
                told(entry),
            )
            for entry in entries[:MOST_TOLD]
        ],
    )  # fmt: skip
    if len(entries) > MOST_TOLD:
        yield Note(f"另有 {len(entries) - MOST_TOLD} 条，见事件的时间线。")


def _at(entry: Entry) -> datetime:
    happened_at = entry.data.get("happened_at")
    return datetime.fromisoformat(happened_at) if happened_at else entry.at


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Block:
    return Grid(columns, tuple(rows)) if rows else Lines((("无。", ()),))
