"""Which incidents a statement has belonged to: merges take it along, and what it needed then is judged by where it was."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.domain.events import StatementChanged
from app.domain.vocabulary.statements import StatementChange
from app.models import Event, Incident, Statement


class Home(NamedTuple):
    """An incident that a statement belongs to, or did. ``since``: when a merge took it there; None: it began there."""

    incident: Incident
    since: datetime | None


async def homes_of(tx: Tx, incident: Incident, statement: Statement) -> list[Home]:
    """Every incident that the statement has belonged to, as the timelines tell it: the one it is in first."""
    homes: list[Home] = []
    here: Incident | None = incident
    while here is not None:
        came = select(Event.at, Event.data["other_incident_id"].astext).where(
            Event.incident_id == here.id, Event.type == StatementChanged.type,
            Event.data["statement_id"].astext == str(statement.id),
            Event.data["action"].astext == StatementChange.MOVED_IN,
        )  # fmt: skip
        row = (await tx.execute(came.order_by(Event.seq.desc()).limit(1))).one_or_none()
        homes.append(Home(here, row[0] if row else None))
        here = await tx.get_one(Incident, UUID(row[1])) if row else None
    return homes


def home_at(homes: Sequence[Home], at: datetime) -> Incident:
    """The one that it belonged to at an instant."""
    return next(home.incident for home in homes if home.since is None or home.since <= at)
