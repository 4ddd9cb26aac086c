"""What chat robots say, in Chinese: one event by itself, or many in one message.

A new type of event needs nothing here: it is told by its label and by those of its members that have a name below. Who
wants it told better writes a sentence in :mod:`app.webhooks.sentences`. Titles and what people wrote are told without people's data,
and without links, whoever wrote them in: a group trusts what its robot says.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.domain.grades import Grade
from app.domain.reasons import reason_of
from app.webhooks.addressees import asked
from app.webhooks.sentences import LINES, SENTENCES, clean, clock, label, name

ELLIPSIS: Final = "…"
DRILL: Final = "【演练】"
TRIAL: Final = "【试运行】"
# Characters of a title or a reason in a message of many, so that one of them takes no other's place.
_SHORT = 80
_MOBILE = re.compile(r"\+86(1[3-9]\d{9})")


class About(NamedTuple):
    """The incident as it is when it is told of. ``spread`` is its 传播量 in all."""

    id: UUID
    number: str
    title: str
    grade: Grade | None
    spread: int
    is_drill: bool


class Told(NamedTuple):
    """An event and what it is about; of an endpoint's events its description. ``is_trial``: it happened in a trial."""

    type: str
    at: datetime
    data: Mapping[str, Any]
    about: About | None = None
    endpoint: str | None = None
    is_trial: bool = False

    @property
    def mark(self) -> str:
        """What keeps it from being taken for the real thing, where it is not."""
        return (TRIAL if self.is_trial else "") + (DRILL if self.is_drill else "")

    @property
    def is_drill(self) -> bool:
        return bool(self.data.get("is_drill")) or (self.about is not None and self.about.is_drill)


# Member of an event -> its name, in the order they are told. A value that is a word of the vocabulary of the member's
# name is told by its label, an instant by China's clock.
MEMBERS: Final[Mapping[str, str]] = {
    "clock": "时限",
    "harm_class": "危害类别",
    "business_unit": "业务单元",
    "risk_category": "风险类别",
    "risk_level": "风险等级",
    "recurrence_reason": "依据",
    "decision_kind": "决策",
    "statement_kind": "声明",
    "slot": "审批",
    "missing_slots": "缺少审批",
    "truth": "事实",
    "responsibility": "责任",
    "started_at": "开始",
    "due_at": "截止",
    "decisions_due_at": "决定截止",
    "happened_at": "发生",
    "calmed_at": "平息",
    "overridden": "特批",
    "reason": "原因",
}

_VOCABULARY: Final[Mapping[str, str]] = {
    "clock": "deadline_kind",
    "overridden": "guard",
    "slot": "approval_slot",
    "missing_slots": "approval_slot",
}


def headline(told: Told) -> str:
    """What happened, without whom it befell."""
    sentence = SENTENCES.get(told.type)
    return sentence(told.data) if sentence else label("event_type", told.type)


def details(told: Told) -> list[str]:
    """More of it, a line each."""
    if told.type in LINES:
        return LINES[told.type](told.data)
    found = [f"{named}：{_value(member, told)}" for member, named in MEMBERS.items() if told.data.get(member)]
    return [f"端点：{clean(told.endpoint)}", *found] if told.endpoint else found


def _value(member: str, told: Told) -> str:
    value = told.data[member]
    if member == "reason":
        return clean(reason_of(told.data))
    if member.endswith("_at"):
        return clock(value)
    words = value if isinstance(value, list) else [value]
    return "、".join(clean(label(_VOCABULARY.get(member, member), word)) for word in words)


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + ELLIPSIS


def _grade(about: About | None) -> str:
    return "烽火" if about is None else about.grade.label if about.grade else "未定级"


def _link(about: About | None, console: str) -> str:
    return "\n" + console.replace("{incident_id}", str(about.id)) if about and console else ""


def _acknowledging(told: Told) -> str:
    """A line for each who is asked to acknowledge, with the address that is theirs, where the group may know it."""
    people = [person for person in told.data.get("people", ()) if person.get("acknowledgement_url")]
    return "".join(f"\n{name(person)}接警：{person['acknowledgement_url']}" for person in people)


def asked_phones(told: Told) -> list[str]:
    """The mobiles of those who are asked to acknowledge, as vendors' robots call them: without the country's code."""
    people = {str(person["id"]): str(person["phone"] or "") for person in told.data.get("people", ())}
    found = (_MOBILE.fullmatch(people.get(id_, "")) for id_ in asked(told.data))
    return [mobile[1] for mobile in found if mobile]


def alone(told: Told, console: str) -> tuple[str, str]:
    """One event in all its particulars, and its link, which must not be cut."""
    about = told.about
    lines = [f"{told.mark}【{_grade(about)}】{headline(told)}"]
    if about is not None:
        lines += [f"事件：{about.number} {clean(about.title)}", f"传播量：{about.spread:,}"]
    lines += [*details(told), f"时间：{clock(told.at)}"]
    return "\n".join(lines), _acknowledging(told) + _link(about, console)


def together(told: Sequence[Told], console: str) -> str:
    """Many events, incident by incident as they come; of what is said the same way of one, how often."""
    parts = [f"【烽火】{len(told)} 条通知"]
    for about, events in groupby(told, key=lambda each: each.about):
        group = list(events)
        mark = max((each.mark for each in group), key=len)
        of = f"{about.number} {_short(clean(about.title))} 传播量 {about.spread:,}" if about else "其他"
        said: dict[str, int] = {}
        for each in group:
            line = headline(each) + "".join(f"；{detail}" for detail in details(each))
            line = (line if each.type in LINES else _short(line)) + _acknowledging(each)
            said[line] = said.get(line, 0) + 1
        lines = [f"· {line}{f' ×{times}' if times > 1 else ''}" for line, times in said.items()]
        parts.append(f"■ {mark}【{_grade(about)}】{of}\n" + "\n".join(lines) + _link(about, console))
    return "\n".join(parts)


def in_order(told: Told) -> tuple[bool, int]:
    """What is real before exercises, the most severe grade first; what belongs to no incident comes last."""
    grade = told.about.grade if told.about else None
    return told.is_drill, grade.level if grade else len(Grade) + (1 if told.about else 2)


def compose(told: Sequence[Told], console: str, size: Callable[[str], int], most: int) -> tuple[str, int]:
    """The message, and how many of ``told``, from the first, it tells: what does not fit is told by the next one."""
    fits, too_many = 1, len(told) + 1
    while too_many - fits > 1:
        tried = (fits + too_many) // 2
        if size(together(told[:tried], console)) <= most:
            fits = tried
        else:
            too_many = tried
    if fits > 1:
        return together(told[:fits], console), fits
    text, link = alone(told[0], console)
    return cut(text, link, size, most), 1


def cut(text: str, tail: str, size: Callable[[str], int], most: int) -> str:
    """``text`` with so much of its end left out that it fits with ``tail`` after it; never half a character.

    What leaves the text takes at least its own bytes from the size: vendors' escapes only make it greater.
    """
    over = size(text + tail) - most
    if over <= 0:
        return text + tail
    whole = text.encode()
    kept = whole[: max(0, len(whole) - over - len(ELLIPSIS.encode()))]
    return kept.decode("utf-8", "ignore") + ELLIPSIS + tail
