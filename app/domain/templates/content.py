"""A whole template: the parts of a statement with blanks in them, the variables that fill them, and what each promises.

A promise's date and the next update's are variables of their own, so that what is begun from a template promises nothing
without a date, and the clocks of what was promised know it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias

from app.domain.statement_text import Parts, Promise
from app.domain.templates.engine import TooMuch, fill
from app.domain.templates.language import Blank, Reading, is_name, read
from app.domain.templates.values import Shown, instant_of, show
from app.domain.vocabulary.templates import StatementLanguage, TemplateVariableSource, TemplateVariableType

TEXTS: Final = ("title", "attitude", "facts", "solution")
"""The parts that are one text each; promises are the fifth."""
SAID: Final = (*TEXTS, "commitments", "next_update", "variables")
"""What a version of a template holds."""
LONGEST: Final[Mapping[str, int]] = {
    "title": 200,
    "attitude": 5_000,
    "facts": 5_000,
    "solution": 5_000,
    "commitments": 500,
}
"""Characters of each part when it is filled in, as a statement takes them."""
FILLS: Final[Mapping[TemplateVariableSource, TemplateVariableType]] = {
    TemplateVariableSource.BUSINESS_UNIT: TemplateVariableType.TEXT,
    TemplateVariableSource.ORIGIN_PLATFORM: TemplateVariableType.TEXT,
    TemplateVariableSource.FIRST_POST_AT: TemplateVariableType.DATETIME,
    TemplateVariableSource.OPENED_AT: TemplateVariableType.DATETIME,
}
"""Of which type is what the incident knows."""
# Examples are shown as of this day: only their years depend on it.
_EXAMPLES_AT = datetime(2026, 11, 23, tzinfo=UTC)


_At: TypeAlias = tuple[str | int, ...]
_Placed: TypeAlias = tuple[_At, Reading]
"""Where a text stands, and what it says."""


class Fault(NamedTuple):
    """What is wrong with a template or a value, by a JSON pointer's steps."""

    at: _At
    says: str
    code: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A blank: what people call it, what may stand in it, and whether the text needs it."""

    name: str
    type: TemplateVariableType
    required: bool
    sample: str
    source: TemplateVariableSource | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Variable":
        """As it is stored, and as it comes in."""
        source = stored.get("source")
        return cls(
            stored["name"], TemplateVariableType(stored["type"]), stored["required"], stored["sample"],
            TemplateVariableSource(source) if source else None,
        )  # fmt: skip


class DatedPromise(NamedTuple):
    """A promise's text, and the variable that says by when."""

    text: str
    due: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a version of a template says. ``texts``: the parts of :data:`TEXTS`."""

    texts: Mapping[str, str]
    promises: tuple[DatedPromise, ...]
    # The variable that says when we speak again.
    next_update: str | None
    variables: tuple[Variable, ...]

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Content":
        """Of the members of :data:`SAID`, as they come in and are stored."""
        return cls(
            {name: said[name] for name in TEXTS},
            tuple(DatedPromise(one["text"], one["due"]) for one in said["commitments"]),
            said["next_update"], tuple(map(Variable.of, said["variables"])),
        )  # fmt: skip

    def examples(self) -> dict[str, str]:
        """A value for each variable."""
        return {one.name: one.sample for one in self.variables}


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its blanks filled in. What is missing stands there as 【its name】."""

    parts: Parts
    missing: tuple[str, ...]


def faults(content: Content) -> list[Fault]:
    """Everything that is wrong with a template, in the order of its members; one without can be filled in by anybody."""
    readings = list(_readings(content))
    found = [*_in_variables(content.variables), *_in_parts(content, readings)]
    if found:
        return found
    used = {name for _, reading in readings for name in reading.names} | {name for _, name in _dates(content)}
    found += [
        Fault(("variables", place, "name"), f"the variable {one.name!r} is used nowhere: use it, or leave it out", "unused")
        for place, one in enumerate(content.variables) if one.name not in used
    ]  # fmt: skip
    if not any(content.texts[name].strip() for name in ("attitude", "facts", "solution")):
        found.append(Fault((), "says nothing: write attitude, facts or solution", "empty"))
    return found or _in_examples(content)


def _in_variables(variables: Sequence[Variable]) -> Iterator[Fault]:
    seen = set[str]()
    for place, one in enumerate(variables):
        at = ("variables", place)
        if not is_name(one.name):
            says = "must be 1 to 30 Chinese characters, small letters, digits or _, no digit first, and no word of the language"
            yield Fault((*at, "name"), says, "bad_name")
        elif one.name in seen:
            yield Fault((*at, "name"), f"{one.name!r} stands here twice", "duplicate")
        seen.add(one.name)
        if one.source is not None and FILLS[one.source] is not one.type:
            yield Fault(
                (*at, "source"), f"fills in what is of type {FILLS[one.source]}, and this is {one.type}", "other_type"
            )
        try:
            show(one.type, one.sample, now=_EXAMPLES_AT, language=StatementLanguage.ZH)
        except ValueError as error:
            yield Fault((*at, "sample"), f"of {one.name!r} {error}", "bad_sample")


