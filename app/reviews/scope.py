"""The decision on the scope 监测范围 (R62): watch rules, media outlets, and on which platforms we always speak."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.domain.vocabulary.reviews import ReviewChangeAction, ReviewSubject
from app.mentions import outlets, service
from app.mentions.rematching import hold_rules
from app.models import MediaOutlet, PlatformRule, WatchRule
from app.models.base import columns_of
from app.reviews.changing import Deciding, Made, Seen, jsonable
from app.reviews.decision_schemas import CorePlatformStep, MediaOutletStep, ScopeChange, WatchRuleStep
from app.statements import platform_rules

CREATE, UPDATE = ReviewChangeAction.CREATE, ReviewChangeAction.UPDATE


class ScopeChanger:
    """Rules, outlets and platforms as whoever may write rules changes them, all at once."""

    async def look(self, tx: Tx, change: ScopeChange, *, lock: bool = False) -> list[Seen]:
        """The rules and outlets as they are beside what they would be."""
        rules = {rule.id: rule for rule in await _rules(tx, change.watch_rules)}
        known = {outlet.id: outlet for outlet in await _outlets(tx, change.media_outlets)}
        platforms = {rule.platform: rule for rule in await _platforms(tx, change.core_platforms)}
        return [
            *(_rule(place, step, rules) for place, step in enumerate(change.watch_rules)),
            *(_outlet(place, step, known) for place, step in enumerate(change.media_outlets)),
            *(_platform(place, step, platforms) for place, step in enumerate(change.core_platforms)),
        ]

    def scopes(self, change: ScopeChange) -> Iterable[str]:
        """Of whoever changes rules."""
        return ("rules:write",)

    async def lock(self, tx: Tx, change: ScopeChange) -> None:
        """Platforms, rules and outlets, then all rules' version, which batches hold before they lock incidents."""
        await _platforms(tx, change.core_platforms, lock=True)
        await _rules(tx, change.watch_rules, lock=True)
        await _outlets(tx, change.media_outlets, lock=True)
        await hold_rules(tx)

    async def apply(
        self, tx: Tx, change: ScopeChange, deciding: Deciding, *, caller: Caller, now: datetime
    ) -> list[Made]:  # fmt: skip
        """One after the other; mentions are matched again in the background."""
        made = [await _change_rule(tx, step.root, caller, now) for step in change.watch_rules]
        made += [await _change_outlet(tx, step.root, caller) for step in change.media_outlets]
        return made + [await _change_platform(tx, step, caller, now) for step in change.core_platforms]


async def _rules(tx: Tx, steps: Sequence[WatchRuleStep], *, lock: bool = False) -> Sequence[WatchRule]:
    ids = [step.root.rule_id for step in steps if step.root.action == "update"]
    query = select(WatchRule).where(WatchRule.id.in_(ids), WatchRule.deleted_at.is_(None)).order_by(WatchRule.id)
    query = query.execution_options(populate_existing=True)
    return (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).all() if ids else []


async def _outlets(tx: Tx, steps: Sequence[MediaOutletStep], *, lock: bool = False) -> Sequence[MediaOutlet]:
    ids = [step.root.outlet_id for step in steps if step.root.action != "create"]
    query = select(MediaOutlet).where(MediaOutlet.id.in_(ids)).order_by(MediaOutlet.id)
    query = query.execution_options(populate_existing=True)
    return (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).all() if ids else []


async def _platforms(tx: Tx, steps: Sequence[CorePlatformStep], *, lock: bool = False) -> Sequence[PlatformRule]:
    query = select(PlatformRule).where(PlatformRule.platform.in_([step.platform for step in steps]))
    query = query.order_by(PlatformRule.platform).execution_options(populate_existing=True)
    return (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).all() if steps else []


