"""A major at three in the morning, by HTTP alone and with six people's keys (方案 二(二)): called, taken on, met, checked, five
hundred people looked after, the evidence kept."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.support.api import ago, brand, everything, good, make_rule, problem, timeline
from tests.support.clocks import clocks, pass_time
from tests.support.company import Company, entered
from tests.support.evidence import PNG, unique
from tests.support.owed import Make, all_finished, sweep_until
from tests.support.people import bearer, make_key
from tests.support.receiver import Receiver
from tests.support.sheets import SHEET, as_csv
from workers.clocks import Clockwork
from workers.context import Context
from workers.ingest import Counter

AFFECTED = 500
ROSTER = {
    "敏": ("public_relations", "组长", None), "强": ("operations", "处置人员", "静"), "静": ("operations", "处置人员", None),
    "法": ("legal", "法务", None), "奶": ("business", "处置人员", "备"), "备": ("business", "处置人员", None),
}  # fmt: skip


@pytest.fixture
async def company(client: httpx.AsyncClient, app: FastAPI) -> AsyncIterator[Company]:
    async with entered(client, app, ROSTER) as company:
        yield company


async def three_in_the_morning(company: Company, counter: Counter) -> str:
    """A tool reports 130,000 reposts of a post about milk; the incident's id."""
    client, word = company.client, brand()
    await make_rule(client, word, harm_class="user_rights", business_unit=company.departments["business"]["name"])
    tool = bearer((await make_key(client, "mentions:write"))["key"])
    post = {"platform": "weibo", "external_id": uuid4().hex, "text": f"{word} 差评，喝出异物", "reposts": 130_000,
            "published_at": ago(minutes=40)}  # fmt: skip
    good(await client.post("/v1/mentions", json=post, headers=tool), 201)
    await counter.sweep()
    [row] = await everything(client, "/v1/incidents", q=word)
    assert row["grade"] == "major"
    return str(row["id"])


def links(receiver: Receiver, company: Company, incident_id: str) -> dict[str, str]:
    """The links that the chat tool was given for the incident, by whose they are. Other tests' may be due as well."""
    about = [body["data"] for body in receiver.bodies() if body["data"]["incident_id"] == incident_id]
    told = [person for data in about for person in data["people"] if person["acknowledgement_url"]]
    return {company.name(person["id"]): person["acknowledgement_url"] for person in told}


async def test_a_night(company: Company, counter: Counter, make: Make, database: Database, context: Context):
    deliverer, clockwork = make(public_url="http://fenghuo.test"), Clockwork(context)
    async with Receiver() as chat:
        body = {"url": chat.url, "event_types": ["incident.team_changed", "escalation.person"], "unmask_people": True}
        good(await company.client.post("/v1/webhook-endpoints", json=body), 201)
        incident_id = await three_in_the_morning(company, counter)
        await sweep_until(deliverer, lambda: all_finished(database), "the team is called")
        await _two_answer(company, incident_id, links(chat, company, incident_id))
        await pass_time(database, incident_id, minutes=15.1)
        await clockwork.sweep()
        await sweep_until(deliverer, lambda: all_finished(database), "the deputies are called")
        await _deputies_answer(company, incident_id, links(chat, company, incident_id))
    await clockwork.close()
    await _meet_and_check(company, incident_id)
    await _keep_evidence(company, incident_id)
    await _look_after_everybody(company, incident_id)
    shown = good(await company.client.get(f"/v1/incidents/{incident_id}", params={"include": "unacknowledged_count"}))
    assert (shown["status"], shown["legal_hold"] is None) == ("handling", False)
    await timeline(company.client, incident_id)


async def _two_answer(company: Company, incident_id: str, given: dict[str, str]) -> None:
    """The four heads are the team. Two press the button of their links, two sleep."""
    assert given.keys() == {"敏", "强", "法", "奶"}
    for name in ("敏", "法"):
        inbox = await company.call(name, "GET", "/v1/me/inbox")
        assert inbox["badges"]["acknowledge"] == 1
        assert "前接警" in (await company.phone.get(given[name])).text
        digits = company.people[name]["phone"][-4:]
        assert (await company.phone.post(given[name], data={"digits": digits})).status_code == 200
        assert (await company.phone.post(given[name], data={"digits": digits})).status_code == 410
        assert (await company.call(name, "GET", "/v1/me/inbox"))["badges"]["acknowledge"] == 0
    state = (await clocks(company.client, incident_id))["first_response"]["state"]
    assert state == "met"


async def _deputies_answer(company: Company, incident_id: str, given: dict[str, str]) -> None:
    """At half of their time the deputies of the two who sleep are called; one by the link, one by the API."""
    called = [one["data"] for one in await timeline(company.client, incident_id) if one["type"] == "escalation.person"]
    # Both at the same instant, in whatever order.
    assert {(company.name(one["person_id"]), company.name(one["for_person_id"])) for one in called} == {
        ("静", "强"), ("备", "奶"),
    }  # fmt: skip
    assert [one["step"] for one in called] == ["deputy"] * 2
    digits = company.people["静"]["phone"][-4:]
    assert (
        await company.phone.post(given["静"], data={"digits": digits}, headers=company.keys["备"])
    ).status_code == 403
    assert (await company.phone.post(given["静"], data={"digits": digits})).status_code == 200
    await company.call("备", "POST", f"/v1/incidents/{incident_id}/acknowledgements", 201, json={"note": "已接警"})


