"""What chat robots say of each event, and how it is made to fit."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import PUBLIC_TYPES
from app.domain.grades import Grade
from app.domain.wording import LABELS
from app.webhooks.event_schemas import Event
from app.webhooks.messages import About, Told, alone, compose, cut, together
from app.webhooks.robots import ROBOTS, Call, Robot
from app.webhooks.sentences import LINK, SENTENCES

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
CONSOLE = "https://desk.example.com/incidents/{incident_id}"


def about(title: str = "某品牌奶粉结块", grade: Grade | None = Grade.SERIOUS, *, is_drill: bool = False) -> About:
    return About(uuid4(), "2026-0031", title, grade, 52_300, is_drill)


def moved(whose: About | None, seq: int = 1, reason: str = "r") -> Told:
    data = {"seq": seq, "from": "watching", "to": "responding", "reason": f"{reason}{seq}"}
    return Told("incident.status_changed", AT, data, whose)


def examples() -> dict[str, Any]:
    """The data of each public type's example in the contract."""
    found = {}
    for name, schema in Event.model_json_schema()["$defs"].items():
        if name.endswith("Event") and "data" in schema.get("properties", {}):
            example = schema["example"]
            found[example["type"]] = example["data"]
    return found


@pytest.mark.parametrize("kind", PUBLIC_TYPES)
def test_every_public_event_is_told_in_chinese(kind: str) -> None:
    data = examples()[kind]
    whose = about() if "incident_id" in data else None
    told = Told(kind, AT, data, whose, "值班群" if "endpoint_id" in data else None)
    text = "".join(alone(told, CONSOLE))
    first = text.splitlines()[0].removeprefix("【演练】").partition("】")[2]
    assert any("\u4e00" <= char <= "\u9fff" for char in first), first
    assert kind not in text, "its type stands for nothing to people"
    assert kind in SENTENCES or first == LABELS["event_type"][kind][0]
    assert "时间：03-01 16:00" in text
    assert whose is None or text.endswith(str(whose.id))
    assert first in together([told, told], CONSOLE)


@pytest.mark.parametrize(("kind", "changes", "words"), [
    ("task.created", {}, "新任务：诉求处理"), ("task.done", {"task_kind": "meeting"}, "任务完成：紧急会议"),
    ("task.changed", {"task_kind": "takedown_report", "action": "reject"}, "任务法务驳回：侵权投诉举报"),
    ("task.waived", {}, "任务免除：诉求处理"), ("tasks.changed", {}, "批量完成 500 项任务：诉求处理"),
])  # fmt: skip
def test_tasks_are_told_by_what_they_are(kind: str, changes: dict[str, Any], words: str) -> None:
    text, _ = alone(Told(kind, AT, examples()[kind] | changes, about()), "")
    assert text.splitlines()[0].endswith(words)


def test_a_type_that_nobody_has_written_a_sentence_for_is_told_by_its_members() -> None:
    data = {"reason": "人工确认", "due_at": "2026-03-01T08:30:00Z", "harm_class": "core_interest", "other": 1}
    text, _ = alone(Told("incident.of_tomorrow", AT, data, about()), "")
    assert text.splitlines() == [
        "【二级(较大)】incident.of_tomorrow", "事件：2026-0031 某品牌奶粉结块", "传播量：52,300",
        "危害类别：核心利益", "截止：03-01 16:30", "原因：人工确认", "时间：03-01 16:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, "general", "定级为三级(一般)"),
        ("general", "major", "升级：三级(一般) → 一级(重大)"),
        ("major", "serious", "降级：一级(重大) → 二级(较大)"),
        ("major", None, "取消定级"),
    ],
)
def test_a_change_of_grade_says_which_way(before: str | None, after: str | None, said: str) -> None:
    evidence = {"rule": "major-2h", "window_seconds": 7200, "threshold": 100_000, "sum": 101_240, "upper_bound": True}
    data = {"from": before, "to": after, "source": "machine", "reason": "Rule major-2h: ...", "evidence": evidence}
    text, link = alone(Told("incident.grade_changed", AT, data, about()), CONSOLE)
    assert said in text.splitlines()[0]
    assert "原因：2 小时传播量 101,240（上限估计），超过 100,000" in text
    assert "Rule" not in text
    assert link.startswith("\nhttps://desk.example.com/incidents/")


def test_a_guard_that_was_passed_over_is_named_as_people_know_it() -> None:
    data = {"from": "closing", "to": "closed", "reason": "特批结案", "overridden": ["calm", "origin_statement"]}
    text, _ = alone(Told("incident.status_changed", AT, data, about()), "")
    assert "特批：舆情平稳、首发平台声明" in text


