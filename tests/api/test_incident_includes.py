"""What a wall shows of each incident by `?include=`: the figures of /spread and /deadlines, in three queries a page."""

from datetime import UTC, datetime, timedelta

import pytest

from app.incidents import recent
from tests.support.acts import URL, grade, meet, opened
from tests.support.api import again, ago, brand, crisis, everything, good, instant, problem, spread
from tests.support.people import bearer, make_key, make_person
from tests.support.queries import statements

ALL = ["windows", "forecast", "next_deadline", "unacknowledged_count", "sparkline"]


async def one(client, incident_id: str, *include: str) -> dict:
    return good(await client.get(f"{URL}/{incident_id}", params={"include": include}))["live"]


async def burning(client, counter, **fields) -> str:
    """An incident that gained in several hours and gains now."""
    start = datetime.now(UTC).replace(second=0, microsecond=0)
    first = (start - timedelta(hours=23, minutes=50)).isoformat()
    there, mention_id = await crisis(client, counter, published_at=first, observed_at=first, likes=700, **fields)
    for minutes, likes in ((470, 3_000), (200, 3_900), (100, 4_100), (8, 6_000), (2, 7_000)):
        observed_at = (start - timedelta(minutes=minutes)).isoformat()
        await again(client, mention_id, observed_at=observed_at, likes=likes, comments=likes // 10)
    await counter.sweep()
    return there["id"]


async def test_windows_and_forecast_are_those_of_the_spread(client, counter):
    incident_id = await burning(client, counter)
    while True:
        live, shown = await one(client, incident_id, "windows", "forecast"), await spread(client, incident_id)
        if live["as_of"] == shown["as_of"]:
            break
    assert live["windows"] == shown["windows"]
    assert live["forecast"] == shown["forecast"]
    assert {row["minutes"] for row in live["forecast"]} > {None}, "something is forecast"
    assert live["next_deadline"] is live["sparkline"] is live["unacknowledged_count"] is None


async def test_the_sparkline_is_what_each_hour_gained(client, counter):
    incident_id = await burning(client, counter)
    live = await one(client, incident_id, "sparkline")
    hour = instant(live["as_of"]).replace(minute=0)
    by_hour = {
        instant(bucket["minute"]): bucket["reposts"] + bucket["comments"] + bucket["likes"]
        for bucket in (await spread(client, incident_id, resolution_seconds=3600))["buckets"]
    }
    assert live["sparkline"] == [by_hour.get(hour - timedelta(hours=ago), 0) for ago in range(23, -1, -1)]
    assert sum(map(bool, live["sparkline"])) >= 4


@pytest.mark.parametrize("most", [recent.MOST_MINUTES, 0])
async def test_what_is_held_of_the_last_look_never_hides_what_came_since(client, counter, monkeypatch, most):
    monkeypatch.setattr(recent, "MOST_MINUTES", most)
    word = brand()
    first = ago(minutes=400)
    there, mention_id = await crisis(
        client, counter, brands=(word,), published_at=first, observed_at=first, likes=1_000
    )
    for minutes, likes in ((1, 2_000), (300, 1_500), (0.01, 2_400)):
        before = await one(client, there["id"], *ALL)
        await again(client, mention_id, observed_at=ago(minutes=minutes), likes=likes)
        await counter.sweep()
        live, shown = await one(client, there["id"], *ALL), await spread(client, there["id"])
        assert [(w["rule"], w["current"], w["peak"]) for w in live["windows"]] == [
            (w["rule"], w["current"], w["peak"]) for w in shown["windows"]
        ]
        assert live["sparkline"] != before["sparkline"]
        assert sum(live["sparkline"]) == shown["total"]


async def test_a_look_at_what_did_not_change_costs_one_query_less(app, client, counter):
    incident_id = await burning(client, counter)
    costs = []
    for _ in range(2):
        with statements(app) as sent:
            await one(client, incident_id, *ALL)
        costs.append(len(sent))
    assert costs[1] == costs[0] - 1


async def test_the_next_deadline_is_the_running_one_that_is_due_first(client):
    incident_id = await opened(client)
    assert (await one(client, incident_id, "next_deadline"))["next_deadline"] is None
    await grade(client, incident_id, "major")
    for _ in range(2):
        running = await everything(client, "/v1/deadlines", incident_id=incident_id, state="running")
        shown = (await one(client, incident_id, "next_deadline"))["next_deadline"]
        first = running[0]
        assert shown == {name: first[name] for name in ("id", "kind", "state", "started_at", "due_at", "estimated")}
        await meet(client, incident_id, "先停售")
    assert len(running) < 6, "the meeting met its clock"


async def test_a_first_word_that_is_late_does_not_hide_what_comes_next(client, database):
    incident_id = await opened(client)
    await grade(client, incident_id, "major")
    for kind in ("first_response", "emergency_meeting", "fact_check"):
        await database.fetch(
            "update deadlines set state = 'cancelled', next_at = null where incident_id = $1 and kind = $2",
            incident_id, kind,
        )  # fmt: skip
    assert (await one(client, incident_id, "next_deadline"))["next_deadline"]["kind"] == "first_word"
    late = "update deadlines set due_at = now() - interval '1 minute' where incident_id = $1 and kind = 'first_word'"
    await database.fetch(late, incident_id)
    assert (await one(client, incident_id, "next_deadline"))["next_deadline"]["kind"] == "first_statement"


async def test_who_has_not_acknowledged_is_counted(client, bare):
    incident_id = await opened(client)
    await grade(client, incident_id, "general")

    async def silent() -> int:
        shown = (await one(client, incident_id, "unacknowledged_count"))["unacknowledged_count"]
        team = await everything(client, f"{URL}/{incident_id}/team")
        assert shown == sum(member["acknowledged_at"] is None for member in team)
        return shown

    before = await silent()
    members = []
    for _ in range(3):
        person = await make_person(client, "incidents:write")
        body = {"person_id": person["id"], "position": "other", "reason": "支援"}
        members.append((person, good(await client.post(f"{URL}/{incident_id}/team", json=body), 201)))
    assert await silent() == before + 3
    key = await make_key(client, "incidents:write", person_id=members[0][0]["id"])
    headers = bearer(key["key"])
    good(await bare.post(f"{URL}/{incident_id}/acknowledgements", json={}, headers=headers), 201)
    assert await silent() == before + 2
    left = f"{URL}/{incident_id}/team/{members[1][1]['id']}"
    good(await client.delete(left, params={"reason": "另有任务"}), 204)
    assert await silent() == before + 1


async def test_a_list_costs_at_most_three_queries_more_however_long_it_is(app, client, counter):
    word = brand()
    for place in range(3):
        await burning(client, counter, brands=(f"{word}{'甲乙丙'[place]}",))
    costs = {}
    for limit in (1, 200):
        for include in ([], ALL):
            with statements(app) as sent:
                page = good(await client.get(URL, params={"limit": limit, "include": include}))
            costs[limit, bool(include)] = len(sent)
            assert all(bool(row["live"]) == bool(include) for row in page["data"])
    assert costs[200, True] - costs[200, False] <= 3, costs
    assert costs[1, True] - costs[1, False] <= 3, costs
    assert costs[200, True] <= 8, "guards, watch rules, a look behind masks: nothing for a row alone"


async def test_a_row_of_a_list_is_the_incident_with_the_same_includes(client, counter):
    incident_id = await burning(client, counter)
    rows = good(await client.get(URL, params={"limit": 1, "include": ALL}))["data"]
    alone = good(await client.get(f"{URL}/{incident_id}", params={"include": ALL}))
    if rows[0]["live"]["as_of"] == alone["live"]["as_of"]:
        assert rows == [alone]
    assert all(alone["live"][name] is not None for name in ALL if name != "next_deadline")


async def test_the_tag_of_what_moves_serves_for_changes_and_only_for_what_is_the_same(client, counter):
    incident_id = await burning(client, counter)
    path = f"{URL}/{incident_id}"
    plain = (await client.get(path)).headers["etag"]
    answer = await client.get(path, params={"include": ALL})
    tag = answer.headers["etag"]
    assert tag != plain
    assert tag.split("-")[0] == plain.split("-")[0], "one version"
    changed = await client.patch(path, json={"summary": "新"}, headers={"if-match": tag})
    assert changed.status_code == 200
    problem(await client.patch(path, json={"summary": "旧"}, headers={"if-match": tag}), 412)


async def test_a_cursor_goes_on_with_whatever_is_shown(client):
    for _ in range(2):
        await opened(client)
    page = good(await client.get(URL, params={"limit": 1, "include": "windows"}))
    query = {"limit": 1, "cursor": page["next_cursor"]}
    assert good(await client.get(URL, params=query))["data"][0]["live"] is None


@pytest.mark.parametrize("include", ["everything", "", ["windows"] * 6])
async def test_what_can_not_be_included_is_refused(client, include):
    for path in (URL, f"{URL}/{await opened(client)}"):
        answer = await client.get(path, params={"include": include})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].startswith("?include")
