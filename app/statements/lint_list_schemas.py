"""The lint's lists of words on the wire: what fault is found with, and what words tell (方案 二(二)2)."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Visible, Wire
from app.core.paging import Page
from app.domain.spelling import normalise_word
from app.domain.vocabulary import StatementKind, Truth
from app.domain.vocabulary.lint import LintCue, LintListKind, LintSeverity
from app.models.lint import MOST_ENTRIES

_ENTRY: JsonDict = {
    "phrases": ["国家级", "最佳"], "cue": None, "severity": "error",
    "reason": {"zh": "广告不得使用“国家级”“最佳”等用语。", "en": "Advertising must not use “国家级”, “最佳” and the like."},
    "advice": {"zh": "改为可以证明的事实。", "en": "State what can be proved."},
    "source": "《中华人民共和国广告法》第九条第三项", "exceptions": ["国家级实验室", "最佳赏味期"], "kinds": [], "excused_by": [],
}  # fmt: skip
_SUMMARY: JsonDict = {
    "key": "advertising_law", "kind": "phrases", "name": {"zh": "绝对化用语", "en": "Superlatives"}, "version": 1,
    "entry_count": 4, "note": "", "created_at": "2026-11-23T01:00:00Z", "created_by": "system:fenghuo",
}  # fmt: skip
_LIST: JsonDict = {name: value for name, value in _SUMMARY.items() if name != "entry_count"} | {"entries": [_ENTRY]}


def _word(word: str) -> str:
    normalise_word(word)
    return word


def _once(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


Phrase = Annotated[Str, Field(min_length=1, max_length=50), AfterValidator(_word)]


class LintWordingIn(Wire):
    """Words for people, in both languages."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"zh": "内部代号不对外使用。", "en": "An internal name is not for the public."}}
    )

    zh: Annotated[Visible, Field(min_length=1, max_length=500, description="In Chinese.")]
    en: Annotated[Visible, Field(min_length=1, max_length=500, description="In English.")]


class LintEntryIn(Wire):
    """Phrases with one reason, or with one meaning."""

    model_config = ConfigDict(json_schema_extra={"example": _ENTRY})

    phrases: Annotated[
        list[Phrase],
        Field(min_length=1, max_length=200, description="What is looked for, however it is written."),
        AfterValidator(_once),
    ]
    cue: Annotated[
        LintCue | None, Field(description="In a list of cues: what the phrases tell. In a list of phrases null.")
    ] = None
    severity: Annotated[LintSeverity, Field(description="In a list of phrases: how much it weighs.")] = (
        LintSeverity.WARNING
    )
    reason: Annotated[
        LintWordingIn | None, Field(description="What is wrong with them; a list of phrases needs it.")
    ] = None
    advice: Annotated[LintWordingIn | None, Field(description="What to do instead; null: to leave them out.")] = None
    source: Annotated[Str, Field(max_length=300, description="Where that is from: a law, a rule of ours.")] = ""
    exceptions: Annotated[
        list[Phrase],
        Field(max_length=100, description="Longer words that hold a phrase, in which it does not count: 避雷针 of 避雷."),
        AfterValidator(_once),
    ] = []  # fmt: skip
    kinds: Annotated[
        list[StatementKind],
        Field(max_length=5, description="Only in statements of these kinds; empty: in all, and in marketing copy."),
    ] = []
    excused_by: Annotated[
        list[Truth], Field(max_length=5, description="What the fact check may have found that makes them right.")
    ] = []


class LintListIn(Wire):
    """All entries of a list: they take the place of what is there."""

    model_config = ConfigDict(json_schema_extra={"example": {"entries": [_ENTRY], "note": "按法务意见增补"}})

    entries: Annotated[
        list[LintEntryIn], Field(max_length=MOST_ENTRIES, description="What is looked for; empty: nothing.")
    ]
    note: Annotated[Str, Field(max_length=1_000, description="Why it was changed.")] = ""


class LintWording(BaseModel):
    """Words for people, in both languages."""

    zh: str = Field(description="In Chinese.", examples=["同一声明中既致歉又否认。"])
    en: str = Field(description="In English.", examples=["One text apologises and denies."])


class LintEntry(BaseModel):
    """Phrases with one reason, or with one meaning."""

    model_config = ConfigDict(json_schema_extra={"example": _ENTRY})

    phrases: list[str] = Field(description="What is looked for, however it is written.")
    cue: LintCue | None = Field(description="What the phrases tell; null in a list of phrases.")
    severity: LintSeverity = Field(description="How much it weighs.")
    reason: LintWording | None = Field(description="What is wrong with them; null in a list of cues.")
    advice: LintWording | None = Field(description="What to do instead.")
    source: str = Field(description="Where that is from.")
    exceptions: list[str] = Field(description="Longer words in which a phrase does not count.")
    kinds: list[StatementKind] = Field(description="Only in statements of these kinds; empty: in all, and in marketing copy.")  # fmt: skip
    excused_by: list[Truth] = Field(description="What the fact check may have found that makes them right.")


class LintList(BaseModel):
    """One version of a list of words that the lint goes by."""

    model_config = ConfigDict(json_schema_extra={"example": _LIST})

    key: str = Field(description="Its key, which findings cite.")
    kind: LintListKind = Field(description="What it is for; it stays so.")
    name: LintWording = Field(description="Its name.")
    version: int = Field(description="Which version, from 1; the last one is in force.")
    entries: list[LintEntry] = Field(description="What is looked for.")
    note: str = Field(description="Why it was changed.")
    created_at: datetime = Field(description="When the version was made.")
    created_by: str = Field(description="Who made it, as events name them.")


class LintListSummary(BaseModel):
    """A version of a list, without its entries."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY})

    key: str = Field(description="Its key, which findings cite.")
    kind: LintListKind = Field(description="What it is for.")
    name: LintWording = Field(description="Its name.")
    version: int = Field(description="Which version, from 1.")
    entry_count: int = Field(description="How many entries it has.")
    note: str = Field(description="Why it was changed.")
    created_at: datetime = Field(description="When the version was made.")
    created_by: str = Field(description="Who made it, as events name them.")


class LintListPage(Page[LintListSummary]):
    """Some lists, by their keys; or some versions of one, the newest first."""


class LintListTest(Wire):
    """A text to try a list on."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "本品为国家级品质", "kind": None, "truth": None}})

    text: Annotated[Str, Field(min_length=1, max_length=20_000, description="What might be said.")]
    kind: Annotated[StatementKind | None, Field(description="As a statement of this kind; null: as marketing copy.")] = None  # fmt: skip
    truth: Annotated[Truth | None, Field(description="What the fact check found; null: there is none.")] = None


class LintListPlace(BaseModel):
    """Where an entry's phrase stands in the text: code points from `start` up to, and without, `end`."""

    start: int = Field(description="Its first code point, from 0.", examples=[3])
    end: int = Field(description="The code point after its last.", examples=[6])
    words: str = Field(description="What stands there.", examples=["国家级"])
    entry: int = Field(description="The entry it is of, from 0.", examples=[0])


class LintListTestResult(BaseModel):
    """Where the list's phrases stand, as far as no exception excuses them."""

    places: list[LintListPlace] = Field(description="In reading order; 200 at most.", max_length=200)
