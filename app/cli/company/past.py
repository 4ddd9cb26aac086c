"""A past that is lived through: an agenda of what people do, and between its entries everything that rings by itself, each
at its own instant, as workers that never slept would have rung it.

The statements of the rooms are the workers' own; what time they find is the database's moment.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, TypeVar

from app.core.auth import Caller
from app.core.db import Database, Tx
from app.incidents import alerts, calling, calm, fading, ringing, silence
from app.incidents.spread import Ledger
from app.mentions.claims import Claim
from app.mentions.ingest import Accepted, Intake, Row
from app.mentions.patrol_slots import make_slots, tell_missed
from app.mentions.processing import Batch, process_inbox
from app.mentions.rematching import rematch
from app.mentions.rulebook import Rules
from app.mentions.source_silences import tell_silences
from app.reviews.overdue import late_reviews, tell_of
from app.reviews.risks_overdue import tell_overdue
from app.settings import Settings
from app.statements import origins
from app.trainings import drills_playing
from app.trainings.telling import tell_coverage, tell_ending

T = TypeVar("T")
Act = Callable[[], Awaitable[None]]
AT_ONCE: Final = 1_000
# After something rang that is still due (a push is waited for), it is looked at again.
AGAIN: Final = timedelta(seconds=5)

# What rings by itself, and when the next of each does.
_NEXT: Final = """
select (select min(next_at) from deadlines where next_at is not null and kind <> 'alert') as clocks,
  (select min(next_call_at) from incident_members where next_call_at is not null) as calls,
  (select min(next_at) from deadlines where next_at is not null and kind = 'alert') as alerts,
  (select min(due_at) from silences where stopped_by is null) as silences,
  (select min(due_at) from origin_watches where due_at is not null) as origins,
  (select min(next_at) from drills where next_at is not null) as drills,
  (select min(due_by) from patrols where missed_at is null and happened_at is null) as patrols,
  (select min(decisions_due_at) + interval '1 second' from reviews
    where status in ('open', 'reported') and overdue_told_at is null) as reviews,
  (select min(date_trunc('minute', w.since) + make_interval(secs => s.rhythm_seconds + 66))
    from source_watches w join sources s on s.id = w.source_id
    where s.enabled and not exists (select from source_silences q where q.source_id = s.id and q.ends_at is null)) as sources"""
# As an API that could always be reached would have noted.
_LISTENED: Final = """
insert into listening_spans(started_at, seen_at) values ($1, now())
on conflict (started_at) do update set seen_at = greatest(listening_spans.seen_at, excluded.seen_at)"""


class Past:
    """The agenda and its clock."""

    def __init__(self, database: Database, settings: Settings, intake: Intake) -> None:
        self.database, self.settings, self._intake = database, settings, intake
        self.rules, self._ledger = Rules(), Ledger()
        self._agenda: list[tuple[datetime, int, Act]] = []
        self._numbers = count()
        self._begins = self.now

    @property
    def now(self) -> datetime:
        """The instant it is."""
        assert self.database.moment is not None, "a past has its moment"
        return self.database.moment

    def at(self, when: datetime, act: Act) -> None:
        """Puts something on the agenda; of one instant the first that was put there comes first."""
        heappush(self._agenda, (when, next(self._numbers), act))

    def after(self, minutes: float, act: Act) -> None:
        """The same, so many minutes from now."""
        self.at(self.now + timedelta(minutes=minutes), act)

    async def live(self, begins: datetime, ending: datetime) -> None:
        """Lives through all of it up to the ending; what is on the agenda after that is not done any more."""
        self.database.moment = self._begins = begins
        while self._agenda and self._agenda[0][0] <= ending:
            when, _, act = heappop(self._agenda)
            await self._pass(when)
            self.database.moment = when
            await act()
        await self._pass(ending)
        self.database.moment = ending

    async def do(self, verb: Callable[[Tx, datetime], Awaitable[T]]) -> T:
        """One transaction, at this instant."""

        async def work(tx: Tx) -> T:
            return await verb(tx, await tx.now())

        return await self.database.run(work)

    async def say(self, verb: Callable[..., Awaitable[T]], *said: Any, by: Caller, **named: Any) -> T:
        """A verb of somebody's, at this instant."""
        return await self.do(lambda tx, now: verb(tx, *said, caller=by, now=now, **named))

    async def make(self, verb: Callable[..., Awaitable[T]], *said: Any, by: Caller, **named: Any) -> T:
        """The same of a verb that takes its time from the transaction."""
        return await self.do(lambda tx, _: verb(tx, *said, caller=by, **named))

    async def find(self, query: Callable[..., Awaitable[T]], *of: Any) -> T:
        """What is read at this instant."""
        return await self.do(lambda tx, _: query(tx, *of))

    async def receive(self, rows: Sequence[Row]) -> list[Accepted]:
        """Takes readings as the service takes them, and counts them as its workers do."""

        async def work(tx: Tx) -> tuple[list[Accepted], Batch]:
            accepted = await self._intake.accept(rows, tx)
            return accepted, await process_inbox(tx, self.rules, self._ledger, Claim(AT_ONCE))

        accepted, batch = await self.database.run(work)
        self._ledger.hold(batch.held)
        return accepted

    async def count_all(self) -> None:
        """Counts what waits to be counted."""
        while True:
            batch = await self.database.run(
                lambda tx: process_inbox(tx, self.rules, self._ledger, Claim(AT_ONCE))
            )  # fmt: skip
            self._ledger.hold(batch.held)
            if not batch.readings:
                return

    async def match_again(self) -> None:
        """Matches what was matched before by rules that are new."""
        while (await self.database.run(lambda tx: rematch(tx, self.rules, self._ledger, limit=AT_ONCE))).readings:
            pass

    async def _pass(self, until: datetime) -> None:
        """Time goes by: all that rings until then rings, at its instant."""
        at, rung = self.now, set[str]()
        while True:
            [row] = await self.database.fetch(_NEXT)
            due = {name: when for name, when in row.items() if when is not None and when <= until}
            if not due:
                return
            if (first := min(due.values())) > at:
                at, rung = first, set()
            ringing_now = {name for name, when in due.items() if when <= at} - rung
            if not ringing_now:
                # What rang and is still due waits for something; it is looked at again.
                at, rung = at + AGAIN, set()
                if at > until:
                    return
                continue
            self.database.moment = at
            for name in sorted(ringing_now):
                await self._ring(name)
            rung |= ringing_now

    async def _ring(self, name: str) -> None:
        if name == "drills":
            while await self.database.run(lambda tx: drills_playing.step(tx, self.rules)) is not None:
                pass
            return
        ringers: dict[str, Callable[[Tx], Awaitable[Any]]] = {
            "clocks": ringing.ring_due, "calls": calling.call_due, "silences": silence.ring_due, "origins": origins.ring_due,
            "patrols": tell_missed, "alerts": lambda tx: alerts.breach_alerts(tx, AT_ONCE), "reviews": _tell_decisions,
            "sources": self._listen,
        }  # fmt: skip
        await self.database.run(ringers[name])

    async def note_pushes(self) -> None:
        """Notes which hits people have heard of."""
        await self.database.run(lambda tx: alerts.note_pushes(tx))

    async def look(self, hour: int) -> None:
        """What workers look for now and then: whether somebody is heard and what subsides; once a day slots, risks, and
        what of trainings ends or falls."""
        if hour % 24 == 0:
            await self.database.run(make_slots)
            for job in (tell_overdue, tell_ending, tell_coverage):
                await self.database.run(job)
        await self.database.run(self._listen)
        for incident_id in await self.database.run(fading.subsiding):
            await self.database.run(lambda tx, one=incident_id: fading.subside(tx, one))  # type: ignore[misc]

    async def _listen(self, tx: Tx) -> None:
        """Looks which tools are heard."""
        await (await tx.driver()).execute(_LISTENED, self._begins)
        await tell_silences(tx)

    async def is_calm(self, incident_id: Any) -> bool:
        """Looks whether the fire is out."""
        return bool(await self.database.run(lambda tx: calm.check(tx, incident_id)))


async def _tell_decisions(tx: Tx) -> None:
    for review_id in await late_reviews(tx):
        await tell_of(tx, review_id)
