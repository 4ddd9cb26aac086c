"""The contract that clients are generated from: made from the routes, and kept clean for every generator.

Bodies read by :class:`~app.core.bodies.JsonBody` are documented here from the very model that reads them, and
every operation answers faults with one `Problem` schema. Rules and why: CONTRIBUTING.md, "The contract".
"""

import copy
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.json_schema import models_json_schema

from app.core import answers, components, webhook_section
from app.core.auth import SCOPES
from app.core.bodies import ByHand, JsonBody
from app.core.conditional import NEEDED
from app.core.deps import Holds
from app.core.uploads import OCTETS

REF = components.REF + "{model}"
JSON, STREAM = "application/json", "text/event-stream"
# OpenAPI 3.1 has no word for lines of JSON.
LINES = {"type": "string", "description": "NDJSON: one JSON object a line, each as an item of the JSON form."}
SERVER = {
    "url": "/", "description": "Where this document was read: local, staging or production.", "x-internal": False,
}  # fmt: skip

TAGS = {
    "Mentions": "Public posts about us 舆情: posting readings of them, reading, correcting.",
    "Watch rules": "Which mentions concern us 监测规则: brand words, negative words, exclusions.",
    "Media outlets": "Whose reports are media follow-up 媒体跟进.",
    "Incidents": "Mentions handled as one case 危机事件, with grade, spread and timeline.",
    "Deadlines": "The plan's clocks 时限: what is due when, what rang, and how they were kept.",
    "Acts": "What people did about an incident, when, and what they decided with what was known 处置记录, 决策记录.",
    "Notes": "What people write to each other about an incident 备注, and whom they call.",
    "Inbox": "What waits for oneself 待办: to take on, to approve, to do, to read.",
    "Team": "Who answers for an incident 应急小组, who has acknowledged, and the links by which they do.",
    "Reviews": "What is learned from incidents 复盘: four answers, a report, and three decisions that change things.",
    "Affected users": "Whom an incident affects 受影响用户: entered or imported, reached, and erased in time.",
    "Grading policies": "Which spread and which harm make which grade 分级标准: versioned, tried before they count.",
    "Tasks": "What is to be done 任务: whose it is, when it is due, what came of it.",
    "Statements": "What we say in public 声明: drafted, approved version by version, published, withdrawn.",
    "Templates": "What statements are begun from 声明模板: versioned, with typed blanks; they run nothing, and fit by exact rules.",
    "SLA policies": "How long each clock runs 时限标准: versioned.",
    "Risks": "What may become a crisis 风险清单, measures against it, texts checked before they go out, what came before.",
    "Trainings": "Who has learned what 培训: courses, sessions, completions, and coverage on any date.",
    "Documents": "What everybody has to have read 制度文件: versions, and who acknowledged which.",
    "Drills": "Scenarios played through the same code on a faster clock 演练, and how well it went.",
    "Patrols": "People who look for themselves 人工巡查: slots, check-ins, what was found.",
    "Sources": "Who reports mentions 来源, whether they are alive, and which platforms are covered.",
    "Metrics": "Whether it all works 指标: figures with their formula, baselines, digests, mechanisms, replays.",
    "Handbook": "《危机应对手册》 from live data, with contacts outside the company.",
    "Programme": "The plan's roll-out 推进计划: phases, and checks from live data.",
    "Calendar": "Which days are worked 工作日历, with make-up days 调休, and when something is due that counts them.",
    "Files": "Evidence 证据: uploaded, read, attached to what it is evidence of.",
    "Webhooks": "Where we tell of what happens, signed by Standard Webhooks, and whether it arrived.",
    "Events": "What happened and what happens: pages, and a stream of Server-Sent Events.",
    "People": "Who acts 人员, the tokens that act for them, and who one is.",
    "Departments": "Where people belong 部门, what each is to a crisis, and which business units it answers for.",
    "Roles": "Who may do what 角色权限: six roles, each with its scopes, changed by administrators.",
    "API keys": "Who may call, and what.",
    "Vocabularies": "The words of this contract as people see them, in Chinese and English, with colours.",
}


class ProblemError(BaseModel):
    """One thing wrong with one field."""

    pointer: str = Field(
        description="JSON pointer into the body, `?name` for a query parameter, `{name}` for one of the path, or "
        "`name:` for a header.",
        examples=["/text"],
    )
    detail: str = Field(description="What is wrong, in words.", examples=["must hold at least one visible character"])
    code: str = Field(description="What is wrong, for programs.", examples=["value_error"])


