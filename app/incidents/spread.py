"""Counting: what mentions add to incidents, minute by minute, and the windows over it (方案 二(一)3, 二(二)1).

Whoever changes an incident's spread holds its row lock. The buckets are written as differences, so the same code
serves a new reading, a late one, a corrected sentiment and a move; the peaks follow in the same transaction.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from app.core.db import Tx
from app.domain.drills import REAL, Pace
from app.domain.grading import NO_PEAK, Peak, Policy, advance_peaks, policy_from, rescan_peaks
from app.domain.spread import Counters, Gains, Series, minute_of
from app.incidents.runs import pace_of
from app.models import GradingPolicy, Incident

FRESH = timedelta(hours=24)
_COUNTED = (
    "total", "baseline", "mention_count", "peaks", "peak_minutes", "live_peaks", "live_peak_minutes", "last_gain_at",
)  # fmt: skip
HELD_SERIES = 2_000

_WRITE = """
insert into spread_buckets as b (incident_id, minute, reposts, comments, likes, historical)
select * from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
on conflict (incident_id, minute) do update
set reposts = b.reposts + excluded.reposts, comments = b.comments + excluded.comments,
  likes = b.likes + excluded.likes, historical = b.historical + excluded.historical"""
_READ = """
select incident_id, array_agg(minute) as minutes, array_agg(total) as totals,
  case when bool_or(historical <> 0) then array_agg(historical) end as historical from (
  select incident_id, minute, (reposts + comments + likes)::bigint as total, historical from spread_buckets
  where incident_id = any($1::uuid[]) order by incident_id, minute) b group by incident_id"""


@dataclass(slots=True)
class Change:
    """What one transaction adds to one incident; amounts may be negative."""

    buckets: dict[int, Counters] = field(default_factory=dict)
    baseline: int = 0
    mentions: int = 0
    # The part of each minute that was loaded from the past.
    historical: dict[int, int] = field(default_factory=dict)
    # When the earliest live data of the change was received, and the minutes it grew; None: all of it is historical.
    received_at: datetime | None = None
    live: tuple[int, int] | None = None
    # The greatest single gain, and how long its mention had not been read before it.
    deciding: int = 0
    gap: timedelta = timedelta()

    def add(self, gains: Gains) -> None:
        """Adds what a mention gained, or takes back what it lost."""
        buckets = self.buckets
        for minute, reposts, comments, likes in gains.by_minute:
            before = buckets.get(minute)
            if before is not None:
                reposts, comments, likes = before[0] + reposts, before[1] + comments, before[2] + likes
            buckets[minute] = (reposts, comments, likes)
        if any(gains.baseline):
            self.baseline += sum(gains.baseline)
        for minute, amount in gains.historical:
            self.historical[minute] = self.historical.get(minute, 0) + amount

    def received(self, gains: Gains, at: datetime) -> None:
        """Notes which minutes grew by live data, which came in at ``at``."""
        past = dict(gains.historical)
        grown = [minute for minute, *counters in gains.by_minute if sum(counters) > past.get(minute, 0)]
        if not grown:
            return
        grown += self.live or ()
        self.live = min(grown), max(grown)
        if self.received_at is None or at < self.received_at:
            self.received_at = at

    def decides(self, amount: int, gap: timedelta) -> None:
        """Keeps the greatest gain: if a grade follows, its evidence tells how long nobody had looked."""
        if amount > self.deciding:
            self.deciding, self.gap = amount, gap


@dataclass(frozen=True, slots=True)
class Counted:
    """An incident after its change: its whole series, whether it grew, and the minutes that live data made grow."""

    series: Series
    grew: bool = False
    # First and last such minute, and the first window end that was fresh when the data came. None: nothing may alert.
    live: tuple[int, int] | None = None
    cutoff: int | None = None


class Ledger:
    """The series and policies one process holds, so that a busy incident is not read anew for every batch.

    A held series is good while the incident's ``spread_version`` is the one it was held under. What a transaction
    changed is dropped first and held again only after its commit.
    """

    def __init__(self) -> None:
        self._series: OrderedDict[UUID, tuple[int, Series]] = OrderedDict()
        self._policies: dict[UUID, Policy] = {}

    async def policy(self, tx: Tx, policy_id: UUID) -> Policy:
        """Policy versions never change, so they are read once."""
        if policy_id not in self._policies:
            rules = await tx.scalar(select(GradingPolicy.rules).where(GradingPolicy.id == policy_id))
            assert rules is not None, "incidents cite policies that exist: a foreign key"
            self._policies[policy_id] = policy_from(rules)
        return self._policies[policy_id]

    async def series(self, tx: Tx, incidents: Iterable[Incident]) -> dict[UUID, Series]:
        """The series of locked incidents, taken out of what is held: :meth:`hold` them after the commit."""
        found: dict[UUID, Series] = {}
        missing = []
        for incident in incidents:
            version, series = self._series.pop(incident.id, (-1, None))
            if series is not None and version == incident.spread_version:
                found[incident.id] = series
            elif incident.spread_version == 0:
                found[incident.id] = Series()
            else:
                missing.append(incident.id)
        if missing:
            for row in await (await tx.driver()).fetch(_READ, missing):
                found[row["incident_id"]] = Series(row["minutes"], row["totals"], row["historical"])
            for incident_id in missing:
                found.setdefault(incident_id, Series())
        return found

    def hold(self, held: Iterable[tuple[UUID, int, Series]]) -> None:
        """Keeps series for the next transaction. Call it only after the commit."""
        for incident_id, version, series in held:
            self._series[incident_id] = (version, series)
        while len(self._series) > HELD_SERIES:
            self._series.popitem(last=False)


async def lock_incidents(tx: Tx, ids: Iterable[UUID], *, skip_locked: bool = False) -> dict[UUID, Incident]:
    """The incidents, locked in the order of their ids, as they are now. Everybody locks in this order.

    ``skip_locked`` leaves out those that somebody else holds at this moment.
    """
    query = select(Incident).where(Incident.id.in_(set(ids))).order_by(Incident.id)
    query = query.with_for_update(key_share=True, skip_locked=skip_locked)
    query = query.execution_options(populate_existing=True)
    return {incident.id: incident for incident in await tx.scalars(query)}


async def count(
    tx: Tx, ledger: Ledger, incidents: dict[UUID, Incident], changes: dict[UUID, Change], *, now: datetime
) -> dict[UUID, Counted]:
    """Writes the changes into the buckets and peaks of locked incidents. Grading them is the caller's next step."""
    await tx.flush()
    series = await ledger.series(tx, [incidents[incident_id] for incident_id in changes])
    await _write_buckets(tx, changes)
    counted = {}
    for incident_id, change in changes.items():
        incident = incidents[incident_id]
        policy = await ledger.policy(tx, incident.policy_id)
        counted[incident_id] = apply(incident, change, series[incident_id], policy, now, await pace_of(tx, incident))
    return counted


