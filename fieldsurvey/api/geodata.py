"""Submissions on a map, as GeoJSON: of a form, one of them, and one version of one."""

from __future__ import annotations

from flask import Response, request

from fieldsurvey.api import handing_out, wire
from fieldsurvey.api.submission_versions import VERSION, version_found
from fieldsurvey.api.submissions import current, found_or_moved, resource, seen
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.outputs import submission_map
from fieldsurvey.outputs.entity_filters import TIMES
from fieldsurvey.outputs.submission_map import OnMap
from fieldsurvey.outputs.submission_rows import Source
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import SubmissionVersion

READ = Permission.READ_HOUSEHOLDS
STATES = {"null": None, "hasIssues": "hasIssues", "edited": "edited", "approved": "approved", "rejected": "rejected"}


def _paths() -> list[str]:
    return request.args.getlist("fieldpath")


def _sought() -> OnMap:
    """Raises WRONG_TYPE, OUT_OF_RANGE, UNEXPECTED_VALUE."""
    given = request.args
    states = given.getlist("reviewState")
    unknown = next((state for state in states if state not in STATES), None)
    if unknown is not None:
        reason = ", ".join(STATES)
        raise Problem(Kind.UNEXPECTED_VALUE, field="query parameter 'reviewState'", value=unknown, reason=reason)
    return OnMap(
        instance_ids=given.getlist("submissionID"),
        submitter_ids=[wire.whole_number(text, "submitterId") for text in given.getlist("submitterId")],
        review_states=[STATES[state] for state in states],
        deleted=wire.flag("deleted"),
        times={name: at for name in TIMES if (at := wire.asked_moment(name)) is not None},
    )


@resource("GET", ".geojson", asks=READ)
def submissions_on_map(project: Round, form: Form, draft: bool) -> Response:
    """Places of submissions: `fieldpath` (or `all`), `submissionID`, `submitterId`, `reviewState`, `deleted`, `limit`, …."""
    handing_out.note(form, draft, "geojson")
    source, sought, paths = Source(form, draft, (seen(form),)), _sought(), _paths()
    _, limit = wire.paging()
    return wire.feature_collection(lambda reading: submission_map.features(reading, source, sought, paths, limit))


def _one(version: SubmissionVersion) -> Response:
    paths = _paths()
    return wire.feature_collection(lambda reading: submission_map.of_version(reading, version, paths))


@resource("GET", "/<instance_id>.geojson", asks=READ)
def submission_on_map(project: Round, form: Form, draft: bool, instance_id: str) -> Response:
    """The place of one submission as it is now."""
    of = found_or_moved(form, instance_id, draft)
    return of if isinstance(of, Response) else _one(current(of))


@resource("GET", f"{VERSION}.geojson", asks=READ)
def version_on_map(project: Round, form: Form, draft: bool, root_id: str, instance_id: str) -> Response:
    """The place of one version."""
    return _one(version_found(form, root_id, instance_id, draft))
