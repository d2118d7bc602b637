"""The form version that a submission names. Published versions never change, so what is made from one is kept in memory."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, case, select

from fieldsurvey.casework import facts
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import answers
from fieldsurvey.forms.xform import Schema
from fieldsurvey.store import hot
from fieldsurvey.store.forms import Form, FormVersion
from fieldsurvey.store.rounds import Round


@dataclass(frozen=True, slots=True)
class Known:
    """A published version or a draft, with the states of its form and round as they are now."""

    id: int
    form_id: int
    form_state: str
    round_state: str
    client_editable: bool
    schema: Schema
    shape: answers.Shape
    is_household_form: bool
    draft: bool = False
    practice: bool = False  # of a practice round: touches no case, no register, no entity


_DRAFT = (
    select(Round.state, Round.practice, Form.state, FormVersion.id, FormVersion.md5)
    .join(Form, Form.round_id == Round.id)
    .join(FormVersion, FormVersion.id == Form.draft_id)
    .where(Form.id == bindparam("form_id"))
)
_FIND = (
    select(Round.state, case((Round.practice, 1), else_=0), Form.id, Form.state, FormVersion.id, FormVersion.md5)
    .select_from(Round)
    .outerjoin(
        Form,
        and_(
            Form.round_id == Round.id,
            Form.xml_form_id == bindparam("xml_form_id"),
            Form.deleted_at.is_(None),
            Form.published_id.is_not(None),
        ),
    )
    .outerjoin(
        FormVersion,
        and_(
            FormVersion.form_id == Form.id,
            FormVersion.version == bindparam("version"),
            FormVersion.published_at.is_not(None),
        ),
    )
    .where(Round.id == bindparam("round_id"), Round.deleted_at.is_(None))
)


def known(connection: Connection, round_id: int, xml_form_id: str, version: str) -> Known:
    """The version by name; raises NOT_FOUND (round), FORM_UNKNOWN, VERSION_UNKNOWN."""
    row = hot.execute(
        connection, _FIND, {"round_id": round_id, "xml_form_id": xml_form_id, "version": version}
    ).fetchone()
    if row is None:
        raise Problem(Kind.NOT_FOUND)
    round_state, practice, form_id, form_state, version_id, md5 = row
    if form_id is None:
        raise Problem(Kind.FORM_UNKNOWN, form=xml_form_id)
    if version_id is None:
        raise Problem(Kind.VERSION_UNKNOWN, version=version)
    made = _in_memory(connection, version_id, md5)
    return Known(version_id, form_id, form_state, round_state, made[0].client_editable, *made, practice=bool(practice))


def draft(connection: Connection, form_id: int) -> Known:
    """The form's draft, whatever a submission says of its version; raises NOT_FOUND."""
    row = connection.execute(_DRAFT, {"form_id": form_id}).one_or_none()
    if row is None:
        raise Problem(Kind.NOT_FOUND)
    round_state, practice, form_state, version_id, md5 = row
    made = _in_memory(connection, version_id, md5)
    return Known(version_id, form_id, form_state, round_state, made[0].client_editable, *made, True, practice)


def schema_of(connection: Connection, version_id: int) -> Schema:
    """What a version asks, for who has its id."""
    return questions(connection, version_id)[0]


def questions(connection: Connection, version_id: int) -> tuple[Schema, bool]:
    """What a version asks, and whether that is the household questionnaire."""
    md5 = connection.execute(select(FormVersion.md5).where(FormVersion.id == version_id)).scalar_one()
    schema, _, is_household_form = _in_memory(connection, version_id, md5)
    return schema, is_household_form


_MADE: dict[str, tuple[Schema, answers.Shape, bool]] = {}  # by the hash of the XForm
_MOST = 256


def _in_memory(connection: Connection, version_id: int, md5: str) -> tuple[Schema, answers.Shape, bool]:
    made = _MADE.get(md5)
    if made is None:
        stored = connection.execute(select(FormVersion.fields).where(FormVersion.id == version_id)).scalar_one()
        schema = Schema.from_dict(stored)
        made = schema, answers.shape_of(schema), facts.is_household_form(schema)
        if len(_MADE) >= _MOST:
            _MADE.clear()
        _MADE[md5] = made
    return made
