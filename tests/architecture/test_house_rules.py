"""Rules of the house that imports can't express, held over the syntax tree. See CONTRIBUTING.md."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(path for folder in ("app", "workers") for path in (ROOT / folder).rglob("*.py"))
ALL = sorted(
    path for folder in ("app", "workers", "tests", "bench", "alembic") for path in (ROOT / folder).rglob("*.py")
)
# Rooms: any folder of app with a service.
SERVICES = sorted(ROOT.glob("app/*/service.py"))
# Written by generators: the migrations and the table of characters.
GENERATED = {"hanzi.py", *(path.name for path in (ROOT / "alembic/versions").glob("*.py"))}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(node: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, name) of every call below the node; of a method, its own name."""
    for found in ast.walk(node):
        if isinstance(found, ast.Call):
            function = found.func
            if isinstance(function, ast.Attribute):
                yield found.lineno, function.attr
            elif isinstance(function, ast.Name):
                yield found.lineno, function.id


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def test_only_the_database_module_begins_and_commits() -> None:
    found = [
        f"{name_of(path)}:{line} {name}()"
        for path in CODE
        if name_of(path) != "app/core/db.py"
        for line, name in calls(tree(path))
        if name in ("begin", "begin_nested", "commit", "rollback")
    ]
    assert not found, f"only app/core/db.py commits; open a transaction there instead: {found}"


def test_only_the_outbox_writes_events() -> None:
    """It announces ids before they are drawn; a row written otherwise could be skipped by whoever follows events."""
    found = [name_of(path) for path in CODE if "into events" in path.read_text("utf-8").lower()]
    assert found == ["app/core/outbox.py"]


def test_nobody_but_core_looks_at_a_clock() -> None:
    """`now` is the database's and is passed in: a host clock that is wrong must not move a deadline.

    The command line is a client of the service, and embedded services wait for processes: those may look.
    """
    allowed = ("app/core/", "app/cli/", "app/embedded/")
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in CODE
        if not name_of(path).startswith(allowed)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "today", "utcnow", "time", "time_ns")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("datetime", "date", "time", "dt")
    ]
    assert not found, f"pass `now` in instead: {found}"


@pytest.mark.parametrize("path", SERVICES, ids=name_of)
def test_every_verb_that_writes_records_what_happened(path: Path) -> None:
    """Each public verb of a service reaches `record`, by itself or through the functions it calls.

    Reactions write what an event asks for: the event is their record.
    """
    reached = {name for p in CODE for name in _recording_functions(p)}
    verbs = [f for f in tree(path).body if isinstance(f, ast.AsyncFunctionDef) and not f.name.startswith("_")]
    verbs = [f for f in verbs if "stored" not in {argument.arg for argument in f.args.args}]
    assert verbs, "a service has verbs"
    silent = [f"{f.name} (line {f.lineno})" for f in verbs if f.name not in reached]
    assert not silent, f"end in `await record(...)`: {silent}"


@cache
def _recording_functions(path: Path) -> frozenset[str]:
    """Names of the functions of a module from which a call of `record` is reached within the project."""
    known = {"record"}
    bodies = {f.name: {name for _, name in calls(f)} for f in functions(path)}
    # conclude() records for all that end in it; the modules below it are read in any order.
    known |= {"conclude", "open_incident"}
    while True:
        more = {name for name, called in bodies.items() if called & known} - known
        if not more:
            return frozenset(known)
        known |= more


@pytest.mark.parametrize("path", [p for p in ALL if p.name not in GENERATED], ids=name_of)
def test_files_and_functions_stay_within_their_budgets(path: Path) -> None:
    lines = path.read_text("utf-8").count("\n")
    assert lines <= 400, f"{name_of(path)} has {lines} lines of 400: find the noun that wants a file of its own"
    long = [(f.name, f.end_lineno - f.lineno + 1) for f in functions(path) if f.end_lineno is not None]
    over = [f"{name}: {length} lines" for name, length in long if length > 40]
    assert not over, f"{name_of(path)}: functions of more than 40 lines: {over}"


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_every_module_and_public_thing_says_why_it_is_there(path: Path) -> None:
    module = tree(path)
    assert ast.get_docstring(module), f"{name_of(path)} has no docstring"
    public = [
        node
        for node in module.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]
    silent = [node.name for node in public if not ast.get_docstring(node) and _is_substantial(node)]
    assert not silent, f"{name_of(path)}: no docstring on {silent}"


def _is_substantial(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Three lines explain themselves; so does a problem whose title says it."""
    return (node.end_lineno or 0) - node.lineno >= 3


def test_no_file_names_a_machine_or_a_tool_that_is_not_the_projects() -> None:
    words = ("/wo" + "rk/", "../sha" + "red/design")
    texts = [
        p for p in ROOT.rglob("*") if p.suffix in (".py", ".md", ".toml", ".yaml", ".yml") and ".venv" not in p.parts
    ]
    found = [f"{name_of(path)}: {word}" for path in texts for word in words if word in path.read_text("utf-8")]
    assert not found
