"""Clients that others would generate, made of openapi.codegen.json and compiled under strict settings.

Each is made once for a document, a lock file and a way of making it; a second run finds it in the cache.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.contract.tools import CACHE, CODEGEN, HERE, Failed, Skipped, digest, node, node_modules, tool

RULES = HERE / "rules"
JOURNEYS = HERE / "journeys"
CACHED = "cached"
# Words of generators that left something out, or guessed.
COMPLAINTS = ("WARNING parsing", "ERROR parsing", "Unable to", "Unsupported", "[ERROR]", "[error]")


def home(name: str) -> Path:
    """The folder of one client for this document."""
    made_of = (CODEGEN, HERE / "package-lock.json", HERE / "uv.lock", Path(__file__), *sorted(RULES.iterdir()),
               *sorted(JOURNEYS.iterdir()))  # fmt: skip
    return CACHE / f"clients-{digest(*(file for file in made_of if file.is_file()))}" / name


def hey_api() -> str:
    """@hey-api/openapi-ts, with the journey that uses it."""
    return _once("hey-api", _make_hey_api)


def openapi_typescript() -> str:
    return _once("openapi-typescript", _make_openapi_typescript)


def orval() -> str:
    return _once("orval", _make_orval)


def openapi_python_client() -> str:
    """openapi-python-client under mypy --strict, with the journey that uses it."""
    return _once("openapi-python-client", _make_openapi_python_client)


def generator_python() -> str:
    """openapi-generator's Python client: every module is compiled and imported."""
    return _once("openapi-generator-python", _make_generator_python)


def generator_typescript() -> str:
    return _once("openapi-generator-typescript-fetch", _make_generator_typescript)


def _once(name: str, make: Callable[[Path], None]) -> str:
    folder = home(name)
    if (folder / "ready").exists():
        os.utime(folder.parent)
        return CACHED
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make(folder)
    (folder / "ready").touch()
    return "made and compiled"


def _make_hey_api(folder: Path) -> None:
    cli = node_modules() / "@hey-api/openapi-ts/bin/run.js"
    _quiet(node(cli, "--file", str(RULES / "hey-api.config.mjs"), more=_told(folder / "client"), cwd=folder))
    shutil.copy(JOURNEYS / "journey.ts", folder)
    _typescript(folder)


def _make_openapi_typescript(folder: Path) -> None:
    cli = node_modules() / "openapi-typescript/bin/cli.js"
    _quiet(node(cli, str(CODEGEN), "--output", str(folder / "schema.d.ts"), cwd=folder))
    _typescript(folder)


def _make_orval(folder: Path) -> None:
    cli = node_modules() / "orval/dist/bin/orval.mjs"
    _quiet(node(cli, "--config", str(RULES / "orval.config.mjs"), more=_told(folder), cwd=folder))
    _typescript(folder)


def _make_openapi_python_client(folder: Path) -> None:
    config = str(RULES / "openapi-python-client.yaml")
    _quiet(
        tool("openapi-python-client", "generate", "--path", str(CODEGEN), "--meta", "none", "--config", config,
             "--output-path", str(folder / "fenghuo_client"), "--overwrite", cwd=folder)
    )  # fmt: skip
    shutil.copy(JOURNEYS / "journey.py", folder)
    tool("mypy", "--strict", "--cache-dir", str(folder / ".mypy"), "fenghuo_client", "journey.py", cwd=folder)


def _make_generator_python(folder: Path) -> None:
    _generate(folder, "python", "--additional-properties=packageName=fenghuo_generated")
    tool("python", "-m", "compileall", "-q", "fenghuo_generated", cwd=folder)
    walk = (
        "import fenghuo_generated as made, importlib, pkgutil\n"
        "for module in pkgutil.walk_packages(made.__path__, 'fenghuo_generated.'): importlib.import_module(module.name)"
    )
    tool("python", "-c", walk, cwd=folder)


def _make_generator_typescript(folder: Path) -> None:
    _generate(folder, "typescript-fetch")
    _typescript(folder)


def _generate(folder: Path, generator: str, *options: str) -> None:
    """Java runs it: from PyPI comes the generator only."""
    if shutil.which("java") is None:
        raise Skipped("no Java here: install a runtime (17 or newer) to try openapi-generator")
    _quiet(
        tool("openapi-generator-cli", "generate", "--input-spec", str(CODEGEN), "--generator-name", generator,
             "--output", str(folder), *options, cwd=folder)
    )  # fmt: skip


def _typescript(folder: Path) -> None:
    shutil.copy(RULES / "tsconfig.json", folder)
    packages = folder / "node_modules"
    if not packages.is_symlink():
        packages.symlink_to(node_modules())
    node(node_modules() / "typescript/bin/tsc", "--project", str(folder / "tsconfig.json"), cwd=folder)


def _told(out: Path) -> dict[str, str]:
    return {"CONTRACT": str(CODEGEN), "OUT": str(out)}


def _quiet(said: str) -> None:
    """A generator that complains has left something out."""
    if any(word in said for word in COMPLAINTS):
        raise Failed(said)
