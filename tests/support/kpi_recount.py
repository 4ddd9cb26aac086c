"""The key figures once more, by their formulas and nothing of the service: from events as the audit log has them.

Nothing of the service is imported here, and no other table is read: whoever keeps the events can check what a board is told.
What happened after a period's end is not looked at, but for acts that are told of late.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple

SHANGHAI = timezone(timedelta(hours=8))
ENDED = {"closed", "subsided", "dismissed", "merged"}
CLOCKS = {"first_statement": "R42", "review": "R57"}

Event = Mapping[str, Any]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Clock:
    """A clock as its last event tells it."""

    kpi: str
    id: str
    incident_id: str
    grade: str | None
    due_at: datetime
    state: str


class Calm(NamedTuple):
    """A calm as it was told, and when it was told anew or taken back."""

    incident_id: str
    began_at: datetime
    calmed_at: datetime
    told_at: datetime
    over_at: datetime | None
    grade: str | None
    platform: str | None
    spread: int
    shares: dict[str, int]


@dataclass
class Case:
    """What the events tell of an incident."""

    id: str
    # Since when which.
    products: list[tuple[datetime, str | None]] = field(default_factory=list)
    fates: list[tuple[datetime, str]] = field(default_factory=list)
    began_at: datetime | None = None
    grade: str | None = None
    # At its first grade.
    platform: str | None = None
    graded: bool = False
    clocks: dict[str, Clock] = field(default_factory=dict)
    calms: list[Calm] = field(default_factory=list)
    # Who belonged to its team: person, from, until.
    team: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)

    def counts(self, end: datetime) -> bool:
        """Whether it was ours and no part of another."""
        return told_last(self.fates, end, "watching") not in ("merged", "dismissed")

    def take(self, event: Event) -> None:
        """One more event, in the order in which they are told."""
        data, at = event["data"], instant(event["timestamp"])
        match event["type"]:
            case "incident.opened":
                self.products.append((at, data["business_unit"]))
            case "incident.changed":
                self.products.append((at, data["business_unit"]))
            case "incident.grade_changed":
                self.grade = data["to"]
                if data["to"] is not None and not self.graded:
                    self.graded, self.platform = True, data["origin_platform"]
            case "incident.status_changed":
                self.fates.append((at, data["to"]))
                if data["to"] == "responding" and self.began_at is None:
                    self.began_at = at
                if data["from"] in ENDED and data["to"] not in ENDED:
                    self._flare(at)
            case "incident.rebounded":
                self._flare(at)
            case "incident.calmed" | "incident.calm_retold":
                self._flare(at)
                shares = {part["platform"]: part["spread"] for part in data["spread_by_platform"]}
                began_at = self.began_at or instant(data["calmed_at"])
                self.calms.append(Calm(self.id, began_at, instant(data["calmed_at"]), at, None, self.grade,
                                       data["origin_platform"], data["spread"], shares))  # fmt: skip
            case "sla.met" | "sla.breached":
                self._clock(data, data.get("state", "breached"))
            case "incident.team_changed":
                self._members(data, at)
            case "escalation.person":
                self.team.append((data["person_id"], at, None))

    def _flare(self, at: datetime) -> None:
        self.calms = [calm if calm.over_at else calm._replace(over_at=at) for calm in self.calms]

    def _clock(self, data: Mapping[str, Any], state: str) -> None:
        kpi = CLOCKS.get(data["clock"])
        if data["clock"] == "first_response":
            kpi = "R03" if data["grade"] == "major" else "R02"
        if kpi is not None:
            id_ = data["deadline_id"]
            self.clocks[id_] = Clock(kpi, id_, self.id, data["grade"], instant(data["due_at"]), state)

    def _members(self, data: Mapping[str, Any], at: datetime) -> None:
        people = {member["person_id"] for member in data["members"]}
        if data["change"] == "joined":
            self.team += [(person, at, None) for person in people]
        if data["change"] == "left":
            self.team = [(who, since, at if who in people and until is None else until)
                         for who, since, until in self.team]  # fmt: skip


def told_last(told: Iterable[tuple[datetime, str | None]], end: datetime, first: str | None = None) -> str | None:
    """What was told last before an instant."""
    return next((what for at, what in reversed(list(told)) if at < end), first)


def cases(events: Iterable[Event], end: datetime) -> list[Case]:
    """The incidents that counted at an instant, from real events in order."""
    found: dict[str, Case] = {}
    for event in events:
        id_ = event["data"].get("incident_id")
        if id_ is not None and not event["data"].get("is_drill"):
            found.setdefault(id_, Case(id_)).take(event)
    return [case for case in found.values() if case.counts(end)]


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


@dataclass
class Tally:
    """A numerator, a denominator and the numerator by when it was told."""

    numerator: int = 0
    denominator: int = 0
    as_recorded: int | None = None

    def add_clock(self, state: str) -> None:
        self.numerator += state != "breached"
        self.denominator += 1
        self.as_recorded = (self.as_recorded or 0) + (state == "met")


Key = Callable[[Case, Clock | Calm], Iterable[Any]]


def whole(*_: Any) -> Iterable[Any]:
    return ("",)


def by_grade(_: Case, of: Clock | Calm) -> Iterable[Any]:
    return (of.grade,)


def by_product(on: date) -> Key:
    """Of which product it was at the end of that day."""
    return lambda case, _: (told_last(case.products, midnight(on + timedelta(days=1))),)


def by_platform(case: Case, of: Clock | Calm) -> Iterable[Any]:
    return (of.platform if isinstance(of, Calm) else case.platform,)


def by_department(departments: Mapping[str, str | None]) -> Key:
    """``departments``: in which one each person was when they joined."""

    def key(case: Case, of: Clock | Calm) -> Iterable[Any]:
        assert isinstance(of, Clock)
        there = {departments.get(who) for who, since, until in case.team
                 if since <= of.due_at and (until is None or until > of.due_at)}  # fmt: skip
        return there or {None}

    return key


def clocks(events: Iterable[Event], first: date, last: date, key: Key = whole) -> dict[tuple[str, Any], Tally]:
    """(figure, key) -> what the clocks come to that were due on these days."""
    start, end, found = midnight(first), midnight(last + timedelta(days=1)), dict[tuple[str, Any], Tally]()
    for case in cases(events, end):
        for clock in case.clocks.values():
            if start <= clock.due_at < end:
                for part in key(case, clock):
                    found.setdefault((clock.kpi, part), Tally()).add_clock(clock.state)
    return found


def standing(events: Iterable[Event], first: date, last: date) -> list[tuple[Case, Calm]]:
    """The calms that were recorded on these days and stood at their end, as they were told by then."""
    start, end = midnight(first), midnight(last + timedelta(days=1))
    return [
        (case, calm) for case in cases(events, end) for calm in case.calms
        if start <= calm.calmed_at < end and calm.told_at < end and (calm.over_at is None or calm.over_at >= end)
    ]  # fmt: skip


def calms(events: Iterable[Event], first: date, last: date, key: Key = whole) -> dict[tuple[str, Any], Tally]:
    """(figure, key) -> time to calm and negative spread."""
    found: dict[tuple[str, Any], Tally] = {}
    for case, calm in standing(events, first, last):
        seconds = (calm.calmed_at - calm.began_at) // timedelta(seconds=1)
        for part in key(case, calm):
            for kpi, amount in (("R05", seconds), ("R06", calm.spread)):
                tally = found.setdefault((kpi, part), Tally())
                tally.numerator += amount
                tally.denominator += 1
    return found


def spread_by_platform(events: Iterable[Event], first: date, last: date) -> dict[str, Tally]:
    """Each platform's part of the spread, over all incidents."""
    found = standing(events, first, last)
    platforms = {platform for _, calm in found for platform in calm.shares}
    return {
        platform: Tally(sum(calm.shares.get(platform, 0) for _, calm in found), len(found)) for platform in platforms
    }


