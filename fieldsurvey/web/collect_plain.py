"""The form page by page in plain HTML, for browsers that are too old for the app: the same form, the same way in.

Nothing here needs a script. What is typed is kept on the server after each page.
"""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import intake, plain_draft, receipts
from fieldsurvey.casework.attachments import FilePart
from fieldsurvey.casework.plain_draft import State
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, config, keys, reading, session, session_now, utcnow, write, write_together
from fieldsurvey.forms import screens
from fieldsurvey.forms.live import Live
from fieldsurvey.forms.screens import Question, Screen, Wrong
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import phone_app, plain_form, returned
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import forms, sealed_drafts
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.sealed_drafts import PLAIN
from fieldsurvey.web import context
from fieldsurvey.web.door import door

ANSWER, SEEN = "a:", "seen"  # names of fields: of an answer + its ref; the refs that the page showed
SEND = "send"  # the page after the last


@dataclass
class Filling:
    """A form on its way through a request."""

    state: State
    live: Live
    wrong: dict[str, Wrong] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)  # what could not be read, as it was typed
    moved: bool = False  # the form has changed an answer that stands on the page: to be seen before going on


@door.get("/plain", endpoint="plain", strict_slashes=False)
@requires(Permission.SUBMIT)
def plain_forms() -> str:
    """The forms to fill in, what was begun, what came back."""
    by = doer()
    open_rounds = phone_app.open_rounds(session(), by)
    listed = list(phone_app.forms_of(session(), by, context.locale()))
    begun = [one for one in sealed_drafts.of_actor(session(), by.id, PLAIN)]
    states = [(one, plain_draft.load(session(), keys(), one.id, by=by)) for one in begun]
    back = [case for one in open_rounds if not one.practice for case in returned.returned(session(), one, by)]
    names = {one.id: one for one in open_rounds}
    return render_template("plain.html", forms=listed, begun=states, back=back, rounds=names)


@door.post("/plain/begin")
@requires(Permission.SUBMIT)
def begin_plain() -> AnyResponse:
    """A new form."""
    form, version = _form(request.form.get("form", type=int) or 0)
    live = plain_form.live(
        session(), version, form.round_id, blobs(), by=doer(), language=context.locale(), now=utcnow()
    )
    state = State(form.round_id, form.id, version.id, "", live.instance_id or f"uuid:{uuid.uuid4()}")
    return _kept(Filling(state, live))


def _form(form_id: int) -> tuple[Form, FormVersion]:
    """A form that the person may fill in now, with the version that phones get."""
    form = session().get(Form, form_id)
    if form is None or form.deleted_at is not None or form.published_id is None or form.state != forms.OPEN:
        raise Problem(Kind.NOT_FOUND)
    if form.round_id not in {one.id for one in phone_app.open_rounds(session(), doer())}:
        raise Problem(Kind.NOT_FOUND)
    permissions.require_anywhere(doer(), Permission.SUBMIT, form.round_id, form.id)
    return form, session().get_one(FormVersion, form.published_id)


@door.post("/plain/correct")
@requires(Permission.SUBMIT)
def correct_plain() -> AnyResponse:
    """What was returned, to be corrected: the same answers under a new instanceID."""
    wanted, by = request.form.get("instance", ""), doer()
    found = next(
        (
            case
            for one in phone_app.open_rounds(session(), by)
            for case in returned.returned(session(), one, by)
            if case["instanceId"] == wanted
        ),
        None,
    )
    if found is None:
        raise Problem(Kind.PLAIN_GONE)
    version = forms.version_of(session(), found["formId"], found["version"])
    if version is None:
        raise Problem(Kind.VERSION_UNKNOWN, version=found["version"])
    instance_id = f"uuid:{uuid.uuid4()}"
    notes = [{"ref": note["path"], "text": note["text"]} for note in found["notes"]]
    state = State(
        found["roundId"],
        found["formId"],
        version.id,
        found["xml"].partition("?>")[2] or found["xml"],
        instance_id,
        notes=notes,
    )
    filling = _live(state)
    filling.live.correct(instance_id)
    return _kept(filling)


def _live(state: State) -> Filling:
    version = session().get_one(FormVersion, state.version_id)
    by, language = doer(), context.locale()
    live = plain_form.live(
        session(), version, state.round_id, blobs(), by=by, language=language, now=utcnow(), state=state
    )
    return Filling(state, live)


