"""GET /v1/metrics/mechanisms: each of the three green or red, with why, now and as it stood."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app.core.auth import SYSTEM
from app.domain.worktime import day_of
from app.reviews.risks import create_risk
from tests.support.api import brand, good, make_rule, problem
from tests.support.people import make_person

URL = "/v1/metrics/mechanisms"


async def checks(client, at: datetime | None = None) -> dict:
    """Check -> what is said of it."""
    answer = good(await client.get(URL, params={"at": at.isoformat()} if at else {}))
    assert [each["mechanism"] for each in answer["mechanisms"]] == ["monitoring", "review", "upgrade"]
    for each in answer["mechanisms"]:
        assert each["light"] == ("red" if "red" in {one["light"] for one in each["checks"]} else "green")
    return {one["check"]: one for each in answer["mechanisms"] for one in each["checks"]}


async def review_clock(database, started: datetime, due: datetime, met: datetime | None = None) -> str:
    """A real incident with its review's clock; its number."""
    id_, number = uuid4(), f"M{uuid4().hex[:8]}"
    await database.fetch(
        "insert into incidents(id, number, title, policy_id, opened_by, status, opened_at) "
        "values ($1, $2, '机制', (select id from grading_policies where active), 'test', 'closed', $3)",
        id_, number, started,
    )  # fmt: skip
    await database.fetch("insert into kpi_periods(incident_id, starts_at) values ($1, $2)", id_, started)
    state = "breached" if met is None or met > due else "met"
    await database.fetch(
        "insert into deadlines(id, kind, incident_id, level, policy_id, state, started_at, due_at, set_at, met_at, ended_at)"
        " values (gen_random_uuid(), 'review', $1, 3, (select id from sla_policies where active), $2, $3, $4, $3, $5, $4)",
        id_, state, started, due, met,
    )  # fmt: skip
    return number


async def test_a_late_review_is_red_until_it_is_done_and_stays_so_in_the_past(client, database):
    now = datetime.now(UTC)
    began, due, met = now - timedelta(days=9), now - timedelta(days=6), now - timedelta(days=2)
    number = await review_clock(database, began, due, met)
    then = await checks(client, due - timedelta(hours=1))
    assert number not in then["reviews_not_late"]["items"]
    late = (await checks(client, due + timedelta(hours=1)))["reviews_not_late"]
    assert (late["light"], number in late["items"]) == ("red", True)
    assert f"有 {late['amiss']} 项逾期" in late["why"]
    after = await checks(client)
    assert number not in after["reviews_not_late"]["items"]
    assert number in after["reports_in_time"]["items"], "the report came four days late, and that is remembered a month"
    assert number not in (await checks(client, met + timedelta(days=29)) if met + timedelta(days=29) < now else after)[
        "reviews_not_late"
    ]["items"]  # fmt: skip


async def test_risks_are_judged_by_what_they_said_on_the_day(client, database):
    now = datetime.now(UTC)
    made = now - timedelta(days=10)
    fields = {"title": "十天前的风险", "category": "other", "likelihood": 1, "impact": 1,
              "next_review_on": day_of(now - timedelta(days=5))}  # fmt: skip
    async with database.transaction() as tx:
        tx.info["now"] = made
        risk = await create_risk(tx, fields, caller=SYSTEM, now=made)
    assert risk.number not in (await checks(client, now - timedelta(days=7)))["risks_reviewed"]["items"]
    found = (await checks(client, now - timedelta(days=1)))["risks_reviewed"]
    assert risk.number in found["items"]
    assert found["light"] == "red"
    good(await client.post(f"/v1/risks/{risk.id}/reviewed", json={"note": "已看"}))
    assert risk.number not in (await checks(client))["risks_reviewed"]["items"]
    assert risk.number in (await checks(client, now - timedelta(days=1)))["risks_reviewed"]["items"], "as it was"


LONG_AGO = datetime(1995, 1, 1, tzinfo=UTC)


