"""Which endpoints may know people by name: only who may know it themselves says so, or leads such an endpoint elsewhere."""

from typing import Any

import httpx

from tests.support.api import good, problem
from tests.support.people import bearer, make_key
from tests.support.receiver import Receiver

ENDPOINTS = "/v1/webhook-endpoints"


async def endpoint(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    return good(await client.post(ENDPOINTS, json=body), 201)  # type: ignore[no-any-return]


async def test_only_who_holds_the_scope_says_who_may_know(client, bare, database):
    lesser = bearer((await make_key(client, "webhooks:write", "webhooks:read"))["key"])
    async with Receiver() as receiver:
        problem(await bare.post(ENDPOINTS, json={"url": receiver.url, "unmask_people": True}, headers=lesser), 403)
        mine = good(await bare.post(ENDPOINTS, json={"url": receiver.url}, headers=lesser), 201)
        assert mine["unmask_people"] is False
        one = f"{ENDPOINTS}/{mine['id']}"
        problem(await bare.patch(one, json={"unmask_people": True}, headers=lesser), 403)
        assert good(await client.patch(one, json={"unmask_people": True}))["unmask_people"] is True
        elsewhere = {"url": f"{receiver.url}/mine"}
        for lead_away in (elsewhere, {"payload_format": "cloudevents"}):
            problem(await bare.patch(one, json=lead_away, headers=lesser), 403)
        good(await bare.patch(one, json={"description": "值班群"}, headers=lesser))
        assert good(await bare.patch(one, json=elsewhere | {"unmask_people": False}, headers=lesser))["url"].endswith(
            "/mine"
        )
        made = await endpoint(client, url=receiver.url, unmask_people=True)
    rows = await database.fetch(
        "select type, data->>'subject_id' as id from events where type like 'webhook_endpoint.%' "
        "and data->>'fields' like '%unmask_people%' order by id"
    )
    assert [(row["type"], row["id"]) for row in rows][-3:] == [
        ("webhook_endpoint.updated", mine["id"]), ("webhook_endpoint.updated", mine["id"]),
        ("webhook_endpoint.created", made["id"]),
    ]  # fmt: skip
    for left in (mine, made):
        good(await client.delete(f"{ENDPOINTS}/{left['id']}"), 204)
