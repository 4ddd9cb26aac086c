"""Notes and the inbox, as tests use them."""

from typing import Any

import httpx

from tests.support.acts import URL
from tests.support.api import good


async def send(
    client: httpx.AsyncClient, incident_id: str, *, headers: dict[str, str] | None = None, **fields: Any
) -> httpx.Response:
    """A note on an incident; its text is 收到 unless `body` says more."""
    return await client.post(f"{URL}/{incident_id}/notes", json={"body": "收到"} | fields, headers=headers)


async def note(
    client: httpx.AsyncClient, incident_id: str, *, headers: dict[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """The note, once it is written."""
    return good(await send(client, incident_id, headers=headers, **fields), 201)  # type: ignore[no-any-return]
