"""The smaller commands: keys by whoever has the machine, the contract compared, settings that are missing."""

import json
import re
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from app.cli.console import Trouble
from app.embedded import Services
from app.settings import Settings
from tests.cli.conftest import Invoke
from tests.conftest import SECRET_KEY
from tests.support.api import everything, good
from tests.support.people import make_person, me
from tests.support.processes import api, environment
from tests.support.processes import worker as worker_process
from tests.support.services import create_database, drop_database
from tests.support.waiting import eventually


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
    keys = {row["id"]: row for row in await everything(client, "/v1/api-keys", limit=200)}
    assert keys[key_id]["revoked_at"] is not None


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
    assert person["id"] in (await invoke("key", "list", env=here)).output
    beyond = await invoke(*create, "--admin", env=here)
    assert isinstance(beyond.exception, Trouble)
    assert "the person may not do" in str(beyond.exception)


async def test_a_key_may_do_what_its_roles_may(invoke: Invoke, here: dict[str, str], client: httpx.AsyncClient) -> None:
    made = await invoke("key", "create", "--name", "工具", "--role", "integration", "--role", "reader", env=here)
    assert made.exit_code == 0, made.output
    shown = good(await me(client, made.output.strip()))
    assert (shown["kind"], shown["key"]["roles"]) == ("machine_key", ["integration", "reader"])
    roles = {row["role"]: row["scopes"] for row in good(await client.get("/v1/roles"))["data"]}
    assert shown["scopes"] == sorted({*roles["integration"], *roles["reader"]})
    assert "integration, reader" in " ".join((await invoke("key", "list", env=here)).output.split())
    # A person's key without more said follows their roles.
    person = await make_person(client, "rules:write", roles=["reader"])
    made = await invoke("key", "create", "--name", "本人", "--person", person["id"], env=here)
    shown = good(await me(client, made.output.strip()))
    assert (shown["key"]["roles"], shown["scopes"]) == (["reader"], person["effective_scopes"])
    assert (await invoke("key", "create", "--name", "x", "--role", "king", env=here)).exit_code == 2


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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("mysql://x@localhost/x", r"DATABASE_URL: must begin with postgresql://"),
        ("localhost:5432/x", r"DATABASE_URL: must begin with postgresql://"),
        ("postgresql://x:a/b@localhost/x", r"the database can't be reached.*%2F"),
        ("postgresql://x@127.0.0.1:1/x", r"the database can't be reached.*Check DATABASE_URL"),
    ],
)
async def test_a_database_url_that_can_not_be_is_refused_in_words(
    invoke: Invoke, here: dict[str, str], change: str, said: str
) -> None:
    result = await invoke("migrate", env=here | {"DATABASE_URL": change})
    assert isinstance(result.exception, Trouble), result.exception
    assert re.search(said, str(result.exception))


async def test_a_database_that_is_not_there_or_has_no_tables_is_named_with_what_to_do(
    invoke: Invoke, here: dict[str, str], services: Services, worker: str
) -> None:
    key = ["key", "create", "--name", "first", "--admin"]
    url = await create_database(services, f"{worker}_empty")
    empty = await invoke(*key, env=here | {"DATABASE_URL": url})
    await drop_database(services, url)
    gone = await invoke("migrate", env=here | {"DATABASE_URL": url})
    for result, said in ((empty, r'"api_keys" does not exist\. Run: fenghuo migrate$'),
                         (gone, r"does not exist\. Create it first, for example: createdb")):  # fmt: skip
        assert isinstance(result.exception, Trouble), result.exception
        assert re.search(said, str(result.exception)), result.exception


async def test_a_url_as_platforms_write_it_is_taken(invoke: Invoke, here: dict[str, str]) -> None:
    for scheme in ("postgres", "postgresql"):
        url = here["DATABASE_URL"].replace("postgresql+asyncpg", scheme)
        assert (await invoke("migrate", env=here | {"DATABASE_URL": url})).exit_code == 0


async def test_a_worker_waits_for_its_tables_and_an_api_says_that_they_are_missing(
    invoke: Invoke, here: dict[str, str], services: Services, worker: str, tmp_path: Path
) -> None:
    url = await create_database(services, f"{worker}_untold")
    env = environment(url, here["REDIS_URL"])
    try:
        with worker_process(env, tmp_path) as early:
            async with api(env, tmp_path) as client:
                answer = await client.get("/v1/incidents")
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
                assert "fenghuo migrate" in answer.json()["detail"]
                await eventually(lambda: "run: fenghuo migrate" in early.said, what="the worker's complaint")
                assert "sweep failed" not in early.said
                assert (await invoke("migrate", env=env)).exit_code == 0
                await eventually(lambda: ready(client), what="the worker's first sign")
    finally:
        await drop_database(services, url)


async def ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_a_process_without_its_services_says_what_is_missing(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "FENGHUO_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    result = await invoke(command)
    assert "DATABASE_URL and REDIS_URL and FENGHUO_SECRET_KEY must be set" in str(result.exception)
