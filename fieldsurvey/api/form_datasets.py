"""What a form means for entity lists, before and after it is published."""

from __future__ import annotations

from typing import Any

from fieldsurvey.api.door import may, route
from fieldsurvey.api.form_drafts import DRAFT
from fieldsurvey.api.forms import FORM
from fieldsurvey.api.schemas.datasets import DatasetDiffSchema
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session
from fieldsurvey.outputs import dataset_diff
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round


@route("GET", f"{DRAFT}/dataset-diff", asks=Permission.MANAGE_FORMS, gives=DatasetDiffSchema, many=True)
def of_draft(project: Round, form: Form) -> list[dict[str, Any]]:
    """Which lists and properties publishing the draft would make, and which are there."""
    return _diff(project, form.draft_id, draft=True)


@route("GET", f"{FORM}/dataset-diff", asks=Permission.READ_FORMS, gives=DatasetDiffSchema, many=True)
def of_published(project: Round, form: Form) -> list[dict[str, Any]]:
    """Which properties of which lists the form fills."""
    return _diff(project, form.published_id, draft=False)


def _diff(project: Round, version_id: int | None, *, draft: bool) -> list[dict[str, Any]]:
    if not may(Permission.READ_ENTITIES, project):
        raise Problem(Kind.FORBIDDEN)
    if version_id is None:
        raise Problem(Kind.NOT_FOUND)
    return dataset_diff.of_version(session(), version_id, draft=draft)