def _load(draft_id: int) -> Filling:
    return _live(plain_draft.load(session(), keys(), draft_id, by=doer()))


def _keep(filling: Filling) -> None:
    filling.state.instance = filling.live.instance().decode()
    filling.state.title = _title(filling.live)
    with write() as current:
        plain_draft.keep(current, keys(), filling.state, by=doer(), now=utcnow())


def _title(live: Live) -> str:
    """What the form calls this one: its instanceName, as on a phone."""
    name = live.node(f"/{live.path(live.root).strip('/')}/meta/instanceName")
    return (name.text or "") if name is not None else ""


def _kept(filling: Filling, at: str = "") -> AnyResponse:
    _keep(filling)
    return redirect(url_for("web.plain_page", draft_id=filling.state.id, at=at or None))


@door.get("/plain/<int:draft_id>", endpoint="plain_page")
@requires(Permission.SUBMIT)
def show_plain_page(draft_id: int) -> str:
    """One page of a begun form; `?at=` is its name, `send` the last."""
    return _page(_load(draft_id), request.args.get("at", ""))


def _page(filling: Filling, at: str) -> str:
    pages = screens.screens(filling.live)
    practice = next((one.practice for one in context.known_rounds() if one.id == filling.state.round_id), False)
    shown: dict[str, Any] = {"state": filling.state, "practice": practice, "count": len(pages)}
    if at == SEND or not pages:
        wrong = [(page, one, found) for page in pages for one in page.questions if (found := screens.check(one))]
        return render_template("plain_send.html", wrong=wrong, last=pages[-1].ref if pages else "", **shown)
    number = next((index for index, page in enumerate(pages) if page.ref == at), 0)
    notes = {one["ref"]: one["text"] for one in filling.state.notes}
    return render_template(
        "plain_page.html", page=pages[number], number=number, notes=notes, wrong=filling.wrong, typed=filling.typed,
        before=pages[number - 1].ref if number else "", **shown,
    )  # fmt: skip


@door.post("/plain/<int:draft_id>")
@requires(Permission.SUBMIT)
def answer_plain_page(draft_id: int) -> AnyResponse | tuple[str, int]:
    """The answers of a page, kept; then the next page, or the same one again where something does not hold."""
    filling, form = _load(draft_id), request.form
    at, act = form.get("at", ""), form.get("act", "next")
    pages = screens.screens(filling.live)
    page = next((one for one in pages if one.ref == at), None)
    if page is None:
        return _kept(filling, at=SEND if at == SEND else "")
    if page.kind == screens.ROSTER:
        return _roster(filling, page, act)
    _take(filling, page)
    if act != "next":
        return _kept(filling, at=_before(pages, at) if act == "back" else at)
    again = _check(filling, at)
    if again is None:
        return _kept(filling, at=_after(screens.screens(filling.live), at))
    _keep(filling)
    return _page(filling, at), Kind.UNEXPECTED_VALUE.status if filling.wrong else 200


def _take(filling: Filling, page: Screen) -> None:
    """Put what was typed into the form. What the page already showed stays as the form has made it meanwhile."""
    before = {one.ref: one.value for one in page.questions}
    for one in page.questions:
        if one.kind in {"note", "shown"} or f"{SEEN}:{one.ref}" not in request.form:
            continue
        text, wrong = _given(filling, one)
        if wrong is not None:
            filling.wrong[one.ref], filling.typed[one.ref] = wrong, text
        elif text != before[one.ref]:
            filling.live.set(one.ref, text)
            before[one.ref] = text
    filling.live.recalculate()
    filling.moved = any(one.value != before[one.ref] for one in page.questions if one.kind not in {"note", "shown"})


def _given(filling: Filling, one: Question) -> tuple[str, Wrong | None]:
    if one.kind != "upload":
        return screens.read(one, request.form.getlist(ANSWER + one.ref))
    file = request.files.get(ANSWER + one.ref)
    content = file.stream.read(config().max_upload_bytes) if file is not None and file.filename else b""
    if not content or file is None:
        return ("" if f"drop:{one.ref}" in request.form else one.value), None
    name = plain_draft.file_name(filling.state, file.filename or "", content)
    plain_draft.keep_file(filling.state, name, io.BytesIO(content), file.mimetype, blobs())
    return name, None


