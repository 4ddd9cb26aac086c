"""Who one is, and going on and off duty."""

import pytest

from tests.support.api import good, problem
from tests.support.people import bearer, make_key, make_person, me, mint
from tests.support.staff import a_department

DUTY = "/v1/me/duty"


async def test_one_is_told_ones_roles_department_deputy_and_duty(client, bare):
    deputy = await make_person(client)
    async with a_department(client, kind="legal") as department:
        person = await make_person(
            client,
            roles=["legal", "reader"],
            department_id=department["id"],
            deputy_id=deputy["id"],
            phone="13800138000",
        )
        key = await make_key(client, person_id=person["id"], roles=["reader"])
        shown = good(await me(bare, key["key"]))
        assert shown["person"] == {
            "id": person["id"], "name": person["name"], "roles": ["legal", "reader"], "deputy_id": deputy["id"],
            "on_duty": True,
            "department": {"id": department["id"], "name": department["name"], "kind": "legal"},
        }  # fmt: skip
        assert (shown["key"]["roles"], shown["version"]) == (["reader"], person["version"])
        # One's own name is not masked, and that is no event: it says nothing that the credential does not.
        assert shown["person"]["name"] == person["name"]


@pytest.mark.parametrize("how", ["key", "token"])
async def test_a_person_goes_off_duty_and_back(client, bare, database, how):
    person = await make_person(client, *([] if how == "key" else ["incidents:read"]), roles=["reader"])
    if how == "key":
        shown = (await make_key(client, person_id=person["id"], roles=["reader"]))["key"]
    else:
        shown = (await mint(bare, await make_key(client, "people:act"), person))["token"]
    bare.headers.pop("if-match")
    read = await me(bare, shown)
    problem(await bare.put(DUTY, json={"on_duty": False}, headers=bearer(shown)), 428)
    based = bearer(shown) | {"if-match": read.headers["etag"]}
    off = good(await bare.put(DUTY, json={"on_duty": False}, headers=based))
    assert (off["person"]["on_duty"], off["version"]) == (False, 2)
    problem(await bare.put(DUTY, json={"on_duty": True}, headers=based), 412, code="stale")
    # Off duty they are who they were.
    good(await bare.get("/v1/incidents", headers=bearer(shown)))
    back = good(await bare.put(DUTY, json={"on_duty": True}, headers=bearer(shown) | {"if-match": "*"}))
    assert back["person"]["on_duty"] is True
    assert good(await client.get(f"/v1/people/{person['id']}"))["version"] == 3
    told = await database.fetch(
        "select actor, data->>'fields' as fields from events where type = 'person.updated' and data->>'subject_id' = $1",
        person["id"],
    )
    assert [tuple(row) for row in told] == [(f"person:{person['id']}", '["on_duty"]')] * 2


async def test_a_machine_has_no_duty(client, bare):
    key = await make_key(client, "people:write")
    answer = await bare.put(DUTY, json={"on_duty": False}, headers=bearer(key["key"]))
    problem(answer, 403, code="person_needed")


@pytest.mark.parametrize(
    "body", [{}, {"on_duty": None}, {"on_duty": 1}, {"on_duty": "false"}, {"on_duty": True, "x": 1}]
)
async def test_duty_is_yes_or_no(client, bare, body):
    person = await make_person(client, roles=["reader"])
    key = await make_key(client, person_id=person["id"], roles=["reader"])
    problem(await bare.put(DUTY, json=body, headers=bearer(key["key"])), 422)
