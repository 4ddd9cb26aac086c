"""What chat robots are owed, claimed as messages: one at a time each, never over the vendor's quota, all workers together.

While a message is under way nothing else is claimed for its robot. When it is over (or its lease is), a row says so, and
the quota is counted from these rows: the vendor counted the message then or before, so that whatever the vendor's clock
and window, it is never asked for more than it gives. What is over quota waits and is no failure; as soon as there is a
place, everything that is due goes in one message, exercises last, the most severe first, of an incident in order.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from asyncpg import Record

from app.core.db import Database
from app.domain.grades import grade_of
from app.models.base import new_id
from app.settings import MINUTE, Settings
from app.webhooks.delivery import LEASE_SECONDS, Claimed, as_claimed, probe_seconds
from app.webhooks.messages import About, Told, asked_phones, in_order
from app.webhooks.robots import ROBOTS, Call

# Deliveries claimed for one message; those that don't fit are given back.
MOST_AT_ONCE = 200
# Due deliveries looked at for one message, the oldest of them.
MOST_LOOKED_AT = 2000
# After so many refusals or lost workers a delivery goes by itself, so that it takes no other down with it.
SUSPECT = 2

_ABOUT = "coalesce(v.incident_id, (v.data->>'incident_id')::uuid)"
# Of a long backlog only the oldest are looked at, and what major incidents are owed, wherever it stands.
#
# Events of an incident go only with all earlier ones that hold them back: the first is looked up for each, because a
# backlog behind one that waits must not hide what else is due; then whoever misses one before it stays behind.
_CLAIM = f"""
with quotas as materialized (select * from unnest($1::text[], $2::int[], $3::float8[]) as q(form, most, seconds)),
 seen as materialized (
  select id, claimed_at from webhook_endpoints
  where disabled_at is null and deleted_at is null and payload_format in (select form from quotas)
    and (breaker_opened_at is null or probe_at <= now())),
 guarded as materialized (
  select e.id, e.breaker_opened_at is not null as probed
  from seen join webhook_endpoints e on e.id = seen.id
  where e.disabled_at is null and e.deleted_at is null and e.claimed_at is not distinct from seen.claimed_at
    and (e.breaker_opened_at is null or e.probe_at <= now())
    and exists (select from deliveries d
      where d.endpoint_id = e.id and d.state = 'pending' and d.token is null and d.due_at <= now())
    and not exists (select from deliveries d where d.endpoint_id = e.id and d.token is not null)
    and not exists (select from robot_messages m where m.endpoint_id = e.id and m.silent_until > now())
    and not exists (select from quotas q where q.form = e.payload_format and q.most <= (
      select count(*) from robot_messages m
      where m.endpoint_id = e.id and m.at > now() - make_interval(secs => q.seconds)))
  order by random() limit $4 for no key update of e skip locked),
 near as materialized (
  select guarded.id as endpoint_id, d.id from guarded cross join lateral (
    select d.id from deliveries d
    where d.endpoint_id = guarded.id and d.state = 'pending' and d.token is null and d.due_at <= now()
    order by d.due_at, d.id limit $11) d
  union
  select guarded.id, d.id from guarded cross join incidents i cross join lateral (
    select d.id from deliveries d
    where d.endpoint_id = guarded.id and d.incident_id = i.id and d.state = 'pending' and d.holds_back
    order by d.endpoint_id, d.incident_id, d.seq limit $6) d
  where i.grade = 'major'),
 found as materialized (
  select d.* from guarded cross join lateral (
    select d.id, d.endpoint_id, d.incident_id, d.seq, greatest(d.refusals, d.lost_leases) >= $5 as suspect,
      v.is_drill as drill, array_position('{{major,serious,general}}'::text[], i.grade) as level
    from near join deliveries d on d.id = near.id
      join events v on v.id = d.event_id left join incidents i on i.id = {_ABOUT}
    where near.endpoint_id = guarded.id and d.state = 'pending' and d.token is null and d.due_at <= now()
      and coalesce((
        select first.due_at <= now() or d.seq <= first.seq from deliveries first
        where first.endpoint_id = d.endpoint_id and first.incident_id = d.incident_id
          and first.state = 'pending' and first.holds_back
        order by first.endpoint_id, first.incident_id, first.seq limit 1), true)
    order by drill, level nulls last, d.id limit case when guarded.probed then 1 else $6 end
    for update of d skip locked) d),
 placed as (
  select *, first_value(suspect) over places as only_one, row_number() over places as place from found
  window places as (partition by endpoint_id order by drill, level nulls last, id)),
 chosen as materialized (
  select * from placed where case when only_one then place = 1 else not suspect end),
 due as materialized (
  select c.id from chosen c
  where not exists (
    select from deliveries before
    where before.endpoint_id = c.endpoint_id and before.incident_id = c.incident_id and before.seq < c.seq
      and before.state = 'pending' and before.holds_back and before.id not in (select id from chosen))),
 claimed as (
  update deliveries d set token = $7, lease_until = now() + make_interval(secs => $8)
  from due where d.id = due.id returning d.*),
 taken as (
  update webhook_endpoints e set claimed_at = now(),
    probe_at = case when e.breaker_opened_at is not null then now() + make_interval(secs => $9) end
  from guarded g where e.id = g.id and exists (select from claimed c where c.endpoint_id = e.id)),
 forgotten as (
  delete from robot_messages m using guarded g
  where m.endpoint_id = g.id and m.at < now() - make_interval(secs => $10)
    and coalesce(m.silent_until, m.at) < now())
