"""Courses and coverage over HTTP: what is asked of whom, who is missing and why, and that past days keep their figures."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.core.auth import SYSTEM
from app.domain.worktime import day_of
from app.trainings.courses import change_training
from app.trainings.coverage_answers import coverage_on, set_settings
from tests.support.api import everything, good, instant, problem
from tests.support.people import bearer, make_key, make_person
from tests.support.staff import a_department
from tests.support.trainings import COMPLETIONS, COVERAGE, TRAININGS, an_audience, complete, day, make_training

SETTINGS = "/v1/training-settings"


@pytest.fixture
async def audience(client):
    async with an_audience(client) as audience:
        yield audience


async def test_a_course_is_entered_and_each_change_of_what_it_asks_for_is_a_version(client, bare):
    body = {
        "title": "危机应对 13812345678",
        "description": "年度",
        "mandatory": False,
        "validity_months": 12,
        "pass_mark": 60,
    }
    created = await client.post(TRAININGS, json=body)
    training = good(created, 201)
    url = f"{TRAININGS}/{training['id']}"
    assert created.headers["location"] == url
    assert {name: training[name] for name in body} == body
    assert (training["version"], training["department_ids"], training["retired"]) == (1, None, False)
    renamed = good(await client.patch(url, json={"title": "危机应对"}))
    assert (renamed["version"], renamed["asked_since"]) == (2, training["asked_since"])
    etag = (await client.get(url)).headers["etag"]
    changed = good(await client.patch(url, json={"pass_mark": 80.5, "validity_months": None, "validity_days": 90},
                                      headers={"if-match": etag}))  # fmt: skip
    assert (changed["version"], changed["pass_mark"]) == (3, 80.5)
    problem(await client.patch(url, json={"pass_mark": 1}, headers={"if-match": etag}), 412)
    second, first = await everything(client, f"{url}/versions", limit=1)
    assert (second["number"], second["fields"]) == (2, ["pass_mark", "validity_days", "validity_months"])
    assert (first["pass_mark"], first["ends_at"], second["ends_at"]) == (60, second["starts_at"], None)
    assert second["starts_at"] == changed["asked_since"]
    good(await client.patch(url, json={"title": body["title"]}))
    reads = bearer((await make_key(client, "trainings:read"))["key"])
    assert good(await bare.get(url, headers=reads))["title"] == "危机应对 138******78"


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"title": "\u200b"}, "/title"), ({"department_ids": []}, "/department_ids"), ({"mandatory": None}, "/mandatory"),
    ({"department_ids": [str(uuid4())]}, "/department_ids/0"), ({"validity_months": 0}, "/validity_months"),
    ({"validity_months": 1, "validity_days": 1}, "/validity_days"), ({"pass_mark": 100.5}, "/pass_mark"),
    ({"pass_mark": -1}, "/pass_mark"), ({"retired": True}, "/retired"), ({"validity_days": 36_601}, "/validity_days"),
])  # fmt: skip
async def test_what_a_course_can_not_ask_for_is_refused_by_name(client, fields, pointer):
    body = {"title": "课程", "mandatory": False} | fields
    problem(await client.post(TRAININGS, json=body), 422, pointer)


async def test_courses_are_chosen_by_department_and_how_they_stand(client):
    async with a_department(client) as one, a_department(client) as other:
        theirs = await make_training(client, department_ids=[one["id"]])
        everybodys, retired = await make_training(client), await make_training(client)
        good(await client.patch(f"{TRAININGS}/{retired['id']}", json={"retired": True}))
        wanted = {theirs["id"], everybodys["id"], retired["id"]}

        async def found(**query):
            return {row["id"] for row in await everything(client, TRAININGS, limit=200, **query)} & wanted

        assert await found(department_id=one["id"]) == wanted
        assert await found(department_id=other["id"]) == wanted - {theirs["id"]}
        assert await found(retired=False) == {theirs["id"], everybodys["id"]}
        assert await found(mandatory=True) == set()
    problem(await client.patch(f"{TRAININGS}/{everybodys['id']}", json={"department_ids": [other["id"]]}), 422,
            "/department_ids/0")  # fmt: skip


async def test_whoever_holds_every_mandatory_course_is_covered_and_the_others_are_named_with_why(audience):
    client, (first, second, third) = audience.client, audience.people
    assert await audience.share() == (3, 3), "no mandatory course: everybody is covered"
    scored = await audience.course(pass_mark=60, validity_days=30)
    there = await audience.course()
    await audience.course(mandatory=False)
    assert await audience.share() == (0, 3)
    for person in (first, second):
        await complete(client, there, person)
    await complete(client, scored, first, score=60)
    failed = await complete(client, scored, second, score=59.5)
    await complete(client, scored, third, day(-31), score=100)
    assert (failed["is_completion"], failed["good_until"]) == (False, None)
    assert await audience.share() == (1, 3)
    assert sorted(await audience.missing()) == sorted([
        (second["id"], scored["id"], "failed"), (third["id"], scored["id"], "expired"), (third["id"], there["id"], "never"),
    ])  # fmt: skip
    assert await audience.missing(gap="never") == [(third["id"], there["id"], "never")]
    assert len(await audience.missing(training_id=scored["id"])) == 2
    [expired] = good(await client.get(f"{COVERAGE}/missing", params={"department_id": audience.department["id"],
                                                                     "gap": "expired"}))["data"]  # fmt: skip
    assert (expired["last_on"], expired["ended_on"], expired["training_title"]) == (day(-31), day(-1), scored["title"])
    await complete(client, scored, second, day(-1), passed=True)
    assert await audience.share() == (2, 3), "the newest valid one counts, and not the failed one after it"


async def backdate(database, audience, hours=49):
    """The audience, its courses and its department's people have been there for so long."""
    department, span = UUID(audience.department["id"]), timedelta(hours=hours)
    await database.fetch("update roster_periods set starts_at = starts_at - $2::interval where department_id = $1",
                         department, span)  # fmt: skip
    for training in audience.trainings:
        await database.fetch("update training_versions set starts_at = starts_at - $2::interval where training_id = $1",
                             UUID(training["id"]), span)  # fmt: skip


