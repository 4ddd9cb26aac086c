"""What a mention's figures say is said once for good, and what becomes evidence is kept as it stood."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from app.core.db import Database
from tests.support.api import ago, brand, everything, good, instant, make_rule, mention, post, problem
from tests.support.people import bearer, make_key
from workers.context import Context
from workers.ingest import Counter

EXAMPLES = 200 if os.environ.get("FENGHUO_SLOW") else 10
LEGAL, VIEWS, JUDGE = "mention.legal_threshold", "mention.views_high", "mention.needs_judgement"


class Watched:
    """One post that hits a rule, told and counted as often as a test likes."""

    def __init__(self, client: httpx.AsyncClient, database: Database, counter: Counter, text: str) -> None:
        self.client, self.database, self.counter, self.text = client, database, counter, text
        self.external_id = uuid4().hex
        self.id = ""

    async def tell(self, count: bool = True, **fields: Any) -> None:
        self.id = await post(self.client, self.text, **{"external_id": self.external_id} | fields)
        if count:
            await self.counter.sweep()

    async def judge(self, sentiment: str | None) -> None:
        good(await self.client.patch(f"/v1/mentions/{self.id}", json={"sentiment": sentiment}))

    async def said(self) -> list[str]:
        return [event["type"] for event in await self.events()]

    async def events(self) -> list[dict[str, Any]]:
        rows = await self.database.fetch(
            "select type, data::text from events where type = any($1) and data->>'mention_id' = $2 order by id",
            [LEGAL, VIEWS, JUDGE], self.id,
        )  # fmt: skip
        return [{"type": row["type"], **orjson.loads(row["data"])} for row in rows]

    async def snapshots(self, reason: str = "legal_threshold") -> list[dict[str, Any]]:
        rows = await everything(self.client, f"/v1/mentions/{self.id}/snapshots", limit=1)
        return [row for row in rows if row["reason"] == reason]


Make = Callable[..., Awaitable[Watched]]


@pytest.fixture
def make(client: httpx.AsyncClient, database: Database, counter: Counter) -> Make:
    async def watched(negative: bool = True, words: str = "") -> Watched:
        word = brand()
        await make_rule(client, word, negative_words=["差评"] if negative else [])
        return Watched(client, database, counter, f"{word} {'差评' if negative else '如何'}{words}")

    return watched


# what is told, whether it is negative, and what is said of it
THRESHOLDS = {
    "4,999 views, 499 reposts": ({"views": 4_999, "reposts": 499}, True, []),
    "5,000 views": ({"views": 5_000}, True, [LEGAL]),
    "500 reposts": ({"reposts": 500}, True, [LEGAL]),
    "both": ({"views": 5_001, "reposts": 501}, True, [LEGAL]),
    "100,000 views": ({"views": 100_000}, True, [LEGAL]),
    "100,001 views": ({"views": 100_001}, True, [LEGAL, VIEWS]),
    "spread, negative": ({"likes": 10_001}, True, []),
    "1,000, not judged": ({"likes": 1_000}, False, []),
    "1,001, not judged": ({"likes": 1_000, "comments": 1}, False, [JUDGE]),
    "10,001, not judged": ({"likes": 10_001}, False, [JUDGE]),
    "all of it, not judged": ({"reposts": 20_000, "views": 200_000}, False, [LEGAL, VIEWS, JUDGE]),
    "all of it, neutral": ({"reposts": 20_000, "views": 200_000, "sentiment": "neutral"}, False, []),
    "all of it, by the sender's word": ({"reposts": 20_000, "views": 200_000, "sentiment": "negative"}, False, [LEGAL, VIEWS]),
}  # fmt: skip


@pytest.mark.parametrize(("told", "negative", "said"), THRESHOLDS.values(), ids=THRESHOLDS)
async def test_what_is_said_at_each_threshold_and_never_again(
    make: Make, told: dict[str, Any], negative: bool, said: list[str]
) -> None:
    watched = await make(negative)
    for _ in range(3):
        await watched.tell(**told)
        assert await watched.said() == said
    assert len(await watched.snapshots()) == said.count(LEGAL)


async def test_a_question_is_asked_again_above_10_000_and_not_a_third_time(make: Make) -> None:
    watched = await make(negative=False)
    for likes in (1_000, 1_001, 5_000, 10_000, 10_001, 50_000):
        await watched.tell(likes=likes)
    assert [(event["threshold"], event["spread"]) for event in await watched.events()] == [
        (1_000, 1_001), (10_000, 10_001),
    ]  # fmt: skip


async def test_a_post_that_hits_no_rule_is_nobodys_business(make: Make, client: httpx.AsyncClient) -> None:
    watched = await make()
    watched.text = f"{brand()} 差评"
    await watched.tell(views=200_000, reposts=20_000)
    assert (await mention(client, watched.id))["hits"] == []
    assert await watched.said() == []


async def test_what_was_loaded_from_the_past_is_said_by_the_next_live_reading(make: Make) -> None:
    watched = await make()
    await watched.tell(views=200_000, historical=True, observed_at=ago(hours=1))
    assert await watched.said() == []
    await watched.tell(views=10)
    assert await watched.said() == [LEGAL, VIEWS]


async def test_who_judges_it_negative_after_it_crossed_says_it_at_that_moment(make: Make) -> None:
    watched = await make(negative=False)
    await watched.tell(views=200_000, sentiment="neutral")
    assert await watched.said() == []
    for sentiment in ("negative", "positive", "negative", None):
        await watched.judge(sentiment)
        assert await watched.said() == [LEGAL, VIEWS]


async def test_a_post_of_last_week_is_said_when_a_person_judges_it_but_not_when_rules_change(
    make: Make, client: httpx.AsyncClient, database: Database, counter: Counter
) -> None:
    watched = await make(negative=False)
    await watched.tell(views=200_000, sentiment="neutral")
    await database.fetch(
        "update observations set received_at = received_at - interval '7 days' where mention_id = $1", UUID(watched.id)
    )
    await database.fetch("update mention_states set sentiment = null where mention_id = $1", UUID(watched.id))
    await make_rule(client, brand())
    await counter.sweep_rematches()
    assert await watched.said() == []
    await watched.judge("negative")
    assert await watched.said() == [LEGAL, VIEWS]


async def test_a_new_rule_says_it_of_what_was_received_today(
    make: Make, client: httpx.AsyncClient, counter: Counter
) -> None:
    watched = await make()
    word = brand()
    watched.text = f"{word} 差评"
    await watched.tell(reposts=500)
    assert await watched.said() == []
    await make_rule(client, word)
    await counter.sweep_rematches()
    assert await watched.said() == [LEGAL]


async def test_evidence_is_kept_as_it_stood_whatever_the_post_says_later(make: Make, database: Database) -> None:
    watched = await make(words="，找@张三 13812345678")
    told = {"title": "给@李四 的信", "url": "https://weibo.com/1/x?m=13812345678", "author": "王小明"}
    await watched.tell(**told, views=4_999, reposts=7, published_at=ago(hours=2), observed_at=ago(hours=1))
    first = watched.text
    watched.text += "，已编辑"
    await watched.tell(**told, views=5_000, comments=3)
    second = watched.text
    watched.text = watched.text.replace("差评", "差评都删了")
    await watched.tell(views=9_000, reposts=900)
    [event] = await watched.events()
    [row] = await database.fetch(
        "select * from mention_snapshots where mention_id = $1 and reason = 'legal_threshold'", UUID(watched.id)
    )
    assert second != first
    assert (row["text"], row["title"], row["url"], row["author"]) == (second, *told.values())
    assert (row["reposts"], row["comments"], row["likes"], row["views"]) == (7, 3, None, 5_000)
    assert (row["reason"], row["reached"], row["external_id"]) == ("legal_threshold", ["views"], watched.external_id)
    assert row["text_sha256"] == sha256(second.encode()).hexdigest()
    assert "text_sha256" not in event, "a masked phone could be found by trying"
    assert (event["snapshot_id"], event["reached"]) == (str(row["id"]), ["views"])
    assert (event["reposts"], event["comments"], event["likes"], event["views"]) == (7, 3, None, 5_000)
    assert "text" not in event


async def test_who_may_unmask_sees_the_evidence_whole_and_that_is_an_event(
    make: Make, client: httpx.AsyncClient, database: Database
) -> None:
    watched = await make(words="，找@张三 13812345678")
    await watched.tell(author="王小明", url="https://weibo.com/13812345678", title="@李四", reposts=500)
    url = f"/v1/mentions/{watched.id}/snapshots"
    seen = {}
    for scopes in (["mentions:read"], ["mentions:read", "people:unmask"]):
        key = await make_key(client, *scopes)
        data = good(await client.get(url, headers=bearer(key["key"])))["data"]
        (seen[len(scopes)],) = [row for row in data if row["reason"] == "legal_threshold"]
    masked, whole = seen.values()
    assert (masked["author"], masked["title"], masked["url"]) == ("王**", "@**", "https://weibo.com/138******78")
    assert masked["text"].endswith("，找@** 138******78")
    assert (whole["author"], whole["title"], whole["text"]) == ("王小明", "@李四", watched.text)
    assert (masked["masked"], whole["masked"]) == (True, False)
    assert whole["text_sha256"] == sha256(watched.text.encode()).hexdigest()
    assert masked["text_sha256"] is None, "what is hidden could be found by trying"
    told = await database.fetch(
        "select actor from events where type = 'mention.unmasked' and data->>'mention_id' = $1", watched.id
    )
    assert [row["actor"] for row in told] == [f"key:{key['id']}"]


async def test_of_its_first_hit_a_copy_is_kept_whatever_becomes_of_the_post(make: Make, database: Database) -> None:
    watched = await make(words="，找@张三 13812345678")
    told = {"title": "给@李四 的信", "url": "https://weibo.com/1/x?m=13812345678", "author": "王小明"}
    await watched.tell(**told, reposts=7, views=90, published_at=ago(hours=2), observed_at=ago(hours=1))
    first = watched.text
    watched.text = watched.text.replace("差评", "差评都删了")
    await watched.tell(title="已编辑", reposts=900, comments=3)
    [row] = await watched.snapshots("first_hit")
    assert row["reached"] == []
    assert (row["text"], row["title"], row["url"], row["author"]) == (first, *told.values())
    assert (row["reposts"], row["comments"], row["likes"], row["views"]) == (7, None, None, 90)
    assert row["text_sha256"] == sha256(first.encode()).hexdigest()
    assert row["external_id"] == watched.external_id
    [hit] = await database.fetch(
        "select at from events where type = 'mention.hit' and data->>'mention_id' = $1", watched.id
    )
    assert instant(row["created_at"]) == hit["at"], "in the transaction that tells of it"


async def test_what_alerts_nobody_leaves_no_copy_until_it_does(make: Make) -> None:
    watched = await make(negative=False)
    await watched.tell(reposts=7)
    assert await watched.snapshots("first_hit") == []
    await watched.judge("negative")
    assert [row["reposts"] for row in await watched.snapshots("first_hit")] == [7]
    await watched.judge("neutral")
    await watched.judge("negative")
    assert len(await watched.snapshots("first_hit")) == 1


async def test_there_are_no_snapshots_of_what_there_is_not(client: httpx.AsyncClient) -> None:
    problem(await client.get(f"/v1/mentions/{uuid4()}/snapshots"), 404)


COUNTS = st.none() | st.sampled_from((0, 499, 500, 1_001, 4_999, 5_000, 10_001, 100_000, 100_001))
READINGS = st.tuples(
    st.integers(1, 50), COUNTS, COUNTS, st.sampled_from((None, None, None, "negative", "neutral")), st.booleans()
)


@tuned(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), print_blob=True)
@given(told=st.lists(READINGS, min_size=1, max_size=8), every=st.integers(1, 4), chance=st.randoms())
async def test_in_any_order_twice_and_by_two_workers_each_is_said_once(
    make: Make, context: Context, told: list[Any], every: int, chance: Any
) -> None:
    """Whatever is said, it is said once; and in the end all that the figures ask for was said."""
    watched = await make(negative=False)
    workers = [
        Counter(replace(context, settings=context.settings.model_copy(update={"inbox_claim": size})))
        for size in (1, 100)
    ]
    # What was said at an instant is said once: only its counters are told again.
    minutes = list({minute: rest for minute, *rest in told}.items())
    sent = [*minutes, *minutes]
    chance.shuffle(sent)
    for number, (minute, (reposts, views, sentiment, likes)) in enumerate(sent, 1):
        fields = {"reposts": reposts, "views": views, "likes": reposts if likes else None, "sentiment": sentiment}
        stated = {name: value for name, value in fields.items() if value is not None}
        await watched.tell(count=False, observed_at=ago(minutes=minute), **stated)
        if number % every == 0:
            await asyncio.gather(*(worker.sweep() for worker in workers))
    await workers[0].sweep()
    await watched.judge("negative")
    said = [(event["type"], event.get("threshold")) for event in await watched.events()]
    assert len(said) == len(set(said))
    reposts, views = (
        max((reading[at] or 0 for _, reading in minutes), default=0) for at in (0, 1)
    )  # fmt: skip
    assert ((LEGAL, None) in said) == (views >= 5_000 or reposts >= 500)
    assert ((VIEWS, 100_000) in said) == (views > 100_000)
    assert len(await watched.snapshots()) == said.count((LEGAL, None))
    assert len(await watched.snapshots("first_hit")) <= 1
