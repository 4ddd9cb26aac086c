"""GET /v1/events: what webhooks are sent, as pages in an order that is final, whatever order transactions end in."""

import random
from contextlib import AsyncExitStack, suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from pydantic import BaseModel

from app.core.auth import SYSTEM
from app.core.outbox import record, settled
from app.domain import events as domain
from app.domain.events import (
    PUBLIC,
    AlertBreached,
    AlertNoReceiver,
    CalendarYearMissing,
    CalendarYearPublished,
    DeadlineRedated,
    DecisionMade,
    FactChecked,
    GradeChanged,
    IncidentAcknowledged,
    IncidentOpened,
    LegalThresholdReached,
    MeetingHeld,
    MentionHit,
    NeedsJudgement,
    NoteAdded,
    PersonCalled,
    PublicationRecorded,
    SlaBreached,
    SlaMet,
    SlaWarning,
    StatusChanged,
    TeamChanged,
    ViewsHigh,
    WebhookTested,
)
from app.webhooks import events
from app.webhooks.event_schemas import Event, EventBase
from app.webhooks.events import Choice, last_by, read
from tests.support.api import ago, contract, crisis, everything, good, instant, problem
from tests.support.services import plain
from tests.support.waiting import eventually

URL = "/v1/events"
MODELS: tuple[type[EventBase], ...] = get_args(Event.model_fields["root"].annotation)
BY_TYPE = {get_args(model.model_fields["type"].annotation)[0].value: model for model in MODELS}


def a_test(message: str = "hello") -> WebhookTested:
    return WebhookTested(endpoint_id=uuid4(), message=message)


async def happen(database, *events) -> list[str]:
    """Commits the events (one test of a webhook unless others are given); their ids."""
    async with database.transaction() as tx:
        return [f"evt_{stored.id}" for stored in await record(tx, *(events or (a_test(),)), caller=SYSTEM)]


async def since(client, last: str, **query) -> list[dict[str, Any]]:
    return await everything(client, URL, after=last, limit=2, **query)


async def listed(client, last: str, count: int, **query) -> list[dict[str, Any]]:
    async def enough():
        rows = await since(client, last, **query)
        return rows if len(rows) >= count else None

    return await eventually(enough, what=f"{count} listed events")


@pytest.fixture
async def last(client, database) -> str:
    [made] = await happen(database)
    await eventually(lambda: _is_listed(client, made), what="the first event")
    return made


async def _is_listed(client, event_id: str) -> bool:
    before = f"evt_{int(event_id.removeprefix('evt_')) - 1}"
    return event_id in [row["id"] for row in (await client.get(URL, params={"after": before})).json()["data"]]


async def test_why_somebody_did_something_is_told_without_peoples_data_as_on_the_timeline(client, database, last):
    incident = good(await client.post("/v1/incidents", json={"title": "误报"}), 201)
    body = {"status": "dismissed", "reason": "投诉人 13812345678 zhang@example.com 已撤诉"}
    good(await client.put(f"/v1/incidents/{incident['id']}/status", json=body))
    (told,) = await listed(client, last, 1, type="incident.status_changed")
    assert told["data"]["reason"] == "投诉人 138******78 *****@*********** 已撤诉"
    id_ = int(told["id"].removeprefix("evt_"))
    async with database.transaction() as tx:
        (followed,) = await read(tx, Choice(), after=id_ - 1, upto=id_, limit=1)
    assert orjson.loads(followed.json()) == told


async def test_a_crisis_is_told_in_order_and_as_stored(client, counter, database, last):
    incident, mention_id = await crisis(client, counter, reposts=150_000, published_at=ago(minutes=5))
    rows = await listed(client, last, 5)
    # Said once an hour, so perhaps now: nobody in this database reads of hits.
    assert sorted({row["type"] for row in rows} - {"alert.no_receiver"}) == [
        "incident.grade_changed", "incident.opened", "incident.status_changed", "mention.hit",
        "mention.legal_threshold",
    ]  # fmt: skip
    numbers = [int(row["id"].removeprefix("evt_")) for row in rows]
    assert numbers == sorted(set(numbers))
    for row in rows:
        [stored] = await database.fetch(
            "select type, at, data::text from events where id = $1", int(row["id"].removeprefix("evt_"))
        )
        assert (row["type"], instant(row["timestamp"])) == (stored["type"], stored["at"])
        assert row["data"] == orjson.loads(stored["data"])
    hit = next(row["data"] for row in rows if row["type"] == "mention.hit")
    assert (hit["mention_id"], hit["incident_id"]) == (mention_id, incident["id"])


