"""Figures that other rooms reckon, over made-up rows: coverage by the hour, trainings, mechanisms, patrols."""

from datetime import UTC, datetime, timedelta

from app.domain.worktime import day_of
from tests.support.api import everything, good
from tests.support.kpi_history import History

FEBRUARY = {"from": "2026-02-02", "to": "2026-02-04"}
MONDAY = datetime(2026, 2, 1, 16, tzinfo=UTC)
_BEAT = "insert into source_beats(channel, at, platform) values ('kpi', $1, $2)"
_PATROL = """
insert into patrols(id, plan_id, slot_at, due_by, platforms, happened_at, recorded_at, walked_by, missed_at)
select gen_random_uuid(), (select id from patrol_plans limit 1), $1::timestamptz, $1::timestamptz + interval '1 hour',
  '{weibo}', $1 + $2::interval, $1 + $2::interval, case when $2 is not null then $3::uuid end, $1 + $4::interval"""


async def figures(history: History, kpi: str, **query: str) -> dict:
    return (await history.kpis(FEBRUARY["from"], FEBRUARY["to"], kpi=kpi, **query))[kpi]


async def test_platform_coverage_counts_each_hour_of_each_core_platform(history: History, own_database):
    core = [row["platform"] for row in await own_database.fetch("select distinct platform from core_platform_periods")]
    await own_database.fetch("update core_platform_periods set starts_at = '2026-02-01 15:30Z', ends_at = null")
    heard = {(hour, core[hour % len(core)]) for hour in range(0, 70, 3)} | {(5, core[0]), (71, core[-1])}
    for hour, platform in heard:
        await own_database.fetch(_BEAT, MONDAY + timedelta(hours=hour, minutes=hour % 60), platform)
    await own_database.fetch(_BEAT, MONDAY + timedelta(hours=1), "forum")
    one = await figures(history, "R04", by="platform", every="day")
    assert (one["numerator"], one["denominator"], one["reached"]) == (len(heard), 72 * len(core), False)
    assert {group["key"]: group["numerator"] for group in one["groups"]} == {
        name: sum(platform == name for _, platform in heard) for name in core
    }
    assert [point["numerator"] for point in one["series"]] == [
        sum(24 * day <= hour < 24 * (day + 1) for hour, _ in heard) for day in range(3)
    ]
    items = await everything(history.client, "/v1/metrics/kpis/R04/items", limit=50, **FEBRUARY)
    told = {
        ((datetime.fromisoformat(item["at"]) - MONDAY) // timedelta(hours=1), item["id"])
        for item in items
        if item["counts"]
    }
    assert told == heard
    assert len(items) == one["denominator"]


async def test_patrols_count_by_when_they_were_walked(history: History, own_database):
    walker, hour, minute = history.people["press"], timedelta(hours=1), timedelta(minutes=1)
    for place, (walked, missed) in enumerate([
        (5 * minute, None), (50 * minute, 60 * minute), (90 * minute, 60 * minute), (None, 60 * minute),
    ]):  # fmt: skip
        await own_database.fetch(_PATROL, MONDAY + 9 * hour + 5 * place * hour, walked, walker, missed)
    one = await figures(history, "R22", every="day")
    assert (one["numerator"], one["denominator"], one["as_recorded"], one["value"]) == (2, 4, 1, 0.5)
    assert [(point["numerator"], point["denominator"]) for point in one["series"]] == [(2, 3), (0, 1), (0, 0)]
    items = await everything(history.client, "/v1/metrics/kpis/R22/items", limit=1, **FEBRUARY)
    assert [(item["counts"], item["counts_as_recorded"], item["value"]) for item in items] == [
        (True, True, 300), (True, False, 3000), (False, False, 5400), (False, False, None)
    ]  # fmt: skip


async def test_training_coverage_is_that_of_the_last_day_and_past_days_keep_theirs(history: History):
    today, client = day_of(datetime.now(UTC)), history.client
    past = await history.kpis("2026-03-01", "2026-03-31", kpi="R07", by="department")
    assert past["R07"]["numerator"] == past["R07"]["denominator"] == len(history.people)
    course = good(
        await client.post("/v1/trainings", json={"title": "社交行为准则", "mandatory": True, "pass_mark": 60}), 201
    )
    for name, score in (("press", 90), ("ops", 59), ("milk", 60)):
        body = {"person_id": str(history.people[name]), "completed_on": str(today), "score": score}
        good(await client.post(f"/v1/trainings/{course['id']}/completions", json=body), 201)
    active = {one["id"]: one for one in await everything(client, "/v1/people") if one["active"]}
    results = await everything(client, "/v1/training-completions", training_id=course["id"])
    covered = {one["person"]["id"] for one in results if one["score"] >= 60}
    now = (await history.kpis(str(today - timedelta(days=3)), str(today), kpi="R07", by="department"))["R07"]
    assert (now["numerator"], now["denominator"], now["reached"]) == (len(covered), len(active), False)
    groups = {group["key"]: (group["numerator"], group["denominator"]) for group in now["groups"]}
    where = {id_: one["department_id"] for id_, one in active.items()}
    assert groups == {
        key: (sum(where[id_] == key for id_ in covered), sum(of == key for of in where.values()))
        for key in set(where.values())
    }
    items = await everything(client, "/v1/metrics/kpis/R07/items", limit=2, **{"from": str(today), "to": str(today)})
    assert {item["id"]: item["counts"] for item in items} == {id_: id_ in covered for id_ in active}
    again = await history.kpis("2026-03-01", "2026-03-31", kpi="R07", by="department")
    assert again["R07"] == past["R07"], "a course of today asks nothing of March"


async def test_the_mechanisms_are_counted_as_they_stood(history: History):
    at = "2026-03-31T15:59:59.999999Z"
    lights = good(await history.client.get("/v1/metrics/mechanisms", params={"at": at}))["mechanisms"]
    green = {one["mechanism"] for one in lights if one["light"] == "green"}
    one = (await history.kpis("2026-03-01", "2026-03-31", kpi="R08"))["R08"]
    assert (one["numerator"], one["denominator"]) == (len(green), 3)
    items = await everything(history.client, "/v1/metrics/kpis/R08/items", **{"from": "2026-03-01", "to": "2026-03-31"})
    assert {item["id"] for item in items if item["counts"]} == green
    ahead = await history.kpis("2199-01-01", "2199-01-31")
    assert all(one["value"] is None and one["reached"] is None for one in ahead.values())
    assert ahead["R01"]["gap"] == "nothing_told"


async def test_the_snapshot_is_made_of_the_others(history: History):
    found = await history.kpis("2026-03-01", "2026-03-31")
    told = [found[f"R0{n}"]["reached"] for n in range(2, 9)]
    known = [reached for reached in told if reached is not None]
    assert (found["R01"]["numerator"], found["R01"]["denominator"]) == (known.count(True), len(known))
    alone = await history.kpis("2026-03-01", "2026-03-31", kpi="R01")
    assert alone == {"R01": found["R01"]}
