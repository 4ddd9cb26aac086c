"""Watch rules and media outlets over HTTP."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch, IfMatchOffered
from app.core.deps import InTransaction, RulesRead, RulesWrite, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.domain.matching import explain
from app.mentions import outlets, queries, service
from app.mentions import rule_schemas as schemas
from app.mentions.rulebook import words_of
from app.models import MediaOutlet, WatchRule

router = APIRouter(prefix="/v1/watch-rules", tags=["Watch rules"], route_class=Operation)
outlet_router = APIRouter(prefix="/v1/media-outlets", tags=["Media outlets"], route_class=Operation)

Create = Annotated[schemas.WatchRuleCreate, Depends(JsonBody(schemas.WatchRuleCreate))]
Patch = Annotated[schemas.WatchRulePatch, Depends(JsonBody(schemas.WatchRulePatch))]
Test = Annotated[schemas.WatchRuleTest, Depends(JsonBody(schemas.WatchRuleTest))]
Outlet = Annotated[schemas.MediaOutletIn, Depends(JsonBody(schemas.MediaOutletIn))]


@router.post("", status_code=201, operation_id="createWatchRule", response_model=schemas.WatchRule, responses=LOCATED)
async def create_watch_rule(caller: RulesWrite, body: Create, tx: InTransaction, response: Response) -> WatchRule:
    """Creates a watch rule 监测规则. Mentions seen before are matched with it in the background."""
    rule = await service.create_rule(tx, body.model_dump(), caller=caller)
    response.headers["location"] = f"/v1/watch-rules/{rule.id}"
    return rule


@router.get("", operation_id="listWatchRules", response_model=schemas.WatchRulePage)
async def list_watch_rules(query: Annotated[PageQuery, Query()], tx: InTransaction, _: RulesRead) -> dict[str, Any]:
    """Lists watch rules, oldest first."""
    return await queries.list_rules(tx, query)


@router.get("/{rule_id}", operation_id="getWatchRule", response_model=schemas.WatchRule)
async def get_watch_rule(rule_id: UUID, tx: InTransaction, _: RulesRead) -> WatchRule:
    """One watch rule."""
    return await queries.get_rule(tx, rule_id)


@router.patch("/{rule_id}", operation_id="updateWatchRule", response_model=schemas.WatchRule)
async def update_watch_rule(
    rule_id: UUID, caller: RulesWrite, body: Patch, expected: IfMatch, tx: InTransaction
) -> WatchRule:
    """Changes a watch rule. Mentions are matched again in the background; incidents keep what they have."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "rules:read")
    return await service.update_rule(tx, rule_id, fields, expected=expected, caller=caller, now=await tx.now())


@router.delete("/{rule_id}", status_code=204, operation_id="deleteWatchRule")
async def delete_watch_rule(rule_id: UUID, expected: IfMatchOffered, tx: InTransaction, caller: RulesWrite) -> None:
    """Ends a watch rule. What it hit before goes on citing it."""
    await service.delete_rule(tx, rule_id, expected=expected, caller=caller, now=await tx.now())


@router.post("/{rule_id}/test", operation_id="testWatchRule")
async def try_watch_rule(rule_id: UUID, _: RulesRead, body: Test, tx: InTransaction) -> schemas.WatchRuleTestResult:
    """Tries the rule on a text: whether it hits, with which words, where; or why not."""
    rule = await queries.get_rule(tx, rule_id)
    # In a thread: a thousand words within words in a long text take half a second.
    why = await asyncio.to_thread(explain, words_of(rule), body.title, body.text)
    return schemas.WatchRuleTestResult.model_validate(
        {
            "matched": why.matched,
            "spans": why.hit.spans if why.hit else (),
            "missing": list(why.missing),
            "excluded_by": why.excluded_by,
        },
        from_attributes=True,
    )


@outlet_router.post("", status_code=201, operation_id="createMediaOutlet", response_model=schemas.MediaOutlet)
async def create_media_outlet(caller: RulesWrite, body: Outlet, tx: InTransaction) -> MediaOutlet:
    """Lists an outlet whose reports are media follow-up 媒体跟进."""
    return await outlets.create_outlet(tx, body.model_dump(), caller=caller)


@outlet_router.get("", operation_id="listMediaOutlets", response_model=schemas.MediaOutletPage)
async def list_media_outlets(query: Annotated[PageQuery, Query()], tx: InTransaction, _: RulesRead) -> dict[str, Any]:
    """Lists the outlets, oldest first."""
    return await queries.list_outlets(tx, query)


@outlet_router.put("/{outlet_id}", operation_id="updateMediaOutlet", response_model=schemas.MediaOutlet)
async def update_media_outlet(
    outlet_id: UUID, caller: RulesWrite, body: Outlet, expected: IfMatch, tx: InTransaction
) -> MediaOutlet:
    """Replaces what is known of an outlet."""
    return await outlets.update_outlet(tx, outlet_id, body.model_dump(), expected=expected, caller=caller)


@outlet_router.delete("/{outlet_id}", status_code=204, operation_id="deleteMediaOutlet")
async def delete_media_outlet(outlet_id: UUID, expected: IfMatchOffered, tx: InTransaction, caller: RulesWrite) -> None:
    """Takes an outlet off the list; what it followed up stays as it is."""
    await outlets.delete_outlet(tx, outlet_id, expected=expected, caller=caller)
