"""Small forms for tests: short XForms, and a way to publish one without HTTP."""

from __future__ import annotations

import io

from openpyxl import Workbook

from fieldsurvey.casework import drafts, publishing
from fieldsurvey.extensions import blobs, write
from fieldsurvey.forms import definition, xlsform
from fieldsurvey.forms.definition import Definition
from fieldsurvey.store.forms import Form
from tests.cast import ADMIN, NOW, ROUND
from tests.world import World


def xform(
    form_id: str = "visit", version: str = "1", instance: str = "<name/><age/>", binds: str = "", body: str = ""
) -> str:
    """An XForm with a name and an age; `instance`, `binds` and `body` say otherwise."""
    binds = binds or '<bind nodeset="/data/name" type="string"/><bind nodeset="/data/age" type="int"/>'
    return f"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
      xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"
      xmlns:entities="http://www.opendatakit.org/xforms/entities">
    <h:head><h:title>Title of {form_id}</h:title><model>
      <instance><data id="{form_id}" version="{version}">
        {instance}<orx:meta><orx:instanceID/></orx:meta></data></instance>
      <bind nodeset="/data/meta/instanceID" type="string"/>{binds}</model></h:head>
    <h:body>{body}</h:body></h:html>"""


def made_of(form: str) -> Definition:
    """An XForm, or an XLSForm as Markdown."""
    if form.lstrip().startswith("<"):
        return definition.from_xml(form.encode())
    return definition.of_converted(xlsform.convert(form, lenient=True), form.encode())


def draft(form: str, round_id: int = ROUND) -> Form:
    """The form with a draft made of it; inside an application context (the fixture `world`)."""
    with write() as session:
        return drafts.create(session, round_id, made_of(form), blobs(), by=World().doer(ADMIN), now=NOW)


def publish(form: str, round_id: int = ROUND) -> Form:
    """The form with a published version made of it; a form of this id gets another version."""
    made = draft(form, round_id)
    with write() as session:
        publishing.publish(session, made, by=World().doer(ADMIN), now=NOW)
    return made


def xlsx(form: str) -> bytes:
    """A Markdown table as the spreadsheet that a person would upload."""
    book = Workbook()
    book.remove(book.active)
    sheet = None
    for line in form.strip().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0]:
            sheet = book.create_sheet(cells[0])
        elif sheet is not None:
            sheet.append(cells[1:])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
