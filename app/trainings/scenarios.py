"""What people do with scenarios 演练剧本 (R68, R69): written, changed version by version, put away.

A drill keeps the version that it plays: nothing that was played is ever changed, so that two scoreboards of one version
can be compared.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.bodies import pointer
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.scenarios import CONTENT, faults, in_order, kept
from app.models import Scenario, ScenarioVersion
from app.models.base import new_id
from app.trainings.scenario_queries import get_scenario, get_scenario_version

MOST_TOLD: Final = 50
"""Faults that one answer names."""


class ScenarioExists(Conflict):
    """Another scenario has this key."""

    code, title = "scenario_exists", ("There is a scenario with this key already", "该剧本标识已存在")


async def create_scenario(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Scenario:
    """A scenario with its first version. Invalid names each fault with its place."""
    content = await _good({name: fields[name] for name in CONTENT})
    if await tx.scalar(select(Scenario.id).where(Scenario.key == fields["key"])) is not None:
        raise ScenarioExists.at(
            "/key", f"{fields['key']} is another scenario: change that one, or choose another", "taken"
        )
    scenario = Scenario(
        id=new_id(), key=fields["key"], name=fields["name"], latest_number=1, created_by=caller.actor, created_at=now,
        updated_at=now, version=1,
    )  # fmt: skip
    tx.add(scenario)
    await tx.flush()
    _keep(tx, scenario, content, fields["note"], caller=caller, now=now)
    await _record(tx, scenario, "created", caller=caller)
    return scenario


async def change_scenario(
    tx: Tx, scenario_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Scenario:
    """Sets what ``fields`` names. Where that is something it plays, it plays it in another version."""
    scenario = await get_scenario(tx, scenario_id, lock=True)
    expected.meet(scenario.version)
    newest = (await get_scenario_version(tx, scenario)).content
    asked = {name: fields[name] for name in CONTENT if name in fields}
    content = await _good({name: newest[name] for name in CONTENT} | asked) if asked else newest
    anew = [name for name in asked if content[name] != newest[name]]
    renamed = "name" in fields and fields["name"] != scenario.name
    if not anew and not renamed:
        return scenario
    if renamed:
        scenario.name = fields["name"]
    if anew:
        scenario.latest_number += 1
        _keep(tx, scenario, content, fields.get("note", ""), caller=caller, now=now)
    touch(scenario, now)
    await _record(tx, scenario, "updated", fields=sorted([*anew, *(["name"] if renamed else [])]), caller=caller)
    return scenario


async def retire_scenario(
    tx: Tx, scenario_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Scenario:
    """Puts it away: no drill is begun with it. Those that played it go on naming it."""
    return await _put(tx, scenario_id, now, "retired", expected=expected, caller=caller, now=now)


async def restore_scenario(
    tx: Tx, scenario_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Scenario:
    """Takes it into use again."""
    return await _put(tx, scenario_id, None, "restored", expected=expected, caller=caller, now=now)


async def _put(
    tx: Tx, scenario_id: UUID, retired_at: datetime | None, action: str, *, expected: Expected, caller: Caller,
    now: datetime,
) -> Scenario:  # fmt: skip
    scenario = await get_scenario(tx, scenario_id, lock=True)
    expected.meet(scenario.version)
    if (scenario.retired_at is None) != (retired_at is None):
        scenario.retired_at = retired_at
        touch(scenario, now)
        await _record(tx, scenario, action, caller=caller)
    return scenario


async def _good(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as it is kept. In a thread: five hundred long posts take a moment to match."""
    found = await asyncio.to_thread(faults, content)
    if found:
        raise Invalid.of([FieldError(pointer(fault.at), fault.says, fault.code) for fault in found[:MOST_TOLD]])
    return await asyncio.to_thread(kept, in_order(content))


def _keep(
    tx: Tx, scenario: Scenario, content: Mapping[str, Any], note: str, *, caller: Caller, now: datetime
) -> None:  # fmt: skip
    tx.add(
        ScenarioVersion(
            id=new_id(), scenario_id=scenario.id, number=scenario.latest_number, content=dict(content), note=note,
            created_by=caller.actor, created_at=now,
        )
    )  # fmt: skip


async def _record(tx: Tx, scenario: Scenario, action: str, *, fields: list[str] | None = None, caller: Caller) -> None:
    await tx.flush()
    event = Changed(subject="scenario", subject_id=str(scenario.id), action=action, fields=fields or [])
    await record(tx, event, caller=caller)
