"""What an entity list and its properties may be called."""

from __future__ import annotations

import pytest

from fieldsurvey.rules.entity_names import is_dataset_name, is_property_name


@pytest.mark.parametrize("name", ["wells", "hộ_dân", "_x", "a:b", "a-1"])
def test_names_of_lists(name: str) -> None:
    assert is_dataset_name(name)


@pytest.mark.parametrize("name", ["", "1a", "a.b", "__id", "a b", "-a"])
def test_what_no_list_is_called(name: str) -> None:
    assert not is_dataset_name(name)


@pytest.mark.parametrize("name", ["tuổi", "a.b", "_x", "a-1"])
def test_names_of_properties(name: str) -> None:
    assert is_property_name(name)


@pytest.mark.parametrize("name", ["", "name", "LABEL", "__version", "1a", "a:b", ".a"])
def test_what_no_property_is_called(name: str) -> None:
    assert not is_property_name(name)
