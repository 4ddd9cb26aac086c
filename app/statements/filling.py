"""Templates filled in 套用模板: looked at, and begun as statements; and which of them fit an incident."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import naming
from app.domain.labels import LABELS
from app.domain.statement_text import compose
from app.domain.templates import fitting
from app.domain.templates.content import SAID, TEXTS, Content, Filled, TooLong, Variable, complete, value_faults
from app.domain.vocabulary import StatementKind, Truth
from app.domain.vocabulary.templates import StatementLanguage, TemplateVariableSource
from app.domain.wording import mask_text
from app.incidents.act_queries import latest_fact_check, origin_platform
from app.incidents.queries import get_incident
from app.models import (
    Incident,
    Mention,
    MentionState,
    Publication,
    Statement,
    StatementTemplate,
    StatementTemplateVersion,
)
from app.statements import service, template_queries
from app.statements.filling_schemas import MOST_FITTING
from app.statements.templates import TemplateArchived, invalid

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """A version of a template, what it says, and the values to fill in."""

    template: StatementTemplate
    version: StatementTemplateVersion
    language: StatementLanguage
    content: Content
    values: Mapping[str, str]
    # Those of the values that the incident filled in.
    filled: tuple[tuple[Variable, str], ...]

    async def complete(self, *, whole: bool, now: datetime) -> Filled:
        """Filled in, in a thread: see :func:`app.statements.templates.create_template`. Invalid names each value that is
        wrong, and where it is to be said, each that is missing."""
        return await asyncio.to_thread(self._complete, whole, now)

    def _complete(self, whole: bool, now: datetime) -> Filled:
        found = value_faults(self.content, self.values, now=now, language=self.language, whole=whole)
        if found:
            raise invalid(found)
        try:
            return complete(self.content, self.values, now=now, language=self.language)
        except TooLong as error:
            # Whose values make it so long, only people know.
            part, says = ".".join(map(str, error.fault.at)), error.fault.says
            raise invalid([error.fault._replace(at=("variables",), says=f"with these values {part} {says}")]) from None


async def chosen(
    tx: Tx, template: StatementTemplate, number: int | None, values: Mapping[str, str], incident: Incident | None
) -> Chosen:
    """The template, with what the incident knows filled in where nothing was stated."""
    with naming("/number"):
        version = await template_queries.get_template_version(tx, template, number)
    content = Content.of({name: getattr(version, name) for name in SAID})
    wanted = [one for one in content.variables if one.source is not None and one.name not in values]
    language = StatementLanguage(template.language)
    known = await _known(tx, incident, language) if incident and wanted else {}
    filled = tuple((one, known[one.source]) for one in wanted if one.source in known)
    stated = {**values, **{one.name: value for one, value in filled}}
    return Chosen(template, version, language, content, stated, filled)


async def _known(tx: Tx, incident: Incident, language: StatementLanguage) -> dict[TemplateVariableSource | None, str]:
    """What the incident knows, as values are typed."""
    known: dict[TemplateVariableSource | None, str] = {TemplateVariableSource.OPENED_AT: _typed(incident.opened_at)}
    if incident.business_unit:
        # What is filled in is made to be public, so nobody's data goes with it, whoever asks.
        known[TemplateVariableSource.BUSINESS_UNIT] = mask_text(incident.business_unit)
    platform = await origin_platform(tx, incident.id)
    if platform is not None:
        label = LABELS["platform"][platform][0 if language is StatementLanguage.ZH else 1]
        known[TemplateVariableSource.ORIGIN_PLATFORM] = label
    posted_at = func.coalesce(MentionState.person_published_at, MentionState.published_at)
    first = await tx.scalar(select(func.min(posted_at)).where(MentionState.incident_id == incident.id))
    if first is not None:
        known[TemplateVariableSource.FIRST_POST_AT] = _typed(first)
    return known


def _typed(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(second=0, microsecond=0).isoformat().replace("+00:00", "Z")


async def render(
    tx: Tx, template_id: UUID, body: Mapping[str, Any], *, caller: Caller, now: datetime
) -> dict[str, Any]:
    """The template filled in, to be looked at: what is missing stands in it by name. Nothing is kept."""
    incident = None
    if body["incident_id"] is not None:
        caller.require("incidents:read")
        with naming("/incident_id"):
            incident = await get_incident(tx, body["incident_id"])
    template = await template_queries.get_template(tx, template_id)
    taken = await chosen(tx, template, body["number"], body["variables"], incident)
    filled = await taken.complete(whole=False, now=now)
    parts, text = filled.parts, compose(filled.parts).text
    return {name: getattr(parts, name) for name in TEXTS} | {
        "template_version_id": taken.version.id, "number": taken.version.number,
        "commitments": [promise._asdict() for promise in parts.promises], "next_update_at": parts.next_update_at,
        "text": text, "length": len(text),
        "missing": [one for one in taken.version.variables if one["name"] in filled.missing],
        "filled": [{"name": one.name, "value": value, "source": one.source} for one, value in taken.filled],
    }  # fmt: skip


async def create_from_template(
    tx: Tx, incident_id: UUID, body: Mapping[str, Any], *, caller: Caller, now: datetime
) -> Statement:
    """A draft that says what the template says with these values. TemplateArchived where it is not in use."""
    incident = await get_incident(tx, incident_id)
    with naming("/template_id"):
        template = await template_queries.get_template(tx, body["template_id"])
    taken = await chosen(tx, template, body["number"], body["variables"], incident)
    if template.archived_at is not None:
        raise TemplateArchived(f"The template {template.name!r} was put away: choose another one, or restore it.")
    parts = (await taken.complete(whole=True, now=now)).parts
    fields = {name: getattr(parts, name) for name in TEXTS} | {
        "kind": template.kind, "name": body["name"] or (parts.title or template.name)[:LONGEST_NAME],
        "strategy": body["strategy"] or template.strategy, "template_version_id": taken.version.id,
        "commitments": [promise._asdict() for promise in parts.promises], "next_update_at": parts.next_update_at,
    }  # fmt: skip
    return await service.create_statement(tx, incident_id, fields, caller=caller, now=now)


async def fitting_templates(tx: Tx, incident_id: UUID) -> dict[str, Any]:
    """The templates in use that fit the incident, best first, each with why."""
    incident, table = await get_incident(tx, incident_id), StatementTemplate
    situation = await _situation(tx, incident)
    kinds = list(fitting.kinds_for(situation))
    rows = select(table).where(table.archived_at.is_(None), table.kind.in_(kinds)).order_by(table.name, table.id)
    templates = {one.id: one for one in await tx.scalars(rows)}
    offers = [
        fitting.Offer(
            one.id, StatementKind(one.kind), one.harm_class, one.platform, StatementLanguage(one.language), tuple(one.topics)
        )
        for one in templates.values()
    ]  # fmt: skip
    found = fitting.fitting(situation, offers)[:MOST_FITTING]
    shown = await template_queries.shown(tx, [templates[one.id] for one in found])
    return {
        "data": [
            {"template": template, "why": one.why, "words": one.words}
            for one, template in zip(found, shown, strict=True)
        ]
    }


async def _situation(tx: Tx, incident: Incident) -> fitting.Situation:
    """What decides, with the words of the incident and of its earliest post."""
    check = await latest_fact_check(tx, incident.id)
    spoken = await tx.scalar(select(exists().where(Publication.incident_id == incident.id)))
    posted_at = func.coalesce(MentionState.person_published_at, MentionState.published_at, Mention.first_seen_at)
    posts = select(Mention.title, Mention.text).join(MentionState, MentionState.mention_id == Mention.id)
    posts = posts.where(MentionState.incident_id == incident.id).order_by(posted_at, Mention.id).limit(1)
    words = [incident.title, incident.summary, *(text for row in await tx.execute(posts) for text in row)]
    return fitting.Situation(
        Truth(check.truth) if check else None, bool(spoken), incident.harm_class, await origin_platform(tx, incident.id),
        [text for text in words if text],
    )  # fmt: skip