def _in_parts(content: Content, readings: Sequence[_Placed]) -> Iterator[Fault]:
    for at, reading in readings:
        yield from (Fault(at, f"line {one.line}: {one.says}", one.code) for one in reading.faults)
    dated = {one.name for one in content.variables if one.type is TemplateVariableType.DATETIME}
    for at, name in _dates(content):
        if name not in dated:
            says = f"unknown variable {name!r}: name one of type datetime, which says when"
            yield Fault(at, says, "unknown_variable")


def _readings(content: Content) -> Iterator[_Placed]:
    """Each text of the template as it is read."""
    blanks = {one.name: Blank(one.type is TemplateVariableType.LIST, not one.required) for one in content.variables}
    for name in TEXTS:
        yield (name,), read(content.texts[name], blanks)
    for place, one in enumerate(content.promises):
        # A promise without its date is left out, so within it the date is there.
        yield ("commitments", place, "text"), read(one.text, blanks, there=frozenset({one.due}))


def _dates(content: Content) -> Iterator[tuple[_At, str]]:
    for place, one in enumerate(content.promises):
        yield ("commitments", place, "due"), one.due
    if content.next_update is not None:
        yield ("next_update",), content.next_update


def _in_examples(content: Content) -> list[Fault]:
    """Filled in with its own examples it must be short enough, and say something."""
    try:
        filled = complete(content, content.examples(), now=_EXAMPLES_AT, language=StatementLanguage.ZH)
    except TooLong as error:
        return [error.fault]
    if not any((filled.parts.attitude, filled.parts.facts, filled.parts.solution)):
        return [Fault((), "says nothing with its own examples: write what is said in any case", "empty")]
    return []


class TooLong(ValueError):
    """A part grows too long."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.says)
        self.fault = fault


def value_faults(
    content: Content, values: Mapping[str, str], *, now: datetime, language: StatementLanguage, whole: bool
) -> list[Fault]:
    """What is wrong with these values. ``whole``: to be said, so that all required ones must be there, and promises ahead."""
    known = {one.name: one for one in content.variables}
    found = []
    for name, value in values.items():
        if name not in known:
            names = "、".join(known) or "none"
            found.append(
                Fault(("variables", name), f"is no variable of this template; it has {names}", "unknown_variable")
            )
            continue
        try:
            show(known[name].type, value, now=now, language=language)
        except ValueError as error:
            found.append(Fault(("variables", name), str(error), "value_error"))
    if not whole:
        return found
    faulty = {fault.at[1] for fault in found}
    lacking = [one for one in content.variables if one.required and one.name not in values]
    dates = dict.fromkeys(name for _, name in _dates(content) if name in values and name not in faulty)
    return (
        found
        + [
            Fault(("variables", name), "lies in the past: promise what is to come", "in_the_past")
            for name in dates
            if instant_of(values[name]) <= now
        ]
        + [
            Fault(
                ("variables", one.name), f"is missing; state it as a {one.type}, for example {one.sample!r}", "missing"
            )
            for one in lacking
        ]
    )


def complete(content: Content, values: Mapping[str, str], *, now: datetime, language: StatementLanguage) -> Filled:
    """The template filled in with values without a fault. TooLong where a part is longer than can be said."""
    shown: dict[str, Shown] = {}
    for one in content.variables:
        many = one.type is TemplateVariableType.LIST
        if one.name in values:
            shown[one.name] = show(one.type, values[one.name], now=now, language=language)
        else:
            blank = f"【{one.name}】" if one.required else ""
            shown[one.name] = ((blank,) if blank else ()) if many else blank
    texts = {name: _filled((name,), content.texts[name], shown, LONGEST[name]) for name in TEXTS}
    promises = []
    for place, promise in enumerate(content.promises):
        text = _filled(("commitments", place, "text"), promise.text, shown, LONGEST["commitments"])
        if text and shown[promise.due]:
            promises.append(Promise(text, _instant(promise.due, values)))
    again = _instant(content.next_update, values) if content.next_update else None
    missing = tuple(one.name for one in content.variables if one.required and one.name not in values)
    title = " ".join(texts["title"].split())
    return Filled(Parts(title, texts["attitude"], texts["facts"], texts["solution"], promises, again), missing)


def _filled(at: _At, source: str, shown: Mapping[str, Shown], most: int) -> str:
    try:
        return fill(source, shown, most=most)
    except TooMuch as error:
        raise TooLong(Fault(at, str(error), "too_long")) from None


def _instant(name: str, values: Mapping[str, str]) -> datetime | None:
    return instant_of(values[name]) if name in values else None
