"""The quality of watch rules over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.core.deps import InTransaction, MetricsRead
from app.core.routing import Operation
from app.metrics import rule_quality
from app.metrics import rule_quality_schemas as schemas

router = APIRouter(prefix="/v1/metrics", tags=["Metrics"], route_class=Operation)


@router.get("/rules", operation_id="getRuleQuality", response_model=schemas.RuleQualities)
async def get_rule_quality(
    query: Annotated[schemas.RuleQualityQuery, Query()], tx: InTransaction, _: MetricsRead
) -> dict[str, Any]:
    """How often each watch rule was right 精确率, by what people say of what it hit, with how sure one may be of it."""
    return await rule_quality.show(tx, query.span)
