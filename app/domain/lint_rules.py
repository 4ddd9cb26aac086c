"""The rules of the lint that look at a whole statement: what is missing, what contradicts what, which promises have no date."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from app.domain.grades import HarmClass
from app.domain.lint_phrases import Finding, Place, Wordbook, Wording, between
from app.domain.lint_scct import PAPER, Situation
from app.domain.lint_words import (
    DATA,
    INSTRUCTIONS,
    MISSING,
    PRINCIPLES,
    Missing,
    too_long,
)
from app.domain.statement_text import Composed, Parts, compose
from app.domain.statements import Content, needs
from app.domain.vocabulary import Platform, StatementKind, Truth
from app.domain.vocabulary.lint import FiveS, LintCode, LintCue, LintSeverity
from app.domain.vocabulary.statements import ResponseStrategy, StatementPart
from app.domain.wording import personal_data

MOST_EXCLAMATIONS: Final = 3
"""More of them in a text than this are an emotion."""
MOST_OF_ONE: Final = 50
"""Places with people's data that are named: whoever mends these sees the others."""
_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_CLAUSE = re.compile(r"[^，,、：:]+")
_EXCLAMATION = re.compile(r"[!！]+")
_DIGITS = "零一二两三四五六七八九十百半"
_UNIT = r"(?:年|月|日|号|时(?!间)|点(?=[整半钟前后\d])|个?小时|分钟|天|周|个?工作日|个?自然日|个?月|个?星期)"
# Every repeat is bounded and begins where a run begins, so that nothing is tried twice.
_DATE = re.compile(
    rf"(?<!\d)\d{{1,4}}\s?{_UNIT}|(?<![{_DIGITS}])[{_DIGITS}]{{1,4}}{_UNIT}|\d{{1,2}}[:：/.-]\d{{1,2}}"
    r"|[今明后]日|[今明后]天|[今明]晚|[本下]?周[一二三四五六日末]|[本下]周|[本下]月|[年月]底"
    r"|(?:within|in|by|before) (?:\d|one|two|three|seven)",
    re.IGNORECASE,
)
_REGRETS: Final = frozenset({StatementKind.HOLDING, StatementKind.CLARIFICATION})
_RUMOURS: Final = frozenset({Truth.UNFOUNDED, Truth.MISUNDERSTANDING})
_TRUE: Final = frozenset({Truth.CONFIRMED})
_PLAN: Final = "方案 二(二)2"


@dataclass(frozen=True, slots=True)
class Draft:
    """A version as it is looked over."""

    kind: StatementKind
    parts: Parts
    strategy: ResponseStrategy | None = None
    waived: frozenset[StatementPart] = frozenset()
    # Whether it reports on earlier promises.
    cites: bool = False
    platform_texts: Mapping[Platform, str] = field(default_factory=dict)
    composed: Composed = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "composed", compose(self.parts))

    @property
    def text(self) -> str:
        """The whole as it is read: what spans are of."""
        return self.composed.text


class Cues:
    """What the words of a draft tell, by cue."""

    __slots__ = ("_by_cue",)

    def __init__(self, wordbook: Wordbook, draft: Draft) -> None:
        self._by_cue: dict[LintCue, list[Place]] = {}
        for place in wordbook.places(draft.text):
            if place.entry.cue is not None:
                self._by_cue.setdefault(place.entry.cue, []).append(place)

    def of(self, cue: LintCue) -> Sequence[Place]:
        """Where words stand that tell this, in reading order."""
        return self._by_cue.get(cue, ())


class Principle(NamedTuple):
    """One of the five S: the places that satisfy it, and whether a statement of the kind is expected to."""

    principle: FiveS
    expected: bool
    places: tuple[tuple[int, int], ...]


