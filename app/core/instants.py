"""Instants that clients state: their clocks may be a little ahead of ours, and not more."""

from datetime import datetime, timedelta
from typing import Final

from app.core.errors import Invalid

AHEAD: Final = timedelta(minutes=5)


def not_ahead(instant: datetime | None, now: datetime, pointer: str) -> datetime | None:
    """A clock a little ahead is taken for now; Invalid beyond that, naming the field."""
    if instant is None or instant <= now:
        return instant
    if instant - now > AHEAD:
        raise Invalid.at(
            pointer, "lies more than 5 minutes in the future; check the sender's clock and time zone", "in_the_future"
        )
    return now
