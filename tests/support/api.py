"""What tests say to the API again and again: its operations, unique brands, posts, pages, and what a problem is."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from app.domain.spread import Reading, contribute, minute_start
from app.main import create_app
from app.settings import Settings
from workers.ingest import Counter

PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}


@dataclass(frozen=True)
class Operation:
    """One operation of the contract; `url` has an id of nothing in its path, `example` is a good body.

    `scopes` is empty where any good key will do, and None where not even that is asked for. A stream would not end, so its `url` asks for what there is not.
    """

    id: str
    method: str
    path: str
    scopes: tuple[str, ...] | None
    body: dict[str, Any] | None
    example: dict[str, Any] | None
    # Days of its query that it can't do without.
    days: tuple[str, ...] = ()
    # Whether it must say on which version it is based.
    versioned: bool = False

    @property
    def query(self) -> dict[str, str]:
        """Good days, where some are required."""
        return dict.fromkeys(self.days, "2026-10-01")

    @property
    def scope(self) -> str:
        """The scope that is asked for first; "" for none."""
        return self.scopes[0] if self.scopes else ""

    @property
    def url(self) -> str:
        if self.id == "followEvents":
            return f"{self.path}?type=nothing.happened"
        known = {
            "{delivery_id}": "4000000000",
            "{key_id}": "nobody1",
            "{year}": "2200",
            "{number}": "900000",
            "{role}": "nobody",
            "{kind}": "risks",
            "{platform}": "nowhere",
            "{kpi}": "R99",
        }
        path = self.path
        for name, value in known.items():
            path = path.replace(name, value)
        return re.sub(r"\{\w+\}", lambda _: str(uuid4()), path)

    def __str__(self) -> str:
        return self.id


def contract() -> dict[str, Any]:
    """The OpenAPI document; no service is needed to make it."""
    settings = Settings(
        database_url="postgresql+asyncpg://localhost/none", redis_url="redis://localhost", environment="test",
        secret_key="only for the contract, connects to nothing",
    )  # fmt: skip
    return create_app(settings).openapi()


def _operations() -> list[Operation]:
    document = contract()
    schemas = document["components"]["schemas"]
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            named = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
            schema = schemas.get(named)
            example = schema["example"] if schema else None
            secured = operation["security"]
            scopes = tuple(scope for asked in secured[0].values() for scope in asked) if secured else None
            asked = [one for one in operation.get("parameters", ()) if one.get("required")]
            days = tuple(one["name"] for one in asked if one["in"] == "query" and one["schema"].get("format") == "date")
            versioned = any(one["name"] == "If-Match" for one in asked)
            name, verb = operation["operationId"], method.upper()
            found.append(Operation(name, verb, path, scopes, schema, example, days, versioned))
    return found


OPERATIONS = _operations()
WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]


def ago(**span: float) -> str:
    """An instant in the past as a sender writes it: `ago(minutes=5)`."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def brand() -> str:
    """A brand that no other test watches."""
    return f"烽牌{uuid4().hex[:10]}"


def good(response: httpx.Response, status: int = 200) -> Any:
    """The answer's body, once its status is as expected."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    return response.json() if response.content else None


def problem(response: httpx.Response, status: int, *pointers: str, code: str | None = None) -> dict[str, Any]:
    """The problem document of an answer, once it is complete and names the fields at fault."""
    assert response.status_code == status, f"{response.status_code}: {response.text[:2000]}"
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body.keys() >= PROBLEM_MEMBERS
    assert body["status"] == status
    assert body["type"] == f"urn:fenghuo:problem:{body['code']}"
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["instance"] == response.request.url.path
    assert code is None or body["code"] == code
    named = {error["pointer"] for error in body["errors"]}
    assert set(pointers) <= named, f"{pointers} are not all in {sorted(named)}: {body['detail']}"
    assert all(error["detail"] and error["code"] for error in body["errors"])
    return body


async def make_rule(client: httpx.AsyncClient, *brands: str, **fields: Any) -> dict[str, Any]:
    """A watch rule; negative words 差评 and 避雷 unless others are given."""
    body = {"name": f"规则 {brands[0]}", "brand_words": list(brands), "negative_words": ["差评", "避雷"]} | fields
    return good(await client.post("/v1/watch-rules", json=body), 201)  # type: ignore[no-any-return]


async def post(client: httpx.AsyncClient, text: str, **fields: Any) -> str:
    """Posts one reading and returns the mention's id. A new post each time unless `external_id` is given."""
    body = {"platform": "weibo", "external_id": uuid4().hex, "text": text} | fields
    response = await client.post("/v1/mentions", json=body)
    assert response.status_code in (200, 201), response.text
    return response.json()["id"]  # type: ignore[no-any-return]


