"""``python -m bench [--only SECTION ...] [--rounds N] [--json]``: the figures as a table, or as JSON lines."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from bench import batch, deliveries, idle, kpis, latency, processing, reading, reports, screens, single_post, sweeping
from bench.figures import Figure, table
from bench.load import binary
from bench.machine import Machine

SECTIONS: dict[str, Callable[[Machine, int], Iterator[Figure]]] = {
    "single_post": single_post.figures,
    "single_post_with_worker": single_post.with_worker,
    "batch": batch.figures,
    "processing": processing.figures,
    "latency": latency.figures,
    "reading": reading.figures,
    "screens": screens.figures,
    "kpis": kpis.figures,
    "reports": reports.figures,
    "deliveries": deliveries.figures,
    "sweeping": sweeping.figures,
    "idle": idle.figures,
}


def main() -> int:
    """0 when every target was met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(SECTIONS), metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each measurement (default 7)")
    parser.add_argument("--json", action="store_true", help="one JSON line a figure instead of the table")
    chosen = parser.parse_args()
    if chosen.rounds < 1:
        parser.error("--rounds must be at least 1")
    _warn_of_company()
    found: list[Figure] = []
    try:
        binary()
        with Machine() as machine:
            for name in chosen.only or SECTIONS:
                for figure in SECTIONS[name](machine, chosen.rounds):
                    found.append(figure)
                    if chosen.json:
                        print(figure.line(), flush=True)
    except RuntimeError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    if not chosen.json:
        print(table(found))
    return 0 if all(figure.good is not False for figure in found) else 1


def _warn_of_company() -> None:
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 4:
        print(f"bench: the machine was busy in the last minute (load {load:.1f}, {cores} cores)", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
