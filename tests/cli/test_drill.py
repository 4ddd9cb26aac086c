"""`fenghuo drill`: a scenario played to its scoreboard, by itself, with somebody who responds, and interrupted."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from rich.console import Console

from app.cli.drill_screen import picture
from tests.cli.conftest import left_running
from tests.cli.test_up import ready

Fenghuo = Callable[..., subprocess.Popen[str]]
NO_SERVICE = {"FENGHUO_KEY": "", "FENGHUO_URL": ""}


def test_a_drill_ends_with_its_scoreboard_and_exits_0_whatever_the_score(fenghuo: Fenghuo, data_dir: Path) -> None:
    drill = fenghuo("drill", "run", "product-quality", "--scale", "6000", **NO_SERVICE)
    said, complained = drill.communicate(timeout=120)
    assert drill.returncode == 0, said + complained
    lines = said.splitlines()
    assert any(line.startswith("01:20  serious 二级(较大)  by serious-harm-8h") for line in lines), said
    assert any(line.startswith("03:02  major 一级(重大)  by major-2h") for line in lines), said
    assert "Scoreboard 演练评分表  DR-0001  产品质量：喝出异物" in said
    # How late it began depends on how busy the machine is: its worker plays everything, one instant after the other.
    assert re.search(r"紧急会议 emergency_meeting +00:30 +\d\d:\d\d +\d\d:\d\d +— +(breached|not_reached)", said), said
    assert re.search(r"Score 得分: 0  \(100 × 0 / [\d.]+\)", said), said
    assert "score = 100 ×" in said
    assert re.search(
        r"Alerts 命中推送: \d+ \(\d+ unpushed 无人可推; no endpoint that people read takes drills", said
    ), said
    assert left_running(data_dir) == []


def test_in_a_running_service_somebody_responds_and_ctrl_c_stops_a_drill(fenghuo: Fenghuo, data_dir: Path) -> None:
    address, key = ready(fenghuo("up", FENGHUO_PORT="0"))
    there = {"FENGHUO_URL": address, "FENGHUO_KEY": key}
    long = fenghuo("drill", "run", "rumour", "--scale", "60", **there)
    assert long.stdout is not None
    assert any(line.startswith("Drill 演练 DR-0001") for line in long.stdout)
    os.kill(long.pid, signal.SIGINT)
    said, complained = long.communicate(timeout=60)
    assert long.returncode == 130, said + complained
    assert "Scoreboard 演练评分表  DR-0001" in said
    mine = {"authorization": f"Bearer {key}"}
    [stopped] = httpx.get(f"{address}/v1/drills", headers=mine).json()["data"]
    assert stopped["state"] == "stopped"
    listed = fenghuo("drill", "list", **there)
    unknown = fenghuo("drill", "run", "nothing", **there)
    drill = fenghuo("drill", "run", "rumour", "--scale", "1500", "--respond", **there)
    said, complained = listed.communicate(timeout=60)
    assert listed.returncode == 0, said + complained
    assert re.search(r"product-quality +产品质量：喝出异物 +08:00 +59 +serious 01:20, major 03:02", said)
    _, complained = unknown.communicate(timeout=60)
    assert unknown.returncode == 1
    assert "there is no scenario 'nothing'; there are: data-leak" in complained
    said, complained = drill.communicate(timeout=120)
    assert drill.returncode == 0, said + complained
    score = re.search(r"Score 得分: ([\d.]+)", said)
    assert score, said
    assert float(score[1]) > 0, said
    assert "1 of 1 acknowledged" in said, said


def test_what_ended_with_the_drill_is_no_false_alarm() -> None:
    """It is dismissed so that nothing more is made of it, and 误报 would be told of a fire that was one."""
    incident = {"number": "D2026-0001", "title": "喝出异物", "status": "dismissed", "grade": "major"}
    board: dict[str, Any] = {"incidents": [incident], "score": {"value": None}, "clocks": [], "state": "finished"}
    board["problem"] = None
    clock = {
        "elapsed_seconds": 60, "duration_seconds": 60, "played_count": 1, "inject_count": 1,
        "as_of": "2026-11-26T00:00:00+00:00",
    }  # fmt: skip
    part = SimpleNamespace(scale=600)
    director: Any = SimpleNamespace(
        clock=clock, board=board, number="DR-0001", name="", part=part, windows=[], marks=[]
    )
    screen = Console(width=120)
    with screen.capture() as shown:
        screen.print(picture(director))
    assert "已结束" in shown.get()
    assert "误报" not in shown.get()
    board["state"] = "running"
    board["problem"] = {"detail": "It can't go on.", "tries": 2, "next_try_at": None}
    with screen.capture() as shown:
        screen.print(picture(director))
    assert "误报" in shown.get(), "somebody said so while it ran"
    assert "It can't go on. (tried 2 times)" in shown.get()
