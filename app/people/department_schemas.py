"""Departments on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.bodies import Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import DepartmentKind

# They are compared with each other and with what watch rules say: no space around them is meant.
Trimmed = Annotated[Visible, AfterValidator(str.strip)]
Name = Annotated[Trimmed, Field(min_length=1, max_length=100, description="Its name; no two have the same.")]
Kind = Annotated[DepartmentKind, Field(description="What it is to a crisis.")]
Units = Annotated[
    list[Annotated[Trimmed, Field(min_length=1, max_length=100)]],
    Field(
        max_length=100,
        description="What watch rules and incidents call the business units it answers for. Its own name counts too.",
    ),
    AfterValidator(lambda units: sorted(set(units))),
]
Head = Annotated[UUID | None, Field(description="Who heads it, an active person; null: nobody.")]


class DepartmentCreate(Wire):
    """A department that has to do with crises."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "手机事业部", "kind": "business", "business_units": ["手机", "配件"]}}
    )

    name: Name
    kind: Kind
    business_units: Units = []
    head_id: Head = None


class DepartmentPatch(Wire):
    """Only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"example": {"business_units": ["手机", "配件", "售后"]}})

    name: Name = "…"
    kind: Kind = DepartmentKind.OTHER
    business_units: Units = []
    head_id: Head = None
    active: Annotated[bool, Field(description="False: it is no more. Who was in it stays in it until moved.")] = True


class DepartmentOut(BaseModel):
    """A department 部门, and what it is to a crisis (方案 一)."""

    id: UUID = Field(description="Our id.")
    name: str = Field(description="Its name.", examples=["手机事业部"])
    kind: DepartmentKind = Field(description="What it is to a crisis.")
    business_units: list[str] = Field(
        description="What watch rules and incidents call the business units it answers for. Its own name counts too.",
        examples=[["手机", "配件"]],
    )
    head_id: UUID | None = Field(description="Who heads it; they may have left since. Null: nobody.")
    active: bool = Field(description="Whether there still is such a department.")
    version: int = Field(description="Counts the changes.")
    created_at: datetime = Field(description="When it was added.")
    updated_at: datetime = Field(description="When it was last changed.")


class DepartmentPage(Page[DepartmentOut]):
    """A page of them."""


class DepartmentQuery(PageQuery):
    """Which departments: values of one parameter are alternatives, different parameters all hold."""

    kind: Annotated[list[DepartmentKind], Field(max_length=5, description="Of one of these kinds.")] = []
    active: Annotated[bool | None, Field(description="Only those that still are, or only those that are no more.")] = (
        None
    )
