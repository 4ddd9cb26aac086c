"""The report 《危机复盘报告》 as one HTML file: nothing is loaded from elsewhere and nothing runs, on a screen, on a phone, on paper.

Whatever people wrote is text in it and never markup. A policy within the file says the same to every browser that opens it.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from app.domain.curve import Curve
from app.domain.review_report import Block, Grid, Heading, Lines, Mark, Marks, Note, Picture, Report, Words, numeric
from app.reviews.drawing import NARROW, WIDE, draw, font_css

_CSS: Final = Path(__file__).with_name("report.css")
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)
# A narrow screen shows few columns beside each other; tables of more are moved sideways.
_MANY: Final = 3
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@cache
def _style() -> str:
    return f"{font_css()}\n{_CSS.read_text('utf-8')}"


def html(report: Report) -> str:
    """The whole file."""
    body = "".join(part for block in report.blocks for part in _shown(block, report))
    title = escape(f"{report.heading} {report.number}")
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex, nofollow">'
        f"<title>{title}</title><style>{_style()}</style></head><body><main>"
        f'<h1>{escape(report.heading)}</h1><p class="subject">{escape(report.subject)}</p>{body}</main></body></html>\n'
    )


def _shown(block: Block, report: Report) -> Iterator[str]:
    match block:
        case Heading(rank, text):
            yield f"<h{rank + 1}>{escape(text)}</h{rank + 1}>"
        case Lines(lines):
            yield f"<ul>{''.join(f'<li>{escape(text)}{_marks(marks)}</li>' for text, marks in lines)}</ul>"
        case Words(text):
            said = ' class="said"' if text else ' class="said unsaid"'
            yield f"<div{said}>{escape(text or '（未填写）')}</div>"
        case Note(text, marks):
            yield f'<p class="note">{escape(text)}{_marks(marks)}</p>'
        case Picture(place):
            yield _picture(report.chapters[place].curve)
        case Grid():
            yield from _grid(block)


def _picture(curve: Curve) -> str:
    wide, narrow = (draw(curve, frame=frame, with_font=False) for frame in (WIDE, NARROW))
    return f'<div class="broad">{wide}</div><div class="narrow">{narrow}</div>'


def _grid(grid: Grid) -> Iterator[str]:
    heads = [*grid.columns, "依据"] if grid.marks else list(grid.columns)
    kind = ' class="many"' if len(heads) > _MANY else ""
    yield f'<div class="wide"><table{kind}><thead><tr>'
    numbers = numeric(grid)
    for head, right in zip(heads, [*numbers, False], strict=False):
        yield f'<th scope="col"{_kind(head, right)}>{escape(head)}</th>'
    yield "</tr></thead><tbody>"
    for place, row in enumerate(grid.rows):
        anchor = f' id="{_anchor(grid.anchors[place])}"' if grid.anchors else ""
        cells = "".join(
            f"<td{_kind(cell, right)}>{escape(cell)}</td>" for cell, right in zip(row, numbers, strict=True)
        )
        marks = f"<td>{_marks(grid.marks[place])}</td>" if grid.marks else ""
        yield f"<tr{anchor}>{cells}{marks}</tr>"
    yield "</tbody></table></div>"


def _kind(cell: str, right: bool) -> str:
    if right:
        return ' class="n"'
    return ' class="t"' if _TIME.fullmatch(cell) else ""


def _marks(marks: Marks) -> str:
    return "".join(
        f' <span class="note">{escape(mark)}</span>'
        if isinstance(mark, str)
        else f' <a class="m" href="#{_anchor(mark)}">[{escape(mark.text)}]</a>'
        for mark in marks
    )


def _anchor(mark: Mark) -> str:
    return f"e{mark.event_id}" if mark.event_id is not None else f"s{mark.source}"
