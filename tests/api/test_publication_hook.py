"""Publications reported by a signed webhook: believed by its signature and its time alone, recorded once."""

import base64
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook

from app.main import create_app
from app.settings import Settings
from tests.support.api import ago, everything, good, problem
from tests.support.matrix import STATEMENTS, drafted

HOOK = "/hooks/publications"
OLD, NEW = (f"whsec_{base64.b64encode(letter * 32).decode()}" for letter in (b"o", b"n"))


@pytest.fixture(scope="session")
async def hook(settings: Settings):
    """A client without a key, of a service that takes what either secret signs."""
    app = create_app(settings.model_copy(update={"publication_hook_secrets": (NEW, OLD)}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fenghuo.test") as client,
    ):
        yield client


def message(of: str, **fields) -> bytes:
    data = {"statement_id": of, "platform": "weibo", "url": "https://weibo.com/1/a"} | fields
    return orjson.dumps({"type": "publication.reported", "timestamp": ago(), "data": data})


def signed(body: bytes, secret: str = NEW, at: datetime | None = None, **changed: str) -> dict[str, str]:
    """Headers as the specification's own library makes them."""
    at = at or datetime.now(UTC)
    return {
        "content-type": "application/json", "webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    } | {name.replace("_", "-"): value for name, value in changed.items()}  # fmt: skip


@pytest.mark.parametrize("secret", [NEW, OLD])
async def test_what_either_secret_signed_is_recorded_once_however_often_it_comes(client, hook, secret):
    statement_id = await drafted(client)
    body = message(statement_id)
    first = good(await hook.post(HOOK, content=body, headers=signed(body, secret)))
    again = good(await hook.post(HOOK, content=body, headers=signed(body, secret)))
    assert (first, first["reported_by"]) == (again, "hook:publications")
    assert len(await everything(client, f"{STATEMENTS}/{statement_id}/publications")) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"webhook_signature": "v1,AAAA"}, "none of its signatures"),
        ({"webhook_signature": "v1,\xe9"}, "none of its signatures"),
        ({"webhook_signature": ""}, "not signed"),
        ({"webhook_id": ""}, "not signed"),
        ({"webhook_id": "msg_2"}, "none of its signatures"),
        ({"webhook_timestamp": "soon"}, "no count of seconds"),
        ({"webhook_timestamp": "9" * 400}, "no count of seconds"),
        ({"webhook_timestamp": "1"}, "five minutes"),
    ],
)
async def test_what_nobody_of_ours_signed_is_not_believed(client, hook, changed, says):
    statement_id = await drafted(client)
    body = message(statement_id)
    headers = [(name, value.encode("latin-1")) for name, value in signed(body, **changed).items()]
    assert says in problem(await hook.post(HOOK, content=body, headers=headers), 401)["detail"]
    assert await everything(client, f"{STATEMENTS}/{statement_id}/publications") == []


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_message_of_another_time_is_not_believed_though_it_is_signed(client, hook, minutes):
    body = message(await drafted(client))
    headers = signed(body, at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert "five minutes" in problem(await hook.post(HOOK, content=body, headers=headers), 401)["detail"]


async def test_another_body_than_was_signed_is_not_believed(client, hook):
    statement_id = await drafted(client)
    headers = signed(message(statement_id))
    problem(await hook.post(HOOK, content=message(statement_id, title="x"), headers=headers), 401)


@pytest.mark.parametrize(
    ("fields", "pointer"), [({"platform": "myspace"}, "/data/platform"), ({"statement_id": "x"}, "/data/statement_id")]
)
async def test_a_signed_message_that_makes_no_sense_is_refused_by_name(client, hook, fields, pointer):
    body = message(await drafted(client), **fields)
    problem(await hook.post(HOOK, content=body, headers=signed(body)), 422, pointer)


async def test_without_a_secret_nothing_is_taken(client):
    body = message(await drafted(client))
    assert "FENGHUO_PUBLICATION_HOOK_SECRETS" in problem(
        await client.post(HOOK, content=body, headers=signed(body)), 404
    )["detail"]  # fmt: skip


@pytest.mark.parametrize("secret", ["hush", "whsec_x", f"whsec_{base64.b64encode(b'short').decode()}", OLD[6:]])
def test_a_secret_that_signs_nothing_is_refused_at_the_start(settings, secret):
    with pytest.raises(ValidationError, match="whsec_"):
        Settings(**settings.model_dump() | {"publication_hook_secrets": secret})
