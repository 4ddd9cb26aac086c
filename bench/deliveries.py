"""Deliveries a second of one worker, from the claim to the record, against sending and committing one by one."""

from collections.abc import Iterator

from bench.figures import Figure, interleaved, middle, ratios
from bench.machine import Helper, Machine, Site

OURS = 4_000
NAIVE = 400
ENDPOINTS = 4

_ENDPOINTS = """
insert into webhook_endpoints(id, url, event_types, secret)
select gen_random_uuid(), '{url}', '{{}}', decode(repeat('5a', 32), 'hex') from generate_series(1, {count})"""
_OWE = """
with told as (
  insert into events(type, actor, data)
  select 'mention.hit', 'system:bench', jsonb_build_object('mention_id', gen_random_uuid(), 'incident_id',
    gen_random_uuid(), 'platform', 'weibo', 'rule_ids', jsonb_build_array(gen_random_uuid()))
  from generate_series(1, {count} / {endpoints}) returning id)
insert into deliveries(event_id, endpoint_id) select told.id, e.id from told cross join webhook_endpoints e"""


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """Four endpoints of one receiver that answers at once."""
    with machine.site() as site:
        receiver, delivering = site.helper("bench.receiver"), site.helper("bench.delivering")
        site.tell(_ENDPOINTS.format(url=receiver.ask()["url"], count=ENDPOINTS))
        _rate(site, delivering, "ours", OURS)
        found = interleaved(
            rounds,
            ours=lambda: _rate(site, delivering, "ours", OURS),
            naive=lambda: _rate(site, delivering, "naive", NAIVE),
        )
    note = f"{middle(found['ours'], '/s')}, httpx one by one {middle(found['naive'], '/s')}"
    yield Figure("deliveries/naive", ratios(found, "ours", "naive"), least=5.0, note=note)


def _rate(site: Site, delivering: Helper, kind: str, count: int) -> float:
    site.tell(_OWE.format(count=count, endpoints=ENDPOINTS))
    done = delivering.ask(kind=kind)
    left = site.ask("select count(*) from deliveries where state <> 'delivered'")
    if done["sent"] != count or left:
        raise RuntimeError(f"{count} deliveries were owed, {done['sent']} sent, {left} not delivered")
    return float(done["sent"] / done["seconds"])
