"""What happens after a period's end changes no figure of it: incidents are merged, split, dismissed and given to another
product. From then on each spread counts once. The recount of the events says the same."""

from datetime import UTC, date, datetime
from typing import Any

from app.domain.kpi import Span
from app.metrics.digest_figures import figures
from tests.metrics.test_kpis import COUNTED, keyed, recounted, told, without_names
from tests.support import kpi_recount as recount
from tests.support.api import everything, good
from tests.support.kpi_history import DAY, HOUR, MINUTE, History
from tests.support.tasks import act

AUGUST, BOTH, SEPTEMBER = ("2026-08-01", "2026-08-31"), ("2026-08-01", "2026-09-30"), ("2026-09-01", "2026-09-30")
QUERIES: tuple[dict[str, Any], ...] = (
    {"every": "day"},
    *({"by": by} for by in ("department", "platform", "product", "grade")),
)


async def august(history: History) -> dict[str, Any]:
    """Three that became calm, one whose clock ran out, and a task that was done too late."""
    for name, at, unit, posts in (
        ("brook", datetime(2026, 8, 3, 2, tzinfo=UTC), "乳品", [("weibo", 1_000)]),
        ("river", datetime(2026, 8, 5, 2, tzinfo=UTC), "乳品", [("douyin", 2_000)]),
        ("two in one", datetime(2026, 8, 20, 2, tzinfo=UTC), "茶饮", [("weibo", 5_000), ("zhihu", 400)]),
    ):  # fmt: skip
        await history.burns(name, at, unit, "general", *posts)
        await history.answers(name, at + 10 * MINUTE, *(await history.team_of(name)))
        await history.calms(name, at + 12 * HOUR)
    await history.burns("none of ours", datetime(2026, 8, 31, 2, tzinfo=UTC), "茶饮", "general", ("weibo", 90))
    at = datetime(2026, 8, 21, 2, tzinfo=UTC)
    history.at(at)
    body = {"kind": "other", "title": "整改", "due_at": (at + HOUR).isoformat()}
    task = await history.say("POST", "two in one", "tasks", **body)
    history.at(at + DAY)
    good(await act(history.client, task, "complete"))
    for name in ("brook", "river", "two in one", "none of ours"):
        await history.rings(name, datetime(2026, 9, 1, tzinfo=UTC))
    history.today()
    return task  # type: ignore[no-any-return]


async def september(history: History, task: dict[str, Any]) -> None:
    """Two that are calm are one case, one was two, one was none, and the one in two was of the other product; the task was not
    done after all."""
    at = datetime(2026, 9, 10, 2, tzinfo=UTC)
    history.at(at)
    good(await act(history.client, task, "reopen", reason="复查未过"))
    await history.say("PUT", "none of ours", "status", status="dismissed", reason="误报")
    await history.say("POST", "river", "merge", into_incident_id=history.incidents["brook"], reason="同一事件")
    mentions = good(await history.client.get(
        "/v1/mentions", params={"incident_id": history.incidents["two in one"], "platform": "zhihu"}
    ))["data"]  # fmt: skip
    split = await history.say("POST", "two in one", "split", title="另一件事", reason="不是一回事",
                              mention_ids=[one["id"] for one in mentions])  # fmt: skip
    history.incidents["the other"] = split["id"]
    url, body = f"/v1/incidents/{history.incidents['two in one']}", {"business_unit": "乳品", "reason": "归属更正"}
    good(await history.client.patch(url, json=body))
    await history.grades("the other", at + HOUR, "general")
    await history.calms("the other", at + DAY)
    history.today()


async def test_a_past_period_keeps_its_figures_and_each_spread_counts_once_from_then_on(history: History):
    task = await august(history)
    before, digest = await reports(history), await digested(history, AUGUST)
    await september(history, task)
    assert await reports(history) == before
    assert await digested(history, AUGUST) == digest
    assert (digest["tasks_overdue"], (await digested(history, BOTH))["tasks_overdue"]) == (0, 1)
    spread = {days: told((await history.kpis(*days))["R06"])[:2] for days in (AUGUST, BOTH, SEPTEMBER)}
    assert spread == {AUGUST: (8_400, 3), BOTH: (8_400, 3), SEPTEMBER: (400, 1)}
    spread_of = {one["key"]: one["numerator"] for one in (await history.kpis(*BOTH, by="product"))["R06"]["groups"]}
    assert spread_of == {"乳品": 3_000 + 5_000, "茶饮": 400}, (
        "what was split off is of the product that the whole had then"
    )
    calms = await everything(history.client, "/v1/metrics/kpis/R06/items", **{"from": BOTH[0], "to": BOTH[1]})
    assert [(one["at"], one["value"]) for one in calms if one["incident_id"] == history.incidents["brook"]] == [
        ("2026-08-05T14:00:00Z", 3_000)
    ], "the whole was calm when its last part was"
    august_, both, monthly = [await history.kpis(*days, **more) for days, more in
                              ((AUGUST, {}), (BOTH, {}), (BOTH, {"every": "month"}))]  # fmt: skip
    # One is merged, one dismissed, one is new.
    assert (august_["R02"]["denominator"], both["R02"]["denominator"]) == (4, 3)
    assert told(monthly["R02"]) == told(both["R02"]), "asked with its months it is the same"
    events = await history.events()
    for days in (AUGUST, BOTH, SEPTEMBER):
        await equals(history, events, days)


async def reports(history: History) -> list[dict[str, Any]]:
    return [without_names(await history.report(*AUGUST, **query)) for query in QUERIES]


async def digested(history: History, days: tuple[str, str]) -> dict[str, Any]:
    """What a digest of these days counts."""
    span = Span(*map(date.fromisoformat, days))
    async with history.database.transaction() as tx:
        return await figures(tx, span.start, span.end, now=await tx.now())


async def equals(history: History, events: list[recount.Event], days: tuple[str, str]) -> None:
    first, last = map(date.fromisoformat, days)
    for by, key in (("", recount.whole), ("product", recount.by_product(last)), ("grade", recount.by_grade)):
        found = recount.clocks(events, first, last, key=key) | recount.calms(events, first, last, key=key)
        asked = await history.kpis(*days, **({"by": by} if by else {}))
        for kpi in COUNTED:
            parts = {part: recounted(tally, kpi) for (of, part), tally in found.items() if of == kpi}
            if by:
                assert {part: one for part, one in keyed(asked[kpi]).items() if one[1]} == parts, (kpi, by, days)
            else:
                assert told(asked[kpi]) == parts.get("", recounted(None, kpi)), (kpi, days)
