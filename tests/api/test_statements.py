"""Statements over HTTP: drafted, listed, changed version by version, compared, submitted and withdrawn."""

from uuid import uuid4

import pytest

from tests.support.acts import check_facts, move, opened
from tests.support.api import ago, everything, good, instant, problem
from tests.support.people import bearer, make_key
from tests.support.speaking import STATEMENTS, ahead, case, desk, said
from tests.support.tasks import told

KINDS = ["holding", "progress", "apology", "clarification", "lawyer"]


@pytest.fixture
async def speakers(client, bare, database):
    async with desk(client, bare, database) as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
async def test_a_statement_is_drafted_told_and_found(speakers, client, kind):
    incident_id = await case(client, "partly_confirmed")
    owner = speakers.id("editor")
    promises = [{"text": "公布检测结果", "due_at": ahead(days=1), "owner_id": owner}, {"text": "整改流程"}]
    fields = {"strategy": "rebuild", "commitments": promises, "platform_texts": [{"platform": "weibo", "text": "短文"}]}
    made = await speakers.draft(incident_id, kind, **fields)
    assert (made["status"], made["kind"], made["strategy"], made["version"]) == ("draft", kind, "rebuild", 1)
    assert (made["missing"], made["published_at"], made["published_unapproved"]) == ([], None, False)
    assert made["creator"]["id"] == speakers.id("author")
    assert [(slot["slot"], slot["needed"], slot["approved"]) for slot in made["slots"]] == [
        ("public_relations", True, False), ("legal", True, False),
    ]  # fmt: skip
    latest = made["latest"]
    assert (latest["number"], latest["submitted_at"], latest["published"]) == (1, None, False)
    assert [author["id"] for author in latest["authors"]] == [speakers.id("author")]
    assert [one["owner"] and one["owner"]["id"] for one in latest["commitments"]] == [owner, None]
    assert latest["platform_texts"] == fields["platform_texts"]
    assert latest["text"].startswith("关于网传异物的声明\n\n")
    assert "1. 公布检测结果（" in latest["text"]
    assert "2. 整改流程" in latest["text"]
    for place in latest["sections"]:
        part = latest["text"][place["start"] : place["end"]]
        assert part
        assert place["section"] in ("commitments", "next_update") or part == latest[place["section"]]
    assert await speakers.seen(made) == made
    [event] = await told(client, incident_id, "statement.changed")
    assert event["data"]["action"] == "drafted"
    assert "残片" not in str(event["data"])


async def test_what_is_drafted_may_say_nothing_yet_and_is_told_what_it_lacks(speakers, client):
    incident_id = await opened(client)
    made = await speakers.draft(incident_id, attitude="", facts="", solution="", commitments=[])
    assert made["missing"] == ["attitude", "facts", "solution", "commitment", "fact_check"]
    [submit] = [one for one in made["allowed_actions"] if one["action"] == "submit"]
    assert submit == {
        "action": "submit", "allowed": False, "refusal": "statement_incomplete", "missing": made["missing"],
    }  # fmt: skip
    found = problem(await speakers.act(made, "submit"), 409, code="statement_incomplete")
    assert found["missing"] == [error["code"] for error in found["errors"]] == made["missing"]
    assert (await speakers.seen(made))["version"] == 1


@pytest.mark.parametrize(("kind", "truth", "refused"), [
    ("apology", "unfounded", True), ("apology", "partly_confirmed", False), ("clarification", "confirmed", True),
    ("clarification", "misunderstanding", False), ("holding", None, False), ("progress", None, False),
    ("lawyer", None, False), ("apology", "unverifiable", True),
])  # fmt: skip
async def test_the_last_fact_check_must_carry_it(speakers, client, kind, truth, refused):
    incident_id = await opened(client)
    check = await check_facts(client, incident_id, truth=truth) if truth else None
    answer = await speakers.act(await speakers.draft(incident_id, kind), "submit")
    if refused:
        found = problem(answer, 409, code="statement_incomplete")
        assert (found["missing"], found["fact_check_id"]) == (["truth"], check["id"])
        assert check["id"] in found["detail"]
        return
    submitted = good(answer)
    assert (submitted["status"], submitted["latest"]["submitter"]["id"]) == ("in_review", speakers.id("author"))
    [event] = await told(client, incident_id, "statement.submitted")
    assert event["data"]["version_id"] == submitted["latest"]["id"]


