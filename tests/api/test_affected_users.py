"""Affected users: entered once, masked, corrected, moved along, erased; what reaches them is never in clear at rest."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.core.vault import CONTACTS, SIGNING_SECRETS, Vault
from app.settings import Settings
from app.webhooks.messages import Told, headline
from tests.conftest import SECRET_KEY
from tests.support.acts import URL, move, opened, person_headers
from tests.support.api import brand, crisis, everything, good, post, problem, timeline
from tests.support.people import bearer, make_key
from tests.support.splits import split

SEEN = ("affected:read", "affected:write", "incidents:read", "incidents:write")


def body(**fields):
    return {
        "name": "李女士", "contact_kind": "phone", "contact": f"139{uuid4().int % 10**8:08}", "purpose": "联系退款",
        "claim": "要求退款", "platform": "weibo",
    } | fields  # fmt: skip


async def add(client, incident_id, **fields):
    return good(await client.post(f"{URL}/{incident_id}/affected-users", json=body(**fields)), 201)


async def listed(client, incident_id, **query):
    return await everything(client, f"{URL}/{incident_id}/affected-users", limit=2, **query)


@pytest.fixture
async def masked(client):
    """The header of a key that may do everything here but unmask."""
    return bearer((await make_key(client, *SEEN))["key"])


async def test_somebody_is_entered_told_in_figures_and_found(client):
    incident_id = await opened(client)
    answer = await client.post(
        f"{URL}/{incident_id}/affected-users", json=body(contact="138 0013 8000", note="夜间勿扰")
    )
    made = good(answer, 201)
    assert (made["name"], made["contact"], made["version"], made["erased_at"]) == ("李女士", "+8613800138000", 1, None)
    assert answer.headers["location"] == f"{URL}/{incident_id}/affected-users/{made['id']}"
    assert good(await client.get(answer.headers["location"])) == made
    assert await listed(client, incident_id) == [made]
    last = (await timeline(client, incident_id))[-1]
    assert last["type"] == "incident.affected_users_changed"
    figures = {name: last["data"][name] for name in ("added", "updated", "erased", "total")}
    assert figures == {"added": 1, "updated": 0, "erased": 0, "total": 1}
    assert not any(text in str(last) for text in ("李女士", "13800138000", "退款", "勿扰"))
    document = await client.get(f"{URL}/{incident_id}/timeline/export/markdown")
    assert "登记 1 人；共 1 人" in document.text


async def test_nothing_of_it_is_in_clear_in_the_database(client, database):
    incident_id = await opened(client)
    made = await add(client, incident_id, name="欧阳密文", contact="secret.mail@example.com", contact_kind="email")
    [row] = await database.fetch("select * from affected_users where id = $1", UUID(made["id"]))
    [dumped] = await database.fetch("select u::text as row from affected_users u where id = $1", UUID(made["id"]))
    for said in ("欧阳密文", "secret.mail@example.com", "secret"):
        assert said.encode() not in row["name"] + row["contact"] + row["contact_hash"]
        assert said not in dumped["row"]
        assert said.encode().hex() not in dumped["row"]
    events = await database.fetch("select data::text as data from events where data::text like '%secret.mail%'")
    assert not events


async def test_sealed_values_can_not_change_places(client, database):
    incident_id = await opened(client)
    one, two = [await add(client, incident_id) for _ in range(2)]
    await database.fetch("update affected_users set name = contact where id = $1", UUID(one["id"]))
    await database.fetch(
        "update affected_users u set contact = (select contact from affected_users where id = $2) where id = $1",
        UUID(one["id"]), UUID(two["id"]),
    )  # fmt: skip
    shown = good(await client.get(f"{URL}/{incident_id}/affected-users/{one['id']}"))
    assert (shown["name"], shown["contact"]) == (None, None), "and no 500"


@pytest.mark.parametrize(("kind", "contact", "kept", "shown"), [
    ("phone", "１３８００１３８０００", "+8613800138000", "+86138******00"),
    ("phone", "+1 650 253 0000", "+16502530000", "+*********00"),
    ("email", "Li.Na@Example.com", "li.na@example.com", "*****@***********"),
    ("wechat", "wx_lina88", "wx_lina88", "w********"), ("other", "抖音 李小姐", "抖音 李小姐", "抖*****"),
])  # fmt: skip
async def test_a_contact_has_one_form_and_is_masked(client, bare, masked, kind, contact, kept, shown):
    incident_id = await opened(client)
    made = await add(client, incident_id, contact_kind=kind, contact=contact)
    assert made["contact"] == kept
    seen = good(await bare.get(f"{URL}/{incident_id}/affected-users/{made['id']}", headers=masked))
    assert (seen["name"], seen["contact"]) == ("李**", shown)


async def test_words_people_wrote_are_masked_too(client, bare, masked):
    incident_id = await opened(client)
    made = await add(client, incident_id, claim="请回电 13800138000", note="@张三 的朋友")
    [seen] = good(await bare.get(f"{URL}/{incident_id}/affected-users", headers=masked))["data"]
    assert (seen["claim"], seen["note"]) == ("请回电 138******00", "@** 的朋友")
    assert made["claim"] == "请回电 13800138000"


async def test_each_look_at_them_unmasked_is_an_event(client, bare, masked, database):
    incident_id = await opened(client)
    made = await add(client, incident_id)

    async def looks():
        query = "select data from events where type = 'affected_users.unmasked' and data->>'incident_id' = $1"
        return len(await database.fetch(query, incident_id))

    before = await looks()
    url = f"{URL}/{incident_id}/affected-users"
    good(await bare.get(url, headers=masked))
    assert await looks() == before
    good(await client.get(url))
    good(await client.get(f"{url}/{made['id']}"))
    assert await looks() == before + 2
    good(await client.get(f"{URL}/{incident_id}/affected-user-summary"))
    assert await looks() == before + 2


async def test_nobody_is_entered_twice_in_one_incident(client):
    incident_id, other = await opened(client), await opened(client)
    made = await add(client, incident_id, contact="13911112222")
    again = await client.post(f"{URL}/{incident_id}/affected-users", json=body(contact="+86 139-1111-2222"))
    found = problem(again, 409, "/contact", code="affected_user_known")
    assert found["affected_user_id"] == made["id"]
    assert "139" not in found["detail"].replace(made["id"], "")
    await add(client, other, contact="13911112222")
    await add(client, incident_id, contact="13911112222", contact_kind="wechat")


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"contact": "12345"}, "/contact"), ({"contact_kind": "email", "contact": "li"}, "/contact"),
    ({"contact_kind": "email", "contact": "<li@example.com>"}, "/contact"),
    ({"contact_kind": "email", "contact": "mailto:li@example.com"}, "/contact"),
    ({"contact_kind": "email", "contact": "li@example.com."}, "/contact"),
    ({"contact_kind": "wechat", "contact": "a b"}, "/contact"), ({"contact": ""}, "/contact"),
    ({"contact": "\u200b"}, "/contact"), ({"purpose": " "}, "/purpose"), ({"purpose": None}, "/purpose"),
    ({"name": ""}, "/name"), ({"contact_kind": "fax"}, "/contact_kind"), ({"platform": "myspace"}, "/platform"),
    ({"mention_id": str(uuid4())}, "/mention_id"), ({"erased_at": None}, "/erased_at"), ({"claim": "长" * 2_001}, "/claim"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, fields, pointer):
    problem(await client.post(f"{URL}/{await opened(client)}/affected-users", json=body(**fields)), 422, pointer)


async def test_the_list_is_paged_and_filtered(client):
    incident_id = await opened(client)
    made = [await add(client, incident_id, contact_kind=kind, contact=f"{kind}{n}@example.com")
            for n, kind in enumerate(("email", "other", "email", "other", "email"))]  # fmt: skip
    good(await client.post(f"{URL}/{incident_id}/affected-users/{made[4]['id']}/erase"))
    assert [row["id"] for row in await listed(client, incident_id)] == [row["id"] for row in made[::-1]]
    assert len(await listed(client, incident_id, contact_kind="email")) == 3
    assert len(await listed(client, incident_id, contact_kind=["email", "other"], erased=False)) == 4
    assert [row["id"] for row in await listed(client, incident_id, erased=True)] == [made[4]["id"]]
    cursor = good(await client.get(f"{URL}/{incident_id}/affected-users?limit=1"))["next_cursor"]
    url = f"{URL}/{await opened(client)}/affected-users"
    problem(await client.get(url, params={"cursor": cursor}), 400, "?cursor")
    problem(await client.get(f"{URL}/{uuid4()}/affected-users"), 404)
    problem(await client.get(f"{url}/{made[0]['id']}"), 404)


async def test_figures_count_whoever_was_erased(client):
    incident_id = await opened(client)
    empty = good(await client.get(f"{URL}/{incident_id}/affected-user-summary"))
    assert (empty["total"], [kind["count"] for kind in empty["by_contact_kind"]]) == (0, [0, 0, 0, 0])
    made = await add(client, incident_id)
    await add(client, incident_id, contact_kind="wechat", contact="wx_1")
    good(await client.post(f"{URL}/{incident_id}/affected-users/{made['id']}/erase"))
    figures = good(await client.get(f"{URL}/{incident_id}/affected-user-summary"))
    assert (figures["total"], figures["erased"]) == (2, 1)
    assert {row["contact_kind"]: row["count"] for row in figures["by_contact_kind"]} == {
        "phone": 1, "email": 0, "wechat": 1, "other": 0,
    }  # fmt: skip
    problem(await client.get(f"{URL}/{uuid4()}/affected-user-summary"), 404)


async def test_a_correction_counts_as_a_version_and_leaves_no_words_behind(client, database):
    incident_id = await opened(client)
    made = await add(client, incident_id, contact="13700000001")
    url = f"{URL}/{incident_id}/affected-users/{made['id']}"
    problem(await client.patch(url, json={"claim": "x"}, headers={"if-match": '"7-0123456789abcdef"'}), 412)
    changed = good(await client.patch(url, json={"claim": "要求致歉", "name": "李娜", "contact": "13700000002"}))
    assert (changed["claim"], changed["name"], changed["contact"]) == ("要求致歉", "李娜", "+8613700000002")
    assert changed["version"] == 2
    assert good(await client.patch(url, json={"name": "李娜", "contact": "137 0000 0002"}))["version"] == 2
    mail = good(await client.patch(url, json={"contact_kind": "email", "contact": "a@example.com"}))
    assert (mail["contact_kind"], mail["contact"]) == ("email", "a@example.com")
    problem(await client.patch(url, json={"contact_kind": "phone"}), 422, "/contact")
    assert good(await client.patch(url, json={"name": None}))["name"] is None
    await add(client, incident_id, contact="13700000001")
    problem(
        await client.patch(url, json={"contact_kind": "phone", "contact": "13700000001"}),
        409,
        code="affected_user_known",
    )
    rows = await database.fetch("select data from events where type = 'affected_user.updated' and data->>'subject_id' = $1",
                                made["id"])  # fmt: skip
    assert [row for row in rows if "李娜" in str(row["data"]) or "1370000" in str(row["data"])] == []
    assert len(rows) == 3


async def test_erasing_destroys_what_reaches_them_and_leaves_the_row(client, counter, database):
    there, mention_id = await crisis(client, counter)
    incident_id = there["id"]
    made = await add(client, incident_id, claim="请回电 13800138000，要求退款", note="家住某处", mention_id=mention_id)
    assert made["mention_id"] == mention_id
    url = f"{URL}/{incident_id}/affected-users/{made['id']}"
    erased = good(await client.post(f"{url}/erase"))
    assert (erased["name"], erased["contact"], erased["note"], erased["mention_id"]) == (None, None, "", None)
    assert erased["claim"] == "请回电 138******00，要求退款"
    assert erased["erased_at"] is not None
    [row] = await database.fetch(
        "select name, contact, contact_hash, note from affected_users where id = $1", UUID(made["id"])
    )
    assert tuple(row) == (None, None, None, "")
    assert good(await client.post(f"{url}/erase")) == erased, "twice is once"
    problem(await client.patch(url, json={"name": "李娜"}), 409, code="affected_user_erased")
    last = (await timeline(client, incident_id))[-1]
    assert (last["data"]["erased"], last["data"]["total"]) == (1, 1)


async def test_a_legal_hold_refuses_erasing(client, bare):
    incident_id = await opened(client)
    made = await add(client, incident_id)
    legal = await person_headers(client, "legal:hold", "incidents:read", "incidents:write")
    hold = f"{URL}/{incident_id}/legal-hold"
    good(await bare.put(hold, json={"held": True, "reason": "诉讼"}, headers=legal))
    erase = f"{URL}/{incident_id}/affected-users/{made['id']}/erase"
    problem(await client.post(erase), 409, code="under_legal_hold")
    assert good(await client.get(f"{URL}/{incident_id}/affected-users/{made['id']}"))["contact"] == made["contact"]
    good(await bare.put(hold, json={"held": False, "reason": "结案"}, headers=legal))
    assert good(await client.post(erase))["contact"] is None


@pytest.mark.parametrize("status", ["subsided", "dismissed"])
async def test_nobody_is_entered_in_what_is_over_but_everybody_can_be_erased(client, status):
    incident_id = await opened(client)
    made = await add(client, incident_id)
    good(await move(client, incident_id, status))
    problem(await client.post(f"{URL}/{incident_id}/affected-users", json=body()), 409, code="incident_over")
    assert good(await client.post(f"{URL}/{incident_id}/affected-users/{made['id']}/erase"))["erased_at"]


async def test_a_merge_takes_them_along_and_keeps_the_entry_of_the_one_that_goes_on(client):
    source, target = await opened(client), await opened(client)
    alone = await add(client, source, contact="13600000001")
    twin = await add(client, source, contact="13600000002", claim="并出的")
    gone = await add(client, source, contact="13600000003")
    good(await client.post(f"{URL}/{source}/affected-users/{gone['id']}/erase"))
    kept = await add(client, target, contact="13600000002", claim="留下的")
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    there = {row["id"]: row for row in await listed(client, target)}
    assert there.keys() == {alone["id"], kept["id"], gone["id"]}
    assert there[kept["id"]]["claim"] == "留下的"
    assert there[alone["id"]]["contact"] == "+8613600000001", "it opens there too"
    assert [row["id"] for row in await listed(client, source)] == [twin["id"]], "nothing is lost"
    figures = [event["data"] for event in await timeline(client, target) if "affected" in event["type"]]
    assert (figures[-1]["added"], figures[-1]["total"]) == (2, 3)


async def test_a_split_leaves_them_where_they_are(client, counter):
    there, _ = await crisis(client, counter, brands=(word := brand(),))
    other = await post(client, f"{word} 避雷")
    await counter.sweep()
    made = await add(client, there["id"])
    apart = await split(client, there["id"], mention_ids=[other])
    assert [row["id"] for row in await listed(client, there["id"])] == [made["id"]]
    assert await listed(client, apart["id"]) == []


def test_chat_robots_tell_how_many():
    data = {"added": 498, "updated": 0, "erased": 2, "total": 500}
    assert (
        headline(Told("incident.affected_users_changed", datetime.now(UTC), data))
        == "受影响用户：登记 498 人，删除联系方式 2 人，共 500 人"
    )


async def test_only_those_with_the_scopes_see_and_enter_them(client, bare):
    incident_id = await opened(client)
    made = await add(client, incident_id)
    url = f"{URL}/{incident_id}/affected-users"
    without = bearer((await make_key(client, "incidents:read", "incidents:write", "people:unmask"))["key"])
    for path in (url, f"{url}/{made['id']}", f"{URL}/{incident_id}/affected-user-summary"):
        problem(await bare.get(path, headers=without), 403)
    readers = bearer((await make_key(client, "affected:read"))["key"])
    good(await bare.get(url, headers=readers))
    problem(await bare.post(url, json=body(), headers=readers), 403)
    problem(await bare.post(f"{url}/{made['id']}/erase", headers=readers), 403)
    writers = bearer((await make_key(client, "affected:write"))["key"])
    problem(await bare.get(url, headers=writers), 403)
    problem(await bare.patch(f"{url}/{made['id']}", json={}, headers=writers), 403)


async def test_the_same_key_enters_once(client):
    incident_id, headers = await opened(client), {"idempotency-key": uuid4().hex}
    sent = body()
    first, again = [await client.post(f"{URL}/{incident_id}/affected-users", json=sent, headers=headers) for _ in "12"]
    assert good(first, 201) == good(again, 201)
    assert len(await listed(client, incident_id)) == 1


def test_fingerprints_and_seals_of_one_purpose_say_nothing_to_another():
    contacts, secrets = (Vault.of(Settings(secret_key=SECRET_KEY), purpose) for purpose in (CONTACTS, SIGNING_SECRETS))
    assert contacts.fingerprints(b"x") != secrets.fingerprints(b"x")
    assert contacts.current != secrets.current
