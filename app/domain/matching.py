"""Which watch rules a post hits, and where (监测规则, 命中): 方案 二(一).

People who complain write around filters: 差 评, 差*评, 避⚡, 蒙牛 in traditional characters or with an
invisible character inside. So every text is compared in two views: *plain* (compatibility forms, case,
invisible characters and traditional characters evened out) and *squeezed* (plain, without what stands
between two Han characters). A word that occurs in either view counts; exclusions look at the plain view
only, or "避雷，针对" would be taken for 避雷针 and a real complaint be lost.

Spans point into the text as it was sent, in Unicode code points, start inclusive, end exclusive.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ahocorasick_rs import AhoCorasick, Implementation

from app.domain.hanzi import TO_SIMPLIFIED

Field = Literal["title", "text"]
Role = Literal["brand", "negative", "exclusion"]

MAX_SPANS_PER_WORD = 50
"""Occurrences of one word that a hit lists, so that a flood of one word can't make a hit of megabytes."""

# Characters that show nothing: soft hyphen, joiners, fillers, zero-width spaces, bidi controls, variation
# selectors, annotation and tag characters, halves of surrogate pairs. First and last code point of each.
_INVISIBLE_RANGES = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xD800, 0xDFFF), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_INVISIBLE = frozenset(code for first, last in _INVISIBLE_RANGES for code in range(first, last + 1))
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})  # spaces, line ends, control and format characters
_BLANK_BRAILLE = "\u2800"

# NFKC would turn these into ASCII as well, but nearly every Chinese post holds one, and then NFKC takes
# longer than all the rest; folded here, most texts are in NFKC already.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_FOLD: dict[int, int | str | None] = {
    **_FULL_WIDTH,
    0x2026: "...",
    **{ord(before): after for before, after in TO_SIMPLIFIED.items()},
    **dict.fromkeys(_INVISIBLE),
}

# An emoji read aloud as the second half of a word, after these characters only: ⚡ alone may be the weather.
_ALIASES = {"⚡": "雷", "🌩": "雷", "⛈": "雷", "🕳": "坑", "🌿": "草", "🌱": "草"}
_READ_AFTER = {"雷": "避踩爆暴触", "坑": "避踩巨天", "草": "拔"}
_ALIAS_SIGN = re.compile(f"[{''.join(_ALIASES)}]")

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_GAP = re.compile(rf"(?<=[{_HAN}])[\W_]++(?=[{_HAN}])")
_OPEN_EDGE = re.compile(r"^[\W_]|[\W_]$")


def normalise(text: str) -> str:
    """The plain view: two spellings that people read as the same word become equal."""
    if text.isascii():
        return text.lower()
    folded = text.translate(_FOLD)
    if not unicodedata.is_normalized("NFKC", folded):
        folded = unicodedata.normalize("NFKC", folded).translate(_FOLD)
    folded = unicodedata.normalize("NFKC", folded.casefold())
    return _ALIAS_SIGN.sub(_read_aloud, folded)


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
    return any(
        ord(char) not in _INVISIBLE and char != _BLANK_BRAILLE and unicodedata.category(char) not in _UNSEEN
        for char in text
    )


@dataclass(frozen=True, slots=True)
class RuleWords:
    """The words of one watch rule. It matches when a brand word occurs, and a negative word if it has any,
    and no exclusion. The words may stand in different fields."""

    rule_id: Any
    brand_words: tuple[str, ...]
    negative_words: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Where a word stands in the original field, evasive characters included; `word` as the rule has it."""

    field: Field
    start: int
    end: int
    word: str
    role: Role


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that matched (命中). `negative`: a negative word occurred, not only the brand."""

    rule_id: Any
    spans: tuple[Span, ...]
    negative: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule matches a text or doesn't. `missing` names the roles without a word in the text."""

    matched: bool
    hit: Hit | None
    excluded_by: tuple[Span, ...]
    missing: tuple[Role, ...]


