"""Idempotency-Key: what is sent twice is done once, and answered alike."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update

from app.models import IdempotencyKey
from tests.support.api import OPERATIONS, brand, everything, good, make_rule, mention, problem
from tests.support.creating import ELSEWHERE, body_of
from tests.support.people import bearer, make_key, make_person

RULES = "/v1/watch-rules"


def rule(word: str) -> dict:
    return {"name": f"规则 {word}", "brand_words": [word]}


def key(name: str | None = None) -> dict[str, str]:
    return {"idempotency-key": name or uuid4().hex}


async def made(client, word: str) -> int:
    return sum(row["brand_words"] == [word] for row in await everything(client, RULES, limit=200))


async def test_the_second_request_is_answered_as_the_first_was(client):
    word, sent = brand(), key()
    first = await client.post(RULES, json=rule(word), headers=sent)
    assert "idempotent-replayed" not in first.headers
    for _ in range(2):
        second = await client.post(RULES, json=rule(word), headers=sent)
        assert second.headers["idempotent-replayed"] == "true"
        assert (second.status_code, second.content) == (201, first.content)
        assert second.headers["etag"] == first.headers["etag"]
    assert await made(client, word) == 1


async def test_a_key_stands_for_one_request(client):
    word, sent = brand(), key()
    good(await client.post(RULES, json=rule(word), headers=sent), 201)
    problem(await client.post(RULES, json=rule(brand()), headers=sent), 422, code="idempotency_key_reused")
    outlet = {"name": f"{word}日报", "tier": "central"}
    problem(await client.post("/v1/media-outlets", json=outlet, headers=sent), 422, code="idempotency_key_reused")
    for bad in ("", "with space", "x" * 256, "键"):
        answer = await client.post(RULES, json=rule(word), headers={b"idempotency-key": bad.encode()})
        problem(answer, 400, "Idempotency-Key:")


async def test_what_was_refused_may_be_sent_again(client):
    sent = key()
    problem(await client.post(RULES, json={"name": "规则", "brand_words": []}, headers=sent), 422, "/brand_words")
    good(await client.post(RULES, json=rule(brand()), headers=sent), 201)


async def test_keys_of_different_callers_are_different(client):
    body = {"name": "another", "scopes": ["rules:write"]}
    other = good(await client.post("/v1/api-keys", json=body), 201)["key"]
    word, sent = brand(), key()
    good(await client.post(RULES, json=rule(word), headers=sent), 201)
    headers = sent | {"authorization": f"Bearer {other}"}
    assert "idempotent-replayed" not in (await client.post(RULES, json=rule(word), headers=headers)).headers
    assert await made(client, word) == 2


async def test_an_answer_is_for_those_who_may_have_it(client, bare):
    person = await make_person(client, "rules:read", "keys:admin")
    whole = await make_key(client, "rules:read", "keys:admin", person_id=person["id"])
    narrow = await make_key(client, "rules:read", person_id=person["id"])
    sent, body = key(), {"name": "一次", "scopes": ["rules:read"]}
    good(await bare.post("/v1/api-keys", json=body, headers=sent | bearer(whole["key"])), 201)
    problem(await bare.post("/v1/api-keys", json=body, headers=sent | bearer(narrow["key"])), 403)


async def test_secrets_that_are_shown_once_are_not_stored_readably(client, database):
    sent, name = key(), uuid4().hex
    body = {"name": name, "scopes": ["rules:read"]}
    shown = good(await client.post("/v1/api-keys", json=body, headers=sent), 201)["key"]
    assert good(await client.post("/v1/api-keys", json=body, headers=sent), 201)["key"] == shown
    rows = await database.fetch("select name, request, answer from idempotency_keys")
    kept = b"".join(part for row in rows for part in row)
    assert len(kept) > 100
    assert not any(part.encode() in kept for part in (shown, shown.rpartition("_")[2], name, sent["idempotency-key"]))


async def test_a_hundred_keys_twenty_times_each_at_once(client):
    sent = {uuid4().hex: key() for _ in range(100)}

    connections = asyncio.Semaphore(40)

    async def send(name: str) -> tuple[int, bool]:
        while True:
            body = {"name": name, "scopes": ["rules:read"]}
            async with connections:
                answer = await client.post("/v1/api-keys", json=body, headers=sent[name])
            # Turned away, or told to wait for the first: nothing was done, and the client asks again.
            if answer.status_code not in (409, 503):
                return answer.status_code, "idempotent-replayed" in answer.headers
            assert answer.headers["retry-after"]

    answers = await asyncio.gather(*(send(name) for _ in range(20) for name in sent))
    assert {status for status, _ in answers} == {201}
    assert sum(replayed for _, replayed in answers) == 1_900
    listed = Counter(row["name"] for row in await everything(client, "/v1/api-keys", limit=200))
    assert all(listed[name] == 1 for name in sent)


async def test_who_can_not_wait_longer_is_told_to_come_back(client, database):
    word, sent = brand(), key()
    first = good(await client.post(RULES, json=rule(word), headers=sent), 201)
    async with database.transaction() as tx:
        # The first request, seen from the others, before its commit.
        await tx.execute(text("lock table idempotency_keys in exclusive mode"))
        answer = await client.post(RULES, json=rule(word), headers=sent)
        problem(answer, 409, code="idempotency_key_in_use")
        assert answer.headers["retry-after"] == "1"
    assert good(await client.post(RULES, json=rule(word), headers=sent), 201) == first


async def test_an_answer_is_kept_for_a_day(client, database, tidied):
    word, sent = brand(), key()
    good(await client.post(RULES, json=rule(word), headers=sent), 201)
    await tidied()
    assert "idempotent-replayed" in (await client.post(RULES, json=rule(word), headers=sent)).headers
    async with database.transaction() as tx:
        day = timedelta(hours=24, seconds=1)
        await tx.execute(update(IdempotencyKey).values(created_at=IdempotencyKey.created_at - day))
    await tidied()
    async with database.transaction() as tx:
        assert (await tx.scalars(select(IdempotencyKey))).all() == []


@pytest.fixture
def tidied(database):
    from workers.tidy import tidy

    return lambda: tidy(database)


async def test_a_reading_with_a_key_is_a_transaction_of_its_own(client, counter):
    word = brand()
    await make_rule(client, word)
    body = {"platform": "weibo", "external_id": uuid4().hex, "text": f"{word} 差评", "likes": 3}
    sent = key()
    first = await client.post("/v1/mentions", json=body, headers=sent)
    again = await client.post("/v1/mentions", json=body, headers=sent)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    # Without the key it is a reading of a known post, as ever.
    good(await client.post("/v1/mentions", json=body), 200)
    await counter.sweep()
    assert (await mention(client, first.json()["id"]))["likes"] == 3


async def test_a_batch_with_a_key_is_taken_once(client):
    items = [{"platform": "weibo", "external_id": uuid4().hex, "text": f"甲{n}"} for n in range(3)] + [{"text": "x"}]
    sent = key()
    first = good(await client.post("/v1/mention-batches", json={"items": items}, headers=sent), 207)
    assert [result["status"] for result in first["results"]] == [201, 201, 201, 422]
    again = await client.post("/v1/mention-batches", json={"items": items}, headers=sent)
    assert good(again, 207) == first
    assert again.headers["idempotent-replayed"] == "true"


CREATING = [
    one for one in OPERATIONS
    if one.method == "POST" and one.id.startswith(("create", "open")) and "{" not in one.path and one.id not in ELSEWHERE
]  # fmt: skip


@pytest.mark.parametrize("operation", CREATING, ids=str)
async def test_every_post_that_creates_honours_the_key(client, operation):
    sent, body = key(), await body_of(client, operation)
    first = await client.post(operation.url, json=body, headers=sent)
    assert first.status_code == 201, first.text
    again = await client.post(operation.url, json=body, headers=sent)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
