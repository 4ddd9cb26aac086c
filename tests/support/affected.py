"""Affected users as tests enter them, many at once by a sheet, and how they are looked after."""

from typing import Any
from uuid import uuid4

import httpx

from tests.support.acts import URL
from tests.support.api import everything, good
from tests.support.sheets import as_csv, send


async def enter(client: httpx.AsyncClient, incident_id: str, count: int) -> list[str]:
    """So many users whom nobody knew, by one import; their ids in the order of the sheet."""
    known = {user["id"] for user in await affected(client, incident_id)}
    rows = [[f"{uuid4().hex}@example.com"] for _ in range(count)]
    sheet = as_csv(["邮箱"], *rows)
    report = good(await send(client, f"{URL}/{incident_id}/affected-user-imports", sheet, purpose="联系退款"))
    assert report["counts"]["created"] == count
    users = await affected(client, incident_id)
    place = {row[0]: n for n, row in enumerate(rows)}
    new = [user for user in users if user["id"] not in known]
    return [user["id"] for user in sorted(new, key=lambda user: place[user["contact"]])]


async def affected(client: httpx.AsyncClient, incident_id: str, **query: Any) -> list[dict[str, Any]]:
    """The incident's users, the last entered first."""
    return await everything(client, f"{URL}/{incident_id}/affected-users", limit=200, **query)


async def user_of(client: httpx.AsyncClient, incident_id: str, user_id: str) -> dict[str, Any]:
    return good(await client.get(f"{URL}/{incident_id}/affected-users/{user_id}"))  # type: ignore[no-any-return]


async def erase(client: httpx.AsyncClient, incident_id: str, user_id: str) -> dict[str, Any]:
    answer = await client.post(f"{URL}/{incident_id}/affected-users/{user_id}/erase")
    return good(answer)  # type: ignore[no-any-return]


async def figures(client: httpx.AsyncClient, incident_id: str) -> dict[str, Any]:
    """The summary of how they are looked after."""
    return good(await client.get(f"{URL}/{incident_id}/affected-user-summary"))  # type: ignore[no-any-return]


async def create(client: httpx.AsyncClient, incident_id: str, kind: str, **fields: Any) -> httpx.Response:
    """Tasks for many of them: `affected_user_ids` or `affected` says for whom."""
    body = {"kind": kind, "title": "办理退款"} | fields
    return await client.post(f"{URL}/{incident_id}/tasks/bulk-create", json=body)


def recount(users: list[dict[str, Any]], now: Any = None) -> dict[str, Any]:
    """What the summary must say of them, counted by hand."""
    states = ("none", "open", "done", "waived")
    counted: dict[str, Any] = {"total": len(users), "erased": sum(user["erased_at"] is not None for user in users)}
    for kind in ("remediation", "follow_up"):
        stand = [user[kind]["state"] if user[kind] else "none" for user in users]
        counted[kind] = {state: stand.count(state) for state in states}
        over = counted[kind]["done"] + counted[kind]["waived"]
        counted[kind]["completion_percent"] = int(over * 1_000 / len(users)) / 10 if users else None
    open_ = [user["remediation"] for user in users if user["remediation"] and user["remediation"]["state"] == "open"]
    counted["remediation"]["overdue"] = sum(task["due_at"] < now for task in open_) if now else 0
    said = [user["follow_up"] for user in users if user["follow_up"]]
    answers = [one["satisfaction"] for one in said if one["satisfaction"] is not None]
    counted["solved"] = sum(one["solved"] is True for one in said)
    counted["satisfaction"] = {
        "answers": len(answers), "average": round(sum(answers) / len(answers), 2) if answers else None,
        "distribution": [{"satisfaction": n, "count": answers.count(n)} for n in range(1, 6)],
    }  # fmt: skip
    return counted
