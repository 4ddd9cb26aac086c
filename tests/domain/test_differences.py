"""What is other between two states of a thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.differences import Difference, differences

RULE = {"id": "general-8h", "grade": "general", "window_seconds": 28_800, "threshold": 10_000}
# Nothing and what has nothing in it are the same to a reader.
values = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.text(max_size=2), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(("before", "after", "expected"), [
    ({"a": 1}, {"a": 1}, []),
    ({"a": 1}, {"a": 2}, [Difference("a", "1", "2")]),
    ({"name": "甲"}, {"name": "乙"}, [Difference("name", "甲", "乙")]),
    ({"enabled": True}, {"enabled": False}, [Difference("enabled", "true", "false")]),
    ({}, {"name": "甲"}, [Difference("name", None, "甲")]),
    ({"name": "甲"}, {}, [Difference("name", "甲", None)]),
    ({"words": ["投诉", "避雷"]}, {"words": ["投诉", "翻车"]}, [Difference("words", added=("翻车",), removed=("避雷",))]),
    ({"words": None}, {"words": ["翻车"]}, [Difference("words", added=("翻车",))]),
    ({"words": ["a", "b"]}, {"words": ["b", "a"]}, [Difference("words", '["a", "b"]', '["b", "a"]')]),
    ({"rules": [RULE]}, {"rules": [RULE | {"threshold": 500}]},
     [Difference("rules/general-8h/threshold", "10000", "500")]),
    ({"rules": [RULE]}, {"rules": []}, [Difference(f"rules/general-8h/{name}", str(value), None)
                                        for name, value in RULE.items()]),
    ({"clocks": [{"kind": "alert", "grades": [], "seconds": 600}]}, {"clocks": [{"kind": "alert", "grades": [], "seconds": 300}]},
     [Difference("clocks/alert/seconds", "600", "300")]),
    ({"clocks": [{"kind": "fact_check", "grades": ["major"], "seconds": 600}]},
     {"clocks": [{"kind": "fact_check", "grades": ["major"], "seconds": 300}]},
     [Difference("clocks/fact_check major/seconds", "600", "300")]),
    ({"list": [1, 2]}, {"list": [1, 3]}, [Difference("list", "[1, 2]", "[1, 3]")]),
])  # fmt: skip
def test_each_member_that_is_other_is_told(before, after, expected):
    assert list(differences(before, after)) == expected


@given(values, values)
def test_something_is_told_of_all_that_is_other_and_nothing_of_the_same(before, after):
    assert list(differences({"x": before}, {"x": before})) == []
    told = list(differences({"x": before}, {"x": after}))
    assert bool(told) == (before != after)
    assert list(differences({}, {"x": after}))
