"""The base of every table, and the column types they share."""

import os
from contextvars import ContextVar
from datetime import datetime
from itertools import count
from typing import Annotated, Any
from uuid import UUID

import uuid_utils
from sqlalchemy import BigInteger, CheckConstraint, DateTime, MetaData, Text, func, inspect
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


# The instant that ids are of, where a past is made up: see `app.core.db.Database.moment`.
made_up_at: ContextVar[datetime | None] = ContextVar("made_up_at", default=None)
_made_up = count()


def new_id() -> UUID:
    """A time-ordered id (UUID 7), made here so that no round trip is needed to know it."""
    moment = made_up_at.get()
    return UUID(bytes=uuid_utils.uuid7().bytes) if moment is None else _id_of(moment)


def _id_of(moment: datetime) -> UUID:
    """An id of a made-up past: of one instant they come in the order in which they are made."""
    place, rest = next(_made_up) % 2**40, int.from_bytes(os.urandom(5), "big") >> 6
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | place >> 28 << 64 | 2 << 62 | (place & 0xFFF_FFFF) << 34 | rest)


Id = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Count = Annotated[int, mapped_column(BigInteger, server_default="0")]
Words = Annotated[list[str], mapped_column(ARRAY(Text), server_default="{}")]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
JsonList = Annotated[list[dict[str, Any]], mapped_column(JSONB)]


class Base(DeclarativeBase):
    """Tables are plural; instants end in ``_at``; text is ``text``, bounded by checks where it must be."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}


def columns_of(row: object) -> dict[str, Any]:
    """A table's row, column by column, by the names of its attributes."""
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}


def one_of(column: str, values: type[Any] | tuple[str, ...], name: str | None = None) -> CheckConstraint:
    """A check that keeps a word within its vocabulary, in the database and not only in the code."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({words})", name=name or column)
