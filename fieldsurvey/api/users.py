"""People who sign in: found, made, changed, given a new password, and ended."""

from __future__ import annotations

from typing import Any

from flask import request

from fieldsurvey import callers
from fieldsurvey.api import wire
from fieldsurvey.api.door import ITSELF, PUBLIC, route
from fieldsurvey.api.schemas.users import (
    CurrentUserSchema,
    ForgottenSchema,
    NewUserSchema,
    PasswordChangeSchema,
    PasswordSchema,
    UserChangeSchema,
    UserSchema,
)
from fieldsurvey.api.verbs import verbs_in
from fieldsurvey.casework import outbox, passwords, people, sign_ins
from fieldsurvey.casework.signing_in import normal_name
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import config, reading, session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import users as output
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission
from fieldsurvey.store import people as store
from fieldsurvey.store.people import USER, Actor


@route("GET", "/users", asks=ITSELF, gives=UserSchema, many=True)
def users() -> list[dict[str, Any]]:
    """The people whom the caller looks after; `q` looks for some. Anybody may find one person by the whole e-mail."""
    typed, scope = request.args.get("q", ""), permissions.scope(doer(), Permission.MANAGE_PEOPLE)
    email, phone = normal_name(typed)
    exact = store.by_sign_in_name(session(), email, phone) if typed and not callers.by_key() else None
    if exact is not None and (email or scope.covers(exact.place)):  # phone numbers can be guessed one after the other
        return [output.on_wire(exact)]
    return output.listed(session(), scope, typed)


@route("POST", "/users", asks=Permission.MANAGE_PEOPLE, takes=NewUserSchema, gives=UserSchema)
def create() -> dict[str, Any]:
    """A new person without any role. Without a password a letter is written with which to choose one."""
    given, now = wire.loaded(NewUserSchema()), utcnow()
    name, password = given["email"], given.get("password") or None
    if not name:
        raise Problem(Kind.MISSING_PARAMETER, field="email")
    token = None
    with write() as current:
        made = people.create_account(current, given.get("displayName") or name, name, password, by=doer(), now=now)
        if password is None:
            token = sign_ins.reset_token(current, made, now=now)
    if token is not None:
        _write_letter(outbox.CREATED, made, token)
    return output.on_wire(made)


@route("POST", "/users/reset/initiate", asks=PUBLIC, takes=ForgottenSchema)
def forgotten() -> dict[str, Any]:
    """Write a letter with which to choose a new password, whether or not anybody has that e-mail.

    `invalidate=true`, for who looks after the person: the old password no longer works.
    """
    name = wire.json_body().get("email")
    if not name:
        raise Problem(Kind.MISSING_PARAMETER, field="email")
    if not isinstance(name, str):
        raise Problem(Kind.WRONG_TYPE, field="email", value=name, expected="string")
    invalidate = wire.flag("invalidate")
    if invalidate:
        callers.remember()
        _require_somebody()
        permissions.require_anywhere(doer(), Permission.MANAGE_PEOPLE)
    found = store.by_sign_in_name(session(), *normal_name(name))
    if found is not None:
        _start_anew(found, invalidate)
    return wire.SUCCESS


def _start_anew(found: Actor, invalidate: bool) -> None:
    now = utcnow()
    with write() as current:
        if invalidate:
            people.invalidate_password(current, found, by=doer(), now=now)
            sign_ins.end_all(current, found.id)
        token = sign_ins.reset_token(current, found, now=now)
    _write_letter(outbox.RESET, found, token)


def _write_letter(letter: str, to: Actor, token: str) -> None:
    # Never the address that the request names: whoever asks for somebody else's letter could put their own there.
    outbox.put(config().outbox, letter, to, f"{config().public_url}/new-password?token={token}", config().locale)


@route("POST", "/users/reset/verify", asks=PUBLIC, takes=PasswordSchema)
def reset() -> dict[str, Any]:
    """Choose a new password with the token of the letter, as a bearer's. It works once, and ends every session."""
    now, token = utcnow(), callers.bearer()
    found = sign_ins.by_token(reading(), token, now, sign_ins.RESET) if token else None
    if found is None:
        callers.remember()
        _require_somebody()
        raise Problem(Kind.FORBIDDEN)
    password = wire.loaded(PasswordSchema())["new"]
    with write() as current:
        sign_ins.choose_password(current, found, password, now=now)
    return wire.SUCCESS


def _require_somebody() -> None:
    if callers.nobody():
        raise Problem(Kind.CREDENTIALS_WRONG)


@route("GET", "/users/current", asks=ITSELF, gives=CurrentUserSchema)
def current_user() -> dict[str, Any]:
    """The caller; extended: with what they may do everywhere, their preferences and how long the session lasts."""
    found, begun = _found(str(doer().id)), callers.sign_in()
    described = output.on_wire(found)
    if wire.extended():
        described["verbs"] = verbs_in(doer(), None)
        described["preferences"] = output.preferences(session(), found.id)
        if begun is not None:
            described["session"] = {"createdAt": begun.created_at, "expiresAt": begun.expires_at}
    return described


@route("GET", "/users/<actor_id>", asks=ITSELF, gives=UserSchema)
def user(actor_id: str) -> dict[str, Any]:
    """One person: oneself, or whom the caller looks after."""
    return output.on_wire(_looked_after(actor_id))


@route("PATCH", "/users/<actor_id>", asks=ITSELF, takes=UserChangeSchema, gives=UserSchema)
def change(actor_id: str) -> dict[str, Any]:
    """Another name or e-mail."""
    found = _looked_after(actor_id)
    given = wire.loaded(UserChangeSchema())
    with write() as current:
        people.change_account(
            current, found, given.get("displayName"), given.get("email") or None, by=doer(), now=utcnow()
        )
    return output.on_wire(found)


@route("PUT", "/users/<actor_id>/password", asks=ITSELF, takes=PasswordChangeSchema)
def change_password(actor_id: str) -> dict[str, Any]:
    """A new password for who knows the old one. Every other session of the person ends."""
    found, begun = _looked_after(actor_id), callers.sign_in()
    given = wire.loaded(PasswordChangeSchema())
    old = given.get("old")
    if not isinstance(old, str) or not passwords.matches(found.password_hash, old):
        raise Problem(Kind.CREDENTIALS_WRONG)
    with write() as current:
        people.set_password(current, found, given["new"], by=doer(), now=utcnow())
        sign_ins.end_all(current, found.id, begun.id if begun is not None else None)
    return wire.SUCCESS


@route("DELETE", "/users/<actor_id>", asks=ITSELF)
def delete(actor_id: str) -> dict[str, Any]:
    """The person can no longer sign in; what they have done stays under their name."""
    found = _looked_after(actor_id)
    with write() as current:
        people.deactivate(current, found, by=doer(), now=utcnow())
        sign_ins.end_all(current, found.id)
    return wire.SUCCESS


def _found(actor_id: str) -> Actor:
    found = store.active(session(), wire.whole_number(actor_id))
    if found is None or found.kind != USER:
        raise Problem(Kind.NOT_FOUND)
    return found


def _looked_after(actor_id: str) -> Actor:
    """The person, if it is the caller or one whom the caller looks after."""
    found = _found(actor_id)
    if found.id != doer().id:
        people.require_managing(doer(), found)
    return found
