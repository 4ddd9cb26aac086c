"""Tables of statement templates 声明模板 (R43-R45, R65)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.acts import STATEMENT_KINDS
from app.models.base import Base, CreatedAt, Id, JsonList, Words, one_of
from app.models.mentions import HARM_CLASSES, PLATFORMS
from app.models.statements import MOST_COMMITMENTS, STRATEGIES

LANGUAGES = ("zh", "en")
MOST_VARIABLES = 40


class StatementTemplate(Base):
    """What people choose a template by. What it says is in its versions; the newest one is used where none is named."""

    __tablename__ = "statement_templates"
    __table_args__ = (
        Index("ix_statement_templates_kind", "kind", "id"),
        one_of("kind", STATEMENT_KINDS),
        one_of("harm_class", HARM_CLASSES),
        one_of("strategy", STRATEGIES),
        one_of("platform", PLATFORMS),
        one_of("language", LANGUAGES),
        CheckConstraint("latest_number >= 1", name="latest_number"),
    )

    id: Mapped[Id]
    # Of those that the service is born with: their file's name. Null: a company's own.
    key: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    language: Mapped[str]
    # Null: for any.
    harm_class: Mapped[str | None]
    strategy: Mapped[str | None]
    platform: Mapped[str | None]
    # Words that tell when it fits; none: whatever it is about.
    topics: Mapped[Words]
    latest_number: Mapped[int] = mapped_column(Integer, server_default="1")
    # Name, topics and the newest version's words, as they are searched.
    plain: Mapped[str]
    archived_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class StatementTemplateVersion(Base):
    """What a template says. It is never changed nor deleted (a trigger holds that): statements name what they began from."""

    __tablename__ = "statement_template_versions"
    __table_args__ = (
        UniqueConstraint("template_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(f"jsonb_array_length(commitments) <= {MOST_COMMITMENTS}", name="commitments"),
        CheckConstraint(f"jsonb_array_length(variables) <= {MOST_VARIABLES}", name="variables"),
    )

    id: Mapped[Id]
    template_id: Mapped[UUID] = mapped_column(ForeignKey("statement_templates.id"))
    number: Mapped[int] = mapped_column(Integer)
    # The parts, with blanks.
    title: Mapped[str] = mapped_column(server_default="")
    attitude: Mapped[str] = mapped_column(server_default="")
    facts: Mapped[str] = mapped_column(server_default="")
    solution: Mapped[str] = mapped_column(server_default="")
    # Of each a text, and the variable that says by when.
    commitments: Mapped[JsonList] = mapped_column(server_default="[]")
    # The variable that says when we speak again.
    next_update: Mapped[str | None]
    variables: Mapped[JsonList] = mapped_column(server_default="[]")
    note: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
