"""Who reports mentions 来源 on the wire (方案 二(一)2: R04, R21)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Visible, Wire
from app.core.faults import Like
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.sources import LONGEST, SHORTEST
from app.domain.vocabulary import Platform
from app.domain.vocabulary.sources import SilenceEnd, SourceKind, SourceState

SOURCE = "0197a3f0-d000-7aaa-8bbb-0123456789ab"
_STATED: JsonDict = {
    "name": "舆情工具", "kind": "tool", "key_id": "7f3a9c", "platforms": ["weibo", "douyin"], "rhythm_seconds": 900,
}  # fmt: skip
_SOURCE: JsonDict = _STATED | {
    "id": SOURCE, "enabled": True, "state": "alive", "last_heard_at": "2026-03-01T07:45:00Z", "silent_since": None,
    "retired_at": None, "created_at": "2026-02-01T08:00:00Z",
    "created_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac", "updated_at": "2026-02-01T08:00:00Z", "version": 1,
}  # fmt: skip
_HEARD: JsonDict = {"source_id": SOURCE, "heard_at": "2026-03-01T08:00:00Z", "platforms": ["weibo"]}
_SILENCE: JsonDict = {
    "id": "0197a3f0-e000-7aaa-8bbb-0123456789ab", "source_id": SOURCE, "platforms": ["weibo", "douyin"],
    "starts_at": "2026-03-01T07:45:00Z", "heard_before": True, "due_at": "2026-03-01T08:01:00Z",
    "told_at": "2026-03-01T08:01:04Z", "late_by_seconds": 4.2, "ends_at": "2026-03-01T08:30:00Z", "ended_by": "heard",
}  # fmt: skip


def _each_once(platforms: list[Platform]) -> list[Platform]:
    """In the order of the vocabulary."""
    return [platform for platform in Platform if platform in platforms]


SourceName = Annotated[Visible, Field(min_length=1, max_length=100, description="What people call it.")]
KeyId = Annotated[str, Like(r"^[A-Za-z0-9]{4,32}$", "must be the id of an API key: the part that is no secret")]
SourceKey = Annotated[
    KeyId | None,
    Field(
        description="The API key it posts with: whatever comes with it is a sign of life. A key is one source's. Null: it "
        "has none, and is heard by `/heartbeats` alone, of kind `patrol` also by check-ins."
    ),
]
Covered = Annotated[
    list[Platform],
    Field(min_length=1, max_length=10, description="Which platforms it covers."),
    AfterValidator(_each_once),
]
Rhythm = Annotated[
    int,
    Field(
        ge=SHORTEST,
        le=LONGEST,
        multiple_of=60,
        description="How long it may say nothing: whole minutes, 31 days at most.",
    ),
]
Enabled = Annotated[bool, Field(description="Whether it is listened for. What it posts is taken all the same.")]


class SourceCreate(Wire):
    """Somebody who reports mentions."""

    model_config = ConfigDict(json_schema_extra={"example": _STATED})

    name: SourceName
    kind: Annotated[SourceKind, Field(description="What it is.")]
    key_id: SourceKey = None
    platforms: Covered
    rhythm_seconds: Rhythm
    enabled: Enabled = True


class SourcePatch(Wire):
    """What people may change. Only the fields that are sent change; another key or rhythm, or enabling it, lets it begin
    anew: it is heard within a rhythm from then on."""

    model_config = ConfigDict(json_schema_extra={"example": {"rhythm_seconds": 1800}})

    name: SourceName = "…"
    kind: Annotated[SourceKind, Field(description="What it is.")] = SourceKind.OTHER
    key_id: SourceKey = None
    platforms: Covered = [Platform.OTHER]
    rhythm_seconds: Rhythm = SHORTEST
    enabled: Enabled = True


class Source(BaseModel):
    """Who reports mentions 来源, and whether it is alive.

    Phones, mails and @names in its name are masked unless you have `people:unmask`: don't send back what you read masked.
    """

    model_config = ConfigDict(json_schema_extra={"example": _SOURCE})

    id: UUID = Field(description="Our id.")
    name: str = Field(description="What people call it.")
    kind: SourceKind = Field(description="What it is.")
    key_id: str | None = Field(description="The API key it posts with; null: it has none.")
    platforms: list[Platform] = Field(description="Which platforms it covers.")
    rhythm_seconds: int = Field(description="How long it may say nothing.")
    enabled: bool = Field(description="Whether it is listened for.")
    state: SourceState = Field(description="How it is, now.")
    last_heard_at: datetime | None = Field(description="The minute of its last sign of life; null: never heard.")
    silent_since: datetime | None = Field(
        description="Since when it says nothing, where that is longer than its rhythm; null: it is not silent."
    )
    retired_at: datetime | None = Field(description="Since when it is retired, which is for good; null: it is not.")
    created_at: datetime = Field(description="When it was registered.")
    created_by: str = Field(description="By whom, as events name it.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")


class SourceHeartbeat(Wire):
    """A sign of life without anything to report."""

    model_config = ConfigDict(json_schema_extra={"example": {"platforms": ["weibo"]}})

    platforms: Annotated[
        list[Platform],
        Field(max_length=10, description="Which of its platforms it looked at; none named: all of them."),
    ] = []


class SourceHeard(BaseModel):
    """A sign of life, as it is kept: by the minute."""

    model_config = ConfigDict(json_schema_extra={"example": _HEARD})

    source_id: UUID = Field(description="The source.")
    heard_at: datetime = Field(description="The minute, by the service's clock.")
    platforms: list[Platform] = Field(description="The platforms that were looked at.")


class SourceSilence(BaseModel):
    """A span in which a source said nothing, longer than its rhythm 静默."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _SILENCE})

    id: UUID = Field(description="Our id.")
    source_id: UUID = Field(description="The source.")
    platforms: list[Platform] = Field(description="Which platforms it covered then.")
    starts_at: datetime = Field(description="Its last sign of life before, or when it began to be listened for.")
    heard_before: bool = Field(description="Whether there was a sign of life before.")
    due_at: datetime = Field(description="When its rhythm was over.")
    told_at: datetime = Field(description="When `source.silent` told it.")
    late_by_seconds: float = Field(description="How late that was: more than a minute only after an outage.")
    ends_at: datetime | None = Field(description="When it was over; null: it lasts.")
    ended_by: SilenceEnd | None = Field(description="Why it is over; null: it lasts.")


class SourcePage(Page[Source]):
    """Some sources, the newest first."""


class SourceSilencePage(Page[SourceSilence]):
    """Some silences of a source, the newest first."""


class SourceQuery(PageQuery):
    """Which sources: values of one parameter are alternatives, different parameters all hold."""

    kind: Annotated[list[SourceKind], Field(max_length=5, description="Of one of these kinds.")] = []
    platform: Annotated[list[Platform], Field(max_length=10, description="That cover one of these platforms.")] = []
    key_id: Annotated[list[KeyId], Field(max_length=20, description="That post with one of these keys.")] = []
    state: Annotated[list[SourceState], Field(max_length=5, description="In one of these states now.")] = []
