"""Table-top exercises 桌面演练: played through the same code, and nobody hears of them who did not ask."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.conftest import ADMIN_KEY
from tests.support.acts import move
from tests.support.api import ago, crisis, everything, good, mention, post, problem, recounted, spread, timeline
from tests.support.following import Follower, serving
from tests.support.owed import forget
from tests.support.receiver import Receiver
from tests.support.waiting import eventually
from workers.context import Context
from workers.deliver import Deliverer
from workers.ingest import Counter

URL = "/v1/incidents"
ENDPOINTS = "/v1/webhook-endpoints"
DELIVERIES = "/v1/webhook-deliveries"
EVENTS = "/v1/events"
TOLD = ["incident.opened", "incident.grade_changed", "incident.status_changed"]
WHY = {"reason": "桌面演练"}


async def exercise(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """An exercise, played as far as 一级(重大)."""
    body = {"title": "演练：牛奶异物", "is_drill": True} | fields
    opened = good(await client.post(URL, json=body), 201)
    return good(await client.put(f"{URL}/{opened['id']}/grade", json={"grade": "major"} | WHY))  # type: ignore[no-any-return]


async def real(client: httpx.AsyncClient) -> dict[str, Any]:
    opened = good(await client.post(URL, json={"title": "牛奶异物"}), 201)
    return good(await client.put(f"{URL}/{opened['id']}/grade", json={"grade": "major"} | WHY))  # type: ignore[no-any-return]


@pytest.fixture
async def last(client: httpx.AsyncClient) -> str:
    """The last event there is."""
    await real(client)

    async def newest() -> str | None:
        rows = await everything(client, EVENTS, limit=200, drills="include", at_after=ago(minutes=1))
        return rows[-1]["id"] if rows else None

    return await eventually(newest, what="an event")  # type: ignore[no-any-return]


def of(rows: list[dict[str, Any]], incident: dict[str, Any]) -> list[str]:
    """The types of the incident's events among others, in order."""
    return [row["type"] for row in rows if row["data"].get("incident_id") == incident["id"]]


async def test_an_exercise_is_graded_and_moved_by_people_and_says_what_it_is(client: httpx.AsyncClient) -> None:
    drill = await exercise(client, harm_class="user_rights")
    assert (drill["is_drill"], drill["grade"], drill["status"]) == (True, "major", "responding")
    assert (drill["rule_id"], drill["mention_count"], drill["total"]) == (None, 0, 0)
    moved = good(await move(client, drill["id"], "handling", override=True))
    assert (moved["status"], moved["is_drill"]) == ("handling", True)
    rows = await timeline(client, drill["id"])
    assert [row["type"] for row in rows[:3]] == TOLD
    assert all(row["data"]["is_drill"] is True for row in rows)
    assert (await spread(client, drill["id"]))["buckets"] == []
    problem(await client.patch(f"{URL}/{drill['id']}", json={"is_drill": False}), 422, "/is_drill")
    assert (await real(client))["is_drill"] is False


async def test_exercises_are_numbered_apart_and_leave_no_gap(client: httpx.AsyncClient) -> None:
    made = [await real(client), await exercise(client), await exercise(client), await real(client)]
    (year, first), (_, second) = (one["number"].split("-") for one in (made[0], made[3]))
    assert int(second) == int(first) + 1
    (apart, first), (_, second) = (one["number"].split("-") for one in (made[1], made[2]))
    assert (apart, int(second)) == (f"D{year}", int(first) + 1)


async def test_lists_hold_what_is_real_or_what_is_exercise_and_never_both(client: httpx.AsyncClient) -> None:
    drill, fire = await exercise(client), await real(client)
    unasked, asked = await everything(client, URL, limit=200), await everything(client, URL, limit=200, is_drill=True)
    assert {row["is_drill"] for row in unasked} == {False}
    assert {row["is_drill"] for row in asked} == {True}
    assert fire["id"] in {row["id"] for row in unasked}
    assert drill["id"] in {row["id"] for row in asked}
    assert await everything(client, URL, limit=200, is_drill=False) == unasked
    first = good(await client.get(URL, params={"limit": 1}))
    if first["has_more"]:
        strange = {"cursor": first["next_cursor"], "is_drill": True}
        problem(await client.get(URL, params=strange), 400, "?cursor")


