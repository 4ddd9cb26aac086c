"""A company's Word template for reports: looked into before it is taken, and filled without anything in it being run.

Placeholders are replaced as they stand; what looks like a program of some template engine is text like any other. Refused is
what would harm whoever opens the report: macros, things loaded from elsewhere, embedded objects, fields that run something,
archives that burst, and XML that declares entities.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.document import Document as Paper
from docx.opc.exceptions import PackageNotFoundError
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.shared import Cm
from lxml import etree

from app.core.docx_blocks import Writer, sayable
from app.core.docx_paper import saved
from app.domain.blocks import Block, Grid, Heading, Lines, Mark, Note, Words
from app.domain.evidence import BY_ENDING
from app.domain.review_facts import minute
from app.domain.review_report import Report
from app.people.archives import Refused, kind_of_archive

LARGEST: Final = 5 * 1024 * 1024
LARGEST_UNPACKED: Final = 40 * 1024 * 1024
# Of what is read as XML: Word's own templates have a tenth of it, and a report is to be written in seconds.
LARGEST_XML: Final = 4 * 1024 * 1024
MOST_ELEMENTS: Final = 100_000
BODY: Final = "报告正文"
PLACEHOLDERS: Final = ("标题", "事件", "编号", "等级", "日期", BODY)
_NAMED: Final = re.compile(r"\{\{([^{}]*)\}\}")
_MAIN: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_FOREIGN: Final = (
    "attachedTemplate",
    "aFChunk",
    "oleObject",
    "package",
    "control",
    "subDocument",
    "frame",
    "vbaProject",
)
_FIELDS: Final = re.compile(
    r"\b(DDEAUTO|DDE|INCLUDETEXT|INCLUDEPICTURE|LINK|IMPORT|MACROBUTTON|DATABASE)\b", re.IGNORECASE
)
# Of a template's own words; what takes their place is as long as titles are.
MOST_PLACEHOLDERS: Final = 1_000
LEAST_ROOM: Final = Cm(5)
_DECLARED: Final = (b"<!DOCTYPE", b"<!ENTITY")
# Something of each kind that a report is made of.
_TRIAL: Final = (
    Heading(1, "一"), Heading(2, "一"), Heading(3, "一"), Lines((("一", (Mark(event_id=1),)),)), Words("一"), Note("一"),
    Grid(("一", "二"), (("三", "4"),), ((Mark(source=1),),)),
)  # fmt: skip
_PARTS: Final = re.compile(r"/word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")


class TemplateRefused(Exception):
    """Why a template is not taken, in words for whoever sent it."""


def examined(content: bytes) -> list[str]:
    """The placeholders of a good template; TemplateRefused otherwise. Blocking."""
    if len(content) > LARGEST:
        raise TemplateRefused(f"has more than {LARGEST // 1024 // 1024} MB")
    try:
        kind = kind_of_archive(BytesIO(content))
    except Refused as refused:
        raise TemplateRefused(str(refused)) from None
    if kind is not BY_ENDING["docx"]:
        raise TemplateRefused("is no Word document (.docx)")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        _refuse_members(archive)
    paper = _opened(content)
    every = [name for paragraph in _paragraphs(paper) for name in _NAMED.findall(_text(paragraph))]
    if len(every) > MOST_PLACEHOLDERS:
        raise TemplateRefused(f"has more than {MOST_PLACEHOLDERS:,} placeholders")
    found = list(dict.fromkeys(every))
    unknown = [name for name in found if name.strip() not in PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{{{name}}}}}" for name in PLACEHOLDERS)
        raise TemplateRefused(f"has a placeholder that is not known, {{{{{unknown[0][:40]}}}}}; known are {known}")
    _anchor(paper)
    _write(paper, _TRIAL, [])
    return [name.strip() for name in found]


def filled(content: bytes, report: Report, pictures: Sequence[bytes]) -> bytes:
    """The report in the template: its styles, headers and footers stay. TemplateRefused where it can't be. Blocking."""
    examined(content)
    paper = _opened(content)
    values = {
        "标题": report.heading, "事件": sayable(report.subject), "编号": report.number, "等级": report.grade,
        "日期": minute(report.as_of),
    }  # fmt: skip
    anchor = _anchor(paper)
    for paragraph in _paragraphs(paper):
        if paragraph is not anchor:
            _replace(paragraph, values)
    before = set(paper.element.body)
    _write(paper, report.blocks, pictures)
    for element in [each for each in paper.element.body if each not in before]:
        anchor.addprevious(element)
    anchor.getparent().remove(anchor)
    return saved(paper)


