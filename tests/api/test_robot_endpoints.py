"""An endpoint that is a chat robot: what may be asked of it, what is shown of it, and whom it may call."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.settings import Settings
from app.webhooks.sealing import reseal, secrets_vault
from tests.support.api import good, problem
from tests.support.owed import VAULT, forget, happen, hit
from tests.support.processes import SECRET_KEY
from tests.support.robots import DingTalkGroup, WeComGroup
from workers.context import Context
from workers.deliver import Deliverer

ENDPOINTS = "/v1/webhook-endpoints"
ROBOT = {"url": "http://127.0.0.1:9/robot", "payload_format": "dingtalk", "robot_secret": "SEC1"}


@pytest.fixture(autouse=True)
async def tidy(database: Database) -> AsyncIterator[None]:
    """Nothing is owed to anybody before and after."""
    await forget(database)
    yield
    await forget(database)


async def create(client: httpx.AsyncClient, **body: object) -> dict[str, Any]:
    return good(await client.post(ENDPOINTS, json=ROBOT | body), 201)  # type: ignore[no-any-return]


async def test_a_robot_reaches_people_and_its_secret_is_never_shown(
    client: httpx.AsyncClient, database: Database
) -> None:
    made = await create(client, at_people=["13800138000", "manager4220"])
    assert made["reaches_people"] is True
    assert made["at_grades"] == ["major"]
    assert made["at_people"] == ["138******00", "manager4220"]
    assert made["robot_signed"] is True
    assert "SEC1" not in str(good(await client.get(f"{ENDPOINTS}/{made['id']}")))
    [row] = await database.fetch("select id, robot_secret from webhook_endpoints where deleted_at is null")
    assert b"SEC1" not in row["robot_secret"]
    assert VAULT.open(row["robot_secret"], row["id"]) == b"SEC1"
    assert (await create(client, reaches_people=False))["reaches_people"] is False
    plain = good(await client.post(ENDPOINTS, json={"url": ROBOT["url"]}), 201)
    assert plain["reaches_people"] is False


async def test_a_secret_under_a_new_key_still_signs(database: Database, client: httpx.AsyncClient) -> None:
    await create(client)
    new = "the key from now on, of 32 or more characters"
    vault = secrets_vault(Settings(secret_key=new, previous_secret_keys=(SECRET_KEY,)))
    await reseal(database, vault)
    [row] = await database.fetch("select id, robot_secret from webhook_endpoints where deleted_at is null")
    assert secrets_vault(Settings(secret_key=new)).open(row["robot_secret"], row["id"]) == b"SEC1"
    assert await reseal(database, vault) == 0


@pytest.mark.parametrize(
    ("body", "pointer", "word"),
    [
        ({"payload_format": "slack", "robot_secret": "", "at_people": ["U012AB3CD", "13800138000"]}, "/at_people/1", "member id"),
        ({"payload_format": "feishu", "at_people": ["+85212345678"]}, "/at_people/0", "not by phone"),
        ({"payload_format": "standard", "robot_secret": "", "at_people": ["manager"]}, "/at_people", "nobody"),
        ({"payload_format": "cloudevents", "robot_secret": "", "at_all": True}, "/at_all", "nobody"),
        ({"payload_format": "standard"}, "/robot_secret", "chat robot"),
        ({"payload_format": "wecom"}, "/robot_secret", "WeCom robots have no secret"),
        ({"payload_format": "slack"}, "/robot_secret", "Slack robots have no secret"),
        ({"payload_format": "feishu", "at_people": ["ou_1", "all"]}, "/at_people/1", "at_all"),
        ({"payload_format": "wecom", "robot_secret": "", "at_people": ["@all"]}, "/at_people/0", "at_all"),
        ({"at_people": ["@ALL"]}, "/at_people/0", "at_all"),
        ({"at_people": ["138******00"]}, "/at_people/0", ""),
        ({"at_people": ['<at user_id="all">']}, "/at_people/0", ""),
        ({"at_grades": ["grave"]}, "/at_grades/0", ""),
        ({"robot_secret": "with space"}, "/robot_secret", ""),
        ({"payload_format": "teams"}, "/payload_format", ""),
    ],
)  # fmt: skip
async def test_what_a_robot_can_not_do_is_refused_by_name(
    client: httpx.AsyncClient, body: dict[str, Any], pointer: str, word: str
) -> None:
    told = problem(await client.post(ENDPOINTS, json=ROBOT | body), 422)
    [error] = told["errors"]
    assert error["pointer"] == pointer
    assert word in error["detail"]


async def test_a_robot_becomes_another_only_with_people_that_one_can_call(client: httpx.AsyncClient) -> None:
    made = await create(client, at_people=["13800138000"])
    path = f"{ENDPOINTS}/{made['id']}"
    told = problem(await client.patch(path, json={"payload_format": "feishu"}), 422)
    assert told["errors"][0]["pointer"] == "/at_people/0"
    changed = good(await client.patch(path, json={"payload_format": "feishu", "at_people": ["ou_1"], "at_all": True}))
    assert (changed["at_people"], changed["at_all"], changed["payload_format"]) == (["ou_1"], True, "feishu")
    problem(await client.patch(path, json={"payload_format": "standard"}), 422)
    assert good(await client.patch(path, json={"robot_secret": ""}))["robot_signed"] is False


@pytest.mark.parametrize("form", ["wecom", "slack", "standard", "cloudevents"])
async def test_a_robot_that_becomes_what_signs_otherwise_loses_its_secret(
    client: httpx.AsyncClient, database: Database, form: str
) -> None:
    made = await create(client)
    path = f"{ENDPOINTS}/{made['id']}"
    assert good(await client.patch(path, json={"payload_format": "feishu"}))["robot_signed"] is True
    assert good(await client.patch(path, json={"payload_format": form}))["robot_signed"] is False
    assert good(await client.patch(path, json={"payload_format": "dingtalk"}))["robot_signed"] is False
    told = await database.fetch(
        "select data->'fields' as fields from events where type = 'webhook_endpoint.updated' and "
        "data->>'subject_id' = $1 order by id", made["id"],
    )  # fmt: skip
    assert ["robot_secret" in row["fields"] for row in told] == [False, True, False]


async def test_a_secret_that_was_mended_sends_what_waited(
    client: httpx.AsyncClient, database: Database, context: Context
) -> None:
    async with DingTalkGroup("SEC2", second=0.01) as group:
        made = await create(client, url=group.receiver.url)
        settings = context.settings.model_copy(update={"webhook_schedule": (0.0, 3600.0), "robot_second": 0.01})
        deliverer = Deliverer(Context(context.worker_id, settings, context.database, context.doorbell))
        await happen(database, hit())
        await deliverer.sweep()
        assert group.texts == []
        good(await client.patch(f"{ENDPOINTS}/{made['id']}", json={"robot_secret": "SEC2"}))
        await deliverer.sweep()
        assert len(group.texts) == 1
        await deliverer.close()


async def test_somebody_tries_a_new_robot(client: httpx.AsyncClient, context: Context) -> None:
    async with WeComGroup() as group:
        made = await create(
            client, url=group.receiver.url, payload_format="wecom", robot_secret="", description="值班群"
        )
        good(await client.post(f"{ENDPOINTS}/{made['id']}/test"), 202)
        deliverer = Deliverer(context)
        await deliverer.sweep()
        await deliverer.close()
        assert "说明机器人已接通" in group.texts[0]


@pytest.mark.parametrize(
    "url", ["desk.example.com/{incident_id}", "https://desk.example.com/", "https://d e/{incident_id}"]
)
def test_a_console_that_nobody_could_open_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="incident_id"):
        Settings(console_url=url)
