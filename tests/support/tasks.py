"""Tasks as tests make and finish them."""

from typing import Any

import httpx

from tests.support.acts import URL
from tests.support.api import everything, good, timeline

TASKS = "/v1/tasks"
# What each kind that asks for a result is finished with.
RESULTS: dict[str, dict[str, Any]] = {
    "meeting": {"kind": "meeting", "direction": "先停售", "note": "线上"},
    "fact_check": {"kind": "fact_check", "truth": "confirmed", "responsibility": "supplier", "evidence": "留样检出",
                   "note": ""},
    "follow_up": {"kind": "follow_up", "solved": True, "satisfaction": 5},
}  # fmt: skip
REPORT = {"kind": "takedown_report", "platform": "weibo", "url": "https://weibo.com/1/a", "legal_basis": "民法典"}


async def make_task(client: httpx.AsyncClient, incident_id: str, kind: str = "other", **fields: Any) -> dict[str, Any]:
    body = {"kind": kind, "title": "待办事项"} | fields
    return good(await client.post(f"{URL}/{incident_id}/tasks", json=body), 201)  # type: ignore[no-any-return]


async def act(client: httpx.AsyncClient, task: dict[str, Any], verb: str, /, **fields: Any) -> httpx.Response:
    """`complete`, `waive`, `reopen`, `submit`, `approve` or `reject`, whatever the version."""
    body = {"json": fields} if verb not in ("submit", "approve") else {}
    return await client.post(f"{TASKS}/{task['id']}/{verb}", **body)


async def done(client: httpx.AsyncClient, task: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Finished, with the result that its kind asks for."""
    body = {"result": RESULTS.get(task["kind"])} | fields
    return good(await act(client, task, "complete", **body))  # type: ignore[no-any-return]


async def seen(client: httpx.AsyncClient, task: dict[str, Any]) -> dict[str, Any]:
    """The task as it is now."""
    return good(await client.get(f"{TASKS}/{task['id']}"))  # type: ignore[no-any-return]


async def tasks_of(client: httpx.AsyncClient, incident_id: str, **query: Any) -> list[dict[str, Any]]:
    return await everything(client, f"{URL}/{incident_id}/tasks", **query)


async def told(client: httpx.AsyncClient, incident_id: str, *types: str) -> list[dict[str, Any]]:
    """The timeline's events of these types, in order; of all without."""
    events = await timeline(client, incident_id)
    return [event for event in events if not types or event["type"] in types]
