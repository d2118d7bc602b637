"""Grants that are bound to a round or to a form of it: ODK's own roles."""

from __future__ import annotations

import pytest

from fieldsurvey.errors import Problem
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Doer, Grant, Permission, Role

ADMIN = Doer(1, "Việt", (Grant(Role.ADMINISTRATOR),))
MANAGER = Doer(2, "Bình", (Grant(Role.PROJECT_MANAGER, round_id=1),))
PHONE = Doer(3, "Máy 1", (Grant(Role.APP_USER, round_id=1, form_id=7),))


def test_grant_of_a_round_reaches_no_other() -> None:
    assert permissions.holds(MANAGER, Permission.MANAGE_FORMS, 1)
    assert not permissions.holds(MANAGER, Permission.MANAGE_FORMS, 2)


def test_grant_of_a_form_reaches_no_other_form() -> None:
    assert permissions.holds(PHONE, Permission.SUBMIT, 1, 7)
    assert not permissions.holds(PHONE, Permission.SUBMIT, 1, 8)
    assert not permissions.holds(PHONE, Permission.SUBMIT, 1)
    assert permissions.holds_for_some_form(PHONE, Permission.SUBMIT, 1)
    assert not permissions.holds_for_some_form(PHONE, Permission.SUBMIT, 2)


def test_server_is_for_who_holds_it_everywhere() -> None:
    permissions.require_for_server(ADMIN, Permission.MANAGE_SERVER)
    for someone in (MANAGER, PHONE):
        with pytest.raises(Problem):
            permissions.require_for_server(someone, Permission.MANAGE_SERVER)