class _FieldViews:
    """One field in both views, and the way back to the original, worked out only when a span is asked for."""

    __slots__ = ("_ends", "_kept", "_starts", "name", "original", "plain", "squeezed")

    def __init__(self, name: Field, original: str) -> None:
        self.name: Field = name
        self.original = original
        self.plain = normalise(original)
        self.squeezed = squeeze(self.plain)
        self._starts: Sequence[int] | None = None
        self._ends: Sequence[int] = ()
        self._kept: Sequence[int] | None = None

    def original_span(self, start: int, end: int, *, squeezed: bool) -> tuple[int, int]:
        """A stretch of a view as a stretch of the original."""
        if squeezed and self.squeezed is not self.plain:
            if self._kept is None:
                self._kept = _kept_positions(self.plain)
            start, end = self._kept[start], self._kept[end - 1] + 1
        if self._starts is None:
            self._starts, self._ends = _align(self.original, len(self.plain))
        return self._starts[start], self._ends[end - 1]


# (views, whether the squeezed one, word id, start, end): an occurrence, before it is mapped back.
_Found = tuple[_FieldViews, bool, int, int, int]


def _kept_positions(plain: str) -> list[int]:
    kept: list[int] = []
    at = 0
    for gap in _GAP.finditer(plain):
        kept += range(at, gap.start())
        at = gap.end()
    kept += range(at, len(plain))
    return kept


def _align(original: str, plain_length: int) -> tuple[Sequence[int], Sequence[int]]:
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


class _Words:
    """All occurrences of some words, overlapping ones included: 蒙牛 and 牛奶 are both in 蒙牛牛奶."""

    __slots__ = ("_automaton", "_ids")

    def __init__(self, ids_by_word: Mapping[str, Sequence[int]]) -> None:
        self._ids = list(ids_by_word.values())
        self._automaton = AhoCorasick(ids_by_word, implementation=Implementation.ContiguousNFA) if ids_by_word else None

    def find(self, view: str) -> list[tuple[int, int, int]]:
        """(word id, start, end) of every occurrence."""
        if self._automaton is None:
            return []
        found = self._automaton.find_matches_as_indexes(view, overlapping=True)
        return [(word, start, end) for index, start, end in found for word in self._ids[index]]


_Places = dict[int, list[tuple[Field, int, int]]]  # word id -> where it stands in the original


