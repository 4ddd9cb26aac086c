"""People: who may see their names, who may change what they may do, and their own keys."""

from datetime import datetime
from random import sample
from string import ascii_letters
from uuid import uuid4

import pytest

from app.core.auth import SCOPES
from tests.support.api import everything, good, instant, problem, timeline
from tests.support.people import bearer, make_key, make_person, me, mine, mint, open_incident, refused
from tests.support.waiting import eventually

URL = "/v1/people"
READERS = ("people:read", "people:write")


async def events_of(database, person_id: str) -> list:
    """What is on record of a person."""
    return await database.fetch(
        "select type, actor, via, data::text as data from events "
        "where data->>'subject_id' = $1 or data->'person_ids' ? $1 order by id",
        person_id,
    )


async def test_a_person_is_added_changed_and_found(client, database):
    made = await make_person(client, "incidents:read", name="王小明", email="xiaoming@example.com", oidc_subject=None)
    assert (made["name"], made["email"], made["oidc_subject"]) == ("王小明", "xiaoming@example.com", None)
    assert (made["scopes"], made["active"], made["version"]) == (["incidents:read"], True, 1)
    url = f"{URL}/{made['id']}"
    assert good(await client.get(url)) == made
    changed = good(await client.patch(url, json={"email": None, "scopes": ["rules:read", "incidents:read"]}))
    assert changed["scopes"] == ["incidents:read", "rules:read"]
    assert (changed["email"], changed["name"], changed["version"]) == (None, "王小明", 2)
    assert instant(changed["updated_at"]) > instant(made["updated_at"])
    assert good(await client.patch(url, json={"email": None})) == changed
    assert [row for row in await everything(client, URL, limit=2) if row["id"] == made["id"]] == [changed]
    told = [row for row in await events_of(database, made["id"]) if row["type"] != "people.unmasked"]
    assert [row["type"] for row in told] == ["person.created", "person.updated"]
    assert not any(word in row["data"] for row in told for word in ("王小明", "xiaoming"))


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"name": ""}, "/name"), ({"name": " "}, "/name"), ({"name": "长" * 101}, "/name"), ({"email": "nobody"}, "/email"),
    ({"email": "a b@example.com"}, "/email"), ({"oidc_subject": ""}, "/oidc_subject"),
    ({"oidc_subject": "a\nb"}, "/oidc_subject"), ({"scopes": ["people:delete"]}, "/scopes"),
    ({"version": 7}, "/version"), ({"id": "mine"}, "/id"),
])  # fmt: skip
async def test_a_person_who_makes_no_sense_is_refused_by_name(client, fields, pointer):
    problem(await client.post(URL, json={"name": "王小明"} | fields), 422, pointer)
    person = await make_person(client)
    problem(await client.patch(f"{URL}/{person['id']}", json=fields), 422, pointer)


async def test_names_and_mails_are_masked_for_those_who_may_not_see_them(client, bare, database):
    person = await make_person(client, name="欧阳小明", email="xiaoming@example.com", oidc_subject="xm@example.com")
    before = len(await events_of(database, person["id"]))
    key = bearer((await make_key(client, *READERS))["key"])
    url = f"{URL}/{person['id']}"
    masked = {"name": "欧***", "email": "********@***********", "oidc_subject": "**@***********"}
    shown = [
        good(await bare.get(url, headers=key)),
        good(await bare.patch(url, headers=key, json={"name": "欧阳大明"})),
        next(row for row in await everything_with(bare, key) if row["id"] == person["id"]),
    ]
    assert [{name: row[name] for name in masked} for row in shown] == [masked] * 3
    made = good(await bare.post(URL, headers=key, json={"name": "司马光"}), 201)
    assert made["name"] == "司**"
    # An opaque subject is nobody's data.
    opaque = await make_person(
        client, oidc_subject="sub-" + "".join(sample(ascii_letters, 20))
    )  # no digits: those may be a phone
    assert good(await bare.get(f"{URL}/{opaque['id']}", headers=key))["oidc_subject"] == opaque["oidc_subject"]
    assert [row["type"] for row in await events_of(database, person["id"])][before:] == ["person.updated"]


async def everything_with(bare, headers) -> list[dict]:
    bare.headers.update(headers)
    return await everything(bare, URL, limit=200)


