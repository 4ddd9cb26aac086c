"""Reviews as tests fill them in, report and decide them."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from app.core.db import Database
from tests.support.acts import URL, person_headers
from tests.support.api import ago, good
from tests.support.fires import calmed
from tests.support.people import make_person

REVIEWS = "/v1/reviews"
ANSWERS = {"cause": "供应商换料", "timely": "按时", "effective": "有效", "gaps": "进货检验有漏"}
KINDS = ("risks", "process", "scope")
DECIDER = ("reviews:read", "reviews:write", "rules:read", "rules:write", "incidents:read")


async def review_of(client: httpx.AsyncClient, incident_id: str) -> dict[str, Any]:
    """The review that covers the incident."""
    return good(await client.get(f"{URL}/{incident_id}/review"))  # type: ignore[no-any-return]


async def seen(client: httpx.AsyncClient, review: dict[str, Any]) -> dict[str, Any]:
    """The review as it is now."""
    return good(await client.get(f"{REVIEWS}/{review['id']}"))  # type: ignore[no-any-return]


async def born(
    client: httpx.AsyncClient, counter: Any, database: Any, **fire: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """An incident that is calm, and its review."""
    there, _ = await calmed(client, counter, database, **fire)
    return there, await review_of(client, there["id"])


async def fill(client: httpx.AsyncClient, review: dict[str, Any], **fields: Any) -> httpx.Response:
    return await client.patch(f"{REVIEWS}/{review['id']}", json=fields)


async def as_rendered(database: Database, review: dict[str, Any]) -> None:
    """As if a worker had rendered the review's report as it is now: what reports are made of has tests of its own."""
    await database.fetch(
        "insert into review_reports (id, review_id, review_version, basis, state, progress, tries, asked_by, finished_at) "
        "select $1, id, version, $2, 'done', 100, 1, 'test', now() from reviews where id = $3",
        uuid4(), uuid4().hex, UUID(review["id"]),
    )  # fmt: skip


async def prepared(client: httpx.AsyncClient, database: Database, review: dict[str, Any]) -> dict[str, Any]:
    """A review of which everything is there that its report needs."""
    good(await fill(client, review, answers=ANSWERS, meeting_at=ago()))
    await as_rendered(database, review)
    return await seen(client, review)


async def decider(client: httpx.AsyncClient) -> dict[str, str]:
    """The header of somebody who may report and decide."""
    return await person_headers(client, *DECIDER, name="复盘负责人")


async def issue(client: httpx.AsyncClient, review: dict[str, Any], **fields: Any) -> httpx.Response:
    headers = fields.pop("headers", None) or await decider(client)
    return await client.post(f"{REVIEWS}/{review['id']}/report/issue", json=fields, headers=headers)


async def reported(client: httpx.AsyncClient, database: Database, review: dict[str, Any]) -> dict[str, Any]:
    """A review whose report was issued."""
    await prepared(client, database, review)
    return good(await issue(client, review))  # type: ignore[no-any-return]


def decision_url(review: dict[str, Any], kind: str) -> str:
    return f"{REVIEWS}/{review['id']}/decisions/{kind}"


async def decision(client: httpx.AsyncClient, review: dict[str, Any], kind: str) -> dict[str, Any]:
    return good(await client.get(decision_url(review, kind)))  # type: ignore[no-any-return]


async def draft(client: httpx.AsyncClient, review: dict[str, Any], kind: str, **change: Any) -> httpx.Response:
    body = {"reason": "复盘发现", "change": {"kind": kind} | change}
    return await client.put(decision_url(review, kind), json=body)


async def keep(
    client: httpx.AsyncClient, review: dict[str, Any], kind: str, headers: dict[str, str] | None = None
) -> httpx.Response:  # fmt: skip
    headers = headers or await decider(client)
    return await client.post(f"{decision_url(review, kind)}/no-change", json={"reason": "无须调整"}, headers=headers)


async def preview(client: httpx.AsyncClient, review: dict[str, Any], kind: str) -> httpx.Response:
    return await client.post(f"{decision_url(review, kind)}/apply/preview")


async def apply(
    client: httpx.AsyncClient, review: dict[str, Any], kind: str, etag: str = "*", headers: dict[str, str] | None = None
) -> httpx.Response:  # fmt: skip
    headers = (headers or await decider(client)) | {"if-match": etag}
    return await client.post(f"{decision_url(review, kind)}/apply", headers=headers)


async def somebody(client: httpx.AsyncClient, **fields: Any) -> str:
    """The id of a person who may do nothing."""
    return (await make_person(client, **fields))["id"]  # type: ignore[no-any-return]
