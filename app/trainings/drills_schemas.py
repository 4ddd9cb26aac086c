"""Drills 模拟演练 on the wire (方案 三, R68-R71)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import MAX_COUNT, WEB, Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.drills import MOST_SCALE
from app.domain.scenarios import POSTS
from app.domain.vocabulary import Platform
from app.domain.vocabulary.drills import DrillState, InjectSource
from app.domain.vocabulary.scenarios import InjectKind
from app.incidents.schemas import TimelinePerson
from app.mentions.schemas import Sentiment

MOST_PARTICIPANTS = 50
DRILL = "0197a3f0-d000-7aaa-8bbb-0123456789ab"
_RULE = "0197a3ef-1000-7aaa-8bbb-0123456789ab"
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_SCENARIO: JsonDict = {
    "key": "product-quality", "name": "产品质量危机", "version_id": "0197a3f0-d100-7aaa-8bbb-0123456789ab", "version": 1,
}  # fmt: skip
_PAUSE: JsonDict = {"paused_at": "2026-03-01T08:00:30Z", "resumed_at": "2026-03-01T08:05:30Z"}
PROBLEM: JsonDict = {
    "detail": "剧情 1:20 的内容无法播放 What is due at 1:20 can't be played: reading first (KeyError).", "tries": 3,
    "next_try_at": "2026-03-01T08:05:35Z",
}  # fmt: skip
_DRILL: JsonDict = {
    "id": DRILL, "number": "DR-0007", "name": "季度演练", "scenario": _SCENARIO, "scale": 600, "state": "running",
    "rule_id": _RULE, "own_rule": False, "brand": "示例牌", "word": "异物", "duration_seconds": 28_800,
    "participants": [_PERSON], "started_at": "2026-03-01T08:00:12.5Z", "scenario_started_at": "2026-03-01T08:00:00Z",
    "pauses": [_PAUSE], "ended_at": None, "incident_ids": ["0197a3f0-7000-7aaa-8bbb-0123456789ab"],
    "problem": None, "created_at": "2026-03-01T08:00:12.5Z", "created_by": f"person:{_PERSON['id']}",
    "updated_at": "2026-03-01T08:05:30Z", "version": 4,
}  # fmt: skip
_CLOCK: JsonDict = {
    "drill_id": DRILL, "state": "running", "as_of": "2026-03-01T08:05:42.5Z", "scenario_at": "2026-03-01T11:00:00Z",
    "elapsed_seconds": 10_800.0, "duration_seconds": 28_800, "ends_at": "2026-03-01T08:06:12.5Z", "inject_count": 24,
    "played_count": 9, "next_inject_at": "2026-03-01T08:05:45.5Z",
}  # fmt: skip
_CREATE: JsonDict = {"scenario": "product-quality", "scale": 600}
_COUNTED: JsonDict = {"reposts": 4200, "comments": 3900, "likes": 8800, "views": 910_000}
_INJECT: JsonDict = {
    "kind": "mention", "ref": "witness", "platform": "weibo", "text": "我也买到了！{brand}喝出{word}", "reposts": 12,
    "comments": 30, "likes": 90,
}  # fmt: skip
_PLAYED: JsonDict = {
    "id": "0197a3f0-d200-7aaa-8bbb-0123456789ab", "drill_id": DRILL, "position": 25, "at_seconds": 10_800.0,
    "source": "hand", "kind": "mention", "ref": "witness", "platform": "weibo", "author": None, "title": None, "url": None,
    "text": "我也买到了！示例牌喝出异物", "sentiment": "negative", **_COUNTED, "played_at": "2026-03-01T08:05:42.6Z",
    "late_by_seconds": 0.1, "mention_id": "0197a3f0-6fff-7aaa-8bbb-0123456789ab",
    "created_by": f"person:{_PERSON['id']}",
}  # fmt: skip


class DrillCreate(Wire):
    """A scenario to be played."""

    model_config = ConfigDict(json_schema_extra={"example": _CREATE})

    scenario: Annotated[Visible, Field(max_length=100, description="The key of the scenario 剧本: `product-quality`.")]
    scenario_version: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="Which version of it; null: the newest.")
    ] = None
    scale: Annotated[
        int,
        Field(
            ge=1, le=MOST_SCALE,
            description="How many times faster than the scenario: at 600 an hour of it takes 6 seconds, and so does a clock "
            "of an hour.",
        ),
    ] = 60  # fmt: skip
    rule_id: Annotated[
        UUID | None,
        Field(
            description="The watch rule that it is played for: its words stand in the texts, and its harm class decides. What "
            "is real is not touched. Null: with words of the scenario's own."
        ),
    ] = None
    name: Annotated[Str | None, Field(max_length=100, description="What it is called; null: as the scenario is.")] = (
        None
    )
    participants: Annotated[
        list[UUID],
        Field(
            max_length=MOST_PARTICIPANTS,
            description="Who takes part, active people: they are the team of what comes of it. None: whom the grades call.",
        ),
    ] = []
    waits: Annotated[bool, Field(description="Whether it is only planned, and started later.")] = False


class DrillStop(Wire):
    """Why a drill is stopped."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "真实事件发生，演练中止"}})

    reason: Annotated[Str, Field(max_length=1_000, description="Why; it stands in the event.")] = ""


