"""What a file is by its content, and which archives are never opened by anybody."""

import io
import struct
import zipfile
import zlib
from types import SimpleNamespace

import pytest

from app.core.errors import Invalid
from app.people import archives
from app.people.sniffing import TypeRefused, examine
from tests.support.evidence import PNG, declaring, office, overlapping, zipped


def film(brand: bytes, *others: bytes) -> bytes:
    box = b"ftyp" + brand + bytes(4) + b"".join(others)
    return struct.pack(">I", len(box) + 4) + box + bytes(200)


TAKEN = {
    "a.png": (PNG, "image/png"),
    "a.jpeg": (b"\xff\xd8\xff\xe1\x00\x10Exif" + bytes(90), "image/jpeg"),
    "b.jpg": (b"\xff\xd8\xff\xdb\x00\x43" + bytes(90), "image/jpeg"),
    "a.webp": (b"RIFF\x24\x00\x00\x00WEBPVP8X" + bytes(90), "image/webp"),
    "a.wav": (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(90), "audio/wav"),
    "a.gif": (b"GIF89a" + bytes(90), "image/gif"),
    "a.heic": (film(b"heic", b"mif1", b"heic"), "image/heic"),
    "b.heic": (film(b"mif1", b"heic"), "image/heic"),
    "a.mp4": (film(b"isom", b"avc1"), "video/mp4"),
    "b.mp4": (film(b"iso5"), "video/mp4"),
    "a.mov": (film(b"qt  "), "video/quicktime"),
    "a.m4a": (film(b"M4A "), "audio/mp4"),
    "a.webm": (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(90), "video/webm"),
    "a.mp3": (b"ID3\x03" + bytes(90), "audio/mpeg"),
    "b.mp3": (b"\xff\xf3\x90d" + bytes(90), "audio/mpeg"),
    "a.pdf": (b"%PDF-1.7\n" + bytes(90), "application/pdf"),
    "a.txt": ("顾客到店，店员拒绝退款".encode(), "text/plain"),
    "a.csv": ("姓名,电话\r\n王小明,1\r\n".encode("gb18030"), "text/csv"),
    "a.eml": (b"From: a@example.com\r\nSubject: x\r\n\r\nx", "message/rfc822"),
    "a.html": (b"<!DOCTYPE html><script>alert(1)</script>", "text/html"),
    "a.zip": (zipped({"图/a.png": PNG, "b.txt": b"x" * 1000}), "application/zip"),
    "a.docx": (office("word/document.xml"), ".wordprocessingml.document"),
    "a.xlsx": (office("xl/workbook.xml"), ".spreadsheetml.sheet"),
    "a.pptx": (office("ppt/presentation.xml", **{"ppt/embeddings/a.xlsx": office("xl/workbook.xml")}), ".presentation"),
    "b.zip": (zipped({"说明.docx": office("word/document.xml")}), "application/zip"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_people_keep_as_evidence_is_known_by_its_content(name):
    content, media_type = TAKEN[name]
    assert examine(io.BytesIO(content), name).media_type.endswith(media_type)
    assert examine(io.BytesIO(content), "无后缀").media_type.endswith(media_type) or name in ("a.csv", "a.eml")


@pytest.mark.parametrize("name", ["a.png", "a.mp4", "a.zip", "a.docx", "a.pdf", "a.txt"])
@pytest.mark.parametrize("ending", ["exe", "jpg", "svg", "xlsx", "js"])
def test_a_name_that_says_something_else_is_refused(name, ending):
    with pytest.raises((Invalid, TypeRefused)):
        examine(io.BytesIO(TAKEN[name][0]), f"a.{ending}")


REFUSED = {
    "a program of Windows": b"MZ\x90\x00" + bytes(200),
    "a program of Linux": b"\x7fELF\x02\x01" + bytes(200),
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "SVG as XML": b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "RAR": b"Rar!\x1a\x07\x00" + bytes(200),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(200),
    "old Word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "AVI": b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(200),
    "AVIF": film(b"avif", b"mif1"),
    "another Matroska": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska" + bytes(90),
    "zeros": bytes(1000),
    "noise": bytes(range(256)) * 10,
    "text with a NUL at its end": b"abc " * 5000 + b"\x00",
    "half a character at the end": ("文" * 5000).encode()[:-1],
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_what_runs_or_is_unknown_is_refused(content):
    for name in ("证据", "a.txt"):
        with pytest.raises(TypeRefused) as refused:
            examine(io.BytesIO(content), name)
        assert "taken are png" in refused.value.detail


def quine() -> bytes:
    inner = zipped({"a.txt": b"a"})
    return zipped({"r/r.zip": inner})


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("a")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def locked() -> bytes:
    content = bytearray(zipped({"a.txt": b"abc"}, zipfile.ZIP_STORED))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


BAD_ZIPS = {
    "a bomb": (zipped({"a.txt": bytes(60_000_000)}), "100 times"),
    "a bomb in many parts": (zipped({f"{n}.txt": bytes(4_000_000) for n in range(10)}), "100 times"),
    "a bomb that declares little": (declaring(bytes(5_000_000), 10), "another size"),
    "members that share bytes": (overlapping(50), "share their bytes"),
    "an archive within": (quine(), "archive within"),
    "an archive called a picture": (zipped({"a.png": zipped({"a": b"a"})}), "archive within"),
    "gzip within": (zipped({"a.bin": b"\x1f\x8b\x08" + bytes(90)}), "archive within"),
    "a zip called docx": (zipped({"a.docx": zipped({"a": b"a"})}), "archive within"),
    "a document in a document in a document": (
        office("word/document.xml", **{"word/embeddings/a.docx": office(
            "word/document.xml", **{"word/embeddings/a.docx": office("word/document.xml")})}),
        "archive within",
    ),
    "a bomb in a document": (
        zipped({"a.docx": office("word/document.xml", **{"word/a.xml": bytes(20_000_000)})}), "100 times"
    ),
    "a way out": (zipped({"../../etc/cron.d/a": b"a"}), "leads out"),
    "a whole path": (zipped({"/etc/passwd": b"a"}), "leads out"),
    "a path of Windows": (zipped({"..\\..\\a.exe": b"a"}), "leads out"),
    "a drive": (zipped({"C:/a": b"a"}), "leads out"),
    "a link": (linked(), "link"),
    "a password": (locked(), "password"),
    "another way of packing": (zipped({"a": b"a" * 100}, zipfile.ZIP_LZMA), "another way"),
    "macros": (office("word/document.xml", **{"word/vbaProject.bin": b"a"}), "macros"),
    "cut off": (zipped({"a.txt": b"abc" * 100})[:60], "damaged"),
    "no zip at all": (b"PK\x03\x04" + bytes(100), "damaged"),
    "too many members": (zipped({f"{n}": b"" for n in range(archives.MOST_MEMBERS + 1)}), "members"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "why"), BAD_ZIPS.values(), ids=BAD_ZIPS)
def test_archives_that_would_harm_whoever_opens_them_are_refused(content, why):
    with pytest.raises(TypeRefused, match=why):
        examine(io.BytesIO(content), "a.zip")


def test_of_a_bomb_next_to_nothing_is_unpacked(monkeypatch):
    unpacked = []

    def watched(*arguments):
        unpacking = zlib.decompressobj(*arguments)

        class Watched:
            def decompress(self, data, most):
                piece = unpacking.decompress(data, most)
                unpacked.append(len(piece))
                return piece

        return Watched()

    ours = SimpleNamespace(decompressobj=watched, MAX_WBITS=zlib.MAX_WBITS, error=zlib.error)
    monkeypatch.setattr(archives, "zlib", ours)
    for content, _ in BAD_ZIPS.values():
        with pytest.raises(TypeRefused):
            examine(io.BytesIO(content), "a.zip")
    assert unpacked
    assert max(unpacked) <= 64 * 1024
