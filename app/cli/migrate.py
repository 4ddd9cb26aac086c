"""``fenghuo migrate``: the tables, and the first key where one is given."""

from app.cli.console import configured
from app.cli.serve import need
from app.cli.stack import completed, make_first_key, migrated
from app.core.migrations import newest_migration


def migrate() -> None:
    """Brings the tables up to date; safe while the service runs and from several machines at once.

    FENGHUO_BOOTSTRAP_KEY becomes the first admin key where it is set.
    """
    settings = completed(configured())
    migrated(settings)
    print(f"The tables are at {newest_migration()}.")
    if settings.bootstrap_key:
        need(settings, "secret_key")
        make_first_key(settings)
        print("The key of FENGHUO_BOOTSTRAP_KEY is an admin key.")