async def test_parts_are_waived_with_a_reason_where_the_kind_allows_it(speakers, client):
    incident_id = await case(client, "unfounded")
    waivers = [{"part": part, "reason": "不实信息，无需补救"} for part in ("facts", "solution", "commitments")]
    bare = {"facts": "", "solution": "", "commitments": []}
    made = await speakers.draft(incident_id, "clarification", waivers=waivers, **bare)
    assert (made["missing"], made["latest"]["waivers"]) == ([], waivers)
    for kind, part in (("clarification", "attitude"), ("holding", "facts"), ("lawyer", "facts")):
        body = said(kind, waivers=[{"part": part, "reason": "无"}])
        answer = await client.post(f"/v1/incidents/{incident_id}/statements", json=body)
        assert problem(answer, 422, "/waivers/0/part")["errors"][0]["code"] == "not_waivable"


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"kind": "poem"}, "/kind"), ({"name": ""}, "/name"), ({"name": "\u200b"}, "/name"), ({"title": "长" * 201}, "/title"),
    ({"facts": "长" * 5001}, "/facts"), ({"strategy": "否认"}, "/strategy"), ({"status": "approved"}, "/status"),
    ({"next_update_at": ago(minutes=1)}, "/next_update_at"), ({"next_update_at": "2026-12-01"}, "/next_update_at"),
    ({"commitments": [{"text": "退款", "due_at": ago(minutes=1)}]}, "/commitments/0/due_at"),
    ({"commitments": [{"text": ""}]}, "/commitments/0/text"), ({"commitments": [{"text": "x"}] * 21}, "/commitments"),
    ({"commitments": [{"text": "退款", "owner_id": str(uuid4())}]}, "/commitments/0/owner_id"),
    ({"cites": [str(uuid4())]}, "/cites/0"), ({"waivers": [{"part": "facts"}]}, "/waivers/0/reason"),
    ({"waivers": [{"part": "facts", "reason": "一"}, {"part": "facts", "reason": "二"}]}, "/waivers/1/part"),
    ({"platform_texts": [{"platform": "weibo", "text": "一"}, {"platform": "weibo", "text": "二"}]},
     "/platform_texts/1/platform"),
    ({"platform_texts": [{"platform": "myspace", "text": "一"}]}, "/platform_texts/0/platform"),
])  # fmt: skip
async def test_a_draft_that_makes_no_sense_is_refused_by_name(client, fields, pointer):
    incident_id = await opened(client)
    answer = await client.post(f"/v1/incidents/{incident_id}/statements", json=said("clarification") | fields)
    problem(answer, 422, pointer)
    if pointer not in ("/kind", "/name", "/status"):
        made = good(await client.post(f"/v1/incidents/{incident_id}/statements", json=said("clarification")), 201)
        problem(await client.patch(f"{STATEMENTS}/{made['id']}", json=fields), 422, pointer)


async def test_a_draft_is_changed_in_place_and_what_was_submitted_in_another_version(speakers, client):
    incident_id = await case(client)
    made = await speakers.draft(incident_id)
    edited = good(await speakers.patch(made, "editor", facts="经查，并非我方产品。"))
    assert (edited["latest"]["number"], edited["version"]) == (1, 2)
    assert {one["id"] for one in edited["latest"]["authors"]} == {speakers.id("author"), speakers.id("editor")}
    submitted = good(await speakers.act(edited, "submit"))
    problem(await speakers.act(submitted, "submit"), 409, code="already_submitted")
    again = good(await speakers.patch(submitted, "author", facts="经查属实。"))
    assert (again["status"], again["latest"]["number"], again["latest"]["facts"]) == ("draft", 2, "经查属实。")
    assert again["latest"]["solution"] == submitted["latest"]["solution"], "all else is copied"
    assert {one["id"] for one in again["latest"]["authors"]} == {speakers.id("author"), speakers.id("editor")}
    url = f"{STATEMENTS}/{made['id']}/versions"
    first = good(await client.get(f"{url}/1"))
    assert first == submitted["latest"] | {"authors": first["authors"], "submitter": first["submitter"]}
    assert [one["number"] for one in await everything(client, url, limit=1)] == [2, 1]
    events = await told(client, incident_id, "statement.changed")
    assert [(one["data"]["action"], one["data"]["version_number"]) for one in events] == [
        ("drafted", 1), ("edited", 1), ("new_version", 2),
    ]  # fmt: skip
    assert events[-1]["data"]["fields"] == ["facts"]


