"""The contract is committed, names its operations as clients will call them, and hides nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from app.core.auth import SCOPES
from app.core.components import nodes, reachable
from app.core.openapi import codegen
from app.domain.events import PUBLIC_TYPES
from app.main import create_app
from app.settings import Settings

DOCUMENT = create_app(Settings(secret_key="a secret of the tests, never used elsewhere")).openapi()
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (path, method, operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
]
IDS = [operation["operationId"] for _, _, operation in OPERATIONS]
WEBHOOKS = [item["post"] for item in DOCUMENT["webhooks"].values()]
EVERY = [operation for _, _, operation in OPERATIONS] + WEBHOOKS
HERE = "urn:contract"
# A client's method names. A new operation adds a line; a changed or removed one breaks somebody's program.
PINNED = Path(__file__).with_name("operation_ids.txt")
REGISTRY = Registry().with_resource(HERE, Resource(DOCUMENT, DRAFT202012))

every_operation = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
every_schema = pytest.mark.parametrize("name", SCHEMAS)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        _, section, name = node["$ref"].removeprefix("#/").split("/")
        node = DOCUMENT["components"][section][name]
    return node


def test_operation_ids_are_verb_and_noun_and_never_change() -> None:
    assert all(re.fullmatch(r"[a-z]+[A-Z][A-Za-z]+", operation_id) for operation_id in IDS)
    assert len(IDS) == len(set(IDS))
    assert sorted(IDS) == sorted(PINNED.read_text().split())


@every_operation
def test_every_operation_says_what_it_does_who_may_and_how_it_fails(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 20
    assert {tag["name"] for tag in DOCUMENT["tags"]} >= set(operation["tags"]) != set()
    for requirement in operation["security"]:
        assert requirement.keys() <= DOCUMENT["components"]["securitySchemes"].keys()
        for scopes in requirement.values():
            assert set(scopes) <= SCOPES.keys()
    expected = {"422", "500", "503"}
    expected |= {"401", "403", "429"} if operation["security"] else set()
    expected |= {"404"} if "{" in path else set()
    expected |= {"409"} if method != "get" else set()
    expected |= {"400", "413", "415"} if "requestBody" in operation else set()
    assert expected <= operation["responses"].keys()


@every_operation
def test_every_answer_is_described_with_its_headers_and_faults_are_problems(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    for status, response in operation["responses"].items():
        response = resolved(response)
        assert response["description"]
        assert "X-Request-Id" in response["headers"]
        assert all(resolved(header)["description"] for header in response["headers"].values())
        if int(status) >= 400:
            problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
            assert response["content"] == {"application/problem+json": problem}
        if status in ("429", "503"):
            assert "Retry-After" in response["headers"]
        for content in response.get("content", {}).values():
            assert "$ref" in content["schema"], "an answer is a schema with a name"


def test_every_parameter_is_described_and_none_is_null() -> None:
    for operation in EVERY:
        for parameter in map(resolved, operation.get("parameters", [])):
            assert parameter["description"], (operation["operationId"], parameter["name"])
            assert {"type": "null"} not in parameter["schema"].get("anyOf", [])


def test_every_tag_is_described() -> None:
    assert not [tag["name"] for tag in DOCUMENT["tags"] if not tag["description"]], "add a line to TAGS in core.openapi"


@every_schema
def test_every_schema_and_member_is_described(name: str) -> None:
    assert SCHEMAS[name].get("description"), f"{name} needs a docstring"
    members = SCHEMAS[name].get("properties", {})
    silent = [member for member, schema in members.items() if not schema.get("description")]
    assert not silent, f"no description on {silent} of {name}"


@every_schema
def test_every_schema_has_an_example_that_it_allows(name: str) -> None:
    schema = {"$ref": f"{HERE}#/components/schemas/{name}"}
    checker = Draft202012Validator.FORMAT_CHECKER
    validator = Draft202012Validator(schema, registry=REGISTRY, format_checker=checker)
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(SCHEMAS[name]["example"])]
    assert not faults


def test_an_example_that_a_schema_does_not_allow_is_noticed() -> None:
    validator = Draft202012Validator({"$ref": f"{HERE}#/components/schemas/Incident"}, registry=REGISTRY)
    assert not validator.is_valid(SCHEMAS["Incident"]["example"] | {"grade": "一级"})
    assert not validator.is_valid({})
    assert unfit({"$ref": "#/components/schemas/Incident", "default": {}})
    assert unfit({"type": "string", "format": "date", "examples": ["yesterday"]})


def unfit(schema: dict[str, Any]) -> list[str]:
    """What of its own examples and default a schema does not allow."""
    told = [schema[name] for name in ("example", "default") if name in schema] + schema.get("examples", [])
    if not told or not schema.keys() & {"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"}:
        return []
    placed = json.loads(json.dumps(schema).replace('"#/components/', f'"{HERE}#/components/'))
    validator = Draft202012Validator(placed, registry=REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{value!r}: {fault.message}" for value in told for fault in validator.iter_errors(value)]


def test_every_member_and_parameter_allows_its_own_examples_and_default() -> None:
    assert not [fault for node in nodes(DOCUMENT) for fault in unfit(node)]


def test_what_is_answered_has_no_optional_members() -> None:
    """A member with a default would be optional, and every client would check for what never happens."""
    bodies = [operation["requestBody"] for _, _, operation in OPERATIONS if "requestBody" in operation]
    taken = {name for _, name in reachable(bodies, DOCUMENT["components"])}
    told = {name for _, name in reachable(WEBHOOKS, DOCUMENT["components"])}
    for name in SCHEMAS.keys() - taken - told:
        for schema in nodes(SCHEMAS[name]):
            assert set(schema.get("properties", ())) == set(schema.get("required", ())), name


def test_patterns_mean_the_same_in_every_language() -> None:
    patterns = {node["pattern"] for node in nodes(DOCUMENT) if isinstance(node.get("pattern"), str)}
    assert len(patterns) > 10
    assert [pattern for pattern in patterns if re.search(r"\\[swbSWBpP]", pattern)] == []


def test_no_schema_is_named_twice_or_by_a_machine() -> None:
    names = list(SCHEMAS)
    assert not [name for name in names if re.search(r"(-Input|-Output|_|\[)", name)], names
    assert not [name for name in names for schema in nodes(SCHEMAS[name]) if "title" in schema]


def test_every_union_of_objects_is_told_apart_by_a_member() -> None:
    for name, schema in SCHEMAS.items():
        for node in nodes(schema):
            objects = [part for part in _choices(node) if resolved(part).get("type") == "object"]
            assert len(objects) < 2 or "discriminator" in node, name


def _choices(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for keyword in ("anyOf", "oneOf"):
        yield from schema.get(keyword, [])


def test_no_two_paths_match_one_url() -> None:
    for path in DOCUMENT["paths"]:
        shape = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
        others = [other for other in DOCUMENT["paths"] if other != path and shape.fullmatch(other)]
        assert not others, f"{path} also matches {others}"


def test_every_public_event_is_a_webhook_with_a_schema_of_its_own() -> None:
    assert list(DOCUMENT["webhooks"]) == sorted(PUBLIC_TYPES)
    for kind, operation in zip(sorted(PUBLIC_TYPES), WEBHOOKS, strict=True):
        assert operation["security"] == []
        event = resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        assert event["properties"]["type"]["const"] == kind
        assert set(event["required"]) == {"id", "type", "timestamp", "data"}


def test_generators_get_the_same_without_webhooks_and_second_media_types() -> None:
    reduced = codegen(DOCUMENT)
    assert "webhooks" in DOCUMENT
    assert "webhooks" not in reduced
    assert [list(item) for item in reduced["paths"].values()] == [list(item) for item in DOCUMENT["paths"].values()]
    for item in reduced["paths"].values():
        for operation in item.values():
            assert len(operation.get("requestBody", {}).get("content", [1])) == 1
    used = reachable(reduced["paths"], reduced["components"])
    assert {name for section, name in used if section == "schemas"} == reduced["components"]["schemas"].keys()
