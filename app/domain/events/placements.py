"""Of where statements are published 发布矩阵 (方案 二(二)2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementOriginMissing(IncidentEvent):
    """A statement is out, and not on the platform where it began, for longer than is borne. Once a statement."""

    type: ClassVar[str] = "statement.origin_missing"
    statement_id: UUID
    origin_platform: str
    first_published_at: datetime
    due_at: datetime
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementChanged(IncidentEvent):
    """A person planned where a statement is published, or said that it is not to be there."""

    type: ClassVar[str] = "statement.placement_changed"
    public: ClassVar[bool] = False
    statement_id: UUID
    platform: str
    fields: list[str]
    planned_at: datetime | None
    not_applicable: bool
    substitute_platform: str | None
