"""Round trips of generated clients against the running service: `journeys/` has the programs."""

import json
from typing import Any

from tests.contract.clients import hey_api, home, openapi_python_client
from tests.contract.service import Service
from tests.contract.tools import CODEGEN, node, tool

STREAM = "/v1/events/stream"


def typescript(service: Service) -> str:
    """The journey with the client of hey-api; Node reads TypeScript as it is."""
    hey_api()
    operation = _stream()
    told = _told(service) | ({"STREAM": operation["operationId"]} if operation else {})
    return _last(node(home("hey-api") / "journey.ts", more=told))


def python(service: Service) -> str:
    """The journey with the client of openapi-python-client."""
    openapi_python_client()
    told = _told(service) | ({"STREAM": STREAM} if _stream() else {})
    return _last(tool("python", "journey.py", cwd=home("openapi-python-client"), more=told))


def _stream() -> dict[str, Any] | None:
    document = json.loads(CODEGEN.read_text("utf-8"))
    found: dict[str, Any] | None = document["paths"].get(STREAM, {}).get("get")
    return found


def _told(service: Service) -> dict[str, str]:
    return {"URL_OF_SERVICE": service.url, "KEY": service.key}


def _last(said: str) -> str:
    return said.strip().split("\n")[-1]
