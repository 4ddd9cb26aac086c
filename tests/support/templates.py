"""Statement templates as tests make them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.support.api import brand, everything, good

TEMPLATES = "/v1/statement-templates"


def variable(name: str, type_: str = "text", **fields: Any) -> dict[str, Any]:
    """A blank with an example of its type."""
    examples = {
        "text": "示例牌牛奶", "number": "128", "date": "2026-11-23", "datetime": "2026-11-23T18:00:00+08:00", "money": "299.50",
        "url": "https://example.com/1", "phone": "400-800-1234", "list": "商超\n线上",
    }  # fmt: skip
    return {"name": name, "type": type_, "sample": examples[type_]} | fields


def ahead(**span: float) -> str:
    """An instant to come, as people type it: `ahead(hours=3)`."""
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


def body(**fields: Any) -> dict[str, Any]:
    """A good template of a kind that asks for little."""
    return {
        "name": brand(),
        "kind": "progress",
        "facts": "{{ 产品 }}已停售。",
        "variables": [variable("产品")],
    } | fields


async def make_template(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    return good(await client.post(TEMPLATES, json=body(**fields)), 201)  # type: ignore[no-any-return]


async def render(client: httpx.AsyncClient, template: dict[str, Any], /, **fields: Any) -> httpx.Response:
    return await client.post(f"{TEMPLATES}/{template['id']}/render", json=fields)


async def shipped(client: httpx.AsyncClient, key: str) -> dict[str, Any]:
    """One that came with the service."""
    return next(row for row in await everything(client, TEMPLATES) if row["key"] == key)
