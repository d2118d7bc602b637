"""Submissions of a form: sent, listed, looked at, corrected, reviewed, deleted and brought back; those of its draft too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, request
from sqlalchemy.orm import Session

from fieldsurvey import afterwards, callers
from fieldsurvey.api import handing_out, wire
from fieldsurvey.api.audits import entries_where
from fieldsurvey.api.door import ITSELF, Ask, View, route
from fieldsurvey.api.forms import FORM
from fieldsurvey.api.schemas.actors import ActorSchema
from fieldsurvey.api.schemas.audits import AuditSchema
from fieldsurvey.api.schemas.submissions import KeySchema, SubmissionChangeSchema, SubmissionSchema
from fieldsurvey.callers import locale
from fieldsurvey.casework import intake
from fieldsurvey.casework import submissions as verbs
from fieldsurvey.casework.intake import Upload
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, config, reading, session, session_now, utcnow, write, write_together
from fieldsurvey.forms import answers
from fieldsurvey.guards import doer
from fieldsurvey.outputs import submission_history
from fieldsurvey.outputs import submission_records as output
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.store import forms
from fieldsurvey.store import submissions as store
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission, SubmissionVersion
from fieldsurvey.translations import say

XML = "application/xml; charset=utf-8"


def resource(method: str, tail: str, *, asks: Ask, **described: Any) -> Callable[[View], View]:
    """Serve a view below a form's submissions and below those of its draft; the view is told which by `draft`."""

    def decorate(view: View) -> View:
        for draft, base in ((False, f"{FORM}/submissions"), (True, f"{FORM}/draft/submissions")):
            route(method, base + tail, asks=asks, **described)(_twin(view, draft))
        return view

    return decorate


def _twin(view: View, draft: bool) -> Callable[..., Any]:
    def twin(form: Form, **found: Any) -> Any:
        if draft and form.draft_id is None:
            raise Problem(Kind.NOT_FOUND)
        return view(form=form, draft=draft, **found)

    twin.__name__ = f"{view.__name__}_of_draft" if draft else view.__name__
    twin.__module__, twin.__doc__ = view.__module__, view.__doc__
    return twin


def seen(form: Form) -> Scope:
    """Where the caller may see submissions of the form."""
    return permissions.scope(doer(), Permission.READ_HOUSEHOLDS, form.round_id, form.id)


def found(form: Form, instance_id: str, draft: bool, *, hold: bool = False) -> Submission:
    """The submission by its first instanceID; raises NOT_FOUND, outside the caller's areas too."""
    submission = store.by_instance(session(), form.id, instance_id, draft, hold=hold)
    if submission is None or not seen(form).covers(submission.place):
        raise Problem(Kind.NOT_FOUND)
    return submission


def found_or_moved(form: Form, instance_id: str, draft: bool, tail: str = "") -> Submission | Response:
    """The submission; where the id is that of a later version, the way to that version. `tail`: the rest of the address."""
    submission = store.by_instance(session(), form.id, instance_id, draft)
    if submission is not None:
        return found(form, instance_id, draft)
    root = store.root_of(session(), form.id, instance_id, draft)
    if root is None or not seen(form).covers(root.place):
        raise Problem(Kind.NOT_FOUND)
    base = f"{urlsplit(callers.base_url(form.round_id)).path}/forms/{_in_address(form.xml_form_id)}"
    version = f"{_in_address(root.instance_id)}/versions/{_in_address(instance_id)}"
    query = request.query_string.decode("latin-1")
    return wire.moved(f"{base}{'/draft' if draft else ''}/submissions/{version}{tail}{'?' + query if query else ''}")


def _in_address(name: str) -> str:
    return quote(name, safe=":")


def current(submission: Submission) -> SubmissionVersion:
    version = store.current_version(session(), submission.id)
    if version is None:
        raise Problem(Kind.NOT_FOUND)
    return version


