"""Health says what is late, and what to do."""

from tests.support.api import good, post


async def inbox(client):
    return (await client.get("/health/ready")).json()["checks"]["inbox"]


async def test_an_inbox_in_which_readings_wait_for_a_minute_is_not_ready(client, counter, database):
    await counter.sweep()
    assert await inbox(client) == {"ok": True, "oldest_seconds": 0, "set_aside": 0}
    mention_id = await post(client, "迟")
    for seconds, ok in ((50, True), (61, False)):
        await database.fetch(f"update inbox set received_at = now() - interval '{seconds} seconds'")
        check = await inbox(client)
        assert check["ok"] is ok
        assert seconds <= check["oldest_seconds"] < seconds + 30
    assert "fenghuo worker" in check["detail"]
    assert (await client.get("/health/ready")).status_code == 503
    await database.fetch(
        "insert into mentions_set_aside(mention_id, until) values ($1, now() + interval '1 hour')", mention_id
    )
    assert await inbox(client) == {"ok": True, "oldest_seconds": 0, "set_aside": 1}
    assert "fenghuo_mentions_set_aside 1.0" in (await client.get("/metrics")).text
    await database.fetch("delete from mentions_set_aside")
    await counter.sweep()
    assert good(await client.get(f"/v1/mentions/{mention_id}"))["pending"] is False
