"""The page behind an acknowledgement link, for a phone at 3 a.m. Not part of the contract.

Opening it shows and changes nothing, because chats open every address to preview it; only the button acknowledges. It runs no
script, loads nothing from elsewhere, is stored nowhere and found by no search.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.core.bodies import body_of
from app.core.deps import InRetries, WithTools
from app.core.errors import Forbidden, Unauthorized
from app.core.links import PATH, Links
from app.core.pages import headers_of
from app.domain.chronicle import local, word
from app.domain.grades import grade_of
from app.domain.wording import mask_name, mask_text
from app.domain.worktime import SHANGHAI
from app.incidents.links import Bearer, Opened, Verdict, look, use_link

router = APIRouter(include_in_schema=False)

_TEXT = Path(__file__).with_name("acknowledge.html").read_text("utf-8")
_PAGE = Template(_TEXT)
# A form with four digits in it.
MOST_BODY: Final = 1_024
_HEADERS: Final = headers_of(_TEXT, "form-action 'self'", cache_control="no-store", x_robots_tag="noindex, nofollow")
_CONSOLE: Final = "请登录控制台接警，或联系组长"
# What is said of a link in Chinese, what to do then, and both in English.
_SAID: Final[Mapping[Verdict, tuple[str, str, str]]] = {
    Verdict.GOOD: ("请尽快接警", "", "Take this incident on"),
    Verdict.UNKNOWN: ("链接无效", "请从消息中原样打开", "This link is not one of ours. Open it from the message as it is"),
    Verdict.USED: ("链接已使用", "接警已记录，无需重复", "This link was used already: the acknowledgement is on record"),
    Verdict.SPENT: (
        "链接已作废：尾号多次有误", _CONSOLE,
        "This link is void after five wrong tries. Acknowledge in the console, or call your lead",
    ),
    Verdict.EXPIRED: ("链接已过期", _CONSOLE, "This link has expired. Acknowledge in the console, or call your lead"),
    Verdict.LEFT: ("您已不在小组中", "无需接警", "You belong to the team no more"),
    Verdict.NOT_YOURS: ("这不是您的链接", "请打开发给您本人的链接", "This link is somebody else's. Open your own"),
    Verdict.INACTIVE: ("该人员已停用", "请联系组长", "This person is not active. Call your lead"),
    Verdict.WRONG: ("请尽快接警", "手机尾号不正确，请重试", "These are not the last four digits. Try again"),
    Verdict.NOT_DIGITS: ("请尽快接警", "请输入手机号的后四位数字", "Enter the last four digits of your phone"),
    Verdict.OVER: ("事件已终止，无需接警", "", "The incident has ended: there is nothing to take on"),
    Verdict.ANSWERED: ("您已接警，无需重复", "", "You have taken it on already"),
}  # fmt: skip
_STATUS: Final[Mapping[Verdict, int]] = {
    Verdict.GOOD: 200, Verdict.UNKNOWN: 404, Verdict.NOT_YOURS: 403, Verdict.INACTIVE: 403, Verdict.WRONG: 403,
    Verdict.USED: 410, Verdict.SPENT: 410, Verdict.EXPIRED: 410, Verdict.LEFT: 410, Verdict.OVER: 409,
    Verdict.ANSWERED: 409, Verdict.NOT_DIGITS: 422,
}  # fmt: skip
_DONE: Final = ("已接警", "下一步：查看任务与时限，尽快处置", "You have taken it on. Next: your tasks and their clocks")
# Where people may still do something.
_OPEN: Final = frozenset({Verdict.GOOD, Verdict.WRONG, Verdict.NOT_DIGITS})
# Where the incident is shown: not to strangers, nor to whoever finds the address in a chat of last year.
_SHOWN: Final = _OPEN | {Verdict.USED, Verdict.ANSWERED, Verdict.OVER}


@router.get(PATH + "/{token}")
async def acknowledgement_page(token: str, request: Request, tools: WithTools, run: InRetries) -> HTMLResponse:
    """Shows what is to be acknowledged, and for whom. Nothing changes."""
    link_id, bearer = _read(token, tools), await _bearer(request, tools)
    opened = await run(lambda tx, now: look(tx, link_id, bearer, now=now))
    return _answer(opened, tools)


@router.post(PATH + "/{token}")
async def acknowledge_by_link(token: str, request: Request, tools: WithTools, run: InRetries) -> HTMLResponse:
    """Acknowledges for the person the link was made for, once."""
    form = dict(parse_qsl((await body_of(request, MOST_BODY)).decode("utf-8", "replace")))
    link_id, bearer = _read(token, tools), await _bearer(request, tools)
    opened = await run(lambda tx, now: use_link(tx, link_id, form.get("digits", ""), bearer, now=now))
    return _answer(opened, tools, done=opened.verdict is Verdict.GOOD)


def _read(token: str, tools: WithTools) -> UUID | None:
    return Links(tools.settings).read(token)


async def _bearer(request: Request, tools: WithTools) -> Bearer | None:
    """Who shows a key or a token of their own beside the link; nobody's where it is no good one."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    try:
        caller = await tools.keys.caller(authorization)
    except (Unauthorized, Forbidden):
        return Bearer(None)
    return Bearer(caller.person_id)


