"""Drills under what happens around them: people who act at the very end, runs that can't be played, workers that were away."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.core.auth import SYSTEM
from app.domain.drills import WAITS
from app.mentions.rulebook import Rules
from app.mentions.service import correct_mention
from app.trainings import drills_time
from app.trainings.drills import pause_drill, resume_drill
from tests.support import clocks as support
from tests.support.api import everything, good, instant
from tests.support.drills import URL, Stage, incidents_of, make_scenario, post_of, run_of, staged, start
from workers.clocks import Clockwork
from workers.context import Context


def past(**span: float) -> datetime:
    return (datetime.now(UTC) - timedelta(**span)).replace(second=0, microsecond=0)


async def test_nothing_is_opened_in_a_drill_that_ends_meanwhile(client, database, stage):
    """Somebody judges a post negative, which opens an incident, while somebody else stops the drill: one is first."""
    neutral = [post_of("one", 0, sentiment="neutral", likes=200_000)]
    drill = await start(client, await make_scenario(database, neutral), scale=60)
    await stage.at(None)
    [made] = await everything(client, "/v1/mentions", drill_id=drill["id"])
    async with database.transaction() as tx:
        word = {"sentiment": "negative"}
        await correct_mention(tx, Rules(), UUID(made["id"]), word, caller=SYSTEM, now=await tx.now())
        stopping = asyncio.create_task(client.post(f"{URL}/{drill['id']}/stop", json={}))
        await asyncio.wait([stopping], timeout=0.3)
    assert good(await stopping)["state"] == "stopped"
    [one] = await incidents_of(client, drill)
    assert one["status"] == "dismissed"
    assert {row["state"] for row in (await support.clocks(client, one["id"])).values()} <= {
        "not_reached",
        "met",
        "unpushed",
    }


async def test_a_clock_that_is_due_after_the_end_is_not_reached_however_late_the_end_is_noted(
    client, database, stage, context: Context
):
    drill = await start(
        client, await make_scenario(database, [post_of("one", 0, likes=200_000)], duration=14_400), scale=60
    )
    began = past(hours=3)
    await stage.put_back(drill, began)
    await stage.at(began + timedelta(seconds=1))
    # Every worker is away from then on, for hours; whichever comes back first.
    stage.database.moment = None
    await Clockwork(context).sweep()
    await stage.at(None)
    await Clockwork(context).sweep()
    [one] = await incidents_of(client, drill)
    found = {kind: row["state"] for kind, row in (await support.clocks(client, one["id"])).items() if kind != "alert"}
    assert found == {
        "first_response": "breached", "emergency_meeting": "breached", "fact_check": "breached",
        "first_word": "cancelled", "first_statement": "not_reached", "closing": "not_reached", "review": "not_reached",
    }  # fmt: skip
    ended = await run_of(client, drill)
    lasted = instant(ended["ended_at"]) - instant(ended["started_at"])
    assert (ended["state"], lasted) == ("finished", timedelta(seconds=14_400) / 60)
    board = good(await client.get(f"{URL}/{drill['id']}/scoreboard"))
    assert board["elapsed_seconds"] == 14_400


async def broken(client, database, began: datetime) -> str:
    """A run whose first post is played, and whose second can't be."""
    injects = [post_of("one", 0, likes=20_000), post_of("two", 60)]
    drill = await start(client, await make_scenario(database, injects), scale=60)
    await database.fetch(
        "update drill_injects set content = content - 'platform' where drill_id = $1 and ref = 'two'", UUID(drill["id"])
    )
    await Stage(database).put_back(drill, began)
    return str(drill["id"])


