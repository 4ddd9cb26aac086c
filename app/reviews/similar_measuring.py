"""What incidents are compared by is measured beforehand, by a worker: words as bits, and the shape of the spread (R63).

A signature is what a question looks ten thousand incidents through by; what it finds is compared by the incidents
themselves. So a signature that is a little old costs a place in the look, and is never told as a fact.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from app.core.db import Tx
from app.domain.similar import BITS, LONGEST, pairs, shape, signature
from app.domain.wording import mask_text

PORTION = 500
# Two at once would measure the same; who comes second has nothing to do.
_ALONE = "select pg_try_advisory_xact_lock(hashtextextended('incident_signatures', 0))"
# The curve of what burns is measured again every ten minutes.
_STALE = f"""
select i.id, i.version, i.spread_version, i.title, left(i.summary, {LONGEST}) as summary
from incidents i left join incident_signatures s on s.incident_id = i.id
where s.incident_id is null or s.incident_version <> i.version
  or (s.spread_version <> i.spread_version and s.measured_at < now() - interval '10 minutes')
order by i.id desc limit {PORTION}"""
_SERIES = """
select incident_id, array_agg(minute) as minutes, array_agg(total) as totals from (
  select incident_id, minute, (reposts + comments + likes)::bigint as total from spread_buckets
  where incident_id = any($1::uuid[]) order by incident_id, minute) b group by incident_id"""
_KEEP = f"""
insert into incident_signatures as s (incident_id, incident_version, spread_version, words, curve, minutes, measured_at)
values ($1, $2, $3, $4::text::bit({BITS}), $5, $6, now())
on conflict (incident_id) do update set incident_version = excluded.incident_version,
  spread_version = excluded.spread_version, words = excluded.words, curve = excluded.curve, minutes = excluded.minutes,
  measured_at = excluded.measured_at"""


async def measure(tx: Tx) -> int:
    """Measures some of the incidents that have no signature or an old one; how many."""
    driver = await tx.driver()
    if not await driver.fetchval(_ALONE):
        return 0
    rows = await driver.fetch(_STALE)
    curves = await series_of(driver, [row["id"] for row in rows])
    kept = [
        (
            row["id"], row["version"], row["spread_version"], bits_of(words_of(row)), *_curve(curves.get(row["id"])),
        )
        for row in rows
    ]  # fmt: skip
    await driver.executemany(_KEEP, kept)
    return len(rows)


def words_of(row: Mapping[str, Any]) -> frozenset[str]:
    """The pairs of characters in an incident's title and summary, people's data masked."""
    return pairs(mask_text(row["title"][:LONGEST]), mask_text(row["summary"][:LONGEST]))


def bits_of(words: frozenset[str]) -> str:
    """The signature as the database takes it."""
    return format(signature(words), f"0{BITS}b")


async def series_of(
    driver: asyncpg.Connection, incident_ids: Sequence[UUID]
) -> dict[UUID, tuple[list[int], list[int]]]:
    """Incident -> its minutes and what was gained in each."""
    rows = await driver.fetch(_SERIES, incident_ids)
    return {row["incident_id"]: (row["minutes"], row["totals"]) for row in rows}


def _curve(series: tuple[list[int], list[int]] | None) -> tuple[list[float] | None, int]:
    """The curve, and how many minutes it takes."""
    if series is None:
        return None, 0
    curve = shape(*series)
    return (list(curve), series[0][-1] - series[0][0]) if curve else (None, 0)
