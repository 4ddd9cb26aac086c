"""What a file is by its content. What its name and its sender say is compared with that, never believed."""

import codecs
from typing import BinaryIO

import puremagic

from app.core.errors import Invalid, WrongMediaType
from app.domain.evidence import BY_ENDING, TAKEN, Kind, contradiction, ending_of, text_kind
from app.people.archives import Refused, kind_of_archive

# As much as signatures reach into a file.
_HEAD = 8 * 1024
_BITE = 1024 * 1024
_ZIP = b"PK"
# The family of MP4 says by its brands which one of it is meant; the library knows few of them (ISO/IEC 14496-12).
_BRANDS = (
    ("heic", frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})),
    ("mov", frozenset({b"qt  "})),
    ("m4a", frozenset({b"M4A ", b"M4B "})),
    ("mp4", frozenset({b"isom", *(b"iso%d" % n for n in range(2, 10)), b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"})),
)  # fmt: skip
# What no text holds: control characters, but for tab, line ends, form feed and escape.
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0C, 0x0D, 0x1B})
_BLANK, _PAGES = b"\xef\xbb\xbf \t\r\n", (b"<!doctype html", b"<html")
# Text, and more than that: pictures that run scripts.
_NEVER = frozenset({"svg"})
# As files are written here: UTF-8, and what Excel makes of CSV on Windows in China.
_ENCODINGS = ("utf-8", "gb18030")


class TypeRefused(WrongMediaType):
    """Files that are no evidence, or must not be opened."""

    code, title = "file_type_refused", ("Files of this type are not taken", "不支持该类型的文件")


def examine(file: BinaryIO, name: str) -> Kind:
    """What the file is; TypeRefused where it is not taken, Invalid where its name says something else. Blocking."""
    file.seek(0)
    head = file.read(_HEAD)
    kind = _known(file, head, name)
    said = contradiction(name, kind)
    if said is not None:
        raise Invalid.at("?name", said, "contradicts_content")
    return kind


def _known(file: BinaryIO, head: bytes, name: str) -> Kind:
    if head.startswith(_ZIP):
        try:
            return kind_of_archive(file)
        except Refused as refused:
            raise TypeRefused(f"This zip is not taken: it {refused}.") from None
    guesses = _guesses(head)
    for guess in guesses:
        kind = BY_ENDING.get(guess)
        if kind is not None and not kind.text and (guess != "webm" or b"webm" in head[:64]):
            return kind
    if not {*guesses, ending_of(name)} & _NEVER and is_text(file):
        return text_kind(name, is_page=_begins_as_page(head))
    found = f"It looks like {guesses[0]}" if guesses else "It is of no type that is known here"
    raise TypeRefused(f"{found}; taken are {TAKEN}.")


def _guesses(head: bytes) -> list[str]:
    """Endings of what it may be, the best guess first; what is less certain does not count."""
    if head[4:8] == b"ftyp":
        return _of_brand(head)
    text = head.lstrip(_BLANK).lower()
    if text.startswith(b"<") and b"<svg" in text and not text.startswith(_PAGES):
        return ["svg"]
    # MP3 with a tag before it, or its first frame: MPEG of any version, layer III.
    if head.startswith(b"ID3") or (head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE6 == 0xE2):
        return ["mp3"]
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return []
    best = max(match.confidence for match in found)
    return [match.extension.lstrip(".").lower() or match.name for match in found if match.confidence == best]


def _of_brand(head: bytes) -> list[str]:
    length = min(int.from_bytes(head[:4], "big"), 256)
    major, others = head[8:12], {head[at : at + 4] for at in range(16, length, 4)}
    for ending, brands in _BRANDS:
        if major in brands or (major == b"mif1" and others & brands):
            return [ending]
    return [major.decode("ascii", "replace").strip() or "a film"]


def is_text(file: BinaryIO) -> bool:
    """Whether it can be read as text from its first byte to its last."""
    return any(_reads(file, encoding) for encoding in _ENCODINGS)


def _reads(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while bite := file.read(_BITE):
            if len(bite) != len(bite.translate(None, _CONTROLS)):
                return False
            decoder.decode(bite)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _begins_as_page(head: bytes) -> bool:
    return head.lstrip(_BLANK).lower().startswith(_PAGES)
