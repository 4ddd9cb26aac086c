"""What becomes of the rows of a sheet: judged one by one, then all of them or none.

A row is read by a model of its room, as the room's JSON bodies are. What is wrong with it is said by row and heading, as
people see them in their spreadsheet, and not by what stands there: the report holds nobody's data. Only where a word of
ours is expected is the other word named, masked and cut: a column may be another than it should be.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.config import JsonDict
from sqlalchemy import Executable

from app.core.bodies import Wire
from app.core.db import Tx
from app.core.faults import words_of
from app.core.sheets import FORM, MEDIA_TYPE, MOST_BYTES
from app.domain.labels import LABELS
from app.domain.sheets import Column, Row, Table, listed, yes_or_no
from app.domain.vocabulary import ImportRowState
from app.domain.wording import mask_text

M = TypeVar("M", bound=Wire)
W = TypeVar("W", bound=StrEnum)

MOST_TOLD = 1_000
"""Rows in a report."""
MOST_ERRORS = 10
LONGEST_WORD = 20
AT_ONCE = 1_000
"""Rows that one statement writes."""
_GRAVEST_FIRST = tuple(ImportRowState)

_ERROR: JsonDict = {
    "column": "email", "heading": "邮箱", "detail": "is no mail address: write name@example.com",
    "code": "string_pattern_mismatch",
}  # fmt: skip
_ROW: JsonDict = {"row": 7, "state": "invalid", "duplicate_of": None, "errors": [_ERROR]}
_COUNTS: JsonDict = {"created": 0, "updated": 0, "unchanged": 41, "duplicate": 0, "invalid": 1}


class ImportQuery(BaseModel):
    """Whether it is only tried."""

    model_config = ConfigDict(extra="forbid")

    dry_run: Annotated[
        bool, Field(description="Only say what would become of each row, and change nothing 试运行.")
    ] = False


class ImportRowError(BaseModel):
    """One thing wrong with one cell."""

    model_config = ConfigDict(json_schema_extra={"example": _ERROR})

    column: str = Field(description="Which column, by its name here; empty for the row as a whole.")
    heading: str | None = Field(
        default=None, description="What the sheet calls it; null: the sheet has no such column, or it is the whole row."
    )
    detail: str = Field(description="What is wrong, in words.")
    code: str = Field(description="What is wrong, for programs.")


class ImportRow(BaseModel):
    """What became of one row."""

    model_config = ConfigDict(json_schema_extra={"example": _ROW})

    row: int = Field(description="Its number in the spreadsheet, where the first row is 1.")
    state: ImportRowState = Field(
        description="What became of it; where `applied` is false, what would: `created` means would be created."
    )
    duplicate_of: int | None = Field(description="The row that says the same before it, where it is a duplicate.")
    errors: list[ImportRowError] = Field(description="What is wrong with it.")


class ImportCounts(BaseModel):
    """How many rows became what."""

    model_config = ConfigDict(json_schema_extra={"example": _COUNTS})

    created: int = Field(description="New.")
    updated: int = Field(description="Known, and changed.")
    unchanged: int = Field(description="Known, and as the sheet says already.")
    duplicate: int = Field(description="Said before in the same sheet; passed over.")
    invalid: int = Field(description="Not acceptable. One is enough for nothing to be changed.")


class ImportReport(BaseModel):
    """What became of a sheet, row by row. `applied` says whether anything was changed at all."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "applied": False, "dry_run": False, "rows_total": 42, "counts": _COUNTS, "unknown_columns": ["工号"],
                "rows": [_ROW], "rows_left_off": 41,
            },
        }
    )  # fmt: skip

    applied: bool = Field(
        description="Whether it was done. Not where it was tried only, nor where a row is invalid: then nothing was changed, "
        "and `created` means would be created, `updated` would be updated."
    )
    dry_run: bool = Field(description="Whether it was tried only.")
    rows_total: int = Field(description="Rows below the header that hold something.")
    counts: ImportCounts = Field(description="How many rows became what; where `applied` is false, would become.")
    unknown_columns: list[str] = Field(description="Titles of columns that mean nothing here, and were passed over.")
    rows: list[ImportRow] = Field(
        description=f"What became of each row, in their order; of more than {MOST_TOLD:,} rows those that matter most: "
        "invalid ones before duplicates, updated ones and new ones."
    )
    rows_left_off: int = Field(description="How many rows the list leaves off.")


@dataclass(slots=True)
class Judged(Generic[M]):
    """A row, what it says, and what is to become of it. ``value`` is None where it is invalid."""

    row: Row
    value: M | None
    errors: list[ImportRowError] = field(default_factory=list)
    state: ImportRowState = ImportRowState.CREATED
    duplicate_of: int | None = None

    def refuse(self, column: str, detail: str, code: str) -> None:
        """Says what is wrong with it."""
        self.state = ImportRowState.INVALID
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(ImportRowError(column=column, detail=detail, code=code))


