"""舆情快报: all that whoever decides must know of an incident, on one page, each figure with where it was read.

Composed of what the API answers, so that anybody can look a figure up: it names the answer and the place in it. Pure:
data in, lines out; how they look on paper is the renderers' affair. Long texts are cut, or it were no page any more.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from app.domain.chronicle import escaped, local, word
from app.domain.reasons import reason_of
from app.domain.tasks import UNFINISHED
from app.domain.worktime import SHANGHAI

MOST_RULES, MOST_POSTS, MOST_ACTS, MOST_STEPS, MOST_SILENT, MOST_LISTED = 4, 5, 2, 3, 4, 200
MOST_CLOCKS: Final = MappingProxyType({"running": 6, "breached": 3})
TITLE, SUMMARY, WORDS, NAME, SHORT_NAME, ADDRESS, SAID = 50, 100, 21, 12, 8, 25, 50

_UNFINISHED: Final = "&".join(f"state={state}" for state in UNFINISHED)
# What is to be done while a clock runs.
_STEPS: Final = MappingProxyType({
    "first_response": "小组成员接警响应", "emergency_meeting": "召开紧急会议并明确处置方向",
    "fact_check": "核实是否属实与责任归属", "first_word": "对外首次发声",
    "first_statement": "在首发平台发布声明，或决定不发声", "closing": "热度平息并转入收尾", "review": "完成复盘",
})  # fmt: skip


class Figure(NamedTuple):
    """Something read: as it is shown, the number of its source, and where it stands there (a JSON pointer)."""

    shown: str
    source: int
    pointer: str


class Source(NamedTuple):
    """An answer of the API, or one event of a timeline."""

    path: str
    event_id: int | None = None


class Piece(NamedTuple):
    """A part of a line as it is printed; a mark is the number of a source."""

    text: str
    is_mark: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Words of ours, and figures between them."""

    parts: tuple[str | Figure, ...]

    @property
    def figures(self) -> list[Figure]:
        return [part for part in self.parts if isinstance(part, Figure)]

    def pieces(self) -> Iterator[Piece]:
        """The line, which nothing interrupts, and at its end a mark for each of its sources as they are cited."""
        for part in self.parts:
            yield Piece(part if isinstance(part, str) else part.shown)
        for source in dict.fromkeys(figure.source for figure in self.figures):
            yield Piece(f"[{source}]", is_mark=True)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces())


@dataclass(frozen=True, slots=True)
class Section:
    """One of the page's parts."""

    heading: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Briefing:
    """The page. Sources are numbered from 1."""

    heading: str
    number: str
    as_of: datetime
    sections: list[Section]
    sources: list[Source]

    @property
    def read_at(self) -> str:
        """When all of it was read, for people."""
        return f"{local(self.as_of)} 读取（北京时间，下同）"

    def file_name(self, ending: str) -> str:
        """What it is saved as: of which incident, and as of when by Shanghai's clock."""
        return f"舆情快报-{self.number}-{self.as_of.astimezone(SHANGHAI):%Y%m%d-%H%M}.{ending}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an incident, as the API answers it to the caller; ``path`` is its own."""

    path: str
    as_of: datetime
    incident: Mapping[str, Any]
    windows: Sequence[Mapping[str, Any]]
    forecast: Sequence[Mapping[str, Any]]
    # The event of its last change of grade.
    graded: Mapping[str, Any] | None
    posts: Sequence[Mapping[str, Any]]
    # By the last step of their path: how many there are, and those that are told of.
    counts: Mapping[str, int]
    acts: Mapping[str, Sequence[Mapping[str, Any]]]
    # How many belong to the team; who of them has not acknowledged, each with their place in the list of it.
    team: int
    silent: Sequence[tuple[int, Mapping[str, Any]]]
    # Of tasks, how many are unfinished and how many are late.
    tasks: Mapping[str, int]
    # How far the affected users are looked after.
    affected: Mapping[str, Any]
    # Running and breached, the first due first.
    clocks: Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class _Page:
    """Sources are numbered in the order they are cited first."""

    known: Known
    sources: list[Source] = field(default_factory=list)

    def read(self, pointer: str, shown: str, path: str | None = None, event_id: int | None = None) -> Figure:
        """A figure of the incident itself, or of another answer."""
        source = Source(self.known.path if path is None else path, event_id)
        if source not in self.sources:
            self.sources.append(source)
        return Figure(shown, self.sources.index(source) + 1, pointer)


