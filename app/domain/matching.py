"""Which watch rules a post hits, and where (监测规则, 命中): 方案 二(一).

Texts and words are compared in the two views of :mod:`app.domain.spelling`. A word that occurs in either
view counts; exclusions look at the plain view only, or "避雷，针对" would be taken for 避雷针 and a real
complaint be lost.

Spans point into the text as it was sent, in Unicode code points, start inclusive, end exclusive.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from ahocorasick_rs import AhoCorasick, Implementation

from app.domain.spelling import OPEN_EDGE, align, kept_positions, normalise, normalise_word, squeeze

Field = Literal["title", "text"]
Role = Literal["brand", "negative", "exclusion"]

MAX_SPANS = 50
"""Places that a hit lists, so that a flood of words can't make a hit of megabytes: the first of each role, then the
first of each word, then the others as they stand."""

# A text is searched in pieces of so many characters: words inside words (a, aa, aaa) occur millions of times in a
# text of nothing else, and all places of one piece are in memory at once.
PIECE = 2_000


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
                self._kept = kept_positions(self.plain)
            start, end = self._kept[start], self._kept[end - 1] + 1
        if self._starts is None:
            self._starts, self._ends = align(self.original, len(self.plain))
        return self._starts[start], self._ends[end - 1]


# (views, whether the squeezed one, word id, start, end): an occurrence, before it is mapped back.
_Found = tuple[_FieldViews, bool, int, int, int]


class _Words:
    """The occurrences of some words, overlapping ones included: 蒙牛 and 牛奶 are both in 蒙牛牛奶."""

    __slots__ = ("_automaton", "_ids", "_longest")

    def __init__(self, ids_by_word: Mapping[str, Sequence[int]]) -> None:
        self._ids = list(ids_by_word.values())
        self._longest = max(map(len, ids_by_word), default=0)
        self._automaton = AhoCorasick(ids_by_word, implementation=Implementation.ContiguousNFA) if ids_by_word else None

    def find(self, view: str) -> list[tuple[int, int, int]]:
        """(word id, start, end) of the first occurrences of each word, as many as a hit can list."""
        if self._automaton is None:
            return []
        found: list[tuple[int, int, int]] = []
        seen: dict[int, int] = {}
        for begin in range(0, len(view), PIECE):
            piece = view[begin : begin + PIECE + self._longest - 1]
            for index, start, end in self._automaton.find_matches_as_indexes(piece, overlapping=True):
                # What begins in the next piece is found there.
                if start < PIECE and (times := seen.get(index, 0)) < MAX_SPANS:
                    seen[index] = times + 1
                    found += [(word, begin + start, begin + end) for word in self._ids[index]]
            if len(seen) == len(self._ids) and min(seen.values()) == MAX_SPANS:
                break
        return found


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
        ids: dict[tuple[str, bool], int] = {}
        for index, rule in enumerate(rules):
            if not rule.negative_words:
                self._brand_only |= 1 << index
            for role, word in _words_of(rule):
                word_id = ids.setdefault(_form(_plain_word(rule, word), role), len(ids))
                self._roles[index].setdefault(word_id, {}).setdefault(role, word)
                rules_with = self._rules_with[role]
                rules_with[word_id] = rules_with.get(word_id, 0) | 1 << index
        self._build_automata(ids)

    def _build_automata(self, ids: Mapping[tuple[str, bool], int]) -> None:
        """A word that starts or ends with a sign (#蒙牛#) can lose it in the squeezed view, so only those
        need a second pass over the plain view."""
        squeezed: dict[str, list[int]] = {}
        counted = {form: word_id for (form, excludes), word_id in ids.items() if not excludes}
        for form, word_id in counted.items():
            squeezed.setdefault(squeeze(form), []).append(word_id)
        self._squeezed = _Words(squeezed)
        self._open_edged = _Words({form: [word_id] for form, word_id in counted.items() if OPEN_EDGE.search(form)})
        self._exclusions = _Words({form: [word_id] for (form, excludes), word_id in ids.items() if excludes})

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
        occurring = places.keys() & mine.keys()
        # Each other word shows one place at least.
        most = max(1, MAX_SPANS + 1 - len(occurring))
        spans = [
            Span(field, start, end, mine[word_id][role], role)
            for word_id in occurring
            for role in roles
            if role in mine[word_id]
            for field, start, end in places[word_id][:most]
        ]
        return _shown(sorted(spans, key=_reading_order))


def _shown(spans: list[Span]) -> tuple[Span, ...]:
    """Those of the spans, in reading order, that a hit lists: see MAX_SPANS."""
    if len(spans) <= MAX_SPANS:
        return tuple(spans)
    first_of_role = {span.role: span for span in reversed(spans)}
    first_of_word = {(span.role, span.word): span for span in reversed(spans)}
    by_rank = dict.fromkeys([*first_of_role.values(), *sorted(first_of_word.values(), key=_reading_order), *spans])
    return tuple(sorted(islice(by_rank, MAX_SPANS), key=_reading_order))


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


def _form(plain: str, role: Role) -> tuple[str, bool]:
    """What a word is known by, and whether it excludes: 差-评 and 差--评 are found in the same places, so they are one.
    Signs at its edges tell a word from others, and so does every sign in an exclusion."""
    alike = role != "exclusion" and not OPEN_EDGE.search(plain)
    return squeeze(plain) if alike else plain, role == "exclusion"


def _views(title: str | None, text: str) -> tuple[_FieldViews, ...]:
    body = _FieldViews("text", text)
    return (_FieldViews("title", title), body) if title else (body,)


def _places(found: Iterable[_Found]) -> _Places:
    """Occurrences by word as places in the original; one that both views show is one place."""
    places: _Places = {}
    for views, squeezed, word_id, start, end in found:
        known = places.setdefault(word_id, [])
        if len(known) < MAX_SPANS:
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
