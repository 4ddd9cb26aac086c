"""Runs load.c, the generator of load."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.machine import Server

SOURCE = Path(__file__).with_name("load.c")
COUNTER = "#" * 10


def binary() -> Path:
    """The compiled generator, compiled at first use. RuntimeError where there is no C compiler."""
    version = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fenghuo-bench"
    compiled = cache / f"load-{version}"
    if not compiled.exists():
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise RuntimeError("The bench compiles its load generator, and there is no C compiler: apt install gcc.")
        cache.mkdir(parents=True, exist_ok=True)
        draft = compiled.with_suffix(f".{os.getpid()}")
        subprocess.run([compiler, "-O2", "-o", str(draft), str(SOURCE)], check=True)
        draft.replace(compiled)
    return compiled


@dataclass(slots=True)
class Load:
    """One kind of request, sent again and again; ids go on from run to run, so that each is new. Without bodies: GET."""

    folder: Path
    name: str
    path: str
    bodies: Sequence[str] = ()
    key: str = ""
    connections: int = 64
    start: int = 0
    file: Path = field(init=False)

    def __post_init__(self) -> None:
        self.file = self.folder / f"{self.name}.bodies"
        self.file.write_text("".join(f"{body}\n" for body in self.bodies))

    def run(self, port: int, seconds: float) -> dict[str, Any]:
        """What the generator reports. RuntimeError unless every answer was a good one."""
        headers = ["content-type: application/json"] if self.bodies else []
        headers += [f"authorization: Bearer {self.key}"] if self.key else []
        method, bodies = ("POST", self.file) if self.bodies else ("GET", "-")
        arguments = [port, method, self.path, self.connections, seconds, self.start, bodies, *headers]
        done = subprocess.run([binary(), *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
        report: dict[str, Any] = json.loads(done.stdout)
        self.start = report["next"]
        if report["bad"] or not report["good"]:
            raise RuntimeError(f"{self.name}: {report['bad']} bad answers, the first: {report['first_bad']}")
        return report

    def against(self, server: Server, seconds: float) -> Callable[[], float]:
        """Warms the server up; then each call is one measurement of its requests a second."""
        self.run(server.port, seconds)
        return lambda: float(self.run(server.port, seconds)["per_second"])
