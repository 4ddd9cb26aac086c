"""Events of statements 声明 on the wire. What they say is read by their ids."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import Platform, StatementKind
from app.domain.vocabulary.statements import ApprovalSlot, StatementStatus
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_STATEMENT: JsonDict = INCIDENT | {
    "seq": 14, "statement_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab", "statement_kind": "apology",
    "statement_status": "in_review", "version_id": "0197a3f0-9100-7aaa-8bbb-0123456789ab", "version_number": 2,
}  # fmt: skip
_APPROVED: JsonDict = _STATEMENT | {"statement_status": "approved", "slots": ["public_relations", "legal"]}
_CHANGES: JsonDict = _STATEMENT | {"statement_status": "changes_requested", "slot": "legal", "note_count": 2}
_SAID: JsonDict = _STATEMENT | {
    "statement_status": "published", "happened_at": "2026-03-01T11:00:00Z",
    "publication_id": "0197a3f0-9400-7aaa-8bbb-0123456789ab", "platform": "weibo",
}  # fmt: skip
_PUBLISHED: JsonDict = _SAID | {"approved": True, "first": True, "first_of_version": True}
_UNAPPROVED: JsonDict = _SAID | {"missing_slots": ["legal"]}
_WITHDRAWN: JsonDict = _STATEMENT | {
    "statement_status": "withdrawn", "was_published": True, "reason": "事实有变，另行发布",
}  # fmt: skip


class StatementData(IncidentData):
    """Which statement of which incident, which version, and how the statement stands after this."""

    model_config = ConfigDict(json_schema_extra={"example": _STATEMENT})

    statement_id: UUID = Field(description="The statement; `GET /v1/statements/{statement_id}` has all of it.")
    statement_kind: StatementKind = Field(description="What kind of statement.")
    statement_status: StatementStatus = Field(description="How it stands.")
    version_id: UUID = Field(description="The version that this is about.")
    version_number: int = Field(description="Its number, from 1.")


class StatementApprovedData(StatementData):
    """By whom."""

    model_config = ConfigDict(json_schema_extra={"example": _APPROVED})

    slots: list[ApprovalSlot] = Field(description="The approvals that the grade in force asks for: all are given.")


class StatementChangesRequestedData(StatementData):
    """As what an approver sent it back."""

    model_config = ConfigDict(json_schema_extra={"example": _CHANGES})

    slot: ApprovalSlot = Field(description="As what the approver spoke.")
    note_count: int = Field(description="How many notes on the version say what is to be changed.")


class StatementSaidData(StatementData):
    """Where and when it was said."""

    model_config = ConfigDict(json_schema_extra={"example": _SAID})

    happened_at: datetime = Field(description="When it was said, which may be long before it was told.")
    publication_id: UUID = Field(description="The entry of the incident's publications.")
    platform: Platform = Field(description="Where.")


class StatementPublishedData(StatementSaidData):
    """Whether it was approved, and is the first of it."""

    model_config = ConfigDict(json_schema_extra={"example": _PUBLISHED})

    approved: bool = Field(description="Whether that very version was approved when it was said.")
    first: bool = Field(description="Whether nothing of the statement was on record as said before.")
    first_of_version: bool = Field(description="The same of this version.")


class StatementPublishedUnapprovedData(StatementSaidData):
    """What it lacked."""

    model_config = ConfigDict(json_schema_extra={"example": _UNAPPROVED})

    missing_slots: list[ApprovalSlot] = Field(description="The approvals that were missing when it was said.")


class StatementWithdrawnData(StatementData):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"example": _WITHDRAWN})

    was_published: bool = Field(description="Whether it had been said in public by then.")
    reason: str = Field(description="Why it is not said any more.")


class StatementSubmittedEvent(EventBase):
    """A version of a statement waits for its approvals."""

    model_config = shown_as("statement.submitted", _STATEMENT)

    type: Literal[EventType.STATEMENT_SUBMITTED] = Field(description="Always `statement.submitted`.")
    data: StatementData = Field(description="The particulars.")


class StatementApprovedEvent(EventBase):
    """A statement's newest version has all its approvals."""

    model_config = shown_as("statement.approved", _APPROVED)

    type: Literal[EventType.STATEMENT_APPROVED] = Field(description="Always `statement.approved`.")
    data: StatementApprovedData = Field(description="The particulars.")


class StatementChangesRequestedEvent(EventBase):
    """An approver sent a version of a statement back."""

    model_config = shown_as("statement.changes_requested", _CHANGES)

    type: Literal[EventType.STATEMENT_CHANGES_REQUESTED] = Field(description="Always `statement.changes_requested`.")
    data: StatementChangesRequestedData = Field(description="The particulars.")


class StatementPublishedEvent(EventBase):
    """A version of a statement was said in public."""

    model_config = shown_as("statement.published", _PUBLISHED)

    type: Literal[EventType.STATEMENT_PUBLISHED] = Field(description="Always `statement.published`.")
    data: StatementPublishedData = Field(description="The particulars.")


class StatementPublishedUnapprovedEvent(EventBase):
    """The same once more, of a version that was not approved when it was said."""

    model_config = shown_as("statement.published_unapproved", _UNAPPROVED)

    type: Literal[EventType.STATEMENT_PUBLISHED_UNAPPROVED] = Field(
        description="Always `statement.published_unapproved`."
    )
    data: StatementPublishedUnapprovedData = Field(description="The particulars.")


class StatementWithdrawnEvent(EventBase):
    """A statement is not said any more."""

    model_config = shown_as("statement.withdrawn", _WITHDRAWN)

    type: Literal[EventType.STATEMENT_WITHDRAWN] = Field(description="Always `statement.withdrawn`.")
    data: StatementWithdrawnData = Field(description="The particulars.")
