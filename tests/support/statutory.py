"""What the library `holidays` knows of China's calendar, written as the migration that seeds it has it: a line a year.

A line is the days off 放假, a bar, and the weekend days that are worked 调休上班: ``元旦 0101 0102 | 元旦 0104``. Weekends
are left out where the library has no word for them. Run as a program it prints the lines.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from holidays.countries.china import China

DAY = timedelta(days=1)
FIRST, LAST_OFFICIAL, LAST = 2004, 2026, 2100
EVE, SPRING = "农历除夕", "春节"
_LABEL = re.compile(r"（[^）]*）")
_SWAPPED = re.compile(r"休息日（由 (\d{4}-\d\d-\d\d) 调休）")


def line_of(year: int) -> str:
    """The line of one year."""
    known = China(years=range(year - 1, year + 2), language="zh_CN")
    off = [(day, _name_of(known, day)) for day in sorted(known) if day.year == year]
    line = _written(off)
    worked = sorted(_made_up(known, year))
    return f"{line} | {_written(worked)}" if worked else line


def _name_of(known: China, day: date) -> str:
    label = known[day]
    if _SWAPPED.fullmatch(label):
        return _name_of(known, _nearest(known, day)).replace(EVE, SPRING)
    # A day off in place of the eve is no eve.
    names = (_LABEL.sub("", name.replace(f"{EVE}（补假", f"{SPRING}（补假")) for name in label.split("; "))
    return "、".join(dict.fromkeys(names))


def _nearest(known: China, day: date) -> date:
    """The holiday that a swapped day off prolongs: days off lie between, and nothing else."""
    for away in range(1, 10):
        for other in (day - away * DAY, day + away * DAY):
            between = (min(day, other) + n * DAY for n in range(away + 1))
            if other in known and not _SWAPPED.fullmatch(known[other]) and not any(map(known.is_working_day, between)):
                return other
    raise LookupError(f"{day} prolongs no holiday")


def _made_up(known: China, year: int) -> Iterator[tuple[date, str]]:
    """The weekend days that are worked, each by the name of the holiday that it is worked for."""
    for day, label in known.items():
        if (swapped := _SWAPPED.fullmatch(label)) and swapped[1].startswith(str(year)):
            yield date.fromisoformat(swapped[1]), _name_of(known, day)


def _written(days: list[tuple[date, str]]) -> str:
    parts = groupby(days, key=lambda day: day[1])
    return ", ".join(f"{name} {' '.join(f'{day:%m%d}' for day, _ in group)}" for name, group in parts)


if __name__ == "__main__":
    for year in range(FIRST, LAST + 1):
        print(f"    {year}: {line_of(year)!r},".replace("'", '"'))
