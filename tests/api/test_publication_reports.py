"""What integrations published for us and report back: each publication once, however often and by whatever name it is told."""

import asyncio

import pytest

from tests.support.acts import URL, move, opened, person_headers
from tests.support.api import ago, everything, good, problem
from tests.support.matrix import STATEMENTS, drafted, out, rows
from tests.support.people import bearer, make_key

REPORTS = "/v1/publication-reports"
AT_WEIBO = "https://weibo.com/1/OAbCdEfGi"


async def said(client, of: str, **fields):
    return await client.post(REPORTS, json={"statement_id": of, "platform": "weibo", "url": AT_WEIBO} | fields)


async def publications(client, statement_id: str) -> list[dict]:
    return await everything(client, f"{STATEMENTS}/{statement_id}/publications")


async def test_a_report_is_a_publication_and_a_row_of_the_matrix(client):
    incident_id = await opened(client)
    statement_id = await drafted(client, incident_id)
    report = good(await said(client, statement_id, external_id="5099", title="说明"), 201)
    [publication] = await publications(client, statement_id)
    assert report["publication_id"] == publication["id"]
    assert (report["incident_id"], report["approved"], report["happened_at"]) == (
        incident_id, False, publication["happened_at"],
    )  # fmt: skip
    assert (publication["platform"], publication["url"], publication["title"]) == ("weibo", AT_WEIBO, "说明")
    assert (await rows(client, statement_id))["weibo"]["state"] == "published"


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"external_id": "5099"},
        {"external_id": "5099", "url": None},
        {"external_id": "5099", "url": "https://weibo.com/1/moved"},
        {"title": "别的标题"},
    ],
)
async def test_told_again_by_either_name_it_is_answered_200_with_the_same(client, again):
    statement_id = await drafted(client)
    first = good(await said(client, statement_id, external_id="5099"), 201)
    assert good(await said(client, statement_id, **again)) == first
    assert len(await publications(client, statement_id)) == 1


@pytest.mark.parametrize(
    "other", [{"platform": "douyin"}, {"url": "https://weibo.com/1/another", "external_id": "6000"}]
)
async def test_another_platform_or_another_post_is_another_publication(client, other):
    statement_id = await drafted(client)
    first = good(await said(client, statement_id, external_id="5099"), 201)
    second = good(await said(client, statement_id, **other), 201)
    assert first["publication_id"] != second["publication_id"]
    another = good(await said(client, await drafted(client)), 201)
    assert another["publication_id"] not in (first["publication_id"], second["publication_id"])


async def test_what_a_person_recorded_before_is_that_publication(client):
    statement_id = await drafted(client)
    recorded = await out(client, statement_id, "weibo", url=AT_WEIBO)
    report = good(await said(client, statement_id, external_id="5099"))
    assert report["publication_id"] == recorded["id"]
    assert good(await said(client, statement_id, url=None, external_id="5099")) == report
    assert len(await publications(client, statement_id)) == 1


async def test_eight_who_tell_it_at_once_make_one_publication(client):
    statement_id = await drafted(client)
    answers = await asyncio.gather(*(said(client, statement_id, external_id="5099") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await publications(client, statement_id)) == 1


async def test_a_machine_needs_no_more_than_its_scope(client):
    statement_id = await drafted(client)
    robot = bearer((await make_key(client, "publications:write"))["key"])
    body = {"statement_id": statement_id, "platform": "weibo", "url": AT_WEIBO}
    report = good(await client.post(REPORTS, json=body, headers=robot), 201)
    assert report["reported_by"].startswith("key:")
    other = await person_headers(client, "statements:write")
    problem(await client.post(REPORTS, json=body, headers=other), 403)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"url": None}, "/url"),
        ({"url": "weibo.com/1"}, "/url"),
        ({"platform": "myspace"}, "/platform"),
        ({"statement_id": "00000000-0000-0000-0000-000000000000"}, "/statement_id"),
        ({"external_id": " "}, "/external_id"),
        ({"version": 2}, "/version"),
        ({"happened_at": ago(days=400)}, "/happened_at"),
        ({"happened_at": "2199-01-01T00:00:00Z"}, "/happened_at"),
        ({"approved": True}, "/approved"),
    ],
)
async def test_what_can_not_be_is_refused_by_name(client, fields, pointer):
    problem(await said(client, await drafted(client), **fields), 422, pointer)


async def test_of_what_was_none_of_ours_nothing_is_recorded(client):
    incident_id = await opened(client)
    statement_id = await drafted(client, incident_id)
    good(await move(client, incident_id, "dismissed"))
    problem(await said(client, statement_id), 409, code="incident_over")
    assert good(await client.get(f"{URL}/{incident_id}/publications"))["data"] == []


@pytest.mark.parametrize("names", [("url", "external_id"), ("external_id", "url")])
async def test_another_name_that_it_is_told_by_is_remembered(client, names):
    statement_id, told = await drafted(client), {"url": AT_WEIBO, "external_id": "5099"}
    first, second = ({"url": None} | {name: told[name]} for name in names)
    reported = good(await said(client, statement_id, **first), 201)
    assert good(await said(client, statement_id, **told)) == reported | told
    assert good(await said(client, statement_id, **second)) == reported | told
    assert len(await publications(client, statement_id)) == 1


async def test_another_reports_name_is_not_taken_from_it(client):
    statement_id = await drafted(client)
    by_url = good(await said(client, statement_id), 201)
    by_id = good(await said(client, statement_id, url=None, external_id="5099"), 201)
    assert good(await said(client, statement_id, external_id="5099")) == by_id
    assert good(await said(client, statement_id)) == by_url
