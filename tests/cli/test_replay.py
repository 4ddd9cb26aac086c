"""`fenghuo replay`: what is posted can be counted again from the file, whatever the file holds."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from app.cli import cascade
from app.cli.client import Api, retry_after
from app.cli.console import Trouble
from app.cli.replay import Order, play_back
from app.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support import processes

AGES = st.lists(st.one_of(st.integers(0, 200_000), st.floats(0, 200_000)), max_size=60)

MOMENTS = st.timedeltas(timedelta(0), timedelta(days=3650)).map(lambda age: datetime(2020, 1, 1, tzinfo=UTC) + age)


def write(path: Path, ages: Sequence[float], text: str = "重放牌喝出异物") -> Path:
    rows = [{"t": 0, "kind": "origin", "text": text}, *({"t": age, "kind": "repost", "text": "转"} for age in ages)]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8")
    return path


@given(AGES, st.integers(1, 1000), st.sampled_from([0.5, 1, 24, 48]))
def test_each_minute_with_reposts_is_one_reading_of_all_reposts_so_far(
    ages: list[float], weight: int, hours: float
) -> None:
    taken = [age for age in ages if age < hours * 3600]
    expected = [
        cascade.Reading(k, weight * sum(age < 60 * (k + 1) for age in taken))
        for k in range(int(hours * 60) + 1)
        if k == 0 or any(60 * k <= age < 60 * (k + 1) for age in taken)
    ]
    assert cascade.plan(ages, weight=weight, hours=hours) == expected


def test_a_repost_of_the_very_last_second_is_taken_and_one_of_the_next_hour_is_not() -> None:
    assert cascade.plan([3599.9, 3600], weight=3, hours=1) == [cascade.Reading(0, 0), cascade.Reading(59, 3)]


@given(MOMENTS, st.integers(0, 3000))
def test_the_last_reading_is_of_now_or_of_the_minute_before(now: datetime, last_minute: int) -> None:
    published = cascade.published_at(now, last_minute)
    assert (published.second, published.microsecond) == (0, 0)
    age = now - cascade.observed_at(published, last_minute)
    assert timedelta(0) <= age < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04\xff", "UTF-8"),
        (b"hello\n", "line 1 is not JSON"),
        (b"[1]\n", "line 1 is not a JSON object"),
        (b'{"t": 0, "kind": "repost", "text": "x"}\n', "line 1 must be the original"),
        (b'{"t": 0, "kind": "origin", "text": " "}\n', "line 1 must be the original"),
        (b'{"kind": "origin", "text": "x"}\n{"t": "5"}\n', "line 2 needs its age"),
        (b'{"kind": "origin", "text": "x"}\n{"t": true}\n', "line 2 needs its age"),
        (b'{"kind": "origin", "text": "x"}\n\n{"t": -1}\n', "line 3 needs its age"),
        (b'{"kind": "origin", "text": "x"}\n{"t": NaN}\n', "line 2 needs its age"),
    ],
)
def test_a_file_that_is_no_cascade_is_refused_with_the_line_at_fault(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "file.jsonl"
    file.write_bytes(content)
    with pytest.raises(Trouble, match=said):
        cascade.read(file)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(Trouble, match=r"can't read .*missing\.jsonl: No such file"):
        cascade.read(Path("missing.jsonl"))


def test_other_line_separators_within_a_post_do_not_end_its_line(tmp_path: Path) -> None:
    assert cascade.read(write(tmp_path / "c", [1, 2.5], "上\u2028下\x85")) == cascade.Cascade(
        "上\u2028下\x85", [1, 2.5]
    )


async def test_the_spread_of_a_replay_is_what_anyone_counts_from_the_file(
    settings: Settings, database: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brand = "重放牌"
    ages = [*range(61, 400, 7), *range(3600, 3700), 7000, 90_000]
    recorded = cascade.read(write(tmp_path / "cascade.jsonl", ages))
    env = processes.environment(settings.database_url, settings.redis_url)
    order = Order(brand, 600, negative=True, harm="individual", hours=24)
    async with processes.api(env, tmp_path, ADMIN_KEY) as client:
        with processes.worker(env, tmp_path):
            url = str(client.base_url)
            before = datetime.now(UTC)
            assert await play_back(Api(url, ADMIN_KEY), recorded, order) == 0
            first = capsys.readouterr().out
            rules = (await client.get("/v1/watch-rules", params={"limit": 200})).json()["data"]
            (rule,) = [rule for rule in rules if rule["brand_words"] == [brand]]
            (incident,) = (await client.get("/v1/incidents", params={"rule_id": rule["id"]})).json()["data"]
            spread = (await client.get(f"/v1/incidents/{incident['id']}/spread")).json()
            (mention,) = (await client.get(f"/v1/incidents/{incident['id']}/mentions")).json()["data"]
            assert await play_back(Api(url, ADMIN_KEY), recorded, order) == 0
            (again,) = (await client.get("/v1/incidents", params={"rule_id": rule["id"]})).json()["data"]

    published = datetime.fromisoformat(mention["published_at"])
    minutes = Counter(int(age // 60) for age in ages if age < 86_400)
    counted = {datetime.fromisoformat(bucket["minute"]): bucket["reposts"] for bucket in spread["buckets"]}
    assert counted == {published + timedelta(minutes=k): 600 * n for k, n in minutes.items()}
    assert timedelta(0) <= before - max(counted) < timedelta(minutes=3)
    assert incident["grade"] == "serious"  # 87,600 after the first hour, and the stragglers are few
    assert "serious 二级(较大)  Rule serious-4h" in first
    assert f"Incident {incident['number']}" in first
    assert (again["mention_count"], again["total"]) == (2, 2 * incident["total"]), "two replays are two posts"


async def test_a_post_that_nobody_calls_negative_makes_no_incident_and_the_reason_is_said(
    settings: Settings, database: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = cascade.Cascade("平和牌今天发布新品", [1.0])
    env = processes.environment(settings.database_url, settings.redis_url)
    async with processes.api(env, tmp_path, ADMIN_KEY) as client:
        with processes.worker(env, tmp_path):
            for brand, said in (("平和牌", "--negative"), ("别的牌", "does not name '别的牌'")):
                order = Order(brand, 5, negative=False, harm="individual", hours=24)
                assert await play_back(Api(str(client.base_url), ADMIN_KEY), recorded, order) == 0
                assert said in capsys.readouterr().out


class Moody:
    """A server that answers each of `answers` once, then 200."""

    def __init__(self, *answers: web.Response) -> None:
        self.answers = list(answers)
        self.asked = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return self.answers.pop(0) if self.answers else web.json_response({"good": True})


async def test_a_busy_service_is_asked_again_when_it_says_so() -> None:
    server = Moody(
        web.json_response({}, status=429, headers={"Retry-After": "0.3"}),
        web.json_response({}, status=503, headers={"Retry-After": "0.1"}),
    )
    loop = asyncio.get_running_loop()
    async with server as url, Api(url, "key") as api:
        began = loop.time()
        assert await api.get("/") == {"good": True}
        assert loop.time() - began >= 0.4
    assert server.asked == 3


async def test_patience_ends_with_what_the_service_said() -> None:
    busy = [web.json_response({"detail": "too many"}, status=429, headers={"Retry-After": "1"}) for _ in range(9)]
    async with Moody(*busy) as url, Api(url, "key", patience=0.5) as api:
        with pytest.raises(Trouble, match="answers 429 to POST /v1/mentions: too many; gave up"):
            await api.post("/v1/mentions", {})


async def test_a_refused_key_and_a_service_that_is_away_are_said_plainly() -> None:
    async with Moody(web.json_response({"detail": "It was revoked."}, status=401)) as url, Api(url, "key") as api:
        with pytest.raises(Trouble, match=r"key was refused: It was revoked\. Set FENGHUO_KEY"):
            await api.get("/")
    async with Api(url, "key") as api:
        with pytest.raises(Trouble, match=f"nothing answers at {url} .*fenghuo up"):
            await api.get("/")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, 7.0), ("2", 2.0), ("0", 0.05), ("9999", 30.0), ("soon", 7.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.05)],
)
def test_retry_after_is_read_in_either_form_and_bounded(header: str | None, seconds: float) -> None:
    assert retry_after(header, 7.0) == seconds
