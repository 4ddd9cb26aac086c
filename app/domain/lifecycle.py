"""How an incident moves (方案 二(二)): watching -> responding -> handling -> closing -> closed, and its other ends.

Moves by people. The machine's own (a grade is set, subsiding, coming back) stand where they happen.
"""

from datetime import datetime, timedelta

FORWARD = ("watching", "responding", "handling", "closing", "closed")
ENDED = ("closed", "subsided", "dismissed", "merged")

# From a status to those a person may move it to. Merging is its own act; what was merged is over.
MOVES: dict[str, tuple[str, ...]] = {
    "watching": ("responding", "subsided", "dismissed"),
    "responding": ("handling", "dismissed"),
    "handling": ("closing", "responding"),
    "closing": ("closed", "handling"),
    "closed": ("responding",),
    "subsided": ("watching", "responding"),
    "dismissed": ("watching", "responding"),
    "merged": (),
}

QUIET = timedelta(hours=72)
STALE = timedelta(days=7)
STALE_GAIN = 10_000


def may_move(before: str, to: str) -> bool:
    """Whether a person may move an incident so, with a reason."""
    return to in MOVES[before]


def subsides(*, graded: bool, opened_at: datetime, last_gain_at: datetime, gained_last_day: int, now: datetime) -> bool:
    """Whether a watched incident ends by itself: 72 h without a gain, or a week without a grade and little news.

    The caller makes sure that nothing of it is waiting to be counted.
    """
    if now - last_gain_at >= QUIET:
        return True
    return not graded and now - opened_at >= STALE and gained_last_day < STALE_GAIN
