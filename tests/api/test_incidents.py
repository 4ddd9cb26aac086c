"""Incidents 危机事件: how they open, move, merge and end, and that their spread goes where their mentions go."""

import asyncio
import re
from dataclasses import replace
from uuid import uuid4

import pytest

from app.domain.lifecycle import MOVES
from tests.support import acts
from tests.support.api import (
    again,
    ago,
    brand,
    buckets,
    crisis,
    everything,
    good,
    incident,
    make_rule,
    mention,
    post,
    problem,
    recounted,
    spread,
    timeline,
)
from workers.ingest import Counter
from workers.tidy import tidy

URL = "/v1/incidents"


async def open_by_hand(client, **fields) -> dict:
    return good(await client.post(URL, json={"title": "门店纠纷"} | fields), 201)


async def move(client, incident_id: str, status: str):
    """A move that no guard stops: a lead's."""
    return await acts.move(client, incident_id, status, override=True)


async def gained(client, counter, word: str, **counters) -> str:
    """One more negative post of a brand, read twice."""
    mention_id = await post(client, f"{word} 差评", observed_at=ago(minutes=40), published_at=ago(hours=1), likes=10)
    await again(client, mention_id, observed_at=ago(minutes=20), **counters)
    await counter.sweep()
    return mention_id


async def test_a_hit_opens_an_incident_and_the_next_ones_join_it(client, counter):
    word = brand()
    rule = await make_rule(client, word, harm_class="user_rights", business_unit="乳品")
    first, second = await post(client, f"{word} 差评，电话13812345678"), await post(client, f"{word} 避雷")
    await counter.sweep()
    opened = await incident(client, (await mention(client, first))["incident_id"])
    assert (await mention(client, second))["incident_id"] == opened["id"]
    assert (opened["status"], opened["grade"], opened["mention_count"]) == ("watching", None, 2)
    assert (opened["rule_id"], opened["harm_class"], opened["business_unit"]) == (rule["id"], "user_rights", "乳品")
    assert opened["title"].startswith(f"{rule['name']}：{word}")
    assert "13812345678" not in opened["title"]
    third = await post(client, f"{word} 差评")
    await counter.sweep()
    assert (await mention(client, third))["incident_id"] == opened["id"]
    assert len(await everything(client, URL, rule_id=rule["id"])) == 1


@pytest.mark.parametrize("space", [" ", "\n", "\u3000"])
@pytest.mark.parametrize("secret", ["13800138000", "zhangsan@qq.com"])
async def test_a_title_never_holds_what_masks_hide_wherever_it_is_cut(client, counter, space, secret):
    for length in range(5, 50, 4):
        word = brand()
        await make_rule(client, word, negative_words=[])
        gap = space * (80 - len(word) - len(secret) + 2 + length % 9)
        mention_id = await post(client, f"{word}{gap}{secret} 速联系", sentiment="negative")
        await counter.sweep()
        title = (await incident(client, (await mention(client, mention_id))["incident_id"]))["title"]
        assert title.endswith(" 速联系")
        assert secret[:4] not in title


async def test_numbers_have_no_gap_whoever_opens_at_the_same_moment(client, context):
    words = [brand() for _ in range(6)]
    for word in words:
        await make_rule(client, word)
    ids = [await post(client, f"{word} 差评 {n}") for word in words for n in range(2)]
    small = replace(context, settings=context.settings.model_copy(update={"inbox_claim": 1}))
    unknown = {"title": "不存在", "mention_ids": [str(uuid4())]}
    answers = await asyncio.gather(
        *(Counter(small).sweep() for _ in range(3)),
        *(client.post(URL, json={"title": "人工"}) for _ in range(4)),
        *(client.post(URL, json=unknown) for _ in range(3)),
    )
    assert [answer.status_code for answer in answers[3:]] == [201] * 4 + [422] * 3
    assert len({(await mention(client, mention_id))["incident_id"] for mention_id in ids}) == 6
    # Tests of deliveries make incidents of their own, whose numbers are none; others make an exercise of a real one.
    rows = [row for is_drill in (False, True) for row in await everything(client, URL, is_drill=is_drill)]
    numbers = [row["number"] for row in rows if re.fullmatch(r"\d{4}-\d{4}", row["number"])]
    year = numbers[0][:4]
    assert sorted(numbers) == [f"{year}-{n:04d}" for n in range(1, len(numbers) + 1)]


