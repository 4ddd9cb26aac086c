"""A worker is killed while a chat robot's message is on its way: the next one tells all of it again."""

import asyncio

from tests.faults.conftest import House
from tests.support.processes import worker
from tests.support.receiver import Answer, Received
from tests.support.robots import WeComGroup
from tests.support.waiting import eventually

TESTS = 5


async def test_a_message_of_many_is_rescued_whole(house: House) -> None:
    hanging = asyncio.Event()
    async with WeComGroup() as group:
        body = {"url": group.receiver.url, "payload_format": "wecom", "event_types": ["webhook.test"]}
        answer = await house.client.post("/v1/webhook-endpoints", json=body)
        assert answer.status_code == 201, answer.text
        path = f"/v1/webhook-endpoints/{answer.json()['id']}"
        for _ in range(TESTS):
            assert (await house.client.post(f"{path}/test")).status_code == 202
        judge = group.receiver.answer

        def hang(got: Received) -> Answer:
            return Answer(after=hanging) if len(group.receiver.received) == 1 else judge(got)  # type: ignore[return-value]

        group.receiver.answer = hang
        with worker(house.env, house.log, "robots") as one:
            await group.receiver.wait_for(1)
            one.kill()
            one.start()
            await group.receiver.wait_for(2, timeout=30)

            async def delivered() -> bool:
                page = await house.client.get("/v1/webhook-deliveries", params={"endpoint_id": answer.json()["id"]})
                return [row["state"] for row in page.json()["data"]] == ["delivered"] * TESTS

            await eventually(delivered, 10, "recording the message")
            assert one.kills == 1
        hanging.set()
        assert [text.splitlines()[0] for text in group.texts] == [f"【烽火】{TESTS} 条通知"]
        assert group.receiver.received[0].json() == group.receiver.received[1].json()
        await house.client.delete(path)
