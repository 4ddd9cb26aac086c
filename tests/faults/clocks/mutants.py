"""What keeps the promises, taken out one by one: a scenario that stays green without it would prove nothing.

Each is tried whole first, in the same small form: red without a mutation would prove nothing either.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.faults.clocks import scenarios
from tests.faults.clocks.ground import Ground
from tests.faults.clocks.report import Report

Scenario = Callable[[Ground], Awaitable[Report]]


class Mutant(NamedTuple):
    """The shortest scenario that has to notice: as it is, and with a part taken out."""

    whole: Scenario
    broken: Scenario


def _held(*launch: str) -> Scenario:
    return lambda ground: scenarios.held(ground, 100, incidents=20, seconds=4, launch=launch, lags=False)


def _kills(*launch: str) -> Scenario:
    return lambda ground: scenarios.kills(
        ground, 200, kills=4, wave=100, seconds=1.5, launch=launch, patience=8, lags=False
    )  # fmt: skip


def _cancels(*launch: str) -> Scenario:
    options = ("--slow-look", "0.05", *launch)
    return lambda ground: scenarios.cancels(ground, 100, spread=5, launch=options, lags=False)


async def _without_key(ground: Ground) -> Report:
    await ground.pool.execute("alter table deadline_firings drop constraint pk_deadline_firings")
    return await scenarios.calm(ground, 100, spread=3, lags=False)


MUTANTS: dict[str, Mutant] = {
    "SKIP LOCKED": Mutant(_held(), _held("--without", "skip_locked")),
    "unique key": Mutant(lambda ground: scenarios.calm(ground, 100, spread=3, lags=False), _without_key),
    "lease": Mutant(_kills(), _kills("--without", "rescue")),
    "look under the lock": Mutant(_cancels(), _cancels("--without", "second_look")),
}
