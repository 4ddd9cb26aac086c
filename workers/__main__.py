"""One worker process: ``python -m workers``. Several share the work; any may be killed at any time."""

import asyncio
import os
import platform
import signal
from collections.abc import Awaitable
from contextlib import suppress

import asyncpg
import structlog
import uvloop

from app import reactions
from app.core.db import Database
from app.core.doorbell import CALENDAR, CLOCKS, DELIVERIES, DRILLS, INBOX, REPORTS, Doorbell, connect, listen
from app.core.ending import cancel
from app.core.logging import configure
from app.core.memory import settle
from app.core.migrations import is_behind, newest_migration
from app.core.storage import Storage
from app.models.base import new_id
from app.settings import Settings, settings
from workers.alerts import AlertClock
from workers.calendar import follow_calendar
from workers.calm import watch_calm
from workers.clocks import Clockwork
from workers.context import Context
from workers.deliver import Deliverer, rescue
from workers.digests import issue_digests
from workers.drills import Player
from workers.heartbeat import beat, forget
from workers.ingest import Counter
from workers.patrols import watch_patrols
from workers.queue import run_queue
from workers.replays import Replayer
from workers.reports import Reporter
from workers.resealing import Resealer
from workers.reviews import watch_decisions
from workers.risks import measure_incidents, watch_risks
from workers.silence import watch_words
from workers.sources import thin_beats, watch_sources
from workers.strays import remove_strays
from workers.sweeps import Sweep, run_sweep
from workers.tidy import tidy
from workers.trainings import follow_trainings

log = structlog.get_logger()


def make_sweeps(context: Context, counter: Counter, deliverer: Deliverer, clockwork: Clockwork) -> list[Sweep]:
    """Everything this process looks for by itself, and how often at least."""
    database = context.database
    deliveries = Sweep(DELIVERIES, deliverer.sweep, 1.0)
    alerts = AlertClock(database)
    storage = Storage(context.settings)
    reporter = Reporter(context, storage)
    replayer = Replayer(database)
    player = Player(database)

    async def free() -> int:
        freed = await rescue(database, context.settings.webhook_schedule)
        if freed:
            deliveries.wake.set()
            deliverer.nudge()
        return freed

    return [
        Sweep(INBOX, counter.sweep, 1.0),
        deliveries,
        Sweep(CLOCKS, clockwork.sweep, clockwork.seconds),
        Sweep(CALENDAR, lambda: follow_calendar(database), 60.0),
        Sweep(REPORTS, reporter.sweep, reporter.seconds),
        Sweep(DRILLS, player.sweep, player.seconds),
        Sweep("audit", clockwork.audit, 5.0),
        Sweep("rematch", counter.sweep_rematches, 1.0),
        Sweep("rescue", free, 1.0),
        Sweep("alerts", alerts.sweep, alerts.seconds),
        Sweep("tidy", lambda: tidy(database), 60.0),
        Sweep("reseal", Resealer(context).sweep, 3600.0),
        Sweep("strays", lambda: remove_strays(database, storage), 60.0),
        Sweep("reviews", lambda: watch_decisions(database), 10.0),
        Sweep("calm", lambda: watch_calm(database), 60.0),
        Sweep("silence", lambda: watch_words(database), 1.0),
        Sweep("risks", lambda: watch_risks(database), 60.0),
        Sweep("signatures", lambda: measure_incidents(database), 30.0),
        Sweep("replays", replayer.sweep, replayer.seconds),
        *before_the_fire(database),
        Sweep("heartbeat", lambda: beat(context, platform.node(), os.getpid()), 1.0),
    ]


def before_the_fire(database: Database) -> list[Sweep]:
    """What is looked for while nothing burns: whether we would hear of it, are ready for it, and know how things stand."""
    return [
        Sweep("sources", lambda: watch_sources(database), 10.0),
        Sweep("beats", lambda: thin_beats(database), 3600.0),
        Sweep("trainings", lambda: follow_trainings(database), 60.0),
        Sweep("patrols", lambda: watch_patrols(database), 10.0),
        Sweep("digests", lambda: issue_digests(database), 10.0),
    ]


async def work(chosen: Settings) -> None:
    """Works until SIGTERM or SIGINT; what is under way is finished, the rest is left to the others."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    redis = connect(chosen.redis_url)
    doorbell = Doorbell(redis)
    database = Database(chosen, doorbell=doorbell, workload="batches")
    context = Context(new_id(), chosen, database, doorbell)
    counter, deliverer, clockwork = Counter(context), Deliverer(context), Clockwork(context)
    sweeps = make_sweeps(context, counter, deliverer, clockwork)
    by_name = {sweep.name: sweep for sweep in sweeps}

    def rung(bell: str) -> None:
        by_name[bell].wake.set()
        if bell == DELIVERIES:
            deliverer.nudge()

    await migrated(database, stopping)
    settle()
    log.info("worker started", worker=str(context.worker_id), pid=os.getpid())
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(run_sweep(sweep, stopping)) for sweep in sweeps]
        beside = [group.create_task(job) for job in (listen(redis, rung), run_queue(chosen, by_name))]
        await stopping.wait()
        counter.stop()
        for sweep in sweeps:
            sweep.wake.set()
        # At the same time: a sweep of deliveries that never finds an end stops when the deliverer is closed.
        await asyncio.gather(asyncio.wait(running), in_good_order(deliverer.close()))
        await clockwork.close()
        await cancel(beside)
    await in_good_order(forget(context))
    await doorbell.close()
    await database.close()
    await redis.aclose()
    log.info("worker stopped", worker=str(context.worker_id))


async def migrated(database: Database, stopping: asyncio.Event) -> None:
    """Waits until the tables are there: whoever starts everything at once need not start it in order."""
    said = False
    while not stopping.is_set():
        try:
            version = (await database.fetch("select version_num from alembic_version"))[0]["version_num"]
        except asyncpg.UndefinedTableError:
            version = None
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("the database can't be reached, trying again", error=str(error))
            version = None
        if not is_behind(version):
            return
        if not said:
            log.warning("waiting for the tables; run: fenghuo migrate", at=version, newest=newest_migration())
            said = True
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await stopping.wait()


async def in_good_order(farewell: Awaitable[None]) -> None:
    """With the database away there is nothing to tell it: leases and heartbeats run out by themselves."""
    try:
        await farewell
    except Exception as error:  # noqa: BLE001 - leaving must not fail
        log.warning("left without a word to the database", error=repr(error))


def main() -> None:
    """The process's entry."""
    chosen = settings()
    configure(chosen)
    reactions.install()
    uvloop.run(work(chosen))


if __name__ == "__main__":
    main()
