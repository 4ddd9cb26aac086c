"""What evidence may be called, and which kind a name and a content say together."""

import pytest

from app.domain.evidence import BY_ENDING, contradiction, ending_of, refused_name, text_kind


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "C:\\x", "C:x.png", "a\\b.png", "a/b.png", "..", ".", "a\x00.png", "a\n.png",
     "a\x1b[2J.png", "a\x85.png", "gnp\u202efdp.png", "a\u2066b.png", "a\u200b.png", "\ufeff", " ", " a.png", "a.png ",
     "a\u2028b.png", "a.txt:evil.exe"],
)  # fmt: skip
def test_names_with_a_path_or_with_what_deceives_are_refused(name):
    assert refused_name(name)


@pytest.mark.parametrize(
    "name", ["门店监控.png", "a", "截图 (2).PNG", "2026.11.25", "b…c.pdf", "🔥.mp4", '"a".txt', "..a"]
)
def test_names_as_people_give_them_are_taken(name):
    assert refused_name(name) is None


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.PNG", "png"), ("a.tar.gz", "gz"), ("截图2026.11.25", None), ("a.", None), ("a", None), ("a.b c", None),
     ("a.mp3", "mp3"), ("a.7z", "7z"), (".png", "png")],
)  # fmt: skip
def test_a_names_ending_is_what_stands_after_its_last_point_unless_it_is_a_number(name, ending):
    assert ending_of(name) == ending


def test_a_name_must_not_say_what_the_content_contradicts():
    png = BY_ENDING["png"]
    assert contradiction("a.png", png) is None
    assert contradiction("截图2026.11.25", png) is None
    for name in ("a.jpg", "a.exe", "a.png.html", "a.txt"):
        assert "image/png" in contradiction(name, png)


@pytest.mark.parametrize(
    ("name", "is_page", "media_type"),
    [("a.csv", False, "text/csv"), ("a", False, "text/plain"), ("a.eml", False, "message/rfc822"),
     ("a.html", False, "text/html"), ("a.txt", True, "text/html"), ("a.png", False, "text/plain")],
)  # fmt: skip
def test_a_text_is_what_its_name_says_unless_it_begins_as_a_page(name, is_page, media_type):
    assert text_kind(name, is_page=is_page).media_type == media_type
