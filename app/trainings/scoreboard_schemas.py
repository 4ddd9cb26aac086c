"""The scoreboard of a drill 演练评分表 on the wire (R68, R69, R73, R74)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Visible, Wire
from app.domain.grades import Grade
from app.domain.vocabulary import DeadlineKind, DeadlineState, GradeSource, IncidentStatus, Platform, StatementKind
from app.domain.vocabulary.drills import DrillState
from app.domain.vocabulary.scenarios import DrillResult, StatementStep
from app.domain.vocabulary.statements import ApprovalSlot
from app.incidents.schemas import TimelinePerson
from app.incidents.task_schemas import Task
from app.trainings.drills_schemas import DrillProblem
from app.trainings.scenario_schemas import ScenarioRaise, ScenarioReaction

_DRILL, _INCIDENT = "0197a3f0-d000-7aaa-8bbb-0123456789ab", "0197a3f0-7000-7aaa-8bbb-0123456789ab"
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_AT = "2026-03-01T08:00:20Z"
_RAISE: JsonDict = {
    "incident_id": _INCIDENT, "from_grade": None, "to_grade": "serious", "source": "machine", "rule": "serious-harm-8h",
    "at": _AT, "scenario_seconds": 4800,
}  # fmt: skip
_CLOCK: JsonDict = {
    "id": "0197a3f0-d300-7aaa-8bbb-0123456789ab", "incident_id": _INCIDENT, "kind": "first_response", "state": "met",
    "target_seconds": 3600, "started_at": _AT, "started_seconds": 4800, "due_at": "2026-03-01T08:00:26Z",
    "due_seconds": 8400, "met_at": "2026-03-01T08:00:23Z", "met_seconds": 6600, "result": "met", "weight": 20.0,
}  # fmt: skip
_ALERTS: JsonDict = {
    "total": 12, "met": 12, "late": 0, "breached": 0, "running": 0, "not_reached": 0, "unpushed": 0, "weight": 10.0,
}  # fmt: skip
_ACKNOWLEDGED: JsonDict = {
    "incident_id": _INCIDENT, "person": _PERSON, "department_id": None, "department": None,
    "at": "2026-03-01T08:00:23Z", "scenario_seconds": 6600, "after_seconds": 1800,
}  # fmt: skip
_DEPARTMENT: JsonDict = {
    "department_id": None, "department": None, "called": 2, "acknowledged": 1, "fastest_seconds": 1800,
    "median_seconds": 1800, "slowest_seconds": 1800,
}  # fmt: skip
_STEP: JsonDict = {
    "step": "published", "version_number": 1, "slot": None, "platform": "weibo", "at": "2026-03-01T08:00:30Z",
    "scenario_seconds": 10800,
}  # fmt: skip
_STATEMENT: JsonDict = {
    "statement_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab", "incident_id": _INCIDENT, "kind": "holding", "name": "首次回应",
    "steps": [_STEP],
}  # fmt: skip
_REACTION: JsonDict = {
    "kind": "acknowledgement", "task_kind": None, "by_seconds": 8400, "by": "公关值班", "text": "一小时内接警。", "weight": 3,
}  # fmt: skip
_EXPECTED: JsonDict = {
    "reaction": _REACTION, "result": "met", "done_at": "2026-03-01T08:00:23Z", "done_seconds": 6600, "weight": 40.0,
}  # fmt: skip
_WEIGHT: JsonDict = {"kind": "first_response", "weight": 20}
_SUM: JsonDict = {
    "value": 100.0, "points": 60.0, "of_points": 60.0, "formula": "score = 100 × Σ(weight × credit) / Σ(weight)",
    "formula_zh": "得分 = 100 × Σ(权重 × 得分率) ÷ Σ(权重)", "clock_weights": [_WEIGHT], "reactions_weight": 40,
}  # fmt: skip
_SUBJECT: JsonDict = {
    "id": _INCIDENT,
    "number": "D2026-0001",
    "title": "示例牌喝出异物",
    "status": "dismissed",
    "grade": "serious",
}
_BOARD: JsonDict = {
    "drill_id": _DRILL, "number": "DR-0007", "name": "季度演练", "state": "finished", "scenario": "product-quality",
    "scenario_version": 1, "scale": 600, "problem": None, "started_at": "2026-03-01T08:00:12Z", "ended_at": "2026-03-01T08:01:00Z",
    "elapsed_seconds": 28800, "duration_seconds": 28800, "score": _SUM, "incidents": [_SUBJECT], "grades": [_RAISE],
    "planned_grades": [{"grade": "serious", "rule": "serious-harm-8h", "offset_seconds": 4800}], "clocks": [_CLOCK],
    "clock_count": 1, "alerts": _ALERTS, "acknowledgements": [_ACKNOWLEDGED], "departments": [_DEPARTMENT],
    "statements": [_STATEMENT], "reactions": [_EXPECTED], "improvements": [],
}  # fmt: skip
_SECONDS = "in seconds of the scenario's time since it began"


class ScoreWeight(BaseModel):
    """What all clocks of a kind weigh together."""

    model_config = ConfigDict(json_schema_extra={"example": _WEIGHT})

    kind: DeadlineKind = Field(description="Of which kind.")
    weight: int = Field(description="What they weigh.", examples=[20])


class DrillScore(BaseModel):
    """The score of a drill, and how it comes about: anybody can add it up again from the weights and results."""

    model_config = ConfigDict(json_schema_extra={"example": _SUM})

    value: float | None = Field(description="0 to 100; null while nothing is decided.", examples=[83.3])
    points: float = Field(description="The sum of the weights times their credit.", examples=[50.0])
    of_points: float = Field(description="The sum of the weights of what is decided.", examples=[60.0])
    formula: str = Field(description="How it is counted.")
    formula_zh: str = Field(description="The same in Chinese.")
    clock_weights: list[ScoreWeight] = Field(description="What each kind of clock weighs.")
    reactions_weight: int = Field(description="What all expected reactions weigh together.", examples=[40])


class DrillIncident(BaseModel):
    """An incident that came of the drill."""

    model_config = ConfigDict(json_schema_extra={"example": _SUBJECT})

    id: UUID = Field(description="The incident.")
    number: str = Field(description="What people quote.", examples=["D2026-0001"])
    title: str = Field(description="Its title, masked.")
    status: IncidentStatus = Field(description="Its status; what was open at the end is dismissed.")
    grade: Grade | None = Field(description="The grade in force.")


class DrillGrade(BaseModel):
    """A grade that was set or raised in the drill."""

    model_config = ConfigDict(json_schema_extra={"example": _RAISE})

    incident_id: UUID = Field(description="Of which incident.")
    from_grade: Grade | None = Field(description="What it was before; null: none.")
    to_grade: Grade | None = Field(description="What it became; null: none.")
    source: GradeSource = Field(description="By whom.")
    rule: str | None = Field(description="By which rule of the policy; null: a person.", examples=["serious-harm-8h"])
    at: datetime = Field(description="When, in real time.")
    scenario_seconds: int = Field(
        description=f"At which minute it was reached, {_SECONDS}: the minute its window ended with, where a window decided.",
        examples=[4800],
    )


class DrillClockResult(BaseModel):
    """A clock 时限 of the drill's incidents: what it asked for, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"example": _CLOCK})

    id: UUID = Field(description="The deadline.")
    incident_id: UUID | None = Field(description="Of which incident.")
    kind: DeadlineKind = Field(description="Which clock.")
    state: DeadlineState = Field(description="How it stands.")
    target_seconds: int = Field(description="How long it runs, in the scenario's time.", examples=[3600])
    started_at: datetime = Field(description="When it began, in real time.")
    started_seconds: int = Field(description=f"When it began, {_SECONDS}.", examples=[4800])
    due_at: datetime = Field(description="When it is due, in real time.")
    due_seconds: int = Field(description=f"When it is due, {_SECONDS}; it may lie after the end.", examples=[8400])
    met_at: datetime | None = Field(description="When what it waits for happened, in real time; null: it did not.")
    met_seconds: int | None = Field(description=f"The same, {_SECONDS}.", examples=[6600])
    result: DrillResult = Field(description="What became of it.")
    weight: float = Field(description="What it weighs in the score, if it is decided.", examples=[20.0])


