"""People, the tokens that act for them, and who one is, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import AnyCaller, InTransaction, PeopleAct, PeopleRead, PeopleWrite, WithTools, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.people import masks, queries, service
from app.people.schemas import (
    Me,
    PersonCreate,
    PersonOut,
    PersonPage,
    PersonPatch,
    PersonTokenCreate,
    PersonTokenCreated,
)

router = APIRouter(prefix="/v1", tags=["People"], route_class=Operation)

PersonId = Annotated[UUID, Path(description="The person's id.")]
Create = Annotated[PersonCreate, Depends(JsonBody(PersonCreate))]
Patch = Annotated[PersonPatch, Depends(JsonBody(PersonPatch))]
Mint = Annotated[PersonTokenCreate, Depends(JsonBody(PersonTokenCreate))]


@router.post("/people", status_code=201, operation_id="createPerson")
async def create_person(caller: PeopleWrite, body: Create, tx: InTransaction) -> PersonOut:
    """Adds a person 人员. Nobody gives a scope they lack."""
    person = await service.create_person(tx, body.model_dump(), caller=caller)
    return PersonOut.of(person, shown=await masks.are_lifted(tx, [person.id], caller=caller))


@router.get("/people", operation_id="listPeople", response_model=PersonPage)
async def list_people(query: Annotated[PageQuery, Query()], tx: InTransaction, caller: PeopleRead) -> dict[str, Any]:
    """Lists people, oldest first, inactive ones too. Names and mails are masked without `people:unmask`."""
    page = await queries.list_people(tx, query)
    shown = await masks.are_lifted(tx, [person.id for person in page["data"]], caller=caller)
    return page | {"data": [PersonOut.of(person, shown=shown) for person in page["data"]]}


@router.get("/people/{person_id}", operation_id="getPerson")
async def get_person(person_id: PersonId, tx: InTransaction, caller: PeopleRead) -> PersonOut:
    """One person. Name and mail are masked without `people:unmask`."""
    person = await queries.get_person(tx, person_id)
    return PersonOut.of(person, shown=await masks.are_lifted(tx, [person.id], caller=caller))


@router.patch("/people/{person_id}", operation_id="updatePerson")
async def update_person(
    person_id: PersonId, caller: PeopleWrite, body: Patch, expected: IfMatch, tx: InTransaction
) -> PersonOut:
    """Changes a person. Within a second their keys and tokens can do what they may now, or nothing once inactive."""
    changes = body.model_dump(exclude_unset=True)
    may_see(caller, changes, "people:read")
    person = await service.update_person(tx, person_id, changes, expected=expected, caller=caller, now=await tx.now())
    return PersonOut.of(person, shown=await masks.are_lifted(tx, [person.id], caller=caller))


@router.post("/person-tokens", status_code=201, operation_id="createPersonToken")
async def create_person_token(
    caller: PeopleAct, body: Mint, tx: InTransaction, tools: WithTools
) -> PersonTokenCreated:  # fmt: skip
    """Mints a token with which a front end acts for a person for 15 minutes, so that no browser holds a key.

    It may do what the person may, less `keys:admin` and `people:act`, and ends with the key that minted it.
    """
    return PersonTokenCreated.model_validate(
        await service.mint_token(
            tx, body.person_id, body.scopes, caller=caller, now=await tx.now(), settings=tools.settings
        ),
        from_attributes=True,
    )


@router.get(
    "/me", operation_id="getMe",
    responses={401: {"description": "No valid API key or token."}, 403: {"description": "Nobody here signs in so."}},
)  # fmt: skip
async def get_me(caller: AnyCaller) -> Me:
    """Who the key or token stands for, and what it may do. Any good one will do; no scope is needed."""
    return Me.of(caller)
