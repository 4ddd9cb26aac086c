"""The table of what can be searched: the words of incidents and of what belongs to them, one row a thing."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Words, one_of

SEARCHED = ("incident", "task", "note", "statement")


class SearchEntry(Base):
    """What of one thing is searched, beside its row: an incident's is rewritten with each batch and must stay narrow.

    ``plain`` has people's data masked, as everybody may see it.
    """

    __tablename__ = "search_entries"
    __table_args__ = (
        # Its list of what is new would be looked through by each search; what people write comes slowly.
        Index("ix_search_entries_grams", "grams", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index("ix_search_entries_incident", "incident_id"),
        one_of("kind", SEARCHED),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    plain: Mapped[str]
    # Every character and every pair of neighbours: see app.domain.bigrams.
    grams: Mapped[Words]
