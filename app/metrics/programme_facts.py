"""What the checks of the roll-out 推进计划 find in live data (方案 三). Exercises count where a check asks for them alone."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.domain.digests import due
from app.domain.programme import Dated, Seen
from app.domain.vocabulary import StatementKind
from app.domain.vocabulary.quality import DigestKind, Light, Mechanism, MechanismCheck, ProgrammeCheck, ProgrammePhase
from app.domain.worktime import SHANGHAI, day_of
from app.metrics.mechanisms import mechanisms_at
from app.models import Digest, DigestSettings, Programme, TrialPeriod
from app.trainings import acknowledging_queries
from app.trainings.coverage import coverage_at, settings_at

KINDS: Final = {"public_relations": "公关", "operations": "运营", "legal": "法务", "business": "业务"}
DOCUMENTS: Final = {"code_of_conduct": "员工社交行为准则", "handbook": "危机应对手册"}

# A department has its head and the head's B角, both of them here still.
_TEAM: Final = """
select d.kind, d.name, h.id is not null and b.id is not null as complete from departments d
  left join people h on h.id = d.head_id and h.active left join people b on b.id = h.deputy_id and b.active
where d.active and d.kind = any($1::text[]) order by d.kind, d.name"""
_RULES: Final = "select count(*) from watch_rules where enabled and deleted_at is null"
_ACTIVE: Final = """
select (select id from grading_policies where active) as grading_policy_id,
  (select id from sla_policies where active) as sla_policy_id"""
_TEMPLATES: Final = "select distinct kind from statement_templates where archived_at is null"
_PUBLISHED: Final = """
select d.id, d.kind, d.title from documents d where d.kind = any($1::text[]) and exists (
  select from document_versions v where v.document_id = d.id and v.published_at is not null and v.superseded_at is null)
order by d.kind, d.id"""
_HANDBOOK: Final = "select exists(select from handbook_versions)"
_DRILLS: Final = """
select id, 'DR-' || lpad(serial::text, 4, '0') as number, scale, ended_at from drills
where state = 'finished' and ended_at >= $1 order by ended_at, id limit 2"""
_REPLAYS: Final = "select count(*) from replays where state = 'done' and finished_at >= $1"
# Who was called in a drill, and how long they took, by the department they were in then.
_ANSWERS: Final = """
select rp.department_id, d.name, count(*) as called, count(m.acknowledged_at) as answered,
  percentile_cont(0.5) within group (order by extract(epoch from m.acknowledged_at - m.called_at)) as median
from incidents i join incident_members m on m.incident_id = i.id
  left join roster_periods rp on rp.person_id = m.person_id and rp.starts_at <= m.called_at
    and (rp.ends_at is null or rp.ends_at > m.called_at)
  left join departments d on d.id = rp.department_id
