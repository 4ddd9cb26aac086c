"""What platforms take, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import InTransaction, RulesRead, RulesWrite
from app.core.faults import Like
from app.core.routing import Operation
from app.domain.vocabulary import Platform
from app.models import PlatformRule
from app.statements import platform_rules
from app.statements.platform_schemas import PlatformRuleOut, PlatformRulePut, PlatformRules

router = APIRouter(prefix="/v1/platform-rules", tags=["Statements"], route_class=Operation)

# Not the enum: what is no platform is a path to nothing, as with every other name.
PlatformName = Annotated[
    str,
    Like("^[a-z_]{1,30}$", f"must be a platform's code: {', '.join(Platform)}"),
    Path(examples=["weibo"], description="Which platform, by its code in the vocabulary `platform`."),
]


@router.get("", operation_id="getPlatformRules")
async def get_platform_rules(tx: InTransaction, _: RulesRead) -> PlatformRules:
    """Shows what each platform takes, and which are core 核心平台: there and where it began every statement is planned."""
    return PlatformRules.of(await platform_rules.all_rules(tx))


@router.get("/{platform}", operation_id="getPlatformRule", response_model=PlatformRuleOut)
async def get_platform_rule(platform: PlatformName, tx: InTransaction, _: RulesRead) -> PlatformRule:
    """One platform's rule."""
    return await platform_rules.get_rule(tx, platform)


@router.put("/{platform}", operation_id="updatePlatformRule", response_model=PlatformRuleOut)
async def update_platform_rule(
    platform: PlatformName,
    caller: RulesWrite,
    body: Annotated[PlatformRulePut, Depends(JsonBody(PlatformRulePut))],
    expected: IfMatch,
    tx: InTransaction,
) -> PlatformRule:
    """Sets what a platform takes and whether it is core. Statements that were begun before keep where they are planned."""
    return await platform_rules.set_rule(
        tx, platform, body.model_dump(), expected=expected, caller=caller, now=await tx.now()
    )
