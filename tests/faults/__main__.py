"""``make faults``: the clocks under kills, crashes, outages and wrong clocks, what is told before the fire under kills, and a
table of what was counted.

``--mutants`` takes what keeps the promises out, one by one, and shows that the scenarios notice.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from tests.faults.clocks import scenarios
from tests.faults.clocks.ground import Ground, prepared
from tests.faults.clocks.mutants import MUTANTS
from tests.faults.clocks.report import Report
from tests.faults.prevention import prevention
from tests.support.house import open_house
from tests.support.services import Run, missing_embedded, private_pair

Scenario = Callable[[Ground], Awaitable[Report]]
SCENARIOS: dict[str, Scenario] = {
    "calm": lambda ground: scenarios.calm(ground, 3_000, spread=20),
    "shifted": lambda ground: scenarios.shifted(ground, 600, spread=6),
    "held": lambda ground: scenarios.held(ground, 500, incidents=50, seconds=7),
    "cancels": lambda ground: scenarios.cancels(ground, 500, spread=20),
    "outage": lambda ground: scenarios.outage(ground, 1_000, seconds=30),
    "kills": lambda ground: scenarios.kills(ground, 3_000, kills=40, wave=80, seconds=2),
    "prevention": lambda ground: prevention(ground, fleets=(1, 2, 1, 2, 2, 2)),
}


class Outcome(NamedTuple):
    """What came of a scenario. A mutant's is as it should be when it is red."""

    name: str
    right: bool
    seconds: float
    report: Report


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every promise was kept; with ``--mutants``, when every mutant broke one and nothing else did."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--mutants", action="store_true", help="take SKIP LOCKED, the key, the lease ... out instead")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help=", ".join([*SCENARIOS, *MUTANTS]))
    chosen = parser.parse_args(arguments)
    known = MUTANTS if chosen.mutants else SCENARIOS
    if unknown := set(chosen.only) - known.keys():
        parser.error(f"--only takes {', '.join(known)}; not {', '.join(sorted(unknown))}")
    if (reason := missing_embedded()) is not None:
        parser.error(reason)
    _warn_of_company()
    signal.signal(signal.SIGTERM, _leave)
    run = Run.begin()
    try:
        outcomes = asyncio.run(_run([name for name in known if not chosen.only or name in chosen.only], chosen.mutants))
    finally:
        run.end()
    _show(outcomes)
    return 0 if all(outcome.right for outcome in outcomes) else 1


async def _run(names: Sequence[str], mutants: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    if not mutants:
        async with fresh() as ground:
            for name in names:
                outcomes.append(await _try(name, SCENARIOS[name], ground, red=False))
        return outcomes
    for name in names:
        mutant = MUTANTS[name]
        for title, scenario, red in (
            (f"{name}: whole", mutant.whole, False),
            (f"{name}: taken out", mutant.broken, True),
        ):
            async with fresh() as ground:
                outcomes.append(await _try(title, scenario, ground, red=red))
    return outcomes


@asynccontextmanager
async def fresh() -> AsyncIterator[Ground]:
    """Servers, a house and a ground of their own."""
    with tempfile.TemporaryDirectory(prefix="fenghuo-faults-") as log, private_pair(durable=True) as servers:
        async with open_house(servers, Path(log)) as house, prepared(house) as ground:
            yield ground


async def _try(name: str, scenario: Scenario, ground: Ground, *, red: bool) -> Outcome:
    print(f"{name} …", flush=True)
    began = time.monotonic()
    report = await scenario(ground)
    outcome = Outcome(name, bool(report.wrong) == red, time.monotonic() - began, report)
    _say(outcome)
    return outcome


def _say(outcome: Outcome) -> None:
    print(f"  asked:   {outcome.report.asked}")
    print(f"  counted: {', '.join(outcome.report.counted)}")
    for line in outcome.report.wrong:
        print(f"  broken:  {line}")
    sys.stdout.flush()


def _show(outcomes: Sequence[Outcome]) -> None:
    wide = max(len(outcome.name) for outcome in outcomes)
    print()
    for name, right, seconds, report in outcomes:
        kept = "broken" if report.wrong else "kept"
        print(f"{name:<{wide}}  {'ok' if right else 'FAILED':<6}  {seconds:6.1f} s  {kept:<6}  {report.asked}")
    print(f"{'all':<{wide}}  {'':<6}  {sum(outcome.seconds for outcome in outcomes):6.1f} s", flush=True)


def _warn_of_company() -> None:
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 4:
        print(f"faults: the machine was busy in the last minute (load {load:.1f}, {cores} cores): lags bear no company")


def _leave(number: int, _: FrameType | None) -> None:
    """SIGTERM unwinds like Ctrl-C, so that every process is ended."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
