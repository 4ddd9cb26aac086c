"""The reports of reviews and the Word templates for them on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Wire
from app.core.paging import Page
from app.domain.vocabulary.reports import ReportFormat, ReportState

_ID = "0190f5a2-7b5e-7c3d-8a1f-0123456789ab"
_FILE: JsonDict = {
    "format": "docx", "incident_id": None, "name": "危机复盘报告-2026-0031-20260305.docx", "size": 96310,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "path": f"/v1/reviews/{_ID}/report/docx",
}  # fmt: skip
_REPORT: JsonDict = {
    "id": _ID, "review_id": _ID, "review_version": 7, "is_current": True, "state": "done", "progress": 100,
    "template_id": None, "asked_by": f"person:{_ID}", "created_at": "2026-03-05T02:00:00Z",
    "finished_at": "2026-03-05T02:00:02Z", "files": [_FILE], "failure": None,
}  # fmt: skip
_TEMPLATE: JsonDict = {
    "id": _ID, "name": "复盘报告模板.docx", "note": "2026 版", "placeholders": ["标题", "编号", "报告正文"], "size": 18240,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "is_used": True,
    "created_at": "2026-03-01T02:00:00Z", "created_by": f"person:{_ID}", "withdrawn_at": None,
}  # fmt: skip


class ReviewReportFile(BaseModel):
    """One form of a report."""

    model_config = ConfigDict(json_schema_extra={"example": _FILE})

    format: ReportFormat = Field(description="What it is rendered as.")
    incident_id: UUID | None = Field(description="Whose curve it is, of a picture.")
    name: str = Field(description="What it is saved as.")
    size: int = Field(description="In bytes.")
    sha256: str = Field(description="Of its bytes, in hexadecimal digits.")
    path: str = Field(description="What to GET.")


class ReportFailure(BaseModel):
    """Why there is no report."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"code": "template_refused", "detail": "The Word template is damaged."}}
    )

    code: str = Field(description="For programs: template_refused, superseded or render_failed.")
    detail: str = Field(description="For people.")


class ReviewReport(BaseModel):
    """A report 《危机复盘报告》 as it was asked for, and what came of it."""

    model_config = ConfigDict(json_schema_extra={"example": _REPORT})

    id: UUID = Field(description="Our id.")
    review_id: UUID = Field(description="The review that it tells of.")
    review_version: int = Field(description="As of which of its versions.")
    is_current: bool = Field(description="Whether that is the review's version still.")
    state: ReportState = Field(description="How it stands.")
    progress: int = Field(description="How far it is, in per cent.")
    template_id: UUID | None = Field(description="The Word template that it is written into; null: our own look.")
    asked_by: str = Field(description="Who asked for it, as events name them.")
    created_at: datetime = Field(description="When it was asked for.")
    finished_at: datetime | None = Field(description="When it was done or failed.")
    files: list[ReviewReportFile] = Field(description="Its forms, once it is done.")
    failure: ReportFailure | None = Field(description="Why there is none, where it failed.")


class ReportQuery(BaseModel):
    """Which report of a review."""

    model_config = ConfigDict(extra="forbid")

    report_id: Annotated[
        UUID | None,
        Field(description="As the review's `report_id` names the one that was issued; the newest otherwise."),
    ] = None


class CurveQuery(ReportQuery):
    """Which curve of a report."""

    incident_id: Annotated[
        UUID | None, Field(description="Whose, of a review that covers several incidents; the first's otherwise.")
    ] = None


class ReportTemplateCreate(Wire):
    """A company's Word template, from a file that was uploaded. Reports are written into it from then on."""

    model_config = ConfigDict(json_schema_extra={"example": {"file_id": _ID, "note": "2026 版"}})

    file_id: Annotated[UUID, Field(description="The file, uploaded by POST /v1/files; it is copied.")]
    note: Annotated[Str, Field(max_length=2_000, description="What is to be remembered of it.")] = ""


class ReportTemplate(BaseModel):
    """A Word template for reports. It is never changed; the newest that was not withdrawn is used."""

    model_config = ConfigDict(json_schema_extra={"example": _TEMPLATE})

    id: UUID = Field(description="Our id.")
    name: str = Field(description="What the file was called.")
    note: str = Field(description="What is to be remembered of it.")
    placeholders: list[str] = Field(description="What is replaced in it, beside {{报告正文}}.")
    size: int = Field(description="In bytes.")
    sha256: str = Field(description="Of its bytes, in hexadecimal digits.")
    is_used: bool = Field(description="Whether reports are written into it now.")
    created_at: datetime = Field(description="When it was taken.")
    created_by: str = Field(description="By whom, as events name them.")
    withdrawn_at: datetime | None = Field(description="Since when it is not used any more.")


class ReportTemplatePage(Page[ReportTemplate]):
    """Some templates, the newest first."""