def compose(known: Known) -> Briefing:
    """The page."""
    page, incident = _Page(known), known.incident
    drill = "【演练】" if incident["is_drill"] else ""
    heading = f"{drill}舆情快报 {incident['number']} {_cut(incident['title'], TITLE)}"
    parts = (
        ("概况", _situation), ("传播", _spread), ("主要舆情（传播量前五）", _posts), ("已采取措施", _done),
        ("受影响用户与任务", _care), ("时限", _clocks), ("下一步", _next),
    )  # fmt: skip
    sections = [Section(name, [Line(tuple(line)) for line in tell(page)]) for name, tell in parts]
    return Briefing(heading, incident["number"], known.as_of, sections, page.sources)


Parts = Iterable[str | Figure]
_Tell = Callable[[_Page, Mapping[str, Any], str], Parts]


def _situation(page: _Page) -> Iterator[Parts]:
    incident, read = page.known.incident, page.read
    grade: list[str | Figure] = ["等级：", read("/grade_label", incident["grade_label"] or "未定级")]
    if incident["grade_source"]:
        grade += ["，", read("/grade_source", word("grade_source", incident["grade_source"]))]
    if page.known.graded:
        event = page.known.graded
        source = {"path": f"{page.known.path}/timeline", "event_id": event["id"]}
        grade += ["，", read("/at", _minute(event["at"]), **source), "起；理由："]
        grade += [read("/data", _cut(reason_of(event["data"]), SAID), **source)]
    yield grade
    yield [
        "状态：", read("/status", word("incident_status", incident["status"])),
        "；危害类别：", read("/harm_class", word("harm_class", incident["harm_class"])),
        "；媒体：", read("/media_follow_up", word("media_follow_up", incident["media_follow_up"])),
        "；业务部门：", read("/business_unit", _cut(incident["business_unit"] or "—", NAME)),
        "；开启：", read("/opened_at", _minute(incident["opened_at"])),
    ]  # fmt: skip
    if incident["summary"].strip():
        yield ["概述：", read("/summary", _cut(incident["summary"], SUMMARY))]


def _spread(page: _Page) -> Iterator[Parts]:
    incident, read, path = page.known.incident, page.read, f"{page.known.path}/spread"
    yield [
        "累计传播量 ", read("/total", f"{incident['total']:,}"), "，监测前已有 ",
        read("/baseline", f"{incident['baseline']:,}"), "，舆情 ",
        read("/mention_count", f"{incident['mention_count']:,}"), " 条",
    ]  # fmt: skip
    pairs = zip(page.known.windows, page.known.forecast, strict=True)
    for place, (window, forecast) in enumerate(pairs):
        if place == MOST_RULES:
            yield ["其余规则从略", read("/windows", "", path)]
            return
        at = f"/windows/{place}"
        yield [
            read(f"{at}/grade", word("grade", window["grade"]), path), "：近 ",
            read(f"{at}/window_seconds", _hours(window["window_seconds"]), path), " ",
            read(f"{at}/current", f"{window['current']:,}", path), "，门槛 ",
            read(f"{at}/threshold", f"{window['threshold']:,}", path), "，峰值 ",
            read(f"{at}/peak", f"{window['peak']:,}", path),
            *_foreseen(read(f"/forecast/{place}/minutes", "", path), forecast["minutes"]),
            "（规则 ", read(f"{at}/rule", _cut(window["rule"], NAME), path), "）",
        ]  # fmt: skip


def _foreseen(figure: Figure, minutes: int | None) -> Parts:
    if minutes is None:
        return ["，", figure._replace(shown="按目前趋势不会超过")]
    if minutes == 0:
        return ["，", figure._replace(shown="已超过")]
    return ["，预计 ", figure._replace(shown=f"{minutes:,}"), " 分钟后超过"]


