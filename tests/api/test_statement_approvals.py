"""Who approves a statement, and who does not; what is sent back; and what other grades ask for."""

import pytest

from tests.support.acts import check_facts, grade, opened
from tests.support.api import everything, good, problem
from tests.support.people import bearer, make_key
from tests.support.speaking import STATEMENTS, case, desk
from tests.support.tasks import told

BOTH = ("press", "legal")


@pytest.fixture
async def speakers(client, bare, database):
    async with desk(client, bare, database) as made:
        yield made


async def test_public_relations_and_legal_approve_and_each_is_told(speakers, client):
    incident_id = await case(client)
    submitted = await speakers.submitted(incident_id, "apology")
    half = await speakers.approve(submitted, "press")
    assert half["status"] == "in_review"
    assert {slot["slot"]: slot["approved"] for slot in half["slots"]} == {"public_relations": True, "legal": False}
    assert half["slots"][0]["person"]["id"] == speakers.id("press")
    agreed = await speakers.approve(half, "legal")
    assert agreed["status"] == "approved"
    [event] = await told(client, incident_id, "statement.approved")
    assert (event["data"]["slots"], event["data"]["version_number"]) == (["public_relations", "legal"], 1)
    assert event["data"]["statement_status"] == "approved"
    assert [one["data"]["slot"] for one in await told(client, incident_id, "statement.slot_approved")] == [
        "public_relations", "legal",
    ]  # fmt: skip
    rows = await everything(client, f"{STATEMENTS}/{submitted['id']}/approvals", limit=1)
    assert [(one["slot"], one["outcome"], one["version_number"], one["person"]["id"]) for one in rows] == [
        ("legal", "approved", 1, speakers.id("legal")), ("public_relations", "approved", 1, speakers.id("press")),
    ]  # fmt: skip
    more = await speakers.act(agreed, "approve", by="press 2", version=1)
    problem(more, 409, code="already_approved")


async def test_a_machine_answers_for_nothing(speakers, client):
    submitted = await speakers.submitted(await case(client))
    key = await make_key(client, "statements:read", "statements:approve", "legal:approve", "incidents:override")
    machine = bearer(key["key"])
    for verb, body in (("approve", {"version": 1}), ("request-changes", {"version": 1, "comment": "改"})):
        answer = await speakers.bare.post(f"{STATEMENTS}/{submitted['id']}/{verb}", json=body, headers=machine)
        problem(answer, 403, code="person_needed")
    mine = await speakers.bare.get(STATEMENTS, params={"awaiting_my_approval": "true"}, headers=machine)
    problem(mine, 403, code="person_needed")


@pytest.mark.parametrize("name", ["stand-in", "shop"])
async def test_who_is_no_approver_is_told_what_it_asks_for(speakers, client, name):
    """The scope alone makes nobody public relations: their department does."""
    submitted = await speakers.submitted(await case(client))
    found = problem(await speakers.act(submitted, "approve", by=name, version=1), 403, code="not_an_approver")
    assert found["missing"] == ["public_relations", "legal"]
    assert "statements:approve" in found["detail"]
    as_legal = await speakers.act(submitted, "approve", by="press", version=1, slot="legal")
    assert problem(as_legal, 403, code="not_an_approver")["missing"] == ["legal"]
    back = await speakers.act(submitted, "request-changes", by=name, version=1, comment="改")
    problem(back, 403, code="not_an_approver")


async def test_a_key_with_fewer_scopes_approves_no_more_than_they_say(speakers, client):
    submitted = await speakers.submitted(await case(client))
    key = await make_key(client, "statements:read", person_id=speakers.id("legal"))
    answer = await speakers.bare.post(
        f"{STATEMENTS}/{submitted['id']}/approve", json={"version": 1}, headers=bearer(key["key"])
    )
    problem(answer, 403, code="not_an_approver")


async def test_nobody_approves_what_they_ever_had_a_hand_in(speakers, client):
    incident_id = await case(client)
    for kind in ("created", "edited", "an earlier version"):
        made = await speakers.draft(incident_id, "holding", by="press" if kind == "created" else "author")
        if kind == "edited":
            made = good(await speakers.patch(made, "press", attitude="我们已关注。"))
        submitted = good(await speakers.act(made, "submit"))
        if kind == "an earlier version":
            submitted = good(await speakers.patch(submitted, "press", attitude="我们已关注。"))
            good(await speakers.patch(submitted, "author", attitude="我们正在核实。"))
            submitted = good(await speakers.act(submitted, "submit"))
        number = submitted["latest"]["number"]
        answer = await speakers.act(submitted, "approve", by="press", version=number)
        problem(answer, 403, code="approver_involved")
        back = await speakers.act(submitted, "request-changes", by="press", version=number, comment="改")
        problem(back, 403, code="approver_involved")
        await speakers.approve(submitted, "press 2")


