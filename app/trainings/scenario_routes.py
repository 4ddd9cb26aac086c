"""Scenarios 演练剧本 over HTTP (R68, R69)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import DrillsRead, DrillsWrite, InTransaction, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.trainings import scenario_queries as queries
from app.trainings import scenario_schemas as schemas
from app.trainings import scenarios

router = APIRouter(prefix="/v1/scenarios", tags=["Drills"], route_class=Operation)

Create = Annotated[schemas.ScenarioCreate, Depends(JsonBody(schemas.ScenarioCreate))]
Patch = Annotated[schemas.ScenarioPatch, Depends(JsonBody(schemas.ScenarioPatch))]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Which of the scenario's versions, from 1.")]


@router.post("", status_code=201, operation_id="createScenario", response_model=schemas.Scenario, responses=LOCATED)
async def create_scenario(caller: DrillsWrite, body: Create, tx: InTransaction, response: Response) -> dict[str, Any]:
    """Stores a scenario with its first version. Every reading names a post that is there, nothing lies after the end, and
    something negative in it hits its own words: whatever doesn't is refused with its place."""
    scenario = await scenarios.create_scenario(tx, body.model_dump(mode="json"), caller=caller, now=await tx.now())
    response.headers["location"] = f"/v1/scenarios/{scenario.id}"
    return await queries.shown_one(tx, scenario)


@router.get("", operation_id="listScenarios", response_model=schemas.ScenarioPage)
async def list_scenarios(
    query: Annotated[schemas.ScenarioQuery, Query()], tx: InTransaction, _: DrillsRead
) -> dict[str, Any]:
    """Lists scenarios 演练剧本 by their keys. The service comes with six of them."""
    return await queries.list_scenarios(tx, query)


@router.get("/{scenario_id}", operation_id="getScenario", response_model=schemas.Scenario)
async def get_scenario(scenario_id: UUID, tx: InTransaction, _: DrillsRead) -> dict[str, Any]:
    """One scenario with its newest version, whole."""
    return await queries.shown_one(tx, await queries.get_scenario(tx, scenario_id))


@router.patch("/{scenario_id}", operation_id="updateScenario", response_model=schemas.Scenario)
async def update_scenario(
    scenario_id: UUID, caller: DrillsWrite, body: Patch, expected: IfMatch, tx: InTransaction
) -> dict[str, Any]:
    """Changes a scenario: what it plays in another version, which drills play from now on. Those that run keep theirs."""
    fields = body.model_dump(mode="json", include=body.model_fields_set)
    may_see(caller, fields, "drills:read")
    scenario = await scenarios.change_scenario(
        tx, scenario_id, fields, expected=expected, caller=caller, now=await tx.now()
    )
    return await queries.shown_one(tx, scenario)


@router.post("/{scenario_id}/retire", operation_id="retireScenario", response_model=schemas.Scenario)
async def retire_scenario(
    scenario_id: UUID, caller: DrillsWrite, expected: IfMatch, tx: InTransaction
) -> dict[str, Any]:
    """Puts a scenario away 停用: no drill is begun with it."""
    scenario = await scenarios.retire_scenario(tx, scenario_id, expected=expected, caller=caller, now=await tx.now())
    return await queries.shown_one(tx, scenario)


@router.post("/{scenario_id}/restore", operation_id="restoreScenario", response_model=schemas.Scenario)
async def restore_scenario(
    scenario_id: UUID, caller: DrillsWrite, expected: IfMatch, tx: InTransaction
) -> dict[str, Any]:
    """Takes a scenario that was put away into use again 启用."""
    scenario = await scenarios.restore_scenario(tx, scenario_id, expected=expected, caller=caller, now=await tx.now())
    return await queries.shown_one(tx, scenario)


@router.get("/{scenario_id}/versions", operation_id="listScenarioVersions", response_model=schemas.ScenarioVersionPage)
async def list_scenario_versions(
    scenario_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, _: DrillsRead
) -> dict[str, Any]:
    """What a scenario played and plays, the newest version first."""
    return await queries.list_scenario_versions(tx, scenario_id, query)


@router.get(
    "/{scenario_id}/versions/{number}", operation_id="getScenarioVersion", response_model=schemas.ScenarioVersion
)
async def get_scenario_version(scenario_id: UUID, number: Number, tx: InTransaction, _: DrillsRead) -> dict[str, Any]:
    """One version of a scenario."""
    scenario = await queries.get_scenario(tx, scenario_id)
    return queries.shown_version(await queries.get_scenario_version(tx, scenario, number))
