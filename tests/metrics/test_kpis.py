"""The plan's key figures over a made-up quarter equal an independent recount of what the events tell; and they stay."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from tests.support import kpi_recount as recount
from tests.support.api import everything, good, problem
from tests.support.kpi_history import MINUTE, History

PERIODS = [
    ("2026-03-01", "2026-05-31"), ("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-30"), ("2026-03-02", "2026-03-02"),
    ("2026-03-09", "2026-03-09"), ("2026-03-10", "2026-03-10"), ("2026-03-30", "2026-04-05"), ("2026-01-01", "2026-01-31"),
]  # fmt: skip
COUNTED = ("R02", "R03", "R05", "R06", "R42", "R57")
CLOCKS = ("R02", "R03", "R42", "R57")


def told(one: dict) -> tuple[int, int, int | None]:
    return one["numerator"], one["denominator"], one["as_recorded"]


def recounted(tally: recount.Tally | None, kpi: str) -> tuple[int, int, int | None]:
    tally = tally or recount.Tally()
    recorded = (tally.as_recorded or 0) if kpi in CLOCKS else None
    return tally.numerator, tally.denominator, recorded


@pytest.mark.parametrize(("first", "last"), PERIODS)
async def test_every_figure_equals_the_recount_of_what_the_events_tell(history: History, first: str, last: str):
    events, days = await history.events(), (date.fromisoformat(first), date.fromisoformat(last))
    found = recount.clocks(events, *days) | recount.calms(events, *days)
    figures = await history.kpis(first, last)
    for kpi in COUNTED:
        assert told(figures[kpi]) == recounted(found.get((kpi, "")), kpi), kpi
        one = figures[kpi]
        assert one["value"] == (one["numerator"] / one["denominator"] if one["denominator"] else None)


async def test_the_quarter_comes_to_what_was_lived(history: History):
    """By hand, so that the recount is not the only witness."""
    quarter = await history.kpis("2026-03-01", "2026-05-31")
    # In time: in time, told late, twice (its first); not: twice (its second), whole, burning, which nobody answered.
    assert told(quarter["R02"])[:2] == (3, 5), "burning was not rung, merged and dismissed ones and drills are out"
    assert (quarter["R02"]["as_recorded"], quarter["R02"]["undecided"]) == (2, 1)
    assert (quarter["R02"]["reached"], quarter["R02"]["reached_as_recorded"]) == (False, False)
    # Major: answered after 25 minutes; 45 minutes after it began, 25 after it was raised; nobody.
    assert told(quarter["R03"]) == (2, 3, 2)
    hours = {"in time": 10, "told late": 30, "major": 50, "nobody": 72, "raised": 11, "twice": 96, "whole": 48}
    seconds = sum(hour * 3600 - 60 for hour in hours.values())
    assert told(quarter["R05"]) == (seconds, 7, None)
    spread = 1_200 + 2_010 + 9_000 + 7_000 + 500 + 1_204 + 5_700
    assert told(quarter["R06"]) == (spread, 7, None), "what was merged is in the whole, once"
    assert (quarter["R05"]["gap"], quarter["R05"]["change"], quarter["R05"]["reached"]) == ("no_baseline", None, None)


async def test_a_period_that_is_over_keeps_the_calm_that_stood_at_its_end(history: History):
    """A relapse in April takes nothing out of March; the next calm is April's, and counts from the beginning."""
    items = {
        month: {one["id"]: one for one in await everything(history.client, "/v1/metrics/kpis/R05/items", **days)}
        for month, days in {
            "march": {"from": "2026-03-01", "to": "2026-03-31"}, "april": {"from": "2026-04-01", "to": "2026-04-30"},
            "both": {"from": "2026-03-01", "to": "2026-04-30"}, "relapsed": {"from": "2026-03-01", "to": "2026-04-02"},
        }.items()
    }  # fmt: skip
    twice = history.incidents["twice"]
    assert items["march"][twice]["value"] == 12 * 3600 - 60
    assert items["april"][twice]["value"] == items["both"][twice]["value"] == 96 * 3600 - 60
    assert twice not in items["relapsed"]


def keyed(one: dict) -> dict:
    return {group["key"]: told(group) for group in one["groups"]}


