"""Reviews over HTTP: born of calm, filled in, reported; their clock, and what is refused (方案 二(三), R57, R58)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.acts import URL, closing, move, opened, person_headers
from tests.support.api import ago, everything, good, instant, problem
from tests.support.clocks import clocks, pass_time, ring
from tests.support.fires import told
from tests.support.reviewing import (
    ANSWERS,
    KINDS,
    REVIEWS,
    as_rendered,
    born,
    fill,
    issue,
    keep,
    prepared,
    reported,
    review_of,
    seen,
    somebody,
)
from tests.support.reviews import rendered

WEEK = timedelta(days=7)


async def test_a_review_is_born_with_the_calm(client, counter, database):
    there, review = await born(client, counter, database)
    assert (review["status"], review["is_drill"], review["merged_into"]) == ("open", False, None)
    [covered] = review["incidents"]
    assert (covered["incident_id"], covered["number"], covered["left_at"]) == (there["id"], there["number"], None)
    assert instant(review["since"]) == instant(there["calmed_at"])
    assert [one["kind"] for one in review["decisions"]] == list(KINDS)
    assert {one["state"] for one in review["decisions"]} == {"open"}
    clock = (await clocks(client, there["id"]))["review"]
    assert (review["due_at"], covered["due_at"]) == (clock["due_at"], clock["due_at"])
    assert instant(review["decisions_due_at"]) == instant(clock["due_at"]) + WEEK
    [event] = await told(client, there, "review.opened")
    assert event["data"] | {"seq": 0} == {
        "incident_id": there["id"], "number": there["number"], "seq": 0, "is_drill": False, "review_id": review["id"],
        "decisions_due_at": review["decisions_due_at"],
    }  # fmt: skip
    assert review["answers"] == dict.fromkeys(ANSWERS, "")
    assert review["found_at"]
    assert review["found"]["cause"], "prefilled from what is on record"
    cited = {id_ for sentences in review["found"].values() for one in sentences for id_ in one["event_ids"]}
    [known] = await database.fetch("select count(*) as n from events where id = any($1)", list(cited))
    assert (known["n"], bool(cited)) == (len(cited), True)


async def test_what_is_closed_without_calm_is_reviewed_too(client, database):
    incident_id = await closing(client)
    problem(await client.get(f"{URL}/{incident_id}/review"), 404)
    good(await move(client, incident_id, "closed", override=True))
    review = await review_of(client, incident_id)
    assert review["status"] == "open"
    clock = (await clocks(client, incident_id))["review"]
    assert review["due_at"] == clock["due_at"]


async def test_what_is_calm_and_then_closed_has_one_review(client, counter, database):
    there, review = await born(client, counter, database)
    for status in ("handling", "closing", "closed"):
        good(await move(client, there["id"], status, override=True))
    assert (await review_of(client, there["id"]))["id"] == review["id"]
    assert len(await told(client, there, "review.opened")) == 1


async def test_a_review_is_filled_in_little_by_little(client, counter, database):
    _, review = await born(client, counter, database)
    people = [await somebody(client, name="王小明"), await somebody(client, name="李小红")]
    department = good(
        await client.post("/v1/departments", json={"name": f"品控{uuid4().hex[:6]}", "kind": "business"}), 201
    )
    at = ago()
    efforts = [{"person_id": people[0], "hours": 6.5}, {"department_id": department["id"], "hours": 40}]
    first = good(await fill(client, review, answers={"cause": "供应商换料"}, participant_ids=people, meeting_at=at,
                            meeting_note="线上", efforts=efforts))  # fmt: skip
    assert first["answers"] == dict.fromkeys(ANSWERS, "") | {"cause": "供应商换料"}
    assert [one["name"] for one in first["participants"]] == ["王小明", "李小红"]
    assert (instant(first["meeting_at"]), first["meeting_note"]) == (instant(at), "线上")
    assert first["efforts"] == [
        {"person": {"id": people[0], "name": "王小明"}, "department_id": None, "hours": 6.5},
        {"person": None, "department_id": department["id"], "hours": 40.0},
    ]
    assert first["version"] == review["version"] + 1
    second = good(await fill(client, review, answers={"gaps": "检验", "cause": "供应商换料未报备"}))
    assert second["answers"] | {"timely": "", "effective": ""} == {
        "cause": "供应商换料未报备", "timely": "", "effective": "", "gaps": "检验",
    }  # fmt: skip
    assert second["participants"] == first["participants"], "what is not sent stays"
    assert second["found"] == first["found"], "what the machine found is not people's to write"
    same = good(await fill(client, review, answers={"gaps": "检验"}, efforts=efforts))
    assert same["version"] == second["version"], "nothing was changed"
    assert good(await fill(client, review, meeting_at=None, efforts=[]))["efforts"] == []


async def test_what_people_write_is_shown_without_peoples_data(client, bare, counter, database):
    _, review = await born(client, counter, database)
    wrote = "联系人 13812345678"
    unmasking = await person_headers(client, "reviews:read", "reviews:write", "people:unmask")
    body = {
        "answers": {"cause": wrote},
        "meeting_note": wrote,
        "participant_ids": [await somebody(client, name="王小明")],
    }
    plain = good(await bare.patch(f"{REVIEWS}/{review['id']}", json=body, headers=unmasking))
    assert (plain["answers"]["cause"], plain["meeting_note"]) == (wrote, wrote)
    reader = await person_headers(client, "reviews:read")
    masked = good(await bare.get(f"{REVIEWS}/{review['id']}", headers=reader))
    assert "13812345678" not in str(masked)
    assert [one["name"] for one in masked["participants"]] == ["王**"]


@pytest.mark.parametrize(("fields", "pointer", "code"), [
    ({"participant_ids": [str(uuid4())]}, "/participant_ids/0", "not_found"),
    ({"meeting_at": ago(days=30)}, "/meeting_at", "before_the_calm"),
    ({"meeting_at": ago(days=-9)}, "/meeting_at", "in_the_future"),
    ({"efforts": [{"hours": 2}]}, "/efforts/0", "whose_needed"),
    ({"efforts": [{"hours": 0.1, "person_id": str(uuid4())}]}, "/efforts/0/hours", None),
    ({"efforts": [{"hours": 2, "person_id": str(uuid4())}]}, "/efforts/0/person_id", "not_found"),
    ({"answers": {"weather": "雨"}}, "/answers/weather", None),
    ({"answers": {"cause": None}}, "/answers/cause", None),
    ({"answers": None}, "/answers", None),
    ({"found": {}}, "/found", None),
    ({"status": "completed"}, "/status", None),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, counter, database, fields, pointer, code):
    _, review = await born(client, counter, database)
    found = problem(await fill(client, review, **fields), 422, pointer)
    assert code is None or found["errors"][0]["code"] == code
    assert await seen(client, review) == review


async def test_the_same_hours_are_not_entered_twice(client, counter, database):
    _, review = await born(client, counter, database)
    person = await somebody(client)
    efforts = [{"person_id": person, "hours": 2}, {"person_id": person, "hours": 3}]
    problem(await fill(client, review, efforts=efforts), 422, "/efforts/1/person_id")


async def test_nobody_writes_over_what_somebody_else_wrote(client, bare, counter, database):
    _, review = await born(client, counter, database)
    headers = await person_headers(client, "reviews:read", "reviews:write")
    url = f"{REVIEWS}/{review['id']}"
    etag = (await bare.get(url, headers=headers)).headers["etag"]
    good(await fill(client, review, answers={"cause": "甲"}))
    late = await bare.patch(url, json={"answers": {"cause": "乙"}}, headers=headers | {"if-match": etag})
    problem(late, 412, code="stale")


async def test_the_report_waits_for_the_meeting_and_four_answers(client, counter, database):
    _, review = await born(client, counter, database)
    actions = {one["action"]: one for one in review["allowed_actions"] if one["action"] != "decide"}
    assert actions["issue_report"]["missing"] == ["meeting", "cause", "timely", "effective", "gaps", "report"]
    found = problem(await issue(client, review), 409, code="review_incomplete")
    assert found["missing"] == actions["issue_report"]["missing"]
    good(await fill(client, review, answers=ANSWERS | {"timely": " \u200b"}, meeting_at=ago()))
    found = problem(await issue(client, review), 409, code="review_incomplete")
    assert found["missing"] == ["timely", "report"], "what can't be seen is no answer"
    filled = await prepared(client, database, review)
    assert all(one["allowed"] for one in filled["allowed_actions"])
    problem(await client.post(f"{REVIEWS}/{review['id']}/report/issue", json={}), 403, code="person_needed")
    done = good(await issue(client, review))
    assert (done["status"], done["reported_by"]["name"]) == ("reported", "复****")
    assert {one["refusal"] for one in done["allowed_actions"] if one["action"] != "decide"} == {"review_settled"}
    problem(await issue(client, review), 409, code="review_settled")
    problem(await fill(client, review, answers={"cause": "另有原因"}), 409, code="review_settled")


async def test_the_report_meets_the_clock_by_when_it_was_issued(client, counter, database):
    there, review = await born(client, counter, database)
    await prepared(client, database, review)
    done = good(await issue(client, review))
    clock = (await clocks(client, there["id"]))["review"]
    assert (clock["state"], clock["met_at"]) == ("met", done["reported_at"])
    [event] = await told(client, there, "review.reported")
    assert (event["data"]["happened_at"], event["data"]["review_id"]) == (done["reported_at"], review["id"])
    [met] = [one for one in await told(client, there, "sla.met") if one["data"]["clock"] == "review"]
    assert met["data"]["happened_at"] == done["reported_at"]
    assert done["decisions_due_at"] == review["decisions_due_at"]


async def test_what_is_issued_is_the_report_as_it_was_rendered(client, context, counter, database):
    _, review = await born(client, counter, database)
    good(await fill(client, review, answers=ANSWERS, meeting_at=ago()))
    report = await rendered(client, context, review["id"])
    good(await fill(client, review, meeting_note="另有补充"))
    found = problem(await issue(client, review), 409, code="review_incomplete")
    assert found["missing"] == ["report"], "that one does not say so"
    newer = await rendered(client, context, review["id"])
    done = good(await issue(client, review))
    assert (done["report_id"], report["id"] == newer["id"]) == (newer["id"], False)


async def test_a_report_that_is_told_late_was_in_time_all_the_same(client, counter, database):
    there, review = await born(client, counter, database)
    await pass_time(database, there["id"], days=8)
    await database.fetch("update reviews set since = since - interval '8 days' where id = $1", UUID(review["id"]))
    await ring(database, there["id"])
    assert (await clocks(client, there["id"]))["review"]["state"] == "breached"
    good(await fill(client, review, answers=ANSWERS, meeting_at=ago(days=7)))
    await as_rendered(database, review)
    early = await issue(client, review, happened_at=ago(days=7.5))
    assert problem(early, 422, "/happened_at")["errors"][0]["code"] == "before_the_meeting"
    problem(await issue(client, review, happened_at=ago(days=-1)), 422, "/happened_at")
    good(await issue(client, review, happened_at=ago(days=6)))
    clock = (await clocks(client, there["id"]))["review"]
    assert clock["state"] == "met_recorded_late"


async def test_it_is_completed_when_it_is_reported_and_all_three_are_decided(client, counter, database):
    there, review = await born(client, counter, database)
    good(await keep(client, review, "risks"))
    await reported(client, database, review)
    good(await keep(client, review, "process"))
    assert (await seen(client, review))["status"] == "reported"
    good(await keep(client, review, "scope"))
    done = await seen(client, review)
    assert (done["status"], bool(done["completed_at"])) == ("completed", True)
    events = await told(client, there, "review.reported", "review.decided", "review.completed")
    assert [one["type"] for one in events] == [
        "review.decided", "review.reported", "review.decided", "review.decided", "review.completed",
    ]  # fmt: skip
    problem(await fill(client, review, answers={"cause": "x"}), 409, code="review_completed")


async def test_one_whose_decisions_came_first_is_completed_by_its_report(client, counter, database):
    _, review = await born(client, counter, database)
    for kind in KINDS:
        good(await keep(client, review, kind))
    assert (await seen(client, review))["status"] == "open"
    assert (await reported(client, database, review))["status"] == "completed"


async def test_a_person_has_one_reviewed_that_subsided(client, database):
    incident_id = await opened(client)
    problem(await client.post(f"{URL}/{incident_id}/review"), 409, code="incident_burns")
    good(await move(client, incident_id, "subsided"))
    made = await client.post(f"{URL}/{incident_id}/review")
    review = good(made, 201)
    assert made.headers["location"] == f"{REVIEWS}/{review['id']}"
    assert (review["status"], review["due_at"], review["decisions_due_at"]) == ("open", None, None)
    found = problem(await client.post(f"{URL}/{incident_id}/review"), 409, code="review_exists")
    assert found["review_id"] == review["id"]
    done = await reported(client, database, review)
    assert instant(done["decisions_due_at"]) == instant(done["reported_at"]) + WEEK


async def test_reviews_are_listed_by_what_they_are(client, counter, database):
    there, review = await born(client, counter, database)
    other, second = await born(client, counter, database)
    await reported(client, database, second)

    async def ids(**query) -> set[str]:
        return {one["id"] for one in await everything(client, REVIEWS, limit=2, **query)}

    assert {review["id"], second["id"]} <= await ids()
    assert await ids(incident_id=[there["id"], other["id"]]) == {review["id"], second["id"]}
    mine = {"incident_id": [there["id"], other["id"]]}
    assert await ids(status=["reported"], **mine) == {second["id"]}
    assert await ids(overdue=True, **mine) == set()
    await database.fetch("update deadlines set due_at = now() - interval '1 hour' where incident_id = $1 and kind = 'review'",
                         UUID(there["id"]))  # fmt: skip
    assert await ids(overdue=True, **mine) == {review["id"]}
    await database.fetch(
        "update reviews set decisions_due_at = now() - interval '1 hour' where id = $1", UUID(second["id"])
    )
    assert await ids(overdue=True, **mine) == {review["id"], second["id"]}
    problem(await client.get(REVIEWS, params={"late": True}), 422)
    newest = good(await client.get(REVIEWS, params={"limit": 1}))["data"][0]
    assert newest == await seen(client, newest)


async def test_exercises_are_reviewed_apart(client, database):
    drill = await opened(client, is_drill=True)
    good(await move(client, drill, "subsided"))
    review = good(await client.post(f"{URL}/{drill}/review"), 201)
    assert review["is_drill"]
    assert review["id"] not in {one["id"] for one in await everything(client, REVIEWS)}
    assert review["id"] in {one["id"] for one in await everything(client, REVIEWS, is_drill=True)}
    assert [one["id"] for one in await everything(client, REVIEWS, incident_id=drill)] == [review["id"]]


async def test_who_may_only_read_writes_nothing(client, bare, counter, database):
    _, review = await born(client, counter, database)
    reader = await person_headers(client, "reviews:read")
    good(await bare.get(f"{REVIEWS}/{review['id']}", headers=reader))
    problem(await bare.patch(f"{REVIEWS}/{review['id']}", json={}, headers=reader), 403)
    nobody = await person_headers(client, "incidents:read")
    problem(await bare.get(f"{REVIEWS}/{review['id']}", headers=nobody), 403)
    problem(await client.get(f"{REVIEWS}/{uuid4()}"), 404)
    problem(await client.get(f"{URL}/{uuid4()}/review"), 404)


async def test_what_no_change_is_named_by_is_refused(client):
    problem(await client.get(f"{REVIEWS}?changed=%00"), 422, "?changed/0")
