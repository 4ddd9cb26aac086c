"""The service as people run it, `fenghuo up`, with data of its own on a port of its own, on this machine only."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract.tools import ROOT, Failed

ENVIRONMENT = "gates"
KEY = f"fh_{ENVIRONMENT}_contract1_0123456789abcdefghijklmnop"
READY = re.compile(r"Fenghuo is ready: (http://127\.0\.0\.1:\d+)")
READY_SECONDS = 60
# root's servers run as nobody, whom a TMPDIR of root's may keep out
_TEMPORARY = Path("/tmp") if os.geteuid() == 0 else Path(tempfile.gettempdir())


@dataclass(frozen=True, slots=True)
class Service:
    """Where it answers, the key of an administrator, and the folder of its logs."""

    url: str
    key: str
    logs: Path

    def faults(self) -> list[str]:
        """Lines of the logs that speak of a fault nobody foresaw."""
        lines = (
            line for log in sorted(self.logs.glob("*.log")) for line in log.read_text("utf-8", "replace").split("\n")
        )
        return [line[:2_000] for line in lines if "unforeseen fault" in line or "Traceback" in line]


@contextmanager
def running() -> Iterator[Service]:
    """The service, ready; stopped and removed with all it wrote at the end."""
    folder = Path(tempfile.mkdtemp(prefix="fenghuo-contract-", dir=_TEMPORARY))
    folder.chmod(0o755)
    output = folder / "up.out"
    with output.open("w") as out:
        process = subprocess.Popen([sys.executable, "-m", "app.cli", "up"], env=_environment(folder), cwd=ROOT,
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out)  # fmt: skip
    try:
        yield Service(_address(process, output), KEY, folder / "data/logs")
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the caller's: neither its services nor its settings. Webhooks may go to this machine, and only there
    does anything listen."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FENGHUO_")}
    for name in ("DATABASE_URL", "REDIS_URL"):
        kept.pop(name, None)
    return kept | {
        "FENGHUO_DATA_DIR": str(folder / "data"), "FENGHUO_PORT": "0", "FENGHUO_HOST": "127.0.0.1",
        "FENGHUO_ENVIRONMENT": ENVIRONMENT, "FENGHUO_BOOTSTRAP_KEY": KEY, "FENGHUO_WEBHOOK_ALLOW_LOOPBACK": "true",
    }  # fmt: skip


def _address(process: subprocess.Popen[bytes], output: Path) -> str:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        said = output.read_text("utf-8", "replace")
        found = READY.search(said)
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise Failed(f"the service did not start:\n{output.read_text('utf-8', 'replace')[-3_000:]}")
