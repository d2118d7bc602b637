"""What a household's questionnaire says against last year's approved answers: what changed, who came and went, which blocks
were confirmed as the same, and what the officer should look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.forms.answers import Answers
from fieldsurvey.forms.xform import Schema, labelled
from fieldsurvey.outputs import answer_sheet
from fieldsurvey.outputs.answer_sheet import Answer, Block, Reader
from fieldsurvey.rules import prior
from fieldsurvey.store import prefill_checks, prior_answers, register
from fieldsurvey.store.cases import Case
from fieldsurvey.store.prefill_checks import PrefillCheck


@dataclass(frozen=True, slots=True)
class Part:
    """A block of the form, or a person. `marked`: yes | no | "" where nobody was asked whether it is the same."""

    title: str
    anchor: str
    marked: str
    changes: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Left:
    name: str
    reason: str  # in words; empty: none was given


@dataclass(frozen=True, slots=True)
class Remark:
    """`kind`: rules.prior.Remark. `name`: whom it is about; `questions`: in words."""

    kind: str
    name: str = ""
    birth_year: int | None = None
    block: str = ""
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LastYear:
    """`on`: the day of last year's review, None where the register knows the members only."""

    on: date | None
    parts: tuple[Part, ...]
    left: tuple[Left, ...]
    added: tuple[str, ...]  # names
    remarks: tuple[Remark, ...]
    offered: int
    same: int
    share: tuple[int, int] | None  # of the one who sent it, in the round: blocks confirmed as the same, blocks offered

    @property
    def changed(self) -> list[Part]:
        return [part for part in self.parts if part.changes]


def compare(
    session: Session, case: Case, submission_id: int, schema: Schema, answers: Answers, reader: Reader
) -> LastYear | None:
    """None where nothing was known before."""
    before = prior_answers.before_round(session.connection(), case.household_id, case.round_id)
    found = prefill_checks.of_submission(session, submission_id)
    if before is None and (found is None or not (found.known or found.remarks)):
        return None
    known = {one.uuid: one for one in register.everybody(session, case.household_id)}
    marks = prior.marked_same(answers)
    home, people = (before.answers, before.members) if before is not None else ({}, {})
    given = answers.get("members") or []
    return LastYear(
        on=before.reviewed_on if before is not None else None,
        parts=(*_blocks(schema, answers, home, marks, reader), *_people(schema, given, people, reader)),
        left=tuple(_left(one, known, schema, reader) for one in given if prior.is_gone(one)),
        added=tuple(one["m_name"] for one in given if one.get("m_name") and not one.get(prior.PERSON)) if known else (),
        remarks=tuple(_remark(one, known, schema, reader) for one in (found.remarks if found is not None else ())),
        offered=len(marks),
        same=sum(marks.values()),
        share=_share(session, found),
    )


def _blocks(
    schema: Schema, answers: Answers, home: Mapping[str, str], marks: Mapping[str, bool], reader: Reader
) -> list[Part]:
    now = {block: answers[block] for block in prior.BLOCKS if isinstance(answers.get(block), dict)}
    said = {block: {name: home[name] for name in prior.BLOCKS[block] if name in home} for block in now}
    before = {block: {**now[block], **said[block]} for block in now}
    shown = {one.path: one for one in answer_sheet.sheet(schema, now, reader, before)}
    return [
        _part(shown[block], marks.get(block)) for block in now if block in shown and (said[block] or block in marks)
    ]


def _part(block: Block, mark: bool | None) -> Part:
    changes = tuple(one for one in block.answers if one.before is not None)
    return Part(block.title, block.anchor, {True: prior.SAME, False: prior.CHANGED}.get(mark, ""), changes)  # type: ignore[arg-type]


def _people(schema: Schema, given: Sequence[Answers], people: Mapping[str, Any], reader: Reader) -> list[Part]:
    before = [{**one, **people.get(one.get(prior.PERSON) or "", {})} for one in given]
    shown = answer_sheet.sheet(schema, {"members": list(given)}, reader, {"members": before})
    rounds = zip(given, shown[0].blocks, strict=False) if shown else ()
    return [_part(block, None) for one, block in rounds if not prior.is_gone(one) and one.get(prior.PERSON) in people]


def _left(one: Answers, known: Mapping[str, Any], schema: Schema, reader: Reader) -> Left:
    person = known.get(one.get(prior.PERSON) or "")
    name = person.name if person is not None else one.get("m_known_name") or "?"
    code = one.get(prior.GONE_REASON) or ""
    return Left(name, schema.choice_label("gone_reason", code, reader.language) if code else "")


def _remark(one: Mapping[str, Any], known: Mapping[str, Any], schema: Schema, reader: Reader) -> Remark:
    person, block = known.get(one.get("uuid", "")), one.get("block", "")
    paths = [f"{block}/{name}" for name in one.get("questions", ())]
    asked = [schema.by_path[path] for path in paths if path in schema.by_path]
    group = schema.by_path.get(block)
    return Remark(
        one["kind"],
        one.get("name") or (person.name if person is not None else ""),
        one.get("birth_year"),
        labelled(group.label, reader.language) if group is not None else block,
        tuple(labelled(field.label, reader.language) or field.name for field in asked),
    )


def _share(session: Session, found: PrefillCheck | None) -> tuple[int, int] | None:
    if found is None or found.submitter_id is None:
        return None
    same, offered = prefill_checks.share_of(session, found.round_id, found.submitter_id)
    return (same, offered) if offered else None
