"""Events of incidents 危机事件 on the wire."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.grades import Grade, HarmClass
from app.domain.vocabulary import GradeSource, IncidentStatus, Platform
from app.webhooks.event_schemas.base import INCIDENT, RULE, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_OPENED: JsonDict = INCIDENT | {"seq": 1, "rule_id": RULE, "harm_class": "user_rights", "business_unit": "乳品"}
GRADED: JsonDict = INCIDENT | {
    "seq": 7,
    "from": "general",
    "to": "serious",
    "level": 2,
    "label": "二级(较大)",
    "source": "machine",
    "reason": "Rule serious-4h: 50,240 in 4 h, more than 50,000.",
    "evidence": {"rule": "serious-4h", "window_seconds": 14400, "threshold": 50000, "sum": 50240},
    "origin_platform": "weibo",
}
_MOVED: JsonDict = INCIDENT | {
    "seq": 4,
    "from": "watching",
    "to": "responding",
    "reason": "The grade was set.",
    "overridden": [],
}


class IncidentOpenedData(IncidentData):
    """The incident at its beginning."""

    model_config = ConfigDict(json_schema_extra={"example": _OPENED})

    rule_id: UUID | None = Field(description="The watch rule it was opened by; null where a person did.")
    harm_class: HarmClass | None = Field(description="Whose interests are harmed; null while nobody knows.")
    business_unit: str | None = Field(description="The business unit concerned; null where none is named.")


class GradeChangedData(IncidentData):
    """The grade before and after, by whom and why."""

    model_config = ConfigDict(json_schema_extra={"example": GRADED})

    from_: Grade | None = Field(alias="from", description="The grade before; null: none.")
    to: Grade | None = Field(description="The grade from now on; null: none.")
    level: int | None = Field(description="1 major 一级, 2 serious 二级, 3 general 三级; null where there is no grade.")
    label: str | None = Field(
        description="The grade with both words, for example 一级(重大); null where there is none."
    )
    source: GradeSource = Field(description="Who set it.")
    reason: str = Field(description="Why, in words.")
    evidence: dict[str, Any] = Field(
        description="What a raise by the machine rests on: policy, rule, window, sum, threshold, the top mentions. "
        "Empty where a person decided."
    )
    origin_platform: Platform | None = Field(
        description="首发平台, where it began as far as was known then; null: it has no posts."
    )


class StatusChangedData(IncidentData):
    """The status before and after, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _MOVED})

    from_: IncidentStatus = Field(alias="from", description="The status before.")
    to: IncidentStatus = Field(description="The status from now on.")
    reason: str = Field(description="Why, in words.")
    overridden: list[str] = Field(description="The guards that were not met, and passed over 特批 for this reason.")


class IncidentOpenedEvent(EventBase):
    """Mentions are handled as one case from here on."""

    model_config = shown_as("incident.opened", _OPENED)

    type: Literal[EventType.INCIDENT_OPENED] = Field(description="Always `incident.opened`.")
    data: IncidentOpenedData = Field(description="The particulars.")


class GradeChangedEvent(EventBase):
    """The grade was raised by the machine, or set by a person (方案 二(二)1)."""

    model_config = shown_as("incident.grade_changed", GRADED)

    type: Literal[EventType.INCIDENT_GRADE_CHANGED] = Field(description="Always `incident.grade_changed`.")
    data: GradeChangedData = Field(description="The particulars.")


class StatusChangedEvent(EventBase):
    """The incident moved on, ended or came back."""

    model_config = shown_as("incident.status_changed", _MOVED)

    type: Literal[EventType.INCIDENT_STATUS_CHANGED] = Field(description="Always `incident.status_changed`.")
    data: StatusChangedData = Field(description="The particulars.")
