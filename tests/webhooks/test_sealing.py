"""Signing secrets at rest: nobody reads them without the key, moves them to another row, or loses them with a key."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic import command

from app.core.db import Database
from app.core.migrations import configuration
from app.core.vault import Unreadable, Vault
from app.embedded import Services
from app.settings import Settings
from app.webhooks.sealing import reseal, secrets_vault
from tests.support.owed import VAULT, attempts, forget, happen, hit, subscribe
from tests.support.processes import SECRET_KEY
from tests.support.receiver import Receiver
from tests.support.services import create_database, drop_database, plain
from workers.context import Context
from workers.deliver import Deliverer

OLD, NEW = "the key before, of 32 characters or more", "the key from now on, of 32 or more characters"
SECRET = bytes(range(32))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        yield started


def vault(*keys: str) -> Vault:
    return secrets_vault(Settings(secret_key=keys[0], previous_secret_keys=keys[1:]))


def test_what_was_sealed_opens_again_and_looks_different_each_time() -> None:
    endpoint_id = uuid4()
    first, second = (vault(NEW).seal(SECRET, endpoint_id) for _ in range(2))
    assert first != second
    assert SECRET not in first
    assert vault(NEW).open(first, endpoint_id) == vault(NEW).open(second, endpoint_id) == SECRET


def test_a_secret_opens_under_no_other_key_and_says_what_to_do() -> None:
    endpoint_id = uuid4()
    sealed = vault(OLD).seal(SECRET, endpoint_id)
    with pytest.raises(Unreadable, match="FENGHUO_PREVIOUS_SECRET_KEYS"):
        vault(NEW).open(sealed, endpoint_id)
    assert vault(NEW, "yet another one of at least 32 characters", OLD).open(sealed, endpoint_id) == SECRET


def test_a_secret_moved_to_another_endpoint_does_not_open() -> None:
    sealed = vault(NEW).seal(SECRET, uuid4())
    with pytest.raises(Unreadable, match="tampered"):
        vault(NEW).open(sealed, uuid4())


@pytest.mark.parametrize("place", [0, 5, 12, 30, -1])
def test_a_secret_of_which_a_bit_was_changed_does_not_open(place: int) -> None:
    endpoint_id = uuid4()
    sealed = bytearray(vault(NEW).seal(SECRET, endpoint_id))
    sealed[place] ^= 1
    with pytest.raises(Unreadable):
        vault(NEW).open(bytes(sealed), endpoint_id)


def test_previous_keys_come_with_commas() -> None:
    chosen = Settings.model_validate({"previous_secret_keys": f"{OLD.replace(',', '')}, second ,"})
    assert chosen.previous_secret_keys == (OLD.replace(",", ""), "second")


async def test_the_database_never_holds_a_secret_as_it_is(database: Database, receiver: Receiver) -> None:
    endpoint_id = await subscribe(database, receiver)
    [row] = await database.fetch("select secret from webhook_endpoints where id = $1", endpoint_id)
    assert row["secret"].startswith(VAULT.head)
    await forget(database)


async def test_after_the_key_has_changed_a_worker_seals_anew_and_signatures_stay_right(
    database: Database, context: Context, receiver: Receiver
) -> None:
    await forget(database)
    beyond = await subscribe(database, receiver, "mention.hit", path="/beyond")
    lost = vault("a key that everybody has forgotten by now").seal(SECRET, beyond)
    await database.fetch("update webhook_endpoints set secret = $2 where id = $1", beyond, lost)
    known = await subscribe(database, receiver, "mention.hit")
    changed = context.settings.model_copy(update={"secret_key": NEW, "previous_secret_keys": (SECRET_KEY,)})
    deliverer = Deliverer(replace(context, settings=changed))
    await happen(database, hit())
    await deliverer.sweep()
    assert [one.path for one in receiver.received] == ["/hook"]
    assert receiver.verified
    assert (await sealed(database, known)).startswith(vault(NEW).head)
    assert await sealed(database, beyond) == lost
    [told] = [tried["error"] for tried in await attempts(database) if tried["error"]]
    assert "another FENGHUO_SECRET_KEY" in told
    [row] = await database.fetch("select failures_in_row from webhook_endpoints where id = $1", beyond)
    assert row["failures_in_row"] == 0, "that is no fault of the receiver's"
    assert await reseal(database, vault(NEW, SECRET_KEY)) == 0, "there is nothing left to do"
    await deliverer.close()
    await forget(database)


async def sealed(database: Database, endpoint_id: UUID) -> bytes:
    [row] = await database.fetch("select secret from webhook_endpoints where id = $1", endpoint_id)
    return bytes(row["secret"])


BEFORE, AFTER = "events_append_only", "webhooks_complete"


async def test_the_migration_encrypts_what_is_there_and_going_down_gives_it_back(
    services: Services, worker: str
) -> None:
    url = await create_database(services, f"{worker}_sealing")
    config = configuration(url, NEW)
    ids = [uuid4(), uuid4()]
    await asyncio.to_thread(command.upgrade, config, BEFORE)
    connection = await asyncpg.connect(plain(url))
    try:
        await connection.executemany(
            "insert into webhook_endpoints(id, url, secret, deleted_at) values ($1, 'https://h.example/', $2, $3)",
            [(ids[0], SECRET, None), (ids[1], SECRET[::-1], datetime.now(UTC))],
        )
        for _ in range(2):
            await asyncio.to_thread(command.upgrade, config, AFTER)
            kept = await stored(connection)
            assert [vault(NEW).open(kept[each], each) for each in ids] == [SECRET, SECRET[::-1]]
            await asyncio.to_thread(command.downgrade, config, BEFORE)
            assert await stored(connection) == {ids[0]: SECRET, ids[1]: SECRET[::-1]}
    finally:
        await connection.close()
        await drop_database(services, url)


async def stored(connection: asyncpg.Connection) -> dict[UUID, bytes]:
    return {row["id"]: row["secret"] for row in await connection.fetch("select id, secret from webhook_endpoints")}
