"""What may stand in a template: text, blanks, if, for over a list, and join. Everything else is refused where it stands.

Jinja2 only parses here. Nothing is run, nothing is even compiled, before every node of the tree is one of those below:
so there is no list of dangerous things that could lack one. A text that passes has no call, no attribute, no arithmetic,
no macro and no import, loops over at most one list at a time, and writes an optional variable only where it is there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from jinja2 import Environment, TemplateSyntaxError, nodes

LONGEST: Final = 4_000
"""Characters of one part's template."""
DEEPEST: Final = 5
"""If within if, and operators within a condition."""
LOOP_PRINTED: Final = frozenset({"index"})
LOOP_ASKED: Final = frozenset({"first", "last"})

_PARSER: Final = Environment(trim_blocks=True, lstrip_blocks=True)
# What people would call what Jinja2 calls so; the rest goes by Jinja2's own name.
_NAMED: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Call: "a call", nodes.Getattr: "an attribute", nodes.Getitem: "an index", nodes.Const: "a constant",
    nodes.TemplateData: "a constant", nodes.BinExpr: "arithmetic", nodes.UnaryExpr: "arithmetic",
    nodes.Compare: "a comparison", nodes.Test: "a test", nodes.CondExpr: "an inline if", nodes.Concat: "~",
    nodes.Literal: "a literal", nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "from", nodes.Macro: "macro",
    nodes.CallBlock: "call", nodes.FilterBlock: "filter", nodes.Assign: "set", nodes.AssignBlock: "set",
    nodes.With: "with", nodes.Extends: "extends", nodes.Block: "block", nodes.ScopedEvalContextModifier: "autoescape",
}  # fmt: skip
_ALLOWED: Final = "write blanks as {{ 变量 }}, {% if 变量 %}, {% for 项 in 列表 %} and {{ 列表 | join('、') }}; nothing else runs here"


class Fault(NamedTuple):
    """What is wrong with a text, and where."""

    line: int
    code: str
    says: str


class Blank(NamedTuple):
    """What a text may name: whether it holds several, and whether it may be missing."""

    many: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text names, and what is wrong with it."""

    names: frozenset[str]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is known at one place of a text."""

    blanks: Mapping[str, Blank]
    there: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    depth: int = 0

    @property
    def looping(self) -> bool:
        return bool(self.items)


def read(source: str, blanks: Mapping[str, Blank], *, there: frozenset[str] = frozenset()) -> Reading:
    """The names a template's text uses and every fault of it, in order. ``there``: optional ones that are not missing."""
    if len(source) > LONGEST:
        return Reading(frozenset(), (Fault(1, "too_long", f"has more than {LONGEST:,} characters"),))
    try:
        tree = _PARSER.parse(source)
    except TemplateSyntaxError as error:
        return Reading(frozenset(), (Fault(error.lineno, "template_syntax", f"can't be read: {error.message}"),))
    except (RecursionError, ValueError, OverflowError, MemoryError):
        return Reading(frozenset(), (Fault(1, "template_syntax", f"can't be read: {_ALLOWED}"),))
    found: list[Fault] = []
    named = set[str]()
    for one in _body(tree.body, _Scope(blanks, there)):
        if isinstance(one, Fault):
            found.append(one)
        else:
            named.add(one)
    return Reading(frozenset(named), tuple(found))


_Found = Iterator[Fault | str]
"""Faults, and names that are used."""


def _body(body: Sequence[nodes.Node], scope: _Scope) -> _Found:
    for node in body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                if not isinstance(part, nodes.TemplateData):
                    yield from _printed(part, scope)
        elif isinstance(node, nodes.If):
            yield from _if(node, scope)
        elif isinstance(node, nodes.For):
            yield from _for(node, scope)
        else:
            yield _refused(node)


def _printed(node: nodes.Node, scope: _Scope) -> _Found:
    """A blank: a name, its list joined, or the number of an item."""
    if isinstance(node, nodes.Name):
        yield from _name(node, scope, printed=True)
    elif isinstance(node, nodes.Filter):
        yield from _filter(node, scope)
    elif not _is_loop(node, scope, LOOP_PRINTED):
        yield _refused(node)


def _name(node: nodes.Name, scope: _Scope, *, printed: bool = False) -> _Found:
    name = node.name
    if name in scope.items:
        return
    blank = scope.blanks.get(name)
    if blank is None:
        yield Fault(node.lineno, "unknown_variable", f"unknown variable {name!r}: {_known(scope)}")
        return
    yield name
    if printed and blank.many:
        yield Fault(node.lineno, "is_list", f"{name!r} is a list: write {{{{ {name} | join('、') }}}} or a for")
    if printed and blank.optional and name not in scope.there:
        says = f"{name!r} may be missing: write it within {{% if {name} %}}…{{% endif %}}, or make it required"
        yield Fault(node.lineno, "unguarded", says)


def _known(scope: _Scope) -> str:
    known = "、".join([*scope.items, *scope.blanks][:20])
    return f"declare it in variables, or write one of {known}" if known else "declare it in variables"


