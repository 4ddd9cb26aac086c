"""``fenghuo key``: API keys by whoever has the machine, before there is any key to ask the API with."""

import getpass
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from rich.table import Column, Table

from app.cli.console import Trouble, configured, console
from app.cli.serve import need
from app.cli.stack import completed, in_transaction
from app.core.auth import SCOPES, Caller
from app.core.db import Tx
from app.core.errors import Problem
from app.core.params import PageQuery
from app.domain.vocabulary import Role
from app.models import ApiKey
from app.people import keys as issued
from app.people import queries
from app.settings import Settings

T = TypeVar("T")
keys = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.")


@keys.command("create")
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option(help=f"May be repeated: {', '.join(SCOPES)}.")] = None,
    role: Annotated[list[Role] | None, typer.Option(help="It may do what this role may; may be repeated.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Every scope there is.")] = False,
    person: Annotated[UUID | None, typer.Option(help="Whose key it is, by id; alone: all that they may do.")] = None,
) -> None:
    """Creates a key and prints it, this once."""
    scopes = sorted(SCOPES) if admin else sorted(set(scope or ()))
    unknown = [given for given in scopes if given not in SCOPES]
    if unknown:
        raise Trouble(f"there is no scope {unknown[0]!r}; there are {', '.join(SCOPES)}")
    roles = sorted(set(role or ()))
    if not scopes and not roles and person is None:
        raise Trouble("name at least one --scope or --role, or --admin for all scopes")
    if not name.strip() or len(name) > 100:
        raise Trouble("--name needs 1 to 100 characters that say what the key is for")
    settings = _settings()

    async def make(tx: Tx) -> str:
        given: tuple[Sequence[str], Sequence[str]] = scopes, roles
        if person is not None and not (scopes or roles):
            whose = await queries.get_person(tx, person)
            given = whose.scopes, whose.roles
        _, text = await issued.create_key(
            tx, name, given[0], roles=given[1], caller=_caller(), settings=settings, person_id=person
        )
        return text

    print(_do(settings, make))


@keys.command("list")
def list_() -> None:
    """Lists the keys without their secrets, revoked ones too."""

    async def everything(tx: Tx) -> list[ApiKey]:
        found: list[ApiKey] = []
        page: Any = {"next_cursor": None, "has_more": True}
        while page["has_more"]:
            page = await queries.list_keys(tx, PageQuery(limit=200, cursor=page["next_cursor"]))
            found.extend(page["data"])
        return found

    person = Column("person", no_wrap=True, min_width=36)  # an id that is cut can't be copied
    table = Table("id", "name", person, "ends in", "roles and scopes", "created", "state", box=None)
    for key in _do(_settings(), everything):
        may = "all" if set(key.scopes) >= SCOPES.keys() else ", ".join([*key.roles, *key.scopes])
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}Z" if key.revoked_at else "good"
        table.add_row(
            key.id,
            key.name,
            str(key.person_id or ""),
            key.last_four,
            may,
            f"{key.created_at:%Y-%m-%d %H:%M}Z",
            state,
        )
    console().print(table)


@keys.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="The key's id: fh_<environment>_<id>_….")]) -> None:
    """Ends a key everywhere within a second."""

    async def end(tx: Tx) -> ApiKey:
        return await issued.revoke_key(tx, key_id, caller=_caller(), now=await tx.now())

    print(f"The key {_do(_settings(), end).name!r} ({key_id}) is revoked.")


def _settings() -> Settings:
    settings = completed(configured())
    need(settings, "secret_key")
    return settings


def _do(settings: Settings, work: Callable[[Tx], Awaitable[T]]) -> T:
    try:
        return in_transaction(settings, work)
    except Problem as problem:
        raise Trouble(problem.detail) from None


def _caller() -> Caller:
    """Events name the person at the command line by the account's name."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # an image without /etc/passwd
        account = "unknown"
    return Caller("cli", account, account, frozenset(SCOPES))
