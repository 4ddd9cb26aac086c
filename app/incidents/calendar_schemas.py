"""The working calendar 工作日历 on the wire (方案 二(三): 3 个工作日)."""

import datetime as dt
import re
from datetime import datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    Strict,
    model_validator,
)

from app.core.bodies import Instant, Shown, Visible, Wire
from app.domain.worktime import FIRST_YEAR, LAST_YEAR, DayKind, YearStatus

MOST_DAYS = 400
# Clocks may state as many.
MOST_WORKING_DAYS = 60

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PATTERN = r"^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
_OFF: JsonValue = {"date": "2026-10-01", "name": "国庆节"}
_MADE_UP: JsonValue = {"date": "2026-10-10", "name": "国庆节"}
_HOLIDAY: JsonValue = {
    "date": "2026-10-01", "kind": "holiday", "is_working": False, "name": "国庆节", "estimated": False,
}  # fmt: skip
_YEAR: JsonValue = {"year": 2026, "status": "official", "version": 1}


def _as_written(value: object) -> object:
    """Pydantic takes 20261001 for seconds since 1970."""
    if not isinstance(value, str) or not _WRITTEN.fullmatch(value):
        raise ValueError("must be a date such as 2026-10-01")
    return value


def _in_range(value: dt.date) -> dt.date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must be between {FIRST_YEAR} and {LAST_YEAR}")
    return value


# What comes in is strict already; a text that went through a validator of ours no longer counts as JSON.
Date = Annotated[dt.date, Strict(False), BeforeValidator(_as_written), AfterValidator(_in_range), Shown(_PATTERN)]


class CalendarQuery(BaseModel):
    """Which days."""

    model_config = ConfigDict(extra="forbid")

    from_: Annotated[
        Date,
        Field(
            validation_alias=AliasChoices("from"), alias="from", description="The first day, for example 2026-10-01."
        ),
    ]
    to: Annotated[Date, Field(description=f"The last day, included: at most {MOST_DAYS} days.")]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 <= (self.to - self.from_).days < MOST_DAYS:
            raise ValueError(f"`to` must be `from` or later, and {MOST_DAYS} days at most are shown at once")
        return self


class DueQuery(BaseModel):
    """From when, and how many working days."""

    model_config = ConfigDict(extra="forbid")

    from_: Annotated[
        Instant | None,
        Field(
            validation_alias=AliasChoices("from"), alias="from",
            description="The instant; the day it is in Shanghai doesn't count. Now, where it is left out.",
        ),
    ] = None  # fmt: skip
    working_days: Annotated[
        int, Field(ge=1, le=MOST_WORKING_DAYS, description=f"How many, 1 to {MOST_WORKING_DAYS}.")
    ] = 3


class CalendarDay(BaseModel):
    """One day 日: whether it is worked, and why."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _HOLIDAY})

    date: dt.date = Field(description="The day, in Shanghai.")
    kind: DayKind = Field(description="Why it is worked or not.")
    is_working: bool = Field(description="Whether it counts as a working day.")
    name: str | None = Field(description="The holiday, also of a day that is worked for it; null for other days.")
    estimated: bool = Field(description="Whether its year's notice is not known yet: it is a guess.")


class CalendarYearState(BaseModel):
    """A year, and whether its days are certain."""

    model_config = ConfigDict(json_schema_extra={"example": _YEAR})

    year: int = Field(description="The year.")
    status: YearStatus = Field(description="Whether its notice is known.")
    version: int = Field(description="Counts the changes; 0 where nobody ever loaded it.")


class Calendar(BaseModel):
    """The days that were asked for, and the years they belong to."""

    model_config = ConfigDict(json_schema_extra={"example": {"years": [_YEAR], "days": [_HOLIDAY]}})

    years: list[CalendarYearState] = Field(description="Each year of these days.")
    days: list[CalendarDay] = Field(description="Every day, in order.")


class WorkingDue(BaseModel):
    """When something is due that has so many working days 工作日."""

    counted_from: datetime = Field(description="The instant it was counted from.", examples=["2026-09-29T03:00:00Z"])
    working_days: int = Field(description="How many working days it has.", examples=[3])
    due_at: datetime = Field(
        description="The end of the last of them, 23:59:59 in Shanghai.", examples=["2026-10-09T15:59:59Z"]
    )
    due_on: dt.date = Field(description="The day that is in Shanghai.", examples=["2026-10-09"])
    estimated: bool = Field(
        description="Whether a day that was counted belongs to a year whose notice is not known: it may move."
    )
    skipped: list[CalendarDay] = Field(description="The days on the way that don't count, in order.")


class NoticeDay(Wire):
    """A day of the notice."""

    model_config = ConfigDict(json_schema_extra={"example": _OFF})

    date: Annotated[Date, Field(description="The day.")]
    name: Annotated[Visible, Field(min_length=1, max_length=50, description="The holiday it belongs to, in Chinese.")]


class CalendarYearPut(Wire):
    """A year's notice 放假安排通知 as published: the days off and the weekend days that are worked for them 调休上班."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "source": "国务院办公厅关于2026年部分节假日安排的通知",
                "days_off": [
                    {"date": day, "name": name}
                    for name, days in {
                        "元旦": ("2026-01-01", "2026-01-02"),
                        "劳动节": ("2026-05-01",),
                        "国庆节": ("2026-10-01", "2026-10-02", "2026-10-03", "2026-10-05"),
                    }.items()
                    for day in days
                ],
                "make_up_days": [_MADE_UP],
            }
        }
    )

    source: Annotated[
        Visible,
        Field(min_length=1, max_length=200, description="Where it is published, so that others can look it up."),
    ]
    days_off: Annotated[
        list[NoticeDay],
        Field(min_length=1, max_length=100, description="Every day off of the year; weekends among them may stay."),
    ]
    make_up_days: Annotated[
        list[NoticeDay],
        Field(max_length=50, description="The Saturdays and Sundays that are worked, by the holiday they make up for."),
    ]


class SpecialDay(BaseModel):
    """A day that its weekday alone doesn't explain."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _OFF})

    date: dt.date = Field(description="The day.")
    name: str = Field(description="The holiday it belongs to.")


class CalendarYear(BaseModel):
    """A year of the working calendar 工作日历. Its lists can be sent back as they are, changed."""

    year: int = Field(description="The year.", examples=[2026])
    status: YearStatus = Field(description="Whether its notice is known, or its days are guessed.")
    version: int = Field(description="Counts the changes; 0 where nobody ever loaded it.", examples=[1])
    source: str | None = Field(
        description="What it was made of; null where nobody ever loaded it.",
        examples=["国务院办公厅关于2026年部分节假日安排的通知"],
    )
    working_days: int = Field(description="How many working days it has.", examples=[248])
    days_off: list[SpecialDay] = Field(description="The days off; weekends without a name are left out.")
    make_up_days: list[SpecialDay] = Field(description="The Saturdays and Sundays that are worked 调休上班.")
    updated_at: datetime | None = Field(description="When it was last changed; null where nobody ever loaded it.")
