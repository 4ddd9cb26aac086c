"""Plays watch rules and grading policies on history, one replay at a time, in steps between which others have their turn."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog

from app.core.db import Database
from app.domain.grading import policy_from
from app.domain.matching import Matcher, RuleWords
from app.domain.vocabulary.quality import ReplayFailure, ReplayKind
from app.metrics import replay_history as history
from app.metrics import replay_policies, replay_results, replays
from app.metrics.replay_cases import Case
from app.metrics.replay_history import Frame, Match, TooManyMentions
from app.metrics.replay_results import MOST_EXAMPLES
from app.metrics.replay_rules import Past, Post, RuleReplay, Setting
from app.metrics.replays import Claimed
from app.models.base import new_id

log = structlog.get_logger()

LOOK = 1.0
KEEP: Final = replays.LEASE.total_seconds() / 3
"""How often the lease is renewed while something is reckoned."""
POSTS_AT_ONCE: Final = 500
T = TypeVar("T")
# How far it is once mentions are matched, and once their readings are read.
_MATCHED, _READ = 60, 80


class LostIt(Exception):
    """Another worker has it by now."""


class Replayer:
    """The player of one process. What it reckons runs in a thread, in short pieces: clocks go on meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._more = False

    def seconds(self) -> float:
        """How long the next sweep may be put off: not at all while replays wait."""
        return 0.0 if self._more else LOOK

    async def sweep(self) -> int:
        """Plays the replay that waits longest; how many that were, 0 or 1."""
        claimed = await self._database.run(replays.claim)
        self._more = claimed is not None
        if claimed is None:
            return 0
        try:
            result = await (self._rule(claimed) if claimed.kind is ReplayKind.RULE else self._policy(claimed))
            if not await self._database.run(lambda tx: replays.finish(tx, claimed, result)):
                raise LostIt
        except LostIt:
            log.warning("another worker plays the replay by now", replay=str(claimed.id))
        except TooManyMentions as error:
            detail = f"{error} Choose a shorter span."
            await self._database.run(lambda tx: replays.fail(tx, claimed, ReplayFailure.TOO_MANY_MENTIONS, detail))
        except Exception:
            log.exception("a replay was not finished, trying again", replay=str(claimed.id))
            self._more = False
            await self._database.run(lambda tx: replays.put_back(tx, claimed))
        return 1

    async def _rule(self, claimed: Claimed) -> dict[str, Any]:
        asked, starts_at, ends_at = claimed.asked, claimed.starts_at, claimed.ends_at
        rule_id = UUID(asked["rule_id"]) if asked["rule_id"] else new_id()
        frame = await self._database.run(lambda tx: history.read_frame(tx, starts_at, ends_at))
        setting = _setting(frame, claimed, rule_id, await self._database.run(history.read_harms))
        tally = Tally()
        await self._match(claimed, frame, setting, tally)
        await self._readings(claimed, tally.posts)
        replay = RuleReplay(setting)
        await self._aside(claimed, _READ, replay.play, [post for post in tally.posts if post.received])
        reported = {past.id: past for past in setting.mine.values() if starts_at <= past.opened_at < ends_at}
        apart = await self._database.run(lambda tx: history.set_apart(tx, list(reported)))
        told = await self._database.run(lambda tx: history.raised(tx, list(reported)))
        found = replay_results.of_rule(replay, reported, frame.rows, told, apart, starts_at, ends_at)
        return found | tally.shown()

    async def _match(self, claimed: Claimed, frame: Frame, setting: Setting, tally: "Tally") -> None:
        """Goes through the mentions of the span, a portion at a time."""
        words = (claimed.asked[name] for name in ("brand_words", "negative_words", "exclusions"))
        matcher = Matcher([RuleWords(setting.rule_id, *map(tuple, words))])
        merged = {id_: row["merged_into"] for id_, row in frame.rows.items() if row["merged_into"]}
        mine = dict(setting.mine)

        def judge(rows: list[Any]) -> list[Match]:
            return history.match(rows, matcher, setting.rule_id, mine, merged, claimed.starts_at, claimed.ends_at)

        starts_at, ends_at = claimed.starts_at, claimed.ends_at
        rows = await self._database.run(lambda tx: history.read_older(tx, list(mine), starts_at))
        after = history.first_after(starts_at)
        while True:
            tally.add(await self._aside(claimed, tally.progress, judge, rows))
            rows = await self._database.run(
                partial(history.read_portion, after=after, starts_at=starts_at, ends_at=ends_at)
            )
            if not rows:
                return
            after = rows[-1]["id"]
            await self._go_on(claimed, tally.progress)

    async def _policy(self, claimed: Claimed) -> dict[str, Any]:
        proposed = policy_from(claimed.asked["policy_rules"])
        starts_at, ends_at = claimed.starts_at, claimed.ends_at
        rows = await self._database.run(lambda tx: replay_policies.read_incidents(tx, starts_at, ends_at))
        policies = await self._database.run(history.read_policies)
        played: list[tuple[Past, Case, Case]] = []
        looked_at = readings = 0
        for number, row in enumerate(rows):
            past, id_ = replay_policies.past_of(row), row["id"]
            posts = await self._database.run(partial(replay_policies.read_members, incident_id=id_))
            looked_at += len(posts)
            readings += await self._readings(claimed, posts, _READ * number // len(rows))
            _bounded(looked_at, readings)
            received = [post for post in posts if post.received]
            play = partial(self._aside, claimed, _READ * number // len(rows), replay_policies.play, past, received)
            played.append((past, await play(policies[past.policy_id]), await play(proposed)))
        found = replay_results.of_policy(played, {row["id"]: row for row in rows})
        return found | {"mentions_looked_at": looked_at, "readings_looked_at": readings} | _NO_HITS

    async def _readings(self, claimed: Claimed, posts: list[Post], progress: int = _MATCHED) -> int:
        count = 0
        for begin in range(0, len(posts), POSTS_AT_ONCE):
            portion = posts[begin : begin + POSTS_AT_ONCE]
            count += await self._database.run(partial(history.read_readings, posts=portion))
            _bounded(0, count)
            await self._go_on(claimed, progress)
        return count

    async def _aside(self, claimed: Claimed, progress: int, function: Callable[..., T], *args: object) -> T:
        """What the function returns, in a thread. The lease is kept meanwhile."""
        work = asyncio.ensure_future(asyncio.to_thread(function, *args))
        while not (await asyncio.wait((work,), timeout=KEEP))[0]:
            await self._go_on(claimed, progress)
        return work.result()

    async def _go_on(self, claimed: Claimed, progress: int) -> None:
        if not await self._database.run(lambda tx: replays.go_on(tx, claimed, progress)):
            raise LostIt


class Tally:
    """What of the mentions is counted on the way, and the posts that matter for incidents."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self._looked_at = self._before = self._after = self._more = self._fewer = 0
        self._examples: dict[str, deque[UUID]] = {
            "more_hits": deque(maxlen=MOST_EXAMPLES), "fewer_hits": deque(maxlen=MOST_EXAMPLES),
        }  # fmt: skip

    @property
    def progress(self) -> int:
        return min(_MATCHED, 5 + self._looked_at * _MATCHED // history.MOST_MENTIONS)

    def add(self, matches: list[Match]) -> None:
        """Takes what was said of a portion."""
        self._looked_at += len(matches)
        _bounded(self._looked_at, 0)
        for one in matches:
            if one.post is not None:
                self.posts.append(one.post)
            if not one.in_span:
                continue
            self._before += one.before
            self._after += one.after
            if one.after and not one.before:
                self._more += 1
                self._examples["more_hits"].append(one.id)
            elif one.before and not one.after:
                self._fewer += 1
                self._examples["fewer_hits"].append(one.id)

    def shown(self) -> dict[str, Any]:
        """The figures of the result. Examples are the newest."""
        readings = sum(len(post.received) for post in self.posts)
        hits = {"before": self._before, "after": self._after, "more": self._more, "fewer": self._fewer}
        examples = {name: list(reversed(ids)) for name, ids in self._examples.items()}
        return {"mentions_looked_at": self._looked_at, "readings_looked_at": readings, "hits": hits} | examples


_NO_HITS: Final[dict[str, Any]] = {"hits": None, "more_hits": [], "fewer_hits": []}


def _bounded(mentions: int, readings: int) -> None:
    if mentions > history.MOST_MENTIONS:
        raise TooManyMentions(f"The span has more than {history.MOST_MENTIONS:,} mentions.")
    if readings > history.MOST_READINGS:
        raise TooManyMentions(f"What is hit in the span has more than {history.MOST_READINGS:,} readings.")


def _setting(frame: Frame, claimed: Claimed, rule_id: UUID, harms: dict[UUID, str]) -> Setting:
    mine: dict[UUID, Past] = {}
    others: dict[UUID, list[Past]] = {}
    for past in frame.pasts:
        if past.rule_id == rule_id:
            mine[past.id] = past
        else:
            others.setdefault(past.rule_id, []).append(past)
    return Setting(
        rule_id, claimed.asked["harm_class"], harms, frame.policies, frame.in_force, mine, others, claimed.starts_at,
        claimed.ends_at,
    )  # fmt: skip