def test_peoples_data_is_hidden_whoever_wrote_it_in() -> None:
    whose = about("致电13812345678的\n@王小明 投诉")
    told = moved(whose, reason="联系 13812345678 ")
    for text in ("".join(alone(told, CONSOLE)), together([told, told], CONSOLE)):
        assert "13812345678" not in text
        assert "王小明" not in text
        assert "138******78" in text
    assert "138******78的 @*** 投诉" in together([told], "")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x?a=1#b", "HTTP://evil.example", "http://例子.中国/x", "dingtalk://dingtalkclient/page",
        "www.evil.example/x", "WWW.evil.test", "evil.com", "sub.evil.cn/x", "evil.zip/x", "ev-il.com:8080/x",
        "evil.com.",
    ],
)  # fmt: skip
def test_nobody_puts_a_link_into_a_group_but_ours_to_the_console(link: str) -> None:
    whose = about(f"通知{link} 请登录")
    told = Told("incident.acknowledged", AT, {"reason": f"见 {link}，速看"}, whose)
    named = Told("webhook_endpoint.breaker_opened", AT, {"failures_in_row": 3}, None, f"群 {link}")
    for text in ("".join(alone(told, CONSOLE)), together([told, named], CONSOLE), "".join(alone(named, CONSOLE))):
        assert link not in text
        assert "evil" not in text
        assert LINK in text
    assert "通知〔链接〕 请登录" in alone(told, "")[0]
    assert "原因：见 〔链接〕，速看" in alone(told, "")[0]
    assert alone(told, CONSOLE)[1] == "\n" + CONSOLE.replace("{incident_id}", str(whose.id))


@pytest.mark.parametrize("title", ["v1.2 升级", "3.15晚会", "100.5%", "a.b 与 c.d", "2026.11.25 门店", "某某.门店"])
def test_what_is_no_link_stays(title: str) -> None:
    assert title in alone(moved(about(title)), "")[0]


TAGS = '<!channel> <!here> <@U012AB3CD> <at user_id="all">所有人</at> @所有人 @all @channel'


@pytest.mark.parametrize("robot", ROBOTS.values(), ids=lambda robot: robot.name)
def test_a_title_calls_nobody(robot: Robot) -> None:
    body = robot.body("".join(alone(moved(about(TAGS), reason=TAGS), "")), Call(), None, AT).decode()
    for tag in ("@所有人", "@all", "@channel", "@U012AB3CD"):
        assert tag not in body
    assert ("<" in body) is (robot.name in ("DingTalk", "WeCom")), "where it begins a tag it is written otherwise"
    assert '"isAtAll":true' not in body
    assert "mentioned_list" not in body


def test_an_exercise_says_so() -> None:
    assert alone(moved(about(is_drill=True)), "")[0].startswith("【演练】【二级(较大)】")
    flagged = Told("incident.opened", AT, {"is_drill": True}, about())
    assert alone(flagged, "")[0].startswith("【演练】")
    assert together([flagged, moved(about())], "").count("【演练】") == 1


def test_what_is_said_alike_of_one_incident_is_said_once() -> None:
    whose = about()
    hits = [Told("mention.hit", AT, {"platform": name}, whose) for name in ("weibo", "weibo", "douyin")]
    assert together([*hits, moved(None)], "").splitlines() == [
        "【烽火】4 条通知",
        "■ 【二级(较大)】2026-0031 某品牌奶粉结块 传播量 52,300",
        "· 负面舆情命中监测规则：微博 ×2",
        "· 负面舆情命中监测规则：抖音",
        "■ 【烽火】其他",
        "· 状态：关注中 → 响应中；原因：r1",
    ]


@pytest.mark.parametrize("robot", ROBOTS.values(), ids=lambda robot: robot.name)
def test_many_events_are_told_as_far_as_they_fit_and_none_by_half(robot: Robot) -> None:
    cases = [about(f"第{n}起" + '"题<目>&' * 6) for n in range(40)]
    left = [moved(case, seq) for case in cases for seq in range(1, 11)]
    said = []
    while left:
        text, count = compose(left, CONSOLE, lambda tried: robot.size(tried, Call()), robot.most_bytes)
        assert robot.size(text, Call()) <= robot.most_bytes
        for one in left[:count]:
            assert one.about
            assert f"原因：r{one.data['seq']}" in text
            assert one.about.title[:4] in text
        said.append(count)
        left = left[count:]
    assert sum(said) == 400
    assert len(said) > 1


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.sampled_from('烽火"\n<&>\\'), max_size=300)


@given(text=TEXTS, tail=st.sampled_from(["", "\nhttps://desk.example.com/x"]), spare=st.integers(60, 900))
@pytest.mark.parametrize("robot", ROBOTS.values(), ids=lambda robot: robot.name)
def test_a_text_is_cut_between_characters_and_keeps_its_link(robot: Robot, text: str, tail: str, spare: int) -> None:
    def size(tried: str) -> int:
        return robot.size(tried, Call())

    most = size(tail) + spare
    made = cut(text, tail, size, most)
    assert size(made) <= most
    assert made.endswith(tail)
    kept = made.removesuffix(tail)
    assert kept == text or (kept.endswith("…") and text.startswith(kept[:-1]))


@pytest.mark.parametrize("spare", range(6))
def test_a_chinese_character_at_the_edge_is_left_out_whole(spare: int) -> None:
    def size(tried: str) -> int:
        return len(tried.encode())

    made = cut("险" * 20, "", size, 30 + spare)
    assert made == "险" * (9 + spare // 3) + "…"


def test_ids_of_incidents_stand_in_the_link() -> None:
    whose = about()._replace(id=UUID(int=7))
    assert (
        alone(moved(whose), CONSOLE)[1] == "\nhttps://desk.example.com/incidents/00000000-0000-0000-0000-000000000007"
    )
    assert alone(moved(whose), "")[1] == ""
