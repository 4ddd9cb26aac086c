"""Nobody gives what they lack, neither to a person, nor to a key, nor to a role: else they would hold it all."""

from collections.abc import Collection

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.grants import scopes_of_roles


class NotYoursToGive(Forbidden):
    """Who could give scopes they lack would hold them all."""

    code, title = "scopes_not_yours", ("You can't give what you lack", "不能授予自己没有的权限")


def must_hold(scopes: Collection[str], caller: Caller, at: str = "/scopes") -> None:
    """NotYoursToGive, naming the field ``at``, unless the caller holds all of ``scopes``."""
    lacking = sorted(set(scopes) - caller.scopes)
    if lacking:
        raise NotYoursToGive.at(
            at, f"you don't hold {', '.join(lacking)} yourself; ask somebody who does", "not_yours_to_give"
        )


async def may_give(tx: Tx, scopes: Collection[str], roles: Collection[str], *, caller: Caller) -> None:
    """NotYoursToGive unless the caller holds the scopes and all that the roles may do now."""
    must_hold(scopes, caller)
    if roles:
        must_hold(await scopes_of_roles(tx, roles), caller, "/roles")


def must_outlive(caller: Caller) -> None:
    """A sign-in outlives a token of 15 minutes, so such a token gives none: a backend's stolen key could."""
    if caller.kind == "token":
        raise NotYoursToGive.at(
            "/oidc_subject", "a minted token can't give a sign-in; use a key, or sign in yourself", "not_yours_to_give"
        )
