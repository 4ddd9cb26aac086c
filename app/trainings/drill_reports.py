"""The report of a drill 《演练报告》 (R68, R69), read in one transaction and rendered out of it."""

from datetime import datetime
from html import escape
from uuid import UUID

from app.core.auth import Caller
from app.core.db import Tx
from app.core.docx_blocks import Writer
from app.core.docx_paper import new_paper, saved
from app.core.html_blocks import page, paper_css, shown
from app.domain import blocks_markdown
from app.domain.chronicle import escaped
from app.domain.drill_report import DrillReport, Timeline, compose
from app.incidents import chronicle
from app.incidents.runs import pace_from
from app.models import ScenarioVersion
from app.trainings.drills_queries import get_drill
from app.trainings.scoreboard import scoreboard_of
from app.trainings.scoreboard_facts import incidents_of


async def report_of(tx: Tx, drill_id: UUID, *, caller: Caller, now: datetime) -> DrillReport:
    """The report as of now, as the caller may see it: it is passed around, so names are masked for whom they are."""
    drill = await get_drill(tx, drill_id)
    board = await scoreboard_of(tx, drill_id, caller=caller, now=now)
    version = await tx.get_one(ScenarioVersion, drill.scenario_version_id)
    timelines = []
    for incident in await incidents_of(tx, drill.id):
        _, told = await chronicle.whole(tx, incident.id, caller=caller)
        timelines.append(Timeline(told["number"], told["title"], list(chronicle.entries(told))))
    pace = pace_from(drill) if drill.started_at else None
    lessons = version.content.get("lessons") or ""
    return compose(board, lessons=lessons, timelines=timelines, pace=pace, as_of=now)


def markdown(report: DrillReport) -> str:
    """The whole document."""
    lines = [f"# {escaped(report.heading)}", "", escaped(report.subject), ""]
    for block in report.blocks:
        lines += [*blocks_markdown.told(block), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def html(report: DrillReport) -> str:
    """The whole file. Blocking, some hundredths of a second."""
    body = "".join(part for block in report.blocks for part in shown(block))
    head = f'<h1>{escape(report.heading)}</h1><p class="subject">{escape(report.subject)}</p>'
    return page(f"{report.heading} {report.number}", paper_css(), f"<main>{head}{body}</main>")


def docx(report: DrillReport) -> bytes:
    """The document in our own look. Blocking, some tenths of a second."""
    paper = new_paper(report.heading, report.subject, report.as_of)
    writer = Writer(paper, (), own=True)
    for block in report.blocks:
        writer.add(block)
    return saved(paper)
