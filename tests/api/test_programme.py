"""GET and PUT /v1/programme: phases with checks from live data, and the trial."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app.core.db import Database
from app.domain.worktime import day_of
from app.webhooks.messages import Told, alone
from tests.support.api import brand, everything, good, make_rule, problem
from tests.support.people import make_person

URL = "/v1/programme"
TODAY = day_of(datetime.now(UTC))
EMPTY = {"started_on": None, "policies_confirmed": False, "is_trial": False}


@asynccontextmanager
async def as_it_was(client):
    """Whatever is set, it is not at the end: others' messages must not speak of a trial."""
    try:
        yield good(await client.get(URL))
    finally:
        good(await client.put(URL, json=EMPTY | {"reason": "测试结束"}))


def checks(shown: dict) -> dict:
    return {check["check"]: check for phase in shown["phases"] for check in phase["checks"]}


async def put(client, **fields) -> dict:
    return good(await client.put(URL, json=EMPTY | fields))


async def test_phases_are_dated_from_the_start_and_both_of_the_plans_dates_are_shown(client):
    async with as_it_was(client) as before:
        assert [phase["phase"] for phase in before["phases"]] == ["set_up", "train", "trial", "settle"]
        shown = await put(client, started_on="2026-12-01")
        assert (shown["aimed_on"], shown["ends_on"]) == ("2027-01-31", "2027-02-28")
        assert shown["version"] == before["version"] + 1
        assert shown["light"] == "red"
        for phase in shown["phases"]:
            assert phase["light"] == ("red" if any(c["light"] == "red" for c in phase["checks"]) else "green")
        etag = (await client.get(URL)).headers["etag"]
        await put(client, started_on="2026-12-02")
        problem(await client.put(URL, json=EMPTY, headers={"if-match": etag}), 412, code="stale")
        problem(await client.put(URL, json=EMPTY | {"started_on": "2026-13-01"}), 422, "/started_on")


async def test_the_policies_in_force_are_confirmed_until_others_are(client):
    async with as_it_was(client):
        assert checks(await put(client))["policies_confirmed"]["light"] == "red"
        shown = await put(client, policies_confirmed=True)
        assert (checks(shown)["policies_confirmed"]["light"], bool(shown["policies_confirmed_at"])) == ("green", True)
        [active] = [one for one in await everything(client, "/v1/grading-policies") if one["active"]]
        other = good(await client.post("/v1/grading-policies", json={"name": brand(), "rules": active["rules"]}), 201)
        good(await client.post(f"/v1/grading-policies/{other['id']}/activate"))
        assert checks(good(await client.get(URL)))["policies_confirmed"]["items"] == ["grading_policy"]
        good(await client.post(f"/v1/grading-policies/{active['id']}/activate"))
        assert checks(good(await client.get(URL)))["policies_confirmed"]["light"] == "green"


async def test_a_department_counts_with_its_head_and_the_heads_deputy(client):
    name = brand()
    made = good(await client.post("/v1/departments", json={"name": name, "kind": "legal"}), 201)
    try:
        team = checks(good(await client.get(URL)))["team_complete"]
        assert (team["light"], name in team["items"] or len(team["items"]) == 20) == ("red", True)
        deputy = await make_person(client)
        head = await make_person(client, deputy_id=deputy["id"])
        good(await client.patch(f"/v1/departments/{made['id']}", json={"head_id": head["id"]}))
        after = checks(good(await client.get(URL)))["team_complete"]
        assert (after["done"], after["wanted"]) == (team["done"] + 1, team["wanted"])
        good(await client.patch(f"/v1/people/{deputy['id']}", json={"active": False}))
        assert checks(good(await client.get(URL)))["team_complete"]["done"] == team["done"]
    finally:
        good(await client.patch(f"/v1/departments/{made['id']}", json={"active": False}))


async def test_rules_templates_and_replays_are_counted(client, counter, database):
    await make_rule(client, brand())
    found = checks(good(await client.get(URL)))
    assert (found["watch_rules_set"]["light"], found["templates_ready"]["light"]) == ("green", "green")
    before = found["sensitivity_tried"]["done"]
    await database.fetch(
        "insert into replays(id, kind, asked, starts_at, ends_at, state, asked_by, created_at, finished_at, result) values "
        "($1, 'policy', '{}', now() - interval '1 day', now(), 'done', 'test', now(), now(), '{}')", id_ := uuid4(),
    )  # fmt: skip
    try:
        assert checks(good(await client.get(URL)))["sensitivity_tried"]["done"] == before + 1
    finally:
        await database.fetch("delete from replays where id = $1", id_)


# After anything that other tests play.
FAR = datetime(2150, 1, 1, tzinfo=UTC)


