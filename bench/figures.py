"""One figure of the report: its samples, the target it is held to, and how it is printed."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """What one thing measured in every round. Without a ``unit`` it is a ratio of two things of the same round."""

    name: str
    samples: Sequence[float]
    # At least this, where less is worse; at most this, where more is. Neither: reported only.
    least: float | None = None
    most: float | None = None
    unit: str = ""
    # Absolute figures behind it, for people.
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.samples)

    @property
    def good(self) -> bool | None:
        """Whether the median meets the target; None where there is none."""
        if self.least is None and self.most is None:
            return None
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    def line(self) -> str:
        """One JSON object."""
        named = {"name": self.name, "ratio": _short(self.value)}
        if self.unit:
            named = {"name": self.name, "value": _short(self.value), "unit": self.unit}
        rest = {"min": _short(min(self.samples)), "max": _short(max(self.samples)), "rounds": len(self.samples)}
        return json.dumps(named | rest)

    def row(self) -> list[str]:
        """The cells of the table."""
        target = (
            f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}" if self.most is not None else ""
        )
        said = {True: "yes", False: "NO", None: ""}[self.good]
        spread = f"{_plain(min(self.samples))} - {_plain(max(self.samples))}"
        return [
            self.name,
            f"{_plain(self.value)} {self.unit}".rstrip(),
            spread,
            str(len(self.samples)),
            target,
            said,
            self.note,
        ]


HEADS = ["figure", "median", "min - max", "rounds", "target", "met", "behind it"]


def table(figures: Iterable[Figure]) -> str:
    """All figures below each other."""
    rows = [HEADS, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def interleaved(rounds: int, **measures: Callable[[], float]) -> dict[str, list[float]]:
    """A B C A B C ...: what each measure gave in each round, so that a change of the machine's mood meets all alike."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def ratios(found: dict[str, list[float]], over: str, under: str) -> list[float]:
    """Round by round, one measure divided by another of the same round."""
    return [a / b for a, b in zip(found[over], found[under], strict=True)]


def middle(samples: Sequence[float], unit: str) -> str:
    """A median for the note: "2,412/s"."""
    return f"{_plain(median(samples))}{unit}"


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
