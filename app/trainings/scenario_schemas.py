"""Scenarios 演练剧本 on the wire (R68, R69)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Visible, Wire
from app.core.faults import Like
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.grades import Grade, HarmClass
from app.domain.scenarios import LONGEST_SECONDS, MOST_INJECTS, MOST_REACTIONS
from app.domain.spelling import normalise_word
from app.domain.vocabulary import TaskKind
from app.domain.vocabulary.scenarios import ReactionKind
from app.trainings.inject_schemas import MENTION, READING, REPORT, ScenarioInject, ScenarioInjectCreate

_ID, _VERSION_ID = "0197a3f0-b100-7aaa-8bbb-0123456789ab", "0197a3f0-b110-7aaa-8bbb-0123456789ab"
_BY = "person:0197a3f0-7000-7aaa-8bbb-0123456789ac"
_REACTION: JsonDict = {
    "kind": "acknowledgement", "task_kind": None, "by_seconds": 7200, "by": "公关值班", "text": "一小时内接警，并通知品质和客服。",
    "weight": 3,
}  # fmt: skip
_CONTENT: JsonDict = {
    "description": "一条笔记上了热搜。", "lessons": "先接警，再查证，再开口。", "duration_seconds": 14400, "brand": "示例牌",
    "negative_words": ["异物", "避雷"], "harm_class": "user_rights", "injects": [MENTION, READING, REPORT],
    "reactions": [_REACTION],
}  # fmt: skip
_REACHES: JsonDict = {"grade": "serious", "rule": "serious-harm-8h", "offset_seconds": 3600}
_SAYING: JsonDict = {"created_by": _BY, "created_at": "2026-11-23T01:00:00Z", "note": "按门店反馈修改"}
_VERSION: JsonDict = {
    **_CONTENT, **_SAYING, "id": _VERSION_ID, "scenario_id": _ID, "number": 2, "reaches": [_REACHES],
}  # fmt: skip
_OUTLINE: JsonDict = {
    "id": _VERSION_ID, "number": 2, "description": "一条笔记上了热搜。", "duration_seconds": 14400, "harm_class": "user_rights",
    "inject_count": 3, "reaction_count": 1, "reaches": [_REACHES], **_SAYING,
}  # fmt: skip
_CHOSEN: JsonDict = {"key": "milk-note", "name": "产品质量：喝出异物"}
_KEPT: JsonDict = {
    **_CHOSEN, "id": _ID, "retired_at": None, "created_by": _BY, "created_at": "2026-11-23T01:00:00Z",
    "updated_at": "2026-11-23T02:00:00Z", "version": 2,
}  # fmt: skip


def _words(words: list[str]) -> list[str]:
    for word in words:
        normalise_word(word)
    return list(dict.fromkeys(words))


def _word(word: str) -> str:
    normalise_word(word)
    return word


Key = Annotated[
    str,
    Field(min_length=1, max_length=60, description="Its name for programs: small letters, digits and hyphens."),
    Like(r"^[a-z0-9]+(-[a-z0-9]+)*$", "is no key: write small letters and digits, with single hyphens between"),
]
Name = Annotated[Visible, Field(min_length=1, max_length=100, description="What people call it.")]
Description = Annotated[Str, Field(max_length=4_000, description="What happens, for whom it is.")]
Lessons = Annotated[Str, Field(max_length=4_000, description="What the trainees should learn 学习要点.")]
Duration = Annotated[
    int, Field(ge=60, le=LONGEST_SECONDS, description="How long it lasts, in its own time: a day at most.")
]
Brand = Annotated[
    Visible, Field(min_length=1, max_length=50, description="Its own brand word, for `{brand}`."), AfterValidator(_word)
]
NegativeWords = Annotated[
    list[Annotated[Visible, Field(min_length=1, max_length=50)]],
    Field(min_length=1, max_length=50, description="Its own negative words; the first stands for `{word}`."),
    AfterValidator(_words),
]
Harm = Annotated[HarmClass, Field(description="Which harm it does, where it is played with its own words.")]
Note = Annotated[Str, Field(max_length=500, description="What this version is for.")]


class ScenarioReactionCreate(Wire):
    """What the trainees are expected to do 预期反应, by when and by whom. Whether they did is read from what is on record."""

    model_config = ConfigDict(json_schema_extra={"example": _REACTION})

    kind: Annotated[ReactionKind, Field(description="What is expected.")]
    task_kind: Annotated[
        TaskKind | None, Field(description="Of a task: of which kind one is to be done; of nothing else.")
    ] = None
    by_seconds: Annotated[
        int, Field(ge=0, le=LONGEST_SECONDS, description="By when, in seconds of the scenario's time since it began.")
    ]
    by: Annotated[Str, Field(max_length=200, description="By whom, in words.")] = ""
    text: Annotated[Visible, Field(min_length=1, max_length=1_000, description="What exactly, in words.")]
    weight: Annotated[int, Field(ge=1, le=100, description="How much it counts beside the others.")] = 1


Injects = Annotated[
    list[ScenarioInjectCreate],
    Field(
        min_length=1, max_length=MOST_INJECTS,
        description=f"What happens, in any order: it is kept by time. At most {MOST_INJECTS}.",
    ),
]  # fmt: skip
Reactions = Annotated[
    list[ScenarioReactionCreate],
    Field(max_length=MOST_REACTIONS, description=f"What is expected of the trainees. At most {MOST_REACTIONS}."),
]


class ScenarioCreate(Wire):
    """A scenario, whole."""

    model_config = ConfigDict(json_schema_extra={"example": {**_CHOSEN, **_CONTENT, "note": ""}})

    key: Key
    name: Name
    description: Description = ""
    lessons: Lessons = ""
    duration_seconds: Duration
    brand: Brand
    negative_words: NegativeWords
    harm_class: Harm
    injects: Injects
    reactions: Reactions = []
    note: Note = ""


class ScenarioPatch(Wire):
    """Only the fields that are sent change; a list takes the place of the whole list. Whatever it plays changes in another
    version."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"lessons": "先接警，再查证，再开口。", "note": "补学习要点"}}
    )

    name: Name = "…"
    description: Description = ""
    lessons: Lessons = ""
    duration_seconds: Duration = 3_600
    brand: Brand = "…"
    negative_words: NegativeWords = []
    harm_class: Harm = HarmClass.INDIVIDUAL
    injects: Injects = []
    reactions: Reactions = []
    note: Note = ""


