"""What of statements is searched 检索: what each is called, and what its newest version says."""

from app.core import search
from app.core.db import Tx
from app.models import Statement, StatementVersion


async def keep(tx: Tx, *said: tuple[Statement, StatementVersion]) -> None:
    """Keeps the words of these statements and of their newest versions, in place of what was kept of them."""
    await search.keep(
        tx,
        *(
            search.Kept(
                "statement",
                statement.id,
                (statement.name, newest.text, *newest.platform_texts.values()),
                statement.incident_id,
            )
            for statement, newest in said
        ),
    )
