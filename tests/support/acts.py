"""What people put on record of an incident, as tests do it."""

from typing import Any
from weakref import WeakKeyDictionary

import httpx

from tests.support.api import good
from tests.support.people import bearer, make_key, make_person

URL = "/v1/incidents"
# The lead who overrides where the test does not say who: one for each client.
_LEADS: WeakKeyDictionary[httpx.AsyncClient, dict[str, str]] = WeakKeyDictionary()
DECISION = {"question": "是否发声", "options": ["发声", "不发声"], "choice": "不发声", "reason": "热度已回落"}


async def opened(client: httpx.AsyncClient, **fields: Any) -> str:
    """The id of an incident that a person opened, without a mention."""
    return good(await client.post(URL, json={"title": "门店纠纷"} | fields), 201)["id"]  # type: ignore[no-any-return]


async def grade(client: httpx.AsyncClient, incident_id: str, grade: str | None) -> dict[str, Any]:
    """A person's grade; the first one makes a watched incident one that is responded to."""
    body = {"grade": grade, "reason": "研判"}
    return good(await client.put(f"{URL}/{incident_id}/grade", json=body))  # type: ignore[no-any-return]


async def move(client: httpx.AsyncClient, incident_id: str, status: str, **fields: Any) -> httpx.Response:
    """A move; with `override` it is a lead's, because a machine passes no guard."""
    body = {"status": status, "reason": "研判"} | fields
    headers = await a_lead(client) if fields.get("override") else None
    return await client.put(f"{URL}/{incident_id}/status", json=body, headers=headers)


async def closing(client: httpx.AsyncClient) -> str:
    """An incident that is to be closed, with nothing on record."""
    incident_id = await opened(client)
    await grade(client, incident_id, "general")
    for status in ("handling", "closing"):
        good(await move(client, incident_id, status, override=True))
    return incident_id


async def a_lead(client: httpx.AsyncClient) -> dict[str, str]:
    """The header of a lead's own key, made at the first call; `client` must be an administrator's."""
    if client not in _LEADS:
        _LEADS[client] = await person_headers(client, "incidents:write", "incidents:override", name="特批组长")
    return _LEADS[client]


async def put(client: httpx.AsyncClient, incident_id: str, path: str, /, **fields: Any) -> httpx.Response:
    """One entry of a kind: `fact-checks`, `meetings`, ..."""
    return await client.post(f"{URL}/{incident_id}/{path}", json=fields)


async def check_facts(client: httpx.AsyncClient, incident_id: str, **fields: Any) -> dict[str, Any]:
    body = {"truth": "unfounded", "responsibility": "user", "evidence": "监控录像"} | fields
    return good(await put(client, incident_id, "fact-checks", **body), 201)  # type: ignore[no-any-return]


async def meet(client: httpx.AsyncClient, incident_id: str, direction: str | None = None) -> dict[str, Any]:
    return good(await put(client, incident_id, "meetings", direction=direction), 201)  # type: ignore[no-any-return]


async def publish(
    client: httpx.AsyncClient, incident_id: str, platform: str = "weibo", kind: str = "progress"
) -> dict[str, Any]:
    body = {"platform": platform, "statement_kind": kind}
    return good(await put(client, incident_id, "publications", **body), 201)  # type: ignore[no-any-return]


async def decide(client: httpx.AsyncClient, incident_id: str, **fields: Any) -> dict[str, Any]:
    return good(await put(client, incident_id, "decisions", **DECISION | fields), 201)  # type: ignore[no-any-return]


async def person_headers(client: httpx.AsyncClient, *scopes: str, **fields: Any) -> dict[str, str]:
    """The header of a person's own key, with just these scopes."""
    person = await make_person(client, *scopes, **fields)
    return bearer((await make_key(client, *scopes, person_id=person["id"]))["key"])
