"""Person tokens: what a front end's backend mints, what such a token may do, and what ends it."""

import base64
import json
from datetime import timedelta
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from app.core.auth import SCOPES
from app.core.person_tokens import TYPE, PersonTokens
from tests.conftest import SECRET_KEY
from tests.support.api import ago, good, instant, problem, timeline
from tests.support.people import bearer, make_key, make_person, me, mine, mint, open_incident, refused
from tests.support.waiting import eventually

URL = "/v1/person-tokens"


@pytest.fixture
async def backend(client):
    """The key of a front end's backend, which may mint tokens and nothing else."""
    return await make_key(client, "people:act")


async def test_a_token_acts_for_the_person_for_15_minutes(client, bare, backend):
    person = await make_person(client, "incidents:read", "rules:read")
    made = await mint(bare, backend, person)
    left = instant(made["expires_at"]) - instant(ago(seconds=0))
    assert timedelta(minutes=14, seconds=50) < left <= timedelta(minutes=15)
    assert made["scopes"] == ["incidents:read", "rules:read"]
    assert good(await me(bare, made["token"])) == {
        "kind": "person_token", "key": {"id": backend["id"], "name": backend["name"], "roles": []},
        "person": mine(person), "scopes": made["scopes"], "expires_at": made["expires_at"], "version": 1,
    }  # fmt: skip
    good(await bare.get("/v1/incidents", headers=bearer(made["token"])))
    # The backend itself may do none of it.
    problem(await bare.get("/v1/incidents", headers=bearer(backend["key"])), 403)


async def test_a_narrow_token_can_do_no_more_than_was_asked_for(client, bare, backend):
    person = await make_person(client, "incidents:read", "incidents:write")
    made = await mint(bare, backend, person, "incidents:read", "rules:write")
    assert made["scopes"] == ["incidents:read"]
    good(await bare.get("/v1/incidents", headers=bearer(made["token"])))
    for method, url in (("POST", "/v1/incidents"), ("POST", "/v1/watch-rules"), ("GET", "/v1/people"), ("POST", URL)):
        problem(await bare.request(method, url, json={}, headers=bearer(made["token"])), 403, code="forbidden")
    nothing = await mint(bare, backend, person, "rules:write")
    assert nothing["scopes"] == []
    problem(await bare.get("/v1/incidents", headers=bearer(nothing["token"])), 403)


async def test_no_token_makes_keys_or_tokens_even_for_an_administrator(client, bare, backend):
    admin = await make_person(client, *SCOPES)
    for made in (await mint(bare, backend, admin), await mint(bare, backend, admin, *sorted(SCOPES))):
        assert made["scopes"] == sorted(SCOPES.keys() - {"keys:admin", "people:act"})
        body = {"name": "for ever", "scopes": ["incidents:read"]}
        problem(await bare.post("/v1/api-keys", json=body, headers=bearer(made["token"])), 403)
        problem(await bare.post(URL, json={"person_id": admin["id"]}, headers=bearer(made["token"])), 403)
        # Nor can it give them to its person, to use them by another way in.
        body = {"name": "王小明", "scopes": ["keys:admin"]}
        problem(await bare.post("/v1/people", json=body, headers=bearer(made["token"])), 403, code="scopes_not_yours")


async def test_only_a_machine_acts_for_people(client, bare):
    person = await make_person(client, "people:act", "incidents:read")
    key = await make_key(client, "people:act", person_id=person["id"])
    body = {"person_id": person["id"]}
    problem(await bare.post(URL, json=body, headers=bearer(key["key"])), 403, code="machine_key_needed")


async def test_a_token_is_only_as_good_as_the_key_and_the_person_are_now(client, bare, backend):
    """Whatever it says: it was signed in the past, perhaps by an older version of us."""
    admin = await make_person(client, *SCOPES)
    until = instant(ago(days=-1))

    async def answer(key: dict):
        signed = PersonTokens(SECRET_KEY, "test").write(
            UUID(admin["id"]), key_id=key["id"], scopes=SCOPES, expires_at=until
        )
        return await me(bare, signed)

    assert good(await answer(backend))["scopes"] == sorted(SCOPES.keys() - {"keys:admin", "people:act"})
    problem(await answer(await make_key(client, "people:read")), 401)
    problem(await answer(await make_key(client, "people:act", person_id=admin["id"])), 401)
    problem(await answer({"id": "nobody"}), 401)


async def test_a_token_is_for_a_person_there_is(client, bare, backend):
    person = await make_person(client, "incidents:read")
    good(await client.patch(f"/v1/people/{person['id']}", json={"active": False}))
    for body, pointer in (
        ({"person_id": "0190f5a2-7b5e-7c3d-8a1f-0123456789ab"}, "/person_id"), ({"person_id": "me"}, "/person_id"),
        ({"person_id": person["id"]}, "/person_id"), ({"person_id": person["id"], "scopes": ["all"]}, "/scopes"),
        ({"person_id": person["id"], "expires_at": ago(hours=-1)}, "/expires_at"),
    ):  # fmt: skip
        problem(await bare.post(URL, json=body, headers=bearer(backend["key"])), 422, pointer)


async def test_tokens_die_within_a_second_with_the_key_that_minted_them(client, bare, backend):
    person = await make_person(client, "incidents:read")
    made, other = await mint(bare, backend, person), await mint(bare, await make_key(client, "people:act"), person)
    good(await me(bare, made["token"]))
    good(await client.post(f"/v1/api-keys/{backend['id']}/revoke"))
    await eventually(lambda: refused(bare, made["token"]), timeout=1)
    assert "minted" in problem(await me(bare, made["token"]), 401)["detail"]
    good(await me(bare, other["token"]))