def _posts(page: _Page) -> Iterator[Parts]:
    for post in page.known.posts[:MOST_POSTS]:
        path = f"/v1/mentions/{post['id']}"
        name = "/title" if post["title"] else "/text"
        parts: list[str | Figure] = [
            page.read("/platform", word("platform", post["platform"]), path), " ",
            page.read("/spread", f"{post['spread']:,}", path), "：",
            page.read(name, _cut(post["title"] or post["text"], WORDS), path),
        ]  # fmt: skip
        if post["url"]:
            parts += [" ", page.read("/url", _cut(post["url"], ADDRESS), path)]
        yield parts
    if not page.known.posts:
        yield ["尚无舆情", page.read("/mention_count", "")]


def _done(page: _Page) -> Iterator[Parts]:
    yield _acts(page, "acknowledgements", "接警", " 人次", _acknowledged)
    if page.known.team:
        yield _silent(page)
    yield _acts(page, "meetings", "会议", " 次", _met)
    yield _acts(page, "fact-checks", "核实", " 次", _checked)
    yield _acts(page, "publications", "发布", " 次", _spoken)


def _acts(page: _Page, kind: str, name: str, unit: str, tell: _Tell) -> Parts:
    """How many there are of a kind, and what some of them say."""
    path, count = f"{page.known.path}/{kind}", page.known.counts[kind]
    if not count:
        return [f"{name}：尚无记录", page.read("/data", "", path)]
    parts: list[str | Figure] = [f"{name}：", page.read("/data", f"{count:,}", path), unit]
    for act in page.known.acts[kind]:
        one = f"{path}/{act['id']}"
        parts += ["；", page.read("/happened_at", _minute(act["happened_at"]), one), " ", *tell(page, act, one)]
    return parts


def _acknowledged(page: _Page, act: Mapping[str, Any], path: str) -> Parts:
    return [page.read("/person/name", _cut(act["person"]["name"], NAME), path)]


def _silent(page: _Page) -> Parts:
    """Who of the team is still waited for."""
    silent, path = page.known.silent, page.known.path
    count = page.read(
        "/live/unacknowledged_count", f"{len(silent)}" if silent else "", f"{path}?include=unacknowledged_count"
    )
    if not silent:
        return ["小组成员均已接警", count]
    parts: list[str | Figure] = ["尚未接警：", count, " 人"]
    for place, member in silent[:MOST_SILENT]:
        parts += ["、" if len(parts) > 3 else "；"]
        parts += [
            page.read(
                f"/data/{place}/person/name", _cut(member["person"]["name"], SHORT_NAME), f"{path}/team?limit=200"
            )
        ]
    return [*parts, " 等"] if len(silent) > MOST_SILENT else parts


def _met(page: _Page, act: Mapping[str, Any], path: str) -> Parts:
    return ["方向：", page.read("/direction", _cut(act["direction"] or "未明确", SAID), path)]


def _checked(page: _Page, act: Mapping[str, Any], path: str) -> Parts:
    return [
        page.read("/truth", word("truth", act["truth"]), path), "，责任：",
        page.read("/responsibility", word("responsibility", act["responsibility"]), path), "，依据：",
        page.read("/evidence", _cut(act["evidence"], SAID), path),
    ]  # fmt: skip


def _spoken(page: _Page, act: Mapping[str, Any], path: str) -> Parts:
    return [
        page.read("/platform", word("platform", act["platform"]), path), " ",
        page.read("/statement_kind", word("statement_kind", act["statement_kind"]), path),
    ]  # fmt: skip


def _care(page: _Page) -> Iterator[Parts]:
    affected, path = page.known.affected, f"{page.known.path}/affected-user-summary"
    if affected["total"]:
        average = affected["satisfaction"]["average"]
        yield [
            "受影响用户 ", page.read("/total", f"{affected['total']:,}", path), "：已处理 ",
            page.read("/remediation/completion_percent", f"{affected['remediation']['completion_percent']:g}", path),
            " %，回访 ",
            page.read("/follow_up/completion_percent", f"{affected['follow_up']['completion_percent']:g}", path),
            " %，满意度 ",
            page.read("/satisfaction/average", "—" if average is None else f"{average:.2f}".removesuffix("0"), path),
        ]  # fmt: skip
    else:
        yield ["受影响用户：尚无登记", page.read("/total", "", path)]
    yield [
        "任务：未完成 ",
        *_tasks(page, "unfinished", _UNFINISHED),
        "，逾期 ",
        *_tasks(page, "overdue", "overdue=true"),
    ]


