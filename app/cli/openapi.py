"""``fenghuo openapi``: the contract, written to a file or compared with it."""

import difflib
import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import Trouble, configured
from app.main import create_app

SHOWN_LINES = 40


def openapi(
    check: Annotated[bool, typer.Option("--check", help="Compare only; fail when the file is not as it should be.")] = (
        False
    ),
    out: Annotated[Path, typer.Option(help="The folder of openapi.json.")] = Path("openapi"),
) -> None:
    """Writes openapi.json from the routes, or checks the committed one. Needs no database."""
    target = out / "openapi.json"
    made = document()
    if check:
        _compare(target, made)
        print(f"{target} is up to date.")
        return
    out.mkdir(parents=True, exist_ok=True)
    target.write_text(made, encoding="utf-8")
    print(f"Wrote {target}.")


def document() -> str:
    """The contract as it is committed: the same text for the same routes, whatever the environment says."""
    app = create_app(configured(database_url="", redis_url="", secret_key="", bootstrap_key=""))
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def _compare(target: Path, made: str) -> None:
    try:
        committed = target.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Trouble(f"{target} is missing; write it with: fenghuo openapi --out {target.parent}") from None
    if committed == made:
        return
    lines = list(
        difflib.unified_diff(
            committed.splitlines(), made.splitlines(), "committed", "from the routes", n=1, lineterm=""
        )
    )
    more = f"\n… and {len(lines) - SHOWN_LINES} lines more" if len(lines) > SHOWN_LINES else ""
    raise Trouble(
        f"{target} is not what the routes say; write it anew with: fenghuo openapi --out {target.parent}\n"
        + "\n".join(lines[:SHOWN_LINES]) + more
    )  # fmt: skip
