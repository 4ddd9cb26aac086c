"""The curve of one incident for its review: points, grades in force, and what is marked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from app.domain.chronicle import word
from app.domain.curve import Band, Curve, Mark, joined, step_for
from app.domain.grades import Grade, grade_of
from app.domain.review_facts import ToldEvent, told_at
from app.domain.review_known import Known
from app.domain.spread import Series, minute_of, minute_start
from app.domain.vocabulary.reports import CurveMark

MOST_MARKS: Final = 24
"""More could not be told apart on one picture."""
# When there are more, these are kept first.
_RANKS: Final = {
    CurveMark.GRADE: 0, CurveMark.REBOUND: 1, CurveMark.CALM: 1, CurveMark.WORD: 2, CurveMark.CLOCK: 3,
}  # fmt: skip


def span_of(series: Series, opened_at: datetime, calmed_at: datetime | None) -> tuple[int, int]:
    """The minutes that a curve covers, the last excluded: all that gained, from the opening to when it was calm."""
    minutes = [minute_of(opened_at), *series.minutes[:1], *series.minutes[-1:]]
    minutes += [minute_of(calmed_at)] if calmed_at else []
    return min(minutes), max(minutes) + 1


def steps_of(first: int, last: int) -> tuple[int, int, int]:
    """How long a point is, and the span widened to whole ones, which begin as Shanghai's days do."""
    step = step_for(last - first)
    # Shanghai is eight hours ahead, without summer time: days begin at 16:00 UTC, and 480 is a whole number of shorter ones.
    shift = 480 % step
    return step, first - (first + shift) % step, last + (-last - shift) % step


def curve_of(known: Known) -> Curve:
    """The curve, at most 240 points of it and two dozen marks."""
    first, last = span_of(known.series, known.opened_at, known.calmed_at)
    step, first, last = steps_of(first, last)
    start, end = minute_start(first), minute_start(last)
    every = list(_marks(known))
    within = sorted((mark for mark in every if start <= mark.at < end), key=lambda mark: (_RANKS[mark.kind], mark.at))
    kept = sorted(within[:MOST_MARKS], key=lambda mark: mark.at)
    return Curve(
        step, start, end, known.points, list(_bands(known, end)), kept, len(every) - len(kept),
        joined(known.gaps, start, end),
    )  # fmt: skip


def _bands(known: Known, end: datetime) -> Iterator[Band]:
    since: tuple[datetime, Grade] | None = None
    for event in known.events.all("incident.grade_changed"):
        if since is not None:
            yield Band(since[0], event.at, since[1])
        grade = grade_of(event.data["to"])
        since = (event.at, grade) if grade else None
    if since is not None and since[0] < end:
        yield Band(since[0], end, since[1])


def _marks(known: Known) -> Iterator[Mark]:
    for event in known.events.all("incident.grade_changed"):
        yield Mark(event.at, CurveMark.GRADE, f"定级 {word('grade', event.data['to']).replace('—', '取消')}", event.id)
    for said in known.publications:
        label = f"发布 {word('platform', said.platform)} {word('statement_kind', said.kind)}"
        yield Mark(said.happened_at, CurveMark.WORD, label, said.event.id if said.event else None)
    for event in known.events.all("sla.breached"):
        # When its time was up; it was told of then or, after an outage, later.
        due_at = datetime.fromisoformat(event.data["due_at"])
        yield Mark(due_at, CurveMark.CLOCK, f"超时 {word('deadline_kind', event.data['clock'])}", event.id)
    for event in known.events.all("incident.calmed"):
        yield Mark(_at(event), CurveMark.CALM, "平息", event.id)
    for event in known.events.all("incident.rebounded"):
        yield Mark(event.at, CurveMark.REBOUND, "二次发酵", event.id)


def _at(event: ToldEvent) -> datetime:
    return told_at(event, "calmed_at") or event.at


def gained(series: Series, at: datetime, span: timedelta) -> tuple[int, int]:
    """What was gained in so long before the minute of an instant, and in so long from that minute on."""
    minute, width = minute_of(at), int(span.total_seconds()) // 60
    return series.window(minute - 1, width), series.window(minute + width - 1, width)
