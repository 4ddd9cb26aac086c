"""The schemas of the contract, made so that every generator writes clean code from them.

Each pass is general: it walks what there is, so that a new model needs nothing but its own words.
"""

from collections.abc import Iterator
from typing import Any

from app.core.bodies import MAX_BODY

ANY = "#/components/"
REF = f"{ANY}schemas/"
# JavaScript counts exactly up to here; no count of ours comes near it.
GREATEST = 2**53 - 1
# Answers are bounded too, so that clients may plan for them. Nothing we keep is longer than what we take.
LONGEST, MOST, MOST_MEMBERS = 100_000, 10_000, 1_000
ID, AT, ON = "0190f5a2-7b5e-7c3d-8a1f-0123456789ab", "2026-11-23T01:20:00Z", "2026-11-23"
_LENGTHS = {"uuid": 36, "date-time": 40, "date": 10, "uri": 2_000, "uri-reference": 2_000}
_WORDS = {"uuid": ID, "date-time": AT, "date": ON, "uri": "https://example.com/1", "email": "a@example.com"}


def nodes(node: Any, named: bool = False) -> Iterator[dict[str, Any]]:
    """Every object of a part of the document that may be a schema; maps of names to schemas are walked through."""
    if isinstance(node, dict):
        if not named:
            yield node
        for key, value in node.items():
            if key not in ("example", "examples", "default", "const", "enum", "mapping"):
                yield from nodes(value, named=not named and key in ("properties", "$defs", "patternProperties"))
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def strip_titles(document: Any) -> None:
    """Removes pydantic's automatic titles (``External Id``), which generators turn into class names."""
    for schema in nodes(document):
        if isinstance(schema.get("title"), str) and schema.keys() & {"type", "anyOf", "oneOf", "$ref", "enum"}:
            del schema["title"]


def references(part: Any) -> set[tuple[str, str]]:
    """What a part of the document refers to: (section, name) of components."""
    found = {node["$ref"] for node in nodes(part) if isinstance(node.get("$ref"), str)}
    found |= {target for node in nodes(part) for target in node.get("discriminator", {}).get("mapping", {}).values()}
    return {_place(target) for target in found if target.startswith(ANY)}


def _place(target: str) -> tuple[str, str]:
    section, _, name = target.removeprefix(ANY).partition("/")
    return section, name


def reachable(part: Any, components: dict[str, Any]) -> set[tuple[str, str]]:
    """All components that a part of the document needs."""
    seen: set[tuple[str, str]] = set()
    waiting = references(part)
    while waiting:
        section, name = found = waiting.pop()
        seen.add(found)
        waiting |= references(components[section][name]) - seen
    return seen


def prune(document: dict[str, Any]) -> None:
    """Drops the components that nothing refers to; security schemes are referred to by name."""
    components = document["components"]
    used = reachable({key: value for key, value in document.items() if key != "components"}, components)
    for section, items in components.items():
        if section != "securitySchemes":
            components[section] = {name: items[name] for name in sorted(items) if (section, name) in used}


def settle_answers(schemas: dict[str, Any], names: set[str]) -> None:
    """What we answer: every member is always there, and everything has a bound.

    A member with a default would be optional otherwise, and every client would check for what never happens.
    """
    for schema in (node for name in names for node in nodes(schemas[name])):
        if "properties" in schema:
            schema["required"] = list(schema["properties"])
    for name in names:
        bound(schemas[name])


def settle_patches(schemas: dict[str, Any], names: set[str]) -> None:
    """What is left out of a PATCH stays as it is: a default would be sent by clients, and change it."""
    for name in names:
        for member in schemas[name].get("properties", {}).values():
            member.pop("default", None)


def bound(part: dict[str, Any]) -> None:
    """Bounds for everything in a part of what we send that has none."""
    for schema in nodes(part):
        _bound(schema)


def _bound(schema: dict[str, Any]) -> None:
    kind = schema.get("type")
    if kind == "integer":
        schema.setdefault("minimum", 0)
        schema.setdefault("maximum", GREATEST)
    elif kind == "array":
        schema.setdefault("maxItems", MOST)
    elif kind == "string" and not schema.keys() & {"enum", "const", "format", "pattern"}:
        schema.setdefault("maxLength", LONGEST)
    elif kind == "object" and "properties" not in schema:
        schema.setdefault("maxProperties", MOST_MEMBERS)


def settle_all(document: dict[str, Any]) -> None:
    """Formats and lengths that generators ask for, and binary uploads as they know them."""
    for schema in nodes(document):
        if schema.get("type") == "integer":
            fits = schema.get("maximum", GREATEST) < 2**31 and schema.get("minimum", 0) >= -(2**31)
            schema.setdefault("format", "int32" if fits else "int64")
        if schema.get("contentMediaType") == "application/octet-stream":
            schema.setdefault("format", "binary")
        elif schema.get("type") == "string" and not schema.keys() & {"enum", "const"}:
            schema.setdefault("maxLength", _LENGTHS.get(schema.get("format", ""), MAX_BODY))


def exemplify(schemas: dict[str, Any]) -> None:
    """Gives every schema an example: its own, or one composed of its members'.

    FastAPI drops members that are null out of examples; those that are always there come back.
    """
    for schema in schemas.values():
        if "example" in schema:
            _restore_nulls(schema["example"], schema, schemas)
        schema.setdefault("example", sample(schema, schemas))


def _restore_nulls(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    schema = schemas[schema["$ref"].removeprefix(REF)] if "$ref" in schema else schema
    if isinstance(example, list):
        for item in example:
            _restore_nulls(item, schema.get("items", {}), schemas)
    elif isinstance(example, dict) and "properties" in schema:
        for name, member in schema["properties"].items():
            if name in example:
                _restore_nulls(example[name], member, schemas)
            elif name in schema.get("required", ()) and {"type": "null"} in member.get("anyOf", ()):
                example[name] = None


def sample(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """A value that the schema allows."""
    for given in ("example", "const"):
        if given in schema:
            return schema[given]
    for listed in ("examples", "enum"):
        if schema.get(listed):
            return schema[listed][0]
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].removeprefix(REF)], schemas)
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return sample(schema[choice][0], schemas)
    return _sample_of_type(schema, schemas)


def _sample_of_type(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: sample(member, schemas) for name, member in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema["items"], schemas)]
    if kind == "string":
        return _WORDS.get(schema.get("format", ""), "…")
    if kind == "integer":
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return schema.get("default", False)
    return 0.5 if kind == "number" else None


def settle_parameter(parameter: dict[str, Any]) -> None:
    """A parameter is given or left out; there is no null on a URL. Path parameters say what they name."""
    schema = parameter["schema"]
    kinds = schema.pop("anyOf", [])
    given = [kind for kind in kinds if kind != {"type": "null"}]
    if len(given) == 1:
        schema |= given[0]
    elif given:
        schema["anyOf"] = given
    schema.pop("description", None)
    if schema.get("default", "") is None:
        del schema["default"]
    if "description" not in parameter and parameter["in"] == "path":
        noun = parameter["name"].removesuffix("_id").replace("_", " ")
        parameter["description"] = f"The {noun}'s id."
