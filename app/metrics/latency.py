"""How soon people hear of hits 预警时延 (方案 二(一)2: 命中后 10 分钟内推送, R23): received, first push, acknowledged.

Read from the alerts' clocks, one a negative hit; what was played in a drill has none of these, and what was loaded from the
past never alerts. Percentiles are by nearest rank: a time that one of the hits took.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core import paging
from app.core.db import Tx
from app.domain.vocabulary.sources import AlertMissReason
from app.mentions.coverage import percent_of
from app.metrics.latency_schemas import AlertMissQuery

WITHIN_SECONDS: Final = 600
"""方案: 10 minutes, whatever the policy in force gives."""
_SECOND: Final = 1_000_000

# What was pushed late stands in no clock where it came after the breach: it is looked up. An incident's acknowledgements are
# one sorted list, in which the first since a hit is found by halving.
_HITS = """
select d.id, d.started_at, d.incident_id, d.mention_id, d.state, coalesce(d.met_at, case when d.state <> 'met' then (
    select min(w.finished_at) from deliveries w join webhook_endpoints e on e.id = w.endpoint_id
    where w.event_id = d.event_id and w.state = 'delivered' and e.reaches_people) end) as pushed_at
from deadlines d
where d.kind = 'alert' and not d.is_drill and d.started_at >= $1 and d.started_at < $2"""
# Whole microseconds are sorted in half the time of floats; without `offset 0` each of them would be reckoned wherever it is
# named, some eight times.
_MICROSECONDS: Final = "(date_part('epoch', {}) * 1000000)::bigint"
_SUM: Final = f"""
with acts as materialized (
  select incident_id, array_agg(happened_at order by happened_at) as ats
  from acknowledgements where happened_at >= $1 group by incident_id),
 told as (
  select h.state, h.started_at, {_MICROSECONDS.format("h.pushed_at - h.started_at")} as push,
    {_MICROSECONDS.format("a.ats[f.place + case when a.ats[f.place] = h.started_at then 0 else 1 end] - h.started_at")} as response,
    case when p.at is not null then greatest({_MICROSECONDS.format("h.started_at - p.at")}, 0) end as lag
  from ({_HITS}) h
  left join acts a on a.incident_id = h.incident_id
  left join mention_states s on s.mention_id = h.mention_id
  cross join lateral (select width_bucket(h.started_at, a.ats) as place) f
  cross join lateral (select coalesce(s.person_published_at, s.published_at) as at) p
  offset 0)
select count(*) as hits, count(*) filter (where push <= $4) as in_time,
  count(*) filter (where push is null and started_at + make_interval(secs => $4 / 1e6) > $3) as pending,
  count(*) filter (where state = 'unpushed' and coalesce(push > $4, true)
    and (push is not null or started_at + make_interval(secs => $4 / 1e6) <= $3)) as no_receiver,
  count(push) as push_count, percentile_disc(array[.5, .95, .99, 1]) within group (order by push) as push,
  count(response) as response_count, percentile_disc(array[.5, .95, .99, 1]) within group (order by response) as response,
  count(lag) as lag_count, percentile_disc(array[.5, .95, .99, 1]) within group (order by lag) as lag
from told"""
_MISSES = f"""
select h.id, h.mention_id, h.incident_id, m.platform, h.started_at as received_at, h.pushed_at, h.state, (
    select min(happened_at) from acknowledgements a
    where a.incident_id = h.incident_id and a.happened_at >= h.started_at) as acknowledged_at
from ({_HITS}) h join mentions m on m.id = h.mention_id
where case when h.pushed_at is null then h.started_at + make_interval(secs => $4) <= $3
    else h.pushed_at - h.started_at > make_interval(secs => $4) end
  and ($5::text is null or (case when h.state = 'unpushed' then 'no_receiver' else 'late' end) = $5)
  and ($6::timestamptz is null or (h.started_at, h.id) < ($6, $7))
order by h.started_at desc, h.id desc limit $8"""


async def latency_of(tx: Tx, start: datetime, end: datetime, *, now: datetime) -> dict[str, Any]:
    """The figures of the hits that were received from ``start`` on and before ``end``, as they are ``now``."""
    driver = await tx.driver()
    # A hundred thousand of them are sorted three times: in memory.
    await driver.execute("set local work_mem = '32MB'")
    row = await driver.fetchrow(_SUM, start, end, now, WITHIN_SECONDS * _SECOND)
    hits, in_time, pending, no_receiver = row["hits"], row["in_time"], row["pending"], row["no_receiver"]
    judged = hits - pending
    return {
        "start": start, "end": end, "within_seconds": WITHIN_SECONDS, "hits": hits, "pending": pending,
        "numerator": in_time, "denominator": judged, "percent": percent_of(in_time, judged),
        "misses": judged - in_time,
        "misses_by_reason": {"late": judged - in_time - no_receiver, "no_receiver": no_receiver},
        "push": _spans(row, "push"), "acknowledgement": _spans(row, "response"), "publish_lag": _spans(row, "lag"),
    }  # fmt: skip


def _spans(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    p50, p95, p99, most = (one / _SECOND for one in row[name]) if row[name] else (None,) * 4
    return {
        "count": row[f"{name}_count"], "p50_seconds": p50, "p95_seconds": p95, "p99_seconds": p99, "max_seconds": most,
    }  # fmt: skip


async def list_misses(
    tx: Tx, query: AlertMissQuery, start: datetime, end: datetime, *, now: datetime
) -> dict[str, Any]:
    """The hits that were not pushed within 10 minutes, the newest first, and why each was not."""
    bound = ["alert-misses", query.filters()]
    after = paging.decode(query.cursor, bound)
    key = (datetime.fromisoformat(after[0]), UUID(after[1])) if after else (None, None)
    rows = await (await tx.driver()).fetch(
        _MISSES, start, end, now, WITHIN_SECONDS, query.why and query.why.value, *key, query.limit + 1
    )
    page = paging.page(rows, query.limit, bound, lambda row: [row["received_at"].isoformat(), row["id"]])
    return page | {"data": [_miss(row) for row in page["data"]]}


def _miss(row: Mapping[str, Any]) -> dict[str, Any]:
    pushed_at: datetime | None = row["pushed_at"]
    return {
        "mention_id": row["mention_id"], "incident_id": row["incident_id"], "platform": row["platform"],
        "received_at": row["received_at"], "pushed_at": pushed_at, "acknowledged_at": row["acknowledged_at"],
        "push_seconds": None if pushed_at is None else (pushed_at - row["received_at"]).total_seconds(),
        "why": AlertMissReason.NO_RECEIVER if row["state"] == "unpushed" else AlertMissReason.LATE,
    }  # fmt: skip
