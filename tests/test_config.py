"""Settings: one frozen object from the environment; what is wrong fails at start and says how to mend it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from fieldsurvey.config import Config, ConfigError, from_environment

SECRET = "x" * 40
SAMPLE = Path(__file__).parents[1] / ".env.sample"


def test_defaults_are_enough_for_development(tmp_path: Path) -> None:
    config = from_environment({"FIELDSURVEY_DATA": str(tmp_path)})

    assert config.database_url == f"sqlite:///{tmp_path}/fieldsurvey.sqlite3"
    assert config.allows_plain_basic
    assert len(config.secret_key) >= 32


def test_development_secret_survives_a_restart_and_is_private(tmp_path: Path) -> None:
    first, second = (from_environment({"FIELDSURVEY_DATA": str(tmp_path)}).secret_key for _ in range(2))

    assert first == second
    assert (tmp_path / "development-secret").stat().st_mode & 0o077 == 0


WRONG = [
    # environment,                                             said of it
    ({"FIELDSURVEY_COLOUR": "red"}, "Unknown setting FIELDSURVEY_COLOUR"),
    ({"FIELDSURVEY_ENV": "staging"}, "choose one of development, production, testing"),
    ({"FIELDSURVEY_LOCALE": "fr"}, "choose one of en, vi"),
    ({"FIELDSURVEY_LOG_LEVEL": "LOUD"}, "choose one of"),
    ({"FIELDSURVEY_MAX_UPLOAD_MB": "many"}, "write a whole number"),
    ({"FIELDSURVEY_MAX_UPLOAD_MB": "0"}, "at least 1"),
    ({"FIELDSURVEY_BASIC_OVER_HTTP": "perhaps"}, "write true or false"),
    ({"FIELDSURVEY_SECRET_KEY": "short"}, "too short"),
    ({"FIELDSURVEY_ENV": "production"}, "FIELDSURVEY_SECRET_KEY is not set"),
]


@pytest.mark.parametrize(("environ", "said"), WRONG, ids=[row[1] for row in WRONG])
def test_wrong_setting_fails_with_advice(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        from_environment({"FIELDSURVEY_DATA": str(tmp_path), **environ})


def test_production_is_strict() -> None:
    config = from_environment(
        {"FIELDSURVEY_ENV": "production", "FIELDSURVEY_SECRET_KEY": SECRET, "FIELDSURVEY_PUBLIC_URL": "https://x.vn/"}
    )

    assert not config.allows_plain_basic
    assert config.public_url == "https://x.vn"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("YES", True), ("0", False), ("off", False)])
def test_booleans(text: str, value: bool) -> None:
    environ = {"FIELDSURVEY_SECRET_KEY": SECRET, "FIELDSURVEY_BASIC_OVER_HTTP": text}

    assert from_environment(environ).basic_over_http is value


def test_sample_is_valid_and_holds_the_defaults(tmp_path: Path) -> None:
    lines = [line for line in SAMPLE.read_text(encoding="utf-8").splitlines() if line.startswith("FIELDSURVEY_")]
    environ = dict(line.split("=", 1) for line in lines) | {"FIELDSURVEY_SECRET_KEY": SECRET}
    given = from_environment(environ)

    for setting in fields(Config):
        if setting.name not in {"secret_key", "data", "database_url"}:
            assert getattr(given, setting.name) == setting.default, setting.name


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().env = "production"  # type: ignore[misc]