async def has_failed(client, drill_id: str, status: str) -> None:
    """It says why wherever it is looked at, and nothing of it runs on; its incident has this status."""
    ended = await run_of(client, {"id": drill_id})
    assert (ended["state"], ended["problem"]["tries"], ended["problem"]["next_try_at"]) == ("failed", 9, None)
    told = await everything(client, "/v1/events", drills="only", type="drill.ended", limit=200)
    [event] = [row["data"] for row in told if row["data"]["drill_id"] == drill_id]
    assert event["state"] == "failed"
    assert "mention two" in event["reason"]
    [incident] = await incidents_of(client, ended)
    assert incident["status"] == status
    assert "running" not in {row["state"] for row in (await support.clocks(client, incident["id"])).values()}
    board = good(await client.get(f"{URL}/{drill_id}/scoreboard"))
    assert (board["state"], board["problem"]) == ("failed", ended["problem"])
    report = await client.get(f"{URL}/{drill_id}/report/markdown")
    assert ended["problem"]["detail"] in report.text.replace("\\", "")


async def test_a_run_that_can_not_be_played_holds_no_other_up_and_fails_after_some_tries(
    client, database, settings, monkeypatch
):
    one, worse = [await broken(client, database, past(minutes=5)) for _ in range(2)]
    drill = await start(client, await make_scenario(database, [post_of("one", 0, likes=5)]), scale=60)
    at, waits = datetime.now(UTC) + timedelta(seconds=1), []
    real_end = drills_time.end

    async def end(tx, drill, *args, **kwargs):
        if str(drill.id) == worse:
            raise RuntimeError("not even that")
        await real_end(tx, drill, *args, **kwargs)

    monkeypatch.setattr(drills_time, "end", end)
    for tries in range(1, len(WAITS) + 1):
        async with staged(settings) as stage:  # Whoever tries it next is another process.
            await stage.at(at)
            await stage.at(at)
        problem_is = (await run_of(client, {"id": one}))["problem"]
        assert problem_is["tries"] == tries
        waits.append(instant(problem_is["next_try_at"]) - at)
        at = instant(problem_is["next_try_at"])
    assert waits == list(WAITS)
    assert "0:01" in problem_is["detail"]
    assert "mention two (KeyError)" in problem_is["detail"]
    assert len(await everything(client, "/v1/mentions", drill_id=drill["id"])) == 1
    async with staged(settings) as stage:
        await stage.at(at)
    for id_, status in ((one, "dismissed"), (worse, "responding")):
        await has_failed(client, id_, status)
    good(await client.post(f"{URL}/{drill['id']}/stop", json={}))


async def test_whoever_waited_to_resume_it_does_so_after_the_pause(client, database, stage):
    """A request that began before another may come after it: no pause is shorter than nothing."""
    drill = await start(client, await make_scenario(database, [post_of("one", 0, likes=5)]), scale=60)
    id_ = UUID(drill["id"])
    async with database.transaction() as tx:
        now = await tx.now()
        await pause_drill(tx, id_, caller=SYSTEM, now=now + timedelta(seconds=2))
        await resume_drill(tx, id_, caller=SYSTEM, now=now)
    [pause] = (await run_of(client, drill))["pauses"]
    assert pause["paused_at"] == pause["resumed_at"]
    good(await client.post(f"{URL}/{drill['id']}/stop", json={}))


async def test_an_alert_that_was_due_before_a_pause_gets_no_more_time_by_it(client, database, stage):
    drill = await start(client, await make_scenario(database, [post_of("one", 0, likes=5)]), scale=1)
    await stage.at(None)
    [made] = await everything(client, "/v1/mentions", drill_id=drill["id"])
    over, mine = past(minutes=3), UUID(made["id"])
    await database.fetch(
        "update deadlines set state = 'running', ended_at = null, started_at = $2::timestamptz - interval '10 minutes', "
        "due_at = $2, next_at = $2 where mention_id = $1", mine, over,
    )  # fmt: skip
    for verb in ("pause", "resume"):
        good(await client.post(f"{URL}/{drill['id']}/{verb}"))
    [alert] = await database.fetch("select due_at, next_at from deadlines where mention_id = $1", mine)
    assert (alert["due_at"], alert["next_at"]) == (over, over)
    good(await client.post(f"{URL}/{drill['id']}/stop", json={}))