@pytest.mark.parametrize(("drills", "of_drill", "of_fire"), [
    (None, [], TOLD), ("exclude", [], TOLD), ("include", TOLD, TOLD), ("only", TOLD, []),
])  # fmt: skip
async def test_pages_of_events_tell_of_exercises_only_whom_asks(
    client: httpx.AsyncClient, last: str, drills: str | None, of_drill: list[str], of_fire: list[str]
) -> None:
    drill, fire = await exercise(client), await real(client)
    asked = {"drills": drills} if drills else {}
    rows = await everything(client, EVENTS, after=last, limit=2, **asked)
    assert (of(rows, drill), of(rows, fire)) == (of_drill, of_fire)
    by_incident = await everything(client, EVENTS, incident_id=[drill["id"], fire["id"]], limit=2, **asked)
    assert (of(by_incident, drill), of(by_incident, fire)) == (of_drill, of_fire)
    if drills == "only":
        assert all(row["data"]["is_drill"] for row in rows)
    if drills is None:
        cursor = good(await client.get(EVENTS, params={"after": last, "limit": 1}))["next_cursor"]
        other = {"after": last, "cursor": cursor, "drills": "include"}
        problem(await client.get(EVENTS, params=other), 400, "?cursor")


async def test_a_stream_tells_of_exercises_only_whom_asks_and_goes_on_after_any_event(
    client: httpx.AsyncClient, app: FastAPI, last: str
) -> None:
    async with serving(app) as url:
        async with (
            Follower(url, ADMIN_KEY) as plain,
            Follower(url, ADMIN_KEY, drills="include") as both,
            Follower(url, ADMIN_KEY, drills="only") as only,
        ):
            drill, fire = await exercise(client), await real(client)
            await eventually(lambda: len(both.heard) >= 6 and len(plain.heard) >= 3, what="what happened")
        heard = [[one.data for one in follower.heard] for follower in (plain, both, only)]
        assert [(of(rows, drill), of(rows, fire)) for rows in heard] == [([], TOLD), (TOLD, TOLD), (TOLD, [])]
        # From the past, and from the midst of an exercise: the id of any event is a place.
        of_fire = [one.id for one in plain.heard if one.data["data"].get("incident_id") == fire["id"]]
        of_drill = [one.id for one in only.heard]
        async with (
            Follower(url, ADMIN_KEY, of_drill[1]) as plain,
            Follower(url, ADMIN_KEY, of_drill[1], drills="include") as both,
            Follower(url, ADMIN_KEY, of_drill[1], drills="only") as only,
        ):
            await only.wait_for(of_drill[2])
            await plain.wait_for(*of_fire)
            await both.wait_for(of_drill[2], *of_fire)


@pytest.fixture
async def deliverer(database: Database, context: Context) -> AsyncIterator[Deliverer]:
    await forget(database)
    deliverer = Deliverer(replace(context, settings=context.settings.model_copy(update={"webhook_schedule": (0.0,)})))
    yield deliverer
    await deliverer.close()
    await forget(database)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        yield started


async def subscribe(client: httpx.AsyncClient, receiver: Receiver, drills: str | None, **fields: Any) -> dict[str, Any]:
    body = {"url": f"{receiver.url}/{drills}", **fields} | ({"drills": drills} if drills else {})
    return good(await client.post(ENDPOINTS, json=body), 201)  # type: ignore[no-any-return]


def heard(receiver: Receiver, incident: dict[str, Any]) -> dict[str, list[str]]:
    """Path -> the types that were sent there of the incident, in order."""
    found: dict[str, list[str]] = {}
    for one in receiver.received:
        if one.json()["data"].get("incident_id") == incident["id"]:
            found.setdefault(one.path.rpartition("/")[2], []).append(one.json()["type"])
    return found


async def test_endpoints_hear_of_exercises_only_where_they_ask(
    client: httpx.AsyncClient, counter: Counter, deliverer: Deliverer, receiver: Receiver
) -> None:
    made = {drills: await subscribe(client, receiver, drills) for drills in (None, "exclude", "include", "only")}
    assert {drills: one["drills"] for drills, one in made.items()} == {
        None: "exclude", "exclude": "exclude", "include": "include", "only": "only",
    }  # fmt: skip
    drill, fire = await exercise(client), await real(client)
    hit, _ = await crisis(client, counter)
    await deliverer.sweep()
    assert heard(receiver, drill) == {"include": TOLD, "only": TOLD}
    assert heard(receiver, fire) == {"None": TOLD, "exclude": TOLD, "include": TOLD}
    assert heard(receiver, hit).keys() == {"None", "exclude", "include"}, "a mention that hits is real"