def patrols(events: Iterable[Event], first: date, last: date) -> Tally:
    """Patrols of these days that were walked in time, of those that were walked or missed."""
    start, end, states = midnight(first), midnight(last + timedelta(days=1)), dict[str, str]()
    for event in events:
        data = event["data"]
        if event["type"] in ("patrol.missed", "patrol.checked_in") and start <= instant(data["slot_at"]) < end:
            states[data["patrol_id"]] = data.get("state", "missed")
    done = [state for state in states.values() if state in ("done", "done_recorded_late")]
    return Tally(len(done), len(states), done.count("done"))


def alerts(events: Iterable[Event], deadlines: Iterable[Mapping[str, Any]], first: date, last: date) -> Tally:
    """Alerts that were due on these days, as `GET /v1/deadlines` lists them; each is of a hit that was told of."""
    start, end = midnight(first), midnight(last + timedelta(days=1))
    hits = {event["data"]["mention_id"] for event in events if event["type"] == "mention.hit"}
    states = [one["state"] for one in deadlines if one["kind"] == "alert" and one["mention_id"] in hits
              and start <= instant(one["due_at"]) < end and one["state"] != "running"]  # fmt: skip
    return Tally(states.count("met"), len(states))


async def audit(database: Any) -> list[Event]:
    """All events, as the audit log has them: `GET /v1/events` tells of those that outside tools may follow."""
    rows = await database.fetch("select type, at, data::text as data from events order by id")
    return [{"type": row["type"], "timestamp": row["at"].isoformat(), "data": json.loads(row["data"])} for row in rows]