_Counter = Annotated[int | None, Field(ge=0, le=MAX_COUNT)]


class DrillInjectCreate(Wire):
    """Something that is not in the scenario, played at this instant of its time. `{brand}` and `{word}` stand for the words of
    the rule that it is played for.

    A post (`mention`, `media_report`) has a name of its own, a platform and a text; `reading` names a post that was played, and
    at least one counter.
    """

    model_config = ConfigDict(json_schema_extra={"example": _INJECT})

    kind: Annotated[InjectKind, Field(description="What happens.")]
    ref: Annotated[Visible, Field(min_length=1, max_length=60, description="Which post: a name of its own.")]
    platform: Annotated[Platform | None, Field(description="Where it is posted.")] = None
    author: Annotated[Str | None, Field(max_length=200, description="Who posts it: somebody made up.")] = None
    title: Annotated[Str | None, Field(max_length=500, description="Its title, where it has one.")] = None
    url: Annotated[Annotated[Str, WEB] | None, Field(max_length=2_000, description="Where it could be read.")] = None
    text: Annotated[Visible | None, Field(min_length=1, max_length=20_000, description="What it says.")] = None
    sentiment: Annotated[
        Sentiment | None, Field(description="How it speaks of us; null: negatively, where it is a post.")
    ] = None
    reposts: Annotated[_Counter, Field(description="转发 so far. Null: not read.")] = None
    comments: Annotated[_Counter, Field(description="评论 so far. Null: not read.")] = None
    likes: Annotated[_Counter, Field(description="点赞 so far. Null: not read.")] = None
    views: Annotated[_Counter, Field(description="阅读 so far: recorded, never counted. Null: not read.")] = None

    def content(self) -> dict[str, Any]:
        """As a scenario has it."""
        content = self.model_dump(mode="json")
        if self.kind in POSTS:
            content["sentiment"] = content["sentiment"] or Sentiment.NEGATIVE.value
        return content


class DrillScenario(BaseModel):
    """What is played."""

    model_config = ConfigDict(json_schema_extra={"example": _SCENARIO})

    key: str = Field(description="The scenario's key.")
    name: str = Field(description="What it is called.")
    version_id: UUID = Field(description="The version that is played.")
    version: int = Field(description="Its number.")


class DrillPause(BaseModel):
    """A span in which the drill's time stood still."""

    model_config = ConfigDict(json_schema_extra={"example": _PAUSE})

    paused_at: datetime = Field(description="When it began.")
    resumed_at: datetime | None = Field(description="When it was over; null: it lasts.")


class DrillProblem(BaseModel):
    """Why a drill can't be played on. It is tried again, later each time; after the last try it has `failed`."""

    model_config = ConfigDict(json_schema_extra={"example": PROBLEM})

    detail: str = Field(description="What can't be done, for people.")
    tries: int = Field(description="How often in a row it was tried in vain.")
    next_try_at: datetime | None = Field(description="When it is tried again; null: not while it is paused or over.")


