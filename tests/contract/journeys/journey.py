"""An integrator's round trip with a client that never saw the service's code: rule, posts, pages, stream, problem."""

import json
import os
import threading
import time
from collections.abc import Callable
from queue import Queue
from typing import TypeVar

from fenghuo_client import AuthenticatedClient
from fenghuo_client.api.incidents import get_incident, list_incidents
from fenghuo_client.api.mentions import list_mentions, post_mention, post_mention_batch
from fenghuo_client.api.watch_rules import create_watch_rule
from fenghuo_client.models import (
    Incident,
    IncidentPage,
    MentionBatchIn,
    MentionBatchOut,
    MentionIn,
    MentionPage,
    MentionReceipt,
    Problem,
    WatchRule,
    WatchRuleCreate,
)
from fenghuo_client.types import UNSET

POSTS = 12
# The path that streams events, where the contract has one.
STREAM = os.environ.get("STREAM", "")
T = TypeVar("T")
client = AuthenticatedClient(base_url=os.environ["URL_OF_SERVICE"], token=os.environ["KEY"])


def until(what: str, look: Callable[[], T | None]) -> T:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within 30 s")


def post(brand: str, n: int, likes: int = 100) -> MentionIn:
    return MentionIn(platform="weibo", external_id=f"{brand}-{n}", text=f"{brand}差评", likes=likes)


def follow(opened: Queue[str], connected: threading.Event) -> None:
    headers = {"accept": "text/event-stream"}
    with client.get_httpx_client().stream("GET", STREAM, headers=headers, timeout=30) as stream:
        assert stream.status_code == 200, stream.status_code
        connected.set()
        for line in stream.iter_lines():
            if line.startswith("data:") and json.loads(line[5:])["type"] == "incident.opened":
                opened.put("incident.opened")
                return


def watched(brand: str) -> tuple[WatchRule, Queue[str]]:
    """A rule for the brand, and what the stream will tell of it."""
    opened: Queue[str] = Queue()
    if STREAM:
        connected = threading.Event()
        threading.Thread(target=follow, args=(opened, connected), daemon=True).start()
        assert connected.wait(20), "the stream did not begin"
    rule = create_watch_rule.sync(
        client=client, body=WatchRuleCreate(name=brand, brand_words=[brand], negative_words=["差评"])
    )
    assert isinstance(rule, WatchRule), rule
    return rule, opened


def send(brand: str) -> None:
    """Half of the posts one by one, the other half in a batch with a bad item."""
    for n in range(POSTS // 2):
        receipt = post_mention.sync(client=client, body=post(brand, n))
        assert isinstance(receipt, MentionReceipt), receipt
        assert receipt.created
    items = [*(post(brand, n) for n in range(POSTS // 2, POSTS)), post(brand, 0, likes=-1)]
    batch = post_mention_batch.sync(client=client, body=MentionBatchIn(items=items))
    assert isinstance(batch, MentionBatchOut), batch
    assert (batch.accepted, batch.refused) == (POSTS // 2, 1)


def read(rule: WatchRule) -> set[str]:
    """All mentions of the rule, page by page, once the incident has them."""

    def counted() -> Incident | None:
        page = list_incidents.sync(client=client, rule_id=rule.id)
        assert isinstance(page, IncidentPage), page
        return next((one for one in page.data if one.mention_count == POSTS), None)

    until("the incident", counted)
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        page = list_mentions.sync(client=client, rule_id=rule.id, limit=5, cursor=cursor or UNSET)
        assert isinstance(page, MentionPage), page
        seen |= {str(mention.id) for mention in page.data}
        cursor = page.next_cursor
        if not page.has_more:
            return seen


def fail(rule: WatchRule) -> None:
    """Problems are values with a type: which fields, and of what kind."""
    refused = create_watch_rule.sync(client=client, body=WatchRuleCreate(name="", brand_words=[]))
    assert isinstance(refused, Problem), refused
    assert sorted(fault.pointer for fault in refused.errors) == ["/brand_words", "/name"]
    nothing = get_incident.sync(rule.id, client=client)
    assert isinstance(nothing, Problem), nothing
    assert nothing.code == "not_found"


def main() -> None:
    brand = f"往返{time.time_ns()}"
    rule, opened = watched(brand)
    send(brand)
    seen = read(rule)
    assert len(seen) == POSTS
    fail(rule)
    heard = opened.get(timeout=20) if STREAM else "no stream"
    print(f"{POSTS} posts, {len(seen)} read in pages, stream: {heard}")


main()
