"""What is known of people beside their names: how to call them, where they belong, who steps in, and their roles."""

from uuid import uuid4

import pytest

from tests.support.api import everything, good, problem
from tests.support.people import bearer, make_key, make_person, me, mint
from tests.support.staff import a_department
from tests.support.waiting import eventually

URL = "/v1/people"


async def test_a_person_belongs_somewhere_and_has_somebody_who_steps_in(client):
    deputy = await make_person(client)
    async with a_department(client) as department:
        fields = {"phone": "１３８ ００１３ ８０００", "department_id": department["id"], "deputy_id": deputy["id"]}
        made = await make_person(client, on_duty=False, roles=["responder", "lead", "lead"], **fields)
        assert (made["phone"], made["department_id"]) == ("+8613800138000", department["id"])
        assert (made["deputy_id"], made["on_duty"], made["roles"]) == (deputy["id"], False, ["lead", "responder"])
        one = f"{URL}/{made['id']}"
        changed = good(await client.patch(one, json={"phone": None, "deputy_id": None, "on_duty": True, "roles": []}))
        assert (changed["phone"], changed["deputy_id"], changed["on_duty"]) == (None, None, True)
        assert (changed["roles"], changed["effective_scopes"], changed["version"]) == ([], [], 2)
        moved = good(await client.patch(one, json={"department_id": None}))
        assert moved["department_id"] is None
        # The address under which a new one is read.
        answer = await client.post(URL, json={"name": "王小明"})
        assert answer.headers["location"] == f"{URL}/{answer.json()['id']}"


@pytest.mark.parametrize(("written", "kept"), [
    ("138-0013-8000", "+8613800138000"), ("+86 138 0013 8000", "+8613800138000"), ("0086 13800138000", "+8613800138000"),
    ("（０１０）６２３４－５６７８", "+861062345678"), ("010-62345678转801", "+861062345678;ext=801"),
    ("021 5555 1234 分机:7", "+862155551234;ext=7"), ("+1 650 253 0000", "+16502530000"),
])  # fmt: skip
async def test_a_phone_is_kept_in_one_form_however_it_is_written(client, written, kept):
    made = await make_person(client, phone=written)
    assert made["phone"] == kept
    assert good(await client.patch(f"{URL}/{made['id']}", json={"phone": kept}))["version"] == 1


@pytest.mark.parametrize("phone", [
    "", "12345", "62345678", "138001380001", "13800138000 王", "13800138000；13900139000", "+15550100000", "\u200b",
    "一三八", "1" * 51, "13800\x00138000",
])  # fmt: skip
async def test_what_nobody_can_call_is_refused(client, phone):
    problem(await client.post(URL, json={"name": "王小明", "phone": phone}), 422, "/phone")
    person = await make_person(client)
    problem(await client.patch(f"{URL}/{person['id']}", json={"phone": phone}), 422, "/phone")


async def test_phones_are_masked_for_those_who_may_not_see_them(client, bare, database):
    person = await make_person(client, phone="13905170482")
    abroad = await make_person(client, phone="+1 650 253 0000")
    reader = bearer((await make_key(client, "people:read", "people:write"))["key"])
    one = f"{URL}/{person['id']}"
    assert good(await bare.get(one, headers=reader))["phone"] == "+86139******82"
    assert good(await bare.patch(one, json={"on_duty": False}, headers=reader))["phone"] == "+86139******82"
    assert good(await bare.get(f"{URL}/{abroad['id']}", headers=reader))["phone"] == "+*********00"
    seen = await unmasked(database, person["id"])
    by_role = bearer((await make_key(client, roles=["lead"]))["key"])
    assert good(await bare.get(one, headers=by_role))["phone"] == "+8613905170482"
    assert await unmasked(database, person["id"]) == seen + 1
    rows = await database.fetch("select data::text as data from events where data::text like '%1390517%'")
    assert not rows


async def unmasked(database, person_id: str) -> int:
    """How often somebody was shown the person as they are."""
    (row,) = await database.fetch(
        "select count(*) as times from events where type = 'people.unmasked' and data->'person_ids' ? $1", person_id
    )
    return row["times"]


async def test_a_deputy_is_somebody_else_who_is_there(client):
    person, other = await make_person(client), await make_person(client)
    one = f"{URL}/{person['id']}"
    assert code_of(await client.patch(one, json={"deputy_id": person["id"]}), "/deputy_id") == "own_deputy"
    assert code_of(await client.patch(one, json={"deputy_id": str(uuid4())}), "/deputy_id") == "not_found"
    good(await client.patch(one, json={"deputy_id": other["id"]}))
    # Two who stand in for each other are fine.
    good(await client.patch(f"{URL}/{other['id']}", json={"deputy_id": person["id"]}))
    good(await client.patch(f"{URL}/{other['id']}", json={"active": False}))
    refusal = await client.post(URL, json={"name": "王小明", "deputy_id": other["id"]})
    assert code_of(refusal, "/deputy_id") == "person_inactive"
    # What stands already keeps nobody from changing something else.
    kept = good(await client.patch(one, json={"deputy_id": other["id"], "on_duty": False}))
    assert kept["deputy_id"] == other["id"]


