"""The words of the contract as people see them, so that no front end translates or colours them by itself."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.deps import AnyCaller
from app.core.routing import Operation
from app.domain.colours import colour_of
from app.domain.labels import LABELS

router = APIRouter(prefix="/v1/vocabularies", tags=["Vocabularies"], route_class=Operation)

# They change with a release only. Private, because only a good credential gets them.
CACHED = "private, max-age=3600"
_MAJOR: JsonDict = {"value": "major", "zh": "一级(重大)", "en": "Level 1 (major)", "color": "#CF1322"}
_GRADE: JsonDict = {"name": "grade", "schemas": ["Grade"], "values": [_MAJOR]}
# Which enums of the contract a vocabulary is for, where it is not the one of its own name.
_SCHEMAS = {"sentiment": ["Sentiment", "JudgedSentiment"], "text_field": ["WordField"], "scope": []}


class VocabularyValue(BaseModel):
    """One word."""

    model_config = ConfigDict(json_schema_extra={"example": _MAJOR})

    value: str = Field(description="As it stands in requests and answers.")
    zh: str = Field(description="As people see it in Chinese.")
    en: str = Field(description="As people see it in English.")
    color: str = Field(description="Its colour, #RRGGBB.")


class Vocabulary(BaseModel):
    """One set of words."""

    model_config = ConfigDict(json_schema_extra={"example": _GRADE})

    name: str = Field(description="Its name, for example `incident_status`.")
    schemas: list[str] = Field(description="The enums of this contract it is for, by their schemas' names.")
    values: list[VocabularyValue] = Field(description="Its words in the order people expect: the gravest first.")


class Vocabularies(BaseModel):
    """All of them."""

    model_config = ConfigDict(json_schema_extra={"example": {"data": [_GRADE]}})

    data: list[Vocabulary] = Field(description="Every vocabulary.")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def vocabularies() -> Vocabularies:
    """Every vocabulary there is."""
    return Vocabularies(data=[
        Vocabulary(
            name=name, schemas=_SCHEMAS.get(name, [_camel(name)]),
            values=[
                VocabularyValue(value=value, zh=zh, en=en, color=colour_of(name, value))
                for value, (zh, en) in labels.items()
            ],
        )
        for name, labels in LABELS.items()
    ])  # fmt: skip


@router.get(
    "", operation_id="getVocabularies",
    responses={401: {"description": "No valid API key or token."}, 403: {"description": "Nobody here signs in so."}},
)  # fmt: skip
async def get_vocabularies(_: AnyCaller, response: Response) -> Vocabularies:
    """Shows every enum of the contract with Chinese and English labels, a colour and the order people expect.

    Any good credential may. It changes with a release only: keep it for an hour.
    """
    response.headers["Cache-Control"] = CACHED
    return vocabularies()
