"""Whatever happens to incidents, in whatever order, and however long nobody rings: the promises of the clocks hold.

A state machine over the real verbs on the real database; after each step everything is read back and compared with what
was before, with the plan's times, which stand here once more, and with what the step may do.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app import reactions
from app.core.auth import SYSTEM
from app.core.db import Database
from app.domain.events import (
    DecisionMade,
    FactChecked,
    IncidentAcknowledged,
    IncidentAct,
    IncidentCalmed,
    IncidentRebounded,
    MeetingHeld,
    PublicationRecorded,
)
from app.domain.grades import Grade
from app.incidents import service
from app.settings import Settings
from tests.support.clocks import act, pass_time, ring, tell
from tests.support.house import NoBell

T = TypeVar("T")
EXAMPLES = 50 if os.environ.get("FENGHUO_SLOW") else 20
MINUTE = timedelta(minutes=1)
LEVEL = {None: 9, Grade.MAJOR: 1, Grade.SERIOUS: 2, Grade.GENERAL: 3}
# The plan's times in minutes: at major, and at the two others.
TIMES = {
    "first_response": (30, 60), "emergency_meeting": (30, None), "fact_check": (60, 60), "first_word": (120, 240),
    "first_statement": (1_440, 1_440), "closing": (4_320, 4_320),
}  # fmt: skip
ANEW = ("first_response", "emergency_meeting")
# What an act meets, and what it has to say of itself.
ACTS: dict[str, tuple[type[IncidentAct], dict[str, Any], tuple[str, ...]]] = {
    "acknowledged": (IncidentAcknowledged, {}, ("first_response",)),
    "met": (MeetingHeld, {"has_direction": True}, ("emergency_meeting",)),
    "talked": (MeetingHeld, {"has_direction": False}, ()),
    "checked": (FactChecked, {"truth": "confirmed", "responsibility": "company"}, ("fact_check",)),
    "held": (PublicationRecorded, {"platform": "weibo", "statement_kind": "holding", "on_origin": True, "statement_made": False}, ("first_word",)),
    "published": (PublicationRecorded, {"platform": "weibo", "statement_kind": "apology", "on_origin": True,
     "statement_made": True},
                  ("first_word", "first_statement")),
    "silent": (DecisionMade, {"decision_kind": "no_statement", "corrects": None, "statement_made": True}, ("first_statement",)),
}  # fmt: skip

_CLOCKS = """
select d.id, d.kind, d.state, d.started_at, d.due_at, d.next_at, d.met_at, d.recorded_at, d.met_by,
  array(select f.threshold from deadline_firings f where f.deadline_id = d.id order by 1) as rung,
  array(select f.at from deadline_firings f where f.deadline_id = d.id order by f.threshold) as rung_at,
  array(select coalesce((e.data->>'threshold')::int, 100) from events e where e.incident_id = d.incident_id
    and e.type in ('sla.warning', 'sla.breached') and (e.data->>'deadline_id')::uuid = d.id order by 1) as told
