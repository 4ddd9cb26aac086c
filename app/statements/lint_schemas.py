"""What is found in a statement before it is said, on the wire (方案 二(二)2)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Wire
from app.domain.grades import HarmClass
from app.domain.lint import MOST_FINDINGS
from app.domain.lint_scct import HISTORY_MONTHS
from app.domain.vocabulary import Platform, Responsibility, Truth
from app.domain.vocabulary.lint import CrisisCluster, FiveS, LintCode, LintSeverity, StrategySource
from app.domain.vocabulary.statements import ResponseStrategy, StatementSection
from app.statements.lint_list_schemas import LintWording

_FINDING: JsonDict = {
    "code": "promise_without_date", "severity": "warning", "section": "solution", "platform": None, "start": 46, "end": 48,
    "words": "尽快", "list_key": None, "reason": {"zh": "承诺没有时限：“尽快”。", "en": "A promise without a date: “尽快”."},
    "advice": {"zh": "写明具体日期和时间，并列入承诺，由系统计时。", "en": "Name the date and the hour, and add it to the commitments, which are timed."},
    "source": "方案 二(二)2 进度承诺; R43-R45",
}  # fmt: skip
_REPORT: JsonDict = {
    "statement_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab", "version_number": 2, "at": "2026-11-23T01:30:00Z",
    "truth": "confirmed", "responsibility": "company", "harm_class": "user_rights", "cluster": "preventable",
    "cluster_before_history": "preventable", "history_months": 12, "past_incidents": [],
    "fitting_strategies": ["rebuild"], "strategy": "rebuild", "strategy_source": "stated",
    "principles": [{"principle": "sincerity", "expected": True, "places": [{"start": 14, "end": 16, "words": "歉意"}]}],
    "findings": [_FINDING], "lists": [{"key": "advertising_law", "version": 1}],
}  # fmt: skip


class StatementLintRequest(Wire):
    """Which version is looked over, and how far back past incidents count."""

    model_config = ConfigDict(json_schema_extra={"example": {"version_number": None, "history_months": 12}})

    version_number: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="Which of the statement's versions; null: the newest.")
    ] = None
    history_months: Annotated[
        int,
        Field(ge=0, le=120, description="Past incidents of so many months raise the cluster by one; 0: none does."),
    ] = HISTORY_MONTHS


class LintPlace(BaseModel):
    """Words of the version's `text`: code points from `start` up to, and without, `end`."""

    start: int = Field(description="Its first code point, from 0.", examples=[14])
    end: int = Field(description="The code point after its last.", examples=[16])
    words: str = Field(description="What stands there, masked as the text is.", examples=["歉意"])


class LintFinding(BaseModel):
    """One piece of advice. None of them locks anything."""

    model_config = ConfigDict(json_schema_extra={"example": _FINDING})

    code: LintCode = Field(description="What it is.")
    severity: LintSeverity = Field(description="How much it weighs.")
    section: StatementSection | None = Field(description="Where it stands; null: it is of the whole, or on a platform.")
    platform: Platform | None = Field(description="Whose own text it is about; null: it is about the version's `text`.")
    start: int | None = Field(
        description="The first code point of the words it means, in `text` or in the platform's own; null: it means no words, but "
        "what is not there, or the whole."
    )
    end: int | None = Field(description="The code point after the last.")
    words: str = Field(description="The words, masked as the text is, the first 100 characters; empty: none.")
    list_key: str | None = Field(description="Of `phrase`: the list that has it, see GET /v1/lint-lists.")
    reason: LintWording = Field(description="What is wrong.")
    advice: LintWording = Field(description="What to do.")
    source: str = Field(description="Where that is from: a clause of the plan, a law, a paper.")


class LintPrinciple(BaseModel):
    """One of the five S 5S, with the words that satisfy it."""

    principle: FiveS = Field(description="Which.")
    expected: bool = Field(description="Whether a statement of this kind is expected to.")
    places: list[LintPlace] = Field(description="The words that satisfy it; empty: none does.", max_length=10)


class LintPastIncident(BaseModel):
    """An incident of the same watch rule or business unit whose facts were true, and ours."""

    id: UUID = Field(description="Our id.")
    number: str = Field(description="Its number.", examples=["2026-0017"])


class LintListVersion(BaseModel):
    """A list of words as it was when a version was looked over."""

    key: str = Field(description="Its key.", examples=["advertising_law"])
    version: int = Field(description="Which version.", examples=[1])


class LintReport(BaseModel):
    """What was found in a version 发布前检查. It is advice, never a lock."""

    model_config = ConfigDict(json_schema_extra={"example": _REPORT})

    statement_id: UUID = Field(description="The statement.")
    version_number: int = Field(description="Which of its versions.")
    at: datetime = Field(description="When it was looked over.")
    truth: Truth | None = Field(description="What the incident's last fact check found; null: there was none.")
    responsibility: Responsibility | None = Field(description="Who answered for it, by the same.")
    harm_class: HarmClass | None = Field(description="Whose interests the incident harmed.")
    cluster: CrisisCluster | None = Field(
        description="How far people hold us responsible (Coombs, SCCT): a rumour, or what the platform or a user answers for, is "
        "`victim`; what is true, ours, and harms more than single people is `preventable`; all else is `accidental`. Null: the "
        "facts were not checked, or could not be."
    )
    cluster_before_history: CrisisCluster | None = Field(
        description="The same without past incidents, which raise it by one."
    )
    history_months: int = Field(description="Of how many months past incidents were looked for.")
    past_incidents: list[LintPastIncident] = Field(
        description="Those that were true and ours, of the same watch rule or business unit, the last first.",
        max_length=20,
    )
    fitting_strategies: list[ResponseStrategy] = Field(
        description="The strategies that fit the cluster, the best first."
    )
    strategy: ResponseStrategy | None = Field(
        description="The statement's; null: neither stated nor told by its words."
    )
    strategy_source: StrategySource | None = Field(description="Who says so.")
    principles: list[LintPrinciple] = Field(description="The five S, in their order.", max_length=5)
    findings: list[LintFinding] = Field(
        description="The gravest first, then as they are read.", max_length=MOST_FINDINGS
    )
    lists: list[LintListVersion] = Field(description="The lists of words that were gone by.", max_length=100)
