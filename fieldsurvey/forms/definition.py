"""What somebody uploads as a form: an XForm, or a spreadsheet that becomes one."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import xform, xlsform
from fieldsurvey.forms.xform import Schema

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
EXCEL = {XLSX: ".xlsx", XLS: ".xls"}
_MARKS = {b"PK": XLSX, b"\xd0\xcf\x11\xe0": XLS}  # the first bytes of a file
LONGEST_ID = 64
_FILE_ENDING = re.compile(r"\.(xlsx?|xml)$")


@dataclass(frozen=True, slots=True)
class Definition:
    """A form before it belongs to a round. `warnings`: what the conversion of a spreadsheet says."""

    xml: str
    schema: Schema
    spreadsheet: bytes | None = None
    mime: str | None = None  # of the spreadsheet
    stored: str | None = None  # the hash of a spreadsheet that we have already
    itemsets: str | None = None  # the content of itemsets.csv
    warnings: tuple[str, ...] = field(default=())

    def digests(self) -> dict[str, str]:
        content = self.xml.encode()
        return {
            "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "sha256": hashlib.sha256(content).hexdigest(),
        }


def from_xml(content: bytes) -> Definition:
    """Raises MISSING_PARAMETER, UNPARSEABLE, UNEXPECTED_VALUE, TOO_LONG."""
    try:
        xml = content.decode()
    except UnicodeDecodeError:
        xml = "\0"
    if "\0" in xml:
        raise Problem(Kind.UNPARSEABLE, format="xml", rawLength=len(content))
    return _checked(Definition(xml, xform.read(content)))


def of_converted(converted: xlsform.Converted, content: bytes) -> Definition:
    """What the office page and the command line upload."""
    schema = xform.read(converted.xml)
    return _checked(Definition(converted.xml, schema, content, _mime(content), itemsets=converted.itemsets))


def _mime(content: bytes) -> str | None:
    return next((kind for mark, kind in _MARKS.items() if content.startswith(mark)), None)


def from_spreadsheet(content: bytes, mime: str, fallback: str | None = None) -> Definition:
    """Raises what from_xml does, and XLSFORM_INVALID. `fallback`: the form id where the sheet settings has none.

    The kind of file is what it begins with; clients do not always say the right one.
    """
    name = unquote(fallback or "").strip() or None
    converted = xlsform.convert(content, f"form{EXCEL[_mime(content) or mime]}", fallback=name, lenient=True)
    made = Definition(
        converted.xml,
        xform.read(converted.xml),
        spreadsheet=content,
        mime=mime,
        itemsets=converted.itemsets,
        warnings=tuple(one.sentence for one in converted.warnings),
    )
    return _checked(made)


def _checked(made: Definition) -> Definition:
    form_id = made.schema.form_id
    if _FILE_ENDING.search(form_id):
        raise Problem(Kind.UNEXPECTED_VALUE, field="formId", value=form_id, reason=".xls, .xlsx, .xml")
    if len(form_id) > LONGEST_ID:
        raise Problem(Kind.TOO_LONG, field="formId", value=form_id, limit=LONGEST_ID)
    return made


def with_version(xml: str, version: str) -> str:
    """The XForm under another version name, otherwise byte for byte the same; raises UNPARSEABLE."""
    instance = re.search(r"<(?:[\w.-]+:)?instance\b[^>]*>\s*(?:<!--.*?-->\s*)*(<[^>]*>)", xml, re.DOTALL)
    if instance is None:
        raise Problem(Kind.UNPARSEABLE, format="xforms xml", rawLength=len(xml))
    root, value = instance[1], quoteattr(version)
    renamed, count = re.subn(r"""((?<=[\s:])version\s*=\s*)("[^"]*"|'[^']*')""", lambda found: found[1] + value, root)
    if not count:
        end = len(root.removesuffix(">").removesuffix("/").rstrip())
        renamed = f"{root[:end]} version={value}{root[end:]}"
    return xml[: instance.start(1)] + renamed + xml[instance.end(1) :]
