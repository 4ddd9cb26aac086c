"""What sheets say, in whatever file and form people send them."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import sheets
from app.domain.sheets import Broken, Column, SheetFault, csv_table, date_of, listed, table_of, text_of, yes_or_no

# As workbooks have them: without an offset.
NAIVE = datetime.fromisoformat("2026-11-25")
COLUMNS = (
    Column("name", ("姓名", "名字"), required=True),
    Column("phone", ("手机", "手机号")),
    Column("on_duty", ("在岗",)),
)


def rows(table):
    return [(row.number, dict(row.cells)) for row in table.rows]


@pytest.mark.parametrize(("cell", "text"), [
    ("  王小明\u3000", "王小明"), ("１３８００１３８０００", "13800138000"), (13800138000.0, "13800138000"), (1.5, "1.5"),
    (0.1 + 0.2, "0.30000000000000004"), (True, "true"), (None, ""), ("\ufeff王", "王"), ("ＡＢ＠ｃ．ｃｏｍ", "AB@c.com"),
    (date(2026, 11, 25), "2026-11-25"), (NAIVE, "2026-11-25"), (7, "7"),
    (NAIVE.replace(hour=8, minute=30), "2026-11-25 08:30:00"), (time(8, 30), "08:30:00"), (timedelta(hours=1), "1:00:00"),
])  # fmt: skip
def test_a_cell_is_text_as_people_mean_it(cell, text):
    assert text_of(cell) == text


@pytest.mark.parametrize("text", [
    "2026-11-25", "2026/11/25", "2026.11.25", "2026年11月25日", "20261125", "46351", "2026-11-25 00:00:00",
])  # fmt: skip
def test_a_date_is_read_in_every_form_people_write(text):
    assert date_of(text) == date(2026, 11, 25)


@pytest.mark.parametrize("text", ["", "2026-02-30", "25/11/2026", "明天", "2026-11", "20261340", "2026-11-25 08:30:00"])
def test_what_is_no_date_is_none(text):
    assert date_of(text) is None


@given(st.dates(date(1930, 1, 1), date(2150, 1, 1)))
def test_a_spreadsheets_number_of_days_is_its_date(day):
    assert date_of(str((day - date(1899, 12, 30)).days)) == day


def test_words_for_yes_and_no():
    assert [yes_or_no(word) for word in ("是", "在岗", "YES", "否", "离岗", "0", "也许", "")] == [
        True, True, True, False, False, False, None, None,
    ]  # fmt: skip


def test_a_cell_may_name_several():
    assert listed("组长、法务 / reader;; ") == ["组长", "法务", "reader"]


@pytest.mark.parametrize("title", ["姓名", " 姓 名 ", "*姓名（必填）", "NAME", "名字:", "姓名(必填)"])
def test_a_title_is_known_whatever_is_written_around_it(title):
    assert rows(table_of([(1, [title]), (2, ["王"])], COLUMNS)) == [(2, {"name": "王"})]


def test_rows_are_numbered_as_the_spreadsheet_does_and_blank_ones_passed_over():
    grid = [
        (1, ["2026年名单", ""]),
        (3, ["姓名", "手机", "备注"]),
        (4, ["", " "]),
        (5, ["王", "", "x"]),
        (9, ["", "", "只有备注"]),
    ]
    table = table_of(grid, COLUMNS)
    assert rows(table) == [(5, {"name": "王"})]
    assert table.unknown == ["备注"]
    assert table.headings.keys() == {"name", "phone"}


@pytest.mark.parametrize(("grid", "code"), [
    ([], "sheet_empty"), ([(1, ["", " "])], "sheet_empty"), ([(1, ["手机"]), (2, ["138"])], "column_missing"),
    ([(1, ["姓名", "名字"])], "column_twice"),
    ([(1, ["姓名"]), *((number, ["王"]) for number in range(2, 10_003))], "sheet_too_long"),
])  # fmt: skip
def test_what_is_no_table_says_why(grid, code):
    with pytest.raises(SheetFault) as fault:
        table_of(grid, COLUMNS)
    assert fault.value.code == code
    if code == "column_missing":
        assert "name (姓名" in fault.value.detail


def test_prose_keeps_its_punctuation_and_everything_else_is_evened_out():
    columns = (Column("name", ("姓名",)), Column("claim", ("诉求",), prose=True))
    table = table_of([(1, ["姓名", "诉求"]), (2, ["王（一）", " 退款，并致歉！① "])], columns)
    assert rows(table) == [(2, {"name": "王(一)", "claim": "退款，并致歉！①"})]


def test_a_broken_cell_is_told_apart_from_an_empty_one():
    table = table_of([(1, ["姓名", "手机"]), (2, ["王", Broken("formula_failed", "x")])], COLUMNS)
    assert table.rows[0].broken.keys() == {"phone"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_every_encoding_and_with_every_separator(separator, encoding):
    text = separator.join(["姓名", "手机"]) + "\r\n\r\n" + separator.join(['"王, 小;明"', "１３８"]) + "\r\n"
    assert rows(csv_table(text.encode(encoding), COLUMNS)) == [(3, {"name": "王, 小;明", "phone": "138"})]


def test_a_cell_with_line_ends_is_one_row():
    table = csv_table('姓名,手机\n"王\n小明",1\n李,2\n'.encode(), COLUMNS)
    assert rows(table) == [(2, {"name": "王\n小明", "phone": "1"}), (3, {"name": "李", "phone": "2"})]


@pytest.mark.parametrize("raw", [
    b"\xff\xff\xff", b"\x00\x01\x02", "姓名\n王\x00".encode(), b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\xff\xfe\x00",
    '姓名\n"王'.encode(), "姓名\n".encode() + b'"' + b"a" * 200_000 + b'"',
])  # fmt: skip
def test_what_is_no_csv_is_refused(raw):
    with pytest.raises(SheetFault) as fault:
        csv_table(raw, COLUMNS)
    assert fault.value.code == "sheet_unreadable"


def test_a_csv_without_end_is_given_up_early():
    with pytest.raises(SheetFault) as fault:
        csv_table("姓名\n".encode() + b"a\n" * 3_000_000, COLUMNS)
    assert fault.value.code == "sheet_too_long"
    with pytest.raises(SheetFault) as fault:
        csv_table("姓名\n".encode() + b"," * 3_000_000, COLUMNS)
    assert fault.value.code == "sheet_too_wide"


@given(st.binary(max_size=200))
def test_nothing_that_is_sent_ends_otherwise_than_in_a_table_or_a_fault(raw):
    try:
        csv_table(raw, COLUMNS)
    except SheetFault:
        return
    assert sheets.decoded(raw)
