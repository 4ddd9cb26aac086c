"""``make contract``: every gate of the contract, and a table of what came of it.

``--quick`` is what CI runs: a few thousand cases instead of 20,000. Clients are made only where the document changed.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import FrameType
from typing import NamedTuple

from tests.contract import clients, fuzzing, linting, rounds
from tests.contract.service import Service, running
from tests.contract.tools import Failed, Skipped, python, sweep


class Gate(NamedTuple):
    """One gate: what it says when it is open; Failed or Skipped with the reason otherwise."""

    name: str
    enter: Callable[[], str]


class Outcome(NamedTuple):
    name: str
    result: str
    seconds: float
    says: str


CLIENTS = (
    Gate("hey-api, tsc --strict", clients.hey_api),
    Gate("openapi-typescript, tsc --strict", clients.openapi_typescript),
    Gate("orval, tsc --strict", clients.orval),
    Gate("openapi-python-client, mypy --strict", clients.openapi_python_client),
    Gate("openapi-generator python", clients.generator_python),
    Gate("openapi-generator typescript-fetch", clients.generator_typescript),
)


class Lazy:
    """A service that is started by whoever needs it first."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._started: Service | None = None

    def __call__(self) -> Service:
        if self._started is None:
            self._started = self._stack.enter_context(running())
        return self._started


def linters(*, quick: bool) -> tuple[Gate, ...]:
    """What reads the document alone."""
    return (
        Gate("Spectral (oas)", lambda: linting.spectral(quick=quick)),
        Gate("Spectral (OWASP)", linting.owasp),
        Gate("Redocly (recommended-strict)", linting.redocly),
    )


def fuzzed(service: Callable[[], Service], *, quick: bool) -> tuple[Gate, ...]:
    """What asks the service everything."""
    return (Gate("schemathesis", lambda: fuzzing.fuzz(service(), quick=quick)),)


def trips(service: Callable[[], Service]) -> tuple[Gate, ...]:
    """What needs the service and the clients that were made."""
    return (
        Gate("round trip, hey-api", lambda: rounds.typescript(service())),
        Gate("round trip, openapi-python-client", lambda: rounds.python(service())),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 when a gate is shut, 0 otherwise. What was skipped is said."""
    parser = argparse.ArgumentParser(prog="make contract", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few thousand cases of schemathesis instead of 20,000")
    parser.add_argument("--only", default="", help="only gates with this word in their name")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _leave)

    def through(gates: Sequence[Gate]) -> list[Outcome]:
        return [_try(gate) for gate in gates if chosen.only.lower() in gate.name.lower()]

    # Whoever comes first would install them, and both lanes need them.
    python()
    began = time.monotonic()
    with ExitStack() as stack:
        questioned, travelled = Lazy(stack), Lazy(stack)
        # Questions to the service take about as long as making and compiling the clients: at the same time, then.
        with ThreadPoolExecutor(1) as lane:
            asking = lane.submit(through, fuzzed(questioned, quick=chosen.quick))
            outcomes = through((*linters(quick=chosen.quick), *CLIENTS))
            outcomes += asking.result()
        # On a service that was asked nothing else: rules that questions left behind would take the posts.
        outcomes += through(trips(travelled))
    sweep()
    _show(outcomes, time.monotonic() - began)
    return 1 if not outcomes or any(outcome.result == "FAILED" for outcome in outcomes) else 0


def _try(gate: Gate) -> Outcome:
    print(f"{gate.name} …", flush=True)
    began, result = time.monotonic(), "ok"
    try:
        says = gate.enter()
    except Skipped as reason:
        result, says = "SKIPPED", str(reason)
        print(f"  skipped: {says}", flush=True)
    except Failed as fault:
        result, says = "FAILED", str(fault).partition("\n")[0]
        print(fault, flush=True)
    return Outcome(gate.name, result, time.monotonic() - began, says)


def _show(outcomes: list[Outcome], seconds_in_all: float) -> None:
    wide = max((len(outcome.name) for outcome in outcomes), default=0)
    print()
    for name, result, seconds, says in outcomes:
        print(f"{name:<{wide}}  {result:<7}  {seconds:6.1f} s  {says[:120]}")
    print(f"{'all':<{wide}}  {'':<7}  {seconds_in_all:6.1f} s", flush=True)


def _leave(number: int, _: FrameType | None) -> None:
    """SIGTERM unwinds like Ctrl-C, so that the service is stopped."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
