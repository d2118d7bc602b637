"""A scripted phone app: signs in, sends text first and files in parts, seals what is carried. As docs/phone-app-protocol.md."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import quote

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from werkzeug.test import TestResponse

from fieldsurvey.casework import carry
from fieldsurvey.store.keys import public_point
from tests.cast import PASSWORD, ROUND, Person

SEALED = "application/vnd.fieldsurvey.sealed"


class AppPhone:
    """One installation of the app."""

    def __init__(self, app: Flask, install_id: str = "one") -> None:
        self.client = app.test_client(use_cookies=False)
        self.install_id = install_id
        self.token = ""
        self.known: dict[str, Any] = {}

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> TestResponse:
        """`headers` with _ for the dash."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        answer = self.client.open(f"/sync{path}", method=method, data=body, headers=sent)
        assert answer.headers["X-Fieldsurvey-Sync"] == "1"
        return answer

    def tell(self, method: str, path: str, value: object = None) -> TestResponse:
        return self.call(method, path, orjson.dumps(value), Content_Type="application/json")

    def sign_in(self, person: Person | None = None, secret: str = PASSWORD, **given: str) -> TestResponse:
        """As a person, or with `qr=`."""
        who = {"name": person.sign_in, "secret": secret} if person else given
        device = {"name": "Samsung A06", "appVersion": "1.0.0", "installId": self.install_id}
        answer = self.tell("POST", "/sign-in", {**who, "device": device})
        if answer.status_code == 201:
            self.known = answer.json or {}
            self.token = self.known["token"]
        return answer

    def send(self, xml: bytes, round_id: int = ROUND, zipped: bool = False) -> TestResponse:
        if zipped:
            xml = gzip.compress(xml)
            return self.call("POST", f"/submissions?round={round_id}", xml, Content_Encoding="gzip")
        return self.call("POST", f"/submissions?round={round_id}", xml, Content_Type="text/xml")

    def address(self, instance_id: str, name: str, content: bytes, sealed: bool = False) -> str:
        digest = hashlib.sha256(content).hexdigest()
        return (
            f"/submissions/{quote(instance_id, safe='')}/files/{quote(name, safe='')}"
            f"?round={ROUND}&sha256={digest}{'&sealed=1' if sealed else ''}"
        )

    def part(self, address: str, content: bytes, offset: int, size: int = 65536) -> TestResponse:
        piece = content[offset : offset + size]
        told = {"Upload_Offset": str(offset), "Upload_Length": str(len(content)), "Upload_Type": "image/jpeg"}
        return self.call("PATCH", address, piece, **told)

    def send_file(self, address: str, content: bytes, size: int = 65536) -> TestResponse:
        """From where the server stands to the end."""
        offset = int(self.call("HEAD", address).headers["Upload-Offset"])
        while True:
            answer = self.part(address, content, offset, size)
            assert answer.status_code == 200, answer.text
            if answer.json["complete"]:
                return answer
            offset = answer.json["offset"]

    def record(self, kind: str, instance_id: str, content: bytes, *, proved: bool = True, **header: Any) -> bytes:
        """A sealed record of a carried file."""
        name = header.get("name", "")
        digest = hashlib.sha256(content).hexdigest()
        key = hashlib.sha256(self.token.encode()).digest()
        said = {
            "kind": kind,
            "roundId": ROUND,
            "instanceId": instance_id,
            "deviceId": self.known["device"]["id"],
            **header,
        }
        if proved:
            said["proof"] = carry.proof(key, kind, instance_id, name, digest)
        if said.get("encoding") == "gzip":
            content = gzip.compress(content)
        return seal(self.known["keys"]["seal"], said, content)


def seal(key: dict[str, Any], header: dict[str, Any], content: bytes) -> bytes:
    """One record, as the app's WebCrypto makes it."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    server = ec.EllipticCurvePublicNumbers(_number(key["jwk"]["x"]), _number(key["jwk"]["y"]), ec.SECP256R1())
    point = public_point(ephemeral)
    salted = bytes([carry.VERSION]) + bytes.fromhex(key["id"]) + point
    nonce, head = os.urandom(12), orjson.dumps(header)
    secret = carry.content_key(ephemeral.exchange(ec.ECDH(), server.public_key()), point)
    plain = struct.pack(">I", len(head)) + head + content
    sealed = salted + nonce + AESGCM(secret).encrypt(nonce, plain, salted)
    return struct.pack(">I", len(sealed)) + sealed


def _number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=="))
