"""What an import keeps of people beside the register goes when its undo is no longer possible: the rows of the file, the
file itself and the copies with remarks. That it happened, and its figures, stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import import_marks, import_undo
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.imports import BUSY, Import, ImportRow
from fieldsurvey.translations import LOCALES

KEPT = timedelta(days=import_undo.DAYS + 5)
_AT_ONCE = 20_000  # rows of one transaction


def forget(session: Session, folder: BlobFolder, now: datetime) -> int:
    """Rows that went, of one import that is old enough; 0 when there is none."""
    has_rows = exists().where(ImportRow.import_id == Import.id)
    query = select(Import).where(Import.created_at < now - KEPT, Import.state.not_in(BUSY), has_rows)
    of = session.scalar(query.order_by(Import.id).limit(1))
    if of is None:
        return 0
    some = select(ImportRow.id).where(ImportRow.import_id == of.id).limit(_AT_ONCE)
    gone = list(session.scalars(some))
    session.execute(delete(ImportRow).where(ImportRow.id.in_(some.scalar_subquery())))
    for locale in LOCALES:
        import_marks.path(of, folder, locale).unlink(missing_ok=True)
    younger = select(exists().where(Import.blob == of.blob, Import.created_at >= now - KEPT))
    if not session.scalar(younger):
        folder.path(of.blob).unlink(missing_ok=True)
    return len(gone)
