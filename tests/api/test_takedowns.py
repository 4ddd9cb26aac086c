"""Takedown reports: they name the law, a second person approves them for legal, and a person files them."""

import pytest

from tests.support.acts import opened, person_headers
from tests.support.api import good, problem
from tests.support.people import bearer, make_key, make_person
from tests.support.tasks import REPORT, TASKS, make_task, seen, told

SCOPES = ("incidents:read", "incidents:write")


@pytest.fixture
async def author(client):
    return await person_headers(client, *SCOPES, name="陈公关")


@pytest.fixture
async def legal(client):
    return await person_headers(client, *SCOPES, "legal:approve", name="李法务")


async def step(bare, headers, task, verb, **fields):
    body = {"json": fields} if verb in ("complete", "waive", "reopen", "reject") else {}
    return await bare.post(f"{TASKS}/{task['id']}/{verb}", headers=headers, **body)


async def report(bare, client, headers, *steps, legal=None, **fields):
    """A report by this person that went through these steps; legal does what is legal's."""
    incident_id = await opened(client)
    body = {"kind": "takedown_report", "title": "举报虚假检测报告", "result": REPORT | fields}
    made = good(await bare.post(f"/v1/incidents/{incident_id}/tasks", json=body, headers=headers), 201)
    for verb in steps:
        who = legal if verb in ("approve", "reject") else headers
        made = good(await step(bare, who, made, verb, **({"reason": "依据不足"} if verb == "reject" else {})))
    return made


async def test_a_report_goes_from_its_draft_through_legal_and_is_filed(client, bare, author, legal):
    draft = await report(bare, client, author)
    assert (draft["state"], draft["result"]) == ("draft", REPORT | {"approved_by": None, "approved_at": None})
    problem(await step(bare, author, draft, "complete"), 409, code="approval_needed")
    submitted = good(await step(bare, author, draft, "submit"))
    assert submitted["state"] == "legal_review"
    problem(await step(bare, author, draft, "complete"), 409, code="approval_needed")
    problem(await step(bare, author, draft, "submit"), 409, code="already_submitted")
    approved = good(await step(bare, legal, draft, "approve"))
    assert (approved["state"], approved["result"]["approved_by"]["name"]) == ("approved", "李**")
    assert approved["result"]["approved_at"] == approved["updated_at"]
    filed = good(await step(bare, author, draft, "complete", outcome="平台已受理，回执 8842"))
    assert (filed["state"], filed["outcome"]) == ("done", "平台已受理，回执 8842")
    assert filed["result"] == approved["result"], "who approved it stands"
    events = await told(client, draft["incident_id"], "task.changed", "task.done")
    assert [event["data"].get("action", "done") for event in events] == ["submit", "approve", "done"]
    assert not any(text in str(events) for text in ("民法典", "weibo.com", "受理"))


async def test_criticism_without_a_legal_basis_is_not_submitted(client, bare, author):
    draft = await report(bare, client, author, legal_basis=None)
    problem(await step(bare, author, draft, "submit"), 409, code="legal_basis_missing")
    empty = await make_task(client, draft["incident_id"], "takedown_report")
    problem(await step(bare, author, empty, "submit"), 409, code="legal_basis_missing")
    good(await bare.patch(f"{TASKS}/{draft['id']}", json={"result": REPORT}, headers=author))
    assert good(await step(bare, author, draft, "submit"))["state"] == "legal_review"


async def test_a_basis_that_is_not_stated_is_none(client, bare, author):
    draft = await report(bare, client, author)
    unstated = {name: REPORT[name] for name in ("kind", "platform", "url")}
    changed = good(await bare.patch(f"{TASKS}/{draft['id']}", json={"result": unstated}, headers=author))
    assert changed["result"]["legal_basis"] is None
    again = good(await bare.patch(f"{TASKS}/{draft['id']}", json={"result": unstated}, headers=author))
    assert again == changed, "so it was already"


async def test_rejected_it_goes_back_with_the_reason_and_may_come_again(client, bare, author, legal):
    rejected = await report(bare, client, author, "submit", "reject", legal=legal)
    assert (rejected["state"], rejected["reason"]) == ("rejected", "依据不足")
    problem(await step(bare, author, rejected, "complete"), 409, code="approval_needed")
    problem(await step(bare, legal, rejected, "approve"), 409, code="not_in_review")
    good(await step(bare, author, rejected, "submit"))
    assert good(await step(bare, legal, rejected, "approve"))["state"] == "approved"


async def test_nobody_approves_their_own_report(client, bare, legal):
    own = await report(bare, client, legal, "submit")
    refused = problem(await step(bare, legal, own, "approve"), 403, code="approver_involved")
    assert "colleague" in refused["detail"]
    assert (await seen(client, own))["state"] == "legal_review"


