"""Documents over HTTP: versions and their hash, whom they are for, who has read them, and who had on a past day (R14)."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from app.core.auth import SYSTEM, Caller, PersonRef
from app.domain.worktime import day_of
from app.models import Document
from app.people.persons import update_person
from app.trainings import acknowledging, documents, documents_queries
from tests.support.api import everything, good, problem
from tests.support.documents import DOCUMENTS, MINE, acknowledge, make_document, publish, staff
from tests.support.evidence import uploaded
from tests.support.people import bearer, make_key
from tests.support.staff import a_department


async def of(client, document, path="", **query):
    return good(await client.get(f"{DOCUMENTS}/{document['id']}{path}", params=query))


def hash_of(text: str, file_sha256: str = "") -> str:
    """As the contract says it: anybody can reckon it."""
    return sha256(f"{file_sha256}\n{text}".encode()).hexdigest()


async def test_the_code_of_conduct_is_there_as_a_draft_that_a_company_changes(client):
    """方案 二(一)1: 禁止泄密 不当言论."""
    rows = await everything(client, DOCUMENTS, kind="code_of_conduct")
    shipped = next(row for row in rows if row["created_by"] == "system:shipped")
    assert (shipped["title"], shipped["current"], shipped["draft_number"]) == ("员工社交行为准则", None, 1)
    assert (shipped["department_ids"], shipped["acknowledgements"]) == (None, None), (
        "for everybody, and asked of nobody"
    )
    draft = await of(client, shipped, "/versions/1")
    assert all(word in draft["text"] for word in ("不泄密", "不当言论", "谁代表公司说话", "公关部门"))
    assert draft["sha256"] == hash_of(draft["text"])
    assert draft["published_at"] is None


async def test_a_version_says_exactly_what_its_hash_says(client):
    file = await uploaded(client)
    text = "第一条：不泄密。\r\n  第二条 “引号” 😀\n"
    document = await make_document(client, text=text, file_id=file["id"])
    version = await of(client, document, "/versions/1")
    assert (version["text"], version["file_sha256"]) == (text, file["sha256"])
    assert version["sha256"] == hash_of(text, file["sha256"])
    changed = good(await client.patch(f"{DOCUMENTS}/{document['id']}/versions/1", json={"file_id": None}))
    assert (changed["sha256"], changed["version"]) == (hash_of(text), 2)
    only_file = await make_document(client, text="", file_id=file["id"])
    assert (await of(client, only_file, "/versions/1"))["sha256"] == hash_of("", file["sha256"])
    problem(await client.delete(f"/v1/files/{file['id']}"), 409, code="file_attached")


async def test_what_is_published_stays_as_it_is(client, database):
    document = await make_document(client)
    version = await publish(client, document)
    url = f"{DOCUMENTS}/{document['id']}/versions/1"
    problem(await client.patch(url, json={"text": "别的"}), 409, code="document_version_published")
    problem(await client.post(f"{url}/publish"), 409, code="document_version_published")
    assert await of(client, document, "/versions/1") == version
    one = "where document_id = $1"
    for statement in (
        f"update document_versions set note = 'x' {one}", f"update document_versions set text = 'x' {one}",
        f"update document_versions set published_at = now() {one}", f"delete from document_versions {one}",
    ):  # fmt: skip
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.CheckViolationError)):
            await database.fetch(statement, UUID(document["id"]))
    await publish(client, document, text="下一版")
    with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
        await database.fetch(
            f"update document_versions set superseded_at = null {one} and number = 1", UUID(document["id"])
        )


async def test_the_database_takes_no_other_hash(client, database):
    document = await make_document(client)
    with pytest.raises(asyncpg.CheckViolationError, match="sha256"):
        await database.fetch(
            "update document_versions set sha256 = repeat('0', 64) where document_id = $1", UUID(document["id"])
        )


async def test_one_version_is_written_at_a_time_and_one_is_in_force(client):
    document = await make_document(client)
    url = f"{DOCUMENTS}/{document['id']}"
    assert (
        problem(await client.post(f"{url}/versions", json={"text": "二"}), 409, code="document_draft_there")["number"]
        == 1
    )
    problem(await client.post(f"{url}/withdraw"), 409, code="document_not_in_force")
    first = await publish(client, document)
    second = await publish(client, document, text="第二版", note="新增第二条")
    now = await of(client, document)
    assert (now["current"]["number"], now["current"]["sha256"], now["latest_number"]) == (2, second["sha256"], 2)
    ended = await of(client, document, "/versions/1")
    assert (ended["superseded_at"], ended["sha256"]) == (second["published_at"], first["sha256"])
    listed = (await of(client, document, "/versions"))["data"]
    assert [(row["number"], "text" in row) for row in listed] == [(2, False), (1, False)]
    assert good(await client.post(f"{url}/withdraw"))["current"] is None
    assert document["id"] not in [row["id"] for row in await everything(client, DOCUMENTS, in_force="true")]
    events = await everything(client, "/v1/events", type="document.version_published")
    mine = [event["data"] for event in events if event["data"]["document_id"] == document["id"]]
    assert [(data["version_number"], data["sha256"]) for data in mine] == [(1, first["sha256"]), (2, second["sha256"])]


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"title": "\u200b"}, "/title"), ({"kind": "law"}, "/kind"), ({"text": " ", "file_id": None}, "/text"),
    ({"file_id": str(uuid4())}, "/file_id"), ({"department_ids": [str(uuid4())]}, "/department_ids/0"),
    ({"department_ids": []}, "/department_ids"), ({"sha256": "0" * 64}, "/sha256"), ({"text": "\x00"}, "/text"),
])  # fmt: skip
async def test_a_document_that_makes_no_sense_is_refused_by_name(client, fields, pointer):
    problem(await client.post(DOCUMENTS, json={"kind": "other", "title": "规范", "text": "一"} | fields), 422, pointer)


async def test_people_acknowledge_the_very_version_that_is_in_force(client, bare):
    async with a_department(client) as department:
        me, other = await staff(client, department, 2)
        document = await make_document(client, department_ids=[department["id"]])
        draft = await of(client, document, "/versions/1")
        problem(await acknowledge(bare, me, draft), 409, code="document_not_in_force")
        first = await publish(client, document)
        assert (await of(client, document))["acknowledgements"] == {
            "audience": 2, "acknowledged": 0, "waiting": 2, "percent": 0.0
        }  # fmt: skip
        said = good(await acknowledge(bare, me, first))
        assert (said["version_number"], said["sha256"], said["person"]["id"]) == (1, first["sha256"], me["id"])
        assert good(await acknowledge(bare, me, first)) == said, "said again, it is what was said first"
        refused = problem(await acknowledge(bare, other, first | {"sha256": "0" * 64}), 409, "/sha256")
        assert (refused["code"], refused["current_number"]) == ("document_hash_unknown", 1)
        problem(await acknowledge(client, {"headers": {}}, first), 403, code="person_needed")
        second = await publish(client, document, text="第二版")
        refused = problem(await acknowledge(bare, other, first), 409, "/sha256", code="document_outdated")
        assert (refused["current_number"], refused["current_sha256"]) == (2, second["sha256"])
        assert (await of(client, document))["acknowledgements"]["acknowledged"] == 0, "a new version asks again"
        good(await acknowledge(bare, other, second))
        rows = await everything(client, f"{DOCUMENTS}/{document['id']}/acknowledgements", limit=1)
        assert {row["person"]["id"]: row["state"] for row in rows} == {me["id"]: "waiting", other["id"]: "acknowledged"}
        [late] = await everything(client, f"{DOCUMENTS}/{document['id']}/acknowledgements", state="waiting")
        assert late["person"]["id"] == me["id"]
    events = await everything(client, "/v1/events", type="document.acknowledged")
    mine = [event["data"] for event in events if event["data"]["document_id"] == document["id"]]
    assert [(data["version_number"], data["person_id"]) for data in mine] == [(1, me["id"]), (2, other["id"])]


async def test_names_are_masked_unless_one_may_see_them(client, bare):
    async with a_department(client) as department:
        await staff(client, department, 1)
        document = await make_document(client, department_ids=[department["id"]])
        await publish(client, document)
        url = f"{DOCUMENTS}/{document['id']}/acknowledgements"
        for scopes, masked in (("trainings:read",), True), (("trainings:read", "people:unmask"), False):
            headers = bearer((await make_key(client, *scopes))["key"])
            [row] = good(await bare.get(url, headers=headers))["data"]
            assert (row["person"]["name"].endswith("**")) is masked


async def test_of_requests_at_the_same_moment_one_row_comes(client, bare, database):
    async with a_department(client) as department:
        [me] = await staff(client, department, 1)
        document = await make_document(client, department_ids=[department["id"]])
        version = await publish(client, document)
        answers = [good(each) for each in await asyncio.gather(*(acknowledge(bare, me, version) for _ in range(6)))]
        assert all(answer == answers[0] for answer in answers)
        count = "select count(*) from document_acknowledgements where person_id = $1"
        assert (await database.fetch(count, UUID(me["id"])))[0][0] == 1
        told = "select count(*) from events where type = 'document.acknowledged' and data->>'person_id' = $1"
        assert (await database.fetch(told, me["id"]))[0][0] == 1
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.fetch("delete from document_acknowledgements where person_id = $1", UUID(me["id"]))


async def test_a_version_does_not_change_under_whoever_acknowledges_it(client, database):
    """Two transactions: who reads holds the document, and the next version waits for them."""
    async with a_department(client) as department:
        [me] = await staff(client, department, 1)
        document = await make_document(client, department_ids=[department["id"]])
        version = await publish(client, document)
        id_ = UUID(document["id"])
        good(await client.post(f"{DOCUMENTS}/{id_}/versions", json={"text": "第二版"}), 201)
        caller = Caller("key", "x", "x", frozenset(), PersonRef(UUID(me["id"]), me["name"]))
        async with database.transaction() as reading:
            await acknowledging.acknowledge(reading, id_, version["sha256"], caller=caller, now=await reading.now())
            with pytest.raises(DBAPIError, match="lock timeout"):
                await database.run(lambda tx: _publish(tx, id_, 2), tries=1)
        assert good(await client.post(f"{DOCUMENTS}/{id_}/versions/2/publish"))["number"] == 2


async def test_who_waited_for_the_document_comes_after_whom_they_waited_for(client, database):
    """Two transactions: one began first, and has the lock after the other. What the other did came before, and is over."""
    async with a_department(client) as one, a_department(client) as two:
        [me] = await staff(client, two, 1)
        document = await make_document(client)
        id_, url = UUID(document["id"]), f"{DOCUMENTS}/{document['id']}"
        async with database.transaction() as late:
            await late.now()
            good(await client.patch(url, json={"department_ids": [one["id"]]}))
            await _audience(late, id_, [UUID(two["id"])])
        assert (await of(client, document))["department_ids"] == [two["id"]], "the last to have a say had it"
        async with database.transaction() as late:
            await late.now()
            first = await publish(client, document)
            good(await client.post(f"{url}/versions", json={"text": "第二版"}), 201)
            await database.run(lambda tx: _acknowledge(tx, id_, first["sha256"], me))
            await _publish(late, id_, 2)
            assert (await documents_queries.shown_one(late, await late.get_one(Document, id_)))["acknowledgements"] == {
                "audience": 1, "acknowledged": 0, "waiting": 1, "percent": 0.0
            }  # fmt: skip
        async with database.transaction() as late:
            await late.now()
            third = await publish(client, document, text="第三版")
            await documents.withdraw_document(late, id_, caller=SYSTEM, now=await late.now())
        versions = [await of(client, document, f"/versions/{number}") for number in (1, 2, 3)]
        assert versions[2]["published_at"] == third["published_at"]
        [said] = await database.fetch(
            "select acknowledged_at from document_acknowledgements where person_id = $1", UUID(me["id"])
        )
        spans = [datetime.fromisoformat(one[name]) for one in versions for name in ("published_at", "superseded_at")]
        assert spans == sorted(spans)
        assert spans[0] < said["acknowledged_at"] < spans[1]


async def at(database, when, verb):
    """What the verb returns in a transaction of that instant."""
    database.moment = when
    try:
        return await database.run(verb)
    finally:
        database.moment = None


async def lived(client, database, one, two, days):
    """A document whose people and audience changed: who stays, who moved, who left, who came; and the document's id."""
    stays, moves, leaves = await staff(client, one, 3)
    [newcomer] = await staff(client, two, 1)
    ids = [UUID(person["id"]) for person in (stays, moves, leaves)]
    await database.fetch("update roster_periods set starts_at = $2 where person_id = any($1)", ids, days[8])
    said = {"text": "一", "file_id": None, "note": "", "department_ids": [UUID(one["id"])]}
    document = await at(database, days[7], lambda tx: _create(tx, {"kind": "other", "title": "旧规"} | said))
    await at(database, days[6], lambda tx: _publish(tx, document.id, 1))
    sha256 = (await of(client, {"id": document.id}, "/versions/1"))["sha256"]
    await at(database, days[5], lambda tx: _acknowledge(tx, document.id, sha256, stays))
    await at(database, days[4], lambda tx: _acknowledge(tx, document.id, sha256, leaves))
    await at(database, days[3], lambda tx: _person(tx, ids[1], {"department_id": UUID(two["id"])}))
    await at(database, days[3], lambda tx: _person(tx, ids[2], {"active": False}))
    await at(database, days[2], lambda tx: _audience(tx, document.id, [UUID(one["id"]), UUID(two["id"])]))
    good(await client.post(f"{DOCUMENTS}/{document.id}/versions", json={"text": "二"}), 201)
    good(await client.post(f"{DOCUMENTS}/{document.id}/versions/2/publish"))
    return [person["id"] for person in (stays, moves, leaves, newcomer)], document.id


