"""Clocks 时限 as people and monitors see them: started, tightened, met, told late, breached, called off."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.events import (
    DecisionMade,
    FactChecked,
    IncidentAcknowledged,
    MeetingHeld,
    PublicationRecorded,
)
from tests.support.api import brand, crisis, everything, good, incident, problem, timeline
from tests.support.clocks import act, clocks, grade_it, graded, minutes, pass_time, ring

URL = "/v1/deadlines"


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


async def move(client, incident_id: str, status: str) -> None:
    body = {"status": status, "reason": "测试"}
    good(await client.put(f"/v1/incidents/{incident_id}/status", json=body))


async def said(client, incident_id: str, type_: str) -> list[dict]:
    return [event["data"] for event in await timeline(client, incident_id) if event["type"] == type_]


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        ("major", {"first_response": 30, "emergency_meeting": 30, "fact_check": 60, "first_word": 120,
                   "first_statement": 1440, "closing": 4320}),
        ("serious", {"first_response": 60, "fact_check": 60, "first_word": 240, "first_statement": 1440,
                     "closing": 4320}),
        ("general", {"first_response": 60, "fact_check": 60, "first_word": 240, "first_statement": 1440,
                     "closing": 4320}),
    ],
)  # fmt: skip
async def test_a_grade_starts_the_plans_clocks(client, grade, expected):
    incident_id = await graded(client, grade)
    found = await clocks(client, incident_id)
    assert {kind: minutes(clock) for kind, clock in found.items()} == expected
    assert {clock["state"] for clock in found.values()} == {"running"}
    assert {clock["grade"] for clock in found.values()} == {grade}
    (set_,) = await said(client, incident_id, "incident.deadlines_set")
    assert {entry["clock"] for entry in set_["deadlines"]} == expected.keys()


async def test_a_watched_incident_has_no_clocks(client):
    assert await clocks(client, await graded(client, None)) == {}


async def test_the_machines_grade_starts_them_too_in_the_same_transaction(client, counter):
    there, _ = await crisis(client, counter, brands=(brand(),), likes=11_000, published_at=ago(minutes=9).isoformat())
    found = await clocks(client, there["id"])
    assert there["graded_at"] == found["first_response"]["started_at"]


async def test_a_raise_tightens_what_runs_and_adds_what_is_new(client, database):
    incident_id = await graded(client, "general")
    await pass_time(database, incident_id, minutes=10)
    before = await clocks(client, incident_id)
    await grade_it(client, incident_id, "major")
    after = await clocks(client, incident_id)
    assert after["first_response"]["id"] == before["first_response"]["id"]
    assert minutes(after["first_response"]) == pytest.approx(40, abs=0.1)
    assert minutes(after["fact_check"]) == 60
    assert minutes(after["first_word"]) == pytest.approx(130, abs=0.1)
    assert minutes(after["emergency_meeting"]) == 30
    assert {clock["grade"] for clock in after.values()} == {"major"}
    actions = {
        entry["clock"]: entry["action"]
        for entry in (await said(client, incident_id, "incident.deadlines_set"))[1]["deadlines"]
    }
    assert actions == {"first_response": "tightened", "first_word": "tightened", "emergency_meeting": "started"}


async def test_lowering_relaxes_nothing(client):
    incident_id = await graded(client, "major")
    before = await clocks(client, incident_id)
    await grade_it(client, incident_id, "general")
    await grade_it(client, incident_id, None)
    assert await clocks(client, incident_id) == before


async def test_each_raise_calls_for_a_response_anew(client, database):
    incident_id = await graded(client, "general")
    await act(database, incident_id, IncidentAcknowledged)
    await act(database, incident_id, FactChecked, truth="confirmed", responsibility="company")
    await grade_it(client, incident_id, "serious")
    rows = await everything(client, URL, incident_id=incident_id, kind="first_response")
    assert [row["state"] for row in sorted(rows, key=lambda row: row["started_at"])] == ["met", "running"]
    assert len(await everything(client, URL, incident_id=incident_id, kind="fact_check")) == 1


async def test_warnings_and_the_breach_ring_once_each_in_order(client, database):
    incident_id = await graded(client, "major")
    assert await ring(database, incident_id) == 0
    rung = []
    for passed in (15, 9, 6, 30):  # 15, 24, 30 minutes: half, 80 per cent, the end of 30 minutes
        await pass_time(database, incident_id, minutes=passed)
        rung.append(await ring(database, incident_id))
        assert await ring(database, incident_id) == 0
    found = await clocks(client, incident_id)
    assert found["first_response"]["state"] == found["emergency_meeting"]["state"] == "breached"
    assert [entry["threshold"] for entry in found["first_response"]["rings"]] == [50, 80, 100]
    assert found["fact_check"]["state"] == "breached"
    warnings, breaches = await said(client, incident_id, "sla.warning"), await said(client, incident_id, "sla.breached")
    of = lambda events: sorted((event["clock"], event.get("threshold", 100)) for event in events)
    thirty = ("emergency_meeting", "first_response")
    assert of(warnings) == sorted(
        [(kind, p) for kind in (*thirty, "fact_check") for p in (50, 80)] + [("first_word", 50)]
    )  # fmt: skip
    assert of(breaches) == sorted([(kind, 100) for kind in (*thirty, "fact_check")])
    assert sum(rung) == len(warnings) + len(breaches)


async def test_the_first_word_warns_and_rings_no_breach_and_too_late_is_too_late(client, database):
    late, in_time = await graded(client, "major"), await graded(client, "major")
    await pass_time(database, late, hours=5)
    await ring(database, late)
    word = (await clocks(client, late))["first_word"]
    assert (word["state"], [ring_["threshold"] for ring_ in word["rings"]]) == ("running", [50, 80])
    said_ = {"platform": "weibo", "statement_kind": "holding", "on_origin": False, "statement_made": False}
    for incident_id, state in ((late, "breached"), (in_time, "met")):
        await act(database, incident_id, PublicationRecorded, **said_)
        word = (await clocks(client, incident_id))["first_word"]
        assert (word["state"], word["ended_at"] is not None) == (state, True)
    assert "first_word" not in {data["clock"] for data in await said(client, late, "sla.breached")}


async def test_what_rang_late_says_by_how_much(client, database):
    incident_id = await graded(client, "general")
    await pass_time(database, incident_id, minutes=90)
    await ring(database, incident_id)
    (breach,) = [event for event in await said(client, incident_id, "sla.breached") if event["clock"] == "fact_check"]
    assert breach["late_by_seconds"] == pytest.approx(1_800, abs=5)
    rings = (await clocks(client, incident_id))["fact_check"]["rings"]
    assert [entry["late_by_seconds"] for entry in rings] == pytest.approx([3_600, 2_520, 1_800], abs=5)


async def test_a_raise_whose_new_end_half_passed_rings_at_once_and_is_not_called_late(client, database):
    incident_id = await graded(client, "general")
    await pass_time(database, incident_id, minutes=29)
    assert await ring(database, incident_id) == 0
    await grade_it(client, incident_id, "major")  # first_response is due at 59 of now 59 minutes: half of it is 29.5
    await pass_time(database, incident_id, minutes=2)
    await ring(database, incident_id)
    half = (await clocks(client, incident_id))["first_response"]["rings"]
    assert [entry["threshold"] for entry in half] == [50]
    await pass_time(database, incident_id, minutes=17)  # 48 minutes of 59: past 80 per cent by 0.8
    await ring(database, incident_id)
    assert [entry["threshold"] for entry in (await clocks(client, incident_id))["first_response"]["rings"]] == [50, 80]


ACTS = [
    ("first_response", IncidentAcknowledged, {}),
    ("emergency_meeting", MeetingHeld, {"has_direction": True}),
    ("fact_check", FactChecked, {"truth": "confirmed", "responsibility": "company"}),
    (
        "first_statement",
        PublicationRecorded,
        {"platform": "weibo", "statement_kind": "apology", "on_origin": True, "statement_made": True},
    ),
    ("first_statement", DecisionMade, {"decision_kind": "no_statement", "corrects": None, "statement_made": True}),
    (
        "first_word",
        PublicationRecorded,
        {"platform": "weibo", "statement_kind": "holding", "on_origin": False, "statement_made": False},
    ),
]


@pytest.mark.parametrize(("kind", "event", "members"), ACTS)
async def test_an_act_meets_its_clock(client, database, kind, event, members):
    incident_id = await graded(client, "major")
    await act(database, incident_id, event, **members)
    clock = (await clocks(client, incident_id))[kind]
    assert (clock["state"], clock["met_by"]) == ("met", "system:fenghuo")
    assert clock["met_at"] == clock["recorded_at"] == clock["ended_at"]
    (met,) = [data for data in await said(client, incident_id, "sla.met") if data["clock"] == kind]
    assert (met["deadline_id"], met["state"]) == (clock["id"], "met")
    await pass_time(database, incident_id, hours=100)
    await ring(database, incident_id)
    assert (await clocks(client, incident_id))[kind]["state"] == "met"


@pytest.mark.parametrize(
    ("event", "members"),
    [
        (MeetingHeld, {"has_direction": False}),
        (
            PublicationRecorded,
            {"platform": "weibo", "statement_kind": "holding", "on_origin": True, "statement_made": False},
        ),
        (
            PublicationRecorded,
            {"platform": "weibo", "statement_kind": "apology", "on_origin": False, "statement_made": False},
        ),
        (DecisionMade, {"decision_kind": "other", "corrects": None, "statement_made": False}),
    ],
)
async def test_half_an_act_meets_nothing_but_the_first_word(client, database, event, members):
    incident_id = await graded(client, "major")
    await act(database, incident_id, event, **members)
    states = {kind: clock["state"] for kind, clock in (await clocks(client, incident_id)).items()}
    states.pop("first_word")
    assert set(states.values()) == {"running"}


async def test_what_was_done_in_time_and_told_after_the_breach_is_met_recorded_late(client, database):
    incident_id = await graded(client, "major")
    await pass_time(database, incident_id, minutes=40)
    await ring(database, incident_id)
    await act(database, incident_id, IncidentAcknowledged, ago(minutes=15))
    clock = (await clocks(client, incident_id))["first_response"]
    assert clock["state"] == "met_recorded_late"
    assert clock["met_at"] < clock["due_at"] < clock["recorded_at"]
    assert [entry["threshold"] for entry in clock["rings"]] == [50, 80, 100]


async def test_what_was_done_too_late_stays_breached_and_says_when_it_was_done(client, database):
    incident_id = await graded(client, "major")
    await pass_time(database, incident_id, minutes=40)
    await ring(database, incident_id)
    await act(database, incident_id, IncidentAcknowledged, ago(minutes=5))
    await act(database, incident_id, IncidentAcknowledged)  # a second one changes nothing
    clock = (await clocks(client, incident_id))["first_response"]
    assert (clock["state"], clock["met_at"] > clock["due_at"]) == ("breached", True)
    assert datetime.fromisoformat(clock["met_at"]) < ago(minutes=4)
    assert await said(client, incident_id, "sla.met") == []


async def test_an_act_after_the_end_does_not_outrun_a_breach_that_had_not_rung(client, database):
    incident_id = await graded(client, "major")
    await pass_time(database, incident_id, minutes=40)
    await act(database, incident_id, IncidentAcknowledged)
    clock = (await clocks(client, incident_id))["first_response"]
    assert (clock["state"], [entry["threshold"] for entry in clock["rings"]]) == ("breached", [50, 80, 100])
    assert (
        len([data for data in await said(client, incident_id, "sla.breached") if data["clock"] == "first_response"])
        == 1
    )


async def test_an_act_before_the_end_outruns_a_breach_that_had_not_rung(client, database):
    incident_id = await graded(client, "major")
    await pass_time(database, incident_id, minutes=40)
    await act(database, incident_id, IncidentAcknowledged, ago(minutes=15))
    clock = (await clocks(client, incident_id))["first_response"]
    assert (clock["state"], clock["rings"]) == ("met", [])


async def test_a_response_from_before_a_raise_does_not_answer_it(client, database):
    incident_id = await graded(client, "general")
    await act(database, incident_id, IncidentAcknowledged)
    await grade_it(client, incident_id, "major")
    await act(database, incident_id, IncidentAcknowledged, ago(minutes=1))
    assert (await clocks(client, incident_id))["first_response"]["state"] == "running"


async def test_facts_that_were_checked_while_it_was_watched_need_no_clock(client, database):
    incident_id = await graded(client, None)
    await act(database, incident_id, FactChecked, truth="confirmed", responsibility="company")
    await act(
        database,
        incident_id,
        PublicationRecorded,
        platform="weibo",
        statement_kind="apology",
        on_origin=True,
        statement_made=True,
    )
    await grade_it(client, incident_id, "major")
    assert (await clocks(client, incident_id)).keys() == {"first_response", "emergency_meeting", "closing"}


@pytest.mark.parametrize("status", ["dismissed"])
async def test_an_end_calls_everything_off_and_a_comeback_calls_for_it_again(client, database, status):
    incident_id = await graded(client, "major")
    await act(database, incident_id, FactChecked, truth="confirmed", responsibility="company")
    await move(client, incident_id, status)
    found = await clocks(client, incident_id)
    assert found.pop("fact_check")["state"] == "met"
    assert {clock["state"] for clock in found.values()} == {"cancelled"}
    assert all(clock["reason"] for clock in found.values())
    await pass_time(database, incident_id, hours=100)
    assert await ring(database, incident_id) == 0
    await move(client, incident_id, "responding")
    again = await clocks(client, incident_id)
    assert {kind for kind, clock in again.items() if clock["state"] == "running"} == found.keys()


async def test_lists_are_filtered_and_paged_by_due_time(client):
    incident_id = await graded(client, "major")
    rows = await everything(client, URL, incident_id=incident_id, limit=2)
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)
    assert len(rows) == 6
    soon = await everything(
        client, URL, incident_id=incident_id, due_before=rows[3]["due_at"], kind=["first_response", "fact_check"]
    )
    assert {row["kind"] for row in soon} == {"first_response", "fact_check"}
    assert await everything(client, URL, incident_id=incident_id, state="breached") == []
    assert await everything(client, URL, incident_id=incident_id, grade="general") == []
    assert good(await client.get(f"{URL}/{rows[0]['id']}")) == rows[0]
    problem(await client.get(f"{URL}/{incident_id}"), 404)


async def test_the_summary_counts_by_when_it_happened_and_by_when_it_was_told(client, database):
    before = good(await client.get("/v1/sla/summary"))
    ids = [await graded(client, "major") for _ in range(4)]
    for incident_id in ids[:3]:
        await pass_time(database, incident_id, minutes=40)
    for incident_id in ids[1:3]:
        await ring(database, incident_id)
    await act(database, ids[0], IncidentAcknowledged, ago(minutes=20))  # in time, told before the breach rang
    await act(database, ids[1], IncidentAcknowledged, ago(minutes=30))  # in time, told after it
    row = lambda found: next(
        (row for row in found["data"] if (row["kind"], row["grade"]) == ("first_response", "major")), {}
    )  # fmt: skip
    after = good(await client.get("/v1/sla/summary"))
    gained = {name: row(after)[name] - row(before).get(name, 0)
              for name in ("running", "met", "met_recorded_late", "breached")}  # fmt: skip
    assert gained == {"running": 1, "met": 1, "met_recorded_late": 1, "breached": 1}
    mine = row(after)
    ended = mine["met"] + mine["met_recorded_late"] + mine["breached"]
    assert mine["compliance"] == (mine["met"] + mine["met_recorded_late"]) / ended
    assert mine["compliance_as_recorded"] == mine["met"] / ended
    assert good(await client.get("/v1/sla/summary", params={"started_after": "2099-01-01T00:00:00Z"}))["data"] == []


async def test_what_rings_changes_no_version(client, database):
    incident_id = await graded(client, "major")
    before = await incident(client, incident_id)
    await pass_time(database, incident_id, minutes=40)
    await ring(database, incident_id)
    assert (await incident(client, incident_id))["version"] == before["version"]
