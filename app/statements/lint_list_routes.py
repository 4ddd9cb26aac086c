"""The lint's lists of words over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from app.core.aside import aside
from app.core.bodies import JsonBody, Str
from app.core.conditional import IfMatch
from app.core.deps import InTransaction, RulesRead, RulesWrite
from app.core.params import PageQuery
from app.core.routing import Operation
from app.statements import lint_list_schemas as schemas
from app.statements import lint_lists

router = APIRouter(prefix="/v1/lint-lists", tags=["Statements"], route_class=Operation)

Entries = Annotated[schemas.LintListIn, Depends(JsonBody(schemas.LintListIn))]
Text = Annotated[schemas.LintListTest, Depends(JsonBody(schemas.LintListTest))]
Key = Annotated[Str, Path(min_length=1, max_length=50, description="The list's key, for example `advertising_law`.")]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Which of the list's versions, from 1.")]
Paged = Annotated[PageQuery, Query()]


@router.get("", operation_id="listLintLists", response_model=schemas.LintListPage)
async def list_lint_lists(query: Paged, tx: InTransaction, _: RulesRead) -> dict[str, Any]:
    """Lists the words that statements are looked over for 发布前检查词库, by key, each in its version in force."""
    return await lint_lists.list_lists(tx, query)


@router.get("/{key}", operation_id="getLintList", response_model=schemas.LintList)
async def get_lint_list(key: Key, tx: InTransaction, _: RulesRead) -> dict[str, Any]:
    """One list in its version in force, with its entries."""
    return lint_lists.shown(await lint_lists.get_list(tx, key))


@router.put("/{key}", operation_id="updateLintList", response_model=schemas.LintList)
async def update_lint_list(
    key: Key, caller: RulesWrite, body: Entries, expected: IfMatch, tx: InTransaction
) -> dict[str, Any]:
    """Replaces a list's entries, as its next version. Earlier versions stay: what was found by them cites them."""
    entries = body.model_dump(mode="json")["entries"]
    made = await lint_lists.set_list(tx, key, entries, note=body.note, expected=expected, caller=caller)
    return lint_lists.shown(made)


@router.get("/{key}/versions", operation_id="listLintListVersions", response_model=schemas.LintListPage)
async def list_lint_list_versions(key: Key, query: Paged, tx: InTransaction, _: RulesRead) -> dict[str, Any]:
    """A list's versions, the newest first."""
    return await lint_lists.list_versions(tx, key, query)


@router.get("/{key}/versions/{number}", operation_id="getLintListVersion", response_model=schemas.LintList)
async def get_lint_list_version(key: Key, number: Number, tx: InTransaction, _: RulesRead) -> dict[str, Any]:
    """One version of a list, with its entries."""
    return lint_lists.shown(await lint_lists.get_list(tx, key, number))


@router.post("/{key}/test", operation_id="testLintList", response_model=schemas.LintListTestResult)
async def try_lint_list(key: Key, _: RulesRead, body: Text, tx: InTransaction) -> dict[str, Any]:
    """Tries a list on a text: which of its phrases count, where."""
    row = await lint_lists.get_list(tx, key)
    return {"places": await aside(lint_lists.places, row, body.text, body.kind, body.truth)}
