"""Which templates fit an incident 模板推荐: by what was said, what the facts are, and what it is about.

Nothing is guessed: a template fits by its kind, or it doesn't. Among those that fit come first whose topic's words stand in
the incident, then those for any topic, then the rest; and within each the incident's own harm class, any, another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from app.domain.spelling import normalise
from app.domain.vocabulary import StatementKind, Truth
from app.domain.vocabulary.templates import StatementLanguage, TemplateFit

FOR_TRUTH: Final[Mapping[Truth, tuple[StatementKind, ...]]] = {
    Truth.CONFIRMED: (StatementKind.APOLOGY,),
    Truth.PARTLY_CONFIRMED: (StatementKind.APOLOGY, StatementKind.CLARIFICATION),
    Truth.UNFOUNDED: (StatementKind.CLARIFICATION, StatementKind.LAWYER),
    Truth.MISUNDERSTANDING: (StatementKind.CLARIFICATION,),
    Truth.UNVERIFIABLE: (),
}
"""What a fact check carries, the likeliest first: an apology or a clarification without one is refused at approval."""


class Situation(NamedTuple):
    """Of an incident what decides which template fits. ``words``: what people call it and say of it."""

    truth: Truth | None
    spoken: bool
    harm_class: str | None
    origin_platform: str | None
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """Of a template what decides when it fits; None fits anything."""

    id: UUID
    kind: StatementKind
    harm_class: str | None
    platform: str | None
    language: StatementLanguage
    topics: tuple[str, ...]


class Fitting(NamedTuple):
    """A template that fits, why, and the words of its topics that were found."""

    id: UUID
    why: tuple[TemplateFit, ...]
    words: tuple[str, ...]


def kinds_for(situation: Situation) -> dict[StatementKind, TemplateFit]:
    """The kinds that can be said now, the likeliest first, each with why.

    Before anything was said a holding statement always can; after that a progress report can.
    """
    carried = FOR_TRUTH[situation.truth] if situation.truth else ()
    kinds = dict.fromkeys(carried, TemplateFit.FACT_CHECK)
    if situation.spoken:
        return kinds | {StatementKind.PROGRESS: TemplateFit.SPOKEN_BEFORE}
    return kinds | {StatementKind.HOLDING: TemplateFit.FIRST_WORD}


def fitting(situation: Situation, offers: Iterable[Offer]) -> list[Fitting]:
    """The templates that fit, best first; equal ones in the order given."""
    kinds = kinds_for(situation)
    order = list(kinds)
    said = [normalise(text) for text in situation.words]
    ranked = []
    for place, offer in enumerate(offers):
        if offer.kind not in kinds:
            continue
        words = tuple(word for word in offer.topics if any(normalise(word) in text for text in said))
        harm = _closeness(offer.harm_class, situation.harm_class)
        origin = _closeness(offer.platform, situation.origin_platform)
        why = [kinds[offer.kind]]
        why += [fit for fit, holds in (
            (TemplateFit.TOPIC, bool(words)), (TemplateFit.HARM_CLASS, harm == 0), (TemplateFit.ORIGIN_PLATFORM, origin == 0),
            (TemplateFit.GENERAL, not offer.topics and offer.harm_class is None),
        ) if holds]  # fmt: skip
        another = bool(offer.topics) and not words
        foreign = offer.language is not StatementLanguage.ZH
        rank = (order.index(offer.kind), foreign, -len(words), another, harm, origin, place)
        ranked.append((rank, Fitting(offer.id, tuple(why), words)))
    return [found for _, found in sorted(ranked, key=lambda one: one[0])]


def _closeness(made_for: str | None, is_: str | None) -> int:
    """0: made for just this, 1: for any, 2: for another."""
    if made_for is None:
        return 1
    return 0 if made_for == is_ else 2
