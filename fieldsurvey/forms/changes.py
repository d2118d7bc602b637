"""What a new version of a form changes in the questions of its published versions."""

from __future__ import annotations

from collections.abc import Sequence

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.xform import FIELD, Field, Schema


def require_compatible(older: Sequence[Schema], new: Schema) -> None:
    """Raise FIELD_TYPE_CONFLICT where a question has another type than before: one export holds the answers of all.

    Anything can become text, except a group or repeat.
    """
    known: dict[str, Field] = {}
    for schema in older:
        known.update(schema.by_path)
    for one in new.fields:
        before = known.get(one.path)
        if before is not None and one.type != before.type and not (one.type == "string" and before.kind == FIELD):
            raise Problem(Kind.FIELD_TYPE_CONFLICT, path=f"/{one.path}", type=before.type)


def gone(older: Schema, new: Schema) -> list[str]:
    """The names of the questions that the new version asks no more."""
    return [one.name for one in older.fields if one.path not in new.by_path]
