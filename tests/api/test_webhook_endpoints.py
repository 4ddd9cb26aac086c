"""Webhook endpoints and deliveries as a client of the API sees them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.outbox import record
from app.domain.signature import decode_secret
from tests.support.owed import forget, hit
from tests.support.receiver import Answer, Receiver
from workers.context import Context
from workers.deliver import Deliverer

ENDPOINTS = "/v1/webhook-endpoints"
DELIVERIES = "/v1/webhook-deliveries"
# Nobody listens there: these tests are not about sending.
URL = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
async def tidy(database: Database) -> AsyncIterator[None]:
    """Nothing is owed to anybody before and after."""
    await forget(database)
    yield
    await forget(database)


@pytest.fixture
async def deliverer(context: Context) -> AsyncIterator[Deliverer]:
    quick = context.settings.model_copy(update={"webhook_schedule": (0.0, 3600.0)})
    deliverer = Deliverer(replace(context, settings=quick))
    yield deliverer
    await deliverer.close()


async def create(client: httpx.AsyncClient, **body: object) -> dict[str, Any]:
    response = await client.post(ENDPOINTS, json={"url": URL, **body})
    assert response.status_code == 201, response.text
    return response.json()


async def happen(database: Database, count: int = 1) -> list[int]:
    events = [hit() for _ in range(count)]
    async with database.transaction() as tx:
        return [stored.id for stored in await record(tx, *events, caller=SYSTEM)]


async def deliveries(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    response = await client.get(DELIVERIES, params=query)
    assert response.status_code == 200, response.text
    return response.json()["data"]


def fault(response: httpx.Response) -> tuple[int, str, str]:
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    [error] = problem["errors"]
    return response.status_code, error["pointer"], error["detail"]


async def test_a_new_endpoint_shows_its_secret_this_once(client: httpx.AsyncClient) -> None:
    body = {
        "event_types": ["mention.hit", "incident.opened", "mention.hit"],
        "description": "群",
        "reaches_people": True,
    }
    made = await create(client, **body)
    assert len(decode_secret(made.pop("secret"))) == 32
    assert made["event_types"] == ["incident.opened", "mention.hit"]
    assert (made["enabled"], made["disabled_at"], made["version"]) == (True, None, 1)
    shown = (await client.get(f"{ENDPOINTS}/{made['id']}")).json()
    assert shown == made
    assert "secret" not in shown


async def test_what_is_left_out_has_defaults(client: httpx.AsyncClient) -> None:
    made = await create(client)
    assert (made["event_types"], made["description"], made["reaches_people"]) == ([], "", False)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://93.184.215.14/", "other machines are reached by https"),
        ("https://10.0.0.1/", "10.0.0.1 is a private network"),
        ("https://169.254.169.254/latest/meta-data", "clouds keep credentials"),
        ("https://2852039166/", "four decimal numbers"),
        ("https://[::ffff:10.0.0.1]/", "private network"),
        ("https://93.184.215.14:22/", "port 443"),
        ("https://me:pw@93.184.215.14/", "user or password"),
        ("https://no-such-name.invalid/", "can't be resolved"),
        ("https://93.184.215.14/#x", "fragment"),
        ("javascript:alert(1)", "must begin with https://"),
    ],
)
async def test_a_url_that_must_not_be_sent_to_is_refused_by_name(
    client: httpx.AsyncClient, url: str, said: str
) -> None:
    made = await create(client)
    for response in (
        await client.post(ENDPOINTS, json={"url": url}),
        await client.patch(f"{ENDPOINTS}/{made['id']}", json={"url": url}),
    ):
        status, pointer, detail = fault(response)
        assert (status, pointer) == (422, "/url")
        assert said in detail
    assert (await client.get(f"{ENDPOINTS}/{made['id']}")).json()["url"] == URL


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": URL, "event_types": ["incident.exploded"]}, "/event_types/0"),
        ({"url": URL, "event_types": "incident.opened"}, "/event_types"),
        ({"url": URL, "secret": "whsec_mine"}, "/secret"),
        ({"url": URL, "reaches_people": "yes"}, "/reaches_people"),
        ({"url": URL, "description": "x" * 501}, "/description"),
        ({"url": "https://a/" + "x" * 2000}, "/url"),
        ({"url": "https://a/\x00"}, "/url"),
        ({}, "/url"),
    ],
)
async def test_a_field_that_is_not_acceptable_is_named(client: httpx.AsyncClient, body: Any, pointer: str) -> None:
    assert fault(await client.post(ENDPOINTS, json=body))[:2] == (422, pointer)


async def test_a_change_sets_what_it_names_and_nothing_else(client: httpx.AsyncClient) -> None:
    made = await create(client, description="before", event_types=["mention.hit"])
    changed = (
        await client.patch(f"{ENDPOINTS}/{made['id']}", json={"description": "after", "event_types": [], "url": None})
    ).json()
    assert (changed["description"], changed["event_types"], changed["url"]) == ("after", [], URL)
    assert changed["version"] == 2
    again = (await client.patch(f"{ENDPOINTS}/{made['id']}", json={"description": "after"})).json()
    assert again["version"] == 2, "nothing changed"


async def test_an_endpoint_can_be_disabled_and_enabled(client: httpx.AsyncClient) -> None:
    made = await create(client)
    off = (await client.patch(f"{ENDPOINTS}/{made['id']}", json={"enabled": False})).json()
    assert (off["enabled"], off["disabled_reason"]) == (False, "disabled over the API")
    assert off["disabled_at"]
    on = (await client.patch(f"{ENDPOINTS}/{made['id']}", json={"enabled": True})).json()
    assert (on["enabled"], on["disabled_at"], on["disabled_reason"]) == (True, None, None)


async def test_a_deleted_endpoint_is_gone_but_its_deliveries_stay_readable(
    client: httpx.AsyncClient, database: Database
) -> None:
    made = await create(client)
    await happen(database)
    response = await client.delete(f"{ENDPOINTS}/{made['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert (await client.delete(f"{ENDPOINTS}/{made['id']}")).status_code == 404
    assert (await client.get(f"{ENDPOINTS}/{made['id']}")).status_code == 404
    assert made["id"] not in [one["id"] for one in (await client.get(ENDPOINTS)).json()["data"]]
    [left] = await deliveries(client, endpoint_id=made["id"])
    assert (left["state"], left["next_try_at"]) == ("pending", None)


async def test_endpoints_come_in_pages(client: httpx.AsyncClient) -> None:
    made = [(await create(client))["id"] for _ in range(5)]
    found: list[str] = []
    cursor = None
    for _ in range(3):
        page = (await client.get(ENDPOINTS, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        found += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert found == made
    assert cursor is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{ENDPOINTS}/ID"),
        ("PATCH", f"{ENDPOINTS}/ID"),
        ("DELETE", f"{ENDPOINTS}/ID"),
        ("POST", f"{ENDPOINTS}/ID/test"),
    ],
)
async def test_an_unknown_endpoint_is_404_and_a_malformed_id_422(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    body = {"json": {}} if method == "PATCH" else {}
    missing = str(uuid4())
    response = await client.request(method, path.replace("ID", missing), **body)
    assert response.status_code == 404
    assert missing in response.json()["detail"]
    assert fault(await client.request(method, path.replace("ID", "nonsense"), **body))[:2] == (422, "{endpoint_id}")


@pytest.mark.parametrize(("method", "path"), [("GET", f"{DELIVERIES}/ID"), ("POST", f"{DELIVERIES}/ID/replay")])
async def test_an_unknown_delivery_is_404_and_a_malformed_id_422(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await client.request(method, path.replace("ID", "999999999"))).status_code == 404
    for wrong in ("nonsense", "0", "-1", str(2**63)):
        response = await client.request(method, path.replace("ID", wrong))
        assert fault(response)[:2] == (422, "{delivery_id}")


async def test_an_unknown_parameter_is_refused(client: httpx.AsyncClient) -> None:
    assert fault(await client.get(DELIVERIES, params={"endpoint": "x"}))[:2] == (422, "?endpoint")
    assert fault(await client.get(ENDPOINTS, params={"enabled": "true"}))[:2] == (422, "?enabled")


async def test_a_test_is_owed_to_this_endpoint_alone(client: httpx.AsyncClient) -> None:
    mine, other = await create(client, event_types=["incident.opened"]), await create(client)
    response = await client.post(f"{ENDPOINTS}/{mine['id']}/test")
    assert response.status_code == 202
    owed = response.json()
    assert (owed["event_type"], owed["endpoint_id"], owed["state"]) == ("webhook.test", mine["id"], "pending")
    assert owed["next_try_at"]
    assert owed["attempts"] == []
    assert [one["id"] for one in await deliveries(client, endpoint_id=mine["id"])] == [owed["id"]]
    assert await deliveries(client, endpoint_id=other["id"]) == []


async def test_a_disabled_endpoint_is_neither_tested_nor_replayed_to(
    client: httpx.AsyncClient, database: Database
) -> None:
    made = await create(client)
    await happen(database)
    [owed] = await deliveries(client, endpoint_id=made["id"])
    await client.patch(f"{ENDPOINTS}/{made['id']}", json={"enabled": False})
    for path in (f"{ENDPOINTS}/{made['id']}/test", f"{DELIVERIES}/{owed['id']}/replay"):
        response = await client.post(path)
        assert (response.status_code, response.json()["code"]) == (409, "webhook_endpoint_disabled")
        assert "enable it first" in response.json()["detail"]


async def test_people_see_every_try_of_a_delivery(
    client: httpx.AsyncClient, database: Database, deliverer: Deliverer
) -> None:
    async with Receiver(answer=lambda _: Answer(503, body="稍后再试".encode())) as receiver:
        made = await create(client, url=receiver.url)
        [event_id] = await happen(database)
        await deliverer.sweep()
        [owed] = await deliveries(client, endpoint_id=made["id"])
        assert (owed["state"], owed["webhook_id"], owed["finished_at"]) == ("pending", f"evt_{event_id}", None)
        assert owed["next_try_at"] > owed["created_at"]
        [tried] = owed["attempts"]
        assert (tried["number"], tried["status"], tried["address"]) == (1, 503, "127.0.0.1")
        assert (tried["error"], tried["response"]) == ("answered 503", "稍后再试")
        assert tried["duration_ms"] >= 0
        assert (await client.get(f"{DELIVERIES}/{owed['id']}")).json() == owed


async def test_a_replay_is_sent_at_once_under_the_same_webhook_id(
    client: httpx.AsyncClient, database: Database, deliverer: Deliverer
) -> None:
    async with Receiver() as receiver:
        made = await create(client, url=receiver.url)
        receiver.secret = made["secret"]
        await happen(database)
        await deliverer.sweep()
        [owed] = await deliveries(client, state="delivered")
        response = await client.post(f"{DELIVERIES}/{owed['id']}/replay")
        assert response.status_code == 202
        assert (response.json()["state"], response.json()["finished_at"]) == ("pending", None)
        await deliverer.sweep()
        after = (await client.get(f"{DELIVERIES}/{owed['id']}")).json()
        assert after["state"] == "delivered"
        assert [tried["number"] for tried in after["attempts"]] == [1, 2]
        assert [got.headers["webhook-id"] for got in receiver.received] == [owed["webhook_id"]] * 2
        assert receiver.verified


async def test_what_is_being_sent_right_now_is_not_replayed(client: httpx.AsyncClient, database: Database) -> None:
    made = await create(client)
    await happen(database)
    await database.fetch("update deliveries set token = $1, lease_until = now()", uuid4())
    [owed] = await deliveries(client, endpoint_id=made["id"])
    assert (owed["under_way"], owed["next_try_at"]) == (True, None)
    response = await client.post(f"{DELIVERIES}/{owed['id']}/replay")
    assert (response.status_code, response.json()["code"]) == (409, "webhook_delivery_under_way")


async def test_deliveries_come_newest_first_filtered_and_in_pages(
    client: httpx.AsyncClient, database: Database
) -> None:
    one, two = await create(client), await create(client)
    await happen(database, 3)
    await client.post(f"{ENDPOINTS}/{one['id']}/test")
    await database.fetch("update deliveries set state = 'dead' where endpoint_id = $1", UUID(two["id"]))
    everything = await deliveries(client)
    assert [d["id"] for d in everything] == sorted((d["id"] for d in everything), reverse=True)
    assert len(everything) == 7
    assert len(await deliveries(client, endpoint_id=one["id"])) == 4
    assert len(await deliveries(client, endpoint_id=[one["id"], two["id"]])) == 7
    assert len(await deliveries(client, event_type="webhook.test")) == 1
    assert len(await deliveries(client, state="dead")) == 3
    assert len(await deliveries(client, state=["dead", "pending"], event_type="mention.hit")) == 6
    assert await deliveries(client, incident_id=str(uuid4())) == []
    first = (await client.get(DELIVERIES, params={"limit": 2, "state": "dead"})).json()
    rest = (await client.get(DELIVERIES, params={"limit": 2, "state": "dead", "cursor": first["next_cursor"]})).json()
    assert [d["id"] for d in first["data"] + rest["data"]] == [d["id"] for d in everything if d["state"] == "dead"]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    other = await client.get(DELIVERIES, params={"limit": 2, "cursor": first["next_cursor"]})
    assert other.status_code == 400, "the cursor of another filter"


async def test_a_key_that_may_read_may_not_write(client: httpx.AsyncClient) -> None:
    made = await create(client)
    key = (await client.post("/v1/api-keys", json={"name": "reader", "scopes": ["webhooks:read"]})).json()["key"]
    reader = {"authorization": f"Bearer {key}"}
    assert (await client.get(ENDPOINTS, headers=reader)).status_code == 200
    assert (await client.get(DELIVERIES, headers=reader)).status_code == 200
    for method, path, body in (
        ("POST", ENDPOINTS, {"url": URL}),
        ("PATCH", f"{ENDPOINTS}/{made['id']}", {"enabled": False}),
        ("DELETE", f"{ENDPOINTS}/{made['id']}", None),
        ("POST", f"{ENDPOINTS}/{made['id']}/test", None),
        ("POST", f"{DELIVERIES}/1/replay", None),
    ):
        response = await client.request(method, path, json=body, headers=reader)
        assert response.status_code == 403
        assert "webhooks:write" in response.json()["detail"]


async def test_every_change_stands_in_the_audit_log_without_the_secret(
    client: httpx.AsyncClient, database: Database
) -> None:
    made = await create(client)
    await happen(database)
    [owed] = await deliveries(client)
    await client.patch(f"{ENDPOINTS}/{made['id']}", json={"description": "new", "enabled": True})
    await client.post(f"{DELIVERIES}/{owed['id']}/replay")
    await client.delete(f"{ENDPOINTS}/{made['id']}")
    rows = await database.fetch(
        "select type, data::text as data, actor from events where data->>'subject_id' in ($1, $2) "
        "and type like 'webhook%' order by id",
        made["id"], str(owed["id"]),
    )  # fmt: skip
    assert [row["type"] for row in rows] == [
        "webhook_endpoint.created", "webhook_endpoint.updated", "webhook_delivery.replayed", "webhook_endpoint.deleted",
    ]  # fmt: skip
    assert '["description"]' in rows[1]["data"]
    assert all(row["actor"].startswith("key:") and made["secret"] not in row["data"] for row in rows)
