"""The scenarios: each lays timers, disturbs who rings them, and counts what they left behind."""

import asyncio
import resource
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from statistics import median

import asyncpg
import httpx
import orjson
import redis.asyncio

from app.incidents.ringing import AT_ONCE
from tests.faults.clocks.ground import WORKERS, Ground, after
from tests.faults.clocks.report import Report
from tests.faults.clocks.timers import Fate, Timer
from tests.support.processes import Process
from tests.support.waiting import eventually

# In seconds. Only a machine to itself can be held to them: where others are at work, scenarios are told `lags=False`.
CALM_P99, ROUGH_LAG, AFTER_RELEASE = 0.25, 5.0, 1.0
HOUR = 3_600.0
Launch = Sequence[str]


def count_rings(report: Report, found: Sequence[Fate]) -> list[Fate]:
    """The promises of every scenario; the fates of what had to ring and did."""
    due = [fate for fate in found if not fate.passed]
    report.count("rings", len(due), least=1)
    report.count("twice", sum(fate.twice for fate in found), most=0)
    report.count("early", sum(fate.early for fate in found), most=0)
    report.count("lost", sum(fate.lost for fate in due), most=0)
    return [fate for fate in due if not fate.lost]


def share(lags: Sequence[float], of: float) -> float:
    """The lag that this share of the rings kept within."""
    return sorted(lags)[min(int(len(lags) * of), len(lags) - 1)] if lags else float("inf")


def count_lags(report: Report, rung: Sequence[Fate], *, lags: bool) -> None:
    lags_, most = [fate.lag() for fate in rung], CALM_P99 if lags else None
    report.count("p50", share(lags_, 0.5), " s")
    report.count("p99", share(lags_, 0.99), " s", most=most)
    report.count("max", max(lags_, default=float("inf")), " s")


