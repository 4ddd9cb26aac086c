"""The comparison that guards the contract, by tables: what breaks a program, and what does not."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.changes import breaking

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
Node = dict[str, Any]

THING: Node = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string", "maxLength": 10},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "sizes": {"type": "array", "items": {"type": "integer", "minimum": 0}},
    },
}
BEFORE: Node = {
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 200}},
                    {"in": "query", "name": "kind", "schema": {"$ref": "#/components/schemas/Kind"}},
                ],
                "responses": {"200": {"$ref": "#/components/responses/Things"}, "404": {"description": "-"}},
            },
            "post": {
                "operationId": "createThing",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingIn"}}}
                },
                "responses": {"201": {"description": "-"}},
            },
        },
        "/others": {"delete": {"operationId": "deleteOther", "responses": {"204": {"description": "-"}}}},
    },
    "webhooks": {
        "thing.made": {
            "post": {
                "operationId": "onThingMade",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {"204": {"description": "-"}},
            }
        }
    },
    "components": {
        "responses": {
            "Things": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
        },
        "schemas": {"Thing": THING, "ThingIn": copy.deepcopy(THING), "Kind": {"type": "string", "enum": ["a", "b"]}},
    },
}  # fmt: skip


def path(document: Node) -> Node:
    return document["paths"]["/things"]  # type: ignore[no-any-return]


def member(name: str, of: str = "Thing") -> Callable[[Node], Node]:
    return lambda document: document["components"]["schemas"][of]["properties"][name]


def schema(name: str) -> Callable[[Node], Node]:
    return lambda document: document["components"]["schemas"][name]


NOTE = {"anyOf": [{"type": "string"}, {"type": "null"}]}
BREAKS: list[tuple[str, Callable[[Node], object]]] = [
    ("path-removed /others", lambda d: d["paths"].pop("/others")),
    ("path-removed thing.made", lambda d: d["webhooks"].pop("thing.made")),
    ("operation-removed POST /things", lambda d: path(d).pop("post")),
    ("operation-renamed listThings", lambda d: path(d)["get"].update(operationId="findThings")),
    ("parameter-removed GET /things limit", lambda d: path(d)["get"]["parameters"].pop(0)),
    ("parameter-required GET /things limit", lambda d: path(d)["get"]["parameters"][0].update(required=True)),
    ("parameter-required POST /things If-Match", lambda d: path(d)["post"].update(
        parameters=[{"in": "header", "name": "If-Match", "required": True, "schema": {"type": "string"}}])),
    ("bound-narrowed GET /things limit maximum",
     lambda d: path(d)["get"]["parameters"][0]["schema"].update(maximum=100)),
    ("status-removed GET /things 404", lambda d: path(d)["get"]["responses"].pop("404")),
    ("body-required POST /things", lambda d: path(d)["post"]["requestBody"].update(required=True)),
    ("body-removed POST /things", lambda d: path(d)["post"].pop("requestBody")),
    ("media-type-removed POST /things application/json",
     lambda d: path(d)["post"]["requestBody"]["content"].pop("application/json")),
    ("enum-value-removed Kind b", lambda d: schema("Kind")(d)["enum"].remove("b")),
    ("field-removed Thing.note", lambda d: schema("Thing")(d)["properties"].pop("note")),
    ("field-optional Thing.name", lambda d: schema("Thing")(d)["required"].remove("name")),
    ("field-removed ThingIn.note", lambda d: schema("ThingIn")(d)["properties"].pop("note")),
    ("field-required ThingIn.note", lambda d: schema("ThingIn")(d)["required"].append("note")),
    ("field-required ThingIn.new", lambda d: schema("ThingIn")(d)["required"].append("new")),
    ("type-widened Thing.name null", lambda d: schema("Thing")(d)["properties"].update(name=NOTE)),
    ("type-narrowed ThingIn.note null", lambda d: member("note", "ThingIn")(d)["anyOf"].pop(1)),
    ("type-narrowed ThingIn.id string:uuid", lambda d: member("id", "ThingIn")(d).update(type="integer")),
    ("type-widened Thing.id integer", lambda d: member("id")(d).update(type="integer")),
    ("bound-narrowed ThingIn.name maxLength", lambda d: member("name", "ThingIn")(d).update(maxLength=9)),
    ("bound-narrowed ThingIn.name minLength", lambda d: member("name", "ThingIn")(d).update(minLength=1)),
    ("bound-widened Thing.name maxLength", lambda d: member("name")(d).update(maxLength=11)),
    ("bound-widened Thing.sizes[] minimum", lambda d: member("sizes")(d)["items"].pop("minimum")),
    ("bound-narrowed ThingIn.sizes[] minimum", lambda d: member("sizes", "ThingIn")(d)["items"].update(minimum=1)),
    ("pattern-changed ThingIn.name", lambda d: member("name", "ThingIn")(d).update(pattern="^a")),
    ("enum-narrowed ThingIn.name", lambda d: member("name", "ThingIn")(d).update(enum=["a"])),
]  # fmt: skip
KEEPS: list[Callable[[Node], object]] = [
    lambda d: d["paths"].update({"/new": path(d)}),
    lambda d: path(d)["get"]["parameters"].append({"in": "query", "name": "q", "schema": {"type": "string"}}),
    lambda d: path(d)["get"]["responses"].update({"429": {"description": "-"}}),
    lambda d: path(d)["get"].update(summary="Other words", description="Other words"),
    lambda d: schema("Kind")(d)["enum"].append("c"),
    lambda d: schema("Thing")(d)["properties"].update(new={"type": "string"}),
    lambda d: schema("Thing")(d)["required"].append("note"),
    lambda d: schema("ThingIn")(d)["required"].remove("name"),
    lambda d: member("name", "ThingIn")(d).update(maxLength=11),
    lambda d: member("name")(d).update(maxLength=9, minLength=1, pattern="^a"),
    lambda d: member("note")(d)["anyOf"].pop(1),
    lambda d: member("id", "ThingIn")(d).update(description="Other words", examples=["x"]),
]


@pytest.mark.parametrize(("finding", "change"), BREAKS, ids=[finding for finding, _ in BREAKS])
def test_what_breaks_a_program_is_found_and_named(finding: str, change: Callable[[Node], object]) -> None:
    after = copy.deepcopy(BEFORE)
    change(after)
    assert finding in breaking(BEFORE, after)


@pytest.mark.parametrize("change", KEEPS)
def test_what_breaks_nobody_is_not_found(change: Callable[[Node], object]) -> None:
    after = copy.deepcopy(BEFORE)
    change(after)
    assert breaking(BEFORE, after) == []


def test_the_same_contract_breaks_nothing() -> None:
    whole = json.loads((OPENAPI / "openapi.json").read_text("utf-8"))
    assert breaking(whole, copy.deepcopy(whole)) == []


def test_every_breaking_change_since_the_release_is_announced_and_nothing_else() -> None:
    released, now = (json.loads((OPENAPI / name).read_text("utf-8")) for name in ("released.json", "openapi.json"))
    changelog = (OPENAPI / "CHANGELOG.md").read_text("utf-8")
    unreleased = changelog.split("\n## ")[1]
    assert unreleased.startswith("Unreleased"), "the first section of the changelog is what is not released yet"
    announced = set(re.findall(r"^- BREAKING `(.+)`: \S", unreleased, re.MULTILINE))
    found = set(breaking(released, now))
    missing = "\n".join(f"- BREAKING `{finding}`: why, and what to do" for finding in sorted(found - announced))
    assert not missing, f"openapi/CHANGELOG.md must announce, under Unreleased, or the change must go:\n{missing}"
    assert not announced - found, "announced, but it is not so"
