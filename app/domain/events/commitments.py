"""Of promises 承诺 made in public (方案 二(二)2, 进度承诺). What was promised is read by its id."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentBroken(IncidentEvent):
    """Its time is over, and it is not known to have been kept. Once for each promise."""

    type: ClassVar[str] = "commitment.broken"
    commitment_id: UUID
    statement_id: UUID
    task_id: UUID
    owner_id: UUID | None
    made_at: datetime
    due_at: datetime
