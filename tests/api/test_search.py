"""Searching incidents 检索: one character or many, in whatever spelling, and never by what is masked."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic import command

from app.core.migrations import configuration
from app.core.search import Kept, keep
from app.domain.bigrams import grams
from tests.support.acts import URL, opened, person_headers, put
from tests.support.api import brand, crisis, everything, good, problem
from tests.support.services import create_database, drop_database, plain

# Characters that no other test writes, so that a search finds this file's incidents alone.
RARE = "龘靐齉"


async def found(client, q: str, **query) -> list[str]:
    return [row["id"] for row in await everything(client, URL, q=q, limit=2, **query)]


@pytest.fixture
async def three(client) -> list[str]:
    """Three incidents with a word of their own, the newest first."""
    word = uuid4().hex[:6]
    ids = [
        await opened(client, title=f"{RARE}{word} 牛奶異物", summary="ＡＰＰ下单后发现。要求退款100%"),
        await opened(client, title=f"{RARE}{word} 门店纠纷", summary="多名用户称_示例_"),
        await opened(client, title=f"{RARE}{word}门店"),
    ]
    return [word, *reversed(ids)]


@pytest.mark.parametrize(("words", "expected"), [
    ("龘", [0, 1, 2]), ("靐齉", [0, 1, 2]), ("龘靐齉", [0, 1, 2]), ("纠", [1]), ("门店", [0, 1]), ("门店纠纷", [1]),
    ("异物", [2]), ("異物", [2]), ("牛奶异物", [2]), ("app", [2]), ("ａｐｐ下单", [2]), ("100%", [2]), ("_示例_", [1]),
    ("门店 用户", [1]), ("纠纷　门店", [1]), ("奶异", [2]), ("物牛", []), ("店纠", [1]), ("%", [2]), ("_", [1]), ("款100", [2]),
    ("退款 纠纷", []), ("门\u200b店", [0, 1]),
])  # fmt: skip
async def test_every_length_and_spelling_finds_what_holds_it_and_nothing_else(client, three, words, expected):
    word, *ids = three
    assert await found(client, f"{word} {words}") == [ids[place] for place in expected]


async def test_the_number_is_searched_and_filters_still_hold(client, three):
    word, newest, _, oldest = three
    number = good(await client.get(f"{URL}/{newest}"))["number"]
    assert await found(client, number) == [newest]
    assert newest in await found(client, f"{number[-4:]} {RARE}")
    good(await client.put(f"{URL}/{oldest}/grade", json={"grade": "major", "reason": "研判"}))
    assert await found(client, word, grade="major") == [oldest]
    assert await found(client, word, is_drill=True) == []


async def test_what_was_changed_is_found_by_its_new_words_and_no_more_by_the_old(client, three):
    word, newest, *_ = three
    good(await client.patch(f"{URL}/{newest}", json={"title": f"{word}改名", "reason": "更正"}))
    assert await found(client, f"{word} 改名") == [newest]
    assert newest not in await found(client, f"{word} 门店")
    good(await client.patch(f"{URL}/{newest}", json={"business_unit": "客服部"}))
    assert await found(client, f"{word} 改名") == [newest]


async def test_an_incident_is_found_by_what_belongs_to_it(client, database, three):
    word, newest, other, _ = three
    task = uuid4()
    async with database.transaction() as tx:
        await keep(tx, Kept("task", task, ["召回批次", word], UUID(newest)), Kept("note", uuid4(), [], UUID(other)))
    assert await found(client, f"{word} 召回批次") == [newest]
    # One word in the title, the other in the task.
    assert await found(client, f"{RARE} 召回") == [newest]
    async with database.transaction() as tx:
        await keep(tx, Kept("task", task, ["停售", word], UUID(newest)))
    assert await found(client, f"{word} 召回") == []


async def test_nobody_finds_out_by_searching_what_is_masked(client, bare):
    word, phone = uuid4().hex[:6], "13898765432"
    incident_id = await opened(client, title=f"{word}致电{phone}", summary="联系@张三丰 或 zhang@example.com")
    seen = await person_headers(client, "incidents:read", "people:unmask")
    for headers in (await person_headers(client, "incidents:read"), seen):
        for words in (phone, "9876", "张三丰", "zhang", "8987"):
            answer = good(await bare.get(URL, params={"q": f"{word} {words}"}, headers=headers))
            assert answer["data"] == [], words
        shown = good(await bare.get(URL, params={"q": f"{word} 致电138"}, headers=headers))
        assert [row["id"] for row in shown["data"]] == [incident_id]


@pytest.mark.parametrize("q", ["\x19", "", " ", "\u200b", "龘\x00", "a b c d e f g h i", "龘" * 101])
async def test_a_question_that_asks_nothing_or_too_much_is_refused(client, q):
    problem(await client.get(URL, params={"q": q}), 422, "?q")


async def test_a_cursor_belongs_to_its_question(client, three):
    word, *_ = three
    page = good(await client.get(URL, params={"q": word, "limit": 1}))
    problem(await client.get(URL, params={"q": "别的", "limit": 1, "cursor": page["next_cursor"]}), 400)


async def test_what_a_rule_opened_is_found_by_its_post(client, counter):
    word = brand()
    there, _ = await crisis(client, counter, brands=(word,), likes=1)
    assert await found(client, word) == [there["id"]]


async def test_incidents_from_before_there_was_a_search_are_found_too(services, worker):
    url = await create_database(services, f"{worker}_search")
    connection = None
    try:
        await asyncio.to_thread(command.upgrade, configuration(url), "departments_and_roles")
        connection = await asyncpg.connect(plain(url))
        await connection.execute(
            "insert into incidents(id, number, title, summary, policy_id, opened_by) "
            "select gen_random_uuid(), '2026-0007', '牛奶異物', '致电13898765432', id, 'test' from grading_policies limit 1"
        )
        await asyncio.to_thread(command.upgrade, configuration(url), "screens")
        row = await connection.fetchrow("select * from search_entries e join incidents i on i.id = e.incident_id")
        assert (row["kind"], row["subject_id"]) == ("incident", row["id"])
        assert row["plain"] == "2026-0007\n牛奶异物\n致电138******32"
        assert row["grams"] == grams(row["plain"])
    finally:
        if connection is not None:
            await connection.close()
        await drop_database(services, url)


async def test_an_incident_is_found_by_its_tasks_and_notes_which_have_a_search_of_their_own(client):
    word = uuid4().hex[:6]
    one, other = await opened(client, title=f"{word}甲"), await opened(client, title=f"{word}乙")
    task = good(await put(client, one, "tasks", kind="other", title=f"{RARE}门店走访", details="找店长"), 201)
    note = good(await put(client, other, "notes", body=f"{RARE}监控已调取，电话13800138000"), 201)
    assert await found(client, f"{word} 门店走访") == [one]
    assert await found(client, f"{word} 店长") == [one]
    assert await found(client, f"{word} 监控") == [other]
    assert await found(client, f"{word} 13800138000") == []
    assert [row["id"] for row in await everything(client, f"{URL}/{one}/tasks", q=f"{RARE} 走访")] == [task["id"]]
    assert await everything(client, f"{URL}/{one}/tasks", q="监控") == []
    assert [row["id"] for row in await everything(client, "/v1/tasks", incident_id=one, q="店长")] == [task["id"]]
    assert [row["id"] for row in await everything(client, f"{URL}/{other}/notes", q="调取")] == [note["id"]]
    assert await everything(client, f"{URL}/{other}/notes", q="店长") == []


async def test_what_became_of_a_task_is_found_too_and_moves_along_in_a_merge(client):
    word = uuid4().hex[:6]
    one, other = await opened(client, title=f"{word}甲"), await opened(client, title=f"{word}乙")
    task = good(await put(client, one, "tasks", kind="other", title=f"{RARE}走访"), 201)
    good(await client.patch(f"/v1/tasks/{task['id']}", json={"title": f"{RARE}抽检"}))
    assert (await found(client, f"{word} 走访"), await found(client, f"{word} 抽检")) == ([], [one])
    good(await client.post(f"{URL}/{one}/merge", json={"into_incident_id": other, "reason": "同一件事"}))
    assert await found(client, f"{word}乙 抽检") == [other]
    good(await client.post(f"/v1/tasks/{task['id']}/complete", json={"outcome": "三批次均合格"}))
    assert await found(client, f"{word} 三批次") == [other]
