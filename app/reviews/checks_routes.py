"""Texts that are checked before they go out, over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, Retries, ReviewsRead, ReviewsWrite
from app.core.routing import Operation
from app.mentions.rulebook import Rules
from app.reviews import checks
from app.reviews import checks_schemas as schemas

router = APIRouter(prefix="/v1/text-checks", tags=["Risks"], route_class=Operation)
# Where the plan's readers look for it. A path of the contract may not match another's pattern (/v1/risks/{risk_id}), so it
# is not listed there: it does the same.
also_router = APIRouter(prefix="/v1/risks", include_in_schema=False, route_class=Operation)

Create = Annotated[schemas.TextCheckCreate, Depends(JsonBody(schemas.TextCheckCreate))]
Decision = Annotated[schemas.TextCheckDecision, Depends(JsonBody(schemas.TextCheckDecision))]


def _rules(request: Request) -> Rules:
    return request.app.state.rules  # type: ignore[no-any-return]


WithRules = Annotated[Rules, Depends(_rules)]


@router.post(
    "", status_code=201, operation_id="createTextCheck", response_model=schemas.TextCheck, responses=LOCATED
)  # fmt: skip
async def create_text_check(
    caller: ReviewsWrite, body: Create, run: InRetries, rules: WithRules, response: Response
) -> dict[str, Any]:
    """Checks a text of ours before it goes out 营销文案发布前检查: what our watch rules would hit in it, known risks' words,
    phrases to avoid, and people's data. It is kept with what was found; nothing is locked by it.

    `POST /v1/risks/check-text` does the same.
    """
    return await _checked(caller, body, run, rules, response)


@also_router.post("/check-text", status_code=201, response_model=schemas.TextCheck)
async def check_text(
    caller: ReviewsWrite, body: Create, run: InRetries, rules: WithRules, response: Response
) -> dict[str, Any]:
    """The same as `POST /v1/text-checks`."""
    return await _checked(caller, body, run, rules, response)


async def _checked(
    caller: Caller, body: schemas.TextCheckCreate, run: Retries, rules: Rules, response: Response
) -> dict[str, Any]:  # fmt: skip
    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        made = await checks.check_text(tx, rules, body.title, body.text, caller=caller, now=now)
        return await checks.show(tx, made, caller=caller)

    answer = await run(act)
    response.headers["location"] = f"/v1/text-checks/{answer['id']}"
    return answer


@router.get("", operation_id="listTextChecks", response_model=schemas.TextCheckPage)
async def list_text_checks(
    query: Annotated[schemas.TextCheckQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """Texts that were checked, the newest first, with what became of them."""
    return await checks.list_checks(tx, query, caller=caller)


@router.get("/{check_id}", operation_id="getTextCheck", response_model=schemas.TextCheck)
async def get_text_check(check_id: UUID, tx: InTransaction, caller: ReviewsRead) -> dict[str, Any]:
    """One text as it was checked, with all that was found in it."""
    return await checks.show(tx, await checks.get_check(tx, check_id), caller=caller)


@router.post("/{check_id}/decision", operation_id="decideTextCheck", response_model=schemas.TextCheck)
async def decide_text_check(
    check_id: UUID, caller: ReviewsWrite, body: Decision, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Says what becomes of a text that was checked, and why: once. A text that was changed is checked anew."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        decided = await checks.decide_text(
            tx, check_id, body.outcome, body.reason, expected=expected, caller=caller, now=now
        )
        return await checks.show(tx, decided, caller=caller)

    return await run(act)
