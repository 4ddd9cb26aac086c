"""The contract that clients are generated from: made from the routes, and kept clean for every generator.

Bodies read by :class:`~app.core.bodies.JsonBody` are documented here from the very model that reads them, and
every operation answers faults with one `Problem` schema.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from app.core.bodies import ByHand, JsonBody
from app.core.deps import Holds

REF = "#/components/schemas/{model}"


class ProblemError(BaseModel):
    """One thing wrong with one field."""

    pointer: str = Field(
        description="JSON pointer into the body, `?name` for a query parameter, `{name}` for one of the path, `Name:` "
        "for a header."
    )
    detail: str = Field(description="What is wrong, in words.")
    code: str = Field(description="What is wrong, for programs.")


class Problem(BaseModel):
    """What went wrong, where, and what to do (RFC 9457)."""

    type: str = Field(description="A URI for the kind of problem.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="This very problem, in words.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="The kind of problem, for programs; it never changes.")
    request_id: str = Field(description="Quote it when you ask for help.")
    errors: list[ProblemError] = Field(description="Each field at fault, where there are any.")


COMMON = {
    "400": "The request can't be read.",
    "401": "No valid API key.",
    "403": "The key lacks a scope.",
    "422": "Some fields are not acceptable.",
    "503": "Try again later.",
}


def contract(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of ``app``, complete and the same at every call."""
    document = get_openapi(
        title="Fenghuo 烽火", version="1.0.0", summary="Social-media crisis response", description=app.description,
        routes=app.routes, tags=app.openapi_tags, servers=[{"url": "/"}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    schemas = document["components"]["schemas"]
    operations = list(_operations(app, document))
    bodies = {body.model for _, _, body, _ in operations if body}
    _, definitions = models_json_schema(
        [(model, "validation") for model in sorted(bodies, key=lambda m: m.__name__)]
        + [(Problem, "serialization")],
        ref_template=REF,
    )  # fmt: skip
    schemas |= definitions["$defs"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, operation, body, scope in operations:
        _complete(path, operation, body, scope)
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    _strip_titles(document)
    return document


def _operations(
    app: FastAPI, document: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], JsonBody[Any] | None, str | None]]:
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute) or not route.include_in_schema or route.path_format is None:
            continue
        found = list(_calls(route.dependant))
        by_hand: ByHand | None = getattr(route.endpoint, "by_hand", None)
        body = by_hand.body if by_hand else next((call for call in found if isinstance(call, JsonBody)), None)
        scope = by_hand.scope if by_hand else next((call.scope for call in found if isinstance(call, Holds)), None)
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            yield route.path_format, operation, body, scope


def _calls(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


def _complete(path: str, operation: dict[str, Any], body: JsonBody[Any] | None, scope: str | None) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    guards = {"401": bool(scope or operation.get("security")), "403": bool(scope)}
    statuses = [s for s in COMMON if guards.get(s, True) and s not in responses]
    extra = {"404": "There is no such thing."} if "{" in path else {}
    if body is not None:
        operation["requestBody"] = _request_body(body)
        extra |= {"413": "The body is too large.", "415": "The body is not JSON in UTF-8."}
    for status in statuses:
        responses[status] = {"description": COMMON[status]}
    for status, description in extra.items():
        responses.setdefault(status, {"description": description})
    for status, response in responses.items():
        # FastAPI's word for the items of a stream is not OpenAPI 3.1; the route gives the schema of one.
        response.get("content", {}).get("text/event-stream", {}).pop("itemSchema", None)
        if int(status) >= 400:
            reference = {"$ref": REF.format(model="Problem")}
            response["content"] = {"application/problem+json": {"schema": reference}}
    operation["responses"] = dict(sorted(responses.items()))
    if scope:
        operation["x-scope"] = scope
        operation["security"] = [{"ApiKey": []}]
        operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`.".strip()


def _request_body(body: JsonBody[Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": REF.format(model=body.model.__name__)}}
    if body.example is not None:
        content["example"] = body.example
    return {"required": True, "content": dict.fromkeys(body.media_types, content)}


def _strip_titles(node: Any, named: bool = False) -> None:
    """Removes pydantic's automatic titles (``External Id``), which generators turn into class names."""
    if isinstance(node, dict):
        if not named and isinstance(node.get("title"), str) and ("type" in node or "anyOf" in node or "$ref" in node):
            del node["title"]
        for key, value in node.items():
            _strip_titles(value, named=key in ("properties", "info"))
    elif isinstance(node, list):
        for value in node:
            _strip_titles(value)
