"""The time of a drill 演练时间 (方案 三): a scenario's hours pass in minutes, and not at all while it is paused.

Two lines of time. On the *scenario's* lie the posts and how they spread: its 0 is :attr:`Pace.zero`, and a second of it takes
``1 / scale`` real seconds. On the *real* line lie the acts of people and the clocks 时限, whose times are as much shorter.
What is to come is dated on the real line as if nothing were paused; when a pause is over, it is all moved by its length.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

MOST_SCALE: Final = 10_000
"""A day of a scenario takes 9 seconds then; a clock of 30 minutes 0.18."""
WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 20, 40, 60, 60))
"""How long a run that could not be played is let be, after each try in vain. When all are over it has failed."""
_TICK: Final = timedelta(microseconds=1)
_NOTHING: Final = timedelta()


def wait_after(tries: int) -> timedelta:
    """How long until the next try, after so many in vain."""
    return WAITS[min(tries, len(WAITS)) - 1]


def has_failed(tries: int) -> bool:
    """Whether so many tries in vain are enough."""
    return tries > len(WAITS)


@dataclass(frozen=True, slots=True)
class Pace:
    """How real instants and those of a scenario follow each other.

    ``pauses`` follow each other; the last has no end while it lasts. After ``ended_at`` the scenario's time stands still.
    ``lasts`` is how long the scenario is, in its own time; None: it has no end.
    """

    zero: datetime
    started_at: datetime
    scale: int
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    ended_at: datetime | None = None
    lasts: timedelta | None = None

    @property
    def over_at(self) -> datetime | None:
        """The real instant at which the scenario is over, whether or not anybody has noted it; None: never."""
        return None if self.lasts is None else self.real(self.zero + self.lasts)

    def outlasts(self, at: datetime) -> bool:
        """Whether a real instant is still of the scenario: what would be later is not reached."""
        return (over := self.over_at) is None or at <= over

    @property
    def paused(self) -> bool:
        """Whether its time stands still for the moment, so that nothing rings."""
        return self.ended_at is None and self._open is not None

    @property
    def _open(self) -> datetime | None:
        return self.pauses[-1][0] if self.pauses and self.pauses[-1][1] is None else None

    def scenario(self, at: datetime) -> datetime:
        """The scenario's instant at a real one. It never goes back, and stands still in a pause and after the end."""
        at = at if self.ended_at is None else min(at, self.ended_at)
        return self.zero + self._played(self.planned(at)) * self.scale

    def real(self, at: datetime) -> datetime:
        """The first real instant at which the scenario's is reached: the inverse of :meth:`scenario`."""
        # Rounded up, so that what is due then is never early.
        instant = self.started_at - (self.zero - max(at, self.zero)) // _TICK // self.scale * _TICK
        for began, over in self.pauses:
            if over is not None and instant > began:
                instant += over - began
        return instant

    def planned(self, at: datetime) -> datetime:
        """The instant from which what begins at a real one is dated: in a pause that lasts, its beginning."""
        return at if self._open is None else min(at, self._open)

    def end(self, planned_at: datetime) -> datetime:
        """The scenario's instant of something to come that is dated as if nothing were paused."""
        return self.zero + self._played(planned_at) * self.scale

    def elapsed(self, at: datetime) -> float:
        """How far the scenario is at a real instant, in seconds of its own."""
        return (self.scenario(at) - self.zero).total_seconds()

    def after(self, seconds: float) -> datetime:
        """The real instant at which the scenario is so far."""
        return self.real(self.zero + timedelta(seconds=seconds))

    def span(self, time: timedelta) -> timedelta:
        """How long, in real time, something takes that takes ``time`` in the scenario's."""
        return time / self.scale

    def _played(self, at: datetime) -> timedelta:
        """How much real time has passed of it, pauses that are over left out."""
        at = max(at, self.started_at)
        rest = sum((min(at, over) - began for began, over in self.pauses if over and began < at), _NOTHING)
        return at - self.started_at - rest


REAL: Final = Pace(datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), 1)
"""What is no drill: both lines are one."""
