"""Splitting an incident 拆分: spread goes along, both sides are graded, and looking first shows just that."""

from uuid import UUID, uuid4

from app.mentions import choosing
from tests.support.api import (
    again,
    ago,
    brand,
    buckets,
    crisis,
    everything,
    good,
    incident,
    mention,
    post,
    problem,
    recounted,
    timeline,
)
from tests.support.splits import URL, asked, grown, ids_in, preview, split


def added(*parts: dict) -> dict:
    minutes = {minute for part in parts for minute in part}
    return {
        minute: tuple(map(sum, zip(*(part.get(minute, (0, 0, 0)) for part in parts), strict=True)))
        for minute in minutes
    }


async def test_what_is_split_off_takes_its_spread_along_minute_by_minute(client, counter):
    word = brand()
    there, first = await crisis(client, counter, brands=(word,), rule={"business_unit": "乳品"}, likes=7)
    going = [await grown(client, counter, word, likes=n, reposts=n) for n in (60, 70)]
    staying = await grown(client, counter, word, likes=80)
    old = await post(client, f"{word} 差评", likes=900, published_at=ago(days=3))
    await counter.sweep()
    before = await buckets(client, there["id"]), await incident(client, there["id"])
    answer = await client.post(f"{URL}/{there['id']}/split", json=asked(mention_ids=[*going, old], summary="说明"))
    part = good(answer, 201)
    rest = await incident(client, there["id"])
    assert answer.headers["location"] == f"{URL}/{part['id']}"
    assert (part["title"], part["summary"], part["rule_id"]) == ("另一件事", "说明", None)
    assert (part["policy_id"], part["business_unit"]) == (there["policy_id"], "乳品")
    assert (part["status"], part["harm_class"], part["ended_at"]) == ("watching", "individual", None)
    assert part["opened_at"] > there["opened_at"]
    assert (part["baseline"], rest["baseline"]) == (900, 7)
    assert (part["mention_count"], rest["mention_count"]) == (3, 2)
    assert part["total"] + rest["total"] == before[1]["total"]
    assert await ids_in(client, part["id"]) == {*going, old}
    assert await ids_in(client, there["id"]) == {first, staying}
    both = [await buckets(client, one["id"]) for one in (rest, part)]
    assert both == [await recounted(client, one["id"]) for one in (rest, part)]
    assert added(*both) == before[0]
    # The rule's next hits join the source; what was split off goes on growing where it is.
    late = await grown(client, counter, word)
    assert (await mention(client, late))["incident_id"] == there["id"]
    await again(client, going[0], likes=1_000, reposts=60)
    await counter.sweep()
    assert (await incident(client, part["id"]))["total"] == part["total"] + 940


async def test_both_timelines_say_so_and_the_public_hears_of_an_incident_opened(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    going = await grown(client, counter, word, likes=11_000)
    part = await split(client, there["id"], mention_ids=[going])
    said = (await timeline(client, there["id"]))[-1]
    moved = {"mention_count": 1, "mention_ids": [going], "reason": "研判"}
    assert said["type"] == "incident.mentions_moved"
    assert said["data"] | moved | {"action": "split_off", "other_incident_id": part["id"]} == said["data"]
    events = await timeline(client, part["id"])
    assert [event["type"] for event in events] == [
        "incident.opened", "incident.mentions_moved", "incident.changed", "incident.grade_changed",
        "incident.status_changed", "incident.deadlines_set",
    ]  # fmt: skip
    assert events[1]["data"] | moved | {"action": "split_from", "other_incident_id": there["id"]} == events[1]["data"]
    public = await everything(client, "/v1/events", incident_id=part["id"])
    assert {event["type"] for event in public} == {
        "incident.opened", "incident.grade_changed", "incident.status_changed",
    }  # fmt: skip
    assert (part["grade"], part["status"]) == ("general", "responding")


async def test_the_grade_stays_with_the_source_and_the_new_one_is_graded_at_once(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,), rule={"harm_class": "user_rights"})
    going = await grown(client, counter, word, likes=60_000)
    body = {"grade": "major", "reason": "品牌形象严重受损"}
    decided = good(await client.put(f"{URL}/{there['id']}/grade", json=body))
    assert (decided["grade"], decided["auto_grade"]) == ("major", "serious")
    part = await split(client, there["id"], mention_ids=[going])
    rest = await incident(client, there["id"])
    assert (rest["grade"], rest["grade_source"], rest["grade_reason"]) == ("major", "person", "品牌形象严重受损")
    assert (rest["auto_grade"], rest["suggested_grade"]) == (None, None)
    assert (part["grade"], part["grade_source"], part["harm_class"]) == ("serious", "machine", "user_rights")


