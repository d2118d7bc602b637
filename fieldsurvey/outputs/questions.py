"""What a form asks, in the order in which it asks: for who looks a questionnaire over before it goes to phones."""

from __future__ import annotations

from dataclasses import dataclass

from fieldsurvey.forms.xform import FIELD, Field, Schema, labelled

# Controls and types that have a word of their own; the rest is text.
_KINDS = {
    ("input", "int"): "integer", ("input", "decimal"): "decimal", ("input", "date"): "date", ("input", "time"): "time",
    ("input", "dateTime"): "date_time", ("input", "geopoint"): "geopoint", ("input", "barcode"): "barcode",
    ("input", "geotrace"): "geotrace", ("input", "geoshape"): "geoshape",
}  # fmt: skip
_BY_CONTROL = {
    "select1": "select_one", "select": "select_multiple", "rank": "rank", "upload": "file", "trigger": "acknowledge",
    "range": "range",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """A question, or the heading of a group or repeat. `depth` counts the groups around it."""

    path: str
    depth: int
    kind: str  # group | repeat | text | integer | select_one | …
    label: str
    choices: tuple[str, ...]  # labels; empty where the choices come from a file

    @property
    def heading(self) -> bool:
        return self.kind in {"group", "repeat"}


def count(schema: Schema) -> int:
    """The number of questions that somebody is asked."""
    return sum(1 for one in schema.fields if one.kind == FIELD and one.control)


def questions(schema: Schema, language: str) -> list[Question]:
    """Headings and questions; what nobody sees (calculations, metadata) is left out."""
    shown = {path for one in schema.fields if one.kind == FIELD and one.control for path in _with_groups(one.path)}
    return [_question(schema, one, language) for one in schema.fields if one.path in shown]


def _with_groups(path: str) -> list[str]:
    """`a/b/c` → `a`, `a/b`, `a/b/c`."""
    names = path.split("/")
    return ["/".join(names[:end]) for end in range(1, len(names) + 1)]


def _question(schema: Schema, one: Field, language: str) -> Question:
    asked = _KINDS.get((one.control, one.type)) or _BY_CONTROL.get(one.control, "text")
    kind = asked if one.kind == FIELD else one.kind
    choices = tuple(labelled(labels, language) for labels in schema.choices.get(one.choices, {}).values())
    return Question(one.path, one.path.count("/"), kind, labelled(one.label, language) or one.name, choices)
