"""People over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import InTransaction, PeopleRead, PeopleWrite, may_see
from app.core.routing import Operation
from app.models import Person
from app.people import masks, persons, queries
from app.people.person_schemas import PersonCreate, PersonOut, PersonPage, PersonPatch, PersonQuery

router = APIRouter(prefix="/v1/people", tags=["People"], route_class=Operation)

PersonId = Annotated[UUID, Path(description="The person's id.")]
Create = Annotated[PersonCreate, Depends(JsonBody(PersonCreate))]
Patch = Annotated[PersonPatch, Depends(JsonBody(PersonPatch))]


@router.post("", status_code=201, operation_id="createPerson", responses=LOCATED)
async def create_person(caller: PeopleWrite, body: Create, tx: InTransaction, response: Response) -> PersonOut:
    """Adds a person 人员. Nobody gives a scope they lack, nor a role that may do more than they."""
    person = await persons.create_person(tx, body.model_dump(), caller=caller)
    response.headers["location"] = f"/v1/people/{person.id}"
    return (await _shown(tx, [person], caller))[0]


@router.get("", operation_id="listPeople", response_model=PersonPage)
async def list_people(query: Annotated[PersonQuery, Query()], tx: InTransaction, caller: PeopleRead) -> dict[str, Any]:
    """Lists people, oldest first, inactive ones too unless `active` says otherwise.

    Names, mails and phones are masked without `people:unmask`.
    """
    page = await queries.list_people(tx, query)
    return page | {"data": await _shown(tx, page["data"], caller)}


@router.get("/{person_id}", operation_id="getPerson")
async def get_person(person_id: PersonId, tx: InTransaction, caller: PeopleRead) -> PersonOut:
    """One person. Name, mail and phone are masked without `people:unmask`."""
    return (await _shown(tx, [await queries.get_person(tx, person_id)], caller))[0]


@router.patch("/{person_id}", operation_id="updatePerson")
async def update_person(
    person_id: PersonId, caller: PeopleWrite, body: Patch, expected: IfMatch, tx: InTransaction
) -> PersonOut:
    """Changes a person. Within a second their keys and tokens can do what they may now, or nothing once inactive.

    Who has left stays named as head or deputy where they were: nobody is called who is not active.
    """
    changes = body.model_dump(exclude_unset=True)
    may_see(caller, changes, "people:read")
    person = await persons.update_person(tx, person_id, changes, expected=expected, caller=caller, now=await tx.now())
    return (await _shown(tx, [person], caller))[0]


async def _shown(tx: Tx, people: Sequence[Person], caller: Caller) -> list[PersonOut]:
    """The people as the caller may see them; that they are seen unmasked is an event."""
    table = await queries.role_table(tx)
    shown = await masks.are_lifted(tx, [person.id for person in people], caller=caller)
    return [PersonOut.of(person, table, shown=shown) for person in people]
