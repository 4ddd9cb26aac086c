"""Batches of 500 posts: against the same batch validated and echoed, and against COPY."""

from collections.abc import Iterator

from bench import posts
from bench.figures import Figure, interleaved, middle, ratios
from bench.load import Load
from bench.machine import Machine
from bench.seed import seed

SIZE = 500
CONNECTIONS = 4
SECONDS = 2.0
SEEDED = 100_000


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """Four clients send batches one after another. No worker runs. Rates are posts a second."""
    with machine.site() as site:
        seed(site, SEEDED)
        bodies = posts.batch(SIZE)
        ours = Load(site.folder, "batch", "/v1/mention-batches", bodies, key=site.key, connections=CONNECTIONS)
        echoed = Load(site.folder, "batch_echo", "/mention-batches", bodies, connections=CONNECTIONS)
        copying = site.helper("bench.copying")
        found = interleaved(
            rounds,
            batch=ours.against(site.api(), SECONDS),
            echo=echoed.against(site.serve("bench.echo:app"), SECONDS),
            copy=lambda: copying.ask(bodies=str(ours.file), seconds=SECONDS)["per_second"],
        )
    ours_rate, echo_rate = ([SIZE * rate for rate in found[name]] for name in ("batch", "echo"))
    batch = f"posts in batches {middle(ours_rate, '/s')}"
    yield Figure(
        "batch/echo", ratios(found, "batch", "echo"), least=0.25, note=f"{batch}, echo {middle(echo_rate, '/s')}"
    )
    copied = [ours / copy for ours, copy in zip(ours_rate, found["copy"], strict=True)]
    yield Figure("batch/copy", copied, note=f"{batch}, COPY {middle(found['copy'], '/s')}")
