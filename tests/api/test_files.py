"""Evidence: uploaded as a stream, known by its content, kept once, read by those who may, and safely."""

import asyncio
import hashlib
import os
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.core import bodies, uploads
from app.core.storage import Storage
from app.domain.evidence import LARGEST
from tests.support.acts import person_headers
from tests.support.api import ago, everything, good, instant, problem
from tests.support.evidence import PNG, unique, upload, uploaded, zipped

URL = "/v1/files"


@pytest.fixture
async def person(client) -> dict[str, str]:
    return await person_headers(client, "files:read", "files:write", name="王小明")


@pytest.fixture
async def objects(app, database):
    """How many objects there are, and that each of them is a file's or on its way out."""
    folder = app.state.tools.storage._folder

    async def counted() -> int:
        found = {UUID(path.name) for path in folder.rglob("*") if path.is_file()}
        rows = {row["id"] for row in await database.fetch("select id from files union select id from stray_objects")}
        assert found <= rows
        return len(found)

    return counted


async def test_a_file_is_kept_and_told_as_it_is(client, bare, person, database):
    content = unique()
    taken_at = ago(days=1)
    answer = await upload(
        bare, content, "门店监控.png", person, captured_at=taken_at, source_url="https://weibo.com/1/a"
    )
    made = good(answer, 201)
    assert made | {"id": "", "created_at": ""} == {
        "id": "", "name": "门店监控.png", "media_type": "image/png", "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "captured_at": taken_at.replace("+00:00", "Z"),
        "captured_by": f"person:{made['person']['id']}", "person": made["person"] | {"name": "王**"},
        "source_url": "https://weibo.com/1/a", "created_at": "", "attachments": [],
    }  # fmt: skip
    assert answer.headers["location"] == f"{URL}/{made['id']}"
    read = await bare.get(answer.headers["location"], headers=person)
    assert good(read) == made
    assert read.headers["etag"] == answer.headers["etag"]
    told = await database.fetch("select type, actor from events where data->>'subject_id' = $1", made["id"])
    assert [tuple(row) for row in told] == [("file.created", made["captured_by"])]


async def test_the_content_comes_back_as_it_was_with_headers_that_no_browser_shows_it_by(
    client, bare, person, database
):
    content = b"<!DOCTYPE html><script>alert(1)</script>" + os.urandom(4).hex().encode()
    made = good(await upload(bare, content, "页面 “一”.html", person), 201)
    answer = await bare.get(f"{URL}/{made['id']}/content", headers=person)
    assert answer.status_code == 200
    assert answer.content == content
    headers = answer.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == (
        "attachment; filename=\"__ ___.html\"; filename*=UTF-8''%E9%A1%B5%E9%9D%A2%20%E2%80%9C%E4%B8%80%E2%80%9D.html"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "private, no-store"
    assert headers["etag"] == f'"{made["sha256"]}"'
    assert headers["content-length"] == str(len(content))
    again = await bare.get(f"{URL}/{made['id']}/content", headers=person | {"if-none-match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    told = await database.fetch(
        "select actor from events where type = 'file.read' and data->>'file_id' = $1", made["id"]
    )
    assert {row["actor"] for row in told} == {made["captured_by"]}


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=10-", 10, None), ("bytes=-5", -5, None),
     ("bytes=0-999999999", 0, None), ("bytes=-999999999", 0, None)],
)  # fmt: skip
async def test_a_part_can_be_asked_for(client, asked, start, end):
    content = unique()
    made = await uploaded(client, content)
    answer = await client.get(f"{URL}/{made['id']}/content", headers={"range": asked})
    assert answer.content == content[start:end]
    whole = len(answer.content) == len(content)
    assert answer.status_code == (200 if whole else 206)
    if not whole:
        first = len(content) + start if start < 0 else start
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(content)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "bytes=5-2", "lines=1-2", "bytes=-", "bytes=a-b"])
async def test_what_is_no_one_part_is_answered_with_all(client, asked):
    content = unique()
    made = await uploaded(client, content)
    answer = await client.get(f"{URL}/{made['id']}/content", headers={"range": asked})
    assert (answer.status_code, answer.content) == (200, content)


