"""How often a watch rule is right 精确率 (方案 三, 调整灵敏度: R72), by what people say, and how sure one may be of it."""

from math import sqrt
from typing import Final, NamedTuple

# Of the normal distribution, for 95 of 100.
Z: Final = 1.959963984540054


class Precision(NamedTuple):
    """Of ``judged`` hits ``right`` were; ``low`` and ``high`` are what the share may well be, 95 times of 100."""

    right: int
    judged: int
    value: float | None
    low: float | None
    high: float | None


def precision(right: int, judged: int) -> Precision:
    """The share with its interval by Wilson's score, which holds for few and for extreme ones too; of none, nothing."""
    if not judged:
        return Precision(0, 0, None, None, None)
    share, spread = right / judged, Z * Z / judged
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * sqrt(share * (1 - share) / judged + spread / (4 * judged))
    return Precision(right, judged, share, max(0.0, centre - half), min(1.0, centre + half))