async def test_people_open_incidents_with_the_mentions_they_start_with(client, counter):
    word = brand()
    there, in_it = await crisis(client, counter, brands=(word,), likes=5, published_at=ago(minutes=9))
    loose = await post(client, "闲聊", sentiment="negative", likes=7, published_at=ago(minutes=9))
    await counter.sweep()
    opened = await open_by_hand(
        client, summary="客诉升级", harm_class="core_interest", business_unit="客服部", mention_ids=[in_it, loose]
    )
    assert (opened["rule_id"], opened["harm_class"], opened["business_unit"]) == (None, "core_interest", "客服部")
    assert (opened["summary"], opened["mention_count"], opened["total"]) == ("客诉升级", 2, 12)
    assert (await incident(client, there["id"]))["mention_count"] == 0
    assert await buckets(client, there["id"]) == {}
    assert await buckets(client, opened["id"]) == await recounted(client, opened["id"])
    problem(await client.post(URL, json={"title": "空", "mention_ids": [str(uuid4())]}), 422, "/mention_ids")


async def test_people_change_what_an_incident_says_of_itself(client):
    opened = await open_by_hand(client)
    one = f"{URL}/{opened['id']}"
    fields = {"title": "新题", "summary": "经过", "business_unit": "法务部"}
    changed = good(await client.patch(one, json=fields | {"reason": "补充"}))
    assert {name: changed[name] for name in fields} == fields
    assert changed["version"] > opened["version"]
    assert (await timeline(client, opened["id"]))[-1]["data"]["fields"] == sorted(fields)
    assert good(await client.patch(one, json={"business_unit": None}))["business_unit"] is None
    before = await incident(client, opened["id"])
    assert good(await client.patch(one, json={})) == before
    for bad, pointer in [({"title": None}, "/title"), ({"title": " "}, "/title"), ({"status": "closed"}, "/status"),
                         ({"number": "1"}, "/number"), ({"media_follow_up": None}, "/media_follow_up")]:  # fmt: skip
        problem(await client.patch(one, json=bad), 422, pointer)
    problem(await client.patch(one, json={"policy_id": str(uuid4())}), 422, "/policy_id")


async def test_people_move_an_incident_on_and_only_where_it_can_go(client):
    opened = await open_by_hand(client)
    for status in ("responding", "handling", "closing", "handling", "closing", "closed", "responding", "dismissed",
                   "watching", "subsided", "watching"):  # fmt: skip
        before = (await incident(client, opened["id"]))["status"]
        for elsewhere in MOVES.keys() - set(MOVES[before]):
            refused = problem(await move(client, opened["id"], elsewhere), 409, code="move_not_allowed")
            assert set(refused["allowed"]) == set(MOVES[before])
        moved = good(await move(client, opened["id"], status))
        assert moved["status"] == status
        assert (moved["ended_at"] is not None) == (status in ("closed", "subsided", "dismissed"))
    events = [e["data"] for e in await timeline(client, opened["id"]) if e["type"] == "incident.status_changed"]
    assert len(events) == 11
    assert all(event["reason"] == "研判" for event in events)
    url = f"{URL}/{opened['id']}/status"
    problem(await client.put(url, json={"status": "open", "reason": "x"}), 422, "/status")
    problem(await client.put(url, json={"status": "handling"}), 422, "/reason")
    problem(await client.put(url, json={"status": "handling", "reason": " \u200b"}), 422, "/reason")


