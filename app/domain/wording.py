"""How people's data is hidden, and which platform is meant by what senders write.

Masks replace character for character, so that spans into a text keep their places and a masked text can
still be highlighted. Hiding errs on the side of too much: a digit hidden in vain is read again by whoever
may unmask, a phone number shown is out.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from app.domain.labels import LABELS
from app.domain.spelling import INVISIBLE

MASK: Final = "*"

# Every pattern is linear: it starts only where a run starts (lookbehind), and its repeats are either
# bounded or possessive (++), so nothing is tried twice.
_HAN = "\u3400-\u9fff"
_CHINESE_ENDS = "中国|公司|网络|网址|网店|在线|中文网|集团|商城|商标|移动|信息|政务|公益|香港|台湾|新加坡|我爱你"
# Where a mail goes. Labels in Chinese only before a plain point and an end that is one: "@张三。谢谢" is no mail.
_MAIL_HOST = (
    r"(?:(?:[A-Za-z0-9-]++[.。｡])+[A-Za-z][A-Za-z0-9-]++"
    rf"|(?:[A-Za-z0-9{_HAN}-]++\.)+(?:[A-Za-z][A-Za-z0-9-]++|{_CHINESE_ENDS}))"
)
_MAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@(?:[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)+|" + _MAIL_HOST + ")", re.ASCII)
# Of Chinese characters before the @ as many as a name has: the words before a name stand right beside it.
_CHINESE_MAIL = re.compile(rf"[{_HAN}]{{1,4}}@{_MAIL_HOST}")
# Right after the @, as platforms link a name; "见面@ 星巴克" with a space is a place as often.
_AT_NAME = re.compile(r"@[\w·-]{1,30}")
_ID_CARD = re.compile(
    r"(?<![A-Za-z0-9])[1-9]\d{5}[ -]?(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?"
    r"\d{3}[\dXx](?![A-Za-z0-9])"
)
_APART = r"[\s._/,·*|~-]{0,2}"
_MOBILE = re.compile(  # written 3-4-4 or 4-4-3, so that prices and dates in a row aren't taken for a number
    r"(?<!\d)(?:(?:\+|00)?86\)?[ -]{0,2})?"
    rf"(?P<number>1[3-9]\d(?:{_APART}\d{{4}}{_APART}\d{{4}}|\d{_APART}\d{{4}}{_APART}\d{{3}})"
    # or in pairs, or digit by digit, always with the same sign between
    r"|1[3-9]\d(?P<pairs>[\s._-])\d\d(?:(?P=pairs)\d\d){3}|1(?P<each>[\s._-])[3-9](?:(?P=each)\d){9})(?!\d)"
)
_LANDLINE = re.compile(
    r"(?<!\d)(?P<number>0(?:10|2\d|[3-9]\d{2})[)\s._/,-]{0,3}[1-9]\d{2,3}[\s._/,-]?\d{4}(?:-\d{1,6})?)(?!\d)"
)
# Full-width forms, spaces, typographic hyphens and every form of a digit (①, ³, 𝟖), each as the one ASCII character it
# stands for; what shows nothing is left out, so that it hides nothing.
_UNSEEN = INVISIBLE | {0x20E3}  # and the frame around a digit: 1️⃣
_PLAIN: dict[int, int | None] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212], 0x2D),
    **dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], 0x20),
    **{
        code: 0x30 + unicodedata.digit(chr(code))
        for code in range(0x80, 0x20000)
        if unicodedata.digit(chr(code), -1) >= 0
    },
    **dict.fromkeys(_UNSEEN),
}


def mask_name(name: str) -> str:
    """A person's name with its first character left: 王小明 becomes 王**. A single character is hidden."""
    return name[0] + MASK * (len(name) - 1) if len(name) > 1 else MASK * len(name)


def mask_phone(phone: str) -> str:
    """A phone number of ours (E.164) with the digits hidden that :func:`mask_text` hides: +86138******00.

    Abroad, where nobody knows which digits are the area's, only the last two are left.
    """
    digits = [at for at, char in enumerate(phone) if char.isdigit()]
    shown = {*digits[:5], *digits[-2:]} if phone.startswith("+86") else {*digits[-2:]}
    return "".join(char if at in shown or not char.isdigit() else MASK for at, char in enumerate(phone))


