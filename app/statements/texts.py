"""A version's parts as it keeps them, and as the rules of :mod:`app.domain` read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from app.domain.statement_text import Parts, Promise
from app.domain.statements import Content
from app.domain.vocabulary import StatementKind
from app.domain.vocabulary.statements import StatementPart
from app.models import Statement, StatementVersion

PARTS: Final = ("title", "attitude", "facts", "solution")
"""What is said in prose."""
SAID: Final = (*PARTS, "commitments", "next_update_at", "waivers", "platform_texts", "cites")
"""What a version holds: whoever changes it after it was submitted makes another version."""


def due(commitment: Mapping[str, Any]) -> datetime | None:
    """When a stored promise is due; None: at no stated time."""
    return datetime.fromisoformat(at) if (at := commitment.get("due_at")) else None


def content_of(statement: Statement, version: StatementVersion) -> Content:
    """What decides whether the version may be said."""
    return Content(
        StatementKind(statement.kind), version.attitude, version.facts, version.solution,
        tuple(map(due, version.commitments)), version.next_update_at, frozenset(map(StatementPart, version.waivers)),
        bool(version.cites),
    )  # fmt: skip


def parts_of(version: StatementVersion) -> Parts:
    """What the version's text is made of."""
    return parts_with(
        {name: getattr(version, name) for name in PARTS}, version, [c["text"] for c in version.commitments]
    )


def parts_with(prose: Mapping[str, str], version: StatementVersion, promised: Sequence[str]) -> Parts:
    """The same with other words for what is said, for example masked ones."""
    promises = [Promise(text, due(one)) for text, one in zip(promised, version.commitments, strict=True)]
    return Parts(**{name: prose[name] for name in PARTS}, promises=promises, next_update_at=version.next_update_at)


def stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the API takes in as a version keeps it."""
    kept = {name: fields[name] for name in SAID if name in fields}
    if "commitments" in kept:
        kept["commitments"] = [_commitment(one) for one in kept["commitments"]]
    if "waivers" in kept:
        kept["waivers"] = {str(one["part"]): one["reason"] for one in kept["waivers"]}
    if "platform_texts" in kept:
        kept["platform_texts"] = {str(one["platform"]): one["text"] for one in kept["platform_texts"]}
    return kept


def _commitment(one: Mapping[str, Any]) -> dict[str, Any]:
    due_at, owner_id = one.get("due_at"), one.get("owner_id")
    return {
        "text": one["text"], "due_at": due_at.isoformat() if due_at else None,
        "owner_id": str(owner_id) if owner_id else None,
    }  # fmt: skip
