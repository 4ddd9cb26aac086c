"""What screens ask: a wall's list of 200 incidents with all they include, the counts beside it, and searches in Chinese.

The list at 10,000 incidents, of which the newest 200 have gained in each minute of 48 hours and run all their clocks.
The searches at 100,000 incidents with a title and a summary each.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote
from urllib.request import Request, urlopen

import asyncpg

from app.domain.bigrams import grams, searchable
from app.domain.grading import PLAN, advance_peaks
from app.domain.spread import Series, minute_of
from app.models.base import new_id
from bench.figures import Figure, interleaved, middle
from bench.load import Load
from bench.machine import Machine, Server, Site

INCIDENTS, BURNING, SEARCHED = 10_000, 200, 100_000
MINUTES = 48 * 60
# Beyond any measurement: what is read as "now" moves on.
AHEAD = 30
EACH = 7
SECONDS = 2.0
PAGE = "/v1/incidents?limit=200"
INCLUDES = "".join(
    f"&include={name}" for name in ("windows", "forecast", "next_deadline", "unacknowledged_count", "sparkline")
)

_INCIDENTS = """
insert into incidents(id, number, title, summary, status, grade, auto_grade, grade_source, grade_reason, graded_at,
  harm_class, policy_id, total, mention_count, peaks, peak_minutes, live_peaks, live_peak_minutes, last_gain_at, seq,
  spread_version, opened_by)
select id, 'bench-' || place, title, summary, $4, 'general', 'general', 'machine', 'bench', now(), 'individual',
  (select id from grading_policies where active), 1, 1, $5, $6, $5, $6, now(), 1, 1, 'bench'
from unnest($1::uuid[], $2::text[], $3::text[]) with ordinality as t(id, title, summary, place)"""
_BUCKETS = """
insert into spread_buckets(incident_id, minute, reposts, comments, likes)
select id, minute, $3, $3, $3 from unnest($1::uuid[]) as id cross join generate_series($2::int, $2 + $4::int - 1) as minute"""
_DEADLINES = """
insert into deadlines(id, kind, incident_id, level, policy_id, started_at, due_at, set_at, next_at, state)
select gen_random_uuid(), kind, i.id, 3, p.id, now(), now() + place * interval '1 hour', now(), null,
  case when i.id = any($2::uuid[]) then 'running' else 'breached' end
from unnest($1::uuid[]) as i(id) cross join sla_policies p cross join unnest(
  array['first_response', 'fact_check', 'first_word', 'first_statement', 'closing']) with ordinality as k(kind, place)
where p.active"""

# Of whom one has acknowledged; rows fit together by construction, so nobody looks for the people.
_MEMBERS = """
insert into incident_members(id, incident_id, person_id, position, reason, level, added_at, called_at, set_at,
  acknowledged_at)
select gen_random_uuid(), i.id, gen_random_uuid(), 'other', 'team', 3, now(), now(), now(),
  case when n = 1 then now() end
