"""A company as coverage is reckoned of: made up at random within a transaction that is never committed, and counted anew in
plain Python from the same rows."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from app.core.db import Database, Tx
from app.domain.trainings import Result, Rule, Share, gap
from app.domain.worktime import day_of

BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
_DEPARTMENT = "insert into departments(id, name, kind) values (:id, :name, 'business')"
_PERSON = "insert into people(id, name, created_at) values (:id, '张三', :at)"
_TRAINING = """
insert into trainings(id, title, mandatory, created_at, created_by, updated_at)
values (:id, '课程', true, now(), 'test', now())"""
_PERIOD = """
insert into roster_periods(person_id, department_id, starts_at, ends_at)
values (:person, :department, :starts_at, :ends_at)"""
_VERSION = """
insert into training_versions(id, training_id, number, starts_at, ends_at, department_ids, mandatory, validity_months,
  validity_days, pass_mark, retired, by)
values (gen_random_uuid(), :training, :number, :starts_at, :ends_at, :department_ids, :mandatory, :validity_months,
  :validity_days, :pass_mark, :retired, 'test')"""
_RESULT = """
insert into training_completions(id, training_id, person_id, completed_on, score, passed, recorded_at, recorded_by, updated_at,
  withdrawn_at)
values (gen_random_uuid(), :training, :person, :completed_on, :score, :passed, now(), 'test', now(), :withdrawn_at)
on conflict do nothing"""


@asynccontextmanager
async def undone(database: Database) -> AsyncIterator[Tx]:
    """A transaction of which nothing is kept: what is made up in it is nobody else's figure."""
    async with database.transaction() as tx:
        yield tx
        await tx.rollback()


async def make_up(tx: Tx, people: int, courses: int, results: int, *, seed: int) -> None:
    """People who come, move and leave, courses that change, and results of all kinds."""
    dice = random.Random(seed)
    departments, persons, trainings = ([uuid4() for _ in range(n)] for n in (4, people, courses))
    for statement, rows in (
        (_DEPARTMENT, [{"id": id_, "name": f"部门{id_}"} for id_ in departments]),
        (_PERSON, [{"id": id_, "at": BEGUN} for id_ in persons]),
        ("delete from roster_periods where person_id = :id", [{"id": id_} for id_ in persons]),
        (_TRAINING, [{"id": id_} for id_ in trainings]),
        (_PERIOD, [row for id_ in persons for row in _stays(dice, id_, departments)]),
        (_VERSION, [row for id_ in trainings for row in _versions(dice, id_, departments)]),
        (_RESULT, [_result(dice, dice.choice(trainings), dice.choice(persons)) for _ in range(results)]),
    ):
        await tx.execute(text(statement), rows)


def _moment(dice: random.Random, after: datetime = BEGUN) -> datetime:
    return after + timedelta(hours=dice.randrange(1, 10_000))


def _stays(dice: random.Random, person: UUID, departments: list[UUID]) -> Iterator[dict[str, Any]]:
    at = _moment(dice, BEGUN - timedelta(days=400))
    for left in range(dice.randrange(1, 4), 0, -1):
        end = None if left == 1 and dice.random() < 0.7 else _moment(dice, at)
        yield {"person": person, "department": dice.choice([*departments, None]), "starts_at": at, "ends_at": end}
        if end is not None:
            at = end if dice.random() < 0.6 else _moment(dice, end)


def _versions(dice: random.Random, training: UUID, departments: list[UUID]) -> Iterator[dict[str, Any]]:
    at = _moment(dice, BEGUN - timedelta(days=400))
    for number in range(1, 4):
        end = _moment(dice, at) if number < 3 else None
        some = dice.sample(departments, dice.randrange(1, 4))
        yield {
            "training": training, "number": number, "starts_at": at, "ends_at": end,
            "department_ids": dice.choice([None, some, some]), "mandatory": dice.random() < 0.8,
            "validity_months": 12 if training.int % 3 == 0 else None,
            "validity_days": dice.choice([90, 300]) if training.int % 3 == 1 else None,
            "pass_mark": dice.choice([None, 60, 80.5]), "retired": dice.random() < 0.1,
        }  # fmt: skip
        at = end or at


def _result(dice: random.Random, training: UUID, person: UUID) -> dict[str, Any]:
    return {
        "training": training, "person": person, "completed_on": day_of(_moment(dice)),
        "score": dice.choice([None, 59.5, 60.0, 80.5, 100.0]), "passed": dice.choice([None, None, True, False]),
        "withdrawn_at": BEGUN if dice.random() < 0.05 else None,
    }  # fmt: skip


def _holds(row: Any, at: datetime) -> bool:
    return bool(row["starts_at"] <= at and (row["ends_at"] is None or row["ends_at"] > at))


async def recount(tx: Tx, instants: Sequence[datetime]) -> list[tuple[dict[Any, Share], set[Any]]]:
    """Shares by department and who lacks which course why, at each moment, one person and course after the other."""
    periods = (await tx.execute(text("select * from roster_periods"))).mappings().all()
    versions = (await tx.execute(text("select * from training_versions"))).mappings().all()
    results: dict[Any, list[Result]] = defaultdict(list)
    for row in (await tx.execute(text("select * from training_completions where withdrawn_at is null"))).mappings():
        result = Result(row["completed_on"], row["score"], row["passed"])
        results[row["person_id"], row["training_id"]].append(result)

    counted = []
    for at in instants:
        rules = [
            (row["training_id"], Rule(
                None if row["department_ids"] is None else frozenset(row["department_ids"]), row["mandatory"],
                row["validity_months"], row["validity_days"], row["pass_mark"], row["retired"],
            ))
            for row in versions if _holds(row, at)
        ]  # fmt: skip
        covered: dict[Any, list[bool]] = defaultdict(list)
        missing = set()
        for row in periods:
            if not _holds(row, at):
                continue
            person, where = row["person_id"], row["department_id"]
            gaps = {(person, where, training, why) for training, rule in rules if rule.asks(where)
                    if (why := gap(rule, results[person, training], day_of(at)))}  # fmt: skip
            covered[where].append(not gaps)
            missing |= gaps
        counted.append(({where: Share(sum(all_), len(all_)) for where, all_ in covered.items()}, missing))
    return counted
