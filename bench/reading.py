"""Reading at 1,000,000 observations against the same at 100,000: 200 incidents of 500 minutes each in both."""

from collections.abc import Iterator
from contextlib import ExitStack

from bench.figures import Figure, interleaved, middle, ratios
from bench.load import Load
from bench.machine import Machine
from bench.seed import seed

SECONDS = 0.5
SIZES = {"large": 1_000_000, "small": 100_000}
# The last incident that was seeded.
INCIDENT = "select id::text from incidents order by id desc limit 1"
PATHS = {
    "window_query": "/v1/incidents/{incident}/spread",
    "mention_list": "/v1/mentions?limit=50",
    "mention_list_of_incident": "/v1/mentions?limit=50&incident_id={incident}",
}


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """One client, one request at a time; the ratio is that of the median latencies."""
    with ExitStack() as stack:
        loads: dict[str, dict[str, Load]] = {}
        ports: dict[str, int] = {}
        for size, mentions in SIZES.items():
            site = stack.enter_context(machine.site())
            seed(site, mentions)
            ports[size] = site.api().port
            incident = site.word(INCIDENT)
            loads[size] = {
                name: Load(site.folder, name, path.format(incident=incident), key=site.key, connections=1)
                for name, path in PATHS.items()
            }
        for name in PATHS:
            for size in SIZES:
                loads[size][name].run(ports[size], SECONDS)
            found = interleaved(
                rounds,
                **{
                    size: lambda size=size, name=name: float(loads[size][name].run(ports[size], SECONDS)["p50_ms"])
                    for size in SIZES
                },
            )
            note = f"{middle(found['large'], ' ms')}, {middle(found['small'], ' ms')}"
            yield Figure(f"reading/{name}", ratios(found, "large", "small"), most=1.5, note=note)
