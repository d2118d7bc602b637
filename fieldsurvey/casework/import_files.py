"""The file of an import: its sheets, where the headings stand, what the columns hold, kept as JSON in `layout`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.sheets import columns, files
from fieldsurvey.sheets.columns import Columns
from fieldsurvey.sheets.files import Sheet
from fieldsurvey.store import imports as store
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.imports import Import


@dataclass(slots=True)
class SheetLayout:
    """One sheet: `heading` is its row of headings, 0 where none was found, and then the sheet is left out."""

    name: str
    role: str
    heading: int
    height: int
    fingerprint: str
    texts: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    columns: Columns
    remembered: bool = False  # the columns are those that somebody chose before

    @property
    def read(self) -> bool:
        return self.role != columns.SKIP and self.heading > 0

    @property
    def rows(self) -> int:
        """Below the headings."""
        return max(self.height - self.heading, 0)


def open_file(of: Import, folder: BlobFolder) -> tuple[Sheet, ...]:
    """Raises NOT_FOUND when the file is no longer kept, and what files.read raises."""
    path = folder.path(of.blob)
    if not path.exists():
        raise Problem(Kind.NOT_FOUND)
    return files.read(path, of.name)


def propose(session: Session, kind: str, sheets: tuple[Sheet, ...]) -> list[SheetLayout]:
    """A layout for each sheet: the columns that were chosen for these headings before, else by synonyms.

    Raises SPREADSHEET_NO_HEADINGS where no sheet has a row that looks like headings.
    """
    found = [_propose(session, kind, one) for one in sheets]
    if not any(one.read for one in found):
        raise Problem(Kind.SPREADSHEET_NO_HEADINGS)
    return found


def _propose(session: Session, kind: str, sheet: Sheet) -> SheetLayout:
    found = columns.heading(sheet, kind)
    if found is None:
        return SheetLayout(sheet.name, columns.SKIP, 0, sheet.height, "", (), (), {})
    before = store.remembered(session, kind, found.fingerprint)
    role = columns.role_of(sheet.name) if kind == store.REGISTER else columns.LISTED
    return SheetLayout(
        sheet.name, role, found.row, sheet.height, found.fingerprint, found.texts, found.samples,
        before if before is not None else columns.match(found.texts, kind), before is not None,
    )  # fmt: skip


def layouts(of: Import) -> list[SheetLayout]:
    return [SheetLayout(**{**kept, "texts": tuple(kept["texts"]), "samples": kept["samples"]}) for kept in of.layout]


def as_json(found: list[SheetLayout]) -> list[dict[str, Any]]:
    return [asdict(one) for one in found]


def remember(session: Session, kind: str, found: list[SheetLayout], now: datetime) -> None:
    """What was chosen for each set of headings, for whoever sends such a file next."""
    chosen = {one.fingerprint: one.columns for one in found if one.read}
    for fingerprint, picked in chosen.items():
        store.remember(session, kind, fingerprint, picked, now)
