"""Whether the migrations lead to the models: ``python -m tests.support.migrations``, on a database made for it.

Up to the newest, compared with the models, all the way down and up again.
"""

import tempfile
from pathlib import Path

from alembic import command

from app.core.migrations import configuration
from app.embedded import Embedded


def main() -> None:
    """Ends with a traceback where they don't."""
    # root's servers run as nobody, whom a folder of root's own would keep out
    with tempfile.TemporaryDirectory(prefix="fenghuo-migrations-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with Embedded(Path(folder) / "data", durable=False) as embedded:
            config = configuration(embedded.services.database_url)
            command.upgrade(config, "head")
            command.check(config)
            command.downgrade(config, "base")
            command.upgrade(config, "head")


if __name__ == "__main__":
    main()
