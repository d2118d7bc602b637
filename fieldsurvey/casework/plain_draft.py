"""A form that is filled in page by page without JavaScript: between two pages it is kept as a draft that the server seals."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import IO, Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from fieldsurvey.casework import intake, keep_draft, phone_intake
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.store import blobs, sealed_drafts
from fieldsurvey.store.keys import ID_BYTES, SEAL, KeyFolder
from fieldsurvey.store.sealed_drafts import PLAIN, SealedDraft

_NONCE = 12
CLIENT = "fieldsurvey plain pages"


@dataclass(frozen=True, slots=True)
class File:
    """A photo that was handed in with a page."""

    sha256: str
    mime: str


@dataclass(slots=True)
class State:
    """All that is known of a form between two pages."""

    round_id: int
    form_id: int
    version_id: int
    instance: str
    instance_id: str
    title: str = ""
    files: dict[str, File] = field(default_factory=dict)
    notes: list[dict[str, str]] = field(default_factory=list)  # of the officer, on a correction: ref, text
    id: int = 0  # of the draft; 0: not kept yet


def keep(session: Session, keys: KeyFolder, state: State, *, by: Doer, now: datetime) -> SealedDraft:
    """The draft as it stands; raises DRAFTS_FULL."""
    told: dict[str, Any] = {name: value for name, value in asdict(state).items() if name != "id"}
    sealed = _sealed(orjson.dumps(told), keys)
    kept = keep_draft.keep(session, PLAIN + state.instance_id, sealed, device_id=None, by=by, now=now)
    state.id = kept.id
    return kept


def load(session: Session, keys: KeyFolder, draft_id: int, *, by: Doer) -> State:
    """A draft of one's own; raises PLAIN_GONE."""
    found = session.get(SealedDraft, draft_id)
    if found is None or found.actor_id != by.id or not found.instance_id.startswith(PLAIN):
        raise Problem(Kind.PLAIN_GONE)
    told = orjson.loads(_opened(found.content, keys))
    told["files"] = {name: File(**one) for name, one in told["files"].items()}
    return State(**told, id=found.id)


def drop(session: Session, state: State, *, by: Doer) -> None:
    sealed_drafts.remove(session, by.id, PLAIN + state.instance_id)


def _sealed(plain: bytes, keys: KeyFolder) -> bytes:
    key, nonce = keys.current(SEAL), os.urandom(_NONCE)
    head = bytes.fromhex(key.id)
    return head + nonce + AESGCM(key.secret).encrypt(nonce, plain, head)


def _opened(sealed: bytes, keys: KeyFolder) -> bytes:
    head, nonce, rest = sealed[:ID_BYTES], sealed[ID_BYTES : ID_BYTES + _NONCE], sealed[ID_BYTES + _NONCE :]
    key = keys.by_id(SEAL, head.hex())
    try:
        if key is None:
            raise Problem(Kind.PLAIN_GONE)
        return AESGCM(key.secret).decrypt(nonce, rest, head)
    except InvalidTag:
        raise Problem(Kind.PLAIN_GONE) from None


def keep_file(state: State, name: str, content: IO[bytes], mime: str, folder: blobs.BlobFolder) -> None:
    """A photo of the page, on disk; the form names it."""
    stored = phone_intake.put(content, mime, folder)
    state.files[name] = File(stored.sha256, stored.mime)


def file_name(state: State, given: str, content: bytes) -> str:
    """A name that no other photo of the form has: from its content, with the ending that was given."""
    ending = given.rpartition(".")[2].lower() if "." in given else ""
    ending = ending if ending.isalnum() and len(ending) <= 5 else "jpg"
    return f"{sha256(content).hexdigest()[:16]}.{ending}"


def send(
    connection: Connection, parcel: intake.Parcel, state: State, keys: KeyFolder, *, by: Doer, now: datetime
) -> phone_intake.Taken:
    """The transaction: the submission by the way of all others, and the end of the draft."""
    taken = phone_intake.take(connection, parcel, keys, device_id=None, by=by, now=now)
    sealed_drafts.remove(connection, by.id, PLAIN + state.instance_id)
    return taken
