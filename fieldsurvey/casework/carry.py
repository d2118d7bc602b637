"""The file that a phone without a line writes for the office: sealed records, each by itself, opened with the server's key.

The format stands in docs/phone-app-protocol.md. What cannot be opened is counted and passed over: a file that was cut off
gives every record that is whole, and several files may stand one after the other.
"""

from __future__ import annotations

import hmac
import struct
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.store.keys import ID_BYTES, SEAL, KeyFolder

MAGIC = b"FSC1"
VERSION = 1
LARGEST = 105 * 1_000_000  # bytes of one record
SUBMISSION, FILE, DRAFT = "submission", "file", "draft"
_POINT, _NONCE, _LENGTH = 65, 12, struct.Struct(">I")
_SALTED = 1 + ID_BYTES + _POINT  # what stands before the nonce, and is authenticated
_INFO = b"fieldsurvey carry 1"


@dataclass(frozen=True, slots=True)
class Record:
    """One opened record: a submission's XML, a file of one, or a sealed draft."""

    kind: str
    round_id: int
    instance_id: str
    content: bytes
    name: str = ""  # of a file
    mime: str = ""
    device_id: int = 0
    proof: str = ""

    def proved_by(self, token_hash: str) -> bool:
        """Whether the phone with this key made it. `token_hash`: the SHA-256 of the device's key, in hex."""
        digest = sha256(self.content).hexdigest()
        made = proof(bytes.fromhex(token_hash), self.kind, self.instance_id, self.name, digest)
        return hmac.compare_digest(made, self.proof.rstrip("="))


@dataclass(slots=True)
class Damage:
    """What could not be read of a file."""

    broken: int = 0  # records that do not open: damaged, or sealed for another server
    cut_off: bool = False
    foreign: bool = False  # no such file at all

    @property
    def any(self) -> bool:
        return bool(self.broken or self.cut_off or self.foreign)


def proof(key: bytes, kind: str, instance_id: str, name: str, digest: str) -> str:
    """base64url without padding; `digest`: of the content, in hex."""
    text = f"{kind}\n{instance_id}\n{name}\n{digest}".encode()
    return urlsafe_b64encode(hmac.new(key, text, sha256).digest()).rstrip(b"=").decode()


def records(file: IO[bytes], keys: KeyFolder, damage: Damage) -> Iterator[Record]:
    """The records of a file in their order, one in memory at a time; what is wrong with it is noted in `damage`."""
    start = file.read(len(MAGIC))
    if start != MAGIC:
        damage.foreign = True
        return
    while head := file.read(_LENGTH.size):
        if head == MAGIC:  # another file begins
            continue
        if len(head) < _LENGTH.size:
            damage.cut_off = True
            return
        size = _LENGTH.unpack(head)[0]
        sealed = file.read(min(size, LARGEST + 1))
        if len(sealed) < size:
            damage.cut_off = True
            return
        opened = _opened(sealed, keys)
        if opened is None:
            damage.broken += 1
        else:
            yield opened


def single(sealed: bytes, keys: KeyFolder) -> Record:
    """One record with its length before it, as a phone sends what it has sealed. Raises CARRY_BROKEN."""
    whole = len(sealed) > _LENGTH.size and _LENGTH.unpack_from(sealed)[0] == len(sealed) - _LENGTH.size
    opened = _opened(sealed[_LENGTH.size :], keys) if whole else None
    if opened is None:
        raise Problem(Kind.CARRY_BROKEN)
    return opened


def _opened(sealed: bytes, keys: KeyFolder) -> Record | None:
    if len(sealed) < _SALTED + _NONCE or sealed[0] != VERSION:
        return None
    key = keys.by_id(SEAL, sealed[1 : 1 + ID_BYTES].hex())
    if key is None:
        return None
    salted, point = sealed[:_SALTED], sealed[1 + ID_BYTES : _SALTED]
    nonce, rest = sealed[_SALTED : _SALTED + _NONCE], sealed[_SALTED + _NONCE :]
    try:
        plain = AESGCM(content_key(key.shared_with(point), point)).decrypt(nonce, rest, salted)
        return _record(plain)
    except (InvalidTag, ValueError, KeyError, TypeError, struct.error, zlib.error):
        return None


def content_key(shared: bytes, point: bytes) -> bytes:
    """32 bytes for AES-256-GCM, from the ECDH secret and the phone's ephemeral public key."""
    return HKDF(hashes.SHA256(), 32, salt=point, info=_INFO).derive(shared)


def _record(plain: bytes) -> Record:
    size = _LENGTH.unpack_from(plain)[0]
    header: dict[str, Any] = orjson.loads(plain[_LENGTH.size : _LENGTH.size + size])
    kind = header["kind"]
    if kind not in {SUBMISSION, FILE, DRAFT}:
        raise ValueError(kind)
    return Record(
        kind=kind,
        round_id=int(header.get("roundId") or 0),
        instance_id=str(header["instanceId"]),
        content=_unpacked(plain[_LENGTH.size + size :], header.get("encoding")),
        name=str(header.get("name") or ""),
        mime=str(header.get("type") or ""),
        device_id=int(header.get("deviceId") or 0),
        proof=str(header.get("proof") or ""),
    )


def _unpacked(content: bytes, encoding: object) -> bytes:
    if encoding is None:
        return content
    if encoding != "gzip":
        raise ValueError(encoding)
    unpacking = zlib.decompressobj(wbits=31)
    plain = unpacking.decompress(content, LARGEST)
    if not unpacking.eof:
        raise ValueError("cut off, or larger than any record may be")
    return plain