async def test_what_becomes_of_people_and_courses_today_changes_nothing_of_yesterday(client, database, audience):
    """R07."""
    first, second, third = audience.people
    course = await audience.course(pass_mark=60)
    await complete(client, course, first, day(-3), score=90)
    await complete(client, course, second, day(-3), score=70)
    await backdate(database, audience)
    yesterday, missing = await audience.share(day(-1)), await audience.missing(day(-1))
    assert (yesterday, missing) == ((2, 3), [(third["id"], course["id"], "never")])
    before = good(await client.get(COVERAGE, params={"on": day(-1)}))
    async with a_department(client) as other:
        good(await client.patch(f"/v1/people/{first['id']}", json={"active": False}))
        good(await client.patch(f"/v1/people/{second['id']}", json={"department_id": other["id"]}))
        newcomer = await make_person(client, department_id=audience.department["id"])
        good(await client.patch(f"{TRAININGS}/{course['id']}", json={"pass_mark": 80}))
        await audience.course()
        assert await audience.share() == (0, 2), "two have left, one has come"
        assert {row[0] for row in await audience.missing()} == {third["id"], newcomer["id"]}
        good(await client.patch(f"{TRAININGS}/{course['id']}", json={"retired": True}))
        good(await client.patch(f"{TRAININGS}/{course['id']}", json={"department_ids": None, "mandatory": False}))
        assert (await audience.share(day(-1)), await audience.missing(day(-1))) == (yesterday, missing)
        after = good(await client.get(COVERAGE, params={"on": day(-1)}))
        assert after["company"] == before["company"]
        assert [row for row in after["departments"] if row["department_id"] == audience.department["id"]] == [
            row for row in before["departments"] if row["department_id"] == audience.department["id"]
        ]
        assert await audience.share(day(-9)) is None, "nobody was there: no figure, and not 100 %"


async def test_a_raised_pass_mark_counts_from_the_day_it_was_raised(client, database, audience):
    course = await audience.course(pass_mark=60)
    for person in audience.people:
        await complete(client, course, person, day(-2), score=70)
    await backdate(database, audience)
    good(await client.patch(f"{TRAININGS}/{course['id']}", json={"pass_mark": 80}))
    assert (await audience.share(day(-1)), await audience.share()) == ((3, 3), (0, 3))
    assert {gap for _, _, gap in await audience.missing()} == {"failed"}


async def test_what_held_is_never_changed(client, database):
    training = await make_training(client)
    good(await client.patch(f"{TRAININGS}/{training['id']}", json={"pass_mark": 10}))
    for statement in ("update training_versions set pass_mark = 5", "delete from training_versions"):
        with pytest.raises(Exception, match="never changed"):
            await database.fetch(f"{statement} where training_id = $1 and number = 1", UUID(training["id"]))


