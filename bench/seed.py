"""A database as it is after months: mentions of 200 incidents, counted, in the shape the workers leave them in."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from app.domain.grading import PLAN, advance_peaks
from app.domain.spread import Series, minute_of
from app.models.base import new_id
from bench.machine import Site
from bench.posts import BRANDS, NEGATIVE_WORDS, brand, text

BUCKETS = 500
STEP = BRANDS * BUCKETS
# What an incident gained in each of its minutes, of reposts, of comments and of likes: general, and far from serious.
GAINED = 10
# The last seeded bucket lies so long ago.
QUIET = timedelta(hours=2)

_RULES = """
insert into watch_rules(id, name, brand_words, negative_words, harm_class)
select id, word, array[word], $3::text[], 'individual' from unnest($1::uuid[], $2::text[]) as t(id, word)"""
_INCIDENTS = """
insert into incidents(id, number, title, rule_id, harm_class, policy_id, status, grade, auto_grade, grade_source,
  graded_at, total, mention_count, peaks, peak_minutes, live_peaks, live_peak_minutes, last_gain_at, seq,
  spread_version, opened_by)
select id, 'bench-' || place, 'bench', rule_id, 'individual', (select id from grading_policies where active),
  'responding', 'general', 'general', 'machine', now(), $3, $4, $5, $6, $5, $6, now(), 1, 1, 'bench'
from unnest($1::uuid[], $2::uuid[]) with ordinality as t(id, rule_id, place)"""
# Mention n belongs to incident n mod 200, and within it to minute n / 200 mod 500.
_PLAN = """
create unlogged table seeded as
select n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id, i.incident_id, i.rule_id, i.text,
  ($1::int + (n / {brands}) % {buckets}) as minute, to_timestamp(($1::int + (n / {brands}) % {buckets}) * 60) as at
from generate_series(0, $2::int - 1) n
join unnest($3::uuid[], $4::uuid[], $5::text[]) with ordinality as i(incident_id, rule_id, text, place)
  on i.place = n % {brands} + 1"""
_FILL = """
insert into mentions(id, platform, external_id, url, author, text, published_at, first_seen_at, key_id)
select id, 'weibo', 'seed' || lpad(n::text, 10, '0'), 'https://weibo.com/' || n, '示例用户' || n, text, at, at, 'bench1'
from seeded order by n;
insert into mention_states(mention_id, incident_id, rules_version, worded_negative, hit, alerted, text_at, published_at,
  last_at, reposts, comments, likes, views)
select id, incident_id, (select value from revisions where name = 'rules'), true, true, true, at, at, at, {each}, {each},
  {each}, 100 from seeded order by n;
insert into observations(mention_id, observed_at, reposts, comments, likes, views, key_id, received_at, historical)
select id, at, {each}, {each}, {each}, 100, 'bench1', at, false from seeded order by n;
insert into hits(mention_id, rule_id, spans)
select id, rule_id, jsonb_build_array(jsonb_build_object('field', 'text', 'start', 0, 'end', 8, 'word', '示例品牌', 'role',
  'brand')) from seeded order by n;
insert into spread_buckets(incident_id, minute, reposts, comments, likes)
select incident_id, minute, {each} * count(*), {each} * count(*), {each} * count(*) from seeded group by 1, 2 order by 1, 2;
drop table seeded"""


def seed(site: Site, mentions: int) -> None:
    """``mentions`` of 200 incidents, in 500 minutes each, that ended two hours ago.

    Their ids are seed0000000000, seed0000000001, ...; number n speaks of brand n modulo 200.
    """
    if mentions % STEP or GAINED % (mentions // STEP):
        raise ValueError(f"{GAINED} can't be shared by the mentions of a minute: seed 1, 2, 5 or 10 times {STEP:,}")
    asyncio.run(_seed(site.dsn, mentions))


async def _seed(dsn: str, mentions: int) -> None:
    rules, incidents = ([new_id() for _ in range(BRANDS)] for _ in range(2))
    first = minute_of(datetime.now(UTC) - QUIET) - BUCKETS
    connection = await asyncpg.connect(dsn)
    try:
        # Rows that fit together by construction need no foreign keys checked, one by one.
        await connection.execute("set session_replication_role = replica; set statement_timeout = 0")
        await connection.execute(_RULES, rules, [brand(n) for n in range(BRANDS)], NEGATIVE_WORDS)
        await connection.execute(_INCIDENTS, incidents, rules, 3 * GAINED * BUCKETS, mentions // BRANDS, *_peaks(first))
        plan = _PLAN.format(brands=BRANDS, buckets=BUCKETS)
        await connection.execute(plan, first, mentions, incidents, rules, [text(n) for n in range(BRANDS)])
        await connection.execute(_FILL.format(each=GAINED // (mentions // STEP)))
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


def _peaks(first: int) -> tuple[list[int], list[int | None]]:
    series = Series(list(range(first, first + BUCKETS)), [3 * GAINED] * BUCKETS)
    peaks = advance_peaks({}, series, PLAN.windows, first, first + BUCKETS - 1, first)
    return [peaks[width].total for width in PLAN.windows], [peaks[width].at for width in PLAN.windows]
