"""What a page knows of its reader (language, round, menu) and how it writes numbers and dates; given to templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal, format_percent
from flask import Flask, g, request, url_for
from flask import session as browser

from fieldsurvey.extensions import config, session
from fieldsurvey.guards import doer
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import rounds
from fieldsurvey.store.rounds import Round
from fieldsurvey.translations import DEFAULT_LOCALE, LOCALES, has_message, say
from fieldsurvey.web import paths

VIETNAM = timezone(timedelta(hours=7))  # the whole country, without summer time


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu, for who holds the permission and not the one in `unless`; `web.nav.<name>` says it."""

    name: str
    endpoint: str
    permission: Permission
    icon: str
    unless: Permission | None = None

    def is_for(self, by: Doer) -> bool:
        better = self.unless is not None and permissions.holds(by, self.unless)
        return permissions.holds(by, self.permission) and not better


MENU = (
    Entry("review", "web.queue", Permission.READ_HOUSEHOLDS, "list"),
    Entry("progress", "web.progress", Permission.READ_PROGRESS, "chart"),
    Entry("register", "web.register", Permission.READ_REGISTER, "home"),
    Entry("imports", "web.imports", Permission.IMPORT_REGISTER, "inbox"),
    Entry("lists", "web.lists", Permission.MANAGE_LISTS, "form"),
    Entry("work", "web.work", Permission.ASSIGN_HOUSEHOLDS, "people"),
    Entry("visits", "web.visits", Permission.SUBMIT, "home", unless=Permission.ASSIGN_HOUSEHOLDS),
    Entry("conflicts", "web.conflicts", Permission.EDIT_REGISTER, "changed"),
    Entry("areas", "web.areas", Permission.READ_REGISTER, "pin"),
    Entry("phones", "web.phones", Permission.MANAGE_DEVICES, "mobile"),
    Entry("my_phones", "web.my_phones", Permission.SUBMIT, "mobile", unless=Permission.MANAGE_DEVICES),
    Entry("forms", "web.forms", Permission.MANAGE_FORMS, "form"),
    Entry("rounds", "web.rounds", Permission.MANAGE_ROUNDS, "calendar"),
    Entry("people", "web.people", Permission.MANAGE_PEOPLE, "people"),
)


def prepare(app: Flask) -> None:
    """Give templates, and macros too, their words."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        t=t,
        has_message=has_message,
        locale=locale,
        locales=LOCALES,
        menu=menu,
        static=paths.static,
        known_rounds=known_rounds,
        chosen_round=chosen_round,
        here=here,
        may=may,
        law_name=law_name,
        section=section,
    )
    app.jinja_env.filters.update(number=number, percent=percent, day=day, moment=moment, spoken=spoken)


def locale() -> str:
    """The reader's language: chosen in this browser, else the account's, else the server's."""
    actor = g.get("actor")
    wishes = (browser.get("locale"), actor.locale if actor is not None else None, config().locale)
    return next((wish for wish in wishes if wish in LOCALES), DEFAULT_LOCALE)


def t(message_id: str, /, **params: Any) -> str:
    """The sentence in the reader's language."""
    return say(message_id, locale(), **params)


def law_name(kind: str, law_id: str) -> str:
    """Name of a standard or points table; its id when a result names one that we have no words for."""
    message_id = f"rules.{kind}.{law_id}.name"
    return t(message_id) if has_message(message_id) else law_id


def spoken(params: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Parameters of a sentence with exact decimals written as the reader writes them."""
    given = {**params, **more}
    return {name: number(Decimal(value)) if _is_decimal(value) else value for name, value in given.items()}


def _is_decimal(value: object) -> bool:
    return isinstance(value, str) and value.replace(".", "", 1).isdecimal()


def menu() -> list[Entry]:
    """The pages that the reader may open; asks nothing of the database."""
    by: Doer | None = g.get("doer")
    return [one for one in MENU if by is not None and one.is_for(by)]


def may(permission: Permission | str, round_id: int | None = None) -> bool:
    """Whether the reader holds the permission anywhere: decides whether a control is offered."""
    return permissions.holds(doer(), Permission(permission), round_id)


def here(endpoint: str) -> bool:
    """Whether the page stands below that menu entry's address."""
    return request.path.startswith(url_for(endpoint))


def section() -> str:
    """The first page of the part of the site that the reader is in."""
    addresses = [url_for(one.endpoint) for one in menu()]
    return max((one for one in addresses if request.path.startswith(one)), key=len, default=request.path)


def known_rounds() -> Sequence[Round]:
    """The rounds of the reader's areas, newest first."""
    if "rounds" not in g:
        own = {grant.area.id for grant in doer().grants if grant.area is not None}
        everywhere = any(grant.area is None for grant in doer().grants)
        above = {g.actor.province_id, g.actor.commune_id, g.actor.village_id} - {None}
        g.rounds = rounds.all_rounds(session()) if everywhere else rounds.around(session(), own, above | own)
    found: Sequence[Round] = g.rounds
    return found


def current_round() -> Round | None:
    """The round that the reader looks at: `?round=`, which is remembered, else the newest open one, else the newest."""
    by_id = {one.id: one for one in known_rounds()}
    asked = request.args.get("round", type=int)
    if asked in by_id:
        browser["round"] = asked
    g.round = by_id.get(browser.get("round", 0)) or next(
        (one for one in by_id.values() if one.state == rounds.OPEN and not one.practice),
        next(iter(by_id.values()), None),
    )
    chosen: Round | None = g.round
    return chosen


def chosen_round() -> Round | None:
    """The round that the page's view has looked up, if it has; for the header."""
    chosen: Round | None = g.get("round")
    return chosen


def number(value: int | float | Decimal) -> str:
    """1234567 → 1.234.567 (vi) or 1,234,567 (en)."""
    return format_decimal(value, locale=locale())


def percent(part: float, whole: float) -> str:
    """Rounded down, so that 100 % means all."""
    return format_percent(int(100 * part / whole) / 100 if whole else 0, locale=locale())


def day(value: date | datetime | None) -> str:
    """31/12/2026; empty for None."""
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM)
    return value.strftime("%d/%m/%Y") if value else ""


def moment(value: datetime | None) -> str:
    """31/12/2026 17:05 in Vietnam; empty for None."""
    return value.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M") if value else ""
