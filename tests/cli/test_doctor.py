"""`fenghuo doctor`: what is wrong and what to do, line by line."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import Services
from app.settings import Settings
from tests.cli.conftest import Invoke
from tests.conftest import SECRET_KEY
from tests.support.services import create_database, drop_database


@pytest.fixture
def good(settings: Settings, database: object, tmp_path: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "FENGHUO_SECRET_KEY": SECRET_KEY,
        "FENGHUO_DATA_DIR": str(tmp_path), "FENGHUO_PORT": "0",
    }  # fmt: skip


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


async def test_a_good_set_up_passes(invoke: Invoke, good: dict[str, str]) -> None:
    result = await invoke("doctor", env=good)
    assert result.exit_code == 0, result.output
    assert "FAIL" not in result.output
    for line in (r"OK +Python: 3", r"OK +secret key", r"OK +database: PostgreSQL 1[5-9]", r"OK +tables", r"OK +clock",
                 r"OK +Redis: (Valkey|Redis) [7-9]", r"OK +port", r"OK +files: are kept in file:///.*/files", r"(OK|WARN) +disk", r"(OK|WARN) +worker"):  # fmt: skip
        assert re.search(line, result.output), (line, result.output)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"FENGHUO_SECRET_KEY": "short"}, r"FENGHUO_SECRET_KEY: .*at least 32 characters"),
        ({"FENGHUO_SECRET_KEY": ""}, r"FAIL +secret key: .* is not set\n +Set it to the output of: openssl"),
        ({"FENGHUO_PORT": "http"}, r"FENGHUO_PORT: .*integer"),
        (
            {"FENGHUO_FILES_URL": "file:///dev/null/files"},
            r"FAIL +files: can't be kept in file:///dev/null.*\n(.*\n)* +Check FENG",
        ),
        ({"REDIS_URL": ""}, r"FAIL +services: REDIS_URL is not set"),
        ({"REDIS_URL": "127.0.0.1:6379"}, r"REDIS_URL: must begin with redis://"),
        (
            {"DATABASE_URL": "postgresql+asyncpg://x@127.0.0.1:1/x"},
            r"FAIL +database: can't be reached.*\n +Check DATAB",
        ),
    ],
)
async def test_what_is_wrong_is_named_with_what_to_do(
    invoke: Invoke, good: dict[str, str], change: dict[str, str], said: str
) -> None:
    result = await invoke("doctor", env=good | change)
    assert result.exit_code == 1
    assert re.search(said, result.output), result.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"REDIS_URL": "redis://127.0.0.1:1"}, r"WARN +Redis: can't be reached.*\n.*a second later"),
        (
            {"FENGHUO_POTR": "1"},
            r"WARN +settings: FENGHUO_POTR is no variable of Fenghuo\n +Did you mean FENGHUO_PORT\?",
        ),
    ],
)
async def test_what_can_be_lived_with_is_a_warning(
    invoke: Invoke, good: dict[str, str], change: dict[str, str], said: str
) -> None:
    result = await invoke("doctor", env=good | change)
    assert result.exit_code == 0
    assert re.search(said, result.output), result.output


async def test_a_database_that_can_not_hold_every_script_is_named(
    invoke: Invoke, good: dict[str, str], services: Services, worker: str
) -> None:
    url = await create_database(services, f"{worker}_latin", encoding="LATIN1")
    try:
        result = await invoke("doctor", env=good | {"DATABASE_URL": url})
    finally:
        await drop_database(services, url)
    assert re.search(r"FAIL +database: its encoding is LATIN1, not UTF8", result.output), result.output


async def test_a_port_that_somebody_else_has_is_named(invoke: Invoke, good: dict[str, str], taken_port: int) -> None:
    result = await invoke("doctor", env=good | {"FENGHUO_PORT": str(taken_port)})
    assert result.exit_code == 1
    assert re.search(rf"FAIL +port: port {taken_port} of 127\.0\.0\.1 is taken", result.output)


async def test_a_secret_that_others_can_read_is_a_warning(invoke: Invoke, good: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "first_key").write_text("fh_dev_x")
    (tmp_path / "first_key").chmod(0o644)
    result = await invoke("doctor", env=good)
    assert re.search(r"WARN +first_key: .*\n? *Run: chmod 600", result.output)
