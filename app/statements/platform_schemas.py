"""What platforms take, on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Wire
from app.domain.vocabulary import Platform
from app.models import PlatformRule

# More than any platform takes.
MOST = 1_000_000
_PUT: JsonDict = {"core": True, "max_chars": 2000, "max_title": None}
_RULE: JsonDict = {
    "platform": "weibo", "core": True, "max_chars": 2000, "max_title": None, "version": 1,
    "updated_at": "2026-03-01T08:00:00Z",
}  # fmt: skip
Most = Annotated[int | None, Field(ge=1, le=MOST)]


class PlatformRulePut(Wire):
    """All that is to hold for a platform."""

    model_config = ConfigDict(json_schema_extra={"example": _PUT})

    core: Annotated[bool, Field(description="Whether every statement is planned there by itself 核心平台.")]
    max_chars: Annotated[Most, Field(description="Characters of a text at most; null: as many as one likes.")]
    max_title: Annotated[Most, Field(description="Characters of a title at most; null: as many as one likes.")]


class PlatformRuleOut(BaseModel):
    """What a platform takes, and whether it is core."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _RULE})

    platform: Platform = Field(description="Which platform.")
    core: bool = Field(description="Whether every statement is planned there by itself 核心平台.")
    max_chars: int | None = Field(description="Characters (code points) of a text at most; null: as many as one likes.")
    max_title: int | None = Field(description="Characters of a title at most; null: as many as one likes.")
    version: int = Field(description="Counts the changes.")
    updated_at: datetime = Field(description="When it was last changed.")


class PlatformRules(BaseModel):
    """Every platform's rule."""

    model_config = ConfigDict(json_schema_extra={"example": {"data": [_RULE]}})

    data: list[PlatformRuleOut] = Field(description="In the order of the vocabulary `platform`.")

    @classmethod
    def of(cls, rows: Sequence[PlatformRule]) -> Self:
        return cls(data=[PlatformRuleOut.model_validate(row) for row in rows])
