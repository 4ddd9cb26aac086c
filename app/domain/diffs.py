"""What changed from one text to another, as people read it: words that stayed, went and came, each with its place.

Texts are compared clause by clause first and character by character only where a clause was reworded, so that what is
called unchanged is what a reader would call so. Latin words and numbers are compared whole.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from app.domain.vocabulary.statements import DiffChange

# A clause with the signs that end it.
_SIGNS: Final = "，。；！？、：\n,;!?:"
_CLAUSE: Final = re.compile(f"[^{_SIGNS}]*[{_SIGNS}]+|[^{_SIGNS}]+")
_WORD: Final = re.compile(r"[0-9A-Za-z]+|.", re.DOTALL)
# Pairs of like pieces that are looked at: beyond that, what differs is told as a whole. A text of 5,000 characters of
# ordinary prose has a hundredth of them; one made to be slow has all of them.
_MOST_PAIRS: Final = 50_000
# Characters between two changes that are too few to be called unchanged, and how much must have stayed of a clause.
_TOO_FEW: Final = 1
_LEAST_KEPT: Final = 0.3

Opcode = tuple[str, int, int, int, int]


class Span(NamedTuple):
    """Code points of a text, from ``start`` up to ``end``."""

    start: int
    end: int


class Segment(NamedTuple):
    """Some words, and where they stand in the text before and in the one after; None: not there."""

    change: DiffChange
    text: str
    before: Span | None
    after: Span | None


def compare(before: str, after: str, *, before_at: int = 0, after_at: int = 0) -> tuple[Segment, ...]:
    """The segments in reading order, what went before what came in its place. Put together, what stayed and went is
    ``before``, and what stayed and came is ``after``. ``*_at``: where the texts begin in what spans are of."""
    found: list[Segment] = []
    at, beside = before_at, after_at
    for change, text in _slid(list(_merged(_runs(before, after)))):
        was = None if change is DiffChange.ADDED else Span(at, at + len(text))
        is_ = None if change is DiffChange.REMOVED else Span(beside, beside + len(text))
        at, beside = was.end if was else at, is_.end if is_ else beside
        found.append(Segment(change, text, was, is_))
    return tuple(found)


Run = tuple[DiffChange, str]


def _runs(before: str, after: str) -> Iterator[Run]:
    """Clause by clause; a clause in another's place is looked at more closely."""
    was, is_ = _CLAUSE.findall(before), _CLAUSE.findall(after)
    for kind, i, j, k, m in _opcodes(was, is_):
        if kind == "equal":
            yield DiffChange.UNCHANGED, "".join(was[i:j])
        else:
            yield from _reworded("".join(was[i:j]), "".join(is_[k:m]))


def _reworded(before: str, after: str) -> Iterator[Run]:
    was, is_ = _WORD.findall(before), _WORD.findall(after)
    runs = list(_without_crumbs(_opcodes(was, is_), was, is_))
    kept = sum(len(text) for change, text in runs if change is DiffChange.UNCHANGED)
    if kept < _LEAST_KEPT * min(len(before), len(after)):
        runs = [(DiffChange.REMOVED, before), (DiffChange.ADDED, after)]
    yield from runs


def _without_crumbs(opcodes: Sequence[Opcode], was: Sequence[str], is_: Sequence[str]) -> Iterator[Run]:
    """A single character that stayed between two changes stayed by chance."""
    last = len(opcodes) - 1
    for place, (kind, i, j, k, m) in enumerate(opcodes):
        removed, added = "".join(was[i:j]), "".join(is_[k:m])
        if kind == "equal" and (place in (0, last) or len(removed) > _TOO_FEW):
            yield DiffChange.UNCHANGED, removed
        else:
            yield DiffChange.REMOVED, removed
            yield DiffChange.ADDED, added


def _merged(runs: Iterator[Run]) -> Iterator[Run]:
    """Neighbours that changed are one change: what went, then what came."""
    parts: dict[DiffChange, str] = {}
    for change, text in runs:
        mixed = DiffChange.UNCHANGED in parts and change is not DiffChange.UNCHANGED
        other = parts and DiffChange.UNCHANGED not in parts and change is DiffChange.UNCHANGED
        if text and (mixed or other):
            yield from _in_order(parts)
            parts = {}
        if text:
            parts[change] = parts.get(change, "") + text
    yield from _in_order(parts)


def _slid(runs: list[Run]) -> Iterator[Run]:
    """A clause that came or went ends with its own sign, and does not begin with that of the clause before it."""
    for place in range(1, len(runs) - 1):
        (kept, left), (change, text), (after, right) = runs[place - 1 : place + 2]
        moves = kept is after is DiffChange.UNCHANGED and text[0] == right[0] and text[0] in _SIGNS
        if moves and (len(right) > 1 or place == len(runs) - 2):
            runs[place - 1 : place + 2] = (kept, left + text[0]), (change, text[1:] + text[0]), (after, right[1:])
    return (run for run in runs if run[1])


def _in_order(parts: dict[DiffChange, str]) -> Iterator[Run]:
    return ((change, parts[change]) for change in DiffChange if change in parts)


def _opcodes(before: Sequence[str], after: Sequence[str]) -> Sequence[Opcode]:
    """The way from one to the other, without what is alike at both ends looked at twice; all of the rest at once where
    looking closely would take too long."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    was, is_ = before[head : len(before) - tail], after[head : len(after) - tail]
    found: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    found += [(kind, i + head, j + head, k + head, m + head) for kind, i, j, k, m in _middle(was, is_)]
    if tail:
        found.append(("equal", len(before) - tail, len(before), len(after) - tail, len(after)))
    return found


def _middle(was: Sequence[str], is_: Sequence[str]) -> Sequence[Opcode]:
    if not was and not is_:
        return []
    there = Counter(is_)
    if sum(times * there[piece] for piece, times in Counter(was).items()) > _MOST_PAIRS:
        return [("replace", 0, len(was), 0, len(is_))]
    return SequenceMatcher(None, was, is_, autojunk=False).get_opcodes()
