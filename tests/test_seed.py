"""The demo shows each page something true to life: every state, every class, consistent families, nobody real."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsurvey.casework import classify, facts
from fieldsurvey.extensions import blobs, config, db, write
from fieldsurvey.rules.areas import AreaType, Level
from fieldsurvey.rules.household import persons_of
from fieldsurvey.seed import cast, country, families, province
from fieldsurvey.store import areas, progress, rounds
from tests.cast import NOW, REVIEWED
from tests.world import World

LAWFUL = AreaType.RURAL


def a_family(seed: int, profile: str) -> dict[str, object]:
    return families.household(
        Random(seed), profile, province=cast.PROVINCE, commune=cast.COMMUNE, village="09043-01", reviewed=REVIEWED
    )


@given(st.integers(0, 10_000), st.sampled_from(families.PROFILES))
def test_families_are_whole_and_can_be_judged(seed: int, profile: str) -> None:
    found = classify.judge(a_family(seed, profile), LAWFUL, NOW)

    assert found is not None
    assert found.missing == ()


@given(st.integers(0, 10_000), st.sampled_from(families.PROFILES))
def test_families_have_one_head_and_numbers_of_nobody(seed: int, profile: str) -> None:
    household = facts.household(a_family(seed, profile), REVIEWED)

    assert [member.relation for member in household.members].count("head") == 1
    assert all((member.id_number or "000").startswith("000") for member in household.members)
    assert all(person.age is not None and 0 <= person.age < 100 for person in persons_of(household))


def test_profiles_fall_into_their_classes_mostly() -> None:
    classes = {
        profile: Counter(classify.judge(a_family(seed, profile), LAWFUL, NOW).household_class for seed in range(80))  # type: ignore[union-attr]
        for profile in families.PROFILES
    }

    assert classes[families.POOR].most_common(1)[0][0] == "poor"
    assert classes[families.NEAR_POOR].most_common(1)[0][0] == "near_poor"
    assert classes[families.BETTER].most_common(1)[0][0] == "not_poor"


def test_country_has_the_communes_of_2025(world: World) -> None:
    everywhere = [len(areas.children(db.session(), None, level)) for level in (Level.PROVINCE, Level.COMMUNE)]

    assert everywhere == [34, 3321]
    tam_hong = world.area(Level.COMMUNE, cast.COMMUNE)
    assert (tam_hong.full_name, tam_hong.area_type) == ("Xã Tam Hồng", "rural")
    assert db.session.get_one(areas.Area, tam_hong.parent_id).name == "Phú Thọ"


def test_code_means_nothing_before_it_was_valid(world: World) -> None:
    assert areas.by_code(db.session(), Level.COMMUNE, cast.COMMUNE, date(2025, 6, 30)) is None


def test_country_is_loaded_once(world: World) -> None:
    with write() as session:
        assert country.load(session) == 0


@pytest.mark.slow
def test_province_fills_villages_and_counters(world: World) -> None:
    with write() as session:
        opened = province.fill(session, 3_000, NOW)

    assert progress.differences(db.session(), opened.id) == []
    assert world.list_household().id > 3_000  # ids go on behind those that were given


def test_set_up_is_what_the_tests_stand_on(world: World) -> None:
    assert [one.state for one in rounds.all_rounds(db.session())] == ["open"]
    assert config().blobs.is_dir()
    assert blobs().folder == config().blobs
