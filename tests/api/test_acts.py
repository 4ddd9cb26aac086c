"""What people did, put on record: when it happened, when we were told, who, and what that changes."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from tests.support.acts import URL, check_facts, decide, grade, meet, move, opened, person_headers, publish, put
from tests.support.api import ago, crisis, everything, good, incident, instant, make_rule, post, problem, timeline

BODIES = {
    "acknowledgements": {"note": "已接警"},
    "meetings": {"direction": "先停售", "note": "线上"},
    "fact-checks": {"truth": "confirmed", "responsibility": "supplier", "evidence": "留样检出", "note": "二次复核"},
    "publications": {"platform": "weibo", "statement_kind": "apology", "url": "https://weibo.com/1/a", "title": "致歉"},
    "decisions": {"kind": "other", "question": "是否召回", "options": ["召回", "不召回"], "choice": "召回",
                  "reason": "检出异物", "substitute_platform": None, "corrects": None},
}  # fmt: skip
EVENTS = {
    "acknowledgements": "incident.acknowledged", "meetings": "incident.meeting_held",
    "fact-checks": "incident.fact_checked", "publications": "incident.publication_recorded",
    "decisions": "incident.decision_made",
}  # fmt: skip
every_kind = pytest.mark.parametrize("kind", BODIES)


@pytest.fixture
async def person(client) -> dict[str, str]:
    return await person_headers(client, "incidents:read", "incidents:write", name="王小明")


@every_kind
async def test_an_act_is_kept_told_and_found(client, bare, person, kind):
    incident_id = await opened(client)
    created = await bare.post(f"{URL}/{incident_id}/{kind}", json=BODIES[kind], headers=person)
    made = good(created, 201)
    assert {name: made[name] for name in BODIES[kind]} == BODIES[kind]
    assert made["happened_at"] == made["recorded_at"]
    assert (made["incident_id"], made["person"]["name"]) == (incident_id, "王**")
    assert made["actor"] == f"person:{made['person']['id']}"
    assert created.headers["location"] == f"{URL}/{incident_id}/{kind}/{made['id']}"
    assert good(await bare.get(created.headers["location"], headers=person)) == made
    last = (await timeline(client, incident_id))[-1]
    assert (last["type"], last["actor"], last["person"]["name"]) == (EVENTS[kind], made["actor"], "王小明")
    assert made["id"] in last["data"].values()
    assert last["data"]["happened_at"] == made["happened_at"], "the very words, as in webhooks"
    assert not any(text in str(last["data"]) for text in ("先停售", "留样", "召回", "致歉", "已接警"))


@every_kind
async def test_entries_are_listed_page_by_page_the_last_recorded_first(client, bare, person, kind):
    incident_id, other = await opened(client), await opened(client)
    made = [
        good(await bare.post(f"{URL}/{incident_id}/{kind}", json=BODIES[kind], headers=person), 201)["id"]
        for _ in range(3)
    ]
    good(await bare.post(f"{URL}/{other}/{kind}", json=BODIES[kind], headers=person), 201)
    assert [row["id"] for row in await everything(client, f"{URL}/{incident_id}/{kind}", limit=2)] == made[::-1]
    cursor = good(await client.get(f"{URL}/{incident_id}/{kind}?limit=1"))["next_cursor"]
    problem(await client.get(f"{URL}/{other}/{kind}?cursor={cursor}"), 400, "?cursor")
    problem(await client.get(f"{URL}/{other}/{kind}/{made[0]}"), 404)
    problem(await client.get(f"{URL}/{uuid4()}/{kind}"), 404)


@every_kind
async def test_the_same_key_records_once(client, bare, person, kind):
    incident_id, headers = await opened(client), person | {"idempotency-key": uuid4().hex}
    first, again = [
        await bare.post(f"{URL}/{incident_id}/{kind}", json=BODIES[kind], headers=headers) for _ in range(2)
    ]
    assert good(first, 201) == good(again, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert len(await everything(client, f"{URL}/{incident_id}/{kind}")) == 1


@every_kind
async def test_it_happened_between_the_opening_and_now(client, database, bare, person, kind):
    incident_id = await opened(client)
    await database.fetch("update incidents set opened_at = now() - interval '1 hour' where id = $1", incident_id)
    opened_at = instant((await incident(client, incident_id))["opened_at"])

    async def at(when):
        body = BODIES[kind] | {"happened_at": when if isinstance(when, str) else when.isoformat()}
        return await bare.post(f"{URL}/{incident_id}/{kind}", json=body, headers=person)

    made = good(await at(opened_at), 201)
    assert instant(made["happened_at"]) == opened_at
    assert instant(made["recorded_at"]) - opened_at >= timedelta(hours=1)
    found = problem(await at(opened_at - timedelta(microseconds=1)), 422, "/happened_at")
    assert found["errors"][0]["code"] == "before_the_incident"
    ahead = good(await at(ago(minutes=-4)), 201)
    assert ahead["happened_at"] == ahead["recorded_at"]
    found = problem(await at(ago(minutes=-6)), 422, "/happened_at")
    assert found["errors"][0]["code"] == "in_the_future"
    assert len(await everything(client, f"{URL}/{incident_id}/{kind}")) == 2


async def test_only_a_person_acknowledges(client, bare, person):
    incident_id = await opened(client)
    refused = problem(await put(client, incident_id, "acknowledgements"), 403, code="person_needed")
    assert "machine" in refused["detail"]
    assert await everything(client, f"{URL}/{incident_id}/acknowledgements") == []
    good(await bare.post(f"{URL}/{incident_id}/acknowledgements", json={}, headers=person), 201)


@pytest.mark.parametrize("kind", [kind for kind in BODIES if kind != "acknowledgements"])
async def test_a_machine_may_record_the_rest_and_is_no_person(client, kind):
    made = good(await put(client, await opened(client), kind, **BODIES[kind]), 201)
    assert made["person"] is None
    assert made["actor"].startswith("key:")


@every_kind
@pytest.mark.parametrize("status", ["subsided", "dismissed", "merged"])
async def test_nothing_is_recorded_of_what_is_over(client, bare, person, kind, status):
    incident_id, other = await opened(client), await opened(client)
    if status == "merged":
        body = {"into_incident_id": other, "reason": "同一事件"}
        good(await client.post(f"{URL}/{incident_id}/merge", json=body))
    else:
        good(await move(client, incident_id, status))
    answer = await bare.post(f"{URL}/{incident_id}/{kind}", json=BODIES[kind], headers=person)
    assert status in problem(answer, 409, code="incident_over")["detail"]


@every_kind
async def test_what_is_closed_still_takes_what_was_recorded_late(client, bare, person, kind):
    incident_id = await opened(client)
    for status in ("responding", "handling", "closing", "closed"):
        good(await move(client, incident_id, status, override=True))
    good(await bare.post(f"{URL}/{incident_id}/{kind}", json=BODIES[kind], headers=person), 201)


@pytest.mark.parametrize(("kind", "fields", "pointer"), [
    ("acknowledgements", {"note": "长" * 2_001}, "/note"), ("acknowledgements", {"actor": "me"}, "/actor"),
    ("meetings", {"direction": ""}, "/direction"), ("meetings", {"direction": " \u200b"}, "/direction"),
    ("meetings", {"direction": "长" * 2_001}, "/direction"), ("meetings", {"happened_at": "2026-11-20"}, "/happened_at"),
    ("fact-checks", {"truth": "属实"}, "/truth"), ("fact-checks", {"responsibility": "nobody"}, "/responsibility"),
    ("fact-checks", {"evidence": ""}, "/evidence"), ("fact-checks", {"evidence": "长" * 10_001}, "/evidence"),
    ("publications", {"platform": "myspace"}, "/platform"), ("publications", {"statement_kind": "poem"}, "/statement_kind"),
    ("publications", {"url": "javascript:alert(1)"}, "/url"), ("publications", {"url": "https://a b"}, "/url"),
    ("publications", {"url": "https://a\x00"}, "/url"), ("publications", {"url": "https://" + "a" * 2_000}, "/url"),
    ("publications", {"on_origin": True}, "/on_origin"), ("publications", {"title": "长" * 201}, "/title"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, kind, fields, pointer):
    problem(await put(client, await opened(client), kind, **BODIES[kind] | fields), 422, pointer)


async def test_a_publication_says_whether_it_was_where_it_began(client, counter):
    there, _ = await crisis(client, counter, brands=(word := f"首发{uuid4().hex[:8]}",), published_at=ago(hours=2))
    assert not (await publish(client, there["id"], "douyin"))["on_origin"]
    on = await publish(client, there["id"], "weibo")
    assert (on["on_origin"], on["origin_platform"]) == (True, "weibo")
    # An earlier post is found elsewhere, where its time is stated; then a person says that it is later.
    found = await post(client, f"{word} 差评", platform="douyin", published_at=ago(hours=3))
    await counter.sweep()
    assert (await publish(client, there["id"], "douyin"))["on_origin"]
    assert not (await publish(client, there["id"], "weibo"))["on_origin"]
    good(await client.patch(f"/v1/mentions/{found}", json={"published_at": ago(hours=1)}))
    last = await publish(client, there["id"], "weibo")
    assert (last["on_origin"], last["origin_platform"]) == (True, "weibo")
    told = [event["data"]["on_origin"] for event in await timeline(client, there["id"])
            if event["type"] == "incident.publication_recorded"]  # fmt: skip
    assert told == [False, True, True, False, True]


async def test_where_a_post_states_no_time_the_moment_it_was_first_seen_counts(client, counter):
    word = f"首见{uuid4().hex[:8]}"
    await make_rule(client, word)
    await post(client, f"{word} 差评", platform="zhihu")
    second = await post(client, f"{word} 避雷", platform="forum")
    await counter.sweep()
    incident_id = (await client.get(f"/v1/mentions/{second}")).json()["incident_id"]
    assert (await publish(client, incident_id))["origin_platform"] == "zhihu"


async def test_of_an_incident_without_posts_nobody_knows_where_it_began(client):
    made = await publish(client, await opened(client))
    assert (made["on_origin"], made["origin_platform"]) == (False, None)


async def versions_added(client, incident_id: str, act) -> int:
    """By how much the incident's version grows with the act."""
    before = (await incident(client, incident_id))["version"]
    await act
    return (await incident(client, incident_id))["version"] - before