from deadlines d where d.incident_id = $1 order by d.id"""
_INCIDENT = """
select i.status, i.grade, i.seq, array(select e.seq from events e where e.incident_id = i.id order by 1) as seqs
from incidents i where i.id = $1"""


def thresholds(kind: str) -> tuple[int, ...]:
    return (50, 80) if kind == "first_word" else (50, 80, 100)


def instant(clock: asyncpg.Record, threshold: int) -> datetime:
    """When it may ring at the earliest, exact to a microsecond and never before."""
    microseconds = (clock["due_at"] - clock["started_at"]) // timedelta(microseconds=1) * threshold
    return clock["started_at"] + timedelta(microseconds=microseconds // 100 + (microseconds % 100 > 0))


class Here:
    """A loop in a thread of its own, with a database on it: a state machine can't wait for coroutines."""

    def __init__(self, chosen: Settings) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.database = self.run(self._open(chosen))

    async def _open(self, chosen: Settings) -> Database:
        return Database(chosen, doorbell=NoBell())

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(60)

    def close(self) -> None:
        self.run(self.database.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass
class Case:
    """What is known of one incident: as it was read last."""

    id: str
    status: str = "watching"
    grade: Grade | None = None
    clocks: dict[UUID, asyncpg.Record] = field(default_factory=dict)
    # Kinds that were done once and for all, whenever that was.
    done: set[str] = field(default_factory=set)

    def running(self) -> dict[str, asyncpg.Record]:
        return {clock["kind"]: clock for clock in self.clocks.values() if clock["state"] == "running"}


class ClockMachine(RuleBasedStateMachine):
    """Two incidents, and what people, the machine and the sweeper do to them."""

    here: ClassVar[Here]
    which = st.integers(0, 1)
    # How long nobody rings before a step, in minutes, and whether somebody does then.
    minutes = st.sampled_from([0, 14, 16, 24, 31, 61, 121, 1_441, 4_400])
    rung = st.booleans()

    @initialize(grades=st.tuples(st.sampled_from([Grade.MAJOR, Grade.SERIOUS]), st.sampled_from([Grade.GENERAL, None])))
    def begin(self, grades: tuple[Grade | None, ...]) -> None:
        self.cases = [Case(self._open()) for _ in grades]
        for case, grade in zip(self.cases, grades, strict=True):
            if grade is not None:
                self._verb(service.set_grade, case, grade)
            self._read(case)

    def _open(self) -> str:
        async def opened() -> str:
            async with self.here.database.transaction() as tx:
                fields = {"title": "时限", "summary": "", "harm_class": None, "business_unit": None, "is_drill": False}
                return str((await service.open_by_person(tx, fields, caller=SYSTEM, now=await tx.now())).id)

        return self.here.run(opened())

    def _verb(self, verb: Any, case: Case, *given: Any) -> None:
        async def done() -> None:
            async with self.here.database.transaction() as tx:
                await verb(tx, UUID(case.id), *given, reason="测试", caller=SYSTEM, now=await tx.now())

        self.here.run(done())

    def _now(self) -> datetime:
        now: datetime = self.here.run(self.here.database.fetch("select clock_timestamp() as now"))[0]["now"]
        return now

    @precondition(lambda self: any(case.status != "merged" for case in self.cases))
    @rule(which=which, grade=st.sampled_from(list(LEVEL)), minutes=minutes, rung=rung)
    def grade(self, which: int, grade: Grade | None, minutes: int, rung: bool) -> None:
        case = self.cases[which]
        if case.status == "merged":
            return
        self._let_pass(minutes, rung)
        before, old, since = case.running(), case.grade, self._now()
        self._verb(service.set_grade, case, grade)
        self._read(case)
        if LEVEL[grade] < LEVEL[old] and case.status != "dismissed":
            self._check_raise(case, grade, before, since)
        else:
            assert case.running().keys() == before.keys(), "lowering relaxes nothing, and what is dismissed waits"

    def _check_raise(self, case: Case, grade: Grade | None, before: dict[str, asyncpg.Record], since: datetime) -> None:
        until, running = self._now(), case.running()
        for kind, (major, less) in TIMES.items():
            time = major if grade is Grade.MAJOR else less
            settled = kind in case.done or any(
                clock["kind"] == kind and clock["state"] not in ("running", "cancelled")
                for clock in case.clocks.values()
            )
            if kind in before:
                latest = min(before[kind]["due_at"], until + MINUTE * time) if time else before[kind]["due_at"]
                assert running[kind]["id"] == before[kind]["id"]
                assert running[kind]["due_at"] <= latest
                assert running[kind]["due_at"] >= min(before[kind]["due_at"], since + MINUTE * (time or 10**6))
            elif time and (kind in ANEW or not settled):
                assert since <= running[kind]["started_at"] <= until
                assert running[kind]["due_at"] - running[kind]["started_at"] == MINUTE * time
            else:
                assert kind not in running

    @rule(
        which=which,
        name=st.sampled_from(list(ACTS)),
        share=st.sampled_from([0.0, 0.5, 0.99, 1.0]),
        minutes=minutes,
        rung=rung,
    )
    def act(self, which: int, name: str, share: float, minutes: int, rung: bool) -> None:
        """It is told now; ``share`` of the time since the first clock began has gone by since it happened."""
        self._let_pass(minutes, rung)
        case, now = self.cases[which], self._now()
        kind, members, meets = ACTS[name]
        begun = min((clock["started_at"] for clock in case.clocks.values()), default=now)
        happened_at = now - (now - begun) * share
        before = dict(case.clocks)
        self.here.run(act(self.here.database, case.id, kind, happened_at, **members))
        self._read(case, acted=meets)
        case.done |= set(meets) - set(ANEW) | ({"first_word"} if name == "silent" else set())
        for id_, clock in before.items():
            if clock["kind"] in meets:
                assert case.clocks[id_]["state"] == self._judged(clock, happened_at), (clock, happened_at)

    @staticmethod
    def _judged(clock: asyncpg.Record, happened_at: datetime) -> str:
        """What becomes of a clock whose act happened at an instant (方案: judged by when it happened)."""
        state, kind = clock["state"], clock["kind"]
        open_ = state == "running" or (state == "breached" and clock["met_at"] is None)
        if not open_ or (kind in ANEW and happened_at < clock["started_at"]):
            return str(state)
        if happened_at > clock["due_at"]:
            return "breached"
        return "met_recorded_late" if state == "breached" else "met"

    @precondition(lambda self: any(case.status in ("watching", "responding") for case in self.cases))
    @rule(which=which)
    def dismiss(self, which: int) -> None:
        case = self.cases[which]
        if case.status in ("watching", "responding"):
            self._verb(service.set_status, case, "dismissed")
            self._read(case)
            assert not case.running()

    @precondition(lambda self: any(case.status == "dismissed" for case in self.cases))
    @rule(which=which)
    def come_back(self, which: int) -> None:
        case = self.cases[which]
        if case.status != "dismissed":
            return
        since = self._now()
        self._verb(service.set_status, case, "responding")
        self._read(case)
        if case.grade is not None:
            self._check_raise(case, case.grade, {}, since)

    @precondition(lambda self: all(case.status in ("watching", "responding") for case in self.cases))
    @rule(which=which)
    def merge(self, which: int) -> None:
        source, target = self.cases[which], self.cases[1 - which]
        self._verb(service.merge_incidents, source, UUID(target.id))
        self._read(source)
        self._read(target)
        assert source.status == "merged"
        assert LEVEL[target.grade] <= LEVEL[source.grade], "what was grave stays grave"

    @rule(which=which)
    def calm(self, which: int) -> None:
        case, now = self.cases[which], self._now()
        self.here.run(tell(self.here.database, case.id, lambda at: IncidentCalmed(**at, calmed_at=now, evidence={})))
        self._read(case)
        assert "review" in case.running() or case.status in ("dismissed", "merged")

    @rule(which=which)
    def relapse(self, which: int) -> None:
        case, now = self.cases[which], self._now()
        self.here.run(
            tell(self.here.database, case.id,
                 lambda at: IncidentRebounded(**at, calmed_at=now, reason="二次发酵", evidence={}))
        )  # fmt: skip
        self._read(case)
        assert "review" not in case.running()

    def _let_pass(self, minutes: int, rung: bool) -> None:
        for which, case in enumerate(self.cases):
            if minutes:
                self.here.run(pass_time(self.here.database, case.id, minutes=minutes))
                self._read(case, passed=MINUTE * minutes)
            if rung:
                self._ring(which)

    @rule(minutes=minutes)
    def outage_ends(self, minutes: int) -> None:
        self._let_pass(minutes, rung=True)

    def _ring(self, which: int) -> None:
        case, since = self.cases[which], self._now()
        owed = {
            (clock["id"], p) for clock in case.running().values() for p in thresholds(clock["kind"])
            if instant(clock, p) <= since and p not in clock["rung"]
        }  # fmt: skip
        rung = self.here.run(ring(self.here.database, case.id))
        before = dict(case.clocks)
        self._read(case)
        new = {(id_, p) for id_, clock in case.clocks.items() for p in set(clock["rung"]) - set(before[id_]["rung"])}
        assert owed <= new
        assert rung == len(new)
        overdue = [clock for clock in case.running().values() if clock["next_at"] and clock["next_at"] <= since]
        assert not overdue

    def _read(self, case: Case, acted: tuple[str, ...] = (), passed: timedelta = timedelta()) -> None:
        """Reads the incident again, and compares it with what it was before so much time was made to pass."""
        before = case.clocks
        rows = self.here.run(self.here.database.fetch(_CLOCKS, UUID(case.id)))
        (incident,) = self.here.run(self.here.database.fetch(_INCIDENT, UUID(case.id)))
        case.clocks = {row["id"]: row for row in rows}
        case.status, case.grade = incident["status"], Grade(incident["grade"]) if incident["grade"] else None
        assert incident["seqs"] == list(range(1, incident["seq"] + 1)), "no gap, no double"
        assert before.keys() <= case.clocks.keys(), "no clock is forgotten"
        for id_, old in before.items():
            new = case.clocks[id_]
            assert new["due_at"] + passed <= old["due_at"], "never later"
            if old["state"] != "running":
                self._check_ended(old, new, acted)

    @staticmethod
    def _check_ended(old: asyncpg.Record, new: asyncpg.Record, acted: tuple[str, ...]) -> None:
        told_at_last = old["kind"] in acted and old["state"] == "breached" and old["met_at"] is None
        assert new["state"] == old["state"] or (told_at_last and new["state"] == "met_recorded_late")
        assert new["met_by"] == old["met_by"] or told_at_last
        assert new["rung"] == old["rung"], "what has ended is silent"

    @invariant()
    def promises(self) -> None:
        for case in getattr(self, "cases", []):
            kinds = [clock["kind"] for clock in case.clocks.values() if clock["state"] == "running"]
            assert len(kinds) == len(set(kinds)), "one running clock a kind"
            assert not (kinds and case.status in ("dismissed", "merged"))
            for clock in case.clocks.values():
                self._check(clock)

    @staticmethod
    def _check(clock: asyncpg.Record) -> None:
        assert clock["told"] == clock["rung"] == sorted(set(clock["rung"])), "once each, and told"
        for threshold, at in zip(clock["rung"], clock["rung_at"], strict=True):
            assert at >= instant(clock, threshold), "never early"
        unrung = [instant(clock, p) for p in thresholds(clock["kind"]) if p not in clock["rung"]]
        running = clock["state"] == "running"
        assert clock["next_at"] == (min(unrung, default=None) if running else None)
        # A first word that comes too late is counted, and never rang.
        ended_late = clock["state"] in ("breached", "met_recorded_late") and clock["kind"] != "first_word"
        assert (100 in clock["rung"]) == ended_late


@pytest.fixture
def here(settings: Settings) -> Iterator[Here]:
    reactions.install()
    opened = Here(settings)
    yield opened
    opened.close()


def test_the_promises_hold_after_every_step(here: Here) -> None:
    ClockMachine.here = here
    run_state_machine_as_test(
        ClockMachine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=16, database=None, print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
