"""A worker that counts when it is asked, and says how long it took."""

import time
from typing import Any

from bench.helper import Act, serve
from workers.context import Context
from workers.ingest import Counter


def acting(context: Context) -> Act:
    counter = Counter(context)

    async def act() -> dict[str, Any]:
        began = time.perf_counter()
        readings = await counter.sweep()
        return {"readings": readings, "seconds": time.perf_counter() - began}

    return act


if __name__ == "__main__":
    serve(acting)
