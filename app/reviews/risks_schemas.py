"""The risk register 风险清单 on the wire (方案 二(一)1, 二(三))."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.core.search import Question
from app.domain.grades import Grade
from app.domain.spelling import normalise_word
from app.domain.vocabulary import IncidentStatus
from app.domain.vocabulary.risks import RiskCategory, RiskLevel, RiskStatus
from app.incidents.calendar_schemas import Date
from app.incidents.schemas import TimelinePerson
from app.reviews.risks_measure_schemas import MEASURE, RiskMeasure, RiskMeasureCreate

MOST_WORDS = 100
RISK = "0197a3f0-b000-7aaa-8bbb-0123456789ab"
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_LINK: JsonDict = {
    "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "number": "2026-0031", "title": "牛奶异物", "status": "closed",
    "grade": "serious", "review_id": None, "linked_at": "2026-11-23T09:30:00Z",
    "linked_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac",
}  # fmt: skip
_STATED: JsonDict = {
    "title": "产品出现质量或使用安全问题", "category": "product_quality", "description": "变质、异物、不合格",
    "words": ["变质", "异物"], "likelihood": 3, "impact": 5,
}  # fmt: skip
_CONTENT: JsonDict = _STATED | {
    "score": 15, "level": "high", "owner_id": _PERSON["id"], "review_every_days": 90, "next_review_on": "2027-02-23",
    "status": "open", "reviewed_at": None,
}  # fmt: skip
_RISK: JsonDict = _STATED | {
    "id": RISK, "number": "R-0001", "score": 15, "level": "high", "status": "open", "owner": _PERSON,
    "review_every_days": 90, "next_review_on": "2027-02-23", "overdue": False, "reviewed_at": "2026-11-25T08:00:00Z",
    "closed_at": None, "measures": [MEASURE], "incident_count": 1, "incidents": [_LINK],
    "created_at": "2026-11-25T08:00:00Z", "created_by": "system:fenghuo", "updated_at": "2026-11-25T08:00:00Z",
    "version": 2,
}  # fmt: skip
_VERSION: JsonDict = {
    "risk_id": RISK, "number": 2, "content": _CONTENT, "fields": ["impact"], "reason": "复盘后上调", "review_id": None,
    "at": "2026-11-25T08:00:00Z", "by": f"person:{_PERSON['id']}", "person": _PERSON,
}  # fmt: skip


def _words(words: list[str]) -> list[str]:
    for word in words:
        normalise_word(word)
    return list(dict.fromkeys(words))


Five = Field(ge=1, le=5)
RiskTitle = Annotated[Visible, Field(min_length=1, max_length=200, description="What may happen, in a line.")]
Description = Annotated[Str, Field(max_length=5_000, description="How it would come about, and whom it would hit.")]
RiskWords = Annotated[
    list[Annotated[Str, Field(min_length=1, max_length=50)]],
    Field(max_length=MOST_WORDS, description="What texts about it say: our own are looked over for them."),
    AfterValidator(_words),
]
Likelihood = Annotated[int, Five, Field(description="How likely it is 可能性, from 1 to 5.")]
Impact = Annotated[int, Five, Field(description="How bad it would be 影响, from 1 to 5.")]
RiskOwner = Annotated[UUID | None, Field(description="Who looks after it, an active person; null: nobody yet.")]
Every = Annotated[int, Field(ge=1, le=366, description="How many days after a review the next one is due.")]
Next = Annotated[
    Date, Field(description="The day by whose end in Shanghai somebody has looked at it again; today at the earliest.")
]
RiskWhy = Annotated[Str, Field(max_length=1_000, description="Why; it stands in the risk's history.")]


class RiskCreate(Wire):
    """Something that may become a crisis."""

    model_config = ConfigDict(json_schema_extra={"example": _STATED})

    title: RiskTitle
    category: Annotated[RiskCategory, Field(description="What kind of thing it is.")]
    description: Description = ""
    words: RiskWords = []
    likelihood: Likelihood
    impact: Impact
    owner_id: RiskOwner = None
    review_every_days: Every = 90
    next_review_on: Annotated[Next | None, Field(description="Null: `review_every_days` from today.")] = None
    measures: Annotated[
        list[RiskMeasureCreate], Field(max_length=20, description="What is done so that it does not come true.")
    ] = []
    incident_ids: Annotated[
        list[UUID], Field(max_length=50, description="In which incidents it came true before.")
    ] = []
    reason: RiskWhy = ""


class RiskPatch(Wire):
    """What people may change. Only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"example": {"impact": 5, "reason": "涉及婴幼儿食品"}})

    title: RiskTitle = "…"
    category: Annotated[RiskCategory, Field(description="What kind of thing it is.")] = RiskCategory.OTHER
    description: Description = ""
    words: RiskWords = []
    likelihood: Likelihood = 1
    impact: Impact = 1
    owner_id: RiskOwner = None
    review_every_days: Every = 90
    next_review_on: Next = date(1970, 1, 1)
    status: Annotated[
        RiskStatus, Field(description="`closed` needs a reason; what is opened again is due for review in its time.")
    ] = RiskStatus.OPEN
    reason: RiskWhy = ""


class RiskReviewed(Wire):
    """A risk that somebody looked at again."""

    model_config = ConfigDict(json_schema_extra={"example": {"note": "措施已落实，等级不变"}})

    note: Annotated[Visible, Field(min_length=1, max_length=1_000, description="What they found.")]
    next_review_on: Annotated[Next | None, Field(description="Null: `review_every_days` from today.")] = None


