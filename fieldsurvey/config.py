"""Settings: read once from the environment into one frozen object. Nothing else in the house reads os.environ."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

DEVELOPMENT, PRODUCTION, TESTING = "development", "production", "testing"
PREFIX = "FIELDSURVEY_"
SHORTEST_SECRET = 32


class ConfigError(Exception):
    """A setting is missing or wrong; the message names it and says how to mend it."""


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True)
class Config:
    """All settings. Each field is the environment variable FIELDSURVEY_<NAME IN CAPITALS>."""

    env: str = _setting(DEVELOPMENT, "development, production or testing; production is strict about secrets and https")
    data: Path = _setting(
        Path("data"), "folder for the SQLite file, photos and other blobs, and the development secret"
    )
    database_url: str = _setting(
        "", "SQLAlchemy address of the database; empty means an SQLite file in the data folder"
    )
    secret_key: str = _setting(
        "", "at least 32 random characters; signs sessions and phone tokens; production needs its own"
    )
    public_url: str = _setting(
        "", "address that phones use, e.g. https://rasoat.example.vn; empty means the request's own"
    )
    locale: str = _setting("vi", "language of people who have not chosen one: vi or en")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR")
    max_upload_mb: int = _setting(
        100, "largest submission in megabytes, told to phones in X-OpenRosa-Accept-Content-Length"
    )
    max_upload_files: int = _setting(101, "most parts in one submission; Collect sends at most 101")
    max_import_mb: int = _setting(500, "largest spreadsheet to import, in megabytes")
    max_form_mb: int = _setting(10, "largest form, XForm or spreadsheet, in megabytes")
    max_xml_kb: int = _setting(2048, "largest submission XML in kilobytes")
    basic_over_http: bool = _setting(False, "allow Basic sign-in without https; development and testing always do")
    trusted_proxies: int = _setting(0, "number of reverse proxies in front whose X-Forwarded-* headers are believed")
    session_hours: int = _setting(12, "hours until a browser has to sign in again")
    sign_in_attempts: int = _setting(8, "failed sign-ins for one name within 15 minutes before it must wait")

    @property
    def production(self) -> bool:
        return self.env == PRODUCTION

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1_000_000

    @property
    def allows_plain_basic(self) -> bool:
        return self.basic_over_http or not self.production

    @property
    def outbox(self) -> Path:
        return self.data / "outbox"

    @property
    def blobs(self) -> Path:
        return self.data / "blobs"

    @property
    def keys(self) -> Path:
        """The server's own keys: whoever loses them can no longer open what phones sealed for the office."""
        return self.data / "keys"

    @property
    def parts(self) -> Path:
        """Files of which phones have sent a part so far."""
        return self.data / "parts"


def from_environment(environ: Mapping[str, str]) -> Config:
    """The settings in `environ`; raises ConfigError with advice when one is unknown, malformed or unsafe."""
    given = {name[len(PREFIX) :].lower(): text for name, text in environ.items() if name.startswith(PREFIX)}
    known = {setting.name: setting for setting in fields(Config)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        names = ", ".join(PREFIX + name.upper() for name in unknown)
        raise ConfigError(f"Unknown setting {names}. See .env.sample for all names and their meaning.")
    values = {name: _parse(name, text, known[name].default) for name, text in given.items() if text != ""}
    return _completed(Config(**values))


def _parse(name: str, text: str, default: object) -> Any:
    if isinstance(default, bool):
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off"}:
            return False
        raise ConfigError(f"{PREFIX}{name.upper()} is {text!r}: write true or false.")
    if isinstance(default, int):
        if not text.isascii() or not text.isdigit():
            raise ConfigError(f"{PREFIX}{name.upper()} is {text!r}: write a whole number, for example {default}.")
        return int(text)
    return Path(text) if isinstance(default, Path) else text


def _completed(config: Config) -> Config:
    _require_choice("ENV", config.env, {DEVELOPMENT, PRODUCTION, TESTING})
    _require_choice("LOCALE", config.locale, {"vi", "en"})
    _require_choice("LOG_LEVEL", config.log_level, {"DEBUG", "INFO", "WARNING", "ERROR"})
    for name in (
        "max_upload_mb",
        "max_upload_files",
        "max_import_mb",
        "max_form_mb",
        "max_xml_kb",
        "session_hours",
        "sign_in_attempts",
    ):
        if getattr(config, name) < 1:
            raise ConfigError(f"{PREFIX}{name.upper()} must be at least 1.")
    changes: dict[str, Any] = {"data": config.data.absolute(), "public_url": config.public_url.rstrip("/")}
    if not config.database_url:
        changes["database_url"] = f"sqlite:///{changes['data'] / 'fieldsurvey.sqlite3'}"
    changes["secret_key"] = _secret(config, changes["data"])
    return Config(**{**{setting.name: getattr(config, setting.name) for setting in fields(Config)}, **changes})


def _require_choice(name: str, value: str, allowed: set[str]) -> None:
    if value not in allowed:
        raise ConfigError(f"{PREFIX}{name} is {value!r}: choose one of {', '.join(sorted(allowed))}.")


def _secret(config: Config, data: Path) -> str:
    if config.secret_key and len(config.secret_key) < SHORTEST_SECRET:
        raise ConfigError(f"{PREFIX}SECRET_KEY is too short: make one with `openssl rand -base64 48`.")
    if config.secret_key:
        return config.secret_key
    if config.production:
        raise ConfigError(f"{PREFIX}SECRET_KEY is not set: production needs its own, from `openssl rand -base64 48`.")
    return _development_secret(data / "development-secret")


def _development_secret(path: Path) -> str:
    """A secret made once per data folder, so that a restart keeps people signed in."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii").strip()
