"""The phones of a round: who has one, their codes on screen, on paper and as a picture, handing out and revoking."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import people, phones
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, session, utcnow, write
from fieldsurvey.guards import doer, requires, signed_in
from fieldsurvey.outputs import phone_codes, phone_sheets
from fieldsurvey.outputs import phones as outputs
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import AreaRef, Level
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store import areas, audit, rounds
from fieldsurvey.store import people as store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.people import Actor
from fieldsurvey.store.rounds import Round
from fieldsurvey.web import context, ids
from fieldsurvey.web.door import door

ON_THIS_MACHINE = ("http://127.0.0.1", "http://localhost", "http://[::1]")


@door.get("/phones", endpoint="phones")
@requires(Permission.MANAGE_DEVICES)
def show_phones() -> str:
    """One commune's villages and phones; the communes, where the reader has several and has chosen none."""
    of = context.current_round()
    if of is None:
        return render_template("round_missing.html", title="admin.phones.title")
    chosen = ids.given(request.args, "commune")
    name = request.args.get("name", "").strip()[:100]
    if chosen is None:
        lines = outputs.communes(session(), _scope(of), of.id, _inside(of), name)
        if len(lines) != 1 or name:
            return render_template("phones_communes.html", of=of, lines=lines, name=name)
        chosen = lines[0].id
    commune = _commune(chosen, _scope(of))
    return render_template(
        "phones.html", of=of, commune=commune, villages=outputs.of_commune(session(), of.id, commune.id), far=_far()
    )


@door.post("/phones")
@requires(Permission.MANAGE_DEVICES)
def create_phone() -> AnyResponse:
    of, by, form = _round(), doer(), request.form
    with write() as current:
        village = _area(ids.given(form, "village"), Level.VILLAGE)
        owner = _owner(ids.given(form, "owner"), village)
        name = form.get("name", "").strip() or (owner.display_name if owner else village.full_name)
        made = people.create_phone(
            current, name, of.id, village, secret=config().secret_key, by=by, now=utcnow(), owner=owner
        )
    flash(context.t("admin.phones.created", name=made.display_name), "done")
    return redirect(url_for("web.phone", phone_id=made.id))


@door.post("/phones/missing")
@requires(Permission.MANAGE_DEVICES)
def create_missing_phones() -> AnyResponse:
    of, by = _round(), doer()
    with write() as current:
        commune = _area(ids.given(request.form, "commune"), Level.COMMUNE)
        made = phones.create_missing_phones(current, of.id, commune, secret=config().secret_key, by=by, now=utcnow())
    flash(context.t("admin.phones.created_many", count=len(made)), "done")
    return redirect(url_for("web.phones", commune=commune.id))


@door.get("/phones/<int:phone_id>")
@requires(Permission.MANAGE_DEVICES)
def phone(phone_id: int) -> str:
    found = _phone(phone_id)
    of = _round_of(found)
    return render_template("phone.html", phone=found, of=of, place=_path(found), code=_drawn(found, of), far=_far(),
                           address=_address(found))  # fmt: skip


@door.post("/phones/<int:phone_id>/revoke")
@requires(Permission.MANAGE_DEVICES)
def revoke_phone(phone_id: int) -> AnyResponse:
    by = doer()
    with write() as current:
        found = _phone(phone_id)
        people.revoke_phone(current, found, by=by, now=utcnow())
    flash(context.t("admin.phones.revoked", name=found.display_name), "done")
    return redirect(url_for("web.phones", commune=found.commune_id))


@door.get("/phones/<int:phone_id>/code.png")
@signed_in
def phone_picture(phone_id: int) -> Response:
    """The code as a picture, for its officer and for who carries the phone."""
    found = _own_phone(phone_id) or _phone(phone_id)
    answer = Response(phone_codes.png(_encoded(found, _round_of(found))), mimetype="image/png")
    answer.headers["Content-Disposition"] = f"attachment; filename=ma-qr-{found.id}.png"
    return answer


@door.get("/phones/sheet")
@requires(Permission.MANAGE_DEVICES)
def phone_sheet() -> str:
    """All codes of one commune, six to a page of A4."""
    of = _round()
    commune = _commune(ids.given(request.args, "commune"), _scope(of))
    found = store.phones_of_commune(session(), of.id, commune.id)
    villages = areas.with_ids(session(), sorted({one.village_id for one in found if one.village_id}))
    codes = [(one, villages.get(one.village_id or 0), _drawn(one, of)) for one in found]
    return render_template("phone_sheet.html", of=of, commune=commune, codes=codes, far=_far())


