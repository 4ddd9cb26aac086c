"""How reviews come and go with their incidents: a relapse, an end that is none, coming back, a merge (方案 二(三))."""

from uuid import UUID

import pytest

from tests.support.acts import URL, move, opened
from tests.support.api import ago, everything, good, instant, problem
from tests.support.clocks import clocks
from tests.support.fires import a_minute, burned, calmed, gain, told
from tests.support.reviewing import (
    ANSWERS,
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


async def relapse(client, counter, mention_id: str, likes: int = 24_001) -> None:
    """It flares up again 二次发酵."""
    await gain(client, counter, mention_id, likes)


async def calm_again(database, there) -> None:
    """As if what it gained were of long ago: it is calm at the next look."""
    await database.fetch(
        "update spread_buckets set minute = minute - 1080 where incident_id = $1 and minute > $2", UUID(there["id"]),
        int(instant(ago(hours=12)).timestamp()) // 60,
    )  # fmt: skip
    await database.fetch(
        "update incidents set graded_at = now() - interval '20 hours', "
        "live_peak_minutes = (select array_agg(m - 1080) from unnest(live_peak_minutes) m), "
        "peak_minutes = (select array_agg(m - 1080) from unnest(peak_minutes) m) where id = $1", UUID(there["id"]),
    )  # fmt: skip
    await a_minute(database, there)


async def test_a_relapse_puts_the_review_off_and_calm_goes_on_with_the_same(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    review = await prepared(client, database, await review_of(client, there["id"]))
    await relapse(client, counter, mention_id)
    off = await seen(client, review)
    assert (off["status"], off["decisions_due_at"], off["due_at"]) == ("suspended", None, None)
    assert off["answers"] == ANSWERS
    [event] = await told(client, there, "review.suspended")
    assert (event["data"]["review_id"], event["data"]["reason"]) == (review["id"], "It flared up again.")
    problem(await issue(client, review), 409, code="review_suspended")
    problem(await keep(client, review, "risks"), 409, code="review_suspended")
    good(await fill(client, review, answers={"gaps": "又起一波"}))
    await calm_again(database, there)
    on = await seen(client, review)
    assert (on["status"], on["answers"]["gaps"]) == ("open", "又起一波")
    assert instant(on["since"]) > instant(review["since"])
    clock = (await clocks(client, there["id"]))["review"]
    assert (clock["state"], on["due_at"]) == ("running", clock["due_at"])
    assert [one["data"]["review_id"] for one in await told(client, there, "review.resumed")] == [review["id"]]
    found = problem(await issue(client, review), 409, code="review_incomplete")
    assert found["missing"] == ["meeting", "report"], "that meeting spoke of half of it"
    assert (await reported(client, database, on))["status"] == "reported"
    assert len(await told(client, there, "review.opened")) == 1


async def test_what_was_reported_before_a_relapse_is_reported_anew(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    review = await reported(client, database, await review_of(client, there["id"]))
    good(await keep(client, review, "scope"))
    await relapse(client, counter, mention_id)
    off = await seen(client, review)
    assert (off["status"], off["reported_at"], off["reported_by"]) == ("suspended", None, None)
    await calm_again(database, there)
    again = await reported(client, database, review)
    assert [one["state"] for one in again["decisions"]] == ["open", "open", "no_change"]
    assert len(await told(client, there, "review.reported")) == 2
    rows = await everything(client, "/v1/deadlines", incident_id=there["id"], kind="review")
    assert sorted(row["state"] for row in rows) == ["met", "met"]


async def test_what_was_completed_stays_and_another_calm_has_its_own(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    review = await reported(client, database, await review_of(client, there["id"]))
    for kind in KINDS:
        good(await keep(client, review, kind))
    await relapse(client, counter, mention_id)
    assert (await review_of(client, there["id"]))["status"] == "completed"
    await calm_again(database, there)
    second = await review_of(client, there["id"])
    assert (second["status"], second["id"] == review["id"]) == ("open", False)
    assert [one["left_at"] is None for one in (await seen(client, review))["incidents"]] == [False]
    walked = [one["id"] for one in await everything(client, REVIEWS, incident_id=there["id"])]
    assert walked == [second["id"], review["id"]]


async def test_what_comes_back_is_put_off_and_goes_on_when_it_is_over(client, database):
    incident_id = await opened(client)
    good(await move(client, incident_id, "subsided"))
    review = good(await client.post(f"{URL}/{incident_id}/review"), 201)
    good(await move(client, incident_id, "watching"))
    assert (await seen(client, review))["status"] == "suspended"
    problem(await client.post(f"{URL}/{incident_id}/review"), 409, code="incident_burns")
    good(await move(client, incident_id, "subsided"))
    assert (await seen(client, review))["status"] == "open"


async def test_a_false_alarm_is_put_off_until_a_person_wants_to_learn_from_it(client, counter, database):
    there, review = await born(client, counter, database)
    good(await move(client, there["id"], "dismissed"))
    off = await seen(client, review)
    assert off["status"] == "suspended"
    [event] = await told(client, there, "review.suspended")
    assert event["data"]["reason"] == "It turned out to be none of ours."
    on = good(await client.post(f"{URL}/{there['id']}/review"), 201)
    assert (on["id"], on["status"], on["decisions_due_at"]) == (review["id"], "open", None)
    assert (await reported(client, database, on))["status"] == "reported"


async def test_what_is_closed_without_calm_twice_is_reviewed_twice(client, counter, database):
    there, _ = await burned(client, counter, hours=1)

    async def close() -> dict:
        for status in ("handling", "closing", "closed"):
            good(await move(client, there["id"], status, override=True))
        return await review_of(client, there["id"])

    first = await reported(client, database, await close())
    for kind in KINDS:
        good(await keep(client, first, kind))
    good(await move(client, there["id"], "responding"))
    second = await close()
    assert (second["status"], second["id"] == first["id"]) == ("open", False)
    assert (await clocks(client, there["id"]))["review"]["state"] == "running"


async def merge(client, source_id: str, target_id: str) -> None:
    body = {"into_incident_id": target_id, "reason": "同一事件"}
    good(await client.post(f"{URL}/{source_id}/merge", json=body))


@pytest.mark.parametrize("hours", [1, 17])
async def test_a_review_goes_where_its_incident_goes(client, counter, database, hours):
    there, review = await born(client, counter, database)
    good(await fill(client, review, answers={"cause": "供应商"}))
    other, _ = await burned(client, counter, hours=hours)
    await merge(client, there["id"], other["id"])
    moved = await review_of(client, other["id"])
    assert (moved["id"], moved["status"], moved["answers"]["cause"]) == (review["id"], "suspended", "供应商")
    left = {one["incident_id"]: one["left_at"] is not None for one in moved["incidents"]}
    assert left == {there["id"]: True, other["id"]: False}
    problem(await client.get(f"{URL}/{there['id']}/review"), 404)
    if hours > 16:
        await a_minute(database, other)
        assert (await seen(client, review))["status"] == "open"
        assert await told(client, other, "review.opened") == []


async def test_of_two_reviews_the_target_s_goes_on(client, counter, database):
    there, review = await born(client, counter, database)
    other, kept = await born(client, counter, database)
    await merge(client, there["id"], other["id"])
    gone = await seen(client, review)
    assert (gone["status"], gone["merged_into"]) == ("merged", kept["id"])
    assert (await review_of(client, other["id"]))["id"] == kept["id"]
    found = problem(await fill(client, review, answers={"cause": "x"}), 409, code="review_merged")
    assert found["merged_into"] == kept["id"]
    assert {one["refusal"] for one in gone["allowed_actions"]} == {"review_merged"}


async def test_what_was_reported_stays_with_what_was_merged(client, counter, database):
    there, review = await born(client, counter, database)
    await reported(client, database, review)
    other, _ = await burned(client, counter, hours=1)
    await merge(client, there["id"], other["id"])
    assert (await review_of(client, there["id"]))["status"] == "reported"
    for kind in KINDS:
        good(await keep(client, review, kind))
    assert (await seen(client, review))["status"] == "completed"
