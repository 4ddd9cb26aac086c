"""What screens ask of incidents: which of them, what a wall shows of each, and how many there are."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.bodies import Instant
from app.core.params import PageQuery
from app.core.search import Question
from app.domain.grades import Grade
from app.domain.vocabulary import IncidentStatus


class IncidentFilters(BaseModel):
    """Which incidents: values of one parameter are alternatives, different parameters all hold."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[IncidentStatus], Field(max_length=8, description="Any of these.")] = []
    grade: Annotated[list[Grade], Field(max_length=3, description="Any of these.")] = []
    rule_id: Annotated[UUID | None, Field(description="Opened by this watch rule.")] = None
    is_drill: Annotated[
        bool, Field(description="Exercises 演练 in place of what is real; the two are never mixed.")
    ] = False
    opened_after: Annotated[Instant | None, Field(description="Opened after this instant.")] = None
    opened_before: Annotated[Instant | None, Field(description="Opened before this instant.")] = None
    q: Question = None


class IncidentQuery(IncidentFilters, PageQuery):
    """Which incidents, newest first."""
