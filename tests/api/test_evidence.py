"""What files are evidence of: said on the timeline, found by incident, and never deleted from under it."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.support.acts import URL, check_facts, decide, meet, opened, person_headers, publish, put
from tests.support.api import brand, crisis, everything, good, post, problem, timeline
from tests.support.evidence import uploaded
from tests.support.statements import review, version

FILES = "/v1/files"
SUBJECTS = (
    "incident",
    "mention",
    "meeting",
    "fact_check",
    "publication",
    "decision",
    "task",
    "note",
    "statement",
    "review",
)
every_subject = pytest.mark.parametrize("subject", SUBJECTS)


async def attach(client, file_id: str, subject: str, subject_id: str, **headers):
    body = {"subject": subject, "subject_id": subject_id}
    return await client.post(f"{FILES}/{file_id}/attachments", json=body, headers=headers)


@pytest.fixture
async def there(client, counter, database) -> dict[str, str]:
    """Subject -> the id of one of it, all of one incident."""
    incident, mention_id = await crisis(client, counter)
    acts = {
        "meeting": await meet(client, incident["id"]), "fact_check": await check_facts(client, incident["id"]),
        "publication": await publish(client, incident["id"]), "decision": await decide(client, incident["id"]),
        "task": good(await put(client, incident["id"], "tasks", kind="other", title="取证"), 201),
        "note": good(await put(client, incident["id"], "notes", body="见附件"), 201),
        "statement": {"id": (await version(database, incident["id"]))[0]},
        "review": {"id": await review(database, incident["id"])},
    }  # fmt: skip
    return {"incident": incident["id"], "mention": mention_id} | {name: act["id"] for name, act in acts.items()}


async def test_a_file_is_evidence_of_anything_and_stands_on_the_timeline(client, there):
    made = await uploaded(client)
    for subject in SUBJECTS:
        answer = await attach(client, made["id"], subject, there[subject])
        attachment = good(answer, 201)
        assert attachment | {"id": "", "created_at": "", "actor": ""} == {
            "id": "", "file_id": made["id"], "subject": subject, "subject_id": there[subject],
            "incident_id": there["incident"], "created_at": "", "actor": "",
        }  # fmt: skip
        known = good(await client.get(answer.headers["location"]))
        assert known["attachments"][-1] == attachment
        last = (await timeline(client, there["incident"]))[-1]
        assert last["type"] == "incident.evidence_changed"
        assert last["data"]["action"] == "attached"
        assert {last["data"][name] for name in ("attachment_id", "file_id", "subject_id")} == {
            attachment["id"], made["id"], there[subject],
        }  # fmt: skip
        assert made["name"] not in str(last)
    found = await everything(client, FILES, incident_id=there["incident"])
    assert [row["id"] for row in found] == [made["id"]]
    assert len(found[0]["attachments"]) == len(SUBJECTS)
    text = (
        await client.get(f"{URL}/{there['incident']}/timeline/export/markdown", headers={"accept": "text/markdown"})
    ).text
    assert "关联证据：信息核实" in text


@every_subject
async def test_files_are_found_by_what_they_are_evidence_of(client, there, subject):
    made, other = await uploaded(client), await uploaded(client)
    good(await attach(client, made["id"], subject, there[subject]), 201)
    good(await attach(client, other["id"], "incident", await opened(client)), 201)
    assert [row["id"] for row in await everything(client, FILES, incident_id=there["incident"])] == [made["id"]]
    query = {"subject": subject, "subject_id": there[subject]}
    assert [row["id"] for row in await everything(client, FILES, **query)] == [made["id"]]
    wrong = next(name for name in SUBJECTS if name != subject)
    assert good(await client.get(FILES, params=query | {"subject": wrong}))["data"] == []
    problem(await client.get(f"{FILES}?subject=patrol"), 422)


async def test_evidence_of_a_mention_follows_it_into_its_incident(client, counter):
    made, mention_id = await uploaded(client), await post(client, f"{brand()} 无关")
    attachment = good(await attach(client, made["id"], "mention", mention_id), 201)
    assert attachment["incident_id"] is None, "it is not even counted yet"
    await counter.sweep()
    incident_id = await opened(client, mention_ids=[mention_id])
    assert [row["id"] for row in await everything(client, FILES, incident_id=incident_id)] == [made["id"]]
    assert good(await client.get(f"{FILES}/{made['id']}"))["attachments"][0]["incident_id"] == incident_id


async def test_what_belongs_to_no_incident_is_told_to_the_audit_alone(client, database):
    made, mention_id = await uploaded(client), await post(client, f"{brand()} 无关")
    attachment = good(await attach(client, made["id"], "mention", mention_id), 201)
    good(await client.delete(f"{FILES}/{made['id']}/attachments/{attachment['id']}"), 204)
    told = await database.fetch(
        "select type, data->>'action' from events where data->>'file_id' = $1 order by id", made["id"]
    )
    assert [tuple(row) for row in told] == [
        ("file.attachment_changed", "attached"), ("file.attachment_changed", "detached"),
    ]  # fmt: skip


async def test_what_there_is_not_has_no_evidence(client, there):
    made = await uploaded(client)
    for subject in SUBJECTS:
        problem(await attach(client, made["id"], subject, str(uuid4())), 422, "/subject_id")
    problem(await attach(client, made["id"], "meeting", there["decision"]), 422, "/subject_id")
    problem(await attach(client, made["id"], "patrol", there["incident"]), 422, "/subject")
    problem(await attach(client, str(uuid4()), "incident", there["incident"]), 404)
    assert good(await client.get(f"{FILES}/{made['id']}"))["attachments"] == []


async def test_it_is_said_once(client, there):
    made = await uploaded(client)
    first = good(await attach(client, made["id"], "incident", there["incident"]), 201)
    again = problem(await attach(client, made["id"], "incident", there["incident"]), 409, code="already_attached")
    assert again["attachment_id"] == first["id"]
    answers = await asyncio.gather(
        *(attach(client, made["id"], "decision", there["decision"]) for _ in range(5))
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    key = {"idempotency-key": uuid4().hex}
    one, two = [await attach(client, made["id"], "meeting", there["meeting"], **key) for _ in range(2)]
    assert good(one, 201) == good(two, 201)


async def test_nothing_is_attached_to_what_was_merged(client):
    source, target = await opened(client), await opened(client)
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    made = await uploaded(client)
    refused = problem(await attach(client, made["id"], "incident", source), 409, code="incident_over")
    assert target in refused["detail"]


async def test_it_can_be_taken_back_and_that_is_told(client, there):
    made = await uploaded(client)
    attachment = good(await attach(client, made["id"], "meeting", there["meeting"]), 201)
    one = f"{FILES}/{made['id']}/attachments/{attachment['id']}"
    other = await uploaded(client)
    problem(await client.delete(f"{FILES}/{other['id']}/attachments/{attachment['id']}"), 404)
    good(await client.delete(one), 204)
    problem(await client.delete(one), 404)
    assert (await timeline(client, there["incident"]))[-1]["data"]["action"] == "detached"
    assert good(await client.get(f"{FILES}/{made['id']}"))["attachments"] == []


async def test_a_file_is_deleted_with_its_content_once_it_is_evidence_of_nothing(client, app, database, there):
    made = await uploaded(client)
    attachment = good(await attach(client, made["id"], "incident", there["incident"]), 201)
    one = f"{FILES}/{made['id']}"
    refused = problem(await client.delete(one), 409, code="file_attached")
    assert refused["detail"] == "It is evidence of one thing: take it from that first."
    good(await client.delete(f"{one}/attachments/{attachment['id']}"), 204)
    good(await client.delete(one), 204)
    for path in (one, f"{one}/content"):
        problem(await client.get(path), 404)
    problem(await client.delete(one), 404)
    assert not await app.state.tools.storage.exists(UUID(made["id"]))
    assert await database.fetch("select from stray_objects where id = $1", UUID(made["id"])) == []
    told = await database.fetch("select type from events where data->>'subject_id' = $1 order by id", made["id"])
    assert [row["type"] for row in told] == ["file.created", "file.deleted"]


async def test_a_file_that_is_deleted_while_it_is_attached_is_one_of_both(client):
    for _ in range(10):
        incident_id, made = await opened(client), await uploaded(client)
        attached, deleted = await asyncio.gather(
            attach(client, made["id"], "incident", incident_id), client.delete(f"{FILES}/{made['id']}")
        )
        outcome = (attached.status_code, deleted.status_code)
        assert outcome in ((201, 409), (404, 204)), outcome


async def test_reading_and_attaching_take_their_scopes(client, bare):
    made = await uploaded(client)
    reader = await person_headers(client, "files:read")
    writer = await person_headers(client, "files:write")
    one = f"{FILES}/{made['id']}"
    good(await bare.get(one, headers=reader))
    for method, path, headers in (
        ("DELETE", one, reader), ("POST", f"{one}/attachments", reader), ("GET", one, writer),
        ("GET", f"{one}/content", writer), ("POST", FILES, reader),
    ):  # fmt: skip
        problem(await bare.request(method, path, headers=headers), 403)


async def test_evidence_on_a_review_is_about_all_its_incidents_and_each_one_s_hold_keeps_it(client, database):
    first, second = await opened(client), await opened(client)
    review_id, made = await review(database, first, second), await uploaded(client)
    attachment = good(await attach(client, made["id"], "review", review_id), 201)
    assert attachment["incident_id"] == first
    for incident_id in (first, second):
        assert [row["id"] for row in await everything(client, FILES, incident_id=incident_id)] == [made["id"]]
    headers = await person_headers(client, "legal:hold")
    good(await client.put(f"{URL}/{second}/legal-hold", json={"held": True, "reason": "诉讼"}, headers=headers))
    url = f"{FILES}/{made['id']}"
    for path in (url, f"{url}/attachments/{attachment['id']}"):
        assert problem(await client.delete(path), 409)["code"] == "under_legal_hold"
    good(await client.put(f"{URL}/{second}/legal-hold", json={"held": False, "reason": "已结"}, headers=headers))
    good(await client.delete(f"{url}/attachments/{attachment['id']}"), 204)
