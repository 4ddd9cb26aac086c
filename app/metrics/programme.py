"""The roll-out 推进计划 as people set it, with its checks from live data (方案 三, R01, R66-R74), and its trial (R70)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Invalid
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.programme import REMARK, aimed_on, dated, light_of
from app.domain.vocabulary.quality import Light
from app.domain.wording import mask_text
from app.domain.worktime import day_of
from app.incidents.opening import active_policy_id
from app.metrics import trials
from app.metrics.programme_facts import Facts
from app.models import Programme, SlaPolicy, TrialPeriod
from app.models.base import columns_of

MOST_TRIALS = 50


async def get_programme(tx: Tx, *, lock: bool = False) -> Programme:
    """What people set of it: one row."""
    query = select(Programme).execution_options(populate_existing=True)
    return (await tx.scalars(query.with_for_update() if lock else query)).one()


async def set_programme(
    tx: Tx, fields: Mapping[str, Any], *, reason: str, expected: Expected = ANY, caller: Caller, now: datetime
) -> Programme:
    """Sets all of it. Invalid where a trial begins or ends without a reason."""
    row = await get_programme(tx, lock=True)
    expected.meet(row.version)
    changed = [] if row.started_on == fields["started_on"] else ["started_on"]
    row.started_on = fields["started_on"]
    if await _confirm(tx, row, fields["policies_confirmed"], caller=caller, now=now):
        changed.append("policies_confirmed")
    if fields["is_trial"] != (await trials.running(tx) is not None) and not reason.strip():
        raise Invalid.at("/reason", "is needed to begin or end a trial: it stands on record", "reason_needed")
    if await trials.switch(tx, fields["is_trial"], reason, caller=caller, now=now):
        changed.append("is_trial")
    if changed:
        touch(row, now)
        event = Changed(subject="programme", subject_id=str(row.id), action="updated", fields=sorted(changed))
        await record(tx, event, caller=caller)
    return row


async def _confirm(tx: Tx, row: Programme, confirmed: bool, *, caller: Caller, now: datetime) -> bool:
    """Notes that the policies in force are the company's own choice, or takes that back; whether that changed anything."""
    before = row.grading_policy_id, row.sla_policy_id
    if not confirmed:
        row.grading_policy_id = row.sla_policy_id = row.confirmed_at = row.confirmed_by = None
        return before != (None, None)
    grading_id = await active_policy_id(tx)
    sla_id = (await tx.scalars(select(SlaPolicy.id).where(SlaPolicy.active))).one()
    if before == (grading_id, sla_id):
        return False
    row.grading_policy_id, row.sla_policy_id = grading_id, sla_id
    row.confirmed_at, row.confirmed_by = now, caller.actor
    return True


async def show(tx: Tx, now: datetime) -> dict[str, Any]:
    """The phases with their checks, green or red, and the trials there were."""
    row = await get_programme(tx)
    phases = dated(row.started_on, day_of(now))
    facts = Facts(tx, row, phases, now)
    seen = await facts.seen()
    trial_rows = (await tx.scalars(select(TrialPeriod).order_by(TrialPeriod.starts_at.desc()).limit(MOST_TRIALS))).all()
    shown = [
        {
            "phase": each.phase.phase, "starts_on": each.starts_on, "ends_on": each.ends_on, "state": each.state,
            "light": light_of(each.phase, seen),
            "checks": [
                {
                    "check": check, "light": seen[check].light, "done": seen[check].done, "wanted": seen[check].wanted,
                    "why": seen[check].why, "items": list(seen[check].items[:20]),
                }
                for check in each.phase.checks
            ],
        }
        for each in phases
    ]  # fmt: skip
    return {
        "started_on": row.started_on, "aimed_on": aimed_on(row.started_on), "ends_on": phases[-1].ends_on,
        "remark": REMARK, "light": Light.RED if any(one["light"] == Light.RED for one in shown) else Light.GREEN,
        "is_trial": await trials.running(tx) is not None, "policies_confirmed_at": row.confirmed_at,
        "policies_confirmed_by": row.confirmed_by, "phases": shown, "drill_answers": facts.answers,
        "trials": [_trial(trial) for trial in trial_rows], "updated_at": row.updated_at, "version": row.version,
    }  # fmt: skip


def _trial(trial: TrialPeriod) -> dict[str, Any]:
    """Reasons are for everybody, so people's data in them are hidden from everybody."""
    return columns_of(trial) | {"reason": mask_text(trial.reason), "end_reason": mask_text(trial.end_reason)}
