"""The risk register over HTTP: entered, changed, reviewed, closed, linked to incidents, and what is refused of each."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.core.auth import SYSTEM
from app.domain.worktime import day_of
from app.reviews.risks import change_risk, create_risk
from tests.support.acts import opened, person_headers
from tests.support.api import everything, good, problem
from tests.support.people import bearer, make_key, make_person
from tests.support.risks import MEASURES, RISKS, make_measure, make_review, make_risk, risk_of, versions_of


def day(after: int = 0) -> str:
    """A day in Shanghai, so many from today."""
    return (day_of(datetime.now(UTC)) + timedelta(days=after)).isoformat()


async def test_the_plans_three_high_risk_points_are_there_from_the_beginning(client):
    """方案 二(一)1."""
    rows = await everything(client, RISKS, q="R-000")
    seeded = {row["number"]: row for row in rows}
    assert {seeded[f"R-000{n}"]["category"] for n in (1, 2, 3)} == {
        "product_quality", "service_complaint", "marketing_dispute"
    }  # fmt: skip
    for n in (1, 2, 3):
        risk = seeded[f"R-000{n}"]
        assert len(risk["measures"]) == 2
        assert risk["words"]
        [version] = await versions_of(client, risk)
        assert (version["number"], version["by"], version["reason"]) == (1, "system:fenghuo", "方案 二(一)1")
        assert {name: version["content"][name] for name in ("title", "words", "next_review_on", "level")} == {
            name: risk[name] for name in ("title", "words", "next_review_on", "level")
        }


async def test_a_risk_is_entered_with_its_measures_and_found(client, bare):
    headers = await person_headers(client, "reviews:read", "reviews:write", name="王小明")
    owner = await make_person(client, "reviews:read", name="李小红")
    incident_id = await opened(client)
    body = {
        "title": "代言人合同到期", "category": "marketing_dispute", "description": "续约未定", "words": ["代言人", "代言人"],
        "likelihood": 4, "impact": 5, "owner_id": owner["id"], "review_every_days": 30, "incident_ids": [incident_id],
        "measures": [{"title": "确认续约", "due_on": day(10), "owner_id": owner["id"]}, {"title": "备选", "due_on": day()}],
        "reason": "季度梳理",
    }  # fmt: skip
    created = await bare.post(RISKS, json=body, headers=headers)
    risk = good(created, 201)
    assert created.headers["location"] == f"{RISKS}/{risk['id']}"
    assert good(await bare.get(created.headers["location"], headers=headers)) == risk
    assert (risk["score"], risk["level"], risk["status"], risk["version"]) == (20, "critical", "open", 1)
    assert (risk["words"], risk["next_review_on"], risk["overdue"]) == (["代言人"], day(30), False)
    assert risk["owner"] == {"id": owner["id"], "name": "李**"}
    assert [measure["title"] for measure in risk["measures"]] == ["备选", "确认续约"], "the first due first"
    assert (risk["incident_count"], risk["incidents"][0]["incident_id"]) == (1, incident_id)
    [version] = await versions_of(client, risk)
    assert (version["person"]["name"], version["reason"], version["by"]) == ("王小明", "季度梳理", risk["created_by"])
    mine = await everything(client, RISKS, incident_id=incident_id)
    assert [row["id"] for row in mine] == [risk["id"]]


async def test_each_change_is_a_version_with_who_and_why(client):
    risk = await make_risk(client)
    changed = good(await client.patch(f"{RISKS}/{risk['id']}", json={"impact": 5, "likelihood": 5, "reason": "升级"}))
    assert (changed["level"], changed["version"]) == ("critical", 2)
    same = good(await client.patch(f"{RISKS}/{risk['id']}", json={"impact": 5, "reason": "又一次"}))
    assert same["version"] == 2, "nothing is other than before"
    second, first = await versions_of(client, risk)
    assert (second["number"], second["fields"], second["reason"]) == (2, ["impact", "likelihood"], "升级")
    assert (second["content"]["score"], first["content"]["score"]) == (25, 6)
    assert first["content"]["words"] == risk["words"]
    said = await everything(client, "/v1/events", type="risk.review_overdue")
    assert all(event["data"]["risk_id"] != risk["id"] for event in said)


async def test_what_a_version_says_is_never_changed(client, database):
    risk = await make_risk(client)
    for statement in ("update risk_versions set reason = 'x'", "delete from risk_versions"):
        with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
            await database.fetch(f"{statement} where risk_id = $1", UUID(risk["id"]))


async def test_a_risk_that_was_looked_at_again_is_due_the_next_time(client):
    risk = await make_risk(client, review_every_days=30, next_review_on=day(3))
    assert risk["next_review_on"] == day(3)
    seen = good(await client.post(f"{RISKS}/{risk['id']}/reviewed", json={"note": "措施已落实"}))
    assert (seen["next_review_on"], seen["version"]) == (day(30), 2)
    assert seen["reviewed_at"] is not None
    chosen = good(await client.post(f"{RISKS}/{risk['id']}/reviewed", json={"note": "再看", "next_review_on": day(7)}))
    assert chosen["next_review_on"] == day(7)
    third, second, _ = await versions_of(client, risk)
    assert (third["reason"], second["reason"]) == ("再看", "措施已落实")
    assert second["fields"] == ["next_review_on", "reviewed_at"]


async def test_a_risk_is_closed_for_a_reason_and_opened_again(client, database):
    risk = await make_risk(client)
    url = f"{RISKS}/{risk['id']}"
    refused = problem(await client.patch(url, json={"status": "closed", "reason": " "}), 422, "/reason")
    assert refused["errors"][0]["code"] == "reason_needed"
    closed = good(await client.patch(url, json={"status": "closed", "reason": "产品已停产"}))
    assert (closed["status"], closed["closed_at"] is not None) == ("closed", True)
    problem(await client.post(f"{url}/reviewed", json={"note": "x"}), 409, code="risk_closed")
    past = day_of(datetime.now(UTC)) - timedelta(days=9)
    await database.fetch("update risks set next_review_on = $2 where id = $1", UUID(risk["id"]), past)
    assert (await risk_of(client, risk))["overdue"] is False, "nobody has to look at what is closed"
    again = good(await client.patch(url, json={"status": "open"}))
    assert (again["closed_at"], again["next_review_on"], again["overdue"]) == (None, day(90), False)
    assert (await versions_of(client, risk))[0]["fields"] == ["next_review_on", "status"]


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"title": ""}, "/title"), ({"title": "\u200b"}, "/title"), ({"category": "weather"}, "/category"),
    ({"likelihood": 0}, "/likelihood"), ({"likelihood": 6}, "/likelihood"), ({"impact": True}, "/impact"),
    ({"words": [""]}, "/words/0"), ({"words": ["\u200b"]}, "/words"), ({"words": ["词"] * 101}, "/words"),
    ({"owner_id": str(uuid4())}, "/owner_id"), ({"review_every_days": 0}, "/review_every_days"),
    ({"review_every_days": 367}, "/review_every_days"), ({"next_review_on": "2020-01-01"}, "/next_review_on"),
    ({"next_review_on": 20990101}, "/next_review_on"), ({"measures": [{"title": "x"}]}, "/measures/0/due_on"),
    ({"measures": [{"title": "x", "due_on": "2020-01-01"}]}, "/measures/0/due_on"),
    ({"measures": [{"title": "x", "due_on": "2099-01-01", "owner_id": str(uuid4())}]}, "/measures/0/owner_id"),
    ({"incident_ids": [str(uuid4())]}, "/incident_ids/0"), ({"score": 25}, "/score"), ({"status": "closed"}, "/status"),
])  # fmt: skip
async def test_a_risk_that_makes_no_sense_is_refused_by_name(client, fields, pointer):
    body = {"title": "事项", "category": "other", "likelihood": 1, "impact": 1}
    problem(await client.post(RISKS, json=body | fields), 422, pointer)


async def test_risks_are_chosen_by_kind_level_owner_lateness_and_words(client, database):
    owner = await make_person(client, "reviews:read")
    word = f"甲醛{uuid4().hex[:8]}"
    low = await make_risk(client, owner_id=owner["id"], likelihood=1, impact=1, category="supply_chain")
    high = await make_risk(client, owner_id=owner["id"], likelihood=3, impact=4, description=f"装修{word} 13812345678")
    top = await make_risk(client, owner_id=owner["id"], likelihood=5, impact=5, category="data_security")
    mine = {"owner_id": owner["id"]}

    async def found(**query):
        return [row["id"] for row in await everything(client, RISKS, limit=1, **mine | query)]

    assert await found() == [top["id"], high["id"], low["id"]], "the greatest first, page by page"
    assert await found(level=["low", "critical"]) == [top["id"], low["id"]]
    assert await found(category="supply_chain") == [low["id"]]
    assert await found(q=word) == [high["id"]]
    assert await found(q=f"{word[:2]} {high['number']}") == [high["id"]]
    assert await found(q="13812345678") == [], "nobody finds out by searching what they may not read"
    assert await found(status="closed") == []
    past = day_of(datetime.now(UTC)) - timedelta(days=1)
    await database.fetch("update risks set next_review_on = $2 where id = $1", UUID(low["id"]), past)
    assert await found(overdue=True) == [low["id"]]
    await database.fetch("update risks set next_review_on = $2 where id = $1", UUID(low["id"]), past + timedelta(1))
    assert await found(overdue=True) == [], "a day may be used until its end"


async def test_a_measure_is_done_and_what_came_of_it_is_told(client):
    risk = await make_risk(client)
    measure = await make_measure(client, risk, due_on=day())
    assert (measure["risk_number"], measure["done_at"], measure["overdue"]) == (risk["number"], None, False)
    url = f"{MEASURES}/{measure['id']}"
    ended = good(await client.patch(url, json={"done_at": "2026-01-01T08:00:00Z", "outcome": "已更新"}))
    assert (ended["done_at"], ended["outcome"], ended["version"]) == ("2026-01-01T08:00:00Z", "已更新", 2)
    assert good(await client.get(url)) == ended
    assert (await risk_of(client, risk))["measures"] == [ended]
    open_again = good(await client.patch(url, json={"done_at": None}))
    assert open_again["done_at"] is None
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    problem(await client.patch(url, json={"done_at": ahead}), 422, "/done_at")
    problem(await client.patch(url, json={"due_on": "2020-01-01"}), 422, "/due_on")
    problem(await client.patch(url, json={"due_on": None}), 422, "/due_on")


async def test_measures_are_chosen_by_risk_owner_and_how_they_stand(client, database):
    owner = await make_person(client, "reviews:read")
    risk = await make_risk(client)
    later = await make_measure(client, risk, owner_id=owner["id"], due_on=day(5))
    first = await make_measure(client, risk, owner_id=owner["id"], due_on=day(1))
    none = await make_measure(client, risk, due_on=day(3))

    async def found(**query):
        return [row["id"] for row in await everything(client, MEASURES, limit=1, risk_id=risk["id"], **query)]

    assert await found() == [first["id"], none["id"], later["id"]]
    assert await found(owner_id=owner["id"]) == [first["id"], later["id"]]
    good(await client.patch(f"{MEASURES}/{first['id']}", json={"done_at": "2026-01-01T08:00:00Z"}))
    assert (await found(done=True), await found(done=False)) == ([first["id"]], [none["id"], later["id"]])
    past = day_of(datetime.now(UTC)) - timedelta(days=1)
    await database.fetch("update risk_measures set due_on = $2 where risk_id = $1", UUID(risk["id"]), past)
    assert set(await found(overdue=True)) == {none["id"], later["id"]}
    good(await client.patch(f"{RISKS}/{risk['id']}", json={"status": "closed", "reason": "停产"}))
    assert await found(overdue=True) == []


async def test_nobody_looks_after_more_than_a_hundred_measures(client):
    many = [{"title": "措施", "due_on": day(9)}] * 20
    risk = await make_risk(client, measures=many)
    for _ in range(4):
        for _ in range(20):
            await make_measure(client, risk, due_on=day(9))
    refused = await client.post(f"{RISKS}/{risk['id']}/measures", json=many[0])
    assert "100" in problem(refused, 409, code="too_many_measures")["detail"]


async def test_a_risk_is_walked_to_its_incidents_and_back(client):
    """R09."""
    risk, incident_id = await make_risk(client), await opened(client, title="门店 13812345678 纠纷")
    for _ in range(2):
        linked = good(await client.post(f"{RISKS}/{risk['id']}/incidents", json={"incident_id": incident_id}))
    assert linked["incident_count"] == 1
    [link] = linked["incidents"]
    assert (link["incident_id"], link["review_id"]) == (incident_id, None)
    assert [row["id"] for row in await everything(client, RISKS, incident_id=incident_id)] == [risk["id"]]
    good(await client.delete(f"{RISKS}/{risk['id']}/incidents/{incident_id}"), 204)
    problem(await client.delete(f"{RISKS}/{risk['id']}/incidents/{incident_id}"), 404)
    assert (await risk_of(client, risk))["incidents"] == []
    drill = await opened(client, is_drill=True)
    problem(
        await client.post(f"{RISKS}/{risk['id']}/incidents", json={"incident_id": drill}), 409, code="drills_stay_apart"
    )
    problem(
        await client.post(f"{RISKS}/{risk['id']}/incidents", json={"incident_id": str(uuid4())}), 422, "/incident_id"
    )


async def test_a_reviews_decision_makes_versions_measures_and_links(client, database):
    """R60: the verbs that a review applies its decision with, both ways to be walked."""
    one, other = await opened(client), await opened(client)
    drill = await opened(client, is_drill=True)
    review_id = await make_review(database, one, other, drill)
    risk = await make_risk(client, impact=1)
    due_on = day_of(datetime.now(UTC)) + timedelta(days=30)
    measures = [{"title": "加严抽检", "due_on": due_on}]

    async def decide(tx):
        now = await tx.now()
        changed = await change_risk(
            tx, UUID(risk["id"]), {"impact": 5, "measures": measures}, review_id, reason="复盘", caller=SYSTEM, now=now
        )
        new = {"title": "新风险", "category": "other", "likelihood": 1, "impact": 1}
        made = await create_risk(tx, new, review_id, reason="复盘", caller=SYSTEM, now=now)
        return changed.version, str(made.id)

    version, made_id = await database.run(decide)
    shown = await risk_of(client, risk)
    assert (shown["version"], shown["impact"]) == (version, 5)
    assert {link["incident_id"] for link in shown["incidents"]} == {one, other}, "exercises stay apart"
    assert {link["review_id"] for link in shown["incidents"]} == {str(review_id)}
    assert [measure["review_id"] for measure in shown["measures"]] == [str(review_id)]
    latest = (await versions_of(client, risk))[0]
    assert (latest["review_id"], latest["reason"], latest["person"]) == (str(review_id), "复盘", None)
    rows = await everything(client, RISKS, review_id=str(review_id))
    assert {row["id"] for row in rows} == {risk["id"], made_id}


async def test_what_people_wrote_is_masked_and_seeing_it_is_an_event(client, bare, database):
    risk = await make_risk(client, title="致电 13812345678", description="找@张三", words=["@张三"])
    measure = await make_measure(client, risk, title="回访 13812345678")
    reads = bearer((await make_key(client, "reviews:read"))["key"])
    shown = good(await bare.get(f"{RISKS}/{risk['id']}", headers=reads))
    assert (shown["title"], shown["description"], shown["words"]) == ("致电 138******78", "找@**", ["@**"])
    assert shown["measures"][0]["title"] == "回访 138******78"
    [version] = good(await bare.get(f"{RISKS}/{risk['id']}/versions", headers=reads))["data"]
    assert version["content"]["title"] == "致电 138******78"
    assert (await risk_of(client, risk))["title"] == "致电 13812345678", "the administrator may unmask"
    seen = await database.fetch(
        "select data from events where type = 'register.unmasked' and data::text like $1", f"%{risk['id']}%"
    )
    assert seen
    assert "13812345678" not in str(
        await database.fetch("select data from events where data::text like $1", f"%{measure['id']}%")
    )


async def test_numbers_follow_one_another_however_many_are_entered_at_once(client):
    made = await asyncio.gather(*(make_risk(client) for _ in range(8)))
    places = sorted(int(risk["number"].removeprefix("R-")) for risk in made)
    assert places == list(range(places[0], places[0] + 8))


async def test_of_two_who_change_a_risk_the_second_reads_it_first(client):
    risk = await make_risk(client)
    url = f"{RISKS}/{risk['id']}"
    etag = (await client.get(url)).headers["etag"]
    good(await client.patch(url, json={"impact": 4}, headers={"if-match": etag}))
    problem(await client.patch(url, json={"impact": 2}, headers={"if-match": etag}), 412)
    problem(await client.post(f"{url}/reviewed", json={"note": "x"}, headers={"if-match": etag}), 412)
