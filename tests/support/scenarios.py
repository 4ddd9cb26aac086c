"""Scenarios, as the tests of drills write them."""

from typing import Any
from uuid import uuid4

import httpx

from tests.support.api import brand, good

SCENARIOS = "/v1/scenarios"


def post(ref: str = "a", offset: int = 0, text: str = "{brand}喝出异物，{word}", **fields: Any) -> dict[str, Any]:
    """A negative post."""
    told = {"kind": "mention", "offset_seconds": offset, "ref": ref, "platform": "weibo", "text": text}
    return told | {"sentiment": "negative", "reposts": 1, "comments": 1, "likes": 1} | fields


def reading(ref: str = "a", offset: int = 60, **counters: int) -> dict[str, Any]:
    """A later look at it."""
    return {"kind": "reading", "offset_seconds": offset, "ref": ref} | (counters or {"likes": 9})


def report(ref: str = "m", offset: int = 120, **fields: Any) -> dict[str, Any]:
    """A report by an outlet that is listed in the drill."""
    outlet = {"name": "示例日报", "tier": "provincial", "domain": "daily.example.com"}
    return (
        post(ref, offset, "{brand}被指{word}") | {"kind": "media_report", "platform": "news", "outlet": outlet} | fields
    )


def expected(kind: str = "acknowledgement", by: int = 600, **fields: Any) -> dict[str, Any]:
    """A reaction that is expected."""
    return {"kind": kind, "by_seconds": by, "by": "公关值班", "text": "接警", "weight": 1} | fields


def body(**fields: Any) -> dict[str, Any]:
    """A scenario of an hour that reaches 三级(一般) after a minute and 一级(重大) after ten, with a brand of its own."""
    return {
        "key": f"test-{uuid4()}", "name": "测试剧本", "duration_seconds": 3_600, "brand": brand(), "negative_words": ["避雷"],
        "harm_class": "individual", "injects": [post(), reading(likes=12_000), reading(offset=600, likes=120_000)],
        "reactions": [expected()],
    } | fields  # fmt: skip


async def make_scenario(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """Stored."""
    return good(await client.post(SCENARIOS, json=body(**fields)), 201)  # type: ignore[no-any-return]
