"""Replays: asked for, claimed by a worker for as long as its lease lasts, and finished or failed (R72).

A replay reads history and writes its own row alone: no incident, no mention, no grade.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import and_, func, or_, select

from app.core.auth import SYSTEM, Caller
from app.core.db import Tx
from app.core.errors import Conflict, Invalid, naming
from app.core.instants import not_ahead
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.grades import HarmClass
from app.domain.grading import policy_data, policy_from
from app.domain.vocabulary.quality import ReplayFailure, ReplayKind, ReplayState
from app.incidents.versions import get_version
from app.mentions.queries import get_rule
from app.models import GradingPolicy, Replay
from app.models.base import new_id

LEASE: Final = timedelta(seconds=60)
MOST_TRIES: Final = 3
AGAIN: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(days=366)
MOST_WAITING: Final = 20

_OF_RULES: Final = ("rule_id", "brand_words", "negative_words", "exclusions", "harm_class")
_OF_POLICIES: Final = ("policy_id", "policy_rules")


class TooManyReplays(Conflict):
    """They are played one after the other."""

    code, title = "too_many_replays", ("Too many replays wait", "等待中的回放过多")


class Claimed(NamedTuple):
    """A replay that is this worker's for as long as its lease lasts."""

    id: UUID
    token: UUID
    kind: ReplayKind
    asked: dict[str, Any]
    starts_at: datetime
    ends_at: datetime


async def ask(
    tx: Tx, kind: ReplayKind, fields: Mapping[str, Any], starts_at: datetime, ends_at: datetime | None, *, caller: Caller,
    now: datetime,
) -> Replay:  # fmt: skip
    """Asks for a rule or a policy to be played on what was received from ``starts_at`` to ``ends_at``. Invalid names what
    makes no sense; TooManyReplays while others wait."""
    ends_at = not_ahead(ends_at, now, "/ends_at") or now
    if ends_at <= starts_at:
        raise Invalid.at("/starts_at", "must lie before the end, and not in the future", "span_empty")
    if ends_at - starts_at > LONGEST:
        raise Invalid.at(
            "/starts_at", f"the span is longer than {LONGEST.days} days; choose a shorter one", "span_too_long"
        )
    others = _OF_POLICIES if kind is ReplayKind.RULE else _OF_RULES
    for name in others:
        if fields.get(name) is not None:
            raise Invalid.at(
                f"/{name}", f"says nothing of a replay of the kind {kind}; leave it out", "not_of_this_kind"
            )
    asked = await (_rule(tx, fields) if kind is ReplayKind.RULE else _policy(tx, fields))
    waiting = select(func.count()).where(Replay.state.in_((ReplayState.QUEUED, ReplayState.RUNNING)))
    if (await tx.scalar(waiting) or 0) >= MOST_WAITING:
        raise TooManyReplays(f"{MOST_WAITING} replays wait or run; ask again when some are done.")
    replay = Replay(
        id=new_id(), kind=kind, asked=orjson.loads(orjson.dumps(asked, default=str)), starts_at=starts_at, ends_at=ends_at,
        state=ReplayState.QUEUED, progress=0, tries=0, asked_by=caller.actor, created_at=now, detail="",
    )  # fmt: skip
    tx.add(replay)
    event = Changed(subject="replay", subject_id=str(replay.id), action="asked", fields=sorted(asked))
    await record(tx, event, caller=caller)
    return replay


