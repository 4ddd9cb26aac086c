"""The posts that are sent, and those that are there before: of 200 brands, one rule and one incident each."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.load import COUNTER

BRANDS = 200
COMPLAINTS = range(BRANDS)
# Every second one is a complaint.
MIXED = range(4 * BRANDS)
NEGATIVE_WORDS = ["投诉", "差评", "避雷", "异物", "失望"]
_TEXTS = (
    "{brand}牛奶喝出异物，客服不理，投诉了三天没有人回复，避雷！大家买之前看看生产日期。",
    "今天在超市看到{brand}的新品，包装挺好看的，价格也还可以，先买两盒尝尝再来说味道。",
    "{brand}的售后太让人失望了：打了五次电话，每次都说会有人联系，差评，不会再买了。",
    "跟朋友出去野餐带了{brand}酸奶，天气很好，拍了好多照片，晚上回来整理一下发出来。",
)


def brand(number: int) -> str:
    """The brand that a post of this number is about, and the only word of its rule."""
    return f"示例品牌{number % BRANDS:03d}号"


def text(number: int) -> str:
    """What the post says. Numbers below 200 complain."""
    return _TEXTS[number // BRANDS % len(_TEXTS)].format(brand=brand(number))


def post(number: int, prefix: str, *, hours_ago: float = 1.0) -> dict[str, Any]:
    """A post as tools send them; its id ends in a number that the generator puts in."""
    read_at = datetime.now(UTC) - timedelta(hours=hours_ago)
    return {
        "platform": "weibo", "external_id": f"{prefix}{COUNTER}", "url": f"https://weibo.com/{number}/OAbCdEfGh",
        "author": f"示例用户{number}", "text": text(number),
        "published_at": (read_at - timedelta(minutes=20 + number % 40)).isoformat(timespec="seconds"),
        "observed_at": read_at.isoformat(timespec="seconds"),
        "reposts": 3 + number % 5, "comments": 2 + number % 7, "likes": 4 + number % 11, "views": 5100 + number,
    }  # fmt: skip


def singles(numbers: Iterable[int], prefix: str = "new", *, hours_ago: float = 1.0) -> list[str]:
    """Bodies of one post each."""
    return [json.dumps(post(number, prefix, hours_ago=hours_ago), ensure_ascii=False) for number in numbers]


def batch(size: int, prefix: str = "new") -> list[str]:
    """A body of ``size`` posts."""
    items = [post(number, prefix) for number in range(size)]
    return [json.dumps({"items": items}, ensure_ascii=False)]
