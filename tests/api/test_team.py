"""The team of an incident (R38, R40), over HTTP: formed by grade and unit, changed by people, and when it has answered."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from app.core.db import Database
from tests.support.acts import move, opened, person_headers
from tests.support.api import everything, good, problem, timeline
from tests.support.clocks import call, clocks, grade_it, graded, minutes, pass_time, ring
from tests.support.people import make_key, make_person
from tests.support.team import House, house

URL = "/v1/incidents"
MAJOR = {"press lead": "lead", "ops head": "operations", "law head": "legal", "milk head": "business"}
PRESS = dict.fromkeys(("press deputy", "press head", "press lead"), "public_relations")


@pytest.fixture
async def home(client: httpx.AsyncClient, database: Database) -> AsyncIterator[House]:
    async with house(client, database) as made:
        yield made


async def burning(home: House, grade: str = "major", unit: str = "milk", **fields: object) -> str:
    """An incident of the business unit that one of the house's departments answers for, with this grade."""
    incident_id = await opened(home.client, business_unit=home.unit(unit), **fields)
    await grade_it(home.client, incident_id, grade)
    return incident_id


async def response(home: House, incident_id: str) -> dict[str, object]:
    return (await clocks(home.client, incident_id))["first_response"]


async def test_a_major_calls_the_lead_and_the_heads_and_asks_them_to_acknowledge(home):
    incident_id = await burning(home)
    team = await home.team(incident_id)
    assert {name: row["position"] for name, row in team.items()} == MAJOR
    clock = await response(home, incident_id)
    for row in team.values():
        assert (row["reason"], row["grade"], row["by_raise"], row["for_person"]) == ("team", "major", False, None)
        assert row["due_at"] == clock["due_at"]
        called_at = datetime.fromisoformat(row["next_call_at"])
        assert called_at - datetime.fromisoformat(row["added_at"]) == timedelta(minutes=15)
        assert (row["acknowledged_at"], row["left_at"]) == (None, None)
    lead = team["press lead"]
    assert lead["person"]["name"] == "王press lead"
    [told] = [event for event in await timeline(home.client, incident_id) if event["type"] == "incident.team_changed"]
    assert (told["data"]["change"], told["actor"]) == ("joined", "system:fenghuo")
    assert [home.name(one["person_id"]) for one in told["data"]["members"]] == [*MAJOR]
    assert {one["member_id"] for one in told["data"]["members"]} == {row["id"] for row in team.values()}
    assert all(UUID(one["link_id"]) for one in told["data"]["members"])
    assert "王" not in str(told["data"]), "ids, never names"


async def test_below_a_major_it_is_who_is_on_duty_in_public_relations_and_the_units_head(home):
    await home.change("press deputy", on_duty=False)
    incident_id = await burning(home, "serious", "tea")
    on_duty = {name: position for name, position in PRESS.items() if name != "press deputy"}
    assert await home.positions(incident_id) == on_duty | {"tea head": "business"}


async def test_who_is_off_duty_has_their_deputy_stand_in(home):
    await home.change("ops head", on_duty=False)
    team = await home.team(await burning(home))
    assert "ops head" not in team
    deputy = team["ops deputy"]
    assert (deputy["position"], deputy["reason"]) == ("operations", "deputy")
    assert home.name(deputy["for_person"]["id"]) == "ops head"


async def test_without_departments_there_is_no_team_and_anybody_answers(client, bare):
    incident_id = await graded(client, "major")
    assert good(await client.get(f"{URL}/{incident_id}/team"))["data"] == []
    headers = await person_headers(client, "incidents:write")
    made = good(await bare.post(f"{URL}/{incident_id}/acknowledgements", json={}, headers=headers), 201)
    assert made["member_id"] is None
    assert (await clocks(client, incident_id))["first_response"]["state"] == "met"


async def test_an_exercise_has_a_team_and_says_what_it_is(home):
    incident_id = await burning(home, is_drill=True)
    assert await home.positions(incident_id) == MAJOR
    told = await timeline(home.client, incident_id)
    assert {event["data"]["is_drill"] for event in told if event["type"] == "incident.team_changed"} == {True}


