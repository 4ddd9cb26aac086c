"""What was said in public is always put on record, and judged by the approvals of that very version at that time."""

from uuid import uuid4

import pytest

from tests.support.acts import check_facts, grade, opened
from tests.support.api import ago, everything, good, instant, problem
from tests.support.clocks import clocks
from tests.support.people import bearer, make_key
from tests.support.speaking import STATEMENTS, ahead, case, desk
from tests.support.tasks import told

BOTH = ("press", "legal")


@pytest.fixture
async def speakers(client, bare, database):
    async with desk(client, bare, database) as made:
        yield made


async def opened_yesterday(client, database, incident_id):
    await database.fetch("update incidents set opened_at = now() - interval '1 day' where id = $1", incident_id)
    return incident_id


async def test_what_was_approved_is_published(speakers, client):
    incident_id = await case(client)
    agreed = await speakers.approve(await speakers.submitted(incident_id, "apology"), *BOTH)
    body = {"url": "https://weibo.com/1/OAb", "title": "致歉", "version": 1}
    answer = await speakers.act(agreed, "publications", platform="weibo", **body)
    said = good(answer, 201)
    assert (said["approved"], said["statement_id"], said["statement_version_id"]) == (
        True, agreed["id"], agreed["latest"]["id"],
    )  # fmt: skip
    assert (said["statement_kind"], said["platform"], said["url"], said["title"]) == (
        "apology", "weibo", body["url"], "致歉",
    )  # fmt: skip
    assert answer.headers["location"] == f"/v1/incidents/{incident_id}/publications/{said['id']}"
    assert good(await client.get(answer.headers["location"]))["id"] == said["id"]
    seen = await speakers.seen(agreed)
    assert (seen["status"], seen["published_unapproved"], seen["published_at"]) == (
        "published",
        False,
        said["happened_at"],
    )
    assert seen["latest"]["published"] is True
    second = await speakers.publish(seen, "wechat_official")
    [first, again] = await told(client, incident_id, "statement.published")
    assert first["data"] | {"number": "", "seq": 0} == {
        "incident_id": incident_id, "number": "", "seq": 0, "is_drill": False, "statement_id": agreed["id"],
        "statement_kind": "apology", "statement_status": "published", "version_id": agreed["latest"]["id"],
        "version_number": 1, "happened_at": said["happened_at"], "publication_id": said["id"], "platform": "weibo",
        "approved": True, "first": True, "first_of_version": True,
    }  # fmt: skip
    assert (again["data"]["first"], again["data"]["first_of_version"]) == (False, False)
    assert await told(client, incident_id, "statement.published_unapproved") == []
    assert len(await told(client, incident_id, "incident.publication_recorded")) == 2
    rows = await everything(client, f"{STATEMENTS}/{agreed['id']}/publications", limit=1)
    assert [row["id"] for row in rows] == [second["id"], said["id"]]


@pytest.mark.parametrize("state", ["draft", "in_review", "half", "changes_requested", "withdrawn"])
async def test_what_was_not_approved_is_recorded_all_the_same_and_marked(speakers, client, state):
    incident_id = await case(client)
    made = await speakers.draft(incident_id, "holding")
    if state != "draft":
        good(await speakers.act(made, "submit"))
    if state in ("half", "changes_requested", "withdrawn"):
        await speakers.approve(made, *(BOTH if state != "half" else BOTH[:1]))
    if state == "changes_requested":
        good(await speakers.act(made, "request-changes", by="press 2", version=1, comment="等等"))
    if state == "withdrawn":
        good(await speakers.act(made, "withdraw", reason="不发"))
    said = await speakers.publish(made)
    assert said["approved"] is False
    seen = await speakers.seen(made)
    assert seen["published_unapproved"] is True
    assert seen["status"] == ("withdrawn" if state == "withdrawn" else "published")
    assert seen["published_at"] == said["happened_at"]
    assert seen["latest"]["submitted_at"], "what was said can't be changed any more"
    [event] = await told(client, incident_id, "statement.published_unapproved")
    missing = ["legal"] if state == "half" else ["public_relations", "legal"]
    assert (event["data"]["missing_slots"], event["data"]["publication_id"]) == (missing, said["id"])
    [published] = await told(client, incident_id, "statement.published")
    assert published["data"]["approved"] is False


