"""Evidence on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.bodies import WEB, Instant, Str, Wire
from app.core.faults import Like
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.evidence import LARGEST, LONGEST_NAME, refused_name
from app.domain.vocabulary import EvidenceSubject

_SHA256 = r"^[0-9a-f]{64}$"
_ID, _OTHER = "0197a3f0-8000-7aaa-8bbb-0123456789ab", "0197a3f0-7000-7aaa-8bbb-0123456789ab"


def _named(name: str) -> str:
    if (refused := refused_name(name)) is not None:
        raise ValueError(refused)
    return name


class FileUpload(BaseModel):
    """What is said of a file beside its bytes."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        Str, AfterValidator(_named),
        Field(
            min_length=1, max_length=LONGEST_NAME, examples=["门店监控.png"],
            description="What people call it, without a path. It must not end in what its content contradicts.",
        ),
    ]  # fmt: skip
    captured_at: Annotated[
        Instant | None, Field(description="When it was captured, at the latest now; left out: now.")
    ] = None
    source_url: Annotated[
        Annotated[str, Field(max_length=2_000), WEB] | None,
        Field(description="Where it was captured from.", examples=["https://weibo.com/1/a"]),
    ] = None


class FileQuery(PageQuery):
    """Which files, the newest first."""

    incident_id: Annotated[
        UUID | None, Field(description="Evidence of this incident, or of anything about it: its mentions, its acts.")
    ] = None
    subject: Annotated[list[EvidenceSubject], Field(max_length=10, description="Evidence of one of these.")] = []
    subject_id: Annotated[UUID | None, Field(description="Evidence of just this.")] = None
    sha256: Annotated[
        Annotated[str, Like(_SHA256, "must be 64 hexadecimal digits in small letters, as answers give it")] | None,
        Field(description="With just this content."),
    ] = None
    is_drill: Annotated[
        bool,
        Field(
            description="Evidence of exercises 演练 in place of all other; where an incident or one thing is named, it does not "
            "matter."
        ),
    ] = False
    created_after: Annotated[Instant | None, Field(description="Uploaded after this instant.")] = None
    created_before: Annotated[Instant | None, Field(description="Uploaded before this instant.")] = None


class FileAttachmentCreate(Wire):
    """What a file is evidence of."""

    model_config = ConfigDict(json_schema_extra={"example": {"subject": "incident", "subject_id": _OTHER}})

    subject: Annotated[EvidenceSubject, Field(description="What kind of thing.")]
    subject_id: Annotated[UUID, Field(description="Which of them.")]


class FilePerson(BaseModel):
    """The person who uploaded a file, or said what it is evidence of."""

    id: UUID = Field(description="Our id.")
    name: str = Field(description="The name, for example 王**; whole with `people:unmask`.")


class FileAttachment(BaseModel):
    """That a file is evidence of something."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="The attachment's id.")
    file_id: UUID = Field(description="The file.")
    subject: EvidenceSubject = Field(description="What kind of thing it is evidence of.")
    subject_id: UUID = Field(description="Which of them.")
    incident_id: UUID | None = Field(description="The incident that this is about, as things stand; null: none.")
    actor: str = Field(description="Who said so: person:<id>, key:<id>.", examples=["key:7f3a9c"])
    created_at: datetime = Field(description="When.")


class EvidenceFile(BaseModel):
    """A piece of evidence 证据. It never changes; `sha256` says whether a copy is it.

    Phones, mails and @names in `name` and `source_url` are masked without `people:unmask`.
    """

    id: UUID = Field(description="Our id.")
    name: str = Field(description="What people call it.", examples=["门店监控.png"])
    media_type: str = Field(description="What it is by its content.", examples=["image/png"])
    size: int = Field(description="Bytes.", le=LARGEST, examples=[48213])
    sha256: str = Field(
        description="Of its content.", json_schema_extra={"pattern": _SHA256}, examples=["ab" * 32]
    )  # fmt: skip
    captured_at: datetime = Field(description="When it was captured, as whoever uploaded it says.")
    captured_by: str = Field(description="Who uploaded it: person:<id>, key:<id>.", examples=["key:7f3a9c"])
    person: FilePerson | None = Field(description="The person who uploaded it; null: a machine did.")
    source_url: str | None = Field(description="Where it was captured from.", examples=["https://weibo.com/1/a"])
    created_at: datetime = Field(description="When it was uploaded.")
    attachments: list[FileAttachment] = Field(description="What it is evidence of, the first said first.")


class EvidenceFilePage(Page[EvidenceFile]):
    """Some files, the newest first."""
