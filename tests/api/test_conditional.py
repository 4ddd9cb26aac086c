"""ETags: polling costs little, and nobody overwrites what somebody else changed meanwhile."""

import asyncio

import httpx
import pytest

from tests.conftest import ADMIN_KEY
from tests.support.api import OPERATIONS, again, brand, crisis, good, make_rule, post, problem


@pytest.fixture
async def careful(app):
    """A client that says nothing of versions by itself."""
    headers = {"authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://fenghuo.test", headers=headers
    ) as careful:
        yield careful


async def test_an_answer_that_is_known_already_is_not_sent_again(careful):
    rule = await make_rule(careful, brand())
    one = f"/v1/watch-rules/{rule['id']}"
    first = await careful.get(one)
    etag = first.headers["etag"]
    assert etag.startswith('"1-')
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = await careful.get(one, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    good(await careful.get(one, headers={"if-none-match": '"1-0000000000000000"'}))
    changed = await careful.patch(one, json={"name": "另一个"}, headers={"if-match": etag})
    assert changed.headers["etag"] != etag
    assert good(await careful.get(one, headers={"if-none-match": etag}))["name"] == "另一个"
    # The answer to a change has the tag that the next change is based on.
    good(await careful.patch(one, json={"name": "第三个"}, headers={"if-match": changed.headers["etag"]}))


async def test_lists_have_etags_too_and_say_where_they_go_on(careful):
    for _ in range(3):
        await make_rule(careful, brand())
    url, seen = "/v1/watch-rules?limit=1", 0
    while url:
        page = await careful.get(url)
        assert (await careful.get(url, headers={"if-none-match": page.headers["etag"]})).status_code == 304
        following = page.links.get("next", {}).get("url")
        assert (following is not None) == page.json()["has_more"]
        url, seen = following, seen + len(page.json()["data"])
    assert seen >= 3


async def test_a_change_must_say_what_it_is_based_on(careful, counter):
    incident, mention_id = await crisis(careful, counter)
    one = f"/v1/incidents/{incident['id']}"
    body = {"grade": "general", "reason": "以防万一"}
    problem(await careful.put(f"{one}/grade", json=body), 428, code="if_match_needed")
    problem(await careful.put(f"{one}/grade", json=body, headers={"if-match": "1-abc"}), 400, "If-Match:")
    # Weak tags, and tags of others, match nothing.
    etag = (await careful.get(one)).headers["etag"]
    for stale in ('"99-0000000000000000"', f"W/{etag}", '"something"'):
        problem(await careful.put(f"{one}/grade", json=body, headers={"if-match": stale}), 412, code="stale")
    assert good(await careful.get(one))["grade"] is None
    good(await careful.put(f"{one}/grade", json=body, headers={"if-match": f'"else", {etag}'}))
    problem(await careful.patch(one, json={"title": "新标题"}, headers={"if-match": etag}), 412, code="stale")
    good(await careful.patch(one, json={"title": "新标题"}, headers={"if-match": "*"}))
    problem(await careful.patch(f"/v1/mentions/{mention_id}", json={"sentiment": "neutral"}), 428)


async def test_figures_that_move_by_themselves_refuse_nobody(careful, counter):
    incident, mention_id = await crisis(careful, counter, likes=5)
    one, its = f"/v1/mentions/{mention_id}", f"/v1/incidents/{incident['id']}"
    mention, case = (await careful.get(one)).headers["etag"], (await careful.get(its)).headers["etag"]
    await again(careful, mention_id, likes=50)
    await counter.sweep()
    # What is shown did change, so it is sent again; what a person would overwrite did not.
    assert good(await careful.get(one, headers={"if-none-match": mention}))["likes"] == 50
    assert good(await careful.get(its, headers={"if-none-match": case}))["total"] == 45, "its first reading is baseline"
    good(await careful.patch(its, json={"title": "新标题"}, headers={"if-match": case}))
    corrected = good(await careful.patch(one, json={"sentiment": "negative"}, headers={"if-match": mention}))
    assert corrected["version"] == 2
    problem(await careful.patch(one, json={"sentiment": "neutral"}, headers={"if-match": mention}), 412, code="stale")


async def test_of_fifty_changes_based_on_one_version_one_is_made(careful):
    rule = await make_rule(careful, brand())
    one = f"/v1/watch-rules/{rule['id']}"
    etag = (await careful.get(one)).headers["etag"]

    async def change(number: int) -> int:
        while True:
            answer = await careful.patch(one, json={"name": f"名{number}"}, headers={"if-match": etag})
            if answer.status_code != 503:  # turned away before the database was asked
                return answer.status_code

    statuses = sorted(await asyncio.gather(*map(change, range(50))))
    assert statuses == [200, *[412] * 49]
    assert good(await careful.get(one))["version"] == 2


async def test_deleting_is_judged_by_what_was_read_where_that_is_asked_for(careful):
    rule = await make_rule(careful, brand())
    one = f"/v1/watch-rules/{rule['id']}"
    etag = (await careful.get(one)).headers["etag"]
    good(await careful.patch(one, json={"name": "另一个"}, headers={"if-match": etag}))
    problem(await careful.delete(one, headers={"if-match": etag}), 412, code="stale")
    good(await careful.delete(one), 204)


# What only moves on loses nobody's change.
MOVES_ON = {"markMyInboxRead"}
WRITES_OVER = [one for one in OPERATIONS if one.method in ("PATCH", "PUT") and one.id not in MOVES_ON]


@pytest.mark.parametrize("operation", WRITES_OVER, ids=str)
async def test_every_patch_and_put_asks_for_the_version(careful, operation):
    problem(await careful.request(operation.method, operation.url, json=operation.example), 428)


async def test_what_is_merged_away_must_be_as_it_was_read(careful, counter):
    (source, _), (target, _) = await crisis(careful, counter), await crisis(careful, counter)
    one, body = f"/v1/incidents/{source['id']}", {"into_incident_id": target["id"], "reason": "同一件事"}
    etag = (await careful.get(one)).headers["etag"]
    problem(await careful.post(f"{one}/merge", json=body), 428)
    good(await careful.patch(one, json={"title": "新标题"}, headers={"if-match": etag}))
    problem(await careful.post(f"{one}/merge", json=body, headers={"if-match": etag}), 412)
    good(await careful.post(f"{one}/merge", json=body, headers={"if-match": "*"}))


async def test_a_reading_has_no_etag(careful):
    await post(careful, f"{brand()} 差评")
    answer = await careful.post("/v1/mentions", json={"platform": "weibo", "external_id": "untagged", "text": "甲"})
    assert "etag" not in answer.headers


@pytest.mark.parametrize("tags", ['"' + "x" * 999 + '"', "," * 1_001, '"a",' * 251])
async def test_a_list_of_tags_that_is_too_long_is_refused_however_little_it_says(client, tags):
    answer = await client.get("/v1/watch-rules", headers={"if-none-match": tags})
    problem(answer, 400, "If-None-Match:")
    assert (await client.get("/v1/watch-rules", headers={"if-none-match": tags[:1_000]})).status_code == 200


async def test_who_must_say_on_which_version_a_change_is_based_is_asked_as_the_contract_says(careful):
    asked = {}
    for operation in OPERATIONS:
        if operation.versioned:
            answer = await careful.request(operation.method, operation.url, json=operation.example or {})
            asked[operation.id] = answer.status_code
    assert len(asked) > 50
    assert {id_: status for id_, status in asked.items() if status != 428} == {}
