"""Every GET of the contract whose answer is JSON, asked about one incident: ids in its path are taken from the lists above it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from tests.support.api import contract

NO_JSON = re.compile(r"/events/stream$|/(docx|html|markdown|svg|png|content)$")
ASKED_FOR_DRILLS = {"is_drill": "true", "drills": "only"}
# What an answer says of when it was given.
_NOW = ("as_of", "at", "start", "end", "started_after")


@cache
def _asked() -> list[tuple[str, dict[str, Any]]]:
    """Path and operation, lists before what is in them."""
    every = [(path, one["get"]) for path, one in contract()["paths"].items() if "get" in one]
    return sorted(every, key=lambda each: each[0].count("/"))


class Walk:
    """Whoever follows every link that there is. ``drills``: asks for exercises 演练 wherever that can be asked."""

    def __init__(
        self, client: httpx.AsyncClient, me: dict[str, str], incident_id: str, *, drills: bool = False
    ) -> None:
        self._client, self._me, self._incident_id, self._drills = client, me, incident_id, drills
        self.answers: dict[str, Any] = {}
        self.not_asked: set[str] = set()

    async def through(self, paths: re.Pattern[str], *, without: re.Pattern[str]) -> dict[str, Any]:
        """Address -> answer, of all paths that are chosen."""
        for path, operation in _asked():
            if not NO_JSON.search(path) and paths.search(path) and not without.search(path):
                await self._ask(path, operation)
        return self.answers

    async def _ask(self, path: str, operation: dict[str, Any]) -> None:
        urls = list(self._filled(path))
        for url in urls:
            headers = self._me if path.startswith("/v1/me") else None
            answer = await self._client.get(url, params=self._query(operation), headers=headers)
            assert answer.status_code in (200, 404), f"{url}: {answer.text}"
            if answer.status_code == 200:
                self.answers[url] = answer.json()
        if not any(url in self.answers for url in urls):
            self.not_asked.add(operation["operationId"])

    def _query(self, operation: dict[str, Any]) -> dict[str, str]:
        """As little as may be asked: of today and yesterday, as much of it as one answer holds."""
        query, now = {}, datetime.now(UTC)
        for one in operation.get("parameters", ()):
            if one.get("in") != "query":
                continue
            name, schema = one["name"], one["schema"]
            if name == "limit":
                query[name] = str(schema.get("maximum", 200))
            elif name in ("from", "to") and one.get("required"):
                at = now + timedelta(days=-1 if name == "from" else 1)
                query[name] = at.date().isoformat()
            elif self._drills and name in ASKED_FOR_DRILLS:
                query[name] = ASKED_FOR_DRILLS[name]
        return query

    def _filled(self, path: str) -> Iterator[str]:
        hole = re.search(r"/\{(\w+)\}", path)
        if hole is None:
            yield path
            return
        above = path[: hole.start()]
        for value in self._values(above, hole[1]):
            yield from self._filled(f"{above}/{value}{path[hole.end() :]}")

    def _values(self, above: str, name: str) -> list[str]:
        """Ids from the list above it: the first of the incident's, where it has any; each of the few figures 指标."""
        if name == "incident_id":
            return [self._incident_id]
        rows = [row for row in (self.answers.get(above) or {}).get("data", ()) if isinstance(row, dict)]
        rows.sort(key=lambda row: self._incident_id not in str(row))
        names = (name.removesuffix("_id"), "id", "version")
        ids = [str(next(row[one] for one in names if one in row)) for row in rows if any(one in row for one in names)]
        return ids if name == "kpi" else ids[:1]


def differences(one: Any, other: Any, at: str = "") -> list[str]:
    """Where two answers differ, but in when they were given."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = [name for name in one | other if name not in _NOW]
        return [line for name in names for line in differences(one.get(name), other.get(name), f"{at}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            line for n, both in enumerate(zip(one, other, strict=True)) for line in differences(*both, f"{at}[{n}]")
        ]
    return [] if one == other else [f"{at}: {str(one)[:80]} is {str(other)[:80]}"]
