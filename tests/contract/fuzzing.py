"""schemathesis against the running service: all its checks and ours, all phases, fixed seeds."""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.contract.service import Service
from tests.contract.tools import HERE, WHOLE, Failed, digest, tool

RULES = HERE / "rules"
# The coverage phase alone makes about 60 cases an operation, whatever is asked for; the rest grows with EXAMPLES. So the
# quick run covers one share of the operations in that phase: another one whenever the document changes, and with one
# document always the same.
SHARES = 4
QUICK_CASES, QUICK_EXAMPLES = 500, 2
FULL_CASES, FULL_EXAMPLES = 20_000, 30
FIRST_SEED = 1
RUN_SECONDS = 1_800
WORKERS = 2
# The stream: rules/schemathesis.toml says why.
LEFT_OUT = 1


def fuzz(service: Service, *, quick: bool) -> str:
    """Runs seed after seed until there were cases enough. Failed with what schemathesis says at the first failure."""
    wanted, examples = (QUICK_CASES, QUICK_EXAMPLES) if quick else (FULL_CASES, FULL_EXAMPLES)
    ids, uncovered = known(service), not_covered() if quick else ""
    cases, seed = 0, FIRST_SEED
    while cases < wanted:
        cases += _run(service, seed, examples, ids, uncovered)
        seed += 1
    faults = service.faults()
    if faults:
        raise Failed("the service's logs speak of faults:\n" + "\n".join(faults[:5]))
    return f"{cases:,} cases, {seed - FIRST_SEED} seed{'s' if seed > FIRST_SEED + 1 else ''}"


def not_covered() -> str:
    """Rules that leave out the operations beyond this document's share of the coverage phase."""
    document = json.loads(WHOLE.read_text("utf-8"))
    operations = sorted(each["operationId"] for path in document["paths"].values() for each in path.values())
    share = int(digest(WHOLE), 16) % SHARES
    left = [name for place, name in enumerate(operations) if place % SHARES != share]
    return (
        f"\n[[operations]]\ninclude-operation-id = {json.dumps(left)}\n[operations.phases.coverage]\nenabled = false\n"
    )


def _run(service: Service, seed: int, examples: int, ids: dict[str, list[str]], more_rules: str) -> int:
    with TemporaryDirectory() as folder:
        config, report = Path(folder) / "schemathesis.toml", Path(folder) / "report.json"
        text = (RULES / "schemathesis.toml").read_text("utf-8")
        config.write_text(text.replace("HOOKS", str(RULES / "hooks.py")) + more_rules, "utf-8")
        person, key = _a_person(service)
        told = {
            "FENGHUO_CONTRACT_KEY": service.key, "FENGHUO_CONTRACT_IDS": json.dumps(ids),
            "FENGHUO_CONTRACT_PERSON": person, "FENGHUO_CONTRACT_PERSON_KEY": key,
        }  # fmt: skip
        said = tool(
            "schemathesis", "--config-file", str(config), "run", str(WHOLE), "--url", service.url,
            "--checks", "all", "--max-examples", str(examples),
            "--seed", str(seed), "--workers", str(WORKERS), "--generation-database", "none", "--no-color",
            "--report", "json", "--report-json-path", str(report), cwd=Path(folder), more=told, within=RUN_SECONDS,
        )  # fmt: skip
        found = json.loads(report.read_text("utf-8"))
    return _judge(found, said)


def _a_person(service: Service) -> tuple[str, str]:
    """A person and a key of their own that may do everything, for what only people may do."""
    headers = {"authorization": f"Bearer {service.key}"}
    with httpx.Client(base_url=service.url, headers=headers) as client:
        scopes = client.get("/v1/me").raise_for_status().json()["scopes"]
        person = client.post("/v1/people", json={"name": "王契约", "scopes": scopes}).raise_for_status().json()
        body = {"name": "contract", "scopes": scopes, "person_id": person["id"]}
        return person["id"], client.post("/v1/api-keys", json=body).raise_for_status().json()["key"]


def _judge(found: dict[str, Any], said: str) -> int:
    """The number of cases, once each operation was tried in each phase, and none was refused for its key alone."""
    problems = [name for name, phase in found["phases"].items() if phase["status"] != "success"]
    operations = found["operations"]
    if not found["complete"] or problems or operations["tested"] != operations["total"] - LEFT_OUT:
        raise Failed(f"not everything was tried: {operations}, {problems}\n{said}")
    if found["warnings"]["missing_auth"]:
        raise Failed(f"operations were refused for their key alone: {found['warnings']['missing_auth']}")
    cases: int = found["test_cases"]["generated"]
    return cases


def known(service: Service) -> dict[str, list[str]]:
    """Things for requests to speak of: mentions, incidents, a rule, an endpoint. By the name that refers to them."""
    with httpx.Client(base_url=service.url, headers={"authorization": f"Bearer {service.key}"}, timeout=20) as client:
        rule = _made(client, "/v1/watch-rules", name="模糊测试", brand_words=["模糊牌"], negative_words=["差评"])
        posts = [
            _made(client, "/v1/mentions", platform="weibo", external_id=f"known-{n}", text="模糊牌差评", likes=100 * n)
            for n in range(6)
        ]
        opened = [_made(client, "/v1/incidents", title=f"模糊事件 {n}") for n in range(3)]
        endpoint = _made(client, "/v1/webhook-endpoints", url="http://127.0.0.1:9/")
        counted = _counted(client, rule)
    return {
        "rule_id": [rule], "endpoint_id": [endpoint], "mention_id": posts, "mention_ids": posts,
        "incident_id": [*opened, counted], "incident_ids": opened, "into_incident_id": [counted, *opened],
    }  # fmt: skip


def _made(client: httpx.Client, path: str, **body: object) -> str:
    answer = client.post(path, json=body)
    answer.raise_for_status()
    made: str = answer.json()["id"]
    return made


def _counted(client: httpx.Client, rule: str) -> str:
    """The incident that the posts made, once the worker has counted them."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = client.get("/v1/incidents", params={"rule_id": rule}).json()["data"]
        if found:
            return str(found[0]["id"])
        time.sleep(0.1)
    raise Failed("no incident was made of the posts within 30 s: is the worker alive?")
