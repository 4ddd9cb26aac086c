"""Bringing the tables up to date: by the command line, at the start of `fenghuo up`, and before tests."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[2]


def configuration(database_url: str, secret_key: str = "") -> Config:
    """Alembic's configuration for one database. ``secret_key``: where it is not in the environment."""
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = database_url
    config.attributes["secret_key"] = secret_key
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(ROOT / "alembic"))


@cache
def newest_migration() -> str | None:
    """The revision a migrated database is at."""
    return _scripts().get_current_head()


def is_behind(version: str | None) -> bool:
    """Whether tables at ``version`` lack what this code needs. One that is unknown here is of newer code: it is not."""
    known = {script.revision for script in _scripts().walk_revisions()}
    return version is None or (version != newest_migration() and version in known)


def upgrade(database_url: str, secret_key: str = "") -> None:
    """Runs the missing migrations; must not be called within an event loop. Safe from several processes at once."""
    command.upgrade(configuration(database_url, secret_key), "head")
