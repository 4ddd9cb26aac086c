"""Zip files, Office documents among them, looked into without being unpacked.

Whoever opens evidence opens it with something that unpacks all of it. So what would harm them is refused: bombs, by what
they declare and by what their beginnings unpack to; archives within archives, which can hold themselves; and names that
lead out of the folder they are unpacked into. Declared figures are judged before a byte is unpacked, and of each member
64 KiB at most are.
"""

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, cast

from app.domain.evidence import BY_ENDING, OFFICE, Kind, ending_of

MOST_MEMBERS: Final = 5_000
LARGEST_UNPACKED: Final = 1024 * 1024 * 1024
# What more than this becomes a hundredth of is no document and no photograph.
BOMB_FROM, BOMB_RATIO = 10 * 1024 * 1024, 100
# Of Office documents within a zip or a document, in all: these are unpacked to be looked into.
LARGEST_INNER: Final = 50 * 1024 * 1024
_LOOK = 64 * 1024
_LONGEST_DIRECTORY = 2 * 1024 * 1024
_END, _END_64, _LOCAL = b"PK\x05\x06", b"PK\x06\x07", b"PK\x03\x04"
_LOCAL_BYTES, _END_BYTES, _COMMENT = 30, 22, 65_535
_ARCHIVES = (
    _LOCAL,
    _END,
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
)
_ENCRYPTED = 0x1


class Refused(Exception):
    """Why an archive is not taken, in words for whoever sent it."""


def kind_of_archive(file: BinaryIO) -> Kind:
    """What the zip is. Refused where it must not be opened, or can't be judged. Blocking."""
    return _examined(file, inner=False)


def _examined(file: BinaryIO, *, inner: bool) -> Kind:
    _refuse_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            _refuse_declared(members)
            size = file.seek(0, 2)
            _refuse_overlap(members, size)
            names = {member.filename for member in members}
            kind = _kind(names)
            if inner and kind is BY_ENDING["zip"]:
                raise Refused("holds an archive within an archive")
            left = LARGEST_INNER
            for member in members:
                left -= _refuse_member(file, archive, member, left, inner=inner)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, UnicodeDecodeError) as error:
        raise Refused(f"is damaged: {error}") from None
    return kind


def _refuse_directory(file: BinaryIO) -> None:
    """Before it is read: a directory of half a million members alone takes half a gigabyte of memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise Refused("is damaged: it has no directory")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if _END_64 in tail[max(0, at - 20) : at] or length > _LONGEST_DIRECTORY:
        raise Refused(f"holds more than {MOST_MEMBERS:,} members, or is in the form for more than 4 GB")


def _refuse_declared(members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise Refused(f"holds more than {MOST_MEMBERS:,} members")
    for member in members:
        _refuse_name(member)
        if member.flag_bits & _ENCRYPTED:
            raise Refused("is locked with a password: it can't be looked into")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("is packed in another way than zip's usual one")
        _refuse_ratio(member.file_size, member.compress_size)
    _refuse_ratio(sum(m.file_size for m in members), sum(m.compress_size for m in members))
    if sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise Refused("would unpack to more than 1 GiB")


def _refuse_name(member: zipfile.ZipInfo) -> None:
    # As it is stored: the library cuts names at a NUL and turns signs around.
    name = member.orig_filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in name or any(ord(char) < 0x20 for char in name):
        raise Refused("holds a member whose name leads out of its folder")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Refused("holds a link to another place")


def _refuse_ratio(size: int, packed: int) -> None:
    if size > BOMB_FROM and size > BOMB_RATIO * packed:
        raise Refused(f"would unpack to more than {BOMB_RATIO} times its size")


def _refuse_overlap(members: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Members that share bytes are how a small file declares nothing odd and unpacks to terabytes."""
    end = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < end:
            raise Refused("holds members that share their bytes")
        end = member.header_offset + _LOCAL_BYTES + member.compress_size
    if end > size:
        raise Refused("is damaged: it ends too early")


def _kind(names: set[str]) -> Kind:
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("holds macros: save it without them")
    if "[Content_Types].xml" in names:
        for part, kind in OFFICE.items():
            if part in names:
                return kind
    return BY_ENDING["zip"]


def _refuse_member(
    file: BinaryIO, archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, *, inner: bool
) -> int:  # fmt: skip
    """Looks at a member's beginning; the bytes it took to look into a document within."""
    head = _beginning(file, member)
    if not head.startswith(_ARCHIVES):
        return 0
    ending = ending_of(member.filename)
    if inner or not head.startswith(_LOCAL) or ending not in ("docx", "xlsx", "pptx"):
        raise Refused("holds an archive within an archive")
    if member.file_size > left:
        raise Refused("holds too many or too large documents to look into")
    with tempfile.TemporaryFile() as unpacked:
        for piece in _pieces(archive, member):
            unpacked.write(piece)
        _examined(cast(BinaryIO, unpacked), inner=True)
    return member.file_size


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member's content, never more than it declares."""
    with archive.open(member) as content:
        while piece := content.read(_LOOK):
            yield piece


def _beginning(file: BinaryIO, member: zipfile.ZipInfo) -> bytes:
    """What a member begins with, unpacked from the bytes themselves: the library believes what is declared."""
    file.seek(member.header_offset)
    header = file.read(_LOCAL_BYTES)
    if not header.startswith(_LOCAL):
        raise Refused("is damaged: a member is not where its directory says")
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    packed = file.read(min(member.compress_size, _LOOK))
    if member.compress_type == zipfile.ZIP_STORED:
        if member.compress_size != member.file_size:
            raise Refused("declares another size than it has")
        return packed
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    head = unpacking.decompress(packed, _LOOK)
    if len(head) > member.file_size:
        raise Refused("declares another size than it has")
    return head
