"""Blocks of documents written into a Word document: into our own, or where a company's template has room for them."""

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from docx.document import Document as Paper
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.font import Font
from docx.text.paragraph import Paragraph

from app.domain.blocks import Block, Grid, Heading, Lines, Marks, Note, Picture, Words, cited, numeric, shares

LATIN, HAN = "Arial", "微软雅黑"
INK, ACCENT, FAINT = (RGBColor.from_string(colour) for colour in ("1F1F1F", "A8071A", "595959"))
SIZES: Final = {1: Pt(15), 2: Pt(12), 3: Pt(10)}
BODY, SMALL, CELL, MARGIN = Pt(10.5), Pt(8), Pt(9), Cm(2)
# What XML has no way to say: posts hold it, and one such sign must not be the end of a report.
_UNSAYABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def sayable(text: str) -> str:
    """The text with a sign for each that a Word document can't hold."""
    return _UNSAYABLE.sub("\ufffd", text)


class Writer:
    """Adds at the document's end. ``own``: in fonts of ours; otherwise in those of the document's styles."""

    def __init__(self, paper: Paper, pictures: Sequence[bytes], *, own: bool) -> None:
        self._paper, self._pictures, self._own = paper, pictures, own
        # A company may have given one of these names to a style of signs or of tables.
        self._styles = {style.name for style in paper.styles if style.type is WD_STYLE_TYPE.PARAGRAPH}

    def add(self, block: Block) -> None:
        """One more."""
        match block:
            case Heading(rank, text):
                self._heading(rank, text)
            case Lines(lines):
                for text, marks in lines:
                    paragraph = self._paper.add_paragraph()
                    shape = paragraph.paragraph_format
                    shape.left_indent, shape.first_line_indent, shape.space_after = Cm(0.45), Cm(-0.45), Pt(2)
                    self.write(paragraph, f"· {text}", BODY, INK)
                    self._cite(paragraph, marks)
            case Words(said):
                self._said(said)
            case Note(text, marks):
                paragraph = self._paper.add_paragraph()
                paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
                self.write(paragraph, text, SMALL, FAINT)
                self._cite(paragraph, marks)
            case Picture(place):
                picture = self._paper.add_paragraph()
                picture.paragraph_format.keep_with_next = True
                picture.add_run().add_picture(BytesIO(self._pictures[place]), width=self.room())
            case Grid():
                self._grid(block)

    def _heading(self, rank: int, text: str) -> None:
        name = f"Heading {rank}"
        if name in self._styles:
            self._paper.add_paragraph(sayable(text), style=name)
            return
        paragraph = self._paper.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        self.write(paragraph, text, SIZES[rank], INK, bold=True)

    def _said(self, said: str | None) -> None:
        """Each line a paragraph, with a bar beside it: it is people's."""
        for line in (said or "（未填写）").splitlines() or [""]:
            paragraph = self._paper.add_paragraph()
            shape = paragraph.paragraph_format
            shape.left_indent, shape.space_after, shape.space_before = Cm(0.4), Pt(0), Pt(0)
            borders, bar = OxmlElement("w:pBdr"), OxmlElement("w:left")
            colour = "0958D9" if said else "BFBFBF"
            for name, value in (("val", "single"), ("sz", "18"), ("space", "6"), ("color", colour)):
                bar.set(qn(f"w:{name}"), value)
            borders.append(bar)
            paragraph._p.get_or_add_pPr().insert_element_before(borders, *_AFTER_BORDERS)
            self.write(paragraph, line, BODY, INK if said else FAINT)

    def room(self) -> Emu:
        """How wide a line may be."""
        page = self._paper.sections[-1]
        return Emu((page.page_width or Cm(21)) - (page.left_margin or MARGIN) - (page.right_margin or MARGIN))

    def _grid(self, grid: Grid) -> None:
        heads = [*grid.columns, "依据"] if grid.marks else list(grid.columns)
        widths = [Emu(round(share * self.room())) for share in shares(grid)]
        table = self._paper.add_table(rows=0, cols=len(heads))
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        _draw_borders(table)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        head = _row(table, widths)
        right = [*numeric(grid), False]
        for cell, text, numbers in zip(head, heads, right, strict=False):
            _shade(cell)
            self.write(_only(cell, right=numbers), text, CELL, INK, bold=True)
        _mark_row(table, "w:tblHeader")
        for place, row in enumerate(grid.rows):
            cells = _row(table, widths)
            for cell, text, numbers in zip(cells, row, right, strict=False):
                self.write(_only(cell, right=numbers), text, CELL, INK)
            if grid.marks:
                self._cite(_only(cells[-1]), grid.marks[place])
        after = self._paper.add_paragraph()
        after.paragraph_format.space_before = after.paragraph_format.space_after = Pt(0)
        after.paragraph_format.line_spacing = Pt(6)

    def _cite(self, paragraph: Paragraph, marks: Marks) -> None:
        if marks:
            before = " " if paragraph.text else ""
            self.write(paragraph, before + " ".join(f"[{text}]" for text in cited(marks)), SMALL, FAINT)

    def write(self, paragraph: Paragraph, text: str, size: Pt, color: RGBColor, *, bold: bool = False) -> Any:
        """Words at a paragraph's end; the run that holds them."""
        run = paragraph.add_run(sayable(text))
        run.font.size, run.font.color.rgb, run.font.bold = size, color, bold or None
        if self._own:
            set_fonts(run.font, run._element)
        return run


# What follows the borders of a paragraph in its properties: the order is the format's.
_AFTER_BORDERS: Final = tuple(
    f"w:{name}"
    for name in ("shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap", "overflowPunct", "topLinePunct", "autoSpaceDE",
                 "autoSpaceDN", "bidi", "adjustRightInd", "snapToGrid", "spacing", "ind", "contextualSpacing",
                 "mirrorIndents", "suppressOverlap", "jc", "textDirection", "textAlignment", "textboxTightWrap",
                 "outlineLvl", "divId", "cnfStyle", "rPr", "sectPr", "pPrChange")
)  # fmt: skip


def _row(table: Table, widths: Sequence[Emu]) -> Sequence[_Cell]:
    """A new row that no page cuts in two."""
    cells: Sequence[_Cell] = table.add_row().cells  # type: ignore[no-untyped-call]
    for cell, width in zip(cells, widths, strict=True):
        cell.width = width
    _mark_row(table, "w:cantSplit")
    return cells


def _mark_row(table: Table, name: str) -> None:
    table._tbl.tr_lst[-1].get_or_add_trPr().append(OxmlElement(name))


def _only(cell: _Cell, *, right: bool = False) -> Paragraph:
    paragraph: Paragraph = cell.paragraphs[0]
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1)
    return paragraph


def _draw_borders(table: Table) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "BFBFBF")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    # Where the format has them, or Word calls the file damaged.
    table._tbl.tblPr.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "F5F5F5")):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def set_fonts(font: Font, element: Any) -> None:
    """Word takes the font of Chinese characters from an attribute of its own, which the library does not know."""
    font.name = LATIN
    element.rPr.rFonts.set(qn("w:eastAsia"), HAN)
    for theme in ("asciiTheme", "eastAsiaTheme", "hAnsiTheme", "cstheme"):
        element.rPr.rFonts.attrib.pop(qn(f"w:{theme}"), None)
