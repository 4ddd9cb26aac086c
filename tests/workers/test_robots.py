"""Chat robots: their messages through the database, a worker and servers that behave as the vendors' documents say."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.core.auth import SYSTEM
from app.core.db import Database
from app.domain.events import WebhookTested
from app.settings import Settings
from app.webhooks import delivery, digests, service
from tests.support.owed import (
    SCHEDULE,
    Make,
    all_finished,
    attempts,
    happen,
    hit,
    incident,
    states,
    sweep_until,
)
from tests.support.receiver import Answer
from tests.support.robots import GROUPS, DingTalkGroup, FeishuGroup, Group, SlackGroup, WeComGroup, join, say
from workers.deliver import Deliverer, rescue

# What a second of the vendors' lasts: a minute is 0.6 s, ten minutes of silence are 6 s.
SECOND = 0.01
SECRET = "SEC+/of the group=="


@pytest.fixture
async def quick(quick: Settings) -> Settings:
    return quick.model_copy(
        update={"robot_second": SECOND, "console_url": "https://desk.example.com/incidents/{incident_id}"}
    )


@pytest.fixture
async def dingtalk() -> AsyncIterator[DingTalkGroup]:
    async with DingTalkGroup(SECRET, SECOND) as group:
        yield group


@pytest.fixture
async def wecom() -> AsyncIterator[WeComGroup]:
    async with WeComGroup(second=SECOND) as group:
        yield group


@pytest.mark.parametrize("kind", GROUPS, ids=lambda kind: kind.form)
async def test_a_grade_is_told_with_all_that_people_need(
    database: Database, deliverer: Deliverer, kind: type[Group]
) -> None:
    async with kind(SECRET if kind in (DingTalkGroup, FeishuGroup) else None, SECOND) as group:
        await join(database, group)
        this = await incident(database, "某品牌奶粉结块，联系 13812345678", "major")
        await happen(database, this(1))
        assert await deliverer.sweep() == 1
        assert await states(database) == ["delivered"]
        [text] = group.texts
        number = this(1).number
        assert text.splitlines()[:3] == [
            "【一级(重大)】状态：关注中 → 响应中", f"事件：{number} 某品牌奶粉结块，联系 138******78", "传播量：1,234,567",
        ]  # fmt: skip
        assert f"https://desk.example.com/incidents/{this(1).incident_id}" in text
        [got] = group.receiver.received
        assert "webhook-signature" not in got.headers, "a robot's message may hold many events: it has no id of one"
        [row] = await database.fetch("select reaches_people from webhook_endpoints where deleted_at is null")
        assert row["reaches_people"]


@pytest.mark.parametrize(
    ("kind", "code"), [(DingTalkGroup, "DingTalk 310000"), (FeishuGroup, "Feishu 19021")], ids=["dingtalk", "feishu"]
)
async def test_the_vendor_refuses_what_is_signed_with_another_secret(
    database: Database, make: Make, kind: type[Group], code: str
) -> None:
    async with kind("another secret", SECOND) as group:
        group.secret, theirs = SECRET, group.secret
        await join(database, group)
        group.secret = theirs
        await happen(database, hit())
        await make(webhook_schedule=(0.0, 3600.0)).sweep()
    [tried] = await attempts(database)
    assert tried["status"] == 200
    assert tried["error"].startswith(code)
    assert await states(database) == ["pending"]
    [row] = await database.fetch("select refusals from deliveries")
    assert row["refusals"] == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (say({"errcode": 93000, "errmsg": "invalid webhook url\nhint: [1]"}), "WeCom 93000: invalid webhook url hint: [1]"),
        (say({"errcode": -1, "errmsg": "system busy"}), "WeCom -1: system busy"),
        (say({"errcode": "40058", "errmsg": "too long"}), "WeCom 40058: too long"),
        (Answer(200, {}, b"<html>log in first</html>"), "answered 200, but not as WeCom does"),
        (Answer(200, {}, b'{"errmsg": "ok"}'), "answered 200, but not as WeCom does"),
        (Answer(502, {}, b"<html>bad gateway</html>"), "answered 502"),
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_success_is_a_failed_try_with_the_vendors_code(
    database: Database, deliverer: Deliverer, wecom: WeComGroup, answer: Answer, error: str
) -> None:
    await join(database, wecom)
    wecom.instead = [answer]
    await happen(database, hit())
    await sweep_until(deliverer, lambda: all_finished(database), "the second try")
    assert [tried["error"] for tried in await attempts(database)] == [error, None]
    assert await states(database) == ["delivered"]


async def test_people_are_called_for_the_grades_that_call_them(
    database: Database, deliverer: Deliverer, dingtalk: DingTalkGroup
) -> None:
    await join(database, dingtalk, at_people=["13800138000", "manager4220"], at_all=True, at_grades=["major"])
    for grade in ("general", "major"):
        await happen(database, (await incident(database, grade=grade))(1))
        await deliverer.sweep()
    quiet, loud = dingtalk.messages
    assert quiet["at"] == {"atMobiles": [], "atUserIds": [], "isAtAll": False}
    assert loud["at"] == {"atMobiles": ["13800138000"], "atUserIds": ["manager4220"], "isAtAll": True}
    assert loud["text"]["content"].endswith("\n@13800138000 @manager4220")


async def test_each_vendor_calls_people_in_its_own_way(database: Database, deliverer: Deliverer) -> None:
    async with FeishuGroup(second=SECOND) as feishu, WeComGroup(second=SECOND) as wecom, SlackGroup() as slack:
        await join(database, feishu, at_people=["ou_1"], at_all=True, at_grades=[])
        await join(database, wecom, at_people=["13800138000", "zhang.san"], at_all=True, at_grades=[])
        await join(database, slack, at_people=["U012AB3CD"], at_all=True, at_grades=[])
        await happen(database, (await incident(database, '<at user_id="all"></at><!channel>'))(1))
        await deliverer.sweep()
        assert feishu.texts[0].splitlines()[-1] == '<at user_id="ou_1"></at> <at user_id="all">所有人</at>'
        assert feishu.texts[0].count("<at") == 2, "a title calls nobody"
        called = {"mentioned_list": ["zhang.san", "@all"], "mentioned_mobile_list": ["13800138000"]}
        assert called.items() <= wecom.messages[0]["text"].items()
        assert slack.texts[0].splitlines()[-1] == "<@U012AB3CD> <!channel>"
        assert slack.texts[0].count("<!channel>") == 1


async def test_an_exercise_and_a_test_are_told_as_such(
    database: Database, deliverer: Deliverer, wecom: WeComGroup
) -> None:
    endpoint_id = await join(database, wecom, description="值班群", drills="include")
    await happen(database, (await incident(database, is_drill=True))(1))
    await deliverer.sweep()
    await happen(database, WebhookTested(endpoint_id=endpoint_id, message="x"))
    await deliverer.sweep()
    assert wecom.texts[0].startswith("【演练】【未定级】状态")
    assert wecom.texts[1].startswith("【烽火】推送测试")
    assert "端点：值班群" in wecom.texts[1]


async def test_a_long_title_is_cut_at_the_vendors_limit(
    database: Database, deliverer: Deliverer, wecom: WeComGroup
) -> None:
    await join(database, wecom)
    for filler in ("", "a", "aa"):
        await happen(database, (await incident(database, filler + "险" * 1000, "major"))(1))
        await deliverer.sweep()
    assert [len(text.encode()) for text in wecom.texts] == [2046, 2047, 2048]
    assert all("险…\nhttps://" in text for text in wecom.texts)


async def test_what_was_owed_meanwhile_goes_in_one_message_the_most_severe_first(
    database: Database, deliverer: Deliverer, dingtalk: DingTalkGroup
) -> None:
    await join(database, dingtalk, drills="include")
    drill = await incident(database, "演习", "major", is_drill=True)
    cases = [await incident(database, f"第{grade}起", grade) for grade in ("general", "major", "serious")]
    await happen(database, hit(), drill(1), *(case(seq) for case in cases for seq in (1, 2)))
    assert await deliverer.sweep() == 8
    [text] = dingtalk.texts
    assert text.startswith("【烽火】8 条通知")
    places = [text.index(word) for word in ("第major起", "第serious起", "第general起", "其他", "演习")]
    assert places == sorted(places)
    assert set(await states(database)) == {"delivered"}
    tried = await attempts(database)
    assert len(tried) == 8
    assert len({(one["at"], one["duration_ms"], one["response"]) for one in tried}) == 1, "one exchange"


@pytest.mark.parametrize("kind", GROUPS, ids=lambda kind: kind.form)
async def test_a_burst_arrives_whole_and_in_order_without_ever_being_too_much(
    database: Database, make: Make, kind: type[Group]
) -> None:
    async with kind(SECRET if kind in (DingTalkGroup, FeishuGroup) else None, SECOND) as group:
        await join(database, group)
        cases = [
            await incident(database, f"〔{n}〕", "major" if n % 10 == 0 else "general") for n in range(50)
        ]  # fmt: skip
        workers = [make(), make()]
        # Five at once, so that there is something to put together however quick the workers are.
        told = [[(n, seq) for n in range(first, first + 5)] for seq in range(1, 5) for first in range(0, 50, 5)]
        over = asyncio.Event()

        async def deliver(deliverer: Deliverer) -> None:
            while not over.is_set() or not await all_finished(database):
                await deliverer.sweep()

        async with asyncio.TaskGroup() as tasks:
            for worker in workers:
                tasks.create_task(deliver(worker))
            for some in told:
                await happen(database, *(replace(cases[n](seq), reason=f"〔{n}.{seq}〕") for n, seq in some))
            over.set()
        assert group.over == 0, f"{group.over} of {len(group.receiver.received)} messages were too many"
        assert set(await states(database)) == {"delivered"}
        everything = "\n".join(group.texts)
        for n in range(50):
            places = [everything.index(f"〔{n}.{seq}〕") for seq in range(1, 5)]
            assert places == sorted(places), f"incident {n}"
        assert sum(everything.count(f"〔{n}.{seq}〕") for some in told for n, seq in some) == 200, "nothing twice"
        assert 1 < len(group.texts) < 200
        for text in group.texts:
            majors, others = (
                [text.find(f"〔{n}〕") for n in range(50) if (n % 10 == 0) is major] for major in (True, False)
            )
            first_other = min((place for place in others if place >= 0), default=len(text))
            assert max(majors) < first_other, "the most severe first"


async def test_a_robot_that_somebody_else_uses_up_is_left_alone_for_as_long_as_the_vendor_wants(
    database: Database, make: Make, dingtalk: DingTalkGroup
) -> None:
    await join(database, dingtalk)
    dingtalk.instead = [dingtalk.too_much()]
    await happen(database, hit())
    assert await make().sweep() == 1
    [tried] = await attempts(database)
    assert tried["error"] == "DingTalk 130101: send too fast, exceed 20 times per minute"
    await happen(database, hit())
    await database.fetch("update deliveries set due_at = now()")
    assert await make().sweep() == 0, "muted for 10 minutes, another worker knows too"
    [row] = await database.fetch("select extract(epoch from silent_until - at)::float8 as pause from robot_messages")
    assert row["pause"] == pytest.approx(600 * SECOND)
    await database.fetch("update robot_messages set silent_until = now()")
    assert await make().sweep() == 2
    assert len(dingtalk.texts) == 1


async def test_slack_says_itself_for_how_long(database: Database, deliverer: Deliverer) -> None:
    async with SlackGroup(second=SECOND) as slack:
        await join(database, slack)
        slack.instead = [Answer(429, {"retry-after": "77"}, b"rate_limited")]
        await happen(database, hit())
        await deliverer.sweep()
    [row] = await database.fetch("select extract(epoch from silent_until - at)::float8 as pause from robot_messages")
    assert row["pause"] == 77
    [row] = await database.fetch("select refusals from deliveries")
    assert row["refusals"] == 0


async def test_what_waits_for_the_quota_is_no_failure(database: Database, make: Make) -> None:
    deliverer = make(robot_second=1.0)
    async with WeComGroup(second=0.0001) as wecom:
        await join(database, wecom)
        for _ in range(20):
            await happen(database, hit())
            assert await deliverer.sweep() == 1
        await happen(database, hit(), hit())
        assert await deliverer.sweep() == 0
        [row] = await database.fetch(
            "select sum(attempts) as tries, count(*) as owed from deliveries where attempts = 0"
        )
        assert (row["tries"], row["owed"]) == (0, 2)
        await database.fetch("update robot_messages set at = at - interval '1 minute'")
        assert await deliverer.sweep() == 2
        assert len(wecom.texts) == 21


async def test_what_waits_behind_a_failed_one_hides_nothing_else(
    database: Database, make: Make, dingtalk: DingTalkGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MOST_AT_ONCE", 2)
    deliverer = make(webhook_schedule=(0.0, 3600.0))
    await join(database, dingtalk)
    this = await incident(database, grade="major")
    dingtalk.instead = [say({"errcode": -1, "errmsg": "系统繁忙"})]
    await happen(database, this(1))
    await deliverer.sweep()
    await happen(database, *(this(seq) for seq in range(2, 6)), hit())
    assert await deliverer.sweep() == 1
    assert "监测规则" in dingtalk.texts[0]


async def test_what_a_major_incident_is_owed_is_found_behind_any_backlog(
    database: Database, quick: Settings, wecom: WeComGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MOST_LOOKED_AT", 3)
    await join(database, wecom)
    this = await incident(database, grade="major")
    await happen(database, *(hit() for _ in range(10)), this(1), this(2))
    [digest] = await digests.claim(database, quick, 10)
    assert [item.sent.message.data.count('"seq": 1,') for item in digest.items] == [1, 0, 0, 0, 0]
    assert [item.told.about is not None for item in digest.items] == [True, True, False, False, False]


async def test_a_message_whose_worker_died_is_sent_again_whole(
    database: Database, quick: Settings, deliverer: Deliverer, dingtalk: DingTalkGroup
) -> None:
    await join(database, dingtalk)
    this = await incident(database, grade="major")
    await happen(database, *(this(seq) for seq in range(1, 6)), hit())
    [lost] = await digests.claim(database, quick, 10)
    assert len(lost.items) == 6
    assert await deliverer.sweep() == 0, "it is somebody's"
    await database.fetch("update deliveries set lease_until = now() - interval '1 s'")
    assert await rescue(database, SCHEDULE) == 6
    [row] = await database.fetch("select count(*) as n from robot_messages")
    assert row["n"] == 1, "perhaps the vendor got it: it counts"
    assert await deliverer.sweep() == 6
    assert len(dingtalk.texts) == 1
    answer = (lost.items[0].sent, _ok(lost.items[0].sent.message.at), delivery.Verdict("dead", 0, 1, 0, True))
    assert await delivery.finish(database, [answer]) == 0, "too late"
    assert set(await states(database)) == {"delivered"}


def _ok(at: object) -> delivery.Answer:
    return delivery.Answer(at, 0)  # type: ignore[arg-type]


async def test_a_delivery_that_took_two_messages_down_goes_by_itself(
    database: Database, quick: Settings, make: Make, wecom: WeComGroup
) -> None:
    await join(database, wecom)
    await happen(database, hit(), hit())
    for _ in range(2):
        [lost] = await digests.claim(database, quick, 10)
        assert len(lost.items) == 2
        await database.fetch("update deliveries set lease_until = now() - interval '1 s'")
        await rescue(database, SCHEDULE)
    assert await make().sweep() == 2
    assert len(wecom.texts) == 2


async def test_a_failed_message_is_tried_again_as_one_and_in_order(
    database: Database, make: Make, dingtalk: DingTalkGroup
) -> None:
    deliverer = make(webhook_schedule=(0.0, 3600.0, 3600.0))
    await join(database, dingtalk)
    this = await incident(database, grade="major")
    dingtalk.instead = [say({"errcode": -1, "errmsg": "系统繁忙"})]
    await happen(database, this(1), this(2))
    assert await deliverer.sweep() == 2
    [row] = await database.fetch("select count(distinct due_at) as n from deliveries")
    assert row["n"] == 1
    await happen(database, this(3), hit())
    assert await deliverer.sweep() == 1, "what waits behind it stays behind it; the other goes"
    assert len(dingtalk.texts) == 1
    await database.fetch("update deliveries set due_at = now() where seq = 1")
    assert await deliverer.sweep() == 1, "the second one waits for its own try, and the third for the second"
    await database.fetch("update deliveries set due_at = now() where state = 'pending'")
    assert await deliverer.sweep() == 2
    assert await states(database) == ["delivered"] * 4


async def test_a_breaker_that_is_open_lets_one_delivery_through(
    database: Database, make: Make, wecom: WeComGroup
) -> None:
    endpoint_id = await join(database, wecom)
    await happen(database, *(hit() for _ in range(5)))
    await database.fetch(
        "update webhook_endpoints set breaker_opened_at = now() - interval '30 s', probe_at = now() where id = $1",
        endpoint_id,
    )
    await sweep_until(make(), lambda: all_finished(database), "the probe, and what it lets through")
    assert [text.count("监测规则") for text in wecom.texts] == [1, 1]
    assert wecom.texts[1].startswith("【烽火】4 条通知")


async def test_a_replay_of_one_of_a_message_tells_it_again_alone(
    database: Database, deliverer: Deliverer, wecom: WeComGroup
) -> None:
    await join(database, wecom)
    this = await incident(database, "甲", "major")
    await happen(database, this(1), this(2))
    await deliverer.sweep()
    [row] = await database.fetch("select id from deliveries where seq = 1")
    async with database.transaction() as tx:
        await service.replay_delivery(tx, row["id"], caller=SYSTEM, now=await tx.now())
    assert await deliverer.sweep() == 1
    assert wecom.texts[1].startswith("【一级(重大)】状态")
    assert [one["number"] for one in await attempts(database)] == [1, 2, 1]


async def test_two_workers_never_have_two_messages_for_one_robot(
    database: Database, quick: Settings, wecom: WeComGroup
) -> None:
    await join(database, wecom)
    await happen(database, *(hit() for _ in range(300)))
    claims = await asyncio.gather(*(digests.claim(database, quick, 10) for _ in range(6)))
    assert sorted(len(digest.items) for claim in claims for digest in claim) == [digests.MOST_AT_ONCE]
    assert await delivery.claim(database, quick, {}, 10) == [], "the way of the others does not lead to robots"
