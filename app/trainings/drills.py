"""Drills 模拟演练 (方案 三, R68-R71): what people do with a run of a scenario. What it plays: :mod:`app.trainings.drills_playing`.

A run's row is locked before everything else, so that whoever plays it, pauses it or ends it does so one after the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.doorbell import DRILLS
from app.core.errors import Conflict, FieldError, Invalid
from app.core.outbox import record
from app.domain.events import Changed, DrillEnded, DrillPaused, DrillResumed, DrillStarted
from app.domain.lifecycle import ACCEPTING
from app.domain.matching import Matcher
from app.domain.scenarios import COUNTERS, POSTS, Words, own_words, said
from app.domain.vocabulary.drills import DrillState, InjectSource
from app.incidents.grading import set_status
from app.incidents.runs import pace_from
from app.incidents.spread import lock_incidents
from app.mentions.rulebook import words_of
from app.models import Drill, DrillInject, Incident, Scenario, ScenarioVersion, WatchRule
from app.models.base import new_id
from app.people.persons import active_people
from app.trainings import drills_time
from app.trainings.drills_queries import get_drill

MINUTE = timedelta(minutes=1)


class DrillNotThere(Conflict):
    """The drill is not in a state that allows it."""

    code, title = "drill_state", ("The drill's state does not allow this", "演练当前状态不允许该操作")


async def create_drill(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Drill:
    """A run of a scenario's version on a real watch rule, or on words of its own; started at once unless it ``waits``."""
    scenario, version = await _version(tx, fields["scenario"], fields["scenario_version"])
    content = version.content
    rule, words = await _rule(tx, scenario, content, fields["rule_id"], now)
    people = {f"/participants/{place}": id_ for place, id_ in enumerate(fields["participants"])}
    await active_people(tx, people)
    drill = Drill(
        id=new_id(), name=fields["name"] or scenario.name, scenario_version_id=version.id, scale=fields["scale"],
        duration_seconds=content["duration_seconds"], rule_id=rule.id, own_rule=fields["rule_id"] is None,
        brand=words.brand, word=words.word, state=DrillState.PLANNED, paused_ats=[], resumed_ats=[],
        participants=list(dict.fromkeys(people.values())), created_at=now, created_by=caller.actor, updated_at=now,
        version=1,
    )  # fmt: skip
    tx.add(drill)
    await tx.flush()
    await tx.refresh(drill, ["serial"])
    tx.add_all(
        DrillInject(
            id=new_id(), drill_id=drill.id, position=position, at_seconds=inject["offset_seconds"],
            source=InjectSource.SCENARIO, kind=inject["kind"], ref=inject["ref"], content=said(inject, words),
            created_at=now, created_by=caller.actor,
        )
        for position, inject in enumerate(content["injects"], 1)
    )  # fmt: skip
    event = Changed(subject="drill", subject_id=str(drill.id), action="created", fields=sorted(fields))
    await record(tx, event, caller=caller)
    if not fields["waits"]:
        await _start(tx, drill, scenario, caller=caller, now=now)
    return drill


async def _version(tx: Tx, key: str, number: int | None) -> tuple[Scenario, ScenarioVersion]:
    """The scenario's version, the newest where none is named. Invalid names what there is not."""
    scenario = await tx.scalar(select(Scenario).where(Scenario.key == key))
    if scenario is None:
        raise Invalid.at("/scenario", f"there is no scenario {key}; GET /v1/scenarios lists those there are", "unknown")
    query = select(ScenarioVersion).where(ScenarioVersion.scenario_id == scenario.id)
    if number is not None:
        query = query.where(ScenarioVersion.number == number)
    elif scenario.retired_at is not None:
        raise Invalid.at(
            "/scenario", f"the scenario {key} was put away; name a version to play it all the same", "retired"
        )
    version = await tx.scalar(query.order_by(ScenarioVersion.number.desc()).limit(1))
    if version is None:
        raise Invalid.at("/scenario_version", f"the scenario {key} has no version {number}", "unknown")
    return scenario, version


async def _rule(
    tx: Tx, scenario: Scenario, content: Mapping[str, Any], rule_id: UUID | None, now: datetime
) -> tuple[WatchRule, Words]:
    """The rule that is played for, and the words for the scenario's texts. Invalid where none of them would hit it."""
    if rule_id is None:
        return await _own_rule(tx, scenario, content, now), own_words(content)
    rule = await tx.get(WatchRule, rule_id)
    if rule is None or rule.deleted_at is not None:
        raise Invalid.at("/rule_id", f"there is no watch rule {rule_id}", "not_found")
    words = Words.of(rule.brand_words, rule.negative_words)
    matcher = Matcher([words_of(rule)])
    posts = [said(inject, words) for inject in content["injects"] if inject["kind"] in POSTS]
    if not any(matcher.match(post["title"], post["text"]) for post in posts if post["sentiment"] == "negative"):
        raise Invalid.at(
            "/rule_id", f"none of the scenario's negative posts would hit the rule {rule.name}: choose another, or none, to "
            "play with words of the scenario's own", "hits_nothing",
        )  # fmt: skip
    return rule, words


