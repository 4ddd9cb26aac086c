"""What is played in a drill 演练剧本 (方案 三: 模拟演练; R68, R69): posts and how they spread, reports by media, what the
trainees are expected to do, and what they are to learn.

A scenario knows no instants, only seconds since it began, and no company: its texts say ``{brand}`` and ``{word}`` for what a
watch rule looks for, so that it runs on any real rule, and with words of its own where none is named.

What a version holds, as it comes in and is stored (:data:`CONTENT`): ``description`` and ``lessons``; ``duration_seconds``;
``brand``, ``negative_words`` and ``harm_class``, its own; ``injects`` of three kinds, each with ``offset_seconds``, ``ref`` (which post) and the
counters so far, null where none is read. A mention also has platform, author, title, url, text and sentiment; a report by
media too, and ``outlet``, which the drill takes as listed; a reading has nothing more. ``reactions``: kind, ``task_kind``,
``by_seconds``, ``by``, ``text``, ``weight``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from app.domain.grades import Grade, HarmClass
from app.domain.grading import PLAN, Policy, Rule, applies
from app.domain.matching import Matcher, RuleWords
from app.domain.spread import Reading, Series, contribute, minute_of
from app.domain.vocabulary.scenarios import InjectKind, ReactionKind

LONGEST_SECONDS: Final = 24 * 3_600
"""A scenario lasts a day at most: what is dated earlier than that is no news of today."""
MOST_INJECTS: Final = 500
MOST_REACTIONS: Final = 30
BRAND, WORD = "{brand}", "{word}"
CONTENT: Final = (
    "description", "lessons", "duration_seconds", "brand", "negative_words", "harm_class", "injects", "reactions",
)  # fmt: skip
COUNTERS: Final = ("reposts", "comments", "likes", "views")
POSTS: Final = (InjectKind.MENTION, InjectKind.MEDIA_REPORT)
# Any instant will do: windows are made of whole minutes, and only what lies between counts.
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)

_OWN_RULE: Final = UUID(int=0)

_At: TypeAlias = tuple[str | int, ...]


class Fault(NamedTuple):
    """What is wrong with a scenario, by a JSON pointer's steps."""

    at: _At
    says: str
    code: str


class Raise(NamedTuple):
    """A grade that is reached, by which rule, and when: seconds since the scenario began."""

    grade: Grade
    rule: str
    offset_seconds: int


@dataclass(frozen=True, slots=True)
class Words:
    """What stands where a text says ``{brand}`` and ``{word}``."""

    brand: str
    word: str

    @classmethod
    def of(cls, brand_words: Sequence[str], negative_words: Sequence[str]) -> "Words":
        """The first of each, of a watch rule or of a scenario's own. A rule may do without negative words."""
        return cls(brand_words[0], next(iter(negative_words), ""))

    def put_into(self, text: str) -> str:
        """The text as it is posted."""
        return text.replace(BRAND, self.brand).replace(WORD, self.word)


def own_words(content: Mapping[str, Any]) -> Words:
    """The words of a scenario that is played without a real watch rule."""
    return Words.of([content["brand"]], content["negative_words"])


