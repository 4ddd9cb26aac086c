"""Guards before a person's moves, how a lead passes them, and that `allowed_actions` says beforehand what will be said."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.domain.lifecycle import MOVES
from tests.support.acts import (
    DECISION,
    URL,
    check_facts,
    decide,
    grade,
    meet,
    move,
    opened,
    person_headers,
    publish,
    put,
)
from tests.support.api import brand, crisis, good, incident, post, problem, timeline
from tests.support.people import bearer, make_key, make_person

OF_A_GUARD = {
    "fact_check": "fact check", "meeting_with_direction": "direction", "origin_statement": "publication",
    "calm": "calm test",
}  # fmt: skip


async def at(client, status: str, *, grade_: str = "general") -> str:
    """An incident in a status, with nothing on record."""
    incident_id = await opened(client)
    await grade(client, incident_id, grade_)
    for step in ("handling", "closing")[: ("responding", "handling", "closing").index(status)]:
        good(await move(client, incident_id, step, override=True))
    return incident_id


async def refused(client, incident_id: str, status: str, *missing: str) -> None:
    """The move is refused for just this, in words too, and beforehand; and nothing was changed by asking."""
    before = await client.get(f"{URL}/{incident_id}")
    told = problem(await move(client, incident_id, status), 409, "/status", code="guards_missing")
    assert told["missing"] == list(missing)
    assert [error["code"] for error in told["errors"]] == list(missing)
    for guard in missing:
        assert OF_A_GUARD[guard] in told["detail"]
    [choice] = [one for one in good(before)["allowed_actions"] if one["status"] == status]
    assert choice == {"action": "set_status", "status": status, "allowed": False, "missing": list(missing),
                      "refusal": "guards_missing"}  # fmt: skip
    assert (await client.get(f"{URL}/{incident_id}")).headers["etag"] == before.headers["etag"]


async def test_before_it_is_handled_the_facts_are_checked(client):
    incident_id = await at(client, "responding")
    await refused(client, incident_id, "handling", "fact_check")
    await check_facts(client, incident_id)
    assert good(await move(client, incident_id, "handling"))["status"] == "handling"
    good(await move(client, incident_id, "responding"))
    good(await move(client, incident_id, "handling"))


async def test_at_major_a_meeting_has_set_a_direction_too(client):
    incident_id = await at(client, "responding", grade_="major")
    await refused(client, incident_id, "handling", "fact_check", "meeting_with_direction")
    await meet(client, incident_id)
    await check_facts(client, incident_id)
    await refused(client, incident_id, "handling", "meeting_with_direction")
    await meet(client, incident_id, "先停售")
    good(await move(client, incident_id, "handling"))


async def test_lowered_it_needs_no_meeting_any_more(client):
    incident_id = await at(client, "responding", grade_="major")
    await check_facts(client, incident_id)
    await refused(client, incident_id, "handling", "meeting_with_direction")
    await grade(client, incident_id, "serious")
    good(await move(client, incident_id, "handling"))


@pytest.mark.parametrize("kind", ["progress", "apology", "clarification", "lawyer"])
async def test_before_it_closes_more_than_a_first_word_was_said_where_it_began(client, counter, kind):
    there, _ = await crisis(client, counter)
    incident_id = there["id"]
    for step in ("responding", "handling"):
        good(await move(client, incident_id, step, override=True))
    await refused(client, incident_id, "closing", "origin_statement")
    await publish(client, incident_id, "weibo", "holding")
    await publish(client, incident_id, "douyin", kind)
    await refused(client, incident_id, "closing", "origin_statement")
    await publish(client, incident_id, "weibo", kind)
    good(await move(client, incident_id, "closing"))


async def test_a_decision_not_to_speak_will_do_while_it_stands(client):
    incident_id = await at(client, "handling")
    await decide(client, incident_id)
    await refused(client, incident_id, "closing", "origin_statement")
    silent = await decide(client, incident_id, kind="no_statement")
    assert not (await problem_of(client, incident_id, "closing"))
    await decide(client, incident_id, kind="other", corrects=silent["id"])
    await refused(client, incident_id, "closing", "origin_statement")
    await decide(client, incident_id, kind="no_statement")
    good(await move(client, incident_id, "closing"))


async def problem_of(client, incident_id: str, status: str) -> list[str]:
    """What `allowed_actions` says is missing."""
    shown = await incident(client, incident_id)
    return next(one["missing"] for one in shown["allowed_actions"] if one["status"] == status)


async def test_where_the_origin_is_not_applicable_nothing_or_a_substitute_is_needed(client):
    incident_id = await at(client, "handling")
    await decide(client, incident_id, kind="origin_not_applicable")
    good(await move(client, incident_id, "closing"))
    incident_id = await at(client, "handling")
    await publish(client, incident_id, "zhihu")
    await decide(client, incident_id, kind="origin_not_applicable", substitute_platform="news")
    await refused(client, incident_id, "closing", "origin_statement")
    await publish(client, incident_id, "news", "holding")
    await refused(client, incident_id, "closing", "origin_statement")
    await publish(client, incident_id, "news", "clarification")
    good(await move(client, incident_id, "closing"))


async def test_a_substitute_that_was_taken_back_is_none(client):
    incident_id = await at(client, "handling")
    await publish(client, incident_id, "news")
    first = await decide(client, incident_id, kind="origin_not_applicable", substitute_platform="news")
    assert await problem_of(client, incident_id, "closing") == []
    await decide(client, incident_id, corrects=first["id"])
    await refused(client, incident_id, "closing", "origin_statement")


async def test_it_is_closed_once_it_is_calm(client):
    incident_id = await at(client, "closing")
    await refused(client, incident_id, "closed", "calm")


async def test_what_is_on_record_of_another_incident_does_not_count(client):
    other, incident_id = await at(client, "responding"), await at(client, "responding")
    await check_facts(client, other)
    await refused(client, incident_id, "handling", "fact_check")
    other, incident_id = await at(client, "handling"), await at(client, "handling")
    await decide(client, other, kind="origin_not_applicable", substitute_platform="bilibili")
    await publish(client, incident_id, "bilibili")
    await decide(client, other, kind="no_statement")
    await refused(client, incident_id, "closing", "origin_statement")


async def test_a_lead_passes_what_is_missing_and_it_stands_on_the_timeline_with_the_reason(client, bare):
    lead = await person_headers(client, "incidents:write", "incidents:override", name="李组长")
    incident_id = await at(client, "responding", grade_="major")
    body = {"status": "handling", "reason": "先处置，会议后补", "override": True}
    good(await bare.put(f"{URL}/{incident_id}/status", json=body, headers=lead))
    last = (await timeline(client, incident_id))[-1]
    assert (last["type"], last["person"]["name"]) == ("incident.status_changed", "李组长")
    assert last["data"]["overridden"] == ["fact_check", "meeting_with_direction"]
    assert last["data"]["reason"] == "先处置，会议后补"
    await decide(client, incident_id, kind="no_statement")
    good(await move(client, incident_id, "closing", override=True))
    assert (await timeline(client, incident_id))[-1]["data"]["overridden"] == [], "nothing was missing"


async def test_whoever_lacks_the_scope_passes_nothing(client, bare):
    member = await person_headers(client, "incidents:write")
    incident_id = await at(client, "responding")
    body = {"status": "handling", "reason": "着急", "override": True}
    told = problem(await bare.put(f"{URL}/{incident_id}/status", json=body, headers=member), 403, code="forbidden")
    assert "'incidents:override'" in told["detail"]
    assert (await incident(client, incident_id))["status"] == "responding"
    told = problem(await bare.put(f"{URL}/{incident_id}/status", json=body | {"override": False}, headers=member), 409)
    assert told["missing"] == ["fact_check"]


async def test_a_machine_passes_nothing_whatever_it_may_do(client, bare):
    incident_id = await at(client, "responding")
    body = {"status": "handling", "reason": "自动流转", "override": True}
    tool = await make_key(client, "incidents:write", "incidents:override")
    for shown in (bearer(tool["key"]), {"authorization": client.headers["authorization"]}):
        answer = await bare.put(f"{URL}/{incident_id}/status", json=body, headers=shown)
        problem(answer, 403, code="person_needed")
    assert (await incident(client, incident_id))["status"] == "responding"
    # Where nothing is missing it moves on without.
    await check_facts(client, incident_id)
    good(await bare.put(f"{URL}/{incident_id}/status", json=body | {"override": False}, headers=bearer(tool["key"])))


async def test_an_override_passes_guards_and_no_more(client):
    incident_id = await opened(client)
    problem(await move(client, incident_id, "closed", override=True), 409, code="move_not_allowed")


async def test_of_two_moves_at_once_one_goes_through(client):
    for _ in range(5):
        incident_id = await at(client, "responding")
        await check_facts(client, incident_id)
        answers = await asyncio.gather(*(move(client, incident_id, status) for status in ("handling", "dismissed")))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        lost = next(answer for answer in answers if answer.status_code == 409)
        problem(lost, 409, code="move_not_allowed")


async def test_a_move_and_what_takes_its_ground_away_come_one_after_the_other(client):
    for _ in range(8):
        incident_id = await at(client, "handling")
        silent = await decide(client, incident_id, kind="no_statement")
        moved, _ = await asyncio.gather(
            move(client, incident_id, "closing"),
            put(client, incident_id, "decisions", **DECISION | {"corrects": silent["id"]}),
        )
        events = [event["type"] for event in await timeline(client, incident_id)]
        told = [type_ for type_ in events if type_ in ("incident.status_changed", "incident.decision_made")][-2:]
        if moved.status_code == 200:
            assert told == ["incident.status_changed", "incident.decision_made"]
        else:
            assert problem(moved, 409)["missing"] == ["origin_statement"]
            assert told == ["incident.decision_made", "incident.decision_made"]


async def test_an_ended_incident_does_not_come_back_beside_another_of_its_rule(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,))
    good(await move(client, there["id"], "dismissed"))
    back = {one["status"]: one for one in (await incident(client, there["id"]))["allowed_actions"] if one["status"]}
    assert all(one["allowed"] for one in back.values())
    await post(client, f"{word} 差评")
    await counter.sweep()
    back = {one["status"]: one for one in (await incident(client, there["id"]))["allowed_actions"] if one["status"]}
    assert {one["refusal"] for one in back.values()} == {"rule_has_open_incident"}
    for status in back:
        problem(await move(client, there["id"], status), 409, code="rule_has_open_incident")


async def test_a_page_of_incidents_costs_as_many_queries_as_one(app, client):
    incident_ids = [await at(client, "handling") for _ in range(3)]
    await decide(client, incident_ids[0], kind="no_statement")
    statements: list[str] = []

    def said(conn, cursor, statement, *_: object) -> None:
        statements.append(statement)

    engine = app.state.tools.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", said)
    try:
        counts = []
        for limit in (1, 3, 200):
            statements.clear()
            rows = good(await client.get(URL, params={"limit": limit}))["data"]
            counts.append(len(statements))
    finally:
        event.remove(engine, "before_cursor_execute", said)
    assert counts[0] >= 2
    assert max(counts) <= 4, statements
    shown = {row["id"]: row for row in rows}
    assert [shown[one] for one in incident_ids] == [await incident(client, one) for one in incident_ids]


# What may be asked for: every status, and every act with a body that is good.
TRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "acknowledge": ("acknowledgements", {}),
    "record_meeting": ("meetings", {"direction": "先停售"}),
    "record_fact_check": ("fact-checks", {"truth": "confirmed", "responsibility": "company", "evidence": "留样"}),
    "record_publication": ("publications", {"platform": "news", "statement_kind": "apology"}),
    "record_decision": ("decisions", DECISION | {"kind": "no_statement"}),
}
every_try = st.one_of(
    st.tuples(st.just("set_status"), st.sampled_from(sorted(MOVES)), st.booleans()),
    st.tuples(st.sampled_from([*TRIES, "set_grade", "attach_mentions", "merge"]), st.just(None), st.booleans()),
)


async def ask(client, person, incident_id: str, action: str, status: str | None, flag: bool):
    """Tries one action; `flag` overrides a move, and makes the grade major."""
    one = f"{URL}/{incident_id}"
    if action == "set_status":
        return await move(client, incident_id, status or "", override=flag)
    if action == "set_grade":
        grade_ = "major" if flag else "general"
        return await client.put(f"{one}/grade", json={"grade": grade_, "reason": "研判"})
    if action == "attach_mentions":
        mention_id = await post(client, f"闲聊 {uuid4()}")
        return await client.post(f"{one}/attach", json={"mention_ids": [mention_id], "reason": "研判"})
    if action == "merge":
        body = {"into_incident_id": await opened(client), "reason": "同一事件"}
        return await client.post(f"{one}/merge", json=body)
    if action == "change_team":
        somebody = await make_person(client)
        return await client.post(f"{one}/team", json={"person_id": somebody["id"]})
    path, body = TRIES[action]
    return await client.post(f"{one}/{path}", json=body, headers=person)


def expected(shown: dict[str, Any], action: str, status: str | None, flag: bool) -> tuple[str | None, list[str]]:
    """The code of the refusal, and what is missing, as the incident says beforehand; None: it goes through."""
    found = [one for one in shown["allowed_actions"] if (one["action"], one["status"]) == (action, status)]
    if not found:
        assert action == "set_status"
        return "move_not_allowed", []
    [one] = found
    assert one["allowed"] == (one["refusal"] is None)
    if flag and one["refusal"] == "guards_missing":
        return None, []
    return one["refusal"], one["missing"]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(every_try, min_size=4, max_size=14))
async def test_whatever_is_tried_is_answered_as_the_incident_said_beforehand(client, steps):
    person = await person_headers(client, "incidents:write")
    incident_id = await opened(client)
    for action, status, flag in [*steps, ("set_status", "handling", False)]:
        shown = await incident(client, incident_id)
        refusal, missing = expected(shown, action, status, flag)
        answer = await ask(client, person, incident_id, action, status, flag)
        if refusal is None:
            assert answer.status_code in (200, 201), answer.text
        else:
            assert problem(answer, 409, code=refusal).get("missing", []) == missing


@pytest.mark.parametrize("status", [*MOVES])
@pytest.mark.parametrize("action", ["set_status", *TRIES, "set_grade", "attach_mentions", "merge", "change_team"])
async def test_every_action_in_every_status_is_answered_as_the_incident_said_beforehand(client, status, action):
    """The walk above meets what is likely; this meets everything once."""
    person = await person_headers(client, "incidents:write")
    for to in MOVES if action == "set_status" else (None,):
        incident_id = await opened(client)
        for step in {"responding": 1, "handling": 2, "closing": 3, "closed": 4}.get(status, 0) * ("",):
            now = (await incident(client, incident_id))["status"]
            following = MOVES[now][0]
            good(await move(client, incident_id, step or following, override=True))
        if status in ("subsided", "dismissed"):
            good(await move(client, incident_id, status))
        elif status == "merged":
            good(await ask(client, person, incident_id, "merge", None, False))
        shown = await incident(client, incident_id)
        assert shown["status"] == status
        refusal, missing = expected(shown, action, to, False)
        answer = await ask(client, person, incident_id, action, to, False)
        if refusal is None:
            assert answer.status_code in (200, 201), answer.text
        else:
            assert problem(answer, 409, code=refusal).get("missing", []) == missing
