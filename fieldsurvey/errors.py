"""The catalogue of problems: kind, stable code, message id. Doors turn a Problem into their own dialect; nobody else does.

Codes are ODK Central's wherever Central names the same thing, and never change meaning. The sentence of kind X is the
message `errors.<x>` of the translations and ends with what to do.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class Kind(Enum):
    """One kind of problem; the value is its code on the wire, whose whole part is the HTTP status."""

    UNPARSEABLE = "400.1"  # neither JSON nor XML, as the address expects
    MISSING_PARAMETER = "400.2"
    MISSING_PARAMETERS = "400.3"
    UNEXPECTED_ATTRIBUTE = "400.4"
    HEADER_INVALID = "400.6"
    XML_MISSING = "400.7"  # no xml_submission_file part
    UNEXPECTED_VALUE = "400.8"
    WRONG_TYPE = "400.11"
    TOO_LONG = "400.13"
    KEY_UNKNOWN = "400.14"
    XLSFORM_INVALID = "400.15"
    FORM_WARNINGS = "400.16"
    FIELD_TYPE_CONFLICT = "400.17"
    FILTER_BROKEN = "400.18"
    DEPRECATED_ID_MISSING = "400.19"
    PASSWORD_SHORT = "400.21"
    OUT_OF_RANGE = "400.22"
    PROPERTY_UNKNOWN = "400.23"
    SELECT_UNSUPPORTED = "400.24"
    ENTITY_FORM_INVALID = "400.25"
    DATASET_LINK_FORBIDDEN = "400.26"  # only a data file may be an entity list
    META_MISSING = "400.27"
    ENTITY_INVALID = "400.28"
    PENDING_SUBMISSIONS = "400.29"
    UNEXPECTED_ATTRIBUTES = "400.31"
    NO_CONFLICT = "400.32"
    UNEXPECTED_PROPERTIES = "400.33"
    REPEAT_ROW_UNKNOWN = "400.34"
    SKIPTOKEN_BAD = "400.35"
    BODY_TOO_LARGE = "400.36"
    ENCODING_UNSUPPORTED = "400.37"
    PASSWORD_LONG = "400.38"
    MULTIPART_BROKEN = "400.39"
    QUERY_INVALID = "400.41"
    RANGE_INVALID = "400.42"
    ENTITIES_INVALID = "400.43"  # several entities of one submission failed
    PASSWORD_WEAK = "400.44"
    XML_BROKEN = "400.261"  # cut off or not well-formed
    XML_ENCODING = "400.61"  # bytes that are not the encoding which they declare
    XML_FORBIDDEN = "400.62"  # a DTD or an entity
    XML_TOO_DEEP = "400.63"
    FORM_EXPIRED = "400.64"  # the page's CSRF token is too old
    INSTANCE_ID_BAD = "400.65"
    VILLAGE_UNKNOWN = "400.66"
    REASON_MISSING = "400.67"
    NAME_MISSING = "400.68"
    SPREADSHEET_KIND = "400.263"  # neither XLSX, XLS, ODS nor CSV
    SPREADSHEET_BROKEN = "400.81"
    SPREADSHEET_LOCKED = "400.82"  # with a password
    SPREADSHEET_EMPTY = "400.83"
    SPREADSHEET_NO_HEADINGS = "400.84"
    IMPORT_COLUMNS_MISSING = "400.85"  # no column for a name, or for a telephone number
    PIN_WEAK = "400.90"  # four to eight digits, not all alike and not a run
    CODE_UNKNOWN = "400.91"  # what was scanned is no code of a phone
    CARRY_BROKEN = "400.92"  # no file that a phone wrote for the office
    GZIP_BROKEN = "400.93"
    PLAIN_GONE = "404.261"  # a form that was being filled in page by page is no longer kept
    RECEIPT_UNKNOWN = "404.81"
    COLUMNS_MISSING = "400.171"  # the spreadsheet has no column for what is needed
    NO_ENUMERATOR = "400.172"  # the person is no enumerator of this commune
    PERSON_INVALID = "400.262"  # a field of a person of the register
    HEAD_NEEDED = "400.71"  # whoever goes is the head: somebody must become it first
    LAST_MEMBER = "400.72"  # nobody would be left: the household itself ceases
    SAME_HOUSEHOLD = "400.73"
    AREA_UNFIT = "400.74"  # closed, of another level, or in another commune
    AREA_FILE_BROKEN = "400.75"
    CREDENTIALS_WRONG = "401.2"
    HTTPS_ONLY = "401.3"
    DEVICE_REVOKED = "401.60"
    DEVICE_EXPIRED = "401.61"
    FORBIDDEN = "403.1"
    ENTITY_ACTION_FORBIDDEN = "403.2"
    OUTSIDE_AREA = "403.60"
    TOKEN_REVOKED = "403.61"
    ACCOUNT_ENDED = "403.80"  # after its last day
    NOT_FOUND = "404.1"
    DRAFT_GONE = "404.4"
    DEPRECATED_ID_UNKNOWN = "404.5"
    VERSION_UNKNOWN = "404.6"
    DATASET_UNKNOWN = "404.7"
    ENTITY_UNKNOWN = "404.8"
    ENTITY_VERSION_UNKNOWN = "404.9"
    ENTITY_DELETED = "404.11"
    FORM_UNKNOWN = "404.262"
    METHOD_NOT_ALLOWED = "405.1"
    FORMAT_UNACCEPTABLE = "406.1"
    INSTANCE_CONFLICT = "409.1"  # same instanceID, different XML
    FORM_CLOSED = "409.2"
    ALREADY_EXISTS = "409.3"
    VERSION_EXISTS = "409.6"  # a published version never changes
    NOT_PUBLISHED = "409.7"
    INSTANCE_EXISTS = "409.8"  # a correction carries an instanceID that is taken
    CORRECTION_STALE = "409.9"
    WEB_FORM_NOT_READY = "409.11"
    EDITING_CLOSED = "409.12"
    ENTITY_VERSION_CONFLICT = "409.15"
    DATASET_NAME_CONFLICT = "409.16"
    PROPERTY_NAME_CONFLICT = "409.17"
    SUBMISSION_DELETED = "409.18"
    ENTITY_EXISTS_DELETED = "409.19"
    STATE_CHANGED = "409.261"  # somebody else decided first
    TRANSITION_FORBIDDEN = "409.61"
    ROUND_CLOSED = "409.62"
    NOT_EDITABLE = "409.63"
    NOT_CLASSIFIED = "409.64"  # nobody consented, or no law covers the day of review: there is nothing to approve
    HOUSEHOLD_CHANGED = "409.264"  # somebody else changed it since it was looked at
    HOUSEHOLD_GONE = "409.91"  # it has ceased
    HANDOVER_OPEN = "409.92"  # it is offered already
    HANDOVER_ANSWERED = "409.93"
    NOT_UNDOABLE = "409.94"  # what it changed has been changed again
    AREA_IN_USE = "409.95"  # households live there
    PERSON_KNOWN = "409.96"  # the identity number is that of somebody in another household
    DATASET_IN_USE = "409.65"
    PROPERTY_IN_USE = "409.66"
    IMPORT_STATE = "409.263"  # the import is not where this can be done
    IMPORT_TOO_OLD = "409.81"  # the days for its undo are over
    OFFSET_WRONG = "409.262"  # the next part of a file has to begin elsewhere
    LIST_CHANGED = "409.71"  # a file of a form is no longer what the phone's list says
    LIST_FROZEN = "409.171"  # the commune's list is frozen: single changes with a reason
    ALREADY_LISTED = "409.172"
    ALREADY_VISITED = "409.173"  # what has a questionnaire leaves the list only by a decision
    ALREADY_ANSWERED = "409.174"  # the application, or the doubt
    NOTHING_TO_UNDO = "409.175"
    TOO_LARGE = "413.1"
    TOO_MANY_FILES = "413.2"
    DRAFTS_FULL = "413.60"
    CONTENT_ENCODING = "415.1"  # compressed uploads are refused unread
    FILE_DIFFERENT = "422.60"  # the whole file has another hash than announced
    TOO_MANY_ATTEMPTS = "429.1"
    UNEXPECTED = "500.1"
    NOT_SUPPORTED = "501.1"
    FORMS_LIST_WRONG = "501.2"
    FILTER_UNSUPPORTED = "501.4"
    FILTER_FIELD_UNSUPPORTED = "501.5"
    EXPAND_UNSUPPORTED = "501.6"
    SELECT_EXPAND_UNSUPPORTED = "501.11"
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
