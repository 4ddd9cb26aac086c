"""What an endpoint can be told: its secret, its grades, its envelope, its bound; and what can be sent again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.outbox import record
from app.domain.events import GradeChanged
from app.domain.signature import encode_secret
from app.webhooks import service
from tests.support.api import ago, crisis, good, problem
from tests.support.owed import forget, happen, hit, incident
from tests.support.receiver import Answer, Received, Receiver
from workers.context import Context
from workers.deliver import Deliverer
from workers.ingest import Counter

ENDPOINTS = "/v1/webhook-endpoints"
DELIVERIES = "/v1/webhook-deliveries"
OWN = encode_secret(bytes(range(40)))


@pytest.fixture(autouse=True)
async def tidy(database: Database) -> AsyncIterator[None]:
    """Nothing is owed to anybody before and after."""
    await forget(database)
    yield
    await forget(database)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        yield started


@pytest.fixture
async def deliverer(context: Context) -> AsyncIterator[Deliverer]:
    patient = context.settings.model_copy(update={"webhook_schedule": (0.0, 3600.0)})
    deliverer = Deliverer(replace(context, settings=patient))
    yield deliverer
    await deliverer.close()


async def create(client: httpx.AsyncClient, receiver: Receiver, **body: object) -> dict[str, Any]:
    made = good(await client.post(ENDPOINTS, json={"url": receiver.url, **body}), 201)
    receiver.secret = made["secret"]
    return made  # type: ignore[no-any-return]


def verifies(secret: str, got: Received) -> bool:
    try:
        Webhook(secret).verify(got.body, dict(got.headers))
    except WebhookVerificationError:
        return False
    return True


async def test_after_a_rotation_both_secrets_verify_until_the_overlap_ends(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    made = await create(client, receiver)
    rotated = good(await client.post(f"{ENDPOINTS}/{made['id']}/rotate-secret", json={}))
    assert rotated["secret"] != made["secret"]
    assert rotated["version"] == 2
    [now] = await database.fetch("select now()")
    left = datetime.fromisoformat(rotated["previous_secret_until"]) - now["now"]
    assert 86_390 < left.total_seconds() <= 86_400
    await happen(database, hit())
    await deliverer.sweep()
    assert len(receiver.received[0].headers["webhook-signature"].split()) == 2
    assert verifies(made["secret"], receiver.received[0])
    assert verifies(rotated["secret"], receiver.received[0])
    await database.fetch("update webhook_endpoints set previous_secret_until = now()")
    await happen(database, hit())
    await deliverer.sweep()
    assert not verifies(made["secret"], receiver.received[1])
    assert verifies(rotated["secret"], receiver.received[1])
    assert "secret" not in good(await client.get(f"{ENDPOINTS}/{made['id']}"))


async def test_a_secret_that_leaked_ends_at_once(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    made = await create(client, receiver)
    rotated = good(await client.post(f"{ENDPOINTS}/{made['id']}/rotate-secret", json={"overlap_seconds": 0}))
    assert rotated["previous_secret_until"] is None
    await happen(database, hit())
    await deliverer.sweep()
    assert not verifies(made["secret"], receiver.received[0])
    assert verifies(rotated["secret"], receiver.received[0])


async def test_a_secret_of_ones_own_signs(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    made = await create(client, receiver, secret=OWN)
    assert made["secret"] == OWN
    await happen(database, hit())
    await deliverer.sweep()
    assert verifies(OWN, receiver.received[0])
    own = encode_secret(b"x" * 24)
    answer = await client.post(f"{ENDPOINTS}/{made['id']}/rotate-secret", json={"secret": own, "overlap_seconds": 60})
    assert good(answer)["secret"] == own


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"secret": "whsec_c2hvcnQ="}, "/secret"),
        ({"secret": "whsec_%%%"}, "/secret"),
        ({"secret": encode_secret(b"x" * 64)[6:]}, "/secret"),
        ({"overlap_seconds": -1}, "/overlap_seconds"),
        ({"overlap_seconds": 604_801}, "/overlap_seconds"),
        ({"overlap_seconds": "60"}, "/overlap_seconds"),
    ],
)
async def test_a_rotation_that_can_not_be_is_refused_by_name(
    client: httpx.AsyncClient, receiver: Receiver, body: dict[str, Any], pointer: str
) -> None:
    made = await create(client, receiver)
    problem(await client.post(f"{ENDPOINTS}/{made['id']}/rotate-secret", json=body), 422, pointer)
    if "secret" in body:
        problem(await client.post(ENDPOINTS, json={"url": receiver.url} | body), 422, pointer)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"grades": ["severe"]}, "/grades/0"),
        ({"payload_format": "xml"}, "/payload_format"),
        ({"max_concurrency": 0}, "/max_concurrency"),
        ({"max_concurrency": 26}, "/max_concurrency"),
    ],
)
async def test_an_option_there_is_not_is_refused_by_name(
    client: httpx.AsyncClient, receiver: Receiver, body: dict[str, Any], pointer: str
) -> None:
    made = await create(client, receiver)
    problem(await client.post(ENDPOINTS, json={"url": receiver.url} | body), 422, pointer)
    problem(await client.patch(f"{ENDPOINTS}/{made['id']}", json=body), 422, pointer)


async def test_options_are_shown_and_changed(client: httpx.AsyncClient, receiver: Receiver) -> None:
    wanted = {"grades": ["general", "major", "major"], "payload_format": "cloudevents", "max_concurrency": 3}
    made = await create(client, receiver, **wanted)
    assert made["grades"] == ["major", "general"]
    assert (made["payload_format"], made["max_concurrency"]) == ("cloudevents", 3)
    assert (made["breaker"], made["breaker_opened_at"]) == ("closed", None)
    other = {"grades": [], "payload_format": "standard", "max_concurrency": 25}
    changed = good(await client.patch(f"{ENDPOINTS}/{made['id']}", json=other))
    assert {name: changed[name] for name in other} == other


async def test_null_takes_the_bound_away_and_changes_nothing_else(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    made = await create(client, receiver, max_concurrency=3, grades=["major"], description="值班群")
    one = f"{ENDPOINTS}/{made['id']}"
    left = good(await client.patch(one, json={"grades": None, "description": None, "enabled": None, "url": None}))
    assert left == {name: value for name, value in made.items() if name != "secret"}
    assert good(await client.patch(one, json={"description": "群"}))["max_concurrency"] == 3
    freed = good(await client.patch(one, json={"max_concurrency": None}))
    assert (freed["max_concurrency"], freed["grades"], freed["version"]) == (None, ["major"], 3)
    assert good(await client.patch(one, json={"max_concurrency": None}))["version"] == 3


async def test_an_open_breaker_is_shown_and_so_is_the_next_probe(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    made = await create(client, receiver)
    receiver.answer = lambda _: Answer(503)
    await happen(database, *(hit() for _ in range(10)))
    await deliverer.sweep()
    shown = good(await client.get(f"{ENDPOINTS}/{made['id']}"))
    assert (shown["breaker"], shown["enabled"], shown["version"]) == ("open", True, 2)
    assert shown["breaker_opened_at"]
    await happen(database, hit())
    [waiting, *_] = good(await client.get(DELIVERIES, params={"endpoint_id": made["id"]}))["data"]
    [row] = await database.fetch("select probe_at from webhook_endpoints where breaker_opened_at is not null "
                                 "and deleted_at is null")  # fmt: skip
    assert datetime.fromisoformat(waiting["next_try_at"]) == row["probe_at"]


async def test_an_event_in_the_envelope_of_cloudevents_is_signed_as_ever(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    await create(client, receiver, payload_format="cloudevents")
    this = await incident(database)
    [stored] = await happen(database, event := this(1))
    await deliverer.sweep()
    [got] = receiver.received
    assert receiver.verified
    assert got.headers["content-type"] == "application/cloudevents+json"
    body = orjson.loads(got.body)
    assert body.pop("time").endswith("Z")
    assert body == {
        "specversion": "1.0", "id": f"evt_{stored.id}", "source": "urn:fenghuo:test", "type": "incident.status_changed",
        "subject": f"incidents/{event.incident_id}", "datacontenttype": "application/json",
        "data": orjson.loads(orjson.dumps(event.data())),
    }  # fmt: skip
    assert got.headers["webhook-id"] == body["id"]


def changed(incident_id: Any, number: str, seq: int, to: str | None) -> GradeChanged:
    return GradeChanged(
        incident_id=incident_id, number=number, seq=seq, is_drill=False, from_=None, to=to, level=None, label=None, source="person",
        reason="test", evidence={},
    )  # fmt: skip


async def test_grades_let_only_the_events_of_such_incidents_pass(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    await create(client, receiver, grades=["major", "serious"])
    this = await incident(database)
    sample = this(1)
    of = sample.incident_id, sample.number
    # The clocks of a grade take places of their own on the timeline.
    await database.fetch("update incidents set seq = 100 where id = $1", sample.incident_id)
    await happen(database, this(1), changed(*of, 2, "general"), hit())
    await happen(database, changed(*of, 3, "serious"))
    await database.fetch("update incidents set grade = 'serious' where id = $1", sample.incident_id)
    await happen(database, this(4), changed(*of, 5, None), changed(*of, 6, "general"))
    await database.fetch("update incidents set grade = 'general' where id = $1", sample.incident_id)
    await happen(database, this(7), changed(*of, 8, "major"))
    await deliverer.sweep()
    heard = [one["data"].get("seq") for one in receiver.bodies()]
    assert heard[0] is None or None in heard, "what is no incident's passes"
    assert sorted(seq for seq in heard if seq) == [3, 4, 8]


async def test_the_machines_own_grades_are_known_in_the_transaction_that_sets_them(
    client: httpx.AsyncClient, database: Database, counter: Counter, receiver: Receiver, deliverer: Deliverer
) -> None:
    types = ["incident.grade_changed", "incident.status_changed"]
    await create(client, receiver, grades=["major"], event_types=types)
    await crisis(client, counter, observed_at=ago(minutes=5), published_at=ago(minutes=30), likes=200_000)
    await crisis(client, counter, observed_at=ago(minutes=5), published_at=ago(minutes=30), likes=20_000)
    await deliverer.sweep()
    assert [(one["type"], one["data"]["to"]) for one in receiver.bodies()] == [
        ("incident.grade_changed", "major"),
        ("incident.status_changed", "responding"),
    ]


async def dead(client: httpx.AsyncClient, database: Database, count: int, endpoint: dict[str, Any]) -> list[int]:
    """So many events of one incident that were given up, a minute apart, the last one two minutes ago."""
    this = await incident(database)
    await happen(database, *(this(seq) for seq in range(1, count + 1)))
    await database.fetch(
        "update deliveries set state = 'dead', attempts = 2, step = 2, refusals = 3, holds_back = false, "
        "created_at = now() - make_interval(mins => $1::int + 2 - seq::int), finished_at = now()",
        count,
    )  # fmt: skip
    owed = good(await client.get(DELIVERIES, params={"endpoint_id": endpoint["id"]}))["data"]
    return [one["id"] for one in reversed(owed)]


async def test_what_was_given_up_in_a_span_of_time_is_sent_again_in_order_under_the_same_ids(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    made, other = await create(client, receiver), await create(client, receiver)
    ids = await dead(client, database, 8, made)
    body = {"since": ago(minutes=8, seconds=30), "until": ago(minutes=3, seconds=30)}
    answer = await client.post(f"{ENDPOINTS}/{made['id']}/replay", json=body)
    assert good(answer, 202) == {"count": 5, "last_id": ids[5], "has_more": False}
    receiver.secret = made["secret"]
    assert await deliverer.sweep() == 5
    assert [one["data"]["seq"] for one in receiver.bodies()] == [2, 3, 4, 5, 6]
    assert receiver.verified
    owed = {one["id"]: one for one in good(await client.get(DELIVERIES, params={"endpoint_id": made["id"]}))["data"]}
    assert [owed[each]["state"] for each in ids] == ["dead"] + ["delivered"] * 5 + ["dead"] * 2
    assert [one.headers["webhook-id"] for one in receiver.received] == [owed[each]["webhook_id"] for each in ids[1:6]]
    left = good(await client.get(DELIVERIES, params={"endpoint_id": other["id"]}))["data"]
    assert {one["state"] for one in left} == {"dead"}, "the other endpoint's stay given up"


async def test_what_is_sent_again_waits_for_what_came_before_it(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    made = await create(client, receiver)
    await dead(client, database, 4, made)
    receiver.answer = lambda _: Answer(503)
    good(await client.post(f"{ENDPOINTS}/{made['id']}/replay", json={"since": ago(hours=1)}), 202)
    assert await deliverer.sweep() == 1
    assert [one["data"]["seq"] for one in receiver.bodies()] == [1]


async def test_a_call_takes_so_many_and_the_next_one_goes_on(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_REPLAYED", 3)
    made = await create(client, receiver)
    ids = await dead(client, database, 7, made)
    body = {"since": ago(hours=1), "states": ["dead", "delivered"]}
    seen = []
    for _ in range(3):
        answer = good(await client.post(f"{ENDPOINTS}/{made['id']}/replay", json=body), 202)
        seen.append((answer["count"], answer["last_id"], answer["has_more"]))
        body["after_id"] = answer["last_id"]
        await database.fetch("update deliveries set state = 'delivered'")
    assert seen == [(3, ids[2], True), (3, ids[5], True), (1, ids[6], False)]
    answer = good(await client.post(f"{ENDPOINTS}/{made['id']}/replay", json=body), 202)
    assert answer == {"count": 0, "last_id": None, "has_more": False}


async def test_what_waits_for_its_next_try_goes_at_once_with_those_behind_it(
    client: httpx.AsyncClient, database: Database, receiver: Receiver, deliverer: Deliverer
) -> None:
    made = await create(client, receiver)
    this = await incident(database)
    receiver.answer = lambda _: Answer(503)
    await happen(database, *(this(seq) for seq in range(1, 4)))
    await deliverer.sweep()
    receiver.answer = lambda _: Answer()
    assert await deliverer.sweep() == 0
    await database.fetch("update deliveries set created_at = created_at - interval '1 hour' where seq = 1")
    body = {"since": ago(hours=2), "until": ago(minutes=30), "states": ["pending"]}
    assert good(await client.post(f"{ENDPOINTS}/{made['id']}/replay", json=body), 202)["count"] == 1
    assert await deliverer.sweep() == 3
    assert [one["data"]["seq"] for one in receiver.bodies()] == [1, 1, 2, 3]


async def test_what_can_not_be_replayed_is_refused_and_what_was_is_on_record(
    client: httpx.AsyncClient, database: Database, receiver: Receiver
) -> None:
    made = await create(client, receiver)
    path = f"{ENDPOINTS}/{made['id']}/replay"
    problem(await client.post(path, json={}), 422, "/since")
    problem(await client.post(path, json={"since": "2026-01-01T00:00:00"}), 422, "/since")
    problem(await client.post(path, json={"since": ago(hours=1), "states": []}), 422, "/states")
    problem(await client.post(path, json={"since": ago(hours=1), "states": ["lost"]}), 422, "/states/0")
    problem(await client.post(f"{ENDPOINTS}/{uuid4()}/replay", json={"since": ago(hours=1)}), 404)
    good(await client.post(path, json={"since": ago(hours=1)}), 202)
    rows = await database.fetch(
        "select actor from events where type = 'webhook_endpoint.deliveries_replayed' and data->>'subject_id' = $1",
        made["id"],
    )
    assert [row["actor"][:4] for row in rows] == ["key:"]
    good(await client.patch(f"{ENDPOINTS}/{made['id']}", json={"enabled": False}))
    problem(await client.post(path, json={"since": ago(hours=1)}), 409, code="webhook_endpoint_disabled")


async def test_deliveries_are_found_by_the_time_they_were_owed(
    client: httpx.AsyncClient, database: Database, receiver: Receiver
) -> None:
    made = await create(client, receiver)
    ids = await dead(client, database, 5, made)
    query = {"created_after": ago(minutes=5, seconds=30), "created_before": ago(minutes=2, seconds=30)}
    found = good(await client.get(DELIVERIES, params=query))["data"]
    assert [one["id"] for one in found] == [ids[3], ids[2], ids[1]]
    assert len(good(await client.get(DELIVERIES, params={"created_after": ago(minutes=3, seconds=30)}))["data"]) == 2
    problem(await client.get(DELIVERIES, params={"created_after": "yesterday"}), 422, "?created_after")


async def test_disabling_over_the_api_is_told_to_the_others(
    client: httpx.AsyncClient, database: Database, receiver: Receiver
) -> None:
    made = await create(client, receiver)
    good(await client.patch(f"{ENDPOINTS}/{made['id']}", json={"enabled": False}))
    async with database.transaction() as tx:
        await record(tx, hit(), caller=SYSTEM)
    rows = await database.fetch(
        "select type, data->>'reason' as reason from events where data->>'endpoint_id' = $1", made["id"]
    )
    assert [(row["type"], row["reason"]) for row in rows] == [("webhook_endpoint.disabled", "disabled over the API")]
