"""The mechanisms of a past instant stay as they stood, whatever fires flare up again or turn out to be part of another."""

from datetime import UTC, datetime

from tests.support.api import good
from tests.support.kpi_history import DAY, HOUR, MINUTE, History


async def items(history: History, at: datetime) -> dict[str, list[str]]:
    """Check -> what is amiss."""
    history.today()
    answer = good(await history.client.get("/v1/metrics/mechanisms", params={"at": at.isoformat()}))
    return {one["check"]: one["items"] for each in answer["mechanisms"] for one in each["checks"]}


async def burnt_out(history: History, name: str, at: datetime, *, grade: str = "general") -> str:
    """An incident that became calm after half a day; its number."""
    await history.burns(name, at, "乳品", grade, ("weibo", 300))
    await history.answers(name, at + 10 * MINUTE, "press", "milk", "lead")
    await history.calms(name, at + 12 * HOUR)
    answer = await history.client.get(f"/v1/incidents/{history.incidents[name]}")
    return str(good(answer)["number"])


async def test_what_was_late_was_late_though_it_burns_again_or_is_part_of_another(history: History):
    at = datetime(2026, 6, 1, 2, tzinfo=UTC)
    again, part, whole = [
        await burnt_out(history, name, at + hours * HOUR)
        for hours, name in enumerate(("again", "of whole", "the whole"))
    ]
    then = at + 20 * DAY
    for name in ("again", "of whole", "the whole"):
        await history.rings(name, then - DAY)
    late = await items(history, then)
    for check in ("reviews_not_late", "decisions_applied"):
        assert {again, part, whole} <= set(late[check])
    await history.grades("again", then + DAY, "serious")
    history.at(then + 2 * DAY)
    await history.say("POST", "of whole", "merge", into_incident_id=history.incidents["the whole"], reason="同一事件")
    assert await items(history, then) == late, "it stood so"
    after = await items(history, then + 3 * DAY)
    for check in ("reviews_not_late", "decisions_applied"):
        assert {again, part, whole} & set(after[check]) == {whole}, "nobody can hold these reviews any more"


async def test_what_was_none_of_ours_then_was_not_under_way_though_it_is_ours_again(history: History):
    at = datetime(2026, 6, 2, 2, tzinfo=UTC)
    number = await burnt_out(history, "ours again", at)
    await history.rings("ours again", at + 10 * DAY)
    assert number in (await items(history, at + 11 * DAY))["reviews_not_late"]
    for day, status in ((12, "dismissed"), (14, "responding")):
        history.at(at + day * DAY)
        await history.say("PUT", "ours again", "status", status=status, reason="复核")
    assert number in (await items(history, at + 11 * DAY))["reviews_not_late"]
    assert number not in (await items(history, at + 13 * DAY))["reviews_not_late"]
