"""What a citizen's identity number says of its owner."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.rules import identity


@given(st.integers(1, 96), st.integers(1900, 2099), st.sampled_from(["male", "female"]), st.integers(0, 999_999))
def test_number_agrees_with_whom_it_was_given_to(province: int, year: int, sex: str, tail: int) -> None:
    number = f"{province:03}{(year - 1900) // 100 * 2 + (sex == 'female')}{year % 100:02}{tail:06}"

    assert identity.disagreements(number, sex, year) == ()
    assert identity.sex(number) == sex
    assert identity.birth_year(number) == year
    assert "sex" in identity.disagreements(number, "female" if sex == "male" else "male", year)
    assert "birth" in identity.disagreements(number, sex, year + 1)


def test_old_number_says_nothing_of_its_owner() -> None:
    assert identity.disagreements("135812345", "male", 1985) == ()


def test_number_of_no_province() -> None:
    assert identity.disagreements("097085000001", "male", 1985) == ("province",)
    assert identity.disagreements("097085000001", None, None) == ("province",)
