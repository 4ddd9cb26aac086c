"""The scenarios that the service is born with 内置演练剧本, as files beside this one that anybody can read and improve.

In a file a post stands with all its readings, one a line: ``"01:25 310 240 900 41000"`` is the time since the beginning, then
reposts, comments, likes and views, ``-`` for what the platform doesn't show. The company in them is made up.

The migration reads them once. A file that is changed later reaches services that are born after that; for those that live it
takes a migration which adds a version, and people's own versions stay the newest.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from app.domain.scenarios import COUNTERS, in_order, kept
from app.domain.vocabulary.scenarios import InjectKind

FOLDER: Final = Path(__file__).parent / "shipped_scenarios"
# Ids are the same wherever the service runs, so that people can talk about them.
_NAMESPACE: Final = UUID("2f6f3c51-0f6c-5b42-9a3d-6de1f6b9c7a4")
SHIPPED_BY: Final = "system:shipped"


def shipped() -> Iterator[dict[str, Any]]:
    """Each shipped scenario as the API would take it, with its key and the raises that its file states, by their keys."""
    for path in sorted(FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        injects = [inject for post in data["posts"] for inject in _injects(post)]
        content = {
            "description": "".join(data["description"].split("\n")), "duration_seconds": seconds(data["duration"]), "brand": data["brand"],
            "negative_words": data["negative_words"], "harm_class": data["harm_class"],
            "lessons": data["lessons"].strip(), "injects": injects,
            "reactions": [_reaction(one) for one in data["reactions"]],
        }  # fmt: skip
        stated = [(one["grade"], one["rule"], seconds(one["at"])) for one in data["reaches"]]
        yield {
            "key": path.stem, "name": data["name"], "reaches": stated, "content": in_order(content),
            "note": "随服务提供。",
        }  # fmt: skip


def seconds(time: str) -> int:
    """``"01:25"`` since the beginning."""
    hours, minutes = time.split(":")
    return int(hours) * 3_600 + int(minutes) * 60


def _injects(post: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    kind = InjectKind.MEDIA_REPORT if "outlet" in post else InjectKind.MENTION
    first, *later = map(_reading, post["readings"])
    told = {
        "kind": kind.value, "ref": post["ref"], "platform": post["platform"], "title": post.get("title"),
        "author": post["outlet"]["name"] if "outlet" in post else post["author"], "url": post.get("url"),
        "text": post["text"].strip(), "sentiment": post.get("sentiment", "negative"),
    }  # fmt: skip
    yield told | ({"outlet": post["outlet"]} if "outlet" in post else {}) | first
    for reading in later:
        yield {"kind": InjectKind.READING.value, "ref": post["ref"]} | reading


def _reading(line: str) -> dict[str, Any]:
    at, *counters = line.split()
    read = [None if one == "-" else int(one) for one in counters]
    return {"offset_seconds": seconds(at)} | dict(zip(COUNTERS, read, strict=True))


def _reaction(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": one["kind"], "task_kind": one.get("task_kind"), "by_seconds": seconds(one["by"]), "by": one["who"],
        "text": one["text"], "weight": one["weight"],
    }  # fmt: skip


def id_of(key: str) -> UUID:
    """The id of a shipped scenario."""
    return uuid5(_NAMESPACE, key)


def rows() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each as rows of both tables: the scenario, and its first version."""
    for one in shipped():
        id_ = id_of(one["key"])
        yield (
            {"id": id_, "key": one["key"], "name": one["name"], "latest_number": 1, "created_by": SHIPPED_BY},
            {
                "id": uuid5(id_, "1"), "scenario_id": id_, "number": 1, "content": kept(one["content"]), "note": one["note"],
                "created_by": SHIPPED_BY,
            },
        )  # fmt: skip
