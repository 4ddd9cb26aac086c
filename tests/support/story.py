"""A story played through the service and kept beside it: what was sent, and what must therefore be shown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from app.mentions.ingest import Intake, row_of
from app.mentions.schemas import MentionIn
from tests.support.recount import SEVERITY, Post, Rule, Told, assert_spread, recount

_numbers = count(1)
NEGATIVE = "差评"


def brand() -> str:
    """A brand nobody else in this run has, of letters that no squeezing or folding changes."""
    return "牌" + "".join(chr(ord("甲") + int(digit)) for digit in f"{next(_numbers):05d}") + "尾"


def as_json(told: Told) -> dict[str, Any]:
    """The members of a mention that a reading states."""
    named = {name: getattr(told, name) for name in Told.__slots__}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in named.items()
        if value is not None
    }


async def make_rule(client: httpx.AsyncClient, *, negative: str | None = NEGATIVE, harm: str = "individual") -> Rule:
    """A rule on a brand of its own; without a negative word it takes every negative mention of the brand."""
    word = brand()
    body = {"name": word, "brand_words": [word], "negative_words": [negative] if negative else [], "harm_class": harm}
    answer = await client.post("/v1/watch-rules", json=body)
    assert answer.status_code == 201, answer.text
    return Rule(UUID(answer.json()["id"]), word, negative)


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.json()


async def everything(client: httpx.AsyncClient, path: str, **params: Any) -> list[Any]:
    """All pages."""
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await get(client, path, limit=200, **params, **cursor)
        found += page["data"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


class Story:
    """Posts by name. Readings go in by the ingest path; what people do goes over HTTP."""

    def __init__(self, client: httpx.AsyncClient, intake: Intake, now: datetime, rules: Sequence[Rule]) -> None:
        self.client, self.intake, self.now, self.rules = client, intake, now, rules
        self.prefix = f"story{next(_numbers)}-"
        self.posts: dict[str, Post] = {}
        self.ids: dict[str, UUID] = {}
        self.incidents: set[UUID] = set()
        self.taken_out: set[str] = set()
        self.worst: dict[UUID, str | None] = {}

    async def tell(self, told: Sequence[tuple[str, Told]], key_id: str = "story", historical: bool = False) -> None:
        """Sends readings in one go, in this order."""
        items = [
            MentionIn.model_validate({"platform": "weibo", "external_id": self.prefix + name, **as_json(one)},
                                     strict=False)
            for name, one in told
        ]  # fmt: skip
        rows = [row_of(item, key_id=key_id, now=self.now, historical=historical) for item in items]
        for (name, one), accepted in zip(told, await self.intake.accept(rows), strict=True):
            self.posts.setdefault(name, Post()).told.append(one)
            assert self.ids.setdefault(name, accepted.id) == accepted.id

    async def correct(self, name: str, **word: Any) -> None:
        """A person's word on a post; None gives it back."""
        post = self.posts[name]
        for what, value in word.items():
            setattr(post, f"person_{what}", value)
        body = {what: value.isoformat() if isinstance(value, datetime) else value for what, value in word.items()}
        answer = await self.client.patch(f"/v1/mentions/{self.ids[name]}", json=body)
        assert answer.status_code == 200, answer.text

    async def move(self, incident_id: UUID, act: str, names: Iterable[str]) -> httpx.Response:
        """Attaches or detaches."""
        names = list(names)
        body = {"mention_ids": [str(self.ids[name]) for name in names], "reason": "a person says so"}
        members = {
            name for name, mention in (await self.mentions()).items() if mention["incident_id"] == str(incident_id)
        }
        answer = await self.client.post(f"/v1/incidents/{incident_id}/{act}", json=body)
        if answer.status_code == 200 and act == "attach":
            self.taken_out -= set(names)
        elif answer.status_code == 200:
            self.taken_out |= members & set(names)
        return answer

    async def merge(self, incident_id: UUID, into: UUID) -> httpx.Response:
        body = {"into_incident_id": str(into), "reason": "one story"}
        return await self.client.post(f"/v1/incidents/{incident_id}/merge", json=body)

    async def split(self, incident_id: UUID, names: Iterable[str]) -> httpx.Response:
        """Splits these off; the new incident is one of the story's."""
        body = {"title": "another case", "mention_ids": [str(self.ids[name]) for name in names], "reason": "so"}
        answer = await self.client.post(f"/v1/incidents/{incident_id}/split", json=body)
        if answer.status_code == 201:
            self.incidents.add(UUID(answer.json()["id"]))
        return answer

    async def open(self, names: Iterable[str]) -> UUID:
        body = {"title": "by a person", "mention_ids": [str(self.ids[name]) for name in names]}
        answer = await self.client.post("/v1/incidents", json=body)
        assert answer.status_code == 201, answer.text
        self.incidents.add(UUID(answer.json()["id"]))
        return UUID(answer.json()["id"])

    async def mentions(self) -> dict[str, Mapping[str, Any]]:
        return {name: await get(self.client, f"/v1/mentions/{mention_id}") for name, mention_id in self.ids.items()}

    async def check(self) -> dict[UUID, Mapping[str, Any]]:
        """Every post and every incident is shown as the readings say; returns the incidents."""
        mentions = await self.mentions()
        for name, mention in mentions.items():
            self._check_mention(self.posts[name], mention)
            if name in self.taken_out:
                assert mention["incident_id"] is None, f"{name} was put back"
            if mention["sentiment"] == "negative" and mention["hits"] and name not in self.taken_out:
                assert mention["incident_id"], f"{name} is negative and hits, and joined nothing"
        self.incidents |= {UUID(m["incident_id"]) for m in mentions.values() if m["incident_id"]}
        found = {}
        for incident_id in self.incidents:
            members = [name for name, m in mentions.items() if m["incident_id"] == str(incident_id)]
            found[incident_id] = await self._check_incident(incident_id, members)
        return found

    def _check_mention(self, post: Post, mention: Mapping[str, Any]) -> None:
        assert mention["text"] == post.text, (mention["text"], post.text)
        assert {hit["rule_id"] for hit in mention["hits"]} == {str(r.id) for r in self.rules if r.hits(post.text)}
        assert mention["sentiment"] == post.sentiment(self.rules)
        said = mention["published_at"]
        assert (datetime.fromisoformat(said) if said else None) == post.published_at
        for counter in ("reposts", "comments", "likes", "views"):
            assert mention[counter] == post.greatest(counter), counter

    async def _check_incident(self, incident_id: UUID, members: list[str]) -> Mapping[str, Any]:
        incident = await get(self.client, f"/v1/incidents/{incident_id}")
        spread = await get(self.client, f"/v1/incidents/{incident_id}/spread")
        expected = recount(self.posts[n] for n in members if self.posts[n].sentiment(self.rules) == "negative")
        assert_spread(spread, expected)
        assert (incident["total"], incident["baseline"]) == (expected.total, expected.baseline)
        assert incident["mention_count"] == len(members)
        auto = expected.grade(incident["harm_class"]) if incident["status"] != "merged" else None
        assert incident["auto_grade"] == auto
        # The machine never lowers.
        before = self.worst.get(incident_id)
        assert SEVERITY[incident["grade"]] >= max(SEVERITY[auto], SEVERITY[before])
        self.worst[incident_id] = incident["grade"]
        return incident
