"""Splitting an incident, on the wire."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.core.bodies import Instant, Str, Visible, Wire
from app.domain.grades import Grade, HarmClass
from app.domain.vocabulary import Platform
from app.incidents.schemas import MediaFollowUp, Reason, Summary, Title
from app.incidents.spread_schemas import Window
from app.mentions.schemas import JudgedSentiment, Mention


class SplitFilter(Wire):
    """Mentions of a kind: all that is stated must be true of them."""

    model_config = ConfigDict(json_schema_extra={"example": {"platform": ["douyin"], "text": "门店"}})

    platform: Annotated[list[Platform], Field(max_length=10, description="Any of these platforms.")] = []
    sentiment: Annotated[list[JudgedSentiment], Field(max_length=4, description="Any of these judgements.")] = []
    author: Annotated[
        Str | None,
        Field(max_length=200, description="Posted by this author, as sent. Needs `people:unmask`; 403 without it."),
    ] = None
    rule_id: Annotated[UUID | None, Field(description="Those that hit this watch rule.")] = None
    text: Annotated[
        Visible | None,
        Field(
            min_length=1,
            max_length=200,
            description="Title or text hold these words, however they are written. Without `people:unmask` the masked "
            "ones are searched, as you see them.",
        ),
    ] = None
    published_after: Annotated[Instant | None, Field(description="Posted after this instant.")] = None
    published_before: Annotated[Instant | None, Field(description="Posted before this instant.")] = None
    first_seen_after: Annotated[Instant | None, Field(description="Heard of after this instant.")] = None
    first_seen_before: Annotated[Instant | None, Field(description="Heard of before this instant.")] = None

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        if all(value in (None, []) for value in self.__dict__.values()):
            raise ValueError("must state at least one condition: everything is not a part")
        return self


class IncidentSplit(Wire):
    """What to split off: mention_ids, filter or cluster says which mentions, and exactly one of the three is sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "title": "门店员工态度",
                "filter": {"platform": ["douyin"], "text": "门店"},
                "reason": "与产品质量无关，是另一件事",
            }
        }
    )

    title: Title
    summary: Summary = ""
    harm_class: Annotated[
        HarmClass | None, Field(description="Whose interests are harmed; null: as the rules that its mentions hit say.")
    ] = None
    mention_ids: Annotated[
        list[UUID] | None, Field(min_length=1, max_length=1000, description="These, all of them in the incident.")
    ] = None
    filter: Annotated[SplitFilter | None, Field(description="Those of a kind.")] = None
    cluster: Annotated[
        UUID | None,
        Field(
            description="A mention: itself and all that says the same in nearly the same words 洗稿, of "
            "texts as you see them."
        ),
    ] = None
    reason: Reason

    @model_validator(mode="after")
    def _chooses_once(self) -> Self:
        if [self.mention_ids, self.filter, self.cluster].count(None) != 2:
            raise ValueError("must have exactly one of mention_ids, filter and cluster")
        return self


class SplitFigures(BaseModel):
    """One incident, as it is or would be."""

    mention_count: int = Field(description="Mentions in it.", examples=[42])
    total: int = Field(description="传播量 in all its minutes.", examples=[130000])
    baseline: int = Field(description="Spread that is older than our looking: in no window.", examples=[0])
    harm_class: HarmClass | None = Field(description="Whose interests are harmed.", examples=["user_rights"])
    media_follow_up: MediaFollowUp = Field(description="Whether listed media report it.", examples=["none"])
    grade: Grade | None = Field(description="The grade in force; the machine never lowers it.", examples=["major"])
    auto_grade: Grade | None = Field(
        description="What the rules say of what was reached; it may fall.", examples=["general"]
    )
    suggested_grade: Grade | None = Field(description="What the figures suggest now.", examples=["general"])
    rule: str | None = Field(description="The policy's rule that decides `auto_grade`.", examples=["general-8h"])
    windows: list[Window] = Field(description="One for each rule of volume, in the policy's order.")


class SplitPreview(BaseModel):
    """Both sides of a split that was not made. Its ETag is the incident's: send it as If-Match with the split."""

    incident_id: UUID = Field(description="The incident that would be split.")
    version: int = Field(description="Its version, which the split can be made conditional on.", examples=[3])
    mention_count: int = Field(description="Mentions that would move.", examples=[12])
    before: SplitFigures = Field(description="The incident as it is.")
    source: SplitFigures = Field(description="What would stay of it.")
    split_off: SplitFigures = Field(description="The new incident.")
    sample: list[Mention] = Field(description="Of those that would move, the ten that spread most.")
