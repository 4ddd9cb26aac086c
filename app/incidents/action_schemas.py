"""What may be done about an incident, as screens make buttons of it."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from app.domain.lifecycle import Choice
from app.domain.vocabulary import Guard, IncidentAction, IncidentStatus


class AllowedAction(BaseModel):
    """One thing people may want to do about an incident, and whether it would be refused: a button for a screen.

    It is about the incident, not about the caller: scopes come on top.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "action": "set_status",
                "status": "handling",
                "allowed": False,
                "missing": ["fact_check"],
                "refusal": "guards_missing",
            }
        }
    )

    action: IncidentAction = Field(description="What.")
    status: IncidentStatus | None = Field(description="Where to, for `set_status`; null for all else.")
    allowed: bool = Field(description="Whether it can be done as things stand.")
    missing: list[Guard] = Field(description="What the move still needs; a lead may pass it with `override`.")
    refusal: str | None = Field(
        description="The `code` of the problem that would be answered; null where it is allowed."
    )

    @classmethod
    def of(cls, choice: Choice) -> Self:
        return cls(
            action=choice.action, status=IncidentStatus(choice.status) if choice.status else None,
            allowed=choice.refusal is None, missing=list(choice.missing), refusal=choice.refusal,
        )  # fmt: skip
