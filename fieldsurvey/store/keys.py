"""The server's own keys, P-256: one that signs receipts, one that phones seal files for the office to.

Each is a PEM file in the data folder, `keys/<purpose>-<moment>-<id>.pem`, readable by its owner only. The newest of a
purpose is used; older ones stay, so that what was sealed or signed with them can still be opened and checked.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEAL, RECEIPTS = "seal", "receipts"
_HALF = 32  # bytes of a P-256 coordinate
ID_BYTES = 8


@dataclass(frozen=True)
class Key:
    """A private key and its id: the first 8 bytes of the SHA-256 of its public point, as 16 hex digits."""

    id: str
    private: ec.EllipticCurvePrivateKey

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as WebCrypto imports it."""
        point = self.private.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _b64(point.x.to_bytes(_HALF)), "y": _b64(point.y.to_bytes(_HALF))}

    @cached_property
    def secret(self) -> bytes:
        """32 bytes that only who has the private key knows, for keyed hashes."""
        scalar = self.private.private_numbers().private_value.to_bytes(_HALF)
        return HKDF(hashes.SHA256(), 32, salt=None, info=b"fieldsurvey keyed hash 1").derive(scalar)

    def shared_with(self, point: bytes) -> bytes:
        """ECDH with somebody's public point (65 bytes, uncompressed): 32 bytes. Raises ValueError for no such point."""
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return self.private.exchange(ec.ECDH(), other)

    def sign(self, text: bytes) -> str:
        """ECDSA with SHA-256 as WebCrypto checks it: r and s, base64url; the same each time (RFC 6979)."""
        r, s = decode_dss_signature(self.private.sign(text, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return _b64(r.to_bytes(_HALF) + s.to_bytes(_HALF))

    def verify(self, text: bytes, signature: str) -> None:
        """Raises cryptography's InvalidSignature, and ValueError where it is none."""
        raw = base64.urlsafe_b64decode(signature + "==")
        if len(raw) != 2 * _HALF:
            raise ValueError("not r and s")
        encoded = encode_dss_signature(int.from_bytes(raw[:_HALF]), int.from_bytes(raw[_HALF:]))
        self.private.public_key().verify(encoded, text, ec.ECDSA(hashes.SHA256()))


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_point(private: ec.EllipticCurvePrivateKey) -> bytes:
    """65 bytes, uncompressed."""
    public = private.public_key()
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


class KeyFolder:
    """The folder of the keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self, purpose: str) -> Key:
        """The newest key of a purpose; the first one is made when it is first asked for."""
        found = self._names(purpose) or [self.rotate(purpose, first=True)]
        return _load(self.folder / found[-1])

    def by_id(self, purpose: str, key_id: str) -> Key | None:
        found = [name for name in self._names(purpose) if name.endswith(f"-{key_id}.pem")]
        return _load(self.folder / found[-1]) if found else None

    def _names(self, purpose: str) -> list[str]:
        return sorted(path.name for path in self.folder.glob(f"{purpose}-*.pem"))

    def rotate(self, purpose: str, first: bool = False) -> str:
        """A new key, used from now on; the name of its file. `first`: unless another process has just made the first."""
        private = ec.generate_private_key(ec.SECP256R1())
        key_id = hashlib.sha256(public_point(private)).digest()[:ID_BYTES].hex()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        moment = 0 if first else time.time_ns()
        temporary = self.folder / f".{os.getpid()}-{key_id}"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(
                private.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.folder / f"{purpose}-{moment:020d}-{key_id}.pem")
        # Of two first ones made at the same time both stay; every process then uses the same, the last by name.
        return self._names(purpose)[-1]


@lru_cache(maxsize=64)
def _load(path: Path) -> Key:
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path.name} holds no P-256 key")
    return Key(path.stem.rpartition("-")[2], private)