where i.drill_id = $1 group by rp.department_id, d.name order by d.name nulls last"""


class Facts:
    """What is asked of the database once, for all checks."""

    def __init__(self, tx: Tx, programme: Programme, phases: list[Dated], now: datetime) -> None:
        self._tx, self._programme, self._phases, self._now = tx, programme, phases, now
        self.answers: list[dict[str, Any]] = []
        self.second: dict[str, Any] | None = None

    @property
    def _since(self) -> datetime:
        """What came before the roll-out is no part of it; without a start everything is."""
        started = self._programme.started_on
        day = started or day_of(datetime(1970, 1, 2, tzinfo=SHANGHAI))
        return datetime.combine(day, datetime.min.time(), SHANGHAI)

    async def seen(self) -> dict[ProgrammeCheck, Seen]:
        """Every check, with what it found."""
        standings = {each.mechanism: each for each in await mechanisms_at(self._tx, self._now)}
        monitoring = {each.check: each for each in standings[Mechanism.MONITORING].checks}
        alive = monitoring[MechanismCheck.CORE_PLATFORMS_ALIVE]
        green = [each for each in standings.values() if each.light is Light.GREEN]
        late = [each for check in standings[Mechanism.REVIEW].checks for each in check.items]
        documents = await self._documents()
        first, second = await self._drills()
        return {
            ProgrammeCheck.TEAM_COMPLETE: await self._team(),
            ProgrammeCheck.TOOLS_ALIVE: Seen(alive.checked - alive.amiss, alive.checked, alive.why, alive.items),
            ProgrammeCheck.WATCH_RULES_SET: await self._rules(),
            ProgrammeCheck.POLICIES_CONFIRMED: await self._policies(),
            ProgrammeCheck.TEMPLATES_READY: await self._templates(),
            ProgrammeCheck.DOCUMENTS_PUBLISHED: await self._published(documents),
            ProgrammeCheck.TRAINING_COVERED: await self._covered(),
            ProgrammeCheck.DOCUMENTS_READ: await self._read(documents),
            ProgrammeCheck.FIRST_DRILL: first,
            ProgrammeCheck.TRIAL_BEGUN: await self._trial(begun=True),
            ProgrammeCheck.DIGESTS_ISSUED: await self._digests(),
            ProgrammeCheck.SENSITIVITY_TRIED: await self._replays(),
            ProgrammeCheck.SECOND_DRILL: second,
            ProgrammeCheck.TEAM_ANSWERED: await self._answered(),
            ProgrammeCheck.REVIEWS_HELD: Seen(
                0 if late else 1, 1, "；".join(each.why for each in standings[Mechanism.REVIEW].checks), tuple(late)
            ),
            ProgrammeCheck.MECHANISMS_GREEN: Seen(
                len(green), len(standings), f"{len(standings)} 项机制中 {len(green)} 项为绿灯",
                tuple(each.mechanism for each in standings.values() if each.light is Light.RED),
            ),
            ProgrammeCheck.TRIAL_ENDED: await self._trial(begun=False),
        }  # fmt: skip

    async def _fetch(self, query: str, *args: object) -> list[Any]:
        return list(await (await self._tx.driver()).fetch(query, *args))

    async def _team(self) -> Seen:
        rows = await self._fetch(_TEAM, list(KINDS))
        missing = [name for kind, name in KINDS.items() if kind not in {row["kind"] for row in rows}]
        lacking = [row["name"] for row in rows if not row["complete"]]
        wanted = len(rows) + len(missing)
        why = f"{wanted} 个部门中 {wanted - len(missing) - len(lacking)} 个有负责人和 B 角"
        why += f"；缺少{'、'.join(missing)}部门" if missing else ""
        return Seen(wanted - len(missing) - len(lacking), wanted, why, (*missing, *lacking))

    async def _rules(self) -> Seen:
        [row] = await self._fetch(_RULES)
        return Seen(row["count"], 1, f"启用的监测规则 {row['count']} 条")

    async def _policies(self) -> Seen:
        [active] = await self._fetch(_ACTIVE)
        stated = {name: getattr(self._programme, name) for name in active.keys()}  # noqa: SIM118 - a record iterates values
        same = [name for name, id_ in stated.items() if id_ is not None and id_ == active[name]]
        missing = tuple(name.removesuffix("_id") for name in stated if name not in same)
        why = (
            "在用的分级标准和时限标准都已确认" if not missing else "在用的分级标准或时限标准尚未确认，或确认后又有变更"
        )
        return Seen(len(same), 2, why, missing)

    async def _templates(self) -> Seen:
        there = {row["kind"] for row in await self._fetch(_TEMPLATES)}
        missing = tuple(kind for kind in StatementKind if kind not in there)
        return Seen(len(there), len(StatementKind), f"{len(StatementKind)} 类声明中 {len(there)} 类有模板", missing)

    async def _documents(self) -> list[Any]:
        return await self._fetch(_PUBLISHED, list(DOCUMENTS))

    async def _published(self, documents: list[Any]) -> Seen:
        there = {row["kind"] for row in documents}
        [handbook] = await self._fetch(_HANDBOOK)
        there |= {"handbook"} if handbook["exists"] else set()
        missing = [name for kind, name in DOCUMENTS.items() if kind not in there]
        why = "准则和手册都已发布" if not missing else f"尚未发布：{'、'.join(missing)}"
        return Seen(len(there), len(DOCUMENTS), why, tuple(kind for kind in DOCUMENTS if kind not in there))

    async def _covered(self) -> Seen:
        [coverage] = await coverage_at(self._tx, [self._now])
        target = (await settings_at(self._tx, self._now)).target_percent
        share = coverage.company
        # As many as the target needs, of whole people.
        wanted = -int(-share.roster * target // 100)
        why = f"在册 {share.roster} 人中 {share.covered} 人完成培训，目标 {target:g}%（{wanted} 人）"
        return Seen(share.covered, wanted, why)

    async def _read(self, documents: list[Any]) -> Seen:
        acknowledged = audience = 0
        lacking = []
        for row in documents:
            found = (await acknowledging_queries.coverage(self._tx, row["id"], None))["company"]
            acknowledged, audience = acknowledged + found["acknowledged"], audience + found["audience"]
            if found["acknowledged"] < found["audience"]:
                lacking.append(row["title"])
        return Seen(acknowledged, audience, f"应签收 {audience} 人次，已签收 {acknowledged} 人次", tuple(lacking))

    async def _drills(self) -> tuple[Seen, Seen]:
        rows = await self._fetch(_DRILLS, self._since)
        if len(rows) > 1:
            self.second = dict(rows[1])
            self.answers = [_answer(row, rows[1]["scale"]) for row in await self._fetch(_ANSWERS, rows[1]["id"])]
        why = [
            f"{name}演练 {rows[n]['number']} 已完成" if len(rows) > n else f"尚未完成{name}演练"
            for n, name in enumerate(("首次", "第二次"))
        ]
        return Seen(min(len(rows), 1), 1, why[0]), Seen(len(rows), 2, why[1])

    async def _answered(self) -> Seen:
        if not self.answers:
            return Seen(0, 1, "第二次演练中没有人被呼叫" if self.second else "尚未完成第二次演练")
        called, answered = (sum(row[name] for row in self.answers) for name in ("called", "answered"))
        silent = tuple(row["name"] or "无部门" for row in self.answers if row["answered"] < row["called"])
        return Seen(answered, called, f"第二次演练呼叫 {called} 人次，{answered} 人次接警", silent)

    async def _trial(self, *, begun: bool) -> Seen:
        query = select(TrialPeriod).where(TrialPeriod.starts_at >= self._since).order_by(TrialPeriod.starts_at.desc())
        last = (await self._tx.scalars(query.limit(1))).one_or_none()
        if last is None:
            return Seen(0, 1, "尚未启动试运行")
        if begun:
            return Seen(1, 1, f"试运行自 {day_of(last.starts_at)} 起")
        over = last.ends_at is not None
        return Seen(int(over), 1, f"试运行于 {day_of(last.ends_at)} 结束" if last.ends_at else "试运行仍在进行")

    async def _digests(self) -> Seen:
        """Those that fell due within the trial's phase; before it nothing is wanted yet."""
        [phase] = [each for each in self._phases if each.phase.phase is ProgrammePhase.TRIAL]
        if phase.starts_on is None or phase.ends_on is None:
            return Seen(0, 0, "推进计划尚未设定开始日期")
        settings = (await self._tx.scalars(select(DigestSettings))).one()
        begun, over = (datetime.combine(day, datetime.min.time(), SHANGHAI) for day in (phase.starts_on, phase.ends_on))
        until = min(self._now, over + timedelta(days=1))
        wanted = [each.starts_at for each in due(DigestKind.WEEKLY, settings.weekly_at, begun, until)]
        query = select(Digest.starts_at).where(Digest.kind == DigestKind.WEEKLY, Digest.starts_at.in_(wanted))
        there = set(await self._tx.scalars(query))
        missing = tuple(f"{day_of(at)}" for at in wanted if at not in there)
        why = (
            f"试运行阶段应出具 {len(wanted)} 份每周小结，已出具 {len(there)} 份"
            if wanted
            else "试运行阶段尚无到期的每周小结"
        )
        return Seen(len(there), len(wanted), why, missing)

    async def _replays(self) -> Seen:
        [row] = await self._fetch(_REPLAYS, self._since)
        return Seen(row["count"], 1, f"规则或标准回放 {row['count']} 次")


def _answer(row: Any, scale: int) -> dict[str, Any]:
    """Of one department; times are those of the scenario, as its clocks are shown."""
    median = None if row["median"] is None else round(float(row["median"]) * scale)
    department_id: UUID | None = row["department_id"]
    return {
        "department_id": department_id, "name": row["name"], "called": row["called"], "answered": row["answered"],
        "median_seconds": median,
    }  # fmt: skip
