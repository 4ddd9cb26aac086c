"""Counting, from accepted to graded, by one worker: at 500,000 mentions and 200 incidents of 500 minutes each."""

from collections.abc import Iterator

from bench.figures import Figure, middle
from bench.load import Load
from bench.machine import Helper, Machine, Server, Site
from bench.posts import BRANDS, COMPLAINTS, MIXED, singles
from bench.seed import seed

PATH = "/v1/mentions"
MENTIONS = 500_000
SECONDS = 2.0
KINDS = ("new", "re-reading", "joining", "hot")


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """Each round accepts single posts for two seconds and then counts them: new ones, every second a complaint;
    re-readings of seeded ones; new ones that all join an incident, which is the costly case; and the same, all the
    same incident's."""
    with machine.site() as site:
        seed(site, MENTIONS)
        loads = {
            "new": Load(site.folder, "new", PATH, singles(MIXED), key=site.key),
            "re-reading": Load(site.folder, "again", PATH, singles(COMPLAINTS, "seed"), key=site.key),
            "joining": Load(site.folder, "joining", PATH, singles(COMPLAINTS, "join"), key=site.key),
            "hot": Load(site.folder, "hot", PATH, singles([0], "hot"), key=site.key),
        }
        api, counting = site.api(), site.helper("bench.counting")
        accepted: dict[str, list[float]] = {kind: [] for kind in KINDS}
        counted: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for turn in range(rounds + 1):
            for kind, load in loads.items():
                rates = _round(site, api, counting, load)
                if turn:
                    accepted[kind].append(rates[0])
                    counted[kind].append(rates[1])
    for kind in ("new", "re-reading"):
        samples = [done / taken for done, taken in zip(counted[kind], accepted[kind], strict=True)]
        yield Figure(f"processing/{kind}", counted[kind], least=5_000, unit="/s")
        yield Figure(f"processing/{kind}/accepted", samples, least=1.3, note=f"accepted {middle(accepted[kind], '/s')}")
    yield Figure("processing/joining", counted["joining"], unit="/s")
    yield Figure(
        f"processing/hot_incident/{BRANDS}_incidents",
        [hot / spread for hot, spread in zip(counted["hot"], counted["joining"], strict=True)],
        least=0.8, note=f"hot {middle(counted['hot'], '/s')}",
    )  # fmt: skip


def _round(site: Site, api: Server, counting: Helper, load: Load) -> tuple[float, float]:
    """Readings accepted and counted, each a second."""
    report = load.run(api.port, SECONDS)
    done = counting.ask()
    if done["readings"] != report["good"] or site.ask("select count(*) from inbox"):
        raise RuntimeError(f"{report['good']} readings were accepted and {done['readings']} counted")
    return float(report["per_second"]), done["readings"] / done["seconds"]
