"""How alike two incidents are, and why (R63): by product, words, the curve of their spread, and whom they harm.

Each part is compared by itself, from 0 to 1, and weighed. What neither incident states is left out, and the other parts
weigh the more; what one alone states is not alike. So likeness is symmetric, 1 of an incident with itself, and explained
by its parts.

Words are compared by pairs of neighbouring characters, as Chinese is searched here. A signature keeps them as bits, so that
ten thousand incidents can be looked through by the database; the few that come out first are compared exactly.
"""

import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from app.domain.grades import HarmClass
from app.domain.likeness import canonical
from app.domain.vocabulary.risks import SimilarityPart

BITS: Final = 1024
POINTS: Final = 16
"""Places of the curve that are compared."""
LONGEST: Final = 300
"""Characters of an incident's words that are compared: its title and how its summary begins."""
LEAST: Final = 0.3
"""Less is no likeness that anybody wants to be told of."""
SAME_UNIT: Final = 0.7
"""What two rules of one business unit have in common, beside 1.0 of the same rule."""

WEIGHTS: Final = {
    SimilarityPart.PRODUCT: 0.35, SimilarityPart.WORDS: 0.3, SimilarityPart.CURVE: 0.2, SimilarityPart.HARM_CLASS: 0.15,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Portrait:
    """What an incident is compared by. ``curve``: the shape of its spread, None where there was too little."""

    rule: str | None = None
    unit: str | None = None
    harm: HarmClass | None = None
    words: frozenset[str] = frozenset()
    curve: tuple[float, ...] | None = None


class Part(NamedTuple):
    """One part of a likeness: how alike, and how much it weighs beside the others that were compared."""

    part: SimilarityPart
    likeness: float
    weight: float


class Likeness(NamedTuple):
    """How alike two incidents are in all, and by what."""

    score: float
    parts: tuple[Part, ...]


def pairs(title: str, summary: str) -> frozenset[str]:
    """The pairs of neighbours in an incident's words; people's data must be masked in them."""
    said = canonical(f"{title}\n{summary}"[:LONGEST])
    return frozenset(map("".join, pairwise(said))) or frozenset({said} if said else ())


def signature(words: Iterable[str]) -> int:
    """The words as bits, of which two alike texts share most."""
    bits = 0
    for word in words:
        bits |= 1 << zlib.crc32(word.encode("utf-8", "surrogatepass")) % BITS
    return bits


def shape(minutes: Sequence[int], totals: Sequence[int]) -> tuple[float, ...] | None:
    """What share of all was gained by each of POINTS equal parts of the time from the first gain to the last; None where
    everything came within a minute. Minutes are in order."""
    gained = [(minute, total) for minute, total in zip(minutes, totals, strict=True) if total > 0]
    if not gained or gained[0][0] == gained[-1][0]:
        return None
    first, last = gained[0][0], gained[-1][0]
    at = [minute for minute, _ in gained]
    sums = list(accumulate(total for _, total in gained))
    whole = sums[-1]
    steps = (first + (last - first) * step / POINTS for step in range(1, POINTS))
    return (*(sums[bisect_right(at, step) - 1] / whole for step in steps), 1.0)


def compare(one: Portrait, other: Portrait) -> Likeness:
    """How alike they are. Nothing to compare is no likeness."""
    found = [
        (part, likeness) for part, likeness in (
            (SimilarityPart.PRODUCT, _product(one, other)), (SimilarityPart.WORDS, words_alike(one.words, other.words)),
            (SimilarityPart.CURVE, _curve(one.curve, other.curve)), (SimilarityPart.HARM_CLASS, _harm(one.harm, other.harm)),
        ) if likeness is not None
    ]  # fmt: skip
    whole = sum(WEIGHTS[part] for part, _ in found)
    parts = tuple(Part(part, likeness, WEIGHTS[part] / whole) for part, likeness in found)
    # Rounded, so that sums in another order are the same number; 1.0 stays 1.0.
    return Likeness(round(min(1.0, sum(part.likeness * part.weight for part in parts)), 6), parts)


def _product(one: Portrait, other: Portrait) -> float | None:
    if all(stated is None for stated in (one.rule, one.unit, other.rule, other.unit)):
        return None
    if (one.rule, one.unit) == (other.rule, other.unit) or (one.rule is not None and one.rule == other.rule):
        return 1.0
    return SAME_UNIT if one.unit is not None and one.unit == other.unit else 0.0


def words_alike(one: frozenset[str], other: frozenset[str]) -> float | None:
    """Dice's coefficient: what both say, beside all that each says."""
    if not one and not other:
        return None
    return 2 * len(one & other) / (len(one) + len(other))


def _curve(one: Sequence[float] | None, other: Sequence[float] | None) -> float | None:
    """1 less twice the area between the curves: half the square apart is as different as can be."""
    if one is None and other is None:
        return None
    if one is None or other is None:
        return 0.0
    area = sum(abs(a - b) for a, b in zip(one, other, strict=True)) / POINTS
    return max(0.0, 1 - 2 * area)


def _harm(one: HarmClass | None, other: HarmClass | None) -> float | None:
    """1 of the same class, a half of neighbours."""
    if one is None and other is None:
        return None
    if one is None or other is None:
        return 0.0
    return max(0.0, 1 - abs(one.severity - other.severity) / 2)


def common(one: str, other: str, most: int = 5) -> list[str]:
    """The longest runs of two characters and more that stand in both texts, the longest first: what people see of why."""
    a, b = canonical(one[:LONGEST]), canonical(other[:LONGEST])
    runs: list[str] = []
    lengths = [0] * (len(b) + 1)
    ends: dict[str, int] = {}
    for left in a:
        above = lengths
        lengths = [0] * (len(b) + 1)
        for at, right in enumerate(b, start=1):
            if left == right:
                lengths[at] = above[at - 1] + 1
                # A run ends where the next characters differ; each longer one takes its place.
                if lengths[at] >= 2:
                    ends[b[at - lengths[at] : at]] = lengths[at]
    for run in sorted(ends, key=lambda run: (-len(run), run)):
        if len(runs) == most:
            break
        if not any(run in longer for longer in runs):
            runs.append(run)
    return runs