async def test_nor_one_they_are_to_file(client, bare, author):
    person = await make_person(client, *SCOPES, "legal:approve")
    headers = bearer((await make_key(client, *SCOPES, "legal:approve", person_id=person["id"]))["key"])
    theirs = await report(bare, client, author, "submit")
    good(await bare.patch(f"{TASKS}/{theirs['id']}", json={"owner_id": person["id"]}, headers=author))
    problem(await step(bare, headers, theirs, "approve"), 403, code="approver_involved")
    good(await bare.patch(f"{TASKS}/{theirs['id']}", json={"owner_id": None}, headers=author))
    good(await step(bare, headers, theirs, "approve"))


async def test_nor_one_they_worded(client, bare, author, legal):
    draft = await report(bare, client, author)
    other = REPORT | {"legal_basis": "反不正当竞争法第十一条"}
    good(await bare.patch(f"{TASKS}/{draft['id']}", json={"result": other}, headers=legal))
    good(await step(bare, author, draft, "submit"))
    problem(await step(bare, legal, draft, "approve"), 403, code="approver_involved")
    again = REPORT | {"legal_basis": "反不正当竞争法第十二条"}
    good(await bare.patch(f"{TASKS}/{draft['id']}", json={"result": again}, headers=author))
    good(await step(bare, author, draft, "submit"))
    # Not even after somebody else changed a word of it.
    problem(await step(bare, legal, draft, "approve"), 403, code="approver_involved")
    second = await person_headers(client, *SCOPES, "legal:approve")
    good(await step(bare, second, draft, "approve"))


@pytest.mark.parametrize("verb", ["approve", "reject"])
async def test_a_machine_judges_nothing(client, bare, author, verb):
    draft = await report(bare, client, author, "submit")
    machine = bearer((await make_key(client, *SCOPES, "legal:approve"))["key"])
    problem(await step(bare, machine, draft, verb, reason="x"), 403, code="person_needed")


async def test_a_machine_files_nothing(client, bare, author, legal):
    approved = await report(bare, client, author, "submit", "approve", legal=legal)
    machine = bearer((await make_key(client, *SCOPES))["key"])
    problem(await step(bare, machine, approved, "complete"), 403, code="person_needed")
    body = {"action": "complete", "select": {"task_ids": [approved["id"]]}}
    many = await bare.post(f"/v1/incidents/{approved['incident_id']}/tasks/bulk", json=body, headers=machine)
    assert good(many)["tasks"][0]["refusal"] == "person_needed"
    assert (await seen(client, approved))["state"] == "approved"
    good(await step(bare, author, approved, "complete"))


@pytest.mark.parametrize("change", [
    {"legal_basis": "广告法"}, {"url": "https://weibo.com/1/b"}, {"platform": "douyin"}, {"legal_basis": None},
])  # fmt: skip
@pytest.mark.parametrize("steps", [("submit",), ("submit", "approve"), ("submit", "reject")])
async def test_what_says_something_else_is_a_draft_again_and_not_approved(client, bare, author, legal, steps, change):
    task = await report(bare, client, author, *steps, legal=legal)
    changed = good(await bare.patch(f"{TASKS}/{task['id']}", json={"result": REPORT | change}, headers=author))
    assert changed["state"] == "draft"
    assert (changed["result"]["approved_by"], changed["result"]["approved_at"]) == (None, None)
    problem(await step(bare, author, task, "complete"), 409, code="approval_needed")


async def test_other_changes_leave_the_approval(client, bare, author, legal):
    task = await report(bare, client, author, "submit", "approve", legal=legal)
    body = {"title": "举报", "details": "附截图", "due_at": None, "result": REPORT}
    changed = good(await bare.patch(f"{TASKS}/{task['id']}", json=body, headers=author))
    assert (changed["state"], changed["result"]) == ("approved", task["result"])


async def test_it_is_filed_as_it_was_approved(client, bare, author, legal):
    task = await report(bare, client, author, "submit", "approve", legal=legal)
    other = await step(bare, author, task, "complete", result=REPORT | {"url": "https://weibo.com/1/b"})
    assert problem(other, 422, "/result")["errors"][0]["code"] == "approved_as_it_is"
    assert (await seen(client, task))["state"] == "approved"


async def test_filed_and_reopened_it_is_a_draft_that_nobody_approved(client, bare, author, legal):
    task = await report(bare, client, author, "submit", "approve", "complete", legal=legal)
    again = good(await step(bare, author, task, "reopen", reason="平台未处理"))
    assert (again["state"], again["result"]["approved_by"]) == ("draft", None)
    problem(await step(bare, author, task, "complete"), 409, code="approval_needed")


async def test_the_approval_is_of_the_version_that_was_read(client, bare, author, legal):
    task = await report(bare, client, author, "submit")
    one = f"{TASKS}/{task['id']}"
    etag = (await bare.get(one, headers=legal)).headers["etag"]
    good(await bare.patch(one, json={"details": "补充"}, headers=author))
    problem(await bare.post(f"{one}/approve", headers=legal | {"if-match": etag}), 412, code="stale")
