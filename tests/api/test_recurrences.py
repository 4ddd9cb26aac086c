"""Incidents that are an earlier one again within 90 days after that was closed: found once, told, and counted (R63)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.acts import grade, move, opened
from tests.support.api import brand, everything, good, incident, make_rule, post, problem, timeline
from tests.support.people import bearer, make_key
from tests.support.risks import RISKS, make_measure, make_risk

LIST, COUNTS = "/v1/recurrences", "/v1/recurrence-counts"


async def closed(client, database, unit: str | None = None, *, days: float = 10, **fields) -> str:
    """An incident that was closed so many days ago."""
    incident_id = await opened(client, business_unit=unit, **fields)
    await grade(client, incident_id, "general")
    for status in ("handling", "closing", "closed"):
        good(await move(client, incident_id, status, override=True))
    await database.fetch(
        "update incidents set ended_at = now() - $2 * interval '1 day', opened_at = now() - ($2 + 2) * interval '1 day' "
        "where id = $1", UUID(incident_id), days,
    )  # fmt: skip
    return incident_id


async def told(client, incident_id: str):
    return [event for event in await timeline(client, incident_id) if event["type"] == "incident.recurred"]


async def test_the_same_business_unit_within_ninety_days_is_a_recurrence(client, database):
    unit = f"乳品{uuid4().hex[:8]}"
    past = await closed(client, database, unit, days=40.5, title="牛奶异物")
    again = await opened(client, business_unit=unit, title="牛奶又有异物")
    shown = await incident(client, again)
    assert (shown["recurrence_of"], shown["version"]) == (past, 1)
    [event] = await told(client, again)
    before = await incident(client, past)
    assert (event["seq"], event["actor"]) == (2, "system:fenghuo")
    assert event["data"] == {
        "incident_id": again, "number": shown["number"], "seq": 2, "is_drill": False, "past_incident_id": past,
        "past_number": before["number"], "recurrence_reason": "business_unit", "closed_at": before["ended_at"],
        "days_between": 40,
    }  # fmt: skip
    heard = await everything(client, "/v1/events", type="incident.recurred", incident_id=again)
    assert len(heard) == 1, "the world hears of it once"
    assert before["recurrence_of"] is None
    exported = (await client.get(f"/v1/incidents/{again}/timeline/export/markdown")).text
    assert f"{before['number']} 结案后第 40 天；同一业务部门" in exported.replace("\\", "")


@pytest.mark.parametrize(("days", "recurs"), [(0.1, True), (89.9, True), (90.1, False), (400, False)])
async def test_after_ninety_days_it_is_another_story(client, database, days, recurs):
    unit = uuid4().hex
    past = await closed(client, database, unit, days=days)
    assert (await incident(client, await opened(client, business_unit=unit)))["recurrence_of"] == (
        past if recurs else None
    )


async def test_one_that_is_not_closed_or_is_an_exercise_does_not_come_again(client, database):
    unit = uuid4().hex
    await opened(client, business_unit=unit)
    false_alarm = await opened(client, business_unit=unit)
    good(await move(client, false_alarm, "dismissed"))
    drill = await closed(client, database, unit, is_drill=True)
    assert (await incident(client, await opened(client, business_unit=unit)))["recurrence_of"] is None
    assert (await incident(client, await opened(client)))["recurrence_of"] is None, "no unit is no unit in common"
    practice = await opened(client, business_unit=unit, is_drill=True)
    assert (await incident(client, practice))["recurrence_of"] == drill


async def test_what_a_watch_rule_opens_again_is_a_recurrence_by_its_rule(client, database, counter):
    name, unit = brand(), uuid4().hex
    rule = await make_rule(client, name, business_unit=unit)
    past = await closed(client, database, unit, days=30)
    await database.fetch("update incidents set rule_id = $2 where id = $1", UUID(past), UUID(rule["id"]))
    await closed(client, database, unit, days=3)
    mention_id = await post(client, f"{name} 差评", sentiment="negative")
    await counter.sweep()
    again = good(await client.get(f"/v1/mentions/{mention_id}"))["incident_id"]
    assert (await incident(client, again))["recurrence_of"] == past, "its own rule comes before its unit"
    [event] = await told(client, again)
    assert event["data"]["recurrence_reason"] == "rule"


async def test_who_is_told_its_unit_later_is_looked_at_then_and_only_once(client, database):
    unit, other = uuid4().hex, uuid4().hex
    past = await closed(client, database, unit)
    await closed(client, database, other)
    again = await opened(client)
    for chosen in (unit, other, unit):
        good(await client.patch(f"/v1/incidents/{again}", json={"business_unit": chosen, "reason": "核对"}))
    assert (await incident(client, again))["recurrence_of"] == past
    assert len(await told(client, again)) == 1


async def test_a_recurrence_is_told_with_the_measures_and_decisions_that_did_not_hold(client, bare, database):
    unit = uuid4().hex
    past = await closed(client, database, unit, title="致电 13812345678")
    # What is closed without calm is reviewed from then on.
    [born] = await database.fetch("select review_id from review_incidents where incident_id = $1", UUID(past))
    review_id = born["review_id"]
    await database.fetch(
        "update review_decisions set state = 'no_change', reason = '致电 13812345678 即可', decided_at = now() "
        "where review_id = $1 and kind = 'process'", review_id,
    )  # fmt: skip
    risk = await make_risk(client)
    good(await client.post(f"{RISKS}/{risk['id']}/incidents", json={"incident_id": past}))
    measure = await make_measure(client, risk, title="加严抽检")
    again = await opened(client, business_unit=unit)
    later = await make_measure(client, risk, title="此后才有")
    [found] = await everything(client, LIST, business_unit=unit)
    assert (found["incident"]["incident_id"], found["past_incident"]["incident_id"]) == (again, past)
    assert (found["reason"], found["days_between"], found["review_id"]) == ("business_unit", 10, str(review_id))
    assert [one["id"] for one in found["measures"]] == [measure["id"]], later["id"]
    assert [(one["kind"], one["state"]) for one in found["decisions"]] == [
        ("process", "no_change"), ("risks", "open"), ("scope", "open")
    ]  # fmt: skip
    assert good(await client.get(f"/v1/incidents/{again}/similar"))["recurrence"] == found
    assert good(await client.get(f"/v1/incidents/{past}/similar"))["recurrence"] is None
    reads = bearer((await make_key(client, "reviews:read"))["key"])
    [masked] = good(await bare.get(LIST, params={"business_unit": unit}, headers=reads))["data"]
    assert masked["past_incident"]["title"] == "致电 138******78"
    assert masked["decisions"][0]["reason"] == "致电 138******78 即可"


async def test_recurrences_are_listed_and_counted(client, database):
    unit, quiet = uuid4().hex, uuid4().hex
    past = await closed(client, database, unit, days=20)
    ids = [await opened(client, business_unit=unit) for _ in range(3)]
    await opened(client, business_unit=quiet)
    assert [
        row["incident"]["incident_id"] for row in await everything(client, LIST, limit=1, business_unit=unit)
    ] == ids[::-1]
    assert len(await everything(client, LIST, past_incident_id=past)) == 3
    chosen = {"business_unit": [unit, quiet]}
    counts = good(await client.get(COUNTS, params=chosen))
    assert (counts["opened"], counts["recurred"]) == (5, 3)
    assert counts["by_reason"] == [{"reason": "rule", "count": 0}, {"reason": "business_unit", "count": 3}]
    assert counts["by_business_unit"] == [
        {"business_unit": unit, "opened": 4, "recurred": 3}, {"business_unit": quiet, "opened": 1, "recurred": 0}
    ]  # fmt: skip
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    lately = good(await client.get(COUNTS, params=chosen | {"opened_after": since}))
    assert (lately["opened"], lately["recurred"]) == (4, 3)
    assert good(await client.get(COUNTS, params=chosen | {"opened_before": since}))["recurred"] == 0
    good(await move(client, ids[0], "dismissed"))
    good(await client.post(f"/v1/incidents/{ids[1]}/merge", json={"into_incident_id": ids[2], "reason": "同一"}))
    after = good(await client.get(COUNTS, params=chosen))
    assert (after["opened"], after["recurred"]) == (3, 1), "false alarms and what was merged are not counted"
    assert [row["incident"]["incident_id"] for row in await everything(client, LIST, business_unit=unit)] == [ids[2]]
    problem(await client.get(LIST, params={"from": since}), 422, "?from")
