"""The handbook 《危机应对手册》 as a page, a Word document and Markdown (R64-R65). Blocking, some tenths of a second: aside."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

from docx.document import Document as Paper
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph

from app.core.docx_blocks import ACCENT, BODY, FAINT, SMALL, Writer
from app.core.docx_paper import new_paper, saved
from app.core.html_blocks import page, paper_css, shown
from app.domain.blocks import ITEM, Grid, Note
from app.domain.blocks_markdown import told
from app.domain.chronicle import escaped
from app.domain.handbook import TITLE, Section
from app.domain.worktime import SHANGHAI

_CSS: Final = Path(__file__).with_name("handbook.css")
_MASKED: Final = "姓名与联系方式已脱敏；有“查看未脱敏的个人信息”权限的人可导出完整版。"


class Cover(NamedTuple):
    """What stands before the sections. ``number``: of a handbook that was issued; null: as things stand."""

    sha256: str
    as_of: datetime
    number: int | None = None
    note: str = ""
    masked: bool = True

    @property
    def subject(self) -> str:
        """Which handbook it is, in a line."""
        return f"第 {self.number} 版" if self.number else "实时版本（未签发）"

    @property
    def at(self) -> str:
        return f"{self.as_of.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"

    def rows(self) -> tuple[tuple[str, str], ...]:
        """What is to be known of it."""
        when = "签发时间" if self.number else "数据截至"
        rows = [("版本", self.subject), (when, f"{self.at}（北京时间）"), ("内容校验值", self.sha256)]
        return (*rows, ("变更说明", self.note)) if self.note else tuple(rows)

    def file_name(self, ending: str) -> str:
        """What it is saved as."""
        which = f"第{self.number}版" if self.number else self.sha256[:12]
        return f"{TITLE}-{which}-{self.as_of.astimezone(SHANGHAI):%Y%m%d}.{ending}"


@cache
def _style() -> str:
    return f"{paper_css()}\n{_CSS.read_text('utf-8')}"


def html(cover: Cover, sections: Sequence[Section]) -> str:
    """One file, with its contents beside it."""
    contents = "".join(f'<li><a href="#{one.key}">{escape(one.title)}</a></li>' for one in sections)
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in cover.rows())
    masked = f'<p class="note">{_MASKED}</p>' if cover.masked else ""
    body = (
        f'<div class="book"><nav aria-label="目录"><p>目录</p><ul>{contents}</ul></nav><main>'
        f"<header><h1>{TITLE}</h1><dl>{facts}</dl>{masked}</header>{''.join(map(_section, sections))}</main></div>"
    )
    return page(f"{TITLE} {cover.subject}", _style(), body)


def _section(section: Section) -> str:
    blocks = "".join(part for block in section.blocks for part in shown(block))
    return f'<section id="{section.key}"><h2>{escape(section.title)}</h2>{blocks}</section>'


def markdown(cover: Cover, sections: Sequence[Section]) -> str:
    """The whole as text: what people acknowledge when it is published as a document."""
    lines = [f"# {TITLE}", "", *(f"- {name}：{escaped(value)}" for name, value in cover.rows()), ""]
    lines += [_MASKED, ""] if cover.masked else []
    for section in sections:
        lines += [f"## {escaped(section.title)}", ""]
        for block in section.blocks:
            lines += [*told(block), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def docx(cover: Cover, sections: Sequence[Section]) -> bytes:
    """A Word document with contents that lead to their sections."""
    paper = new_paper(TITLE, cover.subject, cover.as_of)
    # Its styles have our fonts; each of a thousand runs need not say so again.
    writer = Writer(paper, (), own=False)
    writer.add(Grid((ITEM, "内容"), cover.rows()))
    if cover.masked:
        writer.add(Note(_MASKED))
    _contents(paper, writer, sections)
    for place, section in enumerate(sections, 1):
        heading = paper.add_paragraph(section.title, style="Heading 1")
        _bookmark(heading, place, section.key)
        if place == 1:
            heading.paragraph_format.page_break_before = True
        for block in section.blocks:
            writer.add(block)
    return saved(paper)


def _contents(paper: Paper, writer: Writer, sections: Sequence[Section]) -> None:
    head = paper.add_paragraph()
    head.paragraph_format.space_before = Pt(14)
    writer.write(head, "目录", BODY, ACCENT, bold=True)
    for section in sections:
        line = paper.add_paragraph()
        line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(2)
        run = writer.write(line, section.title, BODY, FAINT)
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), section.key)
        line._p.append(link)
        link.append(run._element)
    end = paper.add_paragraph()
    writer.write(end, "本手册由系统按现行规则、人员与模板自动生成；与系统不一致时，以系统为准。", SMALL, FAINT)


def _bookmark(paragraph: Paragraph, place: int, name: str) -> None:
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(place))
    start.set(qn("w:name"), name)
    # After the paragraph's properties, and around its words.
    paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
    paragraph._p.append(end)
