"""What a correction changed: the differences between versions of a submission, answer by answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldsurvey.forms import answers as xml_answers
from fieldsurvey.forms.xform import REPEAT, Schema
from fieldsurvey.store.forms import FormVersion
from fieldsurvey.store.submissions import SubmissionVersion

Path = list[Any]  # names; in a repeat [name, position]
Repeats = frozenset[tuple[str, ...]]


def of_submission(session: Session, submission_id: int) -> dict[str, list[dict[str, Any]]]:
    """instanceID of each later version → what differs from the one before: {path, old, new}."""
    query = (
        select(SubmissionVersion.instance_id, SubmissionVersion.xml, FormVersion.fields)
        .join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
        .where(SubmissionVersion.submission_id == submission_id)
        .order_by(SubmissionVersion.id)
    )
    rows = session.execute(query).all()
    repeats: Repeats = frozenset(path for row in rows for path in _repeats(Schema.from_dict(row.fields)))
    trees = [_tree(xml_answers.open_envelope(bytes(row.xml)).root, repeats) for row in rows]
    return {
        row.instance_id: list(_differences(before, after, []))
        for row, before, after in zip(rows[1:], trees[:-1], trees[1:], strict=True)
    }


def _repeats(schema: Schema) -> Iterator[tuple[str, ...]]:
    return (tuple(one.path.split("/")) for one in schema.fields if one.kind == REPEAT)


def _tree(node: Any, repeats: Repeats, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every element as it was sent, those that the form does not know too; blank ones as ''."""
    tree: dict[str, Any] = {}
    for child in node:
        name = xml_answers.local_name(child.tag)
        here = (*path, name)
        value: Any = _tree(child, repeats, here) if len(child) else (child.text or "")
        if here in repeats:
            tree.setdefault(name, []).append(value if isinstance(value, dict) else {})
        else:
            tree[name] = value
    return tree


def _differences(before: dict[str, Any], after: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys((*before, *after)):
        here = [*path, name]
        if name not in before:
            yield from _whole(after[name], here, "new")
        elif name not in after:
            yield from _whole(before[name], here, "old")
        elif isinstance(before[name], dict) and isinstance(after[name], dict):
            yield from _differences(before[name], after[name], here)
        elif isinstance(before[name], list) and isinstance(after[name], list):
            yield from _of_rows(before[name], after[name], here)
        elif before[name] != after[name]:
            yield {"old": before[name], "new": after[name], "path": here}


def _whole(value: Any, path: Path, side: str) -> Iterator[dict[str, Any]]:
    yield {side: value, "path": path}


def _of_rows(before: Sequence[Any], after: Sequence[Any], path: Path) -> Iterator[dict[str, Any]]:
    """Rows are matched by their content, so that one inserted in the middle is one difference."""
    *above, name = path
    matcher = SequenceMatcher(None, [_key(row) for row in before], [_key(row) for row in after], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        both = min(b - a, d - c)
        for number in range(both):
            yield from _differences(before[a + number], after[c + number], [*above, [name, a + number]])
        for number in range(a + both, b):
            yield {"old": before[number], "path": [*above, [name, number]]}
        for number in range(c + both, d):
            yield {"new": after[number], "path": [*above, [name, number]]}


def _key(row: Any) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
