"""Every operation with every role: allowed, or 403, as the role-permission table says; and no operation uncovered."""

import pytest

from app.core.auth import SCOPES
from app.domain.vocabulary import Role
from tests.support.api import OPERATIONS, good
from tests.support.people import bearer, make_key, make_person

# What whoever has a good key or token may call: an operation without a scope that is not here fails the test below.
FOR_ALL = {"getMe", "setMyDuty", "getVocabularies", "acknowledgeDocument", "listMyDocuments", "getMyDocument"}
# What may be called without any.
FOR_ANYBODY: set[str] = set()


def test_every_operation_asks_for_a_scope_or_is_for_all() -> None:
    assert {operation.id for operation in OPERATIONS if operation.scopes == ()} == FOR_ALL
    assert {operation.id for operation in OPERATIONS if operation.scopes is None} == FOR_ANYBODY
    assert SCOPES.keys() >= {scope for operation in OPERATIONS for scope in operation.scopes or ()}


async def shown_by(client, role: Role) -> dict[str, str]:
    """The header of a key with just this role: a tool's for `integration`, a person's own for all others."""
    if role is Role.INTEGRATION:
        return bearer((await make_key(client, roles=[role]))["key"])
    person = await make_person(client, roles=[role])
    return bearer((await make_key(client, roles=[role], person_id=person["id"]))["key"])


@pytest.mark.parametrize("role", Role)
async def test_a_role_may_do_what_the_table_says_and_nothing_else(client, bare, role):
    may = set(good(await client.get(f"/v1/roles/{role}"))["scopes"])
    bare.headers.update(await shown_by(client, role))
    wrong = {}
    for operation in OPERATIONS:
        # A PATCH that changes nothing reads: see test_empty_patches. Elsewhere nothing is to be made.
        body = operation.example if operation.method == "PATCH" else {}
        answer = await bare.request(operation.method, operation.url, json=body)
        refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
        lacks = sorted(set(operation.scopes or ()) - may)
        assert answer.status_code < 500, (operation.id, answer.text)
        if refused != bool(lacks) or answer.status_code == 401:
            wrong[operation.id] = (answer.status_code, answer.json().get("detail"), lacks)
    assert wrong == {}


async def test_the_shipped_table_leaves_no_scope_to_nobody_and_gives_readers_and_tools_little(client):
    shown = good(await client.get("/v1/roles"))
    may = {row["role"]: set(row["scopes"]) for row in shown["data"]}
    assert list(may) == list(Role)
    assert set().union(*may.values()) == SCOPES.keys()
    assert {scope.partition(":")[2] for scope in may["reader"]} == {"read"}
    assert not [scope for scope in may["integration"] if scope.startswith(("people:", "affected:", "keys:", "legal:"))]
    assert may["reader"] < may["responder"] < may["lead"] < may["admin"]
    assert may["legal"] - may["lead"] == {"legal:approve", "legal:hold"}
    # 特批 and what changes who may do what are not for everybody.
    holders = {row["scope"]: row["roles"] for row in shown["scopes"]}
    assert holders["incidents:override"] == ["lead", "admin"]
    assert holders["people:unmask"] == ["lead", "legal", "admin"]
    assert holders["legal:approve"] == holders["legal:hold"] == ["legal", "admin"]
    for scope in ("people:write", "people:act", "keys:admin", "webhooks:write"):
        assert holders[scope] == ["admin"], scope
