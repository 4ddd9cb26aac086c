"""Filling templates in, beginning statements from them, and which of them fit, on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.bodies import Str, Wire
from app.domain.templates.values import LONGEST_VALUE
from app.domain.vocabulary.templates import TemplateFit, TemplateVariableSource, TemplateVariableType
from app.models.templates import MOST_VARIABLES
from app.statements.schemas import Name, Strategy
from app.statements.template_schemas import VALUES, StatementTemplate

_ID = "0197a3f0-9200-7aaa-8bbb-0123456789ab"
MOST_FITTING = 50

Values = Annotated[
    dict[str, Annotated[Str, Field(max_length=LONGEST_VALUE)]],
    Field(
        max_length=MOST_VARIABLES,
        description="Variable -> its value, as people type it: a number as 128, an amount of yuan as 299.50, a date as "
        "2026-11-23, a datetime with its offset, a list one item a line. What is filled in is never read as a template.",
        examples=[VALUES],
    ),
]
Number = Annotated[int | None, Field(ge=1, le=1_000_000, description="Which version; null: the newest.")]


class StatementTemplateRender(Wire):
    """Values to fill in, to look at what comes of it."""

    model_config = ConfigDict(json_schema_extra={"example": {"variables": VALUES}})

    variables: Values = {}
    number: Number = None
    incident_id: Annotated[
        UUID | None, Field(description="Whose facts fill in what is not stated; it takes `incidents:read`.")
    ] = None


class StatementFromTemplate(Wire):
    """Which template, and what to fill in. Every required variable must be stated, or be known of the incident."""

    model_config = ConfigDict(json_schema_extra={"example": {"template_id": _ID, "variables": VALUES}})

    template_id: Annotated[UUID, Field(description="The template.")]
    variables: Values = {}
    number: Number = None
    name: Annotated[
        Name | None, Field(description="What it is called among us; null: as its title, or as the template.")
    ] = None
    strategy: Strategy = None


class RenderedCommitment(BaseModel):
    """A promise that is filled in."""

    text: str = Field(description="What is promised.", examples=["公布检测结果"])
    due_at: datetime | None = Field(description="By when; null: that is missing.")


class MissingVariable(BaseModel):
    """A required blank that nothing was filled into."""

    name: str = Field(description="The variable.", examples=["产品"])
    type: TemplateVariableType = Field(description="What may stand in it.")
    description: str = Field(description="What people are to fill in.", examples=["全称和规格。"])
    sample: str = Field(description="A good value.", examples=["示例牌纯牛奶"])


class FilledVariable(BaseModel):
    """A blank that the incident filled in."""

    name: str = Field(description="The variable.", examples=["获悉时间"])
    value: str = Field(
        description="What was filled in; state another to have another.", examples=["2026-11-23T01:10:00Z"]
    )
    source: TemplateVariableSource = Field(description="What of the incident that is.")


class RenderedStatement(BaseModel):
    """A template with its blanks filled in. Where a required one is missing, 【its name】 stands in the text."""

    template_version_id: UUID = Field(description="The version that was filled in.")
    number: int = Field(description="Which version that is.", examples=[1])
    title: str = Field(description="The title; empty: none.", examples=["关于示例牌纯牛奶的进展通报"])
    attitude: str = Field(description="真诚致歉.", examples=[""])
    facts: str = Field(description="事实澄清.", examples=["11月23日9时10分，我们得知此事。"])
    solution: str = Field(description="解决方案.", examples=["该产品已停止销售。"])
    commitments: list[RenderedCommitment] = Field(description="进度承诺, in order.")
    next_update_at: datetime | None = Field(description="When we speak again; null: that is not said, or missing.")
    text: str = Field(
        description="The whole as it is read.",
        examples=["关于示例牌纯牛奶的进展通报\n\n11月23日9时10分，我们得知此事。"],
    )
    length: int = Field(description="Its characters.", examples=[34])
    missing: list[MissingVariable] = Field(description="What is required and was not filled in, in the form's order.")
    filled: list[FilledVariable] = Field(description="What the incident filled in, in the form's order.")


class FittingTemplate(BaseModel):
    """A template that fits an incident, and why."""

    template: StatementTemplate = Field(description="The template, with its newest version.")
    why: list[TemplateFit] = Field(description="Why it fits; the first is why this kind can be said now.")
    words: list[str] = Field(description="Its topics' words that stand in the incident.", examples=[["异物"]])


class FittingTemplates(BaseModel):
    """The templates that fit an incident, best first."""

    data: list[FittingTemplate] = Field(description="The templates.", max_length=MOST_FITTING)
