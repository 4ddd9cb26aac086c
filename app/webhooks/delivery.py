"""Deliveries as workers handle them: claimed under a lease and a token, judged, finished where the token is ours.

Due times and leases are compared by the database's clock alone. Each statement is a transaction of
its own, so that none is open while a receiver is being waited for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Record

from app.core.db import Database
from app.models.base import new_id
from app.settings import Settings
from app.webhooks.envelope import Message, PayloadFormat
from app.webhooks.exchange import Answer

MOST_LOST_LEASES = 3
MOST_REFUSALS = 3
# 4xx that say "not now" and not "never": they count as faults, not as refusals.
PASSING = frozenset({408, 409, 425, 429})
GONE = 410
# Short, and renewed while the exchange is under way: what a killed worker held must go out within 5 seconds.
LEASE_SECONDS = 3.0
RENEW_SECONDS = 1.0
JITTER = 0.2

# What chat robots are owed goes another way: :mod:`app.webhooks.digests`.
#
# Endpoint by endpoint, each with the room it has left, in a changing order: whatever one endpoint is owed, and
# however it behaves, the others are reached. A delivery waits while an earlier one of its incident is owed to the
# same endpoint and holds it back; the first one is looked up by a subquery that the planner can't turn into a join,
# because a join that was planned while the table was small takes minutes on a backlog.
#
# Where the breaker is open or only so many may be under way, all workers together keep to it: the endpoint's row is
# locked, and whoever saw it before another worker took from it (claimed_at) passes it by, because what it counted may
# be no longer so. The lock checks the row anew, but not what was counted.
_CLAIM = """
with seen as materialized (
  select id, claimed_at from webhook_endpoints
  where disabled_at is null and deleted_at is null and payload_format in ('standard', 'cloudevents')
    and case when breaker_opened_at is null then max_concurrency is not null else probe_at <= now() end),
 guarded as materialized (
  select e.id, e.breaker_opened_at is not null as probed, e.max_concurrency - (
    select count(*) from deliveries d where d.endpoint_id = e.id and d.token is not null) as places
  from seen join webhook_endpoints e on e.id = seen.id
  where e.disabled_at is null and e.deleted_at is null and e.claimed_at is not distinct from seen.claimed_at
    and (e.breaker_opened_at is null or e.probe_at <= now())
  for no key update of e skip locked),
 flying as materialized (select * from unnest($1::uuid[], $2::int[]) as f(id, flying)),
 room as materialized (
  select id, places from (
    select e.id, $3 - coalesce(f.flying, 0) as places
    from webhook_endpoints e left join flying f on f.id = e.id
    where e.disabled_at is null and e.deleted_at is null and e.breaker_opened_at is null and e.max_concurrency is null
      and e.payload_format in ('standard', 'cloudevents')
    union all
    select g.id, case when g.probed then 1 else least(g.places, $3 - coalesce(f.flying, 0)) end
    from guarded g left join flying f on f.id = g.id) as r
  where places > 0 order by random()),
 due as materialized (
  select d.id from room cross join lateral (
    select d.id from deliveries d
    where d.endpoint_id = room.id and d.state = 'pending' and d.token is null and d.due_at <= now()
      and coalesce(d.seq <= (
        select first.seq from deliveries first
        where first.endpoint_id = d.endpoint_id and first.incident_id = d.incident_id
          and first.state = 'pending' and first.holds_back
        order by first.endpoint_id, first.incident_id, first.seq limit 1), true)
    order by d.due_at, d.id limit room.places for update skip locked) d
  limit $4),
 claimed as (
  update deliveries d set token = $5, lease_until = now() + make_interval(secs => $6)
  from due where d.id = due.id returning d.*),
 taken as (
  update webhook_endpoints e set claimed_at = now(),
    probe_at = case when e.breaker_opened_at is not null then now() + make_interval(secs => $7) end
  from guarded g where e.id = g.id and exists (select from claimed c where c.endpoint_id = e.id))
select c.id, c.token, c.endpoint_id, e.url, e.secret,
  case when e.previous_secret_until > now() then e.previous_secret end as previous_secret, e.payload_format,
  e.failing_since is not null as failing, c.step, c.refusals, c.holds_back, e.unmask_people,
  c.event_id, v.type, v.at, c.incident_id, v.data::text as data, v.trace
