"""Whatever happens to incidents and in whatever order, their reviews keep their promises (方案 二(三))."""

import random
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from app.core.auth import SYSTEM
from app.core.outbox import record
from app.domain.events import IncidentCalmed, IncidentRebounded
from app.incidents.queries import get_incident
from app.incidents.timeline import on_timeline
from tests.support.acts import URL, grade, move, opened
from tests.support.api import incident
from tests.support.reviewing import DECIDER, KINDS, REVIEWS, issue, keep, person_headers, prepared, seen

STEPS = 40
# How often of a hundred, so that some incidents get far.
OFTEN = {"calm": 30, "flare": 12, "end": 14, "come_back": 8, "begin": 6, "cover": 10, "take_out": 5, "report": 12, "decide": 12,
         "merge": 2}  # fmt: skip


class Walk:
    """Three incidents and what befalls them. What is refused is refused: what counts is how things stand after it."""

    def __init__(self, client, database, headers: dict, seed: int) -> None:
        self.client, self.database, self.headers, self.random = client, database, headers, random.Random(seed)
        self.incidents: list[str] = []
        self.done: set[str] = set()

    async def begin_walk(self) -> None:
        for _ in range(3):
            self.incidents.append(await opened(self.client))
            await grade(self.client, self.incidents[-1], "general")

    async def step(self) -> str:
        name = self.random.choices(list(OFTEN), list(OFTEN.values()))[0]
        act: Callable[[str], Awaitable[bool]] = getattr(self, f"_{name}")
        if await act(self.random.choice(self.incidents)):
            self.done.add(name)
        return name

    async def _tell(self, incident_id: str, kind, calm: bool) -> bool:
        async with self.database.transaction() as tx:
            there, now = await get_incident(tx, UUID(incident_id), lock=True), await tx.now()
            if there.status not in ("responding", "handling", "closing") or (there.calmed_at is not None) is calm:
                return False
            calmed_at, there.calmed_at = there.calmed_at or now, now if calm else None
            why = {"evidence": {}} | ({} if calm else {"reason": "It burns."})
            await record(tx, kind(**on_timeline(there), calmed_at=calmed_at, **why), caller=SYSTEM)
        return True

    async def _calm(self, incident_id: str) -> bool:
        return await self._tell(incident_id, IncidentCalmed, True)

    async def _flare(self, incident_id: str) -> bool:
        return await self._tell(incident_id, IncidentRebounded, False)

    async def _end(self, incident_id: str) -> bool:
        if self.random.random() < 0.3:
            return (await move(self.client, incident_id, "dismissed")).status_code == 200
        answers = [await move(self.client, incident_id, to, override=True) for to in ("handling", "closing", "closed")]
        return answers[-1].status_code == 200

    async def _come_back(self, incident_id: str) -> bool:
        return (await move(self.client, incident_id, "responding")).status_code == 200

    async def _begin(self, incident_id: str) -> bool:
        return (await self.client.post(f"{URL}/{incident_id}/review")).status_code == 201

    async def _cover(self, incident_id: str) -> bool:
        review, other = await self._review(incident_id), self.random.choice(self.incidents)
        if review is None or other == incident_id:
            return False
        body = {"incident_ids": [other]}
        return (await self.client.post(f"{REVIEWS}/{review['id']}/incidents", json=body)).status_code == 200

    async def _take_out(self, incident_id: str) -> bool:
        review = await self._review(incident_id)
        if review is None:
            return False
        return (await self.client.delete(f"{REVIEWS}/{review['id']}/incidents/{incident_id}")).status_code == 204

    async def _report(self, incident_id: str) -> bool:
        review = await self._review(incident_id)
        if review is None or review["status"] != "open":
            return False
        await prepared(self.client, self.database, review)
        return (await issue(self.client, review, headers=self.headers)).status_code == 200

    async def _decide(self, incident_id: str) -> bool:
        review = await self._review(incident_id)
        if review is None:
            return False
        return (await keep(self.client, review, self.random.choice(KINDS), self.headers)).status_code == 200

    async def _merge(self, incident_id: str) -> bool:
        body = {"into_incident_id": self.random.choice(self.incidents), "reason": "同一事件"}
        return (await self.client.post(f"{URL}/{incident_id}/merge", json=body)).status_code == 200

    async def _review(self, incident_id: str) -> dict | None:
        answer = await self.client.get(f"{URL}/{incident_id}/review")
        return answer.json() if answer.status_code == 200 else None

    async def check(self) -> None:
        """What always holds."""
        for incident_id in self.incidents:
            running = await self.database.fetch(
                "select due_at from deadlines where incident_id = $1 and kind = 'review' and state = 'running'",
                UUID(incident_id),
            )
            review, there = await self._review(incident_id), await incident(self.client, incident_id)
            if running:
                assert review, "while its clock runs a review covers it"
                assert review["status"] == "open"
                assert review["decisions_due_at"]
            if review is not None:
                await self._check(review, there)

    async def _check(self, review: dict, there: dict) -> None:
        assert review == await seen(self.client, review)
        assert review["status"] != "merged", "what covers an incident is not covered itself"
        here = [one for one in review["incidents"] if one["left_at"] is None]
        assert there["id"] in [one["incident_id"] for one in here]
        if review["status"] == "suspended":
            assert len(here) == 1, "what is put off is of one: others' clocks run"
        decided = [one["state"] != "open" for one in review["decisions"]]
        assert len(decided) == 3
        assert (review["status"] == "completed") == (bool(review["reported_at"]) and all(decided))
        assert (review["status"] in ("reported", "completed")) == bool(review["reported_at"])


@pytest.mark.parametrize("seed", range(4))
async def test_reviews_keep_their_promises_whatever_happens(client, database, seed):
    walk = Walk(client, database, await person_headers(client, *DECIDER), seed)
    await walk.begin_walk()
    told = []
    for _ in range(STEPS):
        told.append(await walk.step())
        try:
            await walk.check()
        except AssertionError as error:
            raise AssertionError(f"after {told}: {error}") from error
    assert len(walk.done) >= 5, f"it went somewhere: {walk.done}"
