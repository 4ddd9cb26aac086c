"""The contract is committed, names its operations as clients will call them, and hides nothing."""

import re
from typing import Any

import pytest

from app.core.auth import SCOPES
from app.main import create_app
from app.settings import Settings

DOCUMENT = create_app(Settings(secret_key="a secret of the tests, never used elsewhere")).openapi()
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (path, method, operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
]
# Any good key or token will do.
ASK_FOR_NO_SCOPE = {"getMe", "getVocabularies"}
IDS = [operation["operationId"] for _, _, operation in OPERATIONS]


def test_operation_ids_are_verb_and_noun_and_never_change() -> None:
    assert all(re.fullmatch(r"[a-z]+[A-Z][A-Za-z]+", operation_id) for operation_id in IDS)
    assert len(IDS) == len(set(IDS))
    assert sorted(IDS) == PINNED


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_every_operation_says_what_it_does_who_may_and_how_it_fails(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 20
    assert operation["tags"]
    assert operation.get("x-scope") in SCOPES or operation["operationId"] in ASK_FOR_NO_SCOPE
    assert operation["security"]
    assert {"401", "403"} <= operation["responses"].keys()
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            schema = response["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
    if method in ("post", "put", "patch") and "requestBody" in operation:
        assert {"413", "415", "422"} <= operation["responses"].keys()


def test_no_schema_is_named_twice_or_by_a_machine() -> None:
    names = list(DOCUMENT["components"]["schemas"])
    assert not [name for name in names if re.search(r"(-Input|-Output|_|\[)", name)], names


# A client's method names. A new operation adds a line; a changed or removed one breaks somebody's program.
PINNED = sorted(
    [
        "activateGradingPolicy",
        "attachMentions",
        "createApiKey",
        "createGradingPolicy",
        "createMediaOutlet",
        "createPerson",
        "createPersonToken",
        "createWatchRule",
        "createWebhookEndpoint",
        "deleteMediaOutlet",
        "deleteWatchRule",
        "deleteWebhookEndpoint",
        "detachMentions",
        "followEvents",
        "getGradingPolicy",
        "getIncident",
        "getIncidentSpread",
        "getMe",
        "getMention",
        "getPerson",
        "getVocabularies",
        "getWatchRule",
        "getWebhookDelivery",
        "getWebhookEndpoint",
        "listApiKeys",
        "listEvents",
        "listGradingPolicies",
        "listIncidentMentions",
        "listIncidentTimeline",
        "listIncidents",
        "listMediaOutlets",
        "listMentionObservations",
        "listMentions",
        "listPeople",
        "listWatchRules",
        "listWebhookDeliveries",
        "listWebhookEndpoints",
        "mergeIncident",
        "openIncident",
        "postMention",
        "postMentionBatch",
        "replayWebhookDeliveries",
        "replayWebhookDelivery",
        "revokeApiKey",
        "rotateApiKey",
        "rotateWebhookSecret",
        "setIncidentGrade",
        "setIncidentStatus",
        "simulateGradingPolicy",
        "testWatchRule",
        "testWebhookEndpoint",
        "updateIncident",
        "updateMediaOutlet",
        "updateMention",
        "updatePerson",
        "updateWatchRule",
        "updateWebhookEndpoint",
    ]
)
