"""Statement templates 声明模板 on the wire (R43-R45, R65)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.core.search import Question
from app.domain.grades import HarmClass
from app.domain.spelling import normalise_word
from app.domain.templates.language import LONGEST as LONGEST_TEXT
from app.domain.templates.values import LONGEST_VALUE
from app.domain.vocabulary import Platform, StatementKind
from app.domain.vocabulary.statements import ResponseStrategy
from app.domain.vocabulary.templates import StatementLanguage, TemplateVariableSource, TemplateVariableType
from app.models.statements import MOST_COMMITMENTS
from app.models.templates import MOST_VARIABLES

_ID, _VERSION_ID = "0197a3f0-9200-7aaa-8bbb-0123456789ab", "0197a3f0-9210-7aaa-8bbb-0123456789ab"
_FACTS = "{{ 获悉时间 }}，我们得知此事。{% if 批次 %}批次为{{ 批次 }}。{% endif %}"
_VARIABLES: list[JsonDict] = [
    {"name": "产品", "type": "text", "required": True, "description": "全称和规格。", "sample": "示例牌纯牛奶", "source": None},
    {"name": "获悉时间", "type": "datetime", "required": True, "description": "我们得知此事的时间。",
     "sample": "2026-11-23T09:10:00+08:00", "source": "opened_at"},
    {"name": "批次", "type": "text", "required": False, "description": "尚未确定就不填。", "sample": "20261101", "source": None},
    {"name": "结果公布时间", "type": "datetime", "required": True, "description": "公布结果的最晚时间。",
     "sample": "2026-11-24T18:00:00+08:00", "source": None},
]  # fmt: skip
_SAID: JsonDict = {
    "title": "关于{{ 产品 }}的进展通报", "attitude": "", "facts": _FACTS, "solution": "该产品已停止销售。",
    "commitments": [{"text": "公布检测结果", "due": "结果公布时间"}], "next_update": None, "variables": list(_VARIABLES),
    "note": "按本公司口径修改",
}  # fmt: skip
_CHOSEN: JsonDict = {
    "name": "进展通报·停售", "kind": "progress", "language": "zh", "harm_class": "core_interest", "strategy": None,
    "platform": None, "topics": ["异物", "停售"],
}  # fmt: skip
_BY = "person:0197a3f0-7000-7aaa-8bbb-0123456789ac"
_VERSION: JsonDict = {
    **_SAID, "id": _VERSION_ID, "template_id": _ID, "number": 1, "created_by": _BY, "created_at": "2026-11-23T01:00:00Z",
}  # fmt: skip
_TEMPLATE: JsonDict = {
    **_CHOSEN, "id": _ID, "key": None, "latest": _VERSION, "archived_at": None, "created_by": _BY,
    "created_at": "2026-11-23T01:00:00Z", "updated_at": "2026-11-23T01:00:00Z", "version": 1,
}  # fmt: skip
VALUES: JsonDict = {
    "产品": "示例牌纯牛奶", "获悉时间": "2026-11-23T09:10:00+08:00", "结果公布时间": "2199-11-24T18:00:00+08:00",
}  # fmt: skip


def _topics(words: list[str]) -> list[str]:
    for word in words:
        normalise_word(word)
    return list(dict.fromkeys(words))


_LANGUAGE = "besides blanks as `{{ 变量 }}` only `if`, `for` and `join`"
_Text = Annotated[Str, Field(max_length=LONGEST_TEXT)]
TitleText = Annotated[Str, Field(max_length=500, description=f"Its title, with blanks: {_LANGUAGE}.")]
AttitudeText = Annotated[_Text, Field(description=f"真诚致歉, with blanks: {_LANGUAGE}.")]
FactsText = Annotated[
    _Text,
    Field(
        description="事实澄清, with blanks. `{{ 变量 }}`; `{% if 变量 %}…{% elif not 变量 and 变量 %}…{% else %}…{% endif %}`; "
        "`{% for 项 in 列表 %}{{ loop.index }}. {{ 项 }}{% endfor %}`; `{{ 列表 | join('、') }}`. Nothing else runs."
    ),
]
SolutionText = Annotated[_Text, Field(description=f"解决方案, with blanks: {_LANGUAGE}.")]
VariableName = Annotated[
    Visible,
    Field(min_length=1, max_length=30, description="Chinese characters, small letters, digits and _, no digit first."),
]


class TemplateVariableCreate(Wire):
    """A blank, what may stand in it, and an example that shows it."""

    model_config = ConfigDict(json_schema_extra={"example": _VARIABLES[0]})

    name: VariableName
    type: Annotated[
        TemplateVariableType, Field(description="What may stand in it, and how it is written into the text.")
    ]
    required: Annotated[bool, Field(description="Whether nothing is said without it; others stand within an if.")] = (
        True
    )
    description: Annotated[Str, Field(max_length=500, description="What people are to fill in.")] = ""
    sample: Annotated[Str, Field(max_length=LONGEST_VALUE, description="A good value; of a list one item a line.")]
    source: Annotated[
        TemplateVariableSource | None,
        Field(description="What of the incident fills it in where people don't; null: nothing."),
    ] = None


class TemplateCommitmentCreate(Wire):
    """A promise with its date."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "公布检测结果", "due": "结果公布时间"}})

    text: Annotated[
        Visible, Field(min_length=1, max_length=1_000, description="What is promised, with blanks as elsewhere.")
    ]
    due: Annotated[
        VariableName,
        Field(description="The variable, of type datetime, that says by when; it is said with the promise by itself. Where it is "
              "not required and missing, the promise is left out."),
    ]  # fmt: skip


