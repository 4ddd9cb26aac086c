"""Looking versions over before they are said 发布前检查 (方案 二(二)2, R43-R45): advice, never a lock.

Nothing is refused by it, and nothing waits for it. At submission what was found is kept beside the version, because lists and
fact checks change and the version does not.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.grades import HarmClass
from app.domain.lint import Background, lint
from app.domain.lint_phrases import Finding, WordList
from app.domain.lint_rules import Draft, Principle
from app.domain.lint_scct import HISTORY_MONTHS, Situation
from app.domain.vocabulary import Platform, Responsibility, StatementKind, Truth
from app.domain.vocabulary.statements import ResponseStrategy, StatementPart
from app.incidents.act_queries import latest_fact_check
from app.incidents.queries import get_incident
from app.models import FactCheck, Incident, Statement, StatementLint, StatementVersion
from app.people.masks import words_of
from app.statements.lint_lists import word_lists
from app.statements.platform_rules import limits_of
from app.statements.texts import parts_of
from app.statements.version_queries import published, shown_there, unsaid_there

MOST_PAST = 20
MOST_WORDS = 100
"""Characters of what a finding means that are shown with it: what is too long for a platform may be the most of a text."""
_MONTH = timedelta(days=365) / 12
_TRUE = (Truth.CONFIRMED, Truth.PARTLY_CONFIRMED)


class Past(NamedTuple):
    """An incident that happened before, and was ours."""

    id: UUID
    number: str


class Case(NamedTuple):
    """Everything a version is looked over by, read in one transaction."""

    draft: Draft
    background: Background
    lists: Sequence[WordList]
    past: Sequence[Past]
    months: int


async def case_of(
    tx: Tx, statement: Statement, version: StatementVersion, *, months: int = HISTORY_MONTHS, now: datetime
) -> Case:
    """Reads what the version is looked over by."""
    incident = await get_incident(tx, statement.incident_id)
    check = await latest_fact_check(tx, incident.id)
    past = await past_incidents(tx, incident, months)
    situation = Situation(
        Truth(check.truth) if check else None,
        Responsibility(check.responsibility) if check else None,
        HarmClass[incident.harm_class.upper()] if incident.harm_class else None,
        len(past),
    )
    draft = Draft(
        StatementKind(statement.kind), parts_of(version),
        ResponseStrategy(statement.strategy) if statement.strategy else None,
        frozenset(map(StatementPart, version.waivers)), bool(version.cites),
        {Platform(name): text for name, text in version.platform_texts.items()},
    )  # fmt: skip
    return Case(
        draft, Background(now, situation, await limits_of(tx, statement.id)), await word_lists(tx), past, months
    )


async def past_incidents(tx: Tx, incident: Incident, months: int) -> list[Past]:
    """Incidents opened before this one, in so many months, of the same watch rule or business unit, whose last fact check found
    them true, at least in part, and ours: the last first. Exercises count for exercises alone, what a drill plays for that run."""
    known = (
        select(FactCheck.truth, FactCheck.responsibility).where(FactCheck.incident_id == Incident.id)
        .order_by(FactCheck.id.desc()).limit(1).lateral()
    )  # fmt: skip
    alike = [Incident.rule_id == incident.rule_id] if incident.rule_id is not None else []
    alike += [Incident.business_unit == incident.business_unit] if incident.business_unit else []
    if not alike or not months:
        return []
    query = select(Incident.id, Incident.number).join(known, known.c.responsibility == Responsibility.COMPANY)
    query = query.where(
        or_(*alike), known.c.truth.in_(_TRUE), Incident.id != incident.id, Incident.is_drill == incident.is_drill,
        Incident.drill_id.is_not_distinct_from(incident.drill_id), Incident.status.not_in(("merged", "dismissed")), Incident.opened_at < incident.opened_at,
        Incident.opened_at >= incident.opened_at - months * _MONTH,
    )  # fmt: skip
    rows = await tx.execute(query.order_by(Incident.opened_at.desc(), Incident.id.desc()).limit(MOST_PAST))
    return [Past(*row) for row in rows]


def report_of(case: Case) -> dict[str, Any]:
    """What is found, as it is kept: spans, and no words. Takes a while on a very long version: see :mod:`app.core.aside`."""
    found = lint(case.draft, case.background, case.lists)
    situation = case.background.situation
    return {
        "at": case.background.now.isoformat(), "truth": situation.truth, "responsibility": situation.responsibility,
        "harm_class": situation.harm, "cluster": found.assessment.cluster,
        "cluster_before_history": found.assessment.before_history, "history_months": case.months,
        "past_incidents": [{"id": str(one.id), "number": one.number} for one in case.past],
        "fitting_strategies": list(found.assessment.fitting), "strategy": found.strategy,
        "strategy_source": found.strategy_source, "principles": [_principle(one) for one in found.principles],
        "findings": [_finding(one) for one in found.findings],
        "lists": [{"key": words.key, "version": words.version} for words in case.lists],
    }  # fmt: skip


def _principle(one: Principle) -> dict[str, Any]:
    places = [{"start": start, "end": end} for start, end in one.places]
    return {"principle": one.principle, "expected": one.expected, "places": places}


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code, "severity": one.severity, "section": one.section, "platform": one.platform,
        "start": one.start, "end": one.end, "list_key": one.list_key, "reason": one.reason._asdict(),
        "advice": one.advice._asdict(), "source": one.source,
    }  # fmt: skip


async def keep_lint(tx: Tx, statement: Statement, version: StatementVersion, *, now: datetime) -> None:
    """Keeps what is found in a version that is being submitted. The caller's verb records the submission."""
    case = await case_of(tx, statement, version, now=now)
    tx.add(StatementLint(version_id=version.id, at=now, report=await asyncio.to_thread(report_of, case)))