async def test_what_is_not_there_can_not_be_had(client):
    made = await uploaded(client)
    for asked in (f"bytes={made['size']}-", "bytes=-0"):
        answer = await client.get(f"{URL}/{made['id']}/content", headers={"range": asked})
        problem(answer, 416, "Range:", code="range_not_there")
        assert answer.headers["content-range"] == f"bytes */{made['size']}"
    other = f'"{"0" * 64}"'
    answer = await client.get(f"{URL}/{made['id']}/content", headers={"range": "bytes=0-1", "if-range": other})
    assert answer.status_code == 200


async def test_51_mb_are_refused_at_once_where_they_are_declared_and_in_the_middle_where_not(client, objects):
    before = await objects()
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            yield PNG + bytes(1024 * 1024 - len(PNG))
            sent += 1

    problem(await upload(client, endless(), headers={"content-length": str(51 * 1024 * 1024)}), 413, code="too_large")
    assert sent == 0
    answer = await upload(client, endless())
    assert "52,428,800" in problem(answer, 413, code="too_large")["detail"]
    assert answer.headers["connection"] == "close"
    assert sent <= 51
    assert await objects() == before


async def test_50_mb_are_kept_to_the_byte(client):
    digest = hashlib.sha256()

    async def all_of_it():
        for n in range(50):
            piece = PNG + os.urandom(1024 * 1024 - len(PNG)) if not n else os.urandom(1024 * 1024)
            digest.update(piece)
            yield piece

    made = good(await upload(client, all_of_it()), 201)
    assert (made["size"], made["sha256"]) == (LARGEST, digest.hexdigest())
    read = hashlib.sha256()
    async with client.stream("GET", f"{URL}/{made['id']}/content") as answer:
        async for piece in answer.aiter_bytes():
            read.update(piece)
    assert read.hexdigest() == made["sha256"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x", "a/b.png", "a\x00.png", "gnp\u202efdp.png", "", "..",
                                  "长" * 201])  # fmt: skip
async def test_a_name_with_a_path_or_a_trick_is_refused(client, objects, name):
    before = await objects()
    problem(await upload(client, unique(), name), 422, "?name")
    assert await objects() == before


async def test_what_is_no_evidence_is_refused_and_leaves_nothing(client, objects):
    before = await objects()
    bomb = zipped({"a.txt": bytes(30_000_000)})
    for content, name, status, code in (
        (b"MZ\x90\x00" + bytes(100), "a.png", 415, "file_type_refused"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "a.svg", 415, "file_type_refused"),
        (bomb, "a.zip", 415, "file_type_refused"), (bomb, "a.docx", 415, "file_type_refused"),
        (unique(), "a.pdf", 422, "invalid"), (unique(), "a.exe", 422, "invalid"), (b"", "a.png", 422, "invalid"),
    ):  # fmt: skip
        problem(await upload(client, content, name), status, code=code)
    assert await objects() == before


@pytest.mark.parametrize(
    ("said", "pointer"),
    [({"captured_at": ago(hours=-1)}, "?captured_at"), ({"captured_at": "2026-11-20"}, "?captured_at"),
     ({"source_url": "javascript:alert(1)"}, "?source_url"), ({"source_url": "https://a b"}, "?source_url"),
     ({"owner": "me"}, "?owner"), ({"source_url": "https://" + "a" * 2_000}, "?source_url")],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, objects, said, pointer):
    before = await objects()
    problem(await upload(client, unique(), **said), 422, pointer)
    assert await objects() == before


async def test_a_clock_a_little_ahead_is_taken_for_now(client):
    made = await uploaded(client, captured_at=ago(minutes=-4))
    assert made["captured_at"] == made["created_at"]


@pytest.mark.parametrize("headers", [
    {"content-type": "application/json"}, {"content-type": "multipart/form-data; boundary=x"}, {"content-type": ""},
    {"content-encoding": "gzip"},
])  # fmt: skip
async def test_only_the_bytes_themselves_are_taken(client, headers):
    problem(await upload(client, unique(), headers=headers), 415)


