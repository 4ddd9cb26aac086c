"""What a made-up company does before anything burns: patrols, trainings, a code of conduct, a drill."""

from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.cli.company.past import Past
from app.cli.company.script import DAYS, SESSIONS, Script, Session, Walk
from app.cli.company.staff import OWNER, Staff
from app.cli.company.words import COURSES
from app.core.db import Tx
from app.core.imports import Judged
from app.domain.patrols import SHIPPED_TIMES
from app.domain.sheets import Row as SheetRow
from app.incidents import acts, team_queries
from app.mentions import patrols
from app.mentions.ingest import Intake
from app.mentions.schemas import MentionIn, Sentiment
from app.models import Patrol, Person
from app.trainings import acknowledging, courses, documents, drills, enrolments, imports, sessions
from app.trainings.seeds import document_rows

PLATFORMS: Final = ["weibo", "douyin", "xiaohongshu", "wechat_official"]
# In how many parts those who are asked for a course come to it.
PARTS: Final = SESSIONS // len(COURSES)


class Patrols:
    """The plan, and who walks what of it."""

    def __init__(self, past: Past, staff: Staff, script: Script, intake: Intake) -> None:
        self._past, self._staff, self._script, self._intake = past, staff, script, intake

    async def enter(self) -> None:
        """Three of public relations take turns; the walks go on the agenda."""
        turns = self._staff.of(0)[:3]
        fields = {
            "slots": [{"time": at, "assignee_ids": turns, "rotation": "daily"} for at in SHIPPED_TIMES],
            "platforms": PLATFORMS, "default_assignee_id": turns[0], "grace_seconds": 3600, "effective_at": None, "note": "",
        }  # fmt: skip
        await self._past.say(patrols.set_plan, fields, by=OWNER)
        begins = self._past.now
        for place, walk in enumerate(self._script.walks):
            day, hour = divmod(place, len(SHIPPED_TIMES))
            slot = begins + timedelta(days=day, hours=int(SHIPPED_TIMES[hour][:2]))
            if walk.after is not None:
                told = walk.told_after or walk.after
                self._past.at(slot + timedelta(minutes=told), partial(self._walk, slot, place, walk))

    async def _walk(self, slot: Any, place: int, walk: Walk) -> None:
        patrol = await self._past.find(_patrol_at, slot)
        by = await self._staff.as_(patrol.assignee_id or self._staff.of(0)[0])
        assert walk.after is not None, "it is walked"
        happened_at = slot + timedelta(minutes=walk.after)
        fields = {"looked_at": PLATFORMS[: 3 + place % 2], "happened_at": happened_at, "note": ""}
        found = [
            MentionIn(platform="weibo", external_id=f"seed-walk-{place}-{n}", text=text, sentiment=Sentiment.NEUTRAL)
            for n, text in enumerate(walk.findings)
        ]
        await self._past.say(patrols.check_in, self._intake, patrol.id, fields, found, by=by)
        await self._past.count_all()


async def _patrol_at(tx: Tx, slot: Any) -> Patrol:
    return (await tx.scalars(select(Patrol).where(Patrol.slot_at == slot))).one()


class Trainings:
    """The courses, each taught to a part of those it is for at a time."""

    def __init__(self, past: Past, staff: Staff, script: Script) -> None:
        self._past, self._staff, self._script = past, staff, script
        self._courses: list[UUID] = []

    async def enter(self) -> None:
        """The courses; their sessions go on the agenda."""
        for title, months, pass_mark, for_few in COURSES:
            fields = {
                "title": title, "description": "", "department_ids": self._staff.departments[:3] if for_few else None,
                "mandatory": True, "validity_months": months, "validity_days": None, "pass_mark": pass_mark,
            }  # fmt: skip
            made = await self._past.say(courses.create_training, fields, by=OWNER)
            self._courses.append(made.id)
        for session in self._script.sessions:
            at = self._past.now + timedelta(days=session.day, hours=session.hour)
            self._past.at(max(at - timedelta(days=1), self._past.now), partial(self._announce, session, at))

    async def _announce(self, session: Session, at: Any) -> None:
        """The day before, or on the first day, it is there; when it is over it is known who came."""
        fields = {
            "starts_at": at, "ends_at": at + timedelta(hours=2), "place": "总部三楼会议室", "url": None,
            "trainer_id": self._staff.of(0)[1], "trainer_name": None, "capacity": 60,
        }  # fmt: skip
        made = await self._past.say(sessions.create_session, self._courses[session.course], fields, by=OWNER)
        self._past.at(at + timedelta(hours=2), partial(self._hold, session, made.id))

    async def _hold(self, session: Session, session_id: UUID) -> None:
        _, _, pass_mark, for_few = COURSES[session.course]
        asked = [id_ for place in range(3) for id_ in self._staff.of(place)] if for_few else self._staff.present
        mine = asked[session.number % PARTS :: PARTS]
        there = [id_ for place, id_ in enumerate(mine) if place not in session.absent]
        away = [id_ for place, id_ in enumerate(mine) if place in session.absent]
        await self._past.say(enrolments.record_attendance, session_id, there, away, by=OWNER)
        if pass_mark is not None:
            judged = await self._past.find(_results, there, session.scores)
            course = self._courses[session.course]
            await self._past.say(imports.import_results, course, session_id, judged, dry_run=False, by=OWNER)


