"""Statement templates as people read them on paper: blanks and conditions in words, and no signs that only programs read."""

import re
from collections.abc import Mapping
from typing import Any, Final

_PARTS: Final = (("attitude", "真诚致歉"), ("facts", "事实澄清"), ("solution", "解决方案"))
_PLACE: Final = re.compile(r"\{\{ *loop\.index *\}\}")
# Between the entries of a list: what stands before the last one is shown.
_LAST: Final = re.compile(
    r"\{% *if loop\.last *%\}(?:(?!\{%).)*\{% *else *%\}((?:(?!\{%).)*)\{% *endif *%\}", re.DOTALL
)
_BLANK: Final = re.compile(r"\{\{ *([^ |}]+)[^}]*\}\}")
_TAG: Final = re.compile(r"(\n*)\{% *(\w+) *([^%]*?) *%\}(\n?)")


def text_of(template: Mapping[str, Any]) -> str:
    """What a template says, part by part."""
    parts = [template["title"]]
    parts += [f"【{label}】\n{template[name]}" for name, label in _PARTS if template[name]]
    promised = [
        f"{place}. {one['text']}（{{{{ {one['due']} }}}}前）" for place, one in enumerate(template["commitments"], 1)
    ]
    parts += ["【进度承诺】\n" + "\n".join(promised)] if promised else []
    parts += [f"【下次通报】\n{{{{ {template['next_update']} }}}}"] if template["next_update"] else []
    return in_words("\n\n".join(part for part in parts if part))


def in_words(text: str) -> str:
    """A text with blanks and conditions as people write them: ‹产品›, 〔有批次时：……〕〔否则：……〕."""
    text = _LAST.sub(r"\1", _PLACE.sub("1", text))
    return _TAG.sub(_worded, _BLANK.sub(r"‹\1›", text))


def _worded(tag: re.Match[str]) -> str:
    before, name, rest, after = tag.groups()
    match name:
        case "if":
            return f"{before}〔{_condition(rest)}："
        case "elif":
            return f"〕〔{_condition(rest)}："
        case "else":
            return "〕〔否则："
        case "for":
            return f"{before}〔逐项列出{rest.rpartition(' ')[2]}："
    return f"〕{after}"


def _condition(asked: str) -> str:
    """`批次 and not 检测机构` in words: 有批次、无检测机构时."""
    names = [f"无{name[4:]}" if name.startswith("not ") else f"有{name}" for name in re.split(r" +and +", asked)]
    return f"{'、'.join(names)}时"
