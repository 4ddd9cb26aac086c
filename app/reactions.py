"""The one table of upward consequences: what happened -> who above hears of it, in the same transaction."""

from app.core.outbox import react
from app.domain.events import Event, MentionHit
from app.incidents.alerts import start_alerts
from app.webhooks.service import fan_out


def install() -> None:
    """Fills the outbox's registry. The API and the workers both call it."""
    react(Event, fan_out)
    # After the deliveries are owed: these say whether anybody hears of the hit.
    react(MentionHit, start_alerts)
