"""What integrations published for us and report back (方案 二(二)2): each publication once, however often it is told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid, naming
from app.core.outbox import record
from app.domain.events import Changed
from app.models import Publication, PublicationReport
from app.models.base import columns_of, new_id
from app.people.masks import words_of
from app.statements.publishing import record_publication
from app.statements.queries import held


class Reported(NamedTuple):
    """The report, the publication it became, and whether we hear of it for the first time."""

    report: PublicationReport
    publication: Publication
    is_new: bool


async def report_publication(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Reported:
    """Records what was published; what was told before, by its address or the platform's id, is what it was.

    A person may have recorded it before the integration tells of it: then it is that publication.
    """
    if fields["url"] is None and fields["external_id"] is None:
        raise Invalid.at(
            "/url", "say its url, or its external_id, so that it is known when it is told again", "url_needed"
        )
    with naming("/statement_id"):
        _, statement = await held(tx, fields["statement_id"])
    found = await _alike(tx, fields)
    known = next((row for row in found if row.external_id == fields["external_id"]), next(iter(found), None))
    if known is not None:
        await _learn(tx, known, found, fields, caller=caller)
        return Reported(known, await tx.get_one(Publication, known.publication_id), is_new=False)
    publication = await _recorded(tx, fields)
    is_new = publication is None
    if publication is None:
        said = {name: fields[name] for name in ("platform", "url", "title", "happened_at", "version")}
        publication = await record_publication(tx, statement.id, said, caller=caller, now=now)
    report = PublicationReport(
        id=new_id(), **{name: fields[name] for name in ("statement_id", "platform", "url", "external_id")},
        publication_id=publication.id, reported_by=caller.actor, reported_at=now,
    )  # fmt: skip
    tx.add(report)
    await tx.flush()
    event = Changed(subject="publication_report", subject_id=str(report.id), action="created", fields=[])
    await record(tx, event, caller=caller)
    return Reported(report, publication, is_new)


async def _alike(tx: Tx, fields: Mapping[str, Any]) -> Sequence[PublicationReport]:
    """The reports of the same, by the platform's id or by the address."""
    same = [
        column == fields[name]
        for name, column in (("external_id", PublicationReport.external_id), ("url", PublicationReport.url))
        if fields[name] is not None
    ]
    query = select(PublicationReport).where(
        PublicationReport.statement_id == fields["statement_id"], PublicationReport.platform == fields["platform"],
        or_(*same),
    )  # fmt: skip
    return (await tx.scalars(query.order_by(PublicationReport.id))).all()


async def _learn(
    tx: Tx, known: PublicationReport, found: Sequence[PublicationReport], fields: Mapping[str, Any], *, caller: Caller
) -> None:
    """Keeps by what other name it is told now, unless that is another report's: told by that alone it is the same one still."""
    learned = [
        name
        for name in ("url", "external_id")
        if getattr(known, name) is None and fields[name] not in (None, *(getattr(row, name) for row in found))
    ]
    if learned:
        for name in learned:
            setattr(known, name, fields[name])
        await tx.flush()
        event = Changed(subject="publication_report", subject_id=str(known.id), action="updated", fields=learned)
        await record(tx, event, caller=caller)


async def _recorded(tx: Tx, fields: Mapping[str, Any]) -> Publication | None:
    """The publication that somebody recorded under the same address."""
    if fields["url"] is None:
        return None
    query = select(Publication).where(
        Publication.statement_id == fields["statement_id"], Publication.platform == fields["platform"],
        Publication.url == fields["url"],
    )  # fmt: skip
    return (await tx.scalars(query.order_by(Publication.id).limit(1))).one_or_none()


async def shown(tx: Tx, reported: Reported, *, caller: Caller) -> dict[str, Any]:
    """The report as the caller may see it."""
    report, publication, _ = reported
    [words] = await words_of(tx, [(publication.incident_id, {"url": report.url})], caller=caller)
    told = {
        "incident_id": publication.incident_id,
        "happened_at": publication.happened_at,
        "approved": publication.approved,
    }
    return columns_of(report) | words | told