class RiskIncidentCreate(Wire):
    """An incident in which the risk came true."""

    model_config = ConfigDict(json_schema_extra={"example": {"incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab"}})

    incident_id: Annotated[UUID, Field(description="The incident, a real one.")]


class RiskIncident(BaseModel):
    """An incident in which a risk came true."""

    model_config = ConfigDict(json_schema_extra={"example": _LINK})

    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number, which people quote.")
    title: str = Field(description="What people call it.")
    status: IncidentStatus = Field(description="Where it stands.")
    grade: Grade | None = Field(description="Its grade in force.")
    review_id: UUID | None = Field(description="The review that found it; null: somebody said so.")
    linked_at: datetime = Field(description="Since when they belong together.")
    linked_by: str = Field(description="Who said so, as events name it.")


class Risk(BaseModel):
    """A risk 风险, what is done against it, and where it came true.

    Phones, mails and @names in what people wrote are masked unless you have `people:unmask`: don't send back what you read
    masked.
    """

    model_config = ConfigDict(json_schema_extra={"example": _RISK})

    id: UUID = Field(description="Our id.")
    number: str = Field(description="What people quote.")
    title: str = Field(description="What may happen, in a line.")
    category: RiskCategory = Field(description="What kind of thing it is.")
    description: str = Field(description="How it would come about, and whom it would hit.")
    words: list[str] = Field(description="What texts about it say.")
    likelihood: int = Field(description="How likely it is 可能性, from 1 to 5.")
    impact: int = Field(description="How bad it would be 影响, from 1 to 5.")
    score: int = Field(description="`likelihood` times `impact`.")
    level: RiskLevel = Field(description="The word for the score: critical from 20, high from 12, medium from 6.")
    status: RiskStatus = Field(description="Whether it is looked after.")
    owner: TimelinePerson | None = Field(description="Who looks after it; null: nobody yet.")
    review_every_days: int = Field(description="How many days after a review the next one is due.")
    next_review_on: date = Field(description="By the end of which day in Shanghai it is to be looked at again.")
    overdue: bool = Field(description="Whether that day is over; never of a closed one.")
    reviewed_at: datetime | None = Field(description="When somebody last looked at it again.")
    closed_at: datetime | None = Field(description="Since when it is closed.")
    measures: list[RiskMeasure] = Field(description="What is done so that it does not come true, the first due first.")
    incident_count: int = Field(description="In how many incidents it came true.")
    incidents: list[RiskIncident] = Field(description="The fifty that were linked last.", max_length=50)
    created_at: datetime = Field(description="When it was entered.")
    created_by: str = Field(description="By whom, as events name it.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it. Measures have their own.")


class RiskContent(BaseModel):
    """What a risk said in one of its versions."""

    model_config = ConfigDict(json_schema_extra={"example": _CONTENT})

    title: str = Field(description="What may happen, in a line.")
    category: RiskCategory = Field(description="What kind of thing it is.")
    description: str = Field(description="How it would come about, and whom it would hit.")
    words: list[str] = Field(description="What texts about it say.")
    likelihood: int = Field(description="How likely it is.")
    impact: int = Field(description="How bad it would be.")
    score: int = Field(description="The one times the other.")
    level: RiskLevel = Field(description="The word for the score.")
    owner_id: UUID | None = Field(description="Who looked after it.")
    review_every_days: int = Field(description="How many days after a review the next one was due.")
    next_review_on: date = Field(description="When it was to be looked at again.")
    status: RiskStatus = Field(description="Whether it was looked after.")
    reviewed_at: datetime | None = Field(description="When somebody had last looked at it again.")


class RiskVersion(BaseModel):
    """A risk as it was after one change, who made it and why. Versions never change."""

    model_config = ConfigDict(json_schema_extra={"example": _VERSION})

    risk_id: UUID = Field(description="The risk.")
    number: int = Field(description="Which version, from 1.")
    content: RiskContent = Field(description="All of it.")
    fields: list[str] = Field(description="What is other than before, by the members' names.")
    reason: str = Field(description="Why.")
    review_id: UUID | None = Field(description="The review whose decision it was; null: none's.")
    at: datetime = Field(description="When.")
    by: str = Field(description="By whom, as events name it.")
    person: TimelinePerson | None = Field(description="The person behind it; null where there is none.")


class RiskPage(Page[Risk]):
    """Some risks, the greatest first."""


class RiskVersionPage(Page[RiskVersion]):
    """Some versions of a risk, the newest first."""


class RiskQuery(PageQuery):
    """Which risks: values of one parameter are alternatives, different parameters all hold."""

    category: Annotated[list[RiskCategory], Field(max_length=10, description="Of one of these kinds.")] = []
    level: Annotated[list[RiskLevel], Field(max_length=4, description="Of one of these levels.")] = []
    status: Annotated[list[RiskStatus], Field(max_length=2, description="Open ones, or closed ones.")] = []
    owner_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these people.")] = []
    incident_id: Annotated[list[UUID], Field(max_length=20, description="That came true in one of these.")] = []
    review_id: Annotated[list[UUID], Field(max_length=20, description="That one of these reviews changed.")] = []
    overdue: Annotated[bool, Field(description="Only open ones whose review is late.")] = False
    q: Question = None
