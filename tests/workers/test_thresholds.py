"""Every rule at its threshold and one above it, from the reading that is sent to the grade that is shown."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.db import Database
from app.core.doorbell import Doorbell
from app.mentions.ingest import Intake
from tests.support.acts import move
from tests.support.recount import Told, floor_minute, recount
from tests.support.story import NEGATIVE, Story, get, make_rule
from workers.ingest import Counter

Tell = Callable[..., Awaitable[dict[str, Any]]]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=24)


class Case:
    """One rule's story: tells readings, counts them and answers the incident as it is shown."""

    def __init__(self, story: Story, counter: Counter) -> None:
        self.story, self.counter = story, counter
        self.text = f"{story.rules[0].brand}{NEGATIVE}"
        self.now = story.now

    def reading(self, at: datetime, reposts: int | None = None, **more: Any) -> Told:
        return Told(at, more.pop("text", self.text), reposts, **more)

    async def tell(self, *told: tuple[str, Told], exact: bool = True, historical: bool = False) -> dict[str, Any]:
        await self.story.tell(told, historical=historical)
        await self.counter.sweep()
        if exact:
            await self.story.check()
        return await self.incident(told[0][0])

    async def incident(self, name: str) -> dict[str, Any]:
        mention = await get(self.story.client, f"/v1/mentions/{self.story.ids[name]}")
        if mention["incident_id"] is None:
            return {}
        found: dict[str, Any] = await get(self.story.client, f"/v1/incidents/{mention['incident_id']}")
        return found

    async def raises(self, incident: dict[str, Any]) -> list[dict[str, Any]]:
        timeline = await get(self.story.client, f"/v1/incidents/{incident['id']}/timeline", limit=200)
        return [event["data"] for event in timeline["data"] if event["type"] == "incident.grade_changed"]


@pytest.fixture
def case(client: httpx.AsyncClient, database: Database, counter: Counter) -> Callable[..., Awaitable[Case]]:
    async def make(harm: str = "individual") -> Case:
        await counter.sweep()
        now = await database.clock.now()
        intake = Intake(database, _NoBell(), flushers=1)
        return Case(Story(client, intake, now, [await make_rule(client, harm=harm)]), counter)

    return make


class _NoBell(Doorbell):
    """Nobody listens in these tests."""

    def __init__(self) -> None: ...

    def ring(self, bell: str) -> None: ...


# harm, gained at the start, gained so many minutes later, the grade that is due
THRESHOLDS = {
    "10,000 in 8 h": ("individual", 4_000, 479, 6_000, None),
    "10,001 in 8 h": ("individual", 4_001, 479, 6_000, "general"),
    "10,001 in 8 h and a minute": ("individual", 4_001, 480, 6_000, None),
    "10,000 in 8 h, the rights of users": ("user_rights", 4_000, 479, 6_000, None),
    "10,001 in 8 h, the rights of users": ("user_rights", 4_001, 479, 6_000, "serious"),
    "10,001 in 8 h, core interests": ("core_interest", 4_001, 479, 6_000, "serious"),
    "10,001 in 8 h and a minute, core interests": ("core_interest", 4_001, 480, 6_000, None),
    "50,000 in 4 h": ("individual", 20_000, 239, 30_000, "general"),
    "50,001 in 4 h": ("individual", 20_001, 239, 30_000, "serious"),
    "50,001 in 4 h and a minute": ("individual", 20_001, 240, 30_000, "general"),
    "100,000 in 2 h": ("individual", 40_000, 119, 60_000, "serious"),
    "100,001 in 2 h": ("individual", 40_001, 119, 60_000, "major"),
    "100,001 in 2 h and a minute": ("individual", 40_001, 120, 60_000, "serious"),
}


