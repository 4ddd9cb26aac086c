"""Once a process, at its start: contacts that lie under a previous key are sealed anew. Signing secrets: see deliver."""

import structlog

from app.incidents.contacts import contacts_vault
from app.incidents.resealing import reseal
from workers.context import Context

log = structlog.get_logger()


class Resealer:
    """Keys change only with a restart, so one round is enough; a round that fails is made again."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._done = False

    async def sweep(self) -> int:
        """How many rows were sealed anew."""
        if self._done:
            return 0
        count = await reseal(self._context.database, contacts_vault(self._context.settings))
        self._done = True
        if count:
            log.info("affected users' contacts encrypted under the new key", rows=count)
        return count