from unnest($1::uuid[]) as i(id) cross join generate_series(1, 5) as n"""
# Every one of them has gained since the last look.
_GAINED = "update incidents set spread_version = spread_version + 1 where status = 'responding'"

# Words that stand in one text of three, of a thousand, and in none. Of one character, of two and of four.
COMMON, RARE, NONE = ("奶", "牛奶", "喝出异物"), ("龘", "靐齉", "龘靐齉爩"), ("鱻", "鱻麤", "鱻麤龗灪")
_PIECES = (
    "门店", "客服", "退款", "投诉", "包装", "生产日期", "超市", "新品", "售后", "电话", "三天", "无人回复", "用户", "称",
    "多名", "示例品牌", "酸奶", "过敏", "宝宝", "快递", "破损", "短信", "骚扰", "会员", "价格", "上涨", "代言", "翻车",
)  # fmt: skip


def figures(machine: Machine, rounds: int) -> Iterator[Figure]:
    """One client, one request at a time: p95 of each round."""
    yield from _lists(machine, rounds)
    yield from _searches(machine, rounds)


def _lists(machine: Machine, rounds: int) -> Iterator[Figure]:
    paths = {"list": PAGE, "list_with_all": PAGE + INCLUDES, "counts": "/v1/incident-counts"}
    with machine.site() as site:
        asyncio.run(_lay_wall(site.dsn))
        api = site.api()
        found, _ = _measured(site, api, paths, rounds)
        anew = [_anew(site, api) for _ in range(rounds)]
    note = f"{middle(found['list'], ' ms')} without"
    yield Figure("screens/list_of_200_with_all_p95", found["list_with_all"], most=150.0, unit="ms", note=note)
    yield Figure("screens/list_of_200_that_all_gained", anew, unit="ms")
    yield Figure("screens/counts_p95", found["counts"], most=150.0, unit="ms")


def _searches(machine: Machine, rounds: int) -> Iterator[Figure]:
    words = {
        f"{kind}_{len(word)}": word
        for kind, chosen in (("common", COMMON), ("rare", RARE), ("none", NONE))
        for word in chosen
    }
    with machine.site() as site:
        asyncio.run(_lay_texts(site.dsn))
        paths = {name: f"/v1/incidents?limit=50&q={quote(word)}" for name, word in words.items()}
        found, median = _measured(site, site.api(), paths, rounds)
    for name, samples in found.items():
        yield Figure(
            f"screens/search_{name}_p95", samples, most=50.0, unit="ms", note=f"median {middle(median[name], ' ms')}"
        )


def _anew(site: Site, api: Server) -> float:
    """The slowest of ten looks before each of which all of the 200 gained; nothing that is held is any good."""
    took = []
    asked = Request(f"{api.url}{PAGE}{INCLUDES}", headers={"authorization": f"Bearer {site.key}"})
    for _ in range(10):
        site.tell(_GAINED)
        began = time.perf_counter()
        with urlopen(asked, timeout=10) as answer:
            answer.read()
        took.append((time.perf_counter() - began) * 1_000)
    return max(took)


def _measured(
    site: Site, api: Server, paths: dict[str, str], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """p95 and median of each path in each round."""
    loads = {name: Load(site.folder, name, path, key=site.key, connections=1) for name, path in paths.items()}
    medians: dict[str, list[float]] = {name: [] for name in paths}

    def measure(name: str) -> float:
        report = loads[name].run(api.port, SECONDS)
        medians[name].append(float(report["p50_ms"]))
        return float(report["p95_ms"])

    for name in paths:
        measure(name)
        medians[name].clear()
    return interleaved(rounds, **{name: lambda name=name: measure(name) for name in paths}), medians


async def _lay_wall(dsn: str) -> None:
    ids = sorted(new_id() for _ in range(INCIDENTS))
    burning, first = ids[-BURNING:], minute_of(datetime.now(UTC)) - MINUTES
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set session_replication_role = replica; set statement_timeout = 0")
        for chosen, status in ((ids[:-BURNING], "closed"), (burning, "responding")):
            words = ["示例品牌牛奶异物"] * len(chosen), ["多名用户称牛奶中有异物，客服三天无人回复"] * len(chosen)
            numbered = _INCIDENTS.replace("'bench-'", f"'{status}-'")
            await connection.execute(numbered, chosen, *words, status, *_peaks(first))
        await connection.execute(_BUCKETS, burning, first, EACH, MINUTES + AHEAD)
        await connection.execute(_DEADLINES, ids, burning)
        await connection.execute(_MEMBERS, burning)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


def _peaks(first: int) -> tuple[list[int], list[int | None]]:
    series = Series(list(range(first, first + MINUTES)), [3 * EACH] * MINUTES)
    peaks = advance_peaks({}, series, PLAN.windows, first, first + MINUTES - 1, first)
    return [peaks[width].total for width in PLAN.windows], [peaks[width].at for width in PLAN.windows]


async def _lay_texts(dsn: str) -> None:
    chance = random.Random(1)
    ids = sorted(new_id() for _ in range(SEARCHED))
    titles, summaries = [], []
    for place in range(SEARCHED):
        said = ("牛奶喝出异物",) if place % 3 == 0 else ()
        said += ("龘靐齉爩",) if place % 1_000 == 0 else ()
        titles.append("".join(chance.choices(_PIECES, k=5)))
        summaries.append("，".join([*chance.choices(_PIECES, k=20), *said]))
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set session_replication_role = replica; set statement_timeout = 0")
        await connection.execute(_INCIDENTS, ids, titles, summaries, "closed", [], [])
        rows = []
        for place, id_ in enumerate(ids):
            plain = searchable([f"bench-{place + 1}", titles[place], summaries[place]])
            rows.append(("incident", id_, id_, plain, grams(plain)))
        columns = ["kind", "subject_id", "incident_id", "plain", "grams"]
        await connection.copy_records_to_table("search_entries", records=rows, columns=columns)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