@pytest.mark.parametrize("at_once", [True, False], ids=["one batch", "two batches"])
@pytest.mark.parametrize(("harm", "first", "minutes", "more", "due"), THRESHOLDS.values(), ids=THRESHOLDS)
async def test_a_rule_is_reached_one_above_its_threshold(case, harm, first, minutes, more, due, at_once):
    played = await case(harm)
    start = floor_minute(played.now) - 10 * HOUR
    told = [
        ("post", played.reading(start, first, published_at=start)),
        ("post", played.reading(start + minutes * MINUTE + timedelta(seconds=59), first + more)),
    ]
    if not at_once:
        await played.tell(told.pop(0))
    incident = await played.tell(*told)
    assert incident["grade"] == incident["auto_grade"] == due
    raises = await played.raises(incident)
    assert [raised["to"] for raised in raises][-1:] == ([due] if due else [])
    expected = recount(played.story.posts.values())
    for raised in raises:
        evidence = raised["evidence"]
        at, hours = datetime.fromisoformat(evidence["minute"]), evidence["window_seconds"] // 3600
        assert evidence["sum"] <= expected.window(at, hours)
        assert evidence["threshold"] < evidence["sum"]
    if due == "major" or (raises and at_once):
        assert evidence["top_mentions"] == [{"mention_id": str(played.story.ids["post"]), "spread": first + more}]


async def test_the_three_counters_of_all_posts_add_up_and_views_never_do(case):
    played = await case()
    at = played.now - HOUR
    incident = await played.tell(
        ("one", played.reading(at, 3_000, comments=3_000, views=10**9, published_at=at)),
        ("two", played.reading(at, likes=4_000, views=10**9, published_at=at)),
    )
    assert (incident["total"], incident["grade"]) == (10_000, None)
    incident = await played.tell(("two", played.reading(at + MINUTE, likes=4_001, views=2 * 10**9)))
    assert (incident["total"], incident["grade"]) == (10_001, "general")


async def test_an_old_post_is_baseline_and_only_suggests(case):
    played = await case()
    at = played.now - HOUR
    years = timedelta(days=3 * 365)
    incident = await played.tell(("old", played.reading(at, likes=120_000, published_at=at - years)))
    assert (incident["total"], incident["baseline"]) == (0, 120_000)
    assert (incident["grade"], incident["auto_grade"], incident["suggested_grade"]) == (None, None, "major")
    incident = await played.tell(("old", played.reading(at + MINUTE, likes=130_001)))
    assert (incident["total"], incident["baseline"], incident["grade"]) == (10_001, 120_000, "general")


@pytest.mark.parametrize(("seconds", "grade"), [(0, "general"), (1, None)])
async def test_a_first_reading_24_hours_after_publication_counts_and_a_second_later_is_baseline(case, seconds, grade):
    played = await case()
    at = floor_minute(played.now)
    late = DAY + timedelta(seconds=seconds)
    incident = await played.tell(("post", played.reading(at, 10_001, published_at=at - late)))
    assert (incident["grade"], incident["suggested_grade"]) == (grade, None if grade else "general")
    assert incident["baseline"] == (0 if grade else 10_001)


async def test_a_window_that_ended_long_before_its_data_came_only_suggests(case):
    played = await case()
    then = played.now - timedelta(hours=40)
    incident = await played.tell(("post", played.reading(then, 60_000, published_at=then)), exact=False)
    assert (incident["grade"], incident["auto_grade"], incident["suggested_grade"]) == (None, None, "serious")
    incident = await played.tell(("post", played.reading(played.now, 60_001)), exact=False)
    assert (incident["total"], incident["grade"], incident["auto_grade"]) == (60_001, None, None)


@pytest.mark.parametrize(("hours", "grade"), [(31.9, "general"), (32.1, None)])
async def test_a_window_is_too_old_24_hours_after_its_end(case, hours, grade):
    played = await case()
    then = played.now - timedelta(hours=hours)
    incident = await played.tell(("post", played.reading(then, 10_001, published_at=then)), exact=False)
    assert (incident["grade"], incident["suggested_grade"]) == (grade, None if grade else "general")


