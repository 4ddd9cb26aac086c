"""Spreadsheets as people send them: which column means what, and what a cell says (R41, R50b).

People name columns in their own words, type full-width digits, leave rows blank and put a title above the header. Here is
how that is read, whatever file it came in; :mod:`app.core.sheets` takes files apart.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

MOST_ROWS = 10_000
MOST_COLUMNS = 200
# Rows above the header, titles and notes, that are passed over.
TITLES = 10
# What is decoded first wins: GB18030 can read nearly anything as something.
_ENCODINGS: Final = ("utf-8", "gb18030")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS: Final = (",", ";", "\t")
_REMARK = re.compile(r"[(\[【].*?[)\]】]")
_NO_WORD = re.compile(r"[\s*:_/-]+")
_LISTED = re.compile(r"[,;、/|\n]+")
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?)(?:[ T]00:00(?::00)?)?", re.ASCII)
_DATE_AS_NUMBER = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SERIAL = re.compile(r"\d{5}", re.ASCII)
# Day 60 is a 29 February that never was; every serial people meet today comes after it.
_SERIALS_BEGIN = date(1899, 12, 30)

Cell = str | float | bool | date | datetime | time | timedelta | None


class SheetFault(Exception):
    """The whole sheet can't be read. ``code`` is for programs, the text says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell in place of whose value there is a fault: a formula that failed, or was never reckoned."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is called on the wire, and in sheets. ``prose`` stays as it was written but for its edges: Chinese
    punctuation has compatibility forms too."""

    name: str
    titles: tuple[str, ...]
    required: bool = False
    prose: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something, numbered as the spreadsheet numbers it. Cells are text, and only what was filled in."""

    number: int
    cells: Mapping[str, str]
    broken: Mapping[str, Broken]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below the header, what the sheet calls each column that there is, and the titles of those that mean
    nothing to us."""

    rows: Sequence[Row]
    headings: Mapping[str, str]
    unknown: Sequence[str]


Grid = Sequence[tuple[int, Sequence[Cell | Broken]]]


def text_of(cell: Cell) -> str:
    """What a cell says: compatibility forms evened out (１３８ is 138), numbers without a point that means nothing."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e18 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, str):
        return trimmed(unicodedata.normalize("NFKC", cell))
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def trimmed(text: str) -> str:
    """Without what shows nothing at its edges."""
    return text.strip().strip("\u200b\ufeff").strip()


def title_of(text: str) -> str:
    """A column's title with what people write around it taken off: `* 姓名（必填）` is 姓名."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _NO_WORD.sub("", _REMARK.sub("", plain))


def listed(text: str) -> list[str]:
    """A cell that names several: 组长、法务."""
    return [part.strip() for part in _LISTED.split(text) if part.strip()]


def yes_or_no(text: str) -> bool | None:
    """What people write for yes and no; None for anything else."""
    word = text.casefold()
    if word in ("是", "在岗", "在职", "在", "有", "y", "yes", "true", "1", "√", "✓", "on"):
        return True
    return False if word in ("否", "不在岗", "离岗", "不在", "无", "n", "no", "false", "0", "×", "off") else None


def date_of(text: str) -> date | None:
    """2026-11-25, 2026/11/25, 2026.11.25, 2026年11月25日, 20261125, or a spreadsheet's own number of days; None otherwise."""
    if found := _DATE.fullmatch(text) or _DATE_AS_NUMBER.fullmatch(text):
        try:
            return date(*(int(part) for part in found.groups() if part))
        except ValueError:
            return None
    return _SERIALS_BEGIN + timedelta(days=int(text)) if _SERIAL.fullmatch(text) else None


def decoded(raw: bytes) -> str:
    """The text of a CSV file: UTF-8 with or without a mark, UTF-16 with one, or GB18030, as Excel saves it in China."""
    marked = [name for mark, name in _MARKS if raw.startswith(mark)]
    for encoding in marked or _ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise SheetFault(
        "sheet_unreadable",
        "This is neither an XLSX workbook nor a CSV file in UTF-8 or GB18030; save it as one of these and send it again.",
    )


