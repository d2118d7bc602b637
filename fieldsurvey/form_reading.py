"""Which version of a form an address means, and whether the caller may read it; for the doors of phones and programs."""

from __future__ import annotations

from fieldsurvey import callers
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.guards import doer
from fieldsurvey.outputs import form_records
from fieldsurvey.outputs.form_files import Reader
from fieldsurvey.rules import permissions
from fieldsurvey.store import forms
from fieldsurvey.store.forms import Form, FormVersion

NO_VERSION = "___"  # in addresses: the version whose name is empty


def shown(form: Form) -> FormVersion:
    """What phones get, else the draft. Raises FORBIDDEN."""
    return _readable(form, session().get_one(FormVersion, form.published_id or form.draft_id))


def published(form: Form, version: str) -> FormVersion:
    """A published version by its name. Raises NOT_FOUND, FORBIDDEN."""
    found = forms.version_of(session(), form.id, "" if version == NO_VERSION else version)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return _readable(form, found)


def draft(form: Form) -> FormVersion:
    """The draft, for who manages forms and for whoever has its token. Raises NOT_FOUND, DRAFT_GONE, FORBIDDEN."""
    by_token = callers.draft_token() is not None
    if form.draft_id is None:
        raise Problem(Kind.DRAFT_GONE if by_token else Kind.NOT_FOUND)
    found = session().get_one(FormVersion, form.draft_id)
    if by_token:
        callers.tester(form)
        return found
    return _readable(form, found)


def _readable(form: Form, version: FormVersion) -> FormVersion:
    by, asked = doer(), form_records.reading(version.published_at, form.state)
    if not any(permissions.holds(by, one, form.round_id, form.id) for one in asked):
        raise Problem(Kind.FORBIDDEN)
    return version


def reader(form: Form, version: FormVersion) -> Reader:
    """Who gets the files: of a draft also whoever has its token."""
    by = callers.tester(form) if version.published_at is None else doer()
    return Reader(by, form.round_id, callers.locale())