async def told(client, document_id, on):
    """Who was asked on a day and how that stood, and the day's figures, which are the same."""
    url, day = f"{DOCUMENTS}/{document_id}", day_of(on).isoformat()
    rows = await everything(client, f"{url}/acknowledgements", on=day)
    figures = good(await client.get(f"{url}/coverage", params={"on": day}))
    states = {row["person"]["id"]: row["state"] for row in rows}
    assert figures["company"]["audience"] == len(states)
    assert figures["company"]["acknowledged"] == list(states.values()).count("acknowledged")
    return states, figures


async def test_who_has_not_yet_is_told_of_a_past_day_as_it_was(client, database):
    """Somebody moved away, somebody left, the audience grew and a new version came since: the day stays what it was."""
    now = datetime.now(UTC)
    days = [now - timedelta(days=n) for n in range(9)]
    async with a_department(client, name=f"甲部{uuid4().hex[:6]}") as one, a_department(client) as two:
        (stays, moves, leaves, newcomer), id_ = await lived(client, database, one, two, days)
        states, figures = await told(client, id_, days[7])
        assert (states, figures["current"], figures["company"]["percent"]) == ({}, None, None)
        assert (await told(client, id_, days[6]))[0] == dict.fromkeys((stays, moves, leaves), "waiting")
        states, figures = await told(client, id_, days[4])
        assert states == {stays: "acknowledged", moves: "waiting", leaves: "acknowledged"}
        assert (figures["current"]["number"], figures["company"]["percent"]) == (1, 66.6)
        assert [(row["name"], row["waiting"]) for row in figures["departments"]] == [(one["name"], 1)]
        states, _ = await told(client, id_, days[3])
        assert states == {stays: "acknowledged"}, "who moved and who left are asked no more"
        assert (await told(client, id_, days[2]))[0] == {stays: "acknowledged", moves: "waiting"}
        today = await everything(client, f"{DOCUMENTS}/{id_}/acknowledgements")
        assert {row["person"]["id"]: row["state"] for row in today} == dict.fromkeys(
            (stays, moves, newcomer), "waiting"
        )
        tomorrow = (day_of(now) + timedelta(days=1)).isoformat()
        problem(await client.get(f"{DOCUMENTS}/{id_}/coverage", params={"on": tomorrow}), 422, "?on")


