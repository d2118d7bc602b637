"""Submissions as CSV, alone or in a zip with repeats and files. Each export is written down."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request

from fieldsurvey.api.submissions import resource, seen
from fieldsurvey.casework import versions
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, reading, session, utcnow, write
from fieldsurvey.forms.xform import Schema
from fieldsurvey.guards import doer
from fieldsurvey.outputs import submission_archive, submission_sheets
from fieldsurvey.outputs.odata import answer_fields
from fieldsurvey.outputs.submission_archive import Content, file_name
from fieldsurvey.outputs.submission_rows import Source
from fieldsurvey.outputs.submission_sheets import Options
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.sending import CSV, disposition, streamed
from fieldsurvey.store import audit, forms
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round

ZIP = "application/zip"
READ = Permission.READ_HOUSEHOLDS


def _given() -> Mapping[str, str]:
    """What the address and a form in the body say; passphrases, which a form may bring, open nothing here."""
    return {**request.args.to_dict(), **request.form.to_dict()}


def _says(name: str, value: str) -> bool:
    return _given().get(name, "").lower() == value


def _options() -> Options:
    return Options(
        split=_says("splitSelectMultiples", "true"),
        group_paths=not _says("groupPaths", "false"),
        safe=_says("safe", "true"),
        bom=_says("bom", "true"),
    )


def _source(form: Form, draft: bool) -> Source:
    """Raises FORBIDDEN for who may read, but not take out."""
    by = doer()
    permissions.require_anywhere(by, Permission.EXPORT, form.round_id, form.id)
    out = permissions.scope(by, Permission.EXPORT, form.round_id, form.id)
    return Source(form, draft, (seen(form), out))


def _schema(form: Form, draft: bool) -> Schema:
    """What the form asks; with `?deletedFields=true` also what older versions asked. Raises NOT_FOUND."""
    version_id = form.draft_id if draft else form.published_id
    if version_id is None:
        raise Problem(Kind.NOT_FOUND)
    schema, _ = versions.questions(reading(), version_id)
    if not _says("deletedFields", "true"):
        return schema
    older = [Schema.from_dict(stored) for stored in forms.published_fields(session(), form.id)]
    return submission_sheets.merged(schema, list(reversed(older)))


def _content(form: Form, draft: bool) -> Content:
    source, schema, now = _source(form, draft), _schema(form, draft), utcnow()
    wanted = answer_fields.wanted(session(), source, schema, _given().get("$filter"), now)
    files = not _says("attachments", "false")
    return Content(source, schema, form.xml_form_id, _options(), wanted, files, blobs(), now)


def _write_down(form: Form, draft: bool) -> None:
    if not draft:
        with write() as writing:
            audit.record(writing, "form.submission.export", "form", form.id, by=doer(), now=utcnow())


def _file(form: Form, draft: bool, answer: Response, ending: str) -> Response:
    _write_down(form, draft)
    answer.headers["Content-Disposition"] = disposition(f"{file_name(form.xml_form_id)}{ending}")
    return answer


def _csv(form: Form, draft: bool) -> Response:
    content = _content(form, draft)

    of = (content.source, content.schema, content.options, content.wanted)
    return _file(form, draft, streamed(lambda apart: submission_sheets.root_file(apart, *of), CSV), ".csv")


def _zip(form: Form, draft: bool) -> Response:
    content = _content(form, draft)
    answer = streamed(lambda apart: submission_archive.archive(apart, content), ZIP)
    return _file(form, draft, answer, ".zip" if content.files else ".csv.zip")


@resource("GET", ".csv", asks=READ)
def csv_file(project: Round, form: Form, draft: bool) -> Response:
    """A row for each submission, without repeats: `$filter`, `splitSelectMultiples`, `groupPaths`, `deletedFields`, …."""
    return _csv(form, draft)


@resource("POST", ".csv", asks=READ)
def csv_file_by_form(project: Round, form: Form, draft: bool) -> Response:
    """The same, with what is asked for in a form."""
    return _csv(form, draft)


@resource("GET", ".csv.zip", asks=READ)
def archive(project: Round, form: Form, draft: bool) -> Response:
    """A CSV for the root and each repeat, and the files; `attachments=false`: without files."""
    return _zip(form, draft)


@resource("POST", ".csv.zip", asks=READ)
def archive_by_form(project: Round, form: Form, draft: bool) -> Response:
    """The same, with what is asked for in a form."""
    return _zip(form, draft)
