"""The sender's own file with the remarks in it, made once after each check and kept beside the other files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from sqlalchemy.orm import Session

from fieldsurvey.casework import import_files
from fieldsurvey.sheets import marked
from fieldsurvey.sheets.remarks import Remark, joined
from fieldsurvey.store import imports as store
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.imports import Import
from fieldsurvey.translations import say


def path(of: Import, folder: BlobFolder, locale: str) -> Path:
    """Where the copy lies, without the ending that its name has for its owner."""
    return folder.folder.parent / "imports" / f"{of.id}-{locale}"


def write(session: Session, of: Import, folder: BlobFolder, locale: str) -> Path:
    """Make the copy anew. It appears whole or not at all."""
    target = path(of, folder, locale)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}.part")
    layouts = import_files.layouts(of)
    sheets = import_files.open_file(of, folder)
    headings = [one.heading if one.read else 0 for one in layouts]
    columns = [one.columns for one in layouts]

    def marks(sheet: int) -> Iterator[tuple[int, str, Sequence[int]]]:
        for _, kept in store.remarked(session, of.id, sheet):
            remarks = sorted(map(Remark.from_list, kept), key=lambda one: one.row)
            for row, same in groupby(remarks, key=lambda one: one.row):
                of_row = list(same)
                cells = [columns[sheet][one.column] for one in of_row if one.column in columns[sheet]]
                yield row, joined(of_row, locale), cells

    marked.write(folder.path(of.blob), of.name, sheets, headings, marks, part, say("columns.remarks", locale))
    part.replace(target)
    return target


def name(of: Import) -> str:
    """`danh-sach.xlsx` → `danh-sach-ghi-chu.xlsx`; what we cannot copy part by part comes back as XLSX."""
    given = Path(of.name)
    kept = {".xlsx", ".xlsm", ".csv", ".txt", ".tsv"}
    return f"{given.stem}-ghi-chu{given.suffix if given.suffix.lower() in kept else '.xlsx'}"
