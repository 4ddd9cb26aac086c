"""``fenghuo openapi``: the contract, written to files or compared with them."""

import difflib
import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import Trouble, configured
from app.core.openapi import codegen
from app.main import create_app

SHOWN_LINES = 40


def openapi(
    check: Annotated[bool, typer.Option("--check", help="Compare only; fail when a file is not as it should be.")] = (
        False
    ),
    out: Annotated[Path, typer.Option(help="The folder of openapi.json and openapi.codegen.json.")] = Path("openapi"),
) -> None:
    """Writes the contract from the routes, or checks the committed one. Needs no database.

    openapi.codegen.json is the same without the webhooks section, for generators of clients.
    """
    made = documents()
    if not check:
        out.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        target = out / name
        if check:
            _compare(target, text)
            print(f"{target} is up to date.")
        else:
            target.write_text(text, encoding="utf-8")
            print(f"Wrote {target}.")


def documents() -> dict[str, str]:
    """The contract as it is committed: the same text for the same routes, whatever the environment says."""
    app = create_app(configured(database_url="", redis_url="", secret_key="", bootstrap_key=""))
    whole = app.openapi()
    made = {"openapi.json": whole, "openapi.codegen.json": codegen(whole)}
    return {name: json.dumps(each, indent=2, ensure_ascii=False) + "\n" for name, each in made.items()}


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
