"""What workers do about reviews: late decisions are told once, dates follow the calendar, calm and people at once."""

import asyncio
from datetime import timedelta
from uuid import UUID

from app.incidents.calm import check
from app.incidents.redating import redate
from app.reviews.overdue import tell_of
from tests.support.acts import URL, move, opened
from tests.support.api import good, instant
from tests.support.clocks import clocks
from tests.support.fires import burned, calmed, gain, told
from tests.support.reviewing import KINDS, REVIEWS, born, decider, issue, keep, prepared, reported, review_of, seen
from workers.reviews import watch_decisions


async def late(database, review: dict) -> None:
    await database.fetch(
        "update reviews set decisions_due_at = now() - interval '90 seconds' where id = $1", UUID(review["id"])
    )


async def test_late_decisions_are_told_once(client, counter, database):
    there, review = await born(client, counter, database)
    await watch_decisions(database)
    assert await told(client, there, "review.decisions_overdue") == []
    good(await keep(client, review, "process"))
    await late(database, review)
    await asyncio.gather(*(watch_decisions(database) for _ in range(4)))
    [event] = await told(client, there, "review.decisions_overdue")
    assert event["data"]["decisions"] == ["risks", "scope"]
    assert 90 <= event["data"]["late_by_seconds"] < 300
    assert await database.run(lambda tx: tell_of(tx, UUID(review["id"]))) == 0
    assert review["id"] in {one["id"] for one in good(await client.get(REVIEWS, params={"overdue": True}))["data"]}


async def test_what_is_put_off_or_completed_is_not_late(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    review = await review_of(client, there["id"])
    await late(database, review)
    await gain(client, counter, mention_id, 24_001)
    other, second = await born(client, counter, database)
    await reported(client, database, second)
    for kind in KINDS:
        good(await keep(client, second, kind))
    await late(database, second)
    await watch_decisions(database)
    for one in (there, other):
        assert await told(client, one, "review.decisions_overdue") == []


async def test_where_all_are_decided_only_the_report_is_late(client, counter, database):
    there, review = await born(client, counter, database)
    for kind in KINDS:
        good(await keep(client, review, kind))
    await late(database, review)
    await watch_decisions(database)
    assert await told(client, there, "review.decisions_overdue") == []


async def test_the_decisions_follow_a_clock_that_is_dated_anew(client, counter, database):
    there, review = await born(client, counter, database)
    for table, column, of in (("deadlines", "due_at", there), ("reviews", "decisions_due_at", review)):
        which = "incident_id = $1 and kind = 'review'" if table == "deadlines" else "id = $1"
        await database.fetch(
            f"update {table} set {column} = {column} + interval '3 days' where {which}", UUID(of["id"])
        )
    assert await database.run(lambda tx: redate(tx, UUID(there["id"]))) == 1
    after = await seen(client, review)
    assert after["due_at"] == (await clocks(client, there["id"]))["review"]["due_at"] == review["due_at"]
    assert instant(after["decisions_due_at"]) - instant(after["due_at"]) == timedelta(days=7)


async def test_calm_and_many_looks_bear_one_review(client, counter, database):
    there, _ = await burned(client, counter)
    look = UUID(there["id"])
    await asyncio.gather(*(database.run(lambda tx: check(tx, look)) for _ in range(6)))
    rows = await database.fetch("select review_id from review_incidents where incident_id = $1", look)
    assert len(rows) == 1


async def test_many_who_begin_one_begin_one(client, database):
    incident_id = await opened(client)
    good(await move(client, incident_id, "subsided"))
    answers = await asyncio.gather(*(client.post(f"{URL}/{incident_id}/review") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


async def test_a_relapse_and_the_report_at_once_leave_one_truth(client, counter, database):
    for _ in range(3):
        there, mention_id = await calmed(client, counter, database)
        review = await review_of(client, there["id"])
        await prepared(client, database, review)
        headers = await decider(client)
        answer, _ = await asyncio.gather(
            issue(client, review, headers=headers), gain(client, counter, mention_id, 24_001)
        )
        after, clock = await seen(client, review), (await clocks(client, there["id"]))["review"]
        assert answer.status_code in (200, 409)
        assert after["status"] == "suspended"
        assert clock["state"] == ("met" if answer.status_code == 200 else "cancelled")
