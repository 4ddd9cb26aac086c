"""Filling a template in. What is filled in is text and lists of text, and it is never read as a template again.

Two walls: only what :func:`app.domain.templates.language.read` passes comes here, and Jinja2's sandbox, with every global,
filter, test, attribute, index and call taken away, would refuse whatever else came.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NoReturn

from jinja2 import StrictUndefined, Template
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.domain.templates.language import LOOP_ASKED, LOOP_PRINTED


class TooMuch(ValueError):
    """The text would be longer than anything that can be said."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 without anything: what is left of it after :mod:`app.domain.templates.language` needs no more."""

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
        for table in (self.globals, self.tests, self.filters, self.binop_table, self.unop_table):
            table.clear()
        self.intercepted_binops = frozenset(("//", "%", "**", "+", "-", "*", "/"))
        self.intercepted_unops = frozenset(("+", "-"))
        self.filters["join"] = _join

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Of a loop the number of the item, and whether it is the first or last; of anything else nothing at all."""
        if type(obj) is LoopContext and attribute in LOOP_PRINTED | LOOP_ASKED:
            return getattr(obj, attribute)
        raise SecurityError("a template takes nothing apart")

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing is called."""
        return False

    def getitem(self, obj: Any, argument: Any) -> NoReturn:
        """Nothing has items."""
        raise SecurityError("a template takes nothing apart")

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> NoReturn:
        """Nothing is reckoned."""
        raise SecurityError("a template reckons nothing")

    def call_unop(self, context: Any, operator: str, arg: Any) -> NoReturn:
        """Nothing is reckoned."""
        raise SecurityError("a template reckons nothing")


def _join(items: Sequence[str], between: str = "、") -> str:
    return between.join(items)


SANDBOX: Final = _Sandbox()


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return SANDBOX.from_string(source)


def fill(source: str, values: Mapping[str, str | tuple[str, ...]], *, most: int) -> str:
    """The text, filled in. TooMuch where it grows beyond ``most`` characters: it stops there, and reads no further.

    Only for sources that were read without a fault, with a value for each name: a missing optional one is empty.
    """
    written: list[str] = []
    length = 0
    for piece in _compiled(source).generate(values):
        length += len(piece)
        if length > most:
            raise TooMuch(f"has more than {most:,} characters when it is filled in")
        written.append(piece)
    return _even("".join(written))


def _even(text: str) -> str:
    """Without what the lines of blocks leave: spaces at ends of lines, several empty lines in a row."""
    lines: list[str] = []
    for line in map(str.rstrip, text.split("\n")):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()
