"""Receipts: an eight-letter code for what a phone has sent, and what has become of that since.

The code is a keyed hash of the version, so that the same version always has the same code and a made-up one is found by
luck only once in millions of tries. The signature lets a phone without a line tell a forged receipt from a real one.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.permissions import Doer, Permission, scope
from fieldsurvey.store import keys as key_store
from fieldsurvey.store import receipts as store
from fieldsurvey.store import submissions
from fieldsurvey.store.keys import Key, KeyFolder
from fieldsurvey.store.receipts import StoredReceipt
from fieldsurvey.store.submissions import Submission, SubmissionVersion

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32
LENGTH = 8
_BITS = 5
_READ_AS = str.maketrans("OIL", "011")  # letters that are misread
_TRIES = 50


@dataclass(frozen=True, slots=True)
class Signed:
    """A receipt as the phone gets it; `at`: when the version first arrived."""

    code: str  # without the dash
    at: datetime
    sha256: str
    key_id: str
    signature: str


class Fate(StrEnum):
    """What has become of the version since it was received."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"  # another version took its place
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a code stands for. No names: anybody may type a code. `case_id`: for who may read the household."""

    code: str
    at: datetime
    fate: Fate
    changed_at: datetime | None
    village: str
    round_name: str
    practice: bool
    files: int
    files_missing: int
    case_id: int | None


def wire_moment(at: datetime) -> str:
    """2026-10-05T02:00:00.000Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def spelled(number: int) -> str:
    """A number below 2^40 as eight letters."""
    return "".join(ALPHABET[number >> (_BITS * place) & 31] for place in reversed(range(LENGTH)))


def typed(text: str) -> str:
    """What somebody typed as a code, however they wrote it. Raises RECEIPT_UNKNOWN."""
    code = "".join(
        letter for letter in text.upper().translate(_READ_AS) if not letter.isspace() and letter not in "-–."
    )
    if len(code) != LENGTH or any(letter not in ALPHABET for letter in code):
        raise Problem(Kind.RECEIPT_UNKNOWN)
    return code


def shown(code: str) -> str:
    """7K3M-9QFT."""
    return f"{code[:4]}-{code[4:]}"


def issue(
    connection: Connection,
    folder: KeyFolder,
    version_id: int,
    instance_id: str,
    xml: bytes,
    *,
    device_id: int | None,
    now: datetime,
) -> Signed:
    """The receipt of a version, the same one each time it is asked for. Belongs into the transaction that stores it."""
    known = store.of_version(connection, version_id)
    if known is not None:
        key = folder.by_id(key_store.RECEIPTS, known.key_id) or folder.current(key_store.RECEIPTS)
        return _signed(key, known.code, instance_id, known.sha256, known.at)
    key, digest = folder.current(key_store.RECEIPTS), sha256(xml).hexdigest()
    for attempt in range(_TRIES):  # two versions with one code: next to never, and then the second gets another
        code = _code(key, instance_id, digest, attempt)
        row = {
            "code": code,
            "version_id": version_id,
            "sha256": digest,
            "key_id": key.id,
            "device_id": device_id,
            "at": now,
        }
        if store.add(connection, row):
            return _signed(key, code, instance_id, digest, now)
    raise RuntimeError("no free receipt code")


def _code(key: Key, instance_id: str, digest: str, attempt: int) -> str:
    mac = hmac.new(key.secret, f"receipt\n{instance_id}\n{digest}\n{attempt}".encode(), sha256).digest()
    return spelled(int.from_bytes(mac[:5]))


def _signed(key: Key, code: str, instance_id: str, digest: str, at: datetime) -> Signed:
    return Signed(code, at, digest, key.id, key.sign(text_to_sign(code, instance_id, digest, at)))


def text_to_sign(code: str, instance_id: str, digest: str, at: datetime) -> bytes:
    """See docs/phone-app-protocol.md."""
    return f"fieldsurvey receipt 1\n{code}\n{instance_id}\n{digest}\n{wire_moment(at)}".encode()


def check(session: Session, folder: KeyFolder, text: str, *, by: Doer | None) -> Checked:
    """What a typed code stands for; raises RECEIPT_UNKNOWN, also for a row that our key has not made."""
    code = typed(text)
    found = store.with_fate(session, code)
    if found is None:
        raise Problem(Kind.RECEIPT_UNKNOWN)
    receipt, version, submission, village, of_round = found
    key = folder.by_id(key_store.RECEIPTS, receipt.key_id)
    if key is None or code not in (_code(key, version.instance_id, receipt.sha256, n) for n in range(_TRIES)):
        raise Problem(Kind.RECEIPT_UNKNOWN)
    fate, changed_at = _fate(session, receipt, version, submission)
    files = submissions.attachments(session, version.id)
    may_read = by is not None and scope(by, Permission.READ_HOUSEHOLDS, of_round.id).covers(submission.place)
    return Checked(
        code, receipt.at, fate, changed_at, village.full_name if village else "", of_round.name, of_round.practice,
        len(files), sum(one.blob is None for one in files), submission.case_id if may_read else None,
    )  # fmt: skip


def _fate(
    session: Session, receipt: StoredReceipt, version: SubmissionVersion, of: Submission
) -> tuple[Fate, datetime | None]:
    if of.deleted_at is not None:
        return Fate.DELETED, of.deleted_at
    if sha256(version.xml).hexdigest() != receipt.sha256:
        return Fate.CHANGED, None
    newest = submissions.current_version(session, of.id)
    if newest is not None and newest.id != version.id:
        return Fate.CHANGED, newest.created_at
    return Fate.UNCHANGED, None
