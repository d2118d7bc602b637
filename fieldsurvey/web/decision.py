"""What the officer typed to decide about one case: read from the form, and shown again when it is refused."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime

from flask import request

from fieldsurvey.casework.attachments import Stored
from fieldsurvey.casework.review import Note
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import blobs
from fieldsurvey.rules.workflow import Decision

NOTE = "note:"  # + ref: name of the text field beside an answer
VOICE = "voice:"  # + ref: name of the recording beside an answer
LONGEST_NOTE = 1000
MOST_VOICE = 3_000_000  # bytes: some minutes of speech
# What browsers record and play; a recording of sound alone is called video by some.
SOUNDS = {
    "audio/webm", "video/webm", "audio/mp4", "video/mp4", "audio/ogg", "audio/mpeg", "audio/aac", "audio/x-m4a", "audio/wav",
    "audio/3gpp", "audio/amr",
}  # fmt: skip
# Reasons that can be ticked, `web.quick.<decision>.<name>`; the sentence itself is what is stored.
QUICK: dict[str, tuple[str, ...]] = {
    Decision.RETURN: ("members", "birth", "housing", "income", "photo", "position", "signature"),
    Decision.REJECT: ("moved", "other_round", "twice", "not_concerned"),
    Decision.REOPEN: ("mistake", "new_facts", "complaint"),
}
# What can be decided about many at once, by tab of the queue.
BATCH: dict[str, tuple[Decision, ...]] = {
    "waiting": (Decision.APPROVE, Decision.RETURN),
    "returned": (Decision.APPROVE,),
    "approved": (Decision.REOPEN,),
    "rejected": (Decision.REOPEN,),
    "not_visited": (),
    "all": (),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """One decision as it was typed. `quick`: the reasons that were ticked; `notes`: question's ref → text."""

    decision: Decision
    text: str = ""
    quick: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    spoken: dict[str, Stored] = field(default_factory=dict)  # question's ref → the officer's voice
    seen_version: int | None = None
    seen_at: datetime | None = None  # what happened later is new to the officer

    @property
    def reason(self) -> str:
        return " ".join([*self.quick, self.text]).strip()

    def as_notes(self) -> list[Note]:
        refs = dict.fromkeys([*self.notes, *self.spoken])
        return [Note(ref, self.notes.get(ref, ""), self.spoken.get(ref)) for ref in refs]


def read() -> Typed:
    """The posted decision; raises UNEXPECTED_VALUE."""
    form = request.form
    given = form.get("decision", "")
    if given not in set(Decision):
        raise Problem(Kind.UNEXPECTED_VALUE, field="decision", value=given)
    return Typed(
        decision=Decision(given),
        text=form.get("reason", "").strip(),
        quick=tuple(form.getlist("quick")),
        notes=_notes(),
        spoken=_spoken() if given == Decision.RETURN else {},
        seen_version=form.get("seen_version", type=int),
        seen_at=_moment(form.get("seen_at", "")),
    )


def _notes() -> dict[str, str]:
    given = {name[len(NOTE) :]: text.strip() for name, text in request.form.items() if name.startswith(NOTE)}
    return {ref: text[:LONGEST_NOTE] for ref, text in given.items() if text}


def _spoken() -> dict[str, Stored]:
    """The recordings, on disk. Raises TOO_LARGE, UNEXPECTED_VALUE for what is no sound."""
    found = {}
    for name, file in request.files.items():
        if not name.startswith(VOICE) or not file.filename:
            continue
        kind = file.mimetype.lower()
        if kind not in SOUNDS:
            raise Problem(Kind.UNEXPECTED_VALUE, field=file.filename[:80], value=kind)
        content = file.stream.read(MOST_VOICE + 1)
        if len(content) > MOST_VOICE:
            raise Problem(Kind.TOO_LARGE, limit=MOST_VOICE // 1_000_000)
        if content:
            found[name[len(VOICE) :]] = Stored(blobs().put(io.BytesIO(content)), kind.replace("video/", "audio/"))
    return found


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
