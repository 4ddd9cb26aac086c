"""What is filled into templates: by type, as a statement's readers expect it, and by people's words where it is wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.templates.values import LONGEST_VALUE, show
from app.domain.vocabulary.templates import StatementLanguage, TemplateVariableType

NOW = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
ZH, EN = StatementLanguage.ZH, StatementLanguage.EN
TYPES = list(TemplateVariableType)


@pytest.mark.parametrize(("kind", "value", "zh", "en"), [
    ("text", "  牛奶\n第二行 ", "牛奶\n第二行", "牛奶\n第二行"),
    ("number", "128", "128", "128"),
    ("number", "-0.50", "-0.50", "-0.50"),
    ("number", "007", "7", "7"),
    ("money", "299", "299元", "CNY 299"),
    ("money", "299.00", "299元", "CNY 299"),
    ("money", "299.5", "299.50元", "CNY 299.50"),
    ("date", "2026-11-23", "11月23日", "23 November"),
    ("date", "2027-01-05", "2027年1月5日", "5 January 2027"),
    ("datetime", "2026-11-23T18:00:00+08:00", "11月23日18时", "18:00 Beijing time on 23 November"),
    ("datetime", "2026-11-23T10:05:00Z", "11月23日18时05分", "18:05 Beijing time on 23 November"),
    # In Shanghai the new year has begun.
    ("datetime", "2026-12-31T16:00:00Z", "2027年1月1日0时", "00:00 Beijing time on 1 January 2027"),
    # The first and the last year that the API takes anywhere.
    ("datetime", "1970-01-01T00:00:00+08:00", "1970年1月1日0时", "00:00 Beijing time on 1 January 1970"),
    ("datetime", "2199-12-31T18:00:00+08:00", "2199年12月31日18时", "18:00 Beijing time on 31 December 2199"),
    ("date", "2199-12-31", "2199年12月31日", "31 December 2199"),
    ("url", "https://a.cn/甲?b=1#c", "https://a.cn/甲?b=1#c", "https://a.cn/甲?b=1#c"),
    ("phone", "95588", "95588", "95588"),
    ("phone", "(021) 6888-0000", "(021) 6888-0000", "(021) 6888-0000"),
    ("list", "商超\r\n\n 线上 \n", ("商超", "线上"), ("商超", "线上")),
])  # fmt: skip
def test_values_are_shown_as_they_are_read(kind, value, zh, en):
    assert show(TemplateVariableType(kind), value, now=NOW, language=ZH) == zh
    assert show(TemplateVariableType(kind), value, now=NOW, language=EN) == en


@pytest.mark.parametrize(("kind", "value", "says"), [
    ("text", "", "visible"), ("text", "\u200b\u3000", "visible"), ("text", "甲\x1b[31m", "control"),
    ("number", "1,280", "without separators"), ("number", "1e5", "number"), ("number", "１", "number"), ("number", "", "number"),
    ("number", "9" * 13, "number"), ("money", "-1", "without sign"), ("money", "299元", "unit"), ("money", "1.234", "yuan"),
    ("date", "11月23日", "2026-11-23"), ("date", "2026-02-30", "2026-11-23"), ("date", "20261123", "2026-11-23"),
    ("date", "0001-01-01", "1970 and 2200"), ("date", "2200-01-01", "1970 and 2200"), ("datetime", "2026-11-23T18:00", "offset"), ("datetime", "2026-11-23", "offset"),
    ("datetime", "1764000000", "offset"), ("datetime", "9999-12-31T23:59:59-23:59", "1970 and 2200"),
    ("datetime", "1969-12-31T23:59:59Z", "1970 and 2200"), ("datetime", "2200-01-01T00:00:00Z", "1970 and 2200"), ("datetime", "", "offset"),
    ("url", "javascript:alert(1)", "https://"), ("url", "https://a.cn/ b", "no spaces"), ("url", "https://", "https://"),
    ("phone", "12", "call"), ("phone", "4" * 16, "call"), ("phone", "400—800", "call"),
    ("list", " \n\n", "one a line"), ("list", "项\n" * 21, "20 items"), ("list", "长" * 201, "200 characters"),
    ("text", "长" * (LONGEST_VALUE + 1), "2,000 characters"),
])  # fmt: skip
def test_values_that_are_none_of_their_type_are_refused_in_words(kind, value, says):
    with pytest.raises(ValueError, match=says):
        show(TemplateVariableType(kind), value, now=NOW, language=ZH)


@given(st.sampled_from(TYPES), st.text(max_size=60) | st.text("0123456789-+:.TZ ", max_size=30))
def test_any_value_is_shown_or_refused(kind, value):
    try:
        shown = show(kind, value, now=NOW, language=ZH)
    except ValueError as error:
        shown, said = None, str(error)
    else:
        said = ""
    # Of a refusal what would be right, not what Python found.
    assert said.startswith("must ") if shown is None else all(shown)
