"""The data folder of one ``up``: who holds it, the secrets generated once, the logs, the processes it started."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.cli.console import Trouble
from app.core.auth import make_secret, split


class Home:
    """``up.lock``, ``secret_key``, ``first_key``, ``processes`` and ``logs/`` in a data folder.

    The embedded servers keep their own files beside these.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().resolve()
        self.logs = self.folder / "logs"
        self.processes = self.folder / "processes"

    @contextmanager
    def held(self) -> Iterator[None]:
        """For this process alone; Trouble that names the process which has it otherwise."""
        try:
            for folder in reversed((self.folder, *self.folder.parents)):
                if not folder.exists():
                    folder.mkdir(exist_ok=True)
                    folder.chmod(0o755)  # the embedded servers' user has to get through
            self.logs.mkdir(exist_ok=True)
            lock = os.open(self.folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Trouble(f"can't use the data folder {self.folder}: {error}. Set FENGHUO_DATA_DIR.") from None
        try:
            self._take(lock)
            yield
        finally:
            os.close(lock)

    def _take(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode().strip() or "unknown"
            raise Trouble(
                f"already running: process {holder} holds the data folder {self.folder}. "
                "Stop it, or choose another folder with FENGHUO_DATA_DIR."
            ) from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())

    @property
    def secret_key(self) -> str | None:
        """The generated FENGHUO_SECRET_KEY, where there is one."""
        return self._read("secret_key")

    def make_secret_key(self) -> str:
        """The same at every start: with another one every key and cursor would stop working."""
        return self.secret_key or self._keep("secret_key", secrets.token_hex(32))

    def make_first_key(self, environment: str) -> str:
        """The first admin key, the same at every start of one environment."""
        kept = self._read("first_key")
        parts = split(kept) if kept else None
        if kept and parts is not None and parts.environment == environment:
            return kept
        return self._keep("first_key", f"fh_{environment}_{secrets.token_hex(5)}_{make_secret()}")

    def new_log(self, name: str) -> Path:
        """The file for a process's log; that of the run before is kept beside it."""
        log = self.logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.old"))
        log.touch(0o600)
        return log

    def _read(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text().strip() or None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Trouble(f"can't read {self.folder / name}: {error}") from None

    def _keep(self, name: str, text: str) -> str:
        draft = self.folder / f"{name}.new"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text + "\n")
        draft.replace(self.folder / name)
        return text


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, for people who shall not have to look for it."""
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


def shown_address(host: str, port: int) -> str:
    """Where people reach what listens on ``host``; all interfaces are reached on this one."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return f"http://{f'[{host}]' if re.fullmatch(r'[0-9a-f:]*:[0-9a-f:]*', host) else host}:{port}"
