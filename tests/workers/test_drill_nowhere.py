"""Two drills beside a real fire on one rule, through every GET of the contract: no answer about what is real knows of a drill, no
figure of it is another for one, and no drill knows of the other or of what is real."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core.db import Database
from tests.support.acts import check_facts, decide, grade, meet, move, opened, publish
from tests.support.api import ago, brand, good, make_rule, mention, post
from tests.support.drills import Stage, incidents_of, make_scenario, post_of, report_of, start
from tests.support.evidence import uploaded
from tests.support.people import bearer, make_key
from tests.support.walking import Walk, differences
from workers.ingest import Counter

ALL = re.compile("")
FIGURES = re.compile(r"metrics/(mechanisms|rules|digest-preview|kpis|alert-latency)|-counts$|/summary$")
OF_ONE = re.compile(r"^/v1/(incidents|mentions|statements|tasks|reviews|files|deadlines)\b")
# What a drill is itself; the plan's programme, which asks whether one was held; and what nothing can be asked of by default.
OWN = re.compile(r"^/v1/(drills|programme|handbook/changes|calendar/due)")
# What there is none of here, and no drill makes any.
NOT_THERE = {
    "getApprovalDelegation", "getCalendarYear", "getContact", "getDepartment", "getDigest", "getHandbookVersion", "getHistoryReplay", "getIncidentReview", "getKpiBaseline", "getMyDocument", "getPatrol", "getReportTemplate", "getReviewDecision", "getReviewReport", "getSource",
    "getTextCheck", "getTraining", "getTrainingCompletion", "getTrainingSeries", "getTrainingSession",
    "listKpiBaselineIncidents", "listSourceSilences", "listTrainingEnrolments", "listTrainingSeries", "listTrainingVersions",
}  # fmt: skip


async def acted(client: httpx.AsyncClient, incident_id: str, me: dict[str, str], person_id: str) -> set[str]:
    """What people do in any incident, and the ids of the evidence that they keep."""
    url = f"/v1/incidents/{incident_id}"
    check = await check_facts(client, incident_id, truth="confirmed", responsibility="company")
    meeting, decision = await meet(client, incident_id, "先停售"), await decide(client, incident_id)
    said = await publish(client, incident_id, kind="holding")
    good(await client.post(f"{url}/acknowledgements", json={"note": "已接警"}, headers=me), 201)
    member = {"person_id": person_id, "position": "operations", "reason": "熟悉该门店"}
    good(await client.post(f"{url}/team", json=member), 201)
    note = good(await client.post(f"{url}/notes", json={"body": "同批次停发"}, headers=me), 201)
    body = {"kind": "unified_wording", "title": "统一口径", "owner_id": person_id, "due_at": ago(minutes=-9)}
    task = good(await client.post(f"{url}/tasks", json=body), 201)
    user = {"claim": "退款", "contact": "13800138000", "contact_kind": "phone", "name": "李女士", "purpose": "联系退款"}
    good(await client.post(f"{url}/affected-users", json=user | {"platform": "weibo"}), 201)
    due = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    words = {
        "kind": "apology",
        "name": "致歉",
        "attitude": "深表歉意。",
        "facts": "经查属实。",
        "solution": "全额退款。",
    }
    words |= {"commitments": [{"due_at": due, "text": "公布结果"}]}
    statement = good(await client.post(f"{url}/statements", json=words), 201)
    good(await client.post(f"/v1/statements/{statement['id']}/submit"))
    subjects = {
        "incident": incident_id, "fact_check": check["id"], "meeting": meeting["id"], "decision": decision["id"],
        "publication": said["id"], "note": note["id"], "task": task["id"], "statement": statement["id"],
    }  # fmt: skip
    [post] = good(await client.get(f"{url}/mentions", params={"limit": 1}))["data"]
    return {await attached(client, subject, id_) for subject, id_ in (subjects | {"mention": post["id"]}).items()}


async def attached(client: httpx.AsyncClient, subject: str, subject_id: str) -> str:
    """A file that is evidence of it."""
    file = await uploaded(client)
    body = {"subject": subject, "subject_id": subject_id}
    good(await client.post(f"/v1/files/{file['id']}/attachments", json=body), 201)
    return str(file["id"])


async def over(client: httpx.AsyncClient, incident_id: str) -> None:
    """A lead closes it, so that it has a review."""
    for status in ("handling", "closing", "closed"):
        good(await move(client, incident_id, status, override=True))


async def known_of(database: Database, incident_id: str) -> set[str]:
    """Whatever of an incident has an id, in any table."""
    posts = await database.fetch("select mention_id from mention_states where incident_id = $1", UUID(incident_id))
    ids = [row["mention_id"] for row in posts]
    of = {"incident_id": [UUID(incident_id)], "born_of": [UUID(incident_id)], "mention_id": ids}
    columns = await database.fetch(
        "select c.table_name, c.column_name::text from information_schema.columns c join information_schema.columns i "
        "on i.table_name = c.table_name and i.column_name = 'id' and i.data_type = 'uuid' "
        "where c.table_schema = 'public' and c.column_name = any($1::text[])", list(of),
    )  # fmt: skip
    found = {incident_id, *map(str, ids)}
    for table, column in columns:
        rows = await database.fetch(f"select id from {table} where {column} = any($1::uuid[])", of[column])
        found |= {str(row["id"]) for row in rows}
    return found


class Played:
    """A drill on the rule whose incident burns and is acted in, and all ids of it."""

    def __init__(self, drill: dict[str, Any], one: dict[str, Any], files: set[str]) -> None:
        self.drill, self.id, self.files = drill, str(one["id"]), files
        self.ids = files | {self.id, drill["id"], drill["number"], one["number"]}


async def play(
    client: httpx.AsyncClient, database: Database, stage: Stage, key: str, rule_id: str, me: dict[str, str], person_id: str
) -> Played:  # fmt: skip
    drill = await start(client, key, rule_id=rule_id, scale=60)
    await stage.put_back(drill, datetime.now(UTC) - timedelta(minutes=1))
    await stage.at(None)
    [one] = await incidents_of(client, drill)
    assert one["grade"] == "major"
    played = Played(drill, one, await acted(client, one["id"], me, person_id))
    played.ids |= await known_of(database, one["id"])
    return played


def seen(answers: dict[str, Any], ids: set[str]) -> dict[str, list[str]]:
    """Which answers know of them."""
    found = {url: [id_ for id_ in ids if id_ in str(answer)] for url, answer in answers.items()}
    return {url: some for url, some in found.items() if some}


async def fire(client: httpx.AsyncClient, counter: Counter, rule: dict[str, Any], name: str) -> tuple[str, str]:
    """A real incident that is responded to, and one of the same unit that is over and has a review."""
    there = await post(client, f"{name} 差评", likes=9_000, published_at=ago(minutes=9))
    past = await opened(client, title=f"{name} 差评", business_unit=rule["business_unit"])
    await counter.sweep()
    real = str((await mention(client, there))["incident_id"])
    for id_ in (real, past):
        await grade(client, id_, "general")
    await over(client, past)
    return real, past


async def test_no_answer_of_one_world_knows_of_another(client, counter, database, stage):
    name = brand()
    rule = await make_rule(client, name, harm_class="core_interest", business_unit=f"{name}部")
    person = good(await client.post("/v1/people", json={"name": f"王演{name[2:8]}", "roles": ["lead"]}), 201)
    me = bearer((await make_key(client, *person["effective_scopes"], person_id=person["id"]))["key"])
    endpoint = {"url": "http://127.0.0.1:9/x", "drills": "include"}
    endpoint = good(await client.post("/v1/webhook-endpoints", json=endpoint), 201)
    key = await make_scenario(
        database, [post_of("one", 0, likes=150_000), report_of("press", 60, "演练日报", "p.example")]
    )
    real, past = await fire(client, counter, rule, name)
    files = await acted(client, real, me, person["id"])
    before = await Walk(client, me, real).through(FIGURES, without=OWN)
    one = await play(client, database, stage, key, rule["id"], me, person["id"])
    await over(client, one.id)
    one.ids |= await known_of(database, one.id)
    other = await play(client, database, stage, key, rule["id"], me, person["id"])

    walk = Walk(client, me, real)
    after = await walk.through(ALL, without=OWN)
    assert walk.not_asked <= NOT_THERE
    assert seen(after, one.ids | other.ids) == {}
    changed = {url: differences(answer, after[url]) for url, answer in before.items()}
    assert {url: lines for url, lines in changed.items() if lines} == {}
    assert len(before) > 10
    assert seen(after, files).keys() >= {"/v1/files"}

    await over(client, other.id)
    other.ids |= await known_of(database, other.id)
    asked = await Walk(client, me, other.id, drills=True).through(OF_ONE, without=OWN)
    mine = {url: answer for url, answer in asked.items() if any(id_ in url for id_ in other.ids)}
    world = files | await known_of(database, real) | await known_of(database, past)
    assert seen(asked, world) == seen(mine, one.ids) == {}
    assert len(mine) > 40
    assert seen(asked, other.files).keys() >= {"/v1/files"}
    good(await client.post(f"/v1/drills/{other.drill['id']}/stop", json={}))
    good(await client.delete(f"/v1/webhook-endpoints/{endpoint['id']}"), 204)
