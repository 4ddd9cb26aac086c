"""What happens, in the past tense. One row of the event table each: timeline, audit log and outbox at once.

Events hold ids, words of our vocabularies and figures; never personal data or the text of a post, because they
are kept for years and sent to other companies' tools.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, NamedTuple
from uuid import UUID


class Says(NamedTuple):
    """What a member of a public event means, for the contract.

    ``vocabulary`` names the schema of the contract that lists a member's words.
    """

    description: str
    example: Any = None
    vocabulary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all. ``seq`` is the incident's own counter, for the events of an incident."""

    type: ClassVar[str]
    # Whether outside tools may subscribe to it; the others are the audit log's.
    public: ClassVar[bool] = True

    @property
    def incident(self) -> tuple[UUID, int] | None:
        """The incident whose timeline this stands on, and its place there."""
        return None

    @property
    def kind(self) -> str:
        return self.type

    def data(self) -> dict[str, Any]:
        """The members of the event as outside tools see them."""
        return {field.name.rstrip("_"): getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent(Event):
    """Something that stands on an incident's timeline."""

    incident_id: Annotated[UUID, Says("The incident.")]
    number: Annotated[str, Says("What people quote.", "2026-0031")]
    seq: Annotated[int, Says("Its place on the incident's timeline, from 1 without a gap.", 4)]

    @property
    def incident(self) -> tuple[UUID, int] | None:
        return self.incident_id, self.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(IncidentEvent):
    """Mentions are handled as one case from here on."""

    type: ClassVar[str] = "incident.opened"
    rule_id: Annotated[UUID | None, Says("The watch rule it was opened by; null where a person did.")]
    harm_class: Annotated[str | None, Says("Whose interests are harmed.", "user_rights", "HarmClass")]
    business_unit: Annotated[str | None, Says("The business unit concerned 业务部门.", "乳品事业部")]


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeChanged(IncidentEvent):
    """The grade was raised by the machine, or set by a person (方案 二(二)1)."""

    type: ClassVar[str] = "incident.grade_changed"
    from_: Annotated[str | None, Says("The grade before; null where there was none.", "general", "Grade")]
    to: Annotated[str | None, Says("The grade from now on; null for none.", "major", "Grade")]
    level: Annotated[int | None, Says("1 major 一级, 2 serious 二级, 3 general 三级; null without a grade.", 1)]
    label: Annotated[str | None, Says("The grade with both words.", "一级(重大)")]
    source: Annotated[str, Says("Who set it.", "machine", "GradeSource")]
    reason: Annotated[str, Says("Why.", "Rule major-2h: 130,000 in 2 h, more than 100,000.")]
    evidence: Annotated[
        dict[str, Any],
        Says("What a machine's grade rests on: rule, window, sum, threshold, the minute reached, the top mentions.",
             {"rule": "major-2h", "window_seconds": 7200, "sum": 130000, "threshold": 100000}),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(IncidentEvent):
    """The incident moved on, ended or came back."""

    type: ClassVar[str] = "incident.status_changed"
    from_: Annotated[str, Says("The status before.", "watching", "IncidentStatus")]
    to: Annotated[str, Says("The status from now on.", "responding", "IncidentStatus")]
    reason: Annotated[str, Says("Why.", "A grade was set.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionsMoved(IncidentEvent):
    """A person attached mentions to the incident, took them out of it, or merged another incident into it."""

    type: ClassVar[str] = "incident.mentions_moved"
    public: ClassVar[bool] = False
    action: str
    mention_count: int
    mention_ids: list[UUID]
    other_incident_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChanged(IncidentEvent):
    """A person changed what the incident says of itself, or what decides its grade."""

    type: ClassVar[str] = "incident.changed"
    public: ClassVar[bool] = False
    fields: list[str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionHit(Event):
    """A negative mention matches watch rules: the alarm's first spark (方案 二(一)2, within 10 minutes)."""

    type: ClassVar[str] = "mention.hit"
    mention_id: Annotated[UUID, Says("The mention.")]
    incident_id: Annotated[UUID | None, Says("The incident it joined; null where it joined none.")]
    platform: Annotated[str, Says("Where it was posted.", "weibo", "Platform")]
    rule_ids: Annotated[list[UUID], Says("The watch rules it matches.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTested(Event):
    """Somebody asked whether an endpoint hears us."""

    type: ClassVar[str] = "webhook.test"
    endpoint_id: Annotated[UUID, Says("The endpoint that was tried.")]
    message: Annotated[str, Says("A line for people.", "A test of this endpoint.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(Event):
    """A record was created, updated or deleted by somebody: for the audit log only."""

    type: ClassVar[str] = "record.changed"
    public: ClassVar[bool] = False
    subject: str
    subject_id: str
    action: str
    fields: list[str]

    @property
    def kind(self) -> str:
        return f"{self.subject}.{self.action}"


PUBLIC: tuple[type[Event], ...] = (MentionHit, IncidentOpened, GradeChanged, StatusChanged, WebhookTested)
PUBLIC_TYPES: tuple[str, ...] = tuple(event.type for event in PUBLIC)
