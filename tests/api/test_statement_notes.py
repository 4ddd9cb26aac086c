"""Notes on versions of statements, on some of their words or the whole, and on reviews."""

import pytest

from tests.support.acts import URL, opened, person_headers
from tests.support.api import everything, good, problem, timeline
from tests.support.evidence import uploaded
from tests.support.people import make_person
from tests.support.statements import TEXT, review, reworded, version

WORDS = "同批次"
START = TEXT.index(WORDS)


def on(statement_id: str, number: int = 1) -> str:
    return f"/v1/statements/{statement_id}/versions/{number}/notes"


async def test_a_note_is_on_some_words_of_a_version(client, database):
    incident_id = await opened(client)
    statement_id, version_id = await version(database, incident_id)
    span = {"start": START, "end": START + len(WORDS)}
    answer = await client.post(on(statement_id), json={"body": "哪一批？", "span": span})
    made = good(answer, 201)
    assert (made["span"], made["quote"], made["body"]) == (span, WORDS, "哪一批？")
    assert (made["incident_id"], made["subject"], made["subject_id"]) == (incident_id, "statement_version", version_id)
    assert good(await client.get(answer.headers["location"])) == made
    whole = good(await client.post(on(statement_id), json={"body": "语气可以"}), 201)
    assert (whole["span"], whole["quote"]) == (None, None)
    assert [note["id"] for note in await everything(client, on(statement_id))] == [whole["id"], made["id"]]
    assert await everything(client, f"{URL}/{incident_id}/notes", subject="statement_version") == [whole, made]
    last = (await timeline(client, incident_id))[-1]
    assert (last["type"], last["data"]["subject"]) == ("note.added", "statement_version")
    assert "同批次" not in str(last)


async def test_each_version_has_its_own_notes_and_later_words_change_no_quote(client, database):
    incident_id = await opened(client)
    statement_id, version_id = await version(database, incident_id)
    await version(database, incident_id, statement_id=statement_id, number=2)
    span = {"start": START, "end": START + len(WORDS)}
    made = good(await client.post(on(statement_id), json={"body": "哪一批？", "span": span}), 201)
    await reworded(database, version_id, "改了")
    assert await everything(client, on(statement_id)) == [made]
    assert await everything(client, on(statement_id, 2)) == []


async def test_spans_count_code_points_and_end_with_the_text(client, database):
    statement_id, _ = await version(database, await opened(client), text="🔥𠮷致歉")
    made = good(await client.post(on(statement_id), json={"body": "见此", "span": {"start": 1, "end": 4}}), 201)
    assert made["quote"] == "𠮷致歉"


@pytest.mark.parametrize(
    ("span", "pointer"),
    [
        ({"start": 2, "end": 2}, "/span/end"), ({"start": 5, "end": 2}, "/span/end"), ({"start": -1, "end": 2}, "/span/start"),
        ({"start": 0, "end": len(TEXT) + 1}, "/span/end"), ({"start": 0}, "/span/end"), ({"start": "0", "end": 1}, "/span/start"),
    ],
)  # fmt: skip
async def test_a_span_lies_within_the_text(client, database, span, pointer):
    statement_id, _ = await version(database, await opened(client))
    assert (
        problem(await client.post(on(statement_id), json={"body": "见此", "span": span}), 422)["errors"][0]["pointer"]
        == pointer
    )
    assert await everything(client, on(statement_id)) == []


async def test_other_notes_have_no_span(client, database):
    incident_id = await opened(client)
    fault = problem(
        await client.post(f"{URL}/{incident_id}/notes", json={"body": "见此", "span": {"start": 0, "end": 1}}), 422
    )
    assert fault["errors"][0]["pointer"] == "/span"
    assert good(await client.post(f"{URL}/{incident_id}/notes", json={"body": "见此"}), 201)["span"] is None


async def test_a_part_of_a_phone_number_is_as_hidden_as_the_whole(client, database, bare):
    text = "联系人王女士 13812345678"
    statement_id, _ = await version(database, await opened(client), text=text)
    start = text.index("1234")
    headers = await person_headers(client, "statements:read", "statements:write", "people:unmask")
    body = {"body": "号码不对", "span": {"start": start, "end": start + 4}}
    assert good(await bare.post(on(statement_id), json=body, headers=headers), 201)["quote"] == "****"


async def test_a_correction_has_its_own_span_and_a_file_goes_along(client, database):
    statement_id, _ = await version(database, await opened(client))
    first = good(await client.post(on(statement_id), json={"body": "错字", "span": {"start": 0, "end": 2}}), 201)
    file_id = (await uploaded(client))["id"]
    named = await make_person(client)
    body = {
        "body": "错字在此",
        "span": {"start": 2, "end": 4},
        "corrects": first["id"],
        "file_ids": [file_id],
        "mentions": [named["id"]],
    }
    later = good(await client.post(on(statement_id), json=body), 201)
    assert (later["file_ids"], later["corrects"]) == ([file_id], first["id"])
    assert (await everything(client, on(statement_id)))[1]["corrected_by"] == later["id"]


async def test_scopes_and_what_is_not_there(client, database, bare):
    incident_id = await opened(client)
    statement_id, _ = await version(database, incident_id)
    reading = await person_headers(client, "statements:read", "incidents:write")
    assert good(await bare.get(on(statement_id), headers=reading))["data"] == []
    problem(await bare.post(on(statement_id), json={"body": "见此"}, headers=reading), 403)
    problem(await client.get(on(statement_id, 2)), 404)
    problem(await client.post(on(incident_id), json={"body": "见此"}), 404)
    problem(await client.get(on(statement_id, 0)), 422)


async def test_a_note_on_a_review_stands_on_the_incident_it_began_with(client, database):
    first, second = await opened(client), await opened(client)
    review_id = await review(database, first, second)
    url = f"/v1/reviews/{review_id}/notes"
    made = good(await client.post(url, json={"body": "会议改到周四"}), 201)
    assert (made["incident_id"], made["subject"], made["subject_id"]) == (first, "review", review_id)
    assert await everything(client, url) == [made]
    assert [note["id"] for note in await everything(client, f"{URL}/{first}/notes", subject="review")] == [made["id"]]
    assert await everything(client, f"{URL}/{second}/notes") == []
    problem(await client.get(f"/v1/reviews/{first}/notes"), 404)


async def test_a_merged_review_is_read_on_and_written_no_more(client, database):
    incident_id = await opened(client)
    went_into = await review(database, incident_id)
    url = f"/v1/reviews/{await review(database, await opened(client), merged_into=went_into)}/notes"
    assert good(await client.get(url))["data"] == []
    fault = problem(await client.post(url, json={"body": "会议改到周四"}), 409)
    assert (fault["code"], "merged" in fault["detail"]) == ("incident_over", True)
