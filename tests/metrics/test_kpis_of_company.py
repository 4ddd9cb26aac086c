"""Over a month of the made-up company of `fenghuo seed company` every figure equals the recount of what its events tell."""

import asyncio
from datetime import UTC, date, datetime

import httpx

from app.cli.company.playing import play
from app.cli.company.script import write
from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.core.migrations import upgrade
from app.main import create_app
from app.people.keys import bootstrap_key
from tests.conftest import ADMIN_KEY
from tests.support import kpi_recount as recount
from tests.support.api import everything, good
from tests.support.services import create_database, drop_database

ENDING = datetime(2026, 11, 20, 2, tzinfo=UTC)
PERIODS = (
    (date(2026, 10, 1), date(2026, 11, 19)), (date(2026, 10, 19), date(2026, 10, 25)), (date(2026, 11, 2), date(2026, 11, 8)),
    (date(2026, 11, 5), date(2026, 11, 5)), (date(2026, 11, 14), date(2026, 11, 19)),
)  # fmt: skip


async def test_the_months_figures_equal_the_recount_of_its_events(settings, services, worker):
    url = await create_database(services, worker)
    await asyncio.to_thread(upgrade, url)
    own = settings.model_copy(update={"database_url": url})
    redis = connect(own.redis_url)
    database = Database(own, doorbell=Doorbell(redis), workload="batches")
    try:
        await play(database, own, Doorbell(redis), write(1), ENDING, progress=lambda *_: None)
        database.moment = None
        async with database.transaction() as tx:
            await bootstrap_key(tx, ADMIN_KEY, caller=SYSTEM, settings=own)
        app = create_app(own)
        async with app.router.lifespan_context(app):
            headers = {"authorization": f"Bearer {ADMIN_KEY}"}
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://company.test", headers=headers
            ) as client:
                await _compare(client)
    finally:
        await database.close()
        await redis.aclose()
        await drop_database(services, url)


async def _compare(client: httpx.AsyncClient) -> None:
    events = await everything(client, "/v1/events", limit=200)
    deadlines = await everything(client, "/v1/deadlines", kind="alert", limit=200)
    counted = dict.fromkeys(("R02", "R03", "R05", "R06", "R22", "R23", "R42", "R57"), 0)
    for first, last in PERIODS:
        answer = good(await client.get("/v1/metrics/kpis", params={"from": str(first), "to": str(last)}))
        figures = {one["id"]: one for one in answer["data"]}
        found = {kpi: tally for (kpi, _), tally in recount.clocks(events, first, last).items()}
        found |= {kpi: tally for (kpi, _), tally in recount.calms(events, first, last).items()}
        found |= {"R22": recount.patrols(events, first, last), "R23": recount.alerts(events, deadlines, first, last)}
        for kpi in counted:
            one, tally = figures[kpi], found.get(kpi, recount.Tally())
            assert (one["numerator"], one["denominator"]) == (tally.numerator, tally.denominator), (kpi, first, last)
            assert one["as_recorded"] == tally.as_recorded or not tally.denominator, (kpi, first, last)
            counted[kpi] += tally.denominator
    assert all(counted.values()), f"the company has something of everything: {counted}"
