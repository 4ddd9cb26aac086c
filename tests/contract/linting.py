"""Spectral, the OWASP ruleset and Redocly over the whole contract, webhooks included."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.contract.tools import HERE, WHOLE, Failed, node, node_modules

RULES = HERE / "rules"
MOST_OVERRIDES = 3
SHOWN = 40
ERROR = 0


def spectral() -> str:
    """spectral:oas: neither an error nor a warning."""
    _none(_linted("spectral.yaml"))
    return "no finding"


def owasp() -> str:
    """The OWASP API security ruleset: no error beyond the overrides that its file writes down, each with its reason."""
    overrides = re.findall(r"^  owasp:\S+: off$", (RULES / "owasp.yaml").read_text("utf-8"), re.MULTILINE)
    if len(overrides) > MOST_OVERRIDES:
        raise Failed(f"{len(overrides)} overrides of {MOST_OVERRIDES}: mend the contract instead")
    found = _linted("owasp.yaml")
    _none([finding for finding in found if finding["severity"] == ERROR])
    return f"no error, {len(overrides)} overrides, {len(found)} warnings"


def redocly() -> str:
    """Redocly's recommended-strict: valid, without a warning."""
    cli = node_modules() / "@redocly/cli/bin/cli.js"
    said = node(cli, "lint", str(WHOLE), "--config", str(RULES / "redocly.yaml"), "--max-problems", str(SHOWN))
    if "warning" in said:
        raise Failed(said)
    return "valid"


def _linted(ruleset: str) -> list[dict[str, Any]]:
    """What Spectral finds. Rulesets are looked for beside the file, so it is put beside the packages."""
    home = node_modules().parent
    placed = home / ruleset
    placed.write_text((RULES / ruleset).read_text("utf-8"), "utf-8")
    cli = node_modules() / "@stoplight/spectral-cli/dist/index.js"
    with TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        said = node(cli, "lint", str(WHOLE), "--ruleset", str(placed), "--format", "json", "--output", str(out),
                    cwd=home, good=(0, 1))  # fmt: skip
        if not out.exists():
            raise Failed(said)
        found: list[dict[str, Any]] = json.loads(out.read_text("utf-8"))
    return found


def _none(found: list[dict[str, Any]]) -> None:
    if found:
        lines = [f"{f['code']}: {f['message']} at {'/'.join(map(str, f['path']))}" for f in found]
        raise Failed("\n".join(lines[:SHOWN]) + (f"\n… {len(lines)} in all" if len(lines) > SHOWN else ""))
