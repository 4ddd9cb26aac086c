"""Sheets that are sent to be imported: one wire form for CSV and XLSX, read off the loop (R41, R50b).

The body is the file itself, as `application/octet-stream`; which kind it is shows in its first bytes.
"""

from collections.abc import Sequence

from starlette.requests import Request

from app.core import workbooks
from app.core.aside import aside
from app.core.bodies import read_body
from app.core.errors import Invalid
from app.core.routing import Operation
from app.domain.sheets import Column, SheetFault, Table, csv_table, table_of

MOST_BYTES = 8 * 1024 * 1024
MEDIA_TYPE = "application/octet-stream"
FORM = (
    "The file as it is: CSV (UTF-8 or GB18030; comma, semicolon or tab) or XLSX without macros, of which the first sheet "
    "counts. The first row names the columns. 10,000 rows and 8 MiB at most. Columns: "
)


class NotASheet(Invalid):
    """The body can't be read as a sheet, or has not the columns that are needed. ``code`` says why."""

    code, title = "sheet_unreadable", ("The sheet can't be read", "表格无法读取")

    def __init__(self, fault: SheetFault) -> None:
        super().__init__(fault.detail)
        self.code = fault.code  # type: ignore[misc]


class SheetOperation(Operation):
    """An operation that takes a sheet, which may be greater than a JSON body."""

    largest_body = MOST_BYTES


class Sheet:
    """A sheet that is about to come. It is read when the operation asks for it: what it is for is looked at before."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def table(self, columns: Sequence[Column]) -> Table:
        """The table in it, in a thread of its own; NotASheet where it can't be read or lacks a column."""
        raw, _ = await read_body(self._request, (MEDIA_TYPE,), MOST_BYTES)
        try:
            return await aside(read_table, raw, columns)
        except SheetFault as fault:
            raise NotASheet(fault) from None


def read_table(raw: bytes, columns: Sequence[Column]) -> Table:
    """The table in a file, whichever kind it is. SheetFault otherwise."""
    if raw.startswith(workbooks.OLD_MAGIC):
        raise SheetFault(
            "sheet_encrypted",
            "This is an old workbook (XLS) or one with a password; save it as XLSX without a password.",
        )
    if raw.startswith(workbooks.MAGIC):
        return table_of(workbooks.grid_of(raw), columns)
    return csv_table(raw, columns)
