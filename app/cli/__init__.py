"""The command line, ``fenghuo``. One file a command; what several share stands in ``console``, ``home``, ``stack``,
``children`` and ``client``."""

import sys
from importlib import import_module

import typer

from app.cli.console import Trouble

# Command -> its file. Only the file of the command that was typed is read: all of them take seconds on a busy machine.
COMMANDS = {
    "up": "up",
    "demo": "demo",
    "replay": "replay",
    "drill": "drill",
    "serve": "serve",
    "worker": "worker",
    "migrate": "migrate",
    "openapi": "openapi",
    "doctor": "doctor",
    "key": "keys",
    "seed": "seed",
}
HELP = "Fenghuo 烽火: mentions become incidents, incidents get grades, grades ring out as signed webhooks."


def application(*names: str) -> typer.Typer:
    """The command line with these commands."""
    cli = typer.Typer(name="fenghuo", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    cli.callback(help=HELP)(lambda: None)
    for name in names:
        command = getattr(import_module(f"app.cli.{COMMANDS[name]}"), COMMANDS[name])
        if isinstance(command, typer.Typer):
            cli.add_typer(command, name=name)
        else:
            cli.command(name)(command)
    return cli


def main() -> None:
    """The entry of ``fenghuo``. A foreseeable fault is one sentence for people and exit code 1, never a traceback."""
    typed = [name for name in sys.argv[1:2] if name in COMMANDS]
    try:
        application(*(typed or COMMANDS))()
    except Trouble as error:
        print(f"fenghuo: {error}", file=sys.stderr)
        raise SystemExit(1) from None
