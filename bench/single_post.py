"""One post a request, 64 connections: against an echo, and against one INSERT a request."""

from collections.abc import Iterator

from bench.figures import Figure, interleaved, middle, ratios
from bench.load import Load
from bench.machine import Machine
from bench.posts import MIXED, singles
from bench.seed import seed

SECONDS = 2.0
SEEDED = 100_000


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """No worker runs: what is accepted waits in the inbox, which grows as it would behind a slow worker."""
    with machine.site() as site:
        seed(site, SEEDED)
        bodies = singles(MIXED)
        ours = Load(site.folder, "ingest", "/v1/mentions", bodies, key=site.key)
        echoed = Load(site.folder, "echo", "/mentions", bodies)
        inserted = Load(site.folder, "one_insert", "/mentions", bodies, start=5_000_000_000)
        found = interleaved(
            rounds,
            ingest=ours.against(site.api(), SECONDS),
            echo=echoed.against(site.serve("bench.echo:app"), SECONDS),
            one_insert=inserted.against(site.serve("bench.one_insert:app"), SECONDS),
        )
    ingest, echo, one = (middle(found[name], "/s") for name in ("ingest", "echo", "one_insert"))
    yield Figure("single_post/echo", ratios(found, "ingest", "echo"), least=0.5, note=f"ingest {ingest}, echo {echo}")
    yield Figure(
        "single_post/one_insert", ratios(found, "ingest", "one_insert"), least=1.8,
        note=f"ingest {ingest}, one insert {one}",
    )  # fmt: skip


def with_worker(machine: Machine, rounds: int) -> Iterator[Figure]:
    """One worker counts meanwhile on the same cores. The clock runs until it has counted the last one."""
    with machine.site() as site:
        seed(site, SEEDED)
        bodies = singles(MIXED)
        api = site.api()
        site.worker()
        ours = Load(site.folder, "ingest", "/v1/mentions", bodies, key=site.key)
        accepted: list[float] = []

        def accept_and_count() -> float:
            report = ours.run(api.port, SECONDS)
            accepted.append(report["per_second"])
            return float(report["good"] / (report["seconds"] + site.drain()))

        echo = Load(site.folder, "echo", "/mentions", bodies).against(site.serve("bench.echo:app"), SECONDS)
        accept_and_count()
        found = interleaved(rounds, ingest=accept_and_count, echo=echo)
    yield Figure(
        "single_post_with_worker/echo", ratios(found, "ingest", "echo"), least=0.4,
        note=f"accepted and counted {middle(found['ingest'], '/s')}, accepted {middle(accepted, '/s')}, "
        f"echo {middle(found['echo'], '/s')}",
    )  # fmt: skip
