"""Whatever is sent, the answer is a problem document that names the field, and never a 5xx."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.api import OPERATIONS, WITH_BODY, Operation, brand, good, post, problem

POST = {"platform": "weibo", "external_id": "bad", "text": "差评"}
HUGE = 10**30
every_body = pytest.mark.parametrize("operation", WITH_BODY, ids=str)
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


async def send(client: httpx.AsyncClient, body: bytes | str, kind: str = "application/json", **headers: str):
    content = body.encode() if isinstance(body, str) else body
    return await client.post("/v1/mentions", content=content, headers={"content-type": kind} | headers)


async def send_to(client: httpx.AsyncClient, operation: Operation, body: Any, kind: str = "application/json"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.request(operation.method, operation.url, content=content, headers={"content-type": kind})


def field(name: str, value: Any) -> str:
    return json.dumps(POST | {name: value})


MENTION_FAULTS = {
    "NUL in the text": (field("text", "差\x00评"), "/text"),
    "NUL in the id": (field("external_id", "\x00"), "/external_id"),
    "NUL in the platform": (field("platform", "wei\x00bo"), "/platform"),
    "NUL in the author": (field("author", "\x00"), "/author"),
    "half a surrogate pair": ('{"platform":"weibo","external_id":"1","text":"\\ud800"}', "/text"),
    "the other half": ('{"platform":"weibo","external_id":"\\udc00","text":"a"}', "/external_id"),
    "beyond bigint": (field("likes", 2**63), "/likes"),
    "far beyond bigint": (field("likes", HUGE), "/likes"),
    "five thousand digits": ('{"platform":"weibo","external_id":"1","text":"a","likes":1' + "0" * 5000 + "}", "/likes"),
    "more people than there are": (field("views", 10**12 + 1), "/views"),
    "a negative counter": (field("reposts", -1), "/reposts"),
    "a fraction": (field("reposts", 1.5), "/reposts"),
    "a whole number with a point": ('{"platform":"weibo","external_id":"1","text":"a","likes":1.0}', "/likes"),
    "NaN": ('{"platform":"weibo","external_id":"1","text":"a","likes":NaN}', "/likes"),
    "Infinity": ('{"platform":"weibo","external_id":"1","text":"a","likes":-Infinity}', "/likes"),
    "1e400": ('{"platform":"weibo","external_id":"1","text":"a","likes":1e400}', "/likes"),
    "true for an integer": (field("comments", True), "/comments"),
    "a number as text": (field("comments", "5"), "/comments"),
    "a number for text": (field("text", 5), "/text"),
    "a naive instant": (field("observed_at", "2026-11-20T08:00:00"), "/observed_at"),
    "a date only": (field("published_at", "2026-11-20"), "/published_at"),
    "seconds since 1970": (field("published_at", 1_760_000_000), "/published_at"),
    "seconds as text": (field("published_at", "1760000000"), "/published_at"),
    "the year 0001 in the east": (field("published_at", "0001-01-01T00:00:00+14:00"), "/published_at"),
    "the year 9999 in the west": (field("observed_at", "9999-12-31T23:59:59-14:00"), "/observed_at"),
    "before computers": (field("observed_at", "1969-12-31T23:59:59Z"), "/observed_at"),
    "no such day": (field("observed_at", "2026-02-30T00:00:00Z"), "/observed_at"),
    "an unknown field": (field("heat", 1), "/heat"),
    "a read-only field": (field("id", "0190f5a2-7b5e-7c3d-8a1f-0123456789ab"), "/id"),
    "an unknown field with signs": (field("a/b~c", 1), "/a~1b~0c"),
    "an unknown sentiment": (field("sentiment", "angry"), "/sentiment"),
    "null where text is needed": (field("text", None), "/text"),
    "text of zero-width characters only": (field("text", "\u200b\u200d\ufeff \u3164"), "/text"),
    "an empty id": (field("external_id", ""), "/external_id"),
    "an id of spaces": (field("external_id", "  \u200b"), "/external_id"),
    "too long a text": (field("text", "长" * 20_001), "/text"),
    "too long an id": (field("external_id", "1" * 201), "/external_id"),
    "a list for text": (field("text", ["a"]), "/text"),
    "a thousand levels": (field("text", 0).replace("0}", "[" * 1000 + "]" * 1000 + "}"), ""),
    "missing fields": ("{}", "/text"),
    "no object": ("null", ""),
    "a list": ("[]", ""),
    "a string": ('"weibo"', ""),
    "a number": ("1", ""),
    "nothing": ("", ""),
    "half a body": ('{"platform": "weibo"', ""),
    "two bodies": ("{}{}", ""),
    "a comma too many": ('{"platform": "weibo",}', ""),
    "not JSON": ("platform=weibo", ""),
    "invalid UTF-8": (b'{"platform":"weibo","external_id":"1","text":"\xff\xfe"}', "/text"),
    "UTF-16": (json.dumps(POST).encode("utf-16"), ""),
    "a byte order mark": (b"\xef\xbb\xbf" + json.dumps(POST).encode(), ""),
    "a duplicate key": ('{"platform":"weibo","external_id":"1","text":"a","text":"b"}', "/text"),
    "a duplicate key, escaped": ('{"platform":"weibo","external_id":"1","text":"a","te\\u0078t":"b"}', "/text"),
}


@pytest.mark.parametrize(("body", "pointer"), MENTION_FAULTS.values(), ids=MENTION_FAULTS)
async def test_a_bad_mention_is_refused_and_the_field_is_named(client, body, pointer):
    response = await send(client, body)
    found = problem(response, response.status_code, pointer)
    assert found["status"] in (400, 422)
    assert len(response.content) < 10_000


@pytest.mark.parametrize("name", ["published_at", "observed_at"])
async def test_an_instant_in_the_future_is_refused(client, name):
    ahead = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    problem(await send(client, field(name, ahead)), 422, f"/{name}")


async def test_nothing_of_a_refused_mention_is_stored(client):
    word = brand()
    problem(await send(client, json.dumps({**POST, "external_id": word, "text": word, "likes": -1})), 422, "/likes")
    response = await client.post("/v1/mentions", json={**POST, "external_id": word, "text": word})
    assert response.status_code == 201


@every_body
async def test_every_operation_refuses_what_is_no_object(client, operation):
    for body in (b"", b"null", b"[]", b"{", b"\xff", b'"a"', b"[" * 1000 + b"]" * 1000):
        response = await send_to(client, operation, body)
        found = problem(response, response.status_code, "")
        assert found["status"] in (400, 422), body
    problem(await client.request(operation.method, operation.url), 415)


@every_body
async def test_every_operation_refuses_unknown_fields(client, operation):
    problem(await send_to(client, operation, {**operation.example, "colour": "red"}), 422, "/colour")


@every_body
async def test_every_operation_refuses_duplicate_keys(client, operation):
    name, value = next(iter(operation.example.items()))
    pair = f"{json.dumps(name)}: {json.dumps(value)}"
    others = "".join(f", {json.dumps(k)}: {json.dumps(v)}" for k, v in operation.example.items() if k != name)
    problem(await send_to(client, operation, f"{{{pair}, {pair}{others}}}".encode()), 400, f"/{name}")


@every_body
async def test_every_operation_refuses_other_types_of_body(client, operation):
    problem(await send_to(client, operation, operation.example, "text/plain"), 415)
    problem(await send_to(client, operation, operation.example, "application/x-www-form-urlencoded"), 415)
    problem(await send_to(client, operation, operation.example, "application/json; charset=gbk"), 415)
    problem(await send_to(client, operation, operation.example, "application/json; charset=utf-16"), 415)
    packed = await client.request(
        operation.method, operation.url, json=operation.example, headers={"content-encoding": "gzip"}
    )
    problem(packed, 415)


@every_body
async def test_every_operation_refuses_a_body_that_is_too_large(client, operation):
    limit = (8 if operation.id == "postMentionBatch" else 1) * 1024 * 1024
    body = json.dumps(operation.example).encode()
    problem(await send_to(client, operation, body + b" " * (limit + 1 - len(body))), 413)

    async def chunks():
        yield body
        for _ in range(limit // 65536 + 1):
            yield b" " * 65536

    streamed = await client.request(
        operation.method, operation.url, content=chunks(), headers={"content-type": "application/json"}
    )
    problem(streamed, 413)


@every_body
async def test_every_operation_takes_each_field_strictly(client, operation):
    """Each field once with a value of a wrong kind, one that can't be stored, and one that is too much."""
    for name, schema in operation.body["properties"].items():
        for value in ({"a": 1}, [[[]]], [None], True, HUGE, -HUGE, 0.5, "\x00", "\x00" * 30, "长" * 30_000, [HUGE]):
            if (value is True and "boolean" in json.dumps(schema)) or (
                value == 0.5 and '"number"' in json.dumps(schema)
            ):
                continue
            response = await send_to(client, operation, {**operation.example, name: value})
            if operation.id == "postMentionBatch" and name == "items" and value in ([[[]]], [None], [HUGE]):
                assert good(response, 207)["results"][0]["problem"]["pointers"] == ["/items/0"]
                continue
            found = problem(response, response.status_code)
            assert found["status"] == 422, (name, value, found)
            assert any(e["pointer"].startswith(f"/{name}") for e in found["errors"]), (name, found)


