"""Everything that is read of scenarios."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, tuple_

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.scenarios import CONTENT
from app.models import Scenario, ScenarioVersion
from app.models.base import columns_of
from app.trainings.scenario_schemas import ScenarioQuery

_OUTLINED: Final = ("description", "duration_seconds", "harm_class", "reaches")
_SAID: Final = ("id", "number", "note", "created_by", "created_at")


async def get_scenario(tx: Tx, scenario_id: UUID, *, lock: bool = False) -> Scenario:
    """One scenario; NotFound otherwise. Locked, nobody changes it before this transaction's end."""
    rows = select(Scenario).where(Scenario.id == scenario_id).execution_options(populate_existing=True)
    scenario = await tx.scalar(rows.with_for_update() if lock else rows)
    if scenario is None:
        raise NotFound(f"There is no scenario {scenario_id}.")
    return scenario


async def get_scenario_version(tx: Tx, scenario: Scenario, number: int | None = None) -> ScenarioVersion:
    """A version of it, the newest where none is named; NotFound otherwise."""
    of = (ScenarioVersion.scenario_id == scenario.id, ScenarioVersion.number == (number or scenario.latest_number))
    version = await tx.scalar(select(ScenarioVersion).where(*of))
    if version is None:
        raise NotFound(f"The scenario {scenario.key} has no version {number}; its newest is {scenario.latest_number}.")
    return version


async def list_scenarios(tx: Tx, query: ScenarioQuery) -> dict[str, Any]:
    """Scenarios by their keys."""
    bound = ["scenarios", query.filters()]
    rows = select(Scenario).where(Scenario.retired_at.is_not(None) if query.retired else Scenario.retired_at.is_(None))
    if query.key:
        rows = rows.where(Scenario.key.in_(query.key))
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Scenario.key > after[0])
    found = (await tx.scalars(rows.order_by(Scenario.key).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda scenario: [scenario.key])
    return page | {"data": await _outlined(tx, page["data"])}


async def list_scenario_versions(tx: Tx, scenario_id: UUID, query: PageQuery) -> dict[str, Any]:
    """A scenario's versions, the newest first."""
    scenario, table = await get_scenario(tx, scenario_id), ScenarioVersion
    bound = ["scenario_versions", scenario.id]
    rows = select(table).where(table.scenario_id == scenario.id).order_by(table.number.desc()).limit(query.limit + 1)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(table.number < after[0])
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda version: [version.number])
    return page | {"data": [_outline(version) for version in page["data"]]}


async def _outlined(tx: Tx, scenarios: Sequence[Scenario]) -> list[dict[str, Any]]:
    """Each with what its newest version is like."""
    table, newest = ScenarioVersion, [(scenario.id, scenario.latest_number) for scenario in scenarios]
    rows = await tx.scalars(select(table).where(tuple_(table.scenario_id, table.number).in_(newest))) if newest else ()
    found = {version.scenario_id: version for version in rows}
    return [_shown(scenario) | {"latest": _outline(found[scenario.id])} for scenario in scenarios]


def _outline(version: ScenarioVersion) -> dict[str, Any]:
    counts = {f"{name}_count": len(version.content[f"{name}s"]) for name in ("inject", "reaction")}
    return (
        {name: getattr(version, name) for name in _SAID}
        | {name: version.content.get(name, []) for name in _OUTLINED}
        | counts
    )


async def shown_one(tx: Tx, scenario: Scenario) -> dict[str, Any]:
    """One scenario as the API shows it."""
    return _shown(scenario) | {"latest": shown_version(await get_scenario_version(tx, scenario))}


def shown_version(version: ScenarioVersion) -> dict[str, Any]:
    """One version as the API shows it."""
    said = {"reaches": []} | {name: version.content[name] for name in (*CONTENT, "reaches") if name in version.content}
    return {name: value for name, value in columns_of(version).items() if name != "content"} | said


def _shown(scenario: Scenario) -> dict[str, Any]:
    return {name: value for name, value in columns_of(scenario).items() if name != "latest_number"}
