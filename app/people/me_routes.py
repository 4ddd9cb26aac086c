"""Who one is, and the tokens that act for people, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends

from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import AnyCaller, InTransaction, PeopleAct, WithTools
from app.core.routing import Operation
from app.people import persons, queries, tokens
from app.people.me_schemas import Me, MyDuty, PersonTokenCreate, PersonTokenCreated

router = APIRouter(prefix="/v1", tags=["People"], route_class=Operation)

Mint = Annotated[PersonTokenCreate, Depends(JsonBody(PersonTokenCreate))]


@router.post("/person-tokens", status_code=201, operation_id="createPersonToken")
async def create_person_token(
    caller: PeopleAct, body: Mint, tx: InTransaction, tools: WithTools
) -> PersonTokenCreated:  # fmt: skip
    """Mints a token with which a front end acts for a person for 15 minutes, so that no browser holds a key.

    It may do what the person may, less `keys:admin` and `people:act`, and ends with the key that minted it.
    """
    return PersonTokenCreated.model_validate(
        await tokens.mint_token(
            tx, body.person_id, body.scopes, caller=caller, now=await tx.now(), settings=tools.settings
        ),
        from_attributes=True,
    )


@router.get(
    "/me", operation_id="getMe",
    responses={401: {"description": "No valid API key or token."}, 403: {"description": "Nobody here signs in so."}},
)  # fmt: skip
async def get_me(caller: AnyCaller, tx: InTransaction) -> Me:
    """Who the key or token stands for, their roles, department and duty, and what it may do.

    Any good one will do; no scope is needed.
    """
    return await _me(tx, caller)


@router.put("/me/duty", operation_id="setMyDuty")
async def set_my_duty(
    caller: AnyCaller, body: Annotated[MyDuty, Depends(JsonBody(MyDuty))], expected: IfMatch, tx: InTransaction
) -> Me:
    """Goes on or off duty 在岗, 离岗: who is off duty is not called, and their deputy is. For people only.

    Any person may for themselves; no scope is needed. For others, `PATCH /v1/people/{person_id}`.
    """
    person = caller.require_person()
    await persons.update_person(
        tx, person.id, {"on_duty": body.on_duty}, expected=expected, caller=caller, now=await tx.now()
    )
    return await _me(tx, caller)


async def _me(tx: Tx, caller: Caller) -> Me:
    return Me.of(caller, *await queries.who(tx, caller))
