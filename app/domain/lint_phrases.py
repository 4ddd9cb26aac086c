"""Words that statements and marketing copy are looked over for, as data: what fault is found with them, or what they tell.

Texts are compared as :mod:`app.domain.spelling` evens them out. A word inside one of its exceptions does not count: 恶意 is no
blame in 恶意软件. Spans are code points of the text as it was written, start inclusive, end exclusive.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from app.domain.spelling import align, normalise, normalise_word
from app.domain.vocabulary import Platform, StatementKind, Truth
from app.domain.vocabulary.lint import LintCode, LintCue, LintListKind, LintSeverity

MOST_OF_AN_ENTRY = 10
"""Places of one entry in one text that are found fault with; people mend them all once they know of it."""
# A text is searched in pieces, because words inside words (a, aa, aaa) occur without number in a text of nothing else.
_PIECE = 2_000
# Places of one phrase that are looked at: exceptions might excuse them all.
_LOOKED_AT = 1_000


class Wording(NamedTuple):
    """A message for people, in both languages."""

    zh: str
    en: str


NOTHING: Final = Wording("", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """Phrases with one reason. ``kinds``: only statements of these; none: any, and marketing copy. ``excused_by``: what the
    fact check may say that makes them right. ``cue``: what they tell, in a list of cues."""

    phrases: tuple[str, ...]
    cue: LintCue | None = None
    severity: LintSeverity = LintSeverity.WARNING
    reason: Wording = NOTHING
    advice: Wording = NOTHING
    source: str = ""
    exceptions: tuple[str, ...] = ()
    kinds: frozenset[StatementKind] = frozenset()
    excused_by: frozenset[Truth] = frozenset()

    def is_for(self, kind: StatementKind | None, truth: Truth | None) -> bool:
        """Whether it holds for such a text; of no kind is marketing copy."""
        return (not self.kinds or kind in self.kinds) and truth not in self.excused_by


@dataclass(frozen=True, slots=True)
class WordList:
    """A list of entries under its key, in one of its versions."""

    key: str
    kind: LintListKind
    entries: tuple[Entry, ...]
    version: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of advice. Spans are of the statement's text, or of the platform's own where it names one; None: of the whole,
    or of what is not there."""

    code: LintCode
    severity: LintSeverity
    reason: Wording
    advice: Wording
    source: str
    start: int | None = None
    end: int | None = None
    words: str = ""
    # A word of StatementSection, where it is a statement's.
    section: str | None = None
    platform: Platform | None = None
    list_key: str | None = None


class Place(NamedTuple):
    """Where an entry's phrase stands, and the list it is of."""

    start: int
    end: int
    key: str
    entry: Entry


class _Known(NamedTuple):
    key: str
    entry: Entry
    # Each exception that holds the phrase, and where in it.
    around: tuple[tuple[str, int], ...]


class Wordbook:
    """Lists made ready to look for: built once for all texts of a request. ValueError names a word that shows nothing."""

    __slots__ = ("_automaton", "_known", "_longest")

    def __init__(self, lists: Iterable[WordList]) -> None:
        known: dict[str, list[_Known]] = {}
        for words in lists:
            for entry in words.entries:
                exceptions = [normalise_word(exception) for exception in entry.exceptions]
                for phrase in dict.fromkeys(map(normalise_word, entry.phrases)):
                    around = tuple((e, at) for e in exceptions for at in _places_in(e, phrase))
                    known.setdefault(phrase, []).append(_Known(words.key, entry, around))
        self._known = list(known.values())
        self._longest = max(map(len, known), default=0)
        self._automaton = AhoCorasick(list(known), implementation=Implementation.ContiguousNFA) if known else None

    def places(self, text: str) -> list[Place]:
        """Where phrases stand that nothing excuses, in reading order; of those inside one another, in one list and
        telling the same, the outer."""
        plain = normalise(text)
        starts, ends = align(text, len(plain))
        found = [
            Place(starts[start], ends[end - 1], known.key, known.entry)
            for word, start, end in self._occurrences(plain)
            for known in self._known[word]
            if not any(plain.startswith(longer, start - at) for longer, at in known.around if start >= at)
        ]
        return _longest(found)

    def _occurrences(self, plain: str) -> Iterable[tuple[int, int, int]]:
        if self._automaton is None:
            return
        seen: dict[int, int] = {}
        for begin in range(0, len(plain), _PIECE):
            piece = plain[begin : begin + _PIECE + self._longest - 1]
            for word, start, end in self._automaton.find_matches_as_indexes(piece, overlapping=True):
                # What begins in the next piece is found there.
                if start < _PIECE and (times := seen.get(word, 0)) < _LOOKED_AT:
                    seen[word] = times + 1
                    yield word, begin + start, begin + end


