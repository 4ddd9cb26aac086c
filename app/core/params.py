"""Query parameters that every list shares. Unknown ones are refused: a misspelt filter must not look like no filter."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from app.core.errors import FieldError, Invalid
from app.core.faults import UNKNOWN_PARAMETER

Limit = Annotated[int, Field(ge=1, le=200, description="How many rows at most, 1 to 200.")]
# Shown, not held: what is no cursor of ours is a 400 of its own.
CURSOR_PATTERN = r"^[A-Za-z0-9_-]+$"
Cursor = Annotated[
    Annotated[str, Field(max_length=1000, json_schema_extra={"pattern": CURSOR_PATTERN})] | None,
    Field(description="`next_cursor` of the page before."),
]


class NoQuery(BaseModel):
    """No parameters at all."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = 50
    cursor: Cursor = None

    def filters(self) -> dict[str, object]:
        """What a cursor is bound to: everything that decides which rows there are."""
        return self.model_dump(mode="json", exclude={"limit", "cursor"})


def refuse_query(request: Request) -> None:
    """Invalid when an operation that has no query parameters is given one; those that have some judge themselves."""
    dependant = request.scope["route"].dependant
    known = dependant.query_params or any(inner.query_params for inner in dependant.dependencies)
    if request.scope["query_string"] and not known:
        detail = f"{UNKNOWN_PARAMETER}, which has none"
        errors = [FieldError(f"?{name[:100]}", detail, "extra_forbidden") for name in list(request.query_params)[:20]]
        raise Invalid("; ".join(f"{error.pointer}: {error.detail}" for error in errors[:3]), errors=errors)
