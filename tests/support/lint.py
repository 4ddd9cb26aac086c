"""The lists the lint is born with, as tests read them: from the very files the migration reads."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from app.domain.lint_phrases import WordList, entry_from
from app.domain.vocabulary.lint import LintListKind

FOLDER = Path(__file__).resolve().parents[2] / "alembic/seeds/lint_lists"
FILES = sorted(FOLDER.glob("*.toml"))


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


@cache
def shipped() -> tuple[WordList, ...]:
    """Every list that is shipped."""
    found = [read(path) for path in FILES]
    return tuple(
        WordList(one["key"], LintListKind(one["kind"]), tuple(map(entry_from, one["entries"]))) for one in found
    )
