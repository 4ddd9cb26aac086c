"""Answers that are documents for people: one media type an operation, so that generated clients stay clean."""

from typing import Any, Final

from fastapi import Response

from app.core.answers import DOCX, HTML, MARKDOWN, PNG, SVG
from app.core.routing import Operation

NAMED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": {"Content-Disposition": {"$ref": "#/components/headers/Content-Disposition"}}}
}
"""Of an operation whose document has a name to be saved by."""


class DocxOperation(Operation):
    """An operation that answers with a Word document."""

    media_type = DOCX


class HtmlOperation(Operation):
    """An operation that answers with a page."""

    media_type = HTML


class MarkdownOperation(Operation):
    """An operation that answers with a document in Markdown."""

    media_type = MARKDOWN


class SvgOperation(Operation):
    """An operation that answers with a drawing."""

    media_type = SVG


class PngOperation(Operation):
    """An operation that answers with a picture."""

    media_type = PNG


class DocxResponse(Response):
    """A Word document."""

    media_type = DOCX


class HtmlResponse(Response):
    """A page."""

    media_type = HTML


class MarkdownResponse(Response):
    """A document in Markdown."""

    media_type = MARKDOWN


class SvgResponse(Response):
    """A drawing."""

    media_type = SVG


class PngResponse(Response):
    """A picture."""

    media_type = PNG