@pytest.mark.parametrize("by", ["grade", "product", "platform"])
async def test_parts_equal_the_recount(history: History, by: str):
    events, days = await history.events(), (date(2026, 3, 1), date(2026, 5, 31))
    key = {"grade": recount.by_grade, "product": recount.by_product(days[1]), "platform": recount.by_platform}[by]
    found = recount.clocks(events, *days, key=key) | recount.calms(events, *days, key=key)
    if by == "platform":
        found = {both: tally for both, tally in found.items() if both[0] != "R06"}
        found |= {("R06", one): tally for one, tally in recount.spread_by_platform(events, *days).items()}
    figures = await history.kpis("2026-03-01", "2026-05-31", by=by)
    for kpi in COUNTED:
        parts = {part: recounted(tally, kpi) for (of, part), tally in found.items() if of == kpi}
        shown = {part: counted for part, counted in keyed(figures[kpi]).items() if counted[1]}
        assert shown == parts, kpi
        assert len(parts) > (kpi != "R03") or by == "grade"


async def test_responses_by_department_equal_the_recount(history: History):
    """A response counts in each department that had somebody in the team, where they were when they joined."""
    events, days = await history.events(), (date(2026, 3, 1), date(2026, 5, 31))
    people = await everything(history.client, "/v1/people")
    key = recount.by_department({one["id"]: one["department_id"] for one in people})
    found = recount.clocks(events, *days, key=key)
    figures = await history.kpis("2026-03-01", "2026-05-31", by="department")
    for kpi in ("R02", "R03"):
        parts = {part: recounted(tally, kpi) for (of, part), tally in found.items() if of == kpi}
        assert {part: counted for part, counted in keyed(figures[kpi]).items() if counted[1]} == parts
        assert len(parts) >= 3
    assert figures["R05"]["groups"] == []
    names = {group["key"]: group["name"] for group in figures["R02"]["groups"]}
    assert names[str(history.departments["milk"])] == "milk"


async def test_who_left_before_it_was_due_or_came_after_answers_for_nothing(history: History):
    at = datetime(2026, 7, 1, 3, tzinfo=UTC)
    await history.burns("came and went", at, "茶饮", "general", ("weibo", 300))
    url = f"/v1/incidents/{history.incidents['came and went']}/team"
    for moment, name in ((at + 5 * MINUTE, "ops"), (at + 90 * MINUTE, "law")):
        await history.rings("came and went", moment)
        member = await history.say("POST", "came and went", "team", person_id=str(history.people[name]), reason="协助")
        if name == "ops":
            history.at(moment + 5 * MINUTE)
            gone = await history.client.delete(f"{url}/{member['id']}", params={"reason": "误加"})
            assert gone.status_code == 204, gone.text
    history.today()
    july, departments = await history.kpis("2026-07-01", "2026-07-31", by="department"), history.departments
    there = {group["key"] for group in july["R02"]["groups"]}
    assert there == {str(departments[name]) for name in ("press", "tea")}


@pytest.mark.parametrize("every", ["day", "week", "month"])
async def test_each_step_of_a_series_is_the_figure_of_its_own_days(history: History, every: str):
    events = await history.events()
    figures = await history.kpis("2026-03-04", "2026-04-19", every=every)
    for kpi in COUNTED:
        series = figures[kpi]["series"]
        assert (series[0]["from"], series[-1]["to"]) == ("2026-03-04", "2026-04-19")
        for point in series:
            days = date.fromisoformat(point["from"]), date.fromisoformat(point["to"])
            found = recount.clocks(events, *days) | recount.calms(events, *days)
            assert told(point) == recounted(found.get((kpi, "")), kpi), point


async def test_parts_and_steps_change_no_figure(history: History):
    """A calm that was taken back counts in a step of its own, and not in the whole."""
    plain = await history.kpis("2026-03-01", "2026-04-30")
    for query in (
        {"every": "day"},
        {"every": "month"},
        *({"by": by} for by in ("department", "platform", "product", "grade")),
    ):
        asked = await history.kpis("2026-03-01", "2026-04-30", **query)
        assert {kpi: told(one) for kpi, one in asked.items()} == {kpi: told(one) for kpi, one in plain.items()}, query