def _write(paper: Paper, blocks: Sequence[Block], pictures: Sequence[bytes]) -> None:
    """Adds them at the document's end; TemplateRefused where what the template is made of does not allow it."""
    try:
        writer = Writer(paper, pictures, own=False)
        room = writer.room()
        for block in blocks:
            writer.add(block)
    except (IndexError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise TemplateRefused(f"can't be written into, as if its pages or styles were damaged: {error}") from None
    if room < LEAST_ROOM:
        raise TemplateRefused("leaves no room between the margins of its pages")


def _refuse_members(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if sum(member.file_size for member in archive.infolist()) > LARGEST_UNPACKED:
        raise TemplateRefused(f"would unpack to more than {LARGEST_UNPACKED // 1024 // 1024} MB")
    if any(name.lower().startswith(("word/embeddings/", "word/activex/")) for name in names):
        raise TemplateRefused("holds embedded objects: take them out")
    parts = [name for name in names if name.lower().endswith((".xml", ".rels"))]
    elements = 0
    if sum(archive.getinfo(name).file_size for name in parts) > LARGEST_XML:
        raise TemplateRefused(f"has more than {LARGEST_XML // 1024 // 1024} MB of text and styles")
    for name in parts:
        elements += _refuse_xml(name, archive.read(name))
        if elements > MOST_ELEMENTS:
            raise TemplateRefused("has more paragraphs, runs and styles than a template needs")


def _refuse_xml(name: str, text: bytes) -> int:
    """How many elements it has."""
    # Declarations may hide in another encoding; Office writes UTF-8.
    plain = text.replace(b"\x00", b"")
    if any(word in plain.upper() for word in _DECLARED):
        raise TemplateRefused(f"declares entities in {name}")
    # Without comments, which cut words in two where Office reads one.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise TemplateRefused(f"is damaged: {name}: {error}") from None
    if name.lower() == "[content_types].xml":
        _refuse_types(root)
    elif name.lower().endswith(".rels"):
        _refuse_links(root)
    else:
        _refuse_fields(root)
    return sum(1 for _ in root.iter())


def _refuse_types(root: Any) -> None:
    types = [element.get("ContentType", "") for element in root]
    for element in root:
        # Parts by other names would not be looked into.
        named = (element.get("PartName") or f".{element.get('Extension', '')}").lower()
        if "wordprocessingml" in element.get("ContentType", "").lower() and not named.endswith(".xml"):
            raise TemplateRefused(f"keeps a part of the document under an unusual name ({named})")
    if any("macroenabled" in type_.lower() or "vbaproject" in type_.lower() for type_ in types):
        raise TemplateRefused("is a document with macros: save it without them, as .docx")
    if _MAIN not in types:
        raise TemplateRefused("is no Word document (.docx): save it as one")


def _refuse_links(root: Any) -> None:
    for link in root:
        kind = link.get("Type", "").rpartition("/")[2]
        if kind in _FOREIGN:
            raise TemplateRefused(f"holds a part of a kind that is not taken ({kind})")
        if link.get("TargetMode") == "External" and kind != "hyperlink":
            raise TemplateRefused(f"loads something from elsewhere ({kind}): put it into the document itself")


def _refuse_fields(root: Any) -> None:
    found = next(filter(None, map(_FIELDS.search, _instructions(root))), None)
    if found:
        raise TemplateRefused(f"holds a field that loads or runs something ({found[1].upper()})")


def _instructions(root: Any) -> Iterator[str]:
    """What fields say: each piece by itself, each field put together of its pieces, and all in a row. Word cuts a field's words
    into runs, and fields stand beside and within each other."""
    pieces: list[str] = []
    within: list[list[str]] = [[]]
    for element in root.iter("{*}instrText", "{*}fldChar", "{*}fldSimple"):
        kind = etree.QName(element).localname
        if kind == "instrText":
            pieces.append("".join(element.itertext()))
            within[-1].append(pieces[-1])
        elif kind == "fldSimple":
            yield element.get(qn("w:instr"), "")
        elif element.get(qn("w:fldCharType")) == "begin":
            within.append([])
        elif len(within) > 1:
            yield "".join(within.pop())
    yield from pieces
    yield from map("".join, within)
    yield "".join(pieces)


def _opened(content: bytes) -> Paper:
    try:
        return Document(BytesIO(content))
    except (PackageNotFoundError, KeyError, ValueError, AttributeError, TypeError, etree.LxmlError) as error:
        raise TemplateRefused(f"can't be opened as a Word document: {error}") from None


def _paragraphs(paper: Paper) -> Iterator[Any]:
    """All of the document's paragraphs, those of tables, text boxes, headers and footers too."""
    for part in paper.part.package.iter_parts():
        if isinstance(part, XmlPart) and _PARTS.fullmatch(str(part.partname)):
            yield from list(part.element.iter(qn("w:p")))


def _anchor(paper: Paper) -> Any:
    """The one paragraph that the report takes the place of."""
    word = re.compile(rf"\{{\{{\s*{BODY}\s*\}}\}}")
    found = [paragraph for paragraph in _paragraphs(paper) if word.search(_text(paragraph))]
    if len(found) != 1:
        raise TemplateRefused(f"must hold {{{{{BODY}}}}} once, and it stands {len(found)} times in it")
    [paragraph] = found
    if paragraph.getparent() is not paper.element.body or not word.fullmatch(_text(paragraph).strip()):
        raise TemplateRefused(
            f"must hold {{{{{BODY}}}}} in a paragraph of its own, outside of tables, headers and boxes"
        )
    return paragraph


def _own_texts(paragraph: Any) -> list[Any]:
    """A paragraph's pieces of text, without those of paragraphs within it (text boxes)."""
    return [text for text in paragraph.iter(qn("w:t")) if next(text.iterancestors(qn("w:p"))) is paragraph]


def _text(paragraph: Any) -> str:
    return "".join(text.text or "" for text in _own_texts(paragraph))


def _replace(paragraph: Any, values: Mapping[str, str]) -> None:
    """Writes values where placeholders stand, each in the look of its first sign: Word cuts words into runs as it likes."""
    named = [(found, values.get(found[1].strip())) for found in _NAMED.finditer(_text(paragraph))]
    left = [(found.start(), found.end(), value) for found, value in reversed(named) if value is not None]
    at = 0
    for text in _own_texts(paragraph):
        held, here, said = text.text or "", at, list[str]()
        end = at + len(held)
        while left and left[-1][0] < end:
            start, stop, value = left[-1]
            said += [held[here - at : max(start - at, 0)], value if start >= at else ""]
            here = min(stop, end)
            if stop > end:
                break
            left.pop()
        if here > at:
            text.text = "".join(said) + held[here - at :]
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        at = end
