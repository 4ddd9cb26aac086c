"""What waits for somebody beside notes: incidents to take on, reports to approve, tasks to do. It goes by being done."""

import pytest

from tests.support.acts import URL, move, opened
from tests.support.api import good, instant
from tests.support.clocks import grade_it
from tests.support.inbox import Somebody, join
from tests.support.notes import note


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
        "subject": "incident", "subject_id": incident_id, "incident": entry["incident"],
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
