"""How well a drill went: clocks, acknowledgements, statements and what was expected, in the scenario's time; what it taught."""

import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from docx import Document

from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from tests.support.api import everything, good, instant, problem
from tests.support.people import bearer, make_key
from tests.support.scenarios import expected, make_scenario
from tests.support.staff import a_department
from workers.drills import Player

DRILLS = "/v1/drills"
SCALE = 60
REACTIONS = [
    expected("meeting", 1_100, weight=3),
    expected("fact_check", 1_500, weight=2),
    expected("acknowledgement", 1_200, weight=4),
    expected("task", 1_500, task_kind="unified_wording"),
    expected("origin_statement", 14_000, weight=6),
]


class Run:
    """A drill that began just before now, so that what is told of its past lies in it."""

    def __init__(self, client, player, drill, began):
        self.client, self.player, self.drill, self.began = client, player, drill, began
        self.url = f"{DRILLS}/{drill['id']}"

    def at(self, seconds):
        """The real instant of a second of the scenario."""
        return self.began + timedelta(seconds=seconds) / SCALE

    async def play(self, *seconds):
        for second in seconds:
            self.player.moment(self.at(second) + timedelta(microseconds=1))
            await self.player.sweep()

    async def board(self):
        return good(await self.client.get(f"{self.url}/scoreboard"))

    async def told(self, act, seconds, headers=None, **said):
        body = {"happened_at": self.at(seconds).isoformat()} | said
        one = (await self.incidents())[0]
        return good(await self.client.post(f"/v1/incidents/{one['id']}/{act}", json=body, headers=headers), 201)

    async def incidents(self):
        return (await self.board())["incidents"]


class Slow(Player):
    def moment(self, at):
        self._database.moment = at


@asynccontextmanager
async def running(client, database, settings, back=56, **fields):
    """The scenario, begun so many seconds ago: general at 60 s, major at 600 s of it."""
    redis = connect(settings.redis_url)
    mine = Database(settings, doorbell=Doorbell(redis), workload="batches")
    scenario = await make_scenario(client, reactions=REACTIONS, duration_seconds=14_400)
    drill = good(await client.post(DRILLS, json={"scenario": scenario["key"], "scale": SCALE, **fields}), 201)
    # Fifteen digits of a second are none of the wire's.
    began = (datetime.now(UTC) - timedelta(seconds=back)).replace(microsecond=0)
    await database.fetch(
        "update drills set started_at = $2, zero_at = date_trunc('minute', $2::timestamptz), next_at = $2 where id = $1",
        UUID(drill["id"]), began,
    )  # fmt: skip
    run = Run(client, Slow(mine), drill, began)
    try:
        yield run
    finally:
        run.player.moment(None)
        await client.post(f"{run.url}/stop", json={})
        await mine.close()
        await redis.aclose()


@pytest.fixture
async def trainee(client):
    async with a_department(client, kind="public_relations") as department:
        body = {"name": f"王演{uuid4().hex[:5]}", "department_id": department["id"], "roles": ["lead"]}
        person = good(await client.post("/v1/people", json=body), 201)
        key = await make_key(client, *person["effective_scopes"], person_id=person["id"])
        yield person, department, bearer(key["key"])


async def test_a_drill_is_scored_in_the_scenarios_time(client, database, settings, trainee):
    person, department, key = trainee
    async with running(client, database, settings, participants=[person["id"]]) as run:
        await run.play(0, 60, 600)
        await run.told("acknowledgements", 900, key)
        await run.told("publications", 300, platform="weibo", statement_kind="holding")
        await run.told("meetings", 1_500, direction="先停售")
        [one] = await run.incidents()
        no_hand = {"kind": "improvement", "title": "补 B 角"}
        problem(await client.post(f"/v1/incidents/{one['id']}/tasks", json=no_hand), 422, "/kind")
        task = {"kind": "unified_wording", "title": "统一口径"}
        made = good(await client.post(f"/v1/incidents/{one['id']}/tasks", json=task), 201)
        good(await client.post(f"/v1/tasks/{made['id']}/complete", json={"outcome": "已下发"}))
        running_board = await run.board()
        good(await client.post(f"{run.url}/stop", json={"reason": "到此为止"}))
        board = await run.board()
        await the_review_is_on_the_same_clock(run, board)
        reports = {kind: await client.get(f"{run.url}/report/{kind}") for kind in ("markdown", "html", "docx")}
    the_report_says(reports, board)
    the_clocks_are(board)
    the_answers_are(board, person, department)
    came = {row["reaction"]["kind"]: row["result"] for row in board["reactions"]}
    assert came == {
        "meeting": "late", "fact_check": "breached", "acknowledgement": "met", "task": "late", "origin_statement": "not_reached"
    }  # fmt: skip
    before = {row["reaction"]["kind"]: row["result"] for row in running_board["reactions"]}
    assert before["origin_statement"] == "running"
    added_up(board)


