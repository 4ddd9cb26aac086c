"""A watch rule on history: which incidents would have formed by its words, and which grades they would have reached (R72).

Only the rule's own incidents are played again. What people did stands: whom they judged, what they took out or moved, what
they closed, dismissed or merged; and other rules' incidents are as history has them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.domain.grading import Policy
from app.domain.lifecycle import ACCEPTING, subsides
from app.domain.spread import minute_of
from app.incidents.media import LOOK_BACK, follow_up_of
from app.mentions.rulebook import HARM_ORDER
from app.metrics.replay_cases import DAY_MINUTES, Case, Received

# An incident's row is made a moment after the reading that opens it was received.
MOMENT: Final = timedelta(seconds=5)
CONFIRMED: Final = "confirmed"


@dataclass(frozen=True, slots=True)
class Past:
    """A real incident as history has it. ``statuses``: since when it stood where, in order."""

    id: UUID
    rule_id: UUID
    number: str
    opened_at: datetime
    statuses: tuple[tuple[datetime, str], ...]
    policy_id: UUID
    harm: str | None
    harm_by_person: bool
    media: str
    media_by_person: bool

    def status(self, at: datetime) -> str | None:
        """Where it stood; None before it was opened."""
        place = bisect_right(self.statuses, at, key=lambda each: each[0])
        return self.statuses[place - 1][1] if place else None

    def accepts(self, at: datetime) -> bool:
        """Whether it took mentions."""
        return self.status(at) in ACCEPTING


@dataclass(slots=True)
class Post:
    """A mention that the proposed rule hits, or that belongs to an incident of the rule."""

    id: UUID
    published_at: datetime | None
    hits: bool
    negative: bool
    media: bool
    news: bool
    # Other rules that it hit.
    others: tuple[UUID, ...]
    # The rule's incident that it belonged to first, and the incident of another rule that it is in.
    home: UUID | None
    elsewhere: UUID | None
    # A person took it out, or put it elsewhere: it opened what it opened, and adds nothing.
    removed: bool
    received: list[Received] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a replay goes by, beside the posts. ``policies_in_force`` in the order of time."""

    rule_id: UUID
    harm: str
    harms: Mapping[UUID, str]
    policies: Mapping[UUID, Policy]
    policies_in_force: Sequence[tuple[datetime, UUID]]
    mine: Mapping[UUID, Past]
    others: Mapping[UUID, Sequence[Past]]
    starts_at: datetime
    ends_at: datetime

    def policy_at(self, at: datetime) -> UUID:
        """The policy that an incident was opened under then."""
        place = bisect_right(self.policies_in_force, at, key=lambda each: each[0])
        return self.policies_in_force[max(place - 1, 0)][1]

    def in_order(self, rule_ids: Iterable[UUID]) -> list[UUID]:
        """The order in which a mention's hits look for an incident."""
        return sorted(rule_ids, key=lambda id_: (HARM_ORDER.index(self._harm(id_)), id_))

    def gravest(self, rule_ids: Iterable[UUID]) -> str | None:
        """The gravest class of harm of these rules."""
        return min(map(self._harm, rule_ids), key=HARM_ORDER.index, default=None)

    def _harm(self, rule_id: UUID) -> str:
        return self.harm if rule_id == self.rule_id else self.harms[rule_id]


@dataclass(slots=True)
class Formed:
    """An incident of the rule as it would have formed. ``pasts``: the real ones whose mentions it took, the first of them
    being what it corresponds to. One that was there before the span only takes mentions."""

    case: Case
    pasts: list[Past] = field(default_factory=list)
    there_before: bool = False
    subsided: bool = False
    posts: list[Post] = field(default_factory=list)

    def ended(self, at: datetime) -> bool:
        """Whether people had ended it, or it had subsided. Of what was there before, history tells."""
        if self.pasts and self.there_before:
            return not self.pasts[0].accepts(at)
        if self.pasts and self.pasts[-1].status(at) in ("closed", "dismissed", "merged"):
            return True
        return self._subsides(at)

    def _subsides(self, at: datetime) -> bool:
        case = self.case
        if case.unsettled:
            return False
        handled = bool(self.pasts) and self.pasts[-1].status(at) in ("responding", "handling", "closing")
        if self.subsided or case.raised or handled:
            return self.subsided
        self.subsided = subsides(
            graded=False, opened_at=case.opened_at, last_gain_at=case.last_gain_at,
            gained_last_day=case.gained_last_day(at), now=at,
        )  # fmt: skip
        return self.subsided