def find_phrases(
    text: str, lists: Iterable[WordList], *, kind: StatementKind | None = None, truth: Truth | None = None
) -> list[Finding]:
    """What the lists of phrases find fault with in a text: of a statement of that kind, or of marketing copy.

    Lists of cues find fault with nothing and are passed over.
    """
    return faults(
        text, Wordbook(words for words in lists if words.kind is LintListKind.PHRASES), kind=kind, truth=truth
    )


def faults(
    text: str, wordbook: Wordbook, *, kind: StatementKind | None = None, truth: Truth | None = None,
    platform: Platform | None = None,
) -> list[Finding]:  # fmt: skip
    """The same, by a wordbook of phrases that was made before."""
    return [
        Finding(
            LintCode.PHRASE, place.entry.severity, place.entry.reason, place.entry.advice, place.entry.source,
            place.start, place.end, text[place.start : place.end], platform=platform, list_key=place.key,
        )
        for place in _few(wordbook.places(text))
        if place.entry.is_for(kind, truth)
    ]  # fmt: skip


def entry_from(data: Mapping[str, Any]) -> Entry:
    """An entry as it is stored."""
    return Entry(
        phrases=tuple(data["phrases"]),
        cue=LintCue(data["cue"]) if data.get("cue") else None,
        severity=LintSeverity(data.get("severity") or LintSeverity.WARNING),
        reason=_wording(data.get("reason")),
        advice=_wording(data.get("advice")),
        source=data.get("source") or "",
        exceptions=tuple(data.get("exceptions") or ()),
        kinds=frozenset(map(StatementKind, data.get("kinds") or ())),
        excused_by=frozenset(map(Truth, data.get("excused_by") or ())),
    )


def check(kind: LintListKind, entries: Iterable[Entry]) -> Iterable[tuple[str, str]]:
    """What makes no sense in a list: where, as a pointer below the entries, and why."""
    for place, entry in enumerate(entries):
        if kind is LintListKind.CUES and entry.cue is None:
            yield f"/{place}/cue", "say what the phrases tell: this is a list of cues"
        if kind is LintListKind.PHRASES and entry.cue is not None:
            yield (
                f"/{place}/cue",
                "leave it out: fault is found with the phrases of this list, and they tell nothing else",
            )
        if kind is LintListKind.PHRASES and not (entry.reason.zh and entry.reason.en):
            yield f"/{place}/reason", "say in both languages what is wrong with the phrases"
        phrases = [normalise_word(phrase) for phrase in entry.phrases]
        for at, exception in enumerate(entry.exceptions):
            longer = normalise_word(exception)
            if not any(phrase in longer and phrase != longer for phrase in phrases):
                why = "must be longer than a phrase of the entry and hold it: it says where that phrase does not count"
                yield f"/{place}/exceptions/{at}", why


def _wording(data: Mapping[str, str] | None) -> Wording:
    return Wording(data["zh"], data["en"]) if data else NOTHING


def _places_in(longer: str, phrase: str) -> Iterable[int]:
    at = longer.find(phrase)
    while at >= 0:
        yield at
        at = longer.find(phrase, at + 1)


def _longest(places: Iterable[Place]) -> list[Place]:
    """Without those that stand inside another of the same list that tells the same, or overlap one of the same entry."""
    kept: list[Place] = []
    reached: dict[tuple[str, LintCue | None], int] = {}
    reached_by: dict[int, int] = {}
    for place in sorted(places, key=lambda place: (place.start, -place.end)):
        told, entry = (place.key, place.entry.cue), id(place.entry)
        if place.end > reached.get(told, 0) and place.start >= reached_by.get(entry, 0):
            reached[told] = reached_by[entry] = place.end
            kept.append(place)
    return kept


def _few(places: Iterable[Place]) -> list[Place]:
    counted: dict[int, int] = {}
    few = []
    for place in places:
        counted[id(place.entry)] = times = counted.get(id(place.entry), 0) + 1
        if times <= MOST_OF_AN_ENTRY:
            few.append(place)
    return few


def between(places: Sequence[Place], start: int, end: int) -> Sequence[Place]:
    """Those of the places, which are in reading order, that begin within a stretch."""
    return places[bisect_left(places, (start,)) : bisect_left(places, (end,))]
