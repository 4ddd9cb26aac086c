"""An answer that is lost with the API that gave it: the repeat gets that answer, and nothing is done twice."""

import asyncio
from uuid import uuid4

import httpx

from tests.support.house import House
from tests.support.processes import served
from tests.support.waiting import eventually


async def test_a_repeat_after_the_api_was_killed_between_commit_and_answer_gets_the_first_answer(house: House) -> None:
    name, sent = uuid4().hex, {"idempotency-key": uuid4().hex}
    body = {"name": name, "scopes": ["rules:read"]}

    async def made() -> list[str]:
        page = (await house.client.get("/v1/api-keys?limit=200")).json()
        return [row["id"] for row in page["data"] if row["name"] == name]

    async with served(house.env, house.log) as (client, process):
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        request = httpx.Request(
            "POST", f"{client.base_url}/v1/api-keys", json=body, headers=dict(client.headers) | sent
        )
        lines = [f"{name}: {value}" for name, value in request.headers.items()]
        writer.write("\r\n".join(["POST /v1/api-keys HTTP/1.1", *lines, "", ""]).encode() + request.content)
        # Nobody reads what is answered: it is committed, and then its process is gone.
        (first,) = await eventually(made, what="the commit")
        process.kill()
        writer.close()
    repeat = await house.client.post("/v1/api-keys", json=body, headers=sent)
    assert (repeat.status_code, repeat.headers["idempotent-replayed"]) == (201, "true")
    assert repeat.json()["id"] == first
    assert await made() == [first]
    assert not reader.at_eof() or process.kills == 1
