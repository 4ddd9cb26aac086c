"""The smaller commands: keys by whoever has the machine, the contract compared, settings that are missing."""

import json
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from app.cli.console import Trouble
from app.settings import Settings
from tests.cli.conftest import Invoke
from tests.conftest import SECRET_KEY
from tests.support.api import good
from tests.support.people import make_person, me


@pytest.fixture
def here(settings: Settings, database: object) -> dict[str, str]:
    return {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "FENGHUO_SECRET_KEY": SECRET_KEY}


async def test_a_key_made_at_the_command_line_works_until_it_is_revoked(
    invoke: Invoke, here: dict[str, str], client: httpx.AsyncClient
) -> None:
    made = await invoke("key", "create", "--name", "命令行", "--scope", "mentions:read", env=here)
    assert made.exit_code == 0, made.output
    text = made.output.strip()
    mine = {"authorization": f"Bearer {text}"}
    assert (await client.get("/v1/mentions", headers=mine)).status_code == 200
    assert (await client.get("/v1/incidents", headers=mine)).status_code == 403

    listed = (await invoke("key", "list", env=here)).output
    key_id, secret = text.split("_")[2:]
    assert key_id in listed
    assert "命令行" in listed
    assert secret not in listed

    assert (await invoke("key", "revoke", key_id, env=here)).exit_code == 0
    assert "revoked" in (await invoke("key", "list", env=here)).output
    other = {"authorization": f"Bearer {text[:-1]}x"}  # not the key that is still held for half a second
    assert (await client.get("/v1/mentions", headers=other)).status_code == 401
    key = (await client.get("/v1/api-keys", params={"limit": 200})).json()["data"]
    assert next(row for row in key if row["id"] == key_id)["revoked_at"] is not None


async def test_a_persons_key_does_what_the_person_may(
    invoke: Invoke, here: dict[str, str], client: httpx.AsyncClient
) -> None:
    person = await make_person(client, "rules:read", "incidents:read")
    create = ("key", "create", "--name", "命令行", "--person", person["id"])
    for scopes in ([], ["rules:read"]):
        made = await invoke(*create, *(part for scope in scopes for part in ("--scope", scope)), env=here)
        assert made.exit_code == 0, made.output
        shown = good(await me(client, made.output.strip()))
        assert (shown["kind"], shown["person"]["id"]) == ("person_key", person["id"])
        assert shown["scopes"] == (scopes or person["scopes"])
    assert person["id"] in (await invoke("key", "list", env=here)).output.replace("\n", "")
    beyond = await invoke(*create, "--admin", env=here)
    assert isinstance(beyond.exception, Trouble)
    assert "the person may not do" in str(beyond.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "--name", "x", "--person", str(UUID(int=1))], f"There is no person {UUID(int=1)}"),
        (["create", "--name", "x", "--scope", "everything"], "no scope 'everything'; there are mentions:read"),
        (["create", "--name", "x"], "--admin for all"),
        (["create", "--name", " ", "--admin"], "--name needs 1 to 100"),
        (["revoke", "nobody"], "There is no API key 'nobody'"),
    ],
)
async def test_a_key_that_can_not_be_is_refused_in_words(
    invoke: Invoke, here: dict[str, str], arguments: list[str], said: str
) -> None:
    result = await invoke("key", *arguments, env=here)
    assert isinstance(result.exception, Trouble)
    assert said in str(result.exception)


async def test_migrate_may_be_repeated_and_makes_the_first_key(
    invoke: Invoke, here: dict[str, str], client: httpx.AsyncClient
) -> None:
    token = "fh_test_compose1_" + "abcdefghijklmnopqrstuvwxyz"
    for _ in range(2):
        result = await invoke("migrate", env=here | {"FENGHUO_BOOTSTRAP_KEY": token, "FENGHUO_ENVIRONMENT": "test"})
        assert result.exit_code == 0, result.exception
    assert (await client.get("/v1/api-keys", headers={"authorization": f"Bearer {token}"})).status_code == 200
    other = token[:-1] + "9"
    result = await invoke("migrate", env=here | {"FENGHUO_BOOTSTRAP_KEY": other, "FENGHUO_ENVIRONMENT": "test"})
    assert "'compose1' is in the database with another secret" in str(result.exception)


async def test_the_contract_is_written_and_a_difference_is_shown(invoke: Invoke, tmp_path: Path) -> None:
    missing = await invoke("openapi", "--check", "--out", str(tmp_path))
    assert "is missing" in str(missing.exception)
    assert (await invoke("openapi", "--out", str(tmp_path))).exit_code == 0
    assert (await invoke("openapi", "--check", "--out", str(tmp_path))).exit_code == 0

    file = tmp_path / "openapi.json"
    text = file.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert "危机" in text, "readable, not escaped"
    assert json.loads(text)["paths"]["/v1/mentions"]["post"]["operationId"] == "postMention"
    file.write_text(text.replace('"postMention"', '"sendMention"'), encoding="utf-8")
    differs = await invoke("openapi", "--check", "--out", str(tmp_path))
    assert isinstance(differs.exception, Trouble)
    assert '-        "operationId": "sendMention"' in str(differs.exception)


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_a_process_without_its_services_says_what_is_missing(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "FENGHUO_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    result = await invoke(command)
    assert "DATABASE_URL and REDIS_URL and FENGHUO_SECRET_KEY must be set" in str(result.exception)
