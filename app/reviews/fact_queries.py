"""What is read of an incident for the facts of its review: sums and the first few of everything, however large it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.core.auth import Caller
from app.core.db import Tx
from app.domain.curve import Gap, Point
from app.domain.drills import REAL, Pace
from app.domain.grading import policy_from
from app.domain.review_curve import gained, span_of, steps_of
from app.domain.review_facts import Events, ToldEvent
from app.domain.review_known import (
    AROUND,
    Alerts,
    Known,
    Media,
    Post,
    Spoken,
    TaskClocks,
    Tasks,
    Ticking,
    WindowPeak,
)
from app.domain.scoreboard import graded_at
from app.domain.spread import Series, minute_start
from app.domain.tasks import UNFINISHED
from app.domain.wording import mask_text
from app.incidents import care
from app.incidents.gaps import gaps_of
from app.incidents.queries import windows_of
from app.incidents.runs import pace_of
from app.incidents.spread import peaks_of
from app.models import (
    Deadline,
    Event,
    GradingPolicy,
    Incident,
    Mention,
    MentionState,
    Publication,
    SpreadBucket,
    Task,
)
from app.people.masks import words_of

MOST_EVENTS: Final = 3_000
MOST_CLOCKS: Final = 100
MOST_PUBLICATIONS: Final = 60
MOST_AMPLIFIERS: Final = 10
LONGEST_WORDS: Final = 60
_TYPES: Final = (
    "incident.opened", "incident.grade_changed", "incident.status_changed", "incident.calmed", "incident.rebounded",
    "incident.acknowledged", "incident.meeting_held", "incident.fact_checked", "incident.publication_recorded",
    "incident.silent", "statement.origin_missing", "commitment.broken", "incident.recurred",
)  # fmt: skip
_RINGS: Final = ("sla.met", "sla.breached")


async def known_of(tx: Tx, incident: Incident, *, caller: Caller) -> Known:
    """All that is read of one incident, its words as the caller may see them. Of what is played in a drill 演练 people's acts and
    clocks too stand on the scenario's line of time, as its posts and their spread do."""
    [titled] = await words_of(tx, [(incident.id, {"title": incident.title})], caller=caller)
    pace = await pace_of(tx, incident)
    opened_at, calmed_at = pace.scenario(incident.opened_at), _scenario(pace, incident.calmed_at)
    events = await _events(tx, incident, pace, caller)
    series, posts = await _series(tx, incident.id), await _amplifiers(tx, incident.id)
    clocks, more_clocks = await _clocks(tx, incident.id, events, pace)
    publications, publication_count, unapproved = await _publications(tx, incident.id, events, series, pace)
    step, first, last = steps_of(*span_of(series, opened_at, calmed_at))
    platforms = await _platforms(tx, incident.id)
    return Known(
        as_of=pace.scenario(await tx.now()), incident_id=incident.id, number=incident.number, title=titled["title"],
        is_drill=incident.is_drill, status=incident.status, grade=incident.grade, harm_class=incident.harm_class,
        media_follow_up=incident.media_follow_up, opened_at=opened_at, calmed_at=calmed_at,
        total=incident.total, baseline=incident.baseline, events=events, origin=await _origin(tx, incident.id),
        first_hit=await _first_hit(tx, incident.id, pace), platforms=platforms,
        windows=await _windows(tx, incident, series), series=series, points=_points(series, step), step_minutes=step,
        amplifiers=posts, alerts=await _alerts(tx, incident.id, pace), clocks=clocks, more_clocks=more_clocks,
        task_clocks=await _task_clocks(tx, incident.id), publications=publications,
        publication_count=publication_count, unapproved_count=unapproved, tasks=await _tasks(tx, incident.id),
        affected=await care.figures(tx, incident.id), media=await _media(tx, incident.id),
        gaps=await _gaps(tx, incident, first, last, [platform for platform, _, _ in platforms]),
    )  # fmt: skip


def _scenario(pace: Pace, at: datetime | None) -> datetime | None:
    return None if at is None else pace.scenario(at)


async def _events(tx: Tx, incident: Incident, pace: Pace, caller: Caller) -> Events:
    """What happened to the incident itself. Of tasks there may be thousands, which are counted instead."""
    own = or_(Event.type.in_(_TYPES), and_(Event.type.in_(_RINGS), Event.data["task_id"].astext.is_(None)))
    rows = select(Event).where(Event.incident_id == incident.id, own).order_by(Event.seq).limit(MOST_EVENTS)
    events = (await tx.scalars(rows)).all()
    reasons = [
        (incident.id, {name: event.data[name] for name in ("reason",) if name in event.data}) for event in events
    ]
    shown = await words_of(tx, reasons, caller=caller)
    told = [
        ToldEvent(event.id, event.type, event.at, event.data | said) for event, said in zip(events, shown, strict=True)
    ]
    return Events(told if pace is REAL else (_played(event, pace) for event in told))


