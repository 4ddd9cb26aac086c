"""How words are compared whatever they are written with (写法): 方案 二(一).

People who complain write around filters: 差 评, 差*评, 避⚡, 蒙牛 in traditional characters or with an
invisible character inside. So every text is compared in two views: *plain* (compatibility forms, case,
invisible characters and traditional characters evened out) and *squeezed* (plain, without what stands
between two Han characters). Each view has a way back to the text as it was sent.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from app.domain.hanzi import TO_SIMPLIFIED

# Characters that show nothing: soft hyphen, joiners, fillers, zero-width spaces, bidi controls, variation
# selectors, annotation and tag characters, halves of surrogate pairs. First and last code point of each.
_INVISIBLE_RANGES = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xD800, 0xDFFF), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
INVISIBLE = frozenset(code for first, last in _INVISIBLE_RANGES for code in range(first, last + 1))
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})  # spaces, line ends, control and format characters
_BLANK_BRAILLE = "\u2800"

# NFKC would turn these into ASCII as well, but nearly every Chinese post holds one, and then NFKC takes
# longer than all the rest; folded here, most texts are in NFKC already.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_FOLD: dict[int, int | str | None] = {
    **_FULL_WIDTH,
    0x2026: "...",
    **{ord(before): after for before, after in TO_SIMPLIFIED.items()},
    **dict.fromkeys(INVISIBLE),
}

# An emoji read aloud as the second half of a word, after these characters only: ⚡ alone may be the weather.
_ALIASES = {"⚡": "雷", "🌩": "雷", "⛈": "雷", "🕳": "坑", "🌿": "草", "🌱": "草"}
_READ_AFTER = {"雷": "避踩爆暴触", "坑": "避踩巨天", "草": "拔"}
_ALIAS_SIGN = re.compile(f"[{''.join(_ALIASES)}]")

LONGEST_RUN = 30
"""Combining marks in a row that are compared, as many as Unicode's Stream-Safe Text Format allows (UAX #15); no
language needs more. NFKC sorts each run, in a time that grows with its square: 20,000 marks took 1.5 s."""
# Their own class is none, but they are such marks once they are decomposed.
_MARKS_IN_DISGUISE = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_GAP = re.compile(rf"(?<=[{_HAN}])[\W_]++(?=[{_HAN}])")
OPEN_EDGE = re.compile(r"^[\W_]|[\W_]$")


def normalise(text: str) -> str:
    """The plain view: two spellings that people read as the same word become equal."""
    if text.isascii():
        return text.lower()
    folded = _without_long_runs(text.translate(_FOLD))
    if not unicodedata.is_normalized("NFKC", folded):
        folded = unicodedata.normalize("NFKC", folded).translate(_FOLD)
    folded = unicodedata.normalize("NFKC", folded.casefold())
    return _ALIAS_SIGN.sub(_read_aloud, folded)


def _without_long_runs(text: str) -> str:
    """The text without the marks beyond the first LONGEST_RUN of each run."""
    # A longer run stands on one of these places, wherever it begins; hardly any text has a mark on one.
    if not any(map(_is_mark, text[:: LONGEST_RUN + 1])):
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if _is_mark(char) else 0
        if run <= LONGEST_RUN:
            kept.append(char)
    return "".join(kept)


def _is_mark(char: str) -> bool:
    return unicodedata.combining(char) > 0 or char in _MARKS_IN_DISGUISE


def _read_aloud(sign: re.Match[str]) -> str:
    reading = _ALIASES[sign[0]]
    before = sign.string[sign.start() - 1 : sign.start()]
    return reading if before and before in _READ_AFTER[reading] else sign[0]


def squeeze(plain: str) -> str:
    """The squeezed view of a plain one: spaces, punctuation and symbols between two Han characters go."""
    return plain if plain.isascii() else _GAP.sub("", plain)


def normalise_word(word: str) -> str:
    """A rule's word as it is compared. ValueError, naming the word, when nothing of it is left."""
    plain = normalise(word).strip()
    if not is_visible(plain):
        raise ValueError(f"The word {word!r} holds no visible character; write a word or leave it out.")
    return plain


def is_visible(text: str) -> bool:
    """Whether a reader would see anything: not only spaces, control and zero-width characters."""
    # Nearly every text shows something at once; one that doesn't holds few different characters.
    return any(map(_shows, text[:16])) or any(map(_shows, set(text)))


def _shows(char: str) -> bool:
    return ord(char) not in INVISIBLE and char != _BLANK_BRAILLE and unicodedata.category(char) not in _UNSEEN


def kept_positions(plain: str) -> list[int]:
    """For each character of the squeezed view, its place in the plain one."""
    kept: list[int] = []
    at = 0
    for gap in _GAP.finditer(plain):
        kept += range(at, gap.start())
        at = gap.end()
    kept += range(at, len(plain))
    return kept


def align(original: str, plain_length: int) -> tuple[Sequence[int], Sequence[int]]:
    """For each character of the plain view, start and end of what it came from.

    A character together with the marks that join it is normalised by itself exactly as inside the whole
    text, so the text is cut into such units. A unit is never split: the word "g" in ㎏ points to all of ㎏.
    """
    widths = list(map(_width, original))
    if len(original) == plain_length and widths.count(1) == plain_length:
        return range(plain_length), range(1, plain_length + 1)
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(original):
        stop = at + 1
        while stop < len(original) and widths[stop] <= 0:
            stop += 1
        width = widths[at] if stop == at + 1 and widths[at] >= 0 else len(normalise(original[at:stop]))
        last = stop
        while last > at + 1 and widths[last - 1] == 0:
            last -= 1
        starts += [at] * width
        ends += [last] * width
        at = stop
    return starts, ends


@lru_cache(maxsize=65_536)
def _width(char: str) -> int:
    """How many characters of the plain view one character gives: 0 for an invisible one, -1 for one that may
    join the character before it (a combining mark, a Hangul vowel or final)."""
    width = len(normalise(char))
    first = unicodedata.normalize("NFKD", char)[0]
    joins = unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
    return -1 if width and joins else width
