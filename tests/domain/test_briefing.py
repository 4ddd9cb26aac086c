"""The page 舆情快报: its marks, its lengths, and that nothing people write breaks it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.briefing import Briefing, Figure, Known, Line, Piece, compose, markdown, sources

NOW = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
ID = UUID("0190f5a2-7b5e-7c3d-8a1f-0123456789ab")
LOOKED_AFTER = {
    "total": 10**6, "remediation": {"completion_percent": 99.9}, "follow_up": {"completion_percent": 75.0},
    "satisfaction": {"average": 3.0},
}  # fmt: skip
NOBODY = {"total": 0, "remediation": {"completion_percent": None}, "follow_up": {"completion_percent": None},
          "satisfaction": {"average": None}}  # fmt: skip
KINDS = ("acknowledgements", "meetings", "fact-checks", "publications")


def known(text: str = "牛奶异物", many: int = 1, **incident: Any) -> Known:
    """Everything there may be, with one text wherever people write."""
    act = {"happened_at": NOW, "person": {"name": text}, "direction": text, "truth": "unverifiable",
           "responsibility": "distributor", "evidence": text, "platform": "wechat_official",
           "statement_kind": "clarification"}  # fmt: skip
    window = {"rule": text, "window_seconds": 28_800, "current": 10**12, "threshold": 10**12, "peak": 10**12,
              "grade": "serious"}  # fmt: skip
    clocks = [
        {
            "id": uuid4(),
            "kind": kind,
            "state": state,
            "due_at": NOW + timedelta(minutes=place),
            "met_at": NOW if state == "breached" else None,
        }
        for state in ("running", "breached")
        for place, kind in enumerate(["emergency_meeting", "first_statement", "fact_check"] * many)
    ]
    shown = {
        "id": ID, "is_drill": True, "number": "D2026-0001", "title": text, "summary": text, "grade_label": "二级(较大)",
        "grade_source": "machine", "status": "responding", "harm_class": "core_interest", "media_follow_up": "confirmed",
        "business_unit": text, "opened_at": NOW, "total": 10**12, "baseline": 10**12, "mention_count": 10**6,
        "allowed_actions": [{"status": "handling", "missing": ["fact_check", "meeting_with_direction"]},
                            {"status": "dismissed", "missing": []}],
    } | incident  # fmt: skip
    return Known(
        path=f"/v1/incidents/{ID}", as_of=NOW, incident=shown, windows=[window] * 5 * many,
        forecast=[{"minutes": minutes} for minutes in (None, 0, 1, 480, None)] * many,
        graded={"id": 7001, "at": NOW, "data": {"source": "person", "reason": text}},
        posts=[{"id": uuid4(), "platform": "wechat_channels", "spread": 10**12, "title": None, "text": text,
                "url": f"https://example.com/{text}"} for _ in range(5 * many)],
        counts=dict.fromkeys(KINDS, 3 * many), acts={kind: [act | {"id": uuid4()} for _ in range(2 if kind[0] in "ap" else 1)] for kind in KINDS},
        clocks=clocks, team=9 * many, silent=[(place, {"person": {"name": text}}) for place in range(9 * many)],
        tasks={"unfinished": 500 * many, "overdue": 500 * many}, affected=LOOKED_AFTER,
    )  # fmt: skip


def test_marks_stand_at_the_end_of_the_line_each_once() -> None:
    line = Line(("甲 ", Figure("1", 2, "/a"), "，乙 ", Figure("2", 1, "/b"), " 条；", Figure("3", 2, "/c"), "。"))
    assert line.text == "甲 1，乙 2 条；3。[2][1]"
    assert Line(("无",)).text == "无"


def told(page: Briefing, heading: str) -> list[str]:
    [section] = [section for section in page.sections if section.heading == heading]
    return [line.text.partition("[")[0] for line in section.lines]


def test_the_team_the_users_and_the_tasks_are_told_of() -> None:
    page = compose(known("王**"))
    assert told(page, "已采取措施")[1] == "尚未接警：9 人；王**、王**、王**、王** 等"
    assert told(page, "受影响用户与任务") == [
        "受影响用户 1,000,000：已处理 99.9 %，回访 75 %，满意度 3.0", "任务：未完成 200 项以上，逾期 200 项以上",
    ]  # fmt: skip
    some = replace(
        known(), team=2, silent=[], tasks={"unfinished": 200, "overdue": 1},
        affected=LOOKED_AFTER | {"satisfaction": {"average": None}},
    )  # fmt: skip
    page = compose(some)
    assert told(page, "已采取措施")[1] == "小组成员均已接警"
    assert told(page, "受影响用户与任务")[0].endswith("满意度 —")
    assert told(page, "受影响用户与任务")[1] == "任务：未完成 200 项，逾期 1 项"
    page = compose(replace(some, affected=LOOKED_AFTER | {"satisfaction": {"average": 4.25}}))
    assert told(page, "受影响用户与任务")[0].endswith("满意度 4.25")
    page = compose(replace(some, team=0, affected=NOBODY))
    assert told(page, "受影响用户与任务")[0] == "受影响用户：尚无登记"
    assert told(page, "已采取措施")[1].startswith("会议")


def test_a_file_is_named_by_its_incident_and_shanghais_clock() -> None:
    assert compose(known()).file_name("docx") == "舆情快报-D2026-0001-20261126-0300.docx"


def test_sources_are_numbered_as_they_are_cited_and_none_is_left_out() -> None:
    page = compose(known())
    cited = [figure.source for section in page.sections for line in section.lines for figure in line.figures]
    assert list(dict.fromkeys(cited)) == list(range(1, len(page.sources) + 1))
    assert sources(page)[0] == f"[1] /v1/incidents/{ID}"
    assert sources(page)[1] == f"[2] /v1/incidents/{ID}/timeline 事件 7001"
    assert sources(page, short=True)[:2] == [f"[1] /v1/incidents/{ID}", "[2] …/timeline 事件 7001"]


@pytest.mark.parametrize("many", [1, 20])
def test_however_much_there_is_it_stays_a_page(many: int) -> None:
    """As it is laid out: in points, of which A4 has 756 between its margins, and a line 500 and some."""
    page = compose(known("牛" * 5_000, many))
    height = _lines([Piece(page.heading)], 15) * 20 + 10.5 + 14.5
    height += sum(19 + sum(_lines(line.pieces(), 9) * 11.5 for line in part.lines) for part in page.sections)
    height += _lines([Piece("  ".join(sources(page, short=True)))], 6.5) * 8.5 * 1.15
    assert height <= 756, height


def _lines(pieces: Iterable[Piece], size: float) -> int:
    """How many lines they fill; a mark is as small as a superscript."""
    width = sum(_width(piece.text) * (0.58 if piece.is_mark else 1) for piece in pieces) * size
    return ceil(width / 500)


def _width(text: str) -> float:
    """In characters of full width."""
    return sum(1 if ord(char) > 0x2E7F else 0.53 for char in text)


def test_an_incident_of_which_nothing_is_known_has_a_page_too() -> None:
    nothing = known(
        grade_label=None, grade_source=None, summary=" ", business_unit=None, harm_class=None, is_drill=False
    )
    bare = Known(
        path=nothing.path, as_of=NOW, incident=nothing.incident | {"allowed_actions": []}, windows=[], forecast=[],
        graded=None, posts=[], counts=dict.fromkeys(KINDS, 0), acts={kind: [] for kind in KINDS}, clocks=[],
        team=0, silent=[], tasks={"unfinished": 0, "overdue": 0}, affected=NOBODY,
    )  # fmt: skip
    page = compose(bare)
    assert page.heading.startswith("舆情快报 D2026-0001")
    told = [line.text for section in page.sections for line in section.lines]
    assert "等级：未定级[1]" in told
    assert [line for line in told if line.startswith("接警")] == ["接警：尚无记录[2]"]
    assert told[-1] == "无待办时限"


@given(st.text(max_size=200))
def test_nothing_people_write_breaks_a_line_or_an_xml(text: str) -> None:
    page = compose(known(text))
    for line in (line for section in page.sections for line in section.lines):
        assert all(char.isprintable() for char in line.text), line.text
    document = markdown(page)
    assert document.count("\n## ") == len(page.sections) + 1
    bullets = [line for line in document.split("\n") if line.startswith("- ")]
    assert len(bullets) == sum(len(section.lines) for section in page.sections) + len(page.sources)
