"""The office takes in what phones without a line have written to files: any number of files, as often as one likes."""

from __future__ import annotations

from typing import IO

from flask import render_template, request

from fieldsurvey.casework.carry_intake import CarryIntake
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs, keys, session_now, utcnow, write
from fieldsurvey.guards import doer, requires
from fieldsurvey.outputs import carried as outputs
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.web.door import door

MOST_FILES = 50


@door.get("/office/intake", endpoint="carried")
@requires(Permission.REVIEW)
def carried_page() -> str:
    return render_template("carried.html")


@door.post("/office/intake")
@requires(Permission.REVIEW)
def take_carried() -> str | tuple[str, int]:
    """The report with the receipts. Sending it again changes nothing."""
    taking = CarryIntake(session_now, write, keys(), blobs(), by=doer(), now=utcnow())
    try:
        report = taking.take(_uploads())
    except Problem as refused:
        if refused.kind is not Kind.CARRY_BROKEN:
            raise
        return render_template("carried.html", refused=refused), refused.kind.status
    lines = outputs.lines(session_now(), report, by=doer())
    return render_template("carried.html", report=report, lines=lines)


def _uploads() -> list[tuple[str, IO[bytes]]]:
    found = [one for one in request.files.getlist("file") if one.filename][:MOST_FILES]
    return [(one.filename or "", one.stream) for one in found]