Name = Annotated[Visible, Field(min_length=1, max_length=100, description="What people call it.")]
Harm = Annotated[HarmClass | None, Field(description="For which harm; null: any.")]
Strategy = Annotated[ResponseStrategy | None, Field(description="回应策略 of what is begun from it; null: not said.")]
OnPlatform = Annotated[Platform | None, Field(description="For which platform; null: any.")]
Topics = Annotated[
    list[Annotated[Visible, Field(min_length=1, max_length=30)]],
    Field(
        max_length=50, description="Words that tell in an incident that it fits; none: it fits whatever it is about."
    ),
    AfterValidator(_topics),
]
Commitments = Annotated[
    list[TemplateCommitmentCreate],
    Field(max_length=MOST_COMMITMENTS, description="进度承诺: what is promised, in order."),
]
NextUpdate = Annotated[
    VariableName | None,
    Field(description="The variable, of type datetime, that says when we speak again; null: that is not said."),
]
Variables = Annotated[
    list[TemplateVariableCreate],
    Field(max_length=MOST_VARIABLES, description="Every blank of the texts, in the form's order."),
]
Note = Annotated[Str, Field(max_length=2_000, description="What this version is for; nothing of it is said.")]


class StatementTemplateCreate(Wire):
    """What a statement is begun from: its parts with blanks, and the blanks' names and types."""

    model_config = ConfigDict(json_schema_extra={"example": {**_CHOSEN, **_SAID}})

    name: Name
    kind: Annotated[StatementKind, Field(description="What kind of statement is begun from it; it stays so.")]
    language: Annotated[StatementLanguage, Field(description="In which language; it stays so.")] = StatementLanguage.ZH
    harm_class: Harm = None
    strategy: Strategy = None
    platform: OnPlatform = None
    topics: Topics = []
    title: TitleText = ""
    attitude: AttitudeText = ""
    facts: FactsText = ""
    solution: SolutionText = ""
    commitments: Commitments = []
    next_update: NextUpdate = None
    variables: Variables = []
    note: Note = ""


class StatementTemplatePatch(Wire):
    """Only the fields that are sent change; a list takes the place of the whole list."""

    model_config = ConfigDict(json_schema_extra={"example": {"facts": "{{ 产品 }}已下架。", "note": "统一口径"}})

    name: Name = "…"
    harm_class: Harm = None
    strategy: Strategy = None
    platform: OnPlatform = None
    topics: Topics = []
    title: TitleText = ""
    attitude: AttitudeText = ""
    facts: FactsText = ""
    solution: SolutionText = ""
    commitments: Commitments = []
    next_update: NextUpdate = None
    variables: Variables = []
    note: Note = ""


