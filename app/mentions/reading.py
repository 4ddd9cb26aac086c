"""One mention's share of a batch: its readings taken into its state, and what that adds to its incident.

Pure but for the rows it is given: nothing here asks the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.domain import watch
from app.domain.matching import Hit
from app.domain.spread import Contribution, Gains, Reading, advance, contribute, difference
from app.incidents.spread import Change
from app.mentions.rulebook import RuleBook
from app.mentions.states import State

EMPTY = Contribution()


class Post(NamedTuple):
    """A mention's row: its words as stored, and who posted it where."""

    id: UUID
    platform: str
    author: str | None
    url: str | None
    title: str | None
    text: str
    # The run of a drill it was made up for; None: it is real.
    drill_id: UUID | None = None


class Words(NamedTuple):
    """What a reading says a post says."""

    title: str | None
    text: str


class Receipt(NamedTuple):
    """When data was read and received, and whether it was loaded from the past, so that it rings no alarm."""

    observed_at: datetime
    received_at: datetime
    historical: bool


class Gained(NamedTuple):
    """What one reading added, who told when, and how long nobody had looked before."""

    gains: Gains
    receipt: Receipt
    gap: timedelta


@dataclass(slots=True)
class Work:
    """A mention and the readings of it that one batch claimed, in order of observation.

    There may be none: when a person corrects or moves a mention, or when the rules changed. ``receipt`` then speaks
    of the readings counted before.
    """

    post: Post
    state: State
    known: bool
    readings: list[Any]
    receipt: Receipt
    # What was received long ago alerts nobody.
    silent: bool = False
    reworded: bool = False
    # What the rules say, where they were asked: the words or the rules were new.
    hits: list[Hit] | None = None
    # The rules a mention that is alerted or joins has hit, the gravest harm first.
    rule_ids: list[UUID] = field(default_factory=list)
    # What the mention added before is judged by these.
    attached_before: UUID | None = field(init=False)
    counted_for: UUID | None = field(init=False)
    published_before: datetime | None = field(init=False)
    # The words in the mention's row: those of the reading that made it, as long as that is not counted.
    _made: Words = field(init=False)
    gains: list[Gained] = field(default_factory=list)
    recount: bool = False

    def __post_init__(self) -> None:
        self.attached_before = self.state.incident_id
        self.counted_for = self.state.incident_id if self.state.counts else None
        self.published_before = self.state.posted_at
        self._made = Words(self.post.title, self.post.text)

    @property
    def too_early(self) -> bool:
        """Whether the reading that made the mention is still being counted elsewhere: its words would be lost."""
        return bool(self.readings) and self.state.text_at is None and all(row["text"] for row in self.readings)

    def absorb(self) -> None:
        """Takes what the readings say of the mention itself; the counters come later, when it is known who counts."""
        state = self.state
        for row in self.readings:
            if row["sentiment"] is not None and _newer(row["observed_at"], state.sentiment_at):
                state.sentiment, state.sentiment_at = row["sentiment"], row["observed_at"]
            stated = row["published_at"]
            if stated is not None:
                state.published_at = stated if state.published_at is None else min(stated, state.published_at)
            if row["views"] is not None:
                state.views = row["views"] if state.views is None else max(row["views"], state.views)
            self._absorb_words(row)

    def _absorb_words(self, row: Any) -> None:
        """Words come from the greatest observed_at that states them. The reading that made the mention left its
        words in the mention's row, so its own are null."""
        state, at = self.state, row["observed_at"]
        said = self._made if row["text"] is None else Words(row["title"], row["text"])
        before = Words(self.post.title, self.post.text)
        if _newer(at, state.text_at):
            state.text_at = at
            self.post = self.post._replace(text=said.text)
        if said.title is not None and _newer(at, state.title_at):
            state.title_at = at
            self.post = self.post._replace(title=said.title)
        self.reworded |= before != Words(self.post.title, self.post.text)

    def match(self, book: RuleBook) -> None:
        """Matches the words with the rules, where words or rules are new."""
        state, post = self.state, self.post
        if state.rules_version == book.version and not self.reworded:
            return
        self.hits = book.matcher.match(post.title, post.text)
        self.rule_ids = book.in_order([hit.rule_id for hit in self.hits])
        state.rules_version = book.version
        # Rules that change or go take nothing from an incident: only the post's own words can.
        keeps = self.keeps_hits
        state.hit = bool(self.hits) or (keeps and state.hit)
        state.worded_negative = any(hit.negative for hit in self.hits) or (keeps and state.worded_negative)
        state.media = book.is_media(post.platform, post.author, post.url)

    @property
    def keeps_hits(self) -> bool:
        """Whether what was hit before goes on being cited: it is in an incident, and says what it said."""
        return self.attached_before is not None and not self.reworded

    @property
    def wants_incident(self) -> bool:
        """Only a negative mention with a hit joins, and not one that a person took out."""
        state = self.state
        return state.incident_id is None and state.hit and not state.held_out and state.negative

    @property
    def alerts(self) -> bool:
        """Whether people are to hear of it: a negative hit, not yet alerted, and not loaded from the past."""
        state = self.state
        return state.hit and state.negative and not (state.alerted or self.silent or self.receipt.historical)

    @property
    def unsaid(self) -> int:
        """What its figures ask to be said, and nobody has said: bits of :mod:`app.domain.watch`.

        Not while only the past was loaded: the next live reading says it then. What was received long ago is silent,
        but for a person who just now judged it: the law knows no such day.
        """
        state = self.state
        if not state.hit or self.receipt.historical or (self.silent and state.person_sentiment != "negative"):
            return 0
        return watch.due(
            state.raised, state.judgement, reposts=state.reposts, views=state.views, spread=state.spread
        )  # fmt: skip

    def told_at(self, now: datetime) -> datetime:
        """When we were told what makes it a hit: by readings, else only now, by a person or by rules that changed."""
        return min((row["received_at"] for row in self.readings if not row["historical"]), default=now)

    @property
    def joined(self) -> UUID | None:
        """The incident it belongs to now and did not before."""
        return self.state.incident_id if self.state.incident_id != self.attached_before else None

    def harm(self, book: RuleBook) -> str | None:
        """The gravest class of harm of the rules it hits."""
        return book.rules[self.rule_ids[0]].harm_class if self.rule_ids else None

    @property
    def spread(self) -> int:
        """传播量 of the mention so far."""
        state = self.state
        return (state.reposts or 0) + (state.comments or 0) + (state.likes or 0)

    @property
    def is_news(self) -> bool:
        """Whether it may be media follow-up: by a listed outlet, or on a news platform."""
        return self.state.media or self.post.platform == "news"

    def take(self) -> None:
        """Takes the counters into the tally. Where that is not enough to tell the gains, ``recount`` is set."""
        state = self.state
        counts_for = state.incident_id if state.counts else None
        moved = counts_for != self.counted_for or (counts_for and state.posted_at != self.published_before)
        if moved and self.known:
            self._merge()
            self.recount = True
        elif counts_for is None:
            self._merge()
        else:
            self._take_next()

    def _take_next(self) -> None:
        """In order: constant time. One late reading, and the whole mention is counted again."""
        tally = self.state.tally()
        for row in self.readings:
            looked_at = tally.last_at or self.state.posted_at
            gains = advance(tally, reading_of(row), self.state.posted_at)
            if gains is None:
                self._merge()
                self.gains.clear()
                self.recount = True
                return
            if gains.by_minute or any(gains.baseline):
                receipt = Receipt(row["observed_at"], row["received_at"], row["historical"])
                self.gains.append(Gained(gains, receipt, _gap(receipt.observed_at, looked_at)))
        self.state.keep(tally)

    def _merge(self) -> None:
        state = self.state
        for row in self.readings:
            state.last_at = row["observed_at"] if state.last_at is None else max(state.last_at, row["observed_at"])
        state.reposts = _greatest(state.reposts, [row["reposts"] for row in self.readings])
        state.comments = _greatest(state.comments, [row["comments"] for row in self.readings])
        state.likes = _greatest(state.likes, [row["likes"] for row in self.readings])

    def settle(self, changes: dict[UUID, Change], counted_before: Sequence[Reading]) -> None:
        """Adds what the mention gained to its incident's change; ``counted_before`` only matters for a recount."""
        state = self.state
        counts_for = state.incident_id if state.counts else None
        if self.recount:
            self._recount(changes, counts_for, counted_before)
        if self.attached_before != state.incident_id:
            self._move(changes)
        if counts_for is None or not self.gains:
            return
        change = changes.setdefault(counts_for, Change())
        for gains, receipt, gap in self.gains:
            change.add(gains)
            change.received(gains, receipt.received_at)
            change.decides(_size(gains), gap)

    def _move(self, changes: dict[UUID, Change]) -> None:
        if self.attached_before:
            changes.setdefault(self.attached_before, Change()).mentions -= 1
        if self.state.incident_id:
            changes.setdefault(self.state.incident_id, Change()).mentions += 1

    def _recount(self, changes: dict[UUID, Change], counts_for: UUID | None, before: Sequence[Reading]) -> None:
        old = contribute(before, self.published_before) if self.counted_for else EMPTY
        new = contribute([*before, *map(reading_of, self.readings)], self.state.posted_at) if counts_for else EMPTY
        if self.counted_for and self.counted_for != counts_for:
            changes.setdefault(self.counted_for, Change()).add(difference(old, EMPTY))
            old = EMPTY
        if counts_for:
            looked_at = max((reading.observed_at for reading in before), default=self.state.posted_at)
            gap = _gap(self.receipt.observed_at, looked_at)
            self.gains.append(Gained(difference(old, new), self.receipt, gap))


def reading_of(row: Any) -> Reading:
    """A row of the inbox or of the observations as the domain has it."""
    return Reading(
        row["observed_at"], row["reposts"], row["comments"], row["likes"], row["views"], row["historical"]
    )  # fmt: skip


def _newer(at: datetime, than: datetime | None) -> bool:
    return than is None or at >= than


def _greatest(before: int | None, read: list[int | None]) -> int | None:
    return max((count for count in (before, *read) if count is not None), default=None)


def _size(gains: Gains) -> int:
    """What may have decided a grade."""
    past = sum(amount for _, amount in gains.historical)
    return sum(gain[1] + gain[2] + gain[3] for gain in gains.by_minute) - past


def _gap(observed_at: datetime, last_at: datetime | None) -> timedelta:
    """How long nobody had looked before this reading."""
    return max(observed_at - last_at, timedelta()) if last_at is not None else timedelta()
