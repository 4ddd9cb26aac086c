"""A worker that rings the clocks when it is asked, and says how long it took."""

import time
from typing import Any

from bench.helper import Act, serve
from workers.clocks import Clockwork
from workers.context import Context


def acting(context: Context) -> Act:
    clockwork = Clockwork(context)

    async def act() -> dict[str, Any]:
        began = time.perf_counter()
        rung = await clockwork.sweep()
        return {"rung": rung, "seconds": time.perf_counter() - began}

    return act


if __name__ == "__main__":
    serve(acting)
