"""The clocks in their short form; `make faults` is the long one, and it alone is held to how late they may be."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.clocks import scenarios
from tests.faults.clocks.ground import Ground, prepared
from tests.faults.prevention import prevention
from tests.support.house import House


@pytest.fixture(scope="module")
async def ground(house: House) -> AsyncIterator[Ground]:
    async with prepared(house) as ready:
        yield ready


async def test_two_workers_ring_everything_once_and_never_early_whatever_time_they_believe_it_is(
    ground: Ground,
) -> None:
    assert not (await scenarios.shifted(ground, 200, spread=3, lags=False)).wrong


async def test_an_acknowledged_cancel_never_rings(ground: Ground) -> None:
    assert not (await scenarios.cancels(ground, 100, spread=5, lags=False)).wrong


async def test_killed_workers_a_crash_and_a_flushed_redis_lose_nothing_and_double_nothing(ground: Ground) -> None:
    report = await scenarios.kills(ground, 200, kills=6, wave=100, seconds=2, lags=False)
    assert not report.wrong, report.counted


async def test_workers_killed_while_they_play_a_drill_and_tell_what_is_amiss_lose_nothing_and_double_nothing(
    ground: Ground,
) -> None:
    report = await prevention(ground, fleets=(1, 1))
    assert not report.wrong, report.counted