def processor_seconds() -> float:
    """Of all workers that have ended so far: on a busy machine it says more than a lag does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def calm(ground: Ground, timers: int, *, spread: float, lags: bool = True) -> Report:
    """Nothing is disturbed."""
    report = Report(f"{timers:,} timers in {spread:g} s, {WORKERS} workers")
    before = processor_seconds()
    with ground.workers() as workers:
        await ground.started(workers)
        laid = await ground.lay("calm", timers, spread=spread)
        await ground.settle("calm", laid, 10)
    count_lags(report, count_rings(report, await ground.fates("calm")), lags=lags)
    report.count("the workers' processor time", processor_seconds() - before, " s")
    return report


async def shifted(ground: Ground, timers: int, *, spread: float, lags: bool = True) -> Report:
    """One worker believes it is an hour later, the other an hour earlier."""
    report = Report(f"{timers:,} timers, one worker's clock an hour ahead, the other's an hour behind")
    options = [["--shift", str(HOUR)], ["--shift", str(-HOUR)]]
    with ground.workers(*options) as workers:
        await ground.started(workers)
        off = [believed(one) - time.time() for one in workers]
        laid = await ground.lay("shifted", timers, spread=spread)
        await ground.settle("shifted", laid, 10)
        await ground.delivered(10)
    report.count("ahead by", off[0], " s", least=HOUR - 60)
    report.count("behind by", -off[1], " s", least=HOUR - 60)
    rung = count_rings(report, await ground.fates("shifted"))
    count_lags(report, rung, lags=lags)
    count_received(report, ground, rung)
    report.count("signatures that did not hold", sum(not one.verified for one in ground.receiver.received), most=0)
    return report


def believed(one: Process) -> float:
    """The time a worker last said it was, in seconds since 1970."""
    line = [line for line in one.log.read_bytes().splitlines() if b"worker started" in line][-1]
    return datetime.fromisoformat(orjson.loads(line)["timestamp"]).timestamp()


def count_received(report: Report, ground: Ground, rung: Sequence[Fate]) -> None:
    """Every breach came, and of each incident in order, repetitions included."""
    places: dict[str, list[int]] = {}
    came = set()
    for body in ground.receiver.bodies():
        came.add(body["data"]["deadline_id"])
        places.setdefault(body["data"]["incident_id"], []).append(body["data"]["seq"])
    mine = {str(fate.row["incident_id"]) for fate in rung}
    breached = {str(fate.row["id"]) for fate in rung if fate.row["threshold"] == 100}
    report.count("breaches not received", len(breached - came), most=0)
    report.count(
        "incidents out of order", sum(places[id_] != sorted(places[id_]) for id_ in places.keys() & mine), most=0
    )


class Disturbance:
    """kill -9 of the worker that is in the middle of something, FLUSHALL every second, one crash of the database."""

    def __init__(self, ground: Ground, workers: list[Process], kills: int) -> None:
        self.ground, self.workers, self.wanted = ground, workers, kills
        self.crashes = self.flushes = 0
        self.away: list[tuple[datetime, datetime]] = []

    @property
    def kills(self) -> int:
        return sum(one.kills for one in self.workers)

    async def run(self) -> None:
        flushing = asyncio.create_task(self._flush())
        try:
            for turn in range(self.wanted):
                await self._kill(turn % len(self.workers))
                if turn == self.wanted // 2:
                    await self._crash()
        finally:
            flushing.cancel()
            with suppress(asyncio.CancelledError):
                await flushing

    async def _kill(self, n: int) -> None:
        victim = self.workers[n]
        # Both are at work: a fleet that nobody lets start would show nothing.
        for one in self.workers:
            await self.ground.started([one], one.kills + 1)
        await eventually(lambda: self.ground.busy(n), 30, f"a transaction of worker {n}")
        victim.kill()
        victim.start()

    async def _crash(self) -> None:
        since = datetime.now(UTC)
        await asyncio.to_thread(self.ground.house.servers.postgres.kill)
        await asyncio.to_thread(self.ground.house.servers.postgres.start)
        self.away.append((since, datetime.now(UTC)))
        self.crashes += 1

    async def _flush(self) -> None:
        async with redis.asyncio.Redis.from_url(self.ground.house.servers.services.redis_url) as valkey:
            while True:
                await valkey.flushall()
                self.flushes += 1
                await asyncio.sleep(1)


async def kills(
    ground: Ground,
    timers: int,
    *,
    kills: int,
    wave: int,
    seconds: float,
    launch: Launch = (),
    patience: float = 20,
    lags: bool = True,
) -> Report:
    """Timers come in waves for as long as it is killed, so that every kill meets work."""
    report = Report(f"{timers:,} timers at least, {kills} kill -9s, a database crash, FLUSHALL every second")
    ground.receiver.answer = lambda _: after(0.05)
    torn, received = ground.torn(), len(ground.receiver.received)
    laid: list[Timer] = []
    with ground.workers(prefix=launch) as workers:
        await ground.started(workers)
        disturbance = Disturbance(ground, workers, kills)
        disturbing = asyncio.create_task(disturbance.run())
        while not disturbing.done() or len(laid) < timers:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                laid += await ground.lay("kills", wave, spread=seconds, lead=1.0)
            await asyncio.sleep(seconds)
        await disturbing
        await ground.settle("kills", laid, patience)
        await ground.delivered(patience)
    report.count("kills", disturbance.kills, least=kills)
    report.count("transactions torn", ground.torn() - torn, least=kills // 4)
    report.count("crashes", disturbance.crashes, least=1)
    report.count("flushes", disturbance.flushes, least=kills // 4)
    rung = count_rings(report, await ground.fates("kills"))
    away = disturbance.away
    most = ROUGH_LAG if lags else None
    report.count("max without the crash", max((fate.lag(away) for fate in rung), default=0.0), " s", most=most)
    report.count("database away", sum((to - since).total_seconds() for since, to in away), " s")
    count_received(report, ground, rung)
    ids = [one.headers["webhook-id"] for one in ground.receiver.received[received:]]
    report.count("webhooks repeated", len(ids) - len(set(ids)), least=1)
    return report


async def cancels(
    ground: Ground, timers: int, *, spread: float, launch: Launch = (), just_after: float = 0.05, lags: bool = True
) -> Report:
    """Each incident is dismissed over HTTP so that it is done within 300 ms of when its clock is over, mostly before."""
    report = Report(f"{timers:,} incidents dismissed within 300 ms of due")
    # Timer -> how many seconds were left when the answer came; and what an answer takes, so that it can be aimed.
    acknowledged: dict[str, float] = {}
    taken = [0.02]

    async def dismiss(timer: Timer) -> None:
        ahead = ground.chance.uniform(-just_after, 0.3)
        await asyncio.sleep((timer.due_at - datetime.now(UTC)).total_seconds() - ahead - min(median(taken[-9:]), 1.5))
        began, answer = time.monotonic(), None
        with suppress(httpx.HTTPError):
            answer = await ground.house.client.put(
                f"/v1/incidents/{timer.incident_id}/status", headers={"if-match": "*"},
                json={"status": "dismissed", "reason": "误报"},
            )  # fmt: skip
        taken.append(time.monotonic() - began)
        # Acknowledged is what was answered: without an answer it may be either.
        if answer is not None and answer.status_code == 200:
            acknowledged[str(timer.id)] = (timer.due_at - datetime.now(UTC)).total_seconds()

    with ground.workers(prefix=launch) as workers:
        await ground.started(workers)
        laid = await ground.lay("cancels", timers, spread=spread, each=1, lead=2.0)
        await asyncio.gather(*(dismiss(timer) for timer in laid))
        await ground.settle("cancels", laid, 3)
    report.count("acknowledged", len(acknowledged), least=timers // 2 if lags else 1)
    close = sum(abs(left) < 0.3 for left in acknowledged.values())
    report.count("answered within 300 ms of due", close, least=timers // 2 if lags else 1)
    return await _count_cancels(report, ground, acknowledged)


_DISMISSED = """
select incident_id, seq, at from events where type = 'incident.status_changed' and data->>'to' = 'dismissed'
  and incident_id = any($1)"""


async def _count_cancels(report: Report, ground: Ground, acknowledged: dict[str, float]) -> Report:
    found = [fate for fate in await ground.fates("cancels") if str(fate.row["id"]) in acknowledged]
    incidents = list({fate.row["incident_id"] for fate in found})
    ended = {row["incident_id"]: row["seq"] for row in await ground.pool.fetch(_DISMISSED, incidents)}
    over = [fate for fate in found if fate.row["threshold"] == 100]
    cancelled = [fate for fate in over if fate.row["state"] == "cancelled"]
    report.count("cancelled in time", len(cancelled), least=1)
    report.count("breached before", sum(fate.row["state"] == "breached" for fate in over))
    fired_after = [fate for fate in found if fate.row["seq"] and fate.row["seq"] > ended[fate.row["incident_id"]]]
    report.count("fired after", len(fired_after), most=0)
    both = [f for f in over if (f.row["events"] or f.row["firings"]) and f.row["state"] != "breached"]
    report.count("both cancelled and breached", len(both), most=0)
    report.count("still running", sum(fate.row["state"] == "running" for fate in over), most=0)
    report.count("twice", sum(fate.twice for fate in found), most=0)
    report.count("early", sum(fate.early for fate in found), most=0)
    return report


async def outage(ground: Ground, timers: int, *, seconds: float) -> Report:
    """Workers, database and Valkey are stopped while everything becomes due, and come back together."""
    report = Report(f"{timers:,} timers due while everything is down for {seconds:g} s")
    servers = ground.house.servers
    laid = await ground.lay("outage", timers, spread=seconds - 8, lead=4.0, each=1)
    await asyncio.to_thread(servers.valkey.stop)
    await asyncio.to_thread(servers.postgres.stop)
    down = datetime.now(UTC)
    await asyncio.sleep(seconds)
    up = datetime.now(UTC)
    await asyncio.to_thread(servers.postgres.start)
    await asyncio.to_thread(servers.valkey.start)
    with ground.workers() as workers:
        await ground.started(workers)
        await ground.settle("outage", laid, 20)
    report.count("due while it was down", sum(down < timer.due_at < up for timer in laid), least=timers)
    rung = count_rings(report, await ground.fates("outage"))
    late = [(fate, (fate.row["at"] - max(fate.instant, fate.row["set_at"])).total_seconds()) for fate in rung]
    wrong = [fate for fate, by in late if abs(fate.row["late"] - by) > 0.001 or fate.row["told_late"] != int(by)]
    report.count("late_by wrong", len(wrong), most=0)
    report.count("least late_by", min((by for _, by in late), default=0.0), " s", least=0.001)
    report.count("greatest late_by", max((by for _, by in late), default=0.0), " s", least=seconds - 8)
    # A second worker takes the next hundred while the first is at the last of the graver ones.
    report.count("graver ones overtaken", overtaken(rung), most=AT_ONCE * (WORKERS - 1))
    return report


def overtaken(rung: Sequence[Fate]) -> int:
    """The most clocks that rang after the first one of a lesser grade."""
    most = 0
    for level in (2, 3):
        lesser = [fate.row["event_id"] for fate in rung if fate.row["level"] >= level]
        first = min(lesser, default=0)
        graver = {f.row["id"] for f in rung if f.row["level"] < level and f.row["event_id"] > first}
        most = max(most, len(graver))
    return most


_HOLD = "select id from incidents where title = 'held' for update"


async def held(
    ground: Ground, timers: int, *, incidents: int, seconds: float, launch: Launch = (), lags: bool = True
) -> Report:
    """Somebody else, who hangs, holds incidents whose clocks are due; the others' ring all the same."""
    report = Report(f"{timers:,} timers beside {incidents} incidents that somebody holds for {seconds:g} s")
    with ground.workers(prefix=launch) as workers:
        await ground.started(workers)
        kept = await ground.lay("held", incidents, spread=1, each=1)
        free = await ground.lay("free", timers, spread=seconds - 2)
        async with ground.pool.acquire() as connection, connection.transaction():
            locked = len(await connection.fetch(_HOLD))
            await ground.settle("free", free, 3)
            before = await ground.fates("held")
            released: datetime = await connection.fetchval("select clock_timestamp()")
        await ground.settle("held", kept, 5)
    report.count("held", locked, least=incidents)
    report.count("held that rang", sum(bool(fate.row["events"]) for fate in before), most=0)
    rung = count_rings(report, await ground.fates("free"))
    report.count("others that waited for it", sum(fate.row["seen_at"] >= released for fate in rung), most=0)
    count_lags(report, rung, lags=lags)
    waited = count_rings(report, await ground.fates("held"))
    slowest = max(((fate.row["seen_at"] - released) for fate in waited), default=timedelta(days=1))
    report.count("last one after the release", slowest.total_seconds(), " s", most=AFTER_RELEASE if lags else None)
    return report