async def test_each_slot_takes_somebody_else(speakers, client):
    await speakers.add(
        "both", "statements:approve", "legal:approve", "incidents:override", department="public_relations"
    )
    submitted = await speakers.submitted(await case(client, grade="major"))
    await speakers.approve(submitted, "both")
    problem(await speakers.act(submitted, "approve", by="both", version=1), 409, code="approver_counted")
    again = await speakers.act(submitted, "approve", by="press", version=1, slot="public_relations")
    problem(again, 409, "/slot", code="slot_filled")
    as_legal = await speakers.act(submitted, "approve", by="both", version=1, slot="legal")
    problem(as_legal, 409, code="approver_counted")
    agreed = await speakers.approve(submitted, "legal", "lead")
    assert agreed["status"] == "approved"


async def test_an_approval_is_of_the_version_that_was_read(speakers, client):
    submitted = await speakers.submitted(await case(client))
    await speakers.approve(submitted, *BOTH)
    changed = good(await speakers.patch(submitted, attitude="我们正在核实。"))
    assert (changed["status"], [slot["approved"] for slot in changed["slots"]]) == ("draft", [False, False])
    for verb, body in (("approve", {}), ("request-changes", {"comment": "改"})):
        old = problem(await speakers.act(changed, verb, by="press", version=1, **body), 409, "/version")
        assert old["code"] == "statement_version_outdated"
        assert (old["latest_number"], old["latest_version_id"]) == (2, changed["latest"]["id"])
        problem(await speakers.act(changed, verb, by="press", version=2, **body), 409, code="not_in_review")
        problem(await speakers.act(changed, verb, by="press", version=3, **body), 422, "/version")
    good(await speakers.act(changed, "submit"))
    assert (await speakers.approve(changed, *BOTH, version=2))["status"] == "approved"


async def test_who_read_an_older_state_is_told_where_they_ask_for_it(speakers, client):
    submitted = await speakers.submitted(await case(client))
    url = f"{STATEMENTS}/{submitted['id']}"
    etag = (await speakers.bare.get(url, headers=speakers.headers["press"])).headers["etag"]
    await speakers.approve(submitted, "legal")
    stale = await speakers.act(submitted, "approve", by="press", headers={"if-match": etag}, version=1)
    problem(stale, 412, code="stale")
    assert (await speakers.approve(submitted, "press"))["status"] == "approved", "unasked only the version counts"


async def test_facts_that_changed_meanwhile_are_named(speakers, client):
    incident_id = await case(client)
    submitted = await speakers.submitted(incident_id, "apology")
    await speakers.approve(submitted, "press")
    check = await check_facts(client, incident_id, truth="unfounded")
    found = problem(await speakers.act(submitted, "approve", by="legal", version=1), 409, code="statement_incomplete")
    assert (found["missing"], found["fact_check_id"]) == (["truth"], check["id"])
    await check_facts(client, incident_id, truth="partly_confirmed")
    assert (await speakers.approve(submitted, "legal"))["status"] == "approved"


async def test_a_promise_whose_date_has_passed_is_not_approved(speakers, client, database):
    submitted = await speakers.submitted(await case(client))
    await database.fetch("alter table statement_versions disable trigger statement_versions_stay")
    late = "update statement_versions set next_update_at = now() - interval '1 minute' where id = $1"
    await database.fetch(late, submitted["latest"]["id"])
    await database.fetch("alter table statement_versions enable trigger statement_versions_stay")
    found = problem(await speakers.act(submitted, "approve", by="legal", version=1), 409, code="statement_incomplete")
    assert found["missing"] == ["dates_ahead"]


