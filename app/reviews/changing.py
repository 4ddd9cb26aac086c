"""What a decision looks at and changes, whatever its kind: things as they are, as they would be, and as they became."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel

from app.core.auth import Caller
from app.core.db import Tx
from app.domain.differences import differences
from app.domain.vocabulary.reviews import ReviewChangeAction, ReviewSubject
from app.models import Review

C_contra = TypeVar("C_contra", bound=BaseModel, contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing that a draft would change, as it is now. ``place`` is where the draft speaks of it, as a JSON pointer."""

    place: str
    subject: ReviewSubject
    action: ReviewChangeAction
    name: str
    # Of what there is already: its id and its version. ``gone``: there was to be one, and there is none.
    id: str | None = None
    version: int | None = None
    gone: bool = False
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def mark(self) -> dict[str, Any]:
        """What of it a preview is good for: the same thing in the same version."""
        return {"place": self.place, "subject": self.subject, "id": self.id, "version": self.version}

    def shown(self) -> dict[str, Any]:
        """As a preview tells it."""
        found = list(differences(dict(self.before), dict(self.after)))
        return {"subject": self.subject, "subject_id": self.id, "action": self.action, "name": self.name,
                "version": self.version, "differences": [one._asdict() for one in found]}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One thing that was changed."""

    subject: ReviewSubject
    subject_id: str
    action: ReviewChangeAction
    name: str
    before_id: str | None = None
    before_version: int | None = None
    after_version: int | None = None


@dataclass(frozen=True, slots=True)
class Deciding:
    """For whom something is changed: the review, the incidents it covers, and the reason that is given."""

    review: Review
    incident_ids: Sequence[UUID]
    reason: str


class Changer(Protocol, Generic[C_contra]):
    """How one kind of decision is looked at and applied."""

    async def look(self, tx: Tx, change: C_contra, *, lock: bool = False) -> list[Seen]:
        """What it would change, in the order of the draft; Invalid where it makes no sense. ``lock``: it stays so."""

    def scopes(self, change: C_contra) -> Iterable[str]:
        """What the changes themselves ask of the caller, beside deciding."""

    async def lock(self, tx: Tx, change: C_contra) -> None:
        """Takes what is locked before incidents are."""

    async def apply(self, tx: Tx, change: C_contra, deciding: Deciding, *, caller: Caller, now: datetime) -> list[Made]:
        """Changes all of it."""


def jsonable(value: Any) -> Any:
    """The same as JSON holds it, so that two sides compare alike."""
    return orjson.loads(orjson.dumps(value, default=str))
