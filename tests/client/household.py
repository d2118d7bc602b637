"""A household of two as a village head enters it: the pages of the questionnaire, and what is answered on each."""

from __future__ import annotations

from tests.client.form import Form

HEAD, CHILD = "Giàng A Páo", "Giàng Thị Mai"
PERSON = {
    "m_sex": "male", "m_ethnicity": "hmong", "m_relation": "head", "m_schooling": "primary", "m_attending": "none",
    "m_work": "wage", "m_contract": "none", "m_regular_work": "no", "m_health_insurance": "yes", "m_disability": "none",
    "m_social_allowance": "no", "m_pension": "no",
}  # fmt: skip
YOUNG = {
    "m_sex": "female", "m_ethnicity": "hmong", "m_relation": "child", "m_schooling": "none", "m_attending": "primary",
    "m_health_insurance": "yes", "m_disability": "none", "m_social_allowance": "no", "m_height_for_age": "low",
    "m_weight_for_age": "normal",
}  # fmt: skip
# Group → question → code or text, as XForms writes it.
PAGES: dict[str, dict[str, str]] = {
    "identification": {
        "review_date": "2026-10-04", "village": "", "listing": "new", "head_name": HEAD, "address": "Xóm 3",
    },
    "consent": {"consent": "yes"},
    "roster": {"people": "2"},
    "members[1]": {"m_name": HEAD, "m_birth_known": "year", "m_birth_year": "1984", **PERSON},
    "members[2]": {"m_name": CHILD, "m_birth_date": "2017-06-01", **YOUNG},
    "traits": {"members_complete": "OK", "merit_member": "no"},
    "housing": {"wall": "earth", "pillar": "bamboo", "roof": "tile", "floor_area": "15.5"},
    "water": {"source": "rain"},
    "sanitation": {"toilet": "none"},
    "information": {"internet_use": "no", "shared_devices": "none", "personal_devices": "laptop smartphone"},
    "power": {"electricity": "grid", "electricity_kwh": "45"},
    "land": {"annual_crops_m2": "12500", "perennial_crops_m2": "0", "forest_m2": "0", "water_surface_m2": "0"},
    "livestock": {"cattle": "2", "pigs": "0", "goats": "0", "poultry": "10", "aquaculture": "no"},
    "assets": {"owned": "motorbike"},
    "needs": {"causes": "lack_land other", "causes_other": "Xa chợ", "wishes": "loan"},
    "closing": {"respondent": HEAD, "respondent_phone": "0912345678"},
}  # fmt: skip


def fill(form: Form, village: str, until: str = "#end") -> None:
    """Answers page after page, and stops before the one of that name."""
    for group, given in PAGES.items():
        if group == until:
            return
        assert form.where == f"/data/{group}", form.where
        for name, value in given.items():
            form.give(f"{group}/{name}", village if name == "village" else value)
        form.next()


def expected(village: str) -> dict[str, str]:
    """Path → value of all that is entered, as `form.answers` writes paths."""
    plain = {"members[1]": "members[1]", "members[2]": "members[2]"}
    return {
        f"/{plain.get(group, f'{group}[1]')}/{name}": village if name == "village" else value
        for group, given in PAGES.items()
        for name, value in given.items()
    }
