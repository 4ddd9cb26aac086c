"""Notes: what people write to each other about an incident. They are never changed; a correction is another one."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.core.auth import SYSTEM
from app.incidents.queries import get_incident
from app.incidents.service import merge_incidents
from tests.support.acts import URL, move, opened, person_headers
from tests.support.api import everything, good, incident, instant, problem, timeline
from tests.support.evidence import uploaded
from tests.support.notes import note, send
from tests.support.people import bearer, make_key, make_person
from tests.support.tasks import TASKS, make_task
from tests.support.waiting import eventually


async def test_a_note_is_kept_told_and_found(client, bare):
    incident_id, named = await opened(client), await make_person(client)
    headers = await person_headers(client, "incidents:read", "incidents:write", name="王小明")
    text = "**门店**口径已定，见 [说明](https://example.com/1)\n\n- 先停售\n"
    created = await bare.post(
        f"{URL}/{incident_id}/notes", json={"body": text, "mentions": [named["id"]]}, headers=headers
    )
    made = good(created, 201)
    assert (made["body"], made["corrects"], made["corrected_by"]) == (text, None, None)
    assert (made["incident_id"], made["subject"], made["subject_id"]) == (incident_id, "incident", incident_id)
    assert made["mentions"] == [{"id": named["id"], "name": "王" + "*" * (len(named["name"]) - 1)}]
    assert made["person"]["name"] == "王**"
    assert made["actor"] == f"person:{made['person']['id']}"
    assert created.headers["location"] == f"{URL}/{incident_id}/notes/{made['id']}"
    assert good(await bare.get(created.headers["location"], headers=headers)) == made
    last = (await timeline(client, incident_id))[-1]
    assert (last["type"], last["actor"], instant(last["at"])) == (
        "note.added",
        made["actor"],
        instant(made["created_at"]),
    )
    told = {name: last["data"][name] for name in ("note_id", "subject", "subject_id", "mentions", "corrects")}
    assert told == {"note_id": made["id"], "subject": "incident", "subject_id": incident_id, "mentions": [named["id"]],
                    "corrects": None}  # fmt: skip
    assert "门店" not in str(last["data"])


async def test_a_machine_may_write_one_and_is_no_person(client):
    made = await note(client, await opened(client), body="工单 4711 已建")
    assert made["person"] is None
    assert made["actor"].startswith("key:")


async def test_a_note_is_no_act_and_makes_no_version(client):
    incident_id = await opened(client)
    before = (await client.get(f"{URL}/{incident_id}")).headers["etag"]
    await note(client, incident_id)
    assert (await client.get(f"{URL}/{incident_id}")).headers["etag"] == before


async def test_the_same_key_writes_once(client):
    incident_id, headers = await opened(client), {"idempotency-key": uuid4().hex}
    first, again = [
        await client.post(f"{URL}/{incident_id}/notes", json={"body": "收到"}, headers=headers) for _ in range(2)
    ]
    assert good(first, 201) == good(again, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await everything(client, f"{URL}/{incident_id}/notes")) == 1


@pytest.mark.parametrize("status", ["subsided", "dismissed", "closed"])
async def test_what_has_ended_is_still_talked_about(client, status):
    incident_id = await opened(client)
    for step in ("responding", "handling", "closing", "closed") if status == "closed" else (status,):
        good(await move(client, incident_id, step, override=True))
    await note(client, incident_id)
    shown = await incident(client, incident_id)
    assert [one["allowed"] for one in shown["allowed_actions"] if one["action"] == "add_note"] == [True]


async def test_what_was_merged_is_talked_about_where_it_went(client):
    incident_id, other = await opened(client), await opened(client)
    before = await note(client, incident_id)
    good(await client.post(f"{URL}/{incident_id}/merge", json={"into_incident_id": other, "reason": "同一事件"}))
    assert "merged into" in problem(await send(client, incident_id), 409, code="incident_over")["detail"]
    assert [row["id"] for row in await everything(client, f"{URL}/{incident_id}/notes")] == [before["id"]]


async def test_notes_are_listed_page_by_page_the_newest_first(client):
    incident_id, other = await opened(client), await opened(client)
    made = [(await note(client, incident_id))["id"] for _ in range(3)]
    await note(client, other)
    assert [row["id"] for row in await everything(client, f"{URL}/{incident_id}/notes", limit=2)] == made[::-1]
    cursor = good(await client.get(f"{URL}/{incident_id}/notes?limit=1"))["next_cursor"]
    problem(await client.get(f"{URL}/{other}/notes?cursor={cursor}"), 400, "?cursor")
    problem(await client.get(f"{URL}/{incident_id}/notes?subject=incident&cursor={cursor}"), 400, "?cursor")
    problem(await client.get(f"{URL}/{other}/notes/{made[0]}"), 404)
    problem(await client.get(f"{URL}/{uuid4()}/notes"), 404)


async def test_notes_are_chosen_by_subject_author_and_whom_they_mention(client, bare):
    incident_id, first, second = await opened(client), await make_person(client), await make_person(client)
    author = await make_person(client, "incidents:write")
    headers = bearer((await make_key(client, "incidents:write", person_id=author["id"]))["key"])
    theirs = await note(bare, incident_id, mentions=[first["id"], second["id"]], headers=headers)
    machines = await note(client, incident_id, mentions=[second["id"]])

    async def chosen(**query):
        return [row["id"] for row in await everything(client, f"{URL}/{incident_id}/notes", **query)]

    assert await chosen(author=author["id"]) == [theirs["id"]]
    assert await chosen(mentions=first["id"]) == [theirs["id"]]
    assert await chosen(mentions=[first["id"], second["id"]]) == [machines["id"], theirs["id"]], "either of them"
    assert await chosen(mentions=second["id"], author=author["id"]) == [theirs["id"]]
    assert await chosen(subject="incident", subject_id=incident_id) == [machines["id"], theirs["id"]]
    assert await chosen(subject_id=str(uuid4())) == []
    problem(await client.get(f"{URL}/{incident_id}/notes?subject=weather"), 422, "?subject/0")


async def test_who_is_mentioned_twice_is_mentioned_once(client):
    named = await make_person(client)
    made = await note(client, await opened(client), mentions=[named["id"], named["id"]])
    assert [person["id"] for person in made["mentions"]] == [named["id"]]


async def test_only_people_who_are_here_are_mentioned(client):
    incident_id, there, gone = await opened(client), await make_person(client), await make_person(client)
    good(await client.patch(f"/v1/people/{gone['id']}", json={"active": False}))
    found = problem(await send(client, incident_id, mentions=[there["id"], gone["id"]]), 422, "/mentions/1")
    assert found["errors"][0]["code"] == "person_inactive"
    found = problem(await send(client, incident_id, mentions=[str(uuid4())]), 422, "/mentions/0")
    assert found["errors"][0]["code"] == "not_found"
    assert await everything(client, f"{URL}/{incident_id}/notes") == []


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"body": ""}, "/body"), ({"body": " \u200b\n"}, "/body"), ({"body": "a\x00b"}, "/body"),
    ({"body": "长" * 20_001}, "/body"), ({"mentions": ["nobody"]}, "/mentions/0"),
    ({"mentions": [str(uuid4())] * 51}, "/mentions"), ({"corrects": str(uuid4())}, "/corrects"),
    ({"actor": "me"}, "/actor"), ({"subject": "weather"}, "/subject"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, fields, pointer):
    problem(await send(client, await opened(client), **fields), 422, pointer)


async def test_a_long_text_with_everything_in_it_is_kept_as_it_was_written(client):
    text = ("<script>alert(1)</script> ![](javascript:x) 🔥 \u202e\t|`*_\\ " * 500)[:20_000]
    made = await note(client, await opened(client), body=text)
    assert made["body"] == text
    assert made["body"] == good(await client.get(f"{URL}/{made['incident_id']}/notes/{made['id']}"))["body"]


async def test_a_correction_is_a_new_note_and_the_corrected_one_says_so(client):
    incident_id = await opened(client)
    first = await note(client, incident_id, body="批次 20261101")
    second = await note(client, incident_id, body="批次 20261102", corrects=first["id"])
    assert (second["corrects"], second["corrected_by"]) == (first["id"], None)
    shown = {row["id"]: row for row in await everything(client, f"{URL}/{incident_id}/notes")}
    assert shown == {first["id"]: first | {"corrected_by": second["id"]}, second["id"]: second}
    refused = problem(await send(client, incident_id, corrects=first["id"]), 409, "/corrects", code="already_corrected")
    assert second["id"] in refused["detail"]
    third = await note(client, incident_id, corrects=second["id"])
    told = [event["data"] for event in (await timeline(client, incident_id))[-3:]]
    assert [event["corrects"] for event in told] == [None, first["id"], second["id"]]
    assert told[-1]["note_id"] == third["id"]


async def test_one_note_is_corrected_once_however_many_try_at_once(client):
    incident_id = await opened(client)
    first = await note(client, incident_id)
    answers = await asyncio.gather(*(send(client, incident_id, corrects=first["id"]) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_a_note_of_another_incident_is_not_corrected_here(client):
    other = await note(client, await opened(client))
    problem(await send(client, await opened(client), corrects=other["id"]), 422, "/corrects")


async def test_the_database_itself_lets_a_note_be_corrected_once(client, database):
    first = await note(client, await opened(client))
    await note(client, first["incident_id"], corrects=first["id"])
    copy = (
        "insert into notes(id, incident_id, subject, subject_id, body, actor, corrects) "
        "select gen_random_uuid(), incident_id, subject, subject_id, body, actor, $1 from notes where id = $1"
    )
    with pytest.raises(asyncpg.UniqueViolationError, match="uq_notes_corrects"):
        await database.fetch(copy, UUID(first["id"]))


async def test_people_in_what_is_written_are_masked_and_each_look_behind_is_on_record(client, bare, database):
    incident_id = await opened(client)
    await note(
        client, incident_id, body="致电13812345678的@张三", mentions=[(await make_person(client, name="李小红"))["id"]]
    )
    looks = "select count(*) as n from events where type = 'words.unmasked' and data->'incident_ids' ? $1"
    [before] = await database.fetch(looks, incident_id)
    reader = await person_headers(client, "incidents:read")
    [row] = good(await bare.get(f"{URL}/{incident_id}/notes", headers=reader))["data"]
    assert (row["body"], row["mentions"][0]["name"]) == ("致电138******78的@**", "李**")
    assert await database.fetch(looks, incident_id) == [before]
    seen = await person_headers(client, "incidents:read", "people:unmask")
    one = good(await bare.get(f"{URL}/{incident_id}/notes/{row['id']}", headers=seen))
    assert (one["body"], one["mentions"][0]["name"]) == ("致电13812345678的@张三", "李小红")
    assert (await database.fetch(looks, incident_id))[0]["n"] == before["n"] + 1


async def test_files_go_with_a_note_and_stay(client):
    incident_id, files = await opened(client), [(await uploaded(client))["id"] for _ in range(2)]
    made = await note(client, incident_id, body="见附件", file_ids=[*files, files[0]])
    assert made["file_ids"] == files
    assert good(await client.get(f"{URL}/{incident_id}/notes/{made['id']}")) == made
    found = await everything(client, "/v1/files", subject="note", subject_id=made["id"])
    assert {one["id"] for one in found} == set(files)
    types = [event["type"] for event in await timeline(client, incident_id)]
    assert types[-3:] == ["note.added", *["incident.evidence_changed"] * 2]
    problem(await client.delete(f"/v1/files/{files[0]}"), 409, code="file_attached")
    text = (await client.get(f"{URL}/{incident_id}/timeline/export/markdown")).text
    assert "关联证据：备注" in text


async def test_a_note_with_a_file_that_is_not_there_is_not_written(client, bare):
    incident_id, there = await opened(client), (await uploaded(client))["id"]
    problem(await send(client, incident_id, file_ids=[there, str(uuid4())]), 422, "/file_ids/1")
    problem(await send(client, incident_id, file_ids=[there] * 21), 422, "/file_ids")
    writer = await person_headers(client, "incidents:write")
    refused = problem(await send(bare, incident_id, file_ids=[there], headers=writer), 403, code="forbidden")
    assert "files:write" in refused["detail"]
    assert await everything(client, f"{URL}/{incident_id}/notes") == []


async def test_a_note_on_a_task_stands_with_the_incidents_notes(client):
    incident_id = await opened(client)
    task, other = await make_task(client, incident_id), await make_task(client, incident_id)
    on_incident = await note(client, incident_id)
    created = await client.post(f"{TASKS}/{task['id']}/notes", json={"body": "口径见附件"})
    made = good(created, 201)
    assert (made["incident_id"], made["subject"], made["subject_id"]) == (incident_id, "task", task["id"])
    assert created.headers["location"] == f"{URL}/{incident_id}/notes/{made['id']}"
    assert await everything(client, f"{TASKS}/{task['id']}/notes") == [made]
    assert await everything(client, f"{TASKS}/{other['id']}/notes") == []
    assert await everything(client, f"{URL}/{incident_id}/notes") == [made, on_incident]
    assert await everything(client, f"{URL}/{incident_id}/notes", subject="incident") == [on_incident]
    assert await everything(client, f"{URL}/{incident_id}/notes", subject_id=task["id"]) == [made]
    last = (await timeline(client, incident_id))[-1]
    assert (last["type"], last["data"]["subject"], last["data"]["subject_id"]) == ("note.added", "task", task["id"])
    problem(await client.post(f"{TASKS}/{uuid4()}/notes", json={"body": "收到"}), 404)
    problem(await client.get(f"{TASKS}/{uuid4()}/notes"), 404)


async def test_a_note_is_corrected_where_it_was_written(client):
    incident_id = await opened(client)
    task, on_incident = await make_task(client, incident_id), await note(client, incident_id)
    one = f"{TASKS}/{task['id']}/notes"
    first = good(await client.post(one, json={"body": "收到"}), 201)
    problem(await client.post(one, json={"body": "更正", "corrects": on_incident["id"]}), 422, "/corrects")
    problem(await send(client, incident_id, corrects=first["id"]), 422, "/corrects")
    second = good(await client.post(one, json={"body": "更正", "corrects": first["id"]}), 201)
    assert [row["corrected_by"] for row in await everything(client, one, limit=1)] == [None, second["id"]]


async def test_notes_on_a_task_stay_when_its_incident_is_merged_and_more_are_written_where_it_went(client):
    incident_id, into = await opened(client), await opened(client)
    task = await make_task(client, incident_id)
    one = f"{TASKS}/{task['id']}/notes"
    before = good(await client.post(one, json={"body": "并案前"}), 201)
    good(await client.post(f"{URL}/{incident_id}/merge", json={"into_incident_id": into, "reason": "同一事件"}))
    after = good(await client.post(one, json={"body": "并案后", "corrects": before["id"]}), 201)
    assert (before["incident_id"], after["incident_id"]) == (incident_id, into)
    assert [row["id"] for row in await everything(client, one)] == [after["id"], before["id"]]


async def test_a_note_waits_for_a_merge_and_is_written_where_the_task_went(client, database):
    incident_id, into = await opened(client), await opened(client)
    task = await make_task(client, incident_id)
    async with database.transaction() as tx:
        source, target = [await get_incident(tx, UUID(id_), lock=True) for id_ in sorted((incident_id, into))]
        source, target = (source, target) if str(source.id) == incident_id else (target, source)
        writing = asyncio.create_task(client.post(f"{TASKS}/{task['id']}/notes", json={"body": "收到"}))
        waits = "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and query like '%incidents%'"
        await eventually(lambda: _some(database, waits), what="the note that waits")
        await merge_incidents(tx, source.id, target.id, reason="同一事件", caller=SYSTEM, now=await tx.now())
    assert good(await writing, 201)["incident_id"] == into


async def _some(database, statement: str) -> bool:
    return bool((await database.fetch(statement))[0]["n"])


async def test_the_exported_timeline_holds_them(client):
    incident_id, named = await opened(client), await make_person(client)
    first = await note(client, incident_id, body="# 口径\n一 | 二", mentions=[named["id"]])
    await note(client, incident_id, body="口径改了", corrects=first["id"])
    exported = good(await client.get(f"{URL}/{incident_id}/timeline/export"))
    assert exported["notes"] == (await everything(client, f"{URL}/{incident_id}/notes"))[::-1]
    text = (await client.get(f"{URL}/{incident_id}/timeline/export/markdown")).text
    assert "| 新增备注 | 内容：\\# 口径 一 \\| 二；提及 1 人；已被更正 |" in text
    assert "| 新增备注 | 内容：口径改了；更正此前一条 |" in text
