"""Looking a statement over before it is said (方案 二(二)2, R43-R45). Lint is advice, never a lock: it refuses nothing.

Every finding names the words it means, why, what to do, and where that is from. What is looked for is data
(:mod:`app.domain.lint_phrases`); which answer fits the crisis is :mod:`app.domain.lint_scct`'s; the rest stands in
:mod:`app.domain.lint_rules`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from app.domain import lint_rules as rules
from app.domain.lint_phrases import Finding, Wordbook, WordList, faults
from app.domain.lint_rules import Draft, Principle
from app.domain.lint_scct import Assessment, Situation, assess, mismatch
from app.domain.statement_text import Composed
from app.domain.vocabulary import Platform
from app.domain.vocabulary.lint import LintListKind, LintSeverity, StrategySource
from app.domain.vocabulary.statements import ResponseStrategy, StatementSection

MOST_FINDINGS = 200
"""Findings of one version that are told, the gravest first."""
_WEIGHTS = {severity: weight for weight, severity in enumerate(LintSeverity)}


@dataclass(frozen=True, slots=True)
class Background:
    """What a version is held against. ``limits``: how many characters a platform takes; those without one are not counted."""

    now: datetime
    situation: Situation
    limits: Mapping[Platform, int] = field(default_factory=dict)


class Lint(NamedTuple):
    """What was found. ``strategy``: None where neither the authors nor the words say one."""

    assessment: Assessment
    strategy: ResponseStrategy | None
    strategy_source: StrategySource | None
    principles: tuple[Principle, ...]
    findings: tuple[Finding, ...]


def lint(draft: Draft, background: Background, lists: Iterable[WordList]) -> Lint:
    """Everything that is to be said of a version; in a time that grows with its text."""
    known = list(lists)
    phrases = Wordbook(words for words in known if words.kind is LintListKind.PHRASES)
    cues = rules.Cues(Wordbook(words for words in known if words.kind is LintListKind.CUES), draft)
    truth = background.situation.truth
    guessed = rules.guess(draft.kind, cues)
    strategy = draft.strategy or guessed
    source = StrategySource.STATED if draft.strategy else StrategySource.WORDS if guessed else None
    principles = rules.principles(draft, cues)
    findings = [
        *faults(draft.text, phrases, kind=draft.kind, truth=truth),
        *rules.personal(draft.text),
        *rules.missing(draft, truth, background.now),
        *rules.facts(draft, cues, truth),
        *rules.mixed(draft, cues, truth),
        *rules.lacking_principles(draft.kind, principles, truth),
        *rules.promises(draft, cues),
        *rules.instructions(draft, cues, background.situation),
        *rules.exclamations(draft.text),
    ]
    misfit = mismatch(background.situation, strategy)
    if misfit is not None:
        findings.append(misfit)
    for platform, text in draft.platform_texts.items():
        findings += faults(text, phrases, kind=draft.kind, truth=truth, platform=platform)
        findings += rules.personal(text, platform)
    findings += rules.lengths(draft, background.limits)
    placed = (_placed(finding, draft.composed) for finding in findings)
    return Lint(
        assess(background.situation), strategy, source, principles, tuple(sorted(placed, key=_order)[:MOST_FINDINGS])
    )


def _placed(finding: Finding, composed: Composed) -> Finding:
    """With the section that it begins in."""
    if finding.start is None or finding.platform is not None:
        return finding
    return replace(finding, section=section_at(composed, finding.start))


def section_at(composed: Composed, at: int) -> StatementSection | None:
    """The section that a place of the text belongs to; what stands between two belongs to none."""
    return next((one.section for one in composed.sections if one.start <= at < one.end), None)


def _order(finding: Finding) -> tuple[int, bool, str, int, int, str]:
    """The gravest first; then as they are read, those of the whole last."""
    return (
        _WEIGHTS[finding.severity], finding.start is None, finding.platform or "", finding.start or 0, finding.end or 0,
        finding.code,
    )  # fmt: skip
