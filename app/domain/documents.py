"""Documents that people have to have read 制度文件 (方案 二(一)1, R14): what their hash is of, and as of when a day is looked at."""

from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Final

from app.domain.worktime import DAY, SHANGHAI

LONGEST_TEXT: Final = 20_000
"""Of a text that is sent: what is longer is a file. What the service writes itself, a handbook, may be longer."""
_LAST: Final = timedelta(microseconds=1)


def content_hash(text: str, file_sha256: str | None) -> str:
    """The SHA-256 of a version's exact content: the file's own hash (nothing where there is no file), a line feed, the text.

    Anybody can reckon it: ``printf '%s\\n%s' "$file_sha256" "$text" | sha256sum``. The database reckons it too and refuses
    a row with another one.
    """
    return sha256(f"{file_sha256 or ''}\n{text}".encode()).hexdigest()


def moment_of(on: date | None, now: datetime) -> datetime:
    """The instant as of which a day in Shanghai is told: its very end; of today, or of no day, now.

    ValueError for a day that has not come yet.
    """
    if on is None:
        return now
    begins = datetime.combine(on, time(), SHANGHAI)
    if begins > now:
        raise ValueError("lies in the future; name today or a day before")
    return min(begins + DAY - _LAST, now)


def percent(part: int, whole: int) -> float | None:
    """Of a hundred, rounded down to a tenth, so that 100 is said only of all; None where there is nobody."""
    return part * 1000 // whole / 10 if whole else None