async def test_private_events_are_not_listed(client, last):
    good(await client.post("/v1/api-keys", json={"name": "x", "scopes": ["events:read"]}), 201)
    assert await since(client, last) == []


async def test_filters_choose_and_pages_go_to_the_end(client, counter, database, last):
    incident, _ = await crisis(client, counter)
    other, _ = await crisis(client, counter)
    tests = [(await happen(database))[0] for _ in range(5)]
    await listed(client, last, 9)
    assert [row["id"] for row in await since(client, last, type="webhook.test")] == tests
    both = await since(client, last, type=["webhook.test", "incident.opened"])
    assert {row["type"] for row in both} == {"webhook.test", "incident.opened"}
    mine = await since(client, last, incident_id=incident["id"])
    assert {row["data"]["incident_id"] for row in mine} == {incident["id"]}
    assert [row["data"]["seq"] for row in mine] == list(range(1, len(mine) + 1))
    assert len(await since(client, last, incident_id=[incident["id"], other["id"]])) > len(mine)
    assert await since(client, last, incident_id=incident["id"], type="webhook.test") == []
    assert await since(client, tests[-1]) == []


async def test_the_instants_of_a_filter_are_excluded(client, database, last):
    [first], [second] = await happen(database), await happen(database)
    rows = {row["id"]: row["timestamp"] for row in await listed(client, last, 2)}
    assert [r["id"] for r in await since(client, last, at_after=rows[first])] == [second]
    assert [r["id"] for r in await since(client, last, at_before=rows[second])] == [first]
    assert await since(client, last, at_after=ago(hours=-1)) == []


async def test_a_place_in_time_is_found_wherever_it_is(client, database, last, monkeypatch):
    monkeypatch.setattr(events, "MOST_APART", timedelta())
    made = [(await happen(database))[0] for _ in range(6)]
    rows = {row["id"]: row["timestamp"] for row in await listed(client, last, 6)}
    numbers = [int(event_id.removeprefix("evt_")) for event_id in made]
    async with database.transaction() as tx:
        upto = (await settled(tx)).id
        for event_id, number in zip(made, numbers, strict=True):
            assert await last_by(tx, instant(rows[event_id]), upto=upto) == number
        assert await last_by(tx, instant(ago(days=400)), upto=upto) == 0
        assert await last_by(tx, instant(ago(days=-1)), upto=upto) == upto
    for first in range(6):
        for end in range(first, 6):
            span = {"at_after": rows[made[first]], "at_before": rows[made[end]]}
            assert [row["id"] for row in await since(client, last, **span)] == made[first + 1 : end]


async def test_an_event_of_a_transaction_that_began_long_before_is_found_by_its_time(client, database, last):
    async with database.transaction() as slow:
        await slow.now()
        [quick] = await happen(database)
        # So many that halving the ids comes upon them first.
        stored = await record(slow, *(a_test("slow") for _ in range(64)), caller=SYSTEM)
    late = [f"evt_{one.id}" for one in stored]
    rows = {row["id"]: row["timestamp"] for row in await listed(client, last, 65)}
    assert rows[late[0]] < rows[quick]
    assert [row["id"] for row in await since(client, last, at_before=rows[quick])] == late
    assert [row["id"] for row in await since(client, last, at_after=rows[late[0]])] == [quick]


@pytest.mark.parametrize(("name", "value"), [
    ("type", "incident.changed"), ("type", "record.changed"), ("incident_id", "1"), ("at_after", "2026-11-20"),
    ("at_before", "yesterday"), ("after", "7001"), ("after", "evt_"), ("after", "evt_" + "9" * 19), ("after", "evt_-1"),
    ("after", "evt_%00"), ("limit", "201"),
])  # fmt: skip
async def test_a_bad_filter_is_refused_by_name(client, name, value):
    found = problem(await client.get(f"{URL}?{name}={value}"), 422)
    assert any(error["pointer"].startswith(f"?{name}") for error in found["errors"])


