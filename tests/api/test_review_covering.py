"""One review for several general incidents: covered, met together, taken out again, and what is refused of it."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.acts import grade, move, opened
from tests.support.api import good, instant, problem
from tests.support.clocks import clocks, pass_time
from tests.support.fires import calmed, gain, told
from tests.support.reviewing import (
    KINDS,
    REVIEWS,
    born,
    fill,
    issue,
    keep,
    prepared,
    reported,
    review_of,
    seen,
)


async def cover(client, review, *incident_ids: str, etag: str = "*"):
    body = {"incident_ids": list(incident_ids)}
    return await client.post(f"{REVIEWS}/{review['id']}/incidents", json=body, headers={"if-match": etag})


async def three(client, counter, database) -> tuple[list[dict], list[dict]]:
    """Three general incidents that are calm, and their reviews."""
    pairs = [await born(client, counter, database) for _ in range(3)]
    return [there for there, _ in pairs], [review for _, review in pairs]


async def test_several_general_incidents_share_a_review_that_meets_all_their_clocks(client, counter, database):
    incidents, reviews = await three(client, counter, database)
    good(await fill(client, reviews[1], answers={"cause": "同一批次"}))
    covering = good(await cover(client, reviews[0], incidents[1]["id"], incidents[2]["id"], incidents[0]["id"]))
    assert [one["incident_id"] for one in covering["incidents"]] == [one["id"] for one in incidents]
    assert covering["version"] > reviews[0]["version"]
    found = {one["incident_id"] for sentences in covering["found"].values() for one in sentences}
    assert found == {one["id"] for one in incidents}, "the machine looks at all of them"
    for there, review in zip(incidents[1:], reviews[1:], strict=True):
        gone = await seen(client, review)
        assert (gone["status"], gone["merged_into"]) == ("merged", covering["id"])
        assert (await review_of(client, there["id"]))["id"] == covering["id"]
        assert (await clocks(client, there["id"]))["review"]["state"] == "running"
        [event] = await told(client, there, "review.incident_moved")
        assert (event["data"]["action"], event["data"]["other_review_id"]) == ("covered", review["id"])
    done = await reported(client, database, covering)
    for there in incidents:
        clock = (await clocks(client, there["id"]))["review"]
        assert (clock["state"], clock["met_at"]) == ("met", done["reported_at"])
        assert len(await told(client, there, "review.reported")) == 1


async def test_covering_one_more_never_puts_the_decisions_off(client, counter, database):
    [first, second, _], reviews = await three(client, counter, database)
    await pass_time(database, first["id"], days=1)
    covering = good(await cover(client, reviews[1], first["id"]))
    dues = [instant((await clocks(client, one["id"]))["review"]["due_at"]) for one in (first, second)]
    due = min(dues)
    assert dues == sorted(dues)
    assert instant(covering["due_at"]) == due
    assert (instant(covering["decisions_due_at"]) - due).days == 7


async def test_one_is_taken_out_again_with_what_was_written_of_it(client, counter, database):
    incidents, reviews = await three(client, counter, database)
    good(await fill(client, reviews[1], answers={"cause": "同一批次"}))
    good(await cover(client, reviews[0], incidents[1]["id"]))
    url = f"{REVIEWS}/{reviews[0]['id']}/incidents"
    assert (await client.delete(f"{url}/{incidents[1]['id']}")).status_code == 204
    own = await review_of(client, incidents[1]["id"])
    assert (own["id"], own["status"], own["answers"]["cause"]) == (reviews[1]["id"], "open", "同一批次")
    assert own["decisions_due_at"]
    left = {one["incident_id"]: one["left_at"] is not None for one in (await seen(client, reviews[0]))["incidents"]}
    assert left == {incidents[0]["id"]: False, incidents[1]["id"]: True}
    problem(await client.delete(f"{url}/{incidents[0]['id']}"), 409, code="only_incident")
    problem(await client.delete(f"{url}/{incidents[1]['id']}"), 404)
    again = good(await cover(client, reviews[0], incidents[1]["id"]))
    assert [one["left_at"] for one in again["incidents"]] == [None, None]


async def test_the_one_it_was_born_of_may_leave_too(client, counter, database):
    incidents, reviews = await three(client, counter, database)
    good(await cover(client, reviews[0], incidents[1]["id"]))
    url = f"{REVIEWS}/{reviews[0]['id']}/incidents/{incidents[0]['id']}"
    assert (await client.delete(url)).status_code == 204
    own = await review_of(client, incidents[0]["id"])
    assert (own["status"], own["id"] == reviews[0]["id"]) == ("open", False)
    assert await reported(client, database, own)
    assert (await clocks(client, incidents[0]["id"]))["review"]["state"] == "met"
    assert (await clocks(client, incidents[1]["id"]))["review"]["state"] == "running"


@pytest.mark.parametrize("which", [0, 1])
async def test_one_that_flares_up_leaves_and_the_others_go_on(client, counter, database, which):
    fires = [await calmed(client, counter, database) for _ in range(2)]
    incidents, reviews = [there for there, _ in fires], [await review_of(client, there["id"]) for there, _ in fires]
    good(await cover(client, reviews[0], incidents[1]["id"]))
    await gain(client, counter, fires[which][1], 24_001)
    burning, calm = incidents[which], incidents[1 - which]
    own = await review_of(client, burning["id"])
    assert (own["status"], own["id"] == reviews[0]["id"]) == ("suspended", False)
    rest = await review_of(client, calm["id"])
    assert (rest["id"], rest["status"]) == (reviews[0]["id"], "open")
    await reported(client, database, rest)
    assert (await clocks(client, calm["id"]))["review"]["state"] == "met"
    assert (await clocks(client, burning["id"]))["review"]["state"] == "cancelled"


async def test_only_general_incidents_with_an_open_review_are_covered(client, counter, database):
    incidents, reviews = await three(client, counter, database)
    await grade(client, incidents[1]["id"], None)
    found = problem(await cover(client, reviews[0], incidents[1]["id"]), 409, code="not_coverable")
    assert incidents[1]["number"] in found["detail"]
    problem(await cover(client, reviews[1], incidents[0]["id"]), 409, code="not_coverable")
    burning = await opened(client)
    await grade(client, burning, "general")
    problem(await cover(client, reviews[0], burning), 409, code="not_coverable")
    await reported(client, database, reviews[2])
    problem(await cover(client, reviews[0], incidents[2]["id"]), 409, code="not_coverable")
    problem(await cover(client, reviews[2], incidents[0]["id"]), 409, code="review_settled")
    problem(await cover(client, reviews[0], incidents[2]["id"], str(uuid4())), 422, "/incident_ids/1")
    drill = await opened(client, is_drill=True)
    await grade(client, drill, "general")
    for status in ("handling", "closing", "closed"):
        good(await move(client, drill, status, override=True))
    problem(await cover(client, reviews[0], drill), 409, code="drills_stay_apart")
    problem(await cover(client, reviews[0]), 422, "/incident_ids")
    assert await seen(client, reviews[0]) == reviews[0], "nothing was changed"
    problem(await cover(client, reviews[0], incidents[1]["id"], etag='"99-0123456789abcdef"'), 412)


async def test_two_reviews_that_want_each_other_s_incident(client, counter, database):
    incidents, reviews = await three(client, counter, database)
    answers = await asyncio.gather(
        cover(client, reviews[0], incidents[1]["id"]), cover(client, reviews[1], incidents[0]["id"])
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    current = {(await review_of(client, one["id"]))["id"] for one in incidents[:2]}
    assert len(current) == 1


async def test_decisions_stand_on_the_timeline_of_each(client, counter, database):
    incidents, reviews = await three(client, counter, database)
    good(await cover(client, reviews[0], incidents[1]["id"]))
    await prepared(client, database, reviews[0])
    good(await issue(client, reviews[0]))
    for kind in KINDS:
        good(await keep(client, reviews[0], kind))
    for there in incidents[:2]:
        assert len(await told(client, there, "review.decided")) == 3
        assert len(await told(client, there, "review.completed")) == 1
    assert await told(client, incidents[2], "review.decided") == []


async def test_what_shares_a_review_is_not_torn_out_of_it(client, counter, database):
    incidents, reviews = await three(client, counter, database)
    good(await cover(client, reviews[0], incidents[1]["id"]))
    found = problem(await cover(client, reviews[2], incidents[0]["id"]), 409, code="not_coverable")
    assert incidents[1]["number"] in found["detail"], "it would be left with a review that is merged"
    assert (await review_of(client, incidents[1]["id"]))["status"] == "open"
    both = good(await cover(client, reviews[2], incidents[0]["id"], incidents[1]["id"]))
    assert {one["incident_id"] for one in both["incidents"] if not one["left_at"]} == {one["id"] for one in incidents}


async def test_a_meeting_before_another_one_was_calm_did_not_know_of_it(client, counter, database):
    [first, second, _], reviews = await three(client, counter, database)
    held = instant(reviews[0]["since"])
    good(await fill(client, reviews[0], meeting_at=held.isoformat()))
    later = held + timedelta(minutes=30)
    await database.fetch("update reviews set since = $2 where id = $1", UUID(reviews[1]["id"]), later)
    covering = good(await cover(client, reviews[0], second["id"]))
    assert instant(covering["since"]) == later
    [refused] = [one for one in covering["allowed_actions"] if one["action"] == "issue_report"]
    assert "meeting" in refused["missing"]
    assert (await review_of(client, first["id"]))["id"] == covering["id"]