def mask_text(text: str) -> str:
    """A post's text without people's data, as long as before.

    Hidden are @names (the @ stays), mail addresses (the @ stays), identity card numbers, and of phone
    numbers all digits but the first three and the last two; separators and a country code stay. Whatever
    form digits and signs have, they count as their ASCII forms, and what shows nothing does not count. A
    name without an @ can't be told from other words and stays.
    """
    plain = text.translate(_PLAIN)
    hidden = _hidden(plain)
    if not hidden:
        return text
    if len(plain) < len(text):
        places = [at for at, char in enumerate(text) if ord(char) not in _UNSEEN]
        hidden = {places[at] for at in hidden}
    masked = list(text)
    for at in hidden:
        masked[at] = MASK
    return "".join(masked)


def _hidden(plain: str) -> set[int]:
    """The places of people's data."""
    hidden = set[int]()
    for pattern in (_MAIL, _CHINESE_MAIL, _AT_NAME, _ID_CARD):
        for found in pattern.finditer(plain):
            hidden.update(at for at in range(*found.span()) if plain[at] != "@")
    for pattern in (_MOBILE, _LANDLINE):
        for found in pattern.finditer(plain):
            digits = [at for at in range(*found.span("number")) if plain[at].isdigit()]
            hidden.update(digits[3:-2])
    return hidden


def personal_data(text: str) -> list[tuple[int, int, str]]:
    """Where people's data stands in a text, and what it is: mail, name (after an @), id_card, mobile or landline.

    The same that :func:`mask_text` hides, in reading order, each place once: a mail is no @name too.
    """
    plain = text.translate(_PLAIN)
    places = range(len(text)) if len(plain) == len(text) else [at for at, c in enumerate(text) if ord(c) not in _UNSEEN]
    found: list[tuple[int, int, str]] = []
    taken = bytearray(len(plain))
    for kind, pattern, group in _KINDS:
        for match in pattern.finditer(plain):
            start, end = match.span(group)
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append((places[start], places[end - 1] + 1, kind))
    return sorted(found)


# In the order in which they are believed: a card's number may hold what looks like a phone's.
_KINDS: Final = (
    ("id_card", _ID_CARD, 0), ("mail", _MAIL, 0), ("mail", _CHINESE_MAIL, 0), ("name", _AT_NAME, 0),
    ("mobile", _MOBILE, "number"), ("landline", _LANDLINE, "number"),
)  # fmt: skip


def mask_url(url: str) -> str:
    """An address without phone numbers, mails and @names. Each step of its path is looked at by itself, so that
    /139/2023/1105 stays, and so does a post's id unless it looks like a phone number."""
    # Written so, %40 is an @ that takes three places.
    steps = url.replace("%40", "\u200b\u200b@").split("/")
    return "/".join(map(mask_text, steps)).replace("\u200b\u200b@", "%40")


# As senders write platforms; compared without case, spaces, signs and a leading www.
_PLATFORM_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "wechat_official": ("公众号", "微信", "wechat", "weixin", "wx", "gzh", "mp.weixin.qq.com"),
    "wechat_channels": ("视频号", "channels", "wechat video", "weixin channels", "shipinhao", "sph"),
    "weibo": ("新浪微博", "sina weibo", "新浪", "wb", "weibo.com", "weibo.cn", "m.weibo.cn"),
    "douyin": ("dy", "aweme", "tiktok cn", "抖音短视频", "douyin.com", "v.douyin.com"),
    "xiaohongshu": ("xhs", "red", "rednote", "little red book", "xiaohongshu.com", "xhslink.com"),
    "zhihu": ("zh", "zhihu.com", "zhuanlan.zhihu.com"),
    "bilibili": ("哔哩哔哩", "bili", "b站", "哔站", "bilibili.com", "b23.tv"),
    "forum": ("贴吧", "百度贴吧", "tieba", "tieba.baidu.com", "bbs", "论坛贴吧"),
    "news": ("资讯", "新闻资讯", "新闻网站", "news site"),
    "other": ("其它",),
}


def _platform_key(raw: str) -> str:
    folded = unicodedata.normalize("NFKC", raw).casefold()
    return re.sub(r"[\W_]+", "", folded).removeprefix("www")


_PLATFORM_BY_KEY: Final = {
    _platform_key(word): platform
    for platform, aliases in _PLATFORM_ALIASES.items()
    for word in (platform, LABELS["platform"][platform][0], *aliases)
}


def platform_of(raw: str) -> tuple[str, str | None]:
    """A sender's platform name as one of ours, and the name as given unless it is ours already, so that
    nothing is lost where several names share a platform or none fits (`other`)."""
    platform = _PLATFORM_BY_KEY.get(_platform_key(raw), "other")
    return platform, None if raw == platform or not raw.strip() else raw
