"""Key figures that rooms reckon, once more: R04, R07, R08 and R01, by their formulas and from what is exported.

Like :mod:`tests.support.kpi_recount` this imports nothing of the service and reads no table. Events are those of the audit
log, public or not; what is no event because it is counted by the thousand (readings of posts) is read as the API lists it.
"""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from tests.support.kpi_recount import SHANGHAI, Event, Tally, instant, midnight

HOUR, DAY, MOMENT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
# Core platforms as shipped (方案 二(二)2).
CORE = {"wechat_official", "weibo", "douyin"}


class Beat(NamedTuple):
    """In this minute something was received about a platform."""

    platform: str
    at: datetime


class Found(NamedTuple):
    """What a check of a mechanism looked at, and how much of it is amiss."""

    checked: int
    amiss: int


def until(events: Iterable[Event], at: datetime) -> list[Event]:
    """What had happened by then."""
    return [event for event in events if instant(event["timestamp"]) <= at]


def ends(last: date, now: datetime) -> datetime:
    """The moment that stands for a period's end."""
    return min(midnight(last + DAY) - MOMENT, now)


# R07


def roster(events: Iterable[Event], at: datetime) -> dict[str, str | None]:
    """Who was on the roster, and in which department."""
    there: dict[str, str | None] = {}
    for event in until(events, at):
        data = event["data"]
        if data.get("subject") == "person":
            there.pop(data["subject_id"], None)
            if data["active"]:
                there[data["subject_id"]] = data["department_id"]
    return there


def courses(events: Iterable[Event], at: datetime) -> dict[str, Mapping[str, Any]]:
    """What each course asked for."""
    return {e["data"]["training_id"]: e["data"] for e in until(events, at) if e["type"] == "training.changed"}