def csv_table(raw: bytes, columns: Sequence[Column]) -> Table:
    """The table in a CSV file. Which sign separates is found by the titles: the one that makes most of them known."""
    text = decoded(raw)
    head = "\n".join(text.split("\n", 2 * TITLES)[: 2 * TITLES])
    known = _known(columns)

    def recognised(separator: str) -> tuple[int, int]:
        rows = [row for _, row in _records(head, separator, strict=False)]
        found = [sum(title_of(cell) in known for cell in row) for row in rows]
        return max(found, default=0), max(map(len, rows), default=0)

    separator = max(_SEPARATORS, key=recognised)
    return table_of(list(_records(text, separator)), columns)


def _records(text: str, separator: str, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each record that is not blank; a cell with line ends in it is one record, as Excel shows it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    filled = 0
    try:
        for number, record in enumerate(reader, 1):
            if len(record) > MOST_COLUMNS:
                raise too_wide()
            if any(cell.strip() for cell in record):
                filled += 1
                if filled > MOST_ROWS + TITLES + 1:
                    raise too_long()
                yield number, record
    except csv.Error as error:
        if strict:
            raise SheetFault(
                "sheet_unreadable", f"The CSV can't be read near line {reader.line_num}: {error}."
            ) from None


def too_long() -> SheetFault:
    return SheetFault("sheet_too_long", f"A sheet may have {MOST_ROWS:,} rows; send it in parts.")


def too_wide() -> SheetFault:
    return SheetFault("sheet_too_wide", f"A sheet may have {MOST_COLUMNS} columns; delete those that hold nothing.")


def table_of(grid: Grid, columns: Sequence[Column]) -> Table:
    """The table in rows of cells: below the first row that names every required column."""
    known, required = _known(columns), {column.name for column in columns if column.required}
    filled = [(number, cells) for number, cells in grid if any(_says(cell) for cell in cells)]
    if not filled:
        raise SheetFault("sheet_empty", "The sheet is empty; its first row names the columns.")
    headers = [[known.get(title_of(_title(cell))) for cell in cells] for _, cells in filled[:TITLES]]
    at = next((place for place, header in enumerate(headers) if any(header) and required <= set(header)), None)
    if at is None:
        best = max(headers, key=lambda header: sum(name is not None for name in header))
        raise _missing([column for column in columns if column.required and column.name not in best] or columns)
    header = headers[at]
    twice = next((name for name in header if name is not None and header.count(name) > 1), None)
    if twice is not None:
        raise SheetFault("column_twice", f"Two columns mean {twice!r}; keep one of them.")
    if len(filled) - at - 1 > MOST_ROWS:
        raise too_long()
    titles = [_title(cell) for cell in filled[at][1]]
    unknown = [title[:100] for title in titles if title and title_of(title) not in known]
    prose = {column.name for column in columns if column.prose}
    rows = [row for number, cells in filled[at + 1 :] if (row := _row(number, header, cells, prose))]
    headings = {name: _as_written(cell)[:100] for name, cell in zip(header, filled[at][1], strict=True) if name}
    return Table(rows, headings, unknown[:MOST_COLUMNS])


def _known(columns: Sequence[Column]) -> dict[str, str]:
    return {title_of(title): column.name for column in columns for title in (column.name, *column.titles)}


def _missing(columns: Iterable[Column]) -> SheetFault:
    names = "; ".join(f"{column.name} ({'/'.join(column.titles[:4])})" for column in columns)
    return SheetFault("column_missing", f"The sheet's first row must name these columns: {names}.")


def _title(cell: Cell | Broken) -> str:
    return "" if isinstance(cell, Broken) else text_of(cell)


def _as_written(cell: Cell | Broken) -> str:
    return trimmed(cell) if isinstance(cell, str) else _title(cell)


def _says(cell: Cell | Broken) -> bool:
    return isinstance(cell, Broken) or text_of(cell) != ""


def _row(
    number: int, header: Sequence[str | None], cells: Sequence[Cell | Broken], prose: Collection[str]
) -> Row | None:
    """The row, as far as its columns are known; None where it holds nothing of them."""
    said: dict[str, str] = {}
    broken: dict[str, Broken] = {}
    for name, cell in zip(header, cells, strict=False):
        if name is None:
            continue
        if isinstance(cell, Broken):
            broken[name] = cell
        elif text := trimmed(cell) if name in prose and isinstance(cell, str) else text_of(cell):
            said[name] = text
    return Row(number, said, broken) if said or broken else None
