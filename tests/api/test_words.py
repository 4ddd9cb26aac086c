"""What a refusal says, as somebody reads it who is new here: where it is, what it must be, and what to do."""

import json
from uuid import uuid4

import pytest

from tests.support.acts import URL, move, opened
from tests.support.api import good, problem
from tests.support.tasks import TASKS, make_task

MAIL = "is no mail address: write name@example.com"
WEB = "must begin with http:// or https:// and have no spaces"
ID = "must be an id (a UUID) as answers give it"
KINDS = "meeting, fact_check, follow_up, takedown_report, press_inquiry, progress_note"


def said(response, status, pointer):
    """What the problem says of one place."""
    found = problem(response, status, pointer)
    return next(error["detail"] for error in found["errors"] if error["pointer"] == pointer)


async def completed(client, **result):
    task = await make_task(client, await opened(client), "follow_up")
    return await client.post(f"{TASKS}/{task['id']}/complete", json={"result": result})


async def test_a_fault_within_a_union_is_named_as_it_was_sent(client):
    found = problem(
        await completed(client, kind="follow_up", satisfaction=9, colour=1), 422, "/result/satisfaction",
        "/result/solved", "/result/colour",
    )  # fmt: skip
    assert len(found["errors"]) == 3
    body = {"action": "complete", "select": {"filter": {}}, "results": [
        {"task_id": str(uuid4()), "result": {"kind": "meeting", "direction": "停售"}},
        {"task_id": str(uuid4()), "result": {"kind": "meeting", "direction": "", "colour": 1}},
    ]}  # fmt: skip
    answer = await client.post(f"{URL}/{await opened(client)}/tasks/bulk", json=body)
    found = problem(answer, 422, "/results/1/result/direction", "/results/1/result/colour")
    assert len(found["errors"]) == 2


async def test_a_union_without_its_kind_says_which_there_are(client):
    answer = await completed(client, solved=True)
    assert said(answer, 422, "/result/kind") == f"missing; state the kind, one of {KINDS}"
    for kind in ("party", 3, None):
        answer = await completed(client, kind=kind, solved=True)
        assert said(answer, 422, "/result/kind") == f"is no kind there is; write one of {KINDS}"


@pytest.mark.parametrize(("url", "body", "pointer", "words"), [
    ("/v1/people", {"name": "王一", "email": "wang"}, "/email", MAIL),
    ("/v1/people", {"name": "王一", "email": "wang@example.com\n"}, "/email", MAIL),
    ("/v1/people", {"name": "王一", "department_id": "5"}, "/department_id", ID),
    ("/v1/people", {"name": "王一", "department_id": 5}, "/department_id", ID),
    ("/v1/people", {"name": "王一", "colour": 5}, "/colour", "is not known here: mend its name or leave it out"),
    ("{incident}/publications", {"platform": "weibo", "statement_kind": "clarification", "url": "weibo.com/1"}, "/url", WEB),
    ("{incident}/split", {"title": "另案", "reason": "另案", "mention_ids": [str(uuid4()), "x"]}, "/mention_ids/1", ID),
    ("{incident}/tasks", {"kind": "takedown_report", "title": "投诉", "result": {
        "kind": "takedown_report", "platform": "weibo", "url": "weibo"}}, "/result/url", WEB),
    ("/v1/webhook-endpoints", {"url": "https://example.com/a", "robot_secret": "密"}, "/robot_secret",
     "must hold letters, digits and signs of ASCII only, without spaces, as the vendor shows it"),
    ("/v1/webhook-endpoints", {"url": "https://example.com/a", "at_people": ["a b"]}, "/at_people/0",
     "must be a user id or phone as the vendor has it: letters, digits and _ . @ + - only"),
])  # fmt: skip
async def test_what_a_text_must_be_is_said_in_words(client, url, body, pointer, words):
    at = url.format(incident=f"{URL}/{await opened(client)}")
    assert said(await client.post(at, json=body), 422, pointer) == words


@pytest.mark.parametrize(("url", "pointer", "words"), [
    ("/v1/files?sha256=abc", "?sha256", "must be 64 hexadecimal digits in small letters"),
    ("/v1/events?after=abc", "?after", "must be an event's id as answers give it, for example evt_42"),
    ("/v1/roles/Lead-1", "{role}", "must be a role's code: reader, responder, lead"),
    ("/v1/people?colour=red", "?colour", "is no parameter of this call"),
    ("/v1/vocabularies?colour=red", "?colour", "is no parameter of this call"),
    ("/v1/people?department_id=5", "?department_id/0", ID),
])  # fmt: skip
async def test_what_a_parameter_must_be_is_said_in_words(client, url, pointer, words):
    assert said(await client.get(url), 422, pointer).startswith(words)


