"""A report of a large incident: 100,000 mentions, 100,000 hits with a clock each, 10,000 minutes of spread, 2,000 tasks.

How long the worker takes from being asked to the last form in the storage, what it holds of memory at the most, and how long
the facts take that it is made of.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import asyncpg

from bench.figures import Figure
from bench.machine import Machine, Process, Server, Site
from bench.seed import seed

MENTIONS, TASKS, MINUTES = 100_000, 2_000, 10_000
_PATIENCE = 60.0
_LARGE = """
create temporary table chosen as select id from incidents where number = 'bench-1';
update mention_states set incident_id = (select id from chosen);
delete from spread_buckets;
insert into spread_buckets(incident_id, minute, reposts, comments, likes)
select c.id, m, 5, 3, 7 from chosen c,
  generate_series((extract(epoch from now()) / 60)::int - {minutes} - 600, (extract(epoch from now()) / 60)::int - 601) m;
insert into deadlines(id, kind, incident_id, mention_id, event_id, level, policy_id, state, started_at, due_at, set_at, met_at,
  ended_at)
select gen_random_uuid(), 'alert', c.id, s.mention_id, 1, 1, p.id, 'met', s.last_at, s.last_at + interval '10 min', s.last_at,
  s.last_at + interval '1 min', s.last_at from mention_states s, chosen c, sla_policies p where p.active;
insert into tasks(id, incident_id, kind, title, state, due_at, created_by, happened_at, ended_at)
select gen_random_uuid(), c.id, 'other', '联系用户' || n, 'done', now(), 'bench', now(), now()
from chosen c, generate_series(1, {tasks}) n;
insert into events(type, incident_id, seq, actor, data)
select 'incident.publication_recorded', c.id, n + 10, 'bench', '{{}}' from chosen c, generate_series(1, 10000) n;
update incidents set total = 15 * {minutes}, mention_count = {mentions}, spread_version = 2 where id = (select id from chosen);
insert into reviews(id, born_of, status) select '01900000-0000-7000-8000-00000000beef', id, 'open' from chosen;
insert into review_incidents(review_id, incident_id) select '01900000-0000-7000-8000-00000000beef', id from chosen"""
_PATH = "/v1/reviews/01900000-0000-7000-8000-00000000beef"


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """From the request to the report, and the facts alone."""
    with machine.site() as site:
        seed(site, MENTIONS)
        asyncio.run(_enlarge(site.dsn))
        api, worker = site.api(), site.worker()
        facts = [_answered(site, api, "GET", f"{_PATH}/facts")[0] * 1_000 for _ in range(rounds)]
        before = _most_held(worker)
        took = [_rendered(site, api) for _ in range(rounds)]
        held = _most_held(worker)
    yield Figure("reports/facts_of_100000_mentions", facts, unit="ms")
    yield Figure("reports/rendered_of_100000_mentions", took, most=10.0, unit="s")
    yield Figure("reports/worker_memory", [held], most=400.0, unit="MB", note=f"{before:.0f} MB before")


async def _enlarge(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set session_replication_role = replica; set statement_timeout = 0")
        await connection.execute(_LARGE.format(minutes=MINUTES, tasks=TASKS, mentions=MENTIONS))
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


def _answered(site: Site, api: Server, method: str, path: str) -> tuple[float, dict[str, object]]:
    began = time.perf_counter()
    asked = Request(f"{api.url}{path}", method=method, headers={"authorization": f"Bearer {site.key}"})
    with urlopen(asked, timeout=20) as answer:
        return time.perf_counter() - began, json.load(answer)


def _rendered(site: Site, api: Server) -> float:
    """Seconds until it is done. Each round asks for another one."""
    site.tell("update reviews set version = version + 1")
    began = time.perf_counter()
    _answered(site, api, "POST", f"{_PATH}/report")
    while time.perf_counter() - began < _PATIENCE:
        _, report = _answered(site, api, "GET", f"{_PATH}/report")
        if report["state"] == "done":
            return time.perf_counter() - began
        if report["state"] == "failed":
            raise RuntimeError(f"the report failed: {report['failure']}")
        time.sleep(0.02)
    raise RuntimeError(f"the report is not done after {_PATIENCE:g} s; see the worker's log")


def _most_held(process: Process) -> float:
    """What a process held of memory at the most so far, in MB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