async def test_what_belongs_to_no_version_makes_none(speakers, client):
    submitted = await speakers.submitted(await case(client))
    renamed = good(await speakers.patch(submitted, name="新名", strategy="bolster"))
    assert (renamed["name"], renamed["strategy"], renamed["status"]) == ("新名", "bolster", "in_review")
    assert renamed["latest"] == submitted["latest"]
    same = good(await speakers.patch(renamed, name="新名", attitude=renamed["latest"]["attitude"]))
    assert same == renamed, "what changes nothing is no change"


async def test_a_change_says_what_it_is_based_on(speakers, client):
    made = await speakers.draft(await case(client))
    url, me = f"{STATEMENTS}/{made['id']}", speakers.headers["author"]
    read = (await speakers.bare.get(url, headers=me)).headers["etag"]
    good(await speakers.patch(made, name="先到"))
    late = {**me, "if-match": read}
    problem(await speakers.bare.patch(url, json={"name": "后到"}, headers=late), 412, code="stale")
    problem(await speakers.bare.post(f"{url}/submit", headers=late), 412, code="stale")
    problem(await speakers.bare.post(f"{url}/withdraw", json={"reason": "不发"}, headers=late), 412, code="stale")


async def test_two_versions_are_compared_section_by_section(speakers, client):
    made = await speakers.submitted(
        await case(client), "apology", platform_texts=[{"platform": "weibo", "text": "短文一"}]
    )
    changes = {"title": "关于网传牛奶异物的声明", "platform_texts": [{"platform": "douyin", "text": "口播"}]}
    good(await speakers.patch(made, **changes))
    url = f"{STATEMENTS}/{made['id']}/versions"
    found = good(await client.get(f"{url}/2/diff"))
    assert (found["number"], found["against"]) == (2, 1)
    assert [one["section"] for one in found["sections"] if one["changed"]] == ["title"]
    [title] = [one for one in found["sections"] if one["section"] == "title"]
    assert [(one["change"], one["text"]) for one in title["segments"]] == [
        ("unchanged", "关于网传"), ("added", "牛奶"), ("unchanged", "异物的声明"),
    ]  # fmt: skip
    before, after = [good(await client.get(f"{url}/{number}"))["text"] for number in (1, 2)]
    for section in found["sections"]:
        for one in section["segments"]:
            for span, text in ((one["before"], before), (one["after"], after)):
                assert span is None or text[span["start"] : span["end"]] == one["text"]
    assert [(one["platform"], [s["change"] for s in one["segments"]]) for one in found["platform_texts"]] == [
        ("douyin", ["added"]), ("weibo", ["removed"]),
    ]  # fmt: skip
    backwards = good(await client.get(f"{url}/1/diff", params={"against": 2}))
    assert [one["text"] for s in backwards["sections"] for one in s["segments"] if one["change"] == "removed"] == [
        "牛奶"
    ]
    first = good(await client.get(f"{url}/1/diff"))
    assert first["against"] is None
    assert {one["change"] for s in first["sections"] for one in s["segments"]} == {"added"}
    problem(await client.get(f"{url}/3/diff"), 404)
    problem(await client.get(f"{url}/2/diff", params={"against": 3}), 422, "?against")
    problem(await client.get(f"{url}/2/diff", params={"against": 2}), 422, "?against")
    problem(await client.get(f"{url}/2/diff", params={"against": 0}), 422, "?against")


