"""Which of a statement's promises have a date, and which of them are new."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.commitments import LONGEST_TITLE, dated, not_yet_made, title_of

T = datetime(2026, 11, 26, 10, tzinfo=UTC)
OWNER = "0197a3f0-7000-7aaa-8bbb-0123456789ac"
DAY = timedelta(days=1)


def promise(text: str = "公布检测结果", due_at: datetime | None = T, owner_id: str | None = None) -> dict[str, object]:
    return {"text": text, "due_at": due_at and due_at.isoformat(), "owner_id": owner_id}


def test_only_what_has_a_date_is_a_promise_that_can_be_broken():
    stated = [promise("持续改进", None), promise(owner_id=OWNER), promise("退款")]
    assert [(one.position, one.text, one.due_at, one.owner_id) for one in dated(stated)] == [
        (1, "公布检测结果", T, UUID(OWNER)), (2, "退款", T, None),
    ]  # fmt: skip
    assert dated([]) == []


@pytest.mark.parametrize(("made", "fresh"), [
    (set(), [0, 1]), ({("公布检测结果", T)}, [1]), ({("公布 检测结果", T)}, [0, 1]), ({(" 公布检测结果\n", T)}, [1]),
    ({("公布检测结果", T + DAY)}, [0, 1]), ({("公布检测结果", T), ("公布检测结果", T + 2 * DAY)}, []),
])  # fmt: skip
def test_a_promise_is_new_by_its_words_and_its_date(made, fresh):
    stated = [promise(), promise(due_at=T + 2 * DAY), promise()]
    assert [one.position for one in not_yet_made(stated, made)] == fresh


def test_one_instant_is_one_date_in_whatever_zone_it_is_written():
    abroad = promise() | {"due_at": "2026-11-26T18:00:00+08:00"}
    assert not_yet_made([abroad], {("公布检测结果", T)}) == []


words = st.sampled_from(["甲", "乙", "丙 丁", "丙  丁", " 甲"])
promises = st.lists(
    st.builds(promise, text=words, due_at=st.one_of(st.none(), st.sampled_from([T, T + DAY]))), max_size=20
)


@given(st.lists(promises, max_size=5))
def test_however_versions_follow_each_other_each_promise_is_made_once(versions):
    made: set[tuple[str, datetime]] = set()
    keys: list[tuple[str, datetime]] = []
    for stated in versions:
        fresh = not_yet_made(stated, made)
        made |= {(one.text, one.due_at) for one in fresh}
        keys += [(" ".join(one.text.split()), one.due_at) for one in fresh]
        assert not_yet_made(stated, made) == []
    assert len(keys) == len(set(keys))
    assert set(keys) == {(" ".join(one.text.split()), one.due_at) for stated in versions for one in dated(stated)}


@given(st.text(min_size=1, max_size=500))
def test_a_title_is_one_line_of_the_promise(text):
    title = title_of(text)
    assert len(title) <= LONGEST_TITLE
    assert " ".join(text.split()).startswith(title.removesuffix("…"))
