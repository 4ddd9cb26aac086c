"""Which files are evidence 证据, and what they may be called."""

import re
import unicodedata
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from app.domain.spelling import INVISIBLE, is_visible

LARGEST: Final = 50 * 1024 * 1024
LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken. ``endings``: how names of such files end, the usual one first."""

    media_type: str
    endings: tuple[str, ...]
    # Known by its words alone: nothing in the content says more than that it is text.
    text: bool = False


KINDS: Final = (
    Kind("image/png", ("png",)),
    Kind("image/jpeg", ("jpg", "jpeg", "jpe", "jfif")),
    Kind("image/webp", ("webp",)),
    Kind("image/gif", ("gif",)),
    Kind("image/heic", ("heic", "heif", "hif")),
    Kind("application/pdf", ("pdf",)),
    Kind("video/mp4", ("mp4", "m4v")),
    Kind("video/webm", ("webm",)),
    Kind("video/quicktime", ("mov", "qt")),
    Kind("audio/mpeg", ("mp3", "mpga")),
    Kind("audio/wav", ("wav",)),
    Kind("audio/mp4", ("m4a",)),
    Kind("application/zip", ("zip",)),
    Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",)),
    Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",)),
    Kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", ("pptx",)),
    Kind("text/plain", ("txt", "log"), text=True),
    Kind("text/csv", ("csv",), text=True),
    Kind("text/html", ("html", "htm"), text=True),
    Kind("message/rfc822", ("eml",), text=True),
)
"""Screenshots and photographs, recordings, documents, pages and mails as people keep them. Nothing that runs: no SVG, no
programs, no documents with macros."""
BY_ENDING: Final = MappingProxyType({ending: kind for kind in KINDS for ending in kind.endings})
OFFICE: Final = MappingProxyType({
    "word/document.xml": BY_ENDING["docx"], "xl/workbook.xml": BY_ENDING["xlsx"],
    "ppt/presentation.xml": BY_ENDING["pptx"],
})  # fmt: skip
"""The part of an Office document that says which one it is."""
TAKEN: Final = ", ".join(kind.endings[0] for kind in KINDS)

# After the last point: letters and digits, and not a date's last part.
_ENDING = re.compile(r"\.((?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,8})$")


def refused_name(name: str) -> str | None:
    """What is wrong with a file's name; None where people can be shown it.

    A path is refused and not cut away: who sends one has another idea of what happens with it.
    """
    if "/" in name or "\\" in name or ":" in name or name in (".", ".."):
        return "must be a name without a path: no /, \\ or :"
    if any(ord(char) in INVISIBLE or unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for char in name):
        return "must not hold control characters, or such as show nothing or turn the direction of writing"
    if not is_visible(name) or name != name.strip():
        return "must hold visible characters, without spaces around them"
    return None


def ending_of(name: str) -> str | None:
    """How a name ends, png for example; None where it says nothing of what the file is."""
    found = _ENDING.search(name)
    return found[1].lower() if found else None


def contradiction(name: str, found: Kind) -> str | None:
    """Why a file of this kind can't be called so; None where it can."""
    ending = ending_of(name)
    if ending is None or BY_ENDING.get(ending) == found:
        return None
    return f"ends in .{ending}, and the content is {found.media_type} (.{found.endings[0]})"


def text_kind(name: str, *, is_page: bool) -> Kind:
    """What a text is: what its name says of it, plain otherwise. ``is_page``: it begins as HTML does."""
    said = BY_ENDING.get(ending_of(name) or "")
    if is_page:
        return BY_ENDING["html"]
    return said if said is not None and said.text else BY_ENDING["txt"]
