"""Key figures 关键指标 on the wire (方案 一): each with its formula, numerator, denominator and what is behind it."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from app.core.bodies import Visible, Wire
from app.core.errors import FieldError, Invalid
from app.core.faults import Like
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.kpi import MOST_DAYS, MOST_POINTS, Span, steps
from app.domain.vocabulary.kpis import Kpi, KpiBy, KpiDirection, KpiEvery, KpiGap, KpiSubject, KpiUnit
from app.domain.worktime import DAY
from app.incidents.calendar_schemas import Date
from app.metrics.mechanism_schemas import IS_TRIAL

MONTH = 30
BASELINE = "0197a3f0-c000-7aaa-8bbb-0123456789ab"
_INCIDENT = "0197a3f0-7000-7aaa-8bbb-0123456789ab"
_FIGURE: JsonDict = {
    "numerator": 11, "denominator": 12, "value": 0.9166666666666666, "as_recorded": 10,
    "as_recorded_value": 0.8333333333333334, "undecided": 0, "change": None, "reached": False, "gap": None,
}  # fmt: skip
_GROUP: JsonDict = _FIGURE | {"key": "weibo", "name": "微博"}
_POINT: JsonDict = _FIGURE | {"from": "2026-10-01", "to": "2026-10-31"}
_KPI: JsonDict = _FIGURE | {
    "id": "R02", "name": "较大及一般事件1小时内响应", "name_en": "First response within an hour", "formula": "…",
    "formula_zh": "…", "unit": "share", "direction": "up", "target": 1.0, "against_baseline": False,
    "reached_as_recorded": False, "groups": [_GROUP], "series": [_POINT],
}  # fmt: skip
_BASELINE: JsonDict = {
    "id": BASELINE, "name": "2026年上半年", "from": "2026-01-01", "to": "2026-06-30", "applies_from": "2026-07-01",
    "in_force": True, "incident_count": 12, "calm_seconds": 1_036_800, "spread": 734_880, "mean_calm_seconds": 86_400.0,
    "mean_spread": 61_240.0, "created_at": "2026-07-01T02:00:00Z", "created_by": "key:abc1234",
}  # fmt: skip
_REPORT: JsonDict = {
    "from": "2026-10-01", "to": "2026-10-31", "as_of": "2026-11-01T02:00:00Z", "is_trial": False,
    "baseline": _BASELINE, "data": [_KPI],
}  # fmt: skip
_ITEM: JsonDict = {
    "subject": "deadline", "id": "0197a3f0-7010-7aaa-8bbb-0123456789ab", "incident_id": _INCIDENT,
    "incident_number": "2026-0031", "at": "2026-10-07T08:30:00Z", "value": 512.4, "counts": True,
    "counts_as_recorded": True,
}  # fmt: skip
_PART: JsonDict = {
    "incident_id": _INCIDENT, "incident_number": "2026-0031", "calmed_at": "2026-03-02T04:00:21Z", "calm_seconds": 73_821,
    "spread": 61_240,
}  # fmt: skip
_FREEZE: JsonDict = {"name": "2026年上半年", "from": "2026-01-01", "to": "2026-06-30"}

KpiName = Annotated[str, Like(r"^R[0-9]{2}$", f"must be a figure's id: {', '.join(Kpi)}")]


class Period(BaseModel):
    """Days in Asia/Shanghai that have to be named."""

    from_: Annotated[
        Date,
        Field(
            validation_alias=AliasChoices("from"), alias="from", description="The first day, for example 2026-10-01."
        ),
    ]
    to: Annotated[Date, Field(description=f"The last day, included: at most {MOST_DAYS} days.")]

    @property
    def span(self) -> Span:
        """The days."""
        return Span(self.from_, self.to)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 1 <= self.span.days <= MOST_DAYS:
            raise ValueError(f"`to` must be `from` or later, and {MOST_DAYS} days at most are looked at once")
        return self


class KpiPeriod(BaseModel):
    """Days in Asia/Shanghai; the last thirty, unless some are named."""

    from_: Annotated[
        Date | None,
        Field(
            validation_alias=AliasChoices("from"), alias="from",
            description=f"The first day, for example 2026-10-01. Unnamed: {MONTH} days with the last one.",
        ),
    ] = None  # fmt: skip
    to: Annotated[
        Date | None, Field(description=f"The last day, included: at most {MOST_DAYS} days. Unnamed: today.")
    ] = None

    def span(self, today: date) -> Span:
        """The days; Invalid where there are none, or too many."""
        last = self.to or today
        span = Span(self.from_ or last - (MONTH - 1) * DAY, last)
        if not 1 <= span.days <= MOST_DAYS:
            detail = f"`to` must be `from` or later, and {MOST_DAYS} days at most are looked at once"
            raise Invalid(detail, errors=[FieldError("?from", detail, "period_invalid")])
        return span


class KpiQuery(KpiPeriod):
    """Which days, and how the figures are broken down."""

    model_config = ConfigDict(extra="forbid")

    kpi: Annotated[list[Kpi], Field(max_length=20, description="These figures only.")] = []
    by: Annotated[KpiBy | None, Field(description="Broken down by this too, where a figure can be.")] = None
    every: Annotated[
        KpiEvery | None,
        Field(description=f"As a time series too, of {MOST_POINTS} steps at most. Weeks begin on Monday."),
    ] = None
    baseline: Annotated[
        UUID | None,
        Field(description="Compare with this baseline. Unasked it is the one that applied on the last day."),
    ] = None

    def steps(self, span: Span) -> list[Span]:
        """The steps that are asked for; Invalid where they are too many."""
        found = steps(span, self.every) if self.every else []
        if len(found) > MOST_POINTS:
            detail = f"makes more than {MOST_POINTS} steps of these days; ask for longer ones or fewer days"
            raise Invalid(detail, errors=[FieldError("?every", detail, "too_many_steps")])
        return found


class KpiItemQuery(PageQuery, KpiPeriod):
    """Which days, and which page of what is behind the figure."""

    model_config = ConfigDict(extra="forbid")


class KpiFigure(BaseModel):
    """A numerator over a denominator, and what that says of the target."""

    model_config = ConfigDict(json_schema_extra={"example": _FIGURE})

    numerator: int = Field(description="What counts.")
    denominator: int = Field(description="Of how many.")
    value: float | None = Field(description="Numerator / denominator; null where nothing happened, never 1.")
    as_recorded: int | None = Field(
        description="The numerator by when we were told: what was put on record after its time 补录 is not in it. Null where "
        "that makes no difference."
    )
    as_recorded_value: float | None = Field(description="The value by that.")
    undecided: int = Field(description="What runs still and is in neither.")
    change: float | None = Field(description="Against the baseline: -0.3 is 30 % less. Null: nothing is compared.")
    reached: bool | None = Field(
        description="Whether the target is reached, by the whole numbers; null: `gap` says why."
    )
    gap: KpiGap | None = Field(description="Why it can't be told; null where it can.")


class KpiGroup(KpiFigure):
    """The figure of a part."""

    model_config = ConfigDict(json_schema_extra={"example": _GROUP})

    key: str | None = Field(
        description="The department's id, the platform, the business unit or the grade; null: none is known."
    )
    name: str | None = Field(description="What people call it today; figures go by the key.")


class KpiPoint(KpiFigure):
    """The figure of a step of the time series, judged as at its own end."""

    model_config = ConfigDict(json_schema_extra={"example": _POINT})

    from_: date = Field(alias="from", description="The step's first day.")
    to: date = Field(description="Its last day.")


class KpiShown(KpiFigure):
    """A key figure of the period."""

    model_config = ConfigDict(json_schema_extra={"example": _KPI})

    id: Kpi = Field(description="Which figure, by the id of its requirement.")
    name: str = Field(description="Its name in Chinese.")
    name_en: str = Field(description="Its name in English.")
    formula: str = Field(description="How it is counted, in English.")
    formula_zh: str = Field(description="How it is counted, in Chinese.")
    unit: KpiUnit = Field(description="What the value counts.")
    direction: KpiDirection = Field(description="Which way is better.")
    target: float = Field(
        description="What is to be reached: by the value, or by the change where that is what counts."
    )
    against_baseline: bool = Field(description="Whether the target is for the change against a baseline.")
    reached_as_recorded: bool | None = Field(description="Whether it is reached by `as_recorded`.")
    groups: list[KpiGroup] = Field(description="The parts that were asked for; empty where it has none of these.")
    series: list[KpiPoint] = Field(description="The steps that were asked for; empty where it has none.")


class KpiBaseline(BaseModel):
    """What later periods are compared with. Never changed."""

    model_config = ConfigDict(json_schema_extra={"example": _BASELINE})

    id: UUID = Field(description="The baseline.")
    name: str = Field(description="What people call it.")
    from_: date = Field(alias="from", description="Its first day.")
    to: date = Field(description="Its last day.")
    applies_from: date = Field(
        description="Periods that end on this day or later are compared with it, until the next."
    )
    in_force: bool = Field(description="Whether it is the yardstick today.")
    incident_count: int = Field(description="How many incidents became calm in it.")
    calm_seconds: int = Field(description="The time to calm of all of them.")
    spread: int = Field(description="The negative spread of all of them.")
    mean_calm_seconds: float = Field(description="The time to calm of one (R05).")
    mean_spread: float = Field(description="The negative spread of one (R06).")
    created_at: datetime = Field(description="When it was frozen.")
    created_by: str = Field(description="Who froze it, as events name it.")


class KpiReport(BaseModel):
    """The key figures of a period."""

    model_config = ConfigDict(json_schema_extra={"example": _REPORT})

    from_: date = Field(alias="from", description="The first day.")
    to: date = Field(description="The last day.")
    as_of: datetime = Field(description="When this was counted.")
    is_trial: bool = Field(description=IS_TRIAL)
    baseline: KpiBaseline | None = Field(description="What it is compared with; null: nothing.")
    data: list[KpiShown] = Field(description="The figures, in the plan's order.")


class KpiItem(BaseModel):
    """One of those that a figure is made of."""

    model_config = ConfigDict(json_schema_extra={"example": _ITEM})

    subject: KpiSubject = Field(description="What it is.")
    id: str = Field(description="Which: the id of the deadline, the incident or the person; the mechanism's word.")
    incident_id: UUID | None = Field(description="The incident it is of; null: of none.")
    incident_number: str | None = Field(description="The incident's number, which people quote.")
    at: datetime = Field(description="The instant by which it belongs to the period.")
    value: float | None = Field(
        description="Seconds until it was done, or until calm; the spread; null where there is no such figure."
    )
    counts: bool | None = Field(description="Whether it is in the numerator; null: undecided, and in neither.")
    counts_as_recorded: bool | None = Field(description="Whether it is in `as_recorded`.")


class KpiItemPage(Page[KpiItem]):
    """A page of them."""


class KpiBaselineCreate(Wire):
    """A period whose figures are frozen."""

    model_config = ConfigDict(json_schema_extra={"example": _FREEZE})

    name: Annotated[
        Visible, Field(min_length=1, max_length=100, description="What people call it; no two have the same.")
    ]
    from_: Annotated[Date, Field(validation_alias=AliasChoices("from"), alias="from", description="The first day.")]
    to: Annotated[Date, Field(description=f"The last day, included, which is over: at most {MOST_DAYS} days.")]
    applies_from: Annotated[
        Date | None,
        Field(
            description="Periods that end on this day or later are compared with it. Null: from the day after `to`, or, "
            "where there is a baseline already, from today, because figures of past days keep theirs."
        ),
    ] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 1 <= Span(self.from_, self.to).days <= MOST_DAYS:
            raise ValueError(f"`to` must be `from` or later, and {MOST_DAYS} days at most are frozen at once")
        return self


class KpiBaselinePage(Page[KpiBaseline]):
    """A page of them."""


class KpiBaselineIncident(BaseModel):
    """An incident behind a baseline, with its part in it."""

    model_config = ConfigDict(json_schema_extra={"example": _PART})

    incident_id: UUID = Field(description="The incident.")
    incident_number: str = Field(description="Its number, which people quote.")
    calmed_at: datetime = Field(description="The calm that was counted.")
    calm_seconds: int = Field(description="How long that took.")
    spread: int = Field(description="How far it had spread by then.")


class KpiBaselineIncidentPage(Page[KpiBaselineIncident]):
    """A page of them."""
