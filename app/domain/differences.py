"""What is other between two states of a thing, as people read it: member by member, words that came and went by themselves."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

# What tells the entries of a list apart, where each has one: a rule of a policy by its id, a clock by kind and grades.
_KEYS: Final[tuple[tuple[str, ...], ...]] = (("id",), ("kind", "grades"))


class Difference(NamedTuple):
    """One member that is other, by its path. Of a list of words, which came and went; of all else, from what to what."""

    path: str
    before: str | None = None
    after: str | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def differences(before: Any, after: Any, at: str = "") -> Iterator[Difference]:
    """Each difference, in the order of the members; nothing where the two are the same."""
    if before == after:
        return
    if _is_object(before, after):
        yield from _members(before or {}, after or {}, at)
    elif _is_list(before, after) and (keyed := _keyed(before or [], after or [])) is not None:
        yield from _members(*keyed, at)
    elif _is_list(before, after) and (words := _words(before or [], after or [])) is not None:
        yield Difference(at, added=words[1], removed=words[0])
    else:
        yield Difference(at, _text(before), _text(after))


def _members(before: Mapping[str, Any], after: Mapping[str, Any], at: str) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        yield from differences(before.get(name), after.get(name), f"{at}/{name}" if at else name)


def _is_object(before: Any, after: Any) -> bool:
    return all(isinstance(one, Mapping) or one is None for one in (before, after))


def _is_list(before: Any, after: Any) -> bool:
    return all(isinstance(one, list) or one is None for one in (before, after))


def _keyed(before: Sequence[Any], after: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Two lists of objects by what tells their entries apart; None where nothing does."""
    for members in _KEYS:
        if all(isinstance(one, Mapping) and members[0] in one for one in (*before, *after)):
            sides = tuple({_key(one, members): one for one in side} for side in (before, after))
            if all(len(named) == len(side) for named, side in zip(sides, (before, after), strict=True)):
                return sides[0], sides[1]
    return None


def _key(entry: Mapping[str, Any], members: Sequence[str]) -> str:
    parts = (entry.get(member) for member in members)
    return " ".join(",".join(part) if isinstance(part, list) else str(part) for part in parts if part)


def _words(before: Sequence[Any], after: Sequence[Any]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Which words went and which came; None where they are no words, or only stand in another order."""
    if not all(isinstance(one, str) for one in (*before, *after)):
        return None
    went, came = tuple(one for one in before if one not in after), tuple(one for one in after if one not in before)
    return (went, came) if went or came else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
