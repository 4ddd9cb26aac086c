"""The briefing 舆情快报 on the wire."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from app.domain import briefing as domain


class BriefingFigure(BaseModel):
    """Something that was read."""

    shown: str = Field(description="As it stands in the line; empty where the line only points to it.")
    source: int = Field(description="The number of the source it was read from.", examples=[3])
    pointer: str = Field(
        description="Where it stands in that answer, or in that event: a JSON pointer.",
        examples=["/windows/0/current"],
    )


class BriefingLine(BaseModel):
    """One line of the page."""

    text: str = Field(
        description="As people read it, with the numbers of its sources at its end.",
        examples=["一级(重大)：近 2 小时 130,000，门槛 100,000，峰值 130,000，已超过（规则 major-2h）[3]"],
    )
    figures: list[BriefingFigure] = Field(description="What of it was read, in its order.")


class BriefingSection(BaseModel):
    """One part of the page."""

    heading: str = Field(description="What it is about.", examples=["传播"])
    lines: list[BriefingLine] = Field(description="Line by line.")


class BriefingSource(BaseModel):
    """An answer of this API, or one event, that figures were read from."""

    number: int = Field(description="Its number on the page, from 1.", examples=[3])
    path: str = Field(
        description="What to GET.", examples=["/v1/incidents/0190f5a2-7b5e-7c3d-8a1f-0123456789ab/spread"]
    )
    event_id: int | None = Field(description="The event among those it lists; null: the whole answer.", examples=[7001])


class Briefing(BaseModel):
    """One page about an incident, in Chinese, for whoever decides. All of it was read at one instant."""

    incident_id: UUID = Field(description="The incident.")
    heading: str = Field(description="Number and title.", examples=["舆情快报 2026-0031 牛奶异物"])
    as_of: datetime = Field(description="The instant at which everything was read.")
    sections: list[BriefingSection] = Field(description="In the order of the page.")
    sources: list[BriefingSource] = Field(description="Where the figures are from, in the order of their numbers.")

    @classmethod
    def of(cls, incident_id: UUID, page: domain.Briefing) -> Self:
        return cls(
            incident_id=incident_id, heading=page.heading, as_of=page.as_of,
            sections=[
                BriefingSection(heading=section.heading, lines=[_line(line) for line in section.lines])
                for section in page.sections
            ],
            sources=[
                BriefingSource(number=number, path=source.path, event_id=source.event_id)
                for number, source in enumerate(page.sources, 1)
            ],
        )  # fmt: skip


def _line(line: domain.Line) -> BriefingLine:
    figures = [BriefingFigure(**figure._asdict()) for figure in line.figures]
    return BriefingLine(text=line.text, figures=figures)