class Drill(BaseModel):
    """A run of a scenario 演练. What comes of it are incidents, mentions, clocks and events with `is_drill`, which nobody sees
    who does not ask for them. Its live figures are in `/clock`.

    Two lines of time: people and clocks live in real time, in which everything takes `scale` times less; posts and their spread
    are dated in the scenario's, whose 0 is `scenario_started_at`.
    """

    model_config = ConfigDict(json_schema_extra={"example": _DRILL})

    id: UUID = Field(description="Our id.")
    number: str = Field(description="What people quote.")
    name: str = Field(description="What it is called.")
    scenario: DrillScenario = Field(description="Which scenario, and which version of it.")
    scale: int = Field(description="How many times faster than the scenario.")
    state: DrillState = Field(description="How it stands.")
    rule_id: UUID = Field(description="The watch rule that its posts are matched with.")
    own_rule: bool = Field(
        description="Whether that is one of the scenario's own words, made for this run, which nothing real is matched with."
    )
    brand: str = Field(description="What its texts say for `{brand}`.")
    word: str = Field(description="What its texts say for `{word}`.")
    duration_seconds: int = Field(description="How long the scenario lasts, in its own time.")
    participants: list[TimelinePerson] = Field(description="Who takes part; empty: whom the grades call.")
    started_at: datetime | None = Field(description="When it was started; null: it is only planned.")
    scenario_started_at: datetime | None = Field(
        description="The scenario's time 0: the whole minute in which it was started."
    )
    pauses: list[DrillPause] = Field(description="When its time stood still.")
    ended_at: datetime | None = Field(description="When it ended.")
    incident_ids: list[UUID] = Field(description="The incidents that came of it.")
    problem: DrillProblem | None = Field(
        description="Why it can't be played on, or could not at its end; null: nothing is wrong."
    )
    created_at: datetime = Field(description="When it was planned.")
    created_by: str = Field(description="By whom.")
    updated_at: datetime = Field(description="When people, or its end, last changed it.")
    version: int = Field(description="Counts these changes.")


class DrillClock(BaseModel):
    """How far a drill is."""

    model_config = ConfigDict(json_schema_extra={"example": _CLOCK})

    drill_id: UUID = Field(description="The drill.")
    state: DrillState = Field(description="How it stands.")
    as_of: datetime = Field(description="Now.")
    scenario_at: datetime | None = Field(description="The scenario's instant; null: it was not started.")
    elapsed_seconds: float = Field(description="How far the scenario is, in its own time.")
    duration_seconds: int = Field(description="How long it lasts, in its own time.")
    ends_at: datetime | None = Field(
        description="When it ends at the latest, if it is not paused again; null where it does not run."
    )
    inject_count: int = Field(description="How much is to be played in all.")
    played_count: int = Field(description="How much was played.")
    next_inject_at: datetime | None = Field(
        description="When something is played next, in real time; null where it does not run, or all was played."
    )


class DrillInject(BaseModel):
    """Something that a drill plays. Names, phones and mails are masked."""

    model_config = ConfigDict(json_schema_extra={"example": _PLAYED})

    id: UUID = Field(description="Our id.")
    drill_id: UUID = Field(description="The drill.")
    position: int = Field(description="Its place among those of one instant.")
    at_seconds: float = Field(description="When, in seconds of the scenario's time since it began.")
    source: InjectSource = Field(description="Whence it comes.")
    kind: InjectKind = Field(description="What happens.")
    ref: str = Field(description="Which post.")
    platform: Platform | None = Field(description="Where it is posted; null: a reading.")
    author: str | None = Field(description="Who posts it.")
    title: str | None = Field(description="Its title.")
    url: str | None = Field(description="Where it could be read.")
    text: str | None = Field(description="What it says; null: a reading.")
    sentiment: Sentiment | None = Field(description="How it speaks of us; null: a reading.")
    reposts: int | None = Field(description="转发 so far; null: not read.")
    comments: int | None = Field(description="评论 so far; null: not read.")
    likes: int | None = Field(description="点赞 so far; null: not read.")
    views: int | None = Field(description="阅读 so far; null: not read.")
    played_at: datetime | None = Field(description="When it was played and counted; null: not yet.")
    late_by_seconds: float | None = Field(
        description="By how much after it was due: more than a moment only after an outage."
    )
    mention_id: UUID | None = Field(description="The mention that it made or is a reading of; null: not yet played.")
    created_by: str = Field(description="Who put it in.")


class DrillQuery(PageQuery):
    """Which drills, the newest first."""

    state: Annotated[list[DrillState], Field(max_length=6, description="In one of these states.")] = []
    scenario: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(max_length=20, description="Of one of these scenarios, by key."),
    ] = []


class DrillPage(Page[Drill]):
    """Some drills, the newest first."""


class DrillInjectPage(Page[DrillInject]):
    """Some of what a drill plays, by its time."""
