"""Who an event's people are: told to endpoints that may know it, masked for all others, and never where events are read."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from app.core.db import Database
from app.core.links import Links
from app.settings import Settings
from tests.conftest import SECRET_KEY
from tests.support.acts import opened
from tests.support.api import everything, good
from tests.support.clocks import call, grade_it, pass_time
from tests.support.owed import Make, all_finished, attempts, sweep_until
from tests.support.receiver import Answer, Receiver
from tests.support.robots import DingTalkGroup, FeishuGroup, Group, WeComGroup
from tests.support.team import House, house
from workers.deliver import NOT_KEPT, Deliverer

PUBLIC = "https://fenghuo.example.com"
ENDPOINTS = "/v1/webhook-endpoints"
TELLING = ["incident.team_changed", "escalation.person"]


@pytest.fixture
async def quick(quick: Settings) -> Settings:
    return quick.model_copy(update={"public_url": PUBLIC, "robot_second": 0.01})


@pytest.fixture
async def home(client: httpx.AsyncClient, database: Database) -> AsyncIterator[House]:
    async with house(client, database) as made:
        phones = {"press lead": "+8613800138001", "press deputy": "+8613912345678", "ops head": "+861062345678;ext=8"}
        for name, phone in phones.items():
            await made.change(name, phone=phone, email=f"{name.replace(' ', '.')}@example.com")
        yield made


async def endpoint(client: httpx.AsyncClient, url: str, **fields: Any) -> dict[str, Any]:
    body = {"url": url, "event_types": TELLING} | fields
    return good(await client.post(ENDPOINTS, json=body), 201)  # type: ignore[no-any-return]


async def burning(home: House) -> str:
    incident_id = await opened(home.client, business_unit=home.unit("milk"))
    await grade_it(home.client, incident_id, "major")
    return incident_id


async def silent(home: House, incident_id: str) -> None:
    """Only the lead keeps silent, and their deputy is called."""
    for name in ("ops head", "law head", "milk head"):
        await home.acknowledge(incident_id, name)
    await pass_time(home.database, incident_id, minutes=16)
    assert await call(home.database, incident_id) == 1


async def unmasked(database: Database, endpoint_id: str) -> list[set[str]]:
    rows = await database.fetch(
        "select data::text from events where type = 'people.unmasked' and actor = $1 order by id",
        f"webhook:{endpoint_id}",
    )
    return [set(orjson.loads(row["data"])["person_ids"]) for row in rows]


async def test_an_endpoint_that_may_know_people_gets_names_phones_and_links(home, client, database, make: Make):
    deliverer = make()
    async with Receiver() as open_one, Receiver() as other:
        knows = await endpoint(client, open_one.url, unmask_people=True)
        assert knows["unmask_people"] is True
        await endpoint(client, other.url)
        incident_id = await burning(home)
        await silent(home, incident_id)
        await sweep_until(deliverer, lambda: all_finished(database), "both")
        formed, called = open_one.bodies()
        assert (formed["type"], called["type"]) == ("incident.team_changed", "escalation.person")
        people = {home.name(person["id"]): person for person in formed["data"]["people"]}
        assert people.keys() == {"press lead", "ops head", "law head", "milk head"}
        assert people["press lead"]["name"] == "王press lead"
        assert people["press lead"]["phone"] == "+8613800138001"
        assert people["press lead"]["email"] == "press.lead@example.com"
        links = Links(Settings(secret_key=SECRET_KEY, environment="test", public_url=PUBLIC))
        by_person = {one["person_id"]: one["link_id"] for one in formed["data"]["members"]}
        for person in people.values():
            address = person["acknowledgement_url"]
            assert address.startswith(f"{PUBLIC}/acknowledge/")
            assert links.read(address.rpartition("/")[2]) == UUID(by_person[person["id"]])
        deputy, lead = (called["data"]["people"][place] for place in (0, 1))
        assert (home.name(deputy["id"]), deputy["phone"]) == ("press deputy", "+8613912345678")
        assert links.read(deputy["acknowledgement_url"].rpartition("/")[2]) == UUID(called["data"]["link_id"])
        assert lead["acknowledgement_url"] is None, "the silent one has theirs already"
        told = [{person["id"] for person in body["data"]["people"]} for body in (formed, called)]
        assert await unmasked(database, knows["id"]) == told
        masked_like(other, [formed, called])
        await nobody_reads_it(client, incident_id)


async def nobody_reads_it(client: httpx.AsyncClient, incident_id: str) -> None:
    """Who reads what happened, or what was sent, learns nothing of people."""
    listed = await everything(client, "/v1/events", incident_id=incident_id, type=TELLING)
    assert {row["type"] for row in listed} == set(TELLING)
    assert not [row for row in listed if "people" in row["data"]]
    sent = await everything(client, "/v1/webhook-deliveries", incident_id=incident_id)
    assert sent
    for word in ("acknowledge/", "13800138001", "press lead"):
        assert word not in f"{listed}{sent}"


def masked_like(other: Receiver, open_bodies: list[dict[str, Any]]) -> None:
    """The same without what is people's."""
    assert other.received
    for got, body in zip(other.received, open_bodies, strict=True):
        for person, known in zip(got.json()["data"].pop("people"), body["data"].pop("people"), strict=True):
            assert person["acknowledgement_url"] is None
            assert person["name"] == "王" + "*" * (len(known["name"]) - 1)
            for name in ("phone", "email"):
                assert (person[name] is None) == (known[name] is None)
                assert person[name] is None or person[name] != known[name]
        whole = got.body.decode()
        assert not [word for word in ("13800138001", "press lead", "press.lead@", PUBLIC) if word in whole]
        shown = got.json()
        shown["data"].pop("people")
        assert shown == body