async def test_what_is_loaded_from_the_past_is_counted_and_neither_alerts_nor_grades(case):
    played = await case()
    then = played.now - 20 * HOUR
    incident = await played.tell(
        ("past", played.reading(then, 200_000, published_at=then)), exact=False, historical=True
    )
    assert (incident["total"], incident["grade"], incident["suggested_grade"]) == (200_000, None, "major")
    events = await played.raises(incident)
    assert events == []


async def test_what_is_loaded_from_the_past_grades_nothing_beside_live_data_in_the_same_batch(case):
    played = await case()
    then = played.now - 20 * HOUR
    await played.story.tell([("past", played.reading(then, 200_000, published_at=then))], historical=True)
    incident = await played.tell(("live", played.reading(played.now, 5, published_at=played.now)), exact=False)
    assert (incident["total"], incident["grade"], incident["auto_grade"]) == (200_005, None, None)


async def test_an_incident_loaded_from_the_past_grades_nothing_by_being_merged(case):
    played = await case()
    then = played.now - 20 * HOUR
    past = await played.tell(("past", played.reading(then, 200_000, published_at=then)), exact=False, historical=True)
    into = await played.story.open([])
    merged = await played.story.merge(UUID(past["id"]), into)
    assert (merged.json()["total"], merged.json()["grade"]) == (200_000, None)
    assert merged.json()["suggested_grade"] == "major"


LOOKS = {
    "nobody looked for nine hours": ((0, 540), 9 * 3600, True),
    "nobody looked for eight hours": ((0, 480), 8 * 3600, False),
    "somebody looked an hour before and saw nothing new": ((0, 480, 540), 3600, False),
}


@pytest.mark.parametrize("at_once", [True, False], ids=["one batch", "several batches"])
@pytest.mark.parametrize(("minutes", "gap", "upper_bound"), LOOKS.values(), ids=LOOKS)
async def test_a_gain_that_nobody_saw_grow_is_labelled_an_upper_bound(case, minutes, gap, upper_bound, at_once):
    played = await case()
    start = floor_minute(played.now) - 10 * HOUR
    told = [("post", played.reading(start + m * MINUTE, 100, published_at=start)) for m in minutes[:-1]]
    told.append(("post", played.reading(start + minutes[-1] * MINUTE, 20_100)))
    while not at_once and len(told) > 1:
        await played.tell(told.pop(0))
    incident = await played.tell(*told)
    (raised,) = await played.raises(incident)
    assert (raised["evidence"]["gap_seconds"], raised["evidence"]["upper_bound"]) == (gap, upper_bound)
    assert ("upper bound" in incident["grade_reason"]) == upper_bound


async def test_two_sources_that_report_one_post_count_it_once(client, case):
    played = await case()
    scopes = {"name": "the other source", "scopes": ["mentions:write"]}
    other = (await client.post("/v1/api-keys", json=scopes)).json()["key"]
    at = played.now - HOUR
    post = {"platform": "weibo", "external_id": played.story.prefix + "same", "text": played.text, "reposts": 8_000,
            "published_at": at.isoformat(), "observed_at": at.isoformat()}  # fmt: skip
    answers = [
        await client.post("/v1/mentions", json=post | more, headers={"authorization": f"Bearer {key}"})
        for key, more in (
            (other, {}),
            (client.headers["authorization"].removeprefix("Bearer "), {"observed_at": (at + MINUTE).isoformat()}),
        )
    ]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    await played.counter.sweep()
    mention = await get(client, f"/v1/mentions/{answers[0].json()['id']}")
    incident = await get(client, f"/v1/incidents/{mention['incident_id']}")
    assert (incident["total"], incident["mention_count"], incident["grade"]) == (8_000, 1, None)


async def test_near_duplicates_stay_two_posts_and_keep_their_heat(case):
    played = await case()
    at = played.now - HOUR
    incident = await played.tell(
        ("original", played.reading(at, 6_000, published_at=at)),
        ("washed", played.reading(at, 6_000, published_at=at, text=f"{played.text}！！！")),
    )
    assert (incident["mention_count"], incident["total"], incident["grade"]) == (2, 12_000, "general")


