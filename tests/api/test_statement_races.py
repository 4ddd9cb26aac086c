"""Approvals, edits, publications and grades at once, through connections of their own: nothing unapproved is ever said unmarked."""

import asyncio
import random
from collections import Counter

import orjson
import pytest

from app.core import deps
from app.statements import approving
from tests.support.api import everything, good
from tests.support.speaking import STATEMENTS, case, desk
from tests.support.tasks import told

OK = (200, 201)
REFUSED = {
    "statement_version_outdated", "not_in_review", "already_approved", "already_submitted", "slot_filled", "approver_counted",
    "approver_involved", "stale", "changes_requested", "already_published", "unavailable",
}  # fmt: skip


@pytest.fixture
async def speakers(client, bare, database):
    async with desk(client, bare, database) as made:
        yield made


async def unbroken(speakers, client, statement):
    """Recounts from the rows alone, in the order of the timeline, what was approved when something was said."""
    events = [one for one in await told(client, statement["incident_id"]) if one["type"].startswith("statement.")]
    approvals = (await everything(client, f"{STATEMENTS}/{statement['id']}/approvals"))[::-1]
    marked = {one["data"]["publication_id"] for one in events if one["type"] == "statement.published_unapproved"}
    seen = await speakers.seen(statement)
    said = await everything(client, f"{STATEMENTS}/{statement['id']}/publications")
    assert len(said) == sum(one["type"] == "statement.published" for one in events)
    for one in said:
        assert one["approved"] == (one["id"] not in marked)
        of_it = [row for row in approvals if row["version_id"] == one["statement_version_id"]]
        in_time = [row for row in of_it if row["at"] <= one["happened_at"]]
        slots = {row["slot"] for row in in_time if row["outcome"] == "approved"}
        back = [row for row in in_time if row["outcome"] == "changes_requested"]
        if one["approved"]:
            assert slots >= {"public_relations", "legal"}
            assert not back
            people = [row["person"]["id"] for row in in_time]
            assert len(people) == len(set(people))
    assert seen["published_unapproved"] == bool(marked)
    return said, marked


@pytest.mark.parametrize("seed", range(2))
async def test_fifty_approvals_edits_and_publications_at_once_never_say_the_unapproved_unmarked(
    speakers, client, monkeypatch, seed
):
    # All fifty are let in: they are to meet each other, not the doorman.
    monkeypatch.setattr(deps, "PATIENCE", 60)
    draw = random.Random(seed)
    incident_id = await case(client)
    statement = await speakers.submitted(incident_id)

    async def one(place):
        newest = (await speakers.seen(statement))["latest"]
        number = newest["number"]
        what = draw.choice(["approve"] * 4 + ["edit", "submit", "publish", "publish", "request-changes"])
        match what:
            case "approve":
                by = draw.choice(["press", "press 2", "legal", "legal 2", "lead"])
                answer = await speakers.act(statement, "approve", by=by, version=number)
            case "edit":
                answer = await speakers.patch(statement, draw.choice(["author", "editor"]), attitude=f"第 {place} 稿。")
            case "submit":
                answer = await speakers.act(statement, "submit")
            case "publish":
                answer = await speakers.act(statement, "publications", platform="weibo", version=number)
            case _:
                answer = await speakers.act(statement, "request-changes", by="legal 2", version=number, comment="改")
        code = answer.json().get("code") if answer.status_code not in OK else "done"
        assert code in REFUSED | {"done", "not_an_approver"}, answer.text
        return what, code

    done = Counter(await asyncio.gather(*(one(place) for place in range(50))))
    assert sum(done.values()) == 50
    assert sum(times for (_, code), times in done.items() if code == "done") > 5, done
    said, _ = await unbroken(speakers, client, statement)
    assert len(said) == done["publish", "done"]


async def test_two_approvals_of_one_slot_at_once_are_one(speakers, client):
    for _ in range(3):
        submitted = await speakers.submitted(await case(client))
        answers = await asyncio.gather(
            *(speakers.act(submitted, "approve", by=by, version=1, slot="legal") for by in ("legal", "legal 2"))
        )
        assert sorted(one.status_code for one in answers) == [200, 409]


async def test_an_edit_and_the_last_approval_at_once_leave_no_approved_text_that_nobody_read(speakers, client):
    outcomes = set()
    for n in range(6):
        submitted = await speakers.approve(await speakers.submitted(await case(client)), "press")
        approve = speakers.act(submitted, "approve", by="legal", version=1)
        edit = speakers.patch(submitted, attitude=f"第 {n} 稿。")
        await asyncio.gather(*((approve, edit) if n % 2 else (edit, approve)))
        seen = await speakers.seen(submitted)
        assert (seen["status"], seen["latest"]["number"]) == ("draft", 2)
        assert [slot["approved"] for slot in seen["slots"]] == [False, False]
        rows = await everything(client, f"{STATEMENTS}/{submitted['id']}/approvals")
        assert {row["version_number"] for row in rows} == {1}
        outcomes.add(len(rows))
    assert outcomes <= {1, 2}


async def test_a_raise_and_a_publication_at_once_are_told_in_an_order_that_explains_them(speakers, client, database):
    for n in range(4):
        incident_id = await case(client, grade="serious")
        agreed = await speakers.approve(await speakers.submitted(incident_id), "press", "legal")
        raise_ = client.put(f"/v1/incidents/{incident_id}/grade", json={"grade": "major", "reason": "扩散"})
        publish = speakers.act(agreed, "publications", platform="weibo", version=1)
        answers = await asyncio.gather(*((raise_, publish) if n % 2 else (publish, raise_)))
        assert {answer.status_code for answer in answers} <= {200, 201}
        rows = await database.fetch(
            "select type, data from events where incident_id = $1 and type in "
            "('incident.grade_changed', 'statement.published', 'statement.published_unapproved') order by seq", incident_id,
        )  # fmt: skip
        order = [(row["type"], orjson.loads(row["data"])) for row in rows]
        [said] = [data for type_, data in order if type_ == "statement.published"]
        marked = any(type_ == "statement.published_unapproved" for type_, _ in order)
        assert marked == (not said["approved"])
        raised_first = order[-1][0] != "incident.grade_changed"
        assert raised_first or said["approved"], "what was said before the raise had all that was asked"
        assert (await speakers.seen(agreed))["status"] == "published"


async def test_what_was_submitted_is_never_changed_not_even_by_hand(speakers, client, database):
    submitted = await speakers.submitted(await case(client))
    with pytest.raises(Exception, match="never changed"):
        await database.fetch("update statement_versions set attitude = '改' where id = $1", submitted["latest"]["id"])
    assert good(await client.get(f"{STATEMENTS}/{submitted['id']}"))["latest"]["attitude"]


async def test_who_waited_longest_for_the_incident_still_counts_who_went_before(speakers, client, monkeypatch):
    submitted = await speakers.submitted(await case(client))
    waits, go, held = asyncio.Event(), asyncio.Event(), approving.held

    async def overtaken(tx, statement_id):
        if not waits.is_set():
            waits.set()
            await go.wait()
        return await held(tx, statement_id)

    monkeypatch.setattr(approving, "held", overtaken)
    earlier = asyncio.create_task(speakers.act(submitted, "approve", by="press", version=1))
    await waits.wait()
    good(await speakers.act(submitted, "approve", by="legal", version=1))
    go.set()
    assert good(await earlier)["status"] == "approved"
    assert (await speakers.seen(submitted))["status"] == "approved"