def judge(table: Table, model: type[M]) -> list[Judged[M]]:
    """Each row as the model reads it. Cells that were left blank are left out, so defaults count. For a thread."""
    adapter = TypeAdapter(model)
    return [_judge(adapter, row) for row in table.rows]


def _judge(adapter: TypeAdapter[M], row: Row) -> Judged[M]:
    judged: Judged[M] = Judged(row, None)
    for column, broken in row.broken.items():
        judged.refuse(column, broken.detail, broken.code)
    try:
        judged.value = adapter.validate_python(dict(row.cells))
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            column = str(fault["loc"][0]) if fault["loc"] else ""
            if column in row.broken:
                continue
            missing = fault["type"] == "missing"
            detail = "must be filled in" if missing else words_of(fault)
            judged.refuse(column, detail, fault["type"])
    return judged


def afresh(judged: Iterable[Judged[M]]) -> list[Judged[M]]:
    """The rows as they were judged, for a transaction that may be run again."""
    return [replace(each, errors=[*each.errors]) for each in judged]


def good(judged: Iterable[Judged[M]]) -> list[tuple[Judged[M], M]]:
    """The rows that are to be done, with what they say."""
    out = (ImportRowState.INVALID, ImportRowState.DUPLICATE)
    return [(each, each.value) for each in judged if each.value is not None and each.state not in out]


def mark_duplicates(judged: Iterable[Judged[M]], key: Callable[[M], Hashable]) -> None:
    """Marks rows that say of somebody what an earlier one has said of them already."""
    seen: dict[Hashable, int] = {}
    for each, value in good(judged):
        first = seen.setdefault(key(value), each.row.number)
        if first != each.row.number:
            each.state, each.duplicate_of = ImportRowState.DUPLICATE, first


def is_good(judged: Iterable[Judged[Any]]) -> bool:
    """Whether anything may be changed: no row is invalid."""
    return all(each.state is not ImportRowState.INVALID for each in judged)


async def write(tx: Tx, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Runs the statement for each of the rows, some at a time."""
    connection = await tx.connection()
    for begin in range(0, len(rows), AT_ONCE):
        await connection.execute(statement, rows[begin : begin + AT_ONCE])


def report(judged: Sequence[Judged[Any]], table: Table, *, dry_run: bool) -> ImportReport:
    """What is answered of it."""
    counts = dict.fromkeys(ImportRowState, 0)
    for each in judged:
        counts[each.state] += 1
    gravest = sorted(judged, key=lambda each: (_GRAVEST_FIRST.index(each.state), each.row.number))[:MOST_TOLD]
    return ImportReport(
        applied=not dry_run and is_good(judged), dry_run=dry_run, rows_total=len(judged),
        counts=ImportCounts(**{state.value: count for state, count in counts.items()}),
        unknown_columns=list(table.unknown),
        rows=[
            ImportRow(
                row=each.row.number, state=each.state, duplicate_of=each.duplicate_of,
                errors=[error.model_copy(update={"heading": table.headings.get(error.column)}) for error in each.errors],
            )
            for each in sorted(gravest, key=lambda each: each.row.number)
        ],
        rows_left_off=len(judged) - len(gravest),
    )  # fmt: skip


def body(columns: Sequence[Column]) -> dict[str, Any]:
    """How the contract shows a sheet that is sent: ``openapi_extra`` of the route."""
    schema = {"type": "string", "contentMediaType": MEDIA_TYPE, "format": "binary", "maxLength": MOST_BYTES}
    named = "; ".join(f"`{column.name}` {'/'.join(column.titles[:2])}" for column in columns)
    content = {MEDIA_TYPE: {"schema": schema}}
    return {"requestBody": {"description": f"{FORM}{named}.", "required": True, "content": content}}


def word_of(vocabulary: str, words: type[W]) -> BeforeValidator:
    """A cell that holds a word of ours, or its Chinese or English label."""
    choices = ", ".join(f"{zh} ({code})" for code, (zh, _) in LABELS[vocabulary].items())
    noun = vocabulary.replace("_", " ")
    by_label = {label.casefold(): words(value) for value, labels in LABELS[vocabulary].items()
                for label in (value, *labels)}  # fmt: skip

    def read(cell: object) -> object:
        found = by_label.get(cell.casefold()) if isinstance(cell, str) else cell
        if found is None:
            raise ValueError(f"'{mask_text(str(cell)[:1_000])[:LONGEST_WORD]}' is no {noun}; write {choices}")
        return found

    return BeforeValidator(read)


def _listed(cell: object) -> object:
    return listed(cell) if isinstance(cell, str) else cell


def _yes_or_no(cell: object) -> object:
    found = yes_or_no(cell) if isinstance(cell, str) else cell
    if found is None:
        raise ValueError("must be 是 or 否, or yes or no")
    return found


# A cell that names several, and one that says yes or no.
LISTED = BeforeValidator(_listed)
YES_OR_NO = BeforeValidator(_yes_or_no)
