"""What is read of one incident for its review, before figures are made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.domain.curve import Gap, Point
from app.domain.review_facts import Events, ToldEvent
from app.domain.spread import Series

AROUND: Final = timedelta(hours=2)
"""What is looked at before a publication, and from it on."""


class Post(NamedTuple):
    """One mention; its words as whoever reads may see them."""

    mention_id: UUID
    platform: str
    posted_at: datetime | None
    words: str
    spread: int


class Alerts(NamedTuple):
    """How soon hits were pushed: of how many clocks, and how the slowest push that arrived did."""

    total: int
    met: int
    breached: int
    unpushed: int
    slowest_seconds: float | None


class Ticking(NamedTuple):
    """A clock of the incident itself; ``events`` are those that tell of it."""

    id: UUID
    kind: str
    state: str
    started_at: datetime
    due_at: datetime
    met_at: datetime | None
    recorded_at: datetime | None
    events: tuple[ToldEvent, ...]


class TaskClocks(NamedTuple):
    """The clocks of tasks of one kind."""

    kind: str
    total: int
    met: int
    breached: int
    running: int
    cancelled: int


class Tasks(NamedTuple):
    """The tasks of one kind. ``late``: done after they were due, or due already and not done."""

    kind: str
    total: int
    done: int
    waived: int
    unfinished: int
    late: int


class Spoken(NamedTuple):
    """A publication, what was gained in the two hours before it and in those from it on."""

    happened_at: datetime
    platform: str
    kind: str
    on_origin: bool
    approved: bool | None
    before: int
    after: int
    event: ToldEvent | None
    # Which statement it was, where it was one of ours.
    statement_id: UUID | None = None


class Media(NamedTuple):
    """Reports by listed outlets: how many, and when the first was published."""

    reports: int
    first_at: datetime | None


class WindowPeak(NamedTuple):
    """A volume rule, and the most that was ever gained in a window of its width."""

    rule: str
    window_minutes: int
    threshold: int
    grade: str
    peak: int
    peak_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is read of an incident, as of ``as_of``. Of what is played in a drill 演练 all instants are the scenario's."""

    as_of: datetime
    incident_id: UUID
    number: str
    title: str
    is_drill: bool
    status: str
    grade: str | None
    harm_class: str | None
    media_follow_up: str
    opened_at: datetime
    calmed_at: datetime | None
    total: int
    baseline: int
    events: Events
    origin: Post | None
    # The hit's event and when we were told of the post.
    first_hit: tuple[int, datetime] | None
    # Platform, how many mentions, and their counters as they are.
    platforms: Sequence[tuple[str, int, int]]
    windows: Sequence[WindowPeak]
    series: Series
    points: Sequence[Point]
    step_minutes: int
    amplifiers: Sequence[Post]
    alerts: Alerts
    clocks: Sequence[Ticking]
    more_clocks: int
    task_clocks: Sequence[TaskClocks]
    publications: Sequence[Spoken]
    publication_count: int
    unapproved_count: int
    tasks: Sequence[Tasks]
    affected: Mapping[str, Any]
    media: Media
    # Where a source of its platforms was silent.
    gaps: Sequence[Gap] = ()

    @property
    def mention_count(self) -> int:
        """All mentions, whatever they say."""
        return sum(count for _, count, _ in self.platforms)