class Markdown(RootModel[str]):
    """A document for people, as CommonMark with tables."""

    model_config = ConfigDict(json_schema_extra={"example": "# 2026-0031 牛奶异物\n", "maxLength": 64 * 1024 * 1024})


class Octets(RootModel[str]):
    """Bytes of a file, as they are."""

    model_config = ConfigDict(
        json_schema_extra={
            "contentMediaType": OCTETS, "format": "binary", "maxLength": 50 * 1024 * 1024, "example": "GIF89a",
        }
    )  # fmt: skip


class WordDocument(RootModel[bytes]):
    """A document for people, as Word opens it (Office Open XML)."""

    model_config = ConfigDict(json_schema_extra={"example": "PK", "maxLength": 4 * 1024 * 1024})


class WebPage(RootModel[str]):
    """A document for people as one file of HTML: it loads nothing and runs nothing."""

    model_config = ConfigDict(json_schema_extra={"example": "<!DOCTYPE html>\n", "maxLength": 16 * 1024 * 1024})


class VectorPicture(RootModel[bytes]):
    """A picture as SVG, with its font in it."""

    model_config = ConfigDict(
        json_schema_extra={"example": '<svg xmlns="http://www.w3.org/2000/svg"></svg>', "maxLength": 4 * 1024 * 1024}
    )


class Picture(RootModel[bytes]):
    """A picture as PNG."""

    model_config = ConfigDict(json_schema_extra={"example": "PNG", "maxLength": 16 * 1024 * 1024})


_DOCUMENTS: dict[str, type[BaseModel]] = {
    answers.MARKDOWN: Markdown, answers.DOCX: WordDocument, answers.HTML: WebPage, answers.SVG: VectorPicture,
    answers.PNG: Picture,
}  # fmt: skip
_BYTES = (answers.DOCX, answers.PNG, answers.SVG)


class Problem(BaseModel):
    """What went wrong, where, and what to do (RFC 9457)."""

    type: str = Field(
        description="A URI for the kind of problem.", examples=["urn:fenghuo:problem:invalid"],
        json_schema_extra={"format": "uri", "maxLength": 200},
    )  # fmt: skip
    title: str = Field(
        description="The kind of problem, in words: Chinese where `Accept-Language` asks for it.",
        examples=["部分字段不合法"],
    )
    status: int = Field(description="The HTTP status.", ge=400, le=599, examples=[422])
    detail: str = Field(
        description="This very problem, in words.", examples=["/text: must hold at least one visible character"]
    )
    instance: str = Field(description="The path that was asked for.", examples=["/v1/mentions"])
    code: str = Field(description="The kind of problem, for programs; it never changes.", examples=["invalid"])
    request_id: str = Field(
        description="Quote it when you ask for help.", examples=["0190f5a27b5e7c3d8a1f0123456789ab"]
    )
    errors: list[ProblemError] = Field(description="Each field at fault, where there are any.")


class _Found(NamedTuple):
    """An operation of the document and what its route says of it."""

    method: str
    path: str
    operation: dict[str, Any]
    body: JsonBody[Any] | None
    scopes: tuple[str, ...]
    overwrites: bool


