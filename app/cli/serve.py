"""``fenghuo serve``: one API process on services that run already."""

from typing import Annotated

import typer
import uvicorn

from app.cli.console import Trouble, configured
from app.cli.stack import free_port
from app.core.logging import configure
from app.settings import Settings

# Requests under way when the process is asked to end get so long.
DRAIN_SECONDS = 3


def serve(
    host: Annotated[str | None, typer.Option(help="Instead of FENGHUO_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Instead of FENGHUO_PORT; 0: any.")] = None,
) -> None:
    """Runs the API on DATABASE_URL and REDIS_URL. Needs `fenghuo migrate` before, and `fenghuo worker` beside it."""
    given = {"host": host, "port": port}
    settings = configured().model_copy(update={name: value for name, value in given.items() if value is not None})
    need(settings, "database_url", "redis_url", "secret_key")
    configure(settings)
    uvicorn.run(
        "app.main:create_app", factory=True, host=settings.host, port=free_port(settings, "serve"),
        loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None, server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )  # fmt: skip


def need(settings: Settings, *names: str) -> None:
    """Trouble that names what a process can't do without."""
    missing = [
        name.upper() if name.endswith("_url") else f"FENGHUO_{name.upper()}"
        for name in names
        if not getattr(settings, name)
    ]
    if missing:
        raise Trouble(
            f"{' and '.join(missing)} must be set. `fenghuo up` needs none of them: it brings its own services and secret."
        )