@pytest.mark.parametrize("kpi", COUNTED)
async def test_what_is_behind_a_figure_adds_up_to_it(history: History, kpi: str):
    days = {"from": "2026-03-01", "to": "2026-05-31"}
    figure = (await history.kpis(*days.values()))[kpi]
    items = await everything(history.client, f"/v1/metrics/kpis/{kpi}/items", limit=2, **days)
    assert [one["at"] for one in items] == sorted(one["at"] for one in items)
    assert len({one["id"] for one in items}) == len(items)
    decided = [one for one in items if one["counts"] is not None]
    assert (len(decided), len(items) - len(decided)) == (figure["denominator"], figure["undecided"])
    if kpi in CLOCKS:
        assert sum(one["counts"] for one in decided) == figure["numerator"]
        assert sum(one["counts_as_recorded"] for one in decided) == figure["as_recorded"]
    else:
        assert sum(one["value"] for one in items) == figure["numerator"]
    numbers = {one["incident_id"]: one["incident_number"] for one in items}
    for incident_id, number in numbers.items():
        assert good(await history.client.get(f"/v1/incidents/{incident_id}"))["number"] == number


async def test_the_spread_that_calm_tells_of_is_what_the_posts_had(history: History):
    calms = [event for event in await history.events() if event["type"] == "incident.calmed"]
    for event in calms:
        data = event["data"]
        assert sum(part["spread"] for part in data["spread_by_platform"]) == data["spread"]
    by_id = {event["data"]["incident_id"]: event["data"] for event in calms}
    told_late = by_id[history.incidents["told late"]]
    assert told_late["spread_by_platform"] == [
        {"platform": "douyin", "spread": 2_000}, {"platform": "weibo", "spread": 10}
    ]  # fmt: skip
    assert (told_late["origin_platform"], told_late["grade"]) == ("douyin", "serious")


def without_names(report: dict) -> dict:
    """All that may not change: figures, not what departments are called today."""
    figures = [
        one | {"groups": [{name: value for name, value in group.items() if name != "name"} for group in one["groups"]]}
        for one in report["data"]
    ]
    return report | {"data": figures, "as_of": None}


async def test_what_is_past_stays_whoever_leaves_and_whatever_is_renamed(history: History):
    """People leave and move, departments are renamed, policies change: today. Last quarter was as it was."""
    queries = [{}, {"by": "department"}, {"by": "platform"}, {"by": "grade"}, {"every": "week"}]
    before = [await history.report("2026-03-01", "2026-05-31", **query) for query in queries]
    client, policies = history.client, await everything(history.client, "/v1/sla-policies")
    clocks = [{**clock, "seconds": 60} if clock["seconds"] else clock for clock in policies[0]["clocks"]]
    policy = good(await client.post("/v1/sla-policies", json={"name": "strict", "clocks": clocks}), 201)
    good(await client.post(f"/v1/sla-policies/{policy['id']}/activate"))
    milk, ops = history.departments["milk"], str(history.departments["ops"])
    good(await client.patch(f"/v1/departments/{milk}", json={"name": "乳业事业部", "business_units": ["酸奶"]}))
    good(await client.patch(f"/v1/people/{history.people['law']}", json={"active": False}))
    good(await client.patch(f"/v1/people/{history.people['tea']}", json={"department_id": ops}))
    after = [await history.report("2026-03-01", "2026-05-31", **query) for query in queries]
    assert [without_names(report) for report in after] == [without_names(report) for report in before]
    names = {group["name"] for one in after[1]["data"] for group in one["groups"]}
    assert "乳业事业部" in names


BASELINES = "/v1/metrics/baselines"


