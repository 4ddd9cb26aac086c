"""Spectral, the OWASP ruleset and Redocly over the whole contract, webhooks included."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.contract.tools import HERE, WHOLE, Failed, node, node_modules

RULES = HERE / "rules"
MOST_OVERRIDES = 3
SHOWN = 40
ERROR = 0
# tests/architecture/test_contract.py holds it, too.
EXAMPLES = "oas3-valid-schema-example"


def spectral(*, quick: bool) -> str:
    """spectral:oas: neither an error nor a warning. The quick one leaves out the rule that takes nine tenths of its time."""
    _none(_linted("spectral.yaml", off=(EXAMPLES,) if quick else ()))
    return f"no finding, without {EXAMPLES}" if quick else "no finding"


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


def _linted(ruleset: str, *, off: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What Spectral finds, with some rules ``off``. Rulesets are looked for beside the file, so it is put beside the packages."""
    home = node_modules().parent
    placed = home / ruleset
    placed.write_text((RULES / ruleset).read_text("utf-8") + "".join(f"  {rule}: off\n" for rule in off), "utf-8")
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
