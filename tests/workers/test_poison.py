"""A backlog of long posts is counted like any other, and a reading that can't be counted stops nobody else's."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from app.core.db import Database
from app.incidents.spread import Ledger
from app.mentions.claims import MOST_TEXT, Claim
from app.mentions.processing import process_inbox
from app.mentions.rulebook import Rules
from tests.support.api import brand, good, make_rule, mention, post, problem
from workers import tidy
from workers.context import Context
from workers.ingest import MOST_ASIDE, Counter

LONG = 20_000


async def post_many(client: httpx.AsyncClient, words: list[str]) -> list[str]:
    """Stored in the order given: a batch is stored by external_id."""
    one = uuid4().hex
    items = [{"platform": "weibo", "external_id": f"{one}-{n:04}", "text": word} for n, word in enumerate(words)]
    answer = good(await client.post("/v1/mention-batches", json={"items": items}), 207)
    return [result["id"] for result in answer["results"]]


async def pending(client: httpx.AsyncClient, mention_ids: list[str]) -> list[str]:
    return [mention_id for mention_id in mention_ids if (await mention(client, mention_id))["pending"]]


async def test_a_claim_ends_with_its_readings_or_with_their_text(
    client: httpx.AsyncClient, counter: Counter, database: Database
) -> None:
    await counter.sweep()
    short = await post_many(client, ["短"] * 5)
    long = await post_many(client, ["长" * LONG] * 30)
    fitting = MOST_TEXT // (3 * LONG) + 1
    async with database.transaction() as tx:
        claim = Claim(3)
        await claim.take(await tx.driver())
        assert sorted(map(str, claim.mention_ids)) == sorted(short[:3])
        await claim.take(await tx.driver())
        assert sorted(map(str, claim.mention_ids)) == sorted(short[3:] + long[:1])
        claim = Claim(2_000)
        await claim.take(await tx.driver())
        assert sorted(map(str, claim.mention_ids)) == sorted(long[1 : 1 + fitting])
        await tx.rollback()
    assert await counter.sweep() == 35
    assert await pending(client, short + long) == []


async def test_the_text_of_a_reading_that_says_something_new_counts_too(
    client: httpx.AsyncClient, counter: Counter, database: Database
) -> None:
    await counter.sweep()
    known = uuid4().hex
    for n in range(20):
        await post(client, f"{n}" + "长" * (LONG - 2), external_id=known)
    async with database.transaction() as tx:
        claim = Claim(2_000)
        assert len(await claim.take(await tx.driver())) == MOST_TEXT // (3 * LONG) + 1
        await tx.rollback()
    assert await counter.sweep() == 20


async def test_matching_for_longer_than_a_transaction_may_idle_is_no_fault(
    client: httpx.AsyncClient, counter: Counter, database: Database
) -> None:
    await counter.sweep()
    word = brand()
    await make_rule(client, word)
    await post_many(client, ["差\u0301" * (LONG // 2 - 100) + word] * 19)
    async with database.transaction() as tx:
        # Each takes some 50 ms, all of them about a second.
        await tx.execute(text("set local idle_in_transaction_session_timeout = '400ms'"))
        batch = await process_inbox(tx, Rules(), Ledger(), Claim(2_000))
    assert batch.readings == 19


class Poison:
    """Makes the server fail, for real, whenever a reading of a certain mention is counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spill(self, condition: str, act: str) -> None:
        body = f"begin if {condition} then {act}; end if; return new; end"
        await self._database.fetch(f"create function poison() returns trigger language plpgsql as $$ {body} $$")
        await self._database.fetch(
            "create trigger poison before insert on observations for each row execute function poison()"
        )

    async def spill_no_more(self) -> None:
        await self._database.fetch("drop trigger if exists poison on observations")
        await self._database.fetch("drop function if exists poison")

    async def clean(self) -> None:
        await self.spill_no_more()
        await self._database.fetch("delete from mentions_set_aside")


@pytest.fixture
async def poison(database: Database) -> AsyncIterator[Poison]:
    poison = Poison(database)
    yield poison
    await poison.clean()


async def sweep_like_a_worker(counter: Counter, times: int = 4) -> None:
    """A worker outlives what its sweeps raise, and sweeps again."""
    for _ in range(times):
        with suppress(Exception):
            await counter.sweep()


@pytest.mark.parametrize(
    "act",
    ["raise exception 'poison'", "perform pg_terminate_backend(pg_backend_pid())", "perform 1 / 0"],
    ids=["refused", "connection ended", "an error"],
)
async def test_a_reading_that_cannot_be_counted_is_set_aside_and_all_others_are_counted(
    client: httpx.AsyncClient, counter: Counter, context: Context, database: Database, poison: Poison, act: str
) -> None:
    await counter.sweep()
    before, (bad,), after = [await post_many(client, ["一"] * n) for n in (5, 1, 25)]
    await poison.spill(f"new.mention_id = '{bad}'", act)
    counting = Counter(replace(context, settings=context.settings.model_copy(update={"inbox_claim": 16})))
    await sweep_like_a_worker(counting)
    assert await pending(client, [*before, bad, *after]) == [bad]
    assert [str(row["mention_id"]) for row in await database.fetch("select mention_id from mentions_set_aside")] == [
        bad
    ]
    # The next readings of it are left alone too, and nobody waits for them.
    known = await mention(client, bad)
    await post(client, "又", external_id=known["external_id"], likes=7)
    later = await post_many(client, ["一"] * 20)
    assert await counting.sweep() == 20
    assert await pending(client, [bad, *later]) == [bad]
    observations = good(await client.get(f"/v1/mentions/{bad}/observations"))["data"]
    assert [row["counted"] for row in observations] == [False, False]
    # Nothing is lost: once it can be counted, it is.
    await poison.clean()
    assert await counting.sweep() == 2
    assert (await mention(client, bad))["likes"] == 7


