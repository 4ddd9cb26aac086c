"""The report 《危机复盘报告》 as Markdown: for chats, wikis and archives, and safe whatever people wrote."""

from collections.abc import Iterator

from app.domain.blocks import Block, Picture
from app.domain.blocks_markdown import row, told
from app.domain.chronicle import escaped, local
from app.domain.review_report import Report


def markdown(report: Report) -> str:
    """The whole document. The curve is told of in a table: a document of text has no picture with it."""
    lines = [f"# {escaped(report.heading)}", "", escaped(report.subject), ""]
    for block in report.blocks:
        lines += [*_told(block, report), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _told(block: Block, report: Report) -> Iterator[str]:
    return _curve(report, block.chapter) if isinstance(block, Picture) else told(block)


def _curve(report: Report, place: int) -> Iterator[str]:
    curve = report.chapters[place].curve
    yield row(["标记", "时间", "事项"])
    yield row(["---"] * 3)
    for number, mark in enumerate(curve.marks, 1):
        yield row([str(number), local(mark.at), escaped(mark.label)])
