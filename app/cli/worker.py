"""``fenghuo worker``: one worker process. The same as ``python -m workers``, which the app never imports."""

import os
import sys

from app.cli.console import configured
from app.cli.serve import need


def worker() -> None:
    """Runs one worker on DATABASE_URL and REDIS_URL; several share the work, and any may be killed at any time."""
    need(configured(), "database_url", "redis_url", "secret_key")
    os.execv(sys.executable, [sys.executable, "-m", "workers"])
