"""Rendering reports: once, whoever is killed in the midst, whatever is away, and never half."""

import asyncio
import os
import signal
import sys
import threading
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from docx import Document

from app.core.errors import Unavailable
from app.core.storage import Storage
from app.models.base import new_id
from app.people.files import remove_stray
from app.reviews import rendering
from app.settings import Settings
from tests.reviews.test_templates import template
from tests.support.acts import opened
from tests.support.api import good, problem
from tests.support.reviews import REVIEWS, answered, begun, rendered
from tests.support.waiting import eventually
from workers import reports
from workers.reports import Reporter


@pytest.fixture
async def review_id(client, database) -> str:
    """A review of an incident without a post: what is rendered does not matter here."""
    await database.fetch("delete from review_report_files")
    await database.fetch("delete from review_reports")
    return await begun(database, await opened(client))


@pytest.fixture
def storage(settings) -> Storage:
    return Storage(settings)


async def ask(client, review_id: str) -> str:
    asked = await client.post(f"{REVIEWS}/{review_id}/report")
    assert asked.status_code == 202
    return asked.json()["id"]


async def row(database, report_id: str) -> Any:
    [found] = await database.fetch("select * from review_reports where id = $1", UUID(report_id))
    return found


async def lose(database) -> None:
    """As if the worker that has it had been silent for too long."""
    await database.fetch("update review_reports set lease_until = now() - interval '1 s' where state = 'rendering'")


async def objects(database, report_id: str) -> list[UUID]:
    rows = await database.fetch("select id from review_report_files where report_id = $1", UUID(report_id))
    return [found["id"] for found in rows]


async def test_many_workers_render_it_once(client, context, database, storage, review_id):
    report_id = await ask(client, review_id)
    reporters = [Reporter(context, storage) for _ in range(6)]
    done = await asyncio.gather(*(reporter.sweep() for reporter in reporters))
    assert sum(done) == 1
    found = await row(database, report_id)
    assert (found["state"], found["progress"], found["tries"], found["token"]) == ("done", 100, 1, None)
    assert len(await objects(database, report_id)) == 5
    told = await database.fetch(
        "select 1 from events where type = 'review.report_rendered' and data->>'report_id' = $1", report_id
    )
    assert len(told) == 1


async def test_who_lost_it_stops_and_leaves_nothing(client, context, database, storage, review_id):
    report_id = await ask(client, review_id)
    slow = await database.run(rendering.claim)
    read = await database.run(lambda tx: rendering.read(tx, slow))
    pictures = rendering.drawn(read[0])
    files = [file for form in rendering.ReportFormat for file in rendering.render(form, read[0], pictures, None)]

    async def announce(tx):
        return await rendering.announce_all(tx, slow, files, now=await tx.now())

    assert await database.run(announce)
    for file in files:
        await storage.put(file.id, BytesIO(file.content))
    await lose(database)
    assert await Reporter(context, storage).sweep() == 1

    async def finish(tx):
        return await rendering.finish(tx, slow, files, now=await tx.now())

    assert await database.run(finish) is False
    assert await database.run(lambda tx: rendering.go_on(tx, slow, 90)) is False
    assert (await row(database, report_id))["state"] == "done"
    mine = await objects(database, report_id)
    assert not {file.id for file in files} & set(mine)
    for file in files:
        assert await remove_stray(database, storage, file.id) == 1
        assert not await storage.exists(file.id)
    assert all([await storage.exists(id_) for id_ in mine])


async def test_what_takes_long_is_not_lost_meanwhile(client, context, database, storage, review_id, monkeypatch):
    report_id = await ask(client, review_id)
    begun, released, plain = threading.Event(), threading.Event(), rendering.render

    def slow(*args):
        begun.set()
        assert released.wait(20)
        return plain(*args)

    monkeypatch.setattr(rendering, "render", slow)
    monkeypatch.setattr(reports, "KEEP", 0.05)
    working = asyncio.ensure_future(Reporter(context, storage).sweep())
    await asyncio.to_thread(begun.wait, 20)
    await lose(database)
    try:
        await eventually(lambda: database.fetch("select 1 from review_reports where lease_until > now()"))
    finally:
        released.set()
    assert await working == 1
    assert ((await row(database, report_id))["state"], (await row(database, report_id))["tries"]) == ("done", 1)


