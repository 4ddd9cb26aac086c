"""Of statements 声明 (方案 二(二)2). What they say is read by their ids."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEvent(IncidentEvent):
    """Something about one statement and one version of it, and how the statement stands after it."""

    statement_id: UUID
    statement_kind: str
    statement_status: str
    version_id: UUID
    version_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSubmitted(StatementEvent):
    """A version waits for its approvals."""

    type: ClassVar[str] = "statement.submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementApproved(StatementEvent):
    """The newest version has all approvals that the grade in force asks for: ``slots``."""

    type: ClassVar[str] = "statement.approved"
    slots: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementChangesRequested(StatementEvent):
    """An approver sent the version back. What is to be changed stands in notes on it."""

    type: ClassVar[str] = "statement.changes_requested"
    slot: str
    note_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPublished(StatementEvent):
    """A version was said in public. ``approved``: that very version was, when it was said. ``first``: it is the first time
    that we hear of the statement in public; ``first_of_version`` the same of the version."""

    type: ClassVar[str] = "statement.published"
    happened_at: datetime
    publication_id: UUID
    platform: str
    approved: bool
    first: bool
    first_of_version: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPublishedUnapproved(StatementEvent):
    """The same once more, of a version that was not approved when it was said: ``missing_slots`` had not."""

    type: ClassVar[str] = "statement.published_unapproved"
    happened_at: datetime
    publication_id: UUID
    platform: str
    missing_slots: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementWithdrawn(StatementEvent):
    """It is not said any more. ``was_published``: it had been said in public by then."""

    type: ClassVar[str] = "statement.withdrawn"
    was_published: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementChanged(StatementEvent):
    """Something that only its own people need to hear of: it was drafted, edited, or went along with a merge, or another
    grade asks for another approval. ``action`` says which, ``fields`` what was edited."""

    type: ClassVar[str] = "statement.changed"
    public: ClassVar[bool] = False
    action: str
    fields: list[str]
    other_incident_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSlotApproved(StatementEvent):
    """One of its approvers approved. ``on_behalf_of``: whose authority it was, where it was delegated 代批."""

    type: ClassVar[str] = "statement.slot_approved"
    public: ClassVar[bool] = False
    slot: str
    on_behalf_of: UUID | None
