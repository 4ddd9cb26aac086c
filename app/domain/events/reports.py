"""Of the reports of reviews 《危机复盘报告》 (方案 二(三))."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReportRendered(Event):
    """A report is there to be read, as of this version of its review. For the audit log: issuing it is a person's act."""

    type: ClassVar[str] = "review.report_rendered"
    public: ClassVar[bool] = False
    review_id: UUID
    report_id: UUID
    review_version: int
    is_drill: bool

    @property
    def of_drill(self) -> bool:
        return self.is_drill