def _played(event: ToldEvent, pace: Pace) -> ToldEvent:
    """The event with its instants on the scenario's line."""
    on_line = {"happened_at": pace.scenario, "calmed_at": pace.scenario, "due_at": pace.end}
    instants = {
        name: put(datetime.fromisoformat(event.data[name])).isoformat()
        for name, put in on_line.items()
        if event.data.get(name)
    }
    graded = event.type == "incident.grade_changed"
    at = graded_at(pace, event.at, event.data) if graded else pace.scenario(event.at)
    return event._replace(at=at, data={**event.data, **instants})


_SPREAD: Final = (
    func.coalesce(MentionState.reposts, 0) + func.coalesce(MentionState.comments, 0)
    + func.coalesce(MentionState.likes, 0)
)  # fmt: skip
_POSTED_AT: Final = func.coalesce(MentionState.person_published_at, MentionState.published_at, Mention.first_seen_at)


def _posts(incident_id: UUID) -> Select[UUID, str, datetime, str | None, str, int]:
    query = select(
        Mention.id, Mention.platform, _POSTED_AT.label("posted_at"), Mention.title, Mention.text,
        _SPREAD.label("spread"),
    )  # fmt: skip
    query = query.join(MentionState, MentionState.mention_id == Mention.id)
    return query.where(MentionState.incident_id == incident_id)


def _post(row: Any) -> Post:
    plain = " ".join(mask_text(row.title or row.text).split())
    cut = plain if len(plain) <= LONGEST_WORDS else f"{plain[: LONGEST_WORDS - 1]}…"
    return Post(row.id, row.platform, row.posted_at, cut, row.spread)


async def _origin(tx: Tx, incident_id: UUID) -> Post | None:
    row = (await tx.execute(_posts(incident_id).order_by(_POSTED_AT, Mention.id).limit(1))).one_or_none()
    return _post(row) if row else None


async def _amplifiers(tx: Tx, incident_id: UUID) -> list[Post]:
    """With the greatest counters. Their words are masked as in the ledger, and authors are not told of."""
    query = _posts(incident_id).order_by(_SPREAD.desc(), Mention.id).limit(MOST_AMPLIFIERS)
    return [_post(row) for row in await tx.execute(query)]


async def _platforms(tx: Tx, incident_id: UUID) -> list[tuple[str, int, int]]:
    query = (
        select(Mention.platform, func.count(), func.sum(_SPREAD))
        .join(MentionState, MentionState.mention_id == Mention.id).where(MentionState.incident_id == incident_id)
        .group_by(Mention.platform).order_by(func.sum(_SPREAD).desc(), Mention.platform)
    )  # fmt: skip
    return [(platform, count, int(spread)) for platform, count, spread in await tx.execute(query)]


async def _media(tx: Tx, incident_id: UUID) -> Media:
    query = select(func.count(), func.min(_POSTED_AT)).select_from(MentionState)
    query = query.join(Mention, Mention.id == MentionState.mention_id)
    query = query.where(MentionState.incident_id == incident_id, MentionState.media)
    return Media(*(await tx.execute(query)).one())


async def _first_hit(tx: Tx, incident_id: UUID, pace: Pace) -> tuple[int, Any] | None:
    """The hit whose clock began first, by its event."""
    query = select(Deadline.event_id, Deadline.started_at)
    query = query.where(Deadline.incident_id == incident_id, Deadline.kind == "alert")
    row = (await tx.execute(query.order_by(Deadline.started_at, Deadline.id).limit(1))).one_or_none()
    return (row.event_id, pace.scenario(row.started_at)) if row and row.event_id is not None else None


async def _alerts(tx: Tx, incident_id: UUID, pace: Pace) -> Alerts:
    met, breached, unpushed = (func.count().filter(Deadline.state == s) for s in ("met", "breached", "unpushed"))
    slowest = func.max(func.extract("epoch", Deadline.met_at - Deadline.started_at))
    query = select(func.count(), met, breached, unpushed, slowest)
    query = query.where(Deadline.incident_id == incident_id, Deadline.kind == "alert")
    row = (await tx.execute(query)).one()
    return Alerts(row[0], row[1], row[2], row[3], None if row[4] is None else float(row[4]) * pace.scale)


async def _series(tx: Tx, incident_id: UUID) -> Series:
    total = SpreadBucket.reposts + SpreadBucket.comments + SpreadBucket.likes
    query = select(SpreadBucket.minute, total).where(SpreadBucket.incident_id == incident_id, total != 0)
    rows = (await tx.execute(query.order_by(SpreadBucket.minute))).all()
    return Series([row[0] for row in rows], [row[1] for row in rows])