class DrillAlerts(BaseModel):
    """The clocks of the hits 预警, counted: a drill has one for each post."""

    model_config = ConfigDict(json_schema_extra={"example": _ALERTS})

    total: int = Field(description="How many there are.", examples=[12])
    met: int = Field(description="Pushed in time.", examples=[12])
    late: int = Field(description="Pushed late.", examples=[0])
    breached: int = Field(description="Not pushed in time, nor since.", examples=[0])
    running: int = Field(description="Running still.", examples=[0])
    not_reached: int = Field(description="Not due by the end.", examples=[0])
    unpushed: int = Field(
        description="With nobody to push to: no endpoint that people read asked for drills. They count neither way.",
        examples=[0],
    )
    weight: float = Field(description="What all of them weigh together.", examples=[10.0])


class DrillAcknowledgement(BaseModel):
    """Somebody who took an incident on 接警, the first time they did."""

    model_config = ConfigDict(json_schema_extra={"example": _ACKNOWLEDGED})

    incident_id: UUID = Field(description="Of which incident.")
    person: TimelinePerson | None = Field(description="Who.")
    department_id: UUID | None = Field(description="Of which department they were then.")
    department: str | None = Field(description="Its name.", examples=["公关部"])
    at: datetime = Field(description="When, in real time.")
    scenario_seconds: int = Field(description=f"When, {_SECONDS}.", examples=[6600])
    after_seconds: int = Field(
        description="How long after they were called, or the incident was graded, in the scenario's time.",
        examples=[1800],
    )


