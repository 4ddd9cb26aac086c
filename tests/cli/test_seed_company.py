"""The made-up company: the same seed is the same company, nothing of it happened today, and people and clocks did what the
script says."""

import asyncio
import json
import re
from collections import Counter as Tally
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import reactions
from app.cli.company.playing import in_the_way, play
from app.cli.company.script import PEOPLE, SESSIONS, Script, write
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.core.migrations import upgrade
from app.settings import Settings
from tests.support.services import create_database, drop_database

ENDING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_the_script_is_of_its_seed_alone():
    assert write(1) == write(1)
    assert write(1) != write(2)
    month = write(1)
    assert (len(month.people), len(month.crises), len(month.walks), len(month.sessions)) == (PEOPLE, 12, 90, SESSIONS)
    assert len({one.email for one in month.people}) == len({one.phone for one in month.people}) == PEOPLE
    assert {crisis.kind for crisis in month.crises} == {"major", "serious", "general", "subsides", "dismissed"}
    assert any(walk.after is None for walk in month.walks)
    assert len(write(1, months=2).crises) == 24
    assert write(1, months=2).crises[:12] == month.crises


class _Silent:
    """Nobody listens."""

    def ring(self, bell: str) -> None: ...


# By the name of a database: of how much the tables said, when they were new, that it is of today.
BORN: dict[str, dict[str, int]] = {}
MADE: dict[str, dict[str, int]] = {}


async def of_today(database: Database) -> dict[str, int]:
    """Of each column with instants, how many are of today."""
    columns = await database.fetch(
        "select c.table_name, c.column_name from information_schema.columns c join information_schema.tables t "
        "using (table_schema, table_name) where c.table_schema = 'public' and t.table_type = 'BASE TABLE' "
        "and c.data_type = 'timestamp with time zone'"
    )
    found = {}
    for table, column in columns:
        query = f"select count(*) as n from {table} where {column} between now() - interval '2 hours' and now()"
        found[f"{table}.{column}"] = (await database.fetch(query))[0]["n"]
    return found


@asynccontextmanager
async def company(settings: Settings, services: Any, name: str, script: Script) -> AsyncIterator[Database]:
    """A database of its own in which the script was played."""
    url = await create_database(services, name)
    await asyncio.to_thread(upgrade, url)
    chosen = settings.model_copy(update={"database_url": url})
    redis = connect(settings.redis_url)
    doorbell = Doorbell(redis)
    database = Database(chosen, doorbell=doorbell, workload="batches")
    reactions.install()
    try:
        assert await in_the_way(database, script, ENDING, force=False) is None
        BORN[name] = await of_today(database)
        MADE[name] = await play(database, chosen, doorbell, script, ENDING)
        yield database
    finally:
        await doorbell.close()
        await database.close()
        await redis.aclose()
        await drop_database(services, url)


DAYS = 5
# Which of the script's crises, and the hour in which each begins.
CHOSEN = {0: 9, 2: 6, 3: 20, 7: 31, 1: 40, 5: 55}


def excerpt(days: int = DAYS, fires: int = len(CHOSEN)) -> Script:
    """The script in some days with some of its people: a fire of each kind, patrols and sessions of these days, a silence."""
    month = write(1)
    first = Tally[int]()
    people = []
    for one in month.people:
        first[one.department] += 1
        if first[one.department] <= 8:
            people.append(replace(one, joins=0, leaves=None))
    chosen = list(CHOSEN.items())[:fires]
    crises = [replace(month.crises[place], begins=hour * 60) for place, hour in chosen]
    return replace(
        month, days=days, people=tuple(people), crises=tuple(crises), walks=month.walks[: days * 3],
        sessions=tuple(session for session in month.sessions if session.day < days),
        reads=month.reads[:20], silence=(30, 35),
    )  # fmt: skip


async def events_of(database: Database) -> list[str]:
    """All that happened, with ids replaced by the order in which they are first named."""
    places: dict[str, str] = {}

    def place(found: re.Match[str]) -> str:
        return places.setdefault(found[0], f"id{len(places)}")

    rows = await database.fetch("select type, at, actor, incident_id, seq, data from events order by id")
    told = []
    for row in rows:
        if row["at"] > ENDING:
            continue
        data = json.loads(row["data"]) if isinstance(row["data"], str) else row["data"]
        line = json.dumps(
            [row["type"], str(row["at"]), row["actor"], str(row["incident_id"]), row["seq"], data], sort_keys=True
        )
        told.append(re.sub(r'"[0-9a-f]{10}"', '"key"', _ID.sub(place, line)))
    return told