async def _write_buckets(tx: Tx, changes: dict[UUID, Change]) -> None:
    rows = [
        (incident_id, minute, *counters, historical)
        for incident_id in sorted(changes)
        for minute, counters, historical in _by_minute(changes[incident_id])
    ]
    if rows:
        await (await tx.driver()).execute(_WRITE, *map(list, zip(*rows, strict=True)))


def _by_minute(change: Change) -> Iterator[tuple[int, Counters, int]]:
    """What changes, in the order of the minutes; the last figure is the part that was loaded from the past."""
    past = change.historical
    for minute, counters in sorted(change.buckets.items()):
        historical = past.get(minute, 0) if past else 0
        if historical or counters != (0, 0, 0):
            yield minute, counters, historical


def apply(
    incident: Incident, change: Change, series: Series, policy: Policy, now: datetime, pace: Pace = REAL
) -> Counted:
    """Takes the change into the series and the incident's figures; nothing is asked of the database."""
    amounts = {minute: sum(counters) for minute, counters in change.buckets.items()}
    shrank = False
    for minute, _, historical in _by_minute(change):
        series.add(minute, amounts[minute], historical)
        shrank |= amounts[minute] < max(historical, 0)
    incident.total += sum(amounts.values())
    incident.baseline += change.baseline
    incident.mention_count += change.mentions
    incident.spread_version += 1
    grown = [minute for minute, amount in amounts.items() if amount > 0]
    live, received_at = change.live, change.received_at
    # What is played in a drill is never old: a scenario lasts a day, and however late it is played it was due then.
    fresh = received_at if pace is REAL else received_at and pace.zero
    cutoff = minute_of(fresh - FRESH) if fresh is not None else None
    peaks = peaks_of(incident, policy)
    if shrank:
        peaks = rescan_peaks(peaks, series, policy.windows)
    span = (min(grown), max(grown)) if grown else None
    if span is not None:
        incident.last_gain_at = now
    if span is not None and span != live:
        # What was loaded from the past in the same batch alerts nobody by itself.
        peaks = advance_peaks(peaks, series, policy.windows, *span, None)
    if live is not None:
        peaks = advance_peaks(peaks, series, policy.windows, *live, cutoff)
    keep_peaks(incident, policy, peaks)
    # Also what stayed as it was: incidents with the same columns to write are written by one statement.
    for column in _COUNTED:
        flag_modified(incident, column)
    return Counted(series, bool(grown), live, cutoff)


def peaks_of(incident: Incident, policy: Policy) -> dict[int, Peak]:
    """The peaks kept in the incident's row, by window width."""
    kept = zip(
        policy.windows, incident.peaks, incident.peak_minutes, incident.live_peaks, incident.live_peak_minutes,
        strict=False,
    )  # fmt: skip
    found = {width: Peak(total, at, live, live_at) for width, total, at, live, live_at in kept}
    return dict.fromkeys(policy.windows, NO_PEAK) | found


def keep_peaks(incident: Incident, policy: Policy, peaks: dict[int, Peak]) -> None:
    """Writes the peaks into the row, in the order of the policy's windows."""
    ordered: Sequence[Peak] = [peaks[width] for width in policy.windows]
    incident.peaks = [peak.total for peak in ordered]
    incident.peak_minutes = [peak.at for peak in ordered]
    incident.live_peaks = [peak.live for peak in ordered]
    incident.live_peak_minutes = [peak.live_at for peak in ordered]