async def _meet_and_check(company: Company, incident_id: str) -> None:
    """Tasks of a meeting and a fact check, finished; their clocks are met by that, and the way on is open."""
    url = f"/v1/incidents/{incident_id}"
    done = {
        "meeting": {"kind": "meeting", "direction": "先停售同批次，再核实"},
        "fact_check": {
            "kind": "fact_check",
            "truth": "partly_confirmed",
            "responsibility": "supplier",
            "evidence": "留样",
        },
    }
    for kind, result in done.items():
        body = {"kind": kind, "title": "凌晨", "owner_id": company.people["静"]["id"]}
        task = await company.call("敏", "POST", f"{url}/tasks", 201, json=body)
        assert (await company.call("静", "GET", "/v1/me/inbox", params={"kind": "due"}))["badges"]["due"] == 1
        await company.call("静", "POST", f"/v1/tasks/{task['id']}/complete", json={"result": result})
    running = await clocks(company.client, incident_id)
    assert {running[name]["state"] for name in ("emergency_meeting", "fact_check")} == {"met"}
    note = {"body": "方向已定，请法务看留样报告", "mentions": [company.people["法"]["id"]]}
    await company.call("敏", "POST", f"{url}/notes", 201, json=note)
    assert (await company.call("法", "GET", "/v1/me/inbox"))["badges"]["mentioned"] == 1
    await company.call("敏", "PUT", f"{url}/status", json={"status": "handling", "reason": "已核实"})


async def _keep_evidence(company: Company, incident_id: str) -> None:
    """A screenshot is uploaded and attached; legal holds everything, and nothing of it can be deleted."""
    shot = await company.call(
        "静", "POST", "/v1/files", 201, content=unique(PNG), params={"name": "截图.png"}, headers=SHEET
    )
    at = f"/v1/files/{shot['id']}/attachments"
    attached = await company.call("静", "POST", at, 201, json={"subject": "incident", "subject_id": incident_id})
    hold = {"json": {"held": True, "reason": "可能诉讼"}}
    await company.call("静", "PUT", f"/v1/incidents/{incident_id}/legal-hold", 403, **hold)
    await company.call("法", "PUT", f"/v1/incidents/{incident_id}/legal-hold", **hold)
    gone = await company.client.delete(f"{at}/{attached['id']}", headers=company.keys["静"])
    problem(gone, 409, code="under_legal_hold")


async def _look_after_everybody(company: Company, incident_id: str) -> None:
    """Five hundred in ten calls: tried, imported, a remediation and a follow-up for each, assigned, finished."""
    url, owner = f"/v1/incidents/{incident_id}", company.people["备"]["id"]
    rows = [(f"用户{place}", f"139{place:08}", "退款") for place in range(AFFECTED)]
    sheet, query = as_csv(("姓名", "手机", "诉求"), *rows), {"purpose": "联系退款"}
    tried = {**query, "dry_run": "true"}
    imports = f"{url}/affected-user-imports"
    assert (await company.call("备", "POST", imports, content=sheet, params=tried, headers=SHEET))["applied"] is False
    assert (await company.call("备", "POST", imports, content=sheet, params=query, headers=SHEET))["applied"]
    for kind in ("remediation", "follow_up"):
        body = {"kind": kind, "title": kind, "owner_id": owner, "affected": {"without": [kind]}}
        assert (await company.call("备", "POST", f"{url}/tasks/bulk-create", 201, json=body))["task_count"] == AFFECTED
    await _finish_all(company, url, "remediation", [])
    ids = [row["id"] for row in await everything(company.client, f"{url}/tasks", kind="follow_up", limit=200)]
    answers = [
        {"task_id": id_, "result": {"kind": "follow_up", "solved": place % 10 > 0, "satisfaction": 1 + place % 5}}
        for place, id_ in enumerate(ids)
    ]
    await _finish_all(company, url, "follow_up", answers)
    figures = good(await company.client.get(f"{url}/affected-user-summary"))
    assert figures["total"] == AFFECTED
    assert {figures[kind]["completion_percent"] for kind in ("remediation", "follow_up")} == {100}
    assert figures["solved"] == AFFECTED * 9 // 10
    assert (figures["satisfaction"]["answers"], figures["satisfaction"]["average"]) == (AFFECTED, 3.0)


async def _finish_all(company: Company, url: str, kind: str, results: list[dict[str, Any]]) -> None:
    """Looked at first, then done, if it is still as it was shown."""
    body = {"action": "complete", "select": {"filter": {"kind": [kind], "state": ["open"]}}, "results": results}
    headers = company.keys["备"]
    shown = await company.client.post(f"{url}/tasks/bulk/preview", json=body, headers=headers)
    assert good(shown)["changed_count"] == AFFECTED
    done = await company.client.post(
        f"{url}/tasks/bulk", json=body, headers={**headers, "if-match": shown.headers["etag"]}
    )
    assert good(done)["changed_count"] == AFFECTED