async def _own_rule(tx: Tx, scenario: Scenario, content: Mapping[str, Any], now: datetime) -> WatchRule:
    """A rule of the run's own. It is born deleted: incidents and hits cite it, and nothing real is matched with it."""
    rule = WatchRule(
        id=new_id(), name=scenario.name, brand_words=[content["brand"]], negative_words=content["negative_words"],
        exclusions=[], harm_class=content["harm_class"], business_unit=None, enabled=False, created_at=now, updated_at=now,
        deleted_at=now,
    )  # fmt: skip
    tx.add(rule)
    await tx.flush()
    return rule


async def start_drill(tx: Tx, drill_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime) -> Drill:
    """Plays what was only planned."""
    drill = await _locked(tx, drill_id, expected, (DrillState.PLANNED,), "started")
    await _start(tx, drill, await scenario_of(tx, drill), caller=caller, now=now)
    return drill


async def _start(tx: Tx, drill: Drill, scenario: Scenario, *, caller: Caller, now: datetime) -> None:
    drill.state, drill.started_at, drill.next_at = DrillState.RUNNING, now, now
    # A whole minute, as windows have: so a scenario reaches the same grades at the same minutes whenever it is started.
    drill.zero_at = now.replace(second=0, microsecond=0)
    touch(drill, now)
    event = DrillStarted(**named(drill, scenario, drill.zero_at), duration_seconds=drill.duration_seconds)
    await record(tx, event, caller=caller)
    tx.ring(DRILLS)


async def pause_drill(tx: Tx, drill_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime) -> Drill:
    """Stops its time: nothing is played, and no clock of it rings, until it goes on."""
    drill = await _locked(tx, drill_id, expected, (DrillState.RUNNING,), "paused")
    now = _after_all(drill, now)
    incidents = await lock_incidents(tx, await incident_ids(tx, drill.id))
    drill.state, drill.next_at, drill.paused_ats = DrillState.PAUSED, None, [*drill.paused_ats, now]
    touch(drill, now)
    await drills_time.hush(tx, drill, incidents)
    event = DrillPaused(**named(drill, await scenario_of(tx, drill), pace_from(drill).scenario(now)))
    await record(tx, event, caller=caller)
    return drill


async def resume_drill(tx: Tx, drill_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime) -> Drill:
    """Its time goes on; everything that is to come is later by as long as it stood still."""
    drill = await _locked(tx, drill_id, expected, (DrillState.PAUSED,), "resumed")
    now = _after_all(drill, now)
    await _resume(tx, drill, await lock_incidents(tx, await incident_ids(tx, drill.id)), now)
    touch(drill, now)
    event = DrillResumed(
        **named(drill, await scenario_of(tx, drill), pace_from(drill).scenario(now)),
        paused_seconds=(now - drill.paused_ats[-1]).total_seconds(),
    )  # fmt: skip
    await record(tx, event, caller=caller)
    tx.ring(DRILLS)
    return drill


async def _resume(tx: Tx, drill: Drill, incidents: Mapping[UUID, Incident], now: datetime) -> None:
    drill.state, drill.next_at, drill.resumed_ats = DrillState.RUNNING, now, [*drill.resumed_ats, now]
    await drills_time.go_on(tx, drill, incidents, pace_from(drill), since=drill.paused_ats[-1], now=now)


async def stop_drill(
    tx: Tx, drill_id: UUID, *, reason: str, expected: Expected = ANY, caller: Caller, now: datetime
) -> Drill:
    """Ends it before its scenario is over."""
    drill = await _locked(tx, drill_id, expected, (DrillState.RUNNING, DrillState.PAUSED), "stopped")
    await end_drill(tx, drill, DrillState.STOPPED, reason=reason, caller=caller, now=now)
    return drill


async def end_drill(
    tx: Tx, drill: Drill, state: DrillState, *, reason: str, caller: Caller, now: datetime, outright: bool = False
) -> None:
    """Ends the run, which is locked, with what runs in it: clocks ring or are not reached, and incidents that are open still are
    dismissed, so that nothing more is made of them. ``outright``: clocks are cut off, and incidents stay as they are."""
    incidents, now = await lock_incidents(tx, await incident_ids(tx, drill.id)), _after_all(drill, now)
    if drill.state == DrillState.PAUSED:
        await _resume(tx, drill, incidents, now)
    # Noted late, it was over all the same.
    over_at = pace_from(drill).over_at
    drill.state, drill.next_at, drill.ended_at = state, None, min(now, over_at or now)
    touch(drill, now)
    if outright:
        await drills_time.cut_off(tx, drill, now=now)
    else:
        await drills_time.end(tx, drill, incidents, now=now)
        await _dismiss(tx, drill, incidents, caller=caller, now=now)
    played, count = (await tx.execute(
        select(func.count(DrillInject.played_at), func.count()).where(DrillInject.drill_id == drill.id)
    )).one()  # fmt: skip
    event = DrillEnded(
        **named(drill, await scenario_of(tx, drill), pace_from(drill).scenario(now)), state=state, reason=reason,
        incident_ids=sorted(incidents), played_count=played, inject_count=count,
    )  # fmt: skip
    await record(tx, event, caller=caller)


