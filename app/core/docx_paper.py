"""A Word document of our own: A4, in fonts that Chinese offices have, its pages numbered."""

from datetime import datetime
from io import BytesIO

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from app.core.docx_blocks import ACCENT, BODY, FAINT, INK, MARGIN, SIZES, SMALL, Writer, set_fonts


def new_paper(heading: str, subject: str, as_of: datetime) -> Paper:
    """A document with its heading and what it is about; blocks come after that."""
    paper = Document()
    _set_up(paper, heading, as_of)
    writer = Writer(paper, (), own=True)
    writer.write(paper.add_paragraph(), heading, Pt(22), ACCENT, bold=True)
    writer.write(paper.add_paragraph(), subject, Pt(12), INK)
    return paper


def saved(paper: Paper) -> bytes:
    """The document's bytes."""
    file = BytesIO()
    paper.save(file)
    return file.getvalue()


def _set_up(paper: Paper, heading: str, as_of: datetime) -> None:
    page = paper.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = MARGIN
    normal = paper.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    normal.font.size = BODY
    set_fonts(normal.font, normal.element)
    language = OxmlElement("w:lang")
    language.set(qn("w:eastAsia"), "zh-CN")
    normal.element.rPr.append(language)
    for rank, size in SIZES.items():
        style = paper.styles[f"Heading {rank}"]
        assert isinstance(style, ParagraphStyle)
        style.font.size, style.font.bold, style.font.italic = size, True, False
        style.font.color.rgb = FAINT if rank == 3 else ACCENT
        set_fonts(style.font, style.element)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(18 - 4 * rank), Pt(4)
        style.paragraph_format.keep_with_next = True
    _number_pages(page.footer.paragraphs[0])
    about = paper.core_properties
    about.title, about.author, about.language, about.comments = heading, "Fenghuo 烽火", "zh-CN", ""
    about.created = about.modified = as_of


def _number_pages(footer: Paragraph) -> None:
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = footer.add_run()
    run.font.size, run.font.color.rgb = SMALL, FAINT
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._element.append(element)
