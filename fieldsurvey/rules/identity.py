"""The citizen's identity number `PPP G YY RRRRRR`: what it says of sex and year of birth (NĐ 137/2015/NĐ-CP, article 13).

It has no check digit, and papers disagree with it: who finds a difference warns, and never refuses.
"""

from __future__ import annotations

LENGTH = 12
_LAST_PROVINCE = 96  # the codes of the 63 provinces ran from 001 to 096


def sex(number: str) -> str:
    """male or female, of a number of 12 digits."""
    return "male" if int(number[3]) % 2 == 0 else "female"


def birth_year(number: str) -> int:
    """0 and 1: 1900s, 2 and 3: 2000s, and so on."""
    return 1900 + int(number[3]) // 2 * 100 + int(number[4:6])


def disagreements(number: str, given_sex: str | None, given_year: int | None) -> tuple[str, ...]:
    """Of sex, birth, province: what does not fit a number of 12 digits. Nothing is said of older ones."""
    if len(number) != LENGTH:
        return ()
    found = []
    if given_sex in {"male", "female"} and sex(number) != given_sex:
        found.append("sex")
    if given_year is not None and birth_year(number) != given_year:
        found.append("birth")
    if not 1 <= int(number[:3]) <= _LAST_PROVINCE:
        found.append("province")
    return tuple(found)
