"""What a replay says: what would have formed and what would not, and which grades would be others. Ids and figures alone."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from app.domain.spread import minute_start
from app.metrics.replay_cases import Case, Raise
from app.metrics.replay_history import Told
from app.metrics.replay_rules import Formed, Past, RuleReplay

MOST_LISTED: Final = 100
MOST_EXAMPLES: Final = 20

Row = dict[str, Any]


def of_rule(
    replay: RuleReplay, reported: Mapping[UUID, Past], rows: Mapping[UUID, Record], told: Mapping[tuple[UUID, str], Told],
    apart: set[UUID], starts_at: datetime, ends_at: datetime,
) -> Row:  # fmt: skip
    """The incidents that would have formed beside those that did; ``reported`` are the real ones of the span."""
    formed = [one for one in replay.formed if _counts(one, reported, starts_at, ends_at)]
    more = [_more(one) for one in formed if not one.pasts]
    missed, changed, same = [], [], 0
    for past in reported.values():
        one = replay.by_past.get(past.id)
        if one is None or one.pasts[0].id != past.id:
            missed.append(_missed(past, rows[past.id], told, one))
        elif past.id not in apart:
            row = _compared(past, rows[past.id]["auto_grade"], _told(past.id, rows, told), one.case)
            changed += [row] if row else []
            same += not row
    return _result(len(reported), len(formed), more, missed, changed, same, len(apart & reported.keys()))


def _counts(one: Formed, reported: Mapping[UUID, Past], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether it is of the span: by the real one that it is, else by when it would have been opened."""
    return one.pasts[0].id in reported if one.pasts else starts_at <= one.case.opened_at < ends_at


def of_policy(
    played: Iterable[tuple[Past, Case, Case]], rows: Mapping[UUID, Record]
) -> Row:  # fmt: skip
    """The incidents as graded by the policy they have and by the proposed one. ``set_apart``: what history says can't be
    reckoned again, because people moved or merged something."""
    more, missed, changed, same, apart, before, after = [], [], [], 0, 0, 0, 0
    for past, own, proposed in played:
        before, after = before + (own.auto is not None), after + (proposed.auto is not None)
        if own.auto != rows[past.id]["auto_grade"]:
            apart += 1
            continue
        row = _compared(past, own.auto, _told_by(own.reached()), proposed)
        if row is None:
            same += 1
        elif own.auto is None:
            more.append(row)
        elif proposed.auto is None:
            missed.append(row)
        else:
            changed.append(row)
    return _result(before, after, more, missed, changed, same, apart)


def _result(history: int, replayed: int, more: list[Row], missed: list[Row], changed: list[Row], same: int, apart: int) -> Row:  # fmt: skip
    return {
        "incidents": {
            "in_history": history, "as_replayed": replayed, "more": len(more), "missed": len(missed),
            "changed": len(changed), "unchanged": same, "set_apart": apart,
        },
        "more_incidents": more[:MOST_LISTED], "missed_incidents": missed[:MOST_LISTED],
        "changed_incidents": changed[:MOST_LISTED],
    }  # fmt: skip


def _blank(opened_at: datetime) -> Row:
    return {
        "incident_id": None, "number": None, "opened_at": opened_at, "first_mention_id": None, "mention_count": None,
        "spread": None, "grade_before": None, "minute_before": None, "grade_after": None, "rule_after": None,
        "minute_after": None, "already_in_incidents": None, "joined_with": None,
    }  # fmt: skip


def _more(one: Formed) -> Row:
    return _blank(one.case.opened_at) | _after(one.case) | {
        "first_mention_id": one.posts[0].id,
        "already_in_incidents": sum(post.elsewhere is not None for post in one.posts),
    }  # fmt: skip


def _missed(past: Past, row: Record, told: Mapping[tuple[UUID, str], Told], one: Formed | None) -> Row:
    grade = row["auto_grade"]
    return _blank(past.opened_at) | {
        "incident_id": past.id, "number": past.number, "grade_before": grade,
        "minute_before": told[past.id, grade].minute if (past.id, grade) in told else None,
        "joined_with": one.pasts[0].id if one else None,
    }  # fmt: skip


def _told(past_id: UUID, rows: Mapping[UUID, Record], told: Mapping[tuple[UUID, str], Told]) -> datetime | None:
    found = told.get((past_id, rows[past_id]["auto_grade"]))
    return found.minute if found else None


def _told_by(raised: Raise | None) -> datetime | None:
    return None if raised is None or raised.minute is None else minute_start(raised.minute)


def _compared(past: Past, before: str | None, minute_before: datetime | None, case: Case) -> Row | None:
    """What became other of a real incident; None where nothing did."""
    after = _after(case)
    minute_after = after["minute_after"]
    moved = minute_before is not None and minute_after is not None and minute_before != minute_after
    if before == case.auto and not moved:
        return None
    return _blank(past.opened_at) | after | {
        "incident_id": past.id, "number": past.number, "grade_before": before, "minute_before": minute_before,
    }  # fmt: skip


def _after(case: Case) -> Row:
    raised = case.reached()
    return {
        "mention_count": len(case.members), "spread": case.incident.total, "grade_after": case.auto,
        "rule_after": raised.rule if raised else None, "minute_after": _told_by(raised),
    }  # fmt: skip
