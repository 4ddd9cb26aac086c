"""What happens to a made-up company, as data: from a seed, without a clock, a database or the network.

Every part has a generator of its own, seeded by its name, so that a change of one part leaves the others as they were.
Minutes are counted from the beginning of what they belong to.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from app.cli.company.words import AUTHORS, BUSINESSES, GIVEN, SURNAMES
from app.domain.worktime import SHANGHAI

DAYS: Final = 30
PEOPLE: Final = 300
SESSIONS: Final = 40
COURSES: Final = 4
# 公关 运营 法务 业务, and how many are in each.
SIZES: Final = (
    ("公关部", "public_relations", 14),
    ("运营部", "operations", 60),
    ("法务部", "legal", 10),
    ("业务部", "business", 216),
)
BUSINESS: Final = 3
LATE_JOINERS: Final = 6
LEAVERS: Final = 8


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the company. ``joins`` and ``leaves`` are days; the first of a department heads it."""

    name: str
    email: str
    phone: str
    department: int
    roles: tuple[str, ...]
    on_duty: bool
    joins: int = 0
    leaves: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """Something that somebody published, so many minutes before it was first read."""

    platform: str
    author: str
    text: str
    begins: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The counters of a post so many minutes after the first."""

    minute: int
    post: int
    reposts: int
    comments: int
    likes: int
    views: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What people do, so many minutes after the first grade; None: they don't."""

    acknowledged: tuple[int | None, ...]
    # How much later than it happened it was told.
    told_after: int = 0
    meeting: int | None = None
    fact_check: int | None = 45
    truth: str = "partly_confirmed"
    responsibility: str = "company"
    holding: int | None = 60
    statement: int | None = 300
    statement_kind: str = "apology"
    elsewhere: tuple[tuple[str, int], ...] = ()
    approved: bool = True
    keeps: bool = True
    affected: int = 0
    # After the calm: when it is closed, and the review's meeting and report.
    closes: int | None = 90
    meets: int | None = 600
    reports: int | None = 960
    changes: str | None = None


@dataclass(frozen=True, slots=True)
class Crisis:
    """A fire, from its first post on. ``kind`` is the grade it is to reach, or `subsides` or `dismissed`."""

    begins: int
    business: int
    kind: str
    posts: tuple[Post, ...]
    readings: tuple[Reading, ...]
    response: Response


@dataclass(frozen=True, slots=True)
class Walk:
    """What becomes of a patrol: walked so many minutes after its time; None: missed. ``told_after`` it was missed: 补录."""

    after: int | None
    told_after: int | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """A training session on a day at an hour: which of the course's sessions it is, who of those asked does not come, and
    what the others reach, by their places."""

    day: int
    hour: int
    course: int
    number: int
    absent: frozenset[int]
    scores: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """Everything. ``reads``: who reads the code of conduct, and how many minutes after it came in force; ``silence``: from
    which hour to which the second source says nothing."""

    seed: int
    days: int
    people: tuple[Colleague, ...]
    crises: tuple[Crisis, ...]
    walks: tuple[Walk, ...]
    sessions: tuple[Session, ...]
    reads: tuple[tuple[int, int], ...]
    silence: tuple[int, int]


def write(seed: int, months: int = 1) -> Script:
    """The script of so many months."""
    days = DAYS * months
    return Script(
        seed, days, _people(_random(seed, "people")), tuple(_crises(seed, months)),
        tuple(_walks(_random(seed, "patrols"), 3 * days)), tuple(_sessions(_random(seed, "trainings"), months)),
        tuple(_reads(_random(seed, "documents"))), silence=(16 * 24 + 10, 16 * 24 + 15),
    )  # fmt: skip


def first_midnight(ending: datetime, days: int) -> datetime:
    """When the script begins, so that its days end with the one before the ending."""
    day = ending.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return (day - timedelta(days=days)).astimezone(UTC)


def _random(seed: int, part: str) -> random.Random:
    return random.Random(f"{seed}:{part}")


