"""Tasks over HTTP: created, listed, changed, finished, waived and reopened, and what is refused of each."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain.tasks import OF_A_DRILL, PUBLISHED
from app.domain.vocabulary import TaskKind
from tests.support.acts import URL, move, opened, person_headers
from tests.support.api import ago, everything, good, incident, instant, problem
from tests.support.people import make_person
from tests.support.tasks import RESULTS, TASKS, act, done, make_task, seen, tasks_of, told

KINDS = [kind.value for kind in TaskKind if kind not in PUBLISHED | OF_A_DRILL]
PLAIN = [kind for kind in KINDS if kind not in ("takedown_report", "meeting", "fact_check")]
every_kind = pytest.mark.parametrize("kind", KINDS)


def soon(**span: float) -> str:
    return ago(**{name: -value for name, value in span.items()})


@every_kind
async def test_a_task_is_created_told_and_found(client, bare, kind):
    incident_id = await opened(client)
    headers = await person_headers(client, "incidents:read", "incidents:write", name="王小明")
    owner = await make_person(client, "incidents:read", name="李小红")
    body = {
        "kind": kind,
        "title": "联系示例晚报",
        "details": "先核对口径",
        "owner_id": owner["id"],
        "due_at": soon(hours=3),
    }
    created = await bare.post(f"{URL}/{incident_id}/tasks", json=body, headers=headers)
    made = good(created, 201)
    assert {name: made[name] for name in ("kind", "title", "details")} == {
        name: body[name] for name in ("kind", "title", "details")
    }
    assert (made["owner"], made["creator"]["name"]) == ({"id": owner["id"], "name": "李**"}, "王**")
    assert made["state"] == ("draft" if kind == "takedown_report" else "open")
    assert instant(made["due_at"]) == instant(body["due_at"])
    assert (made["version"], made["outcome"], made["result"], made["happened_at"]) == (1, "", None, None)
    assert created.headers["location"] == f"{TASKS}/{made['id']}"
    assert created.headers["etag"].startswith('"1-')
    assert good(await bare.get(created.headers["location"], headers=headers)) == made
    [event] = await told(client, incident_id, "task.created")
    assert event["data"] | {"seq": 0, "number": "", "due_at": ""} == {
        "incident_id": incident_id, "number": "", "seq": 0, "is_drill": False, "task_id": made["id"], "task_kind": kind,
        "task_state": made["state"], "owner_id": owner["id"], "due_at": "", "affected_user_id": None,
    }  # fmt: skip
    assert event["actor"] == made["created_by"]
    assert not any(text in str(event["data"]) for text in ("联系", "口径"))


@pytest.mark.parametrize("kind", PLAIN)
async def test_a_task_is_done_when_somebody_says_so(client, kind):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, kind)
    ended = await done(client, task, outcome="已办结")
    assert (ended["state"], ended["outcome"], ended["result"]) == ("done", "已办结", RESULTS.get(kind))
    assert ended["happened_at"] == ended["ended_at"]
    assert ended["version"] == 2
    assert ended["ended_by"].startswith("key:")
    [event] = await told(client, incident_id, "task.done")
    assert (event["data"]["task_id"], event["data"]["happened_at"]) == (task["id"], ended["happened_at"])
    assert (event["data"]["act_id"], event["data"]["task_state"]) == (None, "done")
    assert "已办结" not in str(event["data"])


@pytest.mark.parametrize("kind", ["other", "meeting", "fact_check", "follow_up"])
async def test_it_was_done_between_the_opening_and_now(client, database, kind):
    incident_id = await opened(client)
    await database.fetch("update incidents set opened_at = now() - interval '1 hour' where id = $1", incident_id)
    task = await make_task(client, incident_id, kind)
    body = {"result": RESULTS.get(kind)}
    for wrong, code in ((ago(hours=2), "before_the_incident"), (soon(minutes=9), "in_the_future")):
        found = problem(await act(client, task, "complete", happened_at=wrong, **body), 422, "/happened_at")
        assert found["errors"][0]["code"] == code
    at = ago(minutes=30)
    assert instant((await done(client, task, happened_at=at))["happened_at"]) == instant(at)


@pytest.mark.parametrize(("kind", "result", "code"), [
    ("meeting", None, "result_needed"), ("fact_check", None, "result_needed"), ("follow_up", None, "result_needed"),
    ("other", RESULTS["follow_up"], "wrong_kind"), ("meeting", RESULTS["fact_check"], "wrong_kind"),
    ("takedown_report", RESULTS["follow_up"], "wrong_kind"),
])  # fmt: skip
async def test_a_task_is_finished_with_what_its_kind_asks_for(client, kind, result, code):
    task = await make_task(client, await opened(client), kind)
    if kind == "takedown_report":
        changed = await client.patch(f"{TASKS}/{task['id']}", json={"result": result})
        assert problem(changed, 422, "/result")["errors"][0]["code"] == code
        return
    found = problem(await act(client, task, "complete", result=result), 422, "/result")
    assert found["errors"][0]["code"] == code
    assert await seen(client, task) == task, "nothing was changed"


@pytest.mark.parametrize("result", [
    {"kind": "meeting"}, {"kind": "meeting", "direction": None}, {"kind": "meeting", "direction": " \u200b"},
    {"kind": "follow_up", "solved": True, "satisfaction": 6}, {"kind": "follow_up", "solved": True, "satisfaction": 0},
    {"kind": "follow_up", "solved": "yes"}, {"kind": "follow_up", "satisfaction": 3}, {"kind": "other"}, {},
    {"kind": "fact_check", "truth": "属实", "responsibility": "user", "evidence": "x"},
    {"kind": "follow_up", "solved": True, "mood": "good"}, {"kind": "press_inquiry", "outlet": "", "question": "?"},
    {"kind": "takedown_report", "platform": "weibo", "url": "javascript:alert(1)"},
])  # fmt: skip
async def test_a_result_that_makes_no_sense_is_refused_by_name(client, result):
    task = await make_task(client, await opened(client), "follow_up")
    found = problem(await act(client, task, "complete", result=result), 422)
    assert all(error["pointer"].startswith("/result") for error in found["errors"])


async def test_who_did_not_say_how_satisfied_they_are_is_followed_up_too(client):
    task = await make_task(client, await opened(client), "follow_up")
    ended = await done(client, task, result={"kind": "follow_up", "solved": False})
    assert ended["result"] == {"kind": "follow_up", "solved": False, "satisfaction": None}


async def test_a_press_inquiry_says_who_asks_from_the_beginning(client):
    asked = {"kind": "press_inquiry", "outlet": "示例晚报", "question": "是否停售？请回电 13812345678"}
    task = await make_task(client, await opened(client), "press_inquiry", result=asked)
    assert task["result"] == asked
    ended = await done(client, task, outcome="已书面答复")
    assert ended["result"] == asked, "what is not said again stays"
    early = await client.post(
        f"{URL}/{ended['incident_id']}/tasks",
        json={"kind": "follow_up", "title": "回访", "result": RESULTS["follow_up"]},
    )
    assert problem(early, 422, "/result")["errors"][0]["code"] == "not_yet"


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"kind": "party"}, "/kind"), ({"title": ""}, "/title"), ({"title": "\u200b"}, "/title"), ({"title": "长" * 201}, "/title"),
    ({"details": "长" * 5_001}, "/details"), ({"owner_id": "me"}, "/owner_id"), ({"owner_id": str(uuid4())}, "/owner_id"),
    ({"due_at": "2026-12-01"}, "/due_at"), ({"due_at": "2026-01-01T00:00:00Z"}, "/due_at"), ({"state": "done"}, "/state"),
    ({"happened_at": "2026-01-01T00:00:00Z"}, "/happened_at"), ({"affected_user_id": 5}, "/affected_user_id"),
])  # fmt: skip
async def test_a_task_that_makes_no_sense_is_refused_by_name(client, fields, pointer):
    incident_id = await opened(client)
    body = {"kind": "other", "title": "事项"} | fields
    problem(await client.post(f"{URL}/{incident_id}/tasks", json=body), 422, pointer)
    assert await tasks_of(client, incident_id) == []


async def test_a_task_is_nobodys_or_an_active_persons(client):
    incident_id = await opened(client)
    gone = await make_person(client, "incidents:read")
    good(await client.patch(f"/v1/people/{gone['id']}", json={"active": False}))
    body = {"kind": "other", "title": "事项", "owner_id": gone["id"]}
    found = problem(await client.post(f"{URL}/{incident_id}/tasks", json=body), 422, "/owner_id")
    assert found["errors"][0]["code"] == "person_inactive"
    task = await make_task(client, incident_id)
    assert task["owner"] is None
    changed = await client.patch(f"{TASKS}/{task['id']}", json={"owner_id": gone["id"]})
    problem(changed, 422, "/owner_id")


async def test_a_change_says_what_it_changed(client):
    incident_id = await opened(client)
    task, owner = await make_task(client, incident_id), await make_person(client, "incidents:read")
    one, due = f"{TASKS}/{task['id']}", soon(hours=5)
    changed = good(await client.patch(one, json={"owner_id": owner["id"], "title": "新事项", "due_at": due}))
    assert (changed["title"], changed["owner"]["id"], changed["version"]) == ("新事项", owner["id"], 2)
    [event] = await told(client, incident_id, "task.changed")
    assert event["data"]["fields"] == ["due_at", "owner_id", "title"]
    assert (event["data"]["action"], event["data"]["owner_id"]) == ("update", owner["id"])
    assert good(await client.patch(one, json={"title": "新事项"})) == changed, "so it was already"
    assert good(await client.patch(one, json={"owner_id": None}))["owner"] is None
    problem(await client.patch(one, json={"due_at": ago(minutes=1)}), 422, "/due_at")
    problem(await client.patch(one, json={"kind": "meeting"}), 422, "/kind")


async def test_nobodys_change_is_lost(client, bare):
    headers = await person_headers(client, "incidents:read", "incidents:write")
    task = await make_task(client, await opened(client))
    one = f"{TASKS}/{task['id']}"
    del bare.headers["if-match"]
    verbs = {"complete": {}, "waive": {"reason": "x"}, "reopen": {"reason": "x"}, "submit": None}
    for verb, body in verbs.items():
        problem(await bare.post(f"{one}/{verb}", json=body, headers=headers), 428, code="if_match_needed")
    problem(await bare.patch(one, json={"title": "甲"}, headers=headers), 428)
    etag = (await bare.get(one, headers=headers)).headers["etag"]
    after = await bare.patch(one, json={"title": "甲"}, headers=headers | {"if-match": etag})
    assert good(after)["version"] == 2
    for verb, body in verbs.items():
        stale = await bare.post(f"{one}/{verb}", json=body, headers=headers | {"if-match": etag})
        problem(stale, 412, code="stale")
    good(await bare.post(f"{one}/complete", json={}, headers=headers | {"if-match": after.headers["etag"]}))


@pytest.mark.parametrize("first", ["complete", "waive"])
async def test_what_is_over_is_over_until_it_is_reopened(client, first):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "follow_up")
    problem(await act(client, task, "reopen", reason="误点"), 409, code="task_not_over")
    body = {"result": RESULTS["follow_up"]} if first == "complete" else {"reason": "用户已撤诉"}
    over = good(await act(client, task, first, **body))
    assert over["state"] == {"complete": "done", "waive": "waived"}[first]
    for verb, fields in (("complete", {"result": RESULTS["follow_up"]}), ("waive", {"reason": "x"})):
        problem(await act(client, task, verb, **fields), 409, code="task_over")
    problem(await client.patch(f"{TASKS}/{task['id']}", json={"title": "甲"}), 409, code="task_over")
    again = good(await act(client, task, "reopen", reason="用户再次投诉"))
    assert (again["state"], again["reason"], again["happened_at"], again["ended_at"]) == (
        "open",
        "用户再次投诉",
        None,
        None,
    )
    assert again["result"] == over["result"], "what was said stays until it is said anew"
    good(await act(client, task, "complete", result=RESULTS["follow_up"] | {"satisfaction": 2}))
    assert (await seen(client, task))["result"]["satisfaction"] == 2
    types = [event["type"] for event in await told(client, incident_id) if event["type"].startswith("task.")]
    assert types == [
        "task.created",
        {"complete": "task.done", "waive": "task.waived"}[first],
        "task.changed",
        "task.done",
    ]
    assert (await told(client, incident_id, "task.changed"))[0]["data"]["action"] == "reopen"


@pytest.mark.parametrize("verb", ["submit", "approve", "reject"])
async def test_only_takedown_reports_go_to_legal(client, bare, verb):
    legal = await person_headers(client, "incidents:read", "incidents:write", "legal:approve")
    task = await make_task(client, await opened(client), "remediation")
    body = {"json": {"reason": "x"}} if verb == "reject" else {}
    problem(await bare.post(f"{TASKS}/{task['id']}/{verb}", headers=legal, **body), 409, code="takedown_only")


async def test_of_two_who_finish_a_task_at_once_one_does(client):
    for _ in range(5):
        incident_id = await opened(client)
        for kind in ("other", "meeting"):
            task = await make_task(client, incident_id, kind)
            body = {"result": RESULTS.get(kind)}
            answers = await asyncio.gather(*(act(client, task, "complete", **body) for _ in range(2)))
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            problem(next(one for one in answers if one.status_code == 409), 409, code="task_over")
        assert len(await told(client, incident_id, "task.done")) == 2
        assert len(await everything(client, f"{URL}/{incident_id}/meetings")) == 1


async def test_of_two_who_saw_the_same_version_one_finishes_and_the_other_reads_again(client):
    task = await make_task(client, await opened(client), "remediation")
    etag = {"if-match": (await client.get(f"{TASKS}/{task['id']}")).headers["etag"]}
    answers = await asyncio.gather(
        *(client.post(f"{TASKS}/{task['id']}/complete", json={}, headers=etag) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


@pytest.mark.parametrize("status", ["subsided", "dismissed"])
async def test_of_an_incident_that_ended_otherwise_than_closed_tasks_are_only_waived(client, status):
    incident_id = await opened(client)
    task, over = await make_task(client, incident_id, "remediation"), await make_task(client, incident_id)
    await done(client, over)
    good(await move(client, incident_id, status))
    new = await client.post(f"{URL}/{incident_id}/tasks", json={"kind": "other", "title": "事项"})
    assert status in problem(new, 409, code="incident_over")["detail"]
    shown = await seen(client, task)
    assert {one["action"]: one["refusal"] for one in shown["allowed_actions"]} == {
        "update": "incident_over", "complete": "incident_over", "waive": None, "reopen": "incident_over",
    }  # fmt: skip
    problem(await act(client, task, "complete"), 409, code="incident_over")
    problem(await act(client, over, "reopen", reason="x"), 409, code="incident_over")
    problem(await client.patch(f"{TASKS}/{task['id']}", json={"title": "甲"}), 409, code="incident_over")
    assert good(await act(client, task, "waive", reason="误报"))["state"] == "waived"


async def test_of_a_closed_incident_tasks_go_on(client):
    incident_id = await opened(client)
    for status in ("responding", "handling", "closing", "closed"):
        good(await move(client, incident_id, status, override=True))
    task = await make_task(client, incident_id, "follow_up")
    assert (await done(client, task))["state"] == "done"


async def test_every_action_is_answered_as_the_task_said_beforehand(client, bare):
    legal = await person_headers(client, "incidents:read", "incidents:write", "legal:approve")
    incident_id = await opened(client)
    bodies = {
        "complete": {"result": None},
        "waive": {"reason": "x"},
        "reopen": {"reason": "x"},
        "reject": {"reason": "x"},
    }
    report = {"kind": "takedown_report", "platform": "weibo", "url": "https://a.example/1"}
    for path in (
        [],
        ["waive"],
        ["submit"],
        ["submit", "approve"],
        ["submit", "reject"],
        ["submit", "approve", "complete"],
    ):
        for action in ("update", "complete", "waive", "reopen", "submit", "approve", "reject"):
            result = report | ({"legal_basis": "民法典"} if path else {})
            task = await make_task(client, incident_id, "takedown_report", result=result)
            for step in [*path, action]:
                shown, one = await seen(client, task), f"{TASKS}/{task['id']}"
                refusal = next(row["refusal"] for row in shown["allowed_actions"] if row["action"] == step)
                if step == "update":
                    answer = await bare.patch(one, json={"title": "改"}, headers=legal)
                else:
                    body = {"json": bodies[step]} if step in bodies else {}
                    answer = await bare.post(f"{one}/{step}", headers=legal, **body)
                if refusal is None:
                    good(answer)
                else:
                    problem(answer, 409, code=refusal)


async def test_a_task_is_created_once_with_the_same_key(client):
    incident_id, headers = await opened(client), {"idempotency-key": uuid4().hex}
    body = {"kind": "remediation", "title": "退款"}
    first, again = [await client.post(f"{URL}/{incident_id}/tasks", json=body, headers=headers) for _ in range(2)]
    assert good(first, 201) == good(again, 201)
    assert len(await tasks_of(client, incident_id)) == 1


async def test_an_incident_says_that_tasks_can_be_created(client):
    incident_id = await opened(client)
    assert {"action": "create_task", "status": None, "allowed": True, "missing": [], "refusal": None} in (
        await incident(client, incident_id)
    )["allowed_actions"]


async def test_the_timeline_reads_what_was_done_about_tasks(client):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation")
    good(await client.patch(f"{TASKS}/{task['id']}", json={"due_at": soon(hours=30)}))
    await done(client, task)
    waived = await make_task(client, incident_id, "pause_ads")
    good(await act(client, waived, "waive", reason="已停投"))
    text = (await client.get(f"{URL}/{incident_id}/timeline/export/markdown", headers={"accept": "*/*"})).text
    for words in (
        "新建任务 | 诉求处理；待办事项；截止",
        "任务变更 | 诉求处理；待办事项；修改；待办",
        "任务完成 | 诉求处理；待办事项",
        "任务免除 | 暂停投放；待办事项；理由：已停投",
    ):
        assert words in text, text
    assert "诉求处理改期，截止" in text
    assert instant((await seen(client, task))["due_at"]) > instant(soon(hours=29)) - timedelta(hours=1)
