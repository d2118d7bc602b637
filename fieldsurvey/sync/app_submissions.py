"""What the phone app sends: the XML first, then each file in parts that go on where they were cut off."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, Any

from flask import Response, g, request, send_file
from werkzeug.exceptions import ClientDisconnected

from fieldsurvey import afterwards
from fieldsurvey.casework import carry, intake, phone_intake, receipts
from fieldsurvey.casework.attachments import Stored
from fieldsurvey.casework.intake import Outcome, Upload, of_client
from fieldsurvey.casework.phone_intake import Slot, Taken
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import (
    blobs,
    config,
    keys,
    parts,
    reading,
    session,
    session_now,
    utcnow,
    write_rows,
    write_together,
)
from fieldsurvey.guards import doer
from fieldsurvey.rules.names import tidy
from fieldsurvey.store import rounds
from fieldsurvey.store.file_parts import TooLongError, WrongOffsetError, key_of
from fieldsurvey.sync.app_door import as_json, body, device, endpoint
from fieldsurvey.sync.app_forms import tagged

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_CHUNK = 16 * 1024
_OVERHEAD = 4096  # of sealing: keys, and the header of the record
SEALED = "application/vnd.fieldsurvey.sealed"


@endpoint("/submissions", "POST")
def app_submission() -> Response:
    """The XML of a filled form: 201 when it is on disk, 200 when it was already."""
    round_id = _round_id()
    xml = _xml(round_id)
    try:
        taken = _receive(round_id, xml)
    except Problem as refused:
        if refused.kind in intake.RESCUED:
            _keep_aside(round_id, xml, refused)
        raise
    return as_json(_thanks(taken), 200 if taken.receipt.outcome is Outcome.REPEAT else 201)


def _xml(round_id: int) -> bytes:
    """The body, which the phone may have sealed. Raises TOO_LARGE, CARRY_BROKEN."""
    most = config().max_xml_kb * 1024
    sent = body(most)
    if request.mimetype != SEALED:
        return sent
    record = carry.single(sent, keys())
    if record.kind != carry.SUBMISSION or record.round_id != round_id:
        raise Problem(Kind.CARRY_BROKEN)
    if len(record.content) > most:
        raise Problem(Kind.TOO_LARGE, limit=round(most / 1_000_000, 1))
    return record.content


def _round_id() -> int:
    found = request.args.get("round", type=int)
    if found is None:
        raise Problem(Kind.MISSING_PARAMETER, field="round")
    return found


def _receive(round_id: int, xml: bytes) -> Taken:
    now, by, of = utcnow(), doer(), device().id
    upload = Upload(xml, (), of_client(f"fieldsurvey:{of}"), of_client(request.headers.get("User-Agent")))
    parcel = intake.open_parcel(reading(), round_id, upload, blobs(), by=by, now=now)
    folder = keys()
    taken = write_together(
        lambda connection: phone_intake.take(connection, parcel, folder, device_id=of, by=by, now=now)
    )
    afterwards.look_at(taken.receipt.submission_id)
    return taken


def _keep_aside(round_id: int, xml: bytes, refused: Problem) -> None:
    known = rounds.by_id(session(), round_id)
    with write_rows() as connection:
        intake.keep_aside(connection, known.id if known else None, xml, refused, blobs(), by=doer(), now=utcnow())
    g.rescued = True


def _thanks(taken: Taken) -> dict[str, Any]:
    signed = taken.signed
    return {
        "instanceId": taken.receipt.instance_id,
        "outcome": taken.receipt.outcome.value,
        "missing": list(taken.receipt.missing),
        "serverTime": receipts.wire_moment(utcnow()),
        "receipt": {
            "code": receipts.shown(signed.code),
            "at": receipts.wire_moment(signed.at),
            "sha256": signed.sha256,
            "keyId": signed.key_id,
            "signature": signed.signature,
        },
    }


FILE = "/submissions/<instance_id>/files/<name>"


def _slot(instance_id: str, name: str) -> Slot:
    return phone_intake.slot(session(), _round_id(), instance_id, name, by=doer())


@endpoint(FILE, "GET", "HEAD")
def app_file(instance_id: str, name: str) -> Response:
    """HEAD: how much of the file with this hash is here. GET: the file itself."""
    of = _slot(instance_id, name)
    if request.method == "HEAD":
        wanted = _announced_hash()
        complete = _is_complete(of, wanted)
        answer = Response()
        answer.headers["Upload-Offset"] = str(_size(of) if complete else parts().offset(_key(of, wanted)))
        if complete:
            answer.headers["Upload-Complete"] = "?1"
        return answer
    if of.blob is None:
        raise Problem(Kind.NOT_FOUND)
    return tagged(send_file(blobs().path(of.blob), mimetype=_harmless(of.mime), etag=False), of.blob)


def _harmless(mime: str | None) -> str:
    """A phone's word for a type is believed only where a browser cannot run such a thing."""
    kind = (mime or "").partition(";")[0].strip().lower()
    return (
        kind
        if kind.partition("/")[0] in {"image", "audio", "video"} and "svg" not in kind
        else "application/octet-stream"
    )


