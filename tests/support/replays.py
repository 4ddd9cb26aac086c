"""Replays in tests: asked for over HTTP, played by a worker of this process."""

from typing import Any

import httpx

from app.core.db import Database
from tests.support.api import good
from workers.replays import Replayer

REPLAYS = "/v1/metrics/replays"


async def replayed(client: httpx.AsyncClient, database: Database, **body: Any) -> dict[str, Any]:
    """What a replay says, once it is done."""
    asked = good(await client.post(REPLAYS, json=body), 201)
    assert (asked["state"], asked["progress"], asked["result"]) == ("queued", 0, None)
    replayer = Replayer(database)
    while await replayer.sweep():
        pass
    done = good(await client.get(f"{REPLAYS}/{asked['id']}"))
    assert (done["state"], done["progress"]) == ("done", 100), done
    return done["result"]  # type: ignore[no-any-return]