async def test_what_a_file_was_captured_from_is_an_address(client):
    answer = await client.post(
        "/v1/files?name=a.png&source_url=weibo.com", content=b"x", headers={"content-type": "application/octet-stream"}
    )
    assert said(answer, 422, "?source_url") == WEB


async def test_several_values_in_one_parameter_are_taken_apart_for_the_reader(client):
    answer = await client.get(f"{URL}/{await opened(client)}?include=windows,forecast")
    assert said(answer, 422, "?include/0").endswith("; repeat the parameter: include=windows&include=forecast")


async def test_me_is_nobodys_id_and_where_it_is_shown_is_said(client):
    assert said(await client.get(f"{TASKS}?owner_id=me"), 422, "?owner_id/0") == f"{ID}; your own is at GET /v1/me"


@pytest.mark.parametrize(("path", "adds"), [
    ("/v1/incidents//spread", True), ("/v1/incidents/", True), ("/v1/nothing", False),
])  # fmt: skip
async def test_an_empty_id_in_a_path_is_noticed(client, path, adds):
    detail = problem(await client.get(path), 404)["detail"]
    assert ("an id in the path is empty" in detail) == adds


async def test_a_file_that_is_too_large_is_not_sent_in_parts(client):
    answer = await client.post(
        "/v1/files?name=a.png", content=b"x",
        headers={"content-type": "application/octet-stream", "content-length": str(51 * 2**20)},
    )  # fmt: skip
    assert problem(answer, 413)["detail"] == "A file has 50 MB (52,428,800 bytes) at most; cut or compress it."


@pytest.mark.parametrize("verb", ["tasks/bulk", "split"])
async def test_what_is_previewed_is_repeated_with_the_etag_of_its_preview(client, bare, verb):
    url = f"{URL}/{await opened(client)}/{verb}"
    bodies = {"tasks/bulk": {"action": "waive", "reason": "误报", "select": {"filter": {}}},
              "split": {"title": "另案", "reason": "另案", "mention_ids": [str(uuid4())]}}  # fmt: skip
    headers = {"authorization": client.headers["authorization"], "if-match": '"7-0123456789abcdef"'}
    stale = problem(await bare.post(url, json=bodies[verb], headers=headers), 412)["detail"]
    assert f"POST {url}/preview" in stale
    assert "since the preview" in stale
    assert "version" not in stale
    del headers["if-match"], bare.headers["if-match"]
    with_none = problem(await bare.post(url, json=bodies[verb], headers=headers), 428)["detail"]
    assert f"the ETag of POST {url}/preview" in with_none


@pytest.mark.parametrize(("kind", "shape"), [
    ("meeting", 'a meeting is finished with {"kind": "meeting", "direction": '),
    ("follow_up", 'a follow-up is finished with {"kind": "follow_up", "solved": true, "satisfaction": 5}'),
    ("fact_check", 'a fact check is finished with {"kind": "fact_check", "truth": '),
])  # fmt: skip
async def test_the_result_that_a_kind_is_finished_with_is_shown(client, kind, shape):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, kind)
    for result in ({}, {"result": {"kind": "press_inquiry", "outlet": "晚报", "question": "停售？"}}):
        answer = await client.post(f"{TASKS}/{task['id']}/complete", json=result)
        assert shape in said(answer, 422, "/result")
    body = {"action": "complete", "select": {"filter": {}}}
    shown = json.loads(said(answer, 422, "/result").partition("finished with ")[2])
    [row] = good(await client.post(f"{URL}/{incident_id}/tasks/bulk", json=body))["tasks"]
    assert shape in row["detail"]
    good(await client.post(f"{TASKS}/{task['id']}/complete", json={"result": shown}))


async def test_a_refused_task_says_what_matters_and_nothing_else(client):
    incident_id = await opened(client)
    report = await make_task(client, incident_id, "takedown_report")
    answer = await client.post(f"{TASKS}/{report['id']}/complete", json={})
    assert problem(answer, 409)["detail"] == "The task is draft: legal has to approve it before it is filed."
    other = await make_task(client, incident_id)
    answer = await client.post(f"{TASKS}/{other['id']}/submit")
    assert problem(answer, 409)["detail"] == "Only takedown reports go to legal."
    good(await move(client, incident_id, "dismissed"))
    answer = await client.post(f"{TASKS}/{other['id']}/complete", json={})
    assert "is dismissed: nothing but waiving its tasks is left." in problem(answer, 409)["detail"]