async def test_a_cursor_belongs_to_its_filters(client, database, last):
    await happen(database, a_test(), a_test(), a_test())
    await listed(client, last, 3)
    cursor = good(await client.get(URL, params={"after": last, "limit": 1}))["next_cursor"]
    problem(await client.get(URL, params={"cursor": cursor}), 400, "?cursor")
    problem(await client.get(URL, params={"after": last, "cursor": cursor, "type": "mention.hit"}), 400, "?cursor")


async def test_an_event_whose_lower_id_is_not_committed_yet_holds_back_the_higher_ones(client, database, last):
    async with database.transaction() as slow:
        [first] = await record(slow, a_test("slow"), caller=SYSTEM)
        [second] = await happen(database)
        assert first.id < int(second.removeprefix("evt_"))
        assert await since(client, last) == [], "second would be read, and first skipped for good"
    assert [row["id"] for row in await listed(client, last, 2)] == [f"evt_{first.id}", second]


async def test_one_that_is_rolled_back_holds_nothing_back(client, database, last):
    with suppress(ZeroDivisionError):
        async with database.transaction() as tx:
            await record(tx, a_test(), caller=SYSTEM)
            raise ZeroDivisionError
    [made] = await happen(database)
    assert [row["id"] for row in await listed(client, last, 1)] == [made]


async def test_transactions_of_strangers_hold_nothing_back(client, database, settings, last):
    stranger = await asyncpg.connect(plain(settings.database_url))
    try:
        async with stranger.transaction():
            assert await stranger.fetchval("select pg_current_xact_id()::text")
            [made] = await happen(database)
            assert [row["id"] for row in await listed(client, last, 1)] == [made]
    finally:
        await stranger.close()


@pytest.mark.parametrize("seed", range(8))
async def test_whoever_reads_on_and_on_misses_nothing_in_whatever_order_transactions_end(database, seed):
    """Five transactions at a time record in any order, end in any order, some of them by rolling back."""
    chance = random.Random(seed)
    async with database.transaction() as tx:
        place = begin = (await settled(tx)).id
    committed: set[int] = set()
    got: list[int] = []

    async def read_on() -> None:
        nonlocal place
        async with database.transaction() as tx:
            upto = (await settled(tx)).id
            got.extend(event.id for event in await read(tx, Choice(), after=place, upto=upto, limit=1000))
            place = max(place, upto)

    for _ in range(6):
        stacks = [AsyncExitStack() for _ in range(5)]
        open_ = [(stack, await stack.enter_async_context(database.transaction()), set[int]()) for stack in stacks]
        for _, tx, ids in chance.choices(open_, k=12):
            ids |= {stored.id for stored in await record(tx, a_test(), a_test(), caller=SYSTEM)}
            await read_on()
        chance.shuffle(open_)
        for stack, tx, ids in open_:
            if chance.random() < 0.3:
                await tx.rollback()
            else:
                committed |= ids
            await stack.aclose()
            await read_on()
    assert got == sorted(committed)
    assert place > begin


def test_there_is_a_model_for_each_public_event_and_they_say_the_same():
    assert BY_TYPE.keys() == {event.type for event in PUBLIC}
    for event in PUBLIC:
        data: type[BaseModel] = BY_TYPE[event.type].model_fields["data"].annotation  # type: ignore[assignment]
        hints = get_type_hints(event)
        stored = {field.name.rstrip("_"): NoneType in get_args(hints[field.name]) for field in fields(event)}
        shown = {f.alias or n: NoneType in get_args(f.annotation) for n, f in data.model_fields.items()}
        assert shown == stored, event
        assert all(field.is_required() for field in data.model_fields.values())


ID = UUID(int=7)
AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
PLACE = {"incident_id": ID, "number": "2026-0001", "is_drill": False}
CLOCK = {"deadline_id": ID, "clock": "first_response", "grade": "major", "started_at": AT, "due_at": AT,
         "estimated": False}  # fmt: skip