select c.id, c.token, c.endpoint_id, e.url, e.secret, null::bytea as previous_secret, e.payload_format,
  e.failing_since is not null as failing, c.step, c.refusals, c.holds_back, e.unmask_people,
  c.event_id, v.type, v.at, c.incident_id, v.data::text as data, v.trace,
  e.robot_secret, e.at_people, e.at_all, e.at_grades,
  i.id as about_id, i.number, i.title, i.grade, i.total, i.is_drill, named.description as endpoint,
  exists (select from trial_periods t
    where t.starts_at <= v.at and (t.ends_at is null or t.ends_at > v.at)) as is_trial
from claimed c join webhook_endpoints e on e.id = c.endpoint_id join events v on v.id = c.event_id
  left join incidents i on i.id = {_ABOUT}
  left join webhook_endpoints named on named.id = (v.data->>'endpoint_id')::uuid
order by c.id"""

# The claim takes milliseconds to plan, and most of the time no robot is owed anything.
_ANY = """
select from webhook_endpoints e
where e.disabled_at is null and e.deleted_at is null and e.payload_format = any($1)
  and exists (select from deliveries d
    where d.endpoint_id = e.id and d.state = 'pending' and d.token is null and d.due_at <= now())
limit 1"""

_GIVE_BACK = """
update deliveries d set token = null, lease_until = null
from unnest($1::bigint[], $2::uuid[]) as r(id, token) where d.id = r.id and d.token = r.token"""


class Item(NamedTuple):
    """A delivery that is ours for a while, and what it tells of."""

    sent: Claimed
    told: Told


class Digest(NamedTuple):
    """What one message is made of, in the order in which it is told. ``robot_secret`` is sealed."""

    items: Sequence[Item]
    robot_secret: bytes | None
    call: Call
    at_grades: Sequence[str]

    @property
    def endpoint_id(self) -> UUID:
        """Whose robot it is."""
        return self.items[0].sent.endpoint_id

    @property
    def unmasked(self) -> bool:
        """Whether its group may know people by name."""
        return self.items[0].sent.unmask_people

    def telling(self, told: Mapping[int, Mapping[str, Any]]) -> "Digest":
        """The same with more of the data of some events, by the places of their items."""
        items = [
            item._replace(told=item.told._replace(data=told.get(place, item.told.data)))
            for place, item in enumerate(self.items)
        ]
        return self._replace(items=items)

    def called(self, told: Sequence[Told]) -> Call:
        """Whom a message calls that tells these: people, if one of them is of an incident in their grades; and whoever is
        asked to acknowledge, where the group may know their phones and the vendor knows people by them."""
        call = self.call if any(self._calls(one) for one in told) else Call()
        if not (self.unmasked and ROBOTS[self.items[0].sent.form].knows_phones):
            return call
        phones = [phone for one in told for phone in asked_phones(one)]
        return call._replace(people=list(dict.fromkeys([*call.people, *phones])))

    def _calls(self, told: Told) -> bool:
        # A mention's hit is no news of the incident, and there may be thousands.
        if told.about is None or "seq" not in told.data:
            return False
        grade = told.data.get("to") if told.type == "incident.grade_changed" else told.about.grade
        return not self.at_grades or str(grade) in self.at_grades


async def claim(database: Database, settings: Settings, limit: int) -> list[Digest]:
    """At most ``limit`` messages that may go now, each for another robot."""
    if not await database.fetch(_ANY, [str(form) for form in ROBOTS]):
        return []
    quotas = [(str(form), quota) for form, robot in ROBOTS.items() for quota in robot.quotas]
    rows = await database.fetch(
        _CLAIM, [form for form, _ in quotas], [quota.most for _, quota in quotas],
        [quota.seconds * settings.robot_second for _, quota in quotas], limit, SUSPECT, MOST_AT_ONCE, new_id(),
        LEASE_SECONDS, probe_seconds(settings), 2.0 * MINUTE, MOST_LOOKED_AT,
    )  # fmt: skip
    by_endpoint: dict[UUID, list[Record]] = {}
    for row in rows:
        by_endpoint.setdefault(row["endpoint_id"], []).append(row)
    return [_digest(of_one) for of_one in by_endpoint.values()]


def _digest(rows: Sequence[Record]) -> Digest:
    items = [_item(dict(row)) for row in rows]
    # Incident by incident, each where its first delivery stands.
    first: dict[UUID | None, int] = {}
    for item in items:
        first.setdefault(item.told.about and item.told.about.id, item.sent.id)

    def place(item: Item) -> tuple[Any, ...]:
        about = item.told.about
        return (*in_order(item.told), first[about and about.id], item.sent.id)

    row = rows[0]
    call = Call(row["at_people"], row["at_all"])
    return Digest(sorted(items, key=place), row["robot_secret"], call, row["at_grades"])


def _item(row: dict[str, Any]) -> Item:
    for name in ("robot_secret", "at_people", "at_all", "at_grades"):
        del row[name]
    names = ("about_id", "number", "title", "grade", "total", "is_drill")
    about_id, number, title, grade, total, is_drill = (row.pop(name) for name in names)
    about = About(about_id, number, title, grade_of(grade), total, is_drill) if about_id else None
    endpoint, is_trial = row.pop("endpoint"), row.pop("is_trial")
    sent = as_claimed(row)
    return Item(
        sent, Told(sent.message.type, sent.message.at, orjson.loads(sent.message.data), about, endpoint, is_trial)
    )


async def give_back(database: Database, items: Sequence[Item]) -> None:
    """What did not fit waits for the next message; no try is counted."""
    ids, tokens = [item.sent.id for item in items], [item.sent.token for item in items]
    await database.fetch(_GIVE_BACK, ids, tokens)
