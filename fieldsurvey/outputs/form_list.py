"""The forms of a round, each with the version that phones get and with its draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.store import forms
from fieldsurvey.store.forms import Form, FormVersion


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version without its XML and its schema, which are large."""

    id: int
    version: str
    title: str
    created_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class FormLine:
    form: Form
    published: VersionLine | None
    draft: VersionLine | None

    @property
    def title(self) -> str:
        shown = self.published or self.draft
        return (shown.title if shown else "") or self.form.xml_form_id


def of_round(session: Session, round_id: int) -> list[FormLine]:
    """By form id; two statements."""
    found = forms.of_round(session, round_id)
    ids = [number for form in found for number in (form.published_id, form.draft_id) if number is not None]
    lines = {row.id: VersionLine(**row._mapping) for row in forms.version_lines(session, FormVersion.id.in_(ids))}
    return [FormLine(form, lines.get(form.published_id or 0), lines.get(form.draft_id or 0)) for form in found]


def history(session: Session, form_id: int) -> list[VersionLine]:
    """The published versions of a form, newest first."""
    own = FormVersion.form_id == form_id
    rows = forms.version_lines(session, own, FormVersion.published_at.is_not(None))
    return [VersionLine(**row._mapping) for row in reversed(rows)]
