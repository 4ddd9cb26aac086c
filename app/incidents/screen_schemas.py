"""What screens ask of incidents: which of them, what a wall shows of each, and how many there are."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.bodies import Instant
from app.core.params import PageQuery
from app.core.search import Question
from app.domain.grades import Grade
from app.domain.vocabulary import DeadlineKind, DeadlineState, IncidentInclude, IncidentStatus
from app.incidents.spread_schemas import Forecast, Window


class IncidentFilters(BaseModel):
    """Which incidents: values of one parameter are alternatives, different parameters all hold."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[IncidentStatus], Field(max_length=8, description="Any of these.")] = []
    grade: Annotated[list[Grade], Field(max_length=3, description="Any of these.")] = []
    rule_id: Annotated[UUID | None, Field(description="Opened by this watch rule.")] = None
    is_drill: Annotated[
        bool, Field(description="Exercises 演练 in place of what is real; the two are never mixed.")
    ] = False
    drill_id: Annotated[
        UUID | None, Field(description="What came of one run of a drill; `is_drill` does not matter then.")
    ] = None
    opened_after: Annotated[Instant | None, Field(description="Opened after this instant.")] = None
    opened_before: Annotated[Instant | None, Field(description="Opened before this instant.")] = None
    q: Question = None


Include = Annotated[
    list[IncidentInclude],
    Field(max_length=5, description="What of `live` is shown with each; nothing: `live` is null."),
]


class IncidentQuery(IncidentFilters, PageQuery):
    """Which incidents, newest first, and what is shown with each."""

    include: Include = []

    def filters(self) -> dict[str, object]:
        """What is shown with the rows decides nothing about which there are."""
        return self.model_dump(mode="json", exclude={"limit", "cursor", "include"})


class IncidentOneQuery(BaseModel):
    """What is shown with the incident."""

    model_config = ConfigDict(extra="forbid")

    include: Include = []


class NextDeadline(BaseModel):
    """The clock that is due next, as `/v1/deadlines` has it. What is left is `due_at` less the time it is."""

    id: UUID = Field(description="The deadline's id.")
    kind: DeadlineKind = Field(description="Which clock of the plan.")
    state: DeadlineState = Field(description="How it stands: it runs.", examples=["running"])
    started_at: datetime = Field(description="When it began to run.")
    due_at: datetime = Field(description="When its time is over.")
    estimated: bool = Field(
        description="Whether it was counted on a calendar that is not official yet.", examples=[False]
    )


class IncidentLive(BaseModel):
    """What moves by itself: it is in the ETag's digest and not in the version that `If-Match` is judged by.

    What was not asked for by `include` is null.
    """

    as_of: datetime = Field(description="The minute that windows end with, and forecasts start from.")
    windows: list[Window] | None = Field(
        description="Each volume rule's window, in the policy's order, as in `/spread`."
    )
    forecast: list[Forecast] | None = Field(
        description="When each volume rule would hold, in the policy's order, as in `/spread`."
    )
    next_deadline: NextDeadline | None = Field(
        description="The running clock that is due first; null also where none runs. A `first_word` whose time is over "
        "comes after the others: it only warns, and runs until something is said."
    )
    unacknowledged_count: int | None = Field(
        description="Members of the team who have not acknowledged yet.", examples=[2]
    )
    sparkline: Annotated[list[int] | None, Field(min_length=24, max_length=24)] = Field(
        description="What was gained in each of 24 whole hours, the oldest first; the last is the hour of `as_of`, not "
        "over yet.",
        examples=[[0] * 20 + [310, 12044, 80112, 37534]],
    )


class StatusCount(BaseModel):
    """How many incidents stand somewhere."""

    status: IncidentStatus = Field(description="Where they stand.")
    count: int = Field(description="How many.", examples=[3])


class GradeCount(BaseModel):
    """How many incidents have a grade."""

    grade: Grade | None = Field(description="The grade in force; null: none.")
    count: int = Field(description="How many.", examples=[3])


class StatusGradeCount(BaseModel):
    """How many incidents stand somewhere with a grade."""

    status: IncidentStatus = Field(description="Where they stand.")
    grade: Grade | None = Field(description="The grade in force; null: none.")
    count: int = Field(description="How many.", examples=[3])


class IncidentCounts(BaseModel):
    """How many incidents there are of those that were asked for."""

    total: int = Field(description="All of them.", examples=[42])
    open: int = Field(description="Those that take mentions: watching to closing.", examples=[5])
    unacknowledged: int = Field(
        description="Open ones with a member of the team who has not acknowledged.", examples=[2]
    )
    overdue: int = Field(
        description="Open ones of which a clock's time is over, and what it waits for has not happened. The first word, "
        "which only warns, is left out.",
        examples=[1],
    )
    by_status: list[StatusCount] = Field(description="Every status, in the order of a life.")
    by_grade: list[GradeCount] = Field(description="Every grade, the gravest first, and none.")
    by_status_and_grade: list[StatusGradeCount] = Field(description="What there is of both, in the same order.")