async def finished_drill(database: Database, at: datetime, scale: int = 60) -> UUID:
    """As if one had been played to its end."""
    id_, rule_id = uuid4(), uuid4()
    await database.fetch(
        "insert into watch_rules(id, name, brand_words, negative_words, exclusions, harm_class, deleted_at) "
        "values ($1, '演练', '{}', '{}', '{}', 'individual', now())", rule_id,
    )  # fmt: skip
    await database.fetch(
        "insert into drills(id, name, scenario_version_id, scale, duration_seconds, rule_id, own_rule, brand, word, state, "
        "started_at, zero_at, ended_at, created_by) values ($1, '演练', (select id from scenario_versions limit 1), $2, 3600, $3, "
        "true, '牌', '词', 'finished', $4, $4, $4, 'test')",
        id_, scale, rule_id, at,
    )  # fmt: skip
    return id_


async def test_the_second_drill_shows_how_soon_each_department_answered(client, database):
    department = good(await client.post("/v1/departments", json={"name": brand(), "kind": "other"}), 201)
    people = [await make_person(client, department_id=department["id"]) for _ in range(3)]
    async with as_it_was(client):
        await put(client, started_on="2150-01-01")
        found = checks(good(await client.get(URL)))
        done = found["first_drill"]["done"], found["second_drill"]["done"]
        assert done == (0, 0), "what was played before the start is no part of it"
        await finished_drill(database, FAR + timedelta(seconds=2))
        assert checks(good(await client.get(URL)))["first_drill"]["light"] == "green"
        drill_id = await finished_drill(database, FAR + timedelta(seconds=3))
        incident_id = uuid4()
        await database.fetch(
            "insert into incidents(id, number, title, policy_id, opened_by, is_drill, drill_id, status) values ($1, $2, '演练', "
            "(select id from grading_policies where active), 'test', true, $3, 'closed')",
            incident_id, f"D{brand()}", drill_id,
        )  # fmt: skip
        for person, seconds in zip(people, (3, 5, None), strict=True):
            await database.fetch(
                "insert into incident_members(id, incident_id, person_id, position, reason, level, added_at, called_at, set_at, "
                "acknowledged_at) values (gen_random_uuid(), $1, $2, 'other', 'added', 1, now(), now(), now(), "
                "now() + make_interval(secs => $3))", incident_id, UUID(person["id"]), seconds,
            )  # fmt: skip
        shown = good(await client.get(URL))
        assert checks(shown)["second_drill"]["light"] == "green"
        answered = checks(shown)["team_answered"]
        assert (answered["light"], answered["done"], answered["wanted"]) == ("red", 2, 3)
        [answer] = shown["drill_answers"]
        # Four seconds at sixty times the speed are four minutes of the scenario.
        assert (answer["name"], answer["called"], answer["answered"], answer["median_seconds"]) == (
            department["name"], 3, 2, 240,
        )  # fmt: skip
        await database.fetch("update incident_members set acknowledged_at = now() where incident_id = $1", incident_id)
        assert checks(good(await client.get(URL)))["team_answered"]["light"] == "green"


async def test_a_trial_is_on_record_and_shown_wherever_a_reader_could_take_it_for_real(client, database):
    async with as_it_was(client):
        problem(await client.put(URL, json=EMPTY | {"is_trial": True}), 422, "/reason")
        on = await put(client, is_trial=True, reason="试运行一个月，联系 13800138000")
        assert (on["is_trial"], checks(on)["trial_begun"]["light"], checks(on)["trial_ended"]["light"]) == (
            True, "green", "red",
        )  # fmt: skip
        assert "13800138000" not in str(on["trials"])
        again = await put(client, is_trial=True)
        assert again["version"] == on["version"], "it goes on, without another reason"
        for url in ("/v1/metrics/mechanisms", "/v1/metrics/digest-preview"):
            assert good(await client.get(url))["is_trial"] is True, url
        query = {"from": TODAY.isoformat(), "to": TODAY.isoformat()}
        for url in ("/v1/metrics/rules", "/v1/metrics/kpis"):
            assert good(await client.get(url, params=query))["is_trial"] is True, url
        assert good(await client.get("/v1/metrics/digest-preview"))["text"].startswith("【试运行】")
        off = await put(client, reason="试运行结束")
        assert (off["is_trial"], checks(off)["trial_ended"]["light"]) == (False, "green")
        [last, *_] = off["trials"]
        assert (last["end_reason"], bool(last["ends_at"])) == ("试运行结束", True)
        assert good(await client.get("/v1/metrics/digest-preview"))["is_trial"] is True, (
            "a part of the day was on trial"
        )
        told = [e["type"] for e in await everything(client, "/v1/events", type=["trial.started", "trial.ended"])]
        assert {"trial.started", "trial.ended"} <= set(told)


def test_robots_say_that_it_is_a_trial():
    told = Told("trial.started", datetime.now(UTC), {"reason": "试"}, is_trial=True)
    assert alone(told, "")[0].startswith("【试运行】【烽火】试运行开始")