def _people(chance: random.Random) -> tuple[Colleague, ...]:
    people: list[Colleague] = []
    for department, (_, kind, size) in enumerate(SIZES):
        for place in range(size):
            number = len(people)
            name = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2))))
            people.append(
                Colleague(
                    name, f"p{number:03}@qinghe.example", f"+86138{number:04}{chance.randrange(10_000):04}", department,
                    _roles(kind, place), _on_duty(kind, place),
                )
            )  # fmt: skip
    # Of the business alone: whoever answers for crises stays.
    plain = chance.sample(range(PEOPLE - SIZES[3][2] + 2, PEOPLE), LATE_JOINERS + LEAVERS)
    for place, number in enumerate(sorted(plain)):
        if place % 2 and place // 2 < LATE_JOINERS:
            people[number] = replace(people[number], joins=chance.randrange(4, 25))
        else:
            people[number] = replace(people[number], leaves=chance.randrange(5, 28))
    return tuple(people)


def _roles(kind: str, place: int) -> tuple[str, ...]:
    if kind == "public_relations":
        return ("lead",) if place == 0 else ("responder",)
    if kind == "legal":
        return ("legal",)
    return ("responder",) if place < 2 else ("reader",)


def _on_duty(kind: str, place: int) -> bool:
    """Who is on duty 值班: three of public relations, and whoever may be called elsewhere."""
    return place < 3 if kind == "public_relations" else place < 2


PLATFORMS: Final = ("weibo", "xiaohongshu", "douyin", "zhihu", "bilibili", "forum")
# Day, business, kind; the twelve of a month.
_PLOT: Final = (
    (1, 0, "serious"), (3, 2, "general"), (5, 4, "subsides"), (7, 1, "major"), (9, 3, "general"), (11, 5, "serious"),
    (13, 2, "general"), (15, 3, "dismissed"), (18, 0, "serious"), (21, 1, "major"), (24, 4, "general"), (29, 5, "general"),
)  # fmt: skip
# Kind -> how much is gained in how many minutes. A serious one of individual complaints is so by volume alone.
_FIRES: Final = {
    "major": ((125_000, 190_000), (80, 105)), "serious": ((58_000, 88_000), (170, 220)), "general": ((13_000, 28_000), (200, 330)),
    "subsides": ((300, 4_000), (200, 400)), "dismissed": ((300, 3_000), (60, 120)),
}  # fmt: skip


def _crises(seed: int, months: int) -> Iterator[Crisis]:
    for month in range(months):
        for place, (day, business, kind) in enumerate(_PLOT):
            chance = _random(seed, f"crisis {month} {place}")
            begins = (month * DAYS + day) * 1440 + chance.randrange(7 * 60, 21 * 60)
            posts, readings = _fire(chance, business, kind)
            yield Crisis(begins, business, kind, posts, readings, _response(chance, kind, place, posts[0].platform))