_KILLED = """
import asyncio, os, signal
from io import BytesIO
from app.core.db import Database
from app.core.storage import Storage
from app.reviews import rendering
from app.settings import Settings

class Silent:
    def ring(self, bell): ...

async def main():
    settings = Settings()
    database, storage = Database(settings, doorbell=Silent(), workload="batches"), Storage(settings)
    claimed = await database.run(rendering.claim)
    report, _ = await database.run(lambda tx: rendering.read(tx, claimed))
    files = [f for form in rendering.ReportFormat for f in rendering.render(form, report, rendering.drawn(report), None)]
    async def announce(tx):
        return await rendering.announce_all(tx, claimed, files, now=await tx.now())
    await database.run(announce)
    for file in files[:3]:
        await storage.put(file.id, BytesIO(file.content))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_killed_in_the_midst_it_is_rendered_by_another(
    client, context, database, settings: Settings, storage, review_id
):
    report_id = await ask(client, review_id)
    environment = os.environ | {
        "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "FENGHUO_FILES_URL": settings.files_url or "",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _KILLED, env=environment)
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    found = await row(database, report_id)
    assert (found["state"], found["progress"]) == ("rendering", 80)
    assert await objects(database, report_id) == []
    assert await Reporter(context, storage).sweep() == 0, "its lease lasts"
    left = (await database.fetch("select count(*) from stray_objects where not doomed"))[0][0]
    assert left >= 5
    await lose(database)
    assert await Reporter(context, storage).sweep() == 1
    assert (await row(database, report_id))["state"] == "done"
    for id_ in await objects(database, report_id):
        assert await storage.exists(id_)


async def test_three_who_are_lost_are_a_failure_that_is_said(client, context, database, storage, review_id):
    report_id = await ask(client, review_id)
    for _ in range(rendering.MOST_TRIES):
        assert await database.run(rendering.claim)
        await lose(database)
    assert await Reporter(context, storage).sweep() == 0
    shown = good(await client.get(f"{REVIEWS}/{review_id}/report"))
    assert (shown["state"], shown["failure"]["code"]) == ("failed", "render_failed")
    problem(await client.get(f"{REVIEWS}/{review_id}/report/html"), 409, code="report_not_done")
    assert await ask(client, review_id) != report_id, "whoever asks again gets another try"


class Away(Storage):
    """A storage that is away until it is back."""

    there = False

    async def put(self, id_: UUID, content: Any) -> None:
        if not self.there:
            raise Unavailable("away")
        await super().put(id_, content)


async def test_a_storage_that_is_away_is_waited_for(client, context, database, settings, review_id):
    report_id = await ask(client, review_id)
    storage = Away(settings)
    for _ in range(rendering.MOST_TRIES + 2):
        assert await Reporter(context, storage).sweep() == 1
        found = await row(database, report_id)
        assert (found["state"], found["tries"]) == ("rendering", 0)
        await lose(database)
    storage.there = True
    assert await Reporter(context, storage).sweep() == 1
    assert (await row(database, report_id))["state"] == "done"


async def test_what_changed_before_it_was_rendered_is_rendered_as_it_is_by_then(
    client, context, database, storage, review_id
):
    first = await ask(client, review_id)
    await answered(database, review_id, meeting_note="又改")
    second = await ask(client, review_id)
    assert first != second
    report = await rendered(client, context, review_id)
    assert (report["id"], report["is_current"]) == (second, True)
    found = await row(database, first)
    assert (found["state"], found["failure"]) == ("failed", "superseded")
    await answered(database, review_id, meeting_note="再改")
    third = await ask(client, review_id)
    await answered(database, review_id, meeting_note="最后")
    assert await Reporter(context, storage).sweep() == 1
    report = good(await client.get(f"{REVIEWS}/{review_id}/report"))
    assert (report["id"], report["is_current"]) == (third, True)


async def test_readers_meanwhile_see_how_far_it_is(client, database, review_id):
    await ask(client, review_id)
    claimed = await database.run(rendering.claim)
    assert await database.run(lambda tx: rendering.go_on(tx, claimed, 45))
    shown = good(await client.get(f"{REVIEWS}/{review_id}/report"))
    assert (shown["state"], shown["progress"], shown["finished_at"]) == ("rendering", 45, None)


# Templates


async def uploaded(client, content: bytes, name: str = "复盘模板.docx") -> str:
    headers = {"content-type": "application/octet-stream"}
    return good(await client.post("/v1/files", params={"name": name}, content=content, headers=headers), 201)["id"]


@pytest.fixture
async def used(client):
    """A template that reports are written into; none after the test."""
    answer = await client.post(
        "/v1/report-templates", json={"file_id": await uploaded(client, template()), "note": "2026"}
    )
    made = good(answer, 201)
    assert answer.headers["location"] == f"/v1/report-templates/{made['id']}"
    yield made
    assert (await client.delete(f"/v1/report-templates/{made['id']}")).status_code == 204


async def test_reports_are_written_into_the_companys_document(client, context, database, review_id, used):
    assert (used["name"], used["is_used"], used["placeholders"][0]) == ("复盘模板.docx", True, "标题")
    report = await rendered(client, context, review_id)
    assert report["template_id"] == used["id"]
    content = (await client.get(f"{REVIEWS}/{review_id}/report/docx")).content
    paper = Document(BytesIO(content))
    assert paper.sections[0].footer.paragraphs[0].text == "密级：内部"
    assert "一、四个问题" in [paragraph.text for paragraph in paper.paragraphs]
    assert good(await client.get(f"/v1/report-templates/{used['id']}")) == used
    assert used["id"] in [each["id"] for each in good(await client.get("/v1/report-templates"))["data"]]


async def test_a_withdrawn_template_is_used_no_more(client, context, review_id, used):
    first = await rendered(client, context, review_id)
    for _ in range(2):
        assert (await client.delete(f"/v1/report-templates/{used['id']}")).status_code == 204
    assert good(await client.get(f"/v1/report-templates/{used['id']}"))["is_used"] is False
    second = await rendered(client, context, review_id)
    assert (second["template_id"], second["id"] == first["id"]) == (None, False)
    problem(await client.delete(f"/v1/report-templates/{new_id()}"), 404)


async def test_a_template_that_spoilt_is_said_to_have(client, context, storage, review_id, used):
    await storage.put(UUID(used["id"]), BytesIO(template(body="在此").ljust(used["size"], b"\0")[: used["size"]]))
    report_id = await ask(client, review_id)
    assert await Reporter(context, storage).sweep() == 1
    shown = good(await client.get(f"{REVIEWS}/{review_id}/report"))
    assert (shown["id"], shown["state"], shown["failure"]["code"]) == (report_id, "failed", "template_refused")
    assert "Word template" in shown["failure"]["detail"]


async def test_what_is_no_template_is_refused_with_what_to_do(client, database, storage):
    before = (await database.fetch("select count(*) from report_templates"))[0][0]
    told = await client.post(
        "/v1/report-templates", json={"file_id": await uploaded(client, template(body="{{正文}}"))}
    )
    assert "{{报告正文}}" in problem(told, 422, "/file_id")["detail"]
    text = await uploaded(client, "不是文档".encode(), "说明.txt")
    problem(await client.post("/v1/report-templates", json={"file_id": text}), 422, "/file_id")
    problem(await client.post("/v1/report-templates", json={"file_id": str(new_id())}), 422, "/file_id", code="invalid")
    assert (await database.fetch("select count(*) from report_templates"))[0][0] == before


async def test_a_template_sent_twice_with_one_key_is_one(client, used):
    body = {"file_id": await uploaded(client, template())}
    headers = {"idempotency-key": str(new_id())}
    first, second = [await client.post("/v1/report-templates", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert (await client.delete(f"/v1/report-templates/{first.json()['id']}")).status_code == 204
