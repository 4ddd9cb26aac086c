"""Which mentions a split takes: those named, those of a kind, or one story's copies; and what it refuses."""

import threading
from uuid import uuid4

import pytest

from app.mentions import choosing
from tests.support.api import (
    ago,
    brand,
    buckets,
    crisis,
    good,
    incident,
    make_rule,
    post,
    problem,
    recounted,
)
from tests.support.people import bearer, make_key
from tests.support.splits import URL, asked, ids_in, split

COPIED = "昨天在北门那家店买了两箱牛奶，回家打开就喝出一块蓝色塑料片，孩子差点吞下去，打客服电话说要自己举证"
OTHER = "门店员工把退货的牛奶换个日期又摆上货架，我拍了视频，经理还来抢手机，让我删掉才肯放我走"


FILTERS = {
    "platform": ({"platform": ["douyin", "zhihu"]}, {"douyin"}),
    "author": ({"author": "某某用户"}, {"author"}),
    "words, however they are written": ({"text": "塑料片"}, {"traditional", "spaced", "titled"}),
    "published after": ({"published_after": "-PT30M"}, {"late"}),
    "published before": ({"published_before": "-P2D"}, {"early"}),
    "first seen": ({"first_seen_before": "-P1D"}, set()),
    "judged": ({"sentiment": ["neutral"]}, {"neutral"}),
    "two conditions": ({"platform": ["douyin"], "text": "塑料片"}, set()),
}


@pytest.fixture
async def varied(client, counter):
    """An incident of posts of every kind, by name."""
    word = brand()
    there, first = await crisis(client, counter, brands=(word,), published_at=ago(hours=1))
    kinds = {
        "douyin": {"platform": "douyin"}, "author": {"author": "某某用户"}, "traditional": {"text": "喝出塑料片來"},
        "spaced": {"text": "喝出 塑*料*片"}, "titled": {"title": "牛奶里有塑料片"}, "late": {"published_at": ago(minutes=9)},
        "early": {"published_at": ago(days=3)}, "neutral": {"sentiment": "neutral"},
    }  # fmt: skip
    posts = {"first": first}
    for name, fields in kinds.items():
        said = {"text": f"{word} 差评 {fields.pop('text', '')}", "published_at": ago(hours=1)}
        posts[name] = await post(client, **said | fields)
    await counter.sweep()
    body = {"mention_ids": [posts["neutral"]], "reason": "研判"}
    good(await client.post(f"{URL}/{there['id']}/attach", json=body))
    return there, posts


@pytest.mark.parametrize("kind", FILTERS)
async def test_a_filter_takes_all_that_is_of_its_kind_and_nothing_else(client, varied, kind):
    there, posts = varied
    wanted, names = FILTERS[kind]
    spans = {"-PT30M": ago(minutes=30), "-P2D": ago(days=2), "-P1D": ago(days=1)}
    wanted = {name: spans.get(value, value) if isinstance(value, str) else value for name, value in wanted.items()}
    answer = await client.post(f"{URL}/{there['id']}/split", json=asked(filter=wanted))
    if not names:
        problem(answer, 409, code="nothing_to_split")
        return
    part = good(answer, 201)
    assert await ids_in(client, part["id"]) == {posts[name] for name in names}
    assert await ids_in(client, there["id"]) == {posts[name] for name in posts.keys() - names}
    assert await buckets(client, part["id"]) == await recounted(client, part["id"])


@pytest.fixture
async def private(client, bare, counter):
    """An incident with a phone in one post; and who asks for it with and without the scope to see it."""
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    await post(client, f"{word} 差评，找我13812345678", author="王小明")
    await counter.sweep()
    scopes = ("incidents:read", "incidents:write", "mentions:read")
    keys = {
        name: await make_key(client, *scopes, *more) for name, more in (("masked", ()), ("whole", ("people:unmask",)))
    }

    async def ask(who: str, act: str, cluster: str | None = None, **wanted: str):
        headers = bearer(keys[who]["key"]) | {"if-match": "*"}
        return await bare.post(
            f"{URL}/{there['id']}/{act}", json=asked(filter=wanted or None, cluster=cluster), headers=headers
        )

    return there, ask, word


