"""The handbook's facts that are texts of ours: templates, scenarios, watch rules, risks, documents and courses in use."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select

from app.core.db import Tx
from app.domain.grades import HarmClass
from app.domain.vocabulary import StatementKind
from app.domain.vocabulary.documents import DocumentKind
from app.domain.vocabulary.risks import RiskStatus
from app.domain.wording import mask_text
from app.domain.worktime import day_of
from app.models import (
    Risk,
    RiskMeasure,
    Scenario,
    ScenarioVersion,
    StatementTemplate,
    StatementTemplateVersion,
    Training,
    WatchRule,
)
from app.reviews.risks_queries import graded
from app.trainings import documents_queries

People = Mapping[UUID, dict[str, Any]]
_CHOSEN: Final = ("name", "kind", "harm_class", "strategy", "platform", "topics")
_SAID: Final = ("number", "title", "attitude", "facts", "solution", "commitments", "next_update")
_KINDS: Final = list(StatementKind)
_HARMS: Final = list(HarmClass)


async def text_facts(tx: Tx, people: People, departments: Mapping[UUID, str]) -> dict[str, Any]:
    """All of them. What people wrote is without phones, mails and @names, whoever asks."""
    return {
        "templates": await _templates(tx), "scenarios": await _scenarios(tx), "rules": await _rules(tx),
        "risks": await _risks(tx, people), "documents": await _documents(tx), "courses": await _courses(tx, departments),
    }  # fmt: skip


async def _templates(tx: Tx) -> list[dict[str, Any]]:
    template, version = StatementTemplate, StatementTemplateVersion
    newest = and_(version.template_id == template.id, version.number == template.latest_number)
    query = select(template, version).join(version, newest).where(template.archived_at.is_(None))
    rows = [
        {name: getattr(row[0], name) for name in _CHOSEN} | {name: getattr(row[1], name) for name in _SAID}
        for row in await tx.execute(query)
    ]
    return sorted(rows, key=lambda row: (_KINDS.index(row["kind"]), row["name"]))


async def _scenarios(tx: Tx) -> list[dict[str, Any]]:
    """The newest version of each that is in use. Which posts it plays is not told: it is to be played still."""
    newest = and_(ScenarioVersion.scenario_id == Scenario.id, ScenarioVersion.number == Scenario.latest_number)
    query = select(Scenario, ScenarioVersion).join(ScenarioVersion, newest).where(Scenario.retired_at.is_(None))
    found = []
    for row in await tx.execute(query.order_by(Scenario.key)):
        scenario, content = row[0], row[1].content
        found.append({
            "key": scenario.key, "name": mask_text(scenario.name), "number": row[1].number,
            "description": mask_text(content["description"]), "duration_seconds": content["duration_seconds"],
            "harm_class": content["harm_class"],
            "reactions": [
                {"kind": one["kind"], "task_kind": one.get("task_kind"), "by_seconds": one["by_seconds"],
                 "text": mask_text(one.get("text") or "")}
                for one in content["reactions"]
            ],
        })  # fmt: skip
    return found


async def _rules(tx: Tx) -> list[dict[str, Any]]:
    rows = (await tx.scalars(select(WatchRule).where(WatchRule.enabled, WatchRule.deleted_at.is_(None)))).all()
    found = [
        {
            "name": mask_text(rule.name), "brand_words": rule.brand_words, "negative_words": rule.negative_words,
            "exclusions": rule.exclusions, "harm_class": rule.harm_class, "business_unit": rule.business_unit,
        }
        for rule in sorted(rows, key=lambda rule: (_HARMS.index(HarmClass[rule.harm_class.upper()]), rule.name, rule.id))
    ]  # fmt: skip
    return found


async def _risks(tx: Tx, people: People) -> list[dict[str, Any]]:
    query = select(Risk).where(Risk.status == RiskStatus.OPEN)
    risks = (await tx.scalars(query.order_by((Risk.likelihood * Risk.impact).desc(), Risk.number))).all()
    rows = await tx.scalars(
        select(RiskMeasure)
        .where(RiskMeasure.done_at.is_(None), RiskMeasure.risk_id.in_([risk.id for risk in risks]))
        .order_by(RiskMeasure.due_on, RiskMeasure.id)
    )
    measures: dict[UUID, list[dict[str, Any]]] = {risk.id: [] for risk in risks}
    for row in rows:
        owner = people.get(row.owner_id) if row.owner_id else None
        measures[row.risk_id].append({"title": mask_text(row.title), "due_on": row.due_on.isoformat(), "owner": owner})
    return [
        {
            "number": risk.number, "title": mask_text(risk.title), "category": risk.category,
            **{name: str(value) if name == "level" else value
               for name, value in graded(risk.likelihood, risk.impact).items()},
            "owner": people.get(risk.owner_id) if risk.owner_id else None,
            "next_review_on": risk.next_review_on.isoformat(), "measures": measures[risk.id],
        }
        for risk in risks
    ]  # fmt: skip


async def _documents(tx: Tx) -> list[dict[str, Any]]:
    """What is in force, but for the handbook itself: to publish it would make another state of it."""
    return [
        {
            "kind": document.kind, "title": mask_text(document.title), "number": version.number,
            "sha256": version.sha256, "published_on": day_of(version.published_at).isoformat(),
        }
        for document, version in await documents_queries.in_force(tx)
        if document.kind != DocumentKind.HANDBOOK and version.published_at is not None
    ]  # fmt: skip


async def _courses(tx: Tx, departments: Mapping[UUID, str]) -> list[dict[str, Any]]:
    query = select(Training).where(Training.mandatory, ~Training.retired).order_by(Training.title, Training.id)
    return [
        {
            "title": mask_text(course.title), "pass_mark": course.pass_mark, "validity": _validity(course),
            "departments": None if course.department_ids is None
            else sorted(departments.get(id_, str(id_)) for id_ in course.department_ids),
        }
        for course in await tx.scalars(query)
    ]  # fmt: skip


def _validity(course: Training) -> str:
    if course.validity_months is not None:
        return f"{course.validity_months} 个月"
    return f"{course.validity_days} 天" if course.validity_days is not None else "长期有效"