def guess(kind: StatementKind, cues: Cues) -> ResponseStrategy | None:
    """The strategy that the words follow. Of denying and rebuilding the one that more words speak for; in doubt to rebuild,
    because an apology is what people hear. In a first word and a clarification regret alone is none: it admits nothing."""
    deny = len(cues.of(LintCue.DENY))
    rebuild = len(cues.of(LintCue.REBUILD)) + len(cues.of(LintCue.ADMISSION))
    if kind not in _REGRETS:
        rebuild += len(cues.of(LintCue.APOLOGY))
    if deny > rebuild:
        return ResponseStrategy.DENY
    if rebuild:
        return ResponseStrategy.REBUILD
    if cues.of(LintCue.DIMINISH):
        return ResponseStrategy.DIMINISH
    return ResponseStrategy.BOLSTER if cues.of(LintCue.BOLSTER) else None


def personal(text: str, platform: Platform | None = None) -> Iterator[Finding]:
    """People's data. What may be the company's own, a landline, a mail, an account, is only a hint."""
    for start, end, kind in personal_data(text)[:MOST_OF_ONE]:
        severity, what = DATA[kind]
        yield Finding(
            LintCode.PERSONAL_DATA, severity,
            Wording(f"出现{what.zh}。未经个人单独同意，不得公开其个人信息。",
                    f"It shows {what.en}. Nobody's personal data may be made public without their separate consent."),
            Wording("删去；如为公司对外公布的联系方式，可保留。", "Leave it out; contact details that the company itself published may stay."),
            "《中华人民共和国个人信息保护法》第二十五条", start, end, text[start:end], platform=platform,
        )  # fmt: skip


def missing(draft: Draft, truth: Truth | None, now: datetime) -> Iterator[Finding]:
    """What approval will ask for, and an apology that says no sorry is found by :func:`facts`."""
    parts = draft.parts
    content = Content(
        draft.kind, parts.attitude, parts.facts, parts.solution, tuple(promise.due_at for promise in parts.promises),
        parts.next_update_at, draft.waived, draft.cites,
    )  # fmt: skip
    for need in needs(content, truth, now):
        yield _without_place(MISSING[need])


def facts(draft: Draft, cues: Cues, truth: Truth | None) -> Iterator[Finding]:
    """Words that contradict what the fact check found, or run ahead of it; and an apology that says no sorry."""
    if truth in _TRUE:
        yield from _against(draft, cues.of(LintCue.DENY), LintSeverity.ERROR, _DENIED)
    elif truth is Truth.UNVERIFIABLE:
        yield from _against(draft, cues.of(LintCue.DENY), LintSeverity.WARNING, _UNVERIFIED)
    elif truth in _RUMOURS:
        yield from _against(draft, cues.of(LintCue.ADMISSION), LintSeverity.ERROR, _ADMITTED)
    elif truth is None:
        yield from _against(draft, cues.of(LintCue.DENY), LintSeverity.WARNING, _UNCHECKED)
        yield from _against(draft, cues.of(LintCue.ADMISSION), LintSeverity.WARNING, _UNCHECKED)
    if draft.kind is StatementKind.APOLOGY and not cues.of(LintCue.APOLOGY):
        yield _without_place(_NO_APOLOGY)


def mixed(draft: Draft, cues: Cues, truth: Truth | None) -> Iterator[Finding]:
    """Apology and denial in one text (R43-R45). Of what is partly true both may be said, each of its part: a hint."""
    apologies, denials = cues.of(LintCue.APOLOGY), cues.of(LintCue.DENY)
    if not apologies or not denials:
        return
    severity = LintSeverity.HINT if truth is Truth.PARTLY_CONFIRMED else LintSeverity.WARNING
    sorry = apologies[0]
    said = draft.text[sorry.start : sorry.end]
    for place in denials[:3]:
        words = draft.text[place.start : place.end]
        yield Finding(
            LintCode.MIXED_STRATEGIES, severity,
            Wording(f"同一声明中既致歉（“{said}”）又否认（“{words}”），两者相互抵消。",
                    f"One text apologises (“{said}”) and denies (“{words}”): each takes the other's effect away."),
            Wording("致歉与澄清分开发布；部分属实时，分别写明哪些属实、哪些不属实。",
                    "Apologise and clarify in two statements; of what is partly true say which part is and which is not."),
            f"{_PLAN}; {PAPER} guideline 8", place.start, place.end, words,
        )  # fmt: skip


