"""The three decisions (R60-R62): drafted, looked at, and applied as new versions in one transaction; or nothing changes, and
why. A decision that something else was changed under meanwhile is looked at again: DecisionOutdated says what it was."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid
from app.core.outbox import record
from app.domain.events import Changed, ReviewDecided
from app.domain.vocabulary.reviews import ReviewAction, ReviewDecisionKind, ReviewDecisionState, ReviewSubject
from app.incidents.timeline import on_timeline
from app.models import Review, ReviewDecision
from app.models import ReviewChange as ChangeRow
from app.models.base import new_id
from app.reviews.changing import Changer, Deciding, Made, Seen
from app.reviews.covers import Held, get_review, hold
from app.reviews.decision_schemas import ReviewChange
from app.reviews.process import ProcessChanger
from app.reviews.risks_changing import RisksChanger
from app.reviews.scope import ScopeChanger
from app.reviews.service import settle
from app.reviews.states import get_decision, must_may
from app.reviews.written import as_seen

CHANGERS: Mapping[ReviewDecisionKind, Changer[Any]] = {
    ReviewDecisionKind.RISKS: RisksChanger(),
    ReviewDecisionKind.PROCESS: ProcessChanger(),
    ReviewDecisionKind.SCOPE: ScopeChanger(),
}
# How many previews are remembered: enough for as many people as sit at a table.
REMEMBERED = 20
_CHANGE = TypeAdapter(ReviewChange)


class NothingDrafted(Conflict):
    """There is nothing to apply."""

    code, title = "nothing_drafted", ("No change is drafted", "尚未拟定变更")


class DecisionOutdated(Conflict):
    """Somebody changed meanwhile what it is about, or the draft."""

    code, title = "decision_outdated", ("What it would change has changed since", "预览后相关内容已变更")


async def draft_change(
    tx: Tx, review_id: UUID, kind: ReviewDecisionKind, change: ReviewChange, *, reason: str, expected: Expected = ANY,
    caller: Caller, now: datetime,
) -> ReviewDecision:  # fmt: skip
    """Says what is to be changed; nothing is yet. Invalid where it makes no sense."""
    _, decision = await _open(tx, review_id, kind)
    expected.meet(decision.version)
    if change.root.kind is not kind:
        raise Invalid.at("/change/kind", f"must be {kind}: this is the decision on that", "wrong_kind")
    seen = await CHANGERS[kind].look(tx, change.root)
    _must_make_sense(seen)
    stated = change.model_dump(mode="json", exclude_unset=True)
    if (decision.change, decision.reason) != (stated, reason):
        decision.change, decision.reason = stated, reason
        touch(decision, now)
        event = Changed(subject="review_decision", subject_id=str(decision.id), action="drafted", fields=[kind])
        await record(tx, event, caller=caller)
    return decision


def _must_make_sense(seen: Sequence[Seen]) -> None:
    # A risk that stays as it is gets linked to what came true.
    if not any(one.subject is ReviewSubject.RISK or one.gone or one.shown()["differences"] for one in seen):
        raise Invalid.at("/change", "changes nothing: say no-change, with a reason, or name what to change", "empty")
    errors, known = [], set[tuple[str, str]]()
    for one in seen:
        if one.gone:
            detail = f"There is no {one.subject.replace('_', ' ')} {one.id}."
            errors.append(FieldError(f"/change{one.place}", detail, "not_found"))
        elif one.id is not None and (one.subject, one.id) in known:
            detail = "is changed already by another step; say it in one"
            errors.append(FieldError(f"/change{one.place}", detail, "duplicate"))
        if one.id is not None:
            known.add((one.subject, one.id))
    if errors:
        raise Invalid.of(errors)


async def keep_as_is(
    tx: Tx, review_id: UUID, kind: ReviewDecisionKind, reason: str, *, expected: Expected = ANY, caller: Caller,
    now: datetime,
) -> ReviewDecision:  # fmt: skip
    """Nothing changes, and why: a person's word."""
    held = await hold(tx, review_id)
    caller.require_person()
    await must_may(tx, held.review, ReviewAction.DECIDE, kind)
    decision = await get_decision(tx, review_id, kind)
    expected.meet(decision.version)
    decision.change, decision.reason = {}, reason
    await _decide(tx, held, decision, ReviewDecisionState.NO_CHANGE, [], caller=caller, now=now)
    return decision


async def preview(
    tx: Tx, review_id: UUID, kind: ReviewDecisionKind, *, caller: Caller, now: datetime
) -> dict[str, Any]:
    """What applying it would change. Nothing is, but what was looked at is remembered: so it can be said what changed."""
    review, decision = await _open(tx, review_id, kind)
    change = _drafted(decision)
    for scope in CHANGERS[kind].scopes(change):
        caller.require(scope.replace(":write", ":read"))
    seen = await CHANGERS[kind].look(tx, change)
    _must_be_there(seen)
    version = _version(decision, seen)
    looked = {"version": version, "draft": decision.version, "marks": [one.mark for one in seen]}
    others = [one for one in decision.previews if one["version"] != version]
    decision.previews = [*others[-REMEMBERED + 1 :], looked]
    await tx.flush()
    changes: Any = [one.shown() for one in seen]
    if kind is ReviewDecisionKind.RISKS:
        changes = await as_seen(tx, review.born_of, changes, caller=caller)
    return {"review_id": review_id, "kind": kind, "version": version, "changes": changes}