def _answer(opened: Opened, tools: WithTools, *, done: bool = False) -> HTMLResponse:
    heading, told, english = _DONE if done else _SAID[opened.verdict]
    is_open = not done and opened.verdict in _OPEN
    if is_open and opened.due_at is not None:
        heading, by_when = answer_by(opened.due_at, opened.seen_at)
        english = by_when if opened.verdict is Verdict.GOOD else f"{english}. {by_when}"
    page = _PAGE.substitute(
        heading=escape(heading), english=escape(english), told=_told(opened, told, tools, done=done, is_open=is_open),
        about=_about(opened), form=_form(opened) if is_open else "",
    )  # fmt: skip
    return HTMLResponse(page, _STATUS[opened.verdict], headers=_HEADERS)


def answer_by(due_at: datetime, now: datetime) -> tuple[str, str]:
    """Until when somebody is to acknowledge, in Chinese and English; with the day where it is not this one."""
    if due_at <= now:
        return "已超时，请立即接警", "Overdue: take this incident on at once"
    there, here = due_at.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    same = there.date() == here.date()
    day, date = ("", "") if same else (f"{there.month}月{there.day}日 ", f"{there:%Y-%m-%d} ")
    return f"请于 {day}{there:%H:%M} 前接警（北京时间）", f"Take this incident on by {date}{there:%H:%M}, Beijing time"


def _told(opened: Opened, told: str, tools: WithTools, *, done: bool, is_open: bool) -> str:
    """What else there is to say, and after success the way on."""
    lines = [escape(told)] if told else []
    if is_open and opened.tries_left is not None and opened.digits is not None:
        lines.append(f"还可试 {opened.tries_left} 次<small>Tries left: {opened.tries_left}</small>")
    if done and opened.incident is not None and (console := tools.settings.console_url):
        address = console.replace("{incident_id}", str(opened.incident.id))
        lines.append(f'<a href="{escape(address)}" rel="noreferrer">打开控制台 Open the console</a>')
    return f'<p class="told">{"<br>".join(lines)}</p>' if lines else ""


def _about(opened: Opened) -> str:
    incident, person = opened.incident, opened.person
    if opened.verdict not in _SHOWN or incident is None or person is None:
        return ""
    grade = grade_of(incident.grade)
    origin = f"，首发平台：{word('platform', opened.origin)}" if opened.origin else ""
    rows = (
        ("事件 Incident", f"{'【演练】' if incident.is_drill else ''}{incident.number} {mask_text(incident.title)}"),
        ("等级 Grade", grade.label if grade else "未定级"),
        ("传播量 Spread", f"{incident.total:,}{origin}"),
        ("接警人 For", mask_name(person.name)),
    )
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows) + "</dl>"


def _form(opened: Opened) -> str:
    asks = (
        '<label>您手机号的后四位<small>The last four digits of your phone</small><input name="digits" inputmode="numeric" '
        'pattern="[0-9]{4}" maxlength="4" autocomplete="off" required></label>'
    )
    until = f"<small>链接有效至 {local(opened.link.expires_at)}</small>" if opened.link else ""
    return f'<form method="post">{asks if opened.digits else ""}<button>接警 Acknowledge</button>{until}</form>'
