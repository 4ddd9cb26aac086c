"""What is told of a post: taken once, shown masked, judged by whoever knows best, dated by the rules of spread."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.support.api import (
    again,
    ago,
    brand,
    buckets,
    crisis,
    everything,
    good,
    incident,
    instant,
    make_rule,
    mention,
    post,
    problem,
    timeline,
)


def minute(text: str) -> str:
    return instant(text).astimezone(UTC).replace(second=0, microsecond=0).isoformat().replace("+00:00", "Z")


async def test_a_new_post_is_201_and_known_again_200_with_the_same_id(client):
    body = {"platform": "weibo", "external_id": uuid4().hex, "text": "差评", "observed_at": "2026-11-20T08:00:00+08:00"}
    first = await client.post("/v1/mentions", json=body)
    receipt = good(first, 201)
    assert receipt == {"id": receipt["id"], "created": True, "observed_at": "2026-11-20T00:00:00Z"}
    assert first.headers["location"] == f"/v1/mentions/{receipt['id']}"
    again = await client.post("/v1/mentions", json=body)
    assert good(again, 200) == receipt | {"created": False}
    assert again.headers["location"] == first.headers["location"]
    assert (await client.get(first.headers["location"])).json()["external_id"] == body["external_id"]


async def test_what_is_answered_is_committed(client, database):
    mention_id = await post(client, brand(), likes=3)
    rows = await database.fetch("select likes from inbox where mention_id = $1", mention_id)
    assert [row["likes"] for row in rows] == [3]


async def test_posts_at_the_same_moment_are_one_mention_with_every_reading(client, counter):
    external_id = uuid4().hex
    ids = await asyncio.gather(
        *(post(client, "同一帖", external_id=external_id, observed_at=ago(minutes=n), likes=n) for n in range(1, 31))
    )
    assert len(set(ids)) == 1
    await counter.sweep()
    assert len(await everything(client, f"/v1/mentions/{ids[0]}/observations", limit=7)) == 30


async def test_a_mention_shows_no_names_phones_or_mails_and_hits_point_into_the_original(client, counter):
    word = brand()
    rule = await make_rule(client, word)
    text = f"@王小明 说{word}差 评，电话13812345678，邮箱 wang@example.com"
    mention_id = await post(
        client, text, author="王小明", title=f"{word} 避⚡ @李四", platform="other", platform_raw="13812345678",
        url="https://example.com/5012345678901234?phone=13812345678",
    )  # fmt: skip
    assert (await mention(client, mention_id))["pending"] is True
    await counter.sweep()
    shown = await mention(client, mention_id)
    assert (shown["pending"], shown["author"]) == (False, "王**")
    assert shown["title"] == f"{word} 避⚡ @**"
    assert shown["url"] == "https://example.com/5012345678901234?phone=138******78"
    assert shown["platform_raw"] == "138******78"
    assert "王小明" not in shown["text"]
    assert "13812345678" not in shown["text"]
    assert "wang" not in shown["text"]
    (hit,) = shown["hits"]
    assert hit["rule_id"] == rule["id"]
    originals = {"text": text, "title": f"{word} 避⚡ @李四"}
    stood = {(s["field"], s["role"], s["word"], originals[s["field"]][s["start"] : s["end"]]) for s in hit["spans"]}
    assert stood == {
        ("text", "brand", word, word), ("text", "negative", "差评", "差 评"),
        ("title", "brand", word, word), ("title", "negative", "避雷", "避⚡"),
    }  # fmt: skip
    assert len(shown["text"]) == len(text)


async def test_pages_have_no_gap_and_no_double_while_new_posts_arrive(client, counter):
    word = brand()
    rule = await make_rule(client, word)
    old = [await post(client, f"{word} 差评 {n}") for n in range(7)]
    await counter.sweep()
    seen, cursor = [], {}
    while True:
        page = good(await client.get("/v1/mentions", params={"rule_id": rule["id"], "limit": 2} | cursor))
        seen += [row["id"] for row in page["data"]]
        await post(client, f"{word} 差评 neu")
        await counter.sweep()
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == old[::-1]


async def test_every_filter_keeps_what_it_names(client, counter):
    word, start = brand(), ago(seconds=0)
    rule = await make_rule(client, word)
    weibo = await post(client, f"{word} 差评")
    zhihu = await post(client, f"{word} 差评真香", platform="zhihu", sentiment="positive")
    douyin = await post(client, f"{word} 避雷", platform="douyin", sentiment="neutral")
    plain = await post(client, f"{word}", platform="zhihu")
    waiting_for = (await crisis(client, counter))[0]["id"]

    async def found(**query):
        rows = await everything(client, "/v1/mentions", first_seen_after=start, **query)
        return {row["id"] for row in rows} & {weibo, zhihu, douyin, plain}

    assert await found() == {weibo, zhihu, douyin, plain}
    assert await found(platform="zhihu") == {zhihu, plain}
    assert await found(platform=["zhihu", "douyin"]) == {zhihu, plain, douyin}
    assert await found(sentiment="negative") == {weibo}
    assert await found(sentiment=["positive", "unknown"]) == {zhihu, plain}
    assert await found(platform="zhihu", sentiment="unknown") == {plain}
    assert await found(rule_id=rule["id"]) == {weibo, zhihu, douyin}
    assert await found(attached=True) == {weibo}
    assert await found(attached=False) == {zhihu, douyin, plain}
    assert await found(incident_id=(await mention(client, weibo))["incident_id"]) == {weibo}
    assert await found(incident_id=waiting_for) == set()
    shown = await mention(client, zhihu)
    assert await found(first_seen_before=shown["first_seen_at"]) == {weibo}


async def test_observations_show_what_waits_and_what_is_counted_together(client, counter):
    external_id, at = uuid4().hex, [ago(minutes=n) for n in (50, 40, 30, 20)]
    mention_id = await post(client, "观测", external_id=external_id, observed_at=at[1], likes=5, views=9)
    await post(client, "观测", external_id=external_id, observed_at=at[1], likes=3, comments=2)
    await counter.sweep()
    await post(client, "观测", external_id=external_id, observed_at=at[3], reposts=1)
    await post(client, "观测", external_id=external_id, observed_at=at[0], likes=4)
    for limit in (1, 2, 200):
        rows = await everything(client, f"/v1/mentions/{mention_id}/observations", limit=limit)
        assert [instant(row["observed_at"]) for row in rows] == [instant(at[n]) for n in (0, 1, 3)]
        assert [row["counted"] for row in rows] == [False, True, False]
        counters = [tuple(row[name] for name in ("reposts", "comments", "likes", "views")) for row in rows]
        assert counters == [(None, None, 4, None), (None, 2, 5, 9), (1, None, None, None)]
        assert {row["key_id"] for row in rows} == {"admin1"}
    shown = await mention(client, mention_id)
    assert tuple(shown[name] for name in ("reposts", "comments", "likes", "views", "spread")) == (None, 2, 5, 9, 7)


async def test_two_sources_with_different_counts_at_one_instant_count_the_greater(client, counter):
    opened, mention_id = await crisis(
        client, counter, observed_at=ago(minutes=9), published_at=ago(minutes=9), likes=10
    )
    at = ago(minutes=5)
    for likes in (30, 20, None, 30):
        await again(client, mention_id, observed_at=at, likes=likes)
    await counter.sweep()
    assert (await incident(client, opened["id"]))["total"] == 30


async def test_an_unknown_platform_is_kept_by_its_raw_name(client):
    external_id = uuid4().hex
    ids = [await post(client, "帖", platform=name, external_id=external_id) for name in ("小黑盒", "即刻", "小黑盒")]
    assert ids[0] == ids[2] != ids[1]
    shown = [await mention(client, mention_id) for mention_id in ids[:2]]
    assert [(m["platform"], m["platform_raw"]) for m in shown] == [("other", "小黑盒"), ("other", "即刻")]


async def test_spaces_around_an_id_or_an_unknown_platforms_name_make_no_other_post(client):
    known, word = uuid4().hex, f"站{uuid4().hex[:6]}"
    ids = {await post(client, "一", external_id=given) for given in (known, f"{known} ", f"\t{known}\u3000\n")}
    assert len(ids) == 1
    assert (await mention(client, ids.pop()))["external_id"] == known
    assert len({await post(client, "一", external_id=known, platform=given) for given in (word, f" {word} ")}) == 1
    assert await post(client, "一", external_id=f"{known[:9]} {known[9:]}") not in ids


async def test_unknown_platforms_named_beside_other_stay_apart_too(client):
    external_id = uuid4().hex
    ids = [
        await post(client, "帖", platform="other", platform_raw=name, external_id=external_id)
        for name in ("小黑盒", "即刻", "小黑盒")
    ]
    ids.append(await post(client, "帖", platform="小黑盒", external_id=external_id))
    assert ids[0] == ids[2] == ids[3] != ids[1]


@pytest.mark.parametrize(("alias", "platform"), [
    ("微博", "weibo"), ("新浪微博", "weibo"), ("公众号", "wechat_official"), ("视频号", "wechat_channels"),
    ("抖音", "douyin"), ("小红书", "xiaohongshu"), ("知乎", "zhihu"), ("B站", "bilibili"), ("贴吧", "forum"),
    ("新闻", "news"), ("WeiBo.com", "weibo"), ("www.zhihu.com", "zhihu"),
])  # fmt: skip
async def test_the_names_people_use_for_a_platform_are_understood(client, alias, platform):
    external_id = uuid4().hex
    mention_id = await post(client, "帖", platform=alias, external_id=external_id)
    shown = await mention(client, mention_id)
    assert (shown["platform"], shown["platform_raw"]) == (platform, alias)
    assert await post(client, "帖", platform=platform, external_id=external_id) == mention_id


async def test_a_senders_own_name_of_the_platform_is_kept(client):
    shown = await mention(client, await post(client, "帖", platform="weibo", platform_raw="XinLang-WB"))
    assert (shown["platform"], shown["platform_raw"]) == ("weibo", "XinLang-WB")


async def test_who_says_that_a_post_is_negative(client, counter):
    word = brand()
    await make_rule(client, word)
    ids = {
        "sender": await post(client, f"{word} 很好", sentiment="negative"),
        "words": await post(client, f"{word} 差评"),
        "none": await post(client, f"{word} 如何"),
        "against the words": await post(client, f"{word} 差评是假的", sentiment="positive"),
    }
    await counter.sweep()
    shown = {name: await mention(client, mention_id) for name, mention_id in ids.items()}
    judged = {name: (m["sentiment"], m["sentiment_source"]) for name, m in shown.items()}
    assert judged == {
        "sender": ("negative", "sender"), "words": ("negative", "words"), "none": ("unknown", "none"),
        "against the words": ("positive", "sender"),
    }  # fmt: skip
    assert shown["words"]["incident_id"] is not None
    assert shown["against the words"]["incident_id"] is None


async def test_a_persons_word_wins_moves_the_spread_at_once_and_can_be_given_back(client, counter):
    at = ago(minutes=30)
    opened, mention_id = await crisis(client, counter, observed_at=at, published_at=at, likes=700)
    assert (await incident(client, opened["id"]))["total"] == 700
    url = f"/v1/mentions/{mention_id}"
    shown = good(await client.patch(url, json={"sentiment": "positive", "reason": "反讽"}))
    assert (shown["sentiment"], shown["sentiment_source"]) == ("positive", "person")
    assert (await incident(client, opened["id"]))["total"] == 0
    assert await buckets(client, opened["id"]) == {}
    await again(client, mention_id, sentiment="negative", likes=900)
    await counter.sweep()
    assert (await incident(client, opened["id"]))["total"] == 0
    shown = good(await client.patch(url, json={"sentiment": None}))
    assert (shown["sentiment"], shown["sentiment_source"]) == ("negative", "sender")
    assert (await incident(client, opened["id"]))["total"] == 900
    assert (await buckets(client, opened["id"]))[minute(at)] == (0, 0, 700)


async def test_a_person_makes_an_unjudged_post_join(client, counter):
    word = brand()
    await make_rule(client, word, negative_words=[])
    at = ago(minutes=3)
    mention_id = await post(client, f"{word} 又来了", likes=40, observed_at=at, published_at=at)
    await counter.sweep()
    assert (await mention(client, mention_id))["incident_id"] is None
    shown = good(await client.patch(f"/v1/mentions/{mention_id}", json={"sentiment": "negative"}))
    assert (await incident(client, shown["incident_id"]))["total"] == 40


async def test_a_correction_before_anything_is_counted_knows_the_senders_word(client, counter):
    word = brand()
    await make_rule(client, word)
    mention_id = await post(client, f"{word} 差评", sentiment="positive", likes=7, published_at=ago(minutes=9))
    corrected = good(await client.patch(f"/v1/mentions/{mention_id}", json={"published_at": ago(minutes=10)}))
    assert (corrected["sentiment"], corrected["sentiment_source"]) == ("positive", "sender")
    assert (corrected["incident_id"], corrected["likes"], corrected["pending"]) == (None, 7, False)
    await counter.sweep()
    assert (await mention(client, mention_id))["incident_id"] is None


async def test_a_correction_before_anything_is_counted_is_kept(client, counter):
    word = brand()
    await make_rule(client, word)
    at = ago(minutes=3)
    mention_id = await post(client, f"{word} 差评", likes=40, observed_at=at, published_at=at)
    good(await client.patch(f"/v1/mentions/{mention_id}", json={"sentiment": "positive"}))
    await counter.sweep()
    shown = await mention(client, mention_id)
    assert (shown["sentiment_source"], shown["incident_id"], shown["likes"]) == ("person", None, 40)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("together", [False, True])
async def test_the_newest_reading_decides_the_words_even_when_it_arrives_first(client, counter, newest_first, together):
    external_id = uuid4().hex
    readings = [
        {"text": "旧", "title": "旧题", "sentiment": "positive", "observed_at": ago(minutes=20)},
        {"text": "新", "title": "新题", "sentiment": "negative", "observed_at": ago(minutes=10)},
        {"text": "最新", "observed_at": ago(minutes=5)},
    ]
    for reading in readings[::-1] if newest_first else readings:
        mention_id = await post(client, external_id=external_id, **reading)
        if not together:
            await counter.sweep()
    await counter.sweep()
    shown = await mention(client, mention_id)
    assert (shown["text"], shown["title"], shown["sentiment"]) == ("最新", "新题", "negative")


async def test_a_changed_text_is_matched_again(client, counter):
    word, external_id = brand(), uuid4().hex
    await make_rule(client, word)
    mention_id = await post(client, f"{word} 开箱", external_id=external_id, observed_at=ago(minutes=9))
    await counter.sweep()
    assert (await mention(client, mention_id))["hits"] == []
    await post(client, f"{word} 开箱，差评", external_id=external_id, observed_at=ago(minutes=8))
    await counter.sweep()
    shown = await mention(client, mention_id)
    assert len(shown["hits"]) == 1
    assert shown["incident_id"] is not None
    await post(client, "已删", external_id=external_id, observed_at=ago(minutes=7))
    await counter.sweep()
    later = await mention(client, mention_id)
    assert (later["hits"], later["incident_id"]) == ([], shown["incident_id"])


async def test_the_earliest_stated_time_counts_until_a_person_corrects_it(client, counter):
    told, earlier, corrected, read = (ago(hours=n) for n in (5, 6, 4, 3))
    opened, mention_id = await crisis(client, counter, published_at=told, observed_at=read, likes=100)
    assert await buckets(client, opened["id"]) == {minute(told): (0, 0, 100)}
    await again(client, mention_id, published_at=earlier, observed_at=ago(hours=2), likes=150)
    await counter.sweep()
    assert next(iter((await buckets(client, opened["id"])).items())) == (minute(earlier), (0, 0, 100))
    url = f"/v1/mentions/{mention_id}"
    shown = good(await client.patch(url, json={"published_at": corrected}))
    assert instant(shown["published_at"]) == instant(corrected)
    assert next(iter((await buckets(client, opened["id"])).items())) == (minute(corrected), (0, 0, 100))
    await again(client, mention_id, published_at=ago(hours=20), likes=150)
    await counter.sweep()
    assert minute(corrected) in await buckets(client, opened["id"])
    assert instant(good(await client.patch(url, json={"published_at": None}))["published_at"]) < instant(earlier)
    assert (await incident(client, opened["id"]))["total"] == 150


async def test_a_correction_that_makes_the_post_old_takes_its_first_reading_out_of_the_minutes(client, counter):
    read = ago(hours=1)
    opened, mention_id = await crisis(client, counter, published_at=ago(hours=2), observed_at=read, likes=12_000)
    assert opened["grade"] == "general"
    good(await client.patch(f"/v1/mentions/{mention_id}", json={"published_at": ago(hours=30)}))
    after = await incident(client, opened["id"])
    assert (after["total"], after["baseline"], after["auto_grade"]) == (0, 12_000, None)
    # The machine never lowers; it says what it would suggest.
    assert (after["grade"], after["suggested_grade"]) == ("general", "general")


async def test_a_person_can_not_date_a_post_in_the_future(client):
    mention_id = await post(client, "帖")
    ahead = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    problem(await client.patch(f"/v1/mentions/{mention_id}", json={"published_at": ahead}), 422, "/published_at")
    assert (await mention(client, mention_id))["published_at"] is None


async def test_a_clock_a_little_ahead_is_taken_for_now(client, counter):
    ahead = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    body = {"platform": "weibo", "external_id": uuid4().hex, "text": "帖", "published_at": ahead, "observed_at": ahead}
    receipt = good(await client.post("/v1/mentions", json=body), 201)
    assert abs(instant(receipt["observed_at"]) - datetime.now(UTC)) < timedelta(seconds=5)
    await counter.sweep()
    assert (await mention(client, receipt["id"]))["published_at"] == receipt["observed_at"]


async def test_historical_readings_are_counted_but_neither_alert_nor_grade(client, counter, database):
    at = ago(hours=1)
    opened, mention_id = await crisis(client, counter, observed_at=at, published_at=at, likes=200_000, historical=True)
    assert (opened["total"], opened["grade"], opened["auto_grade"]) == (200_000, None, None)
    assert opened["suggested_grade"] == "major"
    assert [event["type"] for event in await timeline(client, opened["id"])] == ["incident.opened"]
    alerts = "select count(*) as n from events where type = 'mention.hit' and data->>'mention_id' = $1"
    assert (await database.fetch(alerts, mention_id))[0]["n"] == 0
    await again(client, mention_id, likes=200_001)
    await counter.sweep()
    assert (await database.fetch(alerts, mention_id))[0]["n"] == 1