async def test_only_a_member_answers_and_everybodys_acknowledgement_is_recorded(home, client, bare):
    incident_id = await burning(home)
    headers = await person_headers(client, "incidents:write")
    stranger = good(await bare.post(f"{URL}/{incident_id}/acknowledgements", json={}, headers=headers), 201)
    assert stranger["member_id"] is None
    assert (await response(home, incident_id))["state"] == "running"
    mine = await home.acknowledge(incident_id, "law head")
    assert (await response(home, incident_id))["state"] == "met"
    member = (await home.team(incident_id))["law head"]
    assert (mine["member_id"], member["acknowledgement_id"]) == (member["id"], mine["id"])
    assert (member["acknowledged_at"], member["next_call_at"]) == (mine["happened_at"], None)
    told = [event["data"] for event in await timeline(client, incident_id) if event["type"] == "incident.acknowledged"]
    assert [one["member_id"] for one in told] == [None, member["id"]]
    listed = await everything(client, f"{URL}/{incident_id}/acknowledgements")
    assert [one["member_id"] for one in listed] == [member["id"], None]


async def test_who_says_again_that_they_took_it_on_did_so_when_they_first_did(home):
    incident_id = await burning(home, "general")
    first = await home.acknowledge(incident_id, "press head")
    before = (await home.team(incident_id))["press head"]
    await home.acknowledge(incident_id, "press head")
    await pass_time(home.database, incident_id, minutes=5)
    await home.acknowledge(incident_id, "press head")
    member = (await home.team(incident_id))["press head"]
    assert (member["acknowledgement_id"], member["version"]) == (first["id"], before["version"])
    assert member["acknowledged_at"] < first["happened_at"], "five minutes ago by now"
    await grade_it(home.client, incident_id, "major")
    assert (await home.team(incident_id))["press head"]["acknowledgement_id"] == first["id"], "until they answer anew"
    raised = await home.acknowledge(incident_id, "press head")
    await home.acknowledge(incident_id, "press head")
    member = (await home.team(incident_id))["press head"]
    assert (member["acknowledgement_id"], member["acknowledged_at"]) == (raised["id"], raised["happened_at"])


async def test_a_raise_adds_members_and_waits_for_each_of_them(home):
    incident_id = await burning(home, "general")
    assert await home.positions(incident_id) == PRESS | {"milk head": "business"}
    await home.acknowledge(incident_id, "press head")
    assert (await response(home, incident_id))["state"] == "met"
    await pass_time(home.database, incident_id, minutes=10)
    await grade_it(home.client, incident_id, "major")
    team = await home.team(incident_id)
    added = {name for name, row in team.items() if row["by_raise"]}
    assert added == {"ops head", "law head"}
    assert team["press lead"]["position"] == "lead", "public relations' lead is the team's by now"
    clock = await response(home, incident_id)
    assert (clock["state"], minutes(clock)) == ("running", 30)
    await home.acknowledge(incident_id, "press deputy")
    await home.acknowledge(incident_id, "ops head")
    assert (await response(home, incident_id))["state"] == "running", "legal was added too"
    await home.acknowledge(incident_id, "law head")
    assert (await response(home, incident_id))["state"] == "met"


async def test_after_a_raise_the_lead_answers_for_all(home):
    incident_id = await burning(home, "general")
    await grade_it(home.client, incident_id, "major")
    await home.acknowledge(incident_id, "milk head")
    assert (await response(home, incident_id))["state"] == "running"
    await home.acknowledge(incident_id, "press lead")
    assert (await response(home, incident_id))["state"] == "met"


async def test_who_keeps_silent_has_no_longer_than_the_raise_gives(home):
    incident_id = await burning(home, "general")
    await pass_time(home.database, incident_id, minutes=20)
    await grade_it(home.client, incident_id, "major")
    team = await home.team(incident_id)
    due = {row["due_at"] for row in team.values()}
    assert due == {(await response(home, incident_id))["due_at"]}
    left = datetime.fromisoformat(due.pop()) - datetime.now(UTC)
    assert timedelta(minutes=29) < left < timedelta(minutes=31)
    own = datetime.fromisoformat(team["milk head"]["next_call_at"])
    new = datetime.fromisoformat(team["ops head"]["next_call_at"])
    assert own < new, "each has their own time, from when they were asked"


async def test_lowering_removes_nobody_and_a_raise_to_what_it_was_adds_nobody(home):
    incident_id = await burning(home)
    before = await home.team(incident_id)
    await grade_it(home.client, incident_id, "general")
    assert await home.team(incident_id) == before
    await grade_it(home.client, incident_id, "major")
    assert await home.positions(incident_id) == MAJOR


