"""What becomes of statements whose incident is merged into another one."""

import pytest

from tests.support.acts import grade, move
from tests.support.api import everything, good, problem
from tests.support.speaking import STATEMENTS, case, desk
from tests.support.tasks import told

BOTH = ("press", "legal")


@pytest.fixture
async def speakers(client, bare, database):
    async with desk(client, bare, database) as made:
        yield made


async def merge(client, source: str, target: str) -> None:
    body = {"into_incident_id": target, "reason": "同一事件"}
    good(await client.post(f"/v1/incidents/{source}/merge", json=body))


async def test_they_go_along_whatever_their_state_with_all_their_versions(speakers, client, database):
    source, target = await case(client), await case(client)
    draft = await speakers.draft(source, "holding")
    agreed = await speakers.approve(await speakers.submitted(source, "apology"), *BOTH)
    out = await speakers.approve(await speakers.submitted(source, "holding"), *BOTH)
    said = await speakers.publish(out)
    gone = good(await speakers.act(await speakers.draft(source, "progress"), "withdraw", reason="不发"))
    changed = good(await speakers.patch(out, attitude="另一版。"))
    every = [draft, agreed, changed, gone]
    await merge(client, source, target)
    for before in every:
        after = await speakers.seen(before)
        assert (after["incident_id"], after["status"]) == (target, before["status"])
        assert after["version"] > before["version"]
        versions = await everything(client, f"{STATEMENTS}/{before['id']}/versions")
        assert {one["incident_id"] for one in versions} == {target}
    assert await everything(client, f"/v1/incidents/{source}/statements") == []
    assert len(await everything(client, f"/v1/incidents/{target}/statements")) == 4
    [publication] = await everything(client, f"{STATEMENTS}/{out['id']}/publications")
    assert (publication["id"], publication["incident_id"]) == (said["id"], source), "what was recorded stays there"
    for incident_id, action, other in ((source, "moved_away", target), (target, "moved_in", source)):
        events = [one["data"] for one in await told(client, incident_id, "statement.changed")]
        moved = [one for one in events if one["action"] == action]
        assert {one["statement_id"] for one in moved} == {one["id"] for one in every}
        assert {one["other_incident_id"] for one in moved} == {other}


async def test_what_goes_on_goes_on_in_the_other_one(speakers, client):
    source, target = await case(client), await case(client)
    submitted = await speakers.submitted(source)
    await merge(client, source, target)
    agreed = await speakers.approve(submitted, *BOTH)
    assert agreed["status"] == "approved"
    said = await speakers.publish(agreed)
    assert (said["incident_id"], said["approved"]) == (target, True)


async def test_the_other_ones_grade_asks_for_its_own_approvals(speakers, client):
    source, target = await case(client), await case(client, grade="major")
    agreed = await speakers.approve(await speakers.submitted(source), *BOTH)
    await merge(client, source, target)
    seen = await speakers.seen(agreed)
    assert (seen["status"], [slot["slot"] for slot in seen["slots"] if not slot["approved"]]) == ("in_review", ["lead"])


async def test_a_grade_that_comes_along_asks_for_its_approvals_too(speakers, client):
    source, target = await case(client, grade="major"), await case(client)
    agreed = await speakers.approve(await speakers.submitted(target), *BOTH)
    await merge(client, source, target)
    assert (await speakers.seen(agreed))["status"] == "in_review"


async def test_what_ends_otherwise_keeps_its_statements(speakers, client):
    incident_id = await case(client)
    submitted = await speakers.submitted(incident_id)
    await grade(client, incident_id, "general")
    good(await move(client, incident_id, "dismissed"))
    seen = await speakers.seen(submitted)
    assert (seen["incident_id"], seen["status"]) == (incident_id, "in_review")
    problem(await speakers.act(seen, "approve", by="press", version=1), 409, code="incident_over")
    good(await move(client, incident_id, "responding"))
    assert (await speakers.approve(seen, *BOTH))["status"] == "approved"


@pytest.mark.parametrize(("there", "here", "approved"), [("major", None, False), ("general", "major", True)])
async def test_what_was_said_before_the_merge_answers_to_the_grade_of_then(speakers, client, there, here, approved):
    target, source = await case(client, grade=here), await case(client, grade=there)
    both = await speakers.approve(await speakers.submitted(source), *BOTH)
    then = both["updated_at"]
    await merge(client, source, target)
    assert (await speakers.publish(both, version=1, happened_at=then))["approved"] is approved
    assert (await speakers.publish(both, version=1))["approved"] is False, "now it answers to the other one's"


async def test_what_was_said_before_the_other_incident_began_is_recorded_too(speakers, client):
    source = await case(client)
    agreed = await speakers.approve(await speakers.submitted(source), *BOTH)
    between, target = await case(client), await case(client)
    await merge(client, source, between)
    await merge(client, between, target)
    said = await speakers.publish(agreed, version=1, happened_at=agreed["updated_at"])
    assert (said["incident_id"], said["approved"], said["happened_at"]) == (target, True, agreed["updated_at"])
