"""What becomes of affected users by themselves: erased in time, sealed anew under a new key, entered once by two at once."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from app.core.vault import Unreadable
from app.domain.vocabulary import ContactKind
from app.incidents.contacts import Contact, contacts_vault
from app.incidents.resealing import reseal
from app.settings import Settings
from tests.support.acts import URL, move, opened, person_headers
from tests.support.api import everything, good, problem, timeline
from tests.support.processes import SECRET_KEY
from tests.support.sheets import as_csv, send
from workers.resealing import Resealer
from workers.tidy import tidy

NEW = "the key from now on, of 32 or more characters"


async def enter(client, incident_id, *contacts):
    sheet = as_csv(["姓名", "手机"], *(["李女士", contact] for contact in contacts))
    return await send(client, f"{URL}/{incident_id}/affected-user-imports", sheet, purpose="联系退款")


async def listed(client, incident_id):
    return await everything(client, f"{URL}/{incident_id}/affected-users")


async def end(client, database, incident_id, days, status="dismissed"):
    """Ends the incident, so many days ago."""
    good(await move(client, incident_id, status))
    await database.fetch(
        "update incidents set ended_at = now() - make_interval(days => $2) where id = $1", UUID(incident_id), days
    )


async def test_what_reaches_them_is_erased_180_days_after_the_end(client, database):
    old, young, open_ = [await opened(client) for _ in range(3)]
    for incident_id in (old, young, open_):
        good(await enter(client, incident_id, "13500000001", "13500000002"))
    await end(client, database, old, 180)
    await end(client, database, young, 179)
    await tidy(database)
    assert [(row["name"], row["contact"], row["erased_at"] is not None) for row in await listed(client, old)] == [
        (None, None, True), (None, None, True),
    ]  # fmt: skip
    for kept in (young, open_):
        assert all(row["contact"] for row in await listed(client, kept))
    last = (await timeline(client, old))[-1]
    assert (last["actor"], last["data"]["erased"], last["data"]["total"]) == ("system:fenghuo", 2, 2)
    await tidy(database)
    assert (await timeline(client, old))[-1] == last, "once"
    assert good(await client.get(f"{URL}/{old}/affected-user-summary"))["total"] == 2


async def test_a_legal_hold_keeps_them_beyond_their_time(client, database):
    incident_id = await opened(client)
    good(await enter(client, incident_id, "13500000003"))
    legal = await person_headers(client, "legal:hold", "incidents:read", "incidents:write")
    hold = f"{URL}/{incident_id}/legal-hold"
    good(await client.put(hold, json={"held": True, "reason": "诉讼"}, headers=legal))
    await end(client, database, incident_id, 400)
    await tidy(database)
    assert [row["contact"] for row in await listed(client, incident_id)] == ["+8613500000003"]
    good(await client.put(hold, json={"held": False, "reason": "结案"}, headers=legal))
    await tidy(database)
    assert [row["contact"] for row in await listed(client, incident_id)] == [None]


async def test_the_hold_of_the_incident_that_goes_on_keeps_who_stands_in_both(client, database):
    source, target = await opened(client), await opened(client)
    for incident_id in (source, target):
        good(await enter(client, incident_id, "13500000004"))
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    legal = await person_headers(client, "legal:hold", "incidents:read", "incidents:write")
    hold = f"{URL}/{target}/legal-hold"
    good(await client.put(hold, json={"held": True, "reason": "诉讼"}, headers=legal))
    aged = "update incidents set ended_at = now() - interval '400 days' where id = $1"
    await database.fetch(aged, UUID(source))
    [twin] = await listed(client, source)
    problem(await client.post(f"{URL}/{source}/affected-users/{twin['id']}/erase"), 409, code="under_legal_hold")
    await tidy(database)
    assert [row["contact"] for row in await listed(client, source)] == ["+8613500000004"]
    good(await client.put(hold, json={"held": False, "reason": "结案"}, headers=legal))
    await tidy(database)
    assert [row["contact"] for row in await listed(client, source)] == [None]


async def test_after_the_key_has_changed_they_are_sealed_anew_and_still_known(client, database, context):
    incident_id = await opened(client)
    good(await enter(client, incident_id, "13500000004"))
    query = "select id, name, contact, contact_hash from affected_users where incident_id = $1"
    [before] = await database.fetch(query, UUID(incident_id))
    changed = context.settings.model_copy(update={"secret_key": NEW, "previous_secret_keys": (SECRET_KEY,)})
    resealer = Resealer(replace(context, settings=changed))
    try:
        assert await resealer.sweep() >= 1
        [after] = await database.fetch(query, UUID(incident_id))
        alone = contacts_vault(Settings(secret_key=NEW))
        assert alone.open(after["contact"], after["id"], "contact") == b"+8613500000004"
        assert alone.open(after["name"], after["id"], "name").decode() == "李女士"
        same = Contact.of(ContactKind.PHONE, "13500000004").fingerprints(alone)
        assert after["contact_hash"] == same[0] != before["contact_hash"]
        assert await reseal(database, contacts_vault(changed)) == 0, "there is nothing left to do"
        assert await resealer.sweep() == 0
    finally:
        back = contacts_vault(Settings(secret_key=SECRET_KEY, previous_secret_keys=(NEW,)))
        assert await reseal(database, back) >= 1
    assert [row["contact"] for row in await listed(client, incident_id)] == ["+8613500000004"]


async def test_under_an_old_key_nobody_is_entered_twice_while_they_wait_to_be_sealed_anew(client, database):
    incident_id = await opened(client)
    good(await enter(client, incident_id, "13500000005"))
    [row] = await database.fetch("select * from affected_users where incident_id = $1", UUID(incident_id))
    both = contacts_vault(Settings(secret_key=NEW, previous_secret_keys=(SECRET_KEY,)))
    assert row["contact_hash"] in Contact.of(ContactKind.PHONE, "13500000005").fingerprints(both)


async def test_what_nobody_can_open_any_more_stays_and_is_shown_as_nothing(client, database):
    incident_id = await opened(client)
    good(await enter(client, incident_id, "13500000006"))
    lost = contacts_vault(Settings(secret_key="a key that everybody has forgotten by now"))
    [row] = await database.fetch("select id from affected_users where incident_id = $1", UUID(incident_id))
    sealed = lost.seal(b"+8613500000006", row["id"], "contact")
    await database.fetch("update affected_users set contact = $2 where id = $1", row["id"], sealed)
    ours = contacts_vault(Settings(secret_key=SECRET_KEY))
    assert await reseal(database, ours) == 0
    with pytest.raises(Unreadable, match="FENGHUO_PREVIOUS_SECRET_KEYS"):
        ours.open(sealed, row["id"], "contact")
    [shown] = await listed(client, incident_id)
    assert (shown["name"], shown["contact"]) == ("李女士", None)
    url = f"{URL}/{incident_id}/affected-users/{shown['id']}"
    assert good(await client.post(f"{url}/erase"))["erased_at"], "the way out"


async def test_two_imports_at_once_enter_everybody_once(client):
    incident_id = await opened(client)
    contacts = [str(13_400_000_000 + n) for n in range(300)]
    answers = await asyncio.gather(*(enter(client, incident_id, *contacts[at:]) for at in (0, 0, 100, 150)))
    reports = [good(answer) for answer in answers]
    assert all(report["applied"] for report in reports)
    assert sum(report["counts"]["created"] for report in reports) == 300
    assert len(await listed(client, incident_id)) == 300
    totals = [event["data"]["total"] for event in await timeline(client, incident_id) if "affected" in event["type"]]
    assert totals[-1] == 300
    assert totals == sorted(totals)


async def test_an_import_beside_a_merge_loses_nobody(client):
    source, target = await opened(client), await opened(client)
    good(await enter(client, source, *(str(13_300_000_000 + n) for n in range(50))))
    merge = client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"})
    entered, merged = await asyncio.gather(enter(client, source, *(str(13_300_000_000 + n) for n in range(100))), merge)
    good(merged)
    there, left = await listed(client, target), await listed(client, source)
    assert (len(there), len(left)) == ((100, 0) if entered.status_code == 200 else (50, 0))
