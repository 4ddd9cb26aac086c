"""Key figures over two years: a million events, 100,000 mentions with an alert each and its deliveries, 5,000 incidents, 300 people.

One client, one question at a time, each of another period: so no plan and no cache of one period answers for another.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import asyncpg

from app.domain.worktime import day_of
from bench.figures import Figure
from bench.machine import Machine, Server, Site

EVENTS, MENTIONS, INCIDENTS, PEOPLE, DEPARTMENTS, DAYS = 1_000_000, 100_000, 5_000, 300, 6, 730
ASKED = 60
MOST = 300.0
_PLATFORMS = "array['weibo', 'douyin', 'wechat_official', 'xiaohongshu', 'zhihu']"
_AT = f"now() - interval '{DAYS} days' + interval '{DAYS} days' * {{share}}"

_FILL: tuple[str, ...] = (
    f"""create unlogged table cases as
    select n, gen_random_uuid() as id, {_AT.format(share="(n / 5000.0)")} as at, 1 + n % 3 as level,
      ({_PLATFORMS})[1 + n % 5] as platform, '产品' || n % 8 as product
    from generate_series(0, {INCIDENTS} - 1) n""",
    f"""insert into departments(id, name, kind)
    select gen_random_uuid(), '部门' || n, 'business' from generate_series(1, {DEPARTMENTS}) n""",
    f"""insert into people(id, name, department_id, created_at, updated_at)
    select gen_random_uuid(), '示例' || n, d.id, {_AT.format(share="0")}, {_AT.format(share="0")}
    from generate_series(1, {PEOPLE}) n
    join (select id, row_number() over (order by id) as place from departments where name like '部门%') d on d.place = 1 + n % 6""",
    """insert into roster_periods(person_id, department_id, starts_at)
    select id, department_id, created_at from people p
    where not exists (select from roster_periods r where r.person_id = p.id)""",
    """insert into incidents(id, number, title, policy_id, status, grade, business_unit, opened_at, updated_at, opened_by)
    select id, 'bench-' || n, 'bench', (select id from grading_policies where active),
      case when n % 50 = 0 then 'dismissed' when n % 60 = 0 then 'merged' else 'closed' end,
      (array['major', 'serious', 'general'])[level], product, at, at, 'bench' from cases""",
    "insert into kpi_origins(incident_id, platform) select id, platform from cases",
    """insert into kpi_periods(incident_id, starts_at, ends_at, product)
    select id, at, case when n % 50 = 0 or n % 60 = 0 then at + interval '40 hours' end, product from cases""",
    """insert into kpi_calms(incident_id, calmed_at, told_at, began_at, taken_back_at, grade, platform, spread, spread_by_platform)
    select id, at + k * interval '20 hours', at + k * interval '20 hours', at, case when k = 1 and n % 10 = 0 then at + interval '21 hours' end,
      (array['major', 'serious', 'general'])[level], platform, 1000 + n * 7,
      jsonb_build_object(platform, 900 + n * 7, 'forum', 100)
    from cases cross join generate_series(1, 2) k where k = 1 or n % 10 = 0""",
    """insert into deadlines(id, kind, incident_id, level, policy_id, state, started_at, due_at, set_at, met_at, recorded_at, ended_at)
    select gen_random_uuid(), k.kind, c.id, level, p.id,
      case when n % 9 = 0 then 'breached' when n % 11 = 0 then 'met_recorded_late' else 'met' end, at, at + k.span, at,
      case when n % 9 <> 0 then at + k.span / 2 end, case when n % 9 <> 0 then at + k.span / 2 end, at + k.span
    from cases c cross join sla_policies p cross join (values ('first_response', interval '1 hour'),
      ('fact_check', interval '1 hour'), ('first_word', interval '4 hours'), ('first_statement', interval '1 day'),
      ('closing', interval '3 days'), ('review', interval '5 days')) as k(kind, span) where p.active""",
    """insert into incident_members(id, incident_id, person_id, position, reason, level, added_at, called_at, set_at)
    select gen_random_uuid(), c.id, p.id, 'other', 'team', c.level, c.at, c.at, c.at
    from cases c cross join generate_series(0, 4) k
    join (select id, row_number() over (order by id) as place from people) p on p.place = 1 + (c.n * 5 + k) % 300""",
    f"""create unlogged table posts as
    select k as n, ('01900000-0000-7000-8000-' || lpad(to_hex(k), 12, '0'))::uuid as id, c.id as incident_id, c.platform,
      {_AT.format(share="(k / 100000.0)")} as at
    from generate_series(0, {MENTIONS} - 1) k join cases c on c.n = k / 20""",
    """insert into mentions(id, platform, external_id, text, published_at, first_seen_at, key_id)
    select id, platform, 'kpi' || n, '示例品牌 差评', at, at, 'bench1' from posts order by n""",
    """insert into mention_states(mention_id, incident_id, hit, alerted, worded_negative, published_at, likes)
    select id, incident_id, true, true, true, at, 50 from posts order by n""",
    """insert into deadlines(id, kind, incident_id, mention_id, level, policy_id, state, started_at, due_at, set_at, met_at, ended_at, event_id)
    select gen_random_uuid(), 'alert', incident_id, n.id, 4, p.id, case when n.n % 40 = 0 then 'breached' else 'met' end, at,
      at + interval '10 minutes', at, case when n.n % 40 <> 0 then at + interval '1 minute' * (n.n % 977) / 100 end,
      at + interval '10 minutes', 1 + n.n * 10
    from posts n cross join sla_policies p where p.active order by n.n""",
    """insert into webhook_endpoints(id, url, secret, reaches_people)
    select gen_random_uuid(), 'https://chat.example/' || n, '', n = 1 from generate_series(1, 2) n""",
    """insert into deliveries(event_id, endpoint_id, state, due_at, created_at, finished_at)
    select 1 + n.n * 10, e.id, 'delivered', at, at, at + interval '12 minutes' from posts n cross join webhook_endpoints e
    order by n.n""",
    """insert into acknowledgements(id, incident_id, happened_at, recorded_at, actor, person_id)
    select gen_random_uuid(), c.id, c.at + k * interval '20 minutes', c.at + k * interval '20 minutes', 'bench', p.id
    from cases c cross join generate_series(1, 3) k cross join (select id from people limit 1) p where c.n % 7 <> 0""",
    f"""insert into events(type, at, actor, data)
    select (array['mention.hit', 'mention.updated', 'task.changed', 'record.changed', 'sla.met'])[1 + n % 5],
      {_AT.format(share="(n / 1000000.0)")}, 'bench', jsonb_build_object('n', n) from generate_series(1, {EVENTS}) n""",
    f"""insert into source_beats(channel, at, platform)
    select 'bench1', date_trunc('hour', {_AT.format(share="0")}) + h * interval '1 hour', platform
    from generate_series(0, {DAYS} * 24) h cross join unnest({_PLATFORMS}) as platform where h % 50 <> 0""",
    f"update core_platform_periods set starts_at = {_AT.format(share='0')}",
    f"""insert into patrols(id, plan_id, slot_at, due_by, platforms, happened_at, recorded_at, walked_by)
    select gen_random_uuid(), (select id from patrol_plans limit 1), at, at + interval '1 hour', '{{}}', at, at, p.id
    from generate_series({_AT.format(share="0")}, now(), interval '8 hours') at cross join (select id from people limit 1) p""",
    "drop table posts",
    "drop table cases",
)


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """p95 of questions about periods of a day to two years; what is broken down, and what is a time series."""
    with machine.site() as site:
        asyncio.run(fill(site.dsn))
        api, chance = site.api(), random.Random(7)
        for name, query in _questions(chance).items():
            _asked(site, api, query, 5)
            taken = [_asked(site, api, query, ASKED) for _ in range(rounds)]
            note = f"median {sum(times[len(times) // 2] for times in taken) / rounds:.0f} ms"
            samples = [times[int(len(times) * 0.95)] for times in taken]
            yield Figure(f"kpis/{name}_p95", samples, most=MOST, unit="ms", note=note)
        yield from _items(site, api, chance, rounds)
        yield from _heard(site, api, rounds)


def _questions(chance: random.Random) -> dict[str, Callable[[], str]]:
    """What is asked, each time of another period."""

    def of(more: str, most: int = DAYS, least: int = 1) -> Callable[[], str]:
        return lambda: f"{_period(chance, most, least)}{more}"

    return {
        "snapshot": of(""),
        **{f"by_{by}": of(f"&by={by}") for by in ("department", "platform", "product", "grade")},
        "every_day": of("&every=day", 100), "every_week": of("&every=week"), "every_month": of("&every=month"),
        "two_years_by_department": of("&by=department&every=month", DAYS, DAYS - 3),
    }  # fmt: skip


def _items(site: Site, api: Server, chance: random.Random, rounds: int) -> Iterator[Figure]:
    for kpi in ("R02", "R06", "R23"):

        def page() -> str:
            return f"{_period(chance)}&limit=200"

        taken = [_asked(site, api, page, ASKED, f"kpis/{kpi}/items") for _ in range(rounds)]
        samples = [times[int(len(times) * 0.95)] for times in taken]
        yield Figure(f"kpis/items_of_{kpi}_p95", samples, most=MOST, unit="ms")


def _heard(site: Site, api: Server, rounds: int) -> Iterator[Figure]:
    """How soon people heard of all the hits, each time from another second on; and the first page of those that were late."""
    starts = (datetime.now(UTC) - timedelta(days=DAYS, seconds=-second) for second in count())

    def since() -> str:
        return urlencode({"from": next(starts).isoformat()})

    for name, path in (("alert_latency", "alert-latency"), ("alert_misses", "alert-latency/misses")):
        _asked(site, api, since, 5, path)
        taken = [_asked(site, api, since, ASKED, path) for _ in range(rounds)]
        samples = [times[int(len(times) * 0.95)] for times in taken]
        note = f"median {sum(times[len(times) // 2] for times in taken) / rounds:.0f} ms"
        yield Figure(f"kpis/{name}_p95", samples, most=MOST, unit="ms", note=note)


def _period(chance: random.Random, most: int = DAYS, least: int = 1) -> str:
    """Days of the two years, another each time."""
    days = chance.randint(least, most)
    last = day_of(datetime.now(UTC)) - timedelta(days=chance.randint(0, DAYS - days))
    first: date = last - timedelta(days=days - 1)
    return f"from={first}&to={last}"


def _asked(site: Site, api: Server, query: Callable[[], str], times: int, path: str = "kpis") -> list[float]:
    """How long each took in milliseconds, the quickest first."""
    took = []
    for _ in range(times):
        asked = Request(f"{api.url}/v1/metrics/{path}?{query()}", headers={"authorization": f"Bearer {site.key}"})
        began = time.perf_counter()
        with urlopen(asked, timeout=10) as answer:
            answer.read()
        took.append((time.perf_counter() - began) * 1_000)
    return sorted(took)


async def fill(dsn: str) -> None:
    """The two years, in rows that fit together by construction: no foreign key is looked up, one by one."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set session_replication_role = replica; set statement_timeout = 0")
        for statement in _FILL:
            await connection.execute(statement)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
