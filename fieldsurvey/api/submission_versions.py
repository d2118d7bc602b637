"""The versions of a submission, and what each correction changed."""

from __future__ import annotations

from typing import Any

from flask import Response

from fieldsurvey.api import handing_out, wire
from fieldsurvey.api.schemas.submissions import FileSchema, VersionSchema
from fieldsurvey.api.submission_files import send
from fieldsurvey.api.submissions import XML, found, resource
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.outputs import differences
from fieldsurvey.outputs import submission_records as output
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import submissions as store
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import SubmissionVersion

VERSION = "/<root_id>/versions/<instance_id>"
READ = Permission.READ_HOUSEHOLDS


def version_found(form: Form, root_id: str, instance_id: str, draft: bool) -> SubmissionVersion:
    of = found(form, root_id, draft)
    version = store.version(session(), of.id, instance_id)
    if version is None:
        raise Problem(Kind.NOT_FOUND)
    return version


@resource("GET", "/<root_id>/versions", asks=READ, gives=VersionSchema, many=True)
def versions(project: Round, form: Form, draft: bool, root_id: str) -> list[dict[str, Any]]:
    """Every version, newest first."""
    return output.versions(session(), found(form, root_id, draft).id, extended=wire.extended())


@resource("GET", VERSION, asks=READ, gives=VersionSchema)
def version(project: Round, form: Form, draft: bool, root_id: str, instance_id: str) -> dict[str, Any]:
    """One version."""
    of = version_found(form, root_id, instance_id, draft)
    return output.versions(session(), of.submission_id, extended=wire.extended(), instance_id=instance_id)[0]


@resource("GET", f"{VERSION}.xml", asks=READ)
def version_xml(project: Round, form: Form, draft: bool, root_id: str, instance_id: str) -> Response:
    """The XML of a version, byte for byte as it was sent."""
    of = version_found(form, root_id, instance_id, draft)
    handing_out.note(form, draft, "xml")
    return Response(bytes(of.xml), content_type=XML)


@resource("GET", f"{VERSION}/attachments", asks=READ, gives=FileSchema, many=True)
def version_files(project: Round, form: Form, draft: bool, root_id: str, instance_id: str) -> list[dict[str, Any]]:
    """The files that a version names."""
    return output.files(session(), version_found(form, root_id, instance_id, draft).id)


@resource("GET", f"{VERSION}/attachments/<name>", asks=READ)
def version_file(project: Round, form: Form, draft: bool, root_id: str, instance_id: str, name: str) -> Response:
    """A file of a version."""
    return send(version_found(form, root_id, instance_id, draft).id, name)


@resource("GET", "/<root_id>/diffs", asks=READ)
def diffs(project: Round, form: Form, draft: bool, root_id: str) -> dict[str, Any]:
    """What each correction changed."""
    of = found(form, root_id, draft)
    handing_out.note(form, draft, "diffs")
    return differences.of_submission(session(), of.id)
