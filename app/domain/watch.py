"""What of a mention's figures must be said, each once for good: the legal threshold, many views, a judgement that is due.

Figures are running maxima, so what was reached stays reached, and what is due depends on no order of readings. Only
mentions that hit a watch rule are watched; which those are, and what was loaded from the past, the caller knows.
"""

from typing import Final

LEGAL_VIEWS: Final = 5_000
"""实际被点击、浏览次数达到五千次以上, 以上 includes the number itself: 法释〔2013〕21号 第二条, on defamation."""
LEGAL_REPOSTS: Final = 500
"""或者被转发次数达到五百次以上, from the same."""
HIGH_VIEWS: Final = 100_000
"""More than this is worth a look whatever the spread: WeChat shows little else."""
JUDGE_ABOVE: Final = (1_000, 10_000)
"""Spread above which a person is asked how a mention speaks of us, and asked again."""

# Bits of what was said of a mention. They are stored: never give one another meaning.
LEGAL: Final = 1
VIEWS: Final = 2
JUDGE: Final = 4
JUDGE_AGAIN: Final = 8

_HARMLESS: Final = frozenset({"neutral", "positive"})


def due(said: int, judgement: str, *, reposts: int | None, views: int | None, spread: int) -> int:
    """The bits that the figures ask for and ``said`` lacks.

    Whether a post is defamation a lawyer says, and it may be gone by then. So not only negative mentions are kept, but
    also those nobody has judged: a copy in vain costs a row, a missing one can't be made afterwards.
    """
    if judgement in _HARMLESS:
        return 0
    bits = 0
    if views is not None:
        bits = (LEGAL if views >= LEGAL_VIEWS else 0) | (VIEWS if views > HIGH_VIEWS else 0)
    if reposts is not None and reposts >= LEGAL_REPOSTS:
        bits |= LEGAL
    if judgement == "unknown" and spread > JUDGE_ABOVE[0]:
        bits |= JUDGE | (JUDGE_AGAIN if spread > JUDGE_ABOVE[1] else 0)
    return bits & ~said


def reached(*, reposts: int | None, views: int | None) -> list[str]:
    """Which of the legal thresholds are reached, by the counters' names."""
    counts = (("views", views, LEGAL_VIEWS), ("reposts", reposts, LEGAL_REPOSTS))
    return [name for name, count, least in counts if count is not None and count >= least]


def asked_above(bits: int) -> int:
    """The spread above which a person is asked; both at once are asked as one."""
    return JUDGE_ABOVE[1] if bits & JUDGE_AGAIN else JUDGE_ABOVE[0]