def said(inject: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """An inject with its texts as they are posted; a reading says nothing."""
    texts = {name: inject[name] for name in ("title", "text") if inject.get(name)}
    return dict(inject) | {name: words.put_into(text) for name, text in texts.items()}


def in_order(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as it is kept: its injects and expected reactions by their time, those of one time as they were written."""
    injects = sorted(content["injects"], key=lambda inject: inject["offset_seconds"])
    reactions = sorted(content["reactions"], key=lambda reaction: reaction["by_seconds"])
    return dict(content) | {"injects": injects, "reactions": reactions}


def faults(content: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong between the members of a scenario, each of which is well-formed by itself."""
    return [*_lengths(content), *_references(content), *_hits(content), *_reactions(content)]


def _lengths(content: Mapping[str, Any]) -> Iterator[Fault]:
    lasts = content["duration_seconds"]
    for place, inject in enumerate(content["injects"]):
        if inject["offset_seconds"] > lasts:
            says = (
                f"lies after the end of the scenario, which lasts {lasts} seconds: let it come earlier, or last longer"
            )
            yield Fault(("injects", place, "offset_seconds"), says, "after_the_end")
    for place, reaction in enumerate(content["reactions"]):
        if reaction["by_seconds"] > lasts:
            says = f"lies after the end of the scenario, which lasts {lasts} seconds: it could never be reached"
            yield Fault(("reactions", place, "by_seconds"), says, "after_the_end")


def _references(content: Mapping[str, Any]) -> Iterator[Fault]:
    posted: dict[str, int] = {}
    for place, inject in enumerate(content["injects"]):
        if inject["kind"] in POSTS:
            if inject["ref"] in posted:
                says = f"is the name of another post already: a later reading of {inject['ref']} is of the kind reading"
                yield Fault(("injects", place, "ref"), says, "repeated")
            posted.setdefault(inject["ref"], inject["offset_seconds"])
    for place, inject in enumerate(content["injects"]):
        if inject["kind"] != InjectKind.READING:
            continue
        since = posted.get(inject["ref"])
        if since is None:
            says = f"names no post of this scenario: {inject['ref']} is posted nowhere"
            yield Fault(("injects", place, "ref"), says, "unknown")
        elif inject["offset_seconds"] < since:
            says = f"lies before {inject['ref']} is posted, at {since} seconds"
            yield Fault(("injects", place, "offset_seconds"), says, "too_early")
        if all(inject[name] is None for name in COUNTERS):
            yield Fault(("injects", place), "a reading states at least one of its counters", "needed")


def _hits(content: Mapping[str, Any]) -> Iterator[Fault]:
    """A scenario that hits nothing would be played to nobody."""
    matcher, words = matcher_of(content), own_words(content)
    hit = False
    for place, inject in enumerate(content["injects"]):
        if inject["kind"] == InjectKind.READING or not _is_hit(inject, matcher, words):
            continue
        hit |= inject["sentiment"] == "negative"
        if BRAND not in f"{inject['title'] or ''}{inject['text']}":
            says = f"says the brand itself: write {BRAND} for it, or it hits no watch rule but the scenario's own"
            yield Fault(("injects", place, "text"), says, "brand_by_name")
    if not hit:
        says = (
            f"none of them is negative and holds {BRAND} and {WORD}, or one of the negative words: nothing would happen"
        )
        yield Fault(("injects",), says, "hits_nothing")


def _is_hit(inject: Mapping[str, Any], matcher: Matcher, words: Words) -> bool:
    shown = said(inject, words)
    return bool(matcher.match(shown["title"], shown["text"]))


def matcher_of(content: Mapping[str, Any]) -> Matcher:
    """What finds the scenario's own words."""
    return Matcher([RuleWords(_OWN_RULE, (content["brand"],), tuple(content["negative_words"]), ())])


def _reactions(content: Mapping[str, Any]) -> Iterator[Fault]:
    for place, reaction in enumerate(content["reactions"]):
        if (reaction["kind"] == ReactionKind.TASK) != (reaction["task_kind"] is not None):
            says = "of which kind a task is expected; of other reactions nothing"
            yield Fault(("reactions", place, "task_kind"), f"says {says}", "task_kind")


def reaches(content: Mapping[str, Any], policy: Policy = PLAN) -> list[Raise]:
    """The grades that a scenario reaches if nobody stops it, played with its own words: each raise with its minute.

    Counted with the windows that incidents are graded by: what is no hit, or not negative, adds nothing.
    """
    seen = _seen(content)
    if seen is None:
        return []
    harm = HarmClass[content["harm_class"].upper()]
    found = sorted(
        (at, rule.grade.level, place)
        for place, rule in enumerate(policy.rules)
        if (at := _reached_at(rule, seen, harm)) is not None
    )
    raises: list[Raise] = []
    for at, level, place in found:
        if not raises or level < raises[-1].grade.level:
            rule = policy.rules[place]
            raises.append(Raise(rule.grade, rule.id, (at - minute_of(_BEGIN)) * 60))
    return raises


def kept(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as a version stores it: with the grades that it reaches."""
    return dict(content) | {"reaches": [one._asdict() for one in reaches(content)]}


class _Seen(NamedTuple):
    """What an incident would be made of, by minute: the totals, its first post, and since when media follow up."""

    series: Series
    first: int
    media: int | None


def _reached_at(rule: Rule, seen: _Seen, harm: HarmClass) -> int | None:
    """The minute at which all is true that a rule asks for."""
    if not applies(rule, harm, media=seen.media is not None):
        return None
    at: int | None = seen.first
    if rule.volume:
        minutes = seen.series.minutes
        end = minutes[-1] if minutes else seen.first
        at = seen.series.first_above(rule.volume.window_minutes, rule.volume.threshold, seen.first, end)
    if at is None or not rule.media_follow_up or seen.media is None:
        return at
    return max(at, seen.media)


def _seen(content: Mapping[str, Any]) -> _Seen | None:
    """What its own words hit: None where no incident comes of it. Media follow up beside a negative post of others."""
    matcher, words = matcher_of(content), own_words(content)
    series, media, others, negative = Series(), list[int](), list[int](), list[int]()
    for post, readings in _posts(content["injects"]):
        if not _is_hit(post, matcher, words):
            continue
        at = _BEGIN + timedelta(seconds=post["offset_seconds"])
        if post["kind"] == InjectKind.MEDIA_REPORT:
            media.append(minute_of(at))
        if post["sentiment"] != "negative":
            continue
        negative.append(minute_of(at))
        if post["kind"] == InjectKind.MENTION:
            others.append(minute_of(at))
        for minute, gained in contribute(readings, at).buckets.items():
            series.add(minute, sum(gained))
    if not negative:
        return None
    return _Seen(series, min(negative), max(min(media), min(others)) if media and others else None)


def _posts(injects: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], list[Reading]]]:
    """Each post with all that was read of it."""
    posts: dict[str, tuple[Mapping[str, Any], list[Reading]]] = {}
    for inject in injects:
        if inject["kind"] in POSTS:
            posts[inject["ref"]] = (inject, [])
        at = _BEGIN + timedelta(seconds=inject["offset_seconds"])
        posts[inject["ref"]][1].append(Reading(at, *(inject[name] for name in COUNTERS)))
    return list(posts.values())
