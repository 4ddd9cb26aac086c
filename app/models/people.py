"""Tables of the people room 人员部门."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.evidence import LARGEST
from app.models.base import Base, CreatedAt, Id, Words, one_of

ROLES = ("reader", "responder", "lead", "legal", "admin", "integration")
# With those to come: a word more is no migration.
EVIDENCE_SUBJECTS = (
    "incident", "mention", "meeting", "fact_check", "publication", "decision", "task", "note", "statement", "review",
)  # fmt: skip
DEPARTMENT_KINDS = ("public_relations", "operations", "legal", "business", "other")


class RolePermission(Base):
    """What a role may do, as data: born with the shipped table, changed by administrators."""

    __tablename__ = "role_permissions"
    __table_args__ = (one_of("role", ROLES),)

    role: Mapped[str] = mapped_column(primary_key=True)
    scopes: Mapped[Words]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    updated_at: Mapped[CreatedAt]


class Department(Base):
    """A department 部门, and what it is to a crisis (方案 一). One that is no more is inactive."""

    __tablename__ = "departments"
    __table_args__ = (one_of("kind", DEPARTMENT_KINDS),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    # What watch rules and incidents call the business units it answers for, beside its own name.
    business_units: Mapped[Words]
    head_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", use_alter=True))
    active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class Person(Base):
    """Somebody who works with the service. Never deleted, because events name them by id: ``active`` ends it."""

    __tablename__ = "people"
    __table_args__ = (Index("ix_people_department", "department_id", postgresql_where=text("active")),)

    id: Mapped[Id]
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"))
    # Who steps in for them B角.
    deputy_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    # Whether they can be called now 在岗.
    on_duty: Mapped[bool] = mapped_column(server_default="true")
    # The issuer's name for them (sub), by which their own sign-in is known.
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    roles: Mapped[Words]
    # What they may do beside their roles.
    scopes: Mapped[Words]
    active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class ApiKey(Base):
    """A machine's or a person's key. The secret is never stored: an HMAC of it is, and its last four characters."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    # Whose it is; null: a machine's. A person's key may never do more than the person.
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    last_four: Mapped[str]
    # While a key is being rotated the secret before it is good until this instant.
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None]
    roles: Mapped[Words]
    scopes: Mapped[Words]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class File(Base):
    """A piece of evidence 证据. What it holds is an object of the storage under the row's id; it never changes."""

    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_sha256", "sha256"),
        CheckConstraint(f"size between 1 and {LARGEST}", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("captured_at <= created_at", name="captured"),
    )

    id: Mapped[Id]
    # As people call it; never where it is kept.
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    captured_at: Mapped[datetime]
    # Where it was captured from.
    source_url: Mapped[str | None]
    actor: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class FileAttachment(Base):
    """What a file is evidence of. The subject's incident is looked up and not kept: mentions move."""

    __tablename__ = "file_attachments"
    __table_args__ = (
        UniqueConstraint("file_id", "subject", "subject_id", name="uq_file_attachments_subject"),
        one_of("subject", EVIDENCE_SUBJECTS),
        Index("ix_file_attachments_subject", "subject", "subject_id"),
    )

    id: Mapped[Id]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    actor: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class StrayObject(Base):
    """An object of the storage that is no file's: not yet, or no more. What nobody takes out of here is removed.

    Written before the object is, and gone with the transaction that makes it a file's: so nothing is left behind by
    whoever is killed in between, and no bucket need be listed.
    """

    __tablename__ = "stray_objects"
    __table_args__ = (Index("ix_stray_objects_due", "remove_after"),)

    id: Mapped[Id]
    remove_after: Mapped[datetime]
    # Somebody is about to remove it: it can become nobody's file.
    doomed: Mapped[bool] = mapped_column(server_default="false")
