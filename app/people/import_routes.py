"""People by the sheet, over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.core import imports
from app.core.aside import aside
from app.core.db import Tx
from app.core.deps import InRetries, PeopleWrite
from app.core.imports import ImportQuery, ImportReport
from app.core.sheets import Sheet, SheetOperation
from app.people.imports import COLUMNS, PersonRow, import_people

router = APIRouter(prefix="/v1/people-imports", tags=["People"], route_class=SheetOperation)


@router.post("", operation_id="importPeople", response_model=ImportReport, openapi_extra=imports.body(COLUMNS))
async def import_people_by_sheet(
    query: Annotated[ImportQuery, Query()], caller: PeopleWrite, sent: Annotated[Sheet, Depends(Sheet)], run: InRetries
) -> ImportReport:
    """Adds and changes the people 人员 of a sheet, up to 10,000 at once, and says what became of each row.

    Known by mail, else phone, else name and department; blank cells leave what is there. Roles by code or label, several with
    commas; the deputy B角 by mail or whole name, in the sheet or not. Nobody gives what they lack. With an invalid row
    nothing is changed at all, and `applied` is false.
    """
    table = await sent.table(COLUMNS)
    first = await aside(imports.judge, table, PersonRow)

    async def act(tx: Tx, now: datetime) -> ImportReport:
        judged = imports.afresh(first)
        await import_people(tx, judged, dry_run=query.dry_run, caller=caller, now=now)
        return imports.report(judged, table, dry_run=query.dry_run)

    return await run(act)
