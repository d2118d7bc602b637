"""Passwords: argon2id at a cost that lets a commune sign in at once, never more verifications at a time than cores."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fieldsurvey.errors import Kind, Problem

SHORTEST, LONGEST = 10, 72  # letters; bytes
# The words that are tried first; a digit or an exclamation mark behind them makes them no better.
_COMMON = {
    "password", "passw0rd", "p@ssw0rd", "qwerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdef", "abcdefghij",
    "iloveyou", "letmein", "welcome", "admin", "administrator", "monkey", "dragon", "football", "baseball",
    "superman", "batman", "princess", "sunshine", "shadow", "master", "trustno", "hunter", "matkhau", "anhyeuem",
    "emyeuanh", "toiyeuban", "vietnam", "hanoi", "saigon", "fieldsurvey",
}  # fmt: skip
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's second choice: 20 ms, 19 MiB
_turns = threading.BoundedSemaphore(max(os.cpu_count() or 1, 1))
# Verified in place of an unknown person's, so that the answer takes as long.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Yp5ZZQ6VYdYSc0Us7Tb6M6xUTZXW2k3Gg1TA8a5vL0Q"


def require(password: str) -> None:
    """Raises PASSWORD_SHORT, PASSWORD_LONG, PASSWORD_WEAK."""
    known = _known(password)
    if len(known) < SHORTEST:
        raise Problem(Kind.PASSWORD_SHORT, shortest=SHORTEST)
    if len(known.encode()) > LONGEST:
        raise Problem(Kind.PASSWORD_LONG)
    core = known.casefold().strip("!@#$%^&*?.-_+= ")
    if core in _COMMON or core.rstrip("0123456789") in {*_COMMON, ""} or len(set(core)) == 1:
        raise Problem(Kind.PASSWORD_WEAK)


def _known(password: str) -> str:
    """Up to a NUL, which nobody can type and other systems take for the end of a text."""
    return password.partition("\0")[0]


def hashed(password: str) -> str:
    with _turns:
        return _hasher.hash(_known(password))


def matches(password_hash: str | None, password: str) -> bool:
    try:
        with _turns:
            return _hasher.verify(password_hash or _NOBODY, _known(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def keyed_hash(secret: str, purpose: str, text: str) -> str:
    """For what must be compared but never read back."""
    return hmac.new(secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()
