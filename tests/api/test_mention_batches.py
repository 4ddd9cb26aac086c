"""Batches: a result for each item in order; a bad item is named and loses nothing but itself."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.support.api import ago, brand, everything, good, incident, instant, make_rule, mention, problem, timeline

URL = "/v1/mention-batches"
NDJSON = {"content-type": "application/x-ndjson"}


def items(count: int, text: str = "批量", **fields) -> list[dict]:
    return [{"platform": "weibo", "external_id": uuid4().hex, "text": f"{text} {n}", **fields} for n in range(count)]


def lines(given: list) -> bytes:
    return b"\n".join(json.dumps(item).encode() for item in given)


async def as_json(client, given: list, **fields):
    body = json.dumps({"items": given, **fields}).encode()
    return await client.post(URL, content=body, headers={"content-type": "application/json"})


async def as_ndjson(client, given: list):
    return await client.post(URL, content=lines(given), headers=NDJSON)


both = pytest.mark.parametrize("send", [as_json, as_ndjson])


@both
async def test_each_item_has_its_result_in_order(client, send):
    given = items(5)
    answer = good(await send(client, given), 207)
    assert (answer["accepted"], answer["refused"]) == (5, 0)
    assert [(r["index"], r["status"], r["problem"]) for r in answer["results"]] == [(n, 201, None) for n in range(5)]
    for item, result in zip(given, answer["results"], strict=True):
        assert (await mention(client, result["id"]))["external_id"] == item["external_id"]
    again = good(await send(client, given), 207)
    assert [(r["status"], r["id"]) for r in again["results"]] == [(200, r["id"]) for r in answer["results"]]


@both
async def test_1_to_1000_items_are_taken(client, send):
    answer = good(await send(client, items(1000)), 207)
    assert answer["accepted"] == len({r["id"] for r in answer["results"]}) == 1000
    for count in (0, 1001):
        found = problem(await send(client, items(count)), 422)
        assert found["errors"][0]["code"] in ("too_long", "too_short")


async def test_1001_items_with_a_bad_one_are_refused_as_a_whole(client):
    problem(await as_json(client, [*items(1000), {}]), 422, "/items")


BAD = {
    "no object": (5, ""),
    "null": (None, ""),
    "a list": ([], ""),
    "nothing in it": ({}, "/text"),
    "an unknown field": ({**items(1)[0], "heat": 1}, "/heat"),
    "a negative counter": ({**items(1)[0], "likes": -1}, "/likes"),
    "true for an integer": ({**items(1)[0], "likes": True}, "/likes"),
    "NaN": ({**items(1)[0], "likes": float("nan")}, "/likes"),
    "infinite": ({**items(1)[0], "likes": float("inf")}, "/likes"),
    "beyond bigint": ({**items(1)[0], "likes": 2**63}, "/likes"),
    "NUL": ({**items(1)[0], "text": "\x00"}, "/text"),
    "half a surrogate pair": ({**items(1)[0], "text": "\ud800"}, "/text"),
    "a naive instant": ({**items(1)[0], "observed_at": "2026-11-20T08:00:00"}, "/observed_at"),
    "the future": ({**items(1)[0], "published_at": "2199-01-01T00:00:00Z"}, "/published_at"),
    "invisible": ({**items(1)[0], "text": "\u200b"}, "/text"),
    "historical as text": ({**items(1)[0], "historical": "yes"}, "/historical"),
}


@both
@pytest.mark.parametrize(("bad", "pointer"), BAD.values(), ids=BAD)
async def test_a_bad_item_is_named_and_the_good_ones_are_stored(client, send, bad, pointer):
    before, after = items(2)
    answer = good(await send(client, [before, bad, after]), 207)
    assert (answer["accepted"], answer["refused"]) == (2, 1)
    assert [r["status"] for r in answer["results"]] == [201, 422, 201]
    refused = answer["results"][1]
    assert (refused["index"], refused["id"], refused["problem"]["code"]) == (1, None, "invalid")
    assert refused["problem"]["detail"]
    assert f"/items/1{pointer}" in refused["problem"]["pointers"]
    for result in (answer["results"][0], answer["results"][2]):
        good(await client.get(f"/v1/mentions/{result['id']}"))


@both
async def test_a_number_longer_than_python_reads_costs_only_its_item(client, send):
    given = [*items(1), {**items(1)[0], "likes": 77_777}, *items(1)]
    body = lines(given) if send is as_ndjson else json.dumps({"items": given}).encode()
    headers = NDJSON if send is as_ndjson else {"content-type": "application/json"}
    response = await client.post(URL, content=body.replace(b"77777", b"7" * 5000), headers=headers)
    assert [r["status"] for r in good(response, 207)["results"]] == [201, 422, 201]
    assert response.json()["results"][1]["problem"]["pointers"] == ["/items/1/likes"]


@both
async def test_a_key_that_stands_twice_in_an_item_costs_only_that_item(client, send):
    given = items(3)
    body = lines(given) if send is as_ndjson else json.dumps({"items": given}).encode()
    headers = NDJSON if send is as_ndjson else {"content-type": "application/json"}
    twice = json.dumps(given[1]["external_id"]).encode()
    response = await client.post(URL, content=body.replace(twice, twice + b', "likes": 1, "likes": 2'), headers=headers)
    results = good(response, 207)["results"]
    assert [r["status"] for r in results] == [201, 400, 201]
    assert results[1]["problem"]["pointers"] == ["/items/1/likes"]


async def test_a_key_that_stands_twice_among_thousands_is_named(client):
    many = ",".join(f'"k{n}":0' for n in range(9_000))
    body = f'{{"items":[{{{many},"k8999":0}}]}}'.encode()
    response = await client.post(URL, content=body, headers={"content-type": "application/json"})
    assert good(response, 207)["results"][0]["problem"]["pointers"] == ["/items/0/k8999"]


FULL = 8 * 1024 * 1024 - 100


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"items":[' + b",".join([b"[]"] * (FULL // 3)) + b"]}", "application/json"),
        (b'{"items":[' + b",".join([b"{}"] * 40_000) + b"]}", "application/json"),
        (b'{"items":[' + b",".join([b'""'] * (FULL // 3)) + b"]}", "application/json"),
        (b"11\n" * (FULL // 3), NDJSON["content-type"]),
    ],
    ids=["lists", "objects", "texts", "lines"],
)
async def test_a_body_of_countless_items_is_too_long_and_nothing_else_is_looked_at(client, body, kind):
    response = await client.post(URL, content=body, headers={"content-type": kind})
    (error,) = problem(response, 422)["errors"]
    assert error["code"] == "too_long"
    assert error["pointer"] == ("/items" if kind == "application/json" else "")


@both
async def test_a_body_of_more_values_than_a_batch_can_have_is_refused(client, send):
    problem(await send(client, [{f"k{n}": 0 for n in range(400_000)}]), 422)
    answer = good(await send(client, [*items(1), {f"k{n}": 0 for n in range(20_000)}]), 207)
    assert [r["status"] for r in answer["results"]] == [201, 422]
    assert len(answer["results"][1]["problem"]["detail"]) < 500


@both
async def test_commas_quotes_and_backslashes_in_texts_are_no_values(client, send):
    texts = ["," * 20_000, '","' * 6_000, "\\" * 19_999 + ",", '\\",' * 6_000, '":,' * 6_000]
    given = [{**items(1)[0], "text": text} for text in texts * 3]
    assert good(await send(client, given), 207)["accepted"] == len(given)


async def test_blank_lines_are_no_items_however_many(client):
    body = b"\n \r\n" * 1_000_000 + lines(items(2))
    assert good(await client.post(URL, content=body, headers=NDJSON), 207)["accepted"] == 2
    problem(await client.post(URL, content=b"\n" * FULL, headers=NDJSON), 422)


async def test_a_key_that_stands_twice_around_the_items_refuses_the_batch(client):
    one = json.dumps(items(1))
    for body in (f'{{"items": {one}, "items": {one}}}', f'{{"items": {one}, "historical": true, "historical": false}}'):
        response = await client.post(URL, content=body.encode(), headers={"content-type": "application/json"})
        problem(response, 400)


async def test_faults_around_the_items_are_named(client):
    for fields, pointer in [({"historical": 1}, "/historical"), ({"source": "x"}, "/source")]:
        problem(await as_json(client, items(1), **fields), 422, pointer)
        problem(await as_json(client, [{}], **fields), 422, pointer)
    problem(await client.post(URL, json={"historical": True}), 422, "/items")
    problem(await client.post(URL, json={"items": "all"}), 422, "/items")


async def test_ndjson_lines_may_be_blank_or_end_as_on_windows(client):
    first, second = items(2)
    body = b"\n\r\n" + lines([first]) + b"\r\n\n" + lines([second]) + b"\r\n"
    answer = good(await client.post(URL, content=body, headers=NDJSON), 207)
    assert [(r["index"], r["status"]) for r in answer["results"]] == [(0, 201), (1, 201)]


async def test_ndjson_lines_that_are_broken_cost_only_themselves(client):
    first, second = items(2)
    deep = b"[" * 500 + b"]" * 500
    broken = [b'{"platform": ', b"hello", b"\xff\xfe", b'{"text": "\xff"}', deep]
    body = b"\n".join([lines([first]), *broken, lines([second])])
    answer = good(await client.post(URL, content=body, headers=NDJSON), 207)
    statuses = [r["status"] for r in answer["results"]]
    assert (statuses[0], statuses[-1], answer["refused"]) == (201, 201, 5)
    assert set(statuses[1:-1]) <= {400, 422}


@both
async def test_the_same_post_twice_in_a_batch_is_one_mention_with_two_readings(client, counter, send):
    (item,) = items(1)
    newer, older = ago(minutes=2), ago(minutes=5)
    given = [{**item, "observed_at": at, "likes": likes} for at, likes in ((newer, 8), (older, 5), (newer, 7))]
    answer = good(await send(client, given), 207)
    assert len({r["id"] for r in answer["results"]}) == 1
    assert sorted(r["status"] for r in answer["results"]) == [200, 200, 201]
    await counter.sweep()
    rows = await everything(client, f"/v1/mentions/{answer['results'][0]['id']}/observations")
    assert [row["likes"] for row in rows] == [5, 8]
    assert [instant(row["observed_at"]) for row in rows] == [instant(older), instant(newer)]


async def test_historical_stands_on_the_batch_or_on_an_item(client, counter):
    word, at = brand(), {"observed_at": ago(hours=1), "published_at": ago(hours=1), "likes": 60_000}
    await make_rule(client, word)
    answer = good(await as_json(client, items(2, f"{word} 差评", **at), historical=True), 207)
    await counter.sweep()
    opened = await incident(client, (await mention(client, answer["results"][0]["id"]))["incident_id"])
    assert (opened["total"], opened["grade"], opened["suggested_grade"]) == (120_000, None, "major")
    good(await as_ndjson(client, items(1, f"{word} 差评", historical=True, **at)), 207)
    await counter.sweep()
    assert (await incident(client, opened["id"]))["grade"] is None
    assert [event["type"] for event in await timeline(client, opened["id"])] == ["incident.opened"]
    # Half of it live: it is graded by what is live, and the machine looks at the whole window.
    good(
        await as_json(
            client, [*items(1, f"{word} 差评", likes=1, published_at=ago(minutes=1)), *items(1, historical=True)]
        ),
        207,
    )
    await counter.sweep()
    assert (await incident(client, opened["id"]))["grade"] == "major"


async def test_a_batch_has_8_mib_at_most(client):
    given = items(100, text="长" * 19_000)
    body = json.dumps({"items": given}, ensure_ascii=False).encode()
    full = body[:-1] + b" " * (8 * 1024 * 1024 - len(body)) + b"}"
    headers = {"content-type": "application/json"}
    assert good(await client.post(URL, content=full, headers=headers), 207)["accepted"] == 100
    problem(await client.post(URL, content=full[:-1] + b" }", headers=headers), 413)


async def test_many_faults_in_many_items_are_answered_briefly(client):
    given = [{f"unknown{n}": n for n in range(200)} for _ in range(200)]
    response = await as_json(client, given)
    answer = good(response, 207)
    assert answer["refused"] == 200
    assert max(len(r["problem"]["pointers"]) for r in answer["results"]) <= 50


async def test_an_item_a_little_ahead_is_taken_for_now_and_one_further_ahead_refused(client):
    now = datetime.now(UTC)
    near, far = ((now + timedelta(minutes=n)).isoformat() for n in (4, 6))
    given = [items(1, observed_at=near)[0], items(1, observed_at=far)[0]]
    answer = good(await as_json(client, given), 207)
    assert [r["status"] for r in answer["results"]] == [201, 422]
    (row,) = await everything(client, f"/v1/mentions/{answer['results'][0]['id']}/observations")
    assert abs(instant(row["observed_at"]) - now) < timedelta(seconds=5)


async def test_the_media_type_decides_how_a_body_is_read(client):
    problem(await client.post(URL, content=lines(items(2)), headers={"content-type": "application/json"}), 400)
    problem(await client.post(URL, content=lines(items(2)), headers={"content-type": "text/csv"}), 415)
    packed = NDJSON | {"content-encoding": "gzip"}
    problem(await client.post(URL, content=lines(items(2)), headers=packed), 415)
