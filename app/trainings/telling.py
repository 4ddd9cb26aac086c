"""What is told of trainings by itself: completions that end soon, and coverage that fell below the target (R07).

Each is told in the transaction that marks it as told: once, however many workers look, and late rather than never.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text, update

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import Event, TrainingCoverageBelowTarget, TrainingValidityEnding
from app.domain.trainings import Share, fell
from app.models import CoverageWatch, TrainingCompletion
from app.models.base import new_id
from app.trainings.coverage import PASSES, UNTIL, coverage_at, settings_at

PORTION: Final = 500
TOLD_AT_ONCE: Final = 100
_WATCH: Final = "training coverage"

# Of people who are asked for the course now: the newest completion of each. One that was over when it was entered, or when the
# course began to ask for it, was never about to end.
_ENDING: Final = text(f"""
with told as (select (timezone('Asia/Shanghai', cast(:now as timestamptz)))::date as today),
ending as (
  select c.id, c.training_id, c.person_id, {UNTIL} as ends_on, greatest(c.recorded_at, v.starts_at) as known_at
  from training_versions v
  join training_completions c on c.training_id = v.training_id and c.told_at is null and c.withdrawn_at is null
    and {PASSES}
  join roster_periods p on p.person_id = c.person_id and p.ends_at is null
    and (v.department_ids is null or p.department_id = any(v.department_ids))
  where v.ends_at is null and v.mandatory and not v.retired and num_nonnulls(v.validity_months, v.validity_days) > 0
    and not exists (select from training_completions n where n.training_id = c.training_id
      and n.person_id = c.person_id and n.withdrawn_at is null and n.completed_on > c.completed_on
      and {PASSES.replace("c.", "n.")}))
select c.id, c.training_id, c.person_id, e.ends_on, greatest(
  e.known_at, timezone('Asia/Shanghai', (e.ends_on - cast(:days as integer))::timestamp)) as due_at
from training_completions c join ending e on e.id = c.id, told
where c.told_at is null and c.withdrawn_at is null
  and e.ends_on - cast(:days as integer) <= told.today and e.ends_on >= (timezone('Asia/Shanghai', e.known_at))::date
order by c.training_id, e.ends_on, c.id limit {PORTION} for update of c skip locked""")


async def tell_ending(tx: Tx) -> int:
    """Tells of completions of mandatory courses that end soon, some at a time; how many. Each is told of once; one event
    tells of those of one course that end on one day."""
    now = await tx.now()
    days = (await settings_at(tx, now)).remind_days_before
    await tx.plan_anew()
    rows = (await tx.execute(_ENDING, {"now": now, "days": days})).all()
    if not rows:
        return 0
    told = update(TrainingCompletion).where(TrainingCompletion.id.in_([row.id for row in rows])).values(told_at=now)
    await tx.execute(told)
    groups: dict[tuple[UUID, date], list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.training_id, row.ends_on].append(row)
    events: list[Event] = [
        _ending(training_id, ends_on, group[begin : begin + TOLD_AT_ONCE], now)
        for (training_id, ends_on), group in groups.items()
        for begin in range(0, len(group), TOLD_AT_ONCE)
    ]
    await record(tx, *events, caller=SYSTEM)
    return len(rows)


def _ending(training_id: UUID, ends_on: date, rows: Sequence[Any], now: datetime) -> TrainingValidityEnding:
    late = max((now - row.due_at).total_seconds() for row in rows)
    return TrainingValidityEnding(
        training_id=training_id, ends_on=ends_on, completion_ids=[row.id for row in rows],
        person_ids=[row.person_id for row in rows], late_by_seconds=max(int(late), 0),
    )  # fmt: skip


async def tell_coverage(tx: Tx) -> int:
    """Tells of each department, and of the company, whose coverage fell below the target since it was looked at last; how
    many. Whoever rose to the target since is told of again when they fall again."""
    if not await tx.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(_WATCH, 0)))):
        return 0
    now = await tx.now()
    rows = await tx.scalars(select(CoverageWatch).execution_options(populate_existing=True))
    watches = {watch.department_id: watch for watch in rows}
    if None in watches and watches[None].looked_at >= now:
        return 0
    target = (await settings_at(tx, now)).target_percent
    [coverage] = await coverage_at(tx, [now])
    shares: Mapping[UUID | None, Share] = {
        **dict(sorted((id_, share) for id_, share in coverage.departments.items() if id_ is not None)),
        None: coverage.company,
    }  # fmt: skip
    events: list[Event] = []
    for id_, share in shares.items():
        watch = watches.get(id_)
        was_below = watch is not None and watch.below
        below = bool(fell(share, target, was_below))
        if watch is None:
            tx.add(CoverageWatch(id=new_id(), department_id=id_, below=below, looked_at=now))
        elif watch.below != below or id_ is None:
            watch.below, watch.looked_at = below, now
        if below and not was_below and share.percent is not None:
            events.append(
                TrainingCoverageBelowTarget(
                    department_id=id_, covered=share.covered, roster=share.roster, percent=share.percent,
                    target_percent=target,
                )
            )  # fmt: skip
    await record(tx, *events, caller=SYSTEM)
    return len(events)
