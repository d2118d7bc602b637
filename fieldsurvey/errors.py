"""The catalogue of problems: kind, stable code, message id. Doors turn a Problem into their own dialect; nobody else does.

Codes are ODK Central's wherever Central names the same thing, and never change meaning. The sentence of kind X is the
message `errors.<x>` of the translations and ends with what to do.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class Kind(Enum):
    """One kind of problem; the value is its code on the wire, whose whole part is the HTTP status."""

    PROTOCOL_VERSION = "400.1"  # X-OpenRosa-Version is not 1.0
    MISSING_PARAMETER = "400.2"
    XML_MISSING = "400.7"  # no xml_submission_file part
    UNEXPECTED_VALUE = "400.8"
    XLSFORM_INVALID = "400.15"
    MULTIPART_BROKEN = "400.39"
    XML_BROKEN = "400.40"  # cut off or not well-formed
    XML_ENCODING = "400.41"  # bytes that are not the encoding which they declare
    XML_FORBIDDEN = "400.42"  # a DTD or an entity
    XML_TOO_DEEP = "400.43"
    FORM_EXPIRED = "400.44"  # the page's CSRF token is too old
    INSTANCE_ID_BAD = "400.45"
    VILLAGE_UNKNOWN = "400.46"
    CONTENT_ENCODING = "415.1"  # compressed uploads are refused unread
    REASON_MISSING = "400.47"
    NAME_MISSING = "400.48"
    PASSWORD_SHORT = "400.49"
    CREDENTIALS_WRONG = "401.2"
    HTTPS_ONLY = "401.3"
    FORBIDDEN = "403.1"
    OUTSIDE_AREA = "403.2"
    TOKEN_REVOKED = "403.3"
    NOT_FOUND = "404.1"
    DEPRECATED_ID_UNKNOWN = "404.5"
    VERSION_UNKNOWN = "404.6"
    FORM_UNKNOWN = "404.7"
    METHOD_NOT_ALLOWED = "405.1"
    INSTANCE_CONFLICT = "409.1"  # same instanceID, different XML
    FORM_CLOSED = "409.2"
    ALREADY_EXISTS = "409.3"
    VERSION_EXISTS = "409.6"  # a published version never changes
    STATE_CHANGED = "409.8"  # somebody else decided first
    CORRECTION_STALE = "409.9"
    TRANSITION_FORBIDDEN = "409.10"
    SUBMISSION_DELETED = "409.18"
    ROUND_CLOSED = "409.20"
    NOT_EDITABLE = "409.21"
    NOT_CLASSIFIED = "409.22"  # nobody consented, or no law covers the day of review: there is nothing to approve
    TOO_LARGE = "413.1"
    TOO_MANY_FILES = "413.2"
    TOO_MANY_ATTEMPTS = "429.1"
    UNEXPECTED = "500.1"
    NOT_READY = "503.1"

    @property
    def status(self) -> int:
        return int(self.value.split(".")[0])

    @property
    def message_id(self) -> str:
        return f"errors.{self.name.lower()}"


class Problem(Exception):
    """Something that a person or a program must be told. `params` fill the sentence; they hold no personal data."""

    def __init__(self, kind: Kind, **params: Any) -> None:
        super().__init__(kind.message_id)
        self.kind = kind
        self.params = params
