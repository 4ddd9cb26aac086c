"""Blocks of documents as Markdown: safe whatever people wrote in them."""

from collections.abc import Iterable, Iterator

from app.domain.blocks import Block, Grid, Heading, Lines, Marks, Note, Picture, Words, cited
from app.domain.chronicle import escaped


def told(block: Block) -> Iterator[str]:
    """The lines of one block. A document of text has no pictures with it: of these it tells nothing."""
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
        case Grid():
            yield from _grid(block)
        case Picture():
            return


def row(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def _grid(grid: Grid) -> Iterator[str]:
    heads = [*grid.columns, "依据"] if grid.marks else list(grid.columns)
    yield row(heads)
    yield row("---" for _ in heads)
    for place, line in enumerate(grid.rows):
        cells = [escaped(cell) for cell in line]
        yield row([*cells, escaped(" ".join(cited(grid.marks[place])))] if grid.marks else cells)


def _marks(marks: Marks) -> str:
    return f" （{escaped('、'.join(cited(marks)))}）" if marks else ""