class ScenarioReaction(BaseModel):
    """What the trainees are expected to do 预期反应."""

    model_config = ConfigDict(json_schema_extra={"example": _REACTION})

    kind: ReactionKind = Field(description="What is expected.")
    task_kind: TaskKind | None = Field(description="Of a task: of which kind.")
    by_seconds: int = Field(description="By when, in seconds of the scenario's time.", examples=[7200])
    by: str = Field(description="By whom, in words.", examples=["公关值班"])
    text: str = Field(description="What exactly, in words.", examples=["一小时内接警"])
    weight: int = Field(description="How much it counts beside the others.", examples=[3])


class ScenarioRaise(BaseModel):
    """A grade that it reaches under the plan's own policy if nobody stops it, played with its own words."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _REACHES})

    grade: Grade = Field(description="Which grade.")
    rule: str = Field(description="By which rule of the policy `plan`.", examples=["serious-harm-8h"])
    offset_seconds: int = Field(description="When, in seconds of the scenario's time.", examples=[3600])


class ScenarioVersion(BaseModel):
    """What a scenario plays. It is never changed: a change is another version, and a drill keeps the one that it plays."""

    model_config = ConfigDict(json_schema_extra={"example": _VERSION})

    id: UUID = Field(description="Our id.")
    scenario_id: UUID = Field(description="The scenario.")
    number: int = Field(description="Which version, from 1.", examples=[2])
    description: str = Field(description="What happens, for whom it is.")
    lessons: str = Field(description="What the trainees should learn 学习要点.")
    duration_seconds: int = Field(description="How long it lasts, in its own time.", examples=[14400])
    brand: str = Field(description="Its own brand word.", examples=["示例牌"])
    negative_words: list[str] = Field(description="Its own negative words.", examples=[["异物", "避雷"]])
    harm_class: HarmClass = Field(description="Which harm it does, where it is played with its own words.")
    injects: list[ScenarioInject] = Field(description="What happens, by time.")
    reactions: list[ScenarioReaction] = Field(description="What is expected of the trainees, by time.")
    reaches: list[ScenarioRaise] = Field(description="Which grades it reaches if nobody stops it; counted, not stated.")
    note: str = Field(description="What this version is for.")
    created_by: str = Field(description="Who wrote it, as events name them.", examples=[_BY])
    created_at: datetime = Field(description="When.")


class ScenarioOutline(BaseModel):
    """What a version of a scenario is like; what it plays, whole, stands in the version itself."""

    model_config = ConfigDict(json_schema_extra={"example": _OUTLINE})

    id: UUID = Field(description="The version's id.")
    number: int = Field(description="Which version, from 1.", examples=[2])
    description: str = Field(description="What happens, for whom it is.")
    duration_seconds: int = Field(description="How long it lasts, in its own time.", examples=[14400])
    harm_class: HarmClass = Field(description="Which harm it does.")
    inject_count: int = Field(description="How much happens in it.", examples=[3])
    reaction_count: int = Field(description="How much is expected.", examples=[1])
    reaches: list[ScenarioRaise] = Field(description="Which grades it reaches if nobody stops it.")
    note: str = Field(description="What this version is for.")
    created_by: str = Field(description="Who wrote it, as events name them.", examples=[_BY])
    created_at: datetime = Field(description="When.")


class ScenarioRow(BaseModel):
    """A scenario 演练剧本 in a list."""

    model_config = ConfigDict(json_schema_extra={"example": {**_KEPT, "latest": _OUTLINE}})

    id: UUID = Field(description="Our id.")
    key: str = Field(description="Its name for programs.", examples=["milk-note"])
    name: str = Field(description="What people call it.", examples=["产品质量：喝出异物"])
    latest: ScenarioOutline = Field(description="What its newest version is like.")
    retired_at: datetime | None = Field(description="Since when it is not played any more; null: it is.")
    created_by: str = Field(description="Who made it, as events name them.", examples=[_BY])
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")
    version: int = Field(description="Counts the changes.", examples=[2])


class Scenario(BaseModel):
    """A scenario 演练剧本, with its newest version."""

    model_config = ConfigDict(json_schema_extra={"example": {**_KEPT, "latest": _VERSION}})

    id: UUID = Field(description="Our id.")
    key: str = Field(description="Its name for programs.", examples=["milk-note"])
    name: str = Field(description="What people call it.", examples=["产品质量：喝出异物"])
    latest: ScenarioVersion = Field(description="Its newest version, which drills play.")
    retired_at: datetime | None = Field(description="Since when it is not played any more; null: it is.")
    created_by: str = Field(description="Who made it, as events name them.", examples=[_BY])
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")
    version: int = Field(description="Counts the changes.", examples=[2])


class ScenarioQuery(PageQuery):
    """Which scenarios."""

    key: Annotated[list[Key], Field(max_length=50, description="Those with one of these keys.")] = []
    retired: Annotated[bool, Field(description="Those that are not played any more, instead of those that are.")] = (
        False
    )


class ScenarioPage(Page[ScenarioRow]):
    """Some scenarios, by their keys."""


class ScenarioVersionPage(Page[ScenarioOutline]):
    """Some versions of a scenario, the newest first."""
