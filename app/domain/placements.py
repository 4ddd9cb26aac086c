"""Where a statement is said: the platform where it began and the core ones, at the same time (方案 二(二)2, R46)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.domain.vocabulary.placements import PlacementState

ORIGIN_GRACE: Final = 1_800
"""Seconds that others may be out before the origin is missing: 同步发布 is done by people, one platform after the other."""
LEISURE: Final = timedelta(minutes=5)
"""Whoever records afterwards what was published puts one entry after the other."""


@dataclass(frozen=True, slots=True)
class PlatformRule:
    """What a platform takes, in code points (null: as much as one likes), and whether every statement is to be there."""

    platform: str
    core: bool = False
    max_chars: int | None = None
    max_title: int | None = None


@dataclass(frozen=True, slots=True)
class TooLong:
    """A text that a platform does not take."""

    platform: str
    length: int
    limit: int

    @property
    def says(self) -> str:
        return f"{self.platform} takes {self.limit:,} characters at most, and this text has {self.length:,}"


def too_long(texts: Mapping[str, str], rules: Mapping[str, PlatformRule]) -> list[TooLong]:
    """The texts that their platforms do not take, in their order. What has no rule takes anything."""
    found = []
    for platform, text in texts.items():
        limit = rules[platform].max_chars if platform in rules else None
        if limit is not None and len(text) > limit:
            found.append(TooLong(platform, len(text), limit))
    return found


def over_limit(title: str, text: str, rule: PlatformRule) -> bool:
    """Whether the platform refuses the title or the text."""
    return (rule.max_chars is not None and len(text) > rule.max_chars) or (
        rule.max_title is not None and len(title) > rule.max_title
    )


def planned_platforms(origin: str | None, rules: Iterable[PlatformRule]) -> list[str]:
    """Where a statement is planned by itself: where it began, then every core platform."""
    core = [rule.platform for rule in rules if rule.core]
    return list(dict.fromkeys(([origin] if origin else []) + core))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is known of one statement on one platform."""

    published: bool
    not_applicable: bool
    is_origin: bool
    planned_at: datetime | None


def state_of(row: Row, *, others_out: bool, withdrawn: bool, now: datetime) -> PlacementState:
    """What has become of it. Once it is out elsewhere it is missing here: at the origin whatever was planned, at others
    unless a later time was."""
    if row.published:
        return PlacementState.PUBLISHED
    if row.not_applicable:
        return PlacementState.NOT_APPLICABLE
    if withdrawn:
        return PlacementState.WITHDRAWN
    if row.planned_at is not None and row.planned_at > now and not (row.is_origin and others_out):
        return PlacementState.PLANNED
    return PlacementState.MISSING if others_out or row.planned_at is not None else PlacementState.PLANNED


def sync_gap(instants: Iterable[datetime]) -> timedelta | None:
    """发布时差: from the first publication to the last; None before the first."""
    found = sorted(instants)
    return found[-1] - found[0] if found else None


def origin_due(out_at: datetime, recorded_at: datetime, grace: timedelta) -> datetime:
    """When the origin's absence is told: so long after the first other platform, and not at once where that was told
    late."""
    return max(out_at + grace, recorded_at + min(grace, LEISURE))
