"""The templates that the service is born with stand before its own lint: nothing of their words is found fault with."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.grades import HarmClass
from app.domain.lint import Background, lint
from app.domain.lint_rules import Draft
from app.domain.lint_scct import Situation
from app.domain.vocabulary import Responsibility, StatementKind, Truth
from app.domain.vocabulary.lint import LintSeverity
from app.domain.vocabulary.statements import ResponseStrategy
from tests.support.lint import shipped

seeds = pytest.importorskip("app.statements.seeds")
content = pytest.importorskip("app.domain.templates.content")
vocabulary = pytest.importorskip("app.domain.vocabulary.templates")

# Their examples promise for the days after.
NOW = datetime(2026, 11, 23, tzinfo=UTC)
MISUNDERSTOOD = "clarification-misunderstanding"
KNOWN = {
    "apology": (Truth.CONFIRMED, Responsibility.COMPANY),
    "clarification": (Truth.UNFOUNDED, Responsibility.USER),
    "lawyer": (Truth.UNFOUNDED, Responsibility.USER),
    "progress": (Truth.CONFIRMED, Responsibility.COMPANY),
    "holding": (None, None),
}
# What may be said all the same: a contact of ours, a principle that this kind of crisis has no words for.
ALLOWED = {"personal_data", "principle_missing", "instruction_missing", "strategy_mismatch"}


@pytest.mark.parametrize("template", list(seeds.shipped()), ids=lambda template: template["key"])
def test_a_shipped_template_filled_in_with_its_examples_is_advised_against_nothing(template: dict[str, Any]) -> None:
    of = content.Content.of(template)
    language = vocabulary.StatementLanguage(template["language"])
    parts = content.complete(of, of.examples(), now=NOW, language=language).parts
    harm = HarmClass[template["harm_class"].upper()] if template["harm_class"] else None
    strategy = ResponseStrategy(template["strategy"]) if template["strategy"] else None
    one = Draft(StatementKind(template["kind"]), parts, strategy)
    truth, responsibility = KNOWN[template["kind"]]
    truth = Truth.MISUNDERSTANDING if template["key"] == MISUNDERSTOOD else truth
    found = lint(one, Background(NOW, Situation(truth, responsibility, harm)), shipped()).findings
    words = [(finding.code, finding.words) for finding in found if finding.code not in ALLOWED]
    assert words == []
    assert [finding.code for finding in found if finding.severity is not LintSeverity.HINT] == []