@pytest.mark.parametrize(("act", "status"), [("split/preview", 200), ("split", 201)])
async def test_who_may_not_unmask_finds_no_hidden_phone_by_trying(private, act, status):
    _, ask, _ = private
    problem(await ask("masked", act, text="13812345678"), 409, code="nothing_to_split")
    problem(await ask("masked", act, text="找我1381"), 409, code="nothing_to_split")
    problem(await ask("masked", "split/preview", text="13812345679"), 409, code="nothing_to_split")
    good(await ask("masked", "split/preview", text="找我138******78"))
    good(await ask("whole", act, text="13812345678"), status)


@pytest.mark.parametrize(("act", "status"), [("split/preview", 200), ("split", 201)])
async def test_who_may_not_unmask_finds_nobody_by_name(private, database, act, status):
    there, ask, _ = private
    for author in ("王小明", "nobody"):
        told = problem(await ask("masked", act, author=author), 403, "/filter/author", code="forbidden")
        assert "people:unmask" in told["detail"]
    looks = "select count(*) as n from events where type = 'words.unmasked' and data->'incident_ids' ? $1"
    before = (await database.fetch(looks, there["id"]))[0]["n"]
    good(await ask("whole", act, author="王小明"), status)
    assert (await database.fetch(looks, there["id"]))[0]["n"] == before + 1


async def test_a_post_of_ones_own_finds_no_hidden_phone_by_its_likeness(client, counter, private):
    there, ask, word = private
    guess = await post(client, f"{word} 差评", title="138123")
    await counter.sweep()
    counts = [good(await ask(who, "split/preview", cluster=guess))["mention_count"] for who in ("masked", "whole")]
    assert counts == [1, 2]
    assert await ids_in(client, there["id"]) >= {guess}


async def test_a_filter_takes_what_hits_a_rule(client, counter):
    word, other = brand(), brand()
    there, _ = await crisis(client, counter, brands=(word,))
    both = await post(client, f"{word} {other} 差评")
    await counter.sweep()
    rule = await make_rule(client, other)
    await counter.sweep_rematches()
    part = await split(client, there["id"], filter={"rule_id": rule["id"]})
    assert await ids_in(client, part["id"]) == {both}