async def test_a_draft_that_was_said_is_changed_in_another_version(speakers, client):
    made = await speakers.draft(await case(client), "holding")
    await speakers.publish(made)
    changed = good(await speakers.patch(made, attitude="我们正在核实。"))
    assert (changed["status"], changed["latest"]["number"], changed["latest"]["published"]) == ("draft", 2, False)
    assert (changed["published_unapproved"], bool(changed["published_at"])) == (True, True)
    first = good(await client.get(f"{STATEMENTS}/{made['id']}/versions/1"))
    assert (first["published"], first["attitude"], first["submitter"]) == (True, made["latest"]["attitude"], None)
    good(await speakers.act(changed, "submit"))
    agreed = await speakers.approve(changed, *BOTH)
    assert (await speakers.publish(agreed))["approved"] is True
    seen = await speakers.seen(agreed)
    assert (seen["status"], seen["published_unapproved"]) == ("published", True), "the mark is never taken back"


async def test_who_agrees_afterwards_takes_no_mark_back_and_counts_for_what_is_said_next(speakers, client):
    submitted = await speakers.submitted(await case(client))
    await speakers.publish(submitted, "weibo")
    agreed = await speakers.approve(submitted, *BOTH)
    assert (agreed["status"], agreed["published_unapproved"]) == ("published", True)
    assert (await speakers.publish(agreed, "douyin"))["approved"] is True
    back = await speakers.act(agreed, "request-changes", by="press 2", version=1, comment="改")
    problem(back, 409, code="already_published")


async def test_another_version_than_the_approved_one_is_marked(speakers, client):
    incident_id = await case(client)
    agreed = await speakers.approve(await speakers.submitted(incident_id), *BOTH)
    changed = good(await speakers.patch(agreed, attitude="我们正在核实。"))
    assert (await speakers.publish(changed, version=1))["approved"] is True
    seen = await speakers.seen(changed)
    assert (seen["status"], seen["published_unapproved"]) == ("draft", False), "its newest version was not said"
    assert (await speakers.publish(changed, version=2))["approved"] is False
    assert (await speakers.seen(changed))["published_unapproved"] is True
    events = [one["data"] for one in await told(client, incident_id, "statement.published")]
    assert [(one["version_number"], one["first"], one["first_of_version"]) for one in events] == [
        (1, True, True), (2, False, True),
    ]  # fmt: skip
    problem(await speakers.act(changed, "publications", platform="weibo", version=3), 422, "/version")


async def test_an_approver_who_wrote_in_it_later_does_not_count_for_what_is_said_then(speakers, client):
    agreed = await speakers.approve(await speakers.submitted(await case(client)), *BOTH)
    changed = good(await speakers.patch(agreed, "press", attitude="我们正在核实。"))
    assert (await speakers.publish(changed, version=1))["approved"] is False


async def test_it_is_judged_by_what_stood_when_it_happened(speakers, client, database):
    incident_id = await opened_yesterday(client, database, await case(client))
    agreed = await speakers.approve(await speakers.submitted(incident_id), *BOTH)
    early = await speakers.publish(agreed, "weibo", happened_at=ago(hours=2))
    assert early["approved"] is False, "it was said before anybody approved it"
    before = ago()
    good(await speakers.act(agreed, "withdraw", reason="不发"))
    assert (await speakers.publish(agreed, "douyin", happened_at=before))["approved"] is True
    assert (await speakers.publish(agreed, "zhihu"))["approved"] is False
    assert instant((await speakers.seen(agreed))["published_at"]) == instant(early["happened_at"])


