"""The calm test on the wire (方案 二(二)3)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain.vocabulary import IncidentStatus


class RuleHeld(BaseModel):
    """A volume rule that held."""

    rule: str = Field(description="The rule's id in the policy.", examples=["general-8h"])
    window_seconds: int = Field(description="How long its window is.", examples=[28800])
    threshold: int = Field(description="It holds above this.", examples=[10000])
    sum: int = Field(description="What was gained in that window.", examples=[10001])
    minute: datetime = Field(description="The minute the window ended with.")


class CalmVolume(BaseModel):
    """No volume rule that applies to the incident may have held lately."""

    met: bool = Field(description="Whether the condition is met.")
    quiet_seconds: int = Field(description="How long none may have held.", examples=[28800])
    held_last: RuleHeld | None = Field(description="The rule that held last, whenever that was; null: none ever did.")
    judged_last: datetime | None = Field(
        description="The minute the grade in force was set, where it is graver than the spread alone makes it: it stands as long.",
        examples=[None],
    )


class CalmMedia(BaseModel):
    """No report by listed media may be dated lately."""

    met: bool = Field(description="Whether the condition is met.")
    quiet_seconds: int = Field(description="How long there may have been none.", examples=[28800])
    reported_last: datetime | None = Field(
        description="The minute of the last report that came in the day before; null: none did.", examples=[None]
    )


class CalmTail(BaseModel):
    """Next to nothing may be gained any more."""

    met: bool = Field(description="Whether the condition is met.")
    window_seconds: int = Field(description="How long the window is.", examples=[7200])
    gained: int = Field(description="Gained in the window that ends with this minute.", examples=[310])
    allowed: int = Field(description="At most this: 100, or 5 % of the peak where that is more.", examples=[2512])
    peak: int = Field(description="The most that was ever gained in such a window.", examples=[50240])
    peak_minute: datetime | None = Field(description="The first minute a window of that sum ended with; null: none.")


class CalmSource(BaseModel):
    """A source must be alive: where nobody looks, silence means nothing."""

    met: bool = Field(description="Whether the condition is met.")
    within_seconds: int = Field(description="How recently something must have been received.", examples=[7200])
    alive_last: datetime | None = Field(
        description="The minute anything was received last, whatever it was; null: never. Readings of known mentions may "
        "have come up to a minute later."
    )


class CalmLook(BaseModel):
    """The calm test at this minute, with its evidence.

    Calm is recorded within a minute of the first look that passes, while the incident is responding, handling or
    closing and nothing of it waits to be counted.
    """

    incident_id: UUID = Field(description="The incident.")
    status: IncidentStatus = Field(description="Where it stands.", examples=["handling"])
    calmed_at: datetime | None = Field(
        description="When calm was recorded; null: it was not, or a relapse 二次发酵 took it back."
    )
    evidence: dict[str, Any] | None = Field(
        description="The look that calm was recorded on, as it was then; null where none is recorded.", examples=[None]
    )
    minute: datetime = Field(description="The minute that was looked at: this one.")
    passes: bool = Field(description="Whether all four conditions are met.", examples=[True])
    missing: list[str] = Field(description="What stands against it, in words.", examples=[[]])
    volume: CalmVolume = Field(description="Whether a volume rule held lately.")
    media: CalmMedia = Field(description="Whether listed media reported lately.")
    tail: CalmTail = Field(description="What the last hours gained.")
    source: CalmSource = Field(description="Whether anybody looks.")