async def the_review_is_on_the_same_clock(run, board):
    """Its curve marks what people did, and its facts tell it, at the scoreboard's seconds: those of the spread."""
    zero = instant(good(await run.client.get(run.url))["scenario_started_at"])
    [one] = board["incidents"]
    review = good(await run.client.post(f"/v1/incidents/{one['id']}/review"), 201)
    [told] = good(await run.client.get(f"/v1/reviews/{review['id']}/facts"))["incidents"]

    def seconds(at):
        return int((instant(at) - zero).total_seconds())

    marked = {}
    for mark in told["curve"]["marks"]:
        marked.setdefault(mark["kind"], []).append(seconds(mark["at"]))
    assert marked["grade"] == [row["scenario_seconds"] for row in board["grades"]]
    assert marked["word"] == [row["scenario_seconds"] for said in board["statements"] for row in said["steps"]] == [300]
    late = {row["due_seconds"] for row in board["clocks"] if row["state"] == "breached"}
    table = next(table for section in told["sections"] for table in section["tables"] if table["name"] == "clocks")
    assert late <= {seconds(row["cells"][3]["at"]) for row in table["rows"]}
    shown = {fact["name"]: fact["value"]["at"] for section in told["sections"] for fact in section["facts"]}
    assert seconds(shown["acknowledged_at"]) == 900
    assert seconds(shown["met_at"]) == 1_500
    assert [seconds(point["start"]) for point in told["curve"]["points"]] == [0, 60, 600]


def the_clocks_are(board):
    """In the scenario's time, whatever the scale."""
    grades = [(row["to_grade"], row["rule"], row["scenario_seconds"]) for row in board["grades"]]
    assert grades == [("general", "general-8h", 60), ("major", "major-2h", 600)]
    assert [row["offset_seconds"] for row in board["planned_grades"]] == [60, 600]
    clocks = {(row["kind"], row["started_seconds"]): row for row in board["clocks"]}
    meeting = clocks["emergency_meeting", 600]
    assert (meeting["target_seconds"], meeting["due_seconds"]) == (1_800, 2_400)
    assert (meeting["met_seconds"], meeting["result"], meeting["weight"]) == (1_500, "met", 15.0)
    response = [row for row in board["clocks"] if row["kind"] == "first_response"]
    assert {row["result"] for row in response} == {"met"}
    assert sum(row["weight"] for row in response) == pytest.approx(20, abs=0.01)
    assert clocks["closing", 60]["result"] == "not_reached"


def the_answers_are(board, person, department):
    """Who acknowledged when, of which department."""
    [answered] = board["acknowledgements"]
    assert (answered["person"]["id"], answered["department_id"]) == (person["id"], department["id"])
    assert answered["scenario_seconds"] == 900
    [of] = board["departments"]
    assert (of["department"], of["called"], of["acknowledged"]) == (department["name"], 1, 1)
    assert of["fastest_seconds"] == of["slowest_seconds"] == answered["after_seconds"]


def the_report_says(reports, board):
    """The three forms of the report say the same as the scoreboard, under a name to be saved by."""
    assert [answer.status_code for answer in reports.values()] == [200, 200, 200]
    names = [re.search(r"DR-\d+-\d{8}\.\w+", answer.headers["content-disposition"])[0] for answer in reports.values()]
    assert [name.rpartition(".")[2] for name in names] == ["md", "html", "docx"]
    word = "\n".join(
        cell.text for table in Document(BytesIO(reports["docx"].content)).tables for row in table.rows for cell in row.cells
    )  # fmt: skip
    for text in (reports["markdown"].text.replace("\\", ""), reports["html"].text, word):
        for said in (
            "紧急会议",
            "0:25",
            "一级(重大)",
            "统一口径",
            "超时",
            f"{board['incidents'][0]['number']}",
            "预期",
            "先停售",
        ):
            assert said in text, said
    assert f"{board['score']['value']:g} 分" in reports["markdown"].text
    assert all("无人可推 1" in reports[kind].text for kind in ("markdown", "html"))
    assert "<script" not in reports["html"].text
    assert "style-src" in reports["html"].headers["content-security-policy"]


