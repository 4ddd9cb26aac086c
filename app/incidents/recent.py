"""The last hours of incidents' spread, as screens look at them again and again, held by the process.

Of two hundred incidents that burn it takes the database a tenth of a second to add it up; of those that did not change
since the last look nothing has to be asked.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import text

from app.core.db import Tx
from app.domain.spread import Series
from app.models import Incident

MOST_MINUTES = 500_000
"""Held in all, of twelve bytes each."""

# In the order of the minutes, which the table's key has.
_READ = text("""
select incident_id, array_agg(minute), array_agg(total) from (
  select incident_id, minute, (reposts + comments + likes)::bigint as total from spread_buckets
  where incident_id = any(cast(:ids as uuid[])) and minute >= :first order by incident_id, minute) b
group by incident_id""")


class _Held(NamedTuple):
    """A series from its first minute on, as it was at a version of the incident's spread, or a moment later."""

    version: int
    first: int
    series: Series


class Recent:
    """A held series is good while the incident's ``spread_version`` is the one it was read under: every bucket that
    changes counts it. Both are read in this order, so that what is held is never older than it says."""

    def __init__(self) -> None:
        self._held: OrderedDict[UUID, _Held] = OrderedDict()
        self._minutes = 0

    async def series(self, tx: Tx, incidents: Iterable[Incident], first: int) -> dict[UUID, Series]:
        """What each of the incidents, which were just read, has gained from the minute ``first`` on; one query at most."""
        found = {}
        missing = []
        for incident in incidents:
            if (held := self._good(incident, first)) is not None:
                found[incident.id] = held
            else:
                missing.append(incident)
        if missing:
            rows = await tx.execute(_READ, {"ids": [incident.id for incident in missing], "first": first})
            read = {row[0]: _packed(row[1], row[2]) for row in rows}
            for incident in missing:
                series = found[incident.id] = read.get(incident.id) or Series()
                self._hold(incident, first, series)
        return found

    def _good(self, incident: Incident, first: int) -> Series | None:
        if incident.spread_version == 0:
            return Series()
        held = self._held.get(incident.id)
        if held is None or held.version != incident.spread_version or held.first > first:
            return None
        self._held.move_to_end(incident.id)
        return held.series

    def _hold(self, incident: Incident, first: int, series: Series) -> None:
        self._drop(self._held.pop(incident.id, None))
        self._held[incident.id] = _Held(incident.spread_version, first, series)
        self._minutes += len(series.minutes)
        while self._minutes > MOST_MINUTES:
            self._drop(self._held.popitem(last=False)[1])

    def _drop(self, held: _Held | None) -> None:
        self._minutes -= len(held.series.minutes) if held else 0


def _packed(minutes: list[int], totals: list[int]) -> Series:
    """They are only read here, and lists of numbers take seven times as much."""
    return Series(cast("list[int]", array("i", minutes)), cast("list[int]", array("q", totals)))


recent = Recent()