def _tasks(page: _Page, which: str, query: str) -> Parts:
    """How many of them there are, as far as one answer lists them."""
    count = page.known.tasks[which]
    listed = f"{page.known.path}/tasks?{query}&limit={MOST_LISTED}"
    yield page.read("/data", f"{min(count, MOST_LISTED)}", listed)
    yield " 项" if count <= MOST_LISTED else " 项以上"


def _clocks(page: _Page) -> Iterator[Parts]:
    for state, most in MOST_CLOCKS.items():
        clocks = [clock for clock in page.known.clocks if clock["state"] == state]
        parts: list[str | Figure] = [f"{word('deadline_state', state)}："]
        for place, clock in enumerate(clocks[:most]):
            path = f"/v1/deadlines/{clock['id']}"
            parts += ["；"] if place else []
            parts += [page.read("/kind", word("deadline_kind", clock["kind"]), path), " 截止 "]
            parts += [page.read("/due_at", _minute(clock["due_at"]), path)]
            if clock["met_at"]:
                parts += ["，完成于 ", page.read("/met_at", _minute(clock["met_at"]), path)]
        if len(clocks) > most:
            all_of_them = f"/v1/deadlines?incident_id={page.known.incident['id']}&state={state}"
            parts += ["；其余从略", page.read("/data", "", all_of_them)]
        yield parts if clocks else [*parts, "无"]


def _next(page: _Page) -> Iterator[Parts]:
    running = [clock for clock in page.known.clocks if clock["state"] == "running"]
    for clock in running[:MOST_STEPS]:
        path = f"/v1/deadlines/{clock['id']}"
        late = "（已过时限）" if clock["due_at"] < page.known.as_of else ""
        due_at = page.read("/due_at", _minute(clock["due_at"]), path)
        yield [due_at, f" 前{late}：{_STEPS.get(clock['kind'], word('deadline_kind', clock['kind']))}"]
    waiting = _waiting(page)
    yield from waiting
    if not running and not waiting:
        yield ["无待办时限"]


def _waiting(page: _Page) -> list[Parts]:
    """What the moves that lead on still need."""
    return [
        [
            "转入", page.read(f"/allowed_actions/{place}/status", word("incident_status", action["status"])), "前还需：",
            page.read(f"/allowed_actions/{place}/missing", "、".join(word("guard", each) for each in action["missing"])),
        ]
        for place, action in enumerate(page.known.incident["allowed_actions"]) if action["missing"]
    ]  # fmt: skip


def _minute(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:g} 小时" if seconds >= 3600 else f"{seconds // 60} 分钟"


def _cut(text: str, most: int) -> str:
    """On one line, at most so long, and without what shows nothing or breaks a document."""
    shown = "".join(" " if char.isspace() else char for char in text)
    shown = " ".join("".join(char for char in shown if unicodedata.category(char)[0] != "C").split())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def markdown(briefing: Briefing) -> str:
    """The page as Markdown."""
    lines = [f"# {escaped(briefing.heading)}", "", escaped(briefing.read_at)]
    for section in briefing.sections:
        lines += ["", f"## {escaped(section.heading)}", "", *(f"- {escaped(line.text)}" for line in section.lines)]
    lines += ["", "## 来源", ""]
    lines += [f"- {escaped(told)}" for told in sources(briefing)]
    return "\n".join(lines) + "\n"


def sources(briefing: Briefing, *, short: bool = False) -> list[str]:
    """Each source as it stands below the page, with its number. ``short``: with … for the path of the first, which is the
    incident's own."""
    own = briefing.sources[0].path
    return [
        f"[{number}] {source.path.replace(own, '…') if short and source.path != own else source.path}"
        + (f" 事件 {source.event_id}" if source.event_id is not None else "")
        for number, source in enumerate(briefing.sources, 1)
    ]
