"""Watch rules 监测规则: what is matched, which incident a hit goes to, and what follows when a rule changes."""

import asyncio
from uuid import uuid4

import pytest

from tests.support.api import (
    again,
    ago,
    brand,
    crisis,
    everything,
    good,
    incident,
    make_rule,
    mention,
    post,
    problem,
)

URL = "/v1/watch-rules"


async def hits(client, mention_id: str) -> set[str]:
    return {hit["rule_id"] for hit in (await mention(client, mention_id))["hits"]}


async def test_a_rule_is_made_read_changed_and_deleted(client):
    body = {
        "name": "示例牌质量", "brand_words": [brand(), "示例乳业"], "negative_words": ["投诉"], "exclusions": ["避雷针"],
        "harm_class": "user_rights", "business_unit": "乳品事业部", "enabled": False,
    }  # fmt: skip
    rule = good(await client.post(URL, json=body), 201)
    assert {name: rule[name] for name in body} == body
    assert rule["version"] == 1
    one = f"{URL}/{rule['id']}"
    assert good(await client.get(one)) == rule
    changed = good(await client.patch(one, json={"name": "质量", "negative_words": ["投诉", "差评"]}))
    assert changed == rule | {
        "name": "质量", "negative_words": ["投诉", "差评"], "version": 2, "updated_at": changed["updated_at"],
    }  # fmt: skip
    assert good(await client.patch(one, json={"name": "质量"}))["version"] == 2
    assert good(await client.patch(one, json={})) == changed
    assert good(await client.delete(one), 204) is None
    for method in ("GET", "PATCH", "DELETE"):
        problem(await client.request(method, one, json={}), 404)
    assert rule["id"] not in {row["id"] for row in await everything(client, URL)}


async def test_rules_are_listed_in_pages_oldest_first(client):
    made = [(await make_rule(client, brand()))["id"] for _ in range(5)]
    listed = [row["id"] for row in await everything(client, URL, limit=2)]
    assert [rule_id for rule_id in listed if rule_id in made] == made
    assert len(listed) == len(set(listed))


