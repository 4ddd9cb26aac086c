"""Workbooks: what they hold is read, and what they try is refused before anything is made of it."""

import re
import tracemalloc
import zipfile
from datetime import date

import openpyxl
import pytest

from app.core.sheets import read_table
from app.core.workbooks import MOST_INFLATED
from app.domain.sheets import Column, SheetFault
from tests.support.sheets import as_xlsx, bomb, repacked, saved

COLUMNS = (
    Column("name", ("姓名",), required=True),
    Column("department", ("部门",)),
    Column("phone", ("手机",)),
    Column("since", ("入职",)),
)
HEAD = ["姓名", "部门", "手机", "入职"]
GOOD = as_xlsx(HEAD, ["王", "公关部", 13800138000, None])
MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PART = "xl/worksheets/sheet1.xml"


def share(parts):
    """Keeps its texts apart, as Excel does; openpyxl writes them where they stand."""
    texts = re.findall(rb"<is><t>(.*?)</t></is>", parts[PART])
    for place, text in enumerate(texts):
        inline = b't="inlineStr"><is><t>' + text + b"</t></is>"
        parts[PART] = parts[PART].replace(inline, b't="s"><v>%d</v>' % place, 1)
    strings = b"".join(b"<si><t>" + text + b"</t></si>" for text in texts)
    parts["xl/sharedStrings.xml"] = b'<sst xmlns="%s">%s</sst>' % (MAIN, strings)
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = b'<Relationship Id="rId99" Type="%s" Target="sharedStrings.xml"/></Relationships>' % kind
    rels = "xl/_rels/workbook.xml.rels"
    parts[rels] = parts[rels].replace(b"</Relationships>", link)


SHARED = repacked(GOOD, share)


def rows(workbook):
    return [(row.number, dict(row.cells)) for row in read_table(workbook, COLUMNS).rows]


def refused(workbook):
    with pytest.raises(SheetFault) as fault:
        read_table(workbook, COLUMNS)
    return fault.value.code


def test_values_are_text_as_people_see_them():
    made = as_xlsx(HEAD, ["王小明 ", "公关部", 13800138000, date(2026, 11, 25)], [], ["李四", None, "１３９", 46351])
    assert rows(made) == [
        (2, {"name": "王小明", "department": "公关部", "phone": "13800138000", "since": "2026-11-25"}),
        (4, {"name": "李四", "phone": "139", "since": "46351"}),
    ]


def test_what_is_merged_counts_for_every_row_of_the_merge():
    made = as_xlsx(
        ["2026年名单", None, None, None], HEAD, ["王", "公关部", 1], ["李", None, 2], ["赵", None, 3], [None, None, None],
        ["钱", "法务部", 4], merge=["A1:D1", "B3:B6"],
    )  # fmt: skip
    assert [(number, cells["department"]) for number, cells in rows(made)] == [
        (3, "公关部"), (4, "公关部"), (5, "公关部"), (7, "法务部"),
    ]  # fmt: skip


def test_a_merge_over_the_whole_sheet_costs_nothing():
    def merge(parts):
        # No program would write it, and openpyxl would make all its cells.
        merged = b'</sheetData><mergeCells count="1"><mergeCell ref="B2:XFD1048576"/></mergeCells>'
        parts[PART] = parts[PART].replace(b"</sheetData>", merged)

    made = repacked(as_xlsx(HEAD, ["王", "公关部"], ["李"]), merge)
    assert [cells["department"] for _, cells in rows(made)] == ["公关部", "公关部"]


def test_a_sheet_that_does_not_begin_in_the_corner_keeps_its_numbers():
    def move(sheet):
        sheet.move_range("A1:D2", rows=5, cols=3)

    assert rows(as_xlsx(HEAD, ["王"], then=move)) == [(7, {"name": "王"})]


def test_the_first_sheet_that_is_not_hidden_is_read():
    book = openpyxl.Workbook()
    book.active.append(["列表"])
    book.active.sheet_state = "hidden"
    book.create_sheet("人员").append(["姓名"])
    book["人员"].append(["王"])
    book.create_sheet("其他").append(["姓名"])
    assert rows(saved(book)) == [(2, {"name": "王"})]


def test_a_formula_counts_by_its_last_result_and_is_never_reckoned():
    def formulas(sheet):
        sheet["C2"] = "=1+1"

    made = as_xlsx(HEAD, ["王"], then=formulas)
    table = read_table(made, COLUMNS)
    assert table.rows[0].broken["phone"].code == "formula_without_result"

    def reckoned(parts):
        parts[PART] = (
            parts[PART]
            .replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>138</v>")
            .replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>138</v>")
        )

    assert rows(repacked(made, reckoned)) == [(2, {"name": "王", "phone": "138"})]

    def failed(parts):
        parts[PART] = (
            parts[PART]
            .replace(b'<c r="C2"><f>1+1</f><v />', b'<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v>')
            .replace(b'<c r="C2"><f>1+1</f><v></v>', b'<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v>')
        )

    table = read_table(repacked(made, failed), COLUMNS)
    assert table.rows[0].broken["phone"].code == "formula_failed"


