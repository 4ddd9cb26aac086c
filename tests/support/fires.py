"""Fires for the tests of calm: one that is out, one that is calm, reports about it, and the look each minute."""

from uuid import UUID, uuid4

from app.incidents.calm import check
from tests.support.api import again, ago, brand, crisis, good, incident, mention, post, timeline

URL = "/v1/incidents"


async def burned(client, counter, hours: float = 17, likes: int = 12_000, **rule):
    """An incident of one post that gained all it has in one minute so many hours ago. The rule of 8 h held until 8 h
    after that, so after 16 h it may be calm."""
    at = ago(hours=hours)
    there, mention_id = await crisis(client, counter, rule=rule, likes=likes, published_at=at, observed_at=at)
    assert there["status"] == ("responding" if likes > 10_000 else "watching")
    return there, mention_id


async def calmed(client, counter, database, **burned_by):
    """One that is calm, as recorded."""
    there, mention_id = await burned(client, counter, **burned_by)
    await a_minute(database, there)
    there = await incident(client, there["id"])
    assert there["calmed_at"], (await look(client, there))["missing"]
    return there, mention_id


async def a_minute(database, there) -> None:
    """The look each minute, at this incident alone: there are others from other tests."""
    await database.run(lambda tx: check(tx, UUID(there["id"])))


async def look(client, there) -> dict:
    return good(await client.get(f"{URL}/{there['id']}/calm"))


async def told(client, there, *types: str) -> list[dict]:
    """The events of some types, in order."""
    return [event for event in await timeline(client, there["id"]) if event["type"] in types]


async def flared(client, there) -> list[dict]:
    return await told(client, there, "incident.rebounded")


async def move(database, there, status: str, ended: str = "null") -> None:
    """As if people had done what leads there."""
    await database.fetch(f"update incidents set status = $2, ended_at = {ended} where id = $1", there["id"], status)


async def gain(client, counter, mention_id, likes: int, **fields) -> None:
    await again(client, mention_id, likes=likes, **fields)
    await counter.sweep()


async def word_of(client, mention_id: str) -> str:
    return (await mention(client, mention_id))["hits"][0]["spans"][0]["word"]


async def report(client, counter, mention_id: str, **fields) -> str:
    """A report by listed media that hits the rule and is no complaint."""
    domain = f"{uuid4().hex}.cn"
    listed = {"name": f"{brand()}报", "tier": "central", "domains": [domain]}
    good(await client.post("/v1/media-outlets", json=listed), 201)
    text = f"{await word_of(client, mention_id)} 差评"
    made = await post(client, text, url=f"https://{domain}/1", sentiment="neutral", **fields)
    await counter.sweep()
    return made
