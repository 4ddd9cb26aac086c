"""Of who reports mentions 来源 (方案 二(一)2: R04, R21)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEvent(Event):
    """Something about one source. Its name is read by its id."""

    source_id: UUID
    source_kind: str
    platforms: list[str]
    rhythm_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSilent(SourceEvent):
    """A source has not been heard for longer than its rhythm. Once a silence."""

    type: ClassVar[str] = "source.silent"
    last_heard_at: datetime | None
    silent_since: datetime
    due_at: datetime
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHeardAgain(SourceEvent):
    """A source that was silent is heard again."""

    type: ClassVar[str] = "source.heard_again"
    silent_since: datetime
    heard_at: datetime
    silent_seconds: int
