"""What waits for somebody beside notes: incidents to take on, reports to approve, tasks to do. It goes by being done."""

import pytest

from tests.support.acts import URL, move, opened
from tests.support.api import ago, good, instant
from tests.support.clocks import grade_it
from tests.support.inbox import Somebody, join, statements_of
from tests.support.notes import note
from tests.support.tasks import REPORT, TASKS, act, done, make_task


@pytest.fixture
async def me(client, bare) -> Somebody:
    return await join(client, bare, "incidents:write")


async def called(client, me: Somebody, grade: str | None = None, **fields) -> str:
    """An incident in whose team the person is."""
    incident_id = await opened(client, **fields)
    if grade is not None:
        await grade_it(client, incident_id, grade)
    good(await client.post(f"{URL}/{incident_id}/team", json={"person_id": me.id}), 201)
    return incident_id


async def test_who_is_called_finds_it_until_they_acknowledge(client, me):
    incident_id = await called(client, me, "major")
    [entry] = await me.entries()
    [member] = good(await client.get(f"{URL}/{incident_id}/team"))["data"]
    assert entry == {
        "kind": "acknowledge", "at": member["added_at"], "due_at": member["due_at"], "read": False, "note_id": None,
        "subject": "incident", "subject_id": incident_id, "task": None, "statement": None, "incident": entry["incident"],
    }  # fmt: skip
    assert (entry["incident"]["id"], entry["incident"]["grade"]) == (incident_id, "major")
    assert (await me.badges())["acknowledge"] == 1
    good(await me.read(entry["at"]))
    assert (await me.badges())["acknowledge"] == 1, "it goes by being done, not by being read"
    made = await me.bare.post(f"{URL}/{incident_id}/acknowledgements", json={}, headers=me.headers)
    good(made, 201)
    assert await me.entries() == []
    assert (await me.badges())["acknowledge"] == 0


async def test_nobody_is_called_to_what_has_ended_nor_who_has_left_the_team(client, me):
    ended, left = await called(client, me), await called(client, me)
    assert {one["subject_id"] for one in await me.entries()} == {ended, left}
    good(await move(client, ended, "dismissed"))
    [member] = good(await client.get(f"{URL}/{left}/team"))["data"]
    good(await client.delete(f"{URL}/{left}/team/{member['id']}", params={"reason": "换人"}), 204)
    assert await me.entries() == []
    assert (await me.badges())["acknowledge"] == 0


async def test_what_is_due_first_is_first_what_is_not_due_last_and_mentions_come_after(client, me):
    whenever = [await called(client, me) for _ in range(2)]
    later, sooner = await called(client, me, "general"), await called(client, me, "major")
    mentioned = [await note(client, sooner, mentions=[me.id]) for _ in range(2)]
    entries = [entry for page in await me.pages(limit=1) for entry in page["data"]]
    assert [one["subject_id"] for one in entries[:4]] == [sooner, later, *whenever]
    assert [one["note_id"] for one in entries[4:]] == [one["id"] for one in mentioned[::-1]]
    assert instant(entries[0]["due_at"]) < instant(entries[1]["due_at"])
    assert [one["due_at"] for one in entries[2:]] == [None] * 4
    assert entries == [entry for page in await me.pages(limit=4) for entry in page["data"]] == await me.entries()
    assert await me.entries(kind="acknowledge") == entries[:4]
    assert await me.entries(kind=["mentioned", "acknowledge"]) == entries
    assert await me.badges(kind="mentioned") == await me.badges()


async def test_what_is_due_at_one_moment_is_each_shown_once(client, database, me):
    made = {await called(client, me, "general") for _ in range(5)}
    await database.fetch("update incident_members set due_at = date_trunc('day', now()) where person_id = $1", me.id)
    found = [one["subject_id"] for page in await me.pages(limit=2) for one in page["data"]]
    assert len(found) == 5
    assert set(found) == made


async def test_exercises_call_those_who_ask(client, me):
    drill = await called(client, me, is_drill=True)
    assert (await me.entries(), (await me.badges())["acknowledge"]) == ([], 0)
    assert [one["subject_id"] for one in await me.entries(drills="only")] == [drill]
    assert (await me.badges(drills="include"))["acknowledge"] == 1