async def test_a_persons_class_of_harm_is_the_new_ones_and_the_policy_that_of_the_source(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,), rule={"harm_class": "core_interest"})
    rules = [{"id": "r", "grade": "serious", "window_seconds": 28_800, "threshold": 50, "harm_classes": ["individual"]}]
    policy = good(await client.post("/v1/grading-policies", json={"name": brand(), "rules": rules}), 201)
    good(await client.patch(f"{URL}/{there['id']}", json={"policy_id": policy["id"]}))
    going = await grown(client, counter, word, likes=60)
    part = await split(client, there["id"], mention_ids=[going], harm_class="individual")
    assert (part["policy_id"], part["harm_class"], part["grade"]) == (policy["id"], "individual", "serious")


async def test_history_alone_never_grades_what_is_split_off(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,), likes=20)
    at = ago(hours=2)
    past = await post(client, f"{word} 差评", likes=200_000, published_at=at, observed_at=at, historical=True)
    await counter.sweep()
    part = await split(client, there["id"], mention_ids=[past])
    assert (part["total"], part["grade"], part["suggested_grade"]) == (200_000, None, "major")
    assert (await incident(client, there["id"]))["suggested_grade"] is None
    back = {"into_incident_id": there["id"], "reason": "同一件事"}
    merged = good(await client.post(f"{URL}/{part['id']}/merge", json=back))
    assert (merged["total"], merged["grade"], merged["suggested_grade"]) == (200_000, None, "major")


async def test_what_was_live_when_it_came_is_live_in_the_part_and_when_that_is_merged_back(client, counter, database):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    at = {"published_at": ago(hours=80), "observed_at": ago(hours=79)}
    old = await post(client, f"{word} 差评", likes=150_000, **at)
    await counter.sweep()
    assert (await incident(client, there["id"]))["grade"] is None, "it came too late"
    # As if it had come in time.
    await database.fetch("update observations set received_at = observed_at where mention_id = $1", UUID(old))
    part = await split(client, there["id"], mention_ids=[old])
    assert (part["grade"], part["auto_grade"]) == ("major", "major")
    back = {"into_incident_id": there["id"], "reason": "同一件事"}
    merged = good(await client.post(f"{URL}/{part['id']}/merge", json=back))
    assert (merged["grade"], merged["auto_grade"]) == ("major", "major")


async def test_the_historical_part_of_each_minute_goes_along(client, counter, database):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    at = {"published_at": ago(hours=2), "observed_at": ago(hours=2)}
    staying, past = [await post(client, f"{word} 差评", likes=likes, historical=True, **at) for likes in (4_000, 300)]
    live = await post(client, f"{word} 差评", likes=200, **at)
    await counter.sweep()
    part = await split(client, there["id"], mention_ids=[past, live])
    assert (part["total"], staying in await ids_in(client, there["id"])) == (500, True)
    rows = await database.fetch(
        "select incident_id::text as id, sum(historical) as past from spread_buckets where incident_id = any($1) group by 1",
        [UUID(there["id"]), UUID(part["id"])],
    )
    assert {row["id"]: row["past"] for row in rows} == {there["id"]: 4_000, part["id"]: 300}


