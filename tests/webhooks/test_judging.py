"""What follows from an answer: a table, as the design's delivery rules state it."""

from datetime import UTC, datetime
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import Settings
from app.webhooks.delivery import Claimed, judge
from app.webhooks.envelope import LARGEST_BODY, Message, PayloadFormat
from app.webhooks.exchange import Answer

NOW = datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)
SCHEDULE = (0.0, 5.0, 300.0, 1800.0)


def claimed(*, step: int = 0, refusals: int = 0, holds_back: bool = True, data: str = "{}") -> Claimed:
    message = Message(7, "incident.opened", NOW, None, data)
    return Claimed(
        1, uuid4(), uuid4(), "https://h/", b"", None, PayloadFormat.STANDARD, False, step, refusals, holds_back, message
    )


def answer(status: int | None, retry_after: float | None = None) -> Answer:
    good = status is not None and 200 <= status < 300
    return Answer(NOW, 10, status, None, None if good else "answered", None, retry_after)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_delivers(status: int) -> None:
    assert judge(claimed(), answer(status), SCHEDULE, 0.5).state == "delivered"


@pytest.mark.parametrize("status", [None, 301, 302, 304, 400, 404, 408, 429, 500, 502, 503])
def test_everything_else_is_tried_again(status: int | None) -> None:
    verdict = judge(claimed(), answer(status), SCHEDULE, 0.5)
    assert (verdict.state, verdict.delay, verdict.step) == ("pending", 5.0, 1)


@pytest.mark.parametrize(("step", "wait"), [(0, 5.0), (1, 300.0), (2, 1800.0)])
def test_each_try_waits_its_own_step(step: int, wait: float) -> None:
    assert judge(claimed(step=step), answer(503), SCHEDULE, 0.5).delay == wait


def test_after_the_last_try_it_is_given_up() -> None:
    assert judge(claimed(step=3), answer(503), SCHEDULE, 0.5).state == "dead"


def test_the_real_schedule_has_ten_tries_over_75_hours() -> None:
    schedule = Settings.model_fields["webhook_schedule"].default
    assert len(schedule) == 10
    assert round(sum(schedule) / 3600) == 76 or round(sum(schedule) / 3600) == 75
    assert judge(claimed(step=8), answer(503), schedule, 0.5).state == "pending"
    assert judge(claimed(step=9), answer(503), schedule, 0.5).state == "dead"


def test_gone_ends_it_at_the_first_try() -> None:
    assert judge(claimed(), answer(410), SCHEDULE, 0.5).state == "dead"


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 2))
def test_the_wait_varies_by_a_fifth_at_most(chance: float, step: int) -> None:
    wait = SCHEDULE[step + 1]
    assert 0.8 * wait <= judge(claimed(step=step), answer(503), SCHEDULE, chance).delay <= 1.2 * wait


@pytest.mark.parametrize(
    ("retry_after", "delay"), [(0, 300.0), (-5, 300.0), (300, 300.0), (450, 450.0), (600, 600.0), (86400, 600.0)]
)
def test_retry_after_counts_between_once_and_twice_the_step(retry_after: float, delay: float) -> None:
    assert judge(claimed(step=1), answer(503, retry_after), SCHEDULE, 0.9).delay == delay


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422])
def test_a_third_refusal_lets_the_later_ones_of_the_incident_pass(status: int) -> None:
    first = judge(claimed(), answer(status), SCHEDULE, 0.5)
    second = judge(claimed(step=1, refusals=first.refusals), answer(status), SCHEDULE, 0.5)
    third = judge(claimed(step=2, refusals=second.refusals), answer(status), SCHEDULE, 0.5)
    assert [first.holds_back, second.holds_back, third.holds_back] == [True, True, False]
    assert third.state == "pending", "it keeps its own schedule"


@pytest.mark.parametrize("status", [None, 302, 408, 409, 425, 429, 500, 503])
def test_not_now_is_no_refusal_however_often(status: int | None) -> None:
    verdict = judge(claimed(step=2, refusals=2), answer(status), SCHEDULE, 0.5)
    assert (verdict.refusals, verdict.holds_back) == (2, True)


def test_what_holds_nobody_back_never_does_again() -> None:
    assert judge(claimed(step=1, holds_back=False), answer(503), SCHEDULE, 0.5).holds_back is False


def test_the_payload_is_compact_and_its_time_is_utc_with_a_z() -> None:
    body = claimed(data='{"to": "major", "level": 1}').message.body(PayloadFormat.STANDARD, "test")
    assert body == (
        b'{"id":"evt_7","type":"incident.opened","timestamp":"2026-03-01T08:00:00.123456Z",'
        b'"data":{"to":"major","level":1}}'
    )


@pytest.mark.parametrize("form", PayloadFormat)
def test_an_event_that_is_too_large_still_says_what_happened(form: PayloadFormat) -> None:
    data = {"number": "2026-0001", "to": "major", "evidence": {"ids": ["x" * 36] * 1000}}
    body = claimed(data=orjson.dumps(data).decode()).message.body(form, "test")
    assert len(body) < LARGEST_BODY
    assert orjson.loads(body)["data"] == {"number": "2026-0001", "to": "major", "evidence": {}, "truncated": True}


@pytest.mark.parametrize("form", [PayloadFormat.STANDARD, PayloadFormat.CLOUDEVENTS])
def test_why_somebody_did_something_is_told_without_peoples_data(form: PayloadFormat) -> None:
    data = {"reason": "投诉人 13812345678 已撤诉", "members": [{"reason": "team"}]}
    body = orjson.loads(Message(7, "incident.team_changed", NOW, None, orjson.dumps(data).decode()).body(form, "test"))
    assert body["data"] == data | {"reason": "投诉人 138******78 已撤诉"}
