"""The shape of labels."""

from collections.abc import Mapping
from typing import TypeAlias

Labels: TypeAlias = Mapping[str, Mapping[str, tuple[str, str]]]
"""Vocabulary -> value -> (Chinese, English)."""
