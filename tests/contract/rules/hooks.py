"""What schemathesis is told of this service beside the contract. Runs in the tools' environment, within schemathesis."""

import ast
import json
import os
from functools import wraps
from itertools import count, cycle
from threading import Lock
from typing import Any, get_args

import schemathesis
from hypothesis.strategies._internal.strategies import SampledFromStrategy
from pydantic_core.core_schema import ErrorType

# The next step of a story is one of 14,000 links, nearly all of which lead on from what was not made yet. Hypothesis
# looks at the first 10,000 only, found none to begin with, and ran no story at all.
SampledFromStrategy._MAX_FILTER_CALLS = 1_000_000

# CPython 3.11 counts for all threads together how deep a syntax tree is; two that parse at once fail with "recursion depth
# mismatch". Hypothesis parses whatever file has the lambda that it describes.
_parsing, _parse = Lock(), ast.parse


@wraps(_parse)
def _parse_alone(*source: Any, **options: Any) -> Any:
    with _parsing:
        return _parse(*source, **options)


ast.parse = _parse_alone

# Who asks, and must go on being able to.
KEY_IDS = {os.environ[name].split("_")[2] for name in ("FENGHUO_CONTRACT_KEY", "FENGHUO_CONTRACT_PERSON_KEY")}
PERSON = os.environ["FENGHUO_CONTRACT_PERSON"]
# Things that are there, by the name of the parameter or member that refers to them.
IDS: dict[str, list[str]] = json.loads(os.environ.get("FENGHUO_CONTRACT_IDS", "{}"))
# Loopback is allowed to the service under test; nobody listens at the discard port.
RECEIVER = "http://127.0.0.1:9/"
# Codes of faults that a schema can say: a request that the contract allows is never refused by one of these.
SHAPE = frozenset(get_args(ErrorType)) - {"value_error", "assertion_error"}
SHAPE |= {"invalid_text", "invalid_number", "too_deep", "duplicate_key"}

_calls = count()
_known = {name: cycle(ids) for name, ids in IDS.items()}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Keeps the keys that ask alive, and the person behind one; two of three times a request the contract allows speaks of what is there."""
    path = case.path_parameters or {}
    if path.get("key_id") in KEY_IDS:
        path["key_id"] = "nobody1"
    if path.get("person_id") == PERSON:
        path["person_id"] = "00000000-0000-7000-8000-000000000000"
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.meta.phase.name.value == "stateful":  # it knows what it made, and looks whether that is there
        # A link through a member that may be null leads nowhere: it is given somewhere to go.
        path = {name: value for name, value in path.items() if value in (None, "None")}
    elif next(_calls) % 3 == 0:
        return
    for name in path.keys() & _known.keys():
        case.path_parameters[name] = next(_known[name])
    if isinstance(case.body, dict):
        _point_at_what_is_there(case.body)


def _point_at_what_is_there(body: dict[str, Any]) -> None:
    if isinstance(body.get("url"), str) and "event_types" in body:
        body["url"] = RECEIVER
    for name in body.keys() & _known.keys():
        if isinstance(body[name], str):
            body[name] = next(_known[name])
        elif isinstance(body[name], list):
            body[name] = [next(_known[name]) for _ in body[name]]


@schemathesis.check
def refused_for_its_meaning(ctx: Any, response: Any, case: Any) -> None:
    """Where the contract allows a request and the service does not, it is never for the request's shape."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    faults = [error for error in response.json()["errors"] if error["code"] in SHAPE and not _is_whole(case, error)]
    assert not faults, f"the contract allows what the service refuses for its shape: {faults}"


def _is_whole(case: Any, error: dict[str, str]) -> bool:
    """JSON Schema calls 12.0 an integer. The service is stricter, and no language writes a whole number so by itself."""
    if error["code"] != "int_type":
        return False
    value = case.body
    for step in error["pointer"].split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return isinstance(value, float)


@schemathesis.check
def says_who_asked(ctx: Any, response: Any, case: Any) -> None:
    """Every answer carries the request's id, and every fault is a problem that repeats it."""
    request_id = response.headers.get("x-request-id", [""])[0]
    assert request_id, "an answer without X-Request-Id"
    if response.status_code >= 400:
        assert response.json()["request_id"] == request_id, "the problem names another request"
