"""How the demo looks: a live table where a person watches, plain lines where nobody does."""

import asyncio
import html
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app.cli.play import Mark, Play, Scene
from app.cli.receiver import Receiver
from app.domain.labels import LABELS
from app.domain.worktime import SHANGHAI

COLOURS = {"major": "bold red", "serious": "bold dark_orange", "general": "bold yellow"}
BAR_WIDTH = 24
LOOK_EVERY = 0.3
PAPER_WIDTH = 130
# Rich would have the reader's browser fetch fonts from elsewhere.
_FONTS = re.compile(r"@font-face \{.*?\}", re.DOTALL)
_TEXT = re.compile(r'textLength="(?P<width>[\d.]+)"(?P<between>[^>]*)>(?P<text>[^<]+)<')


@asynccontextmanager
async def shown(console: Console, play: Play, scene: Scene, receiver: Receiver) -> AsyncIterator[None]:
    """While the block runs, the live table. Where nobody watches there is nothing to see: see :func:`line`."""
    if not console.is_terminal:
        yield
        return
    looking = asyncio.create_task(_look(play))
    try:
        with Live(get_renderable=lambda: picture(scene, receiver), console=console, refresh_per_second=8):
            yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look(play: Play) -> None:
    while True:
        await play.look()
        await asyncio.sleep(LOOK_EVERY)


def picture(scene: Scene, receiver: Receiver) -> RenderableType:
    """The incident, its windows against their thresholds, and the newest webhooks."""
    return Group(_head(scene), windows_table(scene.windows), _webhooks(receiver))


def _head(scene: Scene) -> Text:
    incident = scene.incident
    if incident is None:
        return Text("Watching; nothing has happened yet.")
    grade = incident["grade"]
    head = Text(f"{incident['number']}  {incident['title']}\n", style="bold")
    head.append(f"{incident['status']} {LABELS['incident_status'][incident['status']][0]}  ", style="default")
    head.append(f"{grade} {incident['grade_label']}" if grade else "no grade yet", style=COLOURS.get(grade, "dim"))
    head.append(f"  传播量 {incident['total']:,}  mentions {incident['mention_count']}", style="default")
    if scene.last_post is not None:
        post = scene.last_post
        head.append(f"\n{scene.posted:>2}  {post.platform}  {post.text[:40]}", style="dim")
    return head


def windows_table(windows: list[dict[str, Any]]) -> Table:
    """Windows against their thresholds."""
    table = Table("rule", "window", "now", "threshold", "", box=box.SIMPLE, pad_edge=False)
    for window in windows:
        share = min(window["current"] / window["threshold"], 1.0)
        over = window["current"] > window["threshold"]
        bar = Text("█" * round(BAR_WIDTH * share), style=COLOURS[window["grade"]] if over else "green")
        hours = f"{window['window_seconds'] / 3600:g} h"
        table.add_row(window["rule"], hours, f"{window['current']:,}", f"> {window['threshold']:,}", bar)
    return table


def _webhooks(receiver: Receiver) -> Table:
    table = Table("webhook", "event", "", "signature", box=box.SIMPLE, pad_edge=False)
    for one in receiver.verified[-6:]:
        table.add_row(
            one.id, one.type, str(one.data.get("to") or one.data.get("clock", "")), Text("✓ verified", style="green")
        )
    return table


def line(mark: Mark) -> str:
    """One thing that happened, where lines are read."""
    at = mark.at.astimezone(SHANGHAI)
    return f"{at:%H:%M:%S}  {mark.label}  {mark.why}  webhook verified{_after(mark)}"


def _after(mark: Mark) -> str:
    return "" if mark.milliseconds is None else f" after {mark.milliseconds:.0f} ms"


def summary(scene: Scene, receiver: Receiver) -> RenderableType:
    """Each grade and each clock: when, why, and whether the outside heard of it."""
    table = Table(
        "what", "when (UTC+8)", "why", "delivered", "verified", "post to webhook", box=box.SIMPLE, pad_edge=False
    )
    for mark in scene.marks:
        at, tries = mark.at.astimezone(SHANGHAI), f"yes, try {mark.attempts}"
        table.add_row(mark.label, f"{at:%H:%M:%S}", mark.why, tries, "yes", _after(mark).removeprefix(" after "))
    incident = scene.incident or {}
    foot = (
        f"Incident {incident.get('number')}: {scene.posted} readings posted, 传播量 {incident.get('total', 0):,}; "
        f"{scene.deliveries} webhooks delivered, {len(receiver.verified)} verified by standardwebhooks, in order."
    )
    return Group(table, Text(foot))


def save_picture(path: Path, scene: Scene, receiver: Receiver) -> None:
    """The last picture and the summary as an SVG, for documents. Needs nothing from outside to be shown."""
    paper = Console(record=True, width=PAPER_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    paper.print(picture(scene, receiver), summary(scene, receiver), highlight=False)
    drawn = paper.export_svg(title="make demo", unique_id="demo")
    path.write_text(_TEXT.sub(_as_wide_as_its_cells, _FONTS.sub("", drawn)), encoding="utf-8")


def _as_wide_as_its_cells(drawn: re.Match[str]) -> str:
    """Rich counts characters where it should count cells, which squeezes Chinese to half its width."""
    text = html.unescape(drawn["text"])
    width = float(drawn["width"]) * cell_len(text) / len(text)
    return f'textLength="{width:g}"{drawn["between"]}>{drawn["text"]}<'
