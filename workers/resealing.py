"""Once a process, at its start: contacts that lie under a previous key are sealed anew. Signing secrets: see deliver."""

import structlog

from app.incidents.contacts import contacts_vault
from app.incidents.resealing import reseal
from app.people import contact_sealing
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
        database, settings = self._context.database, self._context.settings
        count = await reseal(database, contacts_vault(settings))
        count += await contact_sealing.reseal(database, contact_sealing.contacts_vault(settings))
        self._done = True
        if count:
            log.info("contacts encrypted under the new key", rows=count)
        return count