async def test_what_a_receiver_answers_to_it_is_not_kept(home, client, database, make: Make):
    async with Receiver(answer=lambda got: Answer(body=got.body)) as parrot:
        await endpoint(client, parrot.url, unmask_people=True)
        await burning(home)
        await sweep_until(make(), lambda: all_finished(database), "the team")
        assert "13800138001" in parrot.received[0].body.decode()
        [tried] = await attempts(database)
        assert tried["response"] == NOT_KEPT


async def test_each_try_is_on_record_and_without_an_address_of_ours_there_is_no_link(
    home, client, database, make: Make
):
    left = [503, 200]
    async with Receiver(answer=lambda _: Answer(status=left.pop(0) if left else 200)) as receiver:
        knows = await endpoint(client, receiver.url, unmask_people=True)
        await burning(home)
        await sweep_until(make(public_url=""), lambda: all_finished(database), "the team")
        assert len(receiver.received) == 2
        for body in receiver.bodies():
            assert {person["acknowledgement_url"] for person in body["data"]["people"]} == {None}
        assert len(await unmasked(database, knows["id"])) == 2


ROBOT = {"payload_format": "dingtalk", "at_people": ["manager4220"], "at_grades": ["serious"]}


@pytest.mark.parametrize("kind", [DingTalkGroup, WeComGroup, FeishuGroup], ids=lambda kind: kind.form)
async def test_a_chat_calls_the_deputy_by_phone_with_their_link(home, client, database, make: Make, kind: type[Group]):
    async with kind(None, 0.01) as group:
        body = {
            "payload_format": kind.form,
            "unmask_people": True,
            "at_people": ["manager4220"],
            "at_grades": ["serious"],
        }
        made = await endpoint(client, f"{group.receiver.url}?key=1", **body)
        incident_id = await burning(home)
        deliverer: Deliverer = make()
        await sweep_until(deliverer, lambda: all_finished(database), "the team")
        await silent(home, incident_id)
        await sweep_until(deliverer, lambda: all_finished(database), "the call")
        formed, called = group.texts
        assert "小组加入：王press lead、王ops head、王law head、王milk head" in formed
        assert formed.count(f"{PUBLIC}/acknowledge/") == 4
        assert "【一级(重大)】请王press deputy(B角)接警：王press lead响应时限已过 50%" in called
        assert called.count(f"王press deputy接警：{PUBLIC}/acknowledge/") == called.count("acknowledge/") == 1
        assert mobiles(kind, group.messages) == ([["13800138001"], ["13912345678"]] if kind is not FeishuGroup else [])
        assert len(await unmasked(database, made["id"])) == 2


def mobiles(kind: type[Group], messages: list[Any]) -> list[list[str]]:
    if kind is DingTalkGroup:
        assert {tuple(one["at"]["atUserIds"]) for one in messages} == {()}
        return [one["at"]["atMobiles"] for one in messages]
    return [one["text"]["mentioned_mobile_list"] for one in messages] if kind is WeComGroup else []


async def test_a_chat_that_may_not_know_people_reads_masked_names_and_no_link(home, client, database, make: Make):
    async with DingTalkGroup(None, 0.01) as group:
        await endpoint(client, f"{group.receiver.url}?key=1", **ROBOT)
        incident_id = await burning(home)
        await silent(home, incident_id)
        # Both in one message.
        await sweep_until(make(), lambda: all_finished(database), "the call")
        [text] = group.texts
        masked = "王" + "*" * len("press deputy")
        assert f"请{masked}(B角)接警" in text
        assert "acknowledge/" not in text
        assert "press" not in text
        [message] = group.messages
        assert message["at"] == {"atMobiles": [], "atUserIds": [], "isAtAll": False}


async def test_many_in_one_message_keep_their_links(home, client, database, make: Make):
    async with DingTalkGroup(None, 0.01) as group:
        await endpoint(client, f"{group.receiver.url}?key=1", **ROBOT | {"unmask_people": True})
        incident_id = await burning(home)
        await silent(home, incident_id)
        await sweep_until(make(), lambda: all_finished(database), "both")
        [text] = group.texts
        assert text.count(f"{PUBLIC}/acknowledge/") == 5
        assert text.startswith("【烽火】2 条通知")
