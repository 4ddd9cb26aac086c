"""Approving in somebody's place 代批: dated, of one's own, and never what either had a hand in."""

from uuid import uuid4

import pytest

from tests.support.api import ago, everything, good, problem
from tests.support.people import bearer, make_key
from tests.support.speaking import DELEGATIONS, STATEMENTS, ahead, case, desk
from tests.support.tasks import told


@pytest.fixture
async def speakers(client, bare, database):
    async with desk(client, bare, database) as made:
        yield made


async def delegate(speakers, by="legal", to="stand-in", key=None, **fields):
    body = {"delegate_id": speakers.id(to), "slots": ["legal"], "ends_at": ahead(hours=1), "reason": "出差"} | fields
    headers = speakers.headers[by] | ({"idempotency-key": key} if key else {})
    return await speakers.bare.post(DELEGATIONS, json=body, headers=headers)


async def test_a_delegation_sent_twice_with_one_key_is_one(speakers):
    sent = {"key": uuid4().hex, "ends_at": ahead(hours=2)}
    first, second = [await delegate(speakers, **sent) for _ in range(2)]
    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)
    assert second.headers["idempotent-replayed"] == "true"


async def test_a_delegate_approves_in_the_others_place(speakers, client):
    made = await delegate(speakers)
    given = good(made, 201)
    assert (given["person"]["id"], given["delegate"]["id"]) == (speakers.id("legal"), speakers.id("stand-in"))
    assert (given["slots"], given["in_force"], given["revoked_at"]) == (["legal"], True, None)
    assert good(await client.get(made.headers["location"]))["id"] == given["id"]
    incident_id = await case(client)
    submitted = await speakers.submitted(incident_id)
    mine = {"awaiting_my_approval": "true", "incident_id": incident_id}
    page = good(await speakers.bare.get(STATEMENTS, params=mine, headers=speakers.headers["stand-in"]))
    assert [one["id"] for one in page["data"]] == [submitted["id"]]
    agreed = await speakers.approve(submitted, "stand-in", "press")
    assert agreed["status"] == "approved"
    [legal] = [slot for slot in agreed["slots"] if slot["slot"] == "legal"]
    assert (legal["person"]["id"], legal["on_behalf_of"]["id"]) == (speakers.id("stand-in"), speakers.id("legal"))
    [row, _] = (await everything(client, f"{STATEMENTS}/{submitted['id']}/approvals"))[::-1]
    assert (row["delegation_id"], row["on_behalf_of"]["id"]) == (given["id"], speakers.id("legal"))
    event = (await told(client, incident_id, "statement.slot_approved"))[0]
    assert (event["actor"], event["data"]["on_behalf_of"]) == (
        f"person:{speakers.id('stand-in')}", speakers.id("legal"),
    )  # fmt: skip


@pytest.mark.parametrize("change", ["over", "not yet", "revoked", "left", "lost the scope", "another slot"])
async def test_what_is_not_in_force_gives_nothing(speakers, client, database, change):
    given = good(await delegate(speakers), 201)
    if change == "revoked":
        url = f"{DELEGATIONS}/{given['id']}/revoke"
        assert good(await speakers.bare.post(url, headers=speakers.headers["legal"]))["in_force"] is False
    person = f"/v1/people/{speakers.id('legal')}"
    if change == "left":
        good(await client.patch(person, json={"active": False}))
    if change == "lost the scope":
        good(await client.patch(person, json={"scopes": ["statements:read"]}))
    column = {"over": "ends_at = now(), starts_at = now() - interval '1 hour'",
              "not yet": "starts_at = now() + interval '1 minute'", "another slot": "slots = '{lead}'"}  # fmt: skip
    if change in column:
        await database.fetch(f"update approval_delegations set {column[change]} where id = $1", given["id"])
    submitted = await speakers.submitted(await case(client))
    answer = await speakers.act(submitted, "approve", by="stand-in", version=1)
    problem(answer, 403, code="not_an_approver")


@pytest.mark.parametrize("author", ["legal", "stand-in"])
async def test_neither_the_delegate_nor_the_other_had_a_hand_in_it(speakers, client, author):
    good(await delegate(speakers), 201)
    made = good(await speakers.act(await speakers.draft(await case(client), "holding", by=author), "submit"))
    problem(await speakers.act(made, "approve", by="stand-in", version=1), 403, code="approver_involved")
    mine = {"awaiting_my_approval": "true", "incident_id": made["incident_id"]}
    page = good(await speakers.bare.get(STATEMENTS, params=mine, headers=speakers.headers["stand-in"]))
    assert page["data"] == []


async def test_nobody_stands_behind_two_approvals_of_a_version(speakers, client):
    good(await delegate(speakers, to="press"), 201)
    submitted = await speakers.submitted(await case(client))
    await speakers.approve(submitted, "press")
    twice = await speakers.act(submitted, "approve", by="press", version=1, slot="legal")
    problem(twice, 409, code="approver_counted")
    other = await speakers.submitted(await case(client))
    good(await delegate(speakers, by="press", to="stand-in", slots=["public_relations"]), 201)
    good(await delegate(speakers, by="legal 2", to="stand-in"), 201)
    await speakers.approve(other, "stand-in")
    both = await speakers.act(other, "approve", by="stand-in", version=1, slot="legal")
    problem(both, 409, code="approver_counted")
    principal = await speakers.act(other, "approve", by="press", version=1, slot="legal")
    problem(principal, 409, code="approver_counted")