async def test_it_is_sent_back_with_comments_on_its_words(speakers, client):
    incident_id = await case(client)
    submitted = await speakers.submitted(incident_id, "apology")
    await speakers.approve(submitted, "press")
    text = submitted["latest"]["text"]
    start = text.index("残片")
    comments = [{"start": start, "end": start + 2, "body": "与检测报告不符"}]
    back = await speakers.act(submitted, "request-changes", by="legal", version=1, comment="请核对", comments=comments)
    seen = good(back)
    assert (seen["status"], [slot["approved"] for slot in seen["slots"]]) == ("changes_requested", [False, False])
    url = f"{STATEMENTS}/{submitted['id']}/versions/1/notes"
    notes = await everything(client, url)
    assert [(one["body"], one["span"], one["quote"]) for one in reversed(notes)] == [
        ("与检测报告不符", {"start": start, "end": start + 2}, "残片"), ("请核对", None, None),
    ]  # fmt: skip
    assert {one["person"]["id"] for one in notes} == {speakers.id("legal")}
    [event] = await told(client, incident_id, "statement.changes_requested")
    assert (event["data"]["slot"], event["data"]["note_count"]) == ("legal", 2)
    assert "请核对" not in str(event["data"])
    problem(await speakers.act(seen, "approve", by="legal", version=1), 409, code="changes_requested")
    problem(await speakers.act(seen, "submit"), 409, code="already_submitted")
    rows = await everything(client, f"{STATEMENTS}/{submitted['id']}/approvals")
    assert [(one["outcome"], one["comment"]) for one in rows] == [("changes_requested", "请核对"), ("approved", "")]
    changed = good(await speakers.patch(seen, facts="经查，系包装残片。"))
    good(await speakers.act(changed, "submit"))
    assert (await speakers.approve(changed, *BOTH))["status"] == "approved"


@pytest.mark.parametrize(("comment", "pointer"), [
    ({"start": 3, "end": 3, "body": "改"}, "/comments/0/end"), ({"start": 0, "end": 10**5, "body": "改"}, "/comments/0/end"),
    ({"start": -1, "end": 3, "body": "改"}, "/comments/0/start"), ({"start": 0, "end": 3, "body": " "}, "/comments/0/body"),
])  # fmt: skip
async def test_a_comment_on_no_words_is_refused_and_nothing_is_sent_back(speakers, client, comment, pointer):
    submitted = await speakers.submitted(await case(client))
    answer = await speakers.act(submitted, "request-changes", by="legal", version=1, comment="改", comments=[comment])
    problem(answer, 422, pointer)
    assert (await speakers.seen(submitted))["status"] == "in_review"


async def test_a_raise_to_major_asks_for_a_lead_and_a_lowering_no_more(speakers, client):
    incident_id = await case(client, grade="serious")
    agreed = await speakers.approve(await speakers.submitted(incident_id), *BOTH)
    await grade(client, incident_id, "major")
    seen = await speakers.seen(agreed)
    assert (seen["status"], seen["version"]) == ("in_review", agreed["version"] + 1)
    assert {slot["slot"]: slot["approved"] for slot in seen["slots"]} == {
        "public_relations": True, "legal": True, "lead": False,
    }  # fmt: skip
    assert (await told(client, incident_id, "statement.changed"))[-1]["data"]["action"] == "sent_back"
    await grade(client, incident_id, "serious")
    assert (await speakers.seen(agreed))["status"] == "approved"
    assert len(await told(client, incident_id, "statement.approved")) == 2
    await grade(client, incident_id, "major")
    assert (await speakers.approve(seen, "lead"))["status"] == "approved"


async def test_what_waits_for_my_approval_is_listed(speakers, client):
    general, major = await case(client), await case(client, grade="major")
    drafts = [await speakers.draft(one, "holding") for one in (general, major)]
    one, two = [good(await speakers.act(draft, "submit")) for draft in drafts]
    written = good(await speakers.act(await speakers.draft(general, "holding", by="press"), "submit"))

    async def waiting(name):
        speakers.bare.headers.update(speakers.headers[name])
        rows = await everything(speakers.bare, STATEMENTS, awaiting_my_approval="true", incident_id=[general, major])
        return {row["id"] for row in rows}

    assert await waiting("press") == {one["id"], two["id"]}, "not what press wrote"
    assert await waiting("legal") == {one["id"], two["id"], written["id"]}
    assert await waiting("lead") == {two["id"]}
    assert await waiting("shop") == await waiting("author") == set()
    await speakers.approve(one, "press")
    assert await waiting("press") == await waiting("press 2") - {written["id"]} == {two["id"]}
    good(await speakers.patch(two, attitude="我们正在核实。"))
    assert await waiting("press") == set()


async def test_an_incident_without_a_fact_check_can_be_answered_at_once(speakers, client):
    """方案 二(二)2: the first word comes within two hours, before everything is known."""
    agreed = await speakers.approve(await speakers.submitted(await opened(client), "holding"), *BOTH)
    assert agreed["status"] == "approved"
