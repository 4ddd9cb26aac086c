"""What people wrote into a decision, wherever it stands in a draft or a preview, as the caller may see it."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from app.core.auth import Caller
from app.core.db import Tx
from app.people.masks import words_of

# Members that hold what people wrote: of risks and measures, of rules and policies, and of what is told of them.
_WRITTEN: Final = frozenset(
    {"title", "description", "words", "reason", "name", "note", "before", "after", "added", "removed"}
)  # fmt: skip


async def as_seen(tx: Tx, about: UUID, told: Any, *, caller: Caller) -> Any:
    """The same, with what people wrote as the caller may see it. ``about``: the incident that it is about."""
    texts = {text: text for text in _texts(told, written=False)}
    if not texts:
        return told
    [words] = await words_of(tx, [(about, texts)], caller=caller)
    return _with(told, words, written=False)


def _texts(value: Any, *, written: bool) -> Iterator[str]:
    if isinstance(value, str) and written:
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, written=name in _WRITTEN)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, written=written)


def _with(value: Any, words: dict[str, Any], *, written: bool) -> Any:
    if isinstance(value, str):
        return words[value] if written else value
    if isinstance(value, dict):
        return {name: _with(inner, words, written=name in _WRITTEN) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_with(inner, words, written=written) for inner in value]
    return value