async def kept_lint(tx: Tx, version: StatementVersion) -> dict[str, Any]:
    """What was found in a version when it was submitted; NotFound where it was not."""
    row = await tx.get(StatementLint, version.id)
    if row is None:
        raise NotFound(
            f"The version {version.number} was not submitted, and nothing is kept of it: POST .../lint looks it over now."
        )
    return row.report


async def shown_lint(tx: Tx, version: StatementVersion, report: Mapping[str, Any], *, caller: Caller) -> dict[str, Any]:
    """A report with the words that its spans mean, masked until the version was said in public."""
    findings = [dict(one) for one in report["findings"]]
    principles = [one | {"places": [dict(place) for place in one["places"]]} for one in report["principles"]]
    texts = await _texts(tx, version, caller=caller)
    for place in (*findings, *(place for one in principles for place in one["places"])):
        place["words"] = _words(texts, place)
    own = {"statement_id": version.statement_id, "version_number": version.number}
    return {**own, **report, "findings": findings, "principles": principles}


async def _texts(tx: Tx, version: StatementVersion, *, caller: Caller) -> Mapping[str | None, str]:
    """Platform -> its own text, None -> the whole, as the caller may read them. They are masked before words are cut out of them:
    of half a phone number nobody sees that it is one."""
    public = await published(tx, [version])
    hidden = ["" if version.id in public else version.text, *unsaid_there(version, public)]
    [seen] = await words_of(tx, [(version.incident_id, {"texts": hidden})], caller=caller)
    whole, *own = seen["texts"]
    own = shown_there(version, own, public)
    return {None: version.text if version.id in public else whole} | dict(zip(version.platform_texts, own, strict=True))


def _words(texts: Mapping[str | None, str], place: Mapping[str, Any]) -> str:
    if place["start"] is None:
        return ""
    text = texts.get(place.get("platform"), texts[None])
    return text[place["start"] : min(place["end"], place["start"] + MOST_WORDS)]
