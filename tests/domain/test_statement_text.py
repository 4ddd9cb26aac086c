"""How a statement's text is made of its parts, and where in it they stand."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.statement_text import Parts, Promise, compose, is_chinese
from app.domain.vocabulary.statements import StatementSection

AT = datetime(2026, 11, 26, 10, tzinfo=UTC)
WHOLE = Parts("关于异物的说明", "深表歉意。", "经查属实。", "全额退款。", [Promise("公布检测结果", AT)], AT)


def test_title_and_parts_stand_below_each_other_with_dates_by_shanghais_clock():
    text, sections = compose(WHOLE)
    assert text == (
        "关于异物的说明\n\n深表歉意。\n\n经查属实。\n\n全额退款。\n\n公布检测结果（2026年11月26日18:00前）\n\n"
        "我们将于2026年11月26日18:00前再次通报。"
    )
    assert [place.section for place in sections] == list(StatementSection)


def test_several_promises_are_numbered_and_some_have_no_date():
    text, _ = compose(Parts(promises=[Promise("退款", AT), Promise("整改", None)]))
    assert text == "1. 退款（2026年11月26日18:00前）\n2. 整改"


@pytest.mark.parametrize(("parts", "text"), [
    (Parts(), ""), (Parts(next_update_at=AT), "我们将于2026年11月26日18:00前再次通报。"),
    (Parts("Notice", promises=[Promise("We refund", AT)], next_update_at=AT),
     ("Notice\n\nWe refund (by 18:00 on 26 November 2026, Beijing time)\n\n"
     "We will speak again by 18:00 on 26 November 2026, Beijing time.")),
])  # fmt: skip
def test_what_is_said_in_english_is_dated_in_english(parts, text):
    assert compose(parts).text == text


def test_whose_chinese_is_masked_is_dated_in_chinese_all_the_same():
    said, masked = Parts("Sorry @张三", next_update_at=AT), Parts("Sorry @**", next_update_at=AT)
    assert (is_chinese(said), is_chinese(masked)) == (True, False)
    assert compose(masked, chinese=is_chinese(said)).sections == compose(said).sections


words = st.text(max_size=20)
promises = st.lists(st.builds(Promise, words, st.none() | st.just(AT)), max_size=4)


@given(st.builds(Parts, words, words, words, words, promises, st.none() | st.just(AT)))
def test_every_section_stands_where_it_is_said_to_stand(parts):
    text, sections = compose(parts)
    assert compose(parts).text == text
    found = {place.section: text[place.start : place.end] for place in sections}
    for name in ("title", "attitude", "facts", "solution"):
        assert found.get(StatementSection(name), "") == getattr(parts, name)
    assert "\n\n".join(found.values()) == text
    assert all(one.text in found.get(StatementSection.COMMITMENTS, "") for one in parts.promises)
