"""Statements are found by what they say, and their incidents by that too."""

from uuid import uuid4

from tests.support.acts import URL, opened
from tests.support.api import everything, good, problem
from tests.support.statements import drafted

STATEMENTS = "/v1/statements"


async def found(client, q: str, url: str = STATEMENTS, **query) -> list[str]:
    return [row["id"] for row in await everything(client, url, q=q, limit=2, **query)]


async def test_a_statement_is_found_by_its_name_its_parts_its_promises_and_what_platforms_are_told(client):
    word, incident_id = uuid4().hex[:10], await opened(client)
    statement = await drafted(
        client, incident_id, {"text": f"{word}公布检测结果", "due_at": None}, name=f"{word}首次回应",
        attitude=f"{word}深表歉意", platform_texts=[{"platform": "weibo", "text": f"{word}详见长图"}],
    )  # fmt: skip
    other = await drafted(client, await opened(client), name=f"{word}另一份", attitude="")
    for words in ("首次回应", "深表歉意", "公布检测结果", "详见长图", "歉 图", "詳見長圖"):
        assert await found(client, f"{word} {words}") == [statement["id"]]
    assert await found(client, word) == [other["id"], statement["id"]]
    assert await found(client, word, f"{URL}/{incident_id}/statements") == [statement["id"]]
    assert await found(client, word, kind="apology") == []
    assert await found(client, f"{word} 深表歉意", URL) == [incident_id], "and so is its incident"
    assert await found(client, f"{word} 没有") == []


async def test_it_is_found_by_its_newest_words_alone(client):
    word, incident_id = uuid4().hex[:10], await opened(client)
    statement = await drafted(client, incident_id, name=word, attitude="深表歉意")
    good(await client.patch(f"{STATEMENTS}/{statement['id']}", json={"attitude": "诚恳致歉"}))
    assert await found(client, f"{word} 诚恳") == [statement["id"]]
    assert await found(client, f"{word} 深表") == []


async def test_nobody_finds_it_by_what_they_may_not_read(client):
    word = uuid4().hex[:10]
    await drafted(client, await opened(client), name=word, attitude="请致电13812345678")
    assert await found(client, f"{word} 1381234") == []
    assert len(await found(client, f"{word} 请致电138")) == 1


async def test_merged_it_is_found_with_the_incident_it_went_into(client):
    word, source, target = uuid4().hex[:10], await opened(client), await opened(client)
    statement = await drafted(client, source, name=word)
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    assert await found(client, word, URL) == [target]
    assert await found(client, word, f"{URL}/{target}/statements") == [statement["id"]]


async def test_a_question_of_nothing_is_refused(client):
    problem(await client.get(STATEMENTS, params={"q": " "}), 422)