class RuleReplay:
    """Plays the posts in the order in which they were received; ``formed`` is what came of it."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.formed: list[Formed] = []
        self.by_past: dict[UUID, Formed] = {}
        self._now: Formed | None = None
        self._where: dict[UUID, Formed] = {}
        self._unsettled: dict[int, Formed] = {}
        # Posts that people put into an incident that has not formed yet.
        self._waiting: dict[UUID, list[Post]] = {}
        # When a listed outlet, and when anybody with news, last reported.
        self._media_at: datetime | None = None
        self._news_at: datetime | None = None
        for past in setting.mine.values():
            if past.opened_at < setting.starts_at and past.accepts(setting.starts_at):
                case = Case(past.policy_id, setting.policies[past.policy_id], past.opened_at)
                self._now = Formed(case, there_before=True)
                self._take_past(self._now, past)

    def play(self, posts: Iterable[Post]) -> None:
        """All of them, once."""
        last: datetime | None = None
        for at, post, received in stream(posts, self._setting.mine):
            if last is not None and minute_of(at) != minute_of(last):
                self._settle(last)
            last = at
            if received is not None:
                self._read(post, received, at)
            else:
                self._appear(post, at)
        if last is not None:
            self._settle(last)

    def _settle(self, now: datetime) -> None:
        for formed in self._unsettled.values():
            formed.case.settle(now)
        self._unsettled.clear()

    def _appear(self, post: Post, at: datetime) -> None:
        """A post comes in: it joins, and it may be news of media."""
        reports = post.hits and not post.removed and (post.media or post.news)
        if reports:
            self._news_at = at
            self._media_at = at if post.media else self._media_at
        formed = self._choose(post, at) if post.negative else None
        if formed is not None:
            self._join(formed, post, at)
        if self._now is not None and (reports or formed is self._now):
            self._follow_up(self._now)

    def _choose(self, post: Post, at: datetime) -> Formed | None:
        """The incident that it joins, where that is one of the rule's."""
        setting = self._setting
        if not post.hits:
            assert post.home is not None, "people put it there"
            if post.home not in self.by_past:
                self._waiting.setdefault(post.home, []).append(post)
            return self.by_past.get(post.home)
        mine, current = setting.rule_id, self._current(at)
        if post.home is not None:
            return current or self._open(post, at)
        ordered = setting.in_order([*post.others, mine])
        for rule_id in ordered:
            if rule_id == mine and current is not None:
                return current
            if any(_takes(past, post, at) for past in setting.others.get(rule_id, ())):
                return None
        return self._open(post, at) if ordered[0] == mine else None

    def _current(self, at: datetime) -> Formed | None:
        if self._now is not None and self._now.ended(at):
            self._now = None
        if self._now is None:
            # What people brought back.
            back = (formed for formed in self.by_past.values() if not formed.subsided)
            self._now = next((formed for formed in back if formed.pasts[-1].accepts(at)), None)
        return self._now

    def _open(self, post: Post, at: datetime) -> Formed:
        past = self._setting.mine.get(post.home) if post.home else None
        policy_id = past.policy_id if past else self._setting.policy_at(at)
        self._now = formed = Formed(Case(policy_id, self._setting.policies[policy_id], at))
        self.formed.append(formed)
        return formed

    def _join(self, formed: Formed, post: Post, at: datetime) -> None:
        self._where[post.id] = formed
        formed.posts.append(post)
        if post.home is not None and post.home not in self.by_past:
            self._take_past(formed, self._setting.mine[post.home])
            for waiting in self._waiting.pop(post.home, ()):
                self._join(formed, waiting, at)
        if formed.there_before or post.removed:
            return
        incident = formed.case.incident
        if not incident.harm_by_person:
            hit = [*post.others, self._setting.rule_id] if post.hits else post.others
            known = [harm for harm in (incident.harm_class, self._setting.gravest(hit)) if harm]
            incident.harm_class = min(known, key=HARM_ORDER.index, default=None)
        held = [each for each in post.received if each.at <= at] or post.received[:1]
        formed.case.join(post.id, post.published_at, held)
        self._unsettled[id(formed)] = formed

    def _take_past(self, formed: Formed, past: Past) -> None:
        self.by_past[past.id] = formed
        formed.pasts.append(past)
        incident = formed.case.incident
        if past.harm_by_person:
            incident.harm_class, incident.harm_by_person = past.harm, True
        if past.media_by_person:
            incident.media_follow_up, incident.media_by_person = past.media, True

    def _read(self, post: Post, received: Received, at: datetime) -> None:
        formed = self._where.get(post.id)
        if formed is None or formed.there_before or post.id not in formed.case.members:
            return
        gained = formed.case.read(post.id, received)
        self._unsettled[id(formed)] = formed
        if gained and formed is not self._now and formed.subsided and self._current(at) is None:
            # 自然平息 is taken back by what it gains, while the rule has no other.
            formed.subsided, self._now = False, formed

    def _follow_up(self, formed: Formed) -> None:
        """Media follow-up, from the reports of the day before it was opened on."""
        incident = formed.case.incident
        if formed.there_before or incident.media_by_person or incident.media_follow_up == CONFIRMED:
            return
        since = formed.case.opened_at - LOOK_BACK
        found = follow_up_of(
            media=self._media_at is not None and self._media_at >= since,
            others=any(not post.media for post in formed.posts),
            news=self._news_at is not None and self._news_at >= since,
        )
        if found not in ("none", incident.media_follow_up):
            incident.media_follow_up = found
            formed.case.unsettled = True
            self._unsettled[id(formed)] = formed


def _takes(past: Past, post: Post, at: datetime) -> bool:
    """Whether another rule's incident took the post, as far as history tells."""
    return past.accepts(at) or (post.elsewhere == past.id and past.opened_at - MOMENT <= at)


def stream(posts: Iterable[Post], mine: Mapping[UUID, Past]) -> Iterator[tuple[datetime, Post, Received | None]]:
    """What came when: each post's first reading, with what else was known by the time it joined, and then the others.

    Sorted day by day: nobody else has a turn while something is sorted.
    """
    days: dict[int, list[tuple[datetime, Post, Received | None]]] = {}
    for post in posts:
        first = post.received[0].at
        # Matched again after rules changed, or judged by a person: it joined later than it came.
        home = mine.get(post.home) if post.home else None
        joins = max(first, home.opened_at) if home else first
        days.setdefault(minute_of(joins) // DAY_MINUTES, []).append((joins, post, None))
        for each in post.received[1:]:
            if each.at > joins:
                days.setdefault(minute_of(each.at) // DAY_MINUTES, []).append((each.at, post, each))
    for day in sorted(days):
        # What people put in by hand comes after what they put it to.
        yield from sorted(days[day], key=lambda each: (each[0], not each[1].hits, each[1].id, each[2] is not None))
