"""Courses, sessions and results as tests make them; a department whose people are its course's audience."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from app.domain.worktime import day_of
from tests.support.api import everything, good
from tests.support.people import make_person
from tests.support.staff import a_department

TRAININGS = "/v1/trainings"
SESSIONS = "/v1/training-sessions"
COMPLETIONS = "/v1/training-completions"
COVERAGE = "/v1/training-coverage"


def day(after: int = 0) -> str:
    """A day in Shanghai, so many from today."""
    return (day_of(datetime.now(UTC)) + timedelta(days=after)).isoformat()


def hours(after: float) -> str:
    """An instant so many hours from now."""
    return (datetime.now(UTC) + timedelta(hours=after)).isoformat()


async def make_training(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A course that nobody has to take, unless it is said otherwise: others' figures are not to change."""
    body = {"title": "员工社交行为准则", "mandatory": False} | fields
    return good(await client.post(TRAININGS, json=body), 201)  # type: ignore[no-any-return]


async def make_session(client: httpx.AsyncClient, training: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"starts_at": hours(24), "ends_at": hours(26)} | fields
    return good(await client.post(f"{TRAININGS}/{training['id']}/sessions", json=body), 201)  # type: ignore[no-any-return]


async def complete(
    client: httpx.AsyncClient, training: dict[str, Any], person: dict[str, Any], on: str | None = None, **fields: Any
) -> dict[str, Any]:
    body = {"person_id": person["id"], "completed_on": on or day()} | fields
    return good(await client.post(f"{TRAININGS}/{training['id']}/completions", json=body), 201)  # type: ignore[no-any-return]


@dataclass
class Audience:
    """A department of a test's own, its people, and its mandatory courses, which are retired at the end."""

    client: httpx.AsyncClient
    department: dict[str, Any]
    people: list[dict[str, Any]]
    trainings: list[dict[str, Any]] = field(default_factory=list)

    async def course(self, **fields: Any) -> dict[str, Any]:
        stated = {"department_ids": [self.department["id"]], "mandatory": True} | fields
        self.trainings.append(await make_training(self.client, **stated))
        return self.trainings[-1]

    async def share(self, on: date | str | None = None) -> tuple[int, int] | None:
        """Covered and roster of the department on a day; None where nobody was there."""
        answer = good(await self.client.get(COVERAGE, params={"on": str(on)} if on else {}))
        found = [row for row in answer["departments"] if row["department_id"] == self.department["id"]]
        return (found[0]["covered"], found[0]["roster"]) if found else None

    async def missing(self, on: str | None = None, **query: Any) -> list[tuple[str, str, str]]:
        """Person, course and why."""
        asked = {"department_id": self.department["id"]} | ({"on": on} if on else {}) | query
        rows = await everything(self.client, f"{COVERAGE}/missing", limit=2, **asked)
        return [(row["person"]["id"], row["training_id"], row["gap"]) for row in rows]


@asynccontextmanager
async def an_audience(client: httpx.AsyncClient, people: int = 3) -> AsyncIterator[Audience]:
    async with a_department(client) as department:
        members = [await make_person(client, department_id=department["id"]) for _ in range(people)]
        audience = Audience(client, department, members)
        try:
            yield audience
        finally:
            for training in audience.trainings:
                good(await client.patch(f"{TRAININGS}/{training['id']}", json={"retired": True}))
