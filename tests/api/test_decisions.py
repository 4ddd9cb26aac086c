"""The decision log: what was decided, with what was known at that moment; corrections are entries of their own."""

import asyncio
from uuid import uuid4

import pytest

from tests.support.acts import DECISION, URL, check_facts, decide, grade, meet, opened, publish, put
from tests.support.api import ago, crisis, everything, good, incident, post, problem, spread, timeline


async def test_a_decision_keeps_what_was_known_whatever_comes_after(client, counter):
    there, _ = await crisis(
        client, counter, brands=(word := f"决策{uuid4().hex[:8]}",), rule={"harm_class": "user_rights"},
        platform="xiaohongshu", likes=60_000, published_at=ago(minutes=30),
    )  # fmt: skip
    incident_id = there["id"]
    checked = await check_facts(client, incident_id, truth="partly_confirmed", responsibility="supplier")
    running = await everything(client, "/v1/deadlines", incident_id=incident_id, state="running")
    assert "fact_check" not in {row["kind"] for row in running}
    before, windows = await incident(client, incident_id), (await spread(client, incident_id))["windows"]
    made = await decide(client, incident_id)
    known = made["known"]
    assert known["at"] == made["recorded_at"]
    for name in ("status", "grade", "auto_grade", "suggested_grade", "harm_class", "media_follow_up", "total",
                 "mention_count"):  # fmt: skip
        assert known[name] == before[name], name
    assert (known["grade"], known["total"]) == ("serious", 60_000)
    assert known["windows"] == [
        {"rule": w["rule"], "window_seconds": w["window_seconds"], "sum": w["current"], "threshold": w["threshold"]}
        for w in windows
    ]
    assert (known["origin_platform"], known["calmed_at"]) == ("xiaohongshu", None)
    assert known["fact_check"] == {name: checked[name] for name in ("id", "happened_at", "truth", "responsibility")}
    assert [(row["kind"], row["due_at"]) for row in known["deadlines"]] == [
        (row["kind"], row["due_at"]) for row in running
    ]
    await check_facts(client, incident_id, truth="unfounded", responsibility="user")
    await grade(client, incident_id, "major")
    await post(client, f"{word} 差评", likes=9_000, published_at=ago(minutes=5))
    await counter.sweep()
    again = good(await client.get(f"{URL}/{incident_id}/decisions/{made['id']}"))
    assert again == made
    later = (await decide(client, incident_id))["known"]
    assert (later["grade"], later["total"], later["fact_check"]["truth"]) == ("major", 69_000, "unfounded")


async def test_of_an_incident_of_which_nothing_is_known_yet_that_is_kept(client):
    known = (await decide(client, await opened(client)))["known"]
    assert (known["status"], known["grade"], known["fact_check"], known["deadlines"]) == ("watching", None, None, [])
    assert (known["origin_platform"], known["total"]) == (None, 0)
    assert {window["sum"] for window in known["windows"]} == {0}


async def test_a_correction_is_a_new_entry_and_the_corrected_one_says_so(client):
    incident_id = await opened(client)
    first = await decide(client, incident_id)
    second = await decide(client, incident_id, corrects=first["id"], choice="发声", reason="媒体跟进")
    assert (second["corrects"], second["corrected_by"]) == (first["id"], None)
    shown = {row["id"]: row for row in await everything(client, f"{URL}/{incident_id}/decisions")}
    assert shown == {first["id"]: first | {"corrected_by": second["id"]}, second["id"]: second}
    refused = await put(client, incident_id, "decisions", **DECISION | {"corrects": first["id"]})
    assert second["id"] in problem(refused, 409, "/corrects", code="already_corrected")["detail"]
    third = await decide(client, incident_id, corrects=second["id"])
    events = [event["data"] for event in (await timeline(client, incident_id))[-3:]]
    assert [event["corrects"] for event in events] == [None, first["id"], second["id"]]
    assert events[-1]["decision_id"] == third["id"]


async def test_one_entry_is_corrected_once_however_many_try_at_once(client):
    incident_id = await opened(client)
    first = await decide(client, incident_id)
    body = DECISION | {"corrects": first["id"]}
    answers = await asyncio.gather(*(put(client, incident_id, "decisions", **body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"kind": "silence"}, "/kind"), ({"question": " "}, "/question"), ({"choice": ""}, "/choice"), ({"reason": ""}, "/reason"),
    ({"options": ["x"] * 21}, "/options"), ({"options": [""]}, "/options/0"), ({"known": {}}, "/known"),
    ({"substitute_platform": "weibo"}, "/substitute_platform"), ({"corrects": str(uuid4())}, "/corrects"),
    ({"kind": "origin_not_applicable", "substitute_platform": "myspace"}, "/substitute_platform"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, fields, pointer):
    problem(await put(client, await opened(client), "decisions", **DECISION | fields), 422, pointer)


async def test_a_decision_of_another_incident_is_not_corrected_here(client):
    other = await decide(client, await opened(client))
    body = DECISION | {"corrects": other["id"]}
    problem(await put(client, await opened(client), "decisions", **body), 422, "/corrects")


async def test_the_log_is_read_in_full_beside_the_other_acts(client):
    incident_id = await opened(client)
    await meet(client, incident_id, "先停售")
    await publish(client, incident_id)
    made = [(await decide(client, incident_id))["id"] for _ in range(5)]
    assert [row["id"] for row in await everything(client, f"{URL}/{incident_id}/decisions", limit=2)] == made[::-1]
