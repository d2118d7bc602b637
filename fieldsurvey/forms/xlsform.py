"""From an XLSForm to an XForm with pyxform, and from its complaints to sheet, row and what to do."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.validators.odk_validate import ODKValidateError
from pyxform.xls2json_backends import Definition
from pyxform.xls2xform import convert as pyxform_convert

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.forms import checks

LARGEST_UNPACKED = 60_000_000  # bytes; a spreadsheet of 5,000 questions unpacks to under 10 MB
FILE_TYPES = {".xlsx", ".xls", ".xlsm", ".csv", ".md"}
_ROW = re.compile(r"\[row\s*:\s*(\d+)\]\s*")
_SHEET = re.compile(
    r"(?:On the|sheet named|for sheet:) '(survey|choices|settings|entities|external_choices)'"
    r"|(?:There should be a|the) (choices|external_choices) sheet|(?:The|missing the) (survey|choices) "
)
_COLUMN = re.compile(r"column '([^']+)'|'([^']+)' (?:column|value)")
# What people get wrong most, by a word of pyxform's sentence → the message that says how to mend it.
_ADVICE = (
    ("There should be a choices sheet", "forms.advice.choices_sheet"),
    ("must have a sheet named", "forms.advice.survey_sheet"),
    ("not recognized as a supported type|not appear to be a valid", "forms.advice.unreadable"),
    ("'save_to' value is|entity declaration is|On the 'entities' sheet", "forms.advice.entity"),
    ("List name not in|There should be choices|specify choices", "forms.advice.list_unknown"),
    ("appears more than once|must be unique|must unique|case-insensitive match|[Dd]uplicate", "forms.advice.duplicate"),
    ("Reference variable|no survey element named", "forms.advice.reference_unknown"),
    ("Unmatched '(?:begin|end)_", "forms.advice.begin_end"),
    ("Unknown question type|Question with no type", "forms.advice.type_unknown"),
    ("Names must begin|as the survey root|is reserved for|with no name|must have a name", "forms.advice.name_invalid"),
    ("has no label|should have a label", "forms.advice.label_missing"),
    ("Invalid headers|Column headers", "forms.advice.header"),
    ("Missing calculation", "forms.advice.calculation_missing"),
    ("Language '|language declarations|or_other and translations", "forms.advice.language"),
    ("'parameters' value is|[Pp]arameter", "forms.advice.parameters"),
    ("File name for", "forms.advice.media_file"),
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong (or doubtful) with a form: where it stands, what pyxform or our checks say, what to do."""

    text: str
    advice: str  # message id
    sheet: str = ""
    row: int | None = None
    column: str = ""

    @property
    def sentence(self) -> str:
        """On one line, for programs."""
        return f"[row : {self.row}] {self.text}" if self.row else self.text

    def as_dict(self) -> dict[str, str | int | None]:
        return {name: getattr(self, name) for name in ("sheet", "row", "column", "text", "advice")}


@dataclass(frozen=True, slots=True)
class Converted:
    xml: str
    warnings: tuple[Complaint, ...]
    itemsets: str | None = None  # the content of itemsets.csv, which external_choices become


def convert(
    content: bytes | str,
    file_name: str = "form.md",
    *,
    fallback: str | None = None,
    odk_validate: bool = False,
    lenient: bool = False,
) -> Converted:
    """The XForm of an XLSForm file (or of Markdown). Raises XLSFORM_INVALID with `complaints`, a list of dicts.

    `fallback` is the form id where the sheet settings has none. `lenient`: what our own checks find is only warned of.
    """
    file_type = PurePath(file_name).suffix.lower()
    if file_type not in FILE_TYPES:
        raise _invalid(Complaint(f"file type {file_type or '?'}", "forms.advice.file_type"))
    if isinstance(content, str):  # pyxform would take a text for the name of a file
        content = content.encode()
    _refuse_bomb(content, file_type)
    try:
        result = _pyxform(content, file_type, fallback, odk_validate)
    except (PyXFormError, ODKValidateError) as error:
        raise _invalid(*(complaint(text) for text in _sentences(str(error)))) from None
    except Exception as error:  # a damaged spreadsheet fails in any of several libraries, each in its own way
        raise _invalid(Complaint(f"{type(error).__name__}: {error}"[:300], "forms.advice.unreadable")) from None
    wrong = tuple(Complaint(f"{one.path}: {one.text}", one.advice, "survey") for one in checks.check(result.xform))
    if wrong and not lenient:
        raise _invalid(*wrong)
    return Converted(result.xform, (*(complaint(text) for text in result.warnings), *wrong), result.itemsets)


def _pyxform(content: bytes, file_type: str, fallback: str | None, odk_validate: bool) -> Any:
    """The fallback stands for the name of a file, which is where pyxform looks for a form id last."""
    definition = Definition(io.BytesIO(content), file_type=None, file_path_stem=fallback)
    return pyxform_convert(definition, warnings=[], file_type=file_type, validate=odk_validate)


def complaint(text: str) -> Complaint:
    """pyxform's sentence, taken apart."""
    row, column = _ROW.search(text), _COLUMN.search(text)
    advice = next((advice for pattern, advice in _ADVICE if re.search(pattern, text)), "forms.advice.other")
    return Complaint(
        text=_ROW.sub("", text).strip(),
        advice=advice,
        sheet=_sheet(text, row is not None),
        row=int(row.group(1)) if row else None,
        column=next((name for name in column.groups() if name), "") if column else "",
    )


def _sheet(text: str, has_row: bool) -> str:
    found = _SHEET.search(text)
    if found:
        return str(found[found.lastindex or 0])
    return "survey" if has_row or "question type" in text else ""


def _sentences(text: str) -> list[str]:
    return [line for line in re.split(r"\n(?=\[row)", text) if line.strip()] or ["unknown error"]


def _invalid(*complaints: Complaint) -> Problem:
    """With what is wrong as one text for programs, and taken apart for people."""
    error = "\n".join(one.sentence for one in complaints)
    return Problem(Kind.XLSFORM_INVALID, error=error, warnings=[], complaints=[one.as_dict() for one in complaints])


def _refuse_bomb(content: bytes, file_type: str) -> None:
    """An XLSX is a zip: look at what it says it unpacks to before anything unpacks it."""
    if file_type not in {".xlsx", ".xlsm"}:
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise _invalid(Complaint("not a spreadsheet", "forms.advice.unreadable")) from None
    if unpacked > LARGEST_UNPACKED:
        raise _invalid(Complaint(f"{unpacked // 1_000_000} MB unpacked", "forms.advice.too_large"))