async def test_the_other_filters_hold_for_exercises_too(
    client: httpx.AsyncClient, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(client, receiver, "only", event_types=["incident.status_changed"])
    await subscribe(client, receiver, "include", grades=["general"])
    drill = await exercise(client)
    await deliverer.sweep()
    assert heard(receiver, drill) == {"only": ["incident.status_changed"]}


async def test_an_endpoint_is_told_to_hear_of_exercises_and_told_to_stop(
    client: httpx.AsyncClient, deliverer: Deliverer, receiver: Receiver
) -> None:
    one = f"{ENDPOINTS}/{(await subscribe(client, receiver, None))['id']}"
    silent = await exercise(client)
    changed = good(await client.patch(one, json={"drills": "only"}))
    assert (changed["drills"], changed["version"]) == ("only", 2)
    told, fire = await exercise(client), await real(client)
    assert good(await client.patch(one, json={"drills": None}))["drills"] == "only"
    assert good(await client.patch(one, json={"drills": "exclude"}))["drills"] == "exclude"
    ended = await exercise(client)
    problem(await client.patch(one, json={"drills": "yes"}), 422, "/drills")
    await deliverer.sweep()
    assert [heard(receiver, which) for which in (silent, told, fire, ended)] == [{}, {"None": TOLD}, {}, {}]


@pytest.mark.parametrize("drills", ["exclude", "include", "only"])
async def test_a_test_goes_to_its_endpoint_whatever_that_hears_of(
    client: httpx.AsyncClient, deliverer: Deliverer, receiver: Receiver, drills: str
) -> None:
    made = await subscribe(client, receiver, drills)
    owed = good(await client.post(f"{ENDPOINTS}/{made['id']}/test"), 202)
    assert owed["is_drill"] is False
    await deliverer.sweep()
    assert [one.json()["type"] for one in receiver.received] == ["webhook.test"]


async def test_deliveries_say_whether_they_are_of_an_exercise(
    client: httpx.AsyncClient, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(client, receiver, "include")
    drill, fire = await exercise(client), await real(client)
    everything_owed = await everything(client, DELIVERIES, limit=4, drills="include")
    assert {row["incident_id"]: row["is_drill"] for row in everything_owed} == {drill["id"]: True, fire["id"]: False}
    of_drills = await everything(client, DELIVERIES, limit=2, drills="only")
    assert {row["incident_id"] for row in of_drills} == {drill["id"]}
    of_fires = await everything(client, DELIVERIES, limit=2)
    assert {row["incident_id"] for row in of_fires} == {fire["id"]}
    assert len(of_drills) == len(of_fires) == 3
    assert good(await client.get(f"{DELIVERIES}/{of_drills[0]['id']}"))["is_drill"] is True


async def test_no_mention_goes_into_an_exercise_and_the_real_count_keeps_it(
    client: httpx.AsyncClient, counter: Counter
) -> None:
    fire, in_it = await crisis(client, counter, likes=5, published_at=ago(minutes=9))
    loose = await post(client, "闲聊", sentiment="negative")
    await counter.sweep()
    drill = await exercise(client)
    for mention_id in (in_it, loose):
        refused = await client.post(f"{URL}/{drill['id']}/attach", json={"mention_ids": [mention_id]} | WHY)
        assert "real incident" in problem(refused, 409, code="drills_stay_apart")["detail"]
    opened = await client.post(URL, json={"title": "演练", "is_drill": True, "mention_ids": [in_it]})
    assert "exercise" in problem(opened, 422, "/mention_ids")["detail"]
    assert (await mention(client, in_it))["incident_id"] == fire["id"]
    assert (await mention(client, loose))["incident_id"] is None
    assert good(await client.get(f"{URL}/{drill['id']}"))["mention_count"] == 0
    shown = await spread(client, fire["id"])
    assert shown["total"] == 5
    assert len(await recounted(client, fire["id"])) == 1


async def test_exercises_merge_with_exercises_alone(client: httpx.AsyncClient) -> None:
    drill, other, fire = await exercise(client), await exercise(client), await real(client)

    async def merge(one: dict[str, Any], into: dict[str, Any]) -> httpx.Response:
        return await client.post(f"{URL}/{one['id']}/merge", json={"into_incident_id": into["id"]} | WHY)

    for one, into in ((drill, fire), (fire, drill)):
        assert "exercise" in problem(await merge(one, into), 409, code="drills_stay_apart")["detail"]
    for which in (drill, fire):
        assert good(await client.get(f"{URL}/{which['id']}"))["status"] == "responding"
    merged = good(await merge(drill, other))
    assert (merged["id"], merged["is_drill"]) == (other["id"], True)


async def test_a_policy_is_tried_on_what_was_real(client: httpx.AsyncClient) -> None:
    before = ago(seconds=1)
    drill, fire = await exercise(client), await real(client)
    [policy] = [row for row in await everything(client, "/v1/grading-policies") if row["active"]]
    one = f"/v1/grading-policies/{policy['id']}/simulate"

    async def tried(**which: Any) -> set[str]:
        return {row["incident_id"] for row in good(await client.post(one, json=which))["incidents"]}

    found = await tried(opened_after=before)
    assert fire["id"] in found
    assert drill["id"] not in found
    assert await tried(incident_ids=[drill["id"]]) == {drill["id"]}
