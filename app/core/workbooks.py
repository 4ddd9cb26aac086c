"""XLSX workbooks of strangers, taken apart under limits.

A workbook is a zip of XML, and both can lie: a few kilobytes inflate to gigabytes, the directory says another size than
there is, one cell far away makes a sheet of billions. So only the parts that are needed are inflated, by us, with a bound
on what comes out whatever the directory says; what is in them is counted by a parser that makes nothing of it; and only
then a library reads a zip that we packed ourselves. Macros are refused, formulas are never reckoned: their last results
count, as they were saved.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from app.domain.sheets import MOST_COLUMNS, MOST_ROWS, TITLES, Broken, Cell, Grid, SheetFault, too_long, too_wide

MAGIC = b"PK\x03\x04"
# Old workbooks, and new ones with a password, are in Microsoft's own container.
OLD_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

MOST_PARTS = 1_000
MOST_INFLATED = 64 * 1024 * 1024
"""Bytes of XML in all. A sheet of 10,000 rows has 4 MB."""
MOST_CELLS = 500_000
MOST_AREA = 2_000_000
"""Cells of the rectangle around all that is filled in: the library makes room for each."""
# What is fed to the inflater at once, and what it may make of it before it is asked how much that was.
_FED, _PIECE = 16 * 1024, 256 * 1024

_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
_SHEET_KINDS: Final = ("/worksheet",)
_SIDE_KINDS: Final = ("/sharedStrings", "/styles")
_ROOT, _TYPES = "_rels/.rels", "[Content_Types].xml"
_UNRECKONED: Final = Broken(
    "formula_without_result",
    "holds a formula without a result; open it in a spreadsheet program, save it and send it again",
)
_FAILED: Final = Broken("formula_failed", "holds a formula that failed; put a value in its place")


def grid_of(raw: bytes) -> Grid:
    """The cells of the first sheet that is not hidden, row by row; what is merged counts for each row of the merge."""
    parts = _Parts(raw)
    book, sheet_path, name = parts.first_sheet()
    marks = _marks(parts.take(sheet_path))
    for side in book:
        _refuse_entities(parts.take(side))
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(parts.packed())) as workbook:
            sheet = workbook.get_sheet_by_name(name)
            return _filled(sheet, marks)
    except (CalamineError, ValueError, OverflowError) as error:
        raise _damaged(str(error)) from None


def _damaged(why: str) -> SheetFault:
    return SheetFault(
        "sheet_damaged",
        f"The workbook can't be read ({why[:200]}); open it in a spreadsheet program, save it as XLSX and send it again.",
    )


def _too_big() -> SheetFault:
    return SheetFault(
        "sheet_too_big",
        "The workbook inflates to more than can be read here; copy what is to be imported into a new one.",
    )


class _Parts:
    """The parts of a workbook that were asked for, inflated under one bound for all of them."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._taken: dict[str, bytes] = {}
        self._left = MOST_INFLATED
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise _damaged(str(error)) from None
        if len(entries) > MOST_PARTS:
            raise _damaged("too many parts")
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) < len(entries):
            raise _damaged("two parts have one name")
        if any(name.lower().endswith("vbaproject.bin") for name in self._entries):
            raise SheetFault("sheet_has_macros", "The workbook holds macros; save it as XLSX, without them.")

    def take(self, name: str) -> bytes:
        """A part, inflated. SheetFault where it is not there, is no part of a workbook, or is too big."""
        if name in self._taken:
            return self._taken[name]
        entry = self._entries.get(name)
        if entry is None:
            raise _damaged(f"{name[:100]} is missing")
        if entry.flag_bits & 0x1:
            raise SheetFault("sheet_encrypted", "The workbook is encrypted; save it without a password.")
        inflated = self._inflate(entry)
        if len(inflated) != entry.file_size or zlib.crc32(inflated) != entry.CRC:
            raise _damaged(f"{name[:100]} is not what the directory says")
        self._taken[name] = inflated
        return inflated

    def _inflate(self, entry: zipfile.ZipInfo) -> bytes:
        """By its own stream, and not by the sizes that the directory states."""
        head = self._raw[entry.header_offset : entry.header_offset + 30]
        if len(head) < 30 or not head.startswith(MAGIC):
            raise _damaged("a part is not where the directory says")
        begin = entry.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        packed = memoryview(self._raw)[begin : begin + entry.compress_size]
        if entry.compress_type == zipfile.ZIP_STORED:
            pieces = [bytes(packed)]
            self._spend(len(packed))
        elif entry.compress_type == zipfile.ZIP_DEFLATED:
            pieces = self._stream(packed)
        else:
            raise _damaged("it is packed in an unusual way")
        return b"".join(pieces)

    def _stream(self, packed: memoryview) -> list[bytes]:
        pieces, inflater = [], zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for begin in range(0, len(packed), _FED):
                rest: bytes | memoryview = packed[begin : begin + _FED]
                while rest and not inflater.eof:
                    pieces.append(inflater.decompress(rest, _PIECE))
                    self._spend(len(pieces[-1]))
                    rest = inflater.unconsumed_tail
        except zlib.error as error:
            raise _damaged(str(error)) from None
        return pieces

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _too_big()

    def first_sheet(self) -> tuple[list[str], str, str]:
        """What the library needs beside the sheet, the sheet's path, and its name."""
        root = _elements(self.take(_ROOT), "Relationship")
        book = next((_path("", one["Target"]) for one in root if one.get("Type", "").endswith("/officeDocument")), "")
        rels = posixpath.join(posixpath.dirname(book), "_rels", posixpath.basename(book) + ".rels")
        types = _elements(self.take(_TYPES), "Override", "Default")
        if any("macroEnabled" in one.get("ContentType", "") for one in types):
            raise SheetFault("sheet_has_macros", "The workbook holds macros; save it as XLSX, without them.")
        links = {one.get("Id", ""): one for one in _elements(self.take(rels), "Relationship")}
        for sheet in _elements(self.take(book), "sheet"):
            link = links.get(next((value for name, value in sheet.items() if name.endswith(":id")), ""))
            if link and link.get("Type", "").endswith(_SHEET_KINDS) and sheet.get("state", "visible") == "visible":
                beside = [_path(book, one.get("Target", "")) for one in links.values()
                          if one.get("Type", "").endswith(_SIDE_KINDS)]  # fmt: skip
                sides = [path for path in beside if path in self._entries]
                return sides, _path(book, link.get("Target", "")), sheet.get("name", "")
        raise SheetFault("sheet_empty", "The workbook has no sheet that is not hidden.")

    def packed(self) -> bytes:
        """A zip of what was taken, and of nothing else."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name, content in self._taken.items():
                archive.writestr(name, content)
        return packed.getvalue()


def _path(book: str, target: str) -> str:
    """Where a relationship leads; an absolute one from the top of the zip."""
    if target.startswith("/"):
        return posixpath.normpath(target.lstrip("/"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(book), target))


def _parser(xml: bytes) -> expat.XMLParserType:
    """One that refuses what no spreadsheet program writes: document types, and so entities of every kind."""
    parser = expat.ParserCreate(namespace_separator=None)
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise _damaged("it declares entities")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _run(parser: expat.XMLParserType, xml: bytes) -> None:
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise _damaged(str(error)) from None


def _refuse_entities(xml: bytes) -> None:
    _run(_parser(xml), xml)


def _elements(xml: bytes, *names: str) -> list[dict[str, str]]:
    """The attributes of every element of these names, whatever their prefix."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] in names:
            found.append(attributes)

    parser = _parser(xml)
    parser.StartElementHandler = start
    _run(parser, xml)
    return found


