"""GET /v1/incident-counts: what a list with the same filters would show, counted in one query."""

from uuid import uuid4

import pytest

from tests.support.acts import URL, grade, move, opened
from tests.support.api import everything, good, problem
from tests.support.clocks import pass_time, ring
from tests.support.people import make_person
from tests.support.queries import statements
from tests.support.tasks import act, make_task

COUNTS = "/v1/incident-counts"
OPEN = {"watching", "responding", "handling", "closing"}


async def counts(client, **query) -> dict:
    return good(await client.get(COUNTS, params=query))


@pytest.fixture
async def some(client) -> dict[str, str]:
    """Six incidents with a word of their own."""
    word = f"数{uuid4().hex[:8]}"
    ids = {name: await opened(client, title=f"{word} {name}") for name in ("a", "b", "c", "d", "e")}
    await grade(client, ids["a"], "major")
    await grade(client, ids["b"], "major")
    await grade(client, ids["c"], "general")
    good(await move(client, ids["d"], "dismissed"))
    await opened(client, title=word, is_drill=True)
    return {"word": word, **ids}


async def test_they_are_counted_by_status_by_grade_and_by_both(client, some):
    shown = await counts(client, q=some["word"])
    assert (shown["total"], shown["open"], shown["overdue"]) == (5, 4, 0)
    by_status = {row["status"]: row["count"] for row in shown["by_status"]}
    assert len(by_status) == 8
    assert {status: count for status, count in by_status.items() if count} == {
        "watching": 1, "responding": 3, "dismissed": 1,
    }  # fmt: skip
    assert [(row["grade"], row["count"]) for row in shown["by_grade"]] == [
        ("major", 2), ("serious", 0), ("general", 1), (None, 2),
    ]  # fmt: skip
    assert [tuple(row.values()) for row in shown["by_status_and_grade"]] == [
        ("watching", None, 1), ("responding", "major", 2), ("responding", "general", 1), ("dismissed", None, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("query", [
    {}, {"grade": ["major", "serious"]}, {"status": "responding"}, {"is_drill": True},
    {"opened_after": "2026-01-01T00:00:00Z"}, {"opened_before": "2026-01-01T00:00:00Z"}, {"rule_id": str(uuid4())},
])  # fmt: skip
async def test_they_are_the_counts_of_the_list_with_the_same_filters(client, some, query):
    shown = await counts(client, q=some["word"], **query)
    rows = await everything(client, URL, q=some["word"], limit=2, **query)
    assert shown["total"] == len(rows) == sum(row["count"] for row in shown["by_status_and_grade"])
    assert shown["open"] == sum(row["status"] in OPEN for row in rows)
    for count in shown["by_status_and_grade"]:
        assert count["count"] == sum((row["status"], row["grade"]) == (count["status"], count["grade"]) for row in rows)


async def test_what_is_overdue_is_counted_once_and_the_first_word_is_not(client, database, some):
    async def overdue(incident_id: str, kind: str, change: str) -> int:
        statement = f"update deadlines set {change} where incident_id = $1 and kind = $2"
        await database.fetch(statement, incident_id, kind)
        return (await counts(client, q=some["word"]))["overdue"]

    late = "due_at = now() - interval '1 minute'"
    assert await overdue(some["a"], "first_word", late) == 0
    assert await overdue(some["a"], "closing", late) == 1
    assert await overdue(some["a"], "fact_check", "state = 'breached', next_at = null") == 1
    assert await overdue(some["b"], "fact_check", "state = 'breached', next_at = null") == 2
    assert await overdue(some["b"], "fact_check", "met_at = now()") == 1
    good(await move(client, some["a"], "dismissed"))
    assert (await counts(client, q=some["word"]))["overdue"] == 0


async def test_a_remediation_that_was_waived_after_its_time_is_overdue_no_more(client, database, some):
    task = await make_task(client, some["e"], "remediation")
    await pass_time(database, some["e"], hours=25)
    await ring(database, some["e"])
    assert (await counts(client, q=some["word"]))["overdue"] == 1
    good(await act(client, task, "waive", reason="用户已撤诉"))
    assert (await counts(client, q=some["word"]))["overdue"] == 0


async def test_an_incident_with_somebody_silent_is_counted_once_while_it_is_open(client, some):
    async def silent() -> int:
        return (await counts(client, q=some["word"]))["unacknowledged"]

    before = await silent()
    for _ in range(2):
        person = await make_person(client, "incidents:write")
        body = {"person_id": person["id"], "position": "other", "reason": "支援"}
        good(await client.post(f"{URL}/{some['e']}/team", json=body), 201)
    assert await silent() == before + 1
    good(await move(client, some["e"], "dismissed"))
    assert await silent() == before


async def test_they_cost_one_query(app, client, some):
    with statements(app) as sent:
        await counts(client, grade="major")
    assert len([statement for statement in sent if "incidents" in statement]) == len(sent) == 1


async def test_a_bad_question_is_refused(client):
    problem(await client.get(COUNTS, params={"limit": 5}), 422, "?limit")
    problem(await client.get(COUNTS, params={"grade": "grave"}), 422)