def test_ten_thousand_rows_are_read_and_one_more_is_not():
    assert len(rows(as_xlsx(HEAD, *([f"王{n}"] for n in range(10_000))))) == 10_000
    assert refused(as_xlsx(HEAD, *([f"王{n}"] for n in range(10_001)))) == "sheet_too_long"
    assert refused(as_xlsx(HEAD, *([f"王{n}"] for n in range(12_000)))) == "sheet_too_long"


def cell_at(place):
    def far(parts):
        row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        cell = f'<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>'
        parts[PART] = parts[PART].replace(b"</sheetData>", cell.encode())

    return far


@pytest.mark.parametrize("place", ["XFD1048576", "A9999999", "ZZ3", "GS3"])
def test_a_cell_far_away_is_refused_before_room_is_made_for_all_between(place):
    assert refused(repacked(GOOD, cell_at(place))) in ("sheet_too_long", "sheet_too_wide")


def test_formatted_cells_without_a_value_far_away_do_no_harm():
    def formatted(parts):
        cells = '<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
        parts[PART] = parts[PART].replace(b"</sheetData>", cells.encode())

    tracemalloc.start()
    try:
        assert len(rows(repacked(GOOD, formatted))) == 1
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


def test_more_cells_than_a_sheet_of_people_has_are_refused():
    def many(parts):
        parts[PART] = parts[PART].replace(b"</sheetData>", b"<row>" + b"<c/>" * 600_000 + b"</row></sheetData>")

    assert refused(repacked(GOOD, many)) == "sheet_too_big"


@pytest.mark.parametrize("part", [PART, "xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("stated", [None, 1_000])
def test_a_bomb_is_refused_whatever_size_it_states(part, stated):
    made = bomb(GOOD, part, 1 / 8, stated=stated)
    assert len(made) < 2**20
    tracemalloc.start()
    try:
        assert refused(made) == "sheet_too_big"
        assert tracemalloc.get_traced_memory()[1] < 2 * MOST_INFLATED
    finally:
        tracemalloc.stop()


def test_a_bomb_of_eight_gigabytes_in_eight_megabytes_is_refused():
    made = bomb(GOOD, PART, 7.9, stated=4_000)
    assert len(made) < 8.1 * 2**20
    assert refused(made) == "sheet_too_big"


def test_a_bomb_in_a_part_that_nobody_needs_is_not_inflated():
    made = bomb(repacked(GOOD, lambda parts: parts.update({"xl/media/a.png": b""})), "xl/media/a.png", 1 / 8)
    assert len(rows(made)) == 1


def test_a_directory_that_lies_is_refused():
    for stated in (1, 10_000):
        assert refused(bomb(GOOD, "xl/styles.xml", 1 / 1024, stated=stated)) == "sheet_damaged"


@pytest.mark.parametrize("declared", [
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
])  # fmt: skip
@pytest.mark.parametrize("part", [PART, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"])
def test_entities_are_refused_in_every_part_that_is_read(declared, part):
    def declare(parts):
        body = parts[part].partition(b"?>")[2] if parts[part].startswith(b"<?xml") else parts[part]
        parts[part] = declared + body

    assert rows(SHARED) == rows(GOOD)
    assert refused(repacked(SHARED, declare)) == "sheet_damaged"


def test_macros_are_refused():
    def named(parts):
        parts["xl/vbaProject.bin"] = b"\xd0\xcf"

    def typed(parts):
        kept = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        assert kept in parts["[Content_Types].xml"]
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
            kept, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
        )

    assert refused(repacked(GOOD, named)) == "sheet_has_macros"
    assert refused(repacked(GOOD, typed)) == "sheet_has_macros"


def test_old_and_encrypted_workbooks_are_told_what_to_do():
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == "sheet_encrypted"


@pytest.mark.parametrize("part", [PART, "xl/workbook.xml", "_rels/.rels", "[Content_Types].xml"])
def test_a_part_that_is_missing_or_no_xml_is_named(part):
    assert refused(repacked(GOOD, lambda parts: parts.pop(part))) in ("sheet_damaged", "sheet_empty")
    assert refused(repacked(GOOD, lambda parts: parts.update({part: b"<a><b></a>"}))) == "sheet_damaged"
    assert refused(repacked(GOOD, lambda parts: parts.update({part: b""}))) == "sheet_damaged"


def test_a_workbook_that_is_cut_or_has_a_changed_byte_never_ends_otherwise_than_read_or_refused():
    for length in (4, 30, 100, len(GOOD) // 2, len(GOOD) - 1):
        assert refused(GOOD[:length]) == "sheet_damaged"
    for place in range(0, len(GOOD), 7):
        changed = bytearray(GOOD)
        changed[place] ^= 0x55
        try:
            read_table(bytes(changed), COLUMNS)
        except SheetFault:
            continue


def test_any_other_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    assert refused((tmp_path / "a.zip").read_bytes()) == "sheet_damaged"
