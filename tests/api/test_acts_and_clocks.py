"""What people put on record stops the clocks that wait for it, over HTTP from end to end."""

import httpx

from tests.support.acts import check_facts, decide, meet, move, person_headers, publish, put
from tests.support.api import crisis, good, timeline
from tests.support.clocks import clocks, grade_it, graded


async def states(client: httpx.AsyncClient, incident_id: str) -> dict[str, str]:
    """Of each clock but the alert of the post."""
    found = await clocks(client, incident_id)
    return {kind: clock["state"] for kind, clock in found.items() if kind != "alert"}


async def test_people_stop_the_clocks_of_a_major_incident(client, bare, counter):
    there, _ = await crisis(client, counter, platform="xiaohongshu")
    await grade_it(client, there["id"], "major")
    headers = await person_headers(client, "incidents:write")
    answer = await bare.post(f"/v1/incidents/{there['id']}/acknowledgements", json={}, headers=headers)
    assert (await clocks(client, there["id"]))["first_response"]["met_by"] == good(answer, 201)["actor"]
    await meet(client, there["id"])
    assert (await states(client, there["id"]))["emergency_meeting"] == "running", "no direction yet"
    await meet(client, there["id"], "先停售")
    await check_facts(client, there["id"])
    await publish(client, there["id"], "xiaohongshu", "holding")
    assert await states(client, there["id"]) == {
        "first_response": "met", "emergency_meeting": "met", "fact_check": "met", "first_word": "met",
        "first_statement": "running", "closing": "running",
    }  # fmt: skip
    await publish(client, there["id"], "weibo", "apology")
    assert (await states(client, there["id"]))["first_statement"] == "running", "not where it began"
    await publish(client, there["id"], "xiaohongshu", "apology")
    assert (await states(client, there["id"]))["first_statement"] == "met"


async def test_a_statement_where_it_was_decided_to_make_it_is_the_statement(client, counter):
    there, _ = await crisis(client, counter, platform="forum")
    await grade_it(client, there["id"], "serious")
    await publish(client, there["id"], "weibo", "clarification")
    assert (await states(client, there["id"]))["first_statement"] == "running"
    await decide(client, there["id"], kind="origin_not_applicable", substitute_platform="weibo")
    assert (await states(client, there["id"]))["first_statement"] == "met"
    made = [event["data"]["statement_made"] for event in await timeline(client, there["id"])
            if "statement_made" in event["data"]]  # fmt: skip
    assert made == [False, True]


async def test_the_decision_not_to_speak_stops_both_clocks_and_its_correction_starts_none(client):
    incident_id = await graded(client, "general")
    silent = await decide(client, incident_id, kind="no_statement")
    assert {k: v for k, v in (await states(client, incident_id)).items() if k.startswith("first_")} == {
        "first_response": "running", "first_word": "cancelled", "first_statement": "met",
    }  # fmt: skip
    await decide(client, incident_id, corrects=silent["id"], choice="发声")
    assert (await states(client, incident_id))["first_statement"] == "met", "what is met never changes again"


async def test_what_was_decided_and_taken_back_while_it_was_watched_does_not_stop_a_clock(client):
    incident_id = await graded(client, None)
    silent = await decide(client, incident_id, kind="no_statement")
    await decide(client, incident_id, corrects=silent["id"], choice="发声")
    await grade_it(client, incident_id, "general")
    assert (await states(client, incident_id))["first_statement"] == "running"


async def test_closing_with_a_waived_calm_meets_closing_and_starts_the_review(client):
    incident_id = await graded(client, "general")
    for status in ("handling", "closing"):
        good(await move(client, incident_id, status, override=True))
    assert (await states(client, incident_id))["closing"] == "running"
    good(await move(client, incident_id, "closed", override=True))
    after = await states(client, incident_id)
    assert (after["closing"], after["review"]) == ("met", "running")
    # It burns again: people are called anew, it is to be closed once more, and there is nothing to review yet.
    good(await move(client, incident_id, "responding"))
    after = await states(client, incident_id)
    assert (after["first_response"], after["closing"], after["review"]) == ("running", "running", "cancelled")
    assert (await put(client, incident_id, "meetings", direction="再议")).status_code == 201
