"""Letters to people. The server sends no mail itself: each letter is a file, for whatever carries mail at this place.

A person's newer letter replaces the older one. What stands in a letter is never logged.
"""

from __future__ import annotations

import logging
import os
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from fieldsurvey.store.people import Actor
from fieldsurvey.translations import say

log = logging.getLogger("fieldsurvey.outbox")
CREATED, RESET = "created", "reset"


def put(folder: Path, letter: str, to: Actor, link: str, locale: str) -> Path:
    """`<folder>/<id of the person>.eml`, for the server's user alone to read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{to.id}.eml"
    part = path.with_suffix(f".{os.getpid()}.part")
    with open(part, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(_written(letter, to, link, locale))
    part.replace(path)
    log.info("letter", extra={"fields": {"letter": letter, "actor": to.id}})
    return path


def _written(letter: str, to: Actor, link: str, locale: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["To"] = to.email or to.phone or ""
    message["Subject"] = say(f"letters.{letter}.subject", to.locale or locale)
    message.set_content(say(f"letters.{letter}.text", to.locale or locale, name=to.display_name, link=link))
    return message.as_bytes()
