"""A trace that a request is part of goes on with the webhooks of what it caused."""

import httpx
import pytest

from app.core.db import Database
from app.core.tracing import child, trace_of
from tests.support.owed import subscribe
from tests.support.receiver import Receiver
from workers.deliver import Deliverer

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENT = f"00-{TRACE}-00f067aa0ba902b7-01"


async def test_a_webhook_goes_on_with_the_trace_of_the_request_behind_it(
    client: httpx.AsyncClient, database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    for headers in ({"traceparent": SENT}, {"traceparent": "00-nonsense"}, {}):
        opened = await client.post("/v1/incidents", json={"title": "由人开启"}, headers=headers)
        assert opened.status_code == 201
    await deliverer.sweep()
    traces = [one.headers.get("traceparent") for one in receiver.received]
    assert sorted(trace_of(trace) for trace in traces if trace) == [TRACE]
    assert traces.count(None) == 2
    assert SENT not in traces, "a step of its own"


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (SENT, TRACE), (f"01-{TRACE}-00f067aa0ba902b7-00-more", TRACE), (f"ff-{TRACE}-00f067aa0ba902b7-01", None),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None), (f"00-{TRACE}-{'0' * 16}-01", None), (SENT.upper(), None),
        ("", None), (f"{SENT} ", None),
    ],
)  # fmt: skip
def test_a_header_that_is_none_of_the_standards_is_no_trace(header: str, trace: str | None) -> None:
    assert trace_of(header) == trace
    if trace:
        assert trace_of(child(trace)) == trace