async def test_a_look_first_shows_just_what_the_split_then_makes_and_changes_nothing(client, counter, database):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,), rule={"harm_class": "user_rights"}, likes=3)
    going = [await grown(client, counter, word, likes=n) for n in (12_000, 300)]
    await grown(client, counter, word, likes=45_000)
    # What waits to be counted of those that go is counted with them.
    await again(client, going[0], likes=12_500)
    before = await incident(client, there["id"]), await timeline(client, there["id"])
    answer = await client.post(f"{URL}/{there['id']}/split/preview", json=asked(mention_ids=going))
    shown = good(answer)
    assert (await incident(client, there["id"]), await timeline(client, there["id"])) == before
    assert not (await database.fetch("select from incidents where title = $1 and number = ''", "另一件事"))
    assert [row["id"] for row in shown["sample"]] == going
    assert (shown["incident_id"], shown["version"], shown["mention_count"]) == (there["id"], before[0]["version"], 2)
    part = good(
        await client.post(
            f"{URL}/{there['id']}/split", json=asked(mention_ids=going), headers={"if-match": answer.headers["etag"]}
        ),
        201,
    )
    rest = await incident(client, there["id"])
    for side, made in (("before", before[0]), ("source", rest), ("split_off", part)):
        same = shown[side].keys() & made.keys()
        assert {name: shown[side][name] for name in same} == {name: made[name] for name in same}, side
    for side, made in (("source", rest), ("split_off", part)):
        windows = good(await client.get(f"{URL}/{made['id']}/spread"))["windows"]
        assert [one | {"current": 0} for one in shown[side]["windows"]] == [one | {"current": 0} for one in windows]
    assert (shown["before"]["rule"], shown["before"]["auto_grade"]) == ("serious-4h", "serious")
    assert (shown["source"]["rule"], shown["source"]["auto_grade"]) == ("serious-harm-8h", "serious")
    assert (shown["split_off"]["rule"], shown["split_off"]["grade"]) == ("serious-harm-8h", "serious")
    assert (part["total"], part["mention_count"]) == (12_800, 2)


