"""GET /v1/vocabularies: every enum of the contract, in the words of the plan."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.core.auth import SCOPES
from app.core.vocabularies import vocabularies
from app.domain.labels import LABELS
from tests.support.api import contract, good, problem

URL = "/v1/vocabularies"
DOCUMENT = contract()
ALL = vocabularies().data
BY_SCHEMA = {schema: [word.value for word in vocabulary.values] for vocabulary in ALL for schema in vocabulary.schemas}


def enums(node: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every enum of words in the contract, and where it stands."""
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list) and all(isinstance(value, str) for value in node["enum"]):
            yield path, node["enum"]
        for name, inner in node.items():
            yield from enums(inner, f"{path}/{name}")
    elif isinstance(node, list):
        for place, inner in enumerate(node):
            yield from enums(inner, f"{path}/{place}")


ENUMS = dict(enums(DOCUMENT))


@pytest.mark.parametrize("path", ENUMS, ids=lambda path: path.removeprefix("/components/schemas/"))
def test_every_enum_of_the_contract_has_a_vocabulary(path):
    values, name = set(ENUMS[path]), path.removeprefix("/components/schemas/")
    if "/" in name:  # not a schema of its own: some vocabulary has the words
        assert any(values <= labels.keys() for labels in LABELS.values())
    else:
        assert name in BY_SCHEMA
        assert values <= set(BY_SCHEMA[name])


def test_no_vocabulary_is_for_an_enum_or_a_word_that_is_not():
    for schema, words in BY_SCHEMA.items():
        known = {value for path, values in ENUMS.items() if path.endswith(f"/{schema}") for value in values}
        known |= {"unknown"} if schema == "Sentiment" else set()
        assert set(words) == known, schema


def test_every_scope_has_a_label():
    assert list(LABELS["scope"]) == list(SCOPES)


async def test_any_good_key_may_see_them_and_keep_them(app, client):
    made = good(await client.post("/v1/api-keys", json={"name": "前端", "scopes": ["mentions:write"]}), 201)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://fenghuo.test") as bare:
        answer = await bare.get(URL, headers={"authorization": f"Bearer {made['key']}"})
        assert good(answer) == vocabularies().model_dump()
        assert answer.headers["cache-control"] == "private, max-age=3600"
        problem(await bare.get(URL), 401)
        problem(await bare.get(URL, headers={"authorization": "Bearer fh_test_a_b"}), 401)


async def test_the_gravest_comes_first_with_both_words_and_a_colour(client):
    grade = next(row for row in good(await client.get(URL))["data"] if row["name"] == "grade")
    assert grade == {
        "name": "grade",
        "schemas": ["Grade"],
        "values": [
            {"value": "major", "zh": "一级(重大)", "en": "Level 1 (major)", "color": "#CF1322"},
            {"value": "serious", "zh": "二级(较大)", "en": "Level 2 (serious)", "color": "#FA8C16"},
            {"value": "general", "zh": "三级(一般)", "en": "Level 3 (general)", "color": "#FADB14"},
        ],
    }


def test_every_word_has_a_colour_and_no_two_are_shown_alike():
    for vocabulary in ALL:
        assert all(re.fullmatch(r"#[0-9A-F]{6}", word.color) for word in vocabulary.values)
        for shown in ([word.zh for word in vocabulary.values], [word.en for word in vocabulary.values]):
            assert len(set(shown)) == len(shown)
