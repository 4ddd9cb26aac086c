"""The report 《危机复盘报告》 as a Word document of our own (R59)."""

from collections.abc import Sequence

from app.core.docx_blocks import Writer
from app.core.docx_paper import new_paper, saved
from app.domain.review_report import Report


def docx(report: Report, pictures: Sequence[bytes]) -> bytes:
    """The document in our own look. ``pictures``: the curves, in the order of the chapters."""
    paper = new_paper(report.heading, report.subject, report.as_of)
    writer = Writer(paper, pictures, own=True)
    for block in report.blocks:
        writer.add(block)
    return saved(paper)