async def test_of_two_changes_in_one_moment_the_last_is_what_held(client, database):
    training = await make_training(client, pass_mark=10)

    async def change(tx):
        now = await tx.now()
        for mark in (20, 30):
            await change_training(tx, UUID(training["id"]), {"pass_mark": mark}, caller=SYSTEM, now=now)

    await database.run(change)
    second, first = await everything(client, f"{TRAININGS}/{training['id']}/versions")
    assert (second["number"], second["pass_mark"], first["pass_mark"]) == (2, 30, 10)


async def test_the_company_is_the_sum_of_its_departments_against_the_target_of_the_day(client, audience):
    answer = good(await client.get(COVERAGE))
    for member in ("covered", "roster"):
        assert answer["company"][member] == sum(row[member] for row in answer["departments"])
    assert instant(answer["at"])
    assert answer["on"] == day()
    assert [row["department_name"] for row in answer["departments"] if row["department_id"] == audience.department["id"]] == [
        audience.department["name"]
    ]  # fmt: skip
    problem(await client.get(COVERAGE, params={"on": day(1)}), 422, "?on", code="invalid")
    problem(await client.get(f"{COVERAGE}/missing", params={"on": "20261103"}), 422, "?on")


async def test_nobody_is_no_percentage(database):
    async def look(tx):
        now = await tx.now()
        return await coverage_on(tx, day_of(now) - timedelta(days=20_000), now=now)

    company = (await database.run(look))["company"]
    assert company == {"covered": 0, "roster": 0, "percent": None, "meets_target": None}


async def test_the_target_is_data_and_past_days_keep_theirs(client, database, audience):
    settings = await client.get(SETTINGS)
    before = good(settings)
    body = {"target_percent": 90.5, "remind_days_before": 14}
    try:
        changed = good(await client.put(SETTINGS, json=body, headers={"if-match": settings.headers["etag"]}))
        assert {name: changed[name] for name in body} == body
        assert good(await client.get(SETTINGS)) == changed
        problem(await client.put(SETTINGS, json=body, headers={"if-match": settings.headers["etag"]}), 412)
        today, past = [good(await client.get(COVERAGE, params={"on": day(back)})) for back in (0, -1)]
        assert (today["target_percent"], past["target_percent"]) == (90.5, before["target_percent"])
        async with database.transaction() as late:
            began = await late.now()
            good(await client.put(SETTINGS, json=body | {"target_percent": 91}))
            await set_settings(late, body | {"target_percent": 92}, caller=SYSTEM, now=began)
        assert good(await client.get(COVERAGE))["target_percent"] == 92, "the last to have a say had it"
    finally:
        kept = {name: before[name] for name in body}
        good(await client.put(SETTINGS, json=kept))
    problem(await client.put(SETTINGS, json=body | {"target_percent": 101}), 422, "/target_percent")


async def test_results_are_entered_once_a_day_and_withdrawn(client, bare, audience):
    course, (person, *_) = await audience.course(pass_mark=60), audience.people
    url = f"{TRAININGS}/{course['id']}/completions"
    body = {"person_id": person["id"], "completed_on": day(-1), "score": 88.5}
    created = await client.post(url, json=body)
    done = good(created, 201)
    assert created.headers["location"] == f"{COMPLETIONS}/{done['id']}"
    assert good(await client.get(created.headers["location"])) == done
    assert good(await client.post(url, json=body), 201) == done, "the same again changes nothing"
    problem(await client.post(url, json=body | {"score": 20}), 409, code="training_completion_known")
    for fields, pointer in (
        ({"completed_on": day(1)}, "/completed_on"), ({"score": None}, "/score"), ({"score": 101}, "/score"),
        ({"person_id": str(uuid4())}, "/person_id"), ({"session_id": str(uuid4())}, "/session_id"),
    ):  # fmt: skip
        problem(await client.post(url, json=body | fields), 422, pointer)
    reads = bearer((await make_key(client, "trainings:read"))["key"])
    [shown] = good(await bare.get(COMPLETIONS, params={"person_id": person["id"]}, headers=reads))["data"]
    assert set(shown["person"]["name"][1:]) == {"*"}
    problem(await bare.post(url, json=body, headers=reads), 403)
    assert await audience.share() == (1, 3)
    good(await client.delete(f"{COMPLETIONS}/{done['id']}"), 204)
    problem(await client.delete(f"{COMPLETIONS}/{done['id']}"), 404)
    assert await everything(client, COMPLETIONS, training_id=course["id"]) == []
    assert await audience.share() == (0, 3)
    good(await client.post(url, json=body | {"score": 20}), 201)
