"""People with an inbox, as tests read them."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.api import good
from tests.support.people import bearer, make_key, make_person
from tests.support.queries import statements

URL = "/v1/me/inbox"
READ = f"{URL}/read"


@dataclass
class Somebody:
    """A person with a key of their own."""

    id: str
    headers: dict[str, str]
    bare: httpx.AsyncClient

    async def inbox(self, **query: Any) -> dict[str, Any]:
        return good(await self.bare.get(URL, params=query, headers=self.headers))  # type: ignore[no-any-return]

    async def pages(self, **query: Any) -> list[dict[str, Any]]:
        """All of it, page by page."""
        pages = [await self.inbox(**query)]
        while pages[-1]["has_more"]:
            pages.append(await self.inbox(**query, cursor=pages[-1]["next_cursor"]))
        return pages

    async def entries(self, **query: Any) -> list[dict[str, Any]]:
        return (await self.inbox(**query))["data"]  # type: ignore[no-any-return]

    async def badges(self, **query: Any) -> dict[str, int]:
        return (await self.inbox(**query))["badges"]  # type: ignore[no-any-return]

    async def read(self, up_to: str) -> httpx.Response:
        return await self.bare.put(READ, json={"up_to": up_to}, headers=self.headers)


async def join(client: httpx.AsyncClient, bare: httpx.AsyncClient, *scopes: str, **fields: Any) -> Somebody:
    """A new person who may read incidents, and these scopes."""
    scopes = ("incidents:read", *scopes)
    person = await make_person(client, *scopes, **fields)
    key = await make_key(client, *scopes, person_id=person["id"])
    return Somebody(person["id"], bearer(key["key"]), bare)


async def statements_of(bare: httpx.AsyncClient, asking: Awaitable[object]) -> int:
    """With how many statements the API answers; looking up who asks is none of them."""
    with statements(bare._transport.app) as sent:  # type: ignore[attr-defined]
        await asking
    assert sent
    return len(sent)
