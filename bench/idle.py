"""What the processes cost while nothing happens."""

import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.machine import Machine

SECONDS = 30.0
SETTLE_SECONDS = 5.0


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """Processor time of 30 s, in as many parts as there are rounds, as a share of one core."""
    with machine.site() as site:
        processes = {"api": site.api().process, "worker": site.worker()}
        time.sleep(SETTLE_SECONDS)
        used: dict[str, list[float]] = {name: [] for name in processes}
        for _ in range(rounds):
            before = {name: process.cpu_seconds() for name, process in processes.items()}
            began = time.monotonic()
            time.sleep(SECONDS / rounds)
            seconds = time.monotonic() - began
            for name, process in processes.items():
                used[name].append(100 * (process.cpu_seconds() - before[name]) / seconds)
    for name, shares in used.items():
        yield Figure(f"idle/{name}", shares, most=1.0, unit="%", note="CPU of one core")
