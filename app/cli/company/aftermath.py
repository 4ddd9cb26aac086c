"""What is learned of a fire: the review's meeting, its report and its three decisions."""

import asyncio
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select

from app.cli.company.past import Past
from app.cli.company.script import Crisis
from app.cli.company.staff import OWNER, Staff
from app.cli.company.words import BUSINESSES
from app.core.storage import Storage
from app.domain.vocabulary.reports import ReportFormat
from app.domain.vocabulary.reviews import ReviewDecisionKind
from app.models import Review, ReviewIncident, Risk, WatchRule
from app.reviews import decisions, rendering, reports
from app.reviews import service as reviews
from app.reviews.decision_schemas import ReviewChange

ANSWERS: Final = {
    "cause": "供应商更换包装材料未报备，进货检验未覆盖", "timely": "首次响应与核实在时限内，声明准备偏慢",
    "effective": "首发平台先行发布后热度回落", "gaps": "检验清单缺少包装项，夜间值班只有一人",
}  # fmt: skip


class Aftermath:
    """The review of one crisis."""

    def __init__(self, past: Past, staff: Staff, crisis: Crisis) -> None:
        self._past, self._staff, self._crisis, self._answer = past, staff, crisis, crisis.response
        self._review_id = UUID(int=0)

    def plan(self, incident_id: UUID) -> None:
        """From the calm on."""
        if self._answer.meets is not None and self._answer.reports is not None:
            self._past.after(self._answer.meets, partial(self._meet, incident_id))
            self._past.after(self._answer.reports, self._report)
            self._past.after(self._answer.reports + 300, self._decide)

    async def _meet(self, incident_id: UUID) -> None:
        self._review_id = await self._past.find(_review_of, incident_id)
        fields: dict[str, Any] = {
            "answers": ANSWERS, "participant_ids": [self._staff.of(place)[0] for place in range(4)],
            "meeting_at": self._past.now, "meeting_note": "按四个问题逐项复盘",
            "efforts": [{"person_id": None, "department_id": self._staff.departments[0], "hours": 6.5}],
        }  # fmt: skip
        by = await self._staff.as_(self._staff.of(0)[0])
        await self._past.say(reviews.change_review, self._review_id, fields, by=by)

    async def _report(self) -> None:
        by = await self._staff.as_(self._staff.of(0)[0])
        await self._past.say(reports.ask, self._review_id, by=by)
        await self._render()
        await self._past.say(reviews.issue_report, self._review_id, None, by=by)

    async def _render(self) -> None:
        """As a worker renders it, into the storage."""
        database, storage = self._past.database, Storage(self._past.settings)
        claimed = await database.run(rendering.claim)
        assert claimed is not None, "it was asked for"
        read = await database.run(lambda tx: rendering.read(tx, claimed))
        assert read is not None, "it waits"
        report, _ = read
        pictures = await asyncio.to_thread(rendering.drawn, report)
        files = []
        for format_ in ReportFormat:
            files += await asyncio.to_thread(rendering.render, format_, report, pictures, None)
        await self._past.do(lambda tx, now: rendering.announce_all(tx, claimed, files, now=now))
        for file in files:
            await storage.put(file.id, BytesIO(file.content))
        await self._past.do(lambda tx, now: rendering.finish(tx, claimed, files, now=now))

    async def _decide(self) -> None:
        by = await self._staff.as_(self._staff.of(0)[0])
        for kind in ReviewDecisionKind:
            if self._answer.changes == kind:
                await self._change(kind)
                continue
            reason = "现有安排已覆盖，无须调整"
            await self._past.say(decisions.keep_as_is, self._review_id, kind, reason, by=by)

    async def _change(self, kind: ReviewDecisionKind) -> None:
        """A lead lacks what changes rules: whoever keeps them applies it."""
        person = await self._staff.as_(self._staff.of(0)[0])
        by = replace(person, scopes=OWNER.scopes)
        change = ReviewChange.model_validate_json(await self._past.find(self._drafted, kind))
        await self._past.say(
            decisions.draft_change, self._review_id, kind, change, reason="复盘发现监测与预防有缺口", by=by
        )
        await self._past.say(decisions.apply_change, self._review_id, kind, by=by)

    async def _drafted(self, tx: Any, kind: ReviewDecisionKind) -> bytes:
        business = BUSINESSES[self._crisis.business]
        if kind is ReviewDecisionKind.SCOPE:
            rule = (await tx.scalars(select(WatchRule).where(WatchRule.name == business.name))).one()
            words = [*rule.negative_words, "维权"]
            step = {"action": "update", "rule_id": rule.id, "fields": {"negative_words": words}}
            return orjson.dumps({"kind": "scope", "watch_rules": [step]}, default=str)
        risk = (await tx.scalars(select(Risk).order_by(Risk.number).limit(1))).one()
        fields = {"likelihood": risk.likelihood % 5 + 1, "reason": "一个月内再次发生"}
        measures = [{"title": f"复核{business.brand}进货检验清单", "due_on": "2199-12-31"}]
        step = {"action": "update", "risk_id": risk.id, "fields": fields, "measures": measures}
        return orjson.dumps({"kind": "risks", "risks": [step]}, default=str)


async def _review_of(tx: Any, incident_id: UUID) -> UUID:
    query = select(Review.id).join(ReviewIncident, ReviewIncident.review_id == Review.id)
    found: UUID = (await tx.scalars(query.where(ReviewIncident.incident_id == incident_id))).one()
    return found
