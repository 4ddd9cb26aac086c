"""The words of our vocabularies as people see them 显示, in Chinese and English: a file a room.

Values stand in the order people expect: the gravest first. A changed word is a changed contract: a test holds them.
"""

from types import MappingProxyType
from typing import Final

from app.domain.labels import (
    contacts,
    documents,
    drills,
    handbook,
    incidents,
    kpis,
    lint,
    mentions,
    patrols,
    people,
    placements,
    quality,
    reports,
    reviews,
    risks,
    scenarios,
    sources,
    statements,
    trainings,
    webhooks,
)
from app.domain.labels.base import Labels

_ROOMS = (
    incidents,
    statements,
    placements,
    lint,
    reviews,
    reports,
    risks,
    mentions,
    patrols,
    webhooks,
    people,
    drills,
    trainings,
    scenarios,
    documents,
    contacts,
    handbook,
    sources,
    kpis,
    quality,
)

LABELS: Final[Labels] = MappingProxyType(
    {vocabulary: MappingProxyType(labels) for room in _ROOMS for vocabulary, labels in room.LABELS.items()}
)
"""Vocabulary -> value -> (Chinese, English), as 方案 and its readers name them, in the order people expect."""
