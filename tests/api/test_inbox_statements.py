"""Statements that wait for one's approval, and notes on their words that call one: both are in the inbox."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from tests.support.acts import URL, move, opened
from tests.support.api import ago, good, instant
from tests.support.clocks import clocks, grade_it
from tests.support.inbox import Somebody, join, statements_of
from tests.support.staff import a_department
from tests.support.statements import drafted
from tests.support.tasks import REPORT, act, make_task

READ = ("statements:read", "statements:write")


@dataclass
class Approvers:
    """One of each kind."""

    press: Somebody
    legal: Somebody
    lead: Somebody

    @property
    def all(self) -> tuple[Somebody, ...]:
        return (self.press, self.legal, self.lead)


@pytest.fixture
async def who(client, bare) -> AsyncIterator[Approvers]:
    async with a_department(client, kind="public_relations") as department:
        where = {"department_id": department["id"]}
        yield Approvers(
            await join(client, bare, *READ, "statements:approve", **where),
            await join(client, bare, *READ, "legal:approve", **where),
            await join(client, bare, *READ, "incidents:override", **where),
        )


async def submitted(client: httpx.AsyncClient, incident_id: str, by: Somebody | None = None, **fields) -> dict:
    """A first word that waits for its approvals."""
    body = {
        "kind": "holding",
        "name": "首次回应",
        "attitude": "我们深表歉意。",
        "next_update_at": ago(hours=-2),
    } | fields
    headers = by.headers if by else None
    url = f"{URL}/{incident_id}/statements"
    statement = good(await client.post(url, json=body, headers=headers), 201)
    return good(await client.post(f"/v1/statements/{statement['id']}/submit", headers=headers))


async def waiting(somebody: Somebody, incident_id: str) -> list[dict]:
    """What of this incident waits for the person's approval: others' statements wait for them too."""
    entries = [entry for page in await somebody.pages(kind="approve", limit=200) for entry in page["data"]]
    return [entry for entry in entries if entry["incident"]["id"] == incident_id]


async def approve(statement: dict, somebody: Somebody, **fields) -> dict:
    url = f"/v1/statements/{statement['id']}/approve"
    body = {"version": statement["latest"]["number"]} | fields
    return good(await somebody.bare.post(url, json=body, headers=somebody.headers))


async def test_it_waits_for_public_relations_and_legal_until_they_approve(client, who):
    incident_id = await opened(client)
    await grade_it(client, incident_id, "general")
    draft = await drafted(client, incident_id)
    statement = await submitted(client, incident_id, name="首次回应 13812345678")
    for somebody in (who.press, who.legal):
        [entry] = await waiting(somebody, incident_id)
        word = (await clocks(client, incident_id))["first_word"]
        assert entry | {"incident": ""} == {
            "kind": "approve", "at": statement["latest"]["submitted_at"], "due_at": word["due_at"], "read": False,
            "incident": "", "subject": "statement_version", "subject_id": statement["latest"]["id"], "task": None,
            "note_id": None, "statement": {
                "id": statement["id"], "kind": "holding", "name": "首次回应 138******78", "status": "in_review",
                "version_number": 1,
            },
        }  # fmt: skip
        before = (await somebody.badges())["approve"]
        statement = await approve(statement, somebody)
        assert await waiting(somebody, incident_id) == []
        assert (await somebody.badges())["approve"] == before - 1
    assert await waiting(who.lead, incident_id) == [], "a lead only at major"
    assert draft["status"] == "draft"


async def test_at_major_it_waits_for_a_lead_as_well(client, who):
    incident_id = await opened(client)
    await grade_it(client, incident_id, "major")
    await submitted(client, incident_id)
    for somebody in who.all:
        assert len(await waiting(somebody, incident_id)) == 1


async def test_what_one_had_a_hand_in_waits_for_others(client, who):
    incident_id = await opened(client)
    await submitted(client, incident_id, by=who.press)
    assert await waiting(who.press, incident_id) == []
    assert len(await waiting(who.legal, incident_id)) == 1


async def test_a_version_that_was_sent_back_waits_for_its_authors_and_the_next_for_all(client, who):
    incident_id = await opened(client)
    statement = await submitted(client, incident_id)
    url = f"/v1/statements/{statement['id']}"
    body = {"version": 1, "comment": "语气过硬"}
    good(await who.legal.bare.post(f"{url}/request-changes", json=body, headers=who.legal.headers))
    assert await waiting(who.press, incident_id) == []
    good(await client.patch(url, json={"attitude": "我们诚恳致歉。"}))
    good(await client.post(f"{url}/submit"))
    for somebody in (who.press, who.legal):
        [entry] = await waiting(somebody, incident_id)
        assert entry["statement"]["version_number"] == 2


async def test_it_waits_for_whom_the_approval_was_delegated_to(client, bare, who):
    incident_id, deputy = await opened(client), await join(client, bare, *READ)
    await submitted(client, incident_id)
    assert await waiting(deputy, incident_id) == []
    body = {"delegate_id": deputy.id, "slots": ["legal"], "ends_at": ago(hours=-24), "reason": "出差"}
    made = good(await bare.post("/v1/approval-delegations", json=body, headers=who.legal.headers), 201)
    assert len(await waiting(deputy, incident_id)) == 1
    assert (await deputy.badges())["approve"] >= 1
    good(await bare.post(f"/v1/approval-delegations/{made['id']}/revoke", headers=who.legal.headers))
    assert await waiting(deputy, incident_id) == []
    assert (await deputy.badges())["approve"] == 0


async def test_who_may_not_read_statements_finds_none(client, bare):
    incident_id = await opened(client)
    await submitted(client, incident_id)
    legal = await join(client, bare, "legal:approve")
    assert await waiting(legal, incident_id) == []


async def test_reports_and_statements_stand_together_what_is_due_first_first(client, bare, who):
    incident_id = await opened(client)
    await grade_it(client, incident_id, "general")
    later = await make_task(client, incident_id, "takedown_report", result=REPORT, due_at=ago(hours=-20))
    sooner = await make_task(client, incident_id, "takedown_report", result=REPORT, due_at=ago(hours=-1))
    undated = await make_task(client, incident_id, "takedown_report", result=REPORT)
    for task in (undated, later, sooner):
        good(await act(client, task, "submit"))
    word = await submitted(client, incident_id)
    whole = await submitted(client, incident_id, kind="lawyer", facts="已委托律师。")
    other = await opened(client)
    unhurried = await submitted(client, other)
    found = await waiting(who.legal, incident_id)
    assert [one["subject_id"] for one in found] == [
        sooner["id"], *sorted([word["latest"]["id"], whole["latest"]["id"]]), later["id"], undated["id"],
    ]  # fmt: skip
    [last] = await waiting(who.legal, other)
    assert (last["subject_id"], last["due_at"]) == (unhurried["latest"]["id"], None)
    one_by_one = [entry for page in await who.legal.pages(kind="approve", limit=1) for entry in page["data"]]
    assert one_by_one == await who.legal.entries(kind="approve", limit=200)
    assert (await who.legal.badges())["approve"] == len(one_by_one)
    assert len({one["subject_id"] for one in one_by_one}) == len(one_by_one)
    good(
        await client.post(f"{URL}/{incident_id}/publications", json={"platform": "weibo", "statement_kind": "holding"}),
        201,
    )
    due = {one["subject_id"]: one["due_at"] for one in await waiting(who.legal, incident_id)}
    assert due[word["latest"]["id"]] is None, "the first word was said"
    assert instant(due[whole["latest"]["id"]]) > instant(later["due_at"])


async def test_of_what_has_ended_nothing_waits_and_exercises_wait_for_those_who_ask(client, who):
    ended, drill = await opened(client), await opened(client, is_drill=True)
    for incident_id in (ended, drill):
        await submitted(client, incident_id)
    good(await move(client, ended, "dismissed"))
    assert await waiting(who.legal, ended) == []
    assert await waiting(who.legal, drill) == []
    asked = await who.legal.entries(kind="approve", drills="only", limit=200)
    assert drill in {one["incident"]["id"] for one in asked}


async def test_who_is_called_by_a_note_on_some_words_finds_the_statement(client, who):
    incident_id = await opened(client)
    statement = await submitted(client, incident_id)
    body = {"body": "请看这里", "mentions": [who.lead.id], "span": {"start": 0, "end": 2}}
    url = f"/v1/statements/{statement['id']}/versions/1/notes"
    note = good(await client.post(url, json=body), 201)
    [entry] = await who.lead.entries(kind="mentioned")
    assert (entry["note_id"], entry["subject"], entry["subject_id"]) == (
        note["id"], "statement_version", statement["latest"]["id"],
    )  # fmt: skip
    assert entry["statement"] == {
        "id": statement["id"], "kind": "holding", "name": "首次回应", "status": "in_review", "version_number": 1,
    }  # fmt: skip
    assert entry["task"] is None


async def test_however_much_waits_it_is_read_with_seven_statements(client, bare, who):
    for _ in range(3):
        incident_id = await opened(client)
        await grade_it(client, incident_id, "major")
        await submitted(client, incident_id)
    for somebody in who.all:
        assert await statements_of(bare, somebody.inbox(limit=200, drills="include")) <= 7
