"""`fenghuo demo`: the story keeps to the plan's rules, and the receiver believes nothing but signatures."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from standardwebhooks import Webhook

from app.cli.console import Trouble
from app.cli.receiver import Receiver
from app.cli.story import BRAND, EXCLUSIONS, NEGATIVE_WORDS, STEPS
from tests.cli.conftest import left_running, wait_until

# 方案 二(二)1, for harm class "individual": minutes, more than, grade.
RULES = ((120, 100_000, "major"), (240, 50_000, "serious"), (480, 10_000, "general"))
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDfjRKhpkr7Ng="


def test_the_story_reaches_each_grade_just_where_it_says() -> None:
    gains: dict[int, int] = defaultdict(int)  # minutes before the end -> gained
    seen: dict[str, int] = {}
    reached = ["opened"]
    said = []
    for step in STEPS:
        total = (step.reposts or 0) + step.comments + step.likes
        if step.post.sentiment is None:
            gains[step.minutes_ago if step.post.id in seen else step.post.published] += total - seen.get(
                step.post.id, 0
            )
        seen[step.post.id] = total
        held = [
            grade
            for minutes, threshold, grade in RULES
            if any(sum(n for ago, n in gains.items() if end <= ago < end + minutes) > threshold for end in gains)
        ]
        if held and held[0] not in reached:
            reached.append(held[0])
            said.append((step.post.id, step.minutes_ago, held[0]))
    assert reached == ["opened", "general", "serious", "major"]
    marked = [(step.post.id, step.minutes_ago, step.expect) for step in STEPS if step.expect not in (None, "opened")]
    assert said == marked


def test_every_bad_post_of_the_story_names_the_brand_and_a_negative_word() -> None:
    for post in {step.post for step in STEPS}:
        words = f"{post.title} {post.text}"
        assert BRAND in words
        assert any(word in words for word in NEGATIVE_WORDS) == (post.sentiment is None)
        assert not any(word in words for word in EXCLUSIONS)


def test_readings_come_in_order_and_never_before_their_post() -> None:
    times = [step.minutes_ago for step in STEPS]
    assert times == sorted(times, reverse=True)
    assert all(step.post.published >= step.minutes_ago for step in STEPS)


async def test_the_receiver_refuses_what_is_not_signed_and_says_what_did_not_come() -> None:
    body = '{"type": "incident.opened", "timestamp": "2026-01-01T00:00:00Z", "data": {"seq": 1}}'
    now = datetime.now(UTC)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(int(now.timestamp()))}
    signature = Webhook(SECRET).sign("evt_1", now, body)
    async with Receiver() as receiver, aiohttp.ClientSession() as session:
        receiver.secret = SECRET
        for text, signed in ((body, "v1,AAAA"), (body.replace("1}", "2}"), signature), (body, "")):
            async with session.post(receiver.url, data=text, headers=headers | {"webhook-signature": signed}) as answer:
                assert answer.status == 401
        with pytest.raises(Trouble, match=r"no verified webhook incident\.opened .*3 refused"):
            await receiver.wait_for("incident.opened", 0.05)
        for _ in range(2):
            async with session.post(
                receiver.url, data=body, headers=headers | {"webhook-signature": signature}
            ) as answer:
                assert answer.status == 204
        assert (await receiver.wait_for("incident.opened", 1, seq=1)).id == "evt_1"
        assert len(receiver.verified) == 1, "a second try of one webhook is the same webhook"


def test_the_demo_shows_each_grade_and_ends_by_itself_also_the_second_time(
    fenghuo: Callable[..., subprocess.Popen[str]], data_dir: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "demo.svg"
    for number in ("0001", "0002"):
        demo = fenghuo("demo", "--once", "--pace", "0", "--picture", str(picture))
        said, complained = demo.communicate(timeout=60)
        assert demo.returncode == 0, said + complained
        # One line when it happens, one row in the summary.
        for grade in ("watching 关注中", "general 三级(一般)", "serious 二级(较大)", "major 一级(重大)"):
            assert said.count(grade) == 2
            assert re.search(rf"{re.escape(grade)} .* yes, try 1 +yes +\d+ ms", said)
        for clock in ("首次响应 first_response met", "紧急会议 emergency_meeting met", "信息核实 fact_check met"):
            assert said.count(clock) == 2
        assert "Rule major-2h: 117,070 in 2 h, more than 100,000." in said
        assert re.search(
            rf"Incident \d{{4}}-{number}: 20 readings posted.* (\d+) webhooks delivered, \1 verified", said
        )
        drawn = picture.read_text(encoding="utf-8")
        assert f"-{number}" in drawn
        assert "一级(重大)" in drawn
        assert "url(http" not in drawn, "a picture in a document fetches nothing"
    assert left_running(data_dir) == []


def test_a_fast_demo_shows_one_clock_met_and_one_breached(
    fenghuo: Callable[..., subprocess.Popen[str]], data_dir: Path
) -> None:
    demo = fenghuo("demo", "--once", "--fast", "--pace", "0")
    said, complained = demo.communicate(timeout=120)
    assert demo.returncode == 0, said + complained
    assert re.search(r"首次响应 first_response met  Done after \d+\.\d s, 3\d s allowed", said)
    assert re.search(r"紧急会议 emergency_meeting breached 超时 +Nobody did it: 30 s allowed", said)
    assert said.count("信息核实 fact_check met") == 2
    assert left_running(data_dir) == []


def test_a_held_demo_goes_on_until_it_is_interrupted(
    fenghuo: Callable[..., subprocess.Popen[str]], data_dir: Path
) -> None:
    demo = fenghuo("demo", "--hold", "general", "--pace", "0")
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if line.startswith("The incident stays at"):
            break
    stays = re.search(r"at (http\S+)  key (fh_dev_\w+)  Ctrl-C ends it", lines[-1])
    assert stays, "".join(lines)
    assert not any("serious" in line for line in lines)

    def incident() -> dict[str, Any]:
        answer = httpx.get(stays[1], headers={"authorization": f"Bearer {stays[2]}"})
        return answer.json()["data"][0]  # type: ignore[no-any-return]

    before = incident()["total"]
    wait_until(lambda: incident()["total"] > before)
    assert incident()["grade"] == "general"
    assert demo.poll() is None
    demo.terminate()
    demo.communicate(timeout=20)
    assert demo.returncode == 0
    assert left_running(data_dir) == []
