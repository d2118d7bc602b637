"""Where the link of a letter leads: choose a password, once, without being signed in."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldsurvey.casework import sign_ins
from fieldsurvey.casework.sign_ins import RESET, Found
from fieldsurvey.errors import Problem
from fieldsurvey.extensions import reading, utcnow, write
from fieldsurvey.guards import public
from fieldsurvey.web import context
from fieldsurvey.web.door import door


@door.get("/new-password")
@public
def new_password_page() -> str:
    token = request.args.get("token", "")
    return render_template("new_password.html", token=token, found=_found(token))


@door.post("/new-password")
@public
def choose_password() -> AnyResponse | tuple[str, int]:
    token = request.form.get("token", "")
    found = _found(token)
    if found is None:
        return render_template("new_password.html", token=token, found=None), 404
    try:
        with write() as current:
            sign_ins.choose_password(current, found, request.form.get("password", ""), now=utcnow())
    except Problem as refused:
        return render_template("new_password.html", token=token, found=found, refused=refused), refused.kind.status
    flash(context.t("web.new_password.done"), "done")
    return redirect(url_for("web.sign_in_page"))


def _found(token: str) -> Found | None:
    return sign_ins.by_token(reading(), token, utcnow(), RESET)