@resource("GET", "", asks=Permission.READ_HOUSEHOLDS, gives=SubmissionSchema, many=True)
def submissions(project: Round, form: Form, draft: bool) -> list[dict[str, Any]] | Response:
    """The submissions, newest first; `?deleted=true`: those that can be brought back."""
    (offset, limit), scope, deleted = wire.paging(), seen(form), wire.flag("deleted")
    asked: dict[str, Any] = {"offset": offset, "limit": limit, "extended": wire.extended()}

    def listed(reading: Session) -> Iterator[list[dict[str, Any]]]:
        return output.listed(reading, form.id, scope, draft=draft, deleted=deleted, **asked)

    if limit is not None and limit <= output.CHUNK:
        return next(listed(session()), [])
    return wire.streamed_list(listed)


@route("POST", f"{FORM}/submissions", asks=Permission.SUBMIT, gives=SubmissionSchema)
def create(project: Round, form: Form) -> dict[str, Any]:
    """A new submission as XML; its files come one by one."""
    return _sent(form, doer(), draft=False)


@route("POST", f"{FORM}/draft/submissions", asks=ITSELF, gives=SubmissionSchema)
def create_of_draft(project: Round, form: Form) -> dict[str, Any]:
    """A submission that tries out the draft; the draft's token is enough."""
    if form.draft_id is None:
        raise Problem(Kind.NOT_FOUND)
    by = callers.tester(form)
    permissions.require_anywhere(by, Permission.SUBMIT, project.id, form.id)
    return _sent(form, by, draft=True)


def _upload() -> Upload:
    client, agent = request.headers.get("ODK-Client"), request.headers.get("User-Agent")
    content = request.get_data()
    if len(content) > config().max_xml_kb * 1024:
        raise Problem(Kind.TOO_LARGE, limit=config().max_xml_kb / 1024)
    user_agent = intake.of_client(" ".join(text for text in (client, agent) if text))
    return Upload(content, (), intake.of_client(request.args.get("deviceID")), user_agent)


def _sent(form: Form, by: permissions.Doer, draft: bool, only_new: bool = True) -> dict[str, Any]:
    now = utcnow()
    parcel = intake.open_parcel(reading(), form.round_id, _upload(), blobs(), by=by, now=now, to=form, draft=draft)
    receipt = write_together(lambda connection: intake.receive(connection, parcel, by=by, now=now, only_new=only_new))
    afterwards.look_at(receipt.submission_id)
    return output.one(session_now(), receipt.submission_id)


@resource("PUT", "/<instance_id>", asks=Permission.SUBMIT, gives=SubmissionSchema)
def correct(project: Round, form: Form, draft: bool, instance_id: str) -> dict[str, Any]:
    """A correction: XML with a new instanceID and, as deprecatedID, the one of the present version."""
    envelope = answers.open_envelope(_upload().xml)
    if envelope.form_id != form.xml_form_id:
        raise Problem(Kind.UNEXPECTED_VALUE, field="form id", value=envelope.form_id, reason=intake.OTHER_FORM)
    if envelope.deprecated_id is None:
        raise Problem(Kind.DEPRECATED_ID_MISSING)
    submission = store.by_instance(session(), form.id, instance_id, draft)
    if submission is None:
        raise Problem(Kind.NOT_FOUND)
    if current(submission).instance_id != envelope.deprecated_id:
        raise Problem(Kind.CORRECTION_STALE, deprecatedId=envelope.deprecated_id)
    return _sent(form, doer(), draft, only_new=False)


@resource("GET", "/keys", asks=Permission.READ_HOUSEHOLDS, gives=KeySchema, many=True)
def keys(project: Round, form: Form, draft: bool) -> list[dict[str, Any]]:
    """The keys with which submissions were encrypted."""
    return output.keys(session(), form.id, draft)


@resource("GET", "/submitters", asks=Permission.READ_HOUSEHOLDS, gives=ActorSchema, many=True)
def submitters(project: Round, form: Form, draft: bool) -> list[dict[str, Any]]:
    """Who has sent submissions, by name."""
    return output.submitters(session(), form.id, draft, seen(form))


