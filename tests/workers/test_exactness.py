"""Exact: whatever is told in whatever order, and whatever people do, incidents come to what the readings come to."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, note
from hypothesis import settings as tuned
from hypothesis import strategies as st

from app.core.db import Database
from app.mentions.ingest import Intake
from tests.support.recount import Told, floor_minute
from tests.support.story import NEGATIVE, Story, get, make_rule
from workers.context import Context
from workers.ingest import Counter

EXAMPLES = 500 if os.environ.get("FENGHUO_SLOW") else 20
ACCEPTING = ("watching", "responding", "handling", "closing")

POSTS = st.sampled_from("abc")
# Minutes after the start, chosen so that windows of 2, 4 and 8 hours just hold and just lose what they lose.
MINUTES = st.sampled_from((0, 1, 2, 5, 119, 120, 121, 240, 241, 480, 481, 600, 1_200))
SECONDS = st.sampled_from((0, 59))
COUNTS = st.none() | st.sampled_from((0, 1, 7, 4_000, 10_000, 10_001, 50_001, 100_001)) | st.integers(0, 60_000)
WORDS = st.sampled_from((0, 0, 0, 0, 1, 2, 3))
SENTIMENTS = st.sampled_from((None, None, "negative", "negative", "neutral"))
# Before the first reading by so many minutes; days mean an old post, a negative number one stated too late.
PUBLISHED = st.none() | st.sampled_from((0, 1, 30, -15, 1_440 * 3))

readings = st.tuples(POSTS, MINUTES, SECONDS, COUNTS, COUNTS, COUNTS, PUBLISHED, WORDS, SENTIMENTS, st.booleans())
hits = st.tuples(POSTS, MINUTES, SECONDS, COUNTS, COUNTS, COUNTS, PUBLISHED, st.just(0), st.none(), st.booleans())
steps = st.one_of(
    st.tuples(st.just("tell"), st.lists(readings, min_size=1, max_size=10)),
    st.tuples(st.just("tell"), st.lists(hits, min_size=1, max_size=10)),
    st.tuples(st.just("count"), st.integers(0, 1)),
    st.tuples(st.just("count"), st.integers(0, 1)),
    st.tuples(st.just("sentiment"), POSTS, st.sampled_from(("negative", "neutral", "positive", None))),
    st.tuples(st.just("date"), POSTS, st.none() | st.tuples(MINUTES, st.sampled_from((0, 1_440 * 3)))),
    st.tuples(st.just("attach"), st.integers(0, 3), st.lists(POSTS, min_size=1, max_size=3, unique=True)),
    st.tuples(st.just("detach"), st.integers(0, 3), st.lists(POSTS, min_size=1, max_size=3, unique=True)),
    st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("split"), st.integers(0, 3), st.lists(POSTS, min_size=1, max_size=2, unique=True), st.booleans()),
    st.tuples(st.just("open"), POSTS),
)


class Player:
    """Plays steps on a story; two workers with claims of different size take turns in counting."""

    def __init__(self, story: Story, counters: list[Counter], start: datetime) -> None:
        self.story, self.counters, self.start = story, counters, start
        mild, any_negative = story.rules
        self.texts = (
            f"{mild.brand}{NEGATIVE}", f"{mild.brand}好", f"{any_negative.brand}如何", f"{NEGATIVE}{any_negative.brand}",
        )  # fmt: skip
        self.pending = False
        # What a post said at an instant is said once: only its counters are told in conflict.
        self.said: dict[tuple[str, datetime], tuple[str, str | None]] = {}

    async def play(self, step: tuple[Any, ...]) -> None:
        act, *what = step
        note(f"{step}")
        async with asyncio.timeout(20):
            await getattr(self, act)(*what)
            if not self.pending:
                await self.story.check()

    async def tell(self, told: list[tuple[Any, ...]]) -> None:
        await self.story.tell([(name, self._told(name, *rest)) for name, *rest in told])
        self.pending = True

    def _told(self, name: str, minute: int, second: int, reposts: int | None, comments: int | None,
              likes: int | None, published: int | None, words: int, sentiment: str | None, views: bool) -> Told:  # fmt: skip
        at = self.start + timedelta(minutes=minute, seconds=second)
        text, judged = self.said.setdefault((name, at), (self.texts[words], sentiment))
        stated = None if published is None else at - timedelta(minutes=published)
        if stated is not None and published < 1_440:
            # No window is to end more than 24 h ago: those are another test's.
            stated = max(stated, self.start)
        return Told(at, text, reposts, comments, likes, 10**9 if views else None, stated, judged)

    async def count(self, which: int) -> None:
        await self.counters[which].sweep()
        self.pending = False

    async def sentiment(self, name: str, word: str | None) -> None:
        if name in self.story.posts:
            await self.story.correct(name, sentiment=word)

    async def date(self, name: str, when: tuple[int, int] | None) -> None:
        if name in self.story.posts:
            at = None if when is None else self.start + timedelta(minutes=when[0] - when[1])
            await self.story.correct(name, published_at=at)

    async def attach(self, place: int, names: list[str]) -> None:
        await self._move(place, "attach", names)

    async def detach(self, place: int, names: list[str]) -> None:
        await self._move(place, "detach", names)

    async def _move(self, place: int, act: str, names: list[str]) -> None:
        names = [name for name in names if name in self.story.posts]
        if names and self.story.incidents:
            incident_id = sorted(self.story.incidents)[place % len(self.story.incidents)]
            answer = await self.story.move(incident_id, act, names)
            ended = (await self.story.client.get(f"/v1/incidents/{incident_id}")).json()["status"] not in ACCEPTING
            assert answer.status_code == (409 if ended and act == "attach" else 200), answer.text

    async def merge(self, place: int, into: int) -> None:
        ids = sorted(self.story.incidents)
        if ids:
            answer = await self.story.merge(ids[place % len(ids)], ids[into % len(ids)])
            assert answer.status_code in (200, 409), answer.text

    async def split(self, place: int, names: list[str], and_back: bool) -> None:
        """What is split off and merged back leaves the incident as it was, minute by minute."""
        names = [name for name in names if name in self.story.posts]
        if not names or not self.story.incidents:
            return
        source = sorted(self.story.incidents)[place % len(self.story.incidents)]
        before = await get(self.story.client, f"/v1/incidents/{source}/spread")
        answer = await self.story.split(source, names)
        assert answer.status_code in (201, 409, 422), answer.text
        if answer.status_code != 201:
            return
        parts = [await get(self.story.client, f"/v1/incidents/{one}/spread") for one in (source, answer.json()["id"])]
        assert self.pending or together(parts) == together([before])
        if and_back and (await self.story.merge(UUID(answer.json()["id"]), source)).status_code == 200:
            after = await get(self.story.client, f"/v1/incidents/{source}/spread")
            assert self.pending or after["windows"] == before["windows"]
            assert together([after]) == together(parts)

    async def open(self, name: str) -> None:
        if name in self.story.posts and len(self.story.incidents) < 4:
            self.story.taken_out.discard(name)
            await self.story.open([name])


def together(spreads: list[Any]) -> tuple[int, dict[str, list[int]]]:
    """The baselines and the buckets of some incidents added up."""
    sums: dict[str, list[int]] = {}
    for bucket in (bucket for spread in spreads for bucket in spread["buckets"]):
        kept = sums.setdefault(bucket["minute"], [0, 0, 0])
        for place, counter in enumerate(("reposts", "comments", "likes")):
            kept[place] += bucket[counter]
    return sum(spread["baseline"] for spread in spreads), sums


counted = tuned(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), print_blob=True)
Make = Callable[[int, int], Awaitable[Player]]


@pytest.fixture
def make(client: httpx.AsyncClient, context: Context, database: Database) -> Make:
    """A story of its own for each example, counted by two workers that claim so many readings at once."""

    async def player(few: int, many: int) -> Player:
        counters = [
            Counter(replace(context, settings=context.settings.model_copy(update={"inbox_claim": size})))
            for size in (few, many)
        ]
        await counters[0].sweep()
        now = await database.clock.now()
        rules = [await make_rule(client), await make_rule(client, negative=None, harm="user_rights")]
        intake = Intake(database, context.doorbell, flushers=1)
        return Player(Story(client, intake, now, rules), counters, floor_minute(now - timedelta(hours=22)))

    return player


@counted
@given(st.lists(st.lists(hits, min_size=1, max_size=12), min_size=2, max_size=6), st.integers(1, 12))
async def test_readings_in_any_order_twice_dropped_and_late_come_to_what_the_sorted_ones_come_to(
    make: Make, told: list[list[Any]], few: int
) -> None:
    player = await make(few, 1_000)
    for turn, batch in enumerate(told):
        await player.play(("tell", batch))
        await player.play(("count", turn % 2))
    await player.play(("tell", [reading for batch in told for reading in batch]))
    await player.play(("count", 0))


@counted
@given(st.lists(steps, min_size=6, max_size=16), st.integers(1, 6), st.integers(1, 1_000))
async def test_buckets_peaks_and_grades_are_those_of_the_sorted_readings_whatever_people_do(
    make: Make, played: list[Any], few: int, many: int
) -> None:
    player = await make(few, many)
    for step in played:
        await player.play(step)
    await player.count(0)
    await player.story.check()
