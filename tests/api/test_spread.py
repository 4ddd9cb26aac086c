"""Spread 传播量 over HTTP: by minute, with every window, so that anyone can count a grade again."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.api import again, ago, buckets, crisis, good, incident, instant, problem, recounted, spread

MINUTE = timedelta(minutes=1)


def at(start: datetime, minutes: float) -> str:
    return (start + timedelta(minutes=minutes)).isoformat()


def wire(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
def hour() -> datetime:
    """A whole hour that was over one to two hours ago."""
    now = datetime.now(UTC)
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


async def told(client, counter, hour: datetime):
    """An incident with readings at minutes 0, 1, 1 and 30 of the hour."""
    there, mention_id = await crisis(
        client, counter, published_at=at(hour, 0), observed_at=at(hour, 0.5), reposts=5, comments=0, likes=10
    )
    for minutes, counters in [
        (1.1, {"reposts": 7, "likes": 11}), (1.9, {"reposts": 7, "comments": 2, "likes": 15, "views": 90_000}),
        (20, {"reposts": 3, "comments": None, "likes": 15}), (30, {"reposts": 9, "comments": 1, "likes": 16}),
    ]:  # fmt: skip
        await again(client, mention_id, observed_at=at(hour, minutes), **counters)
    await counter.sweep()
    return there, mention_id


async def test_the_whole_life_stands_by_minute_and_empty_minutes_are_left_out(client, counter, hour):
    there, _ = await told(client, counter, hour)
    shown = await spread(client, there["id"])
    assert [tuple(bucket.values()) for bucket in shown["buckets"]] == [
        (wire(hour), 5, 0, 10), (wire(hour + MINUTE), 2, 2, 5), (wire(hour + 30 * MINUTE), 2, 0, 1),
    ]  # fmt: skip
    assert (shown["incident_id"], shown["total"], shown["baseline"], shown["grade"]) == (there["id"], 27, 0, None)
    assert await buckets(client, there["id"]) == await recounted(client, there["id"])
    assert datetime.now(UTC) - instant(shown["as_of"]) < 2 * MINUTE


async def test_from_is_included_and_to_is_not(client, counter, hour):
    there, _ = await told(client, counter, hour)

    async def minutes(**query):
        shown = await spread(client, there["id"], **query)
        assert shown["total"] == 27
        return [int((instant(bucket["minute"]) - hour) / MINUTE) for bucket in shown["buckets"]]

    assert await minutes(**{"from": at(hour, 1)}) == [1, 30]
    assert await minutes(to=at(hour, 30)) == [0, 1]
    assert await minutes(to=at(hour, 31)) == [0, 1, 30]
    assert await minutes(**{"from": at(hour, 1), "to": at(hour, 30)}) == [1]
    assert await minutes(**{"from": at(hour, 31)}) == []
    assert await minutes(**{"from": at(hour, 30), "to": at(hour, 1)}) == []
    east = (hour + MINUTE).astimezone().isoformat()
    assert await minutes(**{"from": east}) == [1, 30]


async def test_a_coarser_resolution_adds_up_and_loses_nothing(client, counter, hour):
    there, _ = await told(client, counter, hour)
    by_ten = await spread(client, there["id"], resolution_seconds=600)
    assert [tuple(bucket.values()) for bucket in by_ten["buckets"]] == [
        (wire(hour), 7, 2, 15), (wire(hour + 30 * MINUTE), 2, 0, 1),
    ]  # fmt: skip
    by_day = await spread(client, there["id"], resolution_seconds=86_400)
    assert sum(b["reposts"] + b["comments"] + b["likes"] for b in by_day["buckets"]) == 27


@pytest.mark.parametrize(("query", "pointer"), [
    ({"resolution_seconds": 59}, "?resolution_seconds"), ({"resolution_seconds": 90}, "?resolution_seconds"),
    ({"resolution_seconds": 86_460}, "?resolution_seconds"), ({"resolution_seconds": "x"}, "?resolution_seconds"),
    ({"from": "2026-11-20T00:00:00"}, "?from"), ({"to": "now"}, "?to"), ({"from": "1760000000"}, "?from"),
    ({"from_": "2026-11-20T00:00:00Z"}, "?from_"), ({"resolution": 60}, "?resolution"),
])  # fmt: skip
async def test_a_bad_question_is_refused_by_name(client, query, pointer):
    opened = good(await client.post("/v1/incidents", json={"title": "空"}), 201)
    problem(await client.get(f"/v1/incidents/{opened['id']}/spread", params=query), 422, pointer)


async def test_an_incident_without_gains_has_windows_all_the_same(client):
    opened = good(await client.post("/v1/incidents", json={"title": "空"}), 201)
    shown = await spread(client, opened["id"])
    assert shown["buckets"] == []
    assert [(w["rule"], w["window_seconds"], w["threshold"], w["grade"]) for w in shown["windows"]] == [
        ("major-2h", 7_200, 100_000, "major"), ("serious-4h", 14_400, 50_000, "serious"),
        ("serious-harm-8h", 28_800, 10_000, "serious"), ("general-8h", 28_800, 10_000, "general"),
    ]  # fmt: skip
    assert {(w["current"], w["peak"], w["peak_at"]) for w in shown["windows"]} == {(0, 0, None)}
    assert {forecast["minutes"] for forecast in shown["forecast"]} == {None}


async def test_a_window_has_its_sum_now_and_its_peak_with_the_first_minute_of_it(client, counter):
    start = datetime.now(UTC).replace(second=0, microsecond=0)
    there, mention_id = await crisis(
        client, counter, published_at=at(start, -700), observed_at=at(start, -700), likes=1_000
    )
    for minutes, likes in ((-500, 3_000), (-381, 3_500), (-100, 3_600)):
        await again(client, mention_id, observed_at=at(start, minutes), likes=likes)
    await counter.sweep()
    windows = {window["rule"]: window for window in (await spread(client, there["id"]))["windows"]}
    # 2 h: -500 and -381 are 119 minutes apart, just within one window; 8 h: everything but the last.
    major, general = windows["major-2h"], windows["general-8h"]
    assert (major["current"], major["peak"], major["peak_at"]) == (100, 2_500, wire(start - 381 * MINUTE))
    assert (general["current"], general["peak"], general["peak_at"]) == (600, 3_500, wire(start - 381 * MINUTE))


async def test_the_forecast_tells_when_a_rule_would_hold(client, counter):
    there, mention_id = await crisis(
        client, counter, published_at=ago(minutes=15), observed_at=ago(minutes=15), likes=6_000
    )
    forecast = {row["rule"]: row["minutes"] for row in (await spread(client, there["id"]))["forecast"]}
    # 200 a minute: 4,001 more are needed for more than 10,000.
    assert forecast["general-8h"] in (20, 21)
    assert 219 <= forecast["serious-4h"] <= 240
    assert forecast["major-2h"] is None
    await again(client, mention_id, likes=10_001)
    await counter.sweep()
    shown = await spread(client, there["id"])
    assert {row["rule"]: row["minutes"] for row in shown["forecast"]}["general-8h"] == 0
    assert shown["grade"] == "general"


THRESHOLDS = [
    ("individual", 10_000, None), ("individual", 10_001, "general"),
    ("user_rights", 10_000, None), ("user_rights", 10_001, "serious"), ("core_interest", 10_001, "serious"),
    ("individual", 50_000, "general"), ("individual", 50_001, "serious"),
    ("individual", 100_000, "serious"), ("individual", 100_001, "major"),
]  # fmt: skip


@pytest.mark.parametrize(("harm", "likes", "grade"), THRESHOLDS)
async def test_a_rule_holds_above_its_threshold_and_not_at_it(client, counter, harm, likes, grade):
    there, _ = await crisis(client, counter, rule={"harm_class": harm}, published_at=ago(minutes=5), likes=likes)
    assert (there["grade"], there["auto_grade"], there["total"]) == (grade, grade, likes)
    assert there["status"] == ("responding" if grade else "watching")


WINDOWS = [(120, 100_001, "major", "serious"), (240, 50_001, "serious", "general"), (480, 10_001, "general", None)]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(("width", "sum_", "inside", "outside"), WINDOWS)
async def test_a_window_of_w_minutes_holds_w_minutes_and_not_one_more(
    client, counter, width, sum_, inside, outside, together
):
    """What was gained W - 1 minutes apart stands in one window, W minutes apart in none."""
    start = datetime.now(UTC).replace(second=0, microsecond=0)
    for apart, grade in ((width - 1, inside), (width, outside)):
        first = at(start, -apart - 5)
        there, mention_id = await crisis(client, counter, published_at=first, observed_at=first, likes=0)
        for moment, likes in ((at(start, -apart - 4.5), sum_ - 1), (at(start, -5), sum_)):
            await again(client, mention_id, observed_at=moment, likes=likes)
            if not together:
                await counter.sweep()
        await counter.sweep()
        assert (await incident(client, there["id"]))["grade"] == grade


async def test_views_are_shown_and_never_counted(client, counter):
    there, mention_id = await crisis(client, counter, published_at=ago(minutes=5), views=900_000, likes=1)
    assert there["total"] == 1
    assert good(await client.get(f"/v1/mentions/{mention_id}"))["views"] == 900_000
    assert list((await buckets(client, there["id"])).values()) == [(0, 0, 1)]