async def test_acting_on_a_mention_that_was_set_aside_is_refused_until_its_readings_count(
    client: httpx.AsyncClient, counter: Counter, database: Database, poison: Poison
) -> None:
    await counter.sweep()
    (bad,) = await post_many(client, ["一"])
    await poison.spill(f"new.mention_id = '{bad}'", "raise exception 'poison'")
    await sweep_like_a_worker(counter)
    opened = good(await client.post("/v1/incidents", json={"title": "人工"}), 201)
    one, move = f"/v1/incidents/{opened['id']}", {"mention_ids": [bad], "reason": "研判"}
    acts = (
        ("PATCH", f"/v1/mentions/{bad}", {"sentiment": "negative"}),
        ("POST", f"{one}/attach", move),
        ("POST", f"{one}/detach", move),
        ("POST", "/v1/incidents", {"title": "又一起", "mention_ids": [bad]}),
    )
    for until in ("1 hour", "-1 minute"):
        await database.fetch(f"update mentions_set_aside set until = now() + interval '{until}'")
        for method, url, body in acts:
            refused = problem(await client.request(method, url, json=body), 409, code="mention_set_aside")
            assert bad in refused["detail"]
            assert refused["retry_at"].endswith("Z")
    # Others may be acted upon, and it too once its readings count; that it was set aside is no matter any more.
    (fine,) = await post_many(client, ["一"])
    good(await client.post(f"{one}/attach", json=move | {"mention_ids": [fine]}))
    await poison.spill_no_more()
    await database.fetch("update mentions_set_aside set until = now() - interval '1 minute'")
    assert await counter.sweep() == 1
    for method, url, body in acts:
        assert (await client.request(method, url, json=body)).status_code in (200, 201)


async def test_what_was_set_aside_is_tried_again_after_a_while_and_in_the_end_forgotten(
    client: httpx.AsyncClient, counter: Counter, database: Database, poison: Poison
) -> None:
    await counter.sweep()
    (bad,) = await post_many(client, ["一"])
    await poison.spill(f"new.mention_id = '{bad}'", "raise exception 'poison'")
    await sweep_like_a_worker(counter)
    assert await counter.sweep() == 0
    await database.fetch("update mentions_set_aside set until = now()")
    await sweep_like_a_worker(counter)
    (row,) = await database.fetch(
        "select times, until > now() + interval '50 minutes' as later from mentions_set_aside"
    )
    assert (row["times"], row["later"]) == (2, True)
    await tidy.tidy(database)
    assert await database.fetch("select from mentions_set_aside")
    await database.fetch("update mentions_set_aside set until = now() - interval '25 hours'")
    await tidy.tidy(database)
    assert not await database.fetch("select from mentions_set_aside")


async def test_however_many_cannot_be_counted_those_behind_them_are(
    client: httpx.AsyncClient, counter: Counter, database: Database, poison: Poison
) -> None:
    await counter.sweep()
    bad = await post_many(client, ["一"] * (MOST_ASIDE + 5))
    # The second reading of one that is not counted yet can't be counted before the first, and is passed over too.
    await post(client, "又", external_id=(await mention(client, bad[-1]))["external_id"])
    fine = await post_many(client, ["二"] * 3)
    ids = ", ".join(f"'{mention_id}'" for mention_id in bad)
    await poison.spill(f"new.mention_id in ({ids})", "raise exception 'poison'")
    # By the number of its sweeps, not by time: three for each to be set aside, and one for each that is passed over.
    await sweep_like_a_worker(counter, times=3 * MOST_ASIDE + 10)
    assert await pending(client, fine) == []
    await sweep_like_a_worker(counter, times=15)
    aside = await database.fetch("select mention_id::text from mentions_set_aside")
    assert sorted(row["mention_id"] for row in aside) == sorted(bad)
    await poison.clean()
    assert await counter.sweep() == len(bad) + 1
    assert await pending(client, bad) == []


async def test_when_nothing_can_be_counted_the_readings_are_not_to_blame(
    client: httpx.AsyncClient, counter: Counter, database: Database, poison: Poison
) -> None:
    await counter.sweep()
    posted = await post_many(client, ["一"] * (MOST_ASIDE + 5))
    await poison.spill("true", "raise exception 'poison'")
    await sweep_like_a_worker(counter, times=100)
    assert len(await database.fetch("select from mentions_set_aside")) == MOST_ASIDE
    with pytest.raises(asyncpg.RaiseError, match="poison"):
        await counter.sweep()
    await poison.clean()
    assert await counter.sweep() == len(posted)
