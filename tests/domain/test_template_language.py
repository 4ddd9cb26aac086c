"""Templates run nothing: whoever writes one can write blanks, if, for and join, and is told where anything else stands."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError, TemplateError

from app.domain.templates.engine import SANDBOX, TooMuch
from app.domain.templates.engine import fill as fill_in
from app.domain.templates.language import DEEPEST, LONGEST, Blank, is_name, read

BLANKS = {
    "产品": Blank(),
    "批次": Blank(optional=True),
    "渠道": Blank(many=True),
    "名单": Blank(many=True, optional=True),
}
MOST = 5_000
VALUES = {"产品": "示例牛奶", "批次": "", "渠道": ("商超", "线上"), "名单": ()}


def fill(source, values):
    return fill_in(source, values, most=MOST)


GOOD = [
    ("本公司的{{ 产品 }}。", "本公司的示例牛奶。"),
    ("{% if 批次 %}批次 {{ 批次 }}{% else %}批次待核实{% endif %}", "批次待核实"),
    ("{% if 产品 and 批次 %}{{ 批次 }}{% elif not 批次 %}无{% endif %}", "无"),
    ("{% if 产品 or 批次 %}{{ 产品 }}{% endif %}", "示例牛奶"),
    ("{{ 渠道 | join }}；{{ 渠道 | join('、') }}；{{ 渠道|join(' / ') }}", "商超、线上；商超、线上；商超 / 线上"),
    (
        "{% for 项 in 渠道 %}\n{{ loop.index }}. {{ 项 }}{% if not loop.last %}；{% endif %}\n\n{% endfor %}",
        "1. 商超；\n2. 线上",
    ),
    ("{% for 人 in 名单 %}{{ 人 }}{% endfor %}完", "完"),
    ("{# 说明 #}甲\n\n\n\n乙  \n", "甲\n\n乙"),
    ("{% raw %}{{ 产品 }}{% endraw %}", "{{ 产品 }}"),
    ("{% print 产品 %}", "示例牛奶"),
]


@pytest.mark.parametrize(("source", "says"), GOOD)
def test_blanks_conditions_and_lists_are_filled_in(source, says):
    reading = read(source, BLANKS)
    assert reading.faults == ()
    assert fill(source, VALUES) == says


# From the published lists of ways out of Jinja2 (PayloadsAllTheThings, HackTricks, the sandbox's own advisories
# CVE-2016-10745, CVE-2019-10906, CVE-2024-56326, CVE-2025-27516), and what else costs time or memory.
ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ 产品.__class__ }}",
    "{{ 产品['__class__'] }}",
    "{{ 产品|attr('__class__') }}",
    "{{ 产品|attr('format') }}",
    "{{ (产品|attr('format'))(产品) }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(产品) }}",
    "{{ '{0.__class__}'.format_map({'a': 产品}) }}",
    "{{ '%s'|format(产品) }}",
    "{{ '%s' % 产品 }}",
    "{{ 产品.format() }}",
    "{{ 产品.format_map }}",
    "{{ 产品.join(渠道) }}",
    "{{ 渠道.append('甲') }}",
    "{{ 渠道.__class__.__base__ }}",
    "{{ 渠道[0] }}",
    "{{ 渠道|map(attribute='__class__')|join }}",
    "{{ 渠道|map('attr', '__class__')|list }}",
    "{{ 渠道|selectattr('__class__')|list }}",
    "{{ 渠道|groupby('__class__') }}",
    "{{ 渠道|sort(attribute='__class__')|join }}",
    "{{ 渠道|sum(attribute='__class__') }}",
    "{{ 渠道|join(attribute='__class__') }}",
    "{{ 渠道|join('、', '__class__') }}",
    "{{ 渠道|join(产品) }}",
    "{{ 渠道|join(1) }}",
    "{{ 渠道|join('a' * 1000000000) }}",
    "{{ 渠道|join('\\x00') }}",
    "{{ 渠道|join('\\ud800') }}",
    "{{ 渠道|join(*渠道) }}",
    "{{ 渠道|join(**渠道) }}",
    "{{ 渠道|first }}",
    "{{ 产品|list|join }}",
    "{{ 产品|upper }}",
    "{{ 产品|safe }}",
    "{{ 产品|center(1000000000) }}",
    "{{ 产品|indent(1000000000) }}",
    "{{ 产品|xmlattr }}",
    "{{ 产品|pprint }}",
    "{{ 产品|tojson }}",
    "{{ 产品|batch(2) }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ lipsum() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ dict(a=1) }}",
    "{{ range(1000000000) }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ config.items() }}",
    "{{ request.application }}",
    "{{ g.pop.__globals__ }}",
    "{{ context }}",
    "{{ environment }}",
    "{{ caller() }}",
    "{{ varargs }}",
    "{{ loop }}",
    "{{ loop.index }}",
    "{% for 项 in 渠道 %}{{ loop }}{% endfor %}",
    "{% for 项 in 渠道 %}{{ loop.__class__ }}{% endfor %}",
    "{% for 项 in 渠道 %}{{ loop.cycle('a') }}{% endfor %}",
    "{% for 项 in 渠道 %}{{ loop(渠道) }}{% endfor %}",
    "{% for 项 in 渠道 %}{{ loop.changed(项) }}{% endfor %}",
    "{% for 项 in 渠道 %}{{ loop.index.__class__ }}{% endfor %}",
    "{% for 项 in 渠道 %}{{ loop['index'] }}{% endfor %}",
    "{% for 项 in 渠道 recursive %}{{ loop(渠道) }}{% endfor %}",
    "{% for 项 in 渠道 if 项 %}{{ 项 }}{% endfor %}",
    "{% for 项 in 渠道 %}{{ 项 }}{% else %}无{% endfor %}",
    "{% for 项 in 渠道 %}{% for 子 in 渠道 %}{{ 子 }}{% endfor %}{% endfor %}",
    "{% for 字 in 产品 %}{{ 字 }}{% endfor %}",
    "{% for 项 in range(1000000000) %}甲{% endfor %}",
    "{% for 项 in [1, 2] %}甲{% endfor %}",
    "{% for 项 in 渠道 + 渠道 %}甲{% endfor %}",
    "{% for 甲, 乙 in 渠道 %}甲{% endfor %}",
    "{% for 产品 in 渠道 %}{{ 产品 }}{% endfor %}",
    "{% for loop in 渠道 %}{{ loop }}{% endfor %}",
    "{% for self in 渠道 %}{{ self }}{% endfor %}",
    "{% for __class__ in 渠道 %}甲{% endfor %}",
    "{{ 'a' * 1000000000 }}",
    "{{ 产品 * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 1 + 1 }}",
    "{{ -1 }}",
    "{{ 1 / 0 }}",
    "{{ 产品 ~ 产品 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ '常量' }}",
    "{{ 1 }}",
    "{{ " + "9" * 3_000 + " }}",
    "{{ 1e999999 }}",
    "{{ [] }}",
    "{{ {} }}",
    "{{ () }}",
    "{{ ['甲'] | join }}",
    "{{ none }}",
    "{{ true }}",
    "{{ 产品 if 批次 else 产品 }}",
    "{{ 产品 == '甲' }}",
    "{{ 产品 is defined }}",
    "{{ 产品 in 渠道 }}",
    "{% if 产品 is string %}甲{% endif %}",
    "{% if 产品 == '甲' %}甲{% endif %}",
    "{% if 产品|length > 3 %}甲{% endif %}",
    "{% if 产品.isdigit() %}甲{% endif %}",
    "{% if lipsum %}甲{% endif %}",
    "{% if true %}甲{% endif %}",
    "{% set 甲 = 产品 %}{{ 甲 }}",
    "{% set 甲 %}乙{% endset %}",
    "{% set ns = namespace(x=1) %}",
    "{% macro 甲() %}乙{% endmacro %}{{ 甲() }}",
    "{% call 甲() %}乙{% endcall %}",
    "{% filter upper %}甲{% endfilter %}",
    "{% include '/etc/passwd' %}",
    "{% include 产品 %}",
    "{% import 'os' as os %}",
    "{% from 'os' import popen %}",
    "{% extends 'base' %}",
    "{% block 甲 %}乙{% endblock %}",
    "{% with 甲 = 产品 %}{{ 甲 }}{% endwith %}",
    "{% autoescape true %}{{ 产品 }}{% endautoescape %}",
    "{% do 产品 %}",
    "{% debug %}",
    "{% trans %}甲{% endtrans %}",
    "{% break %}",
    "{{ 产品 }",
    "{% if 产品 %}没有结束",
    "{{ 产品",
    "{% endif %}",
    "{{ }}",
    "{% %}",
    "{{ __import__('os') }}",
    "{{ 不存在 }}",
    "{{ 渠道 }}",
    "{{ 批次 }}",
    "{% if not 批次 %}{{ 批次 }}{% endif %}",
    "{% if 产品 or 批次 %}{{ 批次 }}{% endif %}",
    "{% if 批次 %}有{% else %}{{ 批次 }}{% endif %}",
    "{{ " + "(" * 1_900 + "产品" + ")" * 1_900 + " }}",
    "{{ " + "not " * 900 + "产品 }}",
    "{% if " + "not " * 900 + "产品 %}甲{% endif %}",
    "{% if " + " and ".join(["产品"] * 500) + " %}甲{% endif %}",
    "{% if 产品 %}" * 120 + "{% endif %}" * 120,
    "{{ " + "[" * 1_900 + "]" * 1_900 + " }}",
    "甲" * (LONGEST + 1),
]


@pytest.mark.parametrize("source", ESCAPES, ids=lambda source: source[:60])
def test_nothing_but_blanks_is_let_in(source):
    reading = read(source, BLANKS)
    assert reading.faults
    assert all(fault.line == 1 and fault.says and fault.code for fault in reading.faults)


# What is only costly is the first wall's to refuse, before Jinja2 reckons with constants.
CHEAP = [one for one in ESCAPES if "1000000000" not in one and "**" not in one]


@pytest.mark.parametrize("source", CHEAP, ids=lambda source: source[:60])
def test_the_sandbox_gives_nothing_away_even_to_what_was_not_read(source):
    """The second wall, by itself: whatever is compiled in spite of all ends in an error, or in text of its own values."""
    try:
        written = SANDBOX.from_string(source).render(VALUES)
    except (
        TemplateError,
        SecurityError,
        TypeError,
        ValueError,
        SyntaxError,
        RecursionError,
        MemoryError,
        AttributeError,
    ):
        return
    # Nor is anything of Python's shown. Constants of the text's own and plain iteration are no harm.
    assert not any(word in written for word in ("<class", "<function", "<bound", "__", "0x", "root:")), written


def test_a_fault_is_named_with_its_line_and_its_variable():
    found = read("第一行\n{{ 产品 }}\n{{ 产地 }}、{{ 产品.name }}\n\n{% include '甲' %}", BLANKS).faults
    assert [(fault.line, fault.code) for fault in found] == [
        (3, "unknown_variable"), (3, "not_allowed"), (5, "not_allowed"),
    ]  # fmt: skip
    assert found[0].says == ("unknown variable '产地': declare it in variables, or write one of 产品、批次、渠道、名单")
    assert found[1].says.startswith("the attribute .name is not allowed: write blanks as {{ 变量 }}")
    assert found[2].says.startswith("include is not allowed")
    assert read("甲\n乙\n{% if 产品 %}", BLANKS).faults[0].line == 3


def test_what_is_filled_in_is_never_a_template_again():
    nasty = "{{ 产品 }}{% for 项 in 渠道 %}{{ ''.__class__ }}{% endfor %}{# 甲 #}<b>&"
    assert fill("{{ 产品 }}／{{ 渠道|join }}", VALUES | {"产品": nasty, "渠道": (nasty,)}) == f"{nasty}／{nasty}"


def test_the_longest_template_with_the_longest_values_stops_where_a_statement_ends():
    source = "{% for 项 in 渠道 %}" + "{{ 产品 }}" * 300 + "{% endfor %}"
    assert read(source, BLANKS).faults == ()
    begun = time.perf_counter()
    with pytest.raises(TooMuch, match="5,000 characters"):
        fill(source, VALUES | {"产品": "长" * 2_000, "渠道": ("项",) * 20})
    assert time.perf_counter() - begun < 1


def test_the_slowest_template_there_is_takes_no_time():
    """Loops that write nothing stop at no length: there are only so many of them, over so many items."""
    one = "{% for 项 in 渠道 %}{% if 批次 %}{% endif %}{% endfor %}"
    source = one * (LONGEST // len(one))
    assert read(source, BLANKS).faults == ()
    begun = time.perf_counter()
    assert fill(source, VALUES | {"渠道": ("项",) * 20}) == ""
    assert time.perf_counter() - begun < 2


def test_ifs_stand_within_each_other_so_deep_and_no_deeper():
    for depth, good in ((DEEPEST, True), (DEEPEST + 1, False)):
        source = "{% if 产品 %}" * depth + "甲" + "{% endif %}" * depth
        assert (read(source, BLANKS).faults == ()) is good
    assert fill("{% if 产品 %}" * DEEPEST + "甲" + "{% endif %}" * DEEPEST, VALUES) == "甲"


_PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", "#}", "产品", "渠道", "批次", "项", "if", "for", "in", "else", "elif", "endif", "endfor", "join",
     "|", "(", ")", "'、'", ".", "__class__", "[", "]", "0", "*", "**", "~", "not", "and", "loop", "index", "set", "=", "\n", " ",
     "self", "range", "raw", "endraw", "-", ",", ":", "{", "}", "\\", '"', "甲"]
)  # fmt: skip


@given(
    st.lists(_PIECES, max_size=40).map(" ".join) | st.lists(_PIECES, max_size=40).map("".join) | st.text(max_size=80)
)
def test_whatever_is_written_is_refused_or_filled_in(source):
    if not read(source, BLANKS).faults:
        fill(source, VALUES)


@given(st.text(max_size=3))
def test_names_are_what_python_has_one_spelling_of(name):

    if is_name(name):
        assert unicodedata.normalize("NFKC", name) == name
        assert read("{{ " + name + " }}", {name: Blank()}).faults == ()


@pytest.mark.parametrize(
    ("name", "good"),
    [("产品", True), ("产品2", True), ("product_name", True), ("2产品", False), ("", False), ("A", False), ("ａ", False),
     ("loop", False), ("self", False), ("产 品", False), ("产-品", False), ("_a", False), ("名" * 31, False), ("é", False)],
)  # fmt: skip
def test_which_names_variables_may_have(name, good):
    assert is_name(name) is good