from claimed c join webhook_endpoints e on e.id = c.endpoint_id join events v on v.id = c.event_id
order by c.id"""

# Untried deliveries that wait behind a failed one can't go before its next try, so claims needn't look at them. A
# robot's message takes its place in the quota from now on.
_FINISH = """
with result as materialized (
  select * from unnest($1::bigint[], $2::uuid[], $3::text[], $4::float8[], $5::int[], $6::int[], $7::bool[],
    $8::timestamptz[], $9::int[], $10::int[], $11::text[], $12::text[], $13::text[], $14::float8[])
  as r(id, token, state, delay, step, refusals, holds_back, at, duration_ms, status, address, error, response, pause)),
 kept as (
  update deliveries d set state = r.state, step = r.step, refusals = r.refusals, holds_back = r.holds_back,
    attempts = d.attempts + 1, token = null, lease_until = null, lost_leases = 0,
    due_at = case when r.state = 'pending' then now() + make_interval(secs => r.delay) else d.due_at end,
    finished_at = case when r.state = 'pending' then null else now() end
  from result r where d.id = r.id and d.token = r.token
  returning d.id, d.attempts, d.state, d.due_at, d.endpoint_id, d.incident_id, d.seq, d.holds_back),
 tried as (
  insert into delivery_attempts(delivery_id, number, at, duration_ms, status, address, error, response)
  select k.id, k.attempts, r.at, r.duration_ms, r.status, r.address, r.error, r.response
  from kept k join result r on r.id = k.id),
 said as (
  insert into robot_messages(endpoint_id, token, silent_until)
  select k.endpoint_id, r.token, now() + make_interval(secs => nullif(max(r.pause), 0))
  from kept k join result r on r.id = k.id where r.pause is not null group by k.endpoint_id, r.token
  on conflict do nothing),
 behind as materialized (
  select d.id, k.due_at from kept k cross join lateral (
    select d.id from deliveries d
    where d.endpoint_id = k.endpoint_id and d.incident_id = k.incident_id and d.seq > k.seq and d.state = 'pending'
      and d.holds_back and d.token is null and d.attempts = 0 and d.due_at < k.due_at
    order by d.endpoint_id, d.incident_id, d.seq limit 1000 for update skip locked) d
  where k.state = 'pending' and k.holds_back),
 put_off as (
  update deliveries d set due_at = behind.due_at from behind where d.id = behind.id)
select id from kept"""

_RENEW = """
update deliveries d set lease_until = now() + make_interval(secs => $3)
from unnest($1::bigint[], $2::uuid[]) as r(id, token) where d.id = r.id and d.token = r.token"""

# Nobody knows whether a robot got what was being sent to it: it counts in the quota.
_RESCUE = """
with lost as materialized (
  select id, endpoint_id, token from deliveries
  where token is not null and lease_until < now() limit 1000 for update skip locked),
 said as (
  insert into robot_messages(endpoint_id, token)
  select distinct lost.endpoint_id, lost.token from lost join webhook_endpoints e on e.id = lost.endpoint_id
  where e.payload_format not in ('standard', 'cloudevents')
  on conflict do nothing)
update deliveries d set token = null, lease_until = null, lost_leases = d.lost_leases + 1,
  state = case when d.lost_leases + 1 >= $1 then 'dead' else d.state end,
  finished_at = case when d.lost_leases + 1 >= $1 then now() end
from lost where d.id = lost.id returning d.id"""

_BURY = """
with orphaned as materialized (
  select d.id from webhook_endpoints e cross join lateral (
    select d.id from deliveries d where d.endpoint_id = e.id and d.state = 'pending' and d.token is null
      and d.due_at < case when e.deleted_at is null then now() - make_interval(secs => $1) else 'infinity' end
    order by d.due_at limit 1000 for update skip locked) d
  where e.deleted_at is not null or e.disabled_at is not null limit 1000)
update deliveries d set state = 'dead', finished_at = now() from orphaned where d.id = orphaned.id returning d.id"""


class Claimed(NamedTuple):
    """A delivery that is ours until its lease ends, and what it takes to send it."""

    id: int
    token: UUID
    endpoint_id: UUID
    url: str
    # Sealed, as they lie in the database; the one before only while it still signs.
    secret: bytes
    previous_secret: bytes | None
    form: PayloadFormat
    # Whether its endpoint has been failing: then a success is news.
    failing: bool
    step: int
    refusals: int
    holds_back: bool
    message: Message
    # Whether the endpoint may know people by name.
    unmask_people: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from an answer. ``delay`` is seconds until the next try, where there is one."""

    state: str
    delay: float
    step: int
    refusals: int
    holds_back: bool


