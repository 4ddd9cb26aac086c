"""The silence between our public words: by grade, from the last of them, told once each time it lasts too long."""

from datetime import datetime, timedelta

import pytest

from tests.support.acts import decide, grade, move, opened, publish
from tests.support.api import ago, brand, good, problem
from tests.support.clocks import tell
from tests.support.words import pass_hours, ring, silence, told

POLICY = "/v1/sla-policies"
PLAN = f"{POLICY}/00000000-0000-0000-0000-000000000001"


async def burning(client, by: str = "major") -> str:
    incident_id = await opened(client)
    await grade(client, incident_id, by)
    return incident_id


def hours(shown: dict) -> float:
    return (datetime.fromisoformat(shown["next_due_at"]) - datetime.fromisoformat(shown["silent_since"])) / timedelta(
        hours=1
    )


@pytest.mark.parametrize(("by", "cadence"), [("major", 2), ("serious", 4), ("general", 8)])
async def test_it_is_counted_from_the_grade_by_its_cadence(client, by, cadence):
    incident_id = await opened(client)
    before = await silence(client, incident_id)
    assert (before["stopped_by"], before["silent_since"], before["next_due_at"]) == ("ungraded", None, None)
    await grade(client, incident_id, by)
    shown = await silence(client, incident_id)
    assert (shown["stopped_by"], shown["cadence_seconds"], hours(shown)) == (None, cadence * 3600, cadence)
    assert (shown["last_word_at"], shown["rings"]) == (None, [])


async def test_it_rings_once_never_early_and_again_each_cadence(client, database):
    incident_id = await burning(client)
    await pass_hours(database, incident_id, 1.99)
    assert await ring(database, incident_id) == 0, "never early"
    await pass_hours(database, incident_id, 0.02)
    assert (await ring(database, incident_id), await ring(database, incident_id)) == (1, 0)
    [event] = await told(client, incident_id)
    assert (event["grade"], event["is_drill"]) == ("major", False)
    assert 0 < event["late_by_seconds"] <= 40
    await pass_hours(database, incident_id, 1.97)
    assert await ring(database, incident_id) == 0
    await pass_hours(database, incident_id, 0.03)
    assert await ring(database, incident_id) == 1
    first, second = await told(client, incident_id)
    gap = datetime.fromisoformat(second["silent_since"]) - datetime.fromisoformat(first["silent_since"])
    assert gap == timedelta(hours=-2), "one silence, which the test moved back by two hours"
    shown = await silence(client, incident_id)
    assert [one["due_at"] for one in shown["rings"]] == sorted((one["due_at"] for one in shown["rings"]), reverse=True)
    assert len(shown["rings"]) == 2


async def test_any_public_word_begins_it_anew_from_when_it_was_said(client, database):
    incident_id = await burning(client)
    await pass_hours(database, incident_id, 1.5)
    said = await publish(client, incident_id, kind="holding")
    shown = await silence(client, incident_id)
    assert (shown["silent_since"], shown["last_word_at"], hours(shown)) == (said["happened_at"], said["happened_at"], 2)
    await pass_hours(database, incident_id, 1)
    assert await ring(database, incident_id) == 0
    await pass_hours(database, incident_id, 1.01)
    assert await ring(database, incident_id) == 1


async def test_a_word_that_is_told_late_counts_from_when_it_was_said_and_does_not_ring_again_for_what_rang(
    client, database
):
    incident_id = await burning(client)
    await pass_hours(database, incident_id, 3)
    assert await ring(database, incident_id) == 1
    body = {"platform": "weibo", "statement_kind": "holding", "happened_at": ago(hours=2.5)}
    good(await client.post(f"/v1/incidents/{incident_id}/publications", json=body), 201)
    shown = await silence(client, incident_id)
    assert hours(shown) == 2, "half an hour ago it had lasted two hours since that word"
    assert await ring(database, incident_id) == 1
    [_, again] = await told(client, incident_id)
    assert again["late_by_seconds"] == 0, "we know of it only now"
    older = body | {"happened_at": ago(hours=2.9)}
    good(await client.post(f"/v1/incidents/{incident_id}/publications", json=older), 201)
    assert (await silence(client, incident_id))["silent_since"] == shown["silent_since"], (
        "an older word changes nothing"
    )


async def test_a_raise_makes_it_due_earlier_and_lowering_relaxes_nothing(client, database):
    incident_id = await burning(client, "general")
    await pass_hours(database, incident_id, 1)
    await grade(client, incident_id, "major")
    shown = await silence(client, incident_id)
    assert hours(shown) == pytest.approx(3, abs=0.01), "two hours from the raise"
    await grade(client, incident_id, "general")
    lowered = await silence(client, incident_id)
    assert (lowered["next_due_at"], lowered["cadence_seconds"]) == (shown["next_due_at"], 8 * 3600)
    await pass_hours(database, incident_id, 6.5)
    await grade(client, incident_id, "major")
    assert await ring(database, incident_id) == 1, "what is due before the raise's end stays due"