async def test_tokens_die_when_the_key_that_minted_them_expires(client, bare, database):
    key = await make_key(client, "people:act", expires_at=ago(hours=-1))
    made = await mint(bare, key, await make_person(client, "incidents:read"))
    good(await me(bare, made["token"]))
    await database.fetch("update api_keys set expires_at = now() where id = $1", key["id"])
    await eventually(lambda: refused(bare, made["token"]), timeout=1)


async def test_tokens_outlive_a_rotation_of_the_key(client, bare, backend):
    made = await mint(bare, backend, await make_person(client, "incidents:read"))
    good(await client.post(f"/v1/api-keys/{backend['id']}/rotate", json={"overlap_seconds": 0}))
    await eventually(lambda: refused(bare, backend["key"]), timeout=1)
    good(await me(bare, made["token"]))


async def test_tokens_die_within_a_second_with_the_person_and_narrow_with_them(client, bare, backend):
    person = await make_person(client, "incidents:read", "rules:read")
    made = await mint(bare, backend, person)
    good(await me(bare, made["token"]))
    url = f"/v1/people/{person['id']}"
    good(await client.patch(url, json={"scopes": ["rules:read", "mentions:read"]}))
    await eventually(lambda: may_do(bare, made, ["rules:read"]), timeout=1)
    good(await client.patch(url, json={"active": False}))
    await eventually(lambda: refused(bare, made["token"]), timeout=1)
    problem(await bare.get("/v1/watch-rules", headers=bearer(made["token"])), 401)


async def may_do(bare, made, scopes) -> bool:
    return good(await me(bare, made["token"]))["scopes"] == scopes


async def test_an_expired_token_is_refused(client, bare, backend, database):
    person = await make_person(client, "incidents:read")
    (row,) = await database.fetch("select now() as now")
    for seconds, status in ((0, 401), (-1, 401), (60, 200)):
        token = PersonTokens(SECRET_KEY, "test").write(
            UUID(person["id"]), key_id=backend["id"], scopes=["incidents:read"],
            expires_at=row["now"] + timedelta(seconds=seconds),
        )  # fmt: skip
        answer = await me(bare, token)
        assert answer.status_code == status, answer.text
        assert status == 200 or "expired" in problem(answer, 401)["detail"]


def forgeries(person: dict, backend: dict, good_token: str) -> dict[str, str]:
    """Tokens that say what a good one says, or what looks like one, and are not ours."""
    head, body, signature = good_token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    more = part(claims | {"scopes": sorted(SCOPES)})
    plain = OctKey.import_key(SECRET_KEY)
    ours = {"person_id": UUID(person["id"]), "key_id": backend["id"], "scopes": [], "expires_at": instant(ago(days=-1))}
    return {
        "other claims": f"{head}.{more}.{signature}", "no signature": f"{head}.{body}.",
        "alg none": f"{part({'alg': 'none', 'typ': TYPE})}.{more}.",
        "another algorithm": f"{part({'alg': 'HS512', 'typ': TYPE})}.{body}.{signature}",
        "the secret itself as key": jwt.encode({"alg": "HS256", "typ": TYPE}, claims, plain, algorithms=["HS256"]),
        "another environment": PersonTokens(SECRET_KEY, "live").write(**ours),
        "another service": PersonTokens("another secret of more than 32 characters", "test").write(**ours),
        "no header": f"{part([])}.{body}.{signature}", "a number": f"{part(7)}.{body}.{signature}",
        "deep": f"{base64.urlsafe_b64encode(b'[' * 5000).decode().rstrip('=')}.{body}.{signature}",
        "empty": "..", "not base64": "a.b.c", "long": f"{head}.{'A' * 9000}.{signature}",
        "alg of another type": f"{part({'alg': 1, 'typ': TYPE})}.{body}.{signature}",
        "critical without a name": f"{part({'alg': 'HS256', 'typ': TYPE, 'crit': 7})}.{body}.{signature}",
        "critical": f"{part({'alg': 'HS256', 'typ': TYPE, 'crit': ['x'], 'x': 1})}.{body}.{signature}",
        "an issuer's, and none is set": f"{part({'alg': 'RS256', 'kid': '1'})}.{body}.{signature}",
    }  # fmt: skip


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_what_we_did_not_sign_is_no_token(client, bare, backend):
    person = await make_person(client, "incidents:read")
    made = await mint(bare, backend, person)
    good(await me(bare, made["token"]))
    for what, forged in forgeries(person, backend, made["token"]).items():
        answer = await me(bare, forged)
        assert answer.status_code == 401, f"{what}: {answer.text}"
        problem(answer, 401, code="unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_events_keep_both_the_person_and_the_machine(client, bare, backend, database):
    person = await make_person(client, "incidents:read", "incidents:write", name="诸葛亮")
    made = await mint(bare, backend, person)
    incident = await open_incident(bare, made["token"])
    bare.headers.update(bearer(made["token"]))
    (opened,) = await timeline(bare, incident["id"])
    assert (opened["actor"], opened["via"]) == (f"person:{person['id']}", f"key:{backend['id']}")
    assert opened["person"] == {"id": person["id"], "name": "诸**"}
    (minted,) = await database.fetch(
        "select actor, via, data::text as data from events where type = 'person.token_minted' and data->>'subject_id' = $1",
        person["id"],
    )
    assert (minted["actor"], minted["via"]) == (f"key:{backend['id']}", None)
    assert "诸葛亮" not in minted["data"]
    assert made["token"].split(".")[2] not in minted["data"]
