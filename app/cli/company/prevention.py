"""What a made-up company does before anything burns: patrols."""

from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from app.cli.company.past import Past
from app.cli.company.script import Script, Walk
from app.cli.company.staff import OWNER, Staff
from app.domain.patrols import SHIPPED_TIMES
from app.mentions import patrols
from app.mentions.ingest import Intake
from app.mentions.schemas import MentionIn, Sentiment
from app.models import Patrol

PLATFORMS = ["weibo", "douyin", "xiaohongshu", "wechat_official"]


class Patrols:
    """The plan, and who walks what of it."""

    def __init__(self, past: Past, staff: Staff, script: Script, intake: Intake) -> None:
        self._past, self._staff, self._script, self._intake = past, staff, script, intake

    async def enter(self) -> None:
        """Three of public relations take turns; the walks go on the agenda as slots of their days are made."""
        turns = self._staff.of(0)[:3]
        fields = {
            "slots": [{"time": at, "assignee_ids": turns, "rotation": "daily"} for at in SHIPPED_TIMES],
            "platforms": PLATFORMS, "default_assignee_id": turns[0], "grace_seconds": 3600, "effective_at": None, "note": "",
        }  # fmt: skip
        await self._past.say(patrols.set_plan, fields, by=OWNER)
        begins = self._past.now
        for place, walk in enumerate(self._script.walks):
            day, hour = divmod(place, 3)
            slot = begins + timedelta(days=day, hours=int(SHIPPED_TIMES[hour][:2]))
            if walk.after is not None:
                told = walk.told_after or walk.after
                self._past.at(slot + timedelta(minutes=told), partial(self._walk, slot, place, walk))

    async def _walk(self, slot: Any, place: int, walk: Walk) -> None:
        patrol = await self._past.find(_patrol_at, slot)
        by = await self._staff.as_(patrol.assignee_id or self._staff.of(0)[0])
        assert walk.after is not None, "it is walked"
        fields = {
            "looked_at": PLATFORMS[: 3 + place % 2],
            "happened_at": slot + timedelta(minutes=walk.after),
            "note": "",
        }
        found = [
            MentionIn(
                platform="weibo",
                external_id=f"seed-walk-{place}-{number}",
                text=text,
                sentiment=Sentiment.NEUTRAL,
                likes=place,
            )
            for number, text in enumerate(walk.findings)
        ]
        await self._past.say(patrols.check_in, self._intake, patrol.id, fields, found, by=by)
        await self._past.count_all()


async def _patrol_at(tx: Any, slot: Any) -> Patrol:
    found: Patrol = (await tx.scalars(select(Patrol).where(Patrol.slot_at == slot))).one()
    return found
