"""Departments: named once, headed by somebody who is there, and kept when they are no more."""

import asyncio
from uuid import uuid4

import pytest

from tests.support.api import everything, good, instant, problem
from tests.support.people import bearer, make_key, make_person
from tests.support.staff import a_department

URL = "/v1/departments"


def named() -> str:
    return f"部门{uuid4().hex[:8]}"


async def test_a_department_is_added_changed_and_found(client, database):
    head, name = await make_person(client), named()
    body = {"name": f" {name} ", "kind": "business", "business_units": ["配件", " 手机", "配件"], "head_id": head["id"]}
    answer = await client.post(URL, json=body)
    made = good(answer, 201)
    one = f"{URL}/{made['id']}"
    assert answer.headers["location"] == one
    assert (made["name"], made["kind"], made["business_units"]) == (name, "business", ["手机", "配件"])
    assert (made["head_id"], made["active"], made["version"]) == (head["id"], True, 1)
    assert good(await client.get(one)) == made
    changed = good(await client.patch(one, json={"kind": "operations", "head_id": None, "name": name}))
    assert (changed["kind"], changed["head_id"], changed["version"]) == ("operations", None, 2)
    assert instant(changed["updated_at"]) > instant(made["updated_at"])
    assert good(await client.patch(one, json={"kind": "operations"})) == changed
    ended = good(await client.patch(one, json={"active": False}))
    assert [row for row in await everything(client, URL, limit=2, active=False) if row["id"] == made["id"]] == [ended]
    assert made["id"] not in [row["id"] for row in await everything(client, URL, active=True)]
    told = await database.fetch(
        "select type, data::text as data from events where data->>'subject_id' = $1 order by id", made["id"]
    )
    assert [row["type"] for row in told] == ["department.created", "department.updated", "department.updated"]
    assert not any(word in row["data"] for row in told for word in (name, "手机"))


async def test_departments_are_listed_by_kind(client):
    async with (
        a_department(client, kind="legal") as legal,
        a_department(client, kind="public_relations") as public,
        a_department(client, kind="other") as other,
    ):
        rows = await everything(client, URL, limit=1, kind=["legal", "public_relations"])
        found = [row["id"] for row in rows]
        assert found.index(legal["id"]) < found.index(public["id"])
        assert other["id"] not in found
        page = good(await client.get(URL, params={"limit": 1, "kind": ["legal", "public_relations"]}))
        cursor = {"cursor": page["next_cursor"]}
    problem(await client.get(URL, params=cursor | {"kind": "other"}), 400, "?cursor")


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"name": ""}, "/name"), ({"name": "\u200b"}, "/name"), ({"name": "长" * 101}, "/name"), ({"kind": "king"}, "/kind"),
    ({"business_units": [""]}, "/business_units/0"), ({"business_units": ["手机"] * 101}, "/business_units"),
    ({"head_id": "0190f5a2-7b5e-7c3d-8a1f-0123456789ab"}, "/head_id"), ({"version": 2}, "/version"),
])  # fmt: skip
async def test_a_department_that_makes_no_sense_is_refused_by_name(client, fields, pointer):
    problem(await client.post(URL, json={"name": named(), "kind": "other"} | fields), 422, pointer)
    async with a_department(client) as department:
        problem(await client.patch(f"{URL}/{department['id']}", json=fields), 422, pointer)


async def test_no_two_departments_have_one_name(client):
    async with a_department(client) as first, a_department(client) as second:
        body = {"name": first["name"], "kind": "other"}
        problem(await client.post(URL, json=body), 409, "/name", code="department_name_taken")
        one = f"{URL}/{second['id']}"
        problem(await client.patch(one, json={"name": first["name"]}), 409, "/name", code="department_name_taken")
        assert good(await client.get(one))["name"] == second["name"]


async def test_of_two_departments_named_alike_at_once_one_is_made(client):
    for _ in range(5):
        body = {"name": named(), "kind": "other"}
        answers = await asyncio.gather(*(client.post(URL, json=body) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        problem(next(answer for answer in answers if answer.status_code == 409), 409)


async def test_whoever_has_left_heads_nothing_new_and_stays_named_where_they_were(client):
    head = await make_person(client)
    async with a_department(client, head_id=head["id"]) as department:
        good(await client.patch(f"/v1/people/{head['id']}", json={"active": False}))
        body = {"name": named(), "kind": "other", "head_id": head["id"]}
        refusal = problem(await client.post(URL, json=body), 422, "/head_id")
        assert refusal["errors"][0]["code"] == "person_inactive"
        one = f"{URL}/{department['id']}"
        kept = good(await client.patch(one, json={"business_units": ["售后"], "head_id": head["id"]}))
        assert (kept["head_id"], kept["business_units"]) == (head["id"], ["售后"])
        good(await client.patch(one, json={"head_id": None}))
        problem(await client.patch(one, json={"head_id": head["id"]}), 422, "/head_id")


async def test_departments_take_the_scopes_for_people(client, bare):
    async with a_department(client) as department:
        one = f"{URL}/{department['id']}"
        reader = bearer((await make_key(client, "people:read"))["key"])
        writer = bearer((await make_key(client, "people:write"))["key"])
        good(await bare.get(one, headers=reader))
        problem(await bare.patch(one, json={"kind": "legal"}, headers=reader), 403)
        good(await bare.patch(one, json={"kind": "legal"}, headers=writer))
        problem(await bare.patch(one, json={}, headers=writer), 403)
        problem(await bare.get(URL, headers=writer), 403)