async def test_attach_and_detach_move_the_spread_exactly(client, counter):
    word = brand()
    there, first = await crisis(client, counter, brands=(word,), likes=100, published_at=ago(minutes=50))
    second = await gained(client, counter, word, likes=4_000, comments=7)
    other = await open_by_hand(client)
    assert await buckets(client, there["id"]) == await recounted(client, there["id"])
    ids = {"mention_ids": [second], "reason": "另一件事"}
    moved = good(await client.post(f"{URL}/{other['id']}/attach", json=ids))
    assert (moved["mention_count"], moved["total"]) == (1, 4_007)
    for incident_id in (there["id"], other["id"]):
        shown = await buckets(client, incident_id)
        assert shown == await recounted(client, incident_id)
        assert (await incident(client, incident_id))["total"] == sum(map(sum, shown.values()))
    assert (await timeline(client, other["id"]))[-1]["data"]["mention_ids"] == [second]
    problem(await client.post(f"{URL}/{there['id']}/attach", json=ids | {"mention_ids": [str(uuid4())]}), 422,
            "/mention_ids")  # fmt: skip
    good(await client.post(f"{URL}/{other['id']}/detach", json=ids))
    assert await buckets(client, other["id"]) == {}
    assert (await mention(client, first))["incident_id"] == there["id"]
    windows = (await spread(client, other["id"]))["windows"]
    assert {(window["peak"], window["peak_at"]) for window in windows} == {(0, None)}


async def test_what_is_attached_out_of_another_incident_is_told_by_both(client, counter):
    (first, mention_id), (second, _) = await crisis(client, counter), await crisis(client, counter)
    body = {"mention_ids": [mention_id], "reason": "研判"}
    good(await client.post(f"{URL}/{second['id']}/attach", json=body))
    lost, got = [(await timeline(client, one["id"]))[-1] for one in (first, second)]
    assert (lost["data"]["action"], lost["data"]["other_incident_id"]) == ("detached", second["id"])
    assert (got["data"]["action"], got["data"]["mention_ids"]) == ("attached", [mention_id])
    assert (await incident(client, first["id"]))["version"] == first["version"] + 1


async def test_what_people_took_out_stays_out_until_they_put_it_back(client, counter):
    word = brand()
    there, mention_id = await crisis(client, counter, brands=(word,), likes=10, published_at=ago(minutes=9))
    ids = {"mention_ids": [mention_id], "reason": "不是我们"}
    assert good(await client.post(f"{URL}/{there['id']}/detach", json=ids))["mention_count"] == 0
    await again(client, mention_id, likes=500)
    await counter.sweep()
    await make_rule(client, word, harm_class="core_interest")
    await counter.sweep_rematches()
    assert (await mention(client, mention_id))["incident_id"] is None
    assert await buckets(client, there["id"]) == {}
    good(await client.post(f"{URL}/{there['id']}/detach", json=ids))
    assert good(await client.post(f"{URL}/{there['id']}/attach", json=ids))["total"] == 500
    assert await buckets(client, there["id"]) == await recounted(client, there["id"])


