"""The trial 试运行 (方案 三, R70): a state with a reason, on record, in which nothing passes for the real thing."""

from datetime import datetime

from sqlalchemy import exists, or_, select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import TrialEnded, TrialStarted
from app.models import TrialPeriod
from app.models.base import new_id


async def is_trial(tx: Tx, starts_at: datetime, ends_at: datetime | None = None) -> bool:
    """Whether there was a trial at the instant; with ``ends_at``, at any instant of the span."""
    last = starts_at if ends_at is None else ends_at
    within = TrialPeriod.starts_at <= last, or_(TrialPeriod.ends_at.is_(None), TrialPeriod.ends_at > starts_at)
    return bool(await tx.scalar(select(exists().where(*within))))


async def running(tx: Tx) -> TrialPeriod | None:
    """The trial that goes on, where there is one."""
    return (await tx.scalars(select(TrialPeriod).where(TrialPeriod.ends_at.is_(None)))).one_or_none()


async def switch(tx: Tx, on: bool, reason: str, *, caller: Caller, now: datetime) -> bool:
    """Begins or ends the trial; False where it is so already. The programme's row is locked."""
    trial = await running(tx)
    if on == (trial is not None):
        return False
    if trial is None:
        trial = TrialPeriod(id=new_id(), starts_at=now, reason=reason, end_reason="", started_by=caller.actor)
        tx.add(trial)
        await record(tx, TrialStarted(trial_id=trial.id, reason=reason), caller=caller)
        return True
    trial.ends_at, trial.ended_by, trial.end_reason = max(now, trial.starts_at), caller.actor, reason
    await record(tx, TrialEnded(trial_id=trial.id, started_at=trial.starts_at, reason=reason), caller=caller)
    return True
