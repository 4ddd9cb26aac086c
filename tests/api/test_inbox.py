"""The inbox: what waits for oneself, and how it gets less."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.incidents import inbox
from tests.support.acts import opened
from tests.support.api import ago, good, instant, problem
from tests.support.inbox import READ, URL, Somebody, join
from tests.support.notes import note
from tests.support.owed import forget, subscribe
from tests.support.people import bearer, make_key, make_person, mint
from tests.support.receiver import Receiver
from workers.deliver import Deliverer


@pytest.fixture
async def me(client, bare) -> Somebody:
    return await join(client, bare)


async def test_who_is_mentioned_finds_it_until_it_is_read(client, me):
    incident_id = await opened(client, title="致电13812345678")
    assert (await me.inbox())["data"] == []
    made = await note(client, incident_id, mentions=[me.id])
    shown = await me.inbox()
    [entry] = shown["data"]
    assert entry == {
        "kind": "mentioned", "at": made["created_at"], "due_at": None, "read": False, "note_id": made["id"],
        "subject": "incident", "subject_id": incident_id, "task": None, "statement": None, "incident": entry["incident"],
    }  # fmt: skip
    found = good(await client.get(f"/v1/incidents/{incident_id}"))
    assert entry["incident"] == {
        "id": incident_id, "number": found["number"], "title": "致电138******78", "status": "watching", "grade": None,
        "is_drill": False,
    }  # fmt: skip
    assert shown["badges"]["mentioned"] == 1
    assert good(await me.read(entry["at"])) == {"read_up_to": entry["at"]}
    assert [one["read"] for one in await me.entries()] == [True]
    assert (await me.badges())["mentioned"] == 0
    await note(client, incident_id, mentions=[me.id])
    assert [one["read"] for one in await me.entries()] == [False, True]
    assert (await me.badges())["mentioned"] == 1


async def test_reading_only_moves_on(client, me):
    made = await note(client, await opened(client), mentions=[me.id])
    good(await me.read(made["created_at"]))
    assert good(await me.read(ago(days=3))) == {"read_up_to": made["created_at"]}
    assert (await me.badges())["mentioned"] == 0


async def test_what_comes_later_can_t_be_read_yet(client, me):
    problem(await me.read(ago(minutes=-6)), 422, "/up_to")
    made = await note(client, await opened(client), mentions=[me.id])
    ahead = good(await me.read(ago(minutes=-4)))["read_up_to"]
    assert instant(made["created_at"]) <= instant(ahead) <= instant(made["created_at"]) + timedelta(minutes=1)


async def test_one_s_inbox_is_nobody_else_s(client, bare, me):
    other = await join(client, bare)
    await note(client, await opened(client), mentions=[me.id])
    assert (await other.inbox())["data"] == []
    good(await other.read(ago(seconds=0)))
    assert (await me.badges())["mentioned"] == 1


async def test_a_cursor_of_somebody_else_s_is_refused(client, bare, me):
    other = await join(client, bare)
    for _ in range(2):
        await note(client, await opened(client), mentions=[me.id, other.id])
    cursor = (await me.inbox(limit=1))["next_cursor"]
    answer = await bare.get(URL, params={"limit": 1, "cursor": cursor}, headers=other.headers)
    problem(answer, 400, "?cursor")
    answer = await bare.get(URL, params={"kind": "mentioned", "cursor": cursor}, headers=me.headers)
    problem(answer, 400, "?cursor")


@pytest.mark.parametrize(("method", "url", "body"), [("GET", URL, None), ("PUT", READ, {"up_to": ago(days=1)})])
async def test_a_machine_has_no_inbox_and_who_may_read_no_incident_neither(client, bare, method, url, body):
    problem(await client.request(method, url, json=body), 403, code="person_needed")
    person = await make_person(client, "mentions:read")
    headers = bearer((await make_key(client, "mentions:read", person_id=person["id"]))["key"])
    problem(await bare.request(method, url, json=body, headers=headers), 403, code="forbidden")


async def test_a_token_minted_for_a_person_opens_theirs(client, bare, me):
    await note(client, await opened(client), mentions=[me.id])
    backend = await make_key(client, "people:act")
    headers = bearer((await mint(bare, backend, {"id": me.id}))["token"])
    assert good(await bare.get(URL, headers=headers)) == await me.inbox()


async def test_it_is_paged_the_newest_mention_first(client, me):
    incident_id = await opened(client)
    made = [(await note(client, incident_id, mentions=[me.id]))["id"] for _ in range(5)]
    pages = await me.pages(limit=2)
    assert [page["badges"]["mentioned"] for page in pages] == [5, 5, 5]
    found = [entry for page in pages for entry in page["data"]]
    assert [one["note_id"] for one in found] == made[::-1]


async def test_mentions_of_one_moment_are_each_shown_once(client, database, me):
    incident_id = await opened(client)
    made = {(await note(client, incident_id, mentions=[me.id]))["id"] for _ in range(5)}
    await database.fetch("update note_mentions set at = date_trunc('minute', now()) where person_id = $1", me.id)
    found = [entry["note_id"] for page in await me.pages(limit=2) for entry in page["data"]]
    assert len(found) == 5
    assert set(found) == made


async def test_exercises_wait_for_those_who_ask(client, me):
    real, drill = await opened(client), await opened(client, is_drill=True)
    first, second = await note(client, real, mentions=[me.id]), await note(client, drill, mentions=[me.id])
    assert [one["note_id"] for one in await me.entries()] == [first["id"]]
    assert [one["note_id"] for one in await me.entries(drills="include")] == [second["id"], first["id"]]
    [only] = await me.entries(drills="only")
    assert (only["note_id"], only["incident"]["is_drill"]) == (second["id"], True)
    assert [(await me.badges(drills=drills))["mentioned"] for drills in ("exclude", "include", "only")] == [1, 2, 1]


async def test_a_badge_counts_so_far_and_no_further(client, me, monkeypatch):
    monkeypatch.setattr(inbox, "MOST", 2)
    incident_id = await opened(client)
    for badge in (1, 2, 3, 3):
        await note(client, incident_id, mentions=[me.id])
        assert (await me.badges())["mentioned"] == badge


async def test_who_may_unmask_sees_titles_whole_and_that_is_on_record(client, bare, database):
    lead = await join(client, bare, "people:unmask")
    incident_id = await opened(client, title="致电13812345678")
    await note(client, incident_id, mentions=[lead.id])
    assert (await lead.entries())[0]["incident"]["title"] == "致电13812345678"
    looks = (
        "select count(*) as n from events where actor = $2 and type = 'words.unmasked' and data->'incident_ids' ? $1"
    )
    assert (await database.fetch(looks, incident_id, f"person:{lead.id}"))[0]["n"] == 1


async def test_a_mention_is_heard_of_outside_and_inside(client, database, context, me):
    await forget(database)
    deliverer = Deliverer(context)
    try:
        async with Receiver() as receiver:
            await subscribe(database, receiver, "note.added")
            made = await note(client, await opened(client), body="@王小明 看一下", mentions=[me.id])
            await deliverer.sweep()
            [got] = receiver.received
            assert receiver.verified
    finally:
        await deliverer.close()
        await forget(database)
    told = got.json()
    assert (told["type"], told["data"]["note_id"], told["data"]["mentions"]) == ("note.added", made["id"], [me.id])
    assert "王小明".encode() not in got.body
    [entry] = await me.entries(kind="mentioned")
    one = f"/v1/incidents/{entry['incident']['id']}/notes/{entry['note_id']}"
    assert good(await client.get(one)) == made
    good(await me.read(entry["at"]))
    assert (await me.badges())["mentioned"] == 0


@pytest.mark.parametrize(("body", "pointer"), [
    ({}, "/up_to"), ({"up_to": "yesterday"}, "/up_to"), ({"up_to": "2026-11-20T00:00:00"}, "/up_to"),
    ({"up_to": ago(days=1), "person_id": str(uuid4())}, "/person_id"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(me, body, pointer):
    problem(await me.bare.put(READ, json=body, headers=me.headers), 422, pointer)
    problem(await me.bare.get(URL, params={"kind": "spam"}, headers=me.headers), 422, "?kind/0")
