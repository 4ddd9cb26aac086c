"""A recorded cascade and the readings a replay makes of it. Pure: what is posted can be counted again by anyone."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from app.cli.console import Trouble

MINUTE = timedelta(minutes=1)
LAST_SECOND = timedelta(seconds=59)
LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Cascade:
    """The original post's text, and the age in seconds of each repost."""

    text: str
    ages: Sequence[float]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the original showed at the end of one minute of its life."""

    minute: int
    reposts: int


def read(path: Path) -> Cascade:
    """Line 1 is the original with its ``text``, every other line a repost with its age ``t`` in seconds.

    Trouble that names the line when the file is missing or is not a cascade.
    """
    try:
        # Not splitlines: people's posts hold other line separators than JSON Lines does.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise Trouble(f"can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Trouble(f"{path} is not a cascade: it is not text in UTF-8") from None
    rows = [_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise Trouble(f"{path} is not a cascade: it is empty; line 1 must be the original post")
    text = rows[0][1].get("text")
    if rows[0][1].get("kind", "origin") != "origin" or not isinstance(text, str) or not text.strip():
        raise Trouble(f"{path} is not a cascade: line 1 must be the original post, with its text")
    return Cascade(text[:LONGEST_TEXT], [_age(path, number, row) for number, row in rows[1:]])


def plan(ages: Sequence[float], *, weight: int, hours: float) -> list[Reading]:
    """One reading for each minute k with reposts, and always for k = 0, of the reposts younger than ``hours``.

    ``reposts`` is ``weight`` times the number of reposts with t < 60 (k + 1).
    """
    minutes = Counter(int(age // 60) for age in ages if age < hours * 3600)
    minutes.setdefault(0, 0)
    ordered = sorted(minutes)
    totals = accumulate(minutes[minute] for minute in ordered)
    return [Reading(minute, weight * total) for minute, total in zip(ordered, totals, strict=True)]


def published_at(now: datetime, last_minute: int) -> datetime:
    """The whole minute at which the original must be published so that its last reading is of now.

    A reading is made in second 59 of its minute, so "now" is the last second 59 there was, at most a minute ago.
    """
    last = now - LAST_SECOND
    return last.replace(second=0, microsecond=0) - last_minute * MINUTE


def observed_at(published: datetime, minute: int) -> datetime:
    """When the reading of a minute was made."""
    return published + minute * MINUTE + LAST_SECOND


def _row(path: Path, number: int, line: str) -> tuple[int, dict[str, Any]]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise Trouble(f"{path} is not a cascade: line {number} is not JSON ({error})") from None
    if not isinstance(row, dict):
        raise Trouble(f"{path} is not a cascade: line {number} is not a JSON object")
    return number, row


def _age(path: Path, number: int, row: dict[str, Any]) -> float:
    age = row.get("t")
    if isinstance(age, bool) or not isinstance(age, (int, float)) or not 0 <= age < float("inf"):
        raise Trouble(f'{path} is not a cascade: line {number} needs its age in seconds as "t", not {age!r}')
    return age