def contract(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of ``app``, complete and the same at every call."""
    document = get_openapi(
        title="Fenghuo 烽火", version="1.0.0", summary="Social-media crisis response", description=app.description,
        routes=app.routes, servers=[SERVER],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        contact={"name": "Whoever runs this service"},
    )  # fmt: skip
    found = list(_operations(app, document))
    _add_schemas(document, {item.body.model for item in found if item.body})
    for item in found:
        _complete(item)
    document["webhooks"] = webhook_section.webhooks(document["components"]["schemas"])
    document["components"] |= answers.components()
    key = document["components"]["securitySchemes"]["ApiKey"]
    key["description"] += "\n\nScopes:\n" + "\n".join(f"- `{scope}`: {says}" for scope, says in SCOPES.items())
    used = {tag for item in found for tag in item.operation["tags"]}
    document["tags"] = [{"name": tag, "description": TAGS.get(tag, "")} for tag in (*TAGS, *(used - TAGS.keys()))]
    _settle(document)
    return document


def codegen(document: dict[str, Any]) -> dict[str, Any]:
    """The same without webhooks, for which one generator writes broken code, with JSON bodies alone, because another has no
    words for a second kind, and with documents as mere bytes, the only binary type that a third one knows."""
    reduced = copy.deepcopy(document)
    del reduced["webhooks"]
    for operation in (operation for item in reduced["paths"].values() for operation in item.values()):
        content = operation.get("requestBody", {}).get("content", {})
        for kind in [kind for kind in content if JSON in content and kind != JSON]:
            del content[kind]
        for response in operation["responses"].values():
            for kind in _BYTES:
                if kind in response.get("content", {}):
                    response["content"] = {OCTETS: response["content"][kind]}
    components.prune(reduced)
    return reduced


def _operations(app: FastAPI, document: dict[str, Any]) -> Iterator[_Found]:
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute) or not route.include_in_schema or route.path_format is None:
            continue
        calls = list(_calls(route.dependant))
        by_hand: ByHand | None = getattr(route.endpoint, "by_hand", None)
        body = by_hand.body if by_hand else next((call for call in calls if isinstance(call, JsonBody)), None)
        scopes = [by_hand.scope] if by_hand else [call.scope for call in calls if isinstance(call, Holds)]
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            overwrites = any(call in NEEDED for call in calls)
            yield _Found(method.lower(), route.path_format, operation, body, tuple(scopes), overwrites)


def _calls(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


_ANSWERED: tuple[type[BaseModel], ...] = (Problem, Octets, *_DOCUMENTS.values())


def _add_schemas(document: dict[str, Any], bodies: set[type[BaseModel]]) -> None:
    """Adds what FastAPI does not see: bodies, events and the problem.

    A model that comes in and goes out with two meanings would be two schemas of one name: that is refused.
    """
    schemas = document["components"].setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, definitions = models_json_schema(
        [(model, "validation") for model in sorted(bodies, key=lambda m: m.__name__)]
        + [(model, "serialization") for model in _ANSWERED],
        ref_template=REF,
    )  # fmt: skip
    added = definitions["$defs"]
    twins = sorted(name for name in added.keys() & schemas.keys() if added[name] != schemas[name])
    if twins:
        raise ValueError(f"make a model for what comes in and one for what goes out: {twins}")
    schemas |= added


def _complete(item: _Found) -> None:
    operation = item.operation
    operation["summary"] = _summary(operation["operationId"])
    if item.scopes:
        schemes = [name for requirement in operation.get("security", [{"ApiKey": []}]) for name in requirement]
        operation["security"] = [{name: list(dict.fromkeys(item.scopes))} for name in schemes]
        scopes = " and ".join(f"`{scope}`" for scope in dict.fromkeys(item.scopes))
        operation["description"] = f"{operation.get('description', '')}\n\nScope: {scopes}.".strip()
    operation.setdefault("security", [])
    for parameter in operation.get("parameters", []):
        components.settle_parameter(parameter)
    if item.body is not None:
        operation["requestBody"] = _request_body(item.body)
    for response in operation["responses"].values():
        if STREAM in response.get("content", {}):
            response["content"] = {STREAM: {"schema": {"$ref": REF.format(model=webhook_section.UNION)}}}
        for kind in _DOCUMENTS.keys() & response.get("content", {}).keys():
            response["content"] = {kind: {"schema": {"$ref": REF.format(model=_DOCUMENTS[kind].__name__)}}}
    has_body = "requestBody" in operation
    answers.complete(answers.Facts(item.method, item.path, operation, item.scopes, has_body, item.overwrites))


def _summary(operation_id: str) -> str:
    """``createApiKey`` -> Create API key."""
    words = re.sub(r"(?=[A-Z])", " ", operation_id).lower()
    return re.sub(r"\bapi\b", "API", words[0].upper() + words[1:])


def _request_body(body: JsonBody[Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": REF.format(model=body.model.__name__)}}
    if body.example is not None:
        content["example"] = body.example
    description = (body.model.__doc__ or "").strip().split("\n")[0]
    contents = {kind: content if kind == JSON else {"schema": LINES} for kind in body.media_types}
    return {"description": description, "required": True, "content": contents}


def _settle(document: dict[str, Any]) -> None:
    """The passes over all schemas, in their order: what is answered is known once nothing unused is left."""
    components.strip_titles(document)
    components.prune(document)
    schemas = document["components"]["schemas"]
    bodies = [o.get("requestBody", {}) for item in document["paths"].values() for o in item.values()]
    taken = {name for _, name in components.reachable(bodies, document["components"])}
    components.settle_answers(schemas, schemas.keys() - taken)
    patches = [item["patch"].get("requestBody", {}) for item in document["paths"].values() if "patch" in item]
    components.settle_patches(schemas, {name for _, name in components.references(patches)})
    components.settle_all(document)
    components.exemplify(schemas)