async def test_the_same_key_keeps_one_file(client, bare, person, objects):
    content, headers = unique(), person | {"idempotency-key": uuid4().hex}
    before = await objects()
    first, again = [await upload(bare, content, headers=headers) for _ in range(2)]
    assert good(first, 201) == good(again, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert (first.headers["etag"], first.headers["location"]) == (again.headers["etag"], again.headers["location"])
    assert await objects() == before + 1
    problem(await upload(bare, unique(), headers=headers), 422, code="idempotency_key_reused")
    problem(await upload(bare, content, "别名.png", headers), 422, code="idempotency_key_reused")
    assert await objects() == before + 1
    found = await everything(client, URL, sha256=good(first, 201)["sha256"])
    assert [row["id"] for row in found] == [good(first, 201)["id"]]


async def test_the_same_key_at_once_keeps_one_file(bare, person, objects):
    content, headers, before = unique(), person | {"idempotency-key": uuid4().hex}, await objects()
    answers = await asyncio.gather(*(upload(bare, content, headers=headers) for _ in range(6)))
    assert {good(answer, 201)["id"] for answer in answers} == {good(answers[0], 201)["id"]}
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 5
    assert await objects() == before + 1


async def test_who_sends_too_slowly_is_given_up(client, objects, monkeypatch):
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    before, never = await objects(), asyncio.Event()

    async def half():
        yield PNG
        await never.wait()

    answer = await upload(client, half())
    problem(answer, 408, code="too_slow")
    assert answer.headers["connection"] == "close"
    assert await objects() == before


async def test_uploads_that_wait_hold_back_nobody_but_too_many_uploads(client, monkeypatch, app):
    never, begun = asyncio.Event(), asyncio.Queue()

    async def half():
        yield PNG
        begun.put_nowait(1)
        await never.wait()
        yield os.urandom(8)

    waiting = [asyncio.create_task(upload(client, half())) for _ in range(uploads.AT_ONCE)]
    for _ in waiting:
        await begun.get()
    good(await client.get("/v1/watch-rules?limit=1"))
    answer = await upload(client, unique())
    problem(answer, 503)
    assert answer.headers["retry-after"]
    never.set()
    for answer in await asyncio.gather(*waiting):
        good(answer, 201)


async def test_files_are_found_by_content_and_time_page_by_page(client):
    content = unique()
    made = [(await uploaded(client, content))["id"] for _ in range(3)]
    digest = hashlib.sha256(content).hexdigest()
    assert [row["id"] for row in await everything(client, URL, limit=2, sha256=digest)] == made[::-1]
    second = instant(good(await client.get(f"{URL}/{made[1]}"))["created_at"])
    for param, ids in (("created_after", made[2:]), ("created_before", made[:1])):
        page = await client.get(URL, params={"sha256": digest, param: second.isoformat()})
        assert [row["id"] for row in good(page)["data"]] == ids
    late = (second + timedelta(days=1)).isoformat()
    assert good(await client.get(URL, params={"created_after": late}))["data"] == []
    cursor = good(await client.get(f"{URL}?limit=1"))["next_cursor"]
    problem(await client.get(f"{URL}?limit=1&sha256={digest}&cursor={cursor}"), 400, "?cursor")
    problem(await client.get(f"{URL}?sha256=abc"), 422, "?sha256")


async def test_peoples_data_in_names_is_masked_unless_one_may_see_it_and_that_is_an_event(
    client, bare, person, database
):
    made = good(
        await upload(bare, unique(), "来电 13812345678.png", person, source_url="https://a.example/u?p=13812345678"),
        201,
    )
    assert made["name"] == "来电 138******78.png"
    assert "13812345678" not in made["source_url"]
    content = await bare.get(f"{URL}/{made['id']}/content", headers=person)
    assert "13812345678" not in content.headers["content-disposition"]
    assert "*" not in content.headers["content-disposition"].replace("filename*=", "")
    assert good(await client.get(f"{URL}/{made['id']}"))["name"] == "来电 13812345678.png"
    told = await database.fetch("select data from events where type = 'files.unmasked' order by id desc limit 1")
    assert made["id"] in told[0]["data"]


async def test_a_storage_that_is_away_is_told_and_leaves_no_row(client, app, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    whole = app.state.tools
    broken = Storage(whole.settings.model_copy(update={"files_url": (tmp_path / "file").as_uri()}))
    made, content = await uploaded(client), unique()
    app.state.tools = replace(whole, storage=broken)
    try:
        problem(await upload(client, content), 503)
        problem(await client.get(f"{URL}/{made['id']}/content"), 503)
    finally:
        app.state.tools = whole
    assert good(await client.get(f"{URL}?sha256={hashlib.sha256(content).hexdigest()}"))["data"] == []


async def test_there_are_no_others(client):
    for path in ("", "/content"):
        problem(await client.get(f"{URL}/{uuid4()}{path}"), 404)
