"""Days that pass for one incident without waiting: its clocks, its promises, its spread and what was said of it grow older."""

from datetime import timedelta
from uuid import UUID

from app.core.db import Database
from tests.support.clocks import pass_time

_PASS_SPREAD = "update spread_buckets set minute = minute - $2::int where incident_id = $1"
_PASS_PEAKS = """
update incidents set spread_version = spread_version + 1, graded_at = graded_at - make_interval(mins => $2::int),
  live_peak_minutes = (select array_agg(m - $2::int) from unnest(live_peak_minutes) m),
  peak_minutes = (select array_agg(m - $2::int) from unnest(peak_minutes) m) where id = $1"""
_PASS_WORDS = """
update publications set happened_at = happened_at - make_interval(mins => $2::int),
  recorded_at = recorded_at - make_interval(mins => $2::int) where incident_id = $1"""


async def time_passes(database: Database, incident_id: str, **span: float) -> None:
    """As if so much time had gone by, in whole minutes, in which nothing was posted and nothing was done."""
    minutes = round(timedelta(**span) / timedelta(minutes=1))
    await pass_time(database, incident_id, minutes=minutes)
    for statement in (_PASS_SPREAD, _PASS_PEAKS, _PASS_WORDS):
        await database.fetch(statement, UUID(incident_id), minutes)
