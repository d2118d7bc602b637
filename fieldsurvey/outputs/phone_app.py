"""What the phone app is told: who its person is, the rounds to work in, the forms with their files, what came back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from fieldsurvey.casework import facts, versions
from fieldsurvey.outputs import form_files, practice
from fieldsurvey.outputs.form_files import Reader
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import areas, forms, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.devices import PhoneSecret
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.people import Actor
from fieldsurvey.store.rounds import Round

NO_VERSION = "___"  # in addresses: the version whose name is empty


def person(session: Session, actor_id: int) -> dict[str, Any]:
    """Who has signed in."""
    actor, known = session.get_one(Actor, actor_id), session.get(PhoneSecret, actor_id)
    wanted = [one for one in (actor.village_id, actor.commune_id) if one is not None]
    places = areas.with_ids(session, wanted)
    return {
        "id": actor.id,
        "name": actor.display_name,
        "phone": actor.phone,
        "hasPin": known is not None and known.pin_hash is not None,
        "draftSalt": known.draft_salt if known else None,
        "village": _area(places.get(actor.village_id or 0)),
        "commune": _area(places.get(actor.commune_id or 0)),
    }


def _area(of: Area | None) -> dict[str, str] | None:
    return {"code": of.code, "name": of.full_name} if of else None


def open_rounds(session: Session, by: Doer) -> list[Round]:
    """The open rounds, practice too, in which `by` may fill in forms; newest first."""
    own = {grant.area.id for grant in by.grants if grant.area is not None}
    if any(grant.area is None for grant in by.grants):
        found = rounds.all_rounds(session)
    else:
        above = {by.place.province_id, by.place.commune_id, by.place.village_id} - {None}
        found = rounds.around(session, own, above | own)
    return [
        one
        for one in found
        if one.state == rounds.OPEN
        and not one.archived
        and permissions.holds_for_some_form(by, Permission.SUBMIT, one.id)
    ]


def rounds_of(session: Session, by: Doer) -> list[dict[str, Any]]:
    """As the protocol has them."""
    return [_round(one, practice.standing(session, one, by)) for one in open_rounds(session, by)]


def _round(of: Round, standing: practice.Standing) -> dict[str, Any]:
    return {
        "id": of.id,
        "name": of.name,
        "year": of.year,
        "startsOn": of.starts_on.isoformat(),
        "endsOn": of.ends_on.isoformat(),
        "state": of.state,
        "practice": of.practice,
        "practiceRoundId": of.practice_round_id,
        "practiceNeeded": standing.needed,
        "practiceDone": standing.done,
        "locked": not standing.passed,
    }


def forms_of(session: Session, by: Doer, locale: str) -> Iterator[dict[str, Any]]:
    """The forms of every round that is not locked, each with a hash that changes with it or with any of its files."""
    for of_round in open_rounds(session, by):
        if practice.standing(session, of_round, by).passed:
            for form, version in forms.published(session, of_round.id):
                if permissions.holds(by, Permission.READ_OPEN_FORMS, of_round.id, form.id):
                    yield _form(session, of_round, form, version, Reader(by, of_round.id, locale))


def _form(session: Session, of_round: Round, form: Form, version: FormVersion, reader: Reader) -> dict[str, Any]:
    base = f"/sync/forms/{form.id}/{quote(version.version or NO_VERSION, safe='')}"
    media = list(_media(session, version, reader, base))
    whole = hashlib.sha256(version.sha256.encode())
    for one in media:
        whole.update(f"\n{one['name']} {one['hash']}".encode())
    return {
        "id": form.id,
        "roundId": of_round.id,
        "practice": of_round.practice,
        "xmlFormId": form.xml_form_id,
        "version": version.version,
        "title": version.title or form.xml_form_id,
        "hash": whole.hexdigest()[:32],
        "size": len(version.xml.encode()),
        "householdForm": facts.is_household_form(versions.schema_of(session.connection(), version.id)),
        "url": f"{base}.xml",
        "media": media,
    }


def _media(session: Session, version: FormVersion, reader: Reader, base: str) -> Iterator[dict[str, Any]]:
    for media in version.media:
        digest = form_files.digest(session, media, reader)
        if digest is not None:
            yield {
                "name": media.name,
                "hash": digest,
                "url": f"{base}/media/{quote(media.name, safe='')}?hash={digest}",
                "list": media.source != forms.FILE,
            }


def digest_of(found: Sequence[dict[str, Any]]) -> str:
    """For an ETag."""
    return hashlib.sha256(repr(found).encode()).hexdigest()[:32]
