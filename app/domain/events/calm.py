"""When the fire is out, and when it flares up again (方案 二(二)3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCalmed(IncidentEvent):
    """The calm test passed at a minute. Provisional: a relapse takes it back.

    What the key figures of past days are made of (R05, R06) stands in it, as it was then: the grade in force, where it
    began, since when a response was called for, and the spread counted by then, in all and by platform.
    """

    type: ClassVar[str] = "incident.calmed"
    calmed_at: datetime
    evidence: dict[str, Any]
    began_at: datetime | None = None
    grade: str | None = None
    origin_platform: str | None = None
    spread: int | None = None
    spread_by_platform: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalmRetold(IncidentEvent):
    """People moved mentions into what is calm, or out of it: what its calm said of it is said anew, from now on.

    ``calmed_at`` is that of the last part to become calm, where another incident was merged into it.
    """

    type: ClassVar[str] = "incident.calm_retold"
    public: ClassVar[bool] = False
    calmed_at: datetime
    began_at: datetime
    grade: str | None
    origin_platform: str | None
    spread: int
    spread_by_platform: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRebounded(IncidentEvent):
    """It flared up again after it was calm 二次发酵."""

    type: ClassVar[str] = "incident.rebounded"
    calmed_at: datetime
    reason: str
    evidence: dict[str, Any]