def principles(draft: Draft, cues: Cues) -> tuple[Principle, ...]:
    """The five S with what satisfies each. A date by which we speak again, or keep a promise, is speed too."""
    dated = draft.parts.next_update_at is not None or any(one.due_at for one in draft.parts.promises)
    return tuple(
        Principle(
            principle,
            principle in _EXPECTED[draft.kind] and not (principle is FiveS.SPEED and dated),
            tuple((place.start, place.end) for place in cues.of(LintCue(principle))[:10]),
        )
        for principle in FiveS
    )


def lacking_principles(kind: StatementKind, found: Iterable[Principle], truth: Truth | None) -> Iterator[Finding]:
    """Those that are expected of the kind, and that no words satisfy. A denial without authority is only a word."""
    for principle, expected, places in found:
        if expected and not places:
            grave = (
                principle is FiveS.STANDARD
                and kind is StatementKind.CLARIFICATION
                and truth is not Truth.MISUNDERSTANDING
            )
            named, advice = PRINCIPLES[principle]
            yield Finding(
                LintCode.PRINCIPLE_MISSING, LintSeverity.WARNING if grave else LintSeverity.HINT,
                Wording(f"未体现5S原则之“{named.zh}”。", f"Nothing of it speaks for {named.en}, one of the five S."), advice,
                f"游昌乔《危机公关》5S原则：{named.zh}",
            )  # fmt: skip


def promises(draft: Draft, cues: Cues) -> Iterator[Finding]:
    """Promises whose time is vague: words that are of the future by themselves (尽快), and those that are beside a word that
    promises (将第一时间); where the sentence names a date all is well."""
    text = draft.text
    future, vague, promised = (cues.of(cue) for cue in (LintCue.VAGUE_FUTURE, LintCue.VAGUE_TIME, LintCue.PROMISE))
    for sentence in _SENTENCE.finditer(text):
        suspects = [*between(future, *sentence.span()), *between(vague, *sentence.span())]
        if not suspects or _DATE.search(text, *sentence.span()):
            continue
        for clause in _CLAUSE.finditer(text, *sentence.span()):
            found = list(between(future, *clause.span()))
            if between(promised, *clause.span()):
                found += between(vague, *clause.span())
            for place in sorted(found)[:1]:
                yield _undated(text, place)


def instructions(draft: Draft, cues: Cues, situation: Situation) -> Iterator[Finding]:
    """Where people's health or money is at stake they are told first what to do."""
    needed = situation.harm is HarmClass.CORE_INTEREST and situation.truth not in _RUMOURS
    if needed and draft.kind is not StatementKind.LAWYER and not cues.of(LintCue.INSTRUCTION):
        yield _without_place(INSTRUCTIONS)


def exclamations(text: str) -> Iterator[Finding]:
    """Exclamation marks without number, or two in a row."""
    found = list(_EXCLAMATION.finditer(text))
    several = [mark for mark in found if len(mark[0]) > 1]
    for mark in (found if len(found) > MOST_EXCLAMATIONS else several)[:1]:
        yield Finding(
            LintCode.EXCLAMATIONS, LintSeverity.HINT,
            Wording("感叹号过多，语气情绪化。", "So many exclamation marks sound upset."),
            Wording("改用句号，平静陈述。", "Use full stops, and state it calmly."),
            "游昌乔《危机公关》5S原则：真诚沟通", mark.start(), mark.end(), mark[0],
        )  # fmt: skip


def lengths(draft: Draft, limits: Mapping[Platform, int]) -> Iterator[Finding]:
    """What is longer than a platform takes: its own text, or the whole where it has none."""
    for platform, most in limits.items():
        own = draft.platform_texts.get(platform)
        text = draft.text if own is None else own
        if len(text) > most:
            zh, en = too_long(len(text), most)
            advice = Wording("为该平台另写一个较短的文本，或改用长图、长文。", "Write a shorter text for the platform, or use its form for long ones.")  # fmt: skip
            yield Finding(LintCode.TOO_LONG, LintSeverity.WARNING, Wording(zh, en), advice, "platform limits", most,
                          len(text), text[most : most + 20], platform=platform)  # fmt: skip