def _check(filling: Filling, at: str) -> bool | None:
    """None: go on. Else the page is shown again: something does not hold, or the form has changed what stands on it."""
    page = next((one for one in screens.screens(filling.live) if one.ref == at), None)
    if page is None:
        return None
    for one in page.questions:
        wrong = screens.check(one)
        if wrong is not None and one.ref not in filling.wrong and f"{SEEN}:{one.ref}" in request.form:
            filling.wrong[one.ref] = wrong
    new = any(f"{SEEN}:{one.ref}" not in request.form and one.kind not in {"note", "shown"} for one in page.questions)
    return True if filling.wrong or new or filling.moved else None


def _roster(filling: Filling, page: Screen, act: str) -> AnyResponse:
    what, _, ref = act.partition(":")
    pages = screens.screens(filling.live)
    if what == "add" and not page.fixed:
        made = filling.live.add_repeat(page.ref)
        return _kept(filling, at=filling.live.ref(made))
    if what == "remove" and any(ref == one for one, _ in page.members) and "sure" in request.form:
        filling.live.remove_repeat(ref)
        return _kept(filling, at=page.ref)
    if what == "remove":
        flash(context.t("phone_app.plain.tick_first"), "problem")
        return _kept(filling, at=page.ref)
    if what == "back":
        return _kept(filling, at=_before(pages, page.ref))
    if what == "open":
        return _kept(filling, at=ref)
    inside = tuple(ref for ref, _ in page.members)
    unfinished = next((one for one in pages if inside and one.ref.startswith(inside) and _is_unfinished(one)), None)
    if unfinished is not None:
        return _kept(filling, at=unfinished.ref)
    rest = [one.ref for one in pages[[one.ref for one in pages].index(page.ref) + 1 :]]
    following = [one for one in rest if not one.startswith(inside)] if inside else rest
    return _kept(filling, at=following[0] if following else SEND)


def _is_unfinished(page: Screen) -> bool:
    return any(screens.check(one) for one in page.questions)


def _before(pages: list[Screen], at: str) -> str:
    refs = [one.ref for one in pages]
    position = refs.index(at) if at in refs else len(refs)
    return refs[max(position - 1, 0)] if refs else ""


def _after(pages: list[Screen], at: str) -> str:
    """The page behind this one; after one of a repeat its list again."""
    refs = [one.ref for one in pages]
    if at not in refs:
        return ""
    following = refs[refs.index(at) + 1] if refs.index(at) + 1 < len(refs) else SEND
    roster = next(
        (page for page in pages if page.kind == screens.ROSTER for ref, _ in page.members if at.startswith(ref)), None
    )
    if roster is not None and not any(following.startswith(ref) and at.startswith(ref) for ref, _ in roster.members):
        return roster.ref
    return following


@door.post("/plain/<int:draft_id>/send")
@requires(Permission.SUBMIT)
def send_plain(draft_id: int) -> AnyResponse | tuple[str, int] | str:
    """Send the form by the way of all others; its receipt."""
    filling, by, now = _load(draft_id), doer(), utcnow()
    if any(screens.check(one) for page in screens.screens(filling.live) for one in page.questions):
        return _page(filling, SEND), Kind.UNEXPECTED_VALUE.status
    state, folder = filling.state, keys()
    xml = filling.live.submission()
    opened = [(name, blobs().path(one.sha256).open("rb"), one.mime) for name, one in state.files.items()]
    try:
        parts = tuple(FilePart(name, name, mime, file) for name, file, mime in opened)
        upload = intake.Upload(xml, parts, None, plain_draft.CLIENT)
        parcel = intake.open_parcel(reading(), state.round_id, upload, blobs(), by=by, now=now)
    finally:
        for _, file, _ in opened:
            file.close()
    taken = write_together(lambda connection: plain_draft.send(connection, parcel, state, folder, by=by, now=now))
    session_now()
    return render_template("plain_sent.html", code=receipts.shown(taken.signed.code), taken=taken, state=state)


@door.post("/plain/<int:draft_id>/delete")
@requires(Permission.SUBMIT)
def delete_plain(draft_id: int) -> AnyResponse:
    """Throw a begun form away, when the box is ticked."""
    state = plain_draft.load(session(), keys(), draft_id, by=doer())
    if "sure" not in request.form:
        flash(context.t("phone_app.plain.tick_first"), "problem")
        return redirect(url_for("web.plain"))
    with write() as current:
        plain_draft.drop(current, state, by=doer())
    flash(context.t("phone_app.plain.deleted"), "done")
    return redirect(url_for("web.plain"))
