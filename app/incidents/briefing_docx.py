"""The briefing 舆情快报 as a Word document: one page of A4, in fonts that Chinese offices have."""

from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.font import Font
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from app.domain.briefing import Briefing, Line, sources

LATIN, HAN = "Arial", "微软雅黑"
_INK, _ACCENT, _FAINT = RGBColor(0x1F, 0x1F, 0x1F), RGBColor(0xA8, 0x07, 0x1A), RGBColor(0x59, 0x59, 0x59)
_TITLE, _HEADING, _BODY, _SMALL = Pt(15), Pt(10), Pt(9), Pt(6.5)
# As high as they are here, whatever the font is: with a line as high as its font likes the page would not always be one.
_HIGH: Final = {_TITLE: Pt(20), _HEADING: Pt(14), _BODY: Pt(11.5), _SMALL: Pt(8.5)}
_MARGIN: Final = Cm(1.5)


def docx(briefing: Briefing) -> bytes:
    """The document. It takes some hundredths of a second: nothing for a loop, nor for a transaction."""
    paper = _paper(briefing)
    _write(_paragraph(paper, _TITLE), briefing.heading, _TITLE, _ACCENT, bold=True)
    _write(_paragraph(paper, _SMALL, after=2), briefing.read_at, _SMALL, _FAINT)
    for section in briefing.sections:
        _write(_paragraph(paper, _HEADING, before=4, after=1), section.heading, _HEADING, _ACCENT, bold=True)
        for line in section.lines:
            _fill(_paragraph(paper, _BODY, indent=True), line)
    _write(_paragraph(paper, _SMALL, before=5, after=1), "来源（… 即 [1] 的路径）", _SMALL, _FAINT, bold=True)
    _write(_paragraph(paper, _SMALL), "  ".join(sources(briefing, short=True)), _SMALL, _FAINT)
    file = BytesIO()
    paper.save(file)
    return file.getvalue()


def _paper(briefing: Briefing) -> Paper:
    paper = Document()
    page = paper.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = _MARGIN
    normal = paper.styles["Normal"]
    normal.font.size = _BODY
    _set_fonts(normal.font, normal.element)
    # Or the signs would be set as in another country's Chinese.
    language = OxmlElement("w:lang")
    language.set(qn("w:eastAsia"), "zh-CN")
    normal.element.rPr.append(language)
    about = paper.core_properties
    about.title, about.author, about.language, about.comments = briefing.heading, "Fenghuo 烽火", "zh-CN", ""
    about.created = about.modified = briefing.as_of
    return paper


def _paragraph(paper: Paper, size: Pt, *, before: float = 0, after: float = 0, indent: bool = False) -> Paragraph:
    paragraph = paper.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
    shape = paragraph.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), _HIGH[size]
    if indent:
        shape.left_indent, shape.first_line_indent = Cm(0.35), Cm(-0.35)
    return paragraph


def _fill(paragraph: Paragraph, line: Line) -> None:
    _write(paragraph, "· ", _BODY, _FAINT)
    for piece in line.pieces():
        if piece.is_mark:
            _write(paragraph, piece.text, _BODY, _FAINT).font.superscript = True
        elif piece.text:
            _write(paragraph, piece.text, _BODY, _INK)


def _write(paragraph: Paragraph, text: str, size: Pt, color: RGBColor, *, bold: bool = False) -> Run:
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb, run.font.bold = size, color, bold
    _set_fonts(run.font, run._element)
    return run


def _set_fonts(font: Font, element: Any) -> None:
    """Word takes the font of Chinese characters from an attribute of its own, which the library does not know."""
    font.name = LATIN
    element.rPr.rFonts.set(qn("w:eastAsia"), HAN)