async def test_monitoring_is_red_where_a_core_platform_was_not_heard_or_an_alert_reached_nobody(client, database):
    await database.fetch("insert into source_beats(channel, at, platform) values ('key:test', $1, 'weibo')", LONG_AGO)
    heard = (await checks(client, LONG_AGO + timedelta(hours=23)))["core_platforms_alive"]
    assert heard["amiss"] == heard["checked"] - 1
    assert "weibo" not in heard["items"]
    silent = (await checks(client, LONG_AGO + timedelta(hours=25)))["core_platforms_alive"]
    assert "weibo" in silent["items"]
    assert silent["why"] == f"{silent['checked']} 个核心平台中有 {silent['checked']} 个近一天没有数据"
    mention_id, due = uuid4(), LONG_AGO - timedelta(hours=1)
    await database.fetch(
        "insert into deadlines(id, kind, mention_id, level, policy_id, state, started_at, due_at, set_at, ended_at) values "
        "(gen_random_uuid(), 'alert', $1, 4, (select id from sla_policies where active), 'breached', $2, $2, $2, $2)",
        mention_id, due,
    )  # fmt: skip
    found = (await checks(client, LONG_AGO))["alerts_pushed"]
    assert (found["light"], found["checked"], found["items"]) == ("red", 1, [str(mention_id)])
    assert found["why"] == "近一天 1 条预警中有 1 条未按时送达"
    assert (await checks(client, LONG_AGO + timedelta(days=2)))["alerts_pushed"]["checked"] == 0
    await database.fetch("delete from deadlines where mention_id = $1", mention_id)
    await database.fetch("delete from source_beats where channel = 'key:test'")


async def test_a_patrol_that_nobody_walked_in_time_is_red_for_a_day(client, database):
    plan = await database.fetch("select id from patrol_plans order by version limit 1")
    walker = (await make_person(client))["id"]
    for hours, walked in ((0, 0.2), (5, None), (11, 3)):
        at = LONG_AGO + timedelta(hours=hours)
        happened = at + timedelta(hours=walked) if walked else None
        await database.fetch(
            "insert into patrols(id, plan_id, slot_at, due_by, platforms, happened_at, recorded_at, walked_by) values "
            "(gen_random_uuid(), $1, $2, $3, '{weibo}', $4, $4, $5)",
            plan[0]["id"], at, at + timedelta(hours=1), happened, UUID(walker) if walked else None,
        )  # fmt: skip
    found = (await checks(client, LONG_AGO + timedelta(hours=12)))["patrols_done"]
    assert (found["checked"], found["items"]) == (3, ["1995-01-01 13:00", "1995-01-01 19:00"]), (
        "three hours late is late"
    )
    assert (await checks(client, LONG_AGO + timedelta(hours=5.5)))["patrols_done"]["light"] == "green", (
        "its time is not up"
    )
    assert (await checks(client, LONG_AGO + timedelta(hours=40)))["patrols_done"]["checked"] == 0
    await database.fetch("delete from patrols where slot_at < $1", LONG_AGO + timedelta(days=1))


async def test_rules_that_nobody_looks_at_turn_red(client):
    await make_rule(client, brand())
    now = await checks(client)
    assert now["rules_looked_at"]["light"] == "green"
    assert (await checks(client, LONG_AGO))["rules_looked_at"]["items"] == [
        "watch_rules", "grading_policies", "sla_policies",
    ]  # fmt: skip


async def test_what_an_exercises_review_decides_shows_nothing_of_rules(client, database):
    # Of both reviews the same is decided; only the incident of one is real.
    for place, (is_drill, old) in enumerate(((True, True), (False, False))):
        at = LONG_AGO + timedelta(days=200 + place)
        incident_id, review_id = uuid4(), uuid4()
        await database.fetch(
            "insert into incidents(id, number, title, policy_id, opened_by, status, opened_at, is_drill) "
            "values ($1, $2, '机制', (select id from grading_policies where active), 'test', 'closed', $3, $4)",
            incident_id, f"M{incident_id.hex[:8]}", at, is_drill,
        )  # fmt: skip
        await database.fetch(
            "insert into reviews(id, born_of, is_drill, status, since, found_at, created_at, updated_at) "
            "values ($1, $2, $3, 'suspended', $4, $4, $4, $4)",
            review_id, incident_id, is_drill, at,
        )  # fmt: skip
        await database.fetch(
            "insert into review_decisions(id, review_id, kind, state, reason, decided_at) "
            "select gen_random_uuid(), $1, kind, 'no_change', '够用', $2 from unnest(array['scope', 'process']) as kind",
            review_id, at,
        )  # fmt: skip
        found = (await checks(client, at + timedelta(hours=1)))["rules_looked_at"]
        assert bool(found["amiss"]) is old


async def test_the_future_is_not_judged(client):
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    problem(await client.get(URL, params={"at": ahead}), 422, "?at", code="invalid")
