"""Documents for people as one HTML file: nothing is loaded from elsewhere and nothing runs, on a screen, on a phone, on paper.

Whatever people wrote is text in it and never markup. A policy within the file says the same to every browser that opens it.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from app.domain.blocks import Block, Grid, Heading, Lines, Mark, Marks, Note, Picture, Words, numeric

_CSS: Final = Path(__file__).with_name("paper.css")
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)
# A narrow screen shows few columns beside each other; tables of more are moved sideways.
_MANY: Final = 3
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@cache
def paper_css() -> str:
    """How all our documents look."""
    return _CSS.read_text("utf-8")


def page(title: str, style: str, body: str) -> str:
    """The whole file, of a body that is markup already."""
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex, nofollow">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>{body}</body></html>\n"
    )


def shown(block: Block) -> Iterator[str]:
    """The markup of one block. Pictures are drawn by whoever has them."""
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
        case Grid():
            yield from _grid(block)
        case Picture():
            return


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
