"""A scripted phone that speaks OpenRosa as ODK Collect does: HEAD, formList, form, manifest, POST in parts, retry.

It works over a line: `FlaskLine` calls the app without a network, `HttpLine` speaks to a real server and can be cut.
"""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from flask import Flask
from lxml import etree

from fieldsurvey.forms import instance, xform
from fieldsurvey.forms.answers import Answers

FORM_LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
RESPONSE = "{http://openrosa.org/http/response}"
MOST_FILES = 100  # Collect's own limit for one POST


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """The sentence that Collect shows."""
        return etree.fromstring(self.body).findtext(f"{RESPONSE}message") or ""


class Line(Protocol):
    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer: ...


class FlaskLine:
    """Straight into the app."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client(use_cookies=False)

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        answer = self.client.open(path, method=method, headers=dict(headers), data=body)
        return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.data)


class HttpLine:
    """To a real server. `cut_after` bytes of the next request the line goes dead."""

    def __init__(self, server: str) -> None:
        self.address = urlsplit(server)
        self.cut_after: int | None = None

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=30)
        try:
            if self.cut_after is not None:
                return self._cut(connection, method, path, headers, body)
            connection.request(method, path, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def _cut(
        self, connection: http.client.HTTPConnection, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        connection.putrequest(method, path)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body[: self.cut_after])
        self.cut_after = None
        raise ConnectionError("the line was cut")


@dataclass
class Draft:
    """A filled form on the phone."""

    instance_id: str
    xml: bytes
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # name → (type, content)


class Phone:
    """Set up by a code: `base` is the project's path with the phone's token."""

    def __init__(self, line: Line, base: str, headers: Mapping[str, str] | None = None) -> None:
        self.line, self.base = line, base
        self.headers = {
            "X-OpenRosa-Version": "1.0",
            "User-Agent": "org.odk.collect.android/v2026.2.1",
            **(headers or {}),
        }
        self.form: xform.Schema | None = None
        self.media: dict[str, bytes] = {}

    def call(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        return self.line.call(method, self.base + path, {**self.headers, **(headers or {})}, body)

    def form_list(self) -> list[dict[str, str]]:
        answer = self.call("GET", "/formList")
        assert answer.status == 200, answer.body
        return [
            {child.tag.removeprefix(FORM_LIST): child.text or "" for child in entry}
            for entry in etree.fromstring(answer.body)
        ]

    def fetch(self, form_id: str = "ra-soat-ho") -> xform.Schema:
        """Download a blank form with its files, as the list and the manifest say."""
        entry = next(entry for entry in self.form_list() if entry["formID"] == form_id)
        self.form = xform.read(self._download(entry["downloadUrl"]))
        manifest = etree.fromstring(self._download(entry["manifestUrl"])) if "manifestUrl" in entry else []
        for media in manifest:
            name, address = media.findtext(f"{MANIFEST}filename") or "", media.findtext(f"{MANIFEST}downloadUrl") or ""
            self.media[name] = self._download(address)
        return self.form

    def _download(self, address: str) -> bytes:
        parts = urlsplit(address)
        answer = self.line.call("GET", parts.path + (f"?{parts.query}" if parts.query else ""), self.headers)
        assert answer.status == 200, answer.body
        return answer.body

    def fill(self, answers: Answers, **files: tuple[str, bytes]) -> Draft:
        """A filled form. `files`: photo=("image/jpeg", b"…") for photo.jpg named in the answers."""
        assert self.form is not None, "fetch the form first"
        instance_id = f"uuid:{uuid.uuid4()}"
        return Draft(instance_id, instance.build(self.form, answers, instance_id), dict(files))

    def correct(self, draft: Draft, answers: Answers) -> Draft:
        """A new version of a sent form."""
        assert self.form is not None
        instance_id = f"uuid:{uuid.uuid4()}"
        return Draft(instance_id, instance.build(self.form, answers, instance_id, draft.instance_id), draft.files)

    def send(self, draft: Draft) -> Answer:
        """HEAD, then as many POSTs as the server's limit asks for; the answer to the last."""
        head = self.call("HEAD", "/submission")
        assert head.status == 204, head.status
        limit = int(head.headers["x-openrosa-accept-content-length"])
        batches = self._batches(draft, limit)
        for batch in batches[:-1]:
            answer = self.post(draft.xml, batch, incomplete=True)
            if answer.status != 201:
                return answer
        return self.post(draft.xml, batches[-1])

    def _batches(self, draft: Draft, limit: int) -> list[dict[str, tuple[str, bytes]]]:
        batches: list[dict[str, tuple[str, bytes]]] = [{}]
        size = len(draft.xml)
        for name, (mime, content) in draft.files.items():
            if batches[-1] and (size + len(content) > limit or len(batches[-1]) >= MOST_FILES):
                batches.append({})
                size = len(draft.xml)
            batches[-1][name] = (mime, content)
            size += len(content)
        return batches

    def post(
        self, xml: bytes, files: Mapping[str, tuple[str, bytes]] | None = None, *, incomplete: bool = False
    ) -> Answer:
        """One POST of the submission, with retry when the line is cut, as Collect's auto-send does later."""
        kind, body = multipart(xml, files or {}, incomplete=incomplete)
        path = "/submission?deviceID=collect%3Atest"
        try:
            return self.call("POST", path, {"Content-Type": kind}, body)
        except ConnectionError:
            return self.call("POST", path, {"Content-Type": kind}, body)


def multipart(xml: bytes, files: Mapping[str, tuple[str, bytes]], *, incomplete: bool = False) -> tuple[str, bytes]:
    """(Content-Type, body) as OkHttp writes them: names in plain UTF-8."""
    boundary = uuid.uuid4().hex
    parts = [("xml_submission_file", "submission.xml", "text/xml", xml)]
    parts += [(name, name, mime, content) for name, (mime, content) in files.items()]
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {mime}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, filename, mime, content in parts
    ]
    if incomplete:
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="*isIncomplete*"\r\n\r\nyes\r\n'.encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(lines) + f"--{boundary}--\r\n".encode()
