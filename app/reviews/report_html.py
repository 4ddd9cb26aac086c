"""The report 《危机复盘报告》 as one HTML file, with its curves drawn."""

from collections.abc import Iterator
from functools import cache
from html import escape

from app.core.html_blocks import page, paper_css, shown
from app.domain.blocks import Block, Picture
from app.domain.curve import Curve
from app.domain.review_report import Report
from app.reviews.drawing import NARROW, WIDE, draw, font_css


@cache
def _style() -> str:
    return f"{font_css()}\n{paper_css()}"


def html(report: Report) -> str:
    """The whole file."""
    body = "".join(part for block in report.blocks for part in _shown(block, report))
    return page(
        f"{report.heading} {report.number}", _style(),
        f'<main><h1>{escape(report.heading)}</h1><p class="subject">{escape(report.subject)}</p>{body}</main>',
    )  # fmt: skip


def _shown(block: Block, report: Report) -> Iterator[str]:
    if isinstance(block, Picture):
        yield _picture(report.chapters[block.chapter].curve)
    else:
        yield from shown(block)


def _picture(curve: Curve) -> str:
    wide, narrow = (draw(curve, frame=frame, with_font=False) for frame in (WIDE, NARROW))
    return f'<div class="broad">{wide}</div><div class="narrow">{narrow}</div>'