async def test_each_use_of_unmask_is_an_event_that_names_nobody(client, bare, database):
    person = await make_person(client, name="欧阳小明")
    key = await make_key(client, "people:read", "people:unmask")
    before = len(await events_of(database, person["id"]))
    shown = good(await bare.get(f"{URL}/{person['id']}", headers=bearer(key["key"])))
    assert shown["name"] == "欧阳小明"
    (seen,) = (await events_of(database, person["id"]))[before:]
    assert (seen["type"], seen["actor"], seen["via"]) == ("people.unmasked", f"key:{key['id']}", None)
    assert seen["data"] == f'{{"person_ids": ["{person["id"]}"]}}'
    rows = await everything_with(bare, bearer(key["key"]))
    assert next(row for row in rows if row["id"] == person["id"])["name"] == "欧阳小明"
    assert len(await events_of(database, person["id"])) == before + 2


async def test_nobody_gives_what_they_lack(client, bare):
    key = bearer((await make_key(client, *READERS, "incidents:read"))["key"])
    for scope in sorted(SCOPES.keys() - {*READERS, "incidents:read"}):
        refusal = await bare.post(URL, headers=key, json={"name": "王小明", "scopes": [scope, "incidents:read"]})
        assert scope in problem(refusal, 403, "/scopes", code="scopes_not_yours")["detail"]
    mine = good(await bare.post(URL, headers=key, json={"name": "王小明", "scopes": ["incidents:read"]}), 201)
    url = f"{URL}/{mine['id']}"
    problem(await bare.patch(url, headers=key, json={"scopes": ["rules:read"]}), 403, "/scopes")
    assert good(await bare.patch(url, headers=key, json={"scopes": ["people:read"]}))["scopes"] == ["people:read"]


async def test_a_sign_in_and_a_return_give_all_that_the_person_may(client, bare):
    """Else whoever may change people could make an administrator's sign-in their own."""
    admin = await make_person(client, "keys:admin", "incidents:read")
    key = bearer((await make_key(client, *READERS))["key"])
    url = f"{URL}/{admin['id']}"
    problem(await bare.patch(url, headers=key, json={"oidc_subject": uuid4().hex}), 403, code="scopes_not_yours")
    # Taking away needs no more than people:write.
    good(await bare.patch(url, headers=key, json={"scopes": ["keys:admin"], "active": False}))
    problem(await bare.patch(url, headers=key, json={"active": True}), 403, code="scopes_not_yours")
    back = {"scopes": [], "active": True}
    taken = back | {"oidc_subject": uuid4().hex}
    problem(await bare.patch(url, headers=key, json=taken), 403, code="scopes_not_yours")
    assert good(await bare.patch(url, headers=key, json=back))["scopes"] == []


async def test_one_sign_in_is_one_person(client):
    subject = uuid4().hex
    first = await make_person(client, oidc_subject=subject)
    refusal = await client.post(URL, json={"name": "王小明", "oidc_subject": subject})
    problem(refusal, 409, "/oidc_subject", code="oidc_subject_taken")
    second = await make_person(client)
    refusal = await client.patch(f"{URL}/{second['id']}", json={"oidc_subject": subject})
    problem(refusal, 409, "/oidc_subject", code="oidc_subject_taken")
    good(await client.patch(f"{URL}/{first['id']}", json={"oidc_subject": None}))
    good(await client.patch(f"{URL}/{second['id']}", json={"oidc_subject": subject}))


async def test_a_persons_key_does_what_both_may(client, bare):
    person = await make_person(client, "incidents:read", "incidents:write", "rules:read")
    key = await make_key(client, "incidents:read", "incidents:write", person_id=person["id"])
    assert key["person_id"] == person["id"]
    shown = good(await me(bare, key["key"]))
    assert shown == {
        "kind": "person_key", "key": {"id": key["id"], "name": key["name"], "roles": []},
        "person": mine(person), "scopes": ["incidents:read", "incidents:write"], "expires_at": None, "version": 1,
    }  # fmt: skip
    problem(await bare.get("/v1/watch-rules", headers=bearer(key["key"])), 403)
    await open_incident(bare, key["key"])
    good(await client.patch(f"{URL}/{person['id']}", json={"scopes": ["incidents:read"]}))
    await eventually(lambda: scopes_are(bare, key, ["incidents:read"]), timeout=1)
    problem(await bare.post("/v1/incidents", json={"title": "x"}, headers=bearer(key["key"])), 403)


async def scopes_are(bare, key, scopes) -> bool:
    return good(await me(bare, key["key"]))["scopes"] == scopes