@resource("GET", "/<instance_id>", asks=Permission.READ_HOUSEHOLDS, gives=SubmissionSchema)
def submission(project: Round, form: Form, draft: bool, instance_id: str) -> dict[str, Any] | Response:
    """One submission, as it is now."""
    of = found_or_moved(form, instance_id, draft)
    if isinstance(of, Response):
        return of
    return output.one(session(), of.id, extended=wire.extended())


@resource("GET", "/<instance_id>.xml", asks=Permission.READ_HOUSEHOLDS)
def submission_xml(project: Round, form: Form, draft: bool, instance_id: str) -> Response:
    """The XML of the present version, byte for byte as it was sent."""
    of = found_or_moved(form, instance_id, draft, ".xml")
    handing_out.note(form, draft, "xml")
    return of if isinstance(of, Response) else Response(bytes(current(of).xml), content_type=XML)


@route("GET", f"{FORM}/submissions/<instance_id>/edit", asks=Permission.REVIEW)
def edit(project: Round, form: Form, instance_id: str) -> Response:
    """Where a person corrects it in a browser. There are no web forms yet, so there is no such place."""
    found(form, instance_id, draft=False)
    raise Problem(Kind.EDITING_CLOSED if form.state != forms.OPEN else Kind.WEB_FORM_NOT_READY)


@route(
    "PATCH",
    f"{FORM}/submissions/<instance_id>",
    asks=Permission.REVIEW,
    takes=SubmissionChangeSchema,
    gives=SubmissionSchema,
)
def change(project: Round, form: Form, instance_id: str) -> dict[str, Any]:
    """Set the review state; a household's case moves with it."""
    given, by, now = wire.loaded(SubmissionChangeSchema()), doer(), utcnow()
    of = store.find(reading(), form.id, instance_id)
    if of is None or not seen(form).covers(of.place):
        raise Problem(Kind.NOT_FOUND)
    if "reviewState" in given and of.case_id is None:
        write_together(lambda writing: verbs.mark(writing, form, of, given["reviewState"], by=by, now=now))
    elif "reviewState" in given:
        with write() as writing:
            verbs.decide(writing, form, of, given["reviewState"], by=by, now=now, reason=say("api.no_reason", locale()))
    return output.one(session_now(), of.id)


@route("DELETE", f"{FORM}/submissions/<instance_id>", asks=Permission.DELETE_SUBMISSIONS)
def delete(project: Round, form: Form, instance_id: str) -> dict[str, Any]:
    """Put a submission aside; nothing of it is lost."""
    with write() as writing:
        verbs.delete(writing, form, found(form, instance_id, draft=False, hold=True), by=doer(), now=utcnow())
    return wire.SUCCESS


@route("POST", f"{FORM}/submissions/<instance_id>/restore", asks=Permission.DELETE_SUBMISSIONS)
def restore(project: Round, form: Form, instance_id: str) -> dict[str, Any]:
    """Bring a deleted submission back."""
    with write() as writing:
        of = store.by_instance(writing, form.id, instance_id, draft=False, deleted=True, hold=True)
        if of is None:
            raise Problem(Kind.NOT_FOUND)
        verbs.restore(writing, form, of, by=doer(), now=utcnow())
    return wire.SUCCESS


@resource("GET", "/<instance_id>/audits", asks=Permission.READ_HOUSEHOLDS, gives=AuditSchema, many=True)
def audits(project: Round, form: Form, draft: bool, instance_id: str) -> Sequence[dict[str, Any]]:
    """What has happened to the submission, and what it has done to entities, newest first."""
    entries = entries_where(submission_history.of_submission(found(form, instance_id, draft).id))
    if not wire.extended():
        return entries
    seen = permissions.scope(doer(), Permission.READ_ENTITIES, project.id)
    return submission_history.with_entities(session(), entries, seen)