def _undated(text: str, place: Place) -> Finding:
    words = text[place.start : place.end]
    return Finding(
        LintCode.PROMISE_WITHOUT_DATE, LintSeverity.WARNING,
        Wording(f"承诺没有时限：“{words}”。", f"A promise without a date: “{words}”."),
        Wording("写明具体日期和时间，并列入承诺，由系统计时。", "Name the date and the hour, and add it to the commitments, which are timed."),
        f"{_PLAN} 进度承诺; R43-R45", place.start, place.end, words,
    )  # fmt: skip


def _without_place(what: Missing) -> Finding:
    return Finding(what.code, what.severity, what.reason, what.advice, what.source)


def _against(draft: Draft, places: Iterable[Place], severity: LintSeverity, what: Missing) -> Iterator[Finding]:
    for place in list(places)[:5]:
        words = draft.text[place.start : place.end]
        yield Finding(
            what.code, severity, Wording(f"“{words}”：{what.reason.zh}", f"“{words}”: {what.reason.en}"), what.advice,
            what.source, place.start, place.end, words,
        )  # fmt: skip


_CHECK = "方案 二(二)1 信息核实 (R41)"
_DENIED = Missing(
    LintCode.CONTRADICTS_FACTS, LintSeverity.ERROR,
    Wording("信息核实的结论是属实，不能否认。", "the fact check found it true: it can't be denied."),
    Wording("删去否认，按核实结论写；若核实有误，先更正核实结论。", "Leave the denial out, or record another fact check first."), _CHECK,
)  # fmt: skip
_UNVERIFIED = Missing(
    LintCode.CONTRADICTS_FACTS, LintSeverity.WARNING,
    Wording("暂无法核实，不等于不属实。", "what can't be verified is not thereby unfounded."),
    Wording("改为说明正在核实，并预告何时通报。", "Say that it is being verified, and when we speak again."), _CHECK,
)  # fmt: skip
_ADMITTED = Missing(
    LintCode.CONTRADICTS_FACTS, LintSeverity.ERROR,
    Wording("信息核实的结论是不属实或误解，不应承认过错。", "the fact check found it unfounded, or a misunderstanding: there is no fault to admit."),
    Wording("可对困扰表示歉意，但不承认不存在的过错。", "Regret people's distress, and admit no fault that there was not."), _CHECK,
)  # fmt: skip
_UNCHECKED = Missing(
    LintCode.FACTS_UNCHECKED, LintSeverity.WARNING,
    Wording("事实尚未核实，既不宜否认也不宜承认。", "the facts are not checked yet: neither deny nor admit them."),
    Wording("先表明态度和下次通报时间；核实后再下结论。", "Say what we feel and when we speak again; conclude once the facts are checked."), _CHECK,
)  # fmt: skip
_NO_APOLOGY = Missing(
    LintCode.APOLOGY_MISSING, LintSeverity.WARNING,
    Wording("致歉声明中没有致歉的话。", "An apology that says no sorry."),
    Wording("开头直接致歉，写明向谁、为何事。", "Begin with it, and say to whom and for what."), f"{_PLAN} 真诚致歉",
)  # fmt: skip

_EXPECTED: Final[Mapping[StatementKind, frozenset[FiveS]]] = {
    StatementKind.HOLDING: frozenset({FiveS.SINCERITY, FiveS.SPEED}),
    StatementKind.PROGRESS: frozenset({FiveS.SYSTEM}),
    StatementKind.APOLOGY: frozenset(FiveS),
    StatementKind.CLARIFICATION: frozenset({FiveS.SINCERITY, FiveS.STANDARD}),
    StatementKind.LAWYER: frozenset(),
}
