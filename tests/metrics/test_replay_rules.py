"""How a rule's incidents form again: when they subside, come back, end by people's hand, and what stays elsewhere."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.domain.grading import PLAN
from app.domain.spread import Reading
from app.metrics.replay_cases import Received
from app.metrics.replay_rules import Past, Post, RuleReplay, Setting

T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
RULE, OTHER, POLICY = (UUID(int=n) for n in (1, 2, 3))
HOUR = timedelta(hours=1)


def post(number: int, *likes: tuple[float, int], home: Past | None = None, **fields) -> Post:
    """A post whose likes were read after so many hours each."""
    read = [Received(T0 + hours * HOUR, Reading(T0 + hours * HOUR, None, None, count)) for hours, count in likes]
    stated = {
        "hits": True,
        "negative": True,
        "media": False,
        "news": False,
        "others": (),
        "elsewhere": None,
        "removed": False,
    }
    return Post(
        UUID(int=100 + number),
        T0 + likes[0][0] * HOUR,
        home=home.id if home else None,
        received=read,
        **stated | fields,
    )


def past(number: int, hours: float, *statuses: tuple[float, str], rule: UUID = RULE) -> Past:
    life = [(hours, "watching"), *statuses]
    return Past(
        UUID(int=1000 + number), rule, f"2026-{number:04d}", T0 + hours * HOUR,
        tuple((T0 + at * HOUR, status) for at, status in life), POLICY, "individual", False, "none", False,
    )  # fmt: skip


def played(*posts: Post, pasts: tuple[Past, ...] = (), harm: str = "individual") -> RuleReplay:
    mine = {one.id: one for one in pasts if one.rule_id == RULE}
    others = {OTHER: [one for one in pasts if one.rule_id == OTHER]}
    setting = Setting(
        RULE, harm, {OTHER: "individual"}, {POLICY: PLAN}, [(T0 - 9_999 * HOUR, POLICY)], mine, others, T0 - HOUR,
        T0 + 9_999 * HOUR,
    )  # fmt: skip
    replay = RuleReplay(setting)
    replay.play(posts)
    return replay


def sizes(replay: RuleReplay) -> list[int]:
    return [len(one.posts) for one in replay.formed]


def test_three_quiet_days_end_an_incident_and_a_gain_in_between_does_not():
    assert sizes(played(post(1, (0, 10)), post(2, (71.9, 10)))) == [2]
    assert sizes(played(post(1, (0, 10)), post(2, (72.1, 10)))) == [1, 1]
    assert sizes(played(post(1, (0, 10), (40, 20)), post(2, (72.1, 10)))) == [2]
    assert sizes(played(post(1, (0, 10), (40, 10)), post(2, (72.1, 10)))) == [1, 1], "what shows nothing new is no gain"


def test_a_week_with_little_news_ends_what_has_no_grade():
    steady = [(24.0 * day, 100 * (day + 1)) for day in range(7)]
    assert sizes(played(post(1, *steady), post(2, (167.9, 10)))) == [2]
    assert sizes(played(post(1, *steady), post(2, (168.1, 10)))) == [1, 1]
    graded = played(post(1, (0, 11_000), *[(24.0 * day, 11_000 + day) for day in range(1, 7)]), post(2, (168.1, 10)))
    assert sizes(graded) == [2]
    assert graded.formed[0].case.auto == "general"


def test_what_subsided_is_taken_up_again_by_its_own_gain_unless_there_is_another():
    again = played(post(1, (0, 10), (100, 20)), post(2, (101, 10)))
    assert sizes(again) == [2]
    other = played(post(1, (0, 10), (100, 20)), post(2, (90, 10)), post(3, (101, 10)))
    assert sizes(other) == [1, 2]


def test_people_end_incidents_and_bring_them_back():
    first, second = past(1, 0, (10, "closed")), past(2, 20)
    posts = post(1, (0, 10), home=first), post(2, (9, 10)), post(3, (20, 10), home=second)
    replay = played(*posts, pasts=(first, second))
    assert sizes(replay) == [2, 1]
    assert [one.pasts[0].number for one in replay.formed] == ["2026-0001", "2026-0002"]
    back = past(1, 0, (10, "dismissed"), (15, "watching"))
    assert sizes(played(post(1, (0, 10), home=back), post(2, (20, 10)), pasts=(back,))) == [2]


def test_an_incident_of_another_rule_keeps_what_it_took():
    there = past(9, 0, rule=OTHER)
    both = post(1, (1, 10), others=(OTHER,), elsewhere=there.id)
    assert sizes(played(both, pasts=(there,))) == []
    assert sizes(played(both, pasts=(there,), harm="core_interest")) == [], "it takes mentions, and this rule has none"
    first = post(2, (0.5, 10))
    assert sizes(played(first, both, pasts=(there,), harm="core_interest")) == [2], "the graver harm comes first"


def test_what_people_took_out_opens_what_it_opened_and_adds_nothing():
    there = past(1, 0)
    taken, left = post(1, (0, 20_000), home=there, removed=True), post(2, (1, 30), home=there)
    [one] = played(taken, left, pasts=(there,)).formed
    assert (one.case.incident.total, one.case.auto, one.case.opened_at) == (30, None, T0)


def test_a_report_by_media_raises_only_beside_others():
    report = {"negative": False, "media": True}
    assert played(post(1, (0, 1), **report), post(2, (1, 5)), harm="core_interest").formed[0].case.auto == "major"
    assert played(post(1, (0, 5)), post(2, (1, 1), **report), harm="core_interest").formed[0].case.auto == "major"
    assert played(post(1, (0, 1), **report), post(2, (30, 5)), harm="core_interest").formed[0].case.auto is None
    alone = {"media": True}
    assert played(post(1, (0, 5), **alone), harm="core_interest").formed[0].case.auto is None


def test_what_is_received_late_raises_no_grade():
    late = Received(T0 + 60 * HOUR, Reading(T0, None, None, 50_000))
    stale = post(1, (0, 1))
    stale.received = [late]
    [one] = played(stale).formed
    assert (one.case.auto, one.case.incident.total) == (None, 50_000)
