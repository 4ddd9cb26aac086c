"""Contacts outside the company over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch, IfMatchOffered
from app.core.db import Tx
from app.core.deps import ContactsRead, ContactsWrite, InRetries, InTransaction, WithTools, may_see
from app.core.routing import Operation
from app.core.vault import Vault
from app.models import OutsideContact
from app.people import contact_queries, contacts
from app.people.contact_schemas import Contact, ContactCreate, ContactPage, ContactPatch, ContactQuery
from app.people.contact_sealing import contacts_vault

router = APIRouter(prefix="/v1/contacts", tags=["Handbook"], route_class=Operation)

ContactId = Annotated[UUID, Path(description="The contact's id.")]
Create = Annotated[ContactCreate, Depends(JsonBody(ContactCreate))]
Patch = Annotated[ContactPatch, Depends(JsonBody(ContactPatch))]


def _vault(tools: WithTools) -> Vault:
    return contacts_vault(tools.settings)


InVault = Annotated[Vault, Depends(_vault)]


async def _shown(tx: Tx, contact: OutsideContact, vault: Vault, caller: Caller) -> dict[str, Any]:
    [answer] = await contact_queries.shown(tx, [contact], vault=vault, caller=caller)
    return answer


@router.post("", status_code=201, operation_id="createContact", response_model=Contact, responses=LOCATED)
async def create_contact(
    caller: ContactsWrite, body: Create, run: InRetries, vault: InVault, response: Response
) -> dict[str, Any]:
    """Enters somebody outside the company 外部联系人 whom one may have to reach: media, KOL, a lawyer, an authority, a
    platform. Name and numbers are encrypted at rest."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        made = await contacts.create_contact(tx, body.model_dump(), vault=vault, caller=caller, now=now)
        return await _shown(tx, made, vault, caller)

    answer = await run(act)
    response.headers["location"] = f"/v1/contacts/{answer['id']}"
    return answer


@router.get("", operation_id="listContacts", response_model=ContactPage)
async def list_contacts(
    query: Annotated[ContactQuery, Query()], tx: InTransaction, vault: InVault, caller: ContactsRead
) -> dict[str, Any]:
    """Lists contacts, those entered last first. Names and numbers are masked without `people:unmask`."""
    return await contact_queries.list_contacts(tx, query, vault=vault, caller=caller)


@router.get("/{contact_id}", operation_id="getContact", response_model=Contact)
async def get_contact(contact_id: ContactId, tx: InTransaction, vault: InVault, caller: ContactsRead) -> dict[str, Any]:
    """One contact. Name and numbers are masked without `people:unmask`."""
    return await _shown(tx, await contact_queries.get_contact(tx, contact_id), vault, caller)


@router.patch("/{contact_id}", operation_id="updateContact", response_model=Contact)
async def update_contact(
    contact_id: ContactId, caller: ContactsWrite, body: Patch, expected: IfMatch, run: InRetries, vault: InVault
) -> dict[str, Any]:
    """Corrects a contact, or takes them out of the lists that people call from: `active` false."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "contacts:read")

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        contact = await contacts.change_contact(
            tx, contact_id, fields, vault=vault, expected=expected, caller=caller, now=now
        )
        return await _shown(tx, contact, vault, caller)

    return await run(act)


@router.post("/{contact_id}/erase", operation_id="eraseContact", response_model=Contact)
async def erase_contact(
    contact_id: ContactId, caller: ContactsWrite, expected: IfMatchOffered, run: InRetries, vault: InVault
) -> dict[str, Any]:
    """Destroys what is personal for good, as a contact may ask for: name, numbers, role and note. The row's id, kind,
    organisation and topics stay. Handbooks that were issued hold no more of them than masks."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        contact = await contacts.erase_contact(tx, contact_id, expected=expected, caller=caller, now=now)
        return await _shown(tx, contact, vault, caller)

    return await run(act)