async def _dismiss(
    tx: Tx, drill: Drill, incidents: Mapping[UUID, Incident], *, caller: Caller, now: datetime
) -> None:  # fmt: skip
    reason = f"演练 {drill.number} 已结束 The drill has ended."
    open_still = [incident for incident in incidents.values() if incident.status in ACCEPTING]
    over = [set_status(incident, "dismissed", reason=reason, now=now) for incident in open_still]
    await record(tx, *over, caller=caller)


async def inject(tx: Tx, drill_id: UUID, content: Mapping[str, Any], *, caller: Caller, now: datetime) -> DrillInject:
    """Plays something that is not in the scenario, at this instant of its time: a post, a report, or later counters."""
    if errors := list(_misfits(content)):
        raise Invalid.of(errors)
    drill = await _locked(tx, drill_id, ANY, (DrillState.RUNNING,), "played into")
    injects = (await tx.scalars(select(DrillInject).where(DrillInject.drill_id == drill.id))).all()
    posted = {one.ref: one for one in injects if one.kind in POSTS}
    ref, is_post = content["ref"], content["kind"] in POSTS
    if is_post and ref in posted:
        raise Invalid.at(
            "/ref", f"{ref} is another post of this drill; later counters of it are of the kind reading", "repeated"
        )
    if not is_post and (ref not in posted or posted[ref].played_at is None):
        raise Invalid.at("/ref", f"{ref} is no post that this drill has played", "unknown")
    row = DrillInject(
        id=new_id(), drill_id=drill.id, position=max((one.position for one in injects), default=0) + 1,
        at_seconds=pace_from(drill).elapsed(now), source=InjectSource.HAND, kind=content["kind"], ref=ref,
        content=said(content, Words(drill.brand, drill.word)), created_at=now, created_by=caller.actor,
    )  # fmt: skip
    tx.add(row)
    drill.next_at = now
    event = Changed(subject="drill", subject_id=str(drill.id), action="injected", fields=["injects"])
    await record(tx, event, caller=caller)
    tx.ring(DRILLS)
    return row


def _misfits(content: Mapping[str, Any]) -> Iterator[FieldError]:
    """What a post needs, and a later reading of one can't have."""
    if content["kind"] in POSTS:
        for name in ("platform", "text"):
            if content[name] is None:
                yield FieldError(f"/{name}", f"state it: a {content['kind']} has one", "needed")
        return
    for name in ("platform", "author", "title", "url", "text", "sentiment"):
        if content[name] is not None:
            yield FieldError(
                f"/{name}", "leave it out: a reading has counters, and its post said the rest", "of_a_post"
            )
    if all(content[name] is None for name in COUNTERS):
        yield FieldError("/reposts", "state at least one counter: reposts, comments, likes or views", "needed")


async def _locked(tx: Tx, drill_id: UUID, expected: Expected, states: Sequence[DrillState], done: str) -> Drill:
    """The run, which nobody else changes now; DrillNotThere unless it is in one of these states."""
    drill = await get_drill(tx, drill_id, lock=True)
    expected.meet(drill.version)
    if drill.state not in states:
        raise DrillNotThere(
            f"The drill {drill.number} is {drill.state}; it can be {done} while it is {' or '.join(states)}."
        )
    return drill


def _after_all(drill: Drill, now: datetime) -> datetime:
    """Whoever waited for the run's row began before who held it; what they do comes after."""
    return max([now, *drill.paused_ats, *drill.resumed_ats])


async def incident_ids(tx: Tx, drill_id: UUID) -> Sequence[UUID]:
    """The incidents that came of it."""
    return (await tx.scalars(select(Incident.id).where(Incident.drill_id == drill_id).order_by(Incident.id))).all()


async def scenario_of(tx: Tx, drill: Drill) -> Scenario:
    """What it plays."""
    query = select(Scenario).join(ScenarioVersion, ScenarioVersion.scenario_id == Scenario.id)
    return (await tx.scalars(query.where(ScenarioVersion.id == drill.scenario_version_id))).one()


def named(drill: Drill, scenario: Scenario, scenario_at: datetime) -> dict[str, Any]:
    """The run, as its events name it."""
    return {
        "drill_id": drill.id, "drill_number": drill.number, "scenario_key": scenario.key, "scale": drill.scale,
        "scenario_at": scenario_at,
    }  # fmt: skip