def results(events: Iterable[Event]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Course and person -> what they reached, whenever it was entered; without what was withdrawn."""
    known: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for event in events:
        if event["type"] == "training.results_recorded":
            for result in event["data"]["results"]:
                known.pop(result["completion_id"], None)
                if event["data"]["action"] != "withdrawn":
                    known[result["completion_id"]] = event["data"]["training_id"], result
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for training_id, result in known.values():
        found[training_id, result["person_id"]].append(result)
    return found


def good_until(course: Mapping[str, Any], on: date) -> date:
    """The last day on which a completion is good."""
    if course["validity_months"] is None and course["validity_days"] is None:
        return date.max
    year, month = divmod(on.year * 12 + on.month - 1 + (course["validity_months"] or 0), 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(on.day, last)) + (course["validity_days"] or 0) * DAY


def holds(course: Mapping[str, Any], reached: Iterable[Mapping[str, Any]], day: date) -> bool:
    """Whether somebody with these results held a valid completion on a day."""
    for result in reached:
        on, mark, score = date.fromisoformat(result["completed_on"]), course["pass_mark"], result["score"]
        passed = result["passed"] is not False
        if mark is not None:
            passed = passed and (score >= mark if score is not None else result["passed"] is True)
        if passed and on <= day <= good_until(course, on):
            return True
    return False


def trainings(events: Sequence[Event], last: date, now: datetime) -> dict[str | None, Tally]:
    """Department -> who held all that was asked of them at the end of the last day, of who was on the roster."""
    at = ends(last, now)
    day, asked, reached = at.astimezone(SHANGHAI).date(), courses(events, at), results(events)
    found: dict[str | None, Tally] = defaultdict(Tally)
    for person, department in roster(events, at).items():
        duties = [
            (id_, course) for id_, course in asked.items() if course["mandatory"] and not course["retired"]
            and (course["department_ids"] is None or department in course["department_ids"])
        ]  # fmt: skip
        found[department].denominator += 1
        found[department].numerator += all(holds(course, reached.get((id_, person), ()), day) for id_, course in duties)
    return found


def added_up(parts: Mapping[Any, Tally]) -> Tally:
    """The whole, from its parts."""
    return Tally(sum(part.numerator for part in parts.values()), sum(part.denominator for part in parts.values()))


# R04


def core(events: Iterable[Event], at: datetime) -> set[str]:
    """Which platforms were core: each change of it is on record, and there are but two ways."""
    found = set(CORE)
    for event in until(events, at):
        if event["type"] == "platform_rule.updated" and "core" in event["data"]["fields"]:
            found ^= {event["data"]["subject_id"]}
    return found


def beats(
    events: Iterable[Event],
    mentions: Iterable[Mapping[str, Any]],
    observations: Iterable[tuple[str, Mapping[str, Any]]],
) -> set[Beat]:
    """When what was received: posts, readings of them (each with its platform), and check-ins from patrols."""
    found = {Beat(one["platform"], minute(instant(one["first_seen_at"]))) for one in mentions if not one["is_drill"]}
    found |= {Beat(platform, minute(instant(one["received_at"]))) for platform, one in observations}
    for event in events:
        data, at = event["data"], instant(event["timestamp"])
        # What is told of later says nothing of whether anybody looks now.
        if event["type"] == "patrol.checked_in" and at - instant(data["happened_at"]) <= HOUR:
            found |= {Beat(platform, minute(at)) for platform in data["looked_at"]}
    return found


def minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def coverage(
    events: Sequence[Event], heard: Iterable[Beat], first: date, last: date, now: datetime
) -> dict[str, Tally]:  # fmt: skip
    """Core platform -> whole hours in which it was heard, of those in which it was core."""
    fresh = {(beat.platform, beat.at.replace(minute=0)) for beat in heard}
    found: dict[str, Tally] = defaultdict(Tally)
    hour, changes = midnight(first), [event for event in events if event["type"] == "platform_rule.updated"]
    while hour + HOUR <= min(midnight(last + DAY), now):
        for platform in core(changes, hour):
            found[platform].denominator += 1
            found[platform].numerator += (platform, hour) in fresh
        hour += HOUR
    return found


# R08


@dataclass
class Review:
    """A review as its events tell it, and when its decisions are due."""

    open: bool = False
    incident_ids: set[str] = field(default_factory=set)
    reported_at: datetime | None = None
    completed: bool = False


@dataclass
class ReviewClock:
    """A review's clock of one incident."""

    started_at: datetime
    due_at: datetime
    ended: bool = False


def review_clocks(events: Iterable[Event]) -> dict[str, list[ReviewClock]]:
    """Incident -> its clocks, as far as these events tell; those that were called off are out."""
    found: dict[str, dict[str, ReviewClock]] = defaultdict(dict)
    for event in events:
        data = event["data"]
        if data.get("is_drill"):
            continue
        if event["type"] == "incident.deadlines_set":
            for one in data["deadlines"]:
                if one["clock"] == "review":
                    _set(found[data["incident_id"]], one, instant(event["timestamp"]))
        elif event["type"] == "deadline.redated" and data["clock"] == "review":
            found[data["incident_id"]][data["deadline_id"]].due_at = instant(data["due_at"])
        elif event["type"] == "review.reported":
            for clock in found[data["incident_id"]].values():
                clock.ended = True
    return {id_: list(clocks.values()) for id_, clocks in found.items()}


def _set(clocks: dict[str, ReviewClock], one: Mapping[str, Any], at: datetime) -> None:
    if one["action"] == "cancelled":
        clocks.pop(one["deadline_id"], None)
    elif one["deadline_id"] in clocks:
        clocks[one["deadline_id"]].due_at = instant(one["due_at"])
    else:
        clocks[one["deadline_id"]] = ReviewClock(at, instant(one["due_at"]))


def reviews(events: Iterable[Event]) -> list[Review]:
    """The reviews of what is real, as far as these events tell."""
    found: dict[str, Review] = defaultdict(Review)
    for event in events:
        data = event["data"]
        if not {"review_id", "incident_id"} <= data.keys() or data.get("is_drill"):
            continue
        review = found[data["review_id"]]
        review.incident_ids.add(data["incident_id"])
        match event["type"]:
            case "review.opened" | "review.resumed":
                review.open = True
            case "review.suspended":
                review.open = False
            case "review.reported":
                review.reported_at = review.reported_at or instant(event["timestamp"])
            case "review.completed":
                review.completed = True
    return list(found.values())


def checks(
    events: Sequence[Event],
    heard: Iterable[Beat],
    alerts: Iterable[Mapping[str, Any]],
    shipped: Sequence[Event],
    at: datetime,
) -> dict[str, Found]:
    """Each check of the mechanisms as it stood at an instant. ``shipped``: what stood from the first day, as events."""
    told = until(sorted([*shipped, *events], key=lambda event: instant(event["timestamp"])), at)
    platforms, day = core(told, at), at - DAY
    alive = {beat.platform for beat in heard if day < beat.at <= at}
    due = [one for one in alerts if not one["is_drill"] and day < instant(one["due_at"]) <= at]
    late = [one for one in due if one["met_at"] is None or instant(one["met_at"]) > instant(one["due_at"])]
    return {
        "core_platforms_alive": Found(len(platforms), len(platforms - alive)),
        "patrols_done": _patrols(events, day, at),
        "alerts_pushed": Found(len(due), len(late)),
        "reviews_not_late": _under_way(told, at),
        "reports_in_time": _reports(told, events, at),
        "decisions_applied": _decisions(told, at),
        "risks_reviewed": _risks(told, at),
        "rules_looked_at": _looked_at(told, at),
    }


def _patrols(events: Iterable[Event], after: datetime, at: datetime) -> Found:
    """Patrols whose time was up in the day before: a walk that is told of later counts when it happened."""
    done: dict[str, bool] = {}
    for event in events:
        data = event["data"]
        if event["type"] in ("patrol.missed", "patrol.checked_in") and after < instant(data["due_by"]) <= at:
            walked = data.get("happened_at")
            done[data["patrol_id"]] = walked is not None and instant(walked) <= instant(data["due_by"])
    return Found(len(done), list(done.values()).count(False))


def _under_way(told: Iterable[Event], at: datetime) -> Found:
    running = [clock for clocks in review_clocks(told).values() for clock in clocks if not clock.ended]
    return Found(len(running), sum(clock.due_at < at for clock in running))


def _reports(told: Sequence[Event], events: Iterable[Event], at: datetime) -> Found:
    """Of the last 30 days; what is told of later counts when it happened."""
    reported: dict[str, list[datetime]] = defaultdict(list)
    for event in events:
        if event["type"] == "review.reported":
            reported[event["data"]["incident_id"]].append(instant(event["data"]["happened_at"]))
    due = [(id_, clock) for id_, clocks in review_clocks(told).items() for clock in clocks
           if at - 30 * DAY < clock.due_at <= at]  # fmt: skip
    late = [one for one in due if not any(one[1].started_at <= when <= one[1].due_at for when in reported[one[0]])]
    return Found(len(due), len(late))


def _decisions(told: Sequence[Event], at: datetime) -> Found:
    """Due seven days after the first of the incidents' clocks; where none ran, after the report."""
    clocks, due = review_clocks(told), list[datetime]()
    for review in reviews(told):
        first = [clock.due_at for id_ in review.incident_ids for clock in clocks.get(id_, ())]
        by = min(first, default=review.reported_at)
        if review.open and not review.completed and by is not None:
            due.append(by + 7 * DAY)
    return Found(len(due), sum(by < at for by in due))


def _risks(told: Iterable[Event], at: datetime) -> Found:
    risks = {event["data"]["risk_id"]: event["data"] for event in told if event["type"] == "risk.changed"}
    days = [date.fromisoformat(one["next_review_on"]) for one in risks.values() if one["status"] == "open"]
    return Found(len(days), sum(day < at.astimezone(SHANGHAI).date() for day in days))


def _looked_at(told: Iterable[Event], at: datetime) -> Found:
    """Rules and both kinds of policies: changed, decided about in a review, or tried on history in the last 90 days."""
    seen: dict[str, datetime] = {}
    for event in told:
        data, when = event["data"], instant(event["timestamp"])
        kinds = {event["type"].partition(".")[0]} & {"watch_rule", "grading_policy", "sla_policy"}
        if event["type"] == "review.decided" and not data.get("is_drill"):
            kinds = {"scope": {"watch_rule"}, "process": {"grading_policy", "sla_policy"}}.get(data["decision"], set())
        if event["type"] == "replay.asked":
            kinds = {"watch_rule" if "rule_id" in data["fields"] else "grading_policy"}
        seen |= dict.fromkeys(kinds, when)
    return Found(3, 3 - sum(when > at - 90 * DAY for when in seen.values()))


MECHANISMS = {
    "monitoring": ("core_platforms_alive", "patrols_done", "alerts_pushed"), "review": ("reviews_not_late", "reports_in_time"),
    "upgrade": ("decisions_applied", "risks_reviewed", "rules_looked_at"),
}  # fmt: skip
# Without any of these there is no mechanism.
NEEDED = {"core_platforms_alive", "risks_reviewed"}


def mechanisms(found: Mapping[str, Found]) -> Tally:
    """Those that are green: none of their checks is amiss, or of nothing at all where something is needed."""
    bad = {check for check, one in found.items() if one.amiss or (check in NEEDED and not one.checked)}
    return Tally(sum(bad.isdisjoint(names) for names in MECHANISMS.values()), len(MECHANISMS))


# R01

# Figure -> the target in thousandths, and whether it is of the change against the baseline.
TARGETS = {
    "R02": (1000, False), "R03": (1000, False), "R04": (1000, False), "R05": (-300, True), "R06": (-400, True),
    "R07": (950, False), "R08": (1000, False),
}  # fmt: skip


def targets(figures: Mapping[str, Tally], baseline: Mapping[str, Tally]) -> Tally:
    """Targets that are reached, of those of which it can be told."""
    reached: list[bool] = []
    for kpi, (target, changes) in TARGETS.items():
        one, before = figures.get(kpi, Tally()), baseline.get(kpi, Tally())
        if not one.denominator or (changes and not (before.denominator and before.numerator)):
            continue
        if changes:
            now, then = one.numerator * before.denominator, before.numerator * one.denominator
            reached.append(now * 1000 <= then * (1000 + target))
        else:
            reached.append(one.numerator * 1000 >= one.denominator * target)
    return Tally(sum(reached), len(reached))