async def _rule(tx: Tx, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The words to be tried, whole: what is not said is as the rule has it."""
    asked: dict[str, Any] = {
        "rule_id": None,
        "negative_words": [],
        "exclusions": [],
        "harm_class": HarmClass.INDIVIDUAL,
    }
    if fields.get("rule_id") is not None:
        with naming("/rule_id"):
            rule = await get_rule(tx, fields["rule_id"])
        asked = {name: getattr(rule, name) for name in _OF_RULES[1:]} | {"rule_id": rule.id}
    asked |= {name: fields[name] for name in _OF_RULES if fields.get(name) is not None}
    if not asked.get("brand_words"):
        raise Invalid.at(
            "/brand_words", "is needed unless `rule_id` names a rule whose words are taken", "words_needed"
        )
    return asked


async def _policy(tx: Tx, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The rules to be tried, whole."""
    if (fields.get("policy_id") is None) == (fields.get("policy_rules") is None):
        raise Invalid.at("/policy_rules", "say either these or `policy_id`, one of both", "policy_needed")
    if fields.get("policy_id") is not None:
        with naming("/policy_id"):
            policy = await get_version(tx, GradingPolicy, fields["policy_id"])
        return {"policy_id": policy.id, "policy_rules": policy.rules}
    try:
        return {
            "policy_id": None,
            "policy_rules": policy_data(policy_from([dict(rule) for rule in fields["policy_rules"]])),
        }
    except ValueError as error:
        raise Invalid.at("/policy_rules", str(error), "policy_invalid") from None


async def claim(tx: Tx) -> Claimed | None:
    """The replay that waits longest, or whose worker was lost; None where there is none. One lost too often has failed."""
    now = await tx.now()
    waiting = or_(
        Replay.state == ReplayState.QUEUED, and_(Replay.state == ReplayState.RUNNING, Replay.lease_until < now)
    )
    query = select(Replay).where(waiting).order_by(Replay.id).limit(1).with_for_update(skip_locked=True)
    replay = (await tx.scalars(query)).one_or_none()
    if replay is None:
        return None
    replay.state, replay.token, replay.lease_until = ReplayState.RUNNING, new_id(), now + LEASE
    claimed = Claimed(replay.id, replay.token, ReplayKind(replay.kind), replay.asked, replay.starts_at, replay.ends_at)
    if replay.tries >= MOST_TRIES:
        await tx.flush()
        detail = f"It was begun {MOST_TRIES} times and never finished; ask again, for a shorter span perhaps."
        await fail(tx, claimed, ReplayFailure.INTERRUPTED, detail)
        return None
    replay.tries += 1
    replay.progress = 0
    return claimed


async def go_on(tx: Tx, claimed: Claimed, progress: int) -> bool:
    """Notes how far it is and keeps the lease; False where another worker has it by now."""
    replay = await _mine(tx, claimed)
    if replay is None:
        return False
    replay.progress, replay.lease_until = progress, await tx.now() + LEASE
    return True


async def finish(tx: Tx, claimed: Claimed, result: Mapping[str, Any]) -> bool:
    """The result is there; False where another worker has it by now."""
    replay = await _mine(tx, claimed)
    if replay is None:
        return False
    replay.result = orjson.loads(orjson.dumps(result, default=str, option=orjson.OPT_UTC_Z))
    await _end(tx, replay, ReplayState.DONE, "finished")
    return True


async def fail(tx: Tx, claimed: Claimed, failure: ReplayFailure, detail: str) -> bool:
    """There is none, and why."""
    replay = await _mine(tx, claimed)
    if replay is None:
        return False
    replay.failure, replay.detail = failure, detail
    await _end(tx, replay, ReplayState.FAILED, "failed")
    return True


async def _end(tx: Tx, replay: Replay, state: ReplayState, action: str) -> None:
    replay.state, replay.finished_at = state, await tx.now()
    replay.progress = 100 if state is ReplayState.DONE else replay.progress
    replay.token = replay.lease_until = None
    event = Changed(subject="replay", subject_id=str(replay.id), action=action, fields=[])
    await record(tx, event, caller=SYSTEM)


async def put_back(tx: Tx, claimed: Claimed) -> bool:
    """Leaves it to the next try, in a moment."""
    replay = await _mine(tx, claimed)
    if replay is None:
        return False
    replay.lease_until = await tx.now() + AGAIN
    return True


async def _mine(tx: Tx, claimed: Claimed) -> Replay | None:
    query = select(Replay).where(Replay.id == claimed.id, Replay.token == claimed.token)
    return (await tx.scalars(query.with_for_update().execution_options(populate_existing=True))).one_or_none()