async def test_a_split_must_be_based_on_the_incident_as_it_was_shown(bare, client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    going = await grown(client, counter, word)
    path, body = f"{URL}/{there['id']}/split", asked(mention_ids=[going])
    etag = (await client.post(f"{path}/preview", json=body)).headers["etag"]
    good(await client.patch(f"{URL}/{there['id']}", json={"title": "新标题"}))
    problem(await client.post(path, json=body, headers={"if-match": etag}), 412, code="stale")
    assert (await incident(client, there["id"]))["mention_count"] == 2
    careful = {"authorization": client.headers["authorization"]}
    del bare.headers["if-match"]
    problem(await bare.post(path, json=body, headers=careful), 428)


async def test_in_portions_it_is_the_same_and_one_move(client, counter, monkeypatch):
    monkeypatch.setattr("app.mentions.splitting.PORTION", 2)
    monkeypatch.setattr(choosing, "PORTION", 2)
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    going = [await grown(client, counter, word, "塑料片", likes=2_500) for _ in range(5)]
    shown = await preview(client, there["id"], filter={"text": "塑料片"})
    part = await split(client, there["id"], filter={"text": "塑料片"})
    assert (part["mention_count"], part["total"], part["grade"]) == (5, 12_500, "general")
    assert (shown["split_off"]["total"], shown["split_off"]["grade"]) == (12_500, "general")
    assert await ids_in(client, part["id"]) == set(going)
    assert await buckets(client, part["id"]) == await recounted(client, part["id"])
    assert [event["type"] for event in await timeline(client, part["id"])].count("incident.mentions_moved") == 1


async def test_media_follow_up_is_looked_at_anew_for_both(client, counter):
    word, domain = brand(), f"{uuid4().hex}.cn"
    good(
        await client.post("/v1/media-outlets", json={"name": f"{word}报", "tier": "central", "domains": [domain]}), 201
    )
    there, _ = await crisis(client, counter, brands=(word,), rule={"harm_class": "core_interest"})
    report = await post(client, f"{word} 差评 报道", url=f"https://{domain}/1")
    going, _ = await post(client, f"{word} 差评 甲"), await post(client, f"{word} 差评 乙")
    await counter.sweep()
    known = await incident(client, there["id"])
    assert (known["media_follow_up"], known["auto_grade"]) == ("confirmed", "major")
    shown = await preview(client, there["id"], mention_ids=[report, going])
    part = await split(client, there["id"], mention_ids=[report, going])
    rest = await incident(client, there["id"])
    assert (rest["media_follow_up"], rest["auto_grade"], rest["grade"]) == ("none", None, "major")
    assert (part["media_follow_up"], part["grade"]) == ("confirmed", "major")
    for side, made in (("source", rest), ("split_off", part)):
        assert (shown[side]["media_follow_up"], shown[side]["auto_grade"]) == (
            made["media_follow_up"], made["auto_grade"],
        )  # fmt: skip
    # The next report is news of the source; the one that was moved away is not.
    await post(client, f"{word} 差评", platform="news", url="https://unlisted.example/1")
    await counter.sweep()
    assert (await incident(client, there["id"]))["media_follow_up"] == "suspected"


async def test_a_report_that_a_person_took_out_speaks_for_the_incident_no_more(client, counter):
    word, domain = brand(), f"{uuid4().hex}.cn"
    good(
        await client.post("/v1/media-outlets", json={"name": f"{word}报", "tier": "central", "domains": [domain]}), 201
    )
    there, _ = await crisis(client, counter, brands=(word,))
    report = await post(client, f"{word} 差评 报道", url=f"https://{domain}/1")
    await counter.sweep()
    assert (await incident(client, there["id"]))["media_follow_up"] == "confirmed"
    body = {"mention_ids": [report], "reason": "不是一回事"}
    assert good(await client.post(f"{URL}/{there['id']}/detach", json=body))["media_follow_up"] == "none"


async def test_a_report_that_stays_alone_or_is_not_listed_asks_a_person(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    unlisted = await post(client, f"{word} 差评", platform="news")
    await counter.sweep()
    assert (await incident(client, there["id"]))["media_follow_up"] == "suspected"
    assert (await split(client, there["id"], mention_ids=[unlisted]))["media_follow_up"] == "suspected"
    assert (await incident(client, there["id"]))["media_follow_up"] == "none"


async def test_a_persons_word_on_media_stays(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    going = await grown(client, counter, word)
    good(await client.patch(f"{URL}/{there['id']}", json={"media_follow_up": "confirmed"}))
    shown = await preview(client, there["id"], mention_ids=[going])
    assert shown["source"]["media_follow_up"] == "confirmed"
    assert (await split(client, there["id"], mention_ids=[going]))["media_follow_up"] == "none"
    assert (await incident(client, there["id"]))["media_follow_up"] == "confirmed"


async def test_what_ended_can_be_split_and_a_part_of_a_drill_is_one(client, counter, database):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    going = await grown(client, counter, word)
    good(await client.put(f"{URL}/{there['id']}/status", json={"status": "dismissed", "reason": "误报"}))
    await database.fetch("update incidents set is_drill = true where id = $1", UUID(there["id"]))
    await again(client, going, likes=11_000)
    await counter.sweep()
    shown = await preview(client, there["id"], mention_ids=[going])
    assert (shown["before"]["auto_grade"], shown["before"]["grade"]) == ("general", None), "what ended is not graded"
    part = await split(client, there["id"], mention_ids=[going])
    assert (part["status"], part["grade"]) == ("responding", shown["split_off"]["grade"]) == ("responding", "general")
    assert (await incident(client, there["id"]))["status"] == "dismissed"
    (kept,) = await database.fetch("select is_drill from incidents where id = $1", UUID(part["id"]))
    assert kept["is_drill"]
    real = good(await client.post(URL, json={"title": "真的"}), 201)
    body = {"into_incident_id": real["id"], "reason": "x"}
    problem(await client.post(f"{URL}/{part['id']}/merge", json=body), 409, code="drills_stay_apart")


async def test_the_grade_of_a_false_alarm_ends_with_it(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    good(await client.put(f"{URL}/{there['id']}/grade", json={"grade": "major", "reason": "先按最坏的"}))
    good(await client.put(f"{URL}/{there['id']}/status", json={"status": "dismissed", "reason": "误报"}))
    real = good(await client.post(URL, json={"title": "真的"}), 201)
    body = {"into_incident_id": real["id"], "reason": "x"}
    merged = good(await client.post(f"{URL}/{there['id']}/merge", json=body))
    assert (merged["grade"], merged["mention_count"]) == (None, 1)
