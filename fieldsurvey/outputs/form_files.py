"""The files of a form's version as phones and programs get them: uploaded ones, lists of entities, lists that we make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from fieldsurvey.outputs import entity_files, phone_lists, round_list
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission
from fieldsurvey.store import assignments, blobs, forms
from fieldsurvey.store.entities import Dataset
from fieldsurvey.store.forms import FormMedia, FormVersion
from fieldsurvey.store.rounds import Round

ROUND_LISTS = frozenset({forms.HOUSEHOLDS, forms.MEMBERS})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who wants the files, of which round, and in which language our own lists are written."""

    by: Doer
    round_id: int
    locale: str


def digest(session: Session, media: FormMedia, reader: Reader) -> str | None:
    """What changes when the file does, for this reader; None while there is no file."""
    if _practises(session, media, reader):
        return phone_lists.md5(made(session, media, reader))
    if media.source == forms.DATASET:
        return entity_files.digest(session, dataset_of(session, media), cut_of(session, media, reader))
    if media.source in ROUND_LISTS:
        return phone_lists.digest(session, media.source, _wanted(session, media, reader))
    if media.source != forms.FILE:
        return phone_lists.md5(made(session, media, reader))
    blob = blobs.by_hash(session, media.blob) if media.blob else None
    return blob.md5 if blob else None


def made(session: Session, media: FormMedia, reader: Reader) -> bytes:
    """A list that we make, cut to the reader's areas."""
    scope = permissions.scope(reader.by, Permission.SUBMIT, reader.round_id)
    if _practises(session, media, reader):
        return phone_lists.practice_csv(session, scope)
    if media.source == forms.AREAS:
        visitor = round_list.cut_for(session, reader.round_id, reader.by).visitor_id
        also = assignments.villages_of(session, reader.round_id, visitor) if visitor is not None else ()
        return phone_lists.areas_csv(session, scope, also)
    write = phone_lists.households_csv if media.source == forms.HOUSEHOLDS else phone_lists.members_csv
    return write(session, _wanted(session, media, reader))


def _wanted(session: Session, media: FormMedia, reader: Reader) -> phone_lists.Wanted:
    return phone_lists.Wanted(reader.round_id, round_list.cut_for(session, reader.round_id, reader.by), reader.locale)


def _practises(session: Session, media: FormMedia, reader: Reader) -> bool:
    """Whether it is the list of households of a practice round: invented ones, never a real one."""
    if media.source != forms.HOUSEHOLDS:
        return False
    of = session.get(Round, reader.round_id)
    return of is not None and of.practice


def is_made(media: FormMedia) -> bool:
    """Whether the file is a list that we write for this reader, neither uploaded nor a list of entities."""
    return media.source in {forms.AREAS, *ROUND_LISTS}


def list_of(session: Session, media: FormMedia) -> tuple[str, str] | None:
    """The entity list that a file is made of, and how phones call such a file."""
    if media.source in ROUND_LISTS:
        return media.source, "entityList"
    if media.source != forms.DATASET:
        return None
    dataset = dataset_of(session, media)
    return dataset.name, "approvalEntityList" if dataset.approval_required else "entityList"


def dataset_of(session: Session, media: FormMedia) -> Dataset:
    return session.get_one(Dataset, media.dataset_id)


def cut_of(session: Session, media: FormMedia, reader: Reader) -> entity_files.Cut:
    """What the reader may have of the list behind a file."""
    version = session.get_one(FormVersion, media.version_id)
    return entity_files.cut_for(session, dataset_of(session, media), reader.by, version.form_id)


def on_wire(session: Session, media: FormMedia) -> dict[str, Any]:
    """ODK Central's FormAttachment. Lists that we make ourselves are always there."""
    blob = blobs.by_hash(session, media.blob) if media.blob else None
    by_list = media.source != forms.FILE
    described = {
        "name": media.name,
        "type": media.type,
        "hash": blob.md5 if blob else None,
        "exists": blob is not None or by_list,
        "blobExists": blob is not None,
        "datasetExists": by_list,
    }
    return {**described, "updatedAt": media.updated_at} if media.updated_at else described
