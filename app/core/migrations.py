"""Bringing the tables up to date: by the command line, at the start of `fenghuo up`, and before tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]


def configuration(database_url: str, secret_key: str = "") -> Config:
    """Alembic's configuration for one database. ``secret_key``: where it is not in the environment."""
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = database_url
    config.attributes["secret_key"] = secret_key
    return config


def upgrade(database_url: str, secret_key: str = "") -> None:
    """Runs the missing migrations; must not be called within an event loop. Safe from several processes at once."""
    command.upgrade(configuration(database_url, secret_key), "head")
