"""Sessions over HTTP: places, who came, and those that recur, each of which may be moved or cancelled."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.domain.worktime import SHANGHAI
from app.trainings.sessions import make_due
from tests.support.api import everything, good, instant, problem
from tests.support.people import bearer, make_key, make_person
from tests.support.trainings import (
    COMPLETIONS,
    SESSIONS,
    TRAININGS,
    an_audience,
    complete,
    hours,
    make_session,
    make_training,
)
from workers.trainings import follow_trainings

SERIES = "/v1/training-series"


async def enrol(client, session, person):
    return await client.post(f"{SESSIONS}/{session['id']}/enrolments", json={"person_id": person["id"]})


async def attend(client, session, attended=(), absent=()):
    body = {"attended": [one["id"] for one in attended], "absent": [one["id"] for one in absent]}
    return await client.post(f"{SESSIONS}/{session['id']}/attendance", json=body)


async def make_series(client, training, **fields):
    body = {"starts_at": hours(24), "ends_at": hours(26), "unit": "week"} | fields
    return good(await client.post(f"{TRAININGS}/{training['id']}/series", json=body), 201)


async def sessions_of(client, series):
    return await everything(client, SESSIONS, series_id=series["id"], limit=3)


async def test_a_session_is_entered_moved_and_cancelled(client, bare):
    training = await make_training(client)
    trainer = await make_person(client)
    body = {
        "starts_at": hours(24),
        "ends_at": hours(26),
        "place": "三楼，找 13812345678",
        "trainer_name": "李老师",
        "capacity": 2,
    }
    created = await client.post(f"{TRAININGS}/{training['id']}/sessions", json=body)
    session = good(created, 201)
    url = f"{SESSIONS}/{session['id']}"
    assert created.headers["location"] == url
    assert (session["trainer"], session["training_title"]) == ({"id": None, "name": "李老师"}, training["title"])
    reads = bearer((await make_key(client, "trainings:read"))["key"])
    masked = good(await bare.get(url, headers=reads))
    assert (masked["trainer"]["name"], masked["place"]) == ("李**", "三楼，找 138******78")
    etag = (await client.get(url)).headers["etag"]
    moved = good(await client.patch(url, json={"starts_at": hours(25), "trainer_id": trainer["id"],
                                               "url": "https://meet.example.com/1"}, headers={"if-match": etag}))  # fmt: skip
    assert (moved["version"], moved["trainer"]["id"], moved["ends_at"]) == (2, trainer["id"], session["ends_at"])
    problem(await client.patch(url, json={"capacity": 3}, headers={"if-match": etag}), 412)
    for fields, pointer in (
        ({"ends_at": hours(1)}, "/ends_at"), ({"ends_at": hours(80)}, "/ends_at"), ({"trainer_id": str(uuid4())}, "/trainer_id"),
        ({"trainer_id": trainer["id"], "trainer_name": "李"}, "/trainer_name"), ({"url": "ftp://x"}, "/url"),
    ):  # fmt: skip
        problem(await client.patch(url, json=fields), 422, pointer)
    cancelled = good(await client.post(f"{url}/cancel", json={"reason": "讲师出差"}))
    assert (cancelled["cancel_reason"], cancelled["cancelled_at"] is None) == ("讲师出差", False)
    for again in (
        client.post(f"{url}/cancel", json={"reason": "x"}), client.patch(url, json={"capacity": 1}), enrol(client, session, trainer)
    ):  # fmt: skip
        problem(await again, 409, code="training_session_cancelled")
    good(await client.patch(f"{TRAININGS}/{training['id']}", json={"retired": True}))
    problem(await client.post(f"{TRAININGS}/{training['id']}/sessions", json=body), 409, code="training_retired")


async def test_sessions_are_chosen_by_course_person_time_and_how_they_stand(client):
    training, person = await make_training(client), await make_person(client)
    late, soon = await make_session(client, training, ends_at=hours(25)), await make_session(client, training,
                                                                                            starts_at=hours(22))  # fmt: skip
    good(await enrol(client, late, person), 201)
    good(await client.post(f"{SESSIONS}/{soon['id']}/cancel", json={"reason": "x"}))

    async def found(**query):
        return [row["id"] for row in await everything(client, SESSIONS, limit=1, training_id=training["id"], **query)]

    assert await found() == [soon["id"], late["id"]]
    assert await found(person_id=person["id"]) == await found(cancelled=False) == [late["id"]]
    assert await found(starts_before=hours(23)) == await found(cancelled=True) == [soon["id"]]
    assert await found(starts_after=hours(23)) == [late["id"]]


async def test_of_many_who_enrol_at_once_no_more_get_a_place_than_there_are(client):
    training = await make_training(client)
    session = await make_session(client, training, capacity=3)
    people = [await make_person(client) for _ in range(6)]
    answers = await asyncio.gather(*(enrol(client, session, person) for person in people))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    full = next(answer for answer in answers if answer.status_code == 409)
    assert "3" in problem(full, 409, code="training_session_full")["detail"]
    [has] = [person for person, answer in zip(people, answers, strict=True) if answer.status_code == 201][:1]
    assert good(await enrol(client, session, has), 201)["state"] == "enrolled", "who has a place keeps it"
    problem(await client.patch(f"{SESSIONS}/{session['id']}", json={"capacity": 2}), 422, "/capacity")
    good(await client.delete(f"{SESSIONS}/{session['id']}/enrolments/{has['id']}"), 204)
    problem(await client.delete(f"{SESSIONS}/{session['id']}/enrolments/{has['id']}"), 404)
    left = next(person for person, answer in zip(people, answers, strict=True) if answer.status_code == 409)
    good(await enrol(client, session, left), 201)
    shown = good(await client.get(f"{SESSIONS}/{session['id']}"))
    assert (shown["enrolled"], shown["attended"], shown["version"]) == (3, 0, 1)


async def test_having_been_there_completes_a_course_without_a_pass_mark(client):
    async with an_audience(client) as audience:
        course, (first, second, third) = await audience.course(), audience.people
        session = await make_session(client, course, starts_at=hours(-3), ends_at=hours(-1), capacity=1)
        on = instant(session["starts_at"]).astimezone(SHANGHAI).date().isoformat()
        problem(await enrol(client, session, first), 409, code="training_session_over")
        told = good(await attend(client, session, [first, second], [third]))
        assert (told["attended"], told["absent"]) == (2, 1), "who was there was there, whatever the capacity"
        assert await audience.share() == (2, 3)
        rows = await everything(client, COMPLETIONS, session_id=session["id"])
        assert {(row["person"]["id"], row["completed_on"]) for row in rows} == {(first["id"], on), (second["id"], on)}
        again = good(await attend(client, session, [third], [second]))
        assert (again["attended"], again["absent"]) == (2, 1)
        assert await audience.share() == (2, 3)
        assert await audience.missing() == [(second["id"], course["id"], "never")]
        states = await everything(client, f"{SESSIONS}/{session['id']}/enrolments", state="attended")
        assert {row["person"]["id"] for row in states} == {first["id"], third["id"]}
        url = f"{SESSIONS}/{session['id']}/enrolments/{first['id']}"
        problem(await client.delete(url), 409, code="training_attendance_known")
        problem(await attend(client, session, [first], [first]), 422, "/absent/0")
        problem(await attend(client, await make_session(client, course), [first]), 409, code="training_session_ahead")


async def test_where_there_is_a_pass_mark_having_been_there_is_not_enough(client):
    async with an_audience(client, 1) as audience:
        course, [person] = await audience.course(pass_mark=60), audience.people
        session = await make_session(client, course, starts_at=hours(-3), ends_at=hours(-1))
        good(await attend(client, session, [person]))
        assert await audience.share() == (0, 1)
        await complete(client, course, person, session_id=session["id"], score=61)
        good(await attend(client, session, (), [person]))
        assert await audience.share() == (1, 1), "a score stays, whoever ticked what"


async def test_sessions_that_recur_are_made_ahead_and_one_is_moved_or_cancelled_alone(client):
    training = await make_training(client)
    series = await make_series(client, training, every=2, count=4, capacity=9, place="三楼")
    rows = await sessions_of(client, series)
    assert [row["occurrence"] for row in rows] == [1, 2, 3, 4]
    assert {(row["capacity"], row["place"]) for row in rows} == {(9, "三楼")}
    starts = [instant(row["starts_at"]) for row in rows]
    assert [after - before for before, after in itertools.pairwise(starts)] == [timedelta(weeks=2)] * 3
    assert (series["made"], series["next_at"], series["stopped_at"]) == (4, None, None)
    good(
        await client.patch(
            f"{SESSIONS}/{rows[1]['id']}", json={"starts_at": (starts[1] + timedelta(hours=1)).isoformat()}
        )
    )
    good(await client.post(f"{SESSIONS}/{rows[2]['id']}/cancel", json={"reason": "假期"}))
    after = await sessions_of(client, series)
    assert [row["version"] for row in after] == [1, 2, 2, 1]
    assert [row["cancelled_at"] is not None for row in after] == [False, False, True, False]
    problem(await client.post(f"{TRAININGS}/{training['id']}/series", json={
        "starts_at": hours(24), "ends_at": hours(26), "unit": "month", "until": "2020-01-01"}), 422, "/until")  # fmt: skip
    assert [row["id"] for row in await everything(client, f"{TRAININGS}/{training['id']}/series")] == [series["id"]]


async def outage(database, series, weeks):
    """The series as it would stand had nobody made sessions for so long: the first one only."""
    id_, span = UUID(series["id"]), timedelta(weeks=weeks)
    await database.fetch("delete from training_sessions where series_id = $1 and occurrence > 1", id_)
    await database.fetch("update training_sessions set starts_at = starts_at - $2::interval, ends_at = ends_at - $2::interval "
                         "where series_id = $1", id_, span)  # fmt: skip
    await database.fetch(
        "update training_series set first_starts_at = first_starts_at - $2::interval, made = 1, "
        "next_at = first_starts_at - $2::interval + interval '7 days' where id = $1", id_, span)  # fmt: skip


async def test_after_an_outage_two_workers_make_each_session_once_and_leave_none_out(client, database):
    training = await make_training(client)
    series = [await make_series(client, training) for _ in range(3)]
    for each in series:
        await outage(database, each, 30)
    counts = await asyncio.gather(*(follow_trainings(database) for _ in range(4)))
    assert sum(counts) >= 3 * (30 + 12)
    for each in series:
        rows = await sessions_of(client, each)
        assert [row["occurrence"] for row in rows] == list(range(1, len(rows) + 1))
        ahead = [row for row in rows if instant(row["starts_at"]) > datetime.now(UTC)]
        assert len(rows) == 30 + len(ahead)
        assert 12 <= len(ahead) <= 13
        starts = [instant(row["starts_at"]) for row in rows]
        assert {after - before for before, after in itertools.pairwise(starts)} == {timedelta(weeks=1)}
    await follow_trainings(database)
    assert len(await sessions_of(client, series[0])) == len(rows)


async def test_what_a_worker_could_not_commit_is_made_by_the_next(client, database):
    await follow_trainings(database)
    series = await make_series(client, await make_training(client))
    await outage(database, series, 3)

    async def dies(tx):
        assert await make_due(tx) > 1
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await database.run(dies)
    assert len(await sessions_of(client, series)) == 1
    await follow_trainings(database)
    assert len(await sessions_of(client, series)) > 10


async def test_a_stopped_series_makes_none_and_cancels_those_ahead_where_it_is_said(client, database):
    training = await make_training(client)
    series = await make_series(client, training)
    before = await sessions_of(client, series)
    url = f"{SERIES}/{series['id']}"
    stopped = good(await client.post(f"{url}/stop", json={"reason": "改为线上", "cancel_ahead": True}))
    assert (stopped["next_at"], stopped["stopped_at"] is None, stopped["version"]) == (None, False, 2)
    assert good(await client.get(url)) == stopped
    problem(await client.post(f"{url}/stop", json={"reason": "x"}), 409, code="training_series_stopped")
    await follow_trainings(database)
    after = await sessions_of(client, series)
    assert len(after) == len(before)
    assert {row["cancel_reason"] for row in after} == {"改为线上"}
    other = await make_series(client, training)
    good(await client.patch(f"{TRAININGS}/{training['id']}", json={"retired": True}))
    ended = good(await client.get(f"{SERIES}/{other['id']}"))
    assert (ended["next_at"], ended["stopped_at"] is None) == (None, False)
    assert {row["cancelled_at"] for row in await sessions_of(client, other)} == {None}