@every_body
async def test_every_operation_names_the_field_that_is_half_a_surrogate_pair(client, operation):
    name = next(iter(operation.example))
    body = json.dumps({**operation.example, name: "\ud800"}).encode()
    problem(await send_to(client, operation, body), 422, f"/{name}")


@every_operation
async def test_no_operation_answers_without_a_good_key(client, operation):
    bad_keys = {
        "none at all": {},
        "another scheme": {"authorization": "Basic YTpi"},
        "no form": {"authorization": "Bearer letmein"},
        "another environment": {"authorization": "Bearer fh_live_admin1_0123456789abcdefghijklmnop"},
        "unknown": {"authorization": "Bearer fh_test_nobody99_0123456789abcdefghijklmnop"},
        "a wrong secret": {"authorization": "Bearer fh_test_admin1_0123456789abcdefghijklmnoq"},
        "an empty one": {"authorization": "Bearer "},
        "not ASCII": {"authorization": "Bearer fh_test_ädmin1_0123456789abcdefghijklmnop"},
    }
    for what, headers in bad_keys.items():
        request = client.build_request(operation.method, operation.url, content=b"{}")
        request.headers.pop("authorization")
        request.headers = httpx.Headers(
            [*request.headers.raw, *((k.encode(), v.encode("latin-1")) for k, v in headers.items())]
        )
        response = await client.send(request)
        assert problem(response, 401)["code"] == "unauthorized", what
        assert response.headers["www-authenticate"].startswith("Bearer")


