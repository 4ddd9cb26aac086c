"""Documents that people have to have read, over HTTP."""

from collections.abc import Awaitable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import AnyCaller, InRetries, InTransaction, TrainingsRead, TrainingsWrite, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.models import Document, DocumentVersion
from app.models.base import columns_of
from app.trainings import acknowledging, acknowledging_queries, documents, documents_queries
from app.trainings import acknowledging_schemas as reading
from app.trainings import documents_schemas as schemas

router = APIRouter(prefix="/v1/documents", tags=["Documents"], route_class=Operation)
my_router = APIRouter(prefix="/v1/me/documents", tags=["Documents"], route_class=Operation)

DocumentId = Annotated[UUID, Path(description="The document's id.")]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Which of the document's versions, from 1.")]
Create = Annotated[schemas.DocumentCreate, Depends(JsonBody(schemas.DocumentCreate))]
Patch = Annotated[schemas.DocumentPatch, Depends(JsonBody(schemas.DocumentPatch))]
CreateVersion = Annotated[schemas.DocumentVersionCreate, Depends(JsonBody(schemas.DocumentVersionCreate))]
PatchVersion = Annotated[schemas.DocumentVersionPatch, Depends(JsonBody(schemas.DocumentVersionPatch))]
Acknowledge = Annotated[schemas.DocumentAcknowledgementCreate, Depends(JsonBody(schemas.DocumentAcknowledgementCreate))]


async def _shown(tx: Tx, verb: Awaitable[Document]) -> dict[str, Any]:
    """The document as the verb leaves it behind."""
    return await documents_queries.shown_one(tx, await verb)


async def _version(verb: Awaitable[DocumentVersion]) -> dict[str, Any]:
    """The version as the verb leaves it behind."""
    return columns_of(await verb)


@router.post("", status_code=201, operation_id="createDocument", response_model=schemas.Document, responses=LOCATED)
async def create_document(caller: TrainingsWrite, body: Create, run: InRetries, response: Response) -> dict[str, Any]:
    """Makes a document 制度文件 with its first version, a draft: nobody is asked for it until it is published."""
    fields = body.model_dump()
    answer = await run(lambda tx, now: _shown(tx, documents.create_document(tx, fields, caller=caller, now=now)))
    response.headers["location"] = f"/v1/documents/{answer['id']}"
    return answer


@router.get("", operation_id="listDocuments", response_model=schemas.DocumentPage)
async def list_documents(
    query: Annotated[schemas.DocumentQuery, Query()], tx: InTransaction, _: TrainingsRead
) -> dict[str, Any]:
    """Lists documents, the newest first, each with how many have acknowledged what is in force. The service comes with a
    draft of 《员工社交行为准则》."""
    return await documents_queries.list_documents(tx, query)


@router.get("/{document_id}", operation_id="getDocument", response_model=schemas.Document)
async def get_document(document_id: DocumentId, tx: InTransaction, _: TrainingsRead) -> dict[str, Any]:
    """One document, with how many have acknowledged what is in force. What it says is in its versions."""
    return await documents_queries.shown_one(tx, await documents_queries.get_document(tx, document_id))


