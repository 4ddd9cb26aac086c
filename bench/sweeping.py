"""What one sweep of the clocks costs: 100 that are due beside 1,000,000 that are due some day, against beside 1,000."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack

import asyncpg

from bench.figures import Figure, interleaved, middle, ratios
from bench.machine import Helper, Machine, Site

DUE = 100
SIZES = {"large": 1_000_000, "small": 1_000}
EACH = 5
KINDS = "array['first_response', 'emergency_meeting', 'fact_check', 'first_statement', 'closing']"

_INCIDENTS = """
insert into incidents(id, number, title, status, grade, grade_source, policy_id, opened_by)
select gen_random_uuid(), $2 || n, $2, 'responding', (array['major', 'serious', 'general'])[n % 3 + 1], 'person', p.id,
  'bench'
from generate_series(1, $1::int) as n cross join grading_policies p where p.active"""
# Over in the next month, each a little later than the one before; or half a second ago.
_DEADLINES = f"""
insert into deadlines(id, kind, incident_id, level, policy_id, started_at, due_at, set_at, next_at)
select gen_random_uuid(), kind, i.id, array_position(array['major', 'serious', 'general'], i.grade), p.id,
  now() - interval '1 day', w.at, now() - interval '1 day', w.at
from incidents i cross join unnest({KINDS}) with ordinality as k(kind, place) cross join sla_policies p
cross join lateral (
  select case when $2 then now() - interval '0.5 seconds' else now() + interval '1 hour' + random() * interval '30 days'
    end as at) w
where i.title = $1 and p.active and k.place <= $3"""
# Their warnings rang long ago.
_RUNG = """
insert into deadline_firings(deadline_id, threshold, at, late_by_seconds)
select d.id, t.threshold, now(), 0 from deadlines d join incidents i on i.id = d.incident_id
cross join unnest(array[50, 80]) as t(threshold) where i.title = $1 on conflict do nothing"""


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """The time of the sweep alone, in a worker's own code; what is due is laid anew before each."""
    with ExitStack() as stack:
        helpers: dict[str, tuple[Site, Helper]] = {}
        for size, deadlines in SIZES.items():
            site = stack.enter_context(machine.site())
            asyncio.run(_lay(site.dsn, "future", deadlines // EACH, EACH, due=False))
            helpers[size] = site, site.helper("bench.sweeper")
            _sweep(*helpers[size])
        found = interleaved(rounds, **{size: lambda size=size: _sweep(*helpers[size]) for size in SIZES})
    note = f"{middle(found['large'], ' ms')} beside 1,000,000, {middle(found['small'], ' ms')} beside 1,000"
    yield Figure("sweeping/million", ratios(found, "large", "small"), most=2.0, note=note)


def _sweep(site: Site, sweeper: Helper) -> float:
    title = f"due-{site.ask('select count(*) from incidents')}"
    asyncio.run(_lay(site.dsn, title, DUE, 1, due=True))
    done = sweeper.ask()
    if done["rung"] != DUE:
        raise RuntimeError(f"{DUE} clocks were due, {done['rung']} rang")
    return float(done["seconds"] * 1_000)


async def _lay(dsn: str, title: str, incidents: int, each: int, *, due: bool) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set statement_timeout = 0")
        await connection.execute(_INCIDENTS, incidents, title)
        await connection.execute(_DEADLINES, title, due, each)
        if due:
            await connection.execute(_RUNG, title)
        else:
            await connection.execute("vacuum analyze")
    finally:
        await connection.close()
