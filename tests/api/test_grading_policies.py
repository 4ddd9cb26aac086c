"""Grading policies: versioned data, tried on the past, never changed under an incident's feet."""

import asyncio
from uuid import uuid4

import pytest

from app.domain.grading import PLAN, policy_data
from tests.support.api import again, ago, crisis, everything, good, incident, instant, problem

URL = "/v1/grading-policies"
VOLUME = {"id": "v", "grade": "general", "window_seconds": 3600, "threshold": 100}


@pytest.fixture
async def plan(client):
    """The shipped policy, in force again after the test."""
    (shipped,) = [p for p in await everything(client, URL) if (p["name"], p["version"]) == ("plan", 1)]
    yield shipped
    good(await client.post(f"{URL}/{shipped['id']}/activate"))


async def make(client, *rules: dict, name: str | None = None, **fields) -> dict:
    body = {"name": name or f"方案{uuid4().hex[:8]}", "rules": list(rules)} | fields
    return good(await client.post(URL, json=body), 201)


async def test_the_shipped_policy_is_the_plans(client, plan):
    assert (plan["active"], plan["created_by"]) == (True, "system:fenghuo")
    assert plan["rules"] == policy_data(PLAN)


async def test_the_same_name_again_is_the_next_version_and_the_old_one_stays(client):
    first = await make(client, VOLUME, note="试行")
    assert (first["version"], first["active"], first["note"]) == (1, False, "试行")
    second = await make(client, VOLUME | {"threshold": 50}, name=first["name"])
    assert (second["version"], second["created_by"]) == (2, "key:admin1")
    assert good(await client.get(f"{URL}/{first['id']}")) == first
    listed = [row["id"] for row in await everything(client, URL, limit=1)]
    assert [i for i in listed if i in (first["id"], second["id"])] == [second["id"], first["id"]]


async def test_versions_made_at_the_same_moment_are_all_kept(client):
    name = f"方案{uuid4().hex[:8]}"
    made = await asyncio.gather(*(make(client, VOLUME, name=name) for _ in range(6)))
    assert sorted(policy["version"] for policy in made) == [1, 2, 3, 4, 5, 6]


NONSENSE = {
    "no rules": ([], "/rules", ""),
    "too many": ([VOLUME | {"id": f"r{n}"} for n in range(31)], "/rules", ""),
    "no condition": ([{"id": "leer", "grade": "general"}], "/rules", "leer"),
    "a window without a threshold": ([{"id": "halb", "grade": "general", "window_seconds": 60}], "/rules", "halb"),
    "a threshold without a window": ([{"id": "halb", "grade": "general", "threshold": 1}], "/rules", "halb"),
    "two of one name": ([VOLUME, VOLUME], "/rules", "'v'"),
    "not whole minutes": ([VOLUME | {"window_seconds": 90}], "/rules/0/window_seconds", ""),
    "too long a window": ([VOLUME | {"window_seconds": 604_860}], "/rules/0/window_seconds", ""),
    "a negative threshold": ([VOLUME | {"threshold": -1}], "/rules/0/threshold", ""),
    "an unknown grade": ([VOLUME | {"grade": "huge"}], "/rules/0/grade", ""),
    "an unknown class": ([VOLUME | {"harm_classes": ["all"]}], "/rules/0/harm_classes/0", ""),
    "an unknown condition": ([VOLUME, VOLUME | {"id": "w", "weather": "rain"}], "/rules/1/weather", ""),
    "no id": ([VOLUME | {"id": ""}], "/rules/0/id", ""),
}


