"""The lint on whole statements: what is found in each, no more and no less; and what holds of any text."""

import pytest

from app.domain.lint import Background, lint
from tests.support.lint import shipped
from tests.support.lint_samples import NOW, SAMPLES, Sample


def told(sample: Sample, **background: object) -> list[tuple[str, str, str]]:
    found = lint(sample.draft, Background(NOW, sample.situation, **background), shipped())  # type: ignore[arg-type]
    return sorted((str(one.severity), str(one.code), one.words) for one in found.findings)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_what_is_found_in_each_sample(sample: Sample) -> None:
    assert told(sample) == sorted(sample.found)
    found = lint(sample.draft, Background(NOW, sample.situation), shipped())
    assert found.strategy == sample.strategy
    for one in found.findings:
        assert one.reason.zh, one.code
        assert one.reason.en, one.code
        assert one.advice.zh, one.code
        assert one.advice.en, one.code
        assert one.source, one.code
        if one.start is not None:
            assert sample.draft.text[one.start : one.end] == one.words != ""
            assert one.section is not None
