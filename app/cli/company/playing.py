"""A month of a made-up company from its first day to its last."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.cli.company.crises import Fire
from app.cli.company.past import Past
from app.cli.company.prevention import Patrols
from app.cli.company.script import Script, first_midnight
from app.cli.company.sources import Sources
from app.cli.company.staff import Staff
from app.core.db import Database
from app.core.doorbell import Doorbell
from app.mentions.ingest import Intake
from app.settings import Settings

_MADE: Final = """
select (select count(*) from people where created_at between $1 and $2) as people,
  (select count(*) from incidents where opened_at between $1 and $2) as incidents,
  (select count(*) from mentions where first_seen_at between $1 and $2) as mentions,
  (select count(*) from statements where created_at between $1 and $2) as statements,
  (select count(*) from reviews where created_at between $1 and $2) as reviews,
  (select count(*) from patrols where slot_at between $1 and $2) as patrols,
  (select count(*) from events where at between $1 and $2) as events"""


async def play(
    database: Database, settings: Settings, doorbell: Doorbell, script: Script, ending: datetime, *,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:  # fmt: skip
    """Plays the script so that it ends at an instant; what was made. Whatever the database's moment was, it is so again."""
    before = database.moment
    begins = database.moment = first_midnight(ending, script.days)
    intake = Intake(database, doorbell, flushers=1)
    past = Past(database, settings, intake)
    try:
        staff, sources = Staff(past, script), Sources(past, script)
        progress("people, departments, rules and sources")
        await staff.enter()
        await sources.enter()
        await Patrols(past, staff, script, intake).enter()
        for number, crisis in enumerate(script.crises):
            Fire(past, staff, sources, number, crisis).begin()
        progress(f"{script.days} days, from {begins:%Y-%m-%d} on")
        await past.live(begins, ending)
        await sources.leave()
    finally:
        database.moment = before
    [made] = await database.fetch(_MADE, begins, ending)
    return dict(made)