def judge(sent: Claimed, answer: Answer, schedule: Sequence[float], chance: float) -> Verdict:
    """2xx delivers; 410 and the last try of ``schedule`` end it; all else waits for its next step.

    ``chance`` in [0, 1) moves the wait by up to a fifth either way, so that a receiver that comes back is not met
    by everything at once. Retry-After counts between once and twice the step. A third 4xx of the kind that means
    "never", which robots say in other words, lets the incident's later deliveries pass.
    """
    never = answer.status is not None and 400 <= answer.status < 500 and answer.status not in PASSING
    refused = answer.refused or (never and not answer.pause)
    refusals = sent.refusals + refused
    step = sent.step + 1
    holds_back = sent.holds_back and refusals < MOST_REFUSALS
    if answer.error is None:
        return Verdict("delivered", 0.0, step, sent.refusals, sent.holds_back)
    if answer.status == GONE or step >= len(schedule):
        return Verdict("dead", 0.0, step, refusals, holds_back)
    wait = schedule[step]
    if answer.retry_after is not None:
        delay = min(max(answer.retry_after, wait), 2 * wait)
    else:
        delay = wait * (1 - JITTER + 2 * JITTER * chance)
    return Verdict("pending", delay, step, refusals, holds_back)


def room_of_one(settings: Settings) -> int:
    """How many deliveries to one endpoint may be under way in a process: a quarter, so that none takes all."""
    return max(1, settings.webhook_concurrency // 4)


def room_of_slow_ones(settings: Settings) -> int:
    """How many deliveries that take long are under way beside those that don't: what hangs takes no other's place."""
    return 4 * settings.webhook_concurrency


async def claim(database: Database, settings: Settings, flying: Mapping[UUID, int], limit: int) -> list[Claimed]:
    """Up to ``limit`` deliveries that are due, none of an endpoint that has its share ``flying`` already."""
    rows = await database.fetch(
        _CLAIM, list(flying), list(flying.values()), room_of_one(settings), limit, new_id(), LEASE_SECONDS,
        probe_seconds(settings),
    )  # fmt: skip
    return [as_claimed(row) for row in rows]


def probe_seconds(settings: Settings) -> float:
    """Until the next probe: one that is lost with its worker is missed when it would have been answered, not sooner."""
    return max(settings.webhook_breaker_pause, settings.webhook_timeout + LEASE_SECONDS)


def as_claimed(row: Record | dict[str, Any]) -> Claimed:
    """A row of the claim."""
    claimed = dict(row)
    form = PayloadFormat(claimed.pop("payload_format"))
    message = Message(**{name: claimed.pop(name) for name in Message._fields})
    return Claimed(**claimed, form=form, message=message)


async def renew(database: Database, held: Collection[Claimed]) -> None:
    """Keeps what is under way ours for another while, where it still is."""
    await database.fetch(_RENEW, [claimed.id for claimed in held], [claimed.token for claimed in held], LEASE_SECONDS)


async def finish(database: Database, results: Sequence[tuple[Claimed, Answer, Verdict]]) -> int:
    """Records the tries and what follows, where the token still is ours; how many that were."""
    columns = zip(
        *(
            (
                sent.id, sent.token, verdict.state, verdict.delay, verdict.step, verdict.refusals, verdict.holds_back,
                answer.at, answer.duration_ms, answer.status, answer.address, answer.error, answer.response,
                answer.pause,
            )
            for sent, answer, verdict in results
        ),
        strict=True,
    )  # fmt: skip
    return len(await database.fetch(_FINISH, *map(list, columns)))


async def rescue(database: Database, schedule: Sequence[float]) -> int:
    """Frees deliveries whose worker died; gives up those lost three times, those of deleted endpoints, and what a
    disabled endpoint has been owed for longer than the whole ``schedule``."""
    lost = await database.fetch(_RESCUE, MOST_LOST_LEASES)
    orphaned = await database.fetch(_BURY, float(sum(schedule)))
    return len(lost) + len(orphaned)
