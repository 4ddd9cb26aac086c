"""Everything below the processes: the data folder, the services, the tables, the secrets, the first key.

Blocking, and before any event loop: initdb, migrations and servers are started and stopped one after the other.
"""

import asyncio
import errno
import os
import re
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from app import reactions
from app.cli.children import end_leftovers
from app.cli.console import Trouble
from app.cli.home import Home, shown_address
from app.core.auth import SYSTEM, secret_hash, split
from app.core.db import Database, Tx
from app.core.migrations import upgrade
from app.embedded import Embedded, EmbeddedError, Services
from app.models import ApiKey
from app.people.keys import bootstrap_key
from app.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stack:
    """Services that run and a migrated database. ``env`` is what the child processes are started with."""

    home: Home
    settings: Settings
    key: str

    @property
    def address(self) -> str:
        return shown_address(self.settings.host, self.settings.port)

    @property
    def env(self) -> dict[str, str]:
        chosen = self.settings
        return os.environ | {
            "DATABASE_URL": chosen.database_url,
            "REDIS_URL": chosen.redis_url,
            "FENGHUO_SECRET_KEY": chosen.secret_key,
            "FENGHUO_HOST": chosen.host,
            "FENGHUO_PORT": str(chosen.port),
            "FENGHUO_DATA_DIR": str(self.home.folder),
            "FENGHUO_WEBHOOK_ALLOW_LOOPBACK": str(chosen.webhook_allow_loopback).lower(),
        }


@contextmanager
def prepared(settings: Settings, progress: Callable[[str], None]) -> Iterator[Stack]:
    """Starts what is needed, yields it, and stops what was started. Trouble when something stands in the way."""
    home = Home(settings.data_dir)
    with _ended_by_signals(), home.held():
        end_leftovers(home)
        port = free_port(settings)
        with _services(settings, home, progress) as services:
            chosen = settings.model_copy(
                update={
                    "port": port, "database_url": services.database_url, "redis_url": services.redis_url,
                    "secret_key": settings.secret_key or home.make_secret_key(),
                    "bootstrap_key": settings.bootstrap_key or home.make_first_key(settings.environment),
                }
            )  # fmt: skip
            progress("Bringing the tables up to date")
            migrated(chosen)
            yield Stack(home, chosen, make_first_key(chosen))


def migrated(settings: Settings) -> None:
    """Runs the missing migrations; Trouble when the database can't be reached or does not allow it."""
    with explained():
        upgrade(settings.database_url, settings.secret_key)


def make_first_key(settings: Settings) -> str:
    """Puts FENGHUO_BOOTSTRAP_KEY into the database where it is not yet; Trouble when it can't work."""

    async def work(tx: Tx) -> ApiKey | None:
        await bootstrap_key(tx, settings.bootstrap_key, caller=SYSTEM, settings=settings)
        parts = split(settings.bootstrap_key)
        return await tx.get(ApiKey, parts.id) if parts else None

    try:
        row = in_transaction(settings, work)
    except ValueError as error:
        raise Trouble(str(error)) from None
    parts = split(settings.bootstrap_key)
    assert row is not None
    assert parts is not None
    if row.revoked_at is not None:
        return f"{settings.bootstrap_key} (revoked)"
    if row.secret_hash != secret_hash(parts.secret, settings.secret_key):
        raise Trouble(
            f"the key {parts.id!r} is in the database with another secret: FENGHUO_BOOTSTRAP_KEY or FENGHUO_SECRET_KEY "
            "is not what it was when the key was made. Set the old one again, or give the bootstrap key a new id."
        )
    return settings.bootstrap_key


class _Silent:
    """No bell: what the command line changes is found by the sweeps a second later."""

    def ring(self, bell: str) -> None: ...


def in_transaction(settings: Settings, work: Callable[[Tx], Awaitable[T]]) -> T:
    """Runs ``work`` in a transaction of its own, with the reactions in place. Must not be called within a loop."""

    async def run() -> T:
        reactions.install()
        database = Database(settings, doorbell=_Silent())
        try:
            return await database.run(work)
        finally:
            await database.close()

    with explained():
        return asyncio.run(run())


# SQLSTATE (or its class) -> what to do.
_ADVICE = {
    "3D000": "Create it first, for example: createdb --encoding=UTF8 --template=template0 NAME",
    "28": "Check the user and the password in DATABASE_URL.",
    "42501": "Let the user of DATABASE_URL create tables: grant create on schema public to USER",
    "42P01": "Run: fenghuo migrate",
}


@contextmanager
def explained() -> Iterator[None]:
    """Trouble with what to do, for whatever the database has against the way it was set up."""
    try:
        yield
    except OSError as error:
        encode = "Special characters in its password are written as %2F and the like."
        raise Trouble(f"the database can't be reached: {error}. Check DATABASE_URL. {encode}") from None
    except (SQLAlchemyError, asyncpg.PostgresError) as error:
        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None) or ""
        advice = _ADVICE.get(state) or _ADVICE.get(state[:2]) or "Check DATABASE_URL."
        said = re.sub(r"^<class '[^']*'>: ", "", str(cause)).partition("\n")[0]
        raise Trouble(f"the database refuses: {said}. {advice}") from None


def free_port(settings: Settings, command: str = "up") -> int:
    """The port to listen on; 0 asks for any free one. Trouble when it is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Trouble(
                    f"port {settings.port} of {settings.host} is taken by another program. Stop that one, or choose "
                    f"another port: FENGHUO_PORT={settings.port + 1} fenghuo {command}"
                ) from None
            raise Trouble(f"can't listen on {settings.host}:{settings.port}: {error}") from None
        port: int = trial.getsockname()[1]
        return port


@contextmanager
def _services(settings: Settings, home: Home, progress: Callable[[str], None]) -> Iterator[Services]:
    if settings.database_url and settings.redis_url:
        yield Services(settings.database_url, settings.redis_url)
        return
    if settings.database_url or settings.redis_url:
        missing = "REDIS_URL" if settings.database_url else "DATABASE_URL"
        raise Trouble(f"{missing} is not set: set both DATABASE_URL and REDIS_URL, or neither for embedded services.")
    progress("Starting PostgreSQL and Valkey")
    embedded = Embedded(home.folder)
    try:
        services = embedded.start()
    except EmbeddedError as error:
        raise Trouble(str(error)) from None
    try:
        yield services
    finally:
        progress("Stopping PostgreSQL and Valkey")
        embedded.stop()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """While no event loop listens, SIGTERM and SIGHUP unwind like Ctrl-C does, so that what was started is stopped."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before: dict[int, Any] = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def completed(settings: Settings) -> Settings:
    """The settings with what a running ``up`` of the data folder knows: its services and its secret key.

    For commands beside it (``key``, ``migrate``, ``doctor``). Trouble when there is neither a URL nor a running ``up``.
    """
    home = Home(settings.data_dir)
    updates: dict[str, str] = {}
    if not settings.secret_key and home.secret_key:
        updates["secret_key"] = home.secret_key
    if not settings.database_url:
        found = running(home.folder)
        if found is None:
            raise Trouble(
                f"DATABASE_URL is not set and nothing runs in {home.folder}. Start `fenghuo up` first, or set "
                "DATABASE_URL (and REDIS_URL) to services of your own."
            )
        updates |= {"database_url": found.database_url, "redis_url": found.redis_url}
    return settings.model_copy(update=updates)


def running(folder: Path) -> Services | None:
    """The embedded services of a data folder, where they run."""
    if not folder.exists():
        return None
    embedded = Embedded(folder)
    return embedded.services if embedded.postgres.pid and embedded.valkey.pid else None