async def _results(tx: Tx, people: list[UUID], scores: tuple[int, ...]) -> list[Judged[imports.ResultRow]]:
    """A sheet of what they reached."""
    mails = {
        row.id: row.email for row in await tx.execute(select(Person.id, Person.email).where(Person.id.in_(people)))
    }
    return [
        Judged(SheetRow(place + 2, {}, {}), imports.ResultRow(email=mails[id_], score=float(scores[place])))
        for place, id_ in enumerate(people)
    ]  # fmt: skip


class Documents:
    """The code of conduct as it is shipped, in force from the first day: most have read it within two weeks."""

    def __init__(self, past: Past, staff: Staff, script: Script) -> None:
        self._past, self._staff, self._script = past, staff, script

    async def enter(self) -> None:
        """Has it in force; who reads it when goes on the agenda."""
        text = document_rows()[2]["text"]
        fields = {
            "kind": "code_of_conduct", "title": "青禾员工社交行为准则", "department_ids": None, "text": text, "file_id": None, "note": "",
        }  # fmt: skip
        made = await self._past.say(documents.create_document, fields, by=OWNER)
        version = await self._past.say(documents.publish_version, made.id, 1, by=OWNER)
        for number, minutes in self._script.reads:
            self._past.after(minutes, partial(self._read, number, made.id, version.sha256))

    async def _read(self, number: int, document_id: UUID, sha256: str) -> None:
        if (person_id := self._staff.ids.get(number)) is not None:
            by = await self._staff.as_(person_id)
            await self._past.say(acknowledging.acknowledge, document_id, sha256, by=by)


class Rehearsal:
    """A drill in the third week of each month, in which the team takes it on and checks the facts."""

    def __init__(self, past: Past, staff: Staff, script: Script) -> None:
        self._past, self._staff, self._script = past, staff, script
        self._drill_id = UUID(int=0)

    def enter(self) -> None:
        """Puts them on the agenda."""
        for month in range(self._script.days // DAYS):
            self._past.at(self._past.now + timedelta(days=month * DAYS + 19, hours=15), self._begin)

    async def _begin(self) -> None:
        fields = {
            "scenario": "service-dispute", "scenario_version": None, "scale": 600, "rule_id": None, "name": "月度演练",
            "participants": self._staff.of(0)[:3], "waits": False,
        }  # fmt: skip
        drill = await self._past.say(drills.create_drill, fields, by=OWNER)
        self._drill_id = drill.id
        for seconds, act in ((20, self._acknowledge), (26, self._check_facts)):
            self._past.at(self._past.now + timedelta(seconds=seconds), act)

    async def _acknowledge(self) -> None:
        for incident_id in await self._past.find(drills.incident_ids, self._drill_id):
            for member in await self._past.find(team_queries.members_of, incident_id):
                by = await self._staff.as_(member.person_id)
                fields = {"happened_at": None, "note": "演练接警"}
                await self._past.say(acts.acknowledge, incident_id, fields, by=by)

    async def _check_facts(self) -> None:
        by = await self._staff.as_(self._staff.of(0)[0])
        fields = {
            "happened_at": None, "truth": "partly_confirmed", "responsibility": "company", "evidence": "演练：已核对工单",
            "note": "",
        }  # fmt: skip
        for incident_id in await self._past.find(drills.incident_ids, self._drill_id):
            await self._past.say(acts.record_fact_check, incident_id, fields, by=by)
