"""From the POST of a complaint to its signed webhook, verified, on an idle machine: API, worker and receiver run."""

from collections.abc import Iterator

from bench.figures import Figure
from bench.machine import Machine

POSTS = 100
WARM_UP = 20


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """A hundred posts a round, one after another."""
    with machine.site() as site:
        api, pinging = site.api(), site.helper("bench.pinging")
        site.worker()
        pinging.ask(url=api.url, key=site.key, times=WARM_UP)
        taken = [sorted(pinging.ask(url=api.url, key=site.key, times=POSTS)["milliseconds"]) for _ in range(rounds)]
    for name, place, most in (("p50", POSTS // 2, 25.0), ("p99", POSTS * 99 // 100 - 1, 60.0)):
        yield Figure(f"latency/{name}", [samples[place] for samples in taken], most=most, unit="ms")
