"""Acknowledging from a chat card: a link that shows on GET and acts on POST, once, for the person it was made for."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.core.db import Database
from app.core.links import Links
from app.incidents.link_page import answer_by
from app.main import create_app
from app.settings import Settings
from tests.conftest import ADMIN_KEY, SECRET_KEY
from tests.support.acts import move, opened
from tests.support.api import again, brand, crisis, everything, good, problem, timeline
from tests.support.clocks import clocks, grade_it, pass_time
from tests.support.people import bearer, make_key
from tests.support.team import House, house

URL = "/v1/incidents"
CONSOLE_LINK = 'href="https://desk.example.com/incidents/'
LINKS = Links(Settings(secret_key=SECRET_KEY, environment="test", public_url="http://fenghuo.test"))


@pytest.fixture
async def home(client: httpx.AsyncClient, database: Database) -> AsyncIterator[House]:
    async with house(client, database) as made:
        for name in ("press lead", "ops head"):
            await made.change(name, phone="+8613800135678")
        yield made


@pytest.fixture
async def burning(home: House) -> str:
    """A major that the house answers for."""
    incident_id = await opened(home.client, business_unit=home.unit("milk"), title="牛奶异物，联系 13812345678")
    await grade_it(home.client, incident_id, "major")
    return incident_id


async def link_of(home: House, incident_id: str, name: str) -> str:
    """The address that a chat was given for somebody of the team."""
    for event in await timeline(home.client, incident_id):
        for member in event["data"].get("members", []):
            if home.name(member["person_id"]) == name and member["link_id"]:
                address = LINKS.url(UUID(member["link_id"]))
                assert address is not None
                return address
    raise AssertionError(f"{name} has no link")


async def stored(database: Database, incident_id: str) -> list[Any]:
    """Everything that a use of a link could change."""
    tables = ("acknowledgements", "incident_members", "acknowledgement_links", "deadlines", "events")
    return [
        [tuple(row) for row in await database.fetch(f"select * from {name} where incident_id = $1 order by id", UUID(incident_id))]
        for name in tables
    ]  # fmt: skip


def is_page(answer: httpx.Response, status: int, *words: str) -> str:
    """A safe page in Chinese first with this status."""
    assert answer.status_code == status, answer.text
    headers = answer.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["referrer-policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["form-action"]) == ("'none'", "'self'")
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    shown = answer.text.replace(CONSOLE_LINK, "")
    assert not re.search(r"<script|src=|href=|https?://|\son[a-z]+=|style=", shown)
    assert '<html lang="zh-CN">' in answer.text
    for word in words:
        assert word in answer.text, answer.text
    return answer.text


async def test_a_look_shows_what_it_is_about_and_changes_nothing(home, bare, burning, database):
    address = await link_of(home, burning, "ops head")
    before = await stored(database, burning)
    for _ in range(3):
        text = is_page(
            await bare.get(address), 200, "前接警", "一级(重大)", "王*", "牛奶异物，联系 138******78", "后四位"
        )
    assert "ops head" not in text
    assert "5678" not in text
    assert '<form method="post">' in text
    assert await stored(database, burning) == before


async def test_the_button_acknowledges_as_that_person_once(home, bare, burning, database):
    address = await link_of(home, burning, "ops head")
    done = is_page(await bare.post(address, data={"digits": "５６７８ "}), 200, "已接警")
    assert "<form" not in done
    [act] = await everything(home.client, f"{URL}/{burning}/acknowledgements")
    member = (await home.team(burning))["ops head"]
    assert act["actor"] == f"person:{home.people['ops head']}"
    assert (act["member_id"], member["acknowledgement_id"]) == (member["id"], act["id"])
    assert (await clocks(home.client, burning))["first_response"]["state"] == "met"
    [told] = [event for event in await timeline(home.client, burning) if event["type"] == "incident.acknowledged"]
    assert told["via"] == f"link:{LINKS.read(address.rpartition('/')[2])}"
    before = await stored(database, burning)
    is_page(await bare.post(address, data={"digits": "5678"}), 410, "链接已使用")
    assert "<form" not in is_page(await bare.get(address), 410, "链接已使用")
    assert await stored(database, burning) == before


async def test_who_has_no_phone_is_asked_for_no_digits(home, bare, burning):
    address = await link_of(home, burning, "law head")
    assert "digits" not in is_page(await bare.get(address), 200, "前接警")
    is_page(await bare.post(address), 200, "已接警")


async def test_two_at_once_and_one_of_them_wins(home, bare, burning):
    address = await link_of(home, burning, "ops head")
    answers = await asyncio.gather(*(bare.post(address, data={"digits": "5678"}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410, 410, 410]
    assert len(await everything(home.client, f"{URL}/{burning}/acknowledgements")) == 1


async def test_five_wrong_tries_end_it(home, bare, burning, database):
    address = await link_of(home, burning, "ops head")
    assert "还可试" not in is_page(await bare.get(address), 200)
    for left, digits in enumerate(("0000", "5679", " ８７６５", "1234")):
        text = is_page(
            await bare.post(address, data={"digits": digits}), 403, "手机尾号不正确", f"还可试 {4 - left} 次"
        )
        assert '<form method="post">' in text
        is_page(await bare.get(address), 200, f"还可试 {4 - left} 次")
    done = ("链接已作废", "请登录控制台接警，或联系组长")
    is_page(await bare.post(address, data={"digits": "８765"}), 410, *done)
    before = await stored(database, burning)
    is_page(await bare.post(address, data={"digits": "5678"}), 410, *done)
    is_page(await bare.get(address), 410, *done)
    assert await stored(database, burning) == before
    assert await everything(home.client, f"{URL}/{burning}/acknowledgements") == []
    tries = await database.fetch(
        "select actor from events where type = 'acknowledgement_link.wrong_digits' and data->>'subject_id' = $1",
        str(LINKS.read(address.rpartition("/")[2])),
    )
    assert [row["actor"].partition(":")[0] for row in tries] == ["link"] * 5, "nobody knows who it was"


async def test_what_is_not_four_digits_is_no_try(home, bare, burning, database):
    address = await link_of(home, burning, "ops head")
    before = await stored(database, burning)
    forms: list[dict[str, Any]] = [
        {"data": {"digits": text}} for text in ("", "12", "56789", "abcd", "５６７a", "1 34")
    ]
    for form in (*forms, {}, {"json": {"digits": "5678"}}, {"content": b"\xff\xfe"}):
        text = is_page(await bare.post(address, **form), 422, "请输入手机号的后四位数字", "前接警")
        assert '<form method="post">' in text
        assert "还可试" not in text
    assert await stored(database, burning) == before
    is_page(await bare.post(address, data={"digits": "5678"}), 200, "已接警")


async def test_by_when_they_are_to_acknowledge_stands_first(home, bare, burning, database):
    address = await link_of(home, burning, "ops head")
    due_at = (await home.team(burning))["ops head"]["due_at"]
    text = is_page(await bare.get(address), 200)
    heading = re.search(r"<h1>(.*?)<small>", text)
    assert heading is not None
    assert heading[1] == answer_by(datetime.fromisoformat(due_at), datetime.now(UTC))[0]
    assert "链接有效至" in text
    await pass_time(database, burning, minutes=31)
    is_page(await bare.get(address), 200, "<h1>已超时，请立即接警<small>")
    done = is_page(await bare.post(address, data={"digits": "5678"}), 200, "<h1>已接警<small>", "下一步：")
    assert "链接有效至" not in done
    assert "超时" not in done


@pytest.mark.parametrize(("due", "words"), [
    ("2026-11-25T21:48:59Z", "请于 05:48 前接警（北京时间）"),
    ("2026-11-26T15:59:00Z", "请于 23:59 前接警（北京时间）"),
    ("2026-11-26T16:00:00Z", "请于 11月27日 00:00 前接警（北京时间）"),
    ("2026-11-25T21:20:00Z", "已超时，请立即接警"),
])  # fmt: skip
def test_when_is_told_by_shanghais_clock_with_the_day_where_it_is_another(due, words):
    now = datetime(2026, 11, 25, 21, 20, tzinfo=UTC)
    assert answer_by(datetime.fromisoformat(due), now)[0] == words


async def test_what_happened_is_told_by_its_spread_and_where_it_began(home, client, bare, counter):
    there, mention_id = await crisis(client, counter, brands=(brand(),), likes=1, platform="douyin")
    await again(client, mention_id, likes=130_001, platform="douyin")
    await counter.sweep()
    body = {"person_id": str(home.people["boss"])}
    key = await make_key(client, "incidents:write", "people:act")
    url = f"{URL}/{there['id']}/acknowledgement-links"
    made = good(await bare.post(url, json=body, headers=bearer(key["key"])), 201)
    is_page(await bare.get(made["url"]), 200, "130,000，首发平台：抖音")


async def test_after_it_the_console_is_a_tap_away_where_there_is_one(home, bare, burning, settings):
    address = await link_of(home, burning, "law head")
    app = create_app(
        settings.model_copy(update={"console_url": "https://desk.example.com/incidents/{incident_id}?a=1&b"})
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fenghuo.test") as desk,
    ):
        assert CONSOLE_LINK not in is_page(await desk.get(address), 200)
        is_page(await desk.post(address), 200, f'{CONSOLE_LINK}{burning}?a=1&amp;b" rel="noreferrer"')
        assert CONSOLE_LINK not in is_page(await desk.get(address), 410)


async def test_every_changed_byte_is_refused(home, bare, burning, database):
    address = await link_of(home, burning, "law head")
    before = await stored(database, burning)
    place, _, token = address.rpartition("/")
    for at, char in enumerate(token):
        changed = f"{place}/{token[:at]}{'A' if char != 'A' else 'B'}{token[at + 1 :]}"
        is_page(await bare.post(changed), 404, "链接无效")
    for odd in (token[:-1], f"{token}A", f"{token}=", "", "%E7%83%BD", "A" * 5_000, token.swapcase()):
        answer = await bare.post(f"{place}/{odd}")
        assert answer.status_code == 404
    is_page(await bare.get(f"{place}/{token[:-1]}"), 404, "链接无效")
    assert await stored(database, burning) == before


async def test_a_link_of_another_key_or_house_is_none_and_one_of_the_key_before_is(home, bare, burning, settings):
    address = await link_of(home, burning, "law head")
    token = address.rpartition("/")[2]
    link_id = LINKS.read(token)
    other = settings.model_copy(update={"secret_key": "another key, thirty-two characters and more"})
    assert Links(other).read(token) is None
    assert Links(settings.model_copy(update={"environment": "live"})).read(token) is None
    rotated = Links(other.model_copy(update={"previous_secret_keys": (SECRET_KEY,)}))
    assert rotated.read(token) == link_id
    assert link_id is not None
    assert rotated.token(link_id) != token


async def test_whoever_shows_that_they_are_somebody_else_is_refused(home, bare, burning, database):
    address = await link_of(home, burning, "law head")
    before = await stored(database, burning)
    for headers in (await home.headers("ops head"), bearer(ADMIN_KEY), bearer("nonsense"), {"authorization": ""}):
        for answer in (await bare.post(address, headers=headers), await bare.get(address, headers=headers)):
            assert "牛奶" not in is_page(answer, 403, "这不是您的链接")
    assert await stored(database, burning) == before
    is_page(await bare.post(address, headers=await home.headers("law head")), 200, "已接警")


async def test_it_ends_two_hours_after_the_answer_was_due(home, bare, burning, database):
    address = await link_of(home, burning, "law head")
    await pass_time(database, burning, minutes=149)
    is_page(await bare.get(address), 200)
    await pass_time(database, burning, minutes=1.1)
    before = await stored(database, burning)
    assert "牛奶" not in is_page(await bare.get(address), 410, "链接已过期")
    is_page(await bare.post(address), 410, "链接已过期")
    assert await stored(database, burning) == before


async def test_a_used_link_tells_nothing_either_once_it_has_expired(home, bare, burning, database):
    address = await link_of(home, burning, "law head")
    is_page(await bare.post(address), 200, "已接警")
    assert "牛奶" in is_page(await bare.get(address), 410, "链接已使用")
    await pass_time(database, burning, minutes=151)
    assert "牛奶" not in is_page(await bare.get(address), 410, "链接已使用")


async def test_who_left_or_is_out_of_the_team_or_has_answered_or_whose_incident_is_over(
    home, client, bare, burning, database
):
    links = {name: await link_of(home, burning, name) for name in ("law head", "milk head", "press lead", "ops head")}
    await home.change("law head", active=False)
    member = (await home.team(burning))["milk head"]
    good(await client.delete(f"{URL}/{burning}/team/{member['id']}", params={"reason": "出差"}), 204)
    await home.acknowledge(burning, "press lead")
    before = await stored(database, burning)
    is_page(await bare.post(links["law head"]), 403, "该人员已停用")
    is_page(await bare.post(links["milk head"]), 410, "您已不在小组中")
    is_page(await bare.post(links["press lead"], data={"digits": "5678"}), 409, "您已接警")
    assert await stored(database, burning) == before
    good(await move(client, burning, "dismissed"))
    before = await stored(database, burning)
    is_page(await bare.post(links["ops head"], data={"digits": "5678"}), 409, "事件已终止")
    is_page(await bare.get(links["ops head"]), 409, "事件已终止")
    assert await stored(database, burning) == before


async def test_a_machine_makes_links_for_whom_it_reaches_by_itself(home, client, bare, burning):
    key = await make_key(client, "incidents:write", "people:act")
    url, body = f"{URL}/{burning}/acknowledgement-links", {"person_id": str(home.people["ops head"])}
    made = good(await bare.post(url, json=body, headers=bearer(key["key"])), 201)
    member = (await home.team(burning))["ops head"]
    assert made["person_id"] == body["person_id"]
    assert made["expires_at"] > member["due_at"]
    is_page(await bare.post(made["url"], data={"digits": "5678"}), 200, "已接警")
    outside = {"person_id": str(home.people["boss"])}
    also = good(await bare.post(url, json=outside, headers=bearer(key["key"])), 201)
    is_page(await bare.post(also["url"]), 200, "已接警")
    acts = await everything(client, f"{URL}/{burning}/acknowledgements")
    assert [act["member_id"] for act in acts] == [None, member["id"]]


async def test_nobody_makes_links_for_others_who_may_not_act_for_them(home, client, bare, burning, settings, database):
    url, body = f"{URL}/{burning}/acknowledgement-links", {"person_id": str(home.people["law head"])}
    for scopes in (["incidents:write"], ["people:act"], ["incidents:write", "people:unmask"]):
        key = await make_key(client, *scopes)
        problem(await bare.post(url, json=body, headers=bearer(key["key"])), 403)
    await home.change("boss", scopes=["incidents:write", "people:act"])
    own = await make_key(client, "incidents:write", "people:act", person_id=str(home.people["boss"]))
    problem(await bare.post(url, json=body, headers=bearer(own["key"])), 403, code="machine_key_needed")
    problem(await client.post(url, json={"person_id": str(uuid4())}), 422, "/person_id")
    problem(await client.post(f"{URL}/{uuid4()}/acknowledgement-links", json=body), 404)
    app = create_app(settings.model_copy(update={"public_url": ""}))
    headers = bearer(ADMIN_KEY)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fenghuo.test") as nowhere,
    ):
        problem(await nowhere.post(url, json=body, headers=headers), 409, code="links_not_set_up")
    good(await move(client, burning, "dismissed"))
    problem(await client.post(url, json=body), 409, code="incident_over")


@pytest.mark.parametrize("address", ["fenghuo.example.com", "ftp://fenghuo.example.com", "https://", "https://a/?x=1"])
def test_where_phones_reach_the_service_is_an_address(address):
    with pytest.raises(ValueError, match="phones"):
        Settings(public_url=address)
    assert Settings(public_url="https://fenghuo.example.com/").public_url == "https://fenghuo.example.com"


async def test_the_page_is_no_part_of_the_contract_and_takes_a_small_form(home, client, bare, burning):
    assert not [path for path in (await client.get("/openapi.json")).json()["paths"] if path.startswith("/ack")]
    address = await link_of(home, burning, "law head")
    problem(await bare.post(address, data={"digits": "1" * 2_000}), 413)
    problem(await bare.put(address), 405)
    is_page(await bare.post(address, content=b"digits=0000" + b"&x" * 100), 200, "已接警")