def added_up(board):
    """The score, by the formula that stands in the answer."""
    credit = {"met": 1, "late": 0.5, "breached": 0}
    decided = [
        (row["weight"], row["result"]) for row in (*board["clocks"], *board["reactions"]) if row["result"] in credit
    ]
    alerts = board["alerts"]
    assert alerts["total"] == alerts["unpushed"] == 1, "nobody who reads asked for drills"
    assert sum(alerts[name] for name in (*credit, "running", "not_reached")) == 0
    decided += [(alerts["weight"], name) for name in credit if alerts[name]]
    points = sum(weight * credit[name] for weight, name in decided)
    whole = sum(weight for weight, _ in decided)
    score = board["score"]
    assert (score["points"], score["of_points"]) == (pytest.approx(points, abs=0.01), pytest.approx(whole, abs=0.01))
    assert score["value"] == pytest.approx(100 * points / whole, abs=0.06)
    assert sum(row["weight"] for row in board["reactions"]) == pytest.approx(score["reactions_weight"], abs=0.01)


async def test_what_it_taught_is_real_work_that_outlives_it(client, database, settings, trainee):
    person, _, key = trainee
    due = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    lesson = {"text": "值班表补齐夜间法务 B 角\n两周内", "owner_id": person["id"], "due_at": due}
    async with running(client, database, settings) as run:
        problem(await client.post(f"{run.url}/improvements", json=lesson), 409)
        await run.play(0, 60, 600)
        good(await client.post(f"{run.url}/stop", json={}))
        [one] = await run.incidents()
        assert one["status"] == "dismissed"
        answer = await client.post(f"{run.url}/improvements", json=lesson)
        task = good(answer, 201)
        assert good(await client.get(answer.headers["location"])) == task
        problem(
            await client.post(f"{run.url}/improvements", json=lesson | {"incident_id": str(uuid4())}),
            422,
            "/incident_id",
        )
        problem(
            await client.post(f"{run.url}/improvements", json=lesson | {"owner_id": str(uuid4())}), 422, "/owner_id"
        )
    assert (task["kind"], task["is_drill"], task["incident_id"]) == ("improvement", False, one["id"])
    assert task["title"] == "值班表补齐夜间法务 B 角"
    assert task["id"] in {row["id"] for row in await everything(client, "/v1/tasks", owner_id=person["id"])}
    assert await everything(client, "/v1/tasks", owner_id=person["id"], is_drill=True) == []
    waits = good(await client.get("/v1/me/inbox", headers=key))["data"]
    assert [row["task"]["id"] for row in waits if row["task"]] == [task["id"]]
    told = await everything(client, "/v1/events", type="task.created", incident_id=one["id"])
    assert [row["data"]["task_id"] for row in told] == [task["id"]]
    assert (await run.board())["improvements"] == [task]
    done = good(
        await client.post(f"/v1/tasks/{task['id']}/complete", json={"outcome": "已补齐"}, headers={"if-match": "*"})
    )
    assert (done["state"], done["is_drill"]) == ("done", False)
    again = good(await client.post(f"/v1/tasks/{task['id']}/reopen", json={"reason": "未全"}))
    assert again["state"] == "open"
    good(await client.post(f"/v1/tasks/{task['id']}/waive", json={"reason": "已另行安排"}))


async def test_a_drill_that_was_not_started_has_a_scoreboard_too(client):
    scenario = await make_scenario(client, reactions=REACTIONS, duration_seconds=14_400)
    planned = good(await client.post(DRILLS, json={"scenario": scenario["key"], "waits": True}), 201)
    board = good(await client.get(f"{DRILLS}/{planned['id']}/scoreboard"))
    assert (board["state"], board["score"]["value"], board["clocks"]) == ("planned", None, [])
    assert {row["result"] for row in board["reactions"]} == {"not_reached"}
    problem(await client.get(f"{DRILLS}/{uuid4()}/scoreboard"), 404)
