"""Contacts outside the company over HTTP: entered, masked, sealed, found, corrected and erased."""

from uuid import UUID, uuid4

import pytest

from app.core.vault import Vault
from app.people import contact_sealing
from app.settings import Settings
from tests.support.api import everything, good, problem
from tests.support.people import bearer, make_key

CONTACTS = "/v1/contacts"
REACHED = {"name": "赵敏行", "phone": "+8613800138000", "mail": "zhao@example.com", "wechat": "zhao_news"}
ANOTHER = "a secret of this test, and of no other one"
MASKED = {"name": "赵**", "phone": "+86138******00", "mail": "****@***********", "wechat": "z********"}


async def make_contact(client, **fields):
    body = {"kind": "media", "organisation": f"示例日报{uuid4().hex[:8]}", "role": "记者"} | REACHED | fields
    return good(await client.post(CONTACTS, json=body), 201)


def reached(contact):
    return {name: contact[name] for name in REACHED}


async def headers_of(client, *scopes):
    return bearer((await make_key(client, *scopes))["key"])


async def test_what_reaches_somebody_is_masked_unless_one_may_see_it_and_that_is_on_record(client, bare, database):
    contact = await make_contact(client, phone="138 0013 8000", note="打 13912345678 找编辑")
    url = f"{CONTACTS}/{contact['id']}"
    assert reached(contact) == REACHED, "who may unmask reads it as it is, in one form"
    seen = good(await bare.get(url, headers=await headers_of(client, "contacts:read")))
    assert reached(seen) == MASKED
    assert seen["note"] == "打 139******78 找编辑"
    told = "select count(*) from events where type = 'outside_contacts.unmasked' and data->'contact_ids' ? $1"
    before = (await database.fetch(told, contact["id"]))[0][0]
    good(await bare.get(url, headers=await headers_of(client, "contacts:read", "people:unmask")))
    assert (await database.fetch(told, contact["id"]))[0][0] > before
    problem(await bare.get(url, headers=await headers_of(client, "people:read")), 403)


async def test_at_rest_nobody_reads_it_and_another_key_takes_it_over(client, database, settings):
    contact = await make_contact(client)
    query = "select * from outside_contacts where id = $1"
    [row] = await database.fetch(query, UUID(contact["id"]))
    stored = " ".join(str(bytes(value) if isinstance(value, memoryview) else value) for value in dict(row).values())
    assert not [value for value in REACHED.values() if value in stored or repr(value.encode())[2:-1] in stored]
    # As after a restart with another FENGHUO_SECRET_KEY, and back again: other tests read under ours.
    new = Settings(secret_key=ANOTHER, previous_secret_keys=(settings.secret_key,))
    old = Settings(secret_key=settings.secret_key, previous_secret_keys=(ANOTHER,))
    vaults: list[Vault] = [contact_sealing.contacts_vault(each) for each in (new, old)]
    for vault in vaults:
        assert await contact_sealing.reseal(database, vault) > 0
        [row] = await database.fetch(query, UUID(contact["id"]))
        assert all(bytes(row[column]).startswith(vault.head) for column in REACHED)
        assert await contact_sealing.reseal(database, vault) == 0
    assert reached(good(await client.get(f"{CONTACTS}/{contact['id']}"))) == REACHED


async def test_contacts_are_chosen_by_kind_topic_words_and_whether_one_calls_them(client):
    word = f"食安{uuid4().hex[:8]}"
    media = await make_contact(client, topics=[word, "召回"])
    lawyer = await make_contact(client, kind="lawyer", organisation=f"{word}律师事务所", role="合伙人")

    async def found(**query):
        rows = await everything(client, CONTACTS, limit=1, **query)
        return [row["id"] for row in rows if row["id"] in (media["id"], lawyer["id"])]

    assert await found() == [lawyer["id"], media["id"]], "those entered last first"
    assert await found(kind="lawyer") == [lawyer["id"]]
    assert await found(topic=word) == [media["id"]]
    assert await found(q=word) == [lawyer["id"], media["id"]]
    assert await found(q=f"{word} 合伙") == [lawyer["id"]]
    assert await found(q="13800138000") == [], "nobody finds out by searching what they may not read"
    good(await client.patch(f"{CONTACTS}/{media['id']}", json={"active": False}))
    assert (await found(active="true"), await found(active="false")) == ([lawyer["id"]], [media["id"]])


async def test_a_contact_is_corrected_by_whoever_read_it_last(client, bare):
    contact = await make_contact(client)
    url = f"{CONTACTS}/{contact['id']}"
    writes = await headers_of(client, "contacts:write")
    problem(await bare.patch(url, json={}, headers=writes), 403)
    problem(await client.patch(url, json={"phone": "12"}), 422, "/phone")
    stale = good(await client.patch(url, json={"wechat": None, "phone": "010-62345678", "topics": ["召回"]}))
    assert (stale["wechat"], stale["phone"], stale["mail"], stale["version"]) == (
        None,
        "+861062345678",
        REACHED["mail"],
        2,
    )
    same = good(await client.patch(url, json={"phone": "01062345678"}))
    assert same["version"] == 2, "nothing is other than before"
    problem(await client.patch(url, json={"role": "x"}, headers={"if-match": '"1-0123456789abcdef"'}), 412)


async def test_a_contact_who_asks_for_it_is_erased_and_the_row_keeps_its_id(client, database):
    contact = await make_contact(client, topics=["召回"], note="喝咖啡")
    url = f"{CONTACTS}/{contact['id']}"
    erased = good(await client.post(f"{url}/erase"))
    assert (erased["id"], reached(erased)) == (contact["id"], dict.fromkeys(REACHED))
    assert (erased["role"], erased["note"], erased["active"]) == ("", "", False)
    assert (erased["organisation"], erased["topics"]) == (contact["organisation"], ["召回"])
    assert good(await client.post(f"{url}/erase")) == erased
    problem(await client.patch(url, json={"name": "赵敏行"}), 409, code="contact_erased")
    [row] = await database.fetch("select * from outside_contacts where id = $1", UUID(contact["id"]))
    assert [row[column] for column in REACHED] == [None] * 4
    assert row["plain"] == "\n".join((contact["organisation"], "召回"))
    assert contact["id"] in [row["id"] for row in await everything(client, CONTACTS, erased="true")]


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"kind": "friend"}, "/kind"), ({"name": "\u200b"}, "/name"), ({"phone": "119"}, "/phone"), ({"mail": "赵"}, "/mail"),
    ({"wechat": "赵 敏"}, "/wechat"), ({"topics": [""]}, "/topics/0"), ({"active": False}, "/active"), ({"note": 1}, "/note"),
])  # fmt: skip
async def test_a_contact_that_makes_no_sense_is_refused_by_name(client, fields, pointer):
    problem(await client.post(CONTACTS, json={"kind": "kol", "name": "某博主"} | fields), 422, pointer)
