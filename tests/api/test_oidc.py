"""People who sign in with an OpenID Connect issuer: a real one, served here, with all that can be wrong with it."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import ValidationError

from app.core.oidc import LEEWAY_SECONDS
from app.main import create_app
from app.settings import Settings
from tests.support.api import good, problem, timeline
from tests.support.issuer import AUDIENCE, DISCOVERY, KEYS, IssuerServer, ec_key, published, rsa_key
from tests.support.people import bearer, make_key, make_person, me, mine, mint, open_incident
from tests.support.waiting import eventually

Serving = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
RSA, EC = rsa_key("rsa-1"), ec_key("ec-1")
# Longer than any test: within one, the issuer is asked once.
NEVER_AGAIN = 300.0


@pytest.fixture
async def issuer() -> AsyncIterator[IssuerServer]:
    async with IssuerServer(RSA, EC) as issuer:
        yield issuer


@pytest.fixture
def serving(settings: Settings, database: object, issuer: IssuerServer) -> Serving:
    """The service with this issuer set, as a client without a key sees it."""

    @asynccontextmanager
    async def serving(refetch: float = NEVER_AGAIN, **fields: Any) -> AsyncIterator[httpx.AsyncClient]:
        oidc = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "oidc_refetch_seconds": refetch} | fields
        app = create_app(settings.model_copy(update=oidc))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://fenghuo.test") as bare,
        ):
            yield bare

    return serving


@pytest.fixture
async def person(client: httpx.AsyncClient) -> dict[str, Any]:
    return await make_person(client, "incidents:read", "incidents:write", oidc_subject=f"sub-{uuid4()}")


@pytest.mark.parametrize("key", [RSA, EC], ids=lambda key: key.kid)
async def test_a_person_signs_in_and_does_what_they_may(serving, issuer, person, key):
    expires = int(time.time()) + 300
    async with serving() as bare:
        token = issuer.token(person["oidc_subject"], key=key, exp=expires)
        shown = good(await me(bare, token))
        assert shown == {
            "kind": "oidc", "key": None, "person": mine(person), "version": 1,
            "scopes": ["incidents:read", "incidents:write"],
            "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires)),
        }  # fmt: skip
        incident = await open_incident(bare, token)
        problem(await bare.get("/v1/watch-rules", headers=bearer(token)), 403, code="forbidden")
        bare.headers.update(bearer(token))
        (opened,) = await timeline(bare, incident["id"])
        assert (opened["actor"], opened["via"]) == (f"person:{person['id']}", "oidc")
        assert opened["person"]["id"] == person["id"]
    assert issuer.asked == {DISCOVERY: 1, KEYS: 1}


async def test_keys_and_person_tokens_work_beside_it(client, serving, person, issuer):
    backend = await make_key(client, "people:act")
    async with serving() as bare:
        made = await mint(bare, backend, person)
        assert good(await me(bare, made["token"]))["kind"] == "person_token"
    assert not issuer.asked


def wrong_claims(issuer: IssuerServer, subject: str) -> dict[str, str]:
    """Tokens that the issuer signed, but not for us, or not for now."""
    now = int(time.time())
    claims: dict[str, dict[str, Any]] = {
        "another audience": {"aud": "elsewhere"}, "other audiences": {"aud": ["a", "b"]}, "no audience": {"aud": None},
        "another issuer": {"iss": "https://elsewhere.example"}, "a slash more": {"iss": f"{issuer.url}/"},
        "no issuer": {"iss": None}, "expired": {"exp": now - LEEWAY_SECONDS - 5}, "never expires": {"exp": None},
        "expires in words": {"exp": "tomorrow"}, "not yet": {"nbf": now + LEEWAY_SECONDS + 60},
        "no subject": {"sub": None}, "a number as subject": {"sub": 7}, "an empty subject": {"sub": ""},
        "NUL in the subject": {"sub": f"{subject}\0"}, "a long subject": {"sub": "a" * 256},
    }  # fmt: skip
    return {what: issuer.token(subject, **said) for what, said in claims.items()}


def hs256(secret: bytes, claims: dict[str, Any]) -> str:
    """By hand: the library refuses to take a public key for a secret."""
    signed = f"{part({'alg': 'HS256', 'kid': 'rsa-1'})}.{part(claims)}"
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), "sha256")).decode().rstrip("=")
    return f"{signed}.{mac}"


def forgeries(issuer: IssuerServer, subject: str) -> dict[str, str]:
    """Tokens that say what a good one says, and that the issuer did not sign."""
    (public, *_) = published([RSA])
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": subject, "exp": int(time.time()) + 300}
    body = part(claims)
    head, _, signature = issuer.token(subject).split(".")
    stranger = rsa_key("rsa-1")
    its_own_key = {"kid": "mine", "jwk": published([stranger])[0]}
    return {
        "alg none": f"{part({'alg': 'none', 'kid': 'rsa-1'})}.{body}.",
        "alg None": f"{part({'alg': 'None', 'kid': 'rsa-1'})}.{body}.",
        "HS256 with the public key (PEM)": hs256(RSA.as_pem(private=False), claims),
        "HS256 with the public key (DER)": hs256(RSA.as_der(private=False), claims),
        "HS256 with the public key (JWK)": hs256(json.dumps(public).encode(), claims),
        "HS256 with the published octets": hs256(b"0" * 32, claims),
        "a stranger's key of the same id": issuer.token(subject, key=stranger),
        "a stranger's key in the header": issuer.token(subject, key=stranger, header=its_own_key),
        "a key of another kind": f"{part({'alg': 'ES256', 'kid': 'rsa-1'})}.{body}.{signature}",
        "other claims": f"{head}.{part(claims | {'sub': 'admin'})}.{signature}",
        "claims that are none": f"{head}.{part([])}.{signature}",
        "no key id among several": issuer.token(subject, header={"kid": None}),
        "an unknown key id": issuer.token(subject, key=ec_key("unknown")),
        "a key id that is none": f"{part({'alg': 'RS256', 'kid': ['rsa-1']})}.{body}.{signature}",
        "critical without a name": f"{part({'alg': 'RS256', 'kid': 'rsa-1', 'crit': 7})}.{body}.{signature}",
        "critical": f"{part({'alg': 'RS256', 'kid': 'rsa-1', 'crit': ['exp']})}.{body}.{signature}",
        "no base64": f"{head}.{body}.!!!!",
    }  # fmt: skip


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_what_the_issuer_did_not_sign_for_us_is_refused(serving, issuer, person):
    subject = person["oidc_subject"]
    issuer.extra = [{"kty": "oct", "k": base64.urlsafe_b64encode(b"0" * 32).decode(), "kid": "rsa-1", "alg": "HS256"}]
    async with serving() as bare:
        good(await me(bare, issuer.token(subject)))
        for what, token in (wrong_claims(issuer, subject) | forgeries(issuer, subject)).items():
            answer = await me(bare, token)
            assert answer.status_code == 401, f"{what}: {answer.text}"
            problem(answer, 401, code="unauthorized")
            assert 'error="invalid_token"' in answer.headers["www-authenticate"], what


async def test_clocks_may_differ_a_little_and_a_token_may_be_for_several(serving, issuer, person):
    subject, now = person["oidc_subject"], int(time.time())
    async with serving() as bare:
        for claims in ({"exp": now - 5}, {"nbf": now + 15, "iat": now + 15}, {"aud": ["other", AUDIENCE]},
                       {"exp": 10**18}, {"exp": now + 60.5}):  # fmt: skip
            assert good(await me(bare, issuer.token(subject, **claims)))["kind"] == "oidc", claims
        good(await me(bare, issuer.token(subject, header={"typ": "at+jwt", "nonce": "x"})))
        good(await me(bare, issuer.token(subject, header={"alg": "PS256"})))
        good(await me(bare, issuer.token(subject, more="x" * 4_000)))
        problem(await me(bare, issuer.token(subject, more="x" * 9_000)), 401)


async def test_whom_the_issuer_knows_and_we_do_not_is_told_so(client, serving, issuer, person):
    async with serving() as bare:
        stranger = f"sub-{uuid4()}"
        refusal = problem(await me(bare, issuer.token(stranger)), 403, code="person_unknown")
        assert stranger in refusal["detail"]
        token = issuer.token(person["oidc_subject"])
        good(await me(bare, token))
        good(await client.patch(f"/v1/people/{person['id']}", json={"active": False}))
        await eventually(lambda: answers(bare, token, 403), timeout=1)
        problem(await me(bare, token), 403, code="person_inactive")
        good(await client.patch(f"/v1/people/{person['id']}", json={"active": True, "oidc_subject": None}))
        problem(await me(bare, token), 403, code="person_unknown")


async def answers(bare: httpx.AsyncClient, token: str, status: int) -> bool:
    return (await me(bare, token)).status_code == status


async def test_a_new_key_is_taken_and_the_old_one_ends(serving, issuer, person):
    subject = person["oidc_subject"]
    async with serving(refetch=0.1) as bare:
        old = issuer.token(subject)
        good(await me(bare, old))
        issuer.keys = [ec_key("ec-2")]
        await eventually(lambda: answers(bare, issuer.token(subject), 200), timeout=5)
        await eventually(lambda: answers(bare, old, 401), timeout=1)


async def test_made_up_key_ids_do_not_become_requests_to_the_issuer(serving, issuer, person):
    stranger = ec_key("stranger")
    subject = person["oidc_subject"]
    async with serving() as bare:
        flood = [issuer.token(subject, key=stranger, header={"kid": f"made-up-{n}"}) for n in range(100)]
        good_one = issuer.token(subject)
        answered = await asyncio.gather(*(me(bare, token) for token in (*flood, good_one)))
        assert [answer.status_code for answer in answered] == [401] * 100 + [200]
        assert issuer.asked == {DISCOVERY: 1, KEYS: 1}
    issuer.asked.clear()
    async with serving(refetch=0.1) as bare:
        asked_from = time.monotonic()
        for token in flood:
            assert (await me(bare, token)).status_code == 401
        took = time.monotonic() - asked_from
        assert issuer.asked[KEYS] <= took / 0.1 + 1


async def test_known_keys_serve_while_the_issuer_is_away(serving, issuer, person):
    subject = person["oidc_subject"]
    async with serving(refetch=0.1) as bare:
        good(await me(bare, issuer.token(subject)))
        await issuer.stop()
        problem(await me(bare, issuer.token(subject, key=ec_key("new"))), 401)
        good(await me(bare, issuer.token(subject, key=EC)))
        # Nor is an empty or broken answer believed.
        await issuer.start()
        issuer.keys, before = [], issuer.asked[KEYS]
        await eventually(lambda: asked_again(bare, issuer, subject, before), timeout=5)
        good(await me(bare, issuer.token(subject, key=EC)))


async def asked_again(bare: httpx.AsyncClient, issuer: IssuerServer, subject: str, before: int) -> bool:
    problem(await me(bare, issuer.token(subject, key=ec_key("newer"))), 401)
    return issuer.asked[KEYS] > before


@pytest.mark.parametrize("fault", [
    {"status": 500}, {"status": 302}, {"document": {"issuer": "https://elsewhere.example"}},
    {"document": {"jwks_uri": "http://keys.example/keys"}}, {"document": {"jwks_uri": None}},
    {"keys": []}, {"body": "no keys"}, {"body": {"keys": None}}, {"body": []}, {"document": {"jwks_uri": "file:///etc/passwd"}},
], ids=str)  # fmt: skip
async def test_without_any_keys_the_service_says_try_again_and_recovers(serving, issuer, person, fault):
    sound = {name: getattr(issuer, name) for name in fault}
    token = issuer.token(person["oidc_subject"])
    for name, value in fault.items():
        setattr(issuer, name, value)
    async with serving(refetch=0.1) as bare:
        answer = await me(bare, token)
        problem(answer, 503, code="unavailable")
        assert answer.headers["retry-after"] == "3"
        assert issuer.asked["/elsewhere"] == 0
        for name, value in sound.items():
            setattr(issuer, name, value)
        await eventually(lambda: answers(bare, token, 200), timeout=5)


async def test_keys_that_would_travel_in_clear_are_not_asked_for(serving, issuer, person):
    """The name is this machine's, so that it would be answered; the name server could say otherwise."""
    issuer.document = {"jwks_uri": f"{issuer.url.replace('127.0.0.1', 'localhost')}{KEYS}"}
    async with serving() as bare:
        problem(await me(bare, issuer.token(person["oidc_subject"])), 503)
    assert issuer.asked == {DISCOVERY: 1}