async def test_it_is_withdrawn_for_good_with_a_reason(speakers, client):
    incident_id = await case(client)
    submitted = await speakers.submitted(incident_id)
    gone = good(await speakers.act(submitted, "withdraw", reason="事实有变"))
    assert (gone["status"], gone["withdrawn_reason"]) == ("withdrawn", "事实有变")
    assert gone["withdrawn_at"]
    [event] = await told(client, incident_id, "statement.withdrawn")
    assert (event["data"]["reason"], event["data"]["was_published"]) == ("事实有变", False)
    problem(await speakers.act(gone, "withdraw", reason="再撤"), 409, code="statement_withdrawn")
    problem(await speakers.patch(gone, facts="新"), 409, code="statement_withdrawn")
    problem(await speakers.act(gone, "submit"), 409, code="statement_withdrawn")
    problem(await speakers.act(gone, "approve", by="press", version=1), 409, code="statement_withdrawn")
    back = await speakers.act(gone, "request-changes", by="press", version=1, comment="改")
    problem(back, 409, code="statement_withdrawn")
    allowed = {one["action"] for one in gone["allowed_actions"] if one["allowed"]}
    assert allowed == {"record_publication"}


async def test_of_an_incident_that_is_over_nothing_is_left_but_to_withdraw(speakers, client):
    incident_id = await opened(client)
    submitted = await speakers.submitted(incident_id)
    good(await move(client, incident_id, "dismissed"))
    seen = await speakers.seen(submitted)
    assert {one["refusal"] for one in seen["allowed_actions"] if not one["allowed"]} == {"incident_over"}
    for answer in (
        await speakers.patch(seen, facts="新"), await speakers.act(seen, "submit"),
        await speakers.act(seen, "approve", by="press", version=1),
        await speakers.act(seen, "request-changes", by="press", version=1, comment="改"),
        await speakers.act(seen, "publications", platform="weibo"),
        await speakers.bare.post(
            f"/v1/incidents/{incident_id}/statements", json=said("holding"), headers=speakers.headers["author"]
        ),
    ):  # fmt: skip
        problem(answer, 409, code="incident_over")
    assert good(await speakers.act(seen, "withdraw", reason="误报"))["status"] == "withdrawn"


async def test_what_is_written_is_masked_until_it_is_said_in_public(speakers, client, bare):
    phone = "请致电 13812345678"
    promise = {"text": phone, "due_at": ahead(days=1)}
    texts = [{"platform": "weibo", "text": phone}]
    made = await speakers.draft(
        await case(client), name=phone, facts=phone, commitments=[promise], platform_texts=texts
    )
    assert "13812345678" not in str(made)
    assert len(made["latest"]["text"]) == len(good(await client.get(f"{STATEMENTS}/{made['id']}"))["latest"]["text"])
    good(await speakers.act(made, "submit"))
    good(await speakers.patch(made, facts=phone.replace("8", "9")))
    diff = f"{STATEMENTS}/{made['id']}/versions/2/diff"
    assert "678" not in (await bare.get(diff, headers=speakers.headers["author"])).text
    await speakers.publish(made, version=1)
    url = f"{STATEMENTS}/{made['id']}/versions"
    shown = [good(await bare.get(f"{url}/{n}", headers=speakers.headers["author"])) for n in (1, 2)]
    assert (shown[0]["facts"], shown[0]["commitments"][0]["text"]) == (phone, phone)
    assert "13812345678" in shown[0]["text"]
    assert "13912345679" not in str(shown[1])
    assert "*" in shown[1]["facts"], "the next version was not said in public"
    assert "13812345678" not in (await speakers.seen(made))["name"]