class TemplateVariable(BaseModel):
    """A blank, what may stand in it, and an example that shows it."""

    name: str = Field(description="As it stands in the texts.", examples=["产品"])
    type: TemplateVariableType = Field(description="What may stand in it.")
    required: bool = Field(description="Whether nothing is said without it.", examples=[True])
    description: str = Field(description="What people are to fill in.", examples=["全称和规格。"])
    sample: str = Field(description="A good value.", examples=["示例牌纯牛奶"])
    source: TemplateVariableSource | None = Field(description="What of the incident fills it in; null: nothing.")


class TemplateCommitment(BaseModel):
    """A promise with its date."""

    text: str = Field(description="What is promised.", examples=["公布检测结果"])
    due: str = Field(description="The variable that says by when.", examples=["结果公布时间"])


class StatementTemplateVersion(BaseModel):
    """What a template says. It is never changed: a change is another version."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _VERSION})

    id: UUID = Field(description="Our id; statements name it as `template_version_id`.")
    template_id: UUID = Field(description="The template.")
    number: int = Field(description="Which version, from 1.", examples=[1])
    title: str = Field(description="Its title, with blanks; empty: none.")
    attitude: str = Field(description="真诚致歉, with blanks.")
    facts: str = Field(description="事实澄清, with blanks.")
    solution: str = Field(description="解决方案, with blanks.")
    commitments: list[TemplateCommitment] = Field(description="进度承诺, in order.")
    next_update: str | None = Field(description="The variable that says when we speak again; null: that is not said.")
    variables: list[TemplateVariable] = Field(description="Its blanks, in the form's order.")
    note: str = Field(description="What this version is for.")
    created_by: str = Field(description="Who wrote it, as events name them.", examples=[_BY])
    created_at: datetime = Field(description="When.")


class StatementTemplate(BaseModel):
    """A template 声明模板, with its newest version."""

    model_config = ConfigDict(json_schema_extra={"example": _TEMPLATE})

    id: UUID = Field(description="Our id.")
    key: str | None = Field(
        description="Of those that came with the service; null: your own.", examples=["holding-general"]
    )
    name: str = Field(description="What people call it.", examples=["首次回应·通用"])
    kind: StatementKind = Field(description="What kind of statement is begun from it.")
    language: StatementLanguage = Field(description="In which language.")
    harm_class: HarmClass | None = Field(description="For which harm; null: any.")
    strategy: ResponseStrategy | None = Field(description="回应策略 of what is begun from it; null: not said.")
    platform: Platform | None = Field(description="For which platform; null: any.")
    topics: list[str] = Field(description="Words that tell that it fits.", examples=[["异物", "变质"]])
    latest: StatementTemplateVersion = Field(description="Its newest version.")
    archived_at: datetime | None = Field(description="Since when nothing is begun from it; null: it is in use.")
    created_by: str = Field(description="Who made it, as events name them.", examples=[_BY])
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")
    version: int = Field(description="Counts the changes.", examples=[1])


class StatementTemplateQuery(PageQuery):
    """Which templates: values of one parameter are alternatives, different parameters all hold."""

    kind: Annotated[list[StatementKind], Field(max_length=5, description="Of one of these kinds.")] = []
    harm_class: Annotated[list[HarmClass], Field(max_length=3, description="Made for just one of these harms.")] = []
    strategy: Annotated[list[ResponseStrategy], Field(max_length=4, description="With one of these strategies.")] = []
    platform: Annotated[list[Platform], Field(max_length=10, description="Made for just one of these platforms.")] = []
    language: Annotated[list[StatementLanguage], Field(max_length=2, description="In one of these languages.")] = []
    archived: Annotated[bool, Field(description="Those that are not in use any more, instead of those that are.")] = (
        False
    )
    q: Question = None


class StatementTemplatePage(Page[StatementTemplate]):
    """Some templates, by their names."""


class StatementTemplateVersionPage(Page[StatementTemplateVersion]):
    """Some versions of a template, the newest first."""