@pytest.fixture(scope="module")
async def played(settings, services) -> AsyncIterator[Database]:
    async with company(settings, services, "company", excerpt()) as database:
        yield database


async def test_the_same_seed_makes_the_same_events(settings, services):
    told = []
    for name in ("once", "again"):
        async with company(settings, services, name, excerpt(days=2, fires=1)) as database:
            told.append(await events_of(database))
    assert len(told[0]) > 150
    assert told[0] == told[1]


async def test_nothing_of_it_happened_today(played):
    """Whatever has a time has one of the past, but for what the tables came with."""
    assert {where: n for where, n in (await of_today(played)).items() if n > BORN["company"][where]} == {}


async def test_what_it_says_was_made_is_what_was_made(played):
    """A drill is no fire, and nothing happens before the first day."""
    script = excerpt()
    assert (MADE["company"]["incidents"], MADE["company"]["sessions"]) == (len(script.crises), len(script.sessions))
    [row] = await played.fetch(
        "select count(*) as n from training_sessions s join trainings t on t.id = s.training_id where s.created_at < t.created_at"
    )
    assert row["n"] == 0


async def test_fires_are_graded_met_and_closed_as_the_script_says(played):
    rows = await played.fetch(
        "select title, status, grade, calmed_at, ended_at from incidents where not is_drill order by id"
    )
    script = excerpt()
    assert len(rows) == len(script.crises)
    for row, crisis in zip(rows, sorted(script.crises, key=lambda one: one.begins), strict=True):
        graded = crisis.kind if crisis.kind in ("major", "serious", "general") else None
        assert row["grade"] == graded, row["title"]
        ends = {"subsides": "subsided", "dismissed": "dismissed"}
        assert row["status"] in (ends.get(crisis.kind), *(("closed", "closing", "handling") if graded else ()))
    closed = [row for row in rows if row["status"] == "closed"]
    assert closed
    assert all(row["calmed_at"] < row["ended_at"] <= ENDING for row in closed)
    types = Tally(row["type"] for row in await played.fetch("select type from events"))
    for type_ in ("review.completed", "statement.published", "incident.acknowledged", "incident.fact_checked", "sla.met",
                  "sla.warning", "patrol.checked_in", "mention.hit", "source.silent", "source.heard_again"):  # fmt: skip
        assert types[type_], type_
    assert types["alert.breached"] == types["alert.no_receiver"] == 0


async def test_clocks_rang_at_their_time(played):
    """As if workers had never slept: nothing is late, and nothing was early."""
    rows = await played.fetch(
        "select f.threshold, f.at, f.late_by_seconds, d.started_at, d.due_at, d.set_at, d.kind "
        "from deadline_firings f join deadlines d on d.id = f.deadline_id where d.kind <> 'alert'"
    )
    assert rows
    for row in rows:
        begun, span = row["started_at"], row["due_at"] - row["started_at"]
        assert row["at"] >= begun + span * row["threshold"] / 100 - timedelta(seconds=1)
        assert row["late_by_seconds"] < 60, dict(row)


async def test_nobody_is_owed_anything_and_it_is_made_once(played):
    [row] = await played.fetch("select count(*) as n from deliveries where state = 'pending'")
    assert row["n"] == 0
    assert "already" in str(await in_the_way(played, write(1), ENDING, force=True))


async def test_it_is_not_made_beside_workers(settings, services):
    """They would find clocks of weeks ago that nobody met yet, and ring them all today."""
    url = await create_database(services, "beside")
    await asyncio.to_thread(upgrade, url)
    database = Database(settings.model_copy(update={"database_url": url}), doorbell=_Silent())
    beat = "insert into worker_heartbeats(id, host, pid, seen_at) values (gen_random_uuid(), 'here', 1, now() - $1::interval)"
    try:
        await database.fetch(beat, timedelta(seconds=11))
        assert await in_the_way(database, write(1), ENDING, force=True) is None
        await database.fetch(beat, timedelta())
        assert "workers are running" in str(await in_the_way(database, write(1), ENDING, force=True))
    finally:
        await database.close()
        await drop_database(services, url)


async def test_a_folder_in_which_nothing_runs_is_started_for_it(fenghuo):
    seed = fenghuo("seed", "company", "--ending", "2999-01-01")
    said, complained = await asyncio.to_thread(seed.communicate, timeout=60)
    assert "lies in the future" in complained, said + complained