@router.patch("/{document_id}", operation_id="updateDocument", response_model=schemas.Document)
async def update_document(
    document_id: DocumentId, caller: TrainingsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Changes a document's title, or whom it is for; figures of past days stay what they were."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "trainings:read")
    return await run(
        lambda tx, now: _shown(
            tx, documents.change_document(tx, document_id, fields, expected=expected, caller=caller, now=now)
        )
    )


@router.post("/{document_id}/withdraw", operation_id="withdrawDocument", response_model=schemas.Document)
async def withdraw_document(
    document_id: DocumentId, caller: TrainingsWrite, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Puts a document out of force 废止: nobody is asked for it any more. Its versions and who read them stay to be read."""
    return await run(
        lambda tx, now: _shown(
            tx, documents.withdraw_document(tx, document_id, expected=expected, caller=caller, now=now)
        )
    )


@router.post(
    "/{document_id}/versions", status_code=201, operation_id="createDocumentVersion",
    response_model=schemas.DocumentVersion, responses=LOCATED,
)  # fmt: skip
async def create_document_version(
    document_id: DocumentId, caller: TrainingsWrite, body: CreateVersion, run: InRetries, response: Response
) -> dict[str, Any]:
    """Begins the next version, as a draft; one at a time."""
    fields = body.model_dump()
    answer = await run(lambda tx, now: _version(documents.add_version(tx, document_id, fields, caller=caller, now=now)))
    response.headers["location"] = f"/v1/documents/{document_id}/versions/{answer['number']}"
    return answer


@router.get("/{document_id}/versions", operation_id="listDocumentVersions", response_model=schemas.DocumentVersionPage)
async def list_document_versions(
    document_id: DocumentId, query: Annotated[PageQuery, Query()], tx: InTransaction, _: TrainingsRead
) -> dict[str, Any]:
    """What a document said and says, the newest version first, without the texts."""
    return await documents_queries.list_versions(tx, document_id, query)


@router.get(
    "/{document_id}/versions/{number}", operation_id="getDocumentVersion", response_model=schemas.DocumentVersion
)
async def get_document_version(
    document_id: DocumentId, number: Number, tx: InTransaction, _: TrainingsRead
) -> dict[str, Any]:
    """One version of a document, with its text and the hash over its exact content."""
    return columns_of(await documents_queries.get_version(tx, document_id, number))


@router.patch(
    "/{document_id}/versions/{number}", operation_id="updateDocumentVersion", response_model=schemas.DocumentVersion
)
async def update_document_version(
    document_id: DocumentId, number: Number, caller: TrainingsWrite, body: PatchVersion, expected: IfMatch,
    run: InRetries,
) -> dict[str, Any]:  # fmt: skip
    """Changes a draft. What is published is never changed: a change of it is the next version."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "trainings:read")
    return await run(
        lambda tx, now: _version(
            documents.change_version(tx, document_id, number, fields, expected=expected, caller=caller, now=now)
        )
    )


@router.post(
    "/{document_id}/versions/{number}/publish", operation_id="publishDocumentVersion",
    response_model=schemas.DocumentVersion,
)  # fmt: skip
async def publish_document_version(
    document_id: DocumentId, number: Number, caller: TrainingsWrite, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Puts a draft in force 发布, in place of what was: everybody it is for is asked to acknowledge it, also who acknowledged
    the version before."""
    return await run(
        lambda tx, now: _version(
            documents.publish_version(tx, document_id, number, expected=expected, caller=caller, now=now)
        )
    )


@router.post(
    "/{document_id}/acknowledgements", operation_id="acknowledgeDocument",
    response_model=reading.DocumentAcknowledgement,
)  # fmt: skip
async def acknowledge_document(
    document_id: DocumentId, caller: AnyCaller, body: Acknowledge, run: InRetries
) -> dict[str, Any]:
    """Says that one has read the version in force 阅读确认, by its hash. For people only, each for themself; no scope is needed.

    The hash of another version is `document_outdated`, any other one `document_hash_unknown`; both name the version in force.
    Said again, the answer is what was said first.
    """
    return await run(lambda tx, now: acknowledging.acknowledge(tx, document_id, body.sha256, caller=caller, now=now))


@router.get(
    "/{document_id}/acknowledgements", operation_id="listDocumentAcknowledgements",
    response_model=reading.DocumentReaderPage,
)  # fmt: skip
async def list_document_acknowledgements(
    document_id: DocumentId, query: Annotated[reading.DocumentReaderQuery, Query()], tx: InTransaction,
    caller: TrainingsRead,
) -> dict[str, Any]:  # fmt: skip
    """Who has acknowledged the version in force and who has not yet 未确认名单; on a past day as it was then, whoever has come,
    gone or moved since."""
    return await acknowledging_queries.list_readers(tx, document_id, query, caller=caller)


@router.get("/{document_id}/coverage", operation_id="getDocumentCoverage", response_model=reading.DocumentCoverage)
async def get_document_coverage(
    document_id: DocumentId, query: Annotated[reading.CoverageQuery, Query()], tx: InTransaction, _: TrainingsRead
) -> dict[str, Any]:
    """How many have acknowledged the version in force, of the company and by department; on a past day as it was then."""
    return await acknowledging_queries.coverage(tx, document_id, query.on)


@my_router.get("", operation_id="listMyDocuments", response_model=reading.MyDocumentPage)
async def list_my_documents(
    query: Annotated[reading.MyDocumentQuery, Query()], tx: InTransaction, caller: AnyCaller
) -> dict[str, Any]:
    """What is in force and for oneself; with `waiting=true` what one has to acknowledge still 待我确认. For people only; no scope
    is needed."""
    return await acknowledging_queries.list_mine(tx, query, caller=caller)


@my_router.get("/{document_id}", operation_id="getMyDocument", response_model=reading.MyDocumentText)
async def get_my_document(document_id: DocumentId, tx: InTransaction, caller: AnyCaller) -> dict[str, Any]:
    """The version in force of a document that is for oneself, to read and to acknowledge. For people only; no scope is
    needed."""
    answer: dict[str, Any] = await acknowledging_queries.my_document(tx, document_id, caller=caller)
    return answer