async def test_a_platforms_own_words_are_masked_until_they_are_said_there(speakers, client, bare):
    texts = [
        {"platform": name, "text": f"请致电 {phone}"}
        for name, phone in (("zhihu", "13812345678"), ("weibo", "13912345678"))
    ]
    made = await speakers.draft(await case(client), platform_texts=texts)
    good(await speakers.act(made, "submit"))
    await speakers.publish(made, "zhihu", version=1)
    version = f"{STATEMENTS}/{made['id']}/versions/1"
    for url in (version, f"{version}/diff", f"{version}/lint", f"{STATEMENTS}/{made['id']}/placements"):
        seen = (await bare.get(url, headers=speakers.headers["author"])).text
        assert ("13812345678" in seen, "13912345678" in seen) == (True, False), url


async def test_who_may_see_people_sees_the_words_and_that_is_an_event(speakers, client, database):
    made = await speakers.draft(await case(client), facts="请致电 13812345678")
    scopes = ("statements:read", "people:unmask")
    key = await make_key(client, *scopes)
    before = await database.fetch("select count(*) as n from events where type = 'words.unmasked'")
    shown = good(await speakers.bare.get(f"{STATEMENTS}/{made['id']}", headers=bearer(key["key"])))
    assert shown["latest"]["facts"] == "请致电 13812345678"
    after = await database.fetch("select count(*) as n from events where type = 'words.unmasked'")
    assert after[0]["n"] == before[0]["n"] + 1


async def test_statements_are_listed_and_exercises_stay_apart(speakers, client):
    incident_id = await case(client)
    drill = await opened(client, is_drill=True)
    made = [await speakers.draft(incident_id, kind) for kind in ("holding", "apology", "progress")]
    played = await speakers.draft(drill, "holding")
    assert played["is_drill"] is True
    good(await speakers.act(made[0], "submit"))
    url = f"/v1/incidents/{incident_id}/statements"
    assert [one["id"] for one in await everything(client, url, limit=1)] == [one["id"] for one in reversed(made)]
    assert [one["id"] for one in await everything(client, url, status="in_review")] == [made[0]["id"]]
    kinds = {"kind": ["apology", "progress"]}
    assert [one["id"] for one in await everything(client, url, **kinds)] == [made[2]["id"], made[1]["id"]]
    every = {one["id"] for one in await everything(client, STATEMENTS, limit=100)}
    assert {one["id"] for one in made} <= every
    assert played["id"] not in every
    assert played["id"] in {one["id"] for one in await everything(client, STATEMENTS, is_drill=True)}
    assert [one["id"] for one in await everything(client, STATEMENTS, incident_id=drill)] == [played["id"]]
    page = good(await client.get(STATEMENTS, params={"limit": 1}))
    other = {"cursor": page["next_cursor"], "kind": "apology"}
    problem(await client.get(STATEMENTS, params=other), 400, "?cursor")


async def test_what_is_not_there_is_not_found(speakers, client):
    nothing = {"id": str(uuid4())}
    url = f"{STATEMENTS}/{nothing['id']}"
    for path in ("", "/versions", "/versions/1", "/versions/1/diff", "/approvals", "/publications"):
        problem(await client.get(url + path), 404)
    problem(await speakers.patch(nothing, name="无"), 404)
    problem(await speakers.act(nothing, "submit"), 404)
    problem(await speakers.act(nothing, "approve", by="press", version=1), 404)
    problem(await speakers.act(nothing, "publications", platform="weibo"), 404)
    problem(await client.get(f"/v1/incidents/{uuid4()}/statements"), 404)
    problem(await client.post(f"/v1/incidents/{uuid4()}/statements", json=said()), 404)
    made = await speakers.draft(await case(client))
    problem(await client.get(f"{STATEMENTS}/{made['id']}/versions/2"), 404)


async def test_a_draft_is_made_once_however_often_it_is_sent(speakers, client):
    incident_id, key = await case(client), {"idempotency-key": uuid4().hex}
    url = f"/v1/incidents/{incident_id}/statements"
    body = said()
    answers = [await client.post(url, json=body, headers=key) for _ in range(2)]
    assert good(answers[0], 201) == good(answers[1], 201)
    assert answers[0].headers["location"] == f"{STATEMENTS}/{answers[0].json()['id']}"
    assert len(await everything(client, url)) == 1
    assert instant(answers[0].json()["created_at"])
