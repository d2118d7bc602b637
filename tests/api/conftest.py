"""What stands above casework behaves alike on both engines: one is enough here."""

import pytest


@pytest.fixture
def engine_name() -> str:
    return "sqlite"