async def test_the_grade_of_that_time_says_who_had_to_approve(speakers, client):
    incident_id = await case(client, grade="serious")
    agreed = await speakers.approve(await speakers.submitted(incident_id), *BOTH)
    before = ago()
    await grade(client, incident_id, "major")
    assert (await speakers.publish(agreed, "weibo", happened_at=before))["approved"] is True
    later = await speakers.publish(agreed, "douyin")
    assert later["approved"] is False
    [event] = await told(client, incident_id, "statement.published_unapproved")
    assert event["data"]["missing_slots"] == ["lead"]


async def test_before_its_first_grade_an_incident_had_none(speakers, client):
    incident_id = await case(client)
    agreed = await speakers.approve(await speakers.submitted(incident_id), *BOTH)
    before = ago()
    await grade(client, incident_id, "major")
    assert (await speakers.publish(agreed, "weibo", happened_at=before))["approved"] is True


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"platform": "myspace"}, "/platform"), ({"platform": None}, "/platform"), ({"url": "javascript:alert(1)"}, "/url"),
    ({"happened_at": ahead(days=9)}, "/happened_at"), ({"happened_at": ago(days=3)}, "/happened_at"),
    ({"version": 0}, "/version"), ({"version": 2}, "/version"), ({"approved": True}, "/approved"),
    ({"statement_kind": "holding"}, "/statement_kind"), ({"title": "长" * 201}, "/title"),
])  # fmt: skip
async def test_a_publication_that_makes_no_sense_is_refused_by_name(speakers, client, fields, pointer):
    made = await speakers.draft(await case(client))
    problem(await speakers.act(made, "publications", **{"platform": "weibo"} | fields), 422, pointer)
    seen = await speakers.seen(made)
    assert (seen["published_at"], seen["version"]) == (None, 1)


async def test_a_tool_reports_what_was_said_and_nobody_else_without_the_scope(speakers, client):
    made = await speakers.draft(await case(client))
    url, body = f"{STATEMENTS}/{made['id']}/publications", {"platform": "weibo"}
    reader = bearer((await make_key(client, "statements:read", "statements:write", "incidents:write"))["key"])
    problem(await speakers.bare.post(url, json=body, headers=reader), 403, code="forbidden")
    tool = bearer((await make_key(client, "publications:write"))["key"])
    key = {"idempotency-key": uuid4().hex}
    answers = [await speakers.bare.post(url, json=body, headers=tool | key) for _ in range(2)]
    assert good(answers[0], 201) == good(answers[1], 201)
    assert len(await everything(client, url)) == 1


async def test_it_meets_the_clocks_and_guards_as_any_publication_does(speakers, client):
    incident_id = await opened(client)
    await check_facts(client, incident_id, truth="confirmed")
    await grade(client, incident_id, "general")
    agreed = await speakers.approve(await speakers.submitted(incident_id, "apology"), *BOTH)
    await speakers.publish(agreed)
    running = await clocks(client, incident_id)
    assert running["first_word"]["state"] == "met"


async def test_what_was_recorded_directly_is_of_no_statement(client):
    incident_id = await opened(client)
    body = {"platform": "weibo", "statement_kind": "holding"}
    said = good(await client.post(f"/v1/incidents/{incident_id}/publications", json=body), 201)
    assert (said["statement_id"], said["statement_version_id"], said["approved"]) == (None, None, None)


async def test_an_approver_who_wrote_in_the_next_draft_afterwards_counts_for_what_was_said_before(speakers, client):
    agreed = await speakers.approve(await speakers.submitted(await case(client)), *BOTH)
    then = good(await speakers.patch(agreed, attitude="下一版。"))["updated_at"]
    good(await speakers.patch(agreed, "press", attitude="下一版，改。"))
    assert (await speakers.publish(agreed, version=1, happened_at=then))["approved"]
    assert not (await speakers.publish(agreed, version=1))["approved"]
