"""Rows gathered into households, in both layouts, and what is said of rows that do not hang together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.sheets import cells, columns
from fieldsurvey.sheets.households import Draft, Reader

TODAY = date(2026, 10, 5)
SIMPLE = ("Mã hộ", "Họ và tên", "Quan hệ với chủ hộ", "Ngày sinh", "Giới tính", "Số CCCD", "Thôn", "Phân loại hộ")
RECOGNISED = (
    "Chủ hộ", "Thành viên", "Quan hệ với chủ hộ", "Ngày sinh", "Giới tính", "CCCD", "Tỉnh", "Huyện", "Mã huyện", "Xã",
    "Mã xã", "Thôn", "Dân tộc", "Phân loại hộ", "Số QĐ công nhận", "Ngày ban hành QĐ", "B1", "B2", "isDTTS", "isKNLĐ",
    "isTVCCCM", "Nguyên nhân nghèo", "Tuổi", "Số nhân khẩu",
)  # fmt: skip


def drafts(headings: Sequence[str], *rows: Sequence[str], role: str = columns.LISTED) -> list[Draft]:
    reader = Reader(columns.match(headings, "register"), role, TODAY)
    return list(reader.drafts(enumerate(rows, start=2)))


def codes(draft: Draft) -> set[str]:
    return {remark.code for remark in draft.remarks}


def test_every_column_of_the_recognised_list_is_known() -> None:
    found = columns.match(RECOGNISED, "register")

    assert sorted(found.values()) == list(range(len(RECOGNISED)))
    assert (found["head"], found["name"], found["b1"], found["b2"], found["member_count"]) == (0, 1, 16, 17, 23)


def test_headings_without_accents_and_with_slips_are_known() -> None:
    found = columns.match(("HO VA TEN", "Ngay  sinh", "Gioi tinh", "Quan hẹ với chủ hộ", "So CCCD/CMND"), "register")

    assert found.keys() >= {"name", "birth", "sex", "relation", "id_number"}


def test_sheets_of_the_recognised_list_by_name() -> None:
    names = ["Sau khi rà soát (nghèo, cận nghèo)", "Thoát nghèo", "THOÁT CẬN NGHÈO", "Hướng dẫn"]

    assert [columns.role_of(name) for name in names] == ["listed", "left_poor", "left_near_poor", "skip"]


def test_rows_of_one_number_are_one_household() -> None:
    one, other = drafts(
        SIMPLE,
        ("H1", "Nguyễn Văn An", "Chủ hộ", "1980", "Nam", "", "Tảo Phú", "Hộ nghèo"),
        ("H1", "Trần Thị Bé", "Vợ", "1982", "Nữ", "", "Tảo Phú", "Hộ nghèo"),
        ("H2", "Lê Văn Cả", "Chủ hộ", "1970", "Nam", "", "Tảo Phú", "Hộ cận nghèo"),
    )

    assert ([person.name for person in one.members], one.head) == (["Nguyễn Văn An", "Trần Thị Bé"], "Nguyễn Văn An")
    assert (one.household_class, other.household_class) == ("poor", "near_poor")
    assert (one.first_row, one.last_row, other.first_row) == (2, 3, 4)
    assert one.can_be_taken


def test_second_head_begins_the_next_household_where_there_are_no_numbers() -> None:
    rows = [("", f"Người {at}", "Con" if at % 3 else "Chủ hộ", "1980", "Nam", "", "Tảo Phú", "") for at in range(9)]

    assert [len(one.members) for one in drafts(SIMPLE, *rows)] == [3, 3, 3]


def test_change_of_the_head_s_name_begins_the_next_household() -> None:
    def row(head: str, name: str, relation: str) -> tuple[str, ...]:
        return (head, name, relation, "1980", "Nam", *[""] * 19)

    found = drafts(RECOGNISED, row("An", "Bé", "Con"), row("An", "An", "Chủ hộ"), row("Cả", "Cả", "Chủ hộ"))

    assert [(one.head, len(one.members)) for one in found] == [("An", 2), ("Cả", 1)]


def test_sheet_of_those_who_left_says_what_they_were() -> None:
    row = ("An", "An", "Chủ hộ", "1980", "Nam", *[""] * 8, "Hộ nghèo", *[""] * 10)

    (found,) = drafts(RECOGNISED, row, role=columns.LEFT_POOR)

    assert (found.household_class, found.prior_class) == ("not_poor", "poor")


def test_household_without_a_head_or_with_two_is_refused() -> None:
    none, two = drafts(
        SIMPLE,
        ("H1", "Nguyễn Văn An", "Con", "1980", "Nam", "", "Tảo Phú", ""),
        ("H1", "Trần Thị Bé", "Vợ", "1982", "Nữ", "", "Tảo Phú", ""),
        ("H2", "Lê Văn Cả", "Chủ hộ", "1970", "Nam", "", "Tảo Phú", ""),
        ("H2", "Lê Văn Hai", "Chủ hộ", "1972", "Nam", "", "Tảo Phú", ""),
    )

    assert ("head_missing" in codes(none), "head_twice" in codes(two)) == (True, True)
    assert (none.can_be_taken, two.can_be_taken) == (False, False)


def test_list_with_one_row_for_each_household_knows_only_heads() -> None:
    headings = ("Chủ hộ", "Số nhân khẩu", "Thôn", "Phân loại")

    found = drafts(headings, ("An", "4", "Tảo Phú", "HN"), ("Bé", "2", "Tảo Phú", "HCN"))

    assert [(one.head, one.member_count) for one in found] == [("An", 4), ("Bé", 2)]
    assert [person.relation for one in found for person in one.members] == ["head", "head"]


def test_one_unreadable_cell_names_its_row_and_column() -> None:
    (found,) = drafts(
        SIMPLE,
        ("H1", "Nguyễn Văn An", "Chủ hộ", "1980", "Nam", "", "Tảo Phú", "Hộ nghèo"),
        ("H1", "Trần Thị Bé", "Vợ", "30/02/1982", "Nữ", "12", "Tảo Phú", "Hộ nghèo"),
    )

    assert [(one.row, one.column, one.code) for one in found.remarks] == [
        (3, "birth", "date_impossible"),
        (3, "id_number", "id_length"),
    ]


def test_same_identity_number_twice_in_a_household() -> None:
    number = "090085000001"
    (found,) = drafts(
        SIMPLE,
        ("H1", "Nguyễn Văn An", "Chủ hộ", "1985", "Nam", number, "Tảo Phú", ""),
        ("H1", "Nguyễn Văn Bé", "Con", "1985", "Nam", number, "Tảo Phú", ""),
    )

    assert "id_in_household" in codes(found)


CELL = st.one_of(st.sampled_from(["", "H1", "H2", "Chủ hộ", "Con", "An", "1980"]), st.text(max_size=8))


@given(st.lists(st.lists(CELL, min_size=len(SIMPLE), max_size=len(SIMPLE)), max_size=12))
def test_no_row_is_lost_or_counted_twice(rows: list[list[str]]) -> None:
    """Whatever stands in the cells: every row that names somebody belongs to one household, in the order of the file."""
    found = drafts(SIMPLE, *rows)

    covered = [number for one in found for number in range(one.first_row, one.last_row + 1)]
    naming = {number for number, row in enumerate(rows, start=2) if cells.text(row[0]) or cells.text(row[1])}
    assert covered == sorted(set(covered))
    assert naming <= set(covered)
    assert all(remark.text("vi") and remark.text("en") for one in found for remark in one.remarks)
