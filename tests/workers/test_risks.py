"""What is late in the risk register is told once a due date: with two workers, after an outage, and not before its day is over."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.core.db import Database
from app.domain.worktime import day_of
from app.reviews.risks_overdue import PORTION, tell_overdue
from tests.support.api import everything, good
from tests.support.risks import MEASURES, RISKS, make_measure, make_risk
from workers.risks import watch_risks

REVIEW, MEASURE = "risk.review_overdue", "risk_measure.overdue"


def today() -> date:
    return day_of(datetime.now(UTC))


async def due(database: Database, table: str, id_: str, on: date) -> None:
    column = "next_review_on" if table == "risks" else "due_on"
    await database.fetch(f"update {table} set {column} = $2 where id = $1", UUID(id_), on)


async def told(client, type_: str, member: str, *ids: str):
    """What was told of these, by their id."""
    events = await everything(client, "/v1/events", type=type_, limit=200)
    return [event["data"] for event in events if event["data"][member] in ids]


async def late_risk(client, database, days: int = 1, **fields):
    risk = await make_risk(client, **fields)
    await due(database, "risks", risk["id"], today() - timedelta(days=days))
    return risk


async def test_a_review_is_late_when_its_day_is_over_and_told_once(client, database):
    risk = await make_risk(client, category="product_quality", likelihood=5, impact=5)
    await due(database, "risks", risk["id"], today())
    await watch_risks(database)
    assert await told(client, REVIEW, "risk_id", risk["id"]) == []
    await due(database, "risks", risk["id"], today() - timedelta(days=1))
    for _ in range(3):
        await watch_risks(database)
    [event] = await told(client, REVIEW, "risk_id", risk["id"])
    late = event.pop("late_by_seconds")
    assert 0 <= late <= 86_400
    assert event == {
        "risk_id": risk["id"], "risk_number": risk["number"], "risk_category": "product_quality",
        "risk_level": "critical", "owner_id": None, "due_on": (today() - timedelta(days=1)).isoformat(),
    }  # fmt: skip
    good(
        await client.post(
            f"{RISKS}/{risk['id']}/reviewed", json={"note": "已看", "next_review_on": today().isoformat()}
        )
    )
    await watch_risks(database)
    assert len(await told(client, REVIEW, "risk_id", risk["id"])) == 1, "the next date is not over yet"
    await due(database, "risks", risk["id"], today() - timedelta(days=2))
    await watch_risks(database)
    assert len(await told(client, REVIEW, "risk_id", risk["id"])) == 2, "another due date is another event"


async def test_after_an_outage_it_is_told_late_and_says_by_how_much(client, database):
    risk = await late_risk(client, database, days=10)
    await watch_risks(database)
    [event] = await told(client, REVIEW, "risk_id", risk["id"])
    assert 9 * 86_400 <= event["late_by_seconds"] < 10 * 86_400


async def test_a_closed_risk_is_nobodys_task(client, database):
    risk = await late_risk(client, database)
    measure = await make_measure(client, risk)
    await due(database, "risk_measures", measure["id"], today() - timedelta(days=1))
    good(await client.patch(f"{RISKS}/{risk['id']}", json={"status": "closed", "reason": "停产"}))
    await watch_risks(database)
    assert await told(client, REVIEW, "risk_id", risk["id"]) == []
    assert await told(client, MEASURE, "risk_id", risk["id"]) == []


async def test_a_measure_is_late_once_a_due_date_unless_it_is_done(client, database):
    risk = await make_risk(client)
    late, done = await make_measure(client, risk), await make_measure(client, risk)
    good(await client.patch(f"{MEASURES}/{done['id']}", json={"done_at": "2026-01-01T08:00:00Z"}))
    for measure in (late, done):
        await due(database, "risk_measures", measure["id"], today() - timedelta(days=1))
    for _ in range(2):
        await watch_risks(database)
    [event] = await told(client, MEASURE, "measure_id", late["id"], done["id"])
    assert (event["measure_id"], event["risk_number"]) == (late["id"], risk["number"])
    good(await client.patch(f"{MEASURES}/{late['id']}", json={"due_on": today().isoformat()}))
    await watch_risks(database)
    assert len(await told(client, MEASURE, "measure_id", late["id"])) == 1
    await due(database, "risk_measures", late["id"], today() - timedelta(days=3))
    await watch_risks(database)
    assert len(await told(client, MEASURE, "measure_id", late["id"])) == 2


async def test_two_workers_tell_everything_once(client, database):
    await watch_risks(database)
    risks = [await late_risk(client, database) for _ in range(12)]
    for risk in risks:
        measure = await make_measure(client, risk)
        await due(database, "risk_measures", measure["id"], today() - timedelta(days=1))
    counts = await asyncio.gather(*(watch_risks(database) for _ in range(4)))
    assert sum(counts) == 24
    ids = [risk["id"] for risk in risks]
    for type_ in (REVIEW, MEASURE):
        events = await told(client, type_, "risk_id", *ids)
        assert sorted(event["risk_id"] for event in events) == sorted(ids)


async def test_what_a_worker_could_not_commit_is_told_by_the_next(client, database):
    await watch_risks(database)
    risk = await late_risk(client, database)

    async def dies(tx):
        assert await tell_overdue(tx) == 1
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await database.run(dies)
    assert await told(client, REVIEW, "risk_id", risk["id"]) == []
    assert await watch_risks(database) == 1
    assert len(await told(client, REVIEW, "risk_id", risk["id"])) == 1


async def test_more_than_a_portion_is_told_in_one_round(client, database):
    await watch_risks(database)
    risk = await make_risk(client)
    number = PORTION + 5
    await database.fetch(
        "insert into risk_measures (id, risk_id, title, due_on, created_by) "
        "select gen_random_uuid(), $1, '措施', $2, 'test' from generate_series(1, $3)",
        UUID(risk["id"]), today() - timedelta(days=1), number,
    )  # fmt: skip
    assert await watch_risks(database) == number
    events = await told(client, MEASURE, "risk_id", risk["id"])
    assert len({event["measure_id"] for event in events}) == number
