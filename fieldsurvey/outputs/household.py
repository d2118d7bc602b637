"""Everything about one household's case on one page: its answers in words, its result, its submissions, its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import NamedTuple, TypeVar

from sqlalchemy.orm import Session

from fieldsurvey.casework import facts
from fieldsurvey.casework import versions as form_versions
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms.answers import Answers
from fieldsurvey.forms.xform import Schema, labelled
from fieldsurvey.outputs import against_last_year, answer_sheet, timeline
from fieldsurvey.outputs.against_last_year import LastYear
from fieldsurvey.outputs.answer_sheet import Answer, Block, Reader
from fieldsurvey.outputs.timeline import Event, Sources
from fieldsurvey.rules import permissions
from fieldsurvey.rules.classification import Classification
from fieldsurvey.rules.deprivations import Finding
from fieldsurvey.rules.explain import Sentence, explain
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.rules.workflow import State
from fieldsurvey.store import areas, audit, cases, people, results, reviews, submissions
from fieldsurvey.store.areas import Area
from fieldsurvey.store.cases import Case
from fieldsurvey.store.register import Household
from fieldsurvey.store.results import Result
from fieldsurvey.store.reviews import Review
from fieldsurvey.store.submissions import Attachment, Submission, SubmissionVersion


class Look(NamedTuple):
    """How the reader looks: the language, and another submission or version than the one under review."""

    language: str
    reveal: bool = False  # show identity numbers; the caller has logged it
    submission_id: int | None = None
    version_id: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One submission of the household."""

    submission: Submission
    who: str
    under_review: bool
    shown: bool


class Proof(NamedTuple):
    """An answer that the rules name, in words. `who`: the person, if it is about one; no anchor: not on the page."""

    who: str
    label: str
    text: str  # empty: not answered
    anchor: str


@dataclass(frozen=True)
class Sheet:
    """The submission and version that are shown, in words."""

    schema: Schema
    language: str
    submission: Submission
    version: SubmissionVersion
    corrected: bool  # the version before is known, and differences are marked
    blocks: tuple[Block, ...]
    files: Mapping[str, Attachment]

    @property
    def consented(self) -> bool:
        return facts.consented(self.version.answers)

    @cached_property
    def by_path(self) -> dict[str, Answer]:
        return {answer.path: answer for block in self.blocks for answer in block.everything()}

    @property
    def cards(self) -> list[list[Block]]:
        """The blocks as they lie on the page: a repeat by itself, the groups between two repeats together."""
        return [list(group) for _, group in groupby(self.blocks, key=lambda block: block.path if block.blocks else "")]

    @property
    def changes(self) -> int:
        """Answers that differ from the version before; a person who was added counts once."""
        added = sum(inner.added for block in self.blocks for inner in block.blocks)
        return added + sum(answer.before is not None for answer in self.by_path.values())

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {inner.path: inner.title for block in self.blocks for inner in block.blocks}

    def proofs(self, finding: Finding) -> list[tuple[str, list[Proof]]]:
        """The answers that decided a finding, or could decide it, person by person."""
        told = [self._proof(path, code) for path, code in finding.evidence]
        told += [self._proof(path, "") for path in finding.missing]
        return [(who, list(proofs)) for who, proofs in groupby(told, key=lambda proof: proof.who)]

    def _proof(self, path: str, code: str) -> Proof:
        group = path.rpartition("/")[0]
        asked = self.schema.by_path.get(timeline.without_positions(path))
        label = labelled(asked.label, self.language) if asked else ""
        answer = self.by_path.get(path)
        text, anchor = (answer.text, answer.anchor) if answer else (code, "")
        return Proof(self._titles.get(group, ""), label or path, text, anchor)

    def rated(self, item: str, code: str) -> str:
        """What an item of the points table rated, in words."""
        return answer_sheet.in_words(self.schema, item, code, self.language)


@dataclass(frozen=True, slots=True)
class Noted:
    """The officer's note on a question, as it stands now: `open` while the household is returned, answered after."""

    text: str
    by: str
    at: datetime
    open: bool
    answered_at: datetime | None  # when the answers came that followed it
    spoken: tuple[int, int] | None  # (id of the review, position of the note) of a recording


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that the household's page shows. Without a sheet nobody has visited yet."""

    case: Case
    household: Household
    village: Area | None
    commune: Area | None
    sheet: Sheet | None = None
    classification: Classification | None = None
    paper_score_by: str = ""
    visits: tuple[Visit, ...] = ()
    events: tuple[Event, ...] = ()
    last_year: LastYear | None = None
    remarks: Mapping[str, Noted] = field(default_factory=dict)  # of the last return, by the question's ref

    @property
    def class_changed(self) -> bool:
        before, now = self.household.prior_class, self.case.household_class
        return bool(before and now and before != now)

    @property
    def reasons(self) -> tuple[Sentence, ...]:
        """Why the household has its class, without the single indicators and notices."""
        found = explain(self.classification) if self.classification else ()
        return tuple(one for one in found if one.indicator is None and not one.message_id.startswith("rules.notice."))

    @property
    def under_review(self) -> bool:
        """Whether what is shown is what a decision would be about."""
        shown = self.sheet
        return shown is not None and shown.version.current and shown.submission.id == self.case.submission_id


