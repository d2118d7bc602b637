"""The round's list for the phone app, cut to the person: all of it, or what has changed since a version."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from itsdangerous import BadSignature, URLSafeSerializer

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, session, utcnow
from fieldsurvey.guards import doer
from fieldsurvey.outputs import list_delta, round_list
from fieldsurvey.outputs.list_delta import Version
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.sending import tagged
from fieldsurvey.store import rounds
from fieldsurvey.store.rounds import Round
from fieldsurvey.sync.app_door import as_json, endpoint


@endpoint("/households")
def households() -> Response:
    """`?round=`; `?since=`: what has changed since that version; `?prefill=1`: with members and last year's answers.

    Of a practice round: its invented households, always all of them, with their stories.
    """
    of, by = _round(), doer()
    round_id = of.id
    if not permissions.holds_for_some_form(by, Permission.SUBMIT, round_id):
        raise Problem(Kind.FORBIDDEN)
    cut = round_list.cut_for(session(), round_id, by)
    if of.practice:
        return as_json(list_delta.practice(session(), cut))
    prefill, since = request.args.get("prefill") == "1", request.args.get("since", "")
    seen, name = list_delta.counters(session(), round_id, cut)
    digest = f"{round_id}-{seen}-{name}-{int(prefill)}-{since[-12:]}"
    if digest in request.if_none_match:
        return tagged(Response(), digest)
    now = utcnow()
    found = list_delta.read(session(), round_id, cut, _version(since, now), prefill=prefill, now=now)
    told: dict[str, Any] = {
        "version": _seal().dumps(found.version.as_list()) if found.version is not None else since,
        "full": found.full,
        "households": found.households,
        "gone": found.gone,
    }
    if found.full:
        told["types"] = list_delta.types()
    if found.prefill is not None:
        told["prefill"] = found.prefill
    sent = as_json(told)
    sent.set_etag(digest)
    return sent


def _round() -> Round:
    """Of the address, else the round that is open now. Raises NOT_FOUND, WRONG_TYPE."""
    given = request.args.get("round")
    if given is not None and not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise Problem(Kind.WRONG_TYPE, field="round", value=given, expected="integer")
    found = rounds.by_id(session(), int(given)) if given is not None else rounds.current(session())
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    return found


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(config().secret_key, salt="version of a list")


def _version(since: str, now: Any) -> Version | None:
    """None for what is not ours, or is of another server: the phone gets everything."""
    try:
        return Version.from_list(_seal().loads(since), now) if since else None
    except (BadSignature, ValueError):
        return None