def _rule(place: int, step: WatchRuleStep, known: dict[Any, WatchRule]) -> Seen:
    asked = jsonable(step.root.fields.model_dump(mode="json", exclude_unset=step.root.action == "update"))
    at = f"/watch_rules/{place}"
    if step.root.action == "create":
        return Seen(
            place=at, subject=ReviewSubject.WATCH_RULE, action=CREATE, name=asked["name"], before={}, after=asked
        )
    rule = known.get(step.root.rule_id)
    row = jsonable(columns_of(rule)) if rule else {}
    return Seen(
        place=at, subject=ReviewSubject.WATCH_RULE, action=UPDATE, name=row.get("name", ""), id=str(step.root.rule_id),
        version=row.get("version"), gone=rule is None, before={name: row.get(name) for name in asked}, after=asked,
    )  # fmt: skip


def _outlet(place: int, step: MediaOutletStep, known: dict[Any, MediaOutlet]) -> Seen:
    at = f"/media_outlets/{place}"
    asked = jsonable(step.root.fields.model_dump(mode="json")) if step.root.action != "delete" else {}
    if step.root.action == "create":
        return Seen(
            place=at, subject=ReviewSubject.MEDIA_OUTLET, action=CREATE, name=asked["name"], before={}, after=asked
        )  # fmt: skip
    outlet = known.get(step.root.outlet_id)
    row = jsonable(columns_of(outlet)) if outlet else {}
    return Seen(
        place=at, subject=ReviewSubject.MEDIA_OUTLET, action=ReviewChangeAction(step.root.action), name=row.get("name", ""),
        id=str(step.root.outlet_id), version=row.get("version"), gone=outlet is None,
        before={name: row.get(name) for name in ("name", "tier", "domains", "accounts")}, after=asked,
    )  # fmt: skip


def _platform(place: int, step: CorePlatformStep, known: dict[str, PlatformRule]) -> Seen:
    row, asked = columns_of(known[step.platform]), step.fields.model_dump(mode="json")
    return Seen(
        place=f"/core_platforms/{place}", subject=ReviewSubject.CORE_PLATFORM, action=UPDATE, name=step.platform.value,
        id=step.platform.value, version=row["version"], before={name: row[name] for name in asked}, after=asked,
    )  # fmt: skip


async def _change_rule(tx: Tx, step: Any, caller: Caller, now: datetime) -> Made:
    if step.action == "create":
        rule = await service.create_rule(tx, step.fields.model_dump(), caller=caller)
        before = None
    else:
        before = (await tx.get_one(WatchRule, step.rule_id)).version
        fields = step.fields.model_dump(exclude_unset=True)
        rule = await service.update_rule(tx, step.rule_id, fields, caller=caller, now=now)
    return Made(
        subject=ReviewSubject.WATCH_RULE, subject_id=str(rule.id), action=ReviewChangeAction(step.action), name=rule.name,
        before_version=before, after_version=rule.version,
    )  # fmt: skip


async def _change_outlet(tx: Tx, step: Any, caller: Caller) -> Made:
    if step.action == "create":
        outlet = await outlets.create_outlet(tx, step.fields.model_dump(), caller=caller)
        return _made_outlet(outlet, step.action, None, outlet.version)
    outlet = await tx.get_one(MediaOutlet, step.outlet_id)
    before = outlet.version
    if step.action == "delete":
        await outlets.delete_outlet(tx, step.outlet_id, caller=caller)
        return _made_outlet(outlet, step.action, before, None)
    outlet = await outlets.update_outlet(tx, step.outlet_id, step.fields.model_dump(), caller=caller)
    return _made_outlet(outlet, step.action, before, outlet.version)


def _made_outlet(outlet: MediaOutlet, action: str, before: int | None, after: int | None) -> Made:
    return Made(
        subject=ReviewSubject.MEDIA_OUTLET, subject_id=str(outlet.id), action=ReviewChangeAction(action),
        name=outlet.name, before_version=before, after_version=after,
    )  # fmt: skip


async def _change_platform(tx: Tx, step: CorePlatformStep, caller: Caller, now: datetime) -> Made:
    before = (await platform_rules.get_rule(tx, step.platform)).version
    rule = await platform_rules.set_rule(tx, step.platform, step.fields.model_dump(), caller=caller, now=now)
    return Made(
        subject=ReviewSubject.CORE_PLATFORM, subject_id=rule.platform, action=UPDATE, name=rule.platform,
        before_version=before, after_version=rule.version,
    )  # fmt: skip