async def test_after_an_outage_it_is_told_once_for_all_that_passed(client, database):
    incident_id = await burning(client)
    await pass_hours(database, incident_id, 9)
    assert await ring(database, incident_id) == 1
    [event] = await told(client, incident_id)
    assert event["late_by_seconds"] == pytest.approx(7 * 3600, abs=30)
    assert hours(await silence(client, incident_id)) == 10


async def test_it_stops_with_calm_closing_and_the_end_and_comes_back(client, database):
    incident_id = await burning(client)
    await pass_hours(database, incident_id, 1)
    for status, why in (("handling", None), ("closing", "closing"), ("handling", None), ("closing", "closing"),
                        ("closed", "ended"), ("responding", None)):  # fmt: skip
        good(await move(client, incident_id, status, override=True))
        shown = await silence(client, incident_id)
        assert shown["stopped_by"] == why
        if why is not None:
            assert (shown["silent_since"], shown["next_due_at"]) == (None, None)
    assert hours(shown) == 2, "counted from its coming back"
    await pass_hours(database, incident_id, 2.1)
    good(await move(client, incident_id, "handling", override=True))
    good(await move(client, incident_id, "closing", override=True))
    assert await ring(database, incident_id) == 0, "what is stopped never rings"
    assert await told(client, incident_id) == []


async def test_calm_stops_it_and_a_relapse_brings_it_back(client, database):
    from app.domain.events import IncidentCalmed, IncidentRebounded

    incident_id = await burning(client)
    now = datetime.fromisoformat(ago())
    await database.fetch("update incidents set calmed_at = now() where id = $1", incident_id)
    await tell(database, incident_id, lambda place: IncidentCalmed(**place, calmed_at=now, evidence={}))
    assert (await silence(client, incident_id))["stopped_by"] == "calm"
    await database.fetch("update incidents set calmed_at = null where id = $1", incident_id)
    await tell(
        database, incident_id, lambda place: IncidentRebounded(**place, calmed_at=now, reason="二次发酵", evidence={})
    )
    shown = await silence(client, incident_id)
    assert (shown["stopped_by"], hours(shown)) == (None, 2)


async def test_a_decision_not_to_speak_stops_it_until_it_is_corrected(client):
    incident_id = await burning(client)
    decided = await decide(client, incident_id, kind="no_statement")
    assert (await silence(client, incident_id))["stopped_by"] == "no_statement"
    await decide(client, incident_id, kind="other", choice="发声", corrects=decided["id"])
    assert (await silence(client, incident_id))["stopped_by"] is None


async def test_what_loses_its_grade_is_waited_for_no_more(client):
    incident_id = await burning(client)
    await grade(client, incident_id, None)
    assert (await silence(client, incident_id))["stopped_by"] == "ungraded"


async def test_a_merge_gives_nobody_more_time(client, database):
    source, target = await burning(client), await opened(client)
    await pass_hours(database, source, 1.5)
    due = (await silence(client, source))["next_due_at"]
    good(await client.post(f"/v1/incidents/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    assert (await silence(client, source))["stopped_by"] == "ended"
    assert (await silence(client, target))["next_due_at"] == due


@pytest.mark.parametrize("spoken", [False, True])
async def test_nor_does_a_merge_into_one_that_waits_itself_unless_we_spoke_there(client, database, spoken):
    source, target = await burning(client), await burning(client)
    await pass_hours(database, source, 1.5)
    if spoken:
        await publish(client, target)
    sooner, later = [(await silence(client, one))["next_due_at"] for one in (source, target)]
    good(await client.post(f"/v1/incidents/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    assert (await silence(client, target))["next_due_at"] == (later if spoken else sooner)


async def test_the_cadence_is_data_of_the_policy(client, database):
    plan = good(await client.get(PLAN))
    assert plan["silence"] == {"major": 7200, "serious": 14400, "general": 28800}
    assert plan["origin_grace_seconds"] == 1800
    body = {"name": brand(), "clocks": plan["clocks"], "silence": {"major": 600, "general": None}}
    made = good(await client.post(POLICY, json=body), 201)
    assert made["silence"] == {"major": 600, "serious": 14400, "general": None}
    waits = await burning(client, "serious")
    try:
        good(await client.post(f"{POLICY}/{made['id']}/activate"))
        assert hours(await silence(client, await burning(client))) == pytest.approx(1 / 6)
        assert (await silence(client, await burning(client, "general")))["stopped_by"] == "no_cadence"
        assert hours(await silence(client, waits)) == 4, "what runs keeps its end"
    finally:
        good(await client.post(f"{PLAN}/activate"))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"silence": {"major": 59}}, "/silence/major"),
        ({"silence": {"minor": 60}}, "/silence/minor"),
        ({"silence": {"major": "60"}}, "/silence/major"),
        ({"origin_grace_seconds": -1}, "/origin_grace_seconds"),
        ({"origin_grace_seconds": 86_401}, "/origin_grace_seconds"),
    ],
)
async def test_a_cadence_that_makes_no_sense_is_refused(client, fields, pointer):
    plan = good(await client.get(PLAN))
    problem(await client.post(POLICY, json={"name": brand(), "clocks": plan["clocks"]} | fields), 422, pointer)


async def test_an_incident_that_there_is_not_has_no_silence(client):
    problem(await client.get("/v1/incidents/00000000-0000-0000-0000-000000000000/silence"), 404)
