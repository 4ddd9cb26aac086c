"""The quality of watch rules on the wire (R72)."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.metrics.kpi_schemas import Period
from app.metrics.mechanism_schemas import IS_TRIAL
from app.metrics.replay_schemas import HIT, ReplayHit
from app.webhooks.event_schemas.quality import DigestViolationCount

_RULE: JsonDict = {
    "rule_id": "0197a3ef-1000-7aaa-8bbb-0123456789ab", "name": "示例牌质量", "in_use": True, "hits": 312, "judged": 40,
    "right": 34, "wrong": 6, "precision": 0.85, "low": 0.709, "high": 0.929, "wrong_hits": [HIT],
}  # fmt: skip


class RuleQuality(BaseModel):
    """How often a watch rule was right, by people's words."""

    model_config = ConfigDict(json_schema_extra={"example": _RULE})

    rule_id: UUID = Field(description="The watch rule.")
    name: str = Field(description="What people call it.")
    in_use: bool = Field(description="Whether it matches anything today.")
    hits: int = Field(description="Mentions of the days that it hit.")
    judged: int = Field(
        description="Those that people judged: by a sentiment, by dismissing their incident 误报, or by taking them out of one."
    )
    right: int = Field(description="Those of them that people call negative.")
    wrong: int = Field(description="The others.")
    precision: float | None = Field(description="`right` / `judged`, 0 to 1; null: nothing is judged.")
    low: float | None = Field(description="What the precision may well be at the least: Wilson's interval of 95 %.")
    high: float | None = Field(description="And at the most.")
    wrong_hits: list[ReplayHit] = Field(description="The newest that were wrong, 5 at most.")


class RuleQualities(BaseModel):
    """Watch rules by how often they were right, on some days in Shanghai, as people judge today. Exercises 演练 are left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "from": "2026-11-01", "to": "2026-11-26", "as_of": "2026-11-26T01:00:00Z", "is_trial": False,
                "rules": [_RULE], "employee_posts": 1, "employee_violations": [{"violation": "leak", "count": 1}],
            }
        }
    )  # fmt: skip

    from_: date = Field(alias="from", description="The first day.")
    to: date = Field(description="The last day, included.")
    as_of: datetime = Field(description="When it was reckoned: people may judge more.")
    is_trial: bool = Field(description=IS_TRIAL)
    rules: list[RuleQuality] = Field(description="The rules, the oldest first.")
    employee_posts: int = Field(description="Mentions that people labelled as an employee's 员工账号 on these days.")
    employee_violations: list[DigestViolationCount] = Field(description="Those, by what they violate.")


class RuleQualityQuery(Period):
    """Of mentions that were first heard of on which days."""

    model_config = ConfigDict(extra="forbid")