async def test_a_version_counts_what_opens_a_way_on_and_nothing_else(client):
    incident_id = await opened(client)
    after = partial(versions_added, client, incident_id)
    assert await after(check_facts(client, incident_id)) == 0, "nothing asks for it while it is watched"
    await grade(client, incident_id, "major")
    assert await after(check_facts(client, incident_id)) == 0, "there is one already"
    assert await after(meet(client, incident_id)) == 0, "without a direction it is not complete"
    assert await after(meet(client, incident_id, "先停售")) == 1
    assert await after(meet(client, incident_id, "再公告")) == 0


async def test_a_version_counts_a_statement_where_it_began_and_a_decision_not_to_make_one(client, counter):
    there, _ = await crisis(client, counter)
    incident_id, after = there["id"], partial(versions_added, client, there["id"])
    for status in ("responding", "handling"):
        good(await move(client, incident_id, status, override=True))
    assert await after(publish(client, incident_id, "weibo", "holding")) == 0, "a first word is not enough"
    assert await after(decide(client, incident_id, kind="no_statement")) == 1
    silent = good(await client.get(f"{URL}/{incident_id}/decisions"))["data"][0]["id"]
    assert await after(decide(client, incident_id, kind="other", corrects=silent)) == 1, "the way is closed again"
    assert await after(publish(client, incident_id, "weibo", "apology")) == 1
    assert await after(publish(client, incident_id, "weibo", "progress")) == 0


async def test_names_of_those_who_acted_are_whole_for_those_who_may_see_them(client, bare, person):
    incident_id = await opened(client)
    made = good(await bare.post(f"{URL}/{incident_id}/meetings", json={"direction": "先停售"}, headers=person), 201)
    assert good(await bare.get(f"{URL}/{incident_id}/meetings", headers=person))["data"][0]["person"]["name"] == "王**"
    seen = await person_headers(client, "incidents:read", "people:unmask")
    one = f"{URL}/{incident_id}/meetings/{made['id']}"
    assert good(await bare.get(one, headers=seen))["person"]["name"] == "王小明"