@dataclass(slots=True)
class _Marks:
    """What the first look at a sheet tells of it: how far it reaches, and what its values don't say."""

    cells: int = 0
    rows: int = 0
    bottom: int = 0
    right: int = 0
    broken: dict[tuple[int, int], Broken] = field(default_factory=dict)
    # Where the cell is that is being read, and what it has.
    row: int = -1
    column: int = -1
    last_filled: int = -1
    kind: str = ""
    formula: bool = False
    valued: bool = False
    inside: bool = False


def _marks(xml: bytes) -> _Marks:
    """Counts a sheet without making anything of it; SheetFault where it is more than can be read here."""
    marks, parser = _Marks(), _parser(xml)

    def start(name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            _begin(marks, attributes)
        elif name == "row":
            marks.row, marks.column = _number(attributes.get("r"), marks.row + 2) - 1, -1
        elif name == "f":
            marks.formula = True
        elif name in ("v", "t"):
            marks.inside = True

    def end(name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            _end(marks)
        elif name in ("v", "t"):
            marks.inside = False

    def text(_: str) -> None:
        marks.valued |= marks.inside

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    _run(parser, xml)
    return marks


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 7 else otherwise


def _begin(marks: _Marks, attributes: Mapping[str, str]) -> None:
    marks.cells += 1
    if marks.cells > MOST_CELLS:
        raise _too_big()
    place = _CELL.fullmatch(attributes.get("r", ""))
    if place:
        column = 0
        for letter in place[1]:
            column = column * 26 + ord(letter) - 64
        marks.row, marks.column = int(place[2]) - 1, column - 1
    else:
        marks.row, marks.column = max(marks.row, 0), marks.column + 1
    marks.kind, marks.formula, marks.valued = attributes.get("t", ""), False, False


def _end(marks: _Marks) -> None:
    if not (marks.valued or marks.formula):
        return
    if marks.row != marks.last_filled:
        marks.rows, marks.last_filled = marks.rows + 1, marks.row
    marks.bottom, marks.right = max(marks.bottom, marks.row), max(marks.right, marks.column)
    if marks.rows > MOST_ROWS + TITLES + 1:
        raise too_long()
    if marks.right >= MOST_COLUMNS:
        raise too_wide()
    if (marks.bottom + 1) * (marks.right + 1) > MOST_AREA:
        raise SheetFault(
            "sheet_too_long", f"The sheet reaches down to row {marks.bottom + 1:,}; delete what stands so far below."
        )
    if marks.kind == "e":
        marks.broken[marks.row, marks.column] = _FAILED
    elif marks.formula and not marks.valued and marks.kind != "str":
        marks.broken[marks.row, marks.column] = _UNRECKONED


def _filled(sheet: CalamineSheet, marks: _Marks) -> Grid:
    """The rows that hold something of their own, with what is merged filled in."""
    rows: list[list[Cell | Broken]] = [[*cells] for cells in sheet.to_python(skip_empty_area=False)]
    for (row, column), broken in marks.broken.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = broken
    own = [(number, cells) for number, cells in enumerate(rows, 1) if any(cell not in ("", None) for cell in cells)]
    budget = MOST_CELLS
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if top >= len(rows) or left >= len(rows[top]):
            continue
        bottom = min(bottom, len(rows) - 1)
        budget -= bottom - top
        if budget < 0:
            raise _too_big()
        for below in rows[top + 1 : bottom + 1]:
            if below[left] in ("", None):
                below[left] = rows[top][left]
    return own