async def test_what_was_done_before_it_was_told_counts_when_it_happened(home):
    incident_id = await burning(home)
    await pass_time(home.database, incident_id, minutes=40)
    await ring(home.database, incident_id)
    assert (await response(home, incident_id))["state"] == "breached"
    at = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    await home.acknowledge(incident_id, "ops head", happened_at=at)
    assert (await response(home, incident_id))["state"] == "met_recorded_late"


async def test_people_add_move_and_remove_members(home, client):
    incident_id = await burning(home)
    one = f"{URL}/{incident_id}/team"
    body = {"person_id": str(home.people["boss"]), "position": "lead", "reason": "总值班"}
    answer = await client.post(one, json=body)
    boss = good(answer, 201)
    assert answer.headers["location"] == f"{one}/{boss['id']}"
    assert (boss["reason"], boss["position"], boss["by_raise"]) == ("added", "lead", False)
    assert good(await client.get(f"{one}/{boss['id']}")) == boss
    assert (await home.positions(incident_id))["press lead"] == "public_relations", "there is one lead"
    problem(await client.post(one, json=body), 409, code="already_in_team")
    law = (await home.team(incident_id))["law head"]
    moved = good(await client.patch(f"{one}/{law['id']}", json={"position": "lead", "reason": "换人"}))
    assert moved["version"] == law["version"] + 1
    assert (await home.positions(incident_id)) == MAJOR | {
        "press lead": "public_relations", "boss": "other", "law head": "lead",
    }  # fmt: skip
    good(await client.delete(f"{one}/{law['id']}", params={"reason": "出差"}), 204)
    assert "law head" not in await home.team(incident_id)
    gone = (await home.team(incident_id, left=True))["law head"]
    assert gone["left_at"] is not None
    assert gone["next_call_at"] is None
    problem(await client.patch(f"{one}/{law['id']}", json={"position": "legal"}), 409, code="member_has_left")
    problem(await client.delete(f"{one}/{law['id']}", params={"reason": "出差"}), 409, code="member_has_left")
    again = good(await client.post(one, json={"person_id": str(home.people["law head"])}), 201)
    assert (again["position"], again["id"] != law["id"]) == ("legal", True)
    told = [event for event in await timeline(client, incident_id) if event["type"] == "incident.team_changed"]
    assert [(event["data"]["change"], event["data"]["reason"]) for event in told][1:] == [
        ("moved", "总值班"), ("joined", "总值班"), ("moved", "换人"), ("left", "出差"), ("joined", ""),
    ]  # fmt: skip
    assert {event["actor"] for event in told[1:]} == {"key:admin1"}


async def test_a_change_of_the_team_is_refused_with_what_to_do(home, client):
    incident_id = await burning(home)
    one = f"{URL}/{incident_id}/team"
    await home.change("boss", active=False)
    problem(await client.post(one, json={"person_id": str(home.people["boss"])}), 422, "/person_id")
    problem(await client.post(one, json={"person_id": str(uuid4())}), 422, "/person_id")
    member = (await home.team(incident_id))["law head"]
    problem(await client.delete(f"{one}/{member['id']}", params={"why": "x"}), 422, "?why")
    stale = {"if-match": '"9-0123456789abcdef"'}
    problem(await client.patch(f"{one}/{member['id']}", json={"position": "lead"}, headers=stale), 412)
    problem(await client.delete(f"{one}/{member['id']}", params={"reason": "x"}, headers=stale), 412)
    problem(await client.get(f"{one}/{uuid4()}"), 404)
    problem(await client.get(f"{URL}/{uuid4()}/team"), 404)
    good(await move(client, incident_id, "dismissed"))
    problem(await client.post(one, json={"person_id": str(home.people["tea head"])}), 409, code="incident_over")
    problem(await client.patch(f"{one}/{member['id']}", json={"position": "lead"}), 409, code="incident_over")


async def test_names_are_masked_without_the_scope(home, client, bare):
    incident_id = await burning(home)
    key = await make_key(client, "incidents:read")
    answer = await bare.get(f"{URL}/{incident_id}/team", headers={"authorization": f"Bearer {key['key']}"})
    assert {row["person"]["name"] for row in good(answer)["data"]} == {
        f"王{'*' * len(name)}" for name in MAJOR
    }  # fmt: skip


