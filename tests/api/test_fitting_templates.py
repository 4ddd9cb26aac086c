"""Which templates are offered for an incident: by the facts, by what was said, and by what it is about."""

from tests.support.acts import check_facts, opened, publish
from tests.support.api import brand, good, make_rule, mention, post
from tests.support.templates import TEMPLATES, make_template


async def fitting(client, incident_id):
    return good(await client.get(f"/v1/incidents/{incident_id}/statement-templates"))["data"]


def kinds(rows):
    return list(dict.fromkeys(row["template"]["kind"] for row in rows))


async def test_kinds_follow_the_facts_and_what_was_said(client):
    incident_id = await opened(client, title="朝阳门店拒绝退款")
    rows = await fitting(client, incident_id)
    assert kinds(rows) == ["holding"]
    first = rows[0]
    assert (first["template"]["key"], first["words"]) == ("holding-service", ["门店", "退款", "拒绝"])
    assert first["why"] == ["first_word", "topic"]
    await check_facts(client, incident_id, truth="confirmed", responsibility="company")
    rows = await fitting(client, incident_id)
    assert kinds(rows) == ["apology", "holding"]
    assert (rows[0]["template"]["key"], rows[0]["why"][0]) == ("apology-service", "fact_check")
    await publish(client, incident_id, kind="holding")
    assert kinds(await fitting(client, incident_id)) == ["apology", "progress"]
    await check_facts(client, incident_id, truth="unfounded")
    assert kinds(await fitting(client, incident_id)) == ["clarification", "lawyer", "progress"]
    await check_facts(client, incident_id, truth="unverifiable")
    assert kinds(await fitting(client, incident_id)) == ["progress"]


async def test_what_it_is_about_is_read_in_its_first_post_too(client, counter):
    name = brand()
    await make_rule(client, name, harm_class="core_interest")
    mention_id = await post(client, f"{name}牛奶里喝出異物，差评")
    await counter.sweep()
    first = (await fitting(client, (await mention(client, mention_id))["incident_id"]))[0]
    assert first["template"]["key"] == "holding-product-safety"
    assert first["why"] == ["first_word", "topic", "harm_class"]
    assert first["words"] == ["异物"]


async def test_ones_own_come_before_those_for_anything_and_what_was_put_away_never(client):
    word = brand()
    own = await make_template(client, kind="holding", topics=[word], name=f"甲{word}")
    incident_id = await opened(client, title=f"{word}门店纠纷")
    assert [row["template"]["id"] for row in await fitting(client, incident_id)].index(own["id"]) < 3
    good(await client.post(f"{TEMPLATES}/{own['id']}/archive"))
    assert own["id"] not in [row["template"]["id"] for row in await fitting(client, incident_id)]