@every_operation
async def test_every_operation_refuses_unknown_query_parameters(client, operation):
    response = await client.request(operation.method, operation.url, params={"colour": "red"}, json=operation.example)
    problem(response, 422, "?colour")


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if "{" in o.path], ids=str)
async def test_a_path_to_nothing_is_404_and_a_malformed_one_never_worse(client, operation):
    problem(await client.request(operation.method, operation.url, params=operation.query, json=operation.example), 404)
    start, end = operation.path.find("{"), operation.path.find("}") + 1
    for bad in ("not-an-id", "%00", "0", "-1", "9" * 40, "a" * 5000, "%ff", "%F0%9F%94%A5", "0190f5a2-7b5e-7c3d-8a1f"):
        url = operation.path[:start] + bad + operation.path[end:]
        response = await client.request(operation.method, url, params=operation.query, json=operation.example)
        found = problem(response, response.status_code)
        assert found["status"] in (404, 422), (bad, found)


LISTS = [o for o in OPERATIONS if o.id.startswith("list")]


@pytest.mark.parametrize("operation", LISTS, ids=str)
@pytest.mark.parametrize("limit", ["0", "201", "-1", "ten", "1e2", "5.5", "", "9" * 400, "%00"])
async def test_a_list_has_1_to_200_rows_a_page(client, operation, limit):
    problem(await client.get(f"{operation.url}?limit={limit}"), 422, "?limit")


@pytest.mark.parametrize("operation", [o for o in LISTS if "{" not in o.path], ids=str)
async def test_a_cursor_that_was_altered_or_made_up_is_refused(client, operation):
    for cursor in ("", "x", "%00", "%ff", "AAAAAAAAAAAAAAAAAAAAAAAA", "长", "W10", "=" * 8):
        problem(await client.get(f"{operation.url}?cursor={cursor}"), 400, "?cursor")
    problem(await client.get(f"{operation.url}?cursor={'a' * 1001}"), 422, "?cursor")


async def test_each_character_of_a_cursor_counts(client):
    for _ in range(3):
        await post(client, brand())
    cursor = good(await client.get("/v1/mentions?limit=1"))["next_cursor"]
    for place, char in enumerate(cursor):
        other = "B" if char == "A" else chr(ord(char) - 1) if char.isalnum() and char not in "0a" else "A"
        altered = cursor[:place] + other + cursor[place + 1 :]
        problem(await client.get("/v1/mentions", params={"cursor": altered}), 400, "?cursor")
    for altered in (cursor + "A", cursor[:-1], cursor + "!", "!" + cursor, cursor + "=", cursor + " "):
        problem(await client.get("/v1/mentions", params={"cursor": altered}), 400, "?cursor")