def find(session: Session, case_id: int, *, by: Doer) -> tuple[Case, Household]:
    """The case, if `by` may read it; NOT_FOUND otherwise, so that nobody learns that it exists."""
    found = cases.with_household(session, case_id)
    if found is None or not permissions.allows(by, Permission.READ_HOUSEHOLDS, found[0].place, found[0].round_id):
        raise Problem(Kind.NOT_FOUND)
    return found


def dossier(session: Session, case_id: int, look: Look, *, by: Doer) -> Dossier:
    """Raises NOT_FOUND for what `by` may not read, and for a submission or version of another case."""
    case, household = find(session, case_id, by=by)
    places = areas.with_ids(session, [one for one in (case.province_id, case.commune_id, case.village_id) if one])
    bare = Dossier(case, household, places.get(case.village_id or 0), places.get(case.commune_id or 0))
    arrived = submissions.of_case(session, case.id)
    if not arrived:
        return bare
    words = {area.code: area.full_name for area in places.values()} | {household.uuid: household.head_name}
    return _filled(session, bare, arrived, look, Reader(look.language, words, look.reveal))


def _filled(session: Session, bare: Dossier, arrived: Sequence[Submission], look: Look, reader: Reader) -> Dossier:
    case = bare.case
    shown = _with_id(arrived, look.submission_id or case.submission_id or arrived[0].id)
    versions = submissions.versions(session, shown.id)
    version = _with_id(versions, look.version_id) if look.version_id else next(one for one in versions if one.current)
    schema = form_versions.schema_of(session.connection(), version.form_version_id)
    result = results.newest(session, shown.id) if version.current else None
    decided, logged = reviews.of_case(session, case.id), audit.of_subject(session, "case", case.id)
    actors = {one.submitter_id for one in arrived} | {one.submitter_id for one in versions}
    actors |= {one.actor_id for one in logged}
    actors |= {result.paper_score_by} if result else set()
    names = people.names(session, {one for one in actors if one is not None})
    return replace(
        bare,
        sheet=_sheet(session, schema, shown, versions, version, reader),
        classification=_classification(result),
        paper_score_by=names.get(result.paper_score_by or 0, "") if result else "",
        visits=tuple(_visit(one, case, shown, names) for one in arrived),
        events=timeline.events(Sources(versions, decided, logged, names), schema, look.language),
        last_year=against_last_year.compare(session, case, shown.id, schema, version.answers, reader),
        remarks=_last_remarks(decided, case, version),
    )


Row = TypeVar("Row", Submission, SubmissionVersion)


def _with_id(rows: Sequence[Row], wanted: int) -> Row:
    found = next((row for row in rows if row.id == wanted), None)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _visit(one: Submission, case: Case, shown: Submission, names: Mapping[int, str]) -> Visit:
    return Visit(one, names.get(one.submitter_id or 0, ""), one.id == case.submission_id, one.id == shown.id)


def _sheet(
    session: Session,
    schema: Schema,
    submission: Submission,
    versions: Sequence[SubmissionVersion],
    version: SubmissionVersion,
    reader: Reader,
) -> Sheet:
    before = _replaced_answers(versions, version)
    return Sheet(
        schema,
        reader.language,
        submission,
        version,
        corrected=before is not None,
        blocks=answer_sheet.sheet(schema, version.answers, reader, before),
        files={one.name: one for one in submissions.attachments(session, version.id)},
    )


def _replaced_answers(versions: Sequence[SubmissionVersion], version: SubmissionVersion) -> Answers | None:
    return next((one.answers for one in versions if one.instance_id == version.deprecated_id), None)


def _classification(result: Result | None) -> Classification | None:
    """None too where a newer program wrote the result: better no explanation than a wrong one."""
    try:
        return Classification.from_dict(result.detail) if result else None
    except (KeyError, ValueError):
        return None


def _last_remarks(decided: Sequence[Review], case: Case, shown: SubmissionVersion) -> dict[str, Noted]:
    """A note is a question to the village head: it is open until the household comes back, and then it is answered."""
    newest = next((one for one in decided if one.notes), None)
    if newest is None:
        return {}
    is_open, later = case.state == State.HAS_ISSUES.value, shown.created_at > newest.at
    return {
        note["ref"]: Noted(
            text=note["text"],
            by=newest.by_name,
            at=newest.at,
            open=is_open,
            answered_at=shown.created_at if later and not is_open else None,
            spoken=(newest.id, position) if note.get("audio") else None,
        )
        for position, note in enumerate(newest.notes)
    }