def _is_complete(of: Slot, announced: str) -> bool:
    """Whether the file is in its place. Of a sealed one only the record's hash is known: a name stands for one content."""
    if _sealed():
        return of.blob is not None and parts().offset(_key(of, announced)) == 0
    return of.blob == announced


def _sealed() -> bool:
    return request.args.get("sealed") == "1"


def _size(of: Slot) -> int:
    return blobs().path(of.blob or "").stat().st_size


def _announced_hash() -> str:
    given = request.args.get("sha256", "")
    if not _HASH.match(given):
        raise Problem(Kind.MISSING_PARAMETER, field="sha256")
    return given


def _key(of: Slot, announced: str) -> str:
    return key_of(of.version_id, of.name, announced)


@endpoint(FILE, "PATCH")
def app_file_part(instance_id: str, name: str) -> Response:
    """The next bytes of a file. Raises OFFSET_WRONG, FILE_DIFFERENT, TOO_LARGE."""
    of, announced = _slot(instance_id, name), _announced_hash()
    if _is_complete(of, announced):
        return _progress(of, _size(of), complete=True)
    offset, length = _number("Upload-Offset"), _number("Upload-Length")
    if length > config().max_upload_bytes + (_OVERHEAD if _sealed() else 0):
        raise Problem(Kind.TOO_LARGE, limit=config().max_upload_mb)
    folder, key = parts(), _key(of, announced)
    try:
        size = folder.append(key, offset, length, _arriving())
    except WrongOffsetError as wrong:
        raise Problem(Kind.OFFSET_WRONG, offset=wrong.offset) from None
    except TooLongError:
        folder.drop(key)
        raise Problem(Kind.FILE_DIFFERENT, offset=0) from None
    if size < length:
        return _progress(of, size, complete=False)
    _complete(of, key, announced)
    return _progress(of, size, complete=True)


def _number(header: str) -> int:
    given = request.headers.get(header, "")
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise Problem(Kind.HEADER_INVALID, field=header, value=given)
    return int(given)


def _arriving() -> Iterator[bytes]:
    """What comes over the line until it ends or is cut; what came before the cut counts."""
    try:
        while chunk := request.stream.read(_CHUNK):
            yield chunk
    except (ClientDisconnected, OSError):
        return


def _complete(of: Slot, key: str, announced: str) -> None:
    """All of it has come: it must be what was announced, and then it goes into its place."""
    folder, by, now = parts(), doer(), utcnow()
    with folder.whole(key) as content:
        digest = sha256()
        for chunk in iter(lambda: content.read(_CHUNK * 4), b""):
            digest.update(chunk)
        if digest.hexdigest() != announced:
            folder.drop(key)
            raise Problem(Kind.FILE_DIFFERENT, offset=0)
        content.seek(0)
        stored = _unsealed(of, content, key) if _sealed() else _stored(content)
    with write_rows() as connection:
        phone_intake.fill(connection, of, stored, by=by, now=now)
    folder.drop(key)


def _stored(content: IO[bytes]) -> Stored:
    return phone_intake.put(content, request.headers.get("Upload-Type"), blobs())


def _unsealed(of: Slot, content: IO[bytes], key: str) -> Stored:
    """The file in a sealed record, which must be the one that the address names. Raises CARRY_BROKEN."""
    try:
        record = carry.single(content.read(), keys())
        if (record.kind, record.instance_id, record.round_id) != (carry.FILE, of.instance_id, _round_id()):
            raise Problem(Kind.CARRY_BROKEN)
        if tidy(record.name) != tidy(of.name):
            raise Problem(Kind.CARRY_BROKEN)
    except Problem:
        parts().drop(key)
        raise
    return phone_intake.put(io.BytesIO(record.content), record.mime, blobs())


def _progress(of: Slot, size: int, *, complete: bool) -> Response:
    missing = phone_intake.missing(session_now(), of.version_id)
    answer = as_json({"offset": size, "complete": complete, "missing": list(missing)})
    answer.headers["Upload-Offset"] = str(size)
    return answer
