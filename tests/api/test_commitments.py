"""What is promised in public becomes a task with a clock; what was not kept by then is told (方案 二(二)2, 进度承诺; R45)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support.acts import URL, move, opened
from tests.support.affected import enter
from tests.support.api import ago, everything, good, instant, problem, timeline
from tests.support.clocks import grade_it, pass_time, ring
from tests.support.people import make_person
from tests.support.statements import drafted, promised, promises_of, said
from tests.support.tasks import TASKS, act, done, make_task, seen, tasks_of, told

RESULTS = "三日内公布第三方检测结果"
REFUNDS = "一周内完成全部退款"


def by(text: str = RESULTS, *, hours: float = 72, **more) -> dict:
    return {"text": text, "due_at": ago(hours=-hours)} | more


async def made(client, incident_id: str, *promises: dict) -> list[dict]:
    """Promises that were just made in public."""
    await said(client, await drafted(client, incident_id, *(promises or (by(),))))
    return await promises_of(client, incident_id)


async def clocks_of(client, promise: dict) -> list[dict]:
    rows = await everything(client, "/v1/deadlines", incident_id=promise["incident_id"], kind="commitment")
    return sorted((row for row in rows if row["task_id"] == promise["task_id"]), key=lambda row: row["started_at"])


async def state_of(client, promise: dict) -> str:
    return next(one["state"] for one in await promises_of(client, promise["incident_id"]) if one["id"] == promise["id"])


def named(promise: dict) -> dict:
    """As much of a promise as a task is for the verbs of tests."""
    return {"id": promise["task_id"], "kind": "commitment"}


async def test_what_is_published_is_promised_with_a_task_and_a_clock(client):
    incident_id, owner = await opened(client), await make_person(client)
    statement = await drafted(client, incident_id, by(owner_id=owner["id"]), by(REFUNDS, hours=24))
    assert await promises_of(client, incident_id) == [], "a draft promises nothing"
    publication = await said(client, statement, happened_at=ago())
    first, second = await promises_of(client, incident_id)
    assert [first["text"], second["text"]] == [REFUNDS, RESULTS], "the first due first"
    assert second | {"id": "", "task_id": "", "owner": None} == {
        "id": "", "incident_id": incident_id, "statement_id": statement["id"], "version_number": 1, "position": 0,
        "text": RESULTS, "made_at": publication["happened_at"], "due_at": second["due_at"], "state": "open",
        "kept_at": None, "broken_at": None, "reason": None, "task_id": "", "task_state": "open", "owner": None,
        "progress_task_ids": [], "cited_by": [],
    }  # fmt: skip
    assert second["owner"]["id"] == owner["id"]
    task = good(await client.get(f"{TASKS}/{second['task_id']}"))
    assert (task["kind"], task["title"], task["details"], task["due_at"]) == (
        "commitment",
        RESULTS,
        RESULTS,
        second["due_at"],
    )
    assert task["owner"]["id"] == owner["id"]
    [clock] = await clocks_of(client, second)
    assert (clock["state"], clock["due_at"], clock["started_at"]) == ("running", second["due_at"], second["made_at"])
    assert await everything(client, f"/v1/statements/{statement['id']}/commitments") == [first, second]
    created = await told(client, incident_id, "task.created")
    assert {event["data"]["task_id"] for event in created} == {first["task_id"], second["task_id"]}
    assert {event["data"]["task_kind"] for event in created} == {"commitment"}


async def test_it_was_promised_though_nobody_approved_it(client):
    incident_id = await opened(client)
    statement = await drafted(client, incident_id, by())
    publication = await said(client, statement)
    assert publication["approved"] is False
    assert len(await promises_of(client, incident_id)) == 1


async def test_a_later_version_promises_only_what_is_new_and_another_platform_nothing(client):
    incident_id, due = await opened(client), ago(hours=-72)
    statement = await drafted(client, incident_id, {"text": RESULTS, "due_at": due})
    await said(client, statement)
    await said(client, statement, platform="douyin")
    assert len(await promises_of(client, incident_id)) == 1
    later = [{"text": RESULTS, "due_at": due}, {"text": RESULTS, "due_at": ago(hours=-96)}, by(REFUNDS, hours=200)]
    good(await client.patch(f"/v1/statements/{statement['id']}", json={"commitments": later}))
    await said(client, statement)
    known = await promises_of(client, incident_id)
    assert [(one["text"], one["version_number"], one["position"]) for one in known] == [
        (RESULTS, 1, 0), (RESULTS, 2, 1), (REFUNDS, 2, 2),
    ]  # fmt: skip
    assert len(await tasks_of(client, incident_id, kind="commitment")) == 3


async def test_the_same_words_by_the_same_date_are_one_promise(client):
    due = ago(hours=-72)
    again = [{"text": text, "due_at": due} for text in (RESULTS, f" {RESULTS} ", RESULTS)]
    assert len(await made(client, await opened(client), *again)) == 1


async def test_what_has_no_date_can_t_be_broken_and_is_no_task(client):
    incident_id = await opened(client)
    assert await made(client, incident_id, {"text": "持续改进"}) == []
    assert await tasks_of(client, incident_id) == []


async def test_what_was_promised_is_owed_though_its_owner_has_left(client):
    incident_id, owner = await opened(client), await make_person(client)
    statement = await drafted(client, incident_id, by(owner_id=owner["id"]))
    good(await client.patch(f"/v1/people/{owner['id']}", json={"active": False}))
    await said(client, statement)
    [promise] = await promises_of(client, incident_id)
    assert promise["owner"] is None


async def test_a_long_promise_is_a_line_as_a_title_and_whole_beside_it(client):
    text = "我们承诺" + "逐一核查" * 100
    [promise] = await made(client, await opened(client), by(text))
    task = await seen(client, named(promise))
    assert (len(task["title"]), task["title"][-1], task["details"], promise["text"]) == (200, "…", text, text)


async def test_nobody_makes_one_up_and_nobody_changes_when_it_is_due(client):
    incident_id = await opened(client)
    url = f"{URL}/{incident_id}/tasks"
    users = await enter(client, incident_id, 1)
    problem(await client.post(url, json={"kind": "commitment", "title": "退款"}), 422, "/kind")
    for path in ("bulk-create", "bulk-create/preview"):
        body = {"kind": "commitment", "title": "退款", "affected_user_ids": users}
        problem(await client.post(f"{url}/{path}", json=body), 422, "/kind")
    [promise] = await made(client, incident_id)
    task = f"{TASKS}/{promise['task_id']}"
    for due in (ago(hours=-200), None):
        assert (
            problem(await client.patch(task, json={"due_at": due}), 422, "/due_at")["errors"][0]["code"] == "promised"
        )
    assert (await promises_of(client, incident_id))[0] == promise
    kept = good(await client.patch(task, json={"title": "公布检测结果", "owner_id": (await make_person(client))["id"]}))
    assert (kept["title"], kept["due_at"]) == ("公布检测结果", promise["due_at"])


async def test_it_is_waived_with_a_reason_alone(client):
    [promise] = await made(client, await opened(client))
    problem(await act(client, named(promise), "waive"), 422, "/reason")
    good(await act(client, named(promise), "waive", reason="已在新声明中改为下周"))
    [waived] = await promises_of(client, promise["incident_id"])
    assert (waived["state"], waived["reason"], waived["broken_at"]) == ("waived", "已在新声明中改为下周", None)
    assert [clock["state"] for clock in await clocks_of(client, promise)] == ["cancelled"]


async def test_broken_it_is_told_once_and_inside_and_outside(client, database):
    incident_id, owner = await opened(client), await make_person(client)
    [promise] = await made(client, incident_id, by(owner_id=owner["id"]))
    rung = []
    for hours in (35, 2, 20, 2, 12.9, 0.2):
        await pass_time(database, incident_id, hours=hours)
        rung.append(await ring(database, incident_id))
    assert rung == [0, 1, 0, 1, 0, 1]
    [broken] = await told(client, incident_id, "commitment.broken")
    [breached] = await told(client, incident_id, "sla.breached")
    assert broken["seq"] == breached["seq"] + 1
    [shown] = await promises_of(client, incident_id)
    assert (shown["state"], shown["kept_at"]) == ("broken", None)
    assert broken["data"] | {"due_at": "", "made_at": ""} == {
        "incident_id": incident_id, "number": broken["data"]["number"], "seq": broken["seq"], "is_drill": False,
        "commitment_id": promise["id"], "statement_id": promise["statement_id"], "task_id": promise["task_id"],
        "owner_id": owner["id"], "made_at": "", "due_at": "",
    }  # fmt: skip
    assert abs(instant(shown["broken_at"]) - instant(broken["at"])) < timedelta(seconds=1)
    [outside] = [
        one
        for one in await everything(client, "/v1/events", type="commitment.broken")
        if one["data"]["incident_id"] == incident_id
    ]
    assert outside["data"]["commitment_id"] == promise["id"]
    assert RESULTS not in str(outside)


async def test_its_breach_is_told_once_though_it_is_reopened_and_its_clock_runs_out_again(client, database):
    incident_id = await opened(client)
    [promise] = await made(client, incident_id)
    await pass_time(database, incident_id, hours=80)
    await ring(database, incident_id)
    await done(client, named(promise))
    assert await state_of(client, promise) == "kept_late"
    good(await act(client, named(promise), "reopen", reason="结果未公布"))
    assert [clock["state"] for clock in await clocks_of(client, promise)] == ["breached", "breached"]
    assert await state_of(client, promise) == "broken"
    assert len(await told(client, incident_id, "commitment.broken")) == 1


@pytest.mark.parametrize(("told_after", "done_after", "rings", "state", "broken"), [
    (1, 1, False, "kept", False), (80, 2, False, "kept", False), (80, 2, True, "kept", True), (80, 75, True, "kept_late", True),
    (80, 75, False, "kept_late", True),
])  # fmt: skip
async def test_it_is_kept_by_when_it_was_done(client, database, told_after, done_after, rings, state, broken):
    incident_id = await opened(client)
    [promise] = await made(client, incident_id)
    await pass_time(database, incident_id, hours=told_after)
    if rings:
        await ring(database, incident_id)
    [now] = await promises_of(client, incident_id)
    at = instant(now["made_at"]) + timedelta(hours=done_after)
    await done(client, named(promise), happened_at=at.isoformat())
    [kept] = await promises_of(client, incident_id)
    assert (kept["state"], instant(kept["kept_at"]), kept["task_state"]) == (state, at, "done")
    assert (kept["broken_at"] is not None) == broken
    assert len(await told(client, incident_id, "commitment.broken")) == broken
    assert await ring(database, incident_id) == 0


@pytest.mark.parametrize("before", [-0.5, 0.5])
async def test_what_was_over_when_we_were_told_of_it_is_broken_at_once(client, database, before):
    """Published two hours ago, recorded now; its time was over in between, or even before."""
    incident_id = await opened(client)
    await pass_time(database, incident_id, hours=4)
    statement = await drafted(client, incident_id)
    due = ago(hours=2 + before)
    await promised(database, statement["latest"]["id"], {"text": RESULTS, "due_at": due})
    await said(client, statement, happened_at=ago(hours=2))
    [promise] = await promises_of(client, incident_id)
    assert (promise["state"], instant(promise["due_at"])) == ("broken", instant(due))
    [clock] = await clocks_of(client, promise)
    assert (clock["state"], [ring["late_by_seconds"] for ring in clock["rings"]]) == (
        "breached", [0.0] if before > 0 else [0.0, 0.0, 0.0],
    )  # fmt: skip
    assert len(await told(client, incident_id, "commitment.broken")) == 1
    assert await ring(database, incident_id) == 0


async def test_many_of_them_are_waived_and_finished_at_once(client):
    incident_id = await opened(client)
    await made(client, incident_id, by(), by(REFUNDS), by("公开整改报告", hours=500))
    rest = [one["task_id"] for one in await promises_of(client, incident_id)]
    url = f"{URL}/{incident_id}/tasks/bulk"
    body = {"action": "complete", "select": {"task_ids": rest[:2]}}
    assert good(await client.post(url, json=body))["changed_count"] == 2
    good(
        await client.post(
            url, json={"action": "waive", "select": {"filter": {"kind": ["commitment"]}}, "reason": "已并入"}
        )
    )
    assert [one["state"] for one in await promises_of(client, incident_id)] == ["kept", "kept", "waived"]


async def test_they_are_listed_by_state_and_owner_and_in_pages(client):
    incident_id, owner = await opened(client), await make_person(client)
    texts = [f"承诺{n}" for n in range(5)]
    await made(
        client,
        incident_id,
        *(by(text, hours=10 + n, owner_id=owner["id"] if n % 2 else None) for n, text in enumerate(texts)),
    )
    every = await promises_of(client, incident_id)
    await done(client, named(every[1]))
    good(await act(client, named(every[3]), "waive", reason="重复"))
    texts_of = lambda rows: [row["text"] for row in rows]
    assert texts_of(await promises_of(client, incident_id, limit=2)) == texts
    assert texts_of(await promises_of(client, incident_id, owner_id=owner["id"])) == ["承诺1", "承诺3"]
    assert texts_of(await promises_of(client, incident_id, state="open")) == ["承诺0", "承诺2", "承诺4"]
    assert texts_of(await promises_of(client, incident_id, state=["kept", "waived"])) == ["承诺1", "承诺3"]
    problem(await client.get(f"{URL}/{uuid4()}/commitments"), 404)
    problem(await client.get(f"/v1/statements/{uuid4()}/commitments"), 404)
    problem(await client.get(f"{URL}/{incident_id}/commitments?state=lost"), 422)


async def test_notes_and_statements_of_progress_name_what_they_report_on(client):
    incident_id = await opened(client)
    first, second = await made(client, incident_id, by(hours=20), by(REFUNDS, hours=30))
    result = {"kind": "progress_note", "commitment_ids": [second["id"], first["id"], second["id"]]}
    note = await make_task(client, incident_id, "progress_note", result=result)
    assert note["result"]["commitment_ids"] == [second["id"], first["id"]], "each once"
    later = await make_task(client, incident_id, "progress_note")
    await done(client, later, result={"kind": "progress_note", "commitment_ids": [first["id"]]})
    progress = await drafted(client, incident_id, kind="progress", facts="已退款八成", cites=[second["id"]])
    await said(client, progress)
    good(await client.patch(f"/v1/statements/{progress['id']}", json={"facts": "已退款九成"}))
    one, other = await promises_of(client, incident_id)
    assert (one["progress_task_ids"], one["cited_by"]) == ([note["id"], later["id"]], [])
    assert (other["progress_task_ids"], other["cited_by"]) == (
        [note["id"]], [{"statement_id": progress["id"], "version_number": 2}],
    )  # fmt: skip
    good(await client.patch(f"{TASKS}/{note['id']}", json={"result": None}))
    assert (await promises_of(client, incident_id))[1]["progress_task_ids"] == []


async def test_a_note_of_progress_names_promises_of_its_own_incident(client):
    incident_id = await opened(client)
    [mine] = await made(client, incident_id)
    [foreign] = await made(client, await opened(client))
    for wrong in (foreign["id"], str(uuid4()), mine["task_id"]):
        result = {"kind": "progress_note", "commitment_ids": [mine["id"], wrong]}
        body = {"kind": "progress_note", "title": "进展", "result": result}
        problem(await client.post(f"{URL}/{incident_id}/tasks", json=body), 422, "/result/commitment_ids/1")
        task = await make_task(client, incident_id, "progress_note")
        problem(await client.patch(f"{TASKS}/{task['id']}", json={"result": result}), 422, "/result/commitment_ids/1")
        problem(await act(client, task, "complete", result=result), 422, "/result/commitment_ids/1")
        many = {
            "action": "complete",
            "select": {"task_ids": [task["id"]]},
            "results": [{"task_id": task["id"], "result": result}],
        }
        url = f"{URL}/{incident_id}/tasks/bulk"
        problem(await client.post(url, json=many), 422, "/results/0/result/commitment_ids/1")
        assert (await seen(client, task))["state"] == "open"
    problem(
        await act(client, named(mine), "complete", result={"kind": "progress_note", "commitment_ids": [mine["id"]]}),
        422,
        "/result",
    )


async def test_merged_they_go_along_with_their_tasks_kept_or_not(client, database):
    source, target = await opened(client), await opened(client)
    kept, waiting = await made(client, source, by(hours=20), by(REFUNDS, hours=30))
    await done(client, named(kept))
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    assert await promises_of(client, source) == []
    moved = await promises_of(client, target)
    assert [(one["id"], one["state"], one["incident_id"]) for one in moved] == [
        (kept["id"], "kept", target), (waiting["id"], "open", target),
    ]  # fmt: skip
    assert {one["id"] for one in await tasks_of(client, target)} == {kept["task_id"], waiting["task_id"]}
    assert [clock["state"] for clock in await clocks_of(client, moved[1])] == ["running"]
    await pass_time(database, target, hours=31)
    await ring(database, target)
    [broken] = await told(client, target, "commitment.broken")
    assert broken["data"]["commitment_id"] == waiting["id"]


async def test_an_end_that_was_none_calls_its_clock_off_and_coming_back_calls_it_again(client, database):
    incident_id = await opened(client)
    [promise] = await made(client, incident_id)
    good(await move(client, incident_id, "dismissed"))
    await pass_time(database, incident_id, hours=80)
    assert await ring(database, incident_id) == 0
    good(await move(client, incident_id, "watching"))
    assert [clock["state"] for clock in await clocks_of(client, promise)] == ["cancelled", "breached"]
    assert len(await told(client, incident_id, "commitment.broken")) == 1


async def test_closed_it_is_owed_still(client, database):
    incident_id = await opened(client)
    [promise] = await made(client, incident_id)
    await grade_it(client, incident_id, "general")
    for status in ("handling", "closing", "closed"):
        good(await move(client, incident_id, status, override=True))
    await pass_time(database, incident_id, hours=80)
    await ring(database, incident_id)
    assert await state_of(client, promise) == "broken"
    assert len(await told(client, incident_id, "commitment.broken")) == 1


async def test_the_exported_timeline_says_what_was_promised(client, database):
    incident_id = await opened(client)
    [promise] = await made(client, incident_id)
    await pass_time(database, incident_id, hours=80)
    await ring(database, incident_id)
    exported = good(await client.get(f"{URL}/{incident_id}/timeline/export"))
    assert exported["commitments"] == [{"id": promise["id"], "text": RESULTS}]
    page = await client.get(f"{URL}/{incident_id}/timeline/export/markdown", headers={"accept": "text/markdown"})
    [line] = [line for line in page.text.splitlines() if "承诺未兑现" in line]
    assert RESULTS in line
    assert "截止" in line


async def test_a_drill_s_promises_are_told_as_a_drill_s(client, database):
    incident_id = good(await client.post(URL, json={"title": "演练", "is_drill": True}), 201)["id"]
    [promise] = await made(client, incident_id)
    await pass_time(database, incident_id, hours=80)
    await ring(database, incident_id)
    assert (await seen(client, named(promise)))["is_drill"] is True
    [broken] = [event for event in await timeline(client, incident_id) if event["type"] == "commitment.broken"]
    assert broken["data"]["is_drill"] is True