async def test_a_word_stands_once_and_in_the_order_given(client):
    first, *others = brand(), f"{brand()}乙", f"{brand()}甲"
    rule = await make_rule(client, first, *others, others[0])
    assert rule["brand_words"] == [first, *others]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"brand_words": []}, "/brand_words"),
        ({"brand_words": ["\u200b\u3164"]}, "/brand_words"),
        ({"negative_words": ["差评", " \u2060 "]}, "/negative_words"),
        ({"exclusions": ["\ufe0f"]}, "/exclusions"),
        ({"brand_words": [""]}, "/brand_words/0"),
        ({"brand_words": ["长" * 101]}, "/brand_words/0"),
        ({"brand_words": ["a\x00"]}, "/brand_words/0"),
        ({"brand_words": [f"词{n}" for n in range(1001)]}, "/brand_words"),
        ({"name": ""}, "/name"),
        ({"name": "\u200b "}, "/name"),
        ({"harm_class": "huge"}, "/harm_class"),
        ({"harm_class": None}, "/harm_class"),
        ({"enabled": 1}, "/enabled"),
        ({"version": 3}, "/version"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_by_name(client, fields, pointer):
    body = {"name": "规则", "brand_words": [brand()]} | fields
    problem(await client.post(URL, json=body), 422, pointer)
    rule = await make_rule(client, brand())
    problem(await client.patch(f"{URL}/{rule['id']}", json=fields), 422, pointer)
    assert good(await client.get(f"{URL}/{rule['id']}")) == rule


async def test_a_rule_can_be_tried_on_a_text_and_says_why(client):
    word = brand()
    rule = await make_rule(client, word, negative_words=["差评"], exclusions=["差评榜"], enabled=False)

    async def tried(**fields):
        return good(await client.post(f"{URL}/{rule['id']}/test", json=fields))

    matched = await tried(text=f"说说{word}，差*评")
    assert (matched["matched"], matched["missing"], matched["excluded_by"]) == (True, [], [])
    assert [(s["word"], s["role"], s["field"], s["start"], s["end"]) for s in matched["spans"]] == [
        (word, "brand", "text", 2, 14), ("差评", "negative", "text", 15, 18),
    ]  # fmt: skip
    assert (await tried(text="差评"))["missing"] == ["brand"]
    assert (await tried(text=word))["missing"] == ["negative"]
    assert (await tried(text="好"))["missing"] == ["brand", "negative"]
    vetoed = await tried(text=f"{word} 上了差评榜")
    assert (vetoed["matched"], vetoed["missing"]) == (False, [])
    assert [(s["word"], s["role"]) for s in vetoed["excluded_by"]] == [("差评榜", "exclusion")]
    assert (await tried(text="差评", title=word))["matched"] is True


async def test_a_flood_of_a_rules_words_is_shown_by_its_first_50_places(client, counter):
    word = brand()
    spellings = [f"差{sign * n}评" for n in range(1, 41) for sign in "-*.~+"]
    rule = await make_rule(client, word, negative_words=spellings, exclusions=["榜单"])
    flood = word + "差评" * 9_990
    tried = good(await client.post(f"{URL}/{rule['id']}/test", json={"text": flood}))
    assert len(tried["spans"]) == 50
    assert [span["word"] for span in tried["spans"][:2]] == [word, spellings[0]]
    assert len({(span["start"], span["end"]) for span in tried["spans"]}) == 50
    assert len(good(await client.post(f"{URL}/{rule['id']}/test", json={"text": "榜单" * 100}))["excluded_by"]) == 50
    mention_id = await post(client, flood)
    await counter.sweep()
    assert (await mention(client, mention_id))["hits"] == [{"rule_id": rule["id"], "spans": tried["spans"]}]


async def test_a_rule_of_brand_words_takes_every_negative_mention_of_the_brand(client, counter):
    word = brand()
    rule = await make_rule(client, word, negative_words=[])
    negative = await post(client, f"{word} 呵呵", sentiment="negative")
    positive = await post(client, f"{word} 好用", sentiment="positive")
    unknown = await post(client, f"{word} 呵呵")
    await counter.sweep()
    for mention_id in (negative, positive, unknown):
        assert await hits(client, mention_id) == {rule["id"]}
    joined = [(await mention(client, mention_id))["incident_id"] for mention_id in (negative, positive, unknown)]
    assert joined[0] is not None
    assert joined[1:] == [None, None]


async def test_an_exclusion_vetoes_the_rule(client, counter):
    word = brand()
    await make_rule(client, word, exclusions=["避雷针"])
    vetoed = await post(client, f"{word} 避雷针很好")
    hit = await post(client, f"{word} 避雷")
    await counter.sweep()
    assert await hits(client, vetoed) == set()
    assert len(await hits(client, hit)) == 1


async def test_a_disabled_rule_hits_nothing_until_it_is_enabled(client, counter):
    word = brand()
    rule = await make_rule(client, word, enabled=False)
    mention_id = await post(client, f"{word} 差评")
    await counter.sweep()
    assert await hits(client, mention_id) == set()
    good(await client.patch(f"{URL}/{rule['id']}", json={"enabled": True}))
    await counter.sweep_rematches()
    assert await hits(client, mention_id) == {rule["id"]}


async def test_of_several_rules_the_gravest_harm_opens_the_incident(client, counter):
    word = brand()
    await make_rule(client, word, harm_class="individual")
    grave = await make_rule(client, word, harm_class="core_interest", business_unit="法务部")
    await make_rule(client, word, harm_class="user_rights")
    mention_id = await post(client, f"{word} 差评")
    await counter.sweep()
    assert len(await hits(client, mention_id)) == 3
    opened = await incident(client, (await mention(client, mention_id))["incident_id"])
    assert (opened["rule_id"], opened["harm_class"], opened["business_unit"]) == (
        grave["id"], "core_interest", "法务部",
    )  # fmt: skip


async def test_a_hit_joins_the_incident_that_is_there_rather_than_open_another(client, counter):
    word, other = brand(), brand()
    mild = await make_rule(client, word, harm_class="individual")
    await make_rule(client, other, harm_class="core_interest")
    first = await post(client, f"{word} 差评")
    await counter.sweep()
    second = await post(client, f"{word} {other} 差评")
    await counter.sweep()
    there = (await mention(client, first))["incident_id"]
    assert (await mention(client, second))["incident_id"] == there
    opened = await incident(client, there)
    assert opened["rule_id"] == mild["id"]
    # The most severe of the hit rules says whose interests are harmed.
    assert opened["harm_class"] == "core_interest"


async def test_a_new_rule_finds_what_was_posted_before_with_its_true_minutes(client, counter):
    word, at = brand(), ago(hours=2)
    mention_id = await post(client, f"{word} 差评", likes=12_000, observed_at=at, published_at=at)
    await counter.sweep()
    assert (await mention(client, mention_id))["incident_id"] is None
    rule = await make_rule(client, word)
    await counter.sweep_rematches()
    shown = await mention(client, mention_id)
    opened = await incident(client, shown["incident_id"])
    assert (opened["rule_id"], opened["total"], opened["grade"]) == (rule["id"], 12_000, "general")


async def test_a_changed_rule_is_matched_with_earlier_posts_in_the_background(client, counter):
    word, external_id = brand(), uuid4().hex
    rule = await make_rule(client, word, negative_words=["投诉"])
    mention_id = await post(client, f"{word} 翻车", external_id=external_id)
    await counter.sweep()
    assert await hits(client, mention_id) == set()
    good(await client.patch(f"{URL}/{rule['id']}", json={"negative_words": ["翻车"]}))
    assert await counter.sweep_rematches() >= 1
    shown = await mention(client, mention_id)
    assert (await hits(client, mention_id), shown["sentiment_source"]) == ({rule["id"]}, "words")
    apart = await post(client, f"{word} 翻车，在外面")
    await counter.sweep()
    await client.post(f"/v1/incidents/{shown['incident_id']}/detach", json={"mention_ids": [apart], "reason": "研判"})
    good(await client.patch(f"{URL}/{rule['id']}", json={"negative_words": ["投诉"]}))
    await counter.sweep_rematches()
    # What is in an incident goes on being cited; nothing else does.
    later = await mention(client, mention_id)
    assert (later["hits"], later["incident_id"]) == (shown["hits"], shown["incident_id"])
    assert await hits(client, apart) == set()


async def test_a_deleted_rule_hits_nothing_more_and_its_incident_stays(client, counter):
    word = brand()
    opened, mention_id = await crisis(client, counter, brands=(word,))
    good(await client.delete(f"{URL}/{opened['rule_id']}"), 204)
    later = await post(client, f"{word} 差评")
    await counter.sweep()
    assert await hits(client, later) == set()
    assert (await mention(client, later))["incident_id"] is None
    assert (await incident(client, opened["id"]))["status"] == "watching"
    await counter.sweep_rematches()
    assert (await mention(client, mention_id))["incident_id"] == opened["id"]


@pytest.mark.parametrize("end", ["delete", "disable", "another word"])
async def test_rules_that_go_or_change_take_no_spread_out_of_an_incident(client, counter, end):
    opened, mention_id = await crisis(client, counter, likes=15_000, published_at=ago(minutes=30))
    one = f"{URL}/{opened['rule_id']}"
    if end == "delete":
        good(await client.delete(one), 204)
    else:
        good(await client.patch(one, json={"enabled": False} if end == "disable" else {"negative_words": ["召回"]}))
    await counter.sweep_rematches()
    kept = await incident(client, opened["id"])
    assert (kept["total"], kept["grade"], kept["auto_grade"]) == (15_000, "general", "general")
    await again(client, mention_id, likes=60_000)
    await counter.sweep()
    after = await incident(client, opened["id"])
    assert (after["total"], after["grade"]) == (60_000, "serious")


async def test_rules_changed_at_the_same_moment_are_all_kept(client):
    rule = await make_rule(client, brand())
    answers = await asyncio.gather(
        *(client.patch(f"{URL}/{rule['id']}", json={"business_unit": f"部门{n}"}) for n in range(5)),
        *(client.post(URL, json={"name": "同时", "brand_words": [brand()]}) for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert good(await client.get(f"{URL}/{rule['id']}"))["version"] == 6


async def test_an_outlet_is_listed_replaced_and_taken_off(client, counter):
    name = f"{brand()}日报"
    body = {"name": name, "tier": "provincial", "domains": [f"{uuid4().hex}.cn"], "accounts": [f"weibo:{name}"]}
    outlet = good(await client.post("/v1/media-outlets", json=body), 201)
    assert {field: outlet[field] for field in body} == body
    assert problem(await client.post("/v1/media-outlets", json=body), 409)["code"] == "outlet_exists"
    one = f"/v1/media-outlets/{outlet['id']}"
    other = good(await client.post("/v1/media-outlets", json=body | {"name": f"{name}2"}), 201)
    problem(await client.put(one, json=body | {"name": other["name"]}), 409, code="outlet_exists")
    assert good(await client.put(one, json=body | {"tier": "central"})) == outlet | {"tier": "central", "version": 2}
    mention_id = await post(client, "报道", author=name)
    await counter.sweep()
    assert (await mention(client, mention_id))["media"] is True
    listed = [row["id"] for row in await everything(client, "/v1/media-outlets", limit=1)]
    assert [i for i in listed if i in (outlet["id"], other["id"])] == [outlet["id"], other["id"]]
    for row in (outlet, other):
        good(await client.delete(f"/v1/media-outlets/{row['id']}"), 204)
    problem(await client.put(one, json=body), 404)
    await again(client, mention_id)
    await counter.sweep()
    assert (await mention(client, mention_id))["media"] is False


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"tier": "self_media"}, "/tier"),
    ({"name": ""}, "/name"),
    ({"domains": ["https://news.cn/"]}, "/domains"),
    ({"domains": ["cn"]}, "/domains"),
    ({"domains": ["news cn"]}, "/domains"),
    ({"accounts": ["新华社"]}, "/accounts"),
    ({"accounts": ["微博:新华社"]}, "/accounts"),
])  # fmt: skip
async def test_an_outlet_that_would_never_be_recognised_is_refused(client, fields, pointer):
    body = {"name": brand(), "tier": "central", "domains": ["NEWS.cn"], "accounts": ["weibo:新华社"]}
    found = problem(await client.post("/v1/media-outlets", json=body | fields), 422)
    assert any(error["pointer"].startswith(pointer) for error in found["errors"])


async def test_two_outlets_of_one_name_at_the_same_moment_are_one(client):
    body = {"name": brand(), "tier": "central"}
    answers = await asyncio.gather(*(client.post("/v1/media-outlets", json=body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
