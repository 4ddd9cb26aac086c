"""SLA policies: how long clocks run, as versions that never change."""

import asyncio

import pytest

from tests.support.api import brand, everything, good, problem
from tests.support.clocks import clocks, graded, minutes


async def test_a_policy_is_versioned_and_decides_for_clocks_that_start_under_it(client):
    plan = good(await client.get("/v1/sla-policies/00000000-0000-0000-0000-000000000001"))
    clocks_ = [clock | {"seconds": 120} if clock["kind"] == "fact_check" else clock for clock in plan["clocks"]]
    name = brand()
    made = good(await client.post("/v1/sla-policies", json={"name": name, "clocks": clocks_}), 201)
    second = good(await client.post("/v1/sla-policies", json={"name": name, "clocks": clocks_}), 201)
    assert (made["version"], second["version"], made["active"]) == (1, 2, False)
    try:
        assert good(await client.post(f"/v1/sla-policies/{made['id']}/activate"))["active"] is True
        fact_check = (await clocks(client, await graded(client, "general")))["fact_check"]
        assert (minutes(fact_check), fact_check["policy_id"]) == (2, made["id"])
    finally:
        good(await client.post(f"/v1/sla-policies/{plan['id']}/activate"))
    assert [row["active"] for row in await everything(client, "/v1/sla-policies") if row["name"] == name] == [False] * 2


@pytest.mark.parametrize(
    ("clocks_", "says"),
    [
        ([{"kind": "alert", "seconds": 600}], "'review' is missing"),
        ([{"kind": "alert", "seconds": 600}, {"kind": "review", "seconds": 60}], "counts working days"),
        (
            [{"kind": "alert", "seconds": 600}, {"kind": "review", "working_days": 3}, {"kind": "closing"}],
            "counts seconds",
        ),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused_with_the_fix(client, clocks_, says):
    body = problem(await client.post("/v1/sla-policies", json={"name": "x", "clocks": clocks_}), 422, "/clocks")
    assert says in body["detail"]


async def test_whoever_puts_versions_in_force_at_once_one_of_them_is(client):
    plan = good(await client.get("/v1/sla-policies/00000000-0000-0000-0000-000000000001"))
    body = {"name": brand(), "clocks": plan["clocks"]}
    made = [good(await client.post("/v1/sla-policies", json=body), 201)["id"] for _ in range(6)]
    try:
        answers = await asyncio.gather(*(client.post(f"/v1/sla-policies/{id_}/activate") for id_ in made))
        assert [answer.status_code for answer in answers] == [200] * 6
        rows = await everything(client, "/v1/sla-policies")
        assert len([row for row in rows if row["active"]]) == 1
    finally:
        good(await client.post(f"/v1/sla-policies/{plan['id']}/activate"))