async def test_an_algorithm_that_is_no_signature_does_not_reach_the_issuer(serving, issuer, person):
    async with serving() as bare:
        for token in (hs256(b"0" * 32, {"sub": "x"}), f"{part({'alg': 'none', 'kid': 'rsa-1'})}.{part({})}."):
            assert "must be one of RS256" in problem(await me(bare, token), 401)["detail"]
    assert not issuer.asked


async def test_keys_we_do_not_understand_cost_none_of_the_others(serving, issuer, person):
    issuer.extra = [{"kty": "AKP", "kid": "pq"}, {"kty": "RSA", "kid": "half"}, "nonsense", {},
                    published([ec_key("enc")])[0] | {"use": "enc"}]  # fmt: skip
    async with serving() as bare:
        good(await me(bare, issuer.token(person["oidc_subject"])))


async def test_where_the_keys_are_may_be_said_in_the_settings(serving, issuer, person):
    async with serving(oidc_jwks_url=f"{issuer.url}/my-keys") as bare:
        good(await me(bare, issuer.token(person["oidc_subject"])))
    assert issuer.asked == {"/my-keys": 1}


@pytest.mark.parametrize(("fields", "words"), [
    ({"oidc_issuer": "https://id.example"}, "FENGHUO_OIDC_AUDIENCE is needed"),
    ({"oidc_issuer": "http://id.example", "oidc_audience": "x"}, "FENGHUO_OIDC_ISSUER must be an https URL"),
    ({"oidc_issuer": "id.example", "oidc_audience": "x"}, "FENGHUO_OIDC_ISSUER must be an https URL"),
    ({"oidc_jwks_url": "http://127.0.0.1.example/keys"}, "FENGHUO_OIDC_JWKS_URL must be an https URL"),
])  # fmt: skip
def test_a_sign_in_that_would_let_strangers_in_is_refused_at_the_start(fields, words):
    with pytest.raises(ValidationError, match=words):
        Settings(**fields)