@door.get("/phones/sheet.pdf")
@requires(Permission.MANAGE_DEVICES)
def phone_sheet_file() -> Response:
    """The same on paper, with each person's first PIN while it is still the one that was handed out."""
    of, by = _round(), doer()
    commune = _commune(ids.given(request.args, "commune"), _scope(of))
    slips = [
        phone_sheets.Slip(
            _encoded(phone, of), village, phone.display_name, owner.phone if owner else None, pin, phone.valid_until
        )
        for phone, village, owner, pin in outputs.slips(session(), of.id, commune.id, config().secret_key)
    ]
    with write() as current:
        audit.record(current, "phones.sheet", "area", commune.id, by=by, now=utcnow(), phones=len(slips))
    content = phone_sheets.pdf(slips, commune.full_name, of.name, config().locale)
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f"inline; filename=ma-qr-{commune.code}.pdf"
    return answer


@door.get("/phones/mine")
@requires(Permission.SUBMIT)
def my_phones() -> str:
    """The codes of the phones that the reader carries, so that a lost app can be set up again."""
    open_rounds = {one.id: one for one in context.known_rounds() if one.state == rounds.OPEN}
    own = [one for one in store.phones_of_owner(session(), doer().id) if one.round_id in open_rounds]
    codes = [(one, open_rounds[one.round_id or 0], _drawn(one, open_rounds[one.round_id or 0])) for one in own]
    return render_template("phones_mine.html", codes=codes)


def _round() -> Round:
    of = context.current_round()
    if of is None:
        raise Problem(Kind.NOT_FOUND)
    return of


def _round_of(found: Actor) -> Round:
    of = rounds.by_id(session(), found.round_id or 0)
    if of is None:
        raise Problem(Kind.NOT_FOUND)
    return of


def _scope(of: Round) -> Scope:
    return permissions.scope(doer(), Permission.MANAGE_DEVICES, of.id)


def _inside(of: Round) -> AreaRef | None:
    area = session().get(Area, of.area_id) if of.area_id is not None else None
    return area.ref if area else None


def _area(area_id: int | None, level: Level) -> Area:
    area = session().get(Area, area_id) if area_id is not None else None
    if area is None or area.level != level:
        raise Problem(Kind.NOT_FOUND)
    return area


def _commune(area_id: int | None, scope: Scope) -> Area:
    """The commune, if it is the reader's to equip."""
    area = _area(area_id, Level.COMMUNE)
    if not scope.covers(area.place):
        raise Problem(Kind.NOT_FOUND)
    return area


def _phone(phone_id: int) -> Actor:
    """The phone, if it is the reader's to manage."""
    found = store.active(session(), phone_id)
    if found is None or found.kind != store.APP_USER:
        raise Problem(Kind.NOT_FOUND)
    if not permissions.allows(doer(), Permission.MANAGE_DEVICES, found.place, found.round_id):
        raise Problem(Kind.NOT_FOUND)
    return found


def _own_phone(phone_id: int) -> Actor | None:
    return next((one for one in store.phones_of_owner(session(), doer().id) if one.id == phone_id), None)


def _owner(owner_id: int | None, village: Area) -> Actor | None:
    """An account of the same village: nobody else may look at its code."""
    owner = store.active(session(), owner_id) if owner_id is not None else None
    return owner if owner is not None and owner.kind == store.USER and owner.village_id == village.id else None


def _path(found: Actor) -> tuple[Area, ...]:
    place = found.village_id or found.commune_id
    return areas.paths(session(), [place])[place] if place else ()


def _host() -> str:
    return config().public_url or request.host_url.rstrip("/")


def _far() -> bool:
    """Whether a phone can reach the address that the codes carry."""
    return not _host().startswith(ON_THIS_MACHINE)


def _address(found: Actor) -> str:
    return f"{_host()}/v1/key/{people.token_of(found, secret=config().secret_key)}/projects/{found.round_id}"


def _encoded(found: Actor, of: Round) -> str:
    """In the server's language, not in the reader's: it sets up the phone of somebody else."""
    return phone_codes.encoded(phone_codes.collect_settings(_address(found), of.name, config().locale))


def _drawn(found: Actor, of: Round) -> Markup:
    return Markup(phone_codes.svg(_encoded(found, of)))  # noqa: S704 - an SVG of squares, made here
