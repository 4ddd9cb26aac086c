"""Texts of ours that are checked before they go out, and what becomes of them (R12, R13). The rules are
:mod:`app.domain.checks`; a finding is advice, and the decision is somebody's.
"""

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core import paging
from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, NotFound
from app.core.outbox import record
from app.domain.checks import Finding, Known, KnownRisk, examine
from app.domain.events import Changed
from app.domain.risks import level_of, score
from app.domain.vocabulary.risks import CheckOutcome, CheckSource, RiskStatus
from app.domain.wording import mask_text
from app.mentions.rulebook import Rules
from app.models import Risk, TextCheck
from app.models.base import columns_of, new_id
from app.people.masks import UNMASK, people_of, words_of
from app.reviews.checks_schemas import TextCheckQuery
from app.reviews.risks_queries import unmasked
from app.statements.lint_lists import word_lists

_OPENING = 100
# Masked before it is cut: half a phone number would not be known for one.
_READ = 400
_WRITTEN = ("title", "text", "reason")
_SAID = ("name", "words", "zh", "en")
_HIDDEN = ("checker_id", "decider_id", "updated_at")


class TextCheckDecided(Conflict):
    """A decision stands; a text that is to be decided anew is checked anew."""

    code, title = "text_check_decided", ("This text is decided already", "该文本已作出决定")


async def check_text(
    tx: Tx, rules: Rules, title: str | None, text: str, *, caller: Caller, now: datetime
) -> TextCheck:  # fmt: skip
    """Looks a text over and keeps what was found: by the watch rules and lists in force, and the risks that are open."""
    book = await rules.current(tx)
    names = {str(rule.id): rule.name for rule in book.rules.values()}
    known = Known(book.matcher, names, await _risks(tx), await word_lists(tx))
    # In a thread: a long text full of words takes half a second.
    findings, suggested = await asyncio.to_thread(examine, title, text, known)
    check = TextCheck(
        id=new_id(), title=title, text=text, findings=list(map(_stored, findings)),
        suggested=suggested, checked_at=now, checked_by=caller.actor, checker_id=caller.person_id, updated_at=now,
        version=1,
    )  # fmt: skip
    tx.add(check)
    event = Changed(subject="text_check", subject_id=str(check.id), action="created", fields=[suggested])
    await record(tx, event, caller=caller)
    return check


def _stored(finding: Finding) -> dict[str, Any]:
    said = {"reason": finding.reason._asdict(), "advice": finding.advice._asdict()}
    return asdict(finding) | said | {"source": finding.source.value, "severity": finding.severity.value}


async def _risks(tx: Tx) -> list[KnownRisk]:
    query = select(Risk.id, Risk.number, Risk.likelihood, Risk.impact, Risk.words)
    rows = await tx.execute(query.where(Risk.status == RiskStatus.OPEN, Risk.words != []).order_by(Risk.id))
    return [
        KnownRisk(str(row.id), row.number, level_of(score(row.likelihood, row.impact)), tuple(row.words))
        for row in rows
    ]


async def decide_text(
    tx: Tx,
    check_id: UUID,
    outcome: CheckOutcome,
    reason: str,
    *,
    expected: Expected = ANY,
    caller: Caller,
    now: datetime,
) -> TextCheck:
    """Says what becomes of a text, once."""
    check = await get_check(tx, check_id, lock=True)
    expected.meet(check.version)
    if check.outcome is not None:
        raise TextCheckDecided(f"It was decided: {check.outcome}. Check the text again to decide about it anew.")
    check.outcome, check.reason, check.decided_at = outcome, reason, now
    check.decided_by, check.decider_id = caller.actor, caller.person_id
    touch(check, now)
    event = Changed(subject="text_check", subject_id=str(check_id), action="decided", fields=[outcome])
    await record(tx, event, caller=caller)
    return check


async def get_check(tx: Tx, check_id: UUID, *, lock: bool = False) -> TextCheck:
    """The checked text; NotFound otherwise."""
    check = await tx.get(TextCheck, check_id, with_for_update=lock)
    if check is None:
        raise NotFound(f"There is no checked text {check_id}.")
    return check


async def list_checks(tx: Tx, query: TextCheckQuery, *, caller: Caller) -> dict[str, Any]:
    """Checked texts, the newest first, each with how it begins."""
    columns = [column for column in TextCheck.__table__.columns if column.key not in ("text", "findings")]
    opening = func.left(TextCheck.text, _READ).label("text")
    rows = select(*columns, opening, func.jsonb_array_length(TextCheck.findings).label("finding_count"))
    for column, values in (
        (TextCheck.outcome, query.outcome), (TextCheck.suggested, query.suggested), (TextCheck.checker_id, query.checker_id),
    ):  # fmt: skip
        if values:
            rows = rows.where(column.in_(values))
    if query.decided is not None:
        rows = rows.where(TextCheck.outcome.is_not(None) if query.decided else TextCheck.outcome.is_(None))
    bound = ["text-checks", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(TextCheck.id < UUID(after[0]))
    found = (await tx.execute(rows.order_by(TextCheck.id.desc()).limit(query.limit + 1))).mappings().all()
    page = paging.page(found, query.limit, bound, lambda row: [row["id"]])
    shown = await _shown(tx, [dict(row) for row in page["data"]], caller=caller)
    return page | {"data": [{**row, "opening": row.pop("text")[:_OPENING]} for row in shown]}


async def show(tx: Tx, check: TextCheck, *, caller: Caller) -> dict[str, Any]:
    """One of them as the API shows it to the caller."""
    [answer] = await _shown(tx, [columns_of(check)], caller=caller)
    return answer


async def _shown(tx: Tx, rows: list[dict[str, Any]], *, caller: Caller) -> list[dict[str, Any]]:
    people = await people_of(tx, [row[name] for row in rows for name in ("checker_id", "decider_id")], caller=caller)
    written = [(row["id"], {name: row[name] for name in _WRITTEN}) for row in rows]
    return [
        {name: _quoted(name, value, caller) for name, value in row.items() if name not in _HIDDEN} | words
        | {"checker": people.get(row["checker_id"]), "decider": people.get(row["decider_id"])}
        for row, words in zip(rows, await words_of(tx, written, caller=caller, told=unmasked), strict=True)
    ]  # fmt: skip


def _quoted(name: str, value: Any, caller: Caller) -> Any:
    """Findings say again what the text says, and what risks and rules are known by; all else as it is. That people's data
    stands somewhere is said without it."""
    if name != "findings" or UNMASK in caller.scopes:
        return value
    return [finding if finding["source"] == CheckSource.PERSONAL_DATA else _masked(finding) for finding in value]


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: mask_text(inner) if name in _SAID and isinstance(inner, str) else _masked(inner)
            for name, inner in value.items()
        }
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
