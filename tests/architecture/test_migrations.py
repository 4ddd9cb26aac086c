"""The tables and their migrations: the same, down and up again on filled tables, and strict about events."""

import asyncio
import json
from uuid import UUID

import asyncpg
import httpx
import pytest
from alembic import command

from app.core.migrations import configuration
from app.domain.deadlines import policy_from
from app.embedded import Services
from app.settings import Settings
from tests.support.services import create_database, drop_database, plain
from workers.ingest import Counter


async def test_the_models_and_the_migrations_are_the_same(settings: Settings) -> None:
    await asyncio.to_thread(command.check, configuration(settings.database_url))


async def test_migrations_go_down_and_up_again_on_an_empty_database(services: Services, worker: str) -> None:
    url = await create_database(services, f"{worker}_migrations")
    try:
        for step, target in ((command.upgrade, "head"), (command.downgrade, "base"), (command.upgrade, "head")):
            await asyncio.to_thread(step, configuration(url), target)
        connection = await asyncpg.connect(plain(url))
        assert await connection.fetchval("select count(*) from grading_policies where active") == 1
        await connection.close()
    finally:
        await drop_database(services, url)


async def test_the_newest_migration_goes_down_and_up_again_on_filled_tables(
    settings: Settings, client: httpx.AsyncClient, counter: Counter
) -> None:
    body = {"name": "迁移", "brand_words": ["迁移牌"], "harm_class": "individual"}
    assert (await client.post("/v1/watch-rules", json=body)).status_code == 201
    mention = {"platform": "weibo", "external_id": "migrate-1", "text": "迁移牌", "sentiment": "negative", "likes": 5}
    mention_id = (await client.post("/v1/mentions", json=mention)).json()["id"]
    await counter.sweep()
    before = (await client.get(f"/v1/mentions/{mention_id}")).json()
    assert UUID(before["incident_id"])
    for step, target in ((command.downgrade, "-1"), (command.upgrade, "head")):
        await asyncio.to_thread(step, configuration(settings.database_url), target)
    assert (await client.get(f"/v1/mentions/{mention_id}")).json() == before


async def test_exercises_are_known_for_such_after_going_down_and_up_again(services: Services, worker: str) -> None:
    url = await create_database(services, f"{worker}_drills")
    connection = None
    try:
        await asyncio.to_thread(command.upgrade, configuration(url), "head")
        connection = await asyncpg.connect(plain(url))
        await connection.execute("insert into incident_numbers(year, last, last_drill) values (2026, 7, 1)")
        for number, is_drill in (("2026-0007", False), ("D2026-0001", True)):
            await connection.execute(
                "with i as (insert into incidents(id, number, title, is_drill, policy_id, opened_by) "
                "  select gen_random_uuid(), $1, 'x', $2, id, 'test' from grading_policies limit 1 returning id) "
                "insert into events(type, incident_id, seq, is_drill, actor, data) "
                "select 'incident.opened', id, 1, $2, 'test', '{}' from i", number, is_drill,
            )  # fmt: skip
        for step, target in ((command.downgrade, "drills_apart-1"), (command.upgrade, "head")):
            await asyncio.to_thread(step, configuration(url), target)
        numbers = await connection.fetchrow("select last, last_drill from incident_numbers")
        assert tuple(numbers) == (7, 1)
        told = await connection.fetch("select number, e.is_drill from events e join incidents i on i.id = incident_id")
        assert sorted(map(tuple, told)) == [("2026-0007", False), ("D2026-0001", True)]
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute("update events set is_drill = false")
    finally:
        if connection is not None:
            await connection.close()
        await drop_database(services, url)


async def test_stored_policies_say_how_long_a_remediation_has_and_keep_what_they_said(
    services: Services, worker: str
) -> None:
    url = await create_database(services, f"{worker}_policies")
    connection = None
    try:
        await asyncio.to_thread(command.upgrade, configuration(url), "tasks")
        await asyncio.to_thread(command.downgrade, configuration(url), "departments_and_roles")
        connection = await asyncpg.connect(plain(url))
        stored = "select clocks from sla_policies where active"
        before = json.loads(await connection.fetchval(stored))
        assert "remediation" not in {clock["kind"] for clock in before}
        await asyncio.to_thread(command.upgrade, configuration(url), "tasks")
        after = json.loads(await connection.fetchval(stored))
        assert after == [*before, {"kind": "remediation", "grades": [], "seconds": 86_400, "working_days": None}]
        assert policy_from(before) == policy_from(after)
    finally:
        if connection is not None:
            await connection.close()
        await drop_database(services, url)


async def test_what_was_promised_is_still_to_be_done_where_promises_have_no_clocks(
    services: Services, worker: str
) -> None:
    url = await create_database(services, f"{worker}_promises")
    connection = None
    try:
        await asyncio.to_thread(command.upgrade, configuration(url), "commitments")
        connection = await asyncpg.connect(plain(url))
        for kind in ("commitment", "progress_note"):
            await connection.execute(
                "with i as (insert into incidents(id, number, title, policy_id, opened_by) "
                "  select gen_random_uuid(), $1, 'x', id, 'test' from grading_policies limit 1 returning id), "
                "t as (insert into tasks(id, incident_id, kind, title, state, due_at, created_by, result) "
                "  select gen_random_uuid(), id, $1, 'x', 'open', now(), 'test', jsonb_build_object('kind', $1) from i "
                "  returning id, incident_id), "
                "d as (insert into deadlines(id, kind, incident_id, task_id, level, policy_id, started_at, due_at, set_at) "
                "  select gen_random_uuid(), $1, incident_id, t.id, 4, p.id, now(), now(), now() "
                "  from t cross join sla_policies p where $1 = 'commitment' returning id) "
                "insert into deadline_firings(deadline_id, threshold, at, late_by_seconds) select id, 50, now(), 0 from d",
                kind,
            )  # fmt: skip
        for step, target in ((command.downgrade, "statements_and_reviews"), (command.upgrade, "head")):
            await asyncio.to_thread(step, configuration(url), target)
        kept = await connection.fetch("select kind, state, result from tasks order by kind")
        assert [tuple(row) for row in kept] == [("other", "open", None), ("progress_note", "open", None)]
        assert await connection.fetchval("select count(*) from deadlines") == 0
    finally:
        if connection is not None:
            await connection.close()
        await drop_database(services, url)


@pytest.mark.parametrize("statement", ["update events set type = 'x'", "delete from events", "truncate events cascade"])
async def test_events_can_only_be_added(settings: Settings, client: httpx.AsyncClient, statement: str) -> None:
    await client.post("/v1/api-keys", json={"name": "audit", "scopes": ["mentions:read"]})
    connection = await asyncpg.connect(plain(settings.database_url))
    try:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(statement)
    finally:
        await connection.close()