async def _create(tx, fields):
    return await documents.create_document(tx, fields, caller=SYSTEM, now=await tx.now())


async def _publish(tx, document_id, number):
    return await documents.publish_version(tx, document_id, number, caller=SYSTEM, now=await tx.now())


async def _acknowledge(tx, document_id, hash_, person):
    caller = Caller("key", "x", "x", frozenset(), PersonRef(UUID(person["id"]), person["name"]))
    return await acknowledging.acknowledge(tx, document_id, hash_, caller=caller, now=await tx.now())


async def _person(tx, person_id, fields):
    return await update_person(tx, person_id, fields, caller=SYSTEM, now=await tx.now())


async def _audience(tx, document_id, ids):
    fields = {"department_ids": sorted(ids)}
    return await documents.change_document(tx, document_id, fields, caller=SYSTEM, now=await tx.now())


async def test_oneself_sees_what_one_has_to_read_and_nothing_for_others(client, bare):
    async with a_department(client) as mine, a_department(client) as theirs:
        [me] = await staff(client, mine, 1)
        document = await make_document(client, department_ids=[mine["id"]])
        other = await make_document(client, department_ids=[theirs["id"]])
        first = await publish(client, document)
        await publish(client, other)

        async def waiting(**query):
            found = good(await bare.get(MINE, params=query, headers=me["headers"]))["data"]
            return [row for row in found if row["document_id"] in (document["id"], other["id"])]

        [row] = await waiting(waiting="true")
        assert (row["document_id"], row["state"], row["sha256"]) == (document["id"], "waiting", first["sha256"])
        read = good(await bare.get(f"{MINE}/{document['id']}", headers=me["headers"]))
        assert hash_of(read["text"]) == row["sha256"]
        problem(await bare.get(f"{MINE}/{other['id']}", headers=me["headers"]), 404)
        good(await acknowledge(bare, me, first))
        assert await waiting(waiting="true") == []
        assert [row["state"] for row in await waiting()] == ["acknowledged"]
        await publish(client, document, text="第二版")
        [again] = await waiting(waiting="true")
        assert (again["number"], again["acknowledged_before"], again["note"]) == (2, 1, "修订")
        problem(await client.get(MINE), 403, code="person_needed")
