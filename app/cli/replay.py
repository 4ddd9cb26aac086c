"""``fenghuo replay``: a recorded cascade, played through the public API as if it happened now."""

import asyncio
import os
import secrets
import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli import cascade
from app.cli.client import Api
from app.cli.console import Trouble, configured, console, run, watched
from app.domain.grades import HarmClass
from app.domain.worktime import SHANGHAI

COUNTED_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for."""

    brand: str
    weight: int
    negative: bool
    harm: str
    hours: float


def replay(
    file: Annotated[Path, typer.Argument(help="A cascade: line 1 the original post, then every repost with its age.")],
    brand: Annotated[str, typer.Option(help="The brand word; a watch rule with it is made where there is none.")],
    weight: Annotated[int, typer.Option(min=1, help="How many reposts each recorded one stands for.")],
    negative: Annotated[bool, typer.Option("--negative", help="Say that the post is negative.")] = False,
    harm: Annotated[HarmClass, typer.Option(help="The harm class of a rule that is made.")] = HarmClass.INDIVIDUAL,
    hours: Annotated[float, typer.Option(min=0.01, help="How much of the cascade's life is played.")] = 24,
) -> None:
    """Plays a recorded cascade into the service at FENGHUO_URL with the key FENGHUO_KEY.

    The original is posted once for each minute of its life that has reposts, the last one now. Shows which incident
    came of it, and each change of its grade.
    """
    key = os.environ.get("FENGHUO_KEY", "")
    if not key:
        raise Trouble("FENGHUO_KEY is not set: `fenghuo up` prints the first key, `fenghuo key create` makes others")
    url = os.environ.get("FENGHUO_URL") or f"http://127.0.0.1:{configured().port}"
    order = Order(brand, weight, negative, str(harm.value), hours)
    code = run(play_back(Api(url, key), cascade.read(file), order))
    if code:
        raise typer.Exit(code)


async def play_back(api: Api, recorded: cascade.Cascade, order: Order) -> int:
    """Posts the cascade, waits until it is counted and prints what came of it."""
    readings = cascade.plan(recorded.ages, weight=order.weight, hours=order.hours)
    async with api:
        for line in await _brand_rule(api, order):
            print(line, flush=True)
        # By the service's clock, as far as it tells: a reading from its future would be moved to its now.
        now = min(datetime.now(UTC), api.server_date or datetime.max.replace(tzinfo=UTC))
        published = cascade.published_at(now, readings[-1].minute)
        mention_id = await _post_all(api, _bodies(recorded, readings, published, order))
        mention = await _counted(api, mention_id, readings[-1].reposts)
        for line in await _summary(api, mention, order):
            print(line)
    return 0


def _bodies(
    recorded: cascade.Cascade, readings: list[cascade.Reading], published: datetime, order: Order
) -> list[dict[str, Any]]:
    """The requests in order; an id of this run's own, so that two replays are two posts."""
    post: dict[str, Any] = {
        "platform": "weibo", "external_id": f"replay-{secrets.token_hex(8)}", "text": recorded.text,
        "published_at": published.isoformat(),
    }  # fmt: skip
    if order.negative:
        post["sentiment"] = "negative"
    return [
        post | {"observed_at": cascade.observed_at(published, one.minute).isoformat(), "reposts": one.reposts}
        for one in readings
    ]


async def _brand_rule(api: Api, order: Order) -> list[str]:
    """Makes sure of a rule that takes every negative mention of the brand; says what was done."""
    async for rule in api.rows("/v1/watch-rules"):
        words = {_same(word) for word in rule["brand_words"]}
        if rule["enabled"] and not rule["negative_words"] and _same(order.brand) in words:
            if rule["harm_class"] == order.harm:
                return []
            return [
                f"The rule {rule['name']!r} stands already, with harm class {rule['harm_class']}; --harm is unused."
            ]
    made = {"name": f"{order.brand} 品牌", "brand_words": [order.brand], "harm_class": order.harm}
    await api.post("/v1/watch-rules", made)
    return [f"Made the watch rule {made['name']!r}: every negative mention of {order.brand}."]


def _same(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


async def _post_all(api: Api, bodies: list[dict[str, Any]]) -> str:
    """One after the other, so that each grade is seen rising; the mention's id."""
    mention_id = ""
    for body in _with_progress(bodies):
        mention_id = (await api.post("/v1/mentions", body))["id"]
    return mention_id


def _with_progress(bodies: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    if not watched():
        print(f"Posting {len(bodies)} readings.", flush=True)
        yield from bodies
        return
    columns = TextColumn("Posting"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console(), transient=True) as progress:
        yield from progress.track(bodies)


async def _counted(api: Api, mention_id: str, reposts: int) -> dict[str, Any]:
    """The mention, once every reading of it is counted; Trouble when no worker does that."""
    deadline = time.monotonic() + COUNTED_WITHIN
    pause = 0.02
    while time.monotonic() < deadline:
        mention: dict[str, Any] = await api.get(f"/v1/mentions/{mention_id}")
        if mention["reposts"] == reposts and not mention["pending"]:
            waiting = [row async for row in api.rows(f"/v1/mentions/{mention_id}/observations") if not row["counted"]]
            if not waiting:
                return mention
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.5)
    raise Trouble(
        f"after {COUNTED_WITHIN:.0f} s not all readings of the mention {mention_id} are counted. Is a worker running? "
        "See /health/ready."
    )


async def _summary(api: Api, mention: dict[str, Any], order: Order) -> Iterable[str]:
    if mention["incident_id"] is None:
        return [f"Counted {mention['reposts']:,} reposts; no incident: {_why_none(mention, order)}"]
    incident = await api.get(f"/v1/incidents/{mention['incident_id']}")
    timeline = [row async for row in api.rows(f"/v1/incidents/{mention['incident_id']}/timeline")]
    changes = [row for row in timeline if row["type"] == "incident.grade_changed"]
    grade = f"{incident['grade']} {incident['grade_label']}" if incident["grade"] else "no grade 关注中"
    head = f"Incident {incident['number']} {incident['title']}: {grade}, spread 传播量 {incident['total']:,}"
    return [head, *map(_change, changes)] if changes else [head, "No grade was reached."]


def _change(event: dict[str, Any]) -> str:
    at = datetime.fromisoformat(event["at"]).astimezone(SHANGHAI)
    data = event["data"]
    grade = f"{data['to']} {data['label']}" if data["to"] else "no grade"
    return f"  {at:%m-%d %H:%M:%S}+08  {grade}  {data['reason']}"


def _why_none(mention: dict[str, Any], order: Order) -> str:
    named = {_same(span["word"]) for hit in mention["hits"] for span in hit["spans"]}
    if _same(order.brand) not in named:
        return f"the post's text does not name {order.brand!r}, so its watch rule does not hit."
    if mention["sentiment"] != "negative":
        return f"its sentiment is {mention['sentiment']}, and only negative mentions count; send it with --negative."
    return "it waits for a person."
