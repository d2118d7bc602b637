"""A receipt's page: anybody types the code that a phone was given and sees whether it was received and has changed since."""

from __future__ import annotations

from flask import g, render_template, request

from fieldsurvey.casework import receipts, signing_in
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, keys, session, utcnow, write
from fieldsurvey.guards import public
from fieldsurvey.store import people
from fieldsurvey.web.door import door

MOST_WRONG = 30  # codes that were none, from one address within signing_in.WINDOW


@door.get("/receipts")
@public
def receipt() -> str | tuple[str, int]:
    """`?code=`: what it stands for. Whoever may read the household is led to it."""
    code = request.args.get("code", "").strip()[:40]
    if not code:
        return render_template("receipt.html", code="")
    try:
        _require_patience()
        found = receipts.check(session(), keys(), code, by=g.get("doer"))
    except Problem as refused:
        if refused.kind is Kind.RECEIPT_UNKNOWN:
            with write() as current:
                people.add_failure(current, _where(), utcnow())
        return render_template("receipt.html", code=code, refused=refused), refused.kind.status
    return render_template("receipt.html", code=receipts.shown(found.code), found=found)


def _require_patience() -> None:
    """Codes cannot be tried out by the million."""
    if people.failures_since(session(), _where(), utcnow() - signing_in.WINDOW) >= MOST_WRONG:
        raise Problem(Kind.TOO_MANY_ATTEMPTS, minutes=int(signing_in.WINDOW.total_seconds() // 60))


def _where() -> str:
    return signing_in.hash_of_name(config().secret_key, f"receipt {request.remote_addr}")
