"""Tables of documents that people have to have read 制度文件 (方案 二(一)1, R14, R65)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.vocabulary.documents import DocumentKind
from app.models.base import Base, CreatedAt, Id, one_of

IN_FORCE_SQL = "published_at is not null and superseded_at is null"
HASH_SQL = "sha256 = encode(sha256(convert_to(coalesce(file_sha256, '') || chr(10) || text, 'UTF8')), 'hex')"


class Document(Base):
    """A document, by whatever version of it is in force. Never deleted: it is withdrawn."""

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_kind", "kind", "id"), one_of("kind", DocumentKind))

    id: Mapped[Id]
    kind: Mapped[str]
    title: Mapped[str]
    # The last of its versions, a draft too.
    latest_number: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class DocumentAudience(Base):
    """Whom a document is for since when: departments by id, or everybody. Never changed; the newest counts, and of a past
    day the newest of then."""

    __tablename__ = "document_audiences"
    __table_args__ = (Index("ix_document_audiences_document", "document_id", "starts_at", "id"),)

    id: Mapped[Id]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    # Null: everybody.
    department_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(PG_UUID(as_uuid=True)))
    starts_at: Mapped[datetime]


class DocumentVersion(Base):
    """What a document says. A draft until it is published; from then on a trigger refuses every change but its end."""

    __tablename__ = "document_versions"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        # At most one in force, and at most one that is being written.
        Index("uq_document_versions_in_force", "document_id", unique=True, postgresql_where=text(IN_FORCE_SQL)),
        Index("uq_document_versions_draft", "document_id", unique=True, postgresql_where=text("published_at is null")),
        Index("ix_document_versions_file", "file_id", postgresql_where=text("file_id is not null")),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("text <> '' or file_id is not null", name="content"),
        CheckConstraint("(file_id is null) = (file_sha256 is null)", name="file"),
        CheckConstraint(HASH_SQL, name="sha256"),
        CheckConstraint("(published_at is null) = (published_by is null)", name="published"),
        CheckConstraint("superseded_at >= published_at", name="superseded"),
        CheckConstraint("superseded_at is null or published_at is not null", name="ended"),
    )

    id: Mapped[Id]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    number: Mapped[int] = mapped_column(Integer)
    # Markdown; empty where the file is all of it.
    text: Mapped[str] = mapped_column(server_default="")
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    file_sha256: Mapped[str | None]
    # What is other than before, for whoever has to read it again.
    note: Mapped[str] = mapped_column(server_default="")
    sha256: Mapped[str]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]
    # When the next one came, or it was withdrawn.
    superseded_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class DocumentAcknowledgement(Base):
    """Somebody said that they read this very version. Once, and never taken back: a trigger refuses."""

    __tablename__ = "document_acknowledgements"
    __table_args__ = (
        UniqueConstraint("version_id", "person_id"),
        Index("ix_document_acknowledgements_person", "person_id", "version_id"),
    )

    id: Mapped[Id]
    version_id: Mapped[UUID] = mapped_column(ForeignKey("document_versions.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    # The key, token or sign-in by which they did.
    via: Mapped[str | None]
    acknowledged_at: Mapped[datetime]
