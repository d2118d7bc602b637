"""A form of a round made live for the plain pages: its version read once, its lists cut to who fills it in."""

from __future__ import annotations

import csv
import io
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from fieldsurvey.casework.plain_draft import State
from fieldsurvey.forms.blank import Blank
from fieldsurvey.forms.live import Live
from fieldsurvey.outputs import entity_files, form_files
from fieldsurvey.outputs.form_files import Reader
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import blobs, forms
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.forms import FormVersion

_BLANKS: OrderedDict[str, Blank] = OrderedDict()  # by the hash of the XForm
_MOST = 16


def blank(version: FormVersion) -> Blank:
    """The version, read; kept in memory, as a published one never changes."""
    found = _BLANKS.get(version.sha256)
    if found is None:
        found = _BLANKS[version.sha256] = Blank(version.xml)
        while len(_BLANKS) > _MOST:
            _BLANKS.popitem(last=False)
    return found


def live(
    session: Session,
    version: FormVersion,
    round_id: int,
    folder: BlobFolder,
    *,
    by: Doer,
    language: str,
    now: datetime,
    state: State | None = None,
) -> Live:
    """A new form, or one that was begun."""
    reader = Reader(by, round_id, language)

    def read_list(source: str) -> Iterable[Mapping[str, str]]:
        return rows(session, version, source, reader, folder)

    begun = state.instance.encode() if state is not None else None
    return Live(blank(version), read_list, now=now, language=language, instance=begun)


def rows(
    session: Session, version: FormVersion, source: str, reader: Reader, folder: BlobFolder
) -> Iterable[Mapping[str, str]]:
    """A list of the form; empty where there is none yet."""
    media = next((one for one in version.media if one.name == source), None)
    if media is None:
        return ()
    if form_files.is_made(media):
        content = form_files.made(session, media, reader)
    elif media.source == forms.DATASET:
        dataset, cut = form_files.dataset_of(session, media), form_files.cut_of(session, media, reader)
        content = b"".join(entity_files.for_phone(session, dataset, cut))
    elif media.blob is not None and blobs.by_hash(session, media.blob) is not None:
        content = folder.path(media.blob).read_bytes()
    else:
        return ()
    return csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
