"""Over a month of the made-up company of `fenghuo seed company` every figure equals the recount of what its events tell."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

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
from tests.support import kpi_recount_rooms as rooms
from tests.support.api import everything, good
from tests.support.services import create_database, drop_database

ENDING = datetime(2026, 11, 20, 2, tzinfo=UTC)
PERIODS = (
    (date(2026, 10, 1), date(2026, 11, 19)), (date(2026, 10, 19), date(2026, 10, 25)), (date(2026, 11, 2), date(2026, 11, 8)),
    (date(2026, 11, 5), date(2026, 11, 5)), (date(2026, 11, 14), date(2026, 11, 19)),
)  # fmt: skip
KPIS = ("R04", "R05", "R06", "R07", "R08", "R22", "R23", "R42", "R57")
# What later periods are compared with.
BASELINE = (date(2026, 10, 19), date(2026, 11, 8))


@dataclass
class Exported:
    """What the service tells of the month: its events, those of the audit log too, and what of it is no event."""

    events: list[recount.Event]
    audit: list[recount.Event]
    alerts: list[Mapping[str, Any]]
    heard: set[rooms.Beat]
    shipped: list[recount.Event]


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
                await _compare(client, database)
    finally:
        await database.close()
        await redis.aclose()
        await drop_database(services, url)


async def _compare(client: httpx.AsyncClient, database: Database) -> None:
    told = await _exported(client, database)
    first, last = BASELINE
    frozen = {"name": "开业三周", "from": str(first), "to": str(last)}
    assert (await client.post("/v1/metrics/baselines", json=frozen)).status_code == 201
    counted, answers = dict.fromkeys(("R01", "R02", "R03", *KPIS), 0), []
    for first, last in PERIODS:
        answer = await _answer(client, first, last)
        answers.append(answer["data"])
        figures = {one["id"]: one for one in answer["data"]}
        found = _recounted(told, first, last, datetime.fromisoformat(answer["as_of"]))
        for kpi in counted:
            one, tally = figures[kpi], found.get(kpi, recount.Tally())
            assert (one["numerator"], one["denominator"]) == (tally.numerator, tally.denominator), (kpi, first, last)
            assert one["as_recorded"] == tally.as_recorded or not tally.denominator, (kpi, first, last)
            counted[kpi] += tally.denominator
    assert all(counted.values()), f"the company has something of everything: {counted}"
    await _compare_parts(client, told)
    await _compare_mechanisms(client, told)
    await _change_the_roster(client, told)
    assert [(await _answer(client, *period))["data"] for period in PERIODS] == answers, "what is past is as it was"
    told.audit = await recount.audit(database)
    await _compare_parts(client, told)


async def _answer(client: httpx.AsyncClient, first: date, last: date, **more: Any) -> dict[str, Any]:
    return good(await client.get("/v1/metrics/kpis", params={"from": str(first), "to": str(last), **more}))


async def _exported(client: httpx.AsyncClient, database: Database) -> Exported:
    audit = await recount.audit(database)
    mentions = await everything(client, "/v1/mentions", limit=200)
    # Of a post that was read once, its first reading is all there is.
    again = [one for one in mentions if one["last_observed_at"] != one["first_seen_at"]]
    readings = [
        (one["platform"], reading) for one in again
        for reading in await everything(client, f"/v1/mentions/{one['id']}/observations", limit=200)
    ]  # fmt: skip
    return Exported(
        await everything(client, "/v1/events", limit=200), audit,
        await everything(client, "/v1/deadlines", kind="alert", limit=200), rooms.beats(audit, mentions, readings),
        await _shipped(client),
    )  # fmt: skip


async def _shipped(client: httpx.AsyncClient) -> list[recount.Event]:
    """What stands from the first day, which nobody entered: no event tells of it."""
    lists = {"grading_policy": "/v1/grading-policies", "sla_policy": "/v1/sla-policies"}
    found = [
        {"type": f"{kind}.created", "timestamp": one["created_at"], "data": {}}
        for kind, path in lists.items() for one in await everything(client, path, limit=200)
    ]  # fmt: skip
    for risk in await everything(client, "/v1/risks", limit=200):
        versions = await everything(client, f"/v1/risks/{risk['id']}/versions", limit=200)
        found += [
            {"type": "risk.changed", "timestamp": one["at"], "data": one["content"] | {"risk_id": risk["id"]}}
            for one in versions if one["by"] == SYSTEM.actor
        ]  # fmt: skip
    return found


def _recounted(told: Exported, first: date, last: date, now: datetime) -> dict[str, recount.Tally]:
    """Every figure, by its id."""
    found = {kpi: tally for (kpi, _), tally in recount.clocks(told.events, first, last).items()}
    found |= {kpi: tally for (kpi, _), tally in recount.calms(told.events, first, last).items()}
    found["R22"] = recount.patrols(told.events, first, last)
    found["R23"] = recount.alerts(told.events, told.alerts, first, last)
    found["R04"] = rooms.added_up(rooms.coverage(told.audit, told.heard, first, last, now))
    found["R07"] = rooms.added_up(rooms.trainings(told.audit, last, now))
    found["R08"] = rooms.mechanisms(_checks(told, rooms.ends(last, now)))
    before = recount.calms(told.events, *BASELINE) if last > BASELINE[1] else {}
    found["R01"] = rooms.targets(found, {kpi: tally for (kpi, _), tally in before.items()})
    return found


def _checks(told: Exported, at: datetime) -> dict[str, rooms.Found]:
    return rooms.checks(told.audit, told.heard, told.alerts, told.shipped, at)


async def _compare_parts(client: httpx.AsyncClient, told: Exported) -> None:
    """Platform coverage by platform, training coverage by department."""
    for first, last in PERIODS:
        for kpi, by in (("R04", "platform"), ("R07", "department")):
            answer = await _answer(client, first, last, kpi=kpi, by=by)
            now = datetime.fromisoformat(answer["as_of"])
            parts: Mapping[Any, recount.Tally] = (
                rooms.coverage(told.audit, told.heard, first, last, now) if kpi == "R04"
                else rooms.trainings(told.audit, last, now)
            )  # fmt: skip
            shown = {one["key"]: (one["numerator"], one["denominator"]) for one in answer["data"][0]["groups"]}
            assert shown == {key: (part.numerator, part.denominator) for key, part in parts.items()}, (kpi, first, last)


async def _compare_mechanisms(client: httpx.AsyncClient, told: Exported) -> None:
    """Every check, each midnight: so each patrol and each alert is looked at once."""
    seen, at = set[tuple[str, bool]](), recount.midnight(PERIODS[0][0])
    while at < ENDING:
        answer = good(await client.get("/v1/metrics/mechanisms", params={"at": at.isoformat()}))
        shown = {
            one["check"]: (one["checked"], one["amiss"]) for each in answer["mechanisms"] for one in each["checks"]
        }
        assert shown == {check: tuple(found) for check, found in _checks(told, at).items()}, at
        seen |= {(each["mechanism"], each["light"] == "green") for each in answer["mechanisms"]}
        at += timedelta(days=1)
    assert {("monitoring", True), ("monitoring", False), ("review", True)} <= seen, seen


async def _change_the_roster(client: httpx.AsyncClient, told: Exported) -> None:
    """Today one leaves, one goes to another department, and a course is asked of nobody any more."""
    there = rooms.roster(told.audit, ENDING)
    leaves, moves = sorted(there)[:2]
    other = next(id_ for id_ in sorted(filter(None, there.values())) if id_ != there[moves])
    [course, *_] = rooms.courses(told.audit, ENDING)
    for path, change in (
        (f"/v1/people/{leaves}", {"active": False}), (f"/v1/people/{moves}", {"department_id": other}),
        (f"/v1/trainings/{course}", {"mandatory": False}),
    ):  # fmt: skip
        good(await client.patch(path, json=change, headers={"if-match": "*"}))
