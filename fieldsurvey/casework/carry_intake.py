"""Taking in carried files: each submission exactly once, whoever brings it, however often, in whatever pieces.

A record that proves which phone made it is taken in under the name of the phone's person; one that does not, under the
name of who takes it in, and only within that person's area.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

from sqlalchemy.orm import Session

from fieldsurvey.casework import carry, intake, keep_draft, phone_intake
from fieldsurvey.casework.attachments import Stored
from fieldsurvey.casework.carry import DRAFT, SUBMISSION, Damage, Record
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.permissions import Doer, Permission, holds_for_some_form
from fieldsurvey.store import audit, blobs, devices, rounds
from fieldsurvey.store.keys import KeyFolder


@dataclass(slots=True)
class Line:
    """What became of one submission: `outcome` as a phone is told, or the problem; `code`: its receipt."""

    instance_id: str
    outcome: str = ""
    problem: Problem | None = None
    code: str = ""
    who: str = ""
    case_id: int | None = None
    submission_id: int | None = None
    files: int = 0  # that came with these pieces
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What became of everything that was brought."""

    lines: dict[str, Line] = field(default_factory=dict)  # by instanceID
    drafts: int = 0
    drafts_refused: int = 0
    stray_files: int = 0  # files whose submission has not come yet
    damage: list[tuple[str, Damage]] = field(default_factory=list)  # file name → what was wrong with it

    @property
    def taken(self) -> int:
        return sum(line.problem is None and bool(line.outcome) for line in self.lines.values())


@dataclass(frozen=True, slots=True)
class _File:
    record: Record  # without its content
    stored: Stored


Writing = Callable[[], AbstractContextManager[Session]]


class CarryIntake:
    """One act of taking in: the uploads one after the other, then the files into their places.

    `reading` gives the request's session for questions, `write` the transaction for one submission.
    """

    def __init__(
        self, reading: Callable[[], Session], write: Writing, keys: KeyFolder, folder: blobs.BlobFolder,
        *, by: Doer, now: datetime,
    ) -> None:  # fmt: skip
        self.reading, self.write, self.keys, self.folder = reading, write, keys, folder
        self.by, self.now = by, now
        self.report = Report()
        self._files: list[_File] = []
        self._doers: dict[int, tuple[str, Doer] | None] = {}

    def take(self, uploads: Iterable[tuple[str, IO[bytes]]]) -> Report:
        """All uploads: (file name, content). Raises CARRY_BROKEN where none of them is a carried file."""
        some = False
        for name, content in uploads:
            damage = Damage()
            for record in carry.records(content, self.keys, damage):
                self._record(record)
            some = some or not damage.foreign
            if damage.any:
                self.report.damage.append((name, damage))
        if not some:
            raise Problem(Kind.CARRY_BROKEN)
        for file in self._files:
            self._fill(file)
        self._write_down()
        return self.report

    def _record(self, record: Record) -> None:
        if record.kind == SUBMISSION:
            self._submission(record)
        elif record.kind == DRAFT:
            self._draft(record)
        else:
            stored = phone_intake.put(io.BytesIO(record.content), record.mime, self.folder)
            self._files.append(_File(_without_content(record, self._prover(record)), stored))

    def _prover(self, record: Record) -> Doer | None:
        """The person of the phone that made the record, if it proves that."""
        if record.device_id not in self._doers:
            found = devices.with_owner(self.reading(), record.device_id)
            known = (found[0].token_hash, found[1].doer()) if found and found[1].deleted_at is None else None
            self._doers[record.device_id] = known
        known = self._doers[record.device_id]
        return known[1] if known is not None and record.proved_by(known[0]) else None

    def _submission(self, record: Record) -> None:
        line = self.report.lines.setdefault(record.instance_id, Line(record.instance_id))
        maker = self._prover(record)
        by = maker if maker and holds_for_some_form(maker, Permission.SUBMIT, record.round_id) else self.by
        try:
            taken = self._received(record, by)
        except Problem as refused:
            if not line.outcome:  # the same one, taken in before, stays taken in
                line.problem, line.who = refused, by.name
                self._keep_aside(record, refused, by)
            return
        line.problem, line.who = None, by.name
        line.outcome = line.outcome or taken.receipt.outcome.value
        line.code, line.missing = taken.signed.code, taken.receipt.missing
        line.submission_id = taken.receipt.submission_id

    def _keep_aside(self, record: Record, refused: Problem, by: Doer) -> None:
        if refused.kind in intake.RESCUED:
            known = rounds.by_id(self.reading(), record.round_id)
            with self.write() as session:
                intake.keep_aside(
                    session.connection(), known.id if known else None, record.content, refused, self.folder,
                    by=by, now=self.now,
                )  # fmt: skip

    def _received(self, record: Record, by: Doer) -> phone_intake.Taken:
        upload = intake.Upload(record.content, (), intake.of_client(f"fieldsurvey:{record.device_id}"), "carried")
        connection = self.reading().connection()
        parcel = intake.open_parcel(connection, record.round_id, upload, self.folder, by=by, now=self.now)
        with self.write() as session:
            return phone_intake.take(session.connection(), parcel, self.keys, device_id=None, by=by, now=self.now)

    def _draft(self, record: Record) -> None:
        maker = self._prover(record)
        if maker is None:
            self.report.drafts_refused += 1
            return
        try:
            with self.write() as session:
                keep_draft.keep(
                    session, record.instance_id, record.content, device_id=record.device_id, by=maker, now=self.now
                )
            self.report.drafts += 1
        except Problem:
            self.report.drafts_refused += 1

    def _fill(self, file: _File) -> None:
        """Into its place, where the submission has come, now or earlier."""
        record = file.record
        try:
            of = self._slot(record)
        except Problem:
            self.report.stray_files += 1
            return
        with self.write() as session:
            missing = phone_intake.fill(session.connection(), of, file.stored, by=self.by, now=self.now)
        line = self.report.lines.setdefault(record.instance_id, Line(record.instance_id))
        line.files, line.missing = line.files + 1, missing
        line.submission_id = of.submission_id

    def _slot(self, record: Record) -> phone_intake.Slot:
        maker = self._doers.get(record.device_id)
        tried = [maker[1]] if maker is not None and record.proof else []
        for by in [*tried, self.by]:
            try:
                return phone_intake.slot(self.reading(), record.round_id, record.instance_id, record.name, by=by)
            except Problem:
                continue
        raise Problem(Kind.NOT_FOUND)

    def _write_down(self) -> None:
        report = self.report
        with self.write() as session:
            audit.record(
                session, "intake.carry", "actor", self.by.id, by=self.by, now=self.now,
                submissions=report.taken, refused=len(report.lines) - report.taken, drafts=report.drafts,
            )  # fmt: skip


def _without_content(record: Record, maker: Doer | None) -> Record:
    """As the photos of a day do not all fit into memory. The proof stays only where it was right."""
    return Record(
        record.kind, record.round_id, record.instance_id, b"", record.name, record.mime, record.device_id,
        record.proof if maker is not None else "",
    )  # fmt: skip