async def test_who_took_it_on_before_they_were_added_is_not_asked_again(home, client, bare):
    incident_id = await burning(home)
    await home.acknowledge(incident_id, "boss")
    assert (await response(home, incident_id))["state"] == "running"
    body = {"person_id": str(home.people["boss"]), "position": "operations"}
    added = good(await client.post(f"{URL}/{incident_id}/team", json=body), 201)
    assert added["acknowledged_at"] is not None
    assert added["next_call_at"] is None
    assert (await response(home, incident_id))["state"] == "met"
    told = [event["data"] for event in await timeline(client, incident_id) if event["type"] == "incident.team_changed"]
    assert told[-1]["members"][0]["link_id"] is None


async def test_who_is_taken_out_is_waited_for_no_more(home, client):
    incident_id = await burning(home, "general")
    await grade_it(client, incident_id, "major")
    await home.acknowledge(incident_id, "ops head")
    assert (await response(home, incident_id))["state"] == "running"
    member = (await home.team(incident_id))["law head"]
    good(await client.delete(f"{URL}/{incident_id}/team/{member['id']}", params={"reason": "出差"}), 204)
    assert (await response(home, incident_id))["state"] == "met"


async def test_another_business_unit_brings_in_its_head(home, client):
    incident_id = await burning(home, "serious", "milk")
    body = {"business_unit": home.unit("tea"), "reason": "查明为茶饮"}
    good(await client.patch(f"{URL}/{incident_id}", json=body))
    team = await home.team(incident_id)
    assert {"milk head", "tea head"} <= team.keys()
    assert not team["tea head"]["by_raise"]
    assert (await response(home, incident_id))["state"] == "running"
    await home.acknowledge(incident_id, "milk head")
    assert (await response(home, incident_id))["state"] == "met"


async def test_an_end_calls_nobody_and_coming_back_calls_everybody_anew(home, client):
    incident_id = await burning(home)
    await home.acknowledge(incident_id, "ops head")
    good(await move(client, incident_id, "dismissed"))
    assert {row["next_call_at"] for row in (await home.team(incident_id)).values()} == {None}
    await pass_time(home.database, incident_id, minutes=29)
    assert await call(home.database, incident_id) == 0
    good(await move(client, incident_id, "responding"))
    team = await home.team(incident_id)
    assert {row["acknowledged_at"] for row in team.values()} == {None}
    assert {row["due_at"] for row in team.values()} == {(await response(home, incident_id))["due_at"]}
    told = [event["data"] for event in await timeline(client, incident_id) if event["type"] == "incident.team_changed"]
    assert (told[-1]["change"], len(told[-1]["members"])) == ("called_again", 4)
    await home.acknowledge(incident_id, "ops head")
    assert (await response(home, incident_id))["state"] == "met"


async def test_what_is_graded_after_its_end_forms_its_team_when_it_comes_back(home, client):
    incident_id = await opened(client, business_unit=home.unit("milk"))
    good(await move(client, incident_id, "dismissed"))
    await grade_it(client, incident_id, "major")
    assert await home.team(incident_id) == {}
    good(await move(client, incident_id, "responding"))
    assert await home.positions(incident_id) == MAJOR


async def test_a_person_cannot_be_asked_while_there_is_no_grade(home, client):
    incident_id = await opened(client)
    person = await make_person(client)
    added = good(await client.post(f"{URL}/{incident_id}/team", json={"person_id": person["id"]}), 201)
    assert (added["due_at"], added["next_call_at"], added["grade"], added["position"]) == (None, None, None, "other")
    await grade_it(client, incident_id, "major")
    row = (await home.team(incident_id))[person["id"]]
    assert row["due_at"] == (await response(home, incident_id))["due_at"]
    assert row["next_call_at"] is not None
    good(await client.patch(f"/v1/people/{person['id']}", json={"active": False}))


async def test_the_timelines_document_tells_of_the_team(home, client):
    incident_id = await burning(home)
    await pass_time(home.database, incident_id, minutes=16)
    await call(home.database, incident_id)
    text = (await client.get(f"{URL}/{incident_id}/timeline/export/markdown", headers={"accept": "text/markdown"})).text
    assert "加入 4 人；组长、运营、法务、业务；理由：已定级或升级" in text
    assert "请B角接警；组长；成员响应时限已过 50%" in text
