"""Invented households: answers to the household questionnaire that hang together, from a seeded random generator."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from fieldsurvey.forms.answers import Answers

FAMILY_NAMES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Phùng", "Tạ",
)  # fmt: skip
MEN = ("Văn Hùng", "Đức Thành", "Văn Quyết", "Minh Tâm", "Văn Đoàn", "Quang Vinh", "Văn Lực", "Hữu Phước", "Bá Toàn")
WOMEN = ("Thị Hoa", "Thị Tuyến", "Thị Bích", "Thị Hồng", "Thu Hà", "Thị Đượm", "Thị Xuân", "Thị Ngọc", "Thị Sen")
POOR, NEAR_POOR, BETTER = "poor", "near_poor", "better"
PROFILES = (POOR, NEAR_POOR, BETTER)

# What a household of each profile may have; one of each is drawn.
_HOUSING: dict[str, tuple[Answers, ...]] = {
    POOR: (
        {"wall": "earth", "pillar": "bamboo", "roof": "leaf_thatch", "floor_area": "24"},
        {"wall": "brick_stone", "pillar": "temporary_wood", "roof": "cement_sheet", "floor_area": "32"},
        {"wall": "brick_stone", "pillar": "brick_stone", "roof": "cement_sheet", "floor_area": "30"},
    ),
    NEAR_POOR: (
        {"wall": "brick_stone", "pillar": "brick_stone", "roof": "cement_sheet", "floor_area": "40"},
        {"wall": "brick_stone", "pillar": "brick_stone", "roof": "tile", "floor_area": "45"},
    ),
    BETTER: (
        {"wall": "brick_stone", "pillar": "concrete", "roof": "concrete", "floor_area": "96"},
        {"wall": "brick_stone", "pillar": "concrete", "roof": "tile", "floor_area": "72"},
    ),
}
_WATER = {
    POOR: ("unprotected_dug_well", "surface_water", "drilled_well"), NEAR_POOR: ("drilled_well", "rain"), BETTER: ("piped",),
}  # fmt: skip
_TOILET = {POOR: ("open_pit", "none", "pit_with_slab"), NEAR_POOR: ("pour_flush", "double_vault"), BETTER: ("septic",)}
_INFORMATION: dict[str, tuple[Answers, ...]] = {
    POOR: (
        {"internet_use": "no", "shared_devices": "tv", "personal_devices": "none"},
        {"internet_use": "yes", "shared_devices": "tv", "personal_devices": "smartphone"},
    ),
    NEAR_POOR: ({"internet_use": "yes", "shared_devices": "tv phone", "personal_devices": "smartphone"},),
    BETTER: ({"internet_use": "yes", "shared_devices": "tv", "personal_devices": "smartphone laptop"},),
}
_ELECTRICITY = {POOR: ("24", "38"), NEAR_POOR: ("42", "65"), BETTER: ("140", "210")}
_ASSETS = {
    POOR: ("none", "none", "motorbike"),
    NEAR_POOR: ("none", "motorbike", "motorbike"),
    BETTER: ("motorbike fridge washing_machine air_conditioner water_heater", "motorbike fridge washing_machine"),
}
_NEEDS: dict[str, tuple[Answers, ...]] = {
    POOR: (
        {"causes": "lack_capital illness", "wishes": "loan health"},
        {"causes": "lack_land lack_labour", "wishes": "production housing"},
    ),
    NEAR_POOR: ({"causes": "lack_capital lack_skills", "wishes": "loan production"},),
    BETTER: ({"causes": "none", "wishes": "none"},),
}


def family_name(rng: Random) -> str:
    return rng.choice(FAMILY_NAMES)


def head_name(rng: Random) -> str:
    return f"{family_name(rng)} {rng.choice(MEN + WOMEN)}"


def household(
    rng: Random,
    profile: str,
    *,
    province: str,
    commune: str,
    village: str,
    reviewed: date,
    head: str = "",
    household_uuid: str | None = None,
    photo: str | None = None,
    signature: str | None = None,
) -> Answers:
    """All answers of one household. `profile` is how well off it is; the law, not the profile, gives its class."""
    head = head or head_name(rng)
    members = _members(rng, profile, head, reviewed)
    return {
        "identification": _identification(province, commune, village, reviewed, head, household_uuid, rng),
        "consent": {"consent": "yes"},
        "roster": {"people": str(len(members))},
        "members": members,
        "traits": {
            "member_names": ", ".join(member["m_name"] for member in members),
            "members_complete": "OK",
            "merit_member": "yes" if rng.random() < 0.05 else "no",
        },
        **_dwelling(rng, profile),
        **_holding(rng, profile == BETTER),
        "closing": _closing(rng, head, photo, signature),
        "meta": {"instanceName": f"{head} · {village}"},
    }


def _dwelling(rng: Random, profile: str) -> Answers:
    """The house and what is in it."""
    return {
        "housing": rng.choice(_HOUSING[profile]),
        "water": {"source": rng.choice(_WATER[profile])},
        "sanitation": {"toilet": rng.choice(_TOILET[profile])},
        "information": rng.choice(_INFORMATION[profile]),
        "power": {"electricity": "grid", "electricity_kwh": rng.choice(_ELECTRICITY[profile])},
        "assets": {"owned": rng.choice(_ASSETS[profile])},
        "needs": rng.choice(_NEEDS[profile]),
    }


def _holding(rng: Random, better: bool) -> Answers:
    """Land and animals."""
    return {
        "land": {
            "annual_crops_m2": str(rng.choice((720, 1440, 2160) if better else (0, 360, 720))),
            "perennial_crops_m2": "120" if better else "0",
            "forest_m2": "0",
            "water_surface_m2": str(rng.choice((0, 300))) if better else "0",
        },
        "livestock": {
            "cattle": str(rng.choice((0, 1, 2) if better else (0, 0, 1))),
            "pigs": str(rng.choice((0, 2, 6))) if better else "0",
            "goats": "0",
            "poultry": str(rng.choice((10, 30, 60) if better else (0, 5, 12))),
            "aquaculture": "no",
        },
    }


def _identification(
    province: str, commune: str, village: str, reviewed: date, head: str, household_uuid: str | None, rng: Random
) -> Answers:
    given: Answers = {
        "review_date": reviewed.isoformat(),
        "province": province,
        "commune": commune,
        "village": village,
        "listing": "listed" if household_uuid else "new",
        "head_name": head,
        "address": f"Ngõ {rng.randint(1, 40)}",
    }
    return {**given, "household": household_uuid} if household_uuid else given


def _closing(rng: Random, head: str, photo: str | None, signature: str | None) -> Answers:
    latitude, longitude = 21.2210 + rng.uniform(-0.02, 0.02), 105.5760 + rng.uniform(-0.02, 0.02)
    given: dict[str, str | None] = {
        "location": f"{latitude:.6f} {longitude:.6f} {rng.uniform(8, 14):.1f} {rng.uniform(3, 12):.1f}",
        "house_photo": photo,
        "respondent": head,
        "respondent_phone": f"09{rng.randint(10_000_000, 99_999_999)}",
        "signature": signature,
        "remarks": rng.choice((None, None, "Nhà ở cuối ngõ, cạnh ao.", "Chủ hộ đi làm xa, vợ trả lời.")),
    }
    return {name: text for name, text in given.items() if text}


def _members(rng: Random, profile: str, head: str, reviewed: date) -> list[Answers]:
    family = head.split()[0]
    year = reviewed.year
    woman = head.split(maxsplit=1)[-1] in WOMEN
    adults = [_adult(rng, profile, head, "female" if woman else "male", "head", year - rng.randint(34, 58))]
    if rng.random() < 0.75:
        spouse = f"{family_name(rng)} {rng.choice(MEN if woman else WOMEN)}"
        adults.append(_adult(rng, profile, spouse, "male" if woman else "female", "spouse", year - rng.randint(32, 55)))
    children = [_child(rng, profile, family, year, age) for age in _ages(rng, profile)]
    elders = [_elder(rng, profile, year)] if rng.random() < (0.5 if profile == POOR else 0.25) else []
    return adults + children + elders


def _ages(rng: Random, profile: str) -> list[int]:
    count = rng.choice((1, 2, 2, 3)) if profile == POOR else rng.choice((0, 1, 2, 2))
    return sorted((rng.randint(1, 21) for _ in range(count)), reverse=True)


def _base(rng: Random, name: str, sex: str, relation: str, born: int, full_date: bool) -> Answers:
    month, day = rng.randint(1, 8), rng.randint(1, 28)  # before the review, so that ages are as drawn
    known = (
        {"m_birth_known": "full", "m_birth_date": f"{born}-{month:02}-{day:02}"}
        if full_date
        else {"m_birth_known": "year", "m_birth_year": str(born)}
    )
    return {"m_name": name, **known, "m_sex": sex, "m_ethnicity": "kinh", "m_relation": relation}


def _id_number(rng: Random, sex: str, born: int) -> str:
    """Twelve digits whose century, sex and year agree; province 000 does not exist, so it is nobody's."""
    century = (0 if born < 2000 else 2) + (sex == "female")
    return f"000{century}{born % 100:02}{rng.randint(0, 999_999):06}"


