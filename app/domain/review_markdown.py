"""The report 《危机复盘报告》 as Markdown: for chats, wikis and archives, and safe whatever people wrote."""

from collections.abc import Iterable, Iterator

from app.domain.chronicle import escaped, local
from app.domain.review_report import Block, Grid, Heading, Lines, Marks, Note, Picture, Report, Words, cited


def markdown(report: Report) -> str:
    """The whole document. The curve is told of in a table: a document of text has no picture with it."""
    lines = [f"# {escaped(report.heading)}", "", escaped(report.subject), ""]
    for block in report.blocks:
        lines += [*_told(block, report), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _told(block: Block, report: Report) -> Iterator[str]:
    match block:
        case Heading(rank, text):
            yield f"{'#' * (rank + 1)} {escaped(text)}"
        case Lines(lines):
            yield from (f"- {escaped(text)}{_marks(marks)}" for text, marks in lines)
        case Words(text):
            # Line by line, or a line of theirs might be a heading of ours.
            yield from (f"> {escaped(line)}" for line in (text or "（未填写）").splitlines())
        case Note(text, marks):
            yield f"*{escaped(text)}*{_marks(marks)}"
        case Picture(place):
            yield from _curve(report, place)
        case Grid():
            yield from _grid(block)


def _grid(grid: Grid) -> Iterator[str]:
    heads = [*grid.columns, "依据"] if grid.marks else list(grid.columns)
    yield _row(heads)
    yield _row("---" for _ in heads)
    for place, row in enumerate(grid.rows):
        cells = [escaped(cell) for cell in row]
        yield _row([*cells, escaped(" ".join(cited(grid.marks[place])))] if grid.marks else cells)


def _curve(report: Report, place: int) -> Iterator[str]:
    curve = report.chapters[place].curve
    yield _row(["标记", "时间", "事项"])
    yield _row(["---"] * 3)
    for number, mark in enumerate(curve.marks, 1):
        yield _row([str(number), local(mark.at), escaped(mark.label)])


def _marks(marks: Marks) -> str:
    return f" （{escaped('、'.join(cited(marks)))}）" if marks else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
