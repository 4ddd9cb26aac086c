"""API keys: the secret is shown once, two live ones overlap in a rotation, and a revoked one is out within a second."""

import asyncio
import time

import pytest

from app.core.auth import SCOPES, SYSTEM
from app.people.keys import bootstrap_key
from tests.conftest import ADMIN_KEY
from tests.support.api import OPERATIONS, ago, everything, good, instant, post, problem
from tests.support.waiting import eventually

URL = "/v1/api-keys"


async def make(client, *scopes: str, **fields) -> dict:
    body = {"name": "监测", "scopes": list(scopes) or ["mentions:read"]} | fields
    return good(await client.post(URL, json=body), 201)


async def status(bare, key: str, url: str = "/v1/mentions") -> int:
    response = await bare.get(url, headers={"authorization": f"Bearer {key}"})
    if response.status_code == 401:
        problem(response, 401, code="unauthorized")
        assert response.headers["www-authenticate"].startswith("Bearer")
    return response.status_code


async def test_the_secret_is_shown_once_and_stored_nowhere(client, bare, database):
    made = await make(client, "mentions:write", "mentions:read", "mentions:write")
    prefix, environment, key_id, secret = made["key"].split("_")
    assert (prefix, environment, key_id, secret[-4:]) == ("fh", "test", made["id"], made["last_four"])
    assert made["scopes"] == ["mentions:read", "mentions:write"]
    assert await status(bare, made["key"]) == 200
    (listed,) = [row for row in await everything(client, URL, limit=2) if row["id"] == made["id"]]
    assert listed == {name: value for name, value in made.items() if name != "key"}
    for table in ("api_keys", "events"):
        rows = await database.fetch(f"select t::text as row from {table} t")
        assert not any(secret in row["row"] for row in rows)


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"name": ""}, "/name"), ({"name": "\u200b"}, "/name"), ({"scopes": []}, "/scopes"),
    ({"scopes": ["mentions:delete"]}, "/scopes"), ({"scopes": "mentions:read"}, "/scopes"),
    ({"expires_at": "2027-01-01T00:00:00"}, "/expires_at"), ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
    ({"id": "mine"}, "/id"),
])  # fmt: skip
async def test_a_key_that_makes_no_sense_is_refused_by_name(client, fields, pointer):
    body = {"name": "x", "scopes": ["mentions:read"]} | fields
    problem(await client.post(URL, json=body), 422, pointer)


@pytest.fixture(scope="module")
async def holding(client):
    """The headers of somebody who holds just these scopes, made once."""
    made: dict[frozenset[str], dict[str, str]] = {}

    async def headers(*scopes: str) -> dict[str, str]:
        key = frozenset(scopes)
        if key not in made:
            made[key] = {"authorization": f"Bearer {(await make(client, *scopes))['key']}"}
        return made[key]

    return headers


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.scope], ids=str)
async def test_an_operation_asks_for_its_scope_and_for_no_other(holding, bare, operation):
    headers = await holding(*(SCOPES.keys() - {operation.scope}))
    refused = problem(await bare.request(operation.method, operation.url, headers=headers, json={}), 403)
    assert refused["code"] == "forbidden"
    assert repr(operation.scope) in refused["detail"]
    headers = await holding(*operation.scopes)
    # A PATCH that changes nothing reads: see test_empty_patches.
    body = operation.example if operation.method == "PATCH" else {}
    response = await bare.request(operation.method, operation.url, headers=headers, json=body)
    # What is asked of a person is refused to a machine, whatever it holds.
    needs_person = response.status_code == 403 and problem(response, 403)["code"] == "person_needed"
    assert needs_person or response.status_code not in (401, 403)


async def test_in_a_rotation_both_secrets_work_until_the_overlap_ends(client, bare):
    made = await make(client)
    turned = good(await client.post(f"{URL}/{made['id']}/rotate", json={"overlap_seconds": 600}))
    assert turned["id"] == made["id"]
    assert turned["key"] != made["key"]
    assert 590 < (instant(turned["previous_until"]) - instant(ago(seconds=0))).total_seconds() <= 600
    assert (await status(bare, made["key"]), await status(bare, turned["key"])) == (200, 200)
    last = good(await client.post(f"{URL}/{made['id']}/rotate", json={"overlap_seconds": 0}))
    # The first is not the previous one any more, and the second has no overlap: only the third is left.
    await eventually(lambda: refused(bare, made["key"], turned["key"]), timeout=2)
    assert await status(bare, last["key"]) == 200