FIGURES = {
    "mention_id": ID, "incident_id": None, "platform": "weibo", "observed_at": AT, "reposts": 1, "comments": None,
    "likes": 1_000, "views": 100_001,
}  # fmt: skip
SAMPLES: list[domain.Event] = [
    MentionHit(mention_id=ID, incident_id=None, platform="weibo", rule_ids=[ID], received_at=AT),
    LegalThresholdReached(**FIGURES, reached=["views"], snapshot_id=ID),
    ViewsHigh(**FIGURES, threshold=100_000),
    NeedsJudgement(**FIGURES, spread=1_001, threshold=1_000),
    AlertBreached(deadline_id=ID, mention_id=ID, incident_id=None, is_drill=False, received_at=AT, due_at=AT, late_by_seconds=3),
    AlertNoReceiver(mention_id=ID, incident_id=ID, received_at=AT),
    IncidentOpened(**PLACE, seq=1, rule_id=None, harm_class=None, business_unit=None),
    GradeChanged(**PLACE, seq=2, from_=None, to="major", level=1, label="一级(重大)",
                 source="machine", reason="so", evidence={"top_mentions": [{"mention_id": ID, "spread": 1}]}),
    GradeChanged(**PLACE, seq=3, from_="major", to=None, level=None, label=None,
                 source="person", reason="so", evidence={}),
    StatusChanged(**PLACE, seq=4, from_="watching", to="merged", reason="so", overridden=[]),
    SlaWarning(**PLACE, seq=11, **CLOCK, threshold=50, late_by_seconds=0),
    SlaBreached(**PLACE, seq=12, **CLOCK, late_by_seconds=31),
    SlaMet(**PLACE, seq=13, **CLOCK, state="met_recorded_late", happened_at=AT),
    StatusChanged(**PLACE, seq=5, from_="responding", to="handling", reason="so", overridden=["fact_check"]),
    IncidentAcknowledged(**PLACE, seq=6, happened_at=AT, acknowledgement_id=ID),
    IncidentAcknowledged(**PLACE, seq=6, happened_at=AT, acknowledgement_id=ID, member_id=ID),
    TeamChanged(**PLACE, seq=6, change="joined", reason="so", members=[
        {"member_id": ID, "person_id": ID, "position": "lead", "reason": "deputy", "for_person_id": ID, "link_id": None},
    ]),
    PersonCalled(**PLACE, seq=6, member_id=ID, person_id=ID, position="legal", step="head", for_person_id=ID,
                 for_member_id=ID, link_id=ID, threshold=80, late_by_seconds=3),
    MeetingHeld(**PLACE, seq=7, happened_at=AT, meeting_id=ID, has_direction=False),
    FactChecked(**PLACE, seq=8, happened_at=AT, fact_check_id=ID, truth="unfounded", responsibility="user"),
    PublicationRecorded(**PLACE, seq=9, happened_at=AT, publication_id=ID, platform="weibo",
                        statement_kind="holding", on_origin=True, statement_made=False),
    DecisionMade(**PLACE, seq=10, happened_at=AT, decision_id=ID, decision_kind="other", corrects=ID, statement_made=False),
    NoteAdded(**PLACE, seq=14, note_id=ID, subject="incident", subject_id=ID, mentions=[ID], corrects=None),
    DeadlineRedated(**PLACE, seq=8, **CLOCK, previous_due_at=AT),
    CalendarYearPublished(year=2027, version=2, previous_status="estimated", days_off=33, make_up_days=6),
    CalendarYearMissing(year=2027),
    WebhookTested(endpoint_id=ID, message="hello"),
]  # fmt: skip


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_what_is_recorded_goes_through_its_model_unchanged(event):
    told = {"id": "evt_1", "type": event.type, "timestamp": "2026-03-01T08:00:00Z"}
    told["data"] = orjson.loads(orjson.dumps(event.data(), default=str, option=orjson.OPT_UTC_Z))
    assert Event.model_validate(told).model_dump(mode="json", by_alias=True) == told


def test_the_examples_of_the_contract_are_events():
    schemas = contract()["components"]["schemas"]
    for model in (*MODELS, Event):
        example = schemas[model.__name__]["example"]
        assert Event.model_validate(example).model_dump(mode="json", by_alias=True) == example
