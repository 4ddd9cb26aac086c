"""Grades 分级 as people see them: what raises one, what only suggests one, and what a person's word is worth."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.support.api import (
    again,
    ago,
    brand,
    crisis,
    good,
    incident,
    make_rule,
    mention,
    post,
    timeline,
)

URL = "/v1/incidents"


async def decide(client, incident_id: str, grade: str | None) -> dict:
    return good(await client.put(f"{URL}/{incident_id}/grade", json={"grade": grade, "reason": "研判会议"}))


async def change(client, incident_id: str, **fields) -> dict:
    return good(await client.patch(f"{URL}/{incident_id}", json=fields))


async def grades(client, incident_id: str) -> list[dict]:
    events = await timeline(client, incident_id)
    return [event["data"] for event in events if event["type"] == "incident.grade_changed"]


async def old_decision(database, incident_id: str) -> None:
    """As if the last decision had been made three minutes ago: windows are of whole minutes."""
    await database.fetch("update incidents set decided_at = now() - interval '3 minutes' where id = $1", incident_id)


async def outlet(client, **fields) -> str:
    name = f"{brand()}报"
    good(await client.post("/v1/media-outlets", json={"name": name, "tier": "central"} | fields), 201)
    return name


async def test_a_grade_calls_for_a_response_and_tells_why(client, counter):
    at = ago(minutes=30)
    there, mention_id = await crisis(client, counter, likes=9_000, published_at=at, observed_at=at)
    smaller = await post(
        client, f"{there['title'].split('：')[0].split()[1]} 差评", likes=1, published_at=ago(minutes=9)
    )
    await again(client, mention_id, likes=11_200)
    await counter.sweep()
    after = await incident(client, there["id"])
    assert (after["grade"], after["level"], after["grade_label"]) == ("general", 3, "三级(一般)")
    assert (after["auto_grade"], after["grade_source"], after["status"]) == ("general", "machine", "responding")
    (said,) = await grades(client, there["id"])
    assert (said["from"], said["to"], said["level"], said["source"]) == (None, "general", 3, "machine")
    assert said["reason"] == after["grade_reason"]
    evidence = said["evidence"]
    assert (evidence["policy_id"], evidence["rule"]) == (after["policy_id"], "general-8h")
    assert (evidence["window_seconds"], evidence["threshold"], evidence["sum"]) == (28_800, 10_000, 11_201)
    assert abs((datetime.fromisoformat(evidence["minute"]) - datetime.now(UTC)).total_seconds()) < 120
    assert evidence["top_mentions"] == [
        {"mention_id": mention_id, "spread": 11_200}, {"mention_id": smaller, "spread": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(("read", "upper_bound"), [({"minutes": 20}, False), ({"hours": 9}, True)])
async def test_a_gap_longer_than_the_window_is_an_upper_bound(client, counter, read, upper_bound):
    there, mention_id = await crisis(client, counter, likes=1, published_at=ago(hours=10), observed_at=ago(**read))
    await again(client, mention_id, likes=10_002)
    await counter.sweep()
    (said,) = await grades(client, there["id"])
    gap = read.get("minutes", 0) * 60 + read.get("hours", 0) * 3600
    assert abs(said["evidence"]["gap_seconds"] - gap) < 10
    assert said["evidence"]["upper_bound"] is upper_bound
    assert ("upper bound" in said["reason"]) is upper_bound


async def test_a_batch_raises_straight_to_the_most_severe(client, counter):
    there, mention_id = await crisis(
        client, counter, likes=1, published_at=ago(minutes=50), observed_at=ago(minutes=50)
    )
    for likes in (20_000, 60_000, 130_000):
        await again(client, mention_id, likes=likes)
    await counter.sweep()
    assert [(said["from"], said["to"]) for said in await grades(client, there["id"])] == [(None, "major")]


async def test_after_a_persons_lowering_only_something_more_severe_raises(client, counter):
    at = ago(hours=1)
    there, mention_id = await crisis(client, counter, likes=20_000, published_at=at, observed_at=at)
    lowered = await decide(client, there["id"], None)
    assert (lowered["grade"], lowered["level"], lowered["grade_source"]) == (None, None, "person")
    assert (lowered["auto_grade"], lowered["grade_reason"]) == ("general", "研判会议")
    await again(client, mention_id, likes=25_000)
    await counter.sweep()
    assert (await incident(client, there["id"]))["grade"] is None
    await again(client, mention_id, likes=50_001)
    await counter.sweep()
    raised = await incident(client, there["id"])
    assert (raised["grade"], raised["grade_source"]) == ("serious", "machine")
    assert [said["to"] for said in await grades(client, there["id"])] == ["general", None, "serious"]


@pytest.mark.parametrize(("gain", "grade"), [(10_000, None), (10_001, "general")])
async def test_a_window_wholly_after_the_decision_raises_again(client, counter, database, gain, grade):
    at = ago(hours=1)
    there, mention_id = await crisis(client, counter, likes=20_000, published_at=at, observed_at=at)
    await decide(client, there["id"], None)
    await old_decision(database, there["id"])
    await again(client, mention_id, likes=20_000 + gain)
    await counter.sweep()
    assert (await incident(client, there["id"]))["grade"] == grade
    if grade:
        # The evidence is that of the window that counted, not of one that the person had judged.
        assert (await grades(client, there["id"]))[-1]["evidence"]["sum"] == gain


async def test_a_persons_raise_stands_and_the_machine_never_lowers(client, counter):
    at = ago(hours=1)
    there, mention_id = await crisis(client, counter, likes=20_000, published_at=at, observed_at=at)
    raised = await decide(client, there["id"], "major")
    assert (raised["grade"], raised["grade_source"], raised["grade_label"]) == ("major", "person", "一级(重大)")
    await again(client, mention_id, likes=60_000)
    await counter.sweep()
    after = await incident(client, there["id"])
    assert (after["grade"], after["auto_grade"], after["grade_source"]) == ("major", "serious", "person")
    good(await client.patch(f"/v1/mentions/{mention_id}", json={"sentiment": "neutral"}))
    after = await incident(client, there["id"])
    assert (after["grade"], after["auto_grade"], after["total"]) == ("major", None, 0)


async def test_a_person_grades_a_watched_incident_and_it_responds(client):
    opened = good(await client.post(URL, json={"title": "品牌形象受损"}), 201)
    graded = await decide(client, opened["id"], "serious")
    assert (graded["status"], graded["grade"], graded["auto_grade"]) == ("responding", "serious", None)
    assert (await incident(client, opened["id"]))["graded_at"] is not None


async def test_another_class_of_harm_grades_anew_at_once(client, counter):
    at = ago(hours=1)
    there, _ = await crisis(client, counter, likes=20_000, published_at=at, observed_at=at)
    assert there["grade"] == "general"
    after = await change(client, there["id"], harm_class="user_rights", reason="涉及退款")
    assert (after["grade"], after["grade_source"]) == ("serious", "machine")
    said = (await grades(client, there["id"]))[-1]
    assert (said["evidence"]["rule"], said["evidence"]["sum"]) == ("serious-harm-8h", 20_000)
    milder = await change(client, there["id"], harm_class="individual")
    assert (milder["grade"], milder["auto_grade"]) == ("serious", "general")
    assert (await change(client, there["id"], harm_class=None))["harm_class"] == "individual"


async def test_a_persons_class_of_harm_is_not_overruled_by_what_joins(client, counter):
    word, other = brand(), brand()
    there, _ = await crisis(client, counter, brands=(word,))
    await change(client, there["id"], harm_class="individual")
    await make_rule(client, other, harm_class="core_interest")
    mention_id = await post(client, f"{word} {other} 差评")
    await counter.sweep()
    assert (await mention(client, mention_id))["incident_id"] == there["id"]
    assert (await incident(client, there["id"]))["harm_class"] == "individual"


async def test_a_listed_outlets_report_makes_a_core_interest_major_at_once_whatever_its_tone(client, counter):
    word, domain = brand(), f"{uuid4().hex}.cn"
    await outlet(client, domains=[domain])
    there, _ = await crisis(client, counter, brands=(word,), rule={"harm_class": "core_interest"})
    assert (there["media_follow_up"], there["grade"]) == ("none", None)
    for url in (f"https://{domain}.example.com/1", f"https://evil.com/{domain}", "https://cn/", "http://[bad"):
        await post(client, f"{word} 差评", sentiment="neutral", url=url)
    await post(client, "与我们无关", url=f"https://{domain}/2")
    await counter.sweep()
    assert (await incident(client, there["id"]))["media_follow_up"] == "none"
    report = await post(client, f"{word} 差评调查", sentiment="neutral", url=f"https://News.{domain.upper()}:443/3")
    await counter.sweep()
    assert (await mention(client, report))["media"] is True
    after = await incident(client, there["id"])
    assert (after["media_follow_up"], after["grade"]) == ("confirmed", "major")
    assert (await grades(client, there["id"]))[-1]["evidence"]["rule"] == "major-core-media"
    assert (await mention(client, report))["incident_id"] is None


async def test_an_outlet_is_known_by_its_account_too(client, counter):
    word = brand()
    name = await outlet(client)
    listed = good(await client.get("/v1/media-outlets?limit=200"))["data"][-1]
    good(await client.put(f"/v1/media-outlets/{listed['id']}",
                          json={"name": name, "tier": "industry", "accounts": [f"weibo:{name}"]}))  # fmt: skip
    there, _ = await crisis(client, counter, brands=(word,))
    await post(client, f"{word} 差评", author=name, platform="zhihu")
    await counter.sweep()
    assert (await incident(client, there["id"]))["media_follow_up"] == "none"
    await post(client, f"{word} 差评", author=name)
    await counter.sweep()
    assert (await incident(client, there["id"]))["media_follow_up"] == "confirmed"


async def test_media_alone_are_no_follow_up_until_others_complain(client, counter):
    word, domain = brand(), f"{uuid4().hex}.cn"
    await outlet(client, domains=[domain])
    there, _ = await crisis(client, counter, brands=(word,), url=f"https://{domain}/1")
    assert there["media_follow_up"] == "suspected"
    await post(client, f"{word} 差评")
    await counter.sweep()
    assert (await incident(client, there["id"]))["media_follow_up"] == "confirmed"


async def test_news_of_an_unlisted_outlet_asks_a_person_whose_word_wins(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,), rule={"harm_class": "core_interest"})
    await post(client, f"{word} 差评", platform="news", url="https://somewhere.example/1", sentiment="neutral")
    await counter.sweep()
    asked = await incident(client, there["id"])
    assert (asked["media_follow_up"], asked["grade"]) == ("suspected", None)
    denied = await change(client, there["id"], media_follow_up="none", reason="转载站")
    assert (denied["media_follow_up"], denied["grade"]) == ("none", None)
    await post(client, f"{word} 差评二", platform="news", sentiment="neutral")
    await counter.sweep()
    assert (await incident(client, there["id"]))["media_follow_up"] == "none"
    confirmed = await change(client, there["id"], media_follow_up="confirmed")
    assert (confirmed["grade"], confirmed["grade_source"]) == ("major", "machine")


async def test_a_report_that_people_attach_or_merge_counts_too(client, counter):
    domain = f"{uuid4().hex}.cn"
    await outlet(client, domains=[domain])
    there, _ = await crisis(client, counter, rule={"harm_class": "core_interest"})
    report = await post(client, "不提品牌的报道", url=f"https://{domain}/1", sentiment="negative")
    await counter.sweep()
    body = {"mention_ids": [report], "reason": "研判"}
    attached = good(await client.post(f"{URL}/{there['id']}/attach", json=body))
    assert (attached["media_follow_up"], attached["grade"]) == ("confirmed", "major")
    known, _ = await crisis(client, counter)
    await change(client, known["id"], media_follow_up="confirmed")
    other, _ = await crisis(client, counter, rule={"harm_class": "core_interest"})
    body = {"into_incident_id": other["id"], "reason": "同一件事"}
    merged = good(await client.post(f"{URL}/{known['id']}/merge", json=body))
    assert (merged["media_follow_up"], merged["grade"]) == ("confirmed", "major")


async def test_a_persons_grade_goes_along_in_a_merge(client, counter):
    (source, _), (target, _) = await crisis(client, counter), await crisis(client, counter)
    await decide(client, source["id"], "serious")
    body = {"into_incident_id": target["id"], "reason": "同一件事"}
    merged = good(await client.post(f"{URL}/{source['id']}/merge", json=body))
    assert (merged["grade"], merged["grade_source"], merged["status"]) == ("serious", "person", "responding")
    assert source["number"] in merged["grade_reason"]
    # A graver one that is there already stays.
    other, _ = await crisis(client, counter)
    await decide(client, other["id"], "general")
    body["into_incident_id"] = merged["id"]
    again = good(await client.post(f"{URL}/{other['id']}/merge", json=body))
    assert (again["grade"], again["grade_reason"]) == ("serious", merged["grade_reason"])


async def test_what_a_person_judged_too_high_does_not_come_back_by_a_merge(client, counter):
    source, mention_id = await crisis(client, counter, likes=150_000, published_at=ago(minutes=30))
    assert source["grade"] == "major"
    await decide(client, source["id"], "general")
    target = good(await client.post(URL, json={"title": "空"}), 201)
    body = {"into_incident_id": target["id"], "reason": "同一件事"}
    merged = good(await client.post(f"{URL}/{source['id']}/merge", json=body))
    assert (merged["grade"], merged["auto_grade"], merged["grade_source"]) == ("general", "major", "person")
    await again(client, mention_id, likes=150_001)
    await counter.sweep()
    assert (await incident(client, target["id"]))["grade"] == "general"


async def test_what_was_dismissed_is_graded_once_it_is_taken_back(client, counter):
    there, mention_id = await crisis(client, counter, likes=0, published_at=ago(minutes=30))
    put = f"{URL}/{there['id']}/status"
    good(await client.put(put, json={"status": "dismissed", "reason": "误报"}))
    await again(client, mention_id, likes=60_000)
    await counter.sweep()
    assert (await incident(client, there["id"]))["grade"] is None
    back = good(await client.put(put, json={"status": "watching", "reason": "不是误报"}))
    assert (back["grade"], back["status"], back["grade_source"]) == ("serious", "responding", "machine")


async def test_the_harm_class_that_is_given_back_is_the_gravest_of_the_rules(client, counter):
    there, _ = await crisis(client, counter)
    graver, mention_id = await crisis(client, counter, rule={"harm_class": "user_rights"})
    good(await client.post(f"{URL}/{there['id']}/attach", json={"mention_ids": [mention_id], "reason": "研判"}))
    assert (await change(client, there["id"], harm_class="individual"))["harm_class"] == "individual"
    assert (await change(client, there["id"], harm_class=None))["harm_class"] == "user_rights"
    assert graver["harm_class"] == "user_rights"


async def test_a_window_that_is_long_over_only_suggests_a_grade(client, counter):
    there, mention_id = await crisis(
        client, counter, likes=60_000, published_at=ago(hours=40), observed_at=ago(hours=38)
    )
    assert (there["total"], there["grade"], there["auto_grade"]) == (60_000, None, None)
    assert (there["suggested_grade"], there["status"]) == ("serious", "watching")
    assert await grades(client, there["id"]) == []
    await again(client, mention_id, likes=70_001)
    await counter.sweep()
    assert (await incident(client, there["id"]))["grade"] == "general"


async def test_an_old_post_counts_as_baseline_and_only_suggests_a_grade(client, counter):
    there, mention_id = await crisis(client, counter, likes=120_000, published_at=ago(days=3 * 365))
    assert (there["total"], there["baseline"], there["grade"]) == (0, 120_000, None)
    assert there["suggested_grade"] == "major"
    await again(client, mention_id, likes=130_001)
    await counter.sweep()
    after = await incident(client, there["id"])
    assert (after["total"], after["baseline"], after["grade"]) == (10_001, 120_000, "general")


async def test_a_post_of_unknown_age_is_baseline_too(client, counter):
    there, _ = await crisis(client, counter, likes=9_000)
    assert (there["total"], there["baseline"], there["suggested_grade"]) == (0, 9_000, None)


@pytest.mark.parametrize(("hours", "total"), [(23.99, 500), (24.01, 0)])
async def test_a_first_reading_is_dated_at_publication_within_24_hours(client, counter, hours, total):
    there, _ = await crisis(client, counter, likes=500, published_at=ago(hours=hours))
    assert (there["total"], there["baseline"]) == (total, 500 - total)
