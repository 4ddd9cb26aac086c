"""How a drill looks: a live picture where a person watches, plain lines where nobody does, and the scoreboard at its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.cli.drill_play import Director, Mark, time_of
from app.cli.stage import COLOURS, windows_table
from app.domain.grades import grade_of
from app.domain.labels import LABELS
from app.domain.vocabulary.drills import OVER

BAR_WIDTH: Final = 30
NEWEST: Final = 8
RESULTS: Final = {
    "met": "green", "late": "yellow", "breached": "bold red", "running": "cyan", "not_reached": "dim", "unpushed": "magenta",
}  # fmt: skip


def line(mark: Mark) -> str:
    """One thing that happened, where lines are read."""
    return f"{time_of(mark.seconds)}  {mark.label}  {mark.why}"


def picture(director: Director) -> RenderableType:
    """The scenario's clock, what came of it, windows against thresholds, clocks that run, and what happened last."""
    return Group(_head(director), windows_table(director.windows), _running(director), _newest(director.marks))


def _head(director: Director) -> Text:
    clock, board = director.clock, director.board
    share = min(clock["elapsed_seconds"] / clock["duration_seconds"], 1.0)
    head = Text(f"演练 {director.number}  {director.name}  ×{director.part.scale}\n", style="bold")
    head.append("█" * round(BAR_WIDTH * share) + "░" * (BAR_WIDTH - round(BAR_WIDTH * share)), style="cyan")
    passed = f"  {time_of(clock['elapsed_seconds'])} / {time_of(clock['duration_seconds'])}"
    head.append(f"{passed}  {clock['played_count']}/{clock['inject_count']} played", style="default")
    for incident in board["incidents"][:2]:
        grade = grade_of(incident["grade"])
        head.append(f"\n{incident['number']}  {incident['title']}  ", style="default")
        head.append(f"{_standing(incident, board)}  ", style="default")
        head.append(f"{grade.value} {grade.label}" if grade else "no grade yet", style=COLOURS.get(grade or "", "dim"))
    head.append(_problem(board), style="bold red")
    value = board["score"]["value"]
    head.append(f"\nscore so far {'—' if value is None else f'{value:g}'}", style="dim")
    return head


def _standing(incident: Mapping[str, Any], board: Mapping[str, Any]) -> str:
    """What was still open when the drill ended was dismissed with it: that is no 误报."""
    if incident["status"] == "dismissed" and board["state"] in OVER:
        return LABELS["drill_state"][board["state"]][0]
    return LABELS["incident_status"][incident["status"]][0]


def _problem(board: Mapping[str, Any]) -> str:
    """Why it can't be played on, on a line of its own; nothing where it can."""
    problem = board["problem"]
    if problem is None:
        return ""
    failed = f"{LABELS['drill_state'][board['state']][0]} {board['state']}: " if board["state"] in OVER else ""
    return f"\n{failed}{problem['detail']} (tried {problem['tries']} times)"


def _running(director: Director) -> Table:
    table = Table("clock", "target", "due", "left", "", box=box.SIMPLE, pad_edge=False)
    now = datetime.fromisoformat(director.clock["as_of"])
    for row in director.board["clocks"]:
        left = ""
        if row["result"] == "running":
            left = f"{max(0.0, (datetime.fromisoformat(row['due_at']) - now).total_seconds()):.0f} s"
        table.add_row(
            f"{LABELS['deadline_kind'][row['kind']][0]} {row['kind']}", time_of(row["target_seconds"]),
            time_of(row["due_seconds"]), left, _result(row["result"]),
        )  # fmt: skip
    return table


def _newest(marks: Sequence[Mark]) -> Text:
    shown = Text()
    for mark in marks[-NEWEST:]:
        shown.append(f"{line(mark)}\n", style=COLOURS.get(mark.grade or "", "default"))
    return shown


def _result(result: str) -> Text:
    return Text(f"{result} {LABELS['drill_result'][result][0]}", style=RESULTS[result])


def summary(board: Mapping[str, Any]) -> RenderableType:
    """The scoreboard."""
    if not board:
        return Text("The drill was not started.")
    score = board["score"]
    value = "—" if score["value"] is None else f"{score['value']:g}"
    sums = f"100 × {score['points']:g} / {score['of_points']:g}" if score["value"] is not None else "nothing is decided"
    parts = [
        Text(f"\nScoreboard 演练评分表  {board['number']}  {board['name']}", style="bold").append(
            _problem(board), style="red"
        ),
        _clocks(board), _expected(board),
        *_people(board), Text(_alerts(board["alerts"])), Text(f"Score 得分: {value}  ({sums})", style="bold"),
        Text(score["formula"], style="dim"),
    ]  # fmt: skip
    return Group(*parts)


def _clocks(board: Mapping[str, Any]) -> RenderableType:
    table = Table("clock", "target", "started", "due", "done", "result", "weight", box=box.SIMPLE, pad_edge=False)
    for row in board["clocks"]:
        table.add_row(
            f"{LABELS['deadline_kind'][row['kind']][0]} {row['kind']}", time_of(row["target_seconds"]),
            time_of(row["started_seconds"]), time_of(row["due_seconds"]),
            "—" if row["met_seconds"] is None else time_of(row["met_seconds"]), _result(row["result"]), f"{row['weight']:g}",
        )  # fmt: skip
    return table if board["clocks"] else Text("No clock was started: no grade was reached.")


def _expected(board: Mapping[str, Any]) -> RenderableType:
    table = Table("expected", "by whom", "by", "done", "result", "weight", box=box.SIMPLE, pad_edge=False)
    for row in board["reactions"]:
        one = row["reaction"]
        done = "—" if row["done_seconds"] is None else time_of(row["done_seconds"])
        table.add_row(
            LABELS["task_kind"][one["task_kind"]][0] if one["task_kind"] else LABELS["reaction_kind"][one["kind"]][0],
            one["by"], time_of(one["by_seconds"]), done, _result(row["result"]), f"{row['weight']:g}",
        )  # fmt: skip
    return table


def _people(board: Mapping[str, Any]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for row in board["grades"]:
        grade = grade_of(row["to_grade"])
        label = f"{grade.value} {grade.label}" if grade else "no grade"
        lines.append(Text(f"{time_of(row['scenario_seconds'])}  {label}  by {row['rule'] or row['source']}"))
    for row in board["departments"]:
        fastest = "—" if row["fastest_seconds"] is None else time_of(row["fastest_seconds"])
        who = row["department"] or "no department 未分部门"
        lines.append(Text(f"{who}: {row['acknowledged']} of {row['called']} acknowledged, the fastest after {fastest}"))
    return lines


def _alerts(alerts: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{alerts[name]} {name} {LABELS['drill_result'][name][0]}" for name in RESULTS if alerts[name])
    unheard = "; no endpoint that people read takes drills: not scored 不计分" if alerts["unpushed"] else ""
    return f"Alerts 命中推送: {alerts['total']}" + (f" ({counts}{unheard})" if counts else "")


def scenarios_table(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """What can be played."""
    table = Table("key", "name", "lasts", "injects", "reaches", box=box.SIMPLE, pad_edge=False)
    for row in rows:
        latest = row["latest"]
        reached = ", ".join(f"{one['grade']} {time_of(one['offset_seconds'])}" for one in latest["reaches"])
        lasts = time_of(latest["duration_seconds"])
        table.add_row(row["key"], row["name"], lasts, str(latest["inject_count"]), reached or "—")
    return table