class DrillDepartment(BaseModel):
    """How fast a department was (R73, R74), in the scenario's time."""

    model_config = ConfigDict(json_schema_extra={"example": _DEPARTMENT})

    department_id: UUID | None = Field(description="The department; null: people of none.")
    department: str | None = Field(description="Its name.", examples=["公关部"])
    called: int = Field(description="How many of its people were called, or took part.", examples=[2])
    acknowledged: int = Field(description="How many of them acknowledged.", examples=[1])
    fastest_seconds: int | None = Field(description="The fastest of them.", examples=[1800])
    median_seconds: int | None = Field(description="The one in the middle; of two the faster.", examples=[1800])
    slowest_seconds: int | None = Field(description="The slowest.", examples=[1800])


class DrillStatementStep(BaseModel):
    """One step of a statement."""

    model_config = ConfigDict(json_schema_extra={"example": _STEP})

    step: StatementStep = Field(description="Which step.")
    version_number: int | None = Field(description="Of which of its versions.", examples=[1])
    slot: ApprovalSlot | None = Field(description="Of an approval: whose it was.")
    platform: Platform | None = Field(description="Of a publication: where.")
    at: datetime = Field(description="When, in real time.")
    scenario_seconds: int = Field(description=f"When, {_SECONDS}.", examples=[10800])


class DrillStatement(BaseModel):
    """A statement of the drill's incidents, step by step; or what was published and is none of ours."""

    model_config = ConfigDict(json_schema_extra={"example": _STATEMENT})

    statement_id: UUID | None = Field(description="The statement; null: it was only reported that something was said.")
    incident_id: UUID = Field(description="Of which incident.")
    kind: StatementKind = Field(description="Of which kind.")
    name: str = Field(description="What it is called among us, masked.")
    steps: list[DrillStatementStep] = Field(description="Its steps, by time.")


class DrillReaction(BaseModel):
    """An expected reaction 预期反应, and whether it came."""

    model_config = ConfigDict(json_schema_extra={"example": _EXPECTED})

    reaction: ScenarioReaction = Field(description="What was expected.")
    result: DrillResult = Field(description="What became of it.")
    done_at: datetime | None = Field(description="When it was done first, in real time; null: it was not.")
    done_seconds: int | None = Field(description=f"The same, {_SECONDS}.", examples=[6600])
    weight: float = Field(description="What it weighs in the score, if it is decided.", examples=[15.0])


class DrillScoreboard(BaseModel):
    """How well a drill went 演练评分表: counted now, while it runs and after it has ended."""

    model_config = ConfigDict(json_schema_extra={"example": _BOARD})

    drill_id: UUID = Field(description="The drill.")
    number: str = Field(description="What people quote.", examples=["DR-0007"])
    name: str = Field(description="What it is called.")
    state: DrillState = Field(description="How it stands.")
    scenario: str = Field(description="The scenario's key.", examples=["product-quality"])
    scenario_version: int = Field(description="The version that is played.", examples=[1])
    scale: int = Field(description="How many times faster than the scenario.", examples=[600])
    problem: DrillProblem | None = Field(
        description="Why it can't be played on, or could not at its end; null: nothing."
    )
    started_at: datetime | None = Field(description="When it was started; null: it is only planned.")
    ended_at: datetime | None = Field(description="When it ended; null: not yet.")
    elapsed_seconds: int = Field(description="How far the scenario is, in its own time.", examples=[28800])
    duration_seconds: int = Field(description="How long it lasts, in its own time.", examples=[28800])
    score: DrillScore = Field(description="The score, with its formula.")
    incidents: list[DrillIncident] = Field(description="What came of it.")
    grades: list[DrillGrade] = Field(description="Which grades were reached, by time.")
    planned_grades: list[ScenarioRaise] = Field(
        description="Which the scenario reaches under the plan's policy, with its own words, if nobody stops it."
    )
    clocks: list[DrillClockResult] = Field(description="Each clock but those of hits, by its beginning; 200 at most.")
    clock_count: int = Field(description="How many there are; all of them count.", examples=[7])
    alerts: DrillAlerts = Field(description="The clocks of the hits.")
    acknowledgements: list[DrillAcknowledgement] = Field(description="Who acknowledged when, by time.")
    departments: list[DrillDepartment] = Field(description="How fast each department was.")
    statements: list[DrillStatement] = Field(description="What was said, step by step.")
    reactions: list[DrillReaction] = Field(description="What was expected, by time.")
    improvements: list[Task] = Field(description="What is to be better next time 改进事项, the first due first.")


class DrillImprovementCreate(Wire):
    """What is to be better next time 改进事项: it becomes a task of its owner's, real work and no exercise."""

    model_config = ConfigDict(json_schema_extra={
        "example": {"text": "值班表补齐夜间法务 B 角", "owner_id": None, "due_at": "2199-12-01T18:00:00+08:00", "incident_id": None}
    })  # fmt: skip

    text: Annotated[
        Visible, Field(min_length=1, max_length=4_000, description="What is to be done; its first line is the title.")
    ]
    owner_id: Annotated[UUID | None, Field(description="Whose it is; null: nobody's yet.")] = None
    due_at: Annotated[Instant | None, Field(description="By when; null: not said.")] = None
    incident_id: Annotated[
        UUID | None, Field(description="On which of the drill's incidents it stands; null: the gravest.")
    ] = None

    def told(self) -> dict[str, Any]:
        """As the verb takes it."""
        return self.model_dump()