def _fire(chance: random.Random, business: int, kind: str) -> tuple[tuple[Post, ...], tuple[Reading, ...]]:
    (least, most), (short, long) = _FIRES[kind]
    total, minutes = chance.randrange(least, most), chance.randrange(short, long)
    number = {"major": 7, "serious": 6, "general": 5}.get(kind, 2)
    posts = tuple(
        Post(
            chance.choice(PLATFORMS), chance.choice(AUTHORS), chance.choice(BUSINESSES[business].complaints),
            0 if place == 0 else chance.randrange(1, minutes // 2),
        )
        for place in range(number)
    )  # fmt: skip
    weights = [chance.uniform(0.5, 2.0) for _ in posts]
    shares = [total * weight / sum(weights) for weight in weights]
    # Eight looks while it burns, and three at what still smoulders.
    looks = [minutes * step // 8 for step in range(1, 9)] + [minutes + after for after in (60, 150, 300)]
    readings = [
        _reading(chance, minute, place, share * _grown(minute, posts[place].begins, minutes))
        for minute in looks
        for place, share in enumerate(shares)
        if minute > posts[place].begins
    ]
    return posts, tuple(readings)


def _grown(minute: int, begins: int, ends: int) -> float:
    """Which part of all there will be is there: most of it while it burns, a little in the five hours afterwards."""
    if minute <= ends:
        return 0.985 * (minute - begins) / (ends - begins)
    return 0.985 + 0.015 * min(1.0, (minute - ends) / 300)


def _reading(chance: random.Random, minute: int, post: int, spread: float) -> Reading:
    reposts, comments = int(spread * 0.22), int(spread * 0.18)
    likes = int(spread) - reposts - comments
    return Reading(minute, post, reposts, comments, likes, int(spread * 6) + 7 * post)


def _response(chance: random.Random, kind: str, place: int, origin: str) -> Response:
    """How people answer. Some of it goes wrong, always the same: the fifth is told late, the seventh is answered late, the
    eleventh is said before it is approved, and the last is not over at the end."""
    quick = tuple(chance.randrange(3, 24) for _ in range(8))
    others = tuple(
        (platform, chance.randrange(4, 50)) for platform in ("wechat_official", "weibo", "douyin") if platform != origin
    )
    answer: dict[str, Any] = {
        "acknowledged": quick, "holding": chance.randrange(50, 110), "statement": chance.randrange(200, 520),
        "fact_check": chance.randrange(25, 55), "elsewhere": others, "closes": chance.randrange(60, 240),
        "meets": chance.randrange(300, 1500), "affected": chance.randrange(3, 7) if kind in ("major", "serious") else 0,
    }  # fmt: skip
    answer["reports"] = answer["meets"] + chance.randrange(120, 900)
    if kind == "major":
        answer |= {"meeting": chance.randrange(12, 28), "truth": "confirmed"}
    more: dict[int, dict[str, Any]] = {
        1: {
            "truth": "misunderstanding",
            "responsibility": "user",
            "statement_kind": "clarification",
            "changes": "scope",
        },
        3: {"changes": "risks"},
        4: {"told_after": 80, "acknowledged": tuple(minutes + 5 for minutes in quick)},
        6: {
            "acknowledged": (78, None, None, None, None, None, None, None),
            "fact_check": 95,
            "statement": 1600,
            "keeps": False,
        },
        8: {"responsibility": "supplier", "changes": "risks"},
        10: {"approved": False},
        11: {"statement": None, "closes": None, "meets": None, "reports": None},
    }
    return Response(**{**answer, **more.get(place, {})})


def _walks(chance: random.Random, number: int) -> Iterator[Walk]:
    for place in range(number):
        dice = chance.random()
        if dice < 0.06:
            yield Walk(None)
        elif dice < 0.10:
            yield Walk(chance.randrange(70, 120))
        elif dice < 0.13:
            yield Walk(chance.randrange(5, 40), told_after=chance.randrange(90, 300))
        else:
            found = (chance.choice(BUSINESSES).brand,) if chance.random() < 0.3 else ()
            yield Walk(chance.randrange(2, 50), findings=tuple(f"巡查看到有人聊{brand}（{place}）" for brand in found))


def _reads(chance: random.Random) -> Iterator[tuple[int, int]]:
    for number in range(PEOPLE):
        if chance.random() < 0.93:
            yield number, chance.randrange(10 * 60, 14 * 1440)


def _sessions(chance: random.Random, months: int) -> Iterator[Session]:
    """Forty a month: each course is taught to a tenth of those it is for at a time, so that a month teaches everybody."""
    for month in range(months):
        for number in range(SESSIONS):
            absent = frozenset(place for place in range(PEOPLE // 10 + 1) if chance.random() < 0.03)
            scores = tuple(min(100, round(chance.gauss(82, 11))) for _ in range(PEOPLE // 10 + 1))
            yield Session(
                month * DAYS + number * 26 // SESSIONS, chance.choice((9, 10, 14, 16)), number % COURSES,
                month * (SESSIONS // COURSES) + number // COURSES, absent, scores,
            )  # fmt: skip