async def test_nobody_moves_into_a_department_that_is_no_more(client):
    async with a_department(client) as department:
        person = await make_person(client, department_id=department["id"])
        gone = {"department_id": department["id"]}
    one = f"{URL}/{person['id']}"
    assert code_of(await client.post(URL, json={"name": "王小明"} | gone), "/department_id") == "department_inactive"
    assert good(await client.get(one))["department_id"] == department["id"]
    good(await client.patch(one, json=gone | {"on_duty": False}))
    good(await client.patch(one, json={"department_id": None}))
    assert code_of(await client.patch(one, json=gone), "/department_id") == "department_inactive"
    assert code_of(await client.patch(one, json={"department_id": str(uuid4())}), "/department_id") == "not_found"


def code_of(answer, pointer: str) -> str:
    return problem(answer, 422, pointer)["errors"][0]["code"]


async def test_people_are_found_by_department_role_duty_and_presence(client):
    async with a_department(client) as here, a_department(client) as there:
        lead = await make_person(client, department_id=here["id"], roles=["lead"], on_duty=False)
        reader = await make_person(client, department_id=here["id"], roles=["reader", "integration"])
        legal = await make_person(client, department_id=there["id"], roles=["legal"])
        good(await client.patch(f"{URL}/{legal['id']}", json={"active": False}))
        both = [here["id"], there["id"]]
        for query, expected in (
            ({}, [lead, reader, legal]), ({"department_id": here["id"]}, [lead, reader]),
            ({"role": "lead"}, [lead]), ({"role": ["legal", "reader"]}, [reader, legal]), ({"role": "admin"}, []),
            ({"on_duty": True}, [reader, legal]), ({"on_duty": False}, [lead]), ({"active": False}, [legal]),
            ({"active": True, "on_duty": True, "role": ["lead", "integration"]}, [reader]),
        ):  # fmt: skip
            rows = await everything(client, URL, **{"department_id": both} | query, limit=1)
            assert [row["id"] for row in rows] == [person["id"] for person in expected], query
        cursor = good(await client.get(URL, params={"limit": 1, "department_id": both}))["next_cursor"]
        problem(await client.get(URL, params={"cursor": cursor, "department_id": here["id"]}), 400, "?cursor")
    problem(await client.get(URL, params={"role": "king"}), 422, "?role/0")


async def test_a_person_may_do_what_their_roles_may_beside_their_own_scopes(client, bare):
    reader = set(good(await client.get("/v1/roles/reader"))["scopes"])
    person = await make_person(client, "rules:write", roles=["reader"])
    assert (person["scopes"], set(person["effective_scopes"])) == (["rules:write"], reader | {"rules:write"})
    key = await make_key(client, "rules:write", person_id=person["id"], roles=["reader"])
    assert (key["scopes"], key["roles"]) == (["rules:write"], ["reader"])
    assert set(good(await me(bare, key["key"]))["scopes"]) == reader | {"rules:write"}
    # A key with a scope that the person has by a role.
    narrow = await make_key(client, "incidents:read", person_id=person["id"])
    assert good(await me(bare, narrow["key"]))["scopes"] == ["incidents:read"]
    good(await client.patch(f"{URL}/{person['id']}", json={"roles": []}))
    await eventually(lambda: scopes_are(bare, key, {"rules:write"}), timeout=1)
    await eventually(lambda: scopes_are(bare, narrow, set()), timeout=1)


async def scopes_are(bare, shown: dict, scopes: set[str]) -> bool:
    return set(good(await me(bare, shown.get("key") or shown["token"]))["scopes"]) == scopes


async def test_a_persons_key_holds_no_role_beyond_the_person(client):
    person = await make_person(client, roles=["reader"])
    body = {"name": "x", "roles": ["lead"], "person_id": person["id"]}
    refusal = problem(await client.post("/v1/api-keys", json=body), 422, "/roles")
    assert "incidents:override" in refusal["detail"]
    assert "incidents:read" not in refusal["detail"]
    # Who may do all of it by scopes may have it by role.
    equal = await make_person(client, *good(await client.get("/v1/roles/lead"))["scopes"])
    await make_key(client, person_id=equal["id"], roles=["lead"])
    for body in ({"name": "x"}, {"name": "x", "scopes": [], "roles": []}):
        problem(await client.post("/v1/api-keys", json=body), 422, "/scopes")
    problem(await client.post("/v1/api-keys", json={"name": "x", "roles": ["king"]}), 422, "/roles/0")


async def test_a_token_is_minted_for_what_the_person_may_by_role(client, bare):
    backend = await make_key(client, roles=["admin"])
    person = await make_person(client, roles=["admin"])
    made = await mint(bare, backend, person)
    admin = set(good(await client.get("/v1/roles/admin"))["scopes"])
    assert set(made["scopes"]) == admin - {"keys:admin", "people:act"}
    assert (await mint(bare, backend, person, "legal:hold", "keys:admin"))["scopes"] == ["legal:hold"]
    good(await client.patch(f"{URL}/{person['id']}", json={"roles": ["reader"]}))
    reader = set(good(await client.get("/v1/roles/reader"))["scopes"])
    await eventually(lambda: scopes_are(bare, made, reader), timeout=1)
