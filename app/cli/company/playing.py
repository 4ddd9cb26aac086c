"""A month of a made-up company from its first day to its last."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.cli.company.crises import Fire
from app.cli.company.past import Past
from app.cli.company.prevention import Documents, Patrols, Rehearsal, Trainings
from app.cli.company.script import Script, first_midnight
from app.cli.company.sources import Sources
from app.cli.company.staff import Staff
from app.core.db import Database
from app.core.doorbell import Doorbell
from app.domain.worktime import day_of
from app.mentions.ingest import Intake
from app.settings import Settings

_MADE: Final = """
select (select count(*) from people where created_at between $1 and $2) as people,
  (select count(*) from incidents where opened_at between $1 and $2 and not is_drill) as incidents,
  (select count(*) from mentions where first_seen_at between $1 and $2) as mentions,
  (select count(*) from statements where created_at between $1 and $2) as statements,
  (select count(*) from reviews where created_at between $1 and $2) as reviews,
  (select count(*) from training_sessions where created_at between $1 and $2) as sessions,
  (select count(*) from training_completions where recorded_at between $1 and $2) as completions,
  (select count(*) from document_acknowledgements where acknowledged_at between $1 and $2) as acknowledgements,
  (select count(*) from drills where created_at between $1 and $2) as drills,
  (select count(*) from patrols where slot_at between $1 and $2) as patrols,
  (select count(*) from events where at between $1 and $2) as events"""


_THERE: Final = """
select exists(select from people where email like '%@qinghe.example') as company,
  exists(select from worker_heartbeats where seen_at > now() - interval '10 seconds') as workers,
  exists(select from incidents where not is_drill) as incidents, exists(select from people) as people,
  exists(select from webhook_endpoints where deleted_at is null and disabled_at is null and created_at < $1) as endpoints"""


async def in_the_way(database: Database, script: Script, ending: datetime, *, force: bool) -> str | None:
    """What speaks against making a past up here, and what to do about it; None where nothing does."""
    [there] = await database.fetch(_THERE, ending)
    if there["company"]:
        return "there is a made-up company here already, and its people are there once; use an empty database"
    if there["workers"]:
        return (
            "workers are running, and would ring at once what is made up as long past; stop them (or `fenghuo up`), wait 10 "
            "seconds, and start them again when the company is there"
        )
    if there["endpoints"]:
        return (
            "there are webhook endpoints that would be told of a month that never was; disable them (PATCH "
            "/v1/webhook-endpoints/{id} with enabled false), or use an empty database"
        )
    if (there["incidents"] or there["people"]) and not force:
        return "there are people or incidents here already; use an empty database, or --force to put the company beside them"
    return None


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
        await Trainings(past, staff, script).enter()
        await Documents(past, staff, script).enter()
        Rehearsal(past, staff, script).enter()
        for number, crisis in enumerate(script.crises):
            Fire(past, staff, sources, number, crisis).kindle()
        progress(f"{script.days} days, from {day_of(begins)} on")
        await past.live(begins, ending)
        await sources.leave()
    finally:
        database.moment = before
    [made] = await database.fetch(_MADE, begins, ending)
    return dict(made)
