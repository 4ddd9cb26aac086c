"""The decision on the risk register: risks born of a review, or other than we thought; walkable both ways (R09, R60)."""

import asyncio

from tests.support.acts import person_headers
from tests.support.api import everything, good, problem
from tests.support.fires import calmed
from tests.support.reviewing import (
    DECIDER,
    REVIEWS,
    apply,
    born,
    decision,
    decision_url,
    draft,
    preview,
    review_of,
)
from tests.support.risks import RISKS, make_risk, risk_of, versions_of

NEW = {"title": "供应商换料未报备", "category": "product_quality", "likelihood": 3, "impact": 5,
       "measures": [{"title": "来料逐批送检", "due_on": "2099-01-31"}]}  # fmt: skip


async def test_a_review_teaches_of_a_risk_and_changes_another(client, counter, database):
    there, review = await born(client, counter, database)
    risk = await make_risk(client)
    steps = [{"action": "create", "fields": NEW},
             {"action": "update", "risk_id": risk["id"], "fields": {"impact": 5},
              "measures": [{"title": "培训", "due_on": "2099-02-01"}]}]  # fmt: skip
    good(await draft(client, review, "risks", risks=steps))
    shown = await preview(client, review, "risks")
    new, changed = good(shown)["changes"]
    assert (new["subject"], new["action"], new["subject_id"], new["name"]) == ("risk", "create", None, NEW["title"])
    assert (changed["subject_id"], changed["version"]) == (risk["id"], risk["version"])
    paths = {one["path"]: (one["before"], one["after"]) for one in changed["differences"]}
    assert paths["impact"] == ("3", "5")
    assert "培训" in str(paths)
    assert await risk_of(client, risk) == risk
    made = good(await apply(client, review, "risks", shown.headers["etag"]))
    ids = [one["subject_id"] for one in made["changes"]]
    assert [(one["before_version"], one["after_version"]) for one in made["changes"]] == [(None, 1), (1, 2)]
    for id_ in ids:
        known = good(await client.get(f"{RISKS}/{id_}"))
        assert [(one["incident_id"], one["review_id"]) for one in known["incidents"]] == [(there["id"], review["id"])]
        walked = [one["id"] for one in await everything(client, REVIEWS, changed=id_)]
        assert walked == [review["id"]], "from the risk to the review"
    assert {one["id"] for one in await everything(client, RISKS, review_id=review["id"])} == set(ids)
    assert {one["id"] for one in await everything(client, RISKS, incident_id=there["id"])} == set(ids)
    newest = (await versions_of(client, risk))[0]
    assert (newest["review_id"], newest["reason"], newest["content"]["impact"]) == (review["id"], "复盘发现", 5)
    assert (await review_of(client, there["id"]))["decisions"][0]["state"] == "applied"


async def test_a_risk_that_was_changed_since_the_preview_is_looked_at_again(client, counter, database):
    _, review = await born(client, counter, database)
    risk = await make_risk(client)
    good(
        await draft(
            client, review, "risks", risks=[{"action": "update", "risk_id": risk["id"], "fields": {"impact": 5}}]
        )
    )
    etag = (await preview(client, review, "risks")).headers["etag"]
    good(await client.patch(f"{RISKS}/{risk['id']}", json={"likelihood": 5}))
    found = problem(await apply(client, review, "risks", etag), 409, "/change/risks/0", code="decision_outdated")
    assert [(one["subject_id"], one["previewed_version"], one["version"]) for one in found["changed"]] == [
        (risk["id"], 1, 2)
    ]
    assert (await risk_of(client, risk))["impact"] == risk["impact"]


async def test_a_risk_is_changed_by_one_of_two_reviews_that_saw_the_same(client, counter, database):
    risk = await make_risk(client)
    asked = []
    for _ in range(2):
        _, review = await born(client, counter, database)
        step = {"action": "update", "risk_id": risk["id"], "fields": {"impact": 5}}
        good(await draft(client, review, "risks", risks=[step]))
        etag = (await preview(client, review, "risks")).headers["etag"]
        asked.append(apply(client, review, "risks", etag, await person_headers(client, *DECIDER)))
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await risk_of(client, risk))["version"] == 2


async def test_what_is_written_of_risks_is_shown_without_peoples_data(client, bare, counter, database):
    _, review = await born(client, counter, database)
    fields = NEW | {"title": "联系人 13812345678", "description": "见 13812345678"}
    good(await draft(client, review, "risks", risks=[{"action": "create", "fields": fields}]))
    reader = await person_headers(client, "reviews:read", "reviews:write")
    url = decision_url(review, "risks")
    for answer in (await bare.get(url, headers=reader), await bare.post(f"{url}/apply/preview", headers=reader)):
        assert "13812345678" not in str(good(answer))
    made = good(await bare.post(f"{url}/apply", headers=reader))
    assert "13812345678" not in str(made)
    known = await decision(client, review, "risks")
    assert known["change"]["risks"][0]["fields"]["title"] == fields["title"], "kept as it was written"


async def test_of_an_incident_that_flared_up_and_left_nothing_came_true_yet(client, counter, database):
    _, first = await born(client, counter, database)
    other, _ = await calmed(client, counter, database)
    body = {"incident_ids": [other["id"]]}
    good(await client.post(f"{REVIEWS}/{first['id']}/incidents", json=body))
    assert (await client.delete(f"{REVIEWS}/{first['id']}/incidents/{other['id']}")).status_code == 204
    good(await draft(client, first, "risks", risks=[{"action": "create", "fields": NEW}]))
    made = good(await apply(client, first, "risks"))
    known = good(await client.get(f"{RISKS}/{made['changes'][0]['subject_id']}"))
    assert other["id"] not in {one["incident_id"] for one in known["incidents"]}