async def test_a_persons_key_is_made_for_no_more_than_the_person_may(client):
    person = await make_person(client, "incidents:read")
    body = {"name": "x", "scopes": ["incidents:read", "rules:read"], "person_id": person["id"]}
    refusal = problem(await client.post("/v1/api-keys", json=body), 422, "/scopes")
    assert "rules:read" in refusal["detail"]
    assert "incidents:read" not in refusal["detail"]
    problem(await client.post("/v1/api-keys", json=body | {"person_id": str(uuid4())}), 422, "/person_id")
    good(await client.patch(f"{URL}/{person['id']}", json={"active": False}))
    problem(await client.post("/v1/api-keys", json=body | {"scopes": ["incidents:read"]}), 422, "/person_id")


async def test_a_persons_key_ends_with_the_person_and_comes_back_with_them(client, bare):
    person = await make_person(client, "incidents:read")
    key = await make_key(client, "incidents:read", person_id=person["id"])
    good(await me(bare, key["key"]))
    good(await client.patch(f"{URL}/{person['id']}", json={"active": False}))
    await eventually(lambda: refused(bare, key["key"]), timeout=1)
    refusal = problem(await me(bare, key["key"]), 401)
    assert "not active" in refusal["detail"]
    good(await client.patch(f"{URL}/{person['id']}", json={"active": True}))
    good(await me(bare, key["key"]))


async def test_a_machine_says_who_it_is_without_any_scope_for_that(client, bare):
    expires_at = "2027-06-01T00:00:00Z"
    key = await make_key(client, "webhooks:read", expires_at=expires_at)
    assert key["person_id"] is None
    shown = good(await me(bare, key["key"]))
    assert datetime.fromisoformat(shown.pop("expires_at")) == datetime.fromisoformat(expires_at)
    assert shown == {
        "kind": "machine_key", "key": {"id": key["id"], "name": key["name"], "roles": []}, "person": None,
        "scopes": ["webhooks:read"], "version": None,
    }  # fmt: skip
    problem(await bare.get("/v1/me"), 401)
    problem(await bare.get("/v1/me?colour=red", headers=bearer(key["key"])), 422, "?colour")


async def test_a_timeline_names_the_person_and_the_key(client, bare, database):
    person = await make_person(client, "incidents:read", "incidents:write", name="诸葛孔明")
    key = await make_key(client, "incidents:read", "incidents:write", person_id=person["id"])
    incident = await open_incident(bare, key["key"])
    machine = await make_key(client, "incidents:write")
    url = f"/v1/incidents/{incident['id']}"
    by_hand = {"status": "dismissed", "reason": "误报"}
    good(await bare.put(f"{url}/status", json=by_hand, headers=bearer(machine["key"])))
    seen = len(await events_of(database, person["id"]))
    bare.headers.update(bearer(key["key"]))
    opened, dismissed = await timeline(bare, incident["id"])
    assert (opened["actor"], opened["via"]) == (f"person:{person['id']}", f"key:{key['id']}")
    assert opened["person"] == {"id": person["id"], "name": "诸***"}
    assert (dismissed["actor"], dismissed["via"], dismissed["person"]) == (f"key:{machine['id']}", None, None)
    assert len(await events_of(database, person["id"])) == seen
    opened, _ = await timeline(client, incident["id"])
    assert opened["person"] == {"id": person["id"], "name": "诸葛孔明"}
    assert len(await events_of(database, person["id"])) == seen + 1
    assert not await database.fetch("select 1 from events where data::text like '%诸葛孔明%'")


async def test_a_sign_in_is_not_taken_over_by_lowering_what_its_person_may(client, bare):
    admin = await make_person(client, "people:read", "rules:write")
    key = (await make_key(client, "people:read", "people:write"))["key"]
    one, takeover = f"/v1/people/{admin['id']}", {"oidc_subject": uuid4().hex, "scopes": ["people:read"]}
    problem(await bare.patch(one, json=takeover, headers=bearer(key)), 403, code="scopes_not_yours")


async def test_a_minted_token_gives_no_sign_in_that_outlives_it(client, bare):
    person = await make_person(client, "people:read", "people:write")
    token = (await mint(bare, await make_key(client, "people:act"), person))["token"]
    body = {"name": "后来的人", "scopes": ["people:read"], "oidc_subject": uuid4().hex}
    problem(await bare.post("/v1/people", json=body, headers=bearer(token)), 403, "/oidc_subject")
    made = good(await bare.post("/v1/people", json=body | {"oidc_subject": None}, headers=bearer(token)), 201)
    change = {"oidc_subject": body["oidc_subject"]}
    problem(await bare.patch(f"/v1/people/{made['id']}", json=change, headers=bearer(token)), 403, "/oidc_subject")