async def test_nothing_joins_an_incident_that_has_ended(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    good(await move(client, there["id"], "dismissed"))
    mention_id = await post(client, f"{word} 差评")
    await counter.sweep()
    following = (await mention(client, mention_id))["incident_id"]
    assert following not in (None, there["id"])
    ids = {"mention_ids": [mention_id], "reason": "x"}
    problem(await client.post(f"{URL}/{there['id']}/attach", json=ids), 409, code="incident_not_accepting")
    # Its rule has another incident now: it does not come back beside it.
    problem(await move(client, there["id"], "watching"), 409, code="rule_has_open_incident")


async def test_a_merge_moves_everything_and_adds_up_minute_by_minute(client, counter):
    word, other = brand(), brand()
    source, _ = await crisis(client, counter, brands=(word,), rule={"harm_class": "user_rights"})
    target, _ = await crisis(client, counter, brands=(other,))
    for brand_word, likes in ((word, 6_000), (other, 5_000), (word, 30)):
        await gained(client, counter, brand_word, likes=likes)
    before = [await recounted(client, row["id"]) for row in (source, target)]
    body = {"into_incident_id": target["id"], "reason": "同一事件"}
    merged = good(await client.post(f"{URL}/{source['id']}/merge", json=body))
    assert (merged["id"], merged["mention_count"], merged["total"]) == (target["id"], 5, 11_030)
    assert await buckets(client, target["id"]) == await recounted(client, target["id"])
    for minute in before[0].keys() | before[1].keys():
        both = [b.get(minute, (0, 0, 0)) for b in before]
        assert (await buckets(client, target["id"]))[minute] == tuple(map(sum, zip(*both, strict=True)))
    # Together they are more than 10,000 in 8 h, and the graver class of harm counts: at once, not at the next post.
    assert (merged["harm_class"], merged["grade"]) == ("user_rights", "serious")
    ended = await incident(client, source["id"])
    assert (ended["status"], ended["merged_into"], ended["total"]) == ("merged", target["id"], 0)
    assert await buckets(client, source["id"]) == {}
    await gained(client, counter, word, likes=70)
    assert (await incident(client, source["id"]))["mention_count"] == 0
    await timeline(client, source["id"])
    assert {"incident.mentions_moved"} <= {event["type"] for event in await timeline(client, target["id"])}


async def test_only_what_is_not_over_can_be_merged_into_what_is_open(client):
    one, two, three = [await open_by_hand(client) for _ in range(3)]

    async def merge(source, target):
        body = {"into_incident_id": target["id"], "reason": "x"}
        return await client.post(f"{URL}/{source['id']}/merge", json=body)

    problem(await merge(one, one), 409, code="cannot_merge")
    good(await move(client, two["id"], "dismissed"))
    problem(await merge(one, two), 409, code="cannot_merge")
    good(await merge(one, three))
    problem(await merge(one, three), 409, code="cannot_merge")
    problem(await merge(three, one), 409, code="cannot_merge")
    problem(await merge(three, {"id": str(uuid4())}), 422, "/into_incident_id")
    problem(await merge({"id": str(uuid4())}, three), 404)
    problem(await move(client, one["id"], "watching"), 409, code="move_not_allowed")
    body = {"grade": "major", "reason": "x"}
    problem(await client.put(f"{URL}/{one['id']}/grade", json=body), 409, code="move_not_allowed")


async def shift(database, incident_id: str, column: str, ago: str) -> None:
    await database.fetch(f"update incidents set {column} = now() - interval '{ago}' where id = $1", incident_id)


async def test_a_watched_incident_subsides_after_72_hours_and_is_watched_again_when_it_gains(client, counter, database):
    there, mention_id = await crisis(client, counter, likes=10, published_at=ago(minutes=9))
    await shift(database, there["id"], "last_gain_at", "71 hours 59 minutes")
    await tidy(database)
    assert (await incident(client, there["id"]))["status"] == "watching"
    await shift(database, there["id"], "last_gain_at", "72 hours")
    await again(client, mention_id, likes=10)
    await tidy(database)
    assert (await incident(client, there["id"]))["status"] == "watching", "a reading of it waits to be counted"
    await counter.sweep()
    await tidy(database)
    ended = await incident(client, there["id"])
    assert ended["status"] == "subsided"
    assert ended["ended_at"] is not None
    last = (await timeline(client, there["id"]))[-1]
    assert (last["type"], last["actor"]) == ("incident.status_changed", "system:fenghuo")
    await again(client, mention_id, likes=11)
    await counter.sweep()
    back = await incident(client, there["id"])
    assert (back["status"], back["ended_at"], back["total"]) == ("watching", None, 11)


@pytest.mark.parametrize(("likes", "ends"), [(9_999, True), (10_000, False)])
async def test_a_week_without_a_grade_and_little_news_ends_watching(client, counter, database, likes, ends):
    there, _ = await crisis(client, counter, likes=likes, published_at=ago(minutes=9))
    await shift(database, there["id"], "opened_at", "6 days 23 hours 59 minutes")
    await tidy(database)
    assert (await incident(client, there["id"]))["status"] == "watching"
    await shift(database, there["id"], "opened_at", "7 days")
    await tidy(database)
    assert (await incident(client, there["id"]))["status"] == ("subsided" if ends else "watching")


@pytest.mark.parametrize(("closed_for", "gain", "status"), [
    ("2 minutes", 10_001, "responding"), ("2 minutes", 10_000, "closed"), ("31 days", 10_001, "closed"),
])  # fmt: skip
async def test_a_closed_incident_reopens_when_a_rule_is_reached_after_it(
    client, counter, database, closed_for, gain, status
):
    there, mention_id = await crisis(client, counter, likes=9_000, published_at=ago(hours=1), observed_at=ago(hours=1))
    for step in ("responding", "handling", "closing", "closed"):
        good(await move(client, there["id"], step))
    await shift(database, there["id"], "ended_at", closed_for)
    await again(client, mention_id, likes=9_000 + gain)
    await counter.sweep()
    after = await incident(client, there["id"])
    assert (after["status"], after["total"]) == (status, 9_000 + gain)
    assert (after["grade"] is not None) == (status == "responding")


async def test_what_was_dismissed_is_counted_but_never_graded(client, counter):
    there, mention_id = await crisis(client, counter, likes=10, published_at=ago(minutes=9))
    good(await move(client, there["id"], "dismissed"))
    await again(client, mention_id, likes=200_000)
    await counter.sweep()
    after = await incident(client, there["id"])
    assert (after["status"], after["grade"], after["total"]) == ("dismissed", None, 200_000)


async def test_incidents_are_listed_newest_first_by_every_filter(client, counter):
    start = ago(seconds=0)
    graded, _ = await crisis(client, counter, likes=20_000, published_at=ago(minutes=9))
    watched, _ = await crisis(client, counter)
    by_hand = await open_by_hand(client)
    good(await move(client, by_hand["id"], "dismissed"))

    async def found(**query):
        return [row["id"] for row in await everything(client, URL, opened_after=start, limit=1, **query)]

    assert await found() == [by_hand["id"], watched["id"], graded["id"]]
    assert await found(status="watching") == [watched["id"]]
    assert await found(status=["responding", "dismissed"]) == [by_hand["id"], graded["id"]]
    assert await found(grade=["general", "major"]) == [graded["id"]]
    assert await found(grade="major") == []
    assert await found(rule_id=watched["rule_id"]) == [watched["id"]]
    assert await found(opened_before=watched["opened_at"]) == [graded["id"]]


async def test_the_timeline_tells_everything_in_order(client, counter):
    there, mention_id = await crisis(client, counter, likes=60_000, published_at=ago(minutes=9))
    good(await client.put(f"{URL}/{there['id']}/grade", json={"grade": "general", "reason": "旧闻"}))
    good(await client.patch(f"{URL}/{there['id']}", json={"title": "旧闻重提"}))
    good(await client.post(f"{URL}/{there['id']}/detach", json={"mention_ids": [mention_id], "reason": "误抓"}))
    events = await timeline(client, there["id"])
    assert [(event["type"].removeprefix("incident."), event["actor"]) for event in events] == [
        ("opened", "system:fenghuo"), ("grade_changed", "system:fenghuo"), ("status_changed", "system:fenghuo"),
        ("deadlines_set", "system:fenghuo"), ("grade_changed", "key:admin1"), ("changed", "key:admin1"),
        ("mentions_moved", "key:admin1"),
    ]  # fmt: skip
    assert all(event["data"]["number"] == there["number"] for event in events)
    assert (events[4]["data"]["from"], events[4]["data"]["to"], events[4]["data"]["reason"]) == (
        "serious", "general", "旧闻",
    )  # fmt: skip
