"""Of mentions 舆情."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OfMention(Event):
    """Something that is to be said of a mention."""

    mention_id: UUID
    incident_id: UUID | None
    # Whether it was made up for an exercise 演练, and for which run.
    is_drill: bool = False
    drill_id: UUID | None = None

    @property
    def of_drill(self) -> bool:
        return self.is_drill


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionHit(OfMention):
    """A negative mention matches watch rules: the alarm's first spark (方案 二(一)2, within 10 minutes)."""

    type: ClassVar[str] = "mention.hit"
    platform: str
    rule_ids: list[UUID]
    # When we were told what made it one: the alert clock starts here.
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionFigures(OfMention):
    """Something that a mention's counters say, once for good. Each is the greatest read so far."""

    platform: str
    observed_at: datetime
    reposts: int | None
    comments: int | None
    likes: int | None
    views: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalThresholdReached(MentionFigures):
    """Views or reposts are as many as the law on defamation asks for (法释〔2013〕21号 第二条). Evidence was kept."""

    type: ClassVar[str] = "mention.legal_threshold"
    reached: list[str]
    # No hash of its text: with ten digits of a phone known, a million tries would find the rest.
    snapshot_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewsHigh(MentionFigures):
    """Many have seen it, whatever the spread says: WeChat shows little else."""

    type: ClassVar[str] = "mention.views_high"
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsJudgement(MentionFigures):
    """It hits and spreads, and nobody has said how it speaks of us: a person is to."""

    type: ClassVar[str] = "mention.needs_judgement"
    spread: int
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionUnmasked(Event):
    """Somebody with people:unmask was shown the mention's words and author as they are: for the audit log only."""

    type: ClassVar[str] = "mention.unmasked"
    public: ClassVar[bool] = False
    mention_id: UUID