async def test_a_baseline_is_frozen_named_and_judges_what_ends_after_it(history: History, own_database):
    client = history.client
    body, key = {"name": "三月", "from": "2026-03-01", "to": "2026-03-31"}, {"idempotency-key": uuid4().hex}
    made = await client.post(BASELINES, json=body, headers=key)
    first = good(made, 201)
    assert made.headers["location"] == f"{BASELINES}/{first['id']}"
    assert good(await client.post(BASELINES, json=body, headers=key), 201) == first
    assert (first["applies_from"], first["incident_count"], first["in_force"]) == ("2026-04-01", 6, True)
    assert good(await client.get(f"{BASELINES}/{first['id']}")) == first
    parts = await everything(client, f"{BASELINES}/{first['id']}/incidents", limit=4)
    assert len(parts) == 6
    assert sum(part["calm_seconds"] for part in parts) == first["calm_seconds"]
    assert sum(part["spread"] for part in parts) == first["spread"]
    march = await history.report("2026-03-01", "2026-03-31")
    assert march["baseline"] is None, "it is not compared with itself"
    april = await history.report("2026-04-01", "2026-04-30")
    assert april["baseline"] == first
    spread = {one["id"]: one for one in april["data"]}["R06"]
    assert spread["change"] == pytest.approx(spread["value"] / first["mean_spread"] - 1)
    assert spread["reached"] is (spread["change"] <= -0.4)
    for statement in ("update kpi_baselines set spread = 1", "delete from kpi_baseline_incidents"):
        with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
            await own_database.fetch(statement)
    later = good(await client.post(BASELINES, json={"name": "四月", "from": "2026-04-01", "to": "2026-04-30"}), 201)
    assert (await history.report("2026-04-01", "2026-04-30")) | {"as_of": 0} == april | {
        "as_of": 0, "baseline": first | {"in_force": False}
    }, "what was judged stays so"  # fmt: skip
    chosen = await history.report("2026-04-01", "2026-04-30", baseline=later["id"])
    assert {one["id"]: one["change"] for one in chosen["data"]}["R05"] == 0
    assert [one["name"] for one in await everything(client, BASELINES)] == ["四月", "三月"]


async def test_a_baseline_that_would_judge_the_past_anew_is_refused(history: History):
    body = {"name": uuid4().hex, "from": "2026-02-01", "to": "2026-03-03"}
    for fields, pointer, code in (
        ({"to": "2199-01-01", "from": "2198-12-01"}, "/to", "not_over"),
        ({"from": "2025-01-01", "to": "2025-02-01"}, "/from", "nothing_happened"),
        ({"applies_from": "2026-03-03"}, "/applies_from", "judged_already"), ({"from": "2026-04-01"}, "", None),
    ):  # fmt: skip
        refused = problem(await history.client.post(BASELINES, json=body | fields), 422, pointer)
        assert code is None or [error["code"] for error in refused["errors"]] == [code]
    good(await history.client.post(BASELINES, json=body), 201)
    problem(await history.client.post(BASELINES, json=body), 409, code="baseline_name_taken")
    other = body | {"name": uuid4().hex, "applies_from": "2026-05-01"}
    refused = problem(await history.client.post(BASELINES, json=other), 422, "/applies_from")
    assert "judged by another baseline" in refused["errors"][0]["detail"]


@pytest.mark.parametrize("query", [
    {"from": "2026-03-02", "to": "2026-03-01"}, {"from": "2024-01-01", "to": "2026-03-01"}, {"from": "2199-01-01"},
    {"from": "2026-01-01", "to": "2026-12-31", "every": "day"}, {"from": "2026-03-01", "to": "2026-03-02", "by": "x"},
    {"from": "2026-03-01", "to": "2026-03-02", "nonsense": "1"}, {"from": "20260301", "to": "2026-03-02"},
])  # fmt: skip
async def test_a_question_that_makes_no_sense_is_refused(history: History, query):
    problem(await history.client.get("/v1/metrics/kpis", params=query), 422)


async def test_the_last_month_is_told_where_none_is_named(history: History):
    report = good(await history.client.get("/v1/metrics/kpis"))
    days = date.fromisoformat(report["from"]), date.fromisoformat(report["to"])
    assert (days[1] - days[0]).days == 29
    assert report["as_of"][:10] in (report["to"], str(days[1] - timedelta(days=1)))


async def test_what_is_not_there_is_not_found(history: History):
    days, nobody = {"from": "2026-03-01", "to": "2026-03-02"}, uuid4()
    problem(await history.client.get("/v1/metrics/kpis/R99/items", params=days), 404)
    problem(await history.client.get("/v1/metrics/kpis", params=days | {"baseline": str(nobody)}), 422, "?baseline")
    problem(await history.client.get(f"{BASELINES}/{nobody}"), 404)
    problem(await history.client.get(f"{BASELINES}/{nobody}/incidents"), 404)
