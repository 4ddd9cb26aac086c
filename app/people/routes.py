"""API keys over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from app.core.bodies import JsonBody
from app.core.deps import InTransaction, KeysAdmin, WithTools
from app.core.faults import Like
from app.core.params import PageQuery
from app.core.routing import Operation
from app.people import keys, queries
from app.people.key_schemas import ApiKeyCreate, ApiKeyCreated, ApiKeyOut, ApiKeyPage, ApiKeyRotate

router = APIRouter(prefix="/v1/api-keys", tags=["API keys"], route_class=Operation)

KeyId = Annotated[
    str,
    Like(r"^[A-Za-z0-9]{1,32}$", "must be a key's id as answers give it, the part that is no secret"),
    Path(description="The part of the key that is no secret."),
]


@router.post("", status_code=201, operation_id="createApiKey")
async def create_api_key(
    caller: KeysAdmin, body: Annotated[ApiKeyCreate, Depends(JsonBody(ApiKeyCreate))], tx: InTransaction,
    tools: WithTools,
) -> ApiKeyCreated:  # fmt: skip
    """Creates a key. Its text is in this answer and nowhere else."""
    key, text = await keys.create_key(
        tx, body.name, body.scopes, caller=caller, settings=tools.settings, expires_at=body.expires_at,
        person_id=body.person_id, roles=body.roles,
    )  # fmt: skip
    return ApiKeyCreated(**ApiKeyOut.of(key).model_dump(), key=text)


@router.get("", operation_id="listApiKeys", response_model=ApiKeyPage)
async def list_api_keys(query: Annotated[PageQuery, Query()], tx: InTransaction, _: KeysAdmin) -> dict[str, Any]:
    """Lists keys without their secrets, revoked ones too."""
    return await queries.list_keys(tx, query)


@router.post("/{key_id}/rotate", operation_id="rotateApiKey")
async def rotate_api_key(
    key_id: KeyId, caller: KeysAdmin, body: Annotated[ApiKeyRotate, Depends(JsonBody(ApiKeyRotate))], tx: InTransaction,
    tools: WithTools,
) -> ApiKeyCreated:  # fmt: skip
    """Gives the key a new secret; the old one works on for a while, so that nothing stops."""
    key, text = await keys.rotate_key(
        tx, key_id, overlap_seconds=body.overlap_seconds, caller=caller, now=await tx.now(), settings=tools.settings
    )
    return ApiKeyCreated(**ApiKeyOut.of(key).model_dump(), key=text)


@router.post("/{key_id}/revoke", operation_id="revokeApiKey")
async def revoke_api_key(key_id: KeyId, tx: InTransaction, caller: KeysAdmin) -> ApiKeyOut:
    """Ends a key within a second."""
    return ApiKeyOut.of(await keys.revoke_key(tx, key_id, caller=caller, now=await tx.now()))
