"""What is said once a period and never again, whoever asks first: in the transaction that says it."""

from sqlalchemy.dialects.postgresql import insert

from app.core.db import Tx
from app.models import SaidOnce


async def is_first(tx: Tx, what: str, period: str) -> bool:
    """Whether nobody said ``what`` for this ``period`` yet. Who asks at the same moment waits for this transaction."""
    said = insert(SaidOnce).values(what=what, period=period).on_conflict_do_nothing().returning(SaidOnce.what)
    return await tx.scalar(said) is not None
