"""Who may pass a door: each view is public, for anybody signed in, or asks for a permission. Doors set `g.doer`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g

from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Permission

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC, SIGNED_IN = "public", "signed_in"
ITSELF = "itself"  # of the API: the view asks, because what it asks for depends on what it finds


def public(view: View) -> View:
    """Anybody may call it."""
    view.guard = PUBLIC  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Anybody who is known may call it."""
    return _guarded(view, SIGNED_IN, lambda by: None)


def requires(permission: Permission) -> Callable[[View], View]:
    """Only who holds the permission somewhere; the verb behind it still asks for the place."""

    def decorate(view: View) -> View:
        return _guarded(view, permission, lambda by: permissions.require_anywhere(by, permission))

    return decorate


def _guarded(view: View, guard: str, check: Callable[[Doer], None]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        check(doer())
        return view(*args, **kwargs)

    guarded.guard = guard  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def doer() -> Doer:
    """Who acts in this request; raises CREDENTIALS_WRONG when nobody is known."""
    known: Doer | None = g.get("doer")
    if known is None:
        raise Problem(Kind.CREDENTIALS_WRONG)
    return known