async def test_a_corrected_sentiment_takes_its_spread_back_and_the_machine_never_lowers(case):
    played = await case()
    at = played.now - HOUR
    await played.tell(("post", played.reading(at, 10_001, published_at=at)))
    await played.story.correct("post", sentiment="positive")
    incident = await played.incident("post")
    assert (incident["total"], incident["auto_grade"], incident["grade"]) == (0, None, "general")
    await played.story.correct("post", sentiment=None)
    incident = await played.incident("post")
    assert (incident["total"], incident["auto_grade"], incident["mention_count"]) == (10_001, "general", 1)
    assert len(await played.raises(incident)) == 1


@pytest.mark.parametrize("sentiment", ["neutral", "negative"])
async def test_a_listed_outlet_beside_others_makes_core_interests_major_whatever_it_thinks_of_us(
    client, case, sentiment
):
    played = await case("core_interest")
    name = played.story.prefix
    outlet = {"name": name, "tier": "central", "domains": [], "accounts": [f"weibo:{name}"]}
    assert (await client.post("/v1/media-outlets", json=outlet)).status_code == 201
    at = played.now - HOUR
    incident = await played.tell(("complaint", played.reading(at, 1, published_at=at)))
    assert (incident["grade"], incident["media_follow_up"]) == (None, "none")
    report = {"platform": "weibo", "external_id": f"{name}report", "author": name, "text": played.text, "reposts": 50,
              "sentiment": sentiment, "published_at": at.isoformat()}  # fmt: skip
    assert (await client.post("/v1/mentions", json=report)).status_code == 201
    await played.counter.sweep()
    incident = await played.incident("complaint")
    assert (incident["grade"], incident["media_follow_up"]) == ("major", "confirmed")
    # Its own spread counts only if it is negative.
    assert incident["total"] == (51 if sentiment == "negative" else 1)


async def test_what_a_subsided_incident_gains_is_counted_and_brings_it_back(client, case):
    played = await case()
    at = played.now - HOUR
    incident = await played.tell(("post", played.reading(at, 10, published_at=at)))
    path = f"/v1/incidents/{incident['id']}"
    for status in ("subsided",):
        assert (await client.put(f"{path}/status", json={"status": status, "reason": "quiet"})).status_code == 200
    incident = await played.tell(("post", played.reading(at + MINUTE, 10)))
    assert incident["status"] == "subsided", "nothing was gained"
    incident = await played.tell(("post", played.reading(at + 2 * MINUTE, 20_000)))
    assert (incident["status"], incident["grade"]) == ("responding", "general")


async def test_what_a_dismissed_incident_gains_is_counted_and_never_graded(client, case):
    played = await case()
    at = played.now - HOUR
    incident = await played.tell(("post", played.reading(at, 10, published_at=at)))
    path = f"/v1/incidents/{incident['id']}"
    assert (await client.put(f"{path}/status", json={"status": "dismissed", "reason": "no"})).status_code == 200
    incident = await played.tell(("post", played.reading(at + MINUTE, 200_000)), exact=False)
    assert (incident["status"], incident["total"], incident["grade"]) == ("dismissed", 200_000, None)
    other = await played.tell(("another", played.reading(at, 1, published_at=at)), exact=False)
    assert other["id"] != incident["id"]
    assert (other["status"], other["mention_count"]) == ("watching", 1)


async def test_a_closed_incident_keeps_counting_and_is_not_reopened_by_what_was_before(client, case):
    played = await case()
    at = played.now - HOUR
    incident = await played.tell(("post", played.reading(at, 10_001, published_at=at)))
    for status in ("handling", "closing", "closed"):
        assert (await move(client, incident["id"], status, override=True)).status_code == 200
    incident = await played.tell(("post", played.reading(at + MINUTE, 300_000)), exact=False)
    assert (incident["status"], incident["total"], incident["grade"]) == ("closed", 300_000, "general")