async def test_one_s_own_tasks_wait_until_they_are_over(client, me):
    incident_id, due_at = await opened(client), ago(hours=-3)
    undated = await make_task(client, incident_id, owner_id=me.id)
    task = await make_task(client, incident_id, title="致电13812345678", owner_id=me.id, due_at=due_at)
    await make_task(client, incident_id)
    entries = await me.entries(kind="due")
    assert [one["subject_id"] for one in entries] == [task["id"], undated["id"]]
    first = entries[0]
    assert (first["subject"], first["at"], first["due_at"]) == ("task", task["created_at"], task["due_at"])
    assert first["task"] == {"id": task["id"], "kind": "other", "title": "致电138******78", "state": "open"}
    assert first["incident"]["id"] == incident_id
    assert (await me.badges())["due"] == 2
    await done(client, task)
    good(await act(client, undated, "waive", reason="不再需要"))
    assert await me.entries() == []
    assert (await me.badges())["due"] == 0


async def test_tasks_of_what_has_ended_wait_to_be_waived(client, me):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, owner_id=me.id)
    good(await move(client, incident_id, "dismissed"))
    assert [one["subject_id"] for one in await me.entries()] == [task["id"]]


async def report(client, incident_id: str, **fields) -> dict:
    """A takedown report that is with legal."""
    task = await make_task(client, incident_id, "takedown_report", result=REPORT, **fields)
    return good(await act(client, task, "submit"))


async def test_legal_finds_what_it_is_to_approve_unless_it_had_a_hand_in_it(client, bare, me):
    legal = await join(client, bare, "incidents:write", "legal:approve")
    incident_id = await opened(client)
    theirs = await report(client, incident_id, owner_id=me.id)
    own = await report(client, incident_id, owner_id=legal.id)
    made = await bare.post(
        f"{URL}/{incident_id}/tasks", headers=legal.headers,
        json={"kind": "takedown_report", "title": "举报", "result": REPORT},
    )  # fmt: skip
    written = good(await act(client, good(made, 201), "submit"))
    draft = await make_task(client, incident_id, "takedown_report", result=REPORT)
    mine = {own["id"], written["id"], draft["id"]}
    found = [one for one in await legal.entries(kind="approve", limit=200) if one["incident"]["id"] == incident_id]
    assert [one["subject_id"] for one in found] == [theirs["id"]]
    assert (found[0]["task"]["kind"], found[0]["task"]["state"]) == ("takedown_report", "legal_review")
    assert not mine & {one["subject_id"] for one in await legal.entries(kind="approve", limit=200)}
    assert await me.entries(kind="approve") == []
    assert (await me.badges())["approve"] == 0
    before = (await legal.badges())["approve"]
    good(await bare.post(f"{TASKS}/{theirs['id']}/approve", headers=legal.headers))
    assert (await legal.badges())["approve"] == before - 1
    assert incident_id not in {one["incident"]["id"] for one in await legal.entries(kind="approve", limit=200)}


async def test_all_kinds_stand_in_the_order_of_the_vocabulary(client, bare):
    somebody = await join(client, bare, "incidents:write", "legal:approve")
    incident_id = await called(client, somebody, "general")
    await report(client, incident_id)
    await make_task(client, incident_id, owner_id=somebody.id)
    await note(client, incident_id, mentions=[somebody.id])
    entries = [entry for page in await somebody.pages(limit=2) for entry in page["data"]]
    kinds = list(dict.fromkeys(entry["kind"] for entry in entries))
    vocabularies = good(await client.get("/v1/vocabularies"))["data"]
    [words] = [one["values"] for one in vocabularies if one["name"] == "inbox_kind"]
    assert kinds == [word["value"] for word in words] == ["acknowledge", "approve", "due", "mentioned"]
    assert entries == await somebody.entries(limit=200)
    assert set(await somebody.badges()) == set(kinds)
    for kind in kinds:
        assert await somebody.entries(kind=kind, limit=200) == [one for one in entries if one["kind"] == kind]


async def test_however_much_waits_it_is_read_with_five_statements(client, bare, database):
    somebody = await join(client, bare, "incidents:write", "legal:approve")
    for _ in range(2):
        incident_id = await called(client, somebody, "general")
        await report(client, incident_id)
        await make_task(client, incident_id, owner_id=somebody.id)
        await note(client, incident_id, mentions=[somebody.id])
    assert await statements_of(bare, somebody.inbox(limit=1)) <= 5
    assert await statements_of(bare, somebody.inbox(limit=200, drills="include")) <= 5
