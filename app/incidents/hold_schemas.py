"""Legal holds 法务保全 on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.bodies import Visible, Wire


class LegalHoldPut(Wire):
    """Whether a legal hold stands from now on, and why."""

    model_config = ConfigDict(json_schema_extra={"example": {"held": True, "reason": "法院受理名誉权纠纷"}})

    held: Annotated[bool, Field(description="Whether nothing of the incident may be deleted.")]
    reason: Annotated[Visible, Field(min_length=1, max_length=1_000, description="Why; it stands on the timeline.")]


class LegalHoldPerson(BaseModel):
    """The person who set a legal hold."""

    id: UUID = Field(description="Our id.")
    name: str = Field(description="The name, for example 王**; whole with `people:unmask`.")


class LegalHold(BaseModel):
    """A legal hold that stands: nothing of the incident is deleted, whatever its age, and whoever asks."""

    at: datetime = Field(description="Since when.")
    person: LegalHoldPerson = Field(description="Who set it.")
    reason: str = Field(description="Why.", examples=["法院受理名誉权纠纷"])
