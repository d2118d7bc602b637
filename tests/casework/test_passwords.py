"""Which passwords are taken, and what of them is known."""

from __future__ import annotations

import pytest

from fieldsurvey.casework import passwords
from fieldsurvey.errors import Kind, Problem

REFUSED = [
    # password,             why
    ("short", Kind.PASSWORD_SHORT),
    ("123456789", Kind.PASSWORD_SHORT),
    ("long enough\0"[:9] + "\0" * 9, Kind.PASSWORD_SHORT),
    ("l" + "o" * 70 + "ng", Kind.PASSWORD_LONG),
    ("đ" * 37, Kind.PASSWORD_LONG),
    ("hunter2!!!", Kind.PASSWORD_WEAK),
    ("Password123!", Kind.PASSWORD_WEAK),
    ("1234567890", Kind.PASSWORD_WEAK),
    ("aaaaaaaaaaaa", Kind.PASSWORD_WEAK),
    ("matkhau2026", Kind.PASSWORD_WEAK),
]


@pytest.mark.parametrize(("password", "why"), REFUSED)
def test_password_is_refused(password: str, why: Kind) -> None:
    with pytest.raises(Problem) as problem:
        passwords.require(password)

    assert problem.value.kind is why


@pytest.mark.parametrize("password", ["a long enough", "newpassword", "mật khẩu của tôi", "x" * 36 + "y" * 36])
def test_password_is_taken(password: str) -> None:
    passwords.require(password)


def test_what_follows_a_nul_is_no_part_of_a_password() -> None:
    hashed = passwords.hashed("long enough")

    assert passwords.matches(hashed, "long enough\0long enough")
    assert not passwords.matches(hashed, "long\0enough")
