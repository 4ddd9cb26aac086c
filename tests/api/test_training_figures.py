"""Coverage as it is reckoned in the database is coverage as the rule says it, counted one by one; and it is quick."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.trainings import judged_at
from app.domain.worktime import day_of
from app.trainings.coverage import coverage_at, missing_at, standings_at
from tests.support.coverage import make_up, recount, undone


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_the_database_reckons_is_what_the_rule_says(database, seed):
    now = datetime.now(UTC)
    days = [day_of(now) - timedelta(days=back) for back in (0, 1, 40, 150, 400, 700, 1_000)]
    instants = [judged_at(day, now) for day in days]
    async with undone(database) as tx:
        await make_up(tx, 60, 4, 1_500, seed=seed)
        counted = await recount(tx, instants)
        assert any(missing for _, missing in counted)
        assert any(share.covered for shares, _ in counted for share in shares.values())
        found = await coverage_at(tx, instants)
        assert [dict(coverage.departments) for coverage in found] == [shares for shares, _ in counted]
        for at, (shares, missing) in zip(instants, counted, strict=True):
            rows = await missing_at(tx, at, limit=10_000)
            assert {(row.person_id, row.department_id, row.training_id, row.gap) for row in rows} == missing
            people = await standings_at(tx, at)
            assert len(people) == sum(share.roster for share in shares.values())
            assert {person.person_id for person in people if not person.covered} == {row[0] for row in missing}


async def test_a_thousand_people_and_twenty_courses_are_reckoned_at_once(database):
    now = datetime.now(UTC)
    async with undone(database) as tx:
        await make_up(tx, 1_000, 20, 20_000, seed=7)
        slowest = 0.0
        for number in (1, 31, 366):
            begun = time.monotonic()
            await coverage_at(tx, [now - timedelta(days=back) for back in range(number)])
            slowest = max(slowest, time.monotonic() - begun)
        begun = time.monotonic()
        await missing_at(tx, now, limit=51)
        assert max(slowest, time.monotonic() - begun) < 1, "a tenth of it on a machine to itself"