def _filter(node: nodes.Filter, scope: _Scope) -> _Found:
    plain = all(isinstance(arg, nodes.Const) and _is_plain(arg.value) for arg in node.args)
    if node.name != "join" or len(node.args) > 1 or node.kwargs or node.dyn_args or node.dyn_kwargs or not plain:
        what = f"the filter {node.name!r}" if node.name != "join" else "join with anything but one short text"
        yield Fault(node.lineno, "not_allowed", f"{what} is not allowed: {_ALLOWED}")
    elif isinstance(node.node, nodes.Name):
        yield from _list(node.node, scope)
    elif node.node is not None:
        yield _refused(node.node)


def _is_plain(value: object) -> bool:
    """Whether a text of the template's own is one that people could have typed there."""
    return isinstance(value, str) and len(value) <= 10 and all(char.isprintable() or char == "\n" for char in value)


def _list(node: nodes.Name, scope: _Scope) -> _Found:
    yield from _name(node, scope)
    if node.name in scope.items or (node.name in scope.blanks and not scope.blanks[node.name].many):
        yield Fault(node.lineno, "no_list", f"{node.name!r} is no list: give it the type list, or write it by itself")


def _is_loop(node: nodes.Node, scope: _Scope, attributes: frozenset[str]) -> bool:
    is_loop = isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "loop"
    return is_loop and scope.looping and isinstance(node, nodes.Getattr) and node.attr in attributes


def _if(node: nodes.If, scope: _Scope) -> _Found:
    if scope.depth >= DEEPEST:
        yield Fault(node.lineno, "too_deep", f"stands within more than {DEEPEST} others: say it more simply")
        return
    for branch in (node, *node.elif_):
        yield from _condition(branch.test, scope, 0)
        inner = replace(scope, depth=scope.depth + 1, there=scope.there | _sure(branch.test, 0))
        yield from _body(branch.body, inner)
    yield from _body(node.else_, replace(scope, depth=scope.depth + 1))


def _condition(node: nodes.Node, scope: _Scope, depth: int) -> _Found:
    if depth > DEEPEST:
        yield Fault(node.lineno, "too_deep", "this condition is too long: say it more simply")
    elif isinstance(node, nodes.Name):
        yield from _name(node, scope)
    elif isinstance(node, nodes.Not):
        yield from _condition(node.node, scope, depth + 1)
    elif isinstance(node, nodes.And | nodes.Or):
        yield from _condition(node.left, scope, depth + 1)
        yield from _condition(node.right, scope, depth + 1)
    elif not _is_loop(node, scope, LOOP_ASKED):
        yield _refused(node)


def _sure(node: nodes.Node, depth: int) -> frozenset[str]:
    """The names that are there where the condition holds."""
    if isinstance(node, nodes.Name):
        return frozenset({node.name})
    if isinstance(node, nodes.And) and depth <= DEEPEST:
        return _sure(node.left, depth + 1) | _sure(node.right, depth + 1)
    return frozenset()


def _for(node: nodes.For, scope: _Scope) -> _Found:
    if scope.looping:
        yield Fault(node.lineno, "nested_for", "a for within a for is not allowed: one list after the other")
        return
    if node.test is not None or node.recursive or node.else_:
        yield Fault(node.lineno, "not_allowed", f"for with if, else or recursive is not allowed: {_ALLOWED}")
        return
    if isinstance(node.iter, nodes.Name):
        yield from _list(node.iter, scope)
    else:
        yield _refused(node.iter)
    if not isinstance(node.target, nodes.Name) or not is_name(node.target.name) or node.target.name in scope.blanks:
        says = "what runs through the list needs one name that no variable has: {% for 项 in 列表 %}"
        yield Fault(node.lineno, "bad_name", says)
        return
    inner = replace(scope, items=frozenset({node.target.name}), depth=scope.depth + 1)
    yield from _body(node.body, inner)


def _refused(node: nodes.Node) -> Fault:
    kind = next((_NAMED[base] for base in type(node).__mro__ if base in _NAMED), type(node).__name__)
    if isinstance(node, nodes.Getattr):
        kind = f"the attribute .{node.attr[:40]}"
    # Jinja2 leaves a few of its nodes without a line.
    line = node.lineno or next((inner.lineno for inner in node.find_all(nodes.Node) if inner.lineno), 1)
    return Fault(line, "not_allowed", f"{kind} is not allowed: {_ALLOWED}")


# Words with a meaning of their own in the language.
_TAKEN: Final = frozenset({
    "and", "as", "block", "call", "caller", "context", "do", "else", "elif", "endfor", "endif", "extends", "false", "filter",
    "for", "from", "if", "ignore", "import", "in", "include", "is", "loop", "macro", "missing", "none", "not", "or", "print",
    "raw", "recursive", "self", "set", "super", "true", "varargs", "kwargs", "with", "without",
})  # fmt: skip
_LONGEST_NAME: Final = 30


def is_name(name: str) -> bool:
    """Whether a variable may be called so: Chinese characters, small letters, digits and _, no digit first.

    Of such names no two look alike or are one to Python, which folds identifiers that differ in width.
    """
    return (
        0 < len(name) <= _LONGEST_NAME and name not in _TAKEN and not name[0].isdigit() and name[0] != "_"
        and all("a" <= char <= "z" or "0" <= char <= "9" or char == "_" or "\u4e00" <= char <= "\u9fff" for char in name)
    )  # fmt: skip
