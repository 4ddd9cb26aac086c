"""A year's notice 放假安排通知 as somebody copies it out: what can't be right in it is found before a date counts on it."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from app.domain.worktime import FIXED, SATURDAY

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Fault(NamedTuple):
    """One thing wrong: in which list, at which place (None: in the list as a whole), what to do, and its code."""

    part: str
    place: int | None
    detail: str
    code: str


def faults(year: int, days_off: Sequence[date], make_up_days: Sequence[date]) -> list[Fault]:
    """Everything that can't be right in a notice for ``year``, in the order of its lists."""
    known: dict[date, str] = {}
    found = []
    for part, days in (("days_off", days_off), ("make_up_days", make_up_days)):
        for place, day in enumerate(days):
            fault = _wrong(year, part, day, known)
            if fault is not None:
                found.append(Fault(part, place, *fault))
            known.setdefault(day, f"/{part}/{place}")
    return found + _missing(year, days_off)


def _wrong(year: int, part: str, day: date, known: dict[date, str]) -> tuple[str, str] | None:
    if day.year != year:
        return f"{day} belongs to the calendar of {day.year}: change it there", "outside_year"
    if day in known:
        return f"{day} stands at {known[day]} already: a day is off or worked, and once", "day_twice"
    if part == "make_up_days" and day.weekday() < SATURDAY:
        return f"{day} is a {WEEKDAYS[day.weekday()]}, which is worked anyway: only weekend days make up", "not_weekend"
    return None


def _missing(year: int, days_off: Iterable[date]) -> list[Fault]:
    """Half a list must not become official: the days that the law itself names are in every notice."""
    given = set(days_off)
    lost = [
        f"{day} {name}" for (month, number), name in FIXED.items() if (day := date(year, month, number)) not in given
    ]
    if not lost:
        return []
    return [Fault("days_off", None, f"lacks {', '.join(lost)}: send every day off of the year", "days_missing")]
