"""Tables of notes 备注, and of how far people have read what calls them. Notes are only added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UuidType
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, one_of

NOTE_SUBJECTS = ("incident", "task", "statement_version", "review")


class Note(Base):
    """What somebody wrote on an incident or on what belongs to it. A correction is another one: a note is corrected once,
    then its correction."""

    __tablename__ = "notes"
    __table_args__ = (
        Index("ix_notes_incident", "incident_id", "id"),
        Index("ix_notes_subject", "subject_id", "id"),
        Index("uq_notes_corrects", "corrects", unique=True),
        one_of("subject", NOTE_SUBJECTS),
        CheckConstraint("subject <> 'incident' or subject_id = incident_id", name="incident"),
        CheckConstraint("char_length(body) between 1 and 20000", name="body"),
        CheckConstraint(
            "(span_start is null and span_end is null) "
            "or (subject = 'statement_version' and span_start >= 0 and span_end > span_start)",
            name="span",
        ),
        CheckConstraint("(span_start is null) = (quote is null)", name="quote"),
    )

    id: Mapped[Id]
    # Always: the incident whose timeline it stands on.
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    body: Mapped[str]
    # Which characters of a statement's version it is about.
    span_start: Mapped[int | None] = mapped_column(Integer)
    span_end: Mapped[int | None] = mapped_column(Integer)
    # The words that stood there when it was written, masked: a draft goes on changing.
    quote: Mapped[str | None]
    # The people it calls, in the order they are named.
    mentions: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType), server_default="{}")
    corrects: Mapped[UUID | None] = mapped_column(ForeignKey("notes.id"))
    # As events name who did it; the person where there is one.
    actor: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[CreatedAt]


class NoteMention(Base):
    """From a person to the notes that call them: what their inbox is read from, the newest first."""

    __tablename__ = "note_mentions"
    __table_args__ = (Index("ix_note_mentions_person", "person_id", "at", "note_id"),)

    note_id: Mapped[UUID] = mapped_column(ForeignKey("notes.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime]


class InboxRead(Base):
    """Up to when a person has read what calls them."""

    __tablename__ = "inbox_reads"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    read_up_to: Mapped[datetime]