@pytest.mark.parametrize(("rules", "pointer", "named"), NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_is_refused_and_the_rule_is_named(client, rules, pointer, named):
    name = f"方案{uuid4().hex[:8]}"
    found = problem(await client.post(URL, json={"name": name, "rules": rules}), 422, pointer)
    assert named in found["detail"]
    assert await make(client, VOLUME, name=name) | {"version": 1}


async def test_a_key_that_stands_twice_in_a_rule_is_named_where_it_stands(client):
    rule = '{"id": "v", "grade": "general", "window_seconds": 60, "threshold": 1, "threshold": 2}'
    body = f'{{"name": "x", "rules": [{rule}]}}'.encode()
    response = await client.post(URL, content=body, headers={"content-type": "application/json"})
    problem(response, 400, "/rules/0/threshold")


async def test_a_policy_in_force_grades_what_opens_from_now_on(client, counter, plan):
    before, old = await crisis(client, counter, likes=10, published_at=ago(minutes=9))
    strict = await make(client, VOLUME)
    activated = good(await client.post(f"{URL}/{strict['id']}/activate"))
    assert activated["active"] is True
    assert [row["id"] for row in await everything(client, URL) if row["active"]] == [strict["id"]]
    assert good(await client.post(f"{URL}/{strict['id']}/activate")) == activated
    after, _ = await crisis(client, counter, likes=101, published_at=ago(minutes=9))
    assert (after["policy_id"], after["grade"]) == (strict["id"], "general")
    await again(client, old, likes=500)
    await counter.sweep()
    kept = await incident(client, before["id"])
    assert (kept["policy_id"], kept["grade"]) == (plan["id"], None)
    spread = good(await client.get(f"/v1/incidents/{after['id']}/spread"))
    assert [(window["rule"], window["peak"]) for window in spread["windows"]] == [("v", 101)]


async def test_another_policy_grades_an_incident_anew_and_never_lowers(client, counter):
    there, _ = await crisis(client, counter, likes=20_000, published_at=ago(minutes=9))
    strict = await make(client, VOLUME | {"id": "strict", "grade": "major", "threshold": 19_999})
    lax = await make(client, VOLUME | {"threshold": 10**15})
    one = f"/v1/incidents/{there['id']}"
    raised = good(await client.patch(one, json={"policy_id": strict["id"], "reason": "大促"}))
    assert (raised["policy_id"], raised["grade"], raised["grade_source"]) == (strict["id"], "major", "machine")
    kept = good(await client.patch(one, json={"policy_id": lax["id"]}))
    assert (kept["grade"], kept["auto_grade"], kept["suggested_grade"]) == ("major", None, None)


async def test_a_policy_may_ask_for_media_follow_up_alone_or_for_nothing_but_a_class(client, counter):
    media = await make(client, {"id": "m", "grade": "serious", "media_follow_up": True})
    harm = await make(client, {"id": "h", "grade": "general", "harm_classes": ["core_interest", "user_rights"]})
    there, _ = await crisis(client, counter)
    one = f"/v1/incidents/{there['id']}"
    assert good(await client.patch(one, json={"policy_id": harm["id"]}))["grade"] is None
    assert good(await client.patch(one, json={"harm_class": "user_rights"}))["grade"] == "general"
    assert good(await client.patch(one, json={"policy_id": media["id"]}))["grade"] == "general"
    assert good(await client.patch(one, json={"media_follow_up": "confirmed"}))["grade"] == "serious"
    assert good(await client.get(f"{one}/spread"))["windows"] == []


async def test_a_simulation_tells_which_grades_and_when_and_changes_nothing(client, counter):
    start = ago(seconds=0)
    early = ago(minutes=50)
    loud, mention_id = await crisis(client, counter, likes=200, published_at=early, observed_at=early)
    later = ago(minutes=20)
    await again(client, mention_id, likes=30_000, observed_at=later)
    await counter.sweep()
    quiet, _ = await crisis(client, counter, likes=10, published_at=ago(minutes=9))
    graded, _ = await crisis(client, counter, likes=60_000, published_at=ago(minutes=9))
    policy = await make(client, VOLUME, VOLUME | {"id": "m", "grade": "serious", "threshold": 20_000})

    async def tried(**fields):
        return good(await client.post(f"{URL}/{policy['id']}/simulate", json=fields))

    answer = await tried(opened_after=start)
    rows = {row["incident_id"]: row for row in answer["incidents"]}
    assert list(rows) == [graded["id"], quiet["id"], loud["id"]]
    assert answer["policy_id"] == policy["id"]
    assert [(g["grade"], g["rule"]) for g in rows[loud["id"]]["grades"]] == [("general", "v"), ("serious", "m")]
    minutes = [instant(g["at"]) for g in rows[loud["id"]]["grades"]]
    assert minutes == [instant(moment).replace(second=0, microsecond=0) for moment in (early, later)]
    summary = {row["number"]: (row["grade"], row["simulated_grade"]) for row in rows.values()}
    assert summary == {
        loud["number"]: ("general", "serious"), quiet["number"]: (None, None), graded["number"]: ("serious", "serious"),
    }  # fmt: skip
    assert (answer["more_severe"], answer["less_severe"]) == (1, 0)
    assert (await incident(client, loud["id"]))["grade"] == "general"

    lax = await make(client, VOLUME | {"threshold": 10**12})
    answer = good(await client.post(f"{URL}/{lax['id']}/simulate", json={"opened_after": start}))
    assert (answer["more_severe"], answer["less_severe"]) == (0, 2)
    assert [row["incident_id"] for row in (await tried(incident_ids=[quiet["id"]]))["incidents"]] == [quiet["id"]]
    assert [row["incident_id"] for row in (await tried(limit=1))["incidents"]] == [graded["id"]]
    assert (await tried(opened_before=start, incident_ids=[quiet["id"]]))["incidents"] == []
    for fields, pointer in [
        ({"limit": 201}, "/limit"),
        ({"limit": 0}, "/limit"),
        ({"incident_ids": ["1"]}, "/incident_ids/0"),
    ]:
        problem(await client.post(f"{URL}/{policy['id']}/simulate", json=fields), 422, pointer)