async def again(client: httpx.AsyncClient, mention_id: str, **fields: Any) -> None:
    """Another reading of a known post, which says what it said before."""
    known = await mention(client, mention_id)
    same = {name: known[name] for name in ("platform", "external_id", "text")}
    assert good(await client.post("/v1/mentions", json=same | fields))["id"] == mention_id


async def mention(client: httpx.AsyncClient, mention_id: str) -> dict[str, Any]:
    return good(await client.get(f"/v1/mentions/{mention_id}"))  # type: ignore[no-any-return]


async def crisis(
    client: httpx.AsyncClient, counter: Counter, *, brands: tuple[str, ...] = (), rule: dict[str, Any] | None = None,
    **fields: Any,
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """A rule, one negative post that hits it, counted: the incident it opened and the mention's id."""
    brands = brands or (brand(),)
    await make_rule(client, *brands, **(rule or {}))
    mention_id = await post(client, f"{brands[0]} 差评", **fields)
    await counter.sweep()
    return await incident(client, (await mention(client, mention_id))["incident_id"]), mention_id


async def incident(client: httpx.AsyncClient, incident_id: str) -> dict[str, Any]:
    return good(await client.get(f"/v1/incidents/{incident_id}"))  # type: ignore[no-any-return]


async def spread(client: httpx.AsyncClient, incident_id: str, **query: Any) -> dict[str, Any]:
    return good(await client.get(f"/v1/incidents/{incident_id}/spread", params=query))  # type: ignore[no-any-return]


async def buckets(client: httpx.AsyncClient, incident_id: str) -> dict[str, tuple[int, int, int]]:
    """Minute -> reposts, comments, likes."""
    shown = (await spread(client, incident_id))["buckets"]
    return {bucket["minute"]: (bucket["reposts"], bucket["comments"], bucket["likes"]) for bucket in shown}


async def everything(client: httpx.AsyncClient, url: str, **query: Any) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = good(await client.get(url, params=query | cursor))
        rows += page["data"]
        assert page["has_more"] == (page["next_cursor"] is not None)
        if not page["has_more"]:
            return rows
        cursor = {"cursor": page["next_cursor"]}


async def timeline(client: httpx.AsyncClient, incident_id: str) -> list[dict[str, Any]]:
    """The incident's events in order; their places are 1, 2, 3 without a gap."""
    events = await everything(client, f"/v1/incidents/{incident_id}/timeline", limit=3)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    return events


async def recounted(client: httpx.AsyncClient, incident_id: str) -> dict[str, tuple[int, int, int]]:
    """The incident's buckets counted anew from every reading of its negative mentions, as anybody could."""
    sums: dict[int, list[int]] = {}
    for shown in await everything(client, f"/v1/incidents/{incident_id}/mentions", limit=2):
        rows = await everything(client, f"/v1/mentions/{shown['id']}/observations", limit=3)
        readings = [Reading(instant(row["observed_at"]), row["reposts"], row["comments"], row["likes"]) for row in rows]
        published = instant(shown["published_at"]) if shown["published_at"] else None
        counted = contribute(readings, published).buckets if shown["sentiment"] == "negative" else {}
        for minute, counters in counted.items():
            kept = sums.setdefault(minute, [0, 0, 0])
            kept[:] = [a + b for a, b in zip(kept, counters, strict=True)]
    return {
        minute_start(minute).isoformat().replace("+00:00", "Z"): (kept[0], kept[1], kept[2])
        for minute, kept in sorted(sums.items())
        if any(kept)
    }