async def refused(bare, *keys: str) -> bool:
    return [await status(bare, key) for key in keys] == [401] * len(keys)


async def test_an_overlap_is_a_week_at_most(client):
    made = await make(client)
    for seconds in (-1, 604_801, True, None):
        problem(await client.post(f"{URL}/{made['id']}/rotate", json={"overlap_seconds": seconds}), 422,
                "/overlap_seconds")  # fmt: skip
    week = good(await client.post(f"{URL}/{made['id']}/rotate", json={}))
    assert 86_390 < (instant(week["previous_until"]) - instant(ago(seconds=0))).total_seconds() <= 86_400


async def test_a_revoked_key_is_refused_within_a_second_even_while_it_is_busy(client, bare):
    made = await make(client)
    ended = asyncio.Event()
    last_good = 0.0

    async def knock():
        nonlocal last_good
        while not ended.is_set():
            asked = time.monotonic()
            if await status(bare, made["key"]) == 200:
                last_good = asked

    busy = [asyncio.create_task(knock()) for _ in range(4)]
    await eventually(lambda: last_good)
    revoked = good(await client.post(f"{URL}/{made['id']}/revoke"))
    revoked_at = time.monotonic()
    await eventually(lambda: time.monotonic() - max(last_good, revoked_at) > 0.7, timeout=5)
    ended.set()
    await asyncio.gather(*busy)
    assert last_good - revoked_at < 1
    assert await status(bare, made["key"]) == 401
    assert revoked["revoked_at"] is not None
    assert good(await client.post(f"{URL}/{made['id']}/revoke")) == revoked
    problem(await client.post(f"{URL}/{made['id']}/rotate", json={}), 409, code="key_revoked")


async def test_a_key_stops_when_it_expires(client, bare, database):
    made = await make(client, expires_at=ago(hours=-1))
    assert await status(bare, made["key"]) == 200
    await database.fetch("update api_keys set expires_at = now() where id = $1", made["id"])
    await eventually(lambda: refused(bare, made["key"]), timeout=2)


async def test_readings_name_the_key_they_came_by(client, bare):
    made = await make(client, "mentions:write")
    bare.headers["authorization"] = f"Bearer {made['key']}"
    mention_id = await post(bare, "帖")
    (row,) = await everything(client, f"/v1/mentions/{mention_id}/observations")
    assert row["key_id"] == made["id"]


async def test_the_bootstrap_key_is_made_once_and_holds_every_scope(client, database, settings):
    async with database.transaction() as tx:
        await bootstrap_key(tx, ADMIN_KEY, caller=SYSTEM, settings=settings)
    (key,) = [row for row in await everything(client, URL) if row["id"] == "admin1"]
    assert (key["name"], key["scopes"], key["expires_at"]) == ("bootstrap", sorted(SCOPES), None)
    for bad in ("", "letmein", ADMIN_KEY.replace("fh_test_", "fh_live_"), "fh_test_a_b", ADMIN_KEY + "\n"):
        async with database.transaction() as tx:
            with pytest.raises(ValueError, match="FENGHUO_BOOTSTRAP_KEY must look like fh_test_"):
                await bootstrap_key(tx, bad, caller=SYSTEM, settings=settings)


async def test_nobody_makes_or_takes_over_a_key_that_may_do_more_than_they(client, bare):
    admin = await make(client, "keys:admin", "mentions:read")
    graver = await make(client, "mentions:read", "people:unmask")
    headers = {"authorization": f"Bearer {admin['key']}"}
    body = {"name": "mine", "scopes": ["mentions:read", "people:unmask"]}
    problem(await bare.post(URL, json=body, headers=headers), 403, "/scopes", code="scopes_not_yours")
    rotate = await bare.post(f"{URL}/{graver['id']}/rotate", json={}, headers=headers)
    problem(rotate, 403, code="scopes_not_yours")
    assert await status(bare, graver["key"]) == 200
    good(await bare.post(URL, json=body | {"scopes": ["mentions:read"]}, headers=headers), 201)
    good(await bare.post(f"{URL}/{graver['id']}/revoke", headers=headers))