class Matcher:
    """All rules of one rules version. Built once per version and process (it can't be pickled).

    A text costs one pass over it and then what it hits: which rules hold is read from sets of rules kept
    as the bits of integers, so a brand named by a thousand rules costs no more than one named by one.
    ValueError, naming rule and word, for a word without a visible character.
    """

    __slots__ = (
        "_brand_only",
        "_exclusions",
        "_open_edged",
        "_roles",
        "_rule_ids",
        "_rules_with",
        "_squeezed",
    )

    def __init__(self, rules: Sequence[RuleWords]) -> None:
        self._rule_ids = [rule.rule_id for rule in rules]
        self._roles: list[dict[int, dict[Role, str]]] = [{} for _ in rules]
        self._rules_with: dict[Role, dict[int, int]] = {"brand": {}, "negative": {}, "exclusion": {}}
        self._brand_only = 0
        ids: dict[str, int] = {}
        for index, rule in enumerate(rules):
            if not rule.negative_words:
                self._brand_only |= 1 << index
            for role, word in _words_of(rule):
                word_id = ids.setdefault(_plain_word(rule, word), len(ids))
                self._roles[index].setdefault(word_id, {}).setdefault(role, word)
                rules_with = self._rules_with[role]
                rules_with[word_id] = rules_with.get(word_id, 0) | 1 << index
        self._build_automata(ids)

    def _build_automata(self, ids: Mapping[str, int]) -> None:
        """A word that starts or ends with a sign (#蒙牛#) can lose it in the squeezed view, so only those
        need a second pass over the plain view."""
        squeezed: dict[str, list[int]] = {}
        counted = self._rules_with["brand"].keys() | self._rules_with["negative"].keys()
        for word, word_id in ids.items():
            if word_id in counted:
                squeezed.setdefault(squeeze(word), []).append(word_id)
        excluding = self._rules_with["exclusion"]
        self._squeezed = _Words(squeezed)
        self._open_edged = _Words({w: [i] for w, i in ids.items() if i in counted and _OPEN_EDGE.search(w)})
        self._exclusions = _Words({w: [i] for w, i in ids.items() if i in excluding})

    def match(self, title: str | None, text: str) -> list[Hit]:
        """The rules that the post hits, in the order in which the rules were given."""
        fields = _views(title, text)
        found = self._find(fields)
        if not found:
            return []
        holding = self._holding({word_id for _, _, word_id, _, _ in found})
        if holding:
            holding &= ~self._vetoed(fields)
        if not holding:
            return []
        places = _places(found)
        return [self._hit(index, places) for index in _bits(holding)]

    def _find(self, fields: Sequence[_FieldViews]) -> list[_Found]:
        found = []
        for views in fields:
            found += [(views, True, *occurrence) for occurrence in self._squeezed.find(views.squeezed)]
            if views.squeezed is not views.plain:
                found += [(views, False, *occurrence) for occurrence in self._open_edged.find(views.plain)]
        return found

    def _find_exclusions(self, fields: Sequence[_FieldViews]) -> list[_Found]:
        return [(views, False, *occurrence) for views in fields for occurrence in self._exclusions.find(views.plain)]

    def _holding(self, word_ids: set[int]) -> int:
        """The rules, as bits, whose brand word and, if they have any, negative word is among the words."""
        brands, negatives = self._rules_with["brand"], self._rules_with["negative"]
        named, accused = 0, self._brand_only
        for word_id in word_ids:
            named |= brands.get(word_id, 0)
            accused |= negatives.get(word_id, 0)
        return named & accused

    def _vetoed(self, fields: Sequence[_FieldViews]) -> int:
        vetoed = 0
        for _, _, word_id, _, _ in self._find_exclusions(fields):
            vetoed |= self._rules_with["exclusion"][word_id]
        return vetoed

    def _hit(self, index: int, places: _Places) -> Hit:
        spans = self._spans(index, places, ("brand", "negative"))
        return Hit(self._rule_ids[index], spans, any(span.role == "negative" for span in spans))

    def _spans(self, index: int, places: _Places, roles: tuple[Role, ...]) -> tuple[Span, ...]:
        mine = self._roles[index]
        spans = [
            Span(field, start, end, mine[word_id][role], role)
            for word_id in places.keys() & mine.keys()
            for role in roles
            if role in mine[word_id]
            for field, start, end in places[word_id]
        ]
        return tuple(sorted(spans, key=_reading_order))


def explain(rule: RuleWords, title: str | None, text: str) -> Explanation:
    """Why one rule matches a text or doesn't, for trying a rule out before it is saved."""
    matcher = Matcher((rule,))
    fields = _views(title, text)
    hit = matcher._hit(0, _places(matcher._find(fields)))
    excluded_by = matcher._spans(0, _places(matcher._find_exclusions(fields)), ("exclusion",))
    needed: tuple[Role, ...] = ("brand", "negative") if rule.negative_words else ("brand",)
    present = {span.role for span in hit.spans}
    missing = tuple(role for role in needed if role not in present)
    matched = not missing and not excluded_by
    return Explanation(matched, hit if matched else None, excluded_by, missing)


def _words_of(rule: RuleWords) -> Iterator[tuple[Role, str]]:
    yield from (("brand", word) for word in rule.brand_words)
    yield from (("negative", word) for word in rule.negative_words)
    yield from (("exclusion", word) for word in rule.exclusions)


def _plain_word(rule: RuleWords, word: str) -> str:
    try:
        return normalise_word(word)
    except ValueError as error:
        raise ValueError(f"Rule {rule.rule_id}: {error}") from None


def _views(title: str | None, text: str) -> tuple[_FieldViews, ...]:
    body = _FieldViews("text", text)
    return (_FieldViews("title", title), body) if title else (body,)


def _places(found: Iterable[_Found]) -> _Places:
    """Occurrences by word as places in the original; one that both views show is one place."""
    places: _Places = {}
    for views, squeezed, word_id, start, end in found:
        known = places.setdefault(word_id, [])
        if len(known) < MAX_SPANS_PER_WORD:
            place = (views.name, *views.original_span(start, end, squeezed=squeezed))
            if place not in known:
                known.append(place)
    return places


def _reading_order(span: Span) -> tuple[bool, int, int, Role]:
    return span.field == "text", span.start, span.end, span.role


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
