"""Where integrations report publications by a signed webhook (Standard Webhooks 1.0), without a key of ours. Not part of
the contract: its body is the contract's PublicationReportCreate in the envelope that we send our own events in.

What is told twice is one publication, so a message that is sent again changes nothing.
"""

from datetime import datetime
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import TypeAdapter

from app.core.auth import Caller
from app.core.bodies import MAX_BODY, Instant, Wire, parse, read_body
from app.core.db import Tx
from app.core.deps import InRetries, WithTools
from app.core.errors import NotFound, Unauthorized
from app.domain.signature import decode_secret, verify
from app.statements import reports
from app.statements.placement_schemas import PublicationReport, PublicationReportCreate

router = APIRouter(include_in_schema=False)

PATH: Final = "/hooks/publications"
CALLER: Final = Caller("hook", "publications", "the publication hook", frozenset({"publications:write"}))


class PublicationReported(Wire):
    """The envelope of a report."""

    type: Literal["publication.reported"]
    timestamp: Instant
    data: PublicationReportCreate


_BODY: Final = TypeAdapter(PublicationReported)


@router.post(PATH, response_model=PublicationReport)
async def publication_hook(request: Request, tools: WithTools, run: InRetries) -> dict[str, Any]:
    """Records what a signed message says was published; told again it is answered with the first one."""
    secrets = [decode_secret(text) for text in tools.settings.publication_hook_secrets]
    if not secrets:
        raise NotFound(
            "No reports are taken here: set FENGHUO_PUBLICATION_HOOK_SECRETS, or POST /v1/publication-reports."
        )
    body, _ = await read_body(request, limit=MAX_BODY)
    id_, timestamp, signatures = (
        request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )

    # Before any transaction: whoever can't sign takes no connection from those who can.
    now = await tools.database.clock.now()
    refused = verify(secrets, id_, timestamp, signatures, body, now=now.timestamp())
    if refused is not None:
        raise Unauthorized(f"The message is not taken: {refused}.")
    message = parse(_BODY, body)

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        reported = await reports.report_publication(tx, message.data.model_dump(), caller=CALLER, now=now)
        return await reports.shown(tx, reported, caller=CALLER)

    return await run(act)
