"""What platforms take, and which are core 核心平台 (方案 二(二)2): data that people change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import FieldError, NotFound
from app.core.outbox import record
from app.domain import placements
from app.domain.events import Changed
from app.domain.vocabulary import Platform
from app.models import Placement, PlatformRule


async def get_rule(tx: Tx, platform: str, *, lock: bool = False) -> PlatformRule:
    """One platform's; NotFound names those there are."""
    query = select(PlatformRule).where(PlatformRule.platform == platform).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await tx.scalars(query)).one_or_none()
    if row is None:
        raise NotFound(f"There is no platform {platform!r}; there are {', '.join(Platform)}.")
    return row


async def all_rules(tx: Tx) -> Sequence[PlatformRule]:
    """Every platform's, in the order of the vocabulary."""
    by_name = {row.platform: row for row in await tx.scalars(select(PlatformRule))}
    return [by_name[platform] for platform in Platform]


async def rules_by_platform(tx: Tx) -> dict[str, placements.PlatformRule]:
    """The same as the rules of :mod:`app.domain.placements` read them."""
    return {
        row.platform: placements.PlatformRule(row.platform, row.core, row.max_chars, row.max_title)
        for row in await all_rules(tx)
    }


async def set_rule(
    tx: Tx, platform: str, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> PlatformRule:
    """Sets all of a platform's rule. Statements that were planned before keep their platforms."""
    row = await get_rule(tx, platform, lock=True)
    expected.meet(row.version)
    changed = sorted(name for name, value in fields.items() if getattr(row, name) != value)
    if not changed:
        return row
    for name in changed:
        setattr(row, name, fields[name])
    touch(row, now)
    event = Changed(subject="platform_rule", subject_id=platform, action="updated", fields=changed)
    await record(tx, event, caller=caller)
    return row


async def text_faults(tx: Tx, texts: Mapping[str, str]) -> list[FieldError]:
    """What platforms don't take of a version's own texts for them, in their order: platform, length and limit of each."""
    places = {platform: place for place, platform in enumerate(texts)}
    return [
        FieldError(f"/platform_texts/{places[found.platform]}/text", found.says, "too_long_for_platform")
        for found in placements.too_long(texts, await rules_by_platform(tx))
    ]


async def limits_of(tx: Tx, statement_id: UUID) -> dict[Platform, int]:
    """How many characters each platform takes where the statement is planned, as far as it has a limit."""
    query = (
        select(PlatformRule.platform, PlatformRule.max_chars)
        .join(Placement, Placement.platform == PlatformRule.platform)
        .where(Placement.statement_id == statement_id, ~Placement.not_applicable, PlatformRule.max_chars.is_not(None))
    )
    found = {platform: most for platform, most in await tx.execute(query) if most is not None}
    return {platform: found[platform] for platform in Platform if platform in found}
