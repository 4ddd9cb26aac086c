"""Objects of the storage that are no file's: of uploads that were cut off, and of files that were deleted."""

from app.core.db import Database
from app.core.storage import Storage
from app.people.files import remove_stray


async def remove_strays(database: Database, storage: Storage) -> int:
    """One round; how many objects it removed."""
    removed = 0
    while found := await remove_stray(database, storage):
        removed += found
    return removed
