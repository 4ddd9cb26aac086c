"""Preventive measures 预防措施 on the wire (方案 二(一)1)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.incidents.calendar_schemas import Date
from app.incidents.schemas import TimelinePerson

MEASURE: JsonDict = {
    "id": "0197a3f0-c000-7aaa-8bbb-0123456789ab", "risk_id": "0197a3f0-b000-7aaa-8bbb-0123456789ab",
    "risk_number": "R-0001", "title": "演练停售与召回流程", "owner": None, "due_on": "2026-12-25", "overdue": False,
    "done_at": None, "outcome": "", "review_id": None, "created_at": "2026-11-25T08:00:00Z",
    "created_by": "system:fenghuo", "updated_at": "2026-11-25T08:00:00Z", "version": 1,
}  # fmt: skip

MeasureTitle = Annotated[Visible, Field(min_length=1, max_length=200, description="What is to be done, in a line.")]
MeasureOwner = Annotated[UUID | None, Field(description="Whose it is, an active person; null: nobody's yet.")]
MeasureDue = Annotated[Date, Field(description="The day by whose end in Shanghai it is done; today at the earliest.")]


class RiskMeasureCreate(Wire):
    """Something that is done so that a risk does not come true."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "演练停售与召回流程", "due_on": "2099-12-31"}})

    title: MeasureTitle
    owner_id: MeasureOwner = None
    due_on: MeasureDue


class RiskMeasurePatch(Wire):
    """What people may change. Only the fields that are sent change."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"done_at": "2026-11-25T16:00:00+08:00", "outcome": "已演练，更新联系人 3 处"}}
    )

    title: MeasureTitle = "…"
    owner_id: MeasureOwner = None
    due_on: MeasureDue = date(1970, 1, 1)
    done_at: Annotated[Instant | None, Field(description="When it was done; null: it is not done after all.")] = None
    outcome: Annotated[Str, Field(max_length=5_000, description="What came of it.")] = ""


class RiskMeasure(BaseModel):
    """A preventive measure 预防措施.

    Phones, mails and @names in what people wrote are masked unless you have `people:unmask`.
    """

    model_config = ConfigDict(json_schema_extra={"example": MEASURE})

    id: UUID = Field(description="Our id.")
    risk_id: UUID = Field(description="The risk it is against.")
    risk_number: str = Field(description="The risk's number, which people quote.")
    title: str = Field(description="What is to be done, in a line.")
    owner: TimelinePerson | None = Field(description="Whose it is; null: nobody's yet.")
    due_on: date = Field(description="By the end of which day in Shanghai it is to be done.")
    overdue: bool = Field(description="Whether that day is over and it is not done.")
    done_at: datetime | None = Field(description="When it was done; null: it is not.")
    outcome: str = Field(description="What came of it.")
    review_id: UUID | None = Field(description="The review that asked for it; null: none.")
    created_at: datetime = Field(description="When it was entered.")
    created_by: str = Field(description="By whom, as events name it.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")


class RiskMeasurePage(Page[RiskMeasure]):
    """Some measures, the first due first."""


class RiskMeasureQuery(PageQuery):
    """Which measures: values of one parameter are alternatives, different parameters all hold."""

    risk_id: Annotated[list[UUID], Field(max_length=20, description="Against one of these risks.")] = []
    owner_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these people.")] = []
    review_id: Annotated[list[UUID], Field(max_length=20, description="That one of these reviews asked for.")] = []
    done: Annotated[bool | None, Field(description="Only those that are done, or only those that are not.")] = None
    overdue: Annotated[bool, Field(description="Only those that are late: not done, and the day is over.")] = False