async def _windows(tx: Tx, incident: Incident, series: Series) -> list[WindowPeak]:
    rules = (await tx.scalars(select(GradingPolicy.rules).where(GradingPolicy.id == incident.policy_id))).one()
    policy = policy_from(rules)
    windows = windows_of(policy, series, peaks_of(incident, policy), series.minutes[-1] if series.minutes else 0)
    return [
        WindowPeak(each["rule"], each["window_seconds"] // 60, each["threshold"], each["grade"], each["peak"],
                   each["peak_at"])
        for each in windows
    ]  # fmt: skip


def _points(series: Series, step: int) -> list[Point]:
    shift, sums = 480 % step, dict[int, int]()
    for minute, amount in zip(series.minutes, series.totals, strict=True):
        start = minute - (minute + shift) % step
        sums[start] = sums.get(start, 0) + amount
    return [Point(minute_start(start), amount) for start, amount in sums.items()]


async def _gaps(tx: Tx, incident: Incident, first: int, last: int, platforms: Sequence[str]) -> list[Gap]:
    """Those in the curve's span, in minutes; one that lasts still ends with it."""
    start, end = minute_start(first), min(minute_start(last), await tx.now())
    return [Gap(gap.start, gap.end or end) for gap in await gaps_of(tx, incident, start, end, platforms)]


async def _clocks(tx: Tx, incident_id: UUID, events: Events, pace: Pace) -> tuple[list[Ticking], int]:
    mine: tuple[ColumnElement[bool], ...] = (
        Deadline.incident_id == incident_id, Deadline.kind != "alert", Deadline.task_id.is_(None),
    )  # fmt: skip
    query = select(Deadline).where(*mine).order_by(Deadline.started_at, Deadline.due_at, Deadline.id)
    rows = (await tx.scalars(query.limit(MOST_CLOCKS))).all()
    count = await tx.scalar(select(func.count()).select_from(Deadline).where(*mine)) or 0
    clocks = [
        Ticking(
            row.id, row.kind, row.state, pace.scenario(row.started_at), pace.end(row.due_at), _scenario(pace, row.met_at),
            _scenario(pace, row.recorded_at),
            tuple(event for type_ in _RINGS for event in events.by(type_, "deadline_id", row.id)),
        )
        for row in rows
    ]  # fmt: skip
    return clocks, count - len(rows)


async def _task_clocks(tx: Tx, incident_id: UUID) -> list[TaskClocks]:
    states = (("met", "met_recorded_late"), ("breached",), ("running",), ("cancelled",))
    counts = [func.count().filter(Deadline.state.in_(state)) for state in states]
    query = select(Deadline.kind, func.count(), *counts).where(Deadline.incident_id == incident_id)
    query = query.where(Deadline.task_id.is_not(None)).group_by(Deadline.kind).order_by(Deadline.kind)
    return [TaskClocks._make(row) for row in await tx.execute(query)]


async def _tasks(tx: Tx, incident_id: UUID) -> list[Tasks]:
    unfinished = Task.state.in_(UNFINISHED)
    late = or_(
        and_(Task.state == "done", Task.happened_at > Task.due_at), and_(unfinished, Task.due_at < await tx.now())
    )
    counts = [func.count().filter(which) for which in (Task.state == "done", Task.state == "waived", unfinished, late)]
    query = select(Task.kind, func.count(), *counts).where(Task.incident_id == incident_id)
    return [Tasks._make(row) for row in await tx.execute(query.group_by(Task.kind).order_by(Task.kind))]


async def _publications(
    tx: Tx, incident_id: UUID, events: Events, series: Series, pace: Pace
) -> tuple[Sequence[Spoken], int, int]:
    """The earliest, how many there are, and how many of them were statements that nobody had approved."""
    mine = Publication.incident_id == incident_id
    query = select(Publication).where(mine).order_by(Publication.happened_at, Publication.id)
    rows = (await tx.scalars(query.limit(MOST_PUBLICATIONS))).all()
    unapproved = func.count().filter(Publication.approved.is_(False))
    count, without = (await tx.execute(select(func.count(), unapproved).where(mine))).one()
    spoken = []
    for row in rows:
        told = events.by("incident.publication_recorded", "publication_id", row.id)
        at = pace.scenario(row.happened_at)
        before, after = gained(series, at, AROUND)
        spoken.append(
            Spoken(
                at, row.platform, row.statement_kind, row.on_origin, row.approved, before, after,
                told[0] if told else None, row.statement_id,
            )
        )  # fmt: skip
    return spoken, count, without