def _adult(rng: Random, profile: str, name: str, sex: str, relation: str, born: int) -> Answers:
    work: dict[str, Any] = {"m_work": "farming"}
    if profile == POOR:
        work = rng.choice(({"m_work": "wage", "m_contract": "none", "m_regular_work": "no"}, {"m_work": "farming"}))
    elif rng.random() < (0.6 if profile == BETTER else 0.2):
        work = {"m_work": "wage", "m_contract": "permanent" if profile == BETTER else "fixed_term"}
    return {
        **_base(rng, name, sex, relation, born, rng.random() < 0.85),
        "m_id_number": _id_number(rng, sex, born),
        "m_schooling": {POOR: "primary", NEAR_POOR: "lower_secondary", BETTER: "upper_secondary"}[profile],
        "m_attending": "none",
        **work,
        "m_health_insurance": "no" if profile == POOR and rng.random() < 0.6 else "yes",
        "m_disability": "none",
        "m_social_allowance": "no",
        "m_pension": "no",
    }


def _child(rng: Random, profile: str, family: str, year: int, age: int) -> Answers:
    sex = rng.choice(("male", "female"))
    name = f"{family} {rng.choice(MEN if sex == 'male' else WOMEN)}"
    child = {
        **_base(rng, name, sex, "child", year - age, True),
        "m_health_insurance": "yes", "m_disability": "none", "m_social_allowance": "no",
    }  # fmt: skip
    if age >= 6:
        child["m_schooling"] = _schooling(age)
    dropped_out = profile == POOR and age >= 16 and rng.random() < 0.5
    if age >= 3:
        child["m_attending"] = "none" if dropped_out else _attending(age)
    if age >= 15:
        child |= {"m_pension": "no", "m_work": "jobless_wants_work" if dropped_out else "studying"}
    if age >= 16:
        child["m_enterprise_certificate"] = "no"
    else:
        growth = "low" if profile == POOR and rng.random() < 0.25 else "normal"
        child |= {"m_height_for_age": growth, "m_weight_for_age": growth}
    return child


def _schooling(age: int) -> str:
    return "none" if age < 11 else "primary" if age < 15 else "lower_secondary" if age < 18 else "upper_secondary"


def _attending(age: int) -> str:
    bands = ((6, "preschool"), (12, "primary"), (16, "lower_secondary"), (19, "upper_secondary"))
    return next((level for limit, level in bands if age < limit), "college_university")


def _elder(rng: Random, profile: str, year: int) -> Answers:
    return {
        **_base(rng, f"{family_name(rng)} {rng.choice(WOMEN)}", "female", "parent", year - rng.randint(68, 84), False),
        "m_schooling": "none",
        "m_attending": "none",
        "m_work": "unable",
        "m_health_insurance": "yes",
        "m_disability": "mild",
        "m_social_allowance": "yes" if profile == POOR else "no",
        "m_pension": "yes" if profile == BETTER else "no",
    }
