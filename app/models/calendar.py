"""Tables of the working calendar 工作日历 (方案 二(三): 3 个工作日): years, and the days their weekday doesn't explain."""

from datetime import date

from sqlalchemy import CheckConstraint, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.worktime import YearStatus
from app.models.base import Base, CreatedAt, one_of


class CalendarYear(Base):
    """A year of which somebody knows or guesses the days. ``source`` says by what: a notice, a library."""

    __tablename__ = "calendar_years"
    __table_args__ = (
        one_of("status", YearStatus),
        CheckConstraint("year between 1970 and 2199", name="year"),
    )

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    status: Mapped[str]
    source: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]


class CalendarDay(Base):
    """A day off 放假, or a weekend day that is worked 调休上班; all others are as their weekday is."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str]
