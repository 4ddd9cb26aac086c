"""Bringing the tables up to date: by the command line, at the start of `fenghuo up`, and before tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]


def configuration(database_url: str) -> Config:
    """Alembic's configuration for one database."""
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = database_url
    return config


def upgrade(database_url: str) -> None:
    """Runs the missing migrations; must not be called within an event loop. Safe from several processes at once."""
    command.upgrade(configuration(database_url), "head")
