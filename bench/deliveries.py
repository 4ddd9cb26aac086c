"""Deliveries a second of one worker, from the claim to the record: against sending and committing one by one, to many
endpoints, and how long good receivers wait beside bad ones."""

from collections.abc import Iterator

from app.models.base import new_id
from app.webhooks.sealing import secrets_vault
from bench.figures import Figure, interleaved, middle, ratios
from bench.machine import Helper, Machine, Site

OURS = 4_000
NAIVE = 400
ENDPOINTS, MANY = 4, 50
SECRET = b"Z" * 32
GOOD, BAD_OF_A_KIND = 10, 2
EVENTS_A_SECOND, SECONDS = 40, 6
_OWE = """
with told as (
  insert into events(type, actor, data)
  select 'mention.hit', 'system:bench', jsonb_build_object('mention_id', gen_random_uuid(), 'incident_id',
    gen_random_uuid(), 'platform', 'weibo', 'rule_ids', jsonb_build_array(gen_random_uuid()))
  from generate_series(1, {count} / {endpoints}) returning id)
insert into deliveries(event_id, endpoint_id) select told.id, e.id from told cross join webhook_endpoints e"""


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """Endpoints of one receiver that answers at once, and then bad ones beside them."""
    yield _against_naive(machine, rounds)
    yield _to_many(machine, rounds)
    yield _beside_bad(machine, rounds)


def _against_naive(machine: Machine, rounds: int) -> Figure:
    with machine.site() as site:
        receiver, delivering = site.helper("bench.receiver"), site.helper("bench.delivering")
        _subscribe(site, receiver.ask()["url"], ENDPOINTS)
        _rate(site, delivering, "ours", OURS, ENDPOINTS)
        found = interleaved(
            rounds,
            ours=lambda: _rate(site, delivering, "ours", OURS, ENDPOINTS),
            naive=lambda: _rate(site, delivering, "naive", NAIVE, ENDPOINTS),
        )
    note = f"{middle(found['ours'], '/s')}, httpx one by one {middle(found['naive'], '/s')}"
    return Figure("deliveries/naive", ratios(found, "ours", "naive"), least=5.0, note=note)


def _to_many(machine: Machine, rounds: int) -> Figure:
    """The same from the claim to the record, where 50 endpoints are owed alike."""
    with machine.site() as site:
        receiver, delivering = site.helper("bench.receiver"), site.helper("bench.delivering")
        _subscribe(site, receiver.ask()["url"], MANY)
        _rate(site, delivering, "ours", OURS, MANY)
        rates = [_rate(site, delivering, "ours", OURS, MANY) for _ in range(rounds)]
    return Figure("deliveries/50_endpoints", rates, unit="/s", note="one worker: claimed, signed, sent, recorded")


def _beside_bad(machine: Machine, rounds: int) -> Figure:
    """What a good endpoint waits, from the event to the receiver's answer, with receivers that refuse, reset, hang and
    drip beside it; they are new to the worker in every round."""
    with machine.site() as site:
        receiver, steady = site.helper("bench.receiver"), site.helper("bench.deliver_steadily")
        _subscribe(site, receiver.ask()["url"], GOOD)
        for url in steady.ask(act="misbehave")["urls"]:
            _subscribe(site, url, BAD_OF_A_KIND, "bad")
        site.worker()

        def p99(beside: str) -> float:
            asked = steady.ask(act="happen", beside=beside, a_second=EVENTS_A_SECOND, seconds=SECONDS)
            if asked["count"] != GOOD * EVENTS_A_SECOND * SECONDS:
                raise RuntimeError(f"good endpoints got {asked['count']} deliveries")
            return float(asked["p99"])

        p99("nobody")
        found = interleaved(rounds, bad=lambda: p99("bad"), nobody=lambda: p99("nobody"))
    note = (
        f"{middle(found['bad'], ' ms')} beside {4 * BAD_OF_A_KIND} bad ones, {middle(found['nobody'], ' ms')} without"
    )
    return Figure("deliveries/good_p99_beside_bad", ratios(found, "bad", "nobody"), most=1.5, note=note)


def _subscribe(site: Site, url: str, count: int, description: str = "good") -> None:
    vault = secrets_vault(site.settings)
    for _ in range(count):
        endpoint_id = new_id()
        sealed = vault.seal(SECRET, endpoint_id).hex()
        site.tell(
            "insert into webhook_endpoints(id, url, description, event_types, secret) "
            f"values ('{endpoint_id}', '{url}', '{description}', '{{mention.hit}}', '\\x{sealed}')"
        )


def _rate(site: Site, delivering: Helper, kind: str, count: int, endpoints: int) -> float:
    site.tell(_OWE.format(count=count, endpoints=endpoints))
    done = delivering.ask(kind=kind)
    left = site.ask("select count(*) from deliveries where state <> 'delivered'")
    if done["sent"] != count or left:
        raise RuntimeError(f"{count} deliveries were owed, {done['sent']} sent, {left} not delivered")
    return float(done["sent"] / done["seconds"])
