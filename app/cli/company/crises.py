"""The fires of a made-up company: their posts as tools report them, and what people do about each."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.cli.company.aftermath import Aftermath
from app.cli.company.past import Past
from app.cli.company.script import Crisis
from app.cli.company.sources import Sources
from app.cli.company.speech import HOLDING, said_of
from app.cli.company.staff import Staff
from app.cli.company.words import BUSINESSES
from app.core.auth import Caller
from app.core.db import Tx
from app.core.vault import CONTACTS, Vault
from app.incidents import acts, affected, guards, queries, service, tasks, team_queries
from app.mentions.schemas import Sentiment
from app.models import Incident, MentionState, Task
from app.statements import approving, publishing
from app.statements import service as statements

# How often is looked whether it is out, and for how long at most.
LOOK: Final = 15
LOOKS: Final = 5 * 24 * 4


class Fire:
    """One crisis as it goes."""

    def __init__(self, past: Past, staff: Staff, sources: Sources, number: int, crisis: Crisis) -> None:
        self._past, self._staff, self._sources = past, staff, sources
        self._number, self._crisis, self._answer = number, crisis, crisis.response
        self._mentions: dict[int, UUID] = {}
        self._grade: str | None = None
        self.incident_id: UUID | None = None
        self._aftermath = Aftermath(past, staff, crisis)

    @property
    def _id(self) -> UUID:
        assert self.incident_id is not None, "its first post opened it"
        return self.incident_id

    def kindle(self) -> None:
        """Puts its posts on the agenda, counted from the first."""
        begins = self._past.now + timedelta(minutes=self._crisis.begins)
        for minute, group in groupby(self._crisis.readings, key=lambda reading: reading.minute):
            self._past.at(begins + timedelta(minutes=minute), partial(self._read, list(group)))

    async def _read(self, readings: list[Any]) -> None:
        rows = []
        for one in readings:
            post = self._crisis.posts[one.post]
            rows.append(
                self._sources.row(
                    post.platform, f"fire-{self._number}-{one.post}", post.text, author=post.author,
                    published_at=self._past.now - timedelta(minutes=one.minute - post.begins), sentiment=Sentiment.NEGATIVE,
                    reposts=one.reposts, comments=one.comments, likes=one.likes, views=one.views,
                )
            )  # fmt: skip
        accepted = await self._past.receive(rows)
        self._mentions |= {one.post: got.id for one, got in zip(readings, accepted, strict=True)}
        await self._sources.push_soon()
        incident = await self._past.find(_incident_of, next(iter(self._mentions.values())))
        if self.incident_id is None:
            self.incident_id = incident.id
            if self._crisis.kind == "dismissed":
                self._past.after(190, self._dismiss)
        if incident.grade != self._grade:
            first, self._grade = self._grade is None, incident.grade
            self._call(major=incident.grade == "major")
            if first:
                self._respond()

    def _call(self, *, major: bool) -> None:
        """A grade is set or raised: the team takes it on, at major it meets."""
        answer = self._answer
        for place, minutes in enumerate(answer.acknowledged):
            if minutes is not None:
                self._past.after(minutes + answer.told_after, partial(self._acknowledge, place))
        if major and answer.meeting is not None:
            self._past.after(answer.meeting, self._meet)

    def _respond(self) -> None:
        """What people do from the first grade on."""
        answer = self._answer
        steps: tuple[tuple[float | None, Callable[[], Awaitable[None]]], ...] = (
            (answer.fact_check, self._check_facts),
            (answer.holding, partial(self._say, "holding")),
            (answer.statement, partial(self._say, answer.statement_kind)),
            (None if answer.statement is None else answer.statement + 30, self._close_up),
            (100, self._care),
            (10 * 60, partial(self._look, LOOKS)),
        )
        for later, act in steps:
            if later is not None:
                self._past.after(later, act)

    async def _by(self, place: int) -> Caller:
        """Somebody of public relations."""
        people = self._staff.of(0)
        return await self._staff.as_(people[place % len(people)])

    async def _dismiss(self) -> None:
        by = await self._by(0)
        await self._move("dismissed", "核实为同名账号，与本公司无关", by)

    async def _move(self, status: str, reason: str, by: Caller) -> None:
        await self._past.say(service.set_status, self._id, status, reason=reason, by=by)

    async def _acknowledge(self, place: int) -> None:
        team = await self._past.find(team_queries.members_of, self._id)
        if place >= len(team):
            return
        by = await self._staff.as_(team[place].person_id)
        happened_at = self._past.now - timedelta(minutes=self._answer.told_after)
        fields = {"happened_at": happened_at, "note": "已接警"}
        await self._past.say(acts.acknowledge, self._id, fields, by=by)

    async def _meet(self) -> None:
        fields = {"happened_at": None, "direction": "先停售，两小时内首次回应，同步核查批次", "note": ""}
        by = await self._by(0)
        await self._past.say(acts.record_meeting, self._id, fields, by=by)

    async def _check_facts(self) -> None:
        fields = {
            "happened_at": None, "truth": self._answer.truth, "responsibility": self._answer.responsibility,
            "evidence": "生产批次记录、客服工单与门店监控已调取核对", "note": "",
        }  # fmt: skip
        by = await self._by(1)
        await self._past.say(acts.record_fact_check, self._id, fields, by=by)
        incident = await self._past.find(queries.get_incident, self._id)
        if incident.status == "responding" and self._answer.meeting is None:
            await self._move("handling", "事实已核实，进入处置", by)

    async def _say(self, kind: str) -> None:
        """Draws a statement up, has it approved and publishes it, where it began first."""
        fields = said_of(kind, BUSINESSES[self._crisis.business].brand, self._past.now, self._staff.of(1)[0])
        author = await self._by(1)
        made = await self._past.say(statements.create_statement, self._id, fields, by=author)
        if self._answer.approved:
            await self._past.say(statements.submit_statement, made.id, by=author)  # fmt: skip
            self._past.after(6, partial(self._approve, made.id))
        self._past.after(15, partial(self._publish, made.id, self._crisis.posts[0].platform))
        if kind != HOLDING:
            if self._answer.keeps:
                self._past.after(30 * 60, self._keep)
            for platform, minutes in self._answer.elsewhere:
                self._past.after(15 + minutes, partial(self._publish, made.id, platform))

    async def _approve(self, statement_id: UUID) -> None:
        people = [self._staff.of(0)[2], self._staff.of(2)[0]]
        if self._crisis.kind == "major":
            people.append(self._staff.of(0)[0])
        for person_id in people:
            by = await self._staff.as_(person_id)
            fields = {"version": 1, "slot": None, "comment": ""}
            await self._past.say(approving.approve, statement_id, fields, by=by)

    async def _publish(self, statement_id: UUID, platform: str) -> None:
        fields = {
            "version": 1,
            "happened_at": None,
            "platform": platform,
            "url": f"https://{platform}.example/qinghe/{self._number}",
            "title": "",
        }
        by = await self._by(2)
        await self._past.say(publishing.record_publication, statement_id, fields, by=by)

    async def _close_up(self) -> None:
        """The statement is out: what is left is to see it fade."""
        by = await self._by(0)
        incident = await self._past.find(queries.get_incident, self._id)
        if incident.status == "responding":
            await self._move("handling", "方向已定，进入处置", by)
        await self._move("closing", "声明已发布，转入收尾", by)

    async def _care(self) -> None:
        """Those whom it hurt: what they ask for is done, and they are asked again."""
        vault, by = Vault.of(self._past.settings, CONTACTS), await self._staff.as_(self._staff.of(1)[1])
        for number in range(self._answer.affected):
            fields = {
                "name": f"用户{self._number}-{number}", "contact_kind": "phone",
                "contact": f"+86139{self._number:04}{number:04}", "purpose": "处理退款与回访", "claim": "退款",
                "platform": self._crisis.posts[0].platform, "mention_id": None, "note": "",
            }  # fmt: skip
            user = await self._past.say(affected.add_user, self._id, fields, vault=vault, by=by)
            for kind, title, after in (
                ("remediation", "办理退款", 240 + 30 * number),
                ("follow_up", "回访", 1500 + 20 * number),
            ):
                await self._task(kind, f"{title}（{number + 1}）", user.id, after, by)

    async def _task(self, kind: str, title: str, user_id: UUID | None, after: float, by: Caller) -> None:
        fields = {
            "kind": kind, "title": title, "details": "", "owner_id": by.person_id, "due_at": None,
            "affected_user_id": user_id, "result": None,
        }  # fmt: skip
        task = await self._past.say(tasks.create_task, self._id, fields, by=by)
        self._past.after(after, partial(self._finish, task.id, kind, by))

    async def _finish(self, task_id: UUID, kind: str, by: Caller) -> None:
        result = (
            {"kind": "follow_up", "solved": True, "satisfaction": 3 + int(task_id) % 2} if kind == "follow_up" else None
        )
        fields = {"happened_at": None, "outcome": "已办结", "result": result}
        await self._past.say(tasks.complete_task, task_id, fields, by=by)

    async def _keep(self) -> None:
        """What was promised is done in time."""
        by = await self._staff.as_(self._staff.of(1)[0])
        for task_id in await self._past.find(_promised, self._id):
            await self._finish(task_id, "commitment", by)

    async def _look(self, left: int) -> None:
        """Looks whether it is out, again and again; then it is closed, and reviewed."""
        if await self._past.is_calm(self._id):
            if self._answer.closes is not None:
                self._past.after(self._answer.closes, self._close)
            self._aftermath.plan(self._id)
        elif left:
            self._past.after(LOOK, partial(self._look, left - 1))

    async def _close(self) -> None:
        """When the last of those whom it hurt was asked again, and the statement is out."""
        by = await self._by(0)
        incident = await self._past.find(queries.get_incident, self._id)
        if incident.status != "closing" or not await self._past.find(_is_free, incident):
            self._past.after(60, self._close)
            return
        await self._move("closed", "传播已平息，回访完成", by)


async def _incident_of(tx: Tx, mention_id: UUID) -> Incident:
    state = (await tx.scalars(select(MentionState).where(MentionState.mention_id == mention_id))).one()
    assert state.incident_id is not None, "it is negative and hits"
    return await queries.get_incident(tx, state.incident_id)


async def _promised(tx: Tx, incident_id: UUID) -> list[UUID]:
    mine = Task.incident_id == incident_id, Task.kind == "commitment", Task.state == "open"
    return list(await tx.scalars(select(Task.id).where(*mine).order_by(Task.id)))


async def _is_free(tx: Tx, incident: Incident) -> bool:
    return not await guards.missing(tx, incident, "closed")
