"""Legal hold 法务保全: set and lifted by people who may, seen by all, and nothing goes while it stands."""

import asyncio

import pytest

from tests.support.acts import URL, check_facts, opened, person_headers
from tests.support.api import brand, crisis, good, incident, post, problem, timeline
from tests.support.evidence import uploaded

REASON = "法院受理名誉权纠纷"


@pytest.fixture
async def legal(client) -> dict[str, str]:
    return await person_headers(client, "legal:hold", "incidents:read", "files:write", "files:read", name="李法务")


async def hold(bare, headers, incident_id: str, held: bool, reason: str = REASON):
    return await bare.put(f"{URL}/{incident_id}/legal-hold", json={"held": held, "reason": reason}, headers=headers)


async def evidence_of(
    client, incident_id: str, subject: str = "incident", subject_id: str | None = None
) -> tuple[str, str]:
    made = await uploaded(client)
    body = {"subject": subject, "subject_id": subject_id or incident_id}
    attachment = good(await client.post(f"/v1/files/{made['id']}/attachments", json=body), 201)
    return f"/v1/files/{made['id']}", f"/v1/files/{made['id']}/attachments/{attachment['id']}"


async def test_it_stands_on_the_incident_and_its_timeline_until_it_is_lifted(client, bare, legal):
    incident_id = await opened(client)
    before = await client.get(f"{URL}/{incident_id}")
    assert good(before)["legal_hold"] is None
    answer = await hold(bare, legal, incident_id, held=True)
    held = good(answer)
    assert held["legal_hold"] | {"at": ""} == {
        "at": "", "person": held["legal_hold"]["person"] | {"name": "李**"}, "reason": REASON,
    }  # fmt: skip
    assert held["version"] == good(before)["version"] + 1
    assert answer.headers["etag"] != before.headers["etag"]
    assert good(await bare.get(f"{URL}/{incident_id}", headers=legal)) == held
    told = (await timeline(client, incident_id))[-1]
    assert (told["type"], told["person"]["name"], told["data"]["reason"]) == (
        "incident.legal_hold_set", "李法务", REASON,
    )  # fmt: skip
    lifted = good(await hold(bare, legal, incident_id, held=False, reason="已撤诉"))
    assert lifted["legal_hold"] is None
    assert (await timeline(client, incident_id))[-1]["type"] == "incident.legal_hold_lifted"
    public = good(await client.get(f"/v1/events?incident_id={incident_id}"))["data"]
    assert [event["type"] for event in public][-2:] == ["incident.legal_hold_set", "incident.legal_hold_lifted"]
    listed = [row["legal_hold"] for row in good(await client.get(URL))["data"] if row["id"] == incident_id]
    assert listed == [None]


async def test_what_is_so_already_changes_nothing(client, bare, legal):
    incident_id = await opened(client)
    before = await incident(client, incident_id)
    assert good(await hold(bare, legal, incident_id, held=False))["version"] == before["version"]
    first = good(await hold(bare, legal, incident_id, held=True))
    again = good(await hold(bare, legal, incident_id, held=True, reason="另一理由"))
    assert again == first
    assert [event["type"] for event in await timeline(client, incident_id)].count("incident.legal_hold_set") == 1


async def test_it_takes_a_person_with_the_scope_a_reason_and_what_was_read(client, bare, legal):
    incident_id = await opened(client)
    problem(await hold(client, {}, incident_id, held=True), 403, code="person_needed")
    handler = await person_headers(client, "incidents:write", "incidents:override")
    problem(await hold(bare, handler, incident_id, held=True), 403)
    problem(await hold(bare, legal, incident_id, held=True, reason=" "), 422, "/reason")
    stale = legal | {"if-match": '"99-0123456789abcdef"'}
    problem(await hold(bare, stale, incident_id, held=True), 412)
    assert (await incident(client, incident_id))["legal_hold"] is None


async def test_nothing_goes_while_it_stands(client, bare, legal, counter):
    there, mention_id = await crisis(client, counter)
    checked = await check_facts(client, there["id"])
    of = [("incident", None), ("mention", mention_id), ("fact_check", checked["id"])]
    kept = [await evidence_of(client, there["id"], *each) for each in of]
    good(await hold(bare, legal, there["id"], held=True))
    for file, attachment in kept:
        for path in (file, attachment):
            refused = problem(await client.delete(path), 409, code="under_legal_hold")
            assert refused["numbers"] == [there["number"]]
            assert "legal:hold" in refused["detail"]
    more = await evidence_of(client, there["id"])
    good(await hold(bare, legal, there["id"], held=False))
    for file, attachment in (*kept, more):
        good(await client.delete(attachment), 204)
        good(await client.delete(file), 204)


async def test_what_is_merged_into_another_incident_stays_under_it(client, bare, legal):
    source, target = await opened(client), await opened(client)
    good(await hold(bare, legal, source, held=True))
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    assert (await incident(client, target))["legal_hold"]["reason"] == REASON
    assert (await incident(client, source))["legal_hold"]["reason"] == REASON
    assert "incident.legal_hold_set" in [event["type"] for event in await timeline(client, target)]


async def test_what_was_merged_into_an_incident_comes_under_its_hold(client, bare, legal):
    first, second, whole = [await opened(client) for _ in range(3)]
    checked = await check_facts(client, first)
    file, attachment = await evidence_of(client, first, "fact_check", checked["id"])
    for source, target in ((first, second), (second, whole)):
        good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    number = good(await hold(bare, legal, whole, held=True))["number"]
    for path in (attachment, file):
        assert problem(await client.delete(path), 409, code="under_legal_hold")["numbers"] == [number]
    good(await hold(bare, legal, whole, held=False))
    for path in (attachment, file):
        good(await client.delete(path), 204)


async def test_what_is_split_off_stays_under_it(client, bare, legal, counter):
    there, mention_id = await crisis(client, counter, brands=(word := brand(),))
    await post(client, f"{word} 差评 避雷")
    await counter.sweep()
    good(await hold(bare, legal, there["id"], held=True))
    body = {"title": "另一起", "mention_ids": [mention_id], "reason": "另案"}
    split_off = good(await client.post(f"{URL}/{there['id']}/split", json=body), 201)
    assert (await incident(client, split_off["id"]))["legal_hold"]["reason"] == REASON


async def test_a_hold_and_a_removal_at_once_are_one_after_the_other(client, bare, legal):
    for _ in range(8):
        incident_id = await opened(client)
        _, attachment = await evidence_of(client, incident_id)
        held, removed = await asyncio.gather(hold(bare, legal, incident_id, held=True), client.delete(attachment))
        good(held)
        types = [event["type"] for event in await timeline(client, incident_id)][-2:]
        if removed.status_code == 409:
            assert types[-1] == "incident.legal_hold_set"
        else:
            good(removed, 204)
            assert types == ["incident.evidence_changed", "incident.legal_hold_set"]


async def test_peoples_data_in_its_reason_is_masked(client, bare, legal):
    incident_id = await opened(client)
    masked = good(await hold(bare, legal, incident_id, held=True, reason="原告 13812345678 起诉"))
    assert masked["legal_hold"]["reason"] == "原告 138******78 起诉"
    assert (await incident(client, incident_id))["legal_hold"]["reason"] == "原告 13812345678 起诉"