async def test_a_cursor_of_another_list_or_filter_is_refused(client):
    for _ in range(3):
        await post(client, brand())
    cursor = good(await client.get("/v1/mentions?limit=1"))["next_cursor"]
    good(await client.get(f"/v1/mentions?limit=2&cursor={cursor}"))
    for url in ("/v1/mentions?platform=weibo", "/v1/mentions?attached=false", "/v1/incidents?", "/v1/api-keys?",
                "/v1/watch-rules?", "/v1/webhook-deliveries?", "/v1/mentions?first_seen_after=2020-01-01T00:00:00Z"):  # fmt: skip
        problem(await client.get(f"{url}&cursor={cursor}"), 400, "?cursor")


FILTER_FAULTS = [
    ("/v1/mentions", "platform", "myspace"),
    ("/v1/mentions", "platform", "%00"),
    ("/v1/mentions", "sentiment", "%ED%A0%80"),
    ("/v1/mentions", "incident_id", "1"),
    ("/v1/mentions", "rule_id", "9" * 60_000),
    ("/v1/mentions", "attached", "perhaps"),
    ("/v1/mentions", "first_seen_after", "2026-11-20T00:00:00"),
    ("/v1/mentions", "first_seen_after", "1e400"),
    ("/v1/mentions", "first_seen_after", "1760000000"),
    ("/v1/mentions", "first_seen_before", "0001-01-01T00:00:00%2B14:00"),
    ("/v1/mentions", "first_seen_before", "9999-12-31T23:59:59-14:00"),
    ("/v1/incidents", "status", "open"),
    ("/v1/incidents", "grade", "1"),
    ("/v1/incidents", "grade", ""),
    ("/v1/incidents", "opened_after", "yesterday"),
    ("/v1/webhook-deliveries", "state", "lost"),
    ("/v1/webhook-deliveries", "endpoint_id", "%00"),
]


@pytest.mark.parametrize(("url", "name", "value"), FILTER_FAULTS)
async def test_a_bad_filter_is_refused_by_name(client, url, name, value):
    found = problem(await client.get(f"{url}?{name}={value}"), 422)
    assert any(error["pointer"].startswith(f"?{name}") for error in found["errors"])


async def test_405_lists_every_method_of_the_path(client):
    for method, url, allowed in [
        ("DELETE", "/v1/mentions", "GET, POST"),
        ("PUT", "/v1/watch-rules/0190f5a2-7b5e-7c3d-8a1f-0123456789ab", "DELETE, GET, PATCH"),
        ("GET", "/v1/mention-batches", "POST"),
        ("PATCH", "/v1/incidents/0190f5a2-7b5e-7c3d-8a1f-0123456789ab/grade", "PUT"),
        ("OPTIONS", "/v1/incidents", "GET, POST"),
    ]:
        response = await client.request(method, url)
        problem(response, 405, code="method_not_allowed")
        assert response.headers["allow"] == allowed


async def test_a_path_that_does_not_exist_is_a_problem_too(client):
    for url in ("/", "/v1", "/v2/mentions", "/v1/mentions/", "/v1/%00", "/v1/mentions/%2e%2e/x", "//v1/mentions"):
        problem(await client.get(url), 404, code="not_found")


async def test_the_request_id_is_the_callers_own_where_it_is_a_good_one(client):
    response = await client.get("/v1/nothing", headers={"x-request-id": "order-66.a_B"})
    assert problem(response, 404)["request_id"] == "order-66.a_B"
    for bad in ("", "a b", "é", "x" * 65, "<script>", 'a"b'):
        response = await client.get("/v1/nothing", headers={"x-request-id": bad.encode("latin-1")})
        assert problem(response, 404)["request_id"] != bad
    assert (await client.get("/v1/mentions")).headers["x-request-id"]


async def test_titles_are_chinese_for_those_who_read_chinese(client):
    titles = {
        language: problem(await client.get("/v1/nothing", headers={"accept-language": language}), 404)["title"]
        for language in ("zh-CN,zh;q=0.9,en;q=0.8", "zh", "en-US,en;q=0.9,zh;q=0.1", "")
    }
    assert list(titles.values()) == ["资源不存在", "资源不存在", "There is no such thing", "There is no such thing"]


async def test_what_a_problem_says_stays_short_whatever_was_sent(client):
    many = {f"unknown{n}": n for n in range(20_000)}
    response = await send(client, json.dumps(POST | many))
    problem(response, 422)
    assert len(response.content) < 100_000
    response = await send(client, json.dumps(POST | {"x" * 500_000: 1}))
    problem(response, 422)
    assert len(response.content) < 10_000