async def test_where_the_first_who_delegated_wrote_in_it_the_second_counts(speakers, client):
    for by in ("legal", "legal 2"):
        good(await delegate(speakers, by=by), 201)
    made = good(await speakers.act(await speakers.draft(await case(client), "holding", by="legal"), "submit"))
    agreed = await speakers.approve(made, "stand-in")
    assert agreed["slots"][1]["on_behalf_of"]["id"] == speakers.id("legal 2")


async def test_what_was_delegated_to_one_is_not_passed_on(speakers, client):
    good(await delegate(speakers), 201)
    onwards = await delegate(speakers, by="stand-in", to="editor")
    assert problem(onwards, 422, "/slots/0")["errors"][0]["code"] == "not_theirs"


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"delegate_id": str(uuid4())}, "/delegate_id"), ({"slots": []}, "/slots"), ({"slots": ["boss"]}, "/slots/0"),
    ({"slots": ["legal", "lead"]}, "/slots/1"), ({"ends_at": ago(minutes=1)}, "/ends_at"),
    ({"starts_at": ahead(hours=2), "ends_at": ahead(hours=1)}, "/ends_at"), ({"ends_at": ahead(days=400)}, "/ends_at"),
    ({"reason": ""}, "/reason"), ({"person_id": 5}, "/person_id"),
])  # fmt: skip
async def test_a_delegation_that_makes_no_sense_is_refused_by_name(speakers, fields, pointer):
    problem(await delegate(speakers, **fields), 422, pointer)


async def test_one_delegates_ones_own_and_administrators_anybodys(speakers, client):
    own = await delegate(speakers, by="legal", to="legal")
    assert problem(own, 422, "/delegate_id")["errors"][0]["code"] == "own_delegate"
    others = {"person_id": speakers.id("press"), "slots": ["public_relations"]}
    problem(await delegate(speakers, by="legal", **others), 403, code="not_yours_to_delegate")
    machine = bearer((await make_key(client, "statements:read"))["key"])
    body = {"delegate_id": speakers.id("stand-in"), "slots": ["legal"], "ends_at": ahead(hours=1), "reason": "出差"}
    problem(await speakers.bare.post(DELEGATIONS, json=body, headers=machine), 403, code="person_needed")
    given = good(await client.post(DELEGATIONS, json=body | others), 201)
    assert given["person"]["id"] == speakers.id("press")
    unknown = body | {"person_id": str(uuid4())}
    problem(await client.post(DELEGATIONS, json=unknown), 422, "/person_id")
    url = f"{DELEGATIONS}/{given['id']}/revoke"
    problem(await speakers.bare.post(url, headers=speakers.headers["legal"]), 403, code="not_yours_to_delegate")
    good(await speakers.bare.post(url, headers=speakers.headers["press"]))
    problem(await client.post(url), 409, code="delegation_over")
    problem(await client.post(f"{DELEGATIONS}/{uuid4()}/revoke"), 404)
    problem(await client.get(f"{DELEGATIONS}/{uuid4()}"), 404)


async def test_delegations_are_listed_and_stand_in_the_audit_log(speakers, client, database):
    given = [good(await delegate(speakers, to=to), 201) for to in ("stand-in", "editor")]
    good(await client.post(f"{DELEGATIONS}/{given[0]['id']}/revoke"))
    ids = [one["id"] for one in given]
    mine = {"person_id": speakers.id("legal")}
    assert [one["id"] for one in await everything(client, DELEGATIONS, limit=1, **mine)] == ids[::-1]
    assert [one["id"] for one in await everything(client, DELEGATIONS, in_force=True, **mine)] == ids[1:]
    assert [one["id"] for one in await everything(client, DELEGATIONS, in_force=False, **mine)] == ids[:1]
    to = {"delegate_id": speakers.id("editor")}
    assert [one["id"] for one in await everything(client, DELEGATIONS, **to)] == ids[1:]
    rows = await database.fetch("select type from events where data->>'subject_id' = $1 order by id", given[0]["id"])
    assert [row["type"] for row in rows] == ["approval_delegation.created", "approval_delegation.revoked"]


async def test_a_key_with_fewer_scopes_gives_away_no_more_than_they_say(speakers, client):
    key = await make_key(client, "statements:read", person_id=speakers.id("legal"))
    body = {"delegate_id": speakers.id("stand-in"), "slots": ["legal"], "ends_at": ahead(hours=1), "reason": "出差"}
    answer = await speakers.bare.post(DELEGATIONS, json=body, headers=bearer(key["key"]))
    [fault] = problem(answer, 422)["errors"]
    assert (fault["pointer"], fault["code"]) == ("/slots/0", "not_theirs")
