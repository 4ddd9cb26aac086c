"""The two servers as processes: started, adopted, ended; who runs is read from pidfiles and checked."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from .place import START_SECONDS, EmbeddedError, Place

_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# a killed server still loses nothing that it confirmed, only a machine that loses power does
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


def _command_of(pid: int) -> str:
    """The command line of a process; empty where there is none or only its zombie is left."""
    if Path("/proc/self").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")).strip()
        except OSError:
            return ""
    listed = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], check=False, capture_output=True)
    return os.fsdecode(listed.stdout).strip()


def _wait(until: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class _Server:
    """What PostgreSQL and Valkey have in common: a folder, a pidfile, a log and a way to end."""

    name: ClassVar[str]
    _pidfile_name: ClassVar[str]
    _farewells: ClassVar[tuple[tuple[signal.Signals, float], ...]]  # signal, seconds to wait for its effect

    def __init__(self, place: Place, *, durable: bool) -> None:
        self._place = place
        self._durable = durable
        self._child: subprocess.Popen[bytes] | None = None
        self.folder = place.home / self.name
        self.log = place.home / f"{self.name}.log"
        self._pidfile = self.folder / self._pidfile_name

    @property
    def pid(self) -> int | None:
        """The server of this very folder that runs now; a number that another process has is nobody."""
        with suppress(OSError, ValueError, IndexError):
            pid = int(self._pidfile.read_text().split()[0])
            return pid if self._is_ours(pid) else None
        return None

    def start(self) -> None:
        """Adopt what a killed parent left running if it answers with our settings; otherwise start anew."""
        if self.pid is not None and self._answers():
            return
        self.stop()
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.old"))
        self.log.touch(0o600)
        self._place.account.own(self.log)
        self._launch()

    def stop(self) -> None:
        """End in good order; harder where that takes more than half a minute."""
        for farewell, seconds in self._farewells:
            if self._end(farewell, seconds):
                return
        raise EmbeddedError(f"{self.name} (process {self.pid}) does not end")

    def kill(self) -> None:
        """As the kernel or a power cut would, without warning; for tests of what follows."""
        self._end(signal.SIGKILL, 10.0)

    def _end(self, farewell: signal.Signals, seconds: float) -> bool:
        pid = self.pid
        if pid is None:
            return True
        with suppress(ProcessLookupError):
            os.kill(pid, farewell)
        return _wait(lambda: not self._is_ours(pid), seconds)

    def _is_ours(self, pid: int) -> bool:
        if self._child is not None:
            self._child.poll()  # a dead child of our own stays a zombie until asked
        return pid > 0 and self._owns(_command_of(pid))

    def _failed(self, why: str) -> EmbeddedError:
        with suppress(OSError):
            why = "\n".join([why.strip(), *self.log.read_text(errors="replace").splitlines()[-15:]])
        return EmbeddedError(f"{self.name} did not start; {self.log} ends with:\n{why}")

    def _owns(self, command: str) -> bool:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _launch(self) -> None:
        raise NotImplementedError


class Postgres(_Server):
    """PostgreSQL 18 on a socket, superuser `postgres`, database `fenghuo`."""

    name = "postgres"
    _pidfile_name = "postmaster.pid"
    # pg_ctl's modes fast and immediate, then the last resort
    _farewells = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))

    def start(self) -> None:
        super().start()
        if self._ask("SELECT 1 FROM pg_database WHERE datname = 'fenghuo'") != "1":
            self._ask("CREATE DATABASE fenghuo")

    def _owns(self, command: str) -> bool:
        return command.endswith(f"postgres -D {self.folder}")

    def _answers(self) -> bool:
        with suppress(EmbeddedError):
            return self._ask("SHOW fsync") == ("on" if self._durable else "off")
        return False

    def _ask(self, statement: str) -> str:
        return self._tool("psql", "-XAtqw", "-h", str(self._place.sockets), "-U", "postgres", "-c", statement)

    def _tool(self, tool: str, *options: str) -> str:
        done = self._place.account.run(f"{self._place.binaries[0]}/{tool}", *options)
        if done.returncode != 0:
            raise self._failed(done.stderr or done.stdout)
        return done.stdout.strip()

    def _launch(self) -> None:
        if not (self.folder / "PG_VERSION").exists():
            self._initdb()
        settings = _POSTGRES_SETTINGS | {"unix_socket_directories": str(self._place.sockets)}
        settings |= {} if self._durable else _NOT_DURABLE
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        note = "# written by app/embedded.py at every start\n"
        self._place.write(self.folder / "postgresql.conf", note + "".join(lines))
        self._clear_leftovers()
        wait = ("-w", "-t", f"{START_SECONDS:.0f}")
        self._tool("pg_ctl", "-D", str(self.folder), *wait, "-s", "-l", str(self.log), "start")

    def _initdb(self) -> None:
        """In a folder that is renamed once complete: an interrupted initdb leaves nothing half made.

        The builtin C.UTF-8 sorts alike everywhere; under LC_CTYPE C pg_trgm finds nothing in Chinese.
        """
        fresh = self.folder.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        self._place.account.private_folder(fresh)
        locale = "--locale-provider=builtin --builtin-locale=C.UTF-8 --lc-ctype=C.UTF-8 --lc-collate=C"
        options = f"-U postgres -A trust -E UTF8 {locale} --no-instructions".split()
        self._tool("initdb", "-D", str(fresh), *options, *([] if self._durable else ["--no-sync"]))
        fresh.rename(self.folder)

    def _clear_leftovers(self) -> None:
        """After a kill -9: end the children that outlived their server, and disarm its pidfile.

        PostgreSQL refuses to start while *any* process of the same user has the number in postmaster.pid.
        Only that number is replaced, by one that no process can have; by the rest of the file PostgreSQL
        makes sure itself that nobody is still attached to the old shared memory.
        """
        killed = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                pid = int(process.name)
                if Path(os.readlink(process / "cwd")) == self.folder and "postgres" in _command_of(pid):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
        _wait(lambda: not any(map(_command_of, killed)), 10.0)
        with suppress(FileNotFoundError):
            _, _, rest = self._pidfile.read_text().partition("\n")
            self._place.write(self._pidfile, f"{2**31 - 1}\n{rest}")
        (self._place.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


class Valkey(_Server):
    """Valkey 9 on a socket, with an append-only file: what was queued outlives a restart."""

    name = "valkey"
    _pidfile_name = "valkey.pid"
    _farewells = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 10.0))

    @property
    def socket(self) -> Path:
        return self._place.sockets / "valkey.sock"

    def _owns(self, command: str) -> bool:
        return "valkey-server" in command and str(self.socket) in command

    def _answers(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2.0)
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False

    def _launch(self) -> None:
        """The working folder is the data folder, so no odd character of a path enters the options."""
        self._pidfile.unlink(missing_ok=True)
        fsync = "everysec" if self._durable else "no"
        options = f"--port 0 --unixsocket {self.socket} --unixsocketperm 700 --pidfile {self._pidfile_name}"
        options += f" --appendonly yes --appendfsync {fsync} --databases 64"
        argv = [str(self._place.binaries[1]), *options.split(), "--save", ""]
        with self.log.open("ab") as log:
            child = self._child = subprocess.Popen(
                argv, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **self._place.account.identity(),
            )  # fmt: skip
        if not _wait(lambda: child.poll() is not None or self._answers(), START_SECONDS):
            raise self._failed(f"no answer on {self.socket} for {START_SECONDS:.0f} s")
        if child.returncode is not None:
            raise self._failed(f"it ended with code {child.returncode}")
