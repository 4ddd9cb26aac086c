"""A handbook with the names and numbers that its masks hide, for whoever may see them; of erased contacts nothing, for nobody."""

from collections.abc import Collection, Mapping
from typing import Any

from app.metrics.handbook_facts import Reached

GONE = "（已删除）"


def lifted(
    facts: Mapping[str, Any], people: Mapping[str, Reached], contacts: Mapping[str, Reached]
) -> dict[str, Any]:  # fmt: skip
    """The facts with what is behind their masks, where that is still what was behind them: of an old state a number that
    changed since stays masked."""
    return {
        name: _lift(part, contacts if name == "contacts" else people) for name, part in facts.items()
    }  # fmt: skip


def _lift(part: Any, known: Mapping[str, Reached]) -> Any:
    if isinstance(part, list):
        return [_lift(one, known) for one in part]
    if not isinstance(part, Mapping):
        return part
    if "mark" in part:
        behind = known.get(part["id"])
        return {**part, **behind.shown} if behind is not None and behind.mark == part["mark"] else part
    return {name: _lift(value, known) for name, value in part.items()}


def ids_in(part: Any) -> set[str]:
    """Whom facts name by masks."""
    if isinstance(part, list):
        return {id_ for one in part for id_ in ids_in(one)}
    if not isinstance(part, Mapping):
        return set()
    if "mark" in part:
        return {part["id"]}
    return {id_ for value in part.values() for id_ in ids_in(value)}


def without(facts: Mapping[str, Any], erased: Collection[str]) -> dict[str, Any]:
    """The facts without what is personal of contacts who were erased since."""
    blank = {"name": GONE, "role": "", "phone": None, "mail": None, "wechat": None}
    return {
        **facts, "contacts": [{**one, **blank} if one["id"] in erased else one for one in facts["contacts"]],
    }  # fmt: skip