async def apply_change(
    tx: Tx, review_id: UUID, kind: ReviewDecisionKind, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> ReviewDecision:
    """Makes the drafted change, all of it: a person's word. ``expected`` is of the preview.

    DecisionOutdated says what changed since; nothing is changed then.
    """
    await get_review(tx, review_id)
    caller.require_person()
    before = await get_decision(tx, review_id, kind)
    changer, version = CHANGERS[kind], before.version
    if before.change:
        for scope in changer.scopes(_drafted(before)):
            caller.require(scope)
        await changer.lock(tx, _drafted(before))
    held = await hold(tx, review_id)
    await must_may(tx, held.review, ReviewAction.DECIDE, kind)
    decision = await get_decision(tx, review_id, kind)
    change = _drafted(decision)
    seen = await changer.look(tx, change, lock=True)
    _must_be_there(seen)
    _must_be_looked_at(decision, seen, expected, drafted=version)
    deciding = Deciding(held.review, [incident.id for incident in held.incidents], decision.reason)
    made = await changer.apply(tx, change, deciding, caller=caller, now=now)
    await _decide(tx, held, decision, ReviewDecisionState.APPLIED, made, caller=caller, now=now)
    return decision


async def _open(tx: Tx, review_id: UUID, kind: ReviewDecisionKind) -> tuple[Review, ReviewDecision]:
    review = await get_review(tx, review_id, lock=True)
    await must_may(tx, review, ReviewAction.DECIDE, kind)
    return review, await get_decision(tx, review_id, kind)


def _drafted(decision: ReviewDecision) -> Any:
    if not decision.change:
        raise NothingDrafted("Say what is to be changed first (PUT this decision), or that nothing is (no-change).")
    return _CHANGE.validate_json(orjson.dumps(decision.change)).root


def _version(decision: ReviewDecision, seen: Sequence[Seen]) -> int:
    """Stands for the draft and what it is about: another one as soon as one of them changes."""
    said = orjson.dumps([str(decision.id), decision.version, [one.mark for one in seen]])
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big") % 10**9


def _must_be_there(seen: Sequence[Seen]) -> None:
    gone = [one for one in seen if one.gone]
    if gone:
        changed = [_moved(one.mark, None) for one in gone]
        raise DecisionOutdated(
            "What the draft is about is no more; draft it anew. " + " ".join(one["detail"] for one in changed),
            errors=[FieldError(f"/change{one.place}", "is no more", "not_found") for one in gone], changed=changed,
        )  # fmt: skip


def _must_be_looked_at(decision: ReviewDecision, seen: Sequence[Seen], expected: Expected, *, drafted: int) -> None:
    """DecisionOutdated unless the draft and what it is about are as the preview saw them."""
    if decision.version != drafted:
        raise DecisionOutdated("Somebody changed the draft at this moment: look at it again.", changed=[])
    if expected.versions is None or _version(decision, seen) in expected.versions:
        return
    looked = [one for one in decision.previews if one["version"] in expected.versions]
    changed = _changed(looked[-1], decision, seen) if looked else []
    what = " ".join(one["detail"] for one in changed) or "The If-Match is of no preview of this decision."
    raise DecisionOutdated(
        f"{what} POST {expected.preview or 'the preview'} again, look, and send its ETag as If-Match.",
        errors=[FieldError(f"/change{one['place']}", one["detail"], "changed") for one in changed], changed=changed,
    )  # fmt: skip


def _changed(looked: Mapping[str, Any], decision: ReviewDecision, seen: Sequence[Seen]) -> list[dict[str, Any]]:
    if looked["draft"] != decision.version:
        detail = f"The draft has version {decision.version} by now, and had {looked['draft']}."
        return [{"place": "", "subject": None, "subject_id": None, "previewed_version": looked["draft"],
                 "version": decision.version, "detail": detail}]  # fmt: skip
    now = {one.place: one.mark for one in seen}
    return [_moved(mark, now.get(mark["place"])) for mark in looked["marks"] if now.get(mark["place"]) != mark]


def _moved(was: Mapping[str, Any], is_: Mapping[str, Any] | None) -> dict[str, Any]:
    subject = was["subject"].replace("_", " ")
    detail = f"The {subject} {was['id']} is no more."
    if is_ is not None and is_["id"] != was["id"]:
        detail = f"Another {subject} is in force by now: {is_['id']}, version {is_['version']}."
    elif is_ is not None:
        detail = f"The {subject} {was['id']} has version {is_['version']} by now, and had {was['version']}."
    return {
        "place": was["place"], "subject": was["subject"], "subject_id": is_["id"] if is_ else was["id"],
        "previewed_version": was["version"], "version": is_["version"] if is_ else None, "detail": detail,
    }  # fmt: skip


async def _decide(
    tx: Tx, held: Held, decision: ReviewDecision, state: ReviewDecisionState, made: Sequence[Made], *, caller: Caller,
    now: datetime,
) -> None:  # fmt: skip
    decision.state, decision.decided_at, decision.decided_by = state, now, caller.person_id
    touch(decision, now)
    touch(held.review, now)
    rows = [
        ChangeRow(
            id=new_id(), review_id=held.review.id, decision_id=decision.id, subject=one.subject, subject_id=one.subject_id,
            action=one.action, name=one.name, before_id=one.before_id, before_version=one.before_version,
            after_version=one.after_version, at=now,
        )
        for one in made
    ]  # fmt: skip
    tx.add_all(rows)
    changes = [{"subject": one.subject, "subject_id": one.subject_id, "action": one.action} for one in made]
    events = [
        ReviewDecided(
            **on_timeline(incident), review_id=held.review.id, decision=decision.kind, state=state,
            reason=decision.reason, changes=changes,
        )
        for incident in held.incidents
    ]  # fmt: skip
    await record(tx, *events, caller=caller)
    await settle(tx, held, caller=caller, now=now)
