"""The role-permission table: data that administrators change, and nobody beyond what they hold."""

import pytest

from app.core.auth import SCOPES
from tests.support.api import good, problem
from tests.support.people import bearer, make_key, make_person, me, mint
from tests.support.staff import a_role
from tests.support.waiting import eventually

URL = "/v1/roles"
ROLES = ["reader", "responder", "lead", "legal", "admin", "integration"]


async def table(client) -> dict[str, set[str]]:
    return {row["role"]: set(row["scopes"]) for row in good(await client.get(URL))["data"]}


async def test_the_table_is_read_both_ways_and_role_by_role(client):
    shown = good(await client.get(URL))
    assert [row["role"] for row in shown["data"]] == ROLES
    assert [row["scope"] for row in shown["scopes"]] == list(SCOPES)
    may = await table(client)
    for row in shown["scopes"]:
        assert row["roles"] == [role for role in ROLES if row["scope"] in may[role]]
    for role in ROLES:
        assert set(good(await client.get(f"{URL}/{role}"))["scopes"]) == may[role]


async def test_a_changed_role_changes_within_a_second_what_its_people_keys_and_tokens_may(client, bare, database):
    person = await make_person(client, roles=["legal"])
    backend = await make_key(client, "people:act")
    shown = [
        (await make_key(client, roles=["legal"]))["key"],
        (await make_key(client, roles=["legal"], person_id=person["id"]))["key"],
        (await mint(bare, backend, person))["token"],
    ]
    async with a_role(client, "legal") as url:
        before = good(await client.get(url))
        assert await all_may(bare, shown, set(before["scopes"]))
        less = sorted({*before["scopes"]} - {"legal:hold", "people:read"})
        changed = good(await client.put(url, json={"scopes": less + less[:1]}))
        assert (changed["scopes"], changed["version"]) == (less, before["version"] + 1)
        assert changed["updated_at"] > before["updated_at"]
        await eventually(lambda: all_may(bare, shown, set(less)), timeout=1)
        problem(await bare.get("/v1/people", headers=bearer(shown[0])), 403)
        assert good(await client.get(f"/v1/people/{person['id']}"))["effective_scopes"] == less
        assert good(await client.put(url, json={"scopes": less})) == changed
        (told,) = await database.fetch(
            "select data->>'fields' as fields from events where type = 'role.updated' and data->>'subject_id' = 'legal' "
            "order by id desc limit 1"
        )
        assert told["fields"] == '["legal:hold", "people:read"]'
        more = sorted([*less, "webhooks:write"])
        good(await client.put(url, json={"scopes": more}))
        # A token is for what it was minted for, and does not grow.
        await eventually(lambda: all_may(bare, shown[:2], set(more)), timeout=1)
        assert await all_may(bare, shown[2:], set(less))


async def all_may(bare, shown: list[str], scopes: set[str]) -> bool:
    return all([set(good(await me(bare, one))["scopes"]) == scopes for one in shown])


async def test_nobody_adds_to_a_role_or_takes_from_it_what_they_lack(client, bare):
    key = bearer((await make_key(client, "people:read", "people:write", "incidents:read"))["key"])
    async with a_role(client, "reader") as url:
        before = good(await client.get(url))["scopes"]
        for scopes in ([*before, "keys:admin"], [one for one in before if one != "rules:read"], []):
            refusal = problem(await bare.put(url, json={"scopes": scopes}, headers=key), 403, code="scopes_not_yours")
            assert refusal["errors"][0]["pointer"] == "/scopes"
        assert good(await client.get(url))["scopes"] == before
        mine = [one for one in before if one not in ("people:read", "incidents:read")] + ["people:write"]
        assert good(await bare.put(url, json={"scopes": mine}, headers=key))["scopes"] == sorted(mine)


async def test_a_role_is_given_by_whoever_may_do_all_of_it(client, bare):
    reader = (await table(client))["reader"]
    some = bearer((await make_key(client, "people:write", "keys:admin", roles=["reader"]))["key"])
    for body in ({"name": "王小明", "roles": ["reader", "lead"]}, {"name": "王小明", "roles": ["admin"]}):
        refusal = problem(
            await bare.post("/v1/people", json=body, headers=some), 403, "/roles", code="scopes_not_yours"
        )
        assert "incidents:override" in refusal["detail"]
    made = good(await bare.post("/v1/people", json={"name": "王小明", "roles": ["reader"]}, headers=some), 201)
    assert set(made["effective_scopes"]) == reader
    one = f"/v1/people/{made['id']}"
    problem(await bare.patch(one, json={"roles": ["reader", "legal"]}, headers=some), 403, "/roles")
    key = {"name": "工具", "roles": ["integration"]}
    problem(await bare.post("/v1/api-keys", json=key, headers=some), 403, "/roles", code="scopes_not_yours")
    good(await bare.post("/v1/api-keys", json=key | {"roles": ["reader"]}, headers=some), 201)
    # Nor is a graver key's secret theirs, whether it is grave by scope or by role.
    graver = await make_key(client, roles=["lead"])
    problem(await bare.post(f"/v1/api-keys/{graver['id']}/rotate", json={}, headers=some), 403, "/roles")
    # To take a role away takes no more than people:write.
    lead = await make_person(client, roles=["lead"])
    assert good(await bare.patch(f"/v1/people/{lead['id']}", json={"roles": []}, headers=some))["roles"] == []


async def test_a_scope_that_a_role_gives_is_not_made_ones_own(client, bare):
    """Else whoever may change people keeps them a scope that goes with the role."""
    key = bearer((await make_key(client, "people:write"))["key"])
    person = await make_person(client, roles=["lead"])
    refusal = await bare.patch(f"/v1/people/{person['id']}", json={"scopes": ["people:unmask"]}, headers=key)
    problem(refusal, 403, "/scopes", code="scopes_not_yours")


@pytest.mark.parametrize("fields", [
    {"oidc_subject": "sub-of-somebody"}, {"oidc_subject": "sub-of-somebody", "roles": []}, {"active": True},
])  # fmt: skip
async def test_a_sign_in_and_a_return_give_all_that_the_roles_may(client, bare, fields):
    person = await make_person(client, roles=["lead"])
    one = f"/v1/people/{person['id']}"
    if "active" in fields:
        good(await client.patch(one, json={"active": False}))
    key = bearer((await make_key(client, "people:read", "people:write"))["key"])
    problem(await bare.patch(one, json=fields, headers=key), 403, code="scopes_not_yours")
    all_of_it = bearer((await make_key(client, "people:write", roles=["lead"]))["key"])
    taken = {name: f"{value}-{person['id']}" if name == "oidc_subject" else value for name, value in fields.items()}
    good(await bare.patch(one, json=taken, headers=all_of_it))


async def test_a_role_is_changed_as_it_was_read(client, bare):
    headers = {"authorization": client.headers["authorization"]}
    bare.headers.pop("if-match")
    async with a_role(client, "integration") as url:
        etag = (await bare.get(url, headers=headers)).headers["etag"]
        body = {"scopes": ["mentions:write"]}
        problem(await bare.put(url, json=body, headers=headers), 428, code="if_match_needed")
        good(await bare.put(url, json=body, headers=headers | {"if-match": etag}))
        problem(await bare.put(url, json=body, headers=headers | {"if-match": etag}), 412, code="stale")
        problem(await client.put(url, json={"scopes": ["all"]}), 422, "/scopes")
    problem(await client.put(f"{URL}/king", json=body), 404)
    problem(await client.get(f"{URL}/King"), 422)