async def test_a_cluster_is_all_that_says_the_same_and_not_another_rumour_of_the_brand(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    said = f"{word} 差评，{COPIED}"
    copies = [
        await post(client, text)
        for text in (said, f"转发扩散！{said}[怒]", f"@张三 {said[:40]}", f"{COPIED}，{word}差评", said.replace("，", "！"))
    ]  # fmt: skip
    others = [await post(client, f"{word} 差评，{text}") for text in (OTHER, OTHER + "，大家小心", "客服没人接")]
    await counter.sweep()
    part = await split(client, there["id"], cluster=copies[0])
    assert await ids_in(client, part["id"]) == set(copies)
    assert await ids_in(client, there["id"]) > set(others)


@pytest.mark.parametrize(
    ("choice", "pointers"),
    [
        ({}, [""]),
        ({"mention_ids": [], "cluster": None}, ["/mention_ids"]),
        ({"filter": {"platform": ["weibo"]}, "cluster": str(uuid4())}, [""]),
        ({"filter": {}}, ["/filter"]),
        ({"filter": {"platform": []}}, ["/filter"]),
        ({"filter": {"text": "\u200b"}}, ["/filter/text"]),
        ({"cluster": str(uuid4())}, ["/cluster"]),
        ({"mention_ids": [str(uuid4())]}, ["/mention_ids/0"]),
    ],
)
@pytest.mark.parametrize("act", ["split", "split/preview"])
async def test_what_is_chosen_must_make_sense(client, counter, choice, pointers, act):
    there, _ = await crisis(client, counter)
    problem(await client.post(f"{URL}/{there['id']}/{act}", json=asked(**choice)), 422, *pointers)


@pytest.mark.parametrize("act", ["split", "split/preview"])
async def test_something_goes_and_something_stays(client, counter, act, monkeypatch):
    word = brand()
    there, first = await crisis(client, counter, brands=(word,))
    path = f"{URL}/{there['id']}/{act}"
    problem(await client.post(path, json=asked(mention_ids=[first])), 409, code="nothing_to_split")
    problem(await client.post(path, json=asked(filter={"platform": ["weibo"]})), 409, code="nothing_to_split")
    problem(await client.post(path, json=asked(filter={"platform": ["zhihu"]})), 409, code="nothing_to_split")
    problem(await client.post(f"{URL}/{uuid4()}/{act}", json=asked(cluster=first)), 404)
    _, elsewhere = await crisis(client, counter)
    problem(await client.post(path, json=asked(mention_ids=[first, elsewhere])), 422, "/mention_ids/1")
    for _ in range(3):
        await post(client, f"{word} 差评", platform="zhihu")
    await counter.sweep()
    monkeypatch.setattr(choosing, "MOST_MOVED", 2)
    said = problem(await client.post(path, json=asked(filter={"platform": ["zhihu"]})), 409, code="too_many_mentions")
    assert "Narrow it down" in said["detail"]
    monkeypatch.setattr(choosing, "MOST_COMPARED", 3)
    problem(await client.post(path, json=asked(cluster=first)), 409, code="too_many_mentions")
    monkeypatch.setattr(choosing, "MOST_READ", 3)
    problem(await client.post(path, json=asked(filter={"text": "差评"})), 409, code="too_many_mentions")
    assert (await incident(client, there["id"]))["mention_count"] == 4


@pytest.mark.parametrize("act", ["split", "split/preview"])
@pytest.mark.parametrize(("choice", "bound"), [("cluster", "MOST_COMPARED_BYTES"), ("filter", "MOST_READ_BYTES")])
async def test_few_long_texts_are_too_many_as_well(client, counter, act, choice, bound, monkeypatch):
    word = brand()
    there, first = await crisis(client, counter, brands=(word,))
    await post(client, f"{word} 差评 塑料片{'很' * 1_000}", title="题" * 100)
    await counter.sweep()
    body = asked(**{"cluster": first} if choice == "cluster" else {"filter": {"text": "塑料片"}})
    monkeypatch.setattr(choosing, bound, 3_000)
    monkeypatch.delattr(choosing, "_words" if choice == "filter" else "_portions")
    said = problem(await client.post(f"{URL}/{there['id']}/{act}", json=body), 409, code="too_many_mentions")
    assert "name the mentions" in said["detail"]


@pytest.mark.parametrize("act", ["split", "split/preview"])
@pytest.mark.parametrize("choice", ["cluster", "filter"])
async def test_texts_are_compared_in_no_transaction_and_not_on_the_loop(client, counter, app, act, choice, monkeypatch):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    going = await post(client, f"{word} 差评 {COPIED}")
    await counter.sweep()
    seen, compare = [], choosing._those

    def watched(texts, says, visible):
        seen.append((app.state.tools.database.engine.pool.checkedout(), threading.current_thread().name))
        return compare(texts, says, visible)

    monkeypatch.setattr(choosing, "_those", watched)
    body = asked(**{"cluster": going} if choice == "cluster" else {"filter": {"text": "塑料片"}})
    good(await client.post(f"{URL}/{there['id']}/{act}", json=body), 201 if act == "split" else 200)
    [(connections, thread)] = seen
    assert connections == 0
    assert thread.startswith("aside")


async def test_texts_are_read_in_portions_of_so_many_and_so_long(monkeypatch):
    ids = [uuid4() for _ in range(6)]
    monkeypatch.setattr(choosing, "PORTION", 3)
    monkeypatch.setattr(choosing, "PORTION_BYTES", 10)
    sizes = dict(zip(ids, (1, 1, 1, 9, 2, 30), strict=True))
    assert list(choosing._portions(sizes)) == [ids[:3], ids[3:4], ids[4:5], ids[5:]]
    assert list(choosing._portions({})) == []


async def test_what_may_be_done_says_whether_there_is_something_to_split(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    for expected in ("nothing_to_split", None):
        shown = await incident(client, there["id"])
        [choice] = [one for one in shown["allowed_actions"] if one["action"] == "split"]
        assert (choice["allowed"], choice["refusal"]) == (expected is None, expected)
        await post(client, f"{word} 差评")
        await counter.sweep()
