"""What is told while nothing burns, with workers killed in the middle of telling it: a drill as it is played, patrols that
nobody walked, digests, silent sources. Nothing of it is lost, and nothing comes twice."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.core.db import Database
from app.domain.digests import due
from app.domain.vocabulary.quality import DigestKind
from app.domain.worktime import SHANGHAI
from app.settings import Settings
from tests.faults.clocks.ground import Ground
from tests.faults.clocks.report import Report
from tests.support.drills import make_scenario, start
from tests.support.house import NoBell
from tests.support.patrols import a_plan
from tests.support.processes import SECRET_KEY, Process
from tests.support.sources import listened, make_source, watched_since
from tests.support.waiting import eventually
from workers.digests import issue_digests
from workers.drills import Player
from workers.patrols import watch_patrols
from workers.sources import watch_sources

KEY, JOBS, SOURCES = 20260301, 4, 5
GRADES = ["general", "serious", "major"]
# Whoever tells of these waits in the middle of its transaction for as long as somebody holds the key.
_GATE = f"""
create function wait_at_the_gate() returns trigger language plpgsql as $$ begin
  if new.is_drill or new.type in ('patrol.missed', 'digest.daily', 'digest.weekly', 'source.silent') then
    perform pg_advisory_xact_lock_shared({KEY});
  end if;
  return new;
end $$;
create trigger gate before insert on events for each row execute function wait_at_the_gate()"""
_AWAY = "drop trigger gate on events; drop function wait_at_the_gate()"
_AT_THE_GATE = f"select pid from pg_locks where locktype = 'advisory' and objid = {KEY} and not granted"
_THERE = "select exists(select from pg_stat_activity where pid = any($1)) as some"
# What was told, and of how much of it; each is to be told once.
_TOLD = """
select type as what, coalesce(data->>'slot_at', data->>'starts_at', data->>'source_id', data->>'to', '') as of,
  count(*) as times from events
where at > $1 and (type in ('patrol.missed', 'digest.daily', 'digest.weekly', 'source.silent')
  or is_drill and type in ('drill.ended', 'incident.opened', 'incident.grade_changed')) group by 1, 2"""
_PLAYED = """
select (select state from drills where id = $1) as state, (select count(*) from mentions where drill_id = $1) as mentions,
  count(*) filter (where played_at is null or mention_id is null) as waiting from drill_injects where drill_id = $1"""


class Laid:
    """What is to be told, of which source, patrol and period; and the drill."""

    def __init__(self, drill_id: str, owed: set[tuple[str, str]]) -> None:
        self.at, self.drill_id, self.owed = datetime.now(UTC), UUID(drill_id), owed


@asynccontextmanager
async def laid(ground: Ground, database: Database) -> AsyncIterator[Laid]:
    """Everything is due: a drill that began an hour ago, three days of patrols and digests, sources that said nothing."""
    client, now = ground.house.client, datetime.now(UTC)
    since = now - timedelta(days=3)
    await database.fetch("delete from digests")
    await database.fetch("update digest_settings set daily_since = $1, weekly_since = $1", since)
    sources = [await make_source(client) for _ in range(SOURCES)]
    for source in sources:
        await watched_since(database, source, 60)
    await listened(database, (90, 0))
    drill = await start(client, await make_scenario(database), scale=6000)
    began = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
    await database.fetch(
        "update drills set started_at = $2, zero_at = $2, next_at = $2 where id = $1", UUID(drill["id"]), began
    )
    slots = [since.astimezone(SHANGHAI).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=day)
             for day in range(4) for hour in (9, 14, 20)]  # fmt: skip
    periods = [(kind, one) for kind in DigestKind for one in due(kind, time(9), since, now)]
    owed = {("patrol.missed", _instant(at)) for at in slots if since < at <= now - timedelta(hours=1)}
    owed |= {(f"digest.{kind}", _instant(one.starts_at)) for kind, one in periods}
    owed |= {("source.silent", source["id"]) for source in sources}
    owed |= {("incident.grade_changed", grade) for grade in GRADES} | {("drill.ended", ""), ("incident.opened", "")}
    async with a_plan(database, since):
        yield Laid(drill["id"], owed)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@asynccontextmanager
async def gate(ground: Ground) -> AsyncIterator[asyncpg.Connection]:
    async with ground.pool.acquire() as keeper:
        await keeper.execute(_GATE)
        try:
            yield keeper
        finally:
            await keeper.execute("select pg_advisory_unlock_all()")
            await keeper.execute(_AWAY)


async def prevention(ground: Ground, *, fleets: Sequence[int]) -> Report:
    """So many workers at a time are killed when all four jobs are at the gate, which opens when they are dead; the last ones
    find it open."""
    report = Report(f"{sum(fleets[:-1])} kill -9s while a drill, a patrol, a digest and a silence are being told")
    chosen = ground.house.servers.services
    settings = Settings(database_url=chosen.database_url, redis_url=chosen.redis_url, secret_key=SECRET_KEY)
    database = Database(settings, doorbell=NoBell())
    torn, held, early = ground.torn(), 0, 0
    async with laid(ground, database) as owed, gate(ground) as keeper:
        for size in fleets[:-1]:
            await keeper.execute(f"select pg_advisory_lock({KEY})")
            with ground.workers(*[()] * size) as workers:
                held += len(await _kill(ground, keeper, workers))
            early += len(await database.fetch(_TOLD, owed.at))
        with ground.workers(*[()] * fleets[-1]) as last:
            await ground.started(last)
            await ground.settle_by(lambda: _done(database, owed), 30)
        await _count(report, database, owed)
    report.count("torn in the middle", held, least=JOBS * (len(fleets) - 1))
    report.count("transactions torn", ground.torn() - torn, least=JOBS * (len(fleets) - 1))
    report.count("told by whoever was killed", early, most=0)
    await database.close()
    return report


async def _kill(ground: Ground, keeper: asyncpg.Connection, workers: Sequence[Process]) -> list[int]:
    """The server's processes that were at the gate for those who were killed, and are gone."""

    async def all_there() -> list[int] | None:
        pids = [row["pid"] for row in await ground.pool.fetch(_AT_THE_GATE)]
        return pids if len(pids) >= JOBS else None

    pids = await eventually(all_there, 60, "all jobs at the gate")
    for one in workers:
        one.kill()
    await keeper.execute(f"select pg_advisory_unlock({KEY})")

    async def gone() -> bool:
        return not (await ground.pool.fetchrow(_THERE, pids))["some"]

    await eventually(gone, 20, "the end of what they had begun")
    return pids


async def _done(database: Database, owed: Laid) -> bool:
    told = {(row["what"], row["of"]) for row in await database.fetch(_TOLD, owed.at)}
    return told >= owed.owed


async def _count(report: Report, database: Database, owed: Laid) -> None:
    rows: list[Any] = await database.fetch(_TOLD, owed.at)
    told = {(row["what"], row["of"]): row["times"] for row in rows}
    report.count("to be told", len(owed.owed), least=JOBS)
    report.count("lost", len(owed.owed - told.keys()), most=0)
    report.count("twice", sum(times > 1 for times in told.values()), most=0)
    [played] = await database.fetch(_PLAYED, owed.drill_id)
    report.count("injects not played", played["waiting"] + (played["state"] != "finished"), most=0)
    report.count("mentions of the drill", played["mentions"], least=3, most=3)
    jobs = watch_patrols, issue_digests, watch_sources
    left = [await job(database) for job in jobs] + [await Player(database).sweep()]
    report.count("left to do", sum(left), most=0)
